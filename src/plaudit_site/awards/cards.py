"""Rows as the earner's pages show them: plain values for templates, no query inside a template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award, AwardQuerySet, TrustedIssuer, Visibility
from plaudit_site.awards.sharing import badge_site_url, certificate_url, picture_url

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Card:
    id: str
    title: str
    certificate_url: str
    issuer_name: str
    issuer_url: str
    picture_url: str
    awarded_on: datetime
    trusted: bool
    visibility: str
    status: str
    expires_on: datetime | None
    manage_url: str
    is_welcome: bool
    # From elsewhere (the backpack): verified here, awarded by nobody here.
    imported: bool = False


@dataclass(frozen=True)
class Waiting:
    id: str
    title: str
    issuer_name: str
    picture_url: str
    awarded_on: datetime
    address: str
    accept_url: str
    decline_url: str
    undo_url: str


@dataclass(frozen=True)
class Claim:
    """An award as its claim page shows it to whoever holds the link."""

    title: str
    issuer_name: str
    issuer_url: str
    picture_url: str
    recipient_first_name: str
    note: str
    masked_address: str
    awarded_on: datetime
    names_in_clear: bool


def status(award: Award, now: datetime) -> str:
    if claiming.is_revoked(award):
        return "replaced" if award.revocation.renewed_by_id else "revoked"
    if getattr(award, "suspension", None) is not None:
        return "suspended"
    return running_out(award.expires_at, now)


def running_out(expires_at: datetime | None, now: datetime) -> str:
    if expires_at is None:
        return ""
    if expires_at <= now:
        return "expired"
    return "expiring" if expires_at - now <= SOON else ""


def own_certificate_url(award: Award) -> str:
    """Where the blue title leads its earner: the certificate, also while only they can see it."""
    return certificate_url(award)


def card(award: Award, trusted: set[int]) -> Card:
    return Card(
        id=award.public_id,
        title=award.title,
        certificate_url=own_certificate_url(award),
        issuer_name=award.issuer.name,
        issuer_url=badge_site_url(award.issuer),
        picture_url=picture_url(award.version),
        awarded_on=award.awarded_at,
        trusted=award.issuer_id in trusted,
        visibility=award.visibility,
        status=status(award, timezone.now()),
        expires_on=award.expires_at,
        manage_url=reverse("manage", args=[award.public_id]),
        is_welcome=award.is_welcome,
    )


def waiting(award: Award) -> Waiting:
    return Waiting(
        id=award.public_id,
        title=award.title,
        issuer_name=award.issuer.name,
        picture_url=picture_url(award.version),
        awarded_on=award.awarded_at,
        address=award.address,
        accept_url=reverse("accept", args=[award.public_id]),
        decline_url=reverse("decline", args=[award.public_id]),
        undo_url=reverse("undo_decline", args=[award.public_id]),
    )


def claim(award: Award) -> Claim:
    return Claim(
        title=award.title,
        issuer_name=award.issuer.name,
        issuer_url=badge_site_url(award.issuer),
        picture_url=picture_url(award.version),
        recipient_first_name=award.name.split()[0] if award.name else "",
        note=award.note,
        masked_address=masked(award.address),
        awarded_on=award.awarded_at,
        names_in_clear=award.version.names_in_clear,
    )


def trusted_issuers(user: User) -> set[int]:
    trusted = TrustedIssuer.objects.filter(user=user, paused_at__isnull=True)
    return set(trusted.values_list("issuer_id", flat=True))


@dataclass(frozen=True)
class Wish:
    """What the earner asked to see."""

    text: str = ""
    issuer: str = ""
    visibility: str = ""
    expired: str = ""
    imported: str = ""
    sort: str = "newest"

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.issuer or self.visibility or self.expired or self.imported)


def earned(user: User, wish: Wish, *, hidden: bool = False) -> AwardQuerySet:
    """The awards of one tab, narrowed as wished, in no order."""
    rows = Award.objects.filter(earner=user, state=Award.State.ACCEPTED, hidden=hidden)
    if wish.text:
        rows = rows.filter(Q(version__title__holds=wish.text) | Q(issuer__name__holds=wish.text))
    if wish.issuer:
        rows = rows.filter(issuer__public_id=wish.issuer)
    if wish.visibility in Visibility.values:
        rows = rows.filter(visibility=wish.visibility)
    if wish.expired == "yes":
        rows = rows.filter(expires_at__lte=timezone.now())
    elif wish.expired == "no":
        rows = rows.exclude(expires_at__lte=timezone.now())
    return rows
