"""A collection or a profile as a PDF: its badges with issuer, day, and the address where each is checked."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plaudit_site.awards.models import Collection
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.models import Profile
from plaudit_site.public import codes
from plaudit_site.public.people import Shown
from plaudit_site.public.typesetting import FONTS, SIZES, set_page
from plaudit_site.showing.words import day_text

MOST = 200
_SHEET = (Path(__file__).parent / "collection.typ").read_bytes()
_NEUTRAL = (Path(__file__).parents[1] / "static" / "img" / "elsewhere.svg").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Sheet:
    """What a paper is of."""

    title: str
    author: str
    text: str
    by: str
    address: str
    code: str
    empty: str


def of_collection(collection: Collection) -> Sheet:
    author = collection.owner.name
    return Sheet(
        collection.name,
        author,
        collection.text,
        by=_("Badges of %(name)s") % {"name": author} if author else "",
        address=collecting.url_of(collection),
        code=_("QR code of this collection"),
        empty=_("There is no badge in this collection that others can see."),
    )


def of_profile(profile: Profile, name: str) -> Sheet:
    author = profile.user.name
    return Sheet(
        author or f"@{name}",
        author,
        "\n".join(profile.links),
        by=profile.line,
        address=profiles.url_of(name),
        code=_("QR code of this page"),
        empty=_("No badge is shown here yet."),
    )


def draw(sheet: Sheet, badges: Sequence[Shown], size: str) -> bytes:
    said = json.dumps(_said(sheet, badges, SIZES.get(size, "a4")))
    pictures = json.dumps([_picture(badge) for badge in badges[:MOST]])
    code = codes.qr(sheet.address, border=0).decode()
    given = {"said": said, "pictures": pictures, "code": code}
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return set_page(_SHEET, given, today, name=sheet.address)


def _picture(badge: Shown) -> str:
    """Its picture as an SVG."""
    if badge.award is not None and badge.state != "invalid":
        version = badge.award.version
        return version.picture_svg or _around(bytes(version.picture_png))
    imported = badge.imported
    if imported is not None and imported.picture and imported.picture_is_signed:
        return _around(bytes(imported.picture))
    return _NEUTRAL


def _around(png: bytes) -> str:
    pixels = base64.b64encode(png).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 600 600">'
        f'<image width="600" height="600" xlink:href="data:image/png;base64,{pixels}"/></svg>'
    )


def _said(sheet: Sheet, badges: Sequence[Shown], paper: str) -> dict[str, object]:
    today = timezone.now()
    more = len(badges) - MOST
    return {
        "title": sheet.title,
        "author": sheet.author,
        "text": sheet.text,
        "by": sheet.by,
        "year": today.year,
        "month": today.month,
        "day": today.day,
        "language": (get_language() or settings.LANGUAGE_CODE)[:2],
        "fonts": FONTS,
        "paper": paper,
        "badges": [
            {
                "title": badge.title,
                "issuer": badge.issuer_name,
                "awarded": _("Awarded %(day)s") % {"day": day_text(badge.awarded_on)},
                "address": badge.url,
                "state": "" if badge.look.tone == "ok" else badge.words,
                "alt": _("Badge: %(title)s") % {"title": badge.title},
            }
            for badge in badges[:MOST]
        ],
        "empty": sheet.empty,
        "more": ngettext(
            "And %(more)d badge more at the address above.",
            "And %(more)d badges more at the address above.",
            more,
        )
        % {"more": more}
        if more > 0
        else "",
        "code": sheet.code,
        "address": sheet.address,
        "proof": _("A printed copy is not proof. The pages behind these addresses are. Made on %(day)s.")
        % {"day": day_text(today)},
    }
