"""Tokens of programs, the answers that are kept so that a repeated request has one effect, and webhooks."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer
from plaudit_site.leases import Leased


class Scope(models.TextChoices):
    READ = "read", _("See awards, lists and badges")
    AWARD = "award", _("Award, send again and correct")
    REVOKE = "revoke", _("Revoke, suspend, withdraw and undo lists")
    WEBHOOKS = "webhooks", _("See and change webhooks")


class Token(models.Model):
    """What a program shows instead of a sign-in. It may what its scopes say and its maker may do at that moment."""

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="tokens")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    scopes = models.JSONField()
    # The token itself is shown once and stored nowhere.
    secret_hash = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    # Made with the page: the same page sent twice makes one token.
    press = models.CharField(max_length=60, unique=True, null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
    # Requests of the minute that began at `minute`, counted by all processes together.
    minute = models.DateTimeField(null=True, blank=True)
    used_this_minute = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} …{self.ending}"

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeptAnswer(models.Model):
    """What was answered to one request with an Idempotency-Key. `status` is empty while it is worked on."""

    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    # Digests under a key of the site: of the whole request, and of each of its members by JSON pointer.
    digest = models.CharField(max_length=64)
    members = models.JSONField(default=dict)
    held_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "endpoint", "key"], name="one_kept_answer")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.status or 'being worked on'}"


class Webhook(Leased):
    """An address of the issuer's own that is told what happens. `due_at`: when there is something to send to it.

    What happened is read from the audit chain, in its order: `seen` is the number of the last event that was looked at.
    """

    class Why(models.TextChoices):
        BY_HAND = "by hand", _("Paused by you.")
        GONE = "gone", _("Paused: it answered that it is gone.")
        SILENT = "silent", _("Paused: it has taken nothing for two weeks.")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    # What it is told of; empty: everything.
    kinds = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now)
    # Made with the page: the same page sent twice makes one.
    press = models.CharField(max_length=60, unique=True, null=True, blank=True)
    # The secret is derived from this number, and stored nowhere; the one before signs too for a while.
    secret_number = models.PositiveIntegerField(default=1)
    older_secret_until = models.DateTimeField(null=True, blank=True)
    seen = models.BigIntegerField(default=0)
    last_number = models.BigIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    why_paused = models.CharField(max_length=10, choices=Why, default="", blank=True)
    # Of the receiver as a whole: how often in a row, and since when, it took nothing.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url


class WebhookMessage(models.Model):
    """One thing that happened, for one webhook. Its text is made when it is sent; here are ids alone."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        DELIVERED = "delivered", _("delivered")
        DROPPED = "dropped", _("not delivered: too old")
        SKIPPED = "skipped", _("skipped by you")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="messages")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=80)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # It is dropped when it has waited too long.
    waits_since = models.DateTimeField(default=timezone.now)
    # After a refusal that concerns this message alone: when it is tried again.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=200, default="", blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["webhook", "number"], name="one_webhook_message")]
        indexes = [
            models.Index(
                fields=["webhook", "number"],
                condition=models.Q(state="waiting"),
                name="webhook_messages_waiting",
            ),
            models.Index(
                fields=["waits_since"],
                condition=models.Q(state="waiting"),
                name="webhook_messages_oldest",
            ),
            models.Index(fields=["ended_at"], name="webhook_messages_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.state}"
