"""Retention (J49): some days after a list has ended, or was never started, nobody of its rows and file is known here.

The awards stay, and with them the numbers of the list: those stand on the batch and its slices.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from plaudit_site.audit.models import record
from plaudit_site.awards import emptying, staging
from plaudit_site.awards.models import Batch, BatchRow
from plaudit_site.awards.progress import Progress

MOST_BATCHES = 20
_NEVER_STARTED = (Batch.State.CHECKED, Batch.State.REFUSED)
_ENDED = (Batch.State.DONE, Batch.State.UNDONE, Batch.State.STOPPED)


def forgets_at(batch: Batch) -> datetime | None:
    """When the rows of this batch are forgotten; None while something happens with it, or when they are."""
    if batch.forgotten_at or batch.state not in {*_NEVER_STARTED, *_ENDED}:
        return None
    since = batch.ended_at or batch.started_at or batch.made_at
    return since + timedelta(days=settings.FORGET_LISTS_DAYS)


def forget_some() -> int:
    """Some lists whose time has come, and what is left of those that are gone. Returns how many."""
    before = timezone.now() - timedelta(days=settings.FORGET_LISTS_DAYS)
    old = Q(ended_at__lt=before) | Q(ended_at=None, started_at__lt=before)
    old |= Q(ended_at=None, started_at=None, made_at__lt=before)
    left = Exists(BatchRow.objects.filter(batch=OuterRef("pk")))
    due = Q(old, Q(forgotten_at=None) | left, state__in=[*_NEVER_STARTED, *_ENDED]) | emptying.GONE
    return sum(_forget(batch.pk) for batch in Batch.objects.filter(due).order_by("pk")[:MOST_BATCHES])


def _forget(pk: int) -> int:
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if batch is None or batch.state not in {*_NEVER_STARTED, *_ENDED}:
            return 0  # started in this moment
        if batch.forgotten_at is None:
            _note(batch)
    while emptying.forget_rows(batch):
        pass
    if batch.state in _NEVER_STARTED and not batch.awards.exists():
        if batch.file:
            default_storage.delete(batch.file)
        batch.delete()
    else:
        emptying.forget_file(batch)
    return 1


def _note(batch: Batch) -> None:
    """From this commit on the list cannot be started; what was still ready counts as left out."""
    rest = Progress(batch).rows["ready"]
    if rest and batch.state in _ENDED:
        staging.move_in_tally(batch, {"ready": -rest, "left": rest})
    layout = {**batch.layout, "first": [], "date_sample": ""}
    Batch.objects.filter(pk=batch.pk).update(forgotten_at=timezone.now(), layout=layout)
    record("batch forgotten", actor="worker", subject=f"batch:{batch.public_id}")
