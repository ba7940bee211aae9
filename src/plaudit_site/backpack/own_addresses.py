"""What stands at the addresses of this site, for whoever gives one to be checked: read here, never over the network.

It answers as a stranger's browser is answered: what is private is as what never was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from plaudit import FetchError
from plaudit.fetch import Fetched
from plaudit_site.achievements.models import Version
from plaudit_site.awards import hosting, own_documents, sharing
from plaudit_site.awards.models import Visibility
from plaudit_site.awards.sharing import Sight
from plaudit_site.backpack.models import Imported
from plaudit_site.issuers import own_hosts, own_identifiers

also_here: list[Callable[[str], bytes | Fetched | None]] = []
"""What rooms above this one have at an address of this site for everybody: a signed document, or a page for people."""
PAGE: Final = "text/html"
OUT_OF_MAILS: Final = (
    "/claim/",
    "/u/",
    "/account/undo/",
    "/issuers/join/",
    "/accounts/confirm-email/",
    "/accounts/password/reset/key/",
)
"""Whoever has such a link may do what its receiver may: it is kept nowhere, and shown to nobody else."""
_ID: Final = "([0-9a-hjkmnp-tv-z]{26})"
# Its page, each of its forms, and what else is at its address: the badge is meant, whichever was copied.
_CERTIFICATE: Final = re.compile(
    rf"/(?:(?:i/[^/]+/)?c|embed)/{_ID}(?:\.(?:json|jwt|png|svg|pdf)|/qr\.(?:svg|png)|/card-[0-9a-f]{{12}}\.png|/is-it)?/?"
)
_OLDER: Final = re.compile(rf"/c/{_ID}\.ob2\.(?:png|svg)")
_PICTURE: Final = re.compile(rf"/b/{_ID}/v([1-9][0-9]{{0,8}})\.png")
_SHOWN: Final = re.compile(rf"/shown/{_ID}(?:/(?:file|check|picture\.png|qr\.(?:svg|png)))?/?")


def path_of(url: str) -> str | None:
    """The path of an address of this site, without what follows ? and #; None for any other."""
    bare = url.partition("?")[0].partition("#")[0]
    path = sharing.path_of(f"{bare}/" if bare == settings.BASE_URL else bare)
    return None if path is None else path or "/"


def read(url: str) -> bytes | Fetched | None:
    """What one of our own addresses says; None for any other. Raises FetchError where nothing is for everybody."""
    own = own_identifiers.at(url)
    if own is not None and own_hosts.issuer_at(own.host) == own.issuer:
        return own_documents.read(url)
    path = path_of(url)
    if path is None:
        return None
    if older := _OLDER.fullmatch(path):
        path = f"/c/{older[1]}.{hosting.ENDING}"
    here = f"{settings.BASE_URL}{path}"
    found = own_documents.read(here) or hosting.read(here, timezone.now())
    if found is not None:
        return found
    if (drawn := _picture_here(path)) is not None:
        return Fetched(url, 200, "image/png", drawn)
    for also in also_here:
        if (made := also(url)) is not None:
            return made if isinstance(made, Fetched) else Fetched(url, 200, "application/vc+ld+json", made)
    return _badge_at(url, path)


def without_secrets(url: str) -> str:
    """The address as it may be kept with a result: of a link out of a mail only what all of them have."""
    found = next((part for part in OUT_OF_MAILS if (path_of(url) or "").startswith(part)), "")
    return f"{settings.BASE_URL}{found}" if found else url


def award_named(url: str) -> str:
    """The id of the award of this site that an address names, whether or not anybody may see it; "" for none."""
    path = path_of(url) or ""
    named = _OLDER.fullmatch(path) or _CERTIFICATE.fullmatch(path)
    return named[1] if named else ""


def _badge_at(url: str, path: str) -> Fetched:
    """The badge that is shown there, of ours or from elsewhere. Raises FetchError, with the status that a page has."""
    sight = Sight.NOTHING
    if named := _CERTIFICATE.fullmatch(path):
        award, sight = sharing.look_up(named[1], AnonymousUser())
        if award is not None and award.credential is not None:
            return Fetched(url, 200, "application/vc+ld+json", bytes(award.credential.content))
    elif named := _SHOWN.fullmatch(path):
        kept = Imported.objects.filter(public_id=named[1]).exclude(visibility=Visibility.ONLY_ME).first()
        if kept is not None and kept.removed_at is None:
            # Its page is there for everybody, and a file that tells an address is for its holder alone.
            is_file = not kept.tells_address
            return Fetched(url, 200, "" if is_file else PAGE, bytes(kept.content) if is_file else b"")
        sight = Sight.GONE if kept is not None else Sight.NOTHING
    if sight is Sight.GONE:
        raise FetchError(url, "its holder has removed the badge from this address", status=410)
    raise FetchError(url, "there is no badge at this address", status=404)


def _picture_here(path: str) -> bytes | None:
    """The picture of a version of a badge of ours."""
    named = _PICTURE.fullmatch(path)
    if named is None:
        return None
    version = Version.objects.filter(achievement__public_id=named[1], number=named[2]).first()
    return bytes(version.picture_png) if version is not None else None
