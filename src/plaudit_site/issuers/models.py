"""Issuers: organisations that award, the people in them, their keys, their links."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.ids import new_id


class Site(models.Model):
    """One row: what was fixed when this site was first started."""

    base_url = models.CharField(max_length=200)
    key_fingerprint = models.CharField(max_length=32)
    started_at = models.DateTimeField(default=timezone.now)
    issuer = models.ForeignKey("Issuer", null=True, on_delete=models.PROTECT, related_name="+")
    welcome_achievement = models.CharField(max_length=26, default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_site")]

    def __str__(self) -> str:
        return self.base_url


class Issuer(models.Model):
    class Standing(models.TextChoices):
        PENDING = "pending", _("waiting for approval")
        APPROVED = "approved", _("approved")
        SUSPENDED = "suspended", _("suspended")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    # did:web:…, fixed when the issuer is made; never renamed, never used again (DECISIONS 1).
    identifier = models.CharField(max_length=300, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=24, blank=True, default="")
    url = models.URLField(_("web address"), max_length=300)
    email = models.EmailField(_("contact address"))
    description = models.TextField(_("description"), max_length=2000, blank=True, default="")
    logo = models.BinaryField(null=True, blank=True)
    linkedin_id = models.CharField(_("LinkedIn organisation id"), max_length=20, blank=True, default="")
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.PENDING)
    look_alike_of = models.CharField(max_length=120, blank=True, default="")
    is_site = models.BooleanField(default=False, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    # Counts changes of the key document, so that kept verdicts notice them.
    key_generation = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class IssuerSlug(models.Model):
    """Every slug an issuer ever had: old ones redirect, none is given to another issuer."""

    slug = models.SlugField(max_length=60, unique=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="slugs")

    def __str__(self) -> str:
        return self.slug


class Group(models.TextChoices):
    """The three groups of links of the certificate page (J35)."""

    BADGES = "badges", _("About our Open Badges")
    WORK = "work", _("The work required")
    ISSUER = "issuer", _("About us")


class IssuerLink(models.Model):
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="links")
    group = models.CharField(max_length=10, choices=Group.choices)
    label = models.CharField(_("text of the link"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["group", "position", "pk"]

    def __str__(self) -> str:
        return self.label


class Role(models.TextChoices):
    OWNER = "owner", _("Owner: everything, also people and keys")
    EDITOR = "editor", _("Editor: badges, pages and awards")
    AWARDER = "awarder", _("Awarder: awards")
    VIEWER = "viewer", _("Viewer: sees, changes nothing")


class Membership(models.Model):
    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.issuer_id}"


class SigningKey(models.Model):
    """A key pair of an issuer; the private half is encrypted under the key file, never readable from here alone."""

    class Kind(models.TextChoices):
        ED25519 = "ed25519"
        P256 = "p256"

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField()
    public = models.JSONField()
    private_encrypted = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    compromised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "kind", "number"], name="one_key_number"),
            models.UniqueConstraint(
                fields=["issuer", "kind"], condition=Q(retired_at__isnull=True), name="one_current_key"
            ),
        ]

    def __str__(self) -> str:
        return self.fragment

    @property
    def fragment(self) -> str:
        return f"key-{self.kind}-{self.number}"

    @property
    def method(self) -> str:
        """The verification method's absolute id."""
        return f"{self.issuer.identifier}#{self.fragment}"
