"""Badges (Achievement in the standard) and their versions. A published version never changes again."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer


class Achievement(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class Repeat(models.TextChoices):
        ONCE = "once", _("Once: a second award to the same address is refused")
        RENEW = "renew", _("Renewed: a later award takes the place of the one before")
        AGAIN = "again", _("Again: everybody can earn it several times")

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="achievements")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    repeat = models.CharField(_("how often"), max_length=10, choices=Repeat.choices, default=Repeat.ONCE)
    claim_needs_code = models.BooleanField(
        _("ask for a mailed code when it is claimed"),
        default=False,
        help_text=_("For badges that matter a lot: the link in the mail alone is then not enough."),
    )
    current = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.current.title if self.current else self.public_id


class Version(models.Model):
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=80)
    description = models.TextField(_("description"), max_length=2000)
    criteria = models.TextField(_("what must be done to earn it"), max_length=8000)
    criteria_url = models.URLField(
        _("address of the full requirements"), max_length=500, blank=True, default=""
    )
    skills = models.JSONField(default=list, blank=True)
    # Of the texts above ("" when nobody said); and the same in others: {"de": {"title", "description", "criteria"}}.
    language = models.CharField(_("language"), max_length=12, blank=True, default="")
    translations = models.JSONField(default=dict, blank=True)
    # Frameworks that it maps to (Alignment): [{"targetName", "targetUrl", …}].
    alignments = models.JSONField(default=list, blank=True)
    # Which results an award may have (ResultDescription): {"kind": "words" | "number", "name", …}; empty: any words.
    results = models.JSONField(default=dict, blank=True)
    valid_months = models.PositiveSmallIntegerField(_("valid for (months)"), null=True, blank=True)
    names_in_clear = models.BooleanField(_("write the holder’s name into the file"), default=False)
    # The picture: drawn by the designer (design, svg and png), or uploaded (png, or svg and the png made of it).
    design = models.JSONField(null=True, blank=True)
    picture_svg = models.TextField(default="", blank=True)
    picture_png = models.BinaryField()
    picture_alt = models.CharField(max_length=250, default="", blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["achievement", "number"], name="one_version_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class AchievementLink(models.Model):
    """Links of one badge in the group “The work required”, before the issuer's own."""

    achievement = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="links")
    label = models.CharField(_("text of the link"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label
