"""Who did what, when: rows that are only ever added. Ids only, so that erasing a person leaves the chain whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from plaudit_site.storing import store


class AuditEvent(models.Model):
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, db_index=True)
    details = models.JSONField(default=dict)
    chain_number = models.BigIntegerField(null=True, unique=True, editable=False)
    chain_hash = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        indexes = [
            # Those without a place in the chain, in their order.
            models.Index(
                fields=["id"], condition=models.Q(chain_number__isnull=True), name="audit_not_chained"
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.kind} {self.subject}"


journaled: dict[str, Callable[[AuditEvent], None]] = {}
"""Kinds that stay, and who writes them down after the commit (journal.py)."""


def record(kind: str, *, actor: str, subject: str, **details: Any) -> AuditEvent:
    """Add an event to the current transaction. `details` holds ids and numbers, never names or addresses."""
    event = AuditEvent.objects.create(kind=kind, actor=actor, subject=subject, details=details)
    if kind in journaled:
        transaction.on_commit(partial(journaled[kind], event))
    return event


def record_many(kind: str, *, actor: str, subjects: Iterable[str], **details: Any) -> None:
    """The same event for each subject, in the current transaction."""
    named = list(subjects)
    same = {"kind": kind, "actor": actor, "details": details, "at": timezone.now()}
    store(AuditEvent, {**same, "subject": named}, len(named))
