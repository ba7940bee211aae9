"""A collection as a PDF: its badges with issuer, day, and the address where each is checked."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plaudit_site.awards.models import Collection
from plaudit_site.belongings import collecting
from plaudit_site.public import codes
from plaudit_site.public.papers import FONTS, SIZES, STANDARDS
from plaudit_site.public.people import Shown
from plaudit_site.showing.words import day_text

log = logging.getLogger(__name__)
MOST = 200
_SHEET = (Path(__file__).parent / "collection.typ").read_bytes()
_NEUTRAL = (Path(__file__).parents[1] / "static" / "img" / "elsewhere.svg").read_text(encoding="utf-8")


def draw(collection: Collection, badges: Sequence[Shown], size: str) -> bytes:
    """As archivable and accessible as there are fonts for its letters; in the end set without that promise."""
    said = json.dumps(_said(collection, badges[:MOST], SIZES.get(size, "a4")))
    pictures = json.dumps([_picture(badge) for badge in badges[:MOST]])
    code = codes.qr(collecting.url_of(collection), border=0).decode()
    for standards, own_fonts_only in ((STANDARDS, True), (STANDARDS, False), ([], False)):
        try:
            return typst.compile(
                _SHEET,
                format="pdf",
                pdf_standards=standards,
                ignore_system_fonts=own_fonts_only,
                sys_inputs={"said": said, "pictures": pictures, "code": code},
                timestamp=timezone.now().replace(hour=0, minute=0, second=0, microsecond=0),
            )
        except typst.TypstError as error:
            if not standards:
                raise
            log.info("collection %s: %s", collection.public_id, error)
    raise AssertionError("the last way raises or returns")


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


def _said(collection: Collection, badges: Sequence[Shown], paper: str) -> dict[str, object]:
    today = timezone.now()
    return {
        "title": collection.name,
        "author": collection.owner.name,
        "text": collection.text,
        "by": _("Badges of %(name)s") % {"name": collection.owner.name} if collection.owner.name else "",
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
            for badge in badges
        ],
        "empty": _("There is no badge in this collection that others can see."),
        "code": _("QR code of this collection"),
        "address": collecting.url_of(collection),
        "proof": _("A printed copy is not proof. The pages behind these addresses are. Made on %(day)s.")
        % {"day": day_text(today)},
    }
