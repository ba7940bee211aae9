"""Badges from elsewhere: results of checks, what is being brought in, and what its earner keeps here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards.models import Collection, Visibility
from plaudit_site.ids import new_id
from plaudit_site.leases import Leased


class Result(models.Model):
    """One report on a badge from anywhere. The badge itself is not kept, only what its issuer signed."""

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)
    # The address that was given, so that it can be checked again; empty for files and pasted texts.
    address = models.CharField(max_length=2000, default="", blank=True)
    # What a file looked like: "jpeg", "png", "pdf", …; empty for texts.
    looks_like = models.CharField(max_length=10, default="", blank=True)
    report = models.JSONField()
    # The picture that its issuer signed, of its badge and of the one beside it: a PNG in base64, or "" for none.
    pictures = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.public_id


class Imported(models.Model):
    """A badge from elsewhere that an earner keeps here: the file as it came, and what its last check said."""

    class Form(models.TextChoices):
        PNG = "png"
        SVG = "svg"
        JSON = "json"
        JWT = "jwt"
        PDF = "pdf"

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imported")
    # The same file once for each earner; empty where two accounts that both had it became one.
    once_key = models.CharField(max_length=100, unique=True, null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    form = models.CharField(max_length=4, choices=Form.choices)
    # Where it was read, when an address was given.
    address = models.CharField(max_length=2000, default="", blank=True)
    # The proven address of its owner that it was awarded to.
    awarded_to = models.CharField(max_length=254)
    # It names that address in clear, and so the file itself is for its owner alone.
    tells_address = models.BooleanField(default=False)
    report = models.JSONField()
    state = models.CharField(max_length=10)
    checked_at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=300)
    issuer_name = models.CharField(max_length=300)
    awarded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # Drawn anew from what came; shown to others only where the issuer signed it.
    picture = models.BinaryField(default=bytes)
    picture_is_signed = models.BooleanField(default=False)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.ONLY_ME)
    hidden = models.BooleanField(default=False)
    imported_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    collections = models.ManyToManyField(Collection, through="CollectedImport", related_name="+")

    class Meta:
        indexes = [models.Index(fields=["owner", "removed_at", "hidden"])]

    def __str__(self) -> str:
        return f"imported {self.public_id}"


class CollectedImport(models.Model):
    """A place in a collection; positions are counted together with those of awards."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    imported = models.ForeignKey(Imported, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "imported"], name="imported_once_in_a_collection")
        ]

    def __str__(self) -> str:
        return f"{self.imported_id} in {self.collection_id}"


class Import(models.Model):
    """One press of “Add from elsewhere”: some files or addresses, and what became of each."""

    public_id = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"import {self.public_id}"


class ImportItem(Leased):
    class State(models.TextChoices):
        QUEUED = "queued", _("being checked")
        IN = "in", _("came in")
        THERE = "there", _("there already")
        OTHER = "other", _("for another address")
        REFUSED = "refused", _("did not come in")

    import_run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    # Kept while it waits: to be checked, or for its owner to add the address it was awarded to.
    content = models.BinaryField(default=bytes)
    address = models.CharField(max_length=2000, default="", blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    # Why not (importing.REASONS).
    reason = models.CharField(max_length=20, default="", blank=True)
    title = models.CharField(max_length=300, default="", blank=True)
    # The address it was awarded to, where it says so in clear.
    asks_for = models.CharField(max_length=254, default="", blank=True)
    report = models.JSONField(default=dict)
    imported = models.ForeignKey(Imported, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["import_run", "number"], name="one_item_number")]

    def __str__(self) -> str:
        return f"{self.number} of {self.import_run_id}"
