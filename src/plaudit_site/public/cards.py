"""The picture that other sites show beside a link: 1,200 by 630, without any tick: a picture proves nothing."""

from __future__ import annotations

import base64
from functools import lru_cache

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plaudit_site.achievements import lettering, pictures, shapes
from plaudit_site.awards.models import Award
from plaudit_site.public.checking import State
from plaudit_site.showing.words import day_text

WIDTH, HEIGHT = 1200, 630
BESIDE = 560  # where the words begin
ROOM = WIDTH - BESIDE - 64
NOTE = {"ok": "#475261", "grey": "#475261", "warn": "#765000", "bad": "#9b2c2c"}
"""The colour of the words at its foot: of the state, as everywhere."""


def note_on(award: Award, state: State) -> str:
    """The small line at its foot."""
    if state is State.EXPIRING:
        return _("Awarded %(day)s · Valid until %(end)s") % {
            "day": day_text(award.awarded_at),
            "end": day_text(award.expires_at),
        }
    return _("Awarded %(day)s · Check it at %(host)s") % {
        "day": day_text(award.awarded_at),
        "host": settings.SITE_HOST,
    }


def note_on_page(badges: int) -> str:
    """The small line on the card of a profile or a collection."""
    said = ngettext("%(n)d badge", "%(n)d badges", badges) % {"n": badges}
    return _("%(badges)s · Check each at %(host)s") % {"badges": said, "host": settings.SITE_HOST}


@lru_cache(maxsize=64)
def draw(
    *,
    title: str,
    holder: str,
    issuer: str,
    note: str,
    seed: str,
    picture: bytes,
    svg: str,
    tone: str,
) -> bytes:
    """The card as PNG. Lines that our lettering cannot write are left out; the badge has its title anyway.

    `tone` is that of its state (looks.py): whatever is not ok is faded.
    """
    faded = tone != "ok"
    accent = "#5f6977" if faded else "#234fa3"
    blocks = [
        *_lines(holder, 40, lettering.SERIF, "#1b2430", most=1),
        *_lines(title, 60, lettering.SERIF, accent, most=3),
        *_lines(issuer, 31, lettering.SANS, "#1b2430", most=2),
        *_lines(note, 25, lettering.SANS, NOTE[tone], most=1),
    ]
    height = sum(step for _letters, step in blocks)
    y, letters = (HEIGHT - height) / 2, []
    for draw_at, step in blocks:
        letters.append(draw_at(y))
        y += step
    return pictures.preview(
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#faf8f4"/>'
        f'<g transform="translate(-126 -85) scale(2)" opacity=".13"><path transform="scale(.1)"'
        f' d="{shapes.guilloche(seed, 60, 196, 18, step=5)}" fill="none" stroke="#24457f" stroke-width="6"/></g>'
        f"{_badge(picture, svg, faded)}{''.join(letters)}</svg>",
        WIDTH,
        HEIGHT,
    )


def _badge(picture: bytes, svg: str, faded: bool) -> str:
    data = svg.encode() if svg else picture
    kind = "image/svg+xml" if svg else "image/png"
    return (
        f'<image x="64" y="105" width="420" height="420" opacity="{".45" if faded else "1"}"'
        f' xlink:href="data:{kind};base64,{base64.b64encode(data).decode()}"/>'
    )


def _lines(text: str, size: int, family: str, colour: str, *, most: int) -> list[tuple[_DrawAt, float]]:
    text = lettering.tidy(text)
    if not text or lettering.missing(text, family):
        return []
    found = None
    while found is None and size > 18:
        counts = range(1, most + 1)
        found = next((f for n in counts if (f := lettering.fill_lines(text, [ROOM] * n, size, family))), None)
        size -= 0 if found else 2
    if found is None:
        found = [_shortened(text, size, family)]
    lead = size * 1.18
    return [
        (_DrawAt(line, size, family, colour), lead + (size * 0.5 if i == len(found) - 1 else 0))
        for i, line in enumerate(found)
    ]


def _shortened(text: str, size: float, family: str) -> str:
    while text and lettering.width(text + "…", size, family=family) > ROOM:
        text = text[:-1]
    return text.strip() + "…"


class _DrawAt:
    """One line of text that is drawn where there is room for it."""

    def __init__(self, line: str, size: float, family: str, colour: str) -> None:
        self.line, self.size, self.family, self.colour = line, size, family, escape(colour)

    def __call__(self, top: float) -> str:
        path = lettering.outline(self.line, BESIDE, top + self.size * 0.92, self.size, family=self.family)
        return f'<path transform="scale(.1)" fill="{self.colour}" d="{path}"/>'
