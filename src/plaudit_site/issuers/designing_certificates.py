"""The looks of an issuer's certificates: a colour that can be read, a sentence with placeholders, a drawn signature."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from plaudit_site.audit.models import record
from plaudit_site.issuers.models import CertificateDesign, Issuer
from plaudit_site.showing.words import visible

LEAST_CONTRAST = 4.5
"""Of text on the white sheet (WCAG 1.4.3)."""
_PLACEHOLDER = re.compile(r"\{\{ ?(name|badge|issuer|date) ?\}\}|\{(holder|badge|issuer|date)\}")
"""As in mails; and the form that they had here at first, which stands in designs that were saved then."""
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class DesignRefused(ValueError):
    """`field` is the one at fault; the text says what is wrong and how to mend it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Look:
    """A design as the page and the paper take it. Its texts are data, never markup."""

    layout: str
    colour: str
    wording: str
    signatory: str
    signatory_role: str
    signature: bytes
    version: str


def save(design: CertificateDesign, *, by: str) -> None:
    """Raises DesignRefused."""
    design.colour = checked_colour(design.colour)
    design.wording = checked_wording(design.wording)
    design.signatory, design.signatory_role = visible(design.signatory), visible(design.signatory_role)
    if design.signature and not design.signatory:
        raise DesignRefused("signatory", _("A signature needs a name: say whose it is."))
    with transaction.atomic():
        CertificateDesign.objects.update_or_create(
            issuer=design.issuer,
            defaults={
                name: getattr(design, name)
                for name in ("layout", "colour", "wording", "signatory", "signatory_role", "signature")
            },
        )
        record("certificate design saved", actor=by, subject=f"issuer:{design.issuer.public_id}")


def checked_colour(text: str) -> str:
    colour = text.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise DesignRefused("colour", _("A colour is written like #234fa3."))
    found = contrast(colour)
    if found < LEAST_CONTRAST:
        raise DesignRefused(
            "colour",
            _("On white this colour is too pale to be read: %(found)s to 1, not 4.5 to 1. Take a darker one.")
            % {"found": f"{found:.1f}"},
        )
    return colour


def contrast(colour: str) -> float:
    """Of a colour to white, by WCAG's formula."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def checked_wording(text: str) -> str:
    """Only placeholders that are known; a brace of any other use is refused rather than printed."""
    tidy = visible(text)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", tidy)):
        raise DesignRefused(
            "wording",
            _("Only these can stand in braces: {{ name }}, {{ badge }}, {{ issuer }}, {{ date }}."),
        )
    return tidy


def filled(wording: str, values: Mapping[str, str]) -> str:
    """In one pass: what is put in is never looked through for placeholders again."""
    return _PLACEHOLDER.sub(lambda found: values[_place(found)], wording)


def names_holder(wording: str) -> bool:
    return any(_place(found) == "name" for found in _PLACEHOLDER.finditer(wording))


def _place(found: re.Match[str]) -> str:
    return found[1] or ("name" if found[2] == "holder" else found[2])


def look_of(issuer: Issuer) -> Look | None:
    """The issuer's own design, if it has one."""
    found = getattr(issuer, "certificate_design", None)
    if found is None:
        return None
    signature = bytes(found.signature or b"")
    mark = f"{found.layout}|{found.colour}|".encode() + signature
    return Look(
        found.layout,
        found.colour,
        found.wording,
        found.signatory,
        found.signatory_role,
        signature,
        hashlib.sha256(mark).hexdigest()[:12],
    )


def style(colour: str) -> str:
    """A style sheet of its own, since pages carry no styles inside. In the dark the site's own colour is used."""
    checked = checked_colour(colour)
    rule = f".sheet{{--own:{checked}}}"
    return f"@media (prefers-color-scheme:light){{{rule}}}@media print{{{rule}}}"


def new_design(issuer: Issuer) -> CertificateDesign:
    """What the form begins with."""
    return getattr(issuer, "certificate_design", None) or CertificateDesign(issuer=issuer)
