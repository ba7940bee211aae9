"""Tokens of programs, and the answers that are kept so that a repeated request has one effect."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer


class Scope(models.TextChoices):
    READ = "read", _("See awards, lists and badges")
    AWARD = "award", _("Award, send again and correct")
    REVOKE = "revoke", _("Revoke, suspend, withdraw and undo lists")


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
