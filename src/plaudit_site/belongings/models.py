"""The public profile of a person and the names it ever had; the archives that people ask for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from plaudit_site.ids import new_id
from plaudit_site.leases import Leased


class Profile(models.Model):
    """Off until its owner switches it on. What is on it: badges and collections whose visibility is Public."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    is_on = models.BooleanField(default=False)
    line = models.CharField(max_length=160, default="", blank=True)
    links = models.JSONField(default=list, blank=True)
    # Whether search engines may list the profile and the public certificates on it.
    may_be_found = models.BooleanField(default=False)
    # Public ids of badges in their owner's order; what is not in it is newer and stands before.
    order = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"profile of {self.user_id}"


class ProfileName(models.Model):
    """A name in an address, `/@name`: somebody's for ever, and nobody else's after them."""

    name = models.CharField(max_length=30, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="profile_names"
    )
    # The one that its addresses lead to; an earlier one redirects there.
    is_current = models.BooleanField(default=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_current=True), name="one_current_profile_name"
            )
        ]

    def __str__(self) -> str:
        return f"@{self.name}"


class Export(Leased):
    """Everything of one person in one archive: asked for, made by a worker, kept for a day for its owner alone."""

    class State(models.TextChoices):
        MAKING = "making"
        READY = "ready"
        FAILED = "failed"

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.MAKING)
    whole = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # Where the storage keeps it, how large it is, and its digest: archives of before have none, and live for a day.
    file = models.CharField(max_length=200, default="", blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"export {self.public_id} ({self.state})"
