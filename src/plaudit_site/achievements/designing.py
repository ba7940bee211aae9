"""Drawing a badge: shape, palette, symbol, title and the issuer's short name become an SVG.

A pure function: the same design gives the same bytes. The title is part of the picture (J33) and never
leaves the shape: it wraps to four lines and shrinks, and what the fonts cannot write is refused by name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.achievements import lettering, pictures
from plaudit_site.achievements.shapes import guilloche, half_width, outer_path, room_at

MOST_CHARACTERS = 80  # as the title of a badge (achievements/models.py)
LARGEST, SMALLEST = 36, 11  # sizes of the title on a picture of 400 units
UNBROKEN = 17  # below this size a long word is divided rather than shrunk further
MOST_BYTES = 25_000  # what the ornament may fill up to; eighty ornate signs alone can take twice that


class DesignError(ValueError):
    """The picture cannot be drawn; str(error) is a sentence for the issuer."""


@dataclass(frozen=True)
class Palette:
    name: object
    deep: str
    mid: str
    light: str
    accent: str


PALETTES = {
    "ink": Palette(gettext_lazy("dark blue"), "#14284d", "#24457f", "#e7edf7", "#e3c98b"),
    "moss": Palette(gettext_lazy("dark green"), "#123c2f", "#1f5c47", "#e4efe8", "#d9d08f"),
    "clay": Palette(gettext_lazy("terracotta"), "#6a2a1c", "#93432c", "#f6e8e1", "#f2cfa8"),
    "plum": Palette(gettext_lazy("plum"), "#3c1f4a", "#5d346f", "#efe6f3", "#e2bfe0"),
    "slate": Palette(gettext_lazy("slate grey"), "#25313d", "#435564", "#e9edf0", "#bcd6e3"),
    "teal": Palette(gettext_lazy("teal"), "#0e4550", "#17687a", "#e0eff1", "#bfe4dd"),
    "gold": Palette(gettext_lazy("old gold"), "#5f4208", "#866317", "#f7efdc", "#fbe6ad"),
    "wine": Palette(gettext_lazy("wine red"), "#4e1526", "#7b2741", "#f6e6ea", "#f0c3b4"),
}
SHAPES = {
    "hexagon": gettext_lazy("hexagon"),
    "circle": gettext_lazy("circle"),
    "octagon": gettext_lazy("octagon"),
    "rosette": gettext_lazy("rosette"),
    "shield": gettext_lazy("shield"),
}
SYMBOLS = {
    "accessibility": gettext_lazy("a person with open arms"),
    "award": gettext_lazy("a ribbon"),
    "book-open": gettext_lazy("an open book"),
    "chart-spline": gettext_lazy("a curve"),
    "code": gettext_lazy("angle brackets"),
    "compass": gettext_lazy("a compass"),
    "cpu": gettext_lazy("a computer chip"),
    "flask-conical": gettext_lazy("a flask"),
    "globe": gettext_lazy("a globe"),
    "graduation-cap": gettext_lazy("a graduation cap"),
    "handshake": gettext_lazy("a handshake"),
    "heart-pulse": gettext_lazy("a heart with a pulse"),
    "languages": gettext_lazy("letters of two scripts"),
    "leaf": gettext_lazy("a leaf"),
    "lightbulb": gettext_lazy("a light bulb"),
    "medal": gettext_lazy("a medal"),
    "megaphone": gettext_lazy("a megaphone"),
    "mic": gettext_lazy("a microphone"),
    "microscope": gettext_lazy("a microscope"),
    "palette": gettext_lazy("a painter’s palette"),
    "pen-line": gettext_lazy("a pen"),
    "rocket": gettext_lazy("a rocket"),
    "scale": gettext_lazy("scales"),
    "shield-check": gettext_lazy("a small shield"),
    "star": gettext_lazy("a star"),
    "trophy": gettext_lazy("a cup"),
    "users-round": gettext_lazy("people"),
    "wrench": gettext_lazy("a wrench"),
}


@dataclass(frozen=True)
class Design:
    title: str
    issuer: str = ""
    shape: str = "hexagon"
    palette: str = "ink"
    symbol: str = "award"


def draw(design: Design) -> str:
    """The picture as SVG. DesignError with a sentence when it cannot be drawn."""
    title = checked_title(design.title)
    issuer = lettering.tidy(design.issuer).upper()
    if lettering.missing(issuer):
        issuer = ""  # the short name is an ornament; the title is not
    if design.shape not in SHAPES or design.palette not in PALETTES or design.symbol not in SYMBOLS:
        raise DesignError(_("This shape, colour or symbol does not exist."))
    inside = "".join(content(title, issuer, design, PALETTES[design.palette]))
    svg = ""
    for turns in (7, 4, 0):  # a title with very much ink leaves less room for the ornament
        svg = framed(design, title, guilloche(title, 72, 205, turns), inside)
        if len(svg) <= MOST_BYTES:
            return svg
    return svg


def framed(design: Design, title: str, ornament: str, inside: str) -> str:
    colours = PALETTES[design.palette]
    mark = hashlib.sha256(f"{design.shape} {design.palette} {title}".encode()).hexdigest()[:8]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="{escape(title)}">'
        f'<defs><linearGradient id="g{mark}" x1="0" y1="0" x2="0" y2="1"><stop offset="0"'
        f' stop-color="{colours.mid}"/><stop offset="1" stop-color="{colours.deep}"/></linearGradient>'
        f'<clipPath id="c{mark}"><path d="{outer_path(design.shape, 0.9)}"/></clipPath></defs>'
        f'<path d="{outer_path(design.shape)}" fill="{colours.light}"/>'
        f'<path d="{outer_path(design.shape, 0.985)}" fill="none" stroke="{colours.deep}"'
        ' stroke-opacity=".22" stroke-width="1.5"/>'
        f'<path d="{outer_path(design.shape, 0.92)}" fill="url(#g{mark})"/>'
        f'<g clip-path="url(#c{mark})"><path d="{ornament}" fill="none" stroke="#fff"'
        ' stroke-opacity=".12" stroke-width="8" transform="scale(.1)"/></g>'
        f'<path d="{outer_path(design.shape, 0.855)}" fill="none" stroke="{colours.accent}"'
        f' stroke-opacity=".75" stroke-width="1.6"/>{inside}</svg>'
    )


def describe(design: Design) -> str:
    """The text for those who do not see the picture."""
    return _("Badge: %(title)s, a %(colour)s %(shape)s with %(symbol)s") % {
        "title": lettering.tidy(design.title),
        "colour": PALETTES[design.palette].name,
        "shape": SHAPES[design.shape],
        "symbol": SYMBOLS[design.symbol],
    }


def draw_title_on(png: bytes, title: str, palette: str = "ink") -> bytes:
    """An uploaded picture with its title on a band across the lower part (“draw it for me”, J33)."""
    title = checked_title(title)
    colours = PALETTES[palette]
    lines: list[str] | None = None
    for size in range(40, UNBROKEN, -1):
        most = 2 if size > 28 else 4
        counts = range(1, most + 1)
        lines = next(
            (found for n in counts if (found := lettering.fill_evenly(title, [560.0] * n, size))), None
        )
        if lines:
            break
    else:
        size = 20
        lines = lettering.fill_evenly(divided(title, 540, size), [560.0] * 4, size)
        if not lines:
            raise DesignError(_("The title is too long for this picture. Shorten it."))
    height = round(size * 1.2 * len(lines) + 28)
    letters = "".join(
        lettering.outline(
            line, 300 - lettering.width(line, size) / 2, 14 + size * 0.94 + i * size * 1.2, size
        )
        for i, line in enumerate(lines)
    )
    band = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600"><rect width="600" height="{height}"'
        f' fill="{colours.deep}"/><rect y="3" width="600" height="1.5" fill="{colours.accent}"/>'
        f'<path transform="scale(.1)" fill="#fff" d="{letters}"/></svg>'
    )
    return pictures.lay_band(png, pictures.rasterise(band, pictures.SIDE), height / 600)


def checked_title(title: str) -> str:
    title = lettering.tidy(title)
    if not title:
        raise DesignError(_("A badge needs a title."))
    if len(title) > MOST_CHARACTERS:
        raise DesignError(
            _("The title is too long for a picture: %(most)d characters at most.") % {"most": MOST_CHARACTERS}
        )
    if lacking := lettering.missing(title):
        raise DesignError(
            _(
                "Our lettering cannot write these characters: %(characters)s. "
                "Upload a picture that has the title in it."
            )
            % {
                "characters": " ".join(
                    sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in lacking
                )
            }
        )
    return title


def content(title: str, issuer: str, design: Design, colours: Palette) -> list[str]:
    """Symbol, title and short name, one under the other, as large as the shape allows."""
    issuer_size, track = 15.0, 2.4
    size, lines, (top, symbol_side, baselines, issuer_at) = arranged(title, design.shape, bool(issuer))
    parts = [
        f'<g transform="translate({200 - symbol_side / 2:.1f} {top:.1f}) scale({symbol_side / 24:.3f})"'
        f' fill="none" stroke="{colours.accent}" stroke-width="1.6" stroke-linecap="round"'
        f' stroke-linejoin="round">{symbols()[design.symbol]}</g>'
    ]
    letters = "".join(
        lettering.outline(line, 200 - lettering.width(line, size) / 2, y, size)
        for line, y in zip(lines, baselines, strict=False)
    )
    parts.append(f'<path transform="scale(.1)" fill="#fff" d="{letters}"/>')
    if issuer:
        room_below = room_at(design.shape, issuer_at, issuer_size)
        while lettering.width(issuer, issuer_size, track=track) > room_below and issuer_size > 8:
            issuer_size, track = issuer_size - 0.5, track * 0.92
        across = lettering.width(issuer, issuer_size, track=track)
        if across <= room_below:
            parts.append(
                f'<path transform="scale(.1)" fill="{colours.accent}" d="'
                f'{lettering.outline(issuer, 200 - across / 2, issuer_at, issuer_size, track=track)}"/>'
            )
    return parts


Places = tuple[float, float, list[float], float]


def arranged(title: str, shape: str, with_issuer: bool) -> tuple[int, list[str], Places]:
    """Size and lines of the title: whole words as large as possible, else long words divided."""
    for divide, sizes in ((False, range(LARGEST, UNBROKEN - 1, -1)), (True, range(24, SMALLEST - 1, -1))):
        for size in sizes:
            for count in (1, 2, 3, 4):
                at = places(shape, count, size, with_issuer)
                if half_width(shape, at[0] + 4) < at[1] * 0.42:
                    continue  # the symbol would touch the rim
                room = [room_at(shape, y, size) for y in at[2]]
                words = divided(title, min(room), size) if divide else title
                if lines := lettering.fill_evenly(words, room, size):
                    return size, lines, at
    raise DesignError(_("The title is too long for this shape. Shorten it or choose another shape."))


def divided(title: str, most: float, size: float) -> str:
    """`title` with each word that is wider than `most` cut into parts, with hyphens."""
    parts = []
    for word in title.split(" "):
        rest = word
        while lettering.width(rest, size) > most:
            length = len(rest) - 1
            while length > 1 and lettering.width(rest[:length] + "-", size) > most:
                length -= 1
            parts.append(rest[:length] + "-")
            rest = rest[length:]
        parts.append(rest)
    return " ".join(parts)


def places(shape: str, lines: int, size: float, with_issuer: bool) -> Places:
    """Top and side of the symbol, baselines of the title, baseline of the short name."""
    symbol_side = 62.0 if lines < 3 else 50.0
    leading = size * 1.16
    height = symbol_side + 14 + leading * lines + (26 if with_issuer else 0)
    top = 200 - height / 2 + (-14 if shape == "shield" else 2)
    first = top + symbol_side + 14 + size * 0.86
    baselines = [first + i * leading for i in range(lines)]
    return top, symbol_side, baselines, baselines[-1] + size * 0.2 + 27


@cache
def symbols() -> dict[str, str]:
    sprite = (lettering.ARTWORK / "symbols.svg").read_text(encoding="utf-8")
    found = re.findall(r'<symbol id="([\w-]+)" viewBox="0 0 24 24">(.*?)</symbol>', sprite, re.DOTALL)
    return {name: re.sub(r">\s+<", "><", inside.strip()) for name, inside in found}
