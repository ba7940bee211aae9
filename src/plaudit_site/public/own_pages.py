"""Which page of this site an address is, when somebody gives it as a badge: a person's, an issuer's, a part of a badge.

Whether it is there is said as a stranger's browser is told: what is private is as what never was.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import Resolver404, resolve
from django.utils import timezone

from plaudit.fetch import Fetched
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import limiting, sharing
from plaudit_site.backpack import keeping, own_addresses
from plaudit_site.belongings import collecting, profiles
from plaudit_site.public.certificates import find_issuer

PART: Final = b'<meta name="open-badge" content="part">'
"""What stands in the head of a page that shows less (limited.html): the library knows such a page by it."""


class Kind(StrEnum):
    PART = "part"
    PROFILE = "profile"
    COLLECTION = "collection"
    ISSUER = "issuer"
    BADGE = "badge"
    RESULT = "result"
    CERTIFICATE = "certificate"
    SHOWN = "shown"
    # For whoever is signed in.
    OWN = "own"
    # Out of a mail to one person.
    MAIL = "mail"
    SITE = "site"


_NAMES: Final = {
    Kind.PART: ("limited",),
    Kind.PROFILE: ("public_profile", "profile_qr", "profile_qr_png", "profile_paper", "profile_card"),
    Kind.COLLECTION: (
        "public_collection",
        "collection_paper",
        "collection_card",
        "collection_qr",
        "collection_qr_png",
    ),
    Kind.ISSUER: ("issuer_site", "how_to_claim", "how_to_check", "issuer_logo"),
    Kind.BADGE: ("badge_page",),
    Kind.RESULT: ("verify_result",),
    Kind.SITE: (
        "home",
        "help",
        "about_open_badges",
        "how_to_check_any",
        "addresses_help",
        "terms",
        "privacy",
        "accessibility",
        "verify",
        "own_browser",
        "account_login",
        "account_signup",
    ),
}
_KINDS: Final = {name: kind for kind, names in _NAMES.items() for name in names}
_OWN: Final = re.compile(r"/(?:badges|account|accounts|manage|operator)(?:/.*)?|/issuers/?")


def kind_of(url: str) -> Kind | None:
    """By its form alone, whether or not there is anything; None for an address that is none of this site."""
    kind = _named(url)[0]
    return Kind.SITE if kind is None and own_addresses.path_of(url) is not None else kind


def at(url: str) -> Fetched | None:
    """The page at an address of this site, as far as it matters to who checks badges; None where there is none."""
    kind, named = _named(url)
    if kind is None or not _is_there(kind, named):
        return None
    return Fetched(url, 200, own_addresses.PAGE, PART if kind is Kind.PART else b"")


def _named(url: str) -> tuple[Kind | None, dict[str, Any]]:
    path = own_addresses.path_of(url)
    if path is None:
        return None, {}
    if path.startswith(own_addresses.OUT_OF_MAILS):
        return Kind.MAIL, {}
    if own_addresses.award_named(url):
        return Kind.CERTIFICATE, {}
    if path.startswith("/shown/"):
        return Kind.SHOWN, {}
    if path == "/" and not url.startswith(settings.BASE_URL):
        return Kind.ISSUER, {}  # at a host of its own
    for tried in (path, f"{path}/"):
        try:
            found = resolve(tried)
        except Resolver404:
            continue
        if kind := _KINDS.get(found.url_name or ""):
            return kind, dict(found.kwargs)
        if _OWN.fullmatch(tried):
            return Kind.OWN, {}
    return None, {}


def _is_there(kind: Kind, named: dict[str, Any]) -> bool:
    if kind is Kind.PART:
        return limiting.find(named["public_id"], timezone.now()) is not None
    if kind is Kind.PROFILE:
        return profiles.find(named["name"])[0] is not None
    if kind is Kind.COLLECTION:
        return collecting.look_up(named["public_id"], AnonymousUser())[0] is not None
    if kind is Kind.RESULT:
        return keeping.find(named["public_id"]) is not None
    if kind is Kind.BADGE:
        is_published = Achievement.objects.filter(
            public_id=named["public_id"], issuer=find_issuer(named["slug"])[0], current__isnull=False
        ).exclude(state=Achievement.State.DRAFT)
        return is_published.exists()
    if kind is Kind.ISSUER:
        return "slug" not in named or find_issuer(named["slug"])[0] is not None
    return kind in {Kind.OWN, Kind.MAIL, Kind.SITE}


def address_of(url: str) -> str:
    """The page itself, of an address that is its picture or its paper."""
    kind, named = _named(url)
    if kind is Kind.PROFILE:
        return profiles.url_of(profiles.find(named["name"])[1] or named["name"])
    if kind is Kind.COLLECTION:
        return f"{settings.BASE_URL}/collection/{named['public_id']}"
    if kind is Kind.ISSUER and "slug" in named:
        issuer = find_issuer(named["slug"])[0]
        return sharing.badge_site_url(issuer) if issuer is not None else url
    if kind is Kind.SHOWN:
        return f"{settings.BASE_URL}{'/'.join((own_addresses.path_of(url) or '').split('/')[:3])}"
    return url
