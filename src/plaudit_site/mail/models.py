"""Outgoing mail as rows. A row is written in the transaction of what it tells about; a worker sends it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from plaudit_site.leases import Leased


class Lane(models.IntegerChoices):
    """Lower goes first: a code never waits behind a thousand invitations."""

    CODES = 0
    NOTICES = 1
    INVITATIONS = 2
    REMINDERS = 3


class State(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    DROPPED = "dropped"


class Message(Leased):
    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80, db_index=True)
    language = models.CharField(max_length=12, default="en")
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.NOTICES)
    once_key = models.CharField(max_length=160, unique=True, null=True, blank=True)
    message_id = models.CharField(max_length=160, unique=True)
    # Secrets that only the mail may hold (a code, an undo link); emptied when the mail has left.
    context = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, default="", blank=True)
    # A worker died between handing this over and noting it: it may have gone out twice.
    possibly_twice = models.BooleanField(default=False)
    handing_over = models.BooleanField(default=False)
    # The message as sent, kept by the demo's mailbox transport alone.
    raw = models.BinaryField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["lane", "due_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} ({self.state})"


class Refusal(models.Model):
    """An address that wants no more mail of one kind of sender ("issuer:ID" or "all"). Addresses are stored hashed."""

    address_hash = models.CharField(max_length=64)
    scope = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address_hash", "scope"], name="one_refusal")]

    def __str__(self) -> str:
        return self.scope
