"""Who works for an issuer and has no badge arrives at the issuers, and not before an empty shelf."""

from __future__ import annotations

from django.urls import reverse

from plaudit_site.accounts import arriving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award
from plaudit_site.backpack.models import Imported


def desk(user: User) -> str:
    return reverse("issuers") if user.memberships.exists() and not _has_badges(user) else ""


def _has_badges(user: User) -> bool:
    """Earned or waiting; the welcome badge, which everybody has, is not looked for."""
    earned = Award.objects.filter(earner=user, state=Award.State.ACCEPTED, is_welcome=False)
    kept = Imported.objects.filter(owner=user, removed_at__isnull=True)
    return earned.exists() or claiming.waiting_for(user).exists() or kept.exists()


def register_all() -> None:
    if desk not in arriving.landings:
        arriving.landings.append(desk)
