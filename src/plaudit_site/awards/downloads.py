"""The forms an award can be had in: one table for pages, headers and addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards.models import Award, Visibility
from plaudit_site.showing.once import words_once

HOSTED = "ob2"
"""Endings of Open Badges 2.0 begin so; these hold only while everybody with the link may see them."""


@dataclass(frozen=True, eq=False)
class Form:
    ending: str
    media_type: str
    label: str | Promise
    kind: str
    icon: str

    @property
    def is_older(self) -> bool:
        return self.ending.startswith(HOSTED)


PNG = Form("png", "image/png", _("Badge picture with proof inside"), "PNG", "image-down")
SVG = Form("svg", "image/svg+xml", _("Badge drawing with proof inside"), "SVG", "image-down")
PDF = Form("pdf", "application/pdf", _("Certificate to print, with proof inside"), "PDF", "file-text")
JSON = Form("json", "application/vc+ld+json", _("Certificate file"), "JSON", "braces")
JWT = Form("jwt", "application/vc+jwt", _("Certificate file, as signed text"), "JWT", "key-round")
OLDER_PNG = Form("ob2.png", "image/png", _("Badge picture"), "PNG", "image-down")
OLDER_SVG = Form("ob2.svg", "image/svg+xml", _("Badge drawing"), "SVG", "image-down")
OLDER_JSON = Form("ob2.json", "application/ld+json", _("Certificate file"), "JSON", "braces")

FORMS = (PNG, SVG, PDF, JSON, JWT)
OLDER = (OLDER_PNG, OLDER_SVG, OLDER_JSON)
NO_OLDER = frozenset(form.ending for form in OLDER)
ENDINGS = {form.ending: form for form in (*FORMS, *OLDER)}


Judge = Callable[[Award], tuple[str, frozenset[str]]]
judges: list[Judge] = []
"""Of a room above this one: the verdict on an award now, and the endings that it does not have then."""


def judged(award: Award) -> tuple[str, frozenset[str]]:
    """What its certificate says of it, so that no page offers a file that is not there."""
    return judges[0](award) if judges else ("", frozenset())


class Download(NamedTuple):
    """A form as a page offers it; it is at the award's permanent address, a dot, and the ending."""

    ending: str
    label: str
    kind: str
    icon: str
    media_type: str


def offered(but: frozenset[str] = frozenset()) -> tuple[Download, ...]:
    """The forms of an award, without those whose endings are in `but`."""
    return _downloads(FORMS, but)


def older(award: Award, *, but: frozenset[str] = frozenset()) -> tuple[Download, ...]:
    """The forms of Open Badges 2.0; none of what only its earner sees, for nobody could verify it."""
    return _downloads(older_forms(award), but)


def older_forms(award: Award) -> tuple[Form, ...]:
    return () if award.visibility == Visibility.ONLY_ME else OLDER


@words_once
def _downloads(forms: tuple[Form, ...], but: frozenset[str]) -> tuple[Download, ...]:
    return tuple(
        Download(form.ending, str(form.label), form.kind, form.icon, form.media_type)
        for form in forms
        if form.ending not in but
    )
