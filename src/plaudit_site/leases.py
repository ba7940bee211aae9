"""Rows as the queue: a worker claims rows under a lease, works, and finishes only what it still holds.

A lease is (holder, until). Claiming is one short write transaction: a conditional update, with
`FOR UPDATE SKIP LOCKED` where the database has it, so that two workers never hold the same row.
Finishing names holder and attempt in its WHERE (a fence): whoever lost the lease changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

LONGEST = timedelta(minutes=15)
"""Three times the longest that any job asks for. What is held beyond that was written by a wrong clock, and is free."""
BACKOFF_MINUTES = (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60)


class Leased(models.Model):
    """Columns of a row that workers process: due, held by, until, how often tried."""

    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    lease_holder = models.CharField(max_length=80, default="", blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


M = TypeVar("M", bound=Leased)


def worker_name() -> str:
    """A name no other worker has, also after a restart with the same process number."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def free(now: datetime) -> Q:
    """Due, and not held by a living lease. `due_at` empty means: nothing to do."""
    dead = Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST)
    return Q(due_at__lte=now) & dead


def claim(rows: QuerySet[M], *, worker: str, now: datetime, most: int, seconds: int = 60) -> list[M]:
    """Up to `most` of the free `rows`, now held by `worker` for `seconds`; their attempts counted up."""
    until = now + timedelta(seconds=seconds)
    with transaction.atomic():
        chosen = rows.filter(free(now)).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            chosen = chosen.select_for_update(skip_locked=True, of=("self",))
        keys = list(chosen.values_list("pk", flat=True)[:most])
        if not keys:
            return []
        rows.model._default_manager.filter(free(now), pk__in=keys).update(
            lease_holder=worker, lease_until=until, attempts=F("attempts") + 1
        )
        held = rows.model._default_manager.filter(pk__in=keys, lease_holder=worker, lease_until=until)
        return list(held.order_by("due_at", "pk"))


def due(*, here: bool, seconds: int = 60) -> dict[str, Any]:
    """Columns of a row with new work: for whoever claims it, or (`here`) in this process's hands from the first."""
    now = timezone.now()
    if not here:
        return {"due_at": now, "attempts": 0}
    until = now + timedelta(seconds=seconds)
    return {"due_at": now, "lease_holder": worker_name(), "lease_until": until, "attempts": 1}


def renew(row: Leased, *, seconds: int = 60) -> bool:
    """Hold `row` for `seconds` more, if this very attempt still holds it. Long jobs ask in each transaction."""
    held = type(row)._default_manager.filter(
        pk=row.pk, lease_holder=row.lease_holder, attempts=row.attempts, lease_until__isnull=False
    )
    return held.update(lease_until=timezone.now() + timedelta(seconds=seconds)) == 1


def finish(row: Leased, **changes: Any) -> bool:
    """Write `changes` and give the lease back, if this very attempt still holds it.

    False means that the lease was lost and nothing was written: the caller must roll back.
    """
    values = {"lease_holder": "", "lease_until": None, **changes}
    held = type(row)._default_manager.filter(
        pk=row.pk, lease_holder=row.lease_holder, attempts=row.attempts, lease_until__isnull=False
    )
    return held.update(**values) == 1


def backoff(attempts: int, now: datetime) -> datetime:
    """When to try again after `attempts` tries that failed."""
    minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1] if attempts else 0
    return now + timedelta(minutes=minutes)
