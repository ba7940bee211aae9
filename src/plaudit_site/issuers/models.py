"""Issuers: organisations that award, the people in them, their keys, their links."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.ids import new_id
from plaudit_site.leases import Leased


class Site(models.Model):
    """One row: what was fixed when this site was first started."""

    base_url = models.CharField(max_length=200)
    key_fingerprint = models.CharField(max_length=32)
    started_at = models.DateTimeField(default=timezone.now)
    issuer = models.ForeignKey("Issuer", null=True, on_delete=models.PROTECT, related_name="+")
    welcome_achievement = models.CharField(max_length=26, default="", blank=True)
    # Which journal stands beside this database (audit/journal.py).
    journal = models.CharField(max_length=26, default="", blank=True)

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
    # Where its badge site and certificates are now, when that is a host of its own; proven, and seen to lead here.
    host = models.CharField(max_length=253, blank=True, default="", editable=False)
    # Awards made while this is set can be suspended and reinstated (DECISIONS 7); the others cannot, for ever.
    may_suspend = models.BooleanField(default=False)
    # Which identifier new awards are signed under, when it is one under the issuer's own name (ADR 0055).
    signs_as = models.CharField(max_length=300, blank=True, default="", editable=False)
    # Counts changes of the key document, so that kept verdicts notice them.
    key_generation = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host"], condition=~Q(host=""), name="one_issuer_a_host")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def signing_identifier(self) -> str:
        """What new awards name as their issuer."""
        return self.signs_as or self.identifier


class OwnIdentifier(models.Model):
    """An identifier under a host of the issuer's own. Badges name it, and so it is never forgotten (DECISIONS 5)."""

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="own_identifiers")
    host = models.CharField(max_length=253)
    identifier = models.CharField(max_length=300, unique=True, editable=False)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.identifier


class FormerHost(models.Model):
    """A host at which an issuer's badge site was: links were shared that name it, and go on leading to it."""

    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="former_hosts")
    host = models.CharField(max_length=253)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "issuer"], name="one_former_host")]

    def __str__(self) -> str:
        return self.host


class CertificateDesign(models.Model):
    """How an issuer's certificates look, on the page and on paper. No part of what is signed."""

    class Layout(models.TextChoices):
        CLASSIC = "classic", _("Classic: everything in the middle")
        FRAMED = "framed", _("Framed: a broad frame in your colour")
        PLAIN = "plain", _("Plain: at the side, without ornament")

    issuer = models.OneToOneField(Issuer, on_delete=models.CASCADE, related_name="certificate_design")
    layout = models.CharField(_("layout"), max_length=8, choices=Layout.choices, default=Layout.CLASSIC)
    colour = models.CharField(_("colour"), max_length=7, default="#234fa3")
    wording = models.CharField(_("a sentence of yours"), max_length=200, blank=True, default="")
    signatory = models.CharField(_("who signs"), max_length=80, blank=True, default="")
    signatory_role = models.CharField(_("as what"), max_length=80, blank=True, default="")
    signature = models.BinaryField(null=True, blank=True)

    def __str__(self) -> str:
        return f"design of {self.issuer_id}"


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


class Domain(Leased):
    """A web address that an issuer says is its own, and what came of looking (J43). `due_at`: when to look again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("not proven yet")
        PROVEN = "proven", _("proven")
        # Proven before, not found since `failing_since`; after a week it counts as lost.
        FAILING = "failing", _("not found any more")
        LOST = "lost", _("lost")

    class How(models.TextChoices):
        DNS = "dns", _("by its DNS record")
        FILE = "file", _("by a file on its web site")

    issuer = models.OneToOneField(Issuer, on_delete=models.CASCADE, related_name="domain")
    # As the wire has it: A-labels, lower case, no dot at the end.
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    how = models.CharField(max_length=4, choices=How.choices, blank=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    proven_at = models.DateTimeField(null=True, blank=True)
    # When it was last found, and when it was last looked for.
    found_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    # The name under which the issuer wants its badge site: the domain itself or one below it.
    host = models.CharField(max_length=253, null=True, blank=True, unique=True)
    host_seen_at = models.DateTimeField(null=True, blank=True)
    host_problem = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return self.name

    @property
    def is_proven(self) -> bool:
        """Found the last time; one that is failing keeps what it has for a week, but nobody calls it proven."""
        return self.state == self.State.PROVEN


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


class Person(models.Model):
    """Somebody in an issuer's register: its own id for them, and the address that is theirs now (J47)."""

    issuer = models.ForeignKey(Issuer, on_delete=models.CASCADE, related_name="register", db_index=False)
    own_id = models.CharField(max_length=100)
    # The id as it is compared: whatever case and space it is written with.
    key = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=254)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "key"], name="one_person_an_id")]
        indexes = [models.Index(fields=["issuer", "name", "id"], name="register_by_name")]

    def __str__(self) -> str:
        return f"{self.own_id} of {self.issuer_id}"


def fragment(kind: str, number: int) -> str:
    """Of a key: what stands behind the # in the id of its verification method."""
    return f"key-{kind}-{number}"


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
        return fragment(self.kind, self.number)

    @property
    def method(self) -> str:
        """The verification method's absolute id."""
        return self.method_of(self.issuer.identifier)

    def method_of(self, identifier: str) -> str:
        """Its absolute id in the document of one of the issuer's identifiers."""
        return f"{identifier}#{self.fragment}"
