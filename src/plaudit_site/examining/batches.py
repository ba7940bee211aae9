"""Each accepted row of a list has its award, and each award of a list its row (I1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Sum

from plaudit_site.awards import reminding
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.awards.progress import Progress
from plaudit_site.examining.findings import ROWS_AT_ONCE, Finding, Scope, in_chunks
from plaudit_site.mail.models import UNFINISHED, Message

MOST_LINES_NAMED = 20
_NO_AWARD = "award it again: upload a list with these lines alone"
_NO_ROW = "look at the awards of this list in the console, and take back those that nobody wanted"
_STARTED = frozenset(
    {Batch.State.STARTED, Batch.State.STOPPED, Batch.State.DONE, Batch.State.UNDOING, Batch.State.UNDONE}
)


def look(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Every list, line by line."""
    for batches in in_chunks(Batch.objects.all(), only):
        for batch in batches:
            yield from _problems(batch)
        scope.counted("lists", len(batches))


def _problems(batch: Batch) -> Iterator[Finding]:
    # Forgotten after its time (J49): the awards stay, the lines are gone.
    lost, stray = ([], []) if batch.forgotten_at else _lines_apart(batch)
    if lost:
        yield _of(batch, f"{_named(lost)} awarded, but there is no award", _NO_AWARD)
    if stray:
        yield _of(batch, f"{_named(stray)} not awarded, but there is an award", _NO_ROW)
    if batch.state == Batch.State.DONE and batch.rows.filter(state=BatchRow.State.READY).exists():
        yield _of(batch, "it is done, but some lines were never looked at", "start it again from its page")
    counted = batch.slices.aggregate(all=Sum("awarded"))["all"] or 0
    awards = batch.awards.count()
    if batch.state in _STARTED and counted != awards:
        text = f"its page says {counted} awards, and there are {awards}"
        yield _of(batch, text, "nothing: only the number on the page is wrong")
    if batch.state in _STARTED:
        unsent = Progress(batch).unsent
        mails = Message.objects.filter(about__in=batch.awards.values("pk"), kind__in=reminding.BRINGS)
        there = mails.filter(state__in=UNFINISHED).count()
        if unsent != there:
            text = f"its page says that {unsent} mails are on their way, and there are {there}"
            yield _of(batch, text, "nothing: only the number on the page is wrong")


def _lines_apart(batch: Batch) -> tuple[list[int], list[int]]:
    """Lines that are awarded and have no award; lines that have one and are not. Both sides are read in order."""
    lost: list[int] = []
    stray: list[int] = []
    after = 0
    while True:
        rows = batch.rows.filter(line__gt=after, state=BatchRow.State.AWARDED).order_by("line")
        lines = list(rows.values_list("line", flat=True)[:ROWS_AT_ONCE])
        awards = Award.objects.filter(batch=batch, batch_line__gt=after)
        if lines:
            awards = awards.filter(batch_line__lte=lines[-1])
        there = {line for line in awards.values_list("batch_line", flat=True) if line is not None}
        lost += [line for line in lines if line not in there]
        stray += sorted(there.difference(lines))
        if not lines:
            return lost, stray
        after = lines[-1]


def _named(lines: Sequence[int]) -> str:
    some = ", ".join(str(line) for line in lines[:MOST_LINES_NAMED])
    more = f" and {len(lines) - MOST_LINES_NAMED} more" if len(lines) > MOST_LINES_NAMED else ""
    return f"line {some} is" if len(lines) == 1 else f"lines {some}{more} are"


def _of(batch: Batch, problem: str, mend: str) -> Finding:
    return Finding("I1", batch.pk, f"list {batch.public_id}", problem, mend)
