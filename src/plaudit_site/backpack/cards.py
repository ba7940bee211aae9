"""Badges from elsewhere as the earner's pages show them: cards like all others, marked as imported."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards.cards import Card, Wish, running_out
from plaudit_site.awards.models import Visibility
from plaudit_site.backpack.models import Imported
from plaudit_site.backpack.verifying import State


def shown_url(imported: Imported) -> str:
    """Its public page here; for ever."""
    return f"{settings.BASE_URL}/shown/{imported.public_id}"


def neutral_picture_url() -> str:
    return str(static("img/elsewhere.svg"))


def own_picture_url(imported: Imported) -> str:
    """What its earner sees of it."""
    if not imported.picture:
        return neutral_picture_url()
    return reverse("imported_picture", args=[imported.public_id])


def public_picture_url(imported: Imported) -> str:
    """What everybody sees: a picture that its issuer signed, or a neutral one."""
    if not imported.picture or not imported.picture_is_signed:
        return neutral_picture_url()
    return f"{shown_url(imported)}/picture.png"


def status(imported: Imported, now: datetime) -> str:
    if imported.state == State.REVOKED:
        return "revoked"
    if imported.state == State.SUSPENDED:
        return "suspended"
    if imported.state == State.INVALID:
        return "broken"
    return running_out(imported.expires_at, now)


def card(imported: Imported) -> Card:
    return Card(
        id=imported.public_id,
        title=imported.title,
        certificate_url=shown_url(imported),
        issuer_name=imported.issuer_name,
        issuer_url="",
        picture_url=own_picture_url(imported),
        awarded_on=imported.awarded_at,
        trusted=False,
        visibility=imported.visibility,
        status=status(imported, timezone.now()),
        expires_on=imported.expires_at,
        manage_url=reverse("imported_manage", args=[imported.public_id]),
        is_welcome=False,
        imported=True,
    )


def kept(user: User, wish: Wish, *, hidden: bool = False) -> QuerySet[Imported]:
    """The imported badges of one tab, narrowed as wished, in no order. An issuer of this site has none."""
    rows = Imported.objects.filter(owner=user, removed_at__isnull=True, hidden=hidden)
    if wish.issuer:
        return rows.none()
    if wish.text:
        rows = rows.filter(Q(title__holds=wish.text) | Q(issuer_name__holds=wish.text))
    if wish.visibility in Visibility.values:
        rows = rows.filter(visibility=wish.visibility)
    if wish.expired == "yes":
        rows = rows.filter(expires_at__lte=timezone.now())
    elif wish.expired == "no":
        rows = rows.exclude(expires_at__lte=timezone.now())
    return rows
