"""The Certificate of Authenticity as a PDF: tagged, archivable, with the signed credential attached."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image

from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award
from plaudit_site.public import checking, codes
from plaudit_site.public.certificates import Frame, Page
from plaudit_site.public.checking import State
from plaudit_site.public.typesetting import FONTS, SIZES, set_page
from plaudit_site.showing.words import day_text

SHOWN = checking.GOOD | checking.NOT_NOW | {State.UNVOUCHED, State.EXPIRED}
_SHEET = (Path(__file__).parent / "certificate.typ").read_bytes()


def draw(award: Award, page: Page, picture: bytes, size: str = "a4") -> bytes:
    """One page, landscape (typesetting.py). `picture` is an SVG of ours; `size` is of SIZES."""
    assert award.credential is not None
    at = award.credential.signed_at
    given = {
        "said": json.dumps(_said(award, page, SIZES[size])),
        "picture": picture.decode(),
        "code": codes.qr(sharing.via(page.permanent, "qr"), border=0).decode(),
        "credential": bytes(award.credential.content).decode(),
        "signature": _signature(page),
    }
    return set_page(_SHEET, given, at, name=f"certificate {award.public_id}")


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
        "reason": "" if is_good else page.verdict_reason,
        "tone": page.look.tone,
        "sheet": page.look.sheet,
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
    if page.suspended_on is not None:
        found.append((_("Suspended since"), day_text(page.suspended_on)))
    if page.frame.end in {"renewed", "revoked"}:
        ended = _("Renewed") if page.frame.end == "renewed" else _("Revoked")
        found.append((ended, day_text(page.revoked_on)))
    elif page.frame.end:
        ends = _("Expired") if page.state == State.EXPIRED else _("Valid until")
        found.append((ends, day_text(award.expires_at)))
    if page.result:
        found.append((_("Result"), page.result))
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
