"""A list loses its rows and its file: what people asked for, and what time asks for (forgetting.py)."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from plaudit_site.awards.models import Batch

AT_ONCE = 2_000
BEFORE_THE_START = (Batch.State.CHECKED, Batch.State.REFUSED, Batch.State.READING)
GONE = Q(state__in=BEFORE_THE_START, forgotten_at__isnull=False)
"""Discarded, or forgotten before its start: nobody sees such a list any more, and the rest of its rows goes soon."""


def forget_rows(batch: Batch) -> int:
    """A piece of them: nobody waits long for the database. Returns how many."""
    with transaction.atomic():
        # One at a time does this for a list, as two of them would wait for each other's rows.
        if not Batch.objects.select_for_update(no_key=True).filter(pk=batch.pk).values_list("pk").first():
            return 0
        lines = list(batch.rows.order_by("line").values_list("line", flat=True)[:AT_ONCE])
        if lines:
            batch.rows.filter(line__lte=lines[-1]).delete()
        return len(lines)


def forget_file(batch: Batch) -> None:
    """The rows hold what is needed; the upload, with the addresses of everybody in it, goes."""
    if batch.file:
        default_storage.delete(batch.file)
        Batch.objects.filter(pk=batch.pk).update(file="")
