"""The Certificate of Authenticity as a PDF: tagged, archivable, with the signed credential attached."""

from __future__ import annotations

import base64
import json
import logging
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image

from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award
from plaudit_site.public import checking, codes
from plaudit_site.public.certificates import Frame, Page
from plaudit_site.public.checking import State
from plaudit_site.showing.words import day_text

log = logging.getLogger(__name__)

SIZES = {"a4": "a4", "letter": "us-letter"}
SHOWN = checking.GOOD | checking.NOT_NOW | {State.UNVOUCHED, State.EXPIRED}
FONTS = ("Libertinus Serif",)
"""Comes with the program that sets the page, as do its italics; it has Latin, Greek, Cyrillic and Hebrew."""
STANDARDS: Final[list[Any]] = ["a-3b", "ua-1"]
_SHEET = (Path(__file__).parent / "certificate.typ").read_bytes()


def draw(award: Award, page: Page, picture: bytes, size: str = "a4") -> bytes:
    """One page, landscape. `picture` is an SVG of ours; `size` is of SIZES.

    PDF/A-3 and PDF/UA where there is a font for every letter. Where there is none, fonts of this machine are asked,
    and in the end the page is set without that promise: a name never breaks it.
    """
    assert award.credential is not None
    at = award.credential.signed_at
    given = {
        "said": json.dumps(_said(award, page, SIZES[size])),
        "picture": picture.decode(),
        "code": codes.qr(sharing.via(page.permanent, "qr"), border=0).decode(),
        "credential": bytes(award.credential.content).decode(),
        "signature": _signature(page),
    }
    try:
        return _set(given, at, STANDARDS, own_fonts_only=True)
    except typst.TypstError:
        pass
    try:
        return _set(given, at, STANDARDS, own_fonts_only=False)
    except typst.TypstError as error:
        log.info("certificate %s is no PDF/A: %s", award.public_id, error)
    return _set(given, at, [], own_fonts_only=False)


def _set(given: dict[str, str], at: datetime, standards: list[Any], *, own_fonts_only: bool) -> bytes:
    """The same award gives the same bytes, whenever it is asked for."""
    return typst.compile(
        _SHEET,
        format="pdf",
        pdf_standards=standards,
        ignore_system_fonts=own_fonts_only,
        sys_inputs=given,
        timestamp=at,
    )


def _said(award: Award, page: Page, paper: str) -> dict[str, object]:
    """All words of the page, as data."""
    is_good = page.state in checking.GOOD
    return {
        "title": page.head_title,
        "issuer": award.issuer.name,
        "year": award.awarded_at.year,
        "month": award.awarded_at.month,
        "day": award.awarded_at.day,
        "language": (get_language() or settings.LANGUAGE_CODE)[:2],
        "fonts": FONTS,
        "paper": paper,
        "heading": page.heading,
        "good": is_good,
        "verdict": "" if is_good else page.verdict_words,
        "picture": page.picture_alt,
        "attached": _("The signed credential: any checker of Open Badges 3.0 reads it."),
        "holder": page.holder,
        **_around(page.frame),
        "badge": page.badge_title,
        "facts": [{"name": name, "value": value} for name, value in _facts(award, page)],
        "check": _("Check this certificate: scan the code or open"),
        "address": page.permanent,
        "proof": _("A printed copy is not proof. The page behind the code is."),
        "code": _("QR code of this page"),
        "layout": page.design.layout if page.design else "classic",
        "colour": page.design.colour if page.design else "#234fa3",
        "wording": page.wording,
        "signatory": page.design.signatory if page.design else "",
        "role": page.design.signatory_role if page.design else "",
        "hand": _("Signature of %(name)s") % {"name": page.design.signatory} if page.design else "",
    }


def _around(frame: Frame) -> dict[str, str]:
    """The words around the names: those of the page (templates/public/certificate.html), in every state."""
    certify, earned = _("This is to certify that"), _("has earned the badge")
    if frame.past:
        certify, earned = _("It was once awarded to"), _("as the badge")
    elif frame.state == State.EXPIRED:
        earned = _("earned the badge")
    return {"certify": certify, "earned": earned, "by": _by(frame) % {"issuer": frame.issuer}}


def _by(frame: Frame) -> str:
    if frame.end == "renewed":
        return _("and later renewed by %(issuer)s")
    if frame.state == State.SUSPENDED:
        return _("and later suspended by %(issuer)s")
    if frame.state == State.REVOKED:
        return _("and later revoked by %(issuer)s")
    if frame.state == State.UNVOUCHED:
        return _("awarded by an issuer that calls itself %(issuer)s")
    return _("awarded by %(issuer)s")


def _facts(award: Award, page: Page) -> list[tuple[str, str]]:
    found = [(_("Awarded"), day_text(award.awarded_at))]
    if page.frame.end in {"renewed", "revoked"}:
        ended = _("Renewed") if page.frame.end == "renewed" else _("Revoked")
        found.append((ended, day_text(page.revoked_on)))
    elif page.frame.end:
        ends = _("Expired") if page.state == State.EXPIRED else _("Valid until")
        found.append((ends, day_text(award.expires_at)))
    return [*found, (_("Credential ID"), page.display_id)]


def _signature(page: Page) -> str:
    """The drawn signature inside an SVG: whatever is handed over is text."""
    if page.design is None or not page.design.signature:
        return ""
    with Image.open(BytesIO(page.design.signature)) as picture:
        width, height = picture.size
    data = base64.b64encode(page.design.signature).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width} {height}"><image width="{width}" height="{height}"'
        f' xlink:href="data:image/png;base64,{data}"/></svg>'
    )
