"""Rows of a list that is not started yet are left out of it: one, or all that need attention."""

from __future__ import annotations

import time

from django.db import transaction

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import staging
from plaudit_site.awards.comparing import STAGED, Staged, mark_twins
from plaudit_site.awards.models import Batch, BatchRow
from plaudit_site.awards.staging import BatchChanged, move_in_tally

AT_ONCE = 2_000
MOST_SECONDS = 5.0
BAD, LEFT, READY, TWICE = (
    BatchRow.State.BAD,
    BatchRow.State.LEFT,
    BatchRow.State.READY,
    BatchRow.State.TWICE,
)


def leave_out(batch: Batch, line: int, *, by: User) -> BatchRow:
    """This row is not awarded; a twin of it that was left out for its sake takes its place. Twice is once.

    Raises AwardRefused, BatchChanged.
    """
    staging.check(batch.issuer, by)
    with transaction.atomic():
        current = _waiting(batch)
        row = BatchRow.objects.select_for_update().get(batch=current, line=line)
        if row.state == LEFT:
            return row
        was = row.state
        row.state = LEFT
        row.save(update_fields=["state"])
        move_in_tally(current, {was: -1, LEFT: 1})
        if was == READY:
            _let_a_twin_in(current, row)
        record("row left out", actor=by.public_id, subject=f"batch:{batch.public_id}", line=line)
    return row


def leave_out_bad(batch: Batch, *, by: User) -> int:
    """Whatever needs attention; of a very long list as much as there is time for, the rest when it is asked again.

    Returns how many rows that were. Raises AwardRefused, BatchChanged.
    """
    staging.check(batch.issuer, by)
    number, until = 0, time.monotonic() + MOST_SECONDS
    while some := _leave_out_some(batch, by):
        number += some
        if some < AT_ONCE or time.monotonic() > until:
            break
    return number


def _leave_out_some(batch: Batch, by: User) -> int:
    """A piece of them: nobody waits long for the database."""
    with transaction.atomic():
        current = _waiting(batch)
        bad = BatchRow.objects.filter(batch=current, state=BAD)
        lines = list(bad.order_by("line").values_list("line", flat=True)[:AT_ONCE])
        if not lines:
            return 0
        number = bad.filter(line__lte=lines[-1]).update(state=LEFT)
        move_in_tally(current, {BAD: -number, LEFT: number})
        record("rows left out", actor=by.public_id, subject=f"batch:{batch.public_id}", number=number)
    return number


def _waiting(batch: Batch) -> Batch:
    """The list, held: a start waits for this, or this finds it started."""
    rows = Batch.objects.select_for_update(no_key=True)
    current = rows.filter(pk=batch.pk, state=Batch.State.CHECKED).first()
    if current is None:
        raise BatchChanged
    return current


def _let_a_twin_in(batch: Batch, gone: BatchRow) -> None:
    # By batch and key alone, as in comparing.py: asked for a state too, SQLite would go through the whole list.
    there = BatchRow.objects.filter(batch=batch, key__among=[gone.key]).values_list(
        "line", "state", "problems"
    )
    said = {"code": "in the file before", "line": gone.line}
    twins = sorted(line for line, state, problems in there if state == TWICE and said in problems)
    if not twins:
        return
    row = BatchRow.objects.get(batch=batch, line=twins[0])
    staged = Staged(**{name: getattr(row, name) for name in STAGED})
    staged.state, staged.problems = READY.value, []
    mark_twins(batch, [staged])
    row.state, row.problems = staged.state, staged.problems
    row.save(update_fields=["state", "problems"])
    if row.state != READY:
        return  # it was awarded meanwhile, and so were the others
    move_in_tally(batch, {TWICE: -1, READY: 1})
    others = BatchRow.objects.filter(batch=batch, key__among=[gone.key], line__gt=row.line, state=TWICE)
    others.update(problems=[{**said, "line": row.line}])
