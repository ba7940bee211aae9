"""What was said to be so is here (I5): what programs were answered, the history, and the journal beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from plaudit_site.api.models import KeptAnswer
from plaudit_site.audit import journal
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards.bulk_awarding import AWARDED_TOGETHER
from plaudit_site.awards.models import Award
from plaudit_site.examining.findings import ROWS_AT_ONCE, Finding, Look, Scope, in_chunks

AWARDED = "awarded"
_ACCOUNTED_FOR = ("backup restored", "journal lost")
"""What the journal has of before is known to be missing, and was done again as far as it can be."""
_LOST = "the database lost what it had taken: compare with a backup, and award again whoever is missing"
_START = (
    "stop the site and start it with `plaudit-site serve`: it does again what was taken back since the backup"
)


def answers(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each answer about an award that is kept for its repetition names one that is there."""
    rows = KeptAnswer.objects.filter(endpoint__startswith="POST /api/v1/awards", status__lt=300)
    for some in in_chunks(rows, only):
        named = {row.pk: str(json.loads(row.body).get("id", "")) for row in some}
        there = _there(named.values())
        for row in some:
            if named[row.pk] not in there:
                text = f"it told a program of award {named[row.pk]}, which is not there"
                yield Finding("I5", row.pk, f"kept answer {row.pk}", text, _LOST)
        scope.counted("kept answers", len(some))


def history(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each award that the history says was made is there."""
    for some in in_chunks(AuditEvent.objects.filter(kind__in=[AWARDED, AWARDED_TOGETHER]), only):
        one_by_one = [event.subject.removeprefix("award:") for event in some if event.kind == AWARDED]
        there = _there(one_by_one)
        for event in some:
            if event.kind == AWARDED:
                missing = {event.subject.removeprefix("award:")} - there
            else:
                told = [str(one) for one in event.details.get("signed", ())]
                missing = set(told) - _there(told)
            if missing:
                more = f" and {len(missing) - 1} more were" if len(missing) > 1 else " was"
                text = f"it says that award {min(missing)}{more} made, and there is no such award"
                yield Finding("I5", event.pk, f"audit event {event.pk}", text, _LOST)
        scope.counted("events of awarding", len(some))


def beside(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """What the journal holds, where this machine has it: a line is written after the commit of what it tells."""
    del only  # its lines have no keys here
    try:
        head = journal.head()
        if head is None:
            return  # another machine has it; where it is missing, the start refuses
        if not journal.is_of_this_database(head):
            text = "it has followed the history further than this database knows: a backup was put back"
            yield Finding("I5", 0, "journal", text, _START)
            return
        lines = journal.lines()
        known = (
            AuditEvent.objects.filter(kind__in=_ACCOUNTED_FOR).order_by("-at").values_list("at", flat=True)
        )
        since = known.first()
        while some := list(islice(lines, ROWS_AT_ONCE)):
            for line in journal.lost([one for one in some if since is None or one.at > since]):
                text = f"it says “{line.kind}” of {line.subject}, and the history does not"
                yield Finding("I5", 0, f"line {line.id} of the journal", text, _LOST)
            scope.counted("lines of the journal", len(some))
    except (ValueError, FileNotFoundError) as error:
        mend = "put the directory of the journal back"
        yield Finding("I5", 0, "journal", f"it cannot be read ({error})", mend)


def _there(public_ids: Collection[str]) -> set[str]:
    wanted, found = sorted(public_ids), set()
    for begin in range(0, len(wanted), ROWS_AT_ONCE):
        some = Award.objects.filter(public_id__in=wanted[begin : begin + ROWS_AT_ONCE])
        found |= set(some.values_list("public_id", flat=True))
    return found


ALL: tuple[tuple[str, Look], ...] = (
    ("answers to programs", answers),
    ("what was awarded", history),
    ("journal", beside),
)
