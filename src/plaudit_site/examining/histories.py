"""What the history says of awards: events of their own, and of lists those that name many awards at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards.bulk_awarding import AWARDED_TOGETHER
from plaudit_site.awards.models import Award, Batch


@dataclass
class Told:
    """The events of one list: by the first line of a slice, the last line and the key of each that tells of it."""

    firsts: list[int]
    events: dict[int, list[tuple[int, int]]]

    def of(self, line: int) -> list[int]:
        place = bisect_right(self.firsts, line)
        slice_of_it = self.events[self.firsts[place - 1]] if place else []
        return [key for last, key in slice_of_it if line <= last]


class Histories:
    """Of a list it remembers which event tells of which lines, and reads no more of the events than it must."""

    def __init__(self) -> None:
        self._lists: dict[int, Told] = {}

    def of(self, awards: Sequence[Award]) -> dict[str, Counter[str]]:
        """How many events of each kind there are of each award, by its public id."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        own = AuditEvent.objects.filter(subject__in=[f"award:{award.public_id}" for award in awards])
        for subject, kind in own.values_list("subject", "kind"):
            found[subject.removeprefix("award:")][kind] += 1
        lines: dict[int, list[int]] = defaultdict(list)
        for award in awards:
            if award.batch_id is not None and award.batch_line is not None:
                lines[award.batch_id].append(award.batch_line)
        wanted = {key for batch, some in lines.items() for key in self._of_lines(batch, some)}
        for (details,) in AuditEvent.objects.filter(pk__in=wanted).values_list("details"):
            for public_id in details.get("signed", ()):
                found[public_id]["signed"] += 1
        return found

    def _of_lines(self, batch: int, lines: Sequence[int]) -> Iterator[int]:
        told = self._lists.get(batch)
        if told is None or not all(map(told.of, lines)):  # there may be newer ones
            told = self._lists[batch] = _read(batch)
        return chain.from_iterable(map(told.of, lines))


def _read(batch: int) -> Told:
    public_id = Batch.objects.values_list("public_id", flat=True).get(pk=batch)
    rows = AuditEvent.objects.filter(subject=f"batch:{public_id}", kind=AWARDED_TOGETHER)
    events: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for key, first, last in rows.values_list("pk", "details__first_line", "details__last_line"):
        events[first].append((last, key))
    return Told(sorted(events), events)
