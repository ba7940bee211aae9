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
    """Where a mail is. `bounced`: its address does not take it; `failed`: given up, or could never leave;
    `dropped`: there was nothing left to say."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    FAILED = "failed"
    DROPPED = "dropped"


UNFINISHED = (State.QUEUED, State.SENDING, State.DEFERRED)
UNDELIVERED = (State.BOUNCED, State.FAILED)
TROUBLED = ("deferred", "bounced", "failed")


class Message(Leased):
    # As of everything that is leased; but most mails are sent, and the index by lane holds the others alone.
    due_at = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    # The key of what it is about, where there are many such things: their public ids come in no order, so that an
    # index of them costs a page of the disk for nearly every row; one of keys goes on at its end.
    about = models.BigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=12, default="en")
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.NOTICES)
    # At most one mail about a subject with the same key.
    once_key = models.CharField(max_length=160, null=True, blank=True)
    message_id = models.CharField(max_length=160, unique=True)
    # Secrets that only the mail may hold (a code, an undo link); emptied when the mail has left.
    context = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # When it was tried for the first time, and has to be tried again: when to give up is counted from here.
    first_tried_at = models.DateTimeField(null=True, blank=True)
    # What the server said, for the operator; `code` is what its words for the issuer are made of (reasons.py).
    error = models.CharField(max_length=300, default="", blank=True)
    code = models.CharField(max_length=20, default="", blank=True)
    # Noted at the hand-over: whom a bounce of this very message is about, and what the domain gets in a minute.
    recipient_hash = models.CharField(max_length=64, default="", blank=True)
    domain = models.CharField(max_length=255, default="", blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    # A worker died between handing this over and noting it: it may have gone out twice.
    possibly_twice = models.BooleanField(default=False)
    handing_over = models.BooleanField(default=False)
    # The message as sent, kept by the demo's mailbox transport alone.
    raw = models.BinaryField(null=True, blank=True)

    class Meta:
        # What finds the mails about a subject holds each of their keys once.
        constraints = [
            models.UniqueConstraint(
                fields=["about", "once_key"],
                condition=models.Q(about__isnull=False),
                name="mail_once_about_one_of_many",
            ),
            models.UniqueConstraint(
                fields=["subject_id", "once_key"],
                condition=models.Q(about__isnull=True),
                name="mail_once_about",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "due_at"], condition=models.Q(due_at__isnull=False), name="mail_lane_due"
            ),
            models.Index(
                fields=["domain", "handed_at"],
                condition=models.Q(handed_at__isnull=False),
                name="mail_domain_handed",
            ),
            models.Index(fields=["domain"], condition=models.Q(state="sending"), name="mail_domain_sending"),
            # Few, and looked for (by `state__one_of=TROUBLED`): what could not be delivered, and what is tried again.
            models.Index(
                fields=["state", "about"],
                condition=models.Q(state__in=TROUBLED),
                name="mail_troubled",
            ),
            # Among reminders that nobody needed any more those that somebody did not want.
            models.Index(
                fields=["kind", "code"],
                condition=models.Q(state="dropped"),
                name="mail_dropped",
            ),
        ]

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


class Suppression(models.Model):
    """An address that does not exist, as its own server said: nobody on this site mails it until it is taken off.

    Stored hashed, as refusals are; the domain is there for the operator, who must see when a whole one is hit.
    """

    address_hash = models.CharField(max_length=64, unique=True)
    domain = models.CharField(max_length=255)
    code = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"an address at {self.domain}"


class ProvenAddress(models.Model):
    """When somebody last proved an address (hashed): a bounce of an earlier mail says nothing about it any more."""

    address_hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"proven {self.at:%Y-%m-%d}"


class OwnWords(models.Model):
    """How one sender ("issuer:ID") words one kind of mail; anything empty means our words."""

    scope = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    # Of the mails that are in it; "" of all for whose language there are no others.
    language = models.CharField(max_length=16, blank=True, default="")
    subject = models.CharField(max_length=120, blank=True, default="")
    text = models.TextField(max_length=2000, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "kind", "language"], name="one_wording")]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} of {self.scope}"
