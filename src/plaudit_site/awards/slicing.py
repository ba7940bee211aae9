"""A started batch is worked off in slices: any number of workers award the same list, each its own lines.

The rows are the record of intent, the slice is what a worker holds. Its lease and its status indices are committed
before anything is signed; building and signing happen outside any transaction. Then one short transaction, fenced by
the lease, stores all of it: awards with their credentials, mails, events, what became of the rows. A worker killed
anywhere leaves the slice to another, and at most some indices that nobody uses.
"""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site import leases, readiness, storing
from plaudit_site.audit.models import record
from plaudit_site.awards import emptying, statuslists
from plaudit_site.awards.awarding import is_new, left_today
from plaudit_site.awards.bulk_awarding import HOLD_SECONDS, Work, ready, sign_together, store_together
from plaudit_site.awards.models import Batch, BatchRow, Slice
from plaudit_site.awards.progress import suspended
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer

SECONDS_A_ROUND = 1.0
"""Then other jobs have their turn: a code never waits behind a hundred thousand rows."""
LATER = timedelta(minutes=15)
SOON = timedelta(seconds=1)
MOST_BATCHES = 20


def award_some(worker: str) -> int:
    """Turn ready rows of started batches into signed awards, for about a second. Returns how many rows."""
    done, until = 0, time.monotonic() + SECONDS_A_ROUND
    with storing.turn():
        works = _take(worker)
    while works:
        key = sign_together(works)
        with storing.turn():
            done += store_together(works, key)
            works = _take(worker) if time.monotonic() < until else []
    return done


def at_once() -> int:
    """Rows of one transaction: on SQLite every other writer waits for it."""
    return 200 if connection.vendor == "sqlite" else 1000


def slices_at_once() -> int:
    """Slices of one claim, which is a transaction too: some time is saved by each that a disk need not wait for."""
    return 1000 // at_once()


# Whose turn it is


def _take(worker: str) -> list[Work]:
    """Some slices of the batch that has waited longest, so that a short list never waits for a long one."""
    if readiness.why_clock():
        return []  # in the middle of a round; the worker says why at its next one
    now = timezone.now()
    # One that has begun is put off by minutes: what is due later than that was written down by a wrong clock.
    is_due = Q(due_at__lte=now) | Q(due_at__gt=now + LATER + leases.LONGEST, begins_at__lte=now)
    due = Batch.objects.filter(is_due, state=Batch.State.STARTED)
    for batch in due.select_related("issuer", "started_by").order_by("due_at", "pk")[:MOST_BATCHES]:
        if _must_wait(batch):
            continue
        _divide(batch)
        with transaction.atomic():
            works = _claim(batch, worker)
        if works:
            return works
        _end(batch)
    return []


def _must_wait(batch: Batch) -> bool:
    """Whether nothing of this batch may be awarded now; why is noted on it."""
    issuer, state, due = batch.issuer, Batch.State.STARTED, timezone.now() + LATER
    if batch.started_by is None or not may(batch.started_by, "award", issuer):
        problem = _("Stopped: who started it may no longer award for this issuer.")
        state, due = Batch.State.STOPPED, None  # type: ignore[assignment]
    elif issuer.standing == Issuer.Standing.SUSPENDED:
        problem = suspended()
    elif left_today(issuer) == 0 and _open(batch).exists():
        problem = _("Waiting: a new issuer can award %(number)s times a day. It goes on by itself.") % {
            "number": settings.NEW_ISSUER_DAILY_MAILS
        }
    else:
        return False
    _started(batch).update(problem=problem, state=state, due_at=due)
    return True


def _started(batch: Batch) -> Any:
    return Batch.objects.filter(pk=batch.pk, state=Batch.State.STARTED)


def _open(batch: Batch) -> Any:
    return Slice.objects.filter(batch=batch, done_at__isnull=True)


def _divide(batch: Batch) -> None:
    """Lay slices over what is ready, where there are none yet: each of as many rows as one transaction takes."""
    if _open(batch).exists():
        return
    rows = batch.rows.filter(state=BatchRow.State.READY).order_by("line").values_list("line", flat=True)
    lines = rows.iterator(chunk_size=10_000)
    slices = []
    while some := list(islice(lines, at_once())):
        slices.append(Slice(batch=batch, first=some[0], last=some[-1], due_at=timezone.now()))
    if not slices:
        return
    with transaction.atomic():
        # Who divides it too, in this moment, waits here. What is laid twice is empty when its turn comes.
        still = _started(batch).select_for_update(no_key=True).exists()
        if still and not _open(batch).exists():
            Slice.objects.bulk_create(slices, ignore_conflicts=True)


def _claim(batch: Batch, worker: str) -> list[Work]:
    """Slices under a lease and indices for their rows. Order of locks: issuer, batch, slices, status list."""
    now, left = timezone.now(), None
    if is_new(batch.issuer):
        # What a new issuer may award today is counted from what is stored: one claim at a time.
        Issuer.objects.select_for_update(no_key=True).get(pk=batch.issuer_id)
        left = left_today(batch.issuer)
        if Slice.objects.filter(batch__issuer=batch.issuer_id, lease_until__gt=now).exists():
            left = 0
    if left == 0 or not _started(batch).update(due_at=now, problem=""):
        return []
    slices = slices_at_once() if left is None else max(1, min(slices_at_once(), left // at_once()))
    held = leases.claim(_open(batch), worker=worker, now=now, most=slices, seconds=HOLD_SECONDS)
    counts = [ready(piece).count() for piece in held]
    taken = counts if left is None else [min(count, left) for count in counts]
    if not sum(taken):
        return [Work(piece, batch, None, 0, now) for piece in held]
    block = statuslists.reserve_block(batch.issuer, sum(taken))
    # Places among the suspended too, where the issuer has switched that on.
    more = (
        statuslists.reserve_block(batch.issuer, sum(taken), "suspension")
        if batch.issuer.may_suspend
        else None
    )
    works = []
    for n, (piece, most, count) in enumerate(zip(held, taken, counts, strict=True)):
        begin = sum(taken[:n])
        kept = more.part(begin, most) if more is not None else None
        works.append(Work(piece, batch, block.part(begin, most), most, now, kept, is_whole=most == count))
    return works


def _end(batch: Batch) -> None:
    """The batch is done when its last slice is."""
    with transaction.atomic():
        is_there = _started(batch).select_for_update(no_key=True).exists()
        if not is_there or _open(batch).exists():
            # Others are at its last slices, or will be tried again.
            _started(batch).update(due_at=timezone.now() + SOON)
            return
        _started(batch).update(state=Batch.State.DONE, ended_at=timezone.now(), due_at=None, problem="")
        record("batch done", actor="worker", subject=f"batch:{batch.public_id}")
    emptying.forget_file(batch)
