"""Who did what, when: rows that are only ever added. Ids only, so that erasing a person leaves the chain whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, db_index=True)
    details = models.JSONField(default=dict)
    chain_number = models.BigIntegerField(null=True, unique=True, editable=False)
    chain_hash = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        indexes = [models.Index(fields=["chain_number", "id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.kind} {self.subject}"


def record(kind: str, *, actor: str, subject: str, **details: Any) -> AuditEvent:
    """Add an event to the current transaction. `details` holds ids and numbers, never names or addresses."""
    return AuditEvent.objects.create(kind=kind, actor=actor, subject=subject, details=details)


def record_many(kind: str, *, actor: str, subjects: Iterable[str], **details: Any) -> None:
    """The same event for each subject, in the current transaction."""
    AuditEvent.objects.bulk_create(
        [AuditEvent(kind=kind, actor=actor, subject=subject, details=details) for subject in subjects]
    )
