"""Text as outlines: a picture inside <img> may use no font of the page, and must look the same everywhere.

The fonts lie in artwork/ in subsets; a character that none of them has is refused by name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

ARTWORK = Path(__file__).with_name("artwork")
SUBSETS = ("latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext")
SANS = "source-sans-3"
SERIF = "source-serif-4"


class MissingCharacters(ValueError):
    """The text has characters that the bundled fonts cannot draw; `characters` names them."""

    def __init__(self, characters: str) -> None:
        super().__init__(characters)
        self.characters = characters


@dataclass(frozen=True)
class Glyph:
    """Width and outline in units of the font (1,000 to the em, y upwards)."""

    width: float
    steps: tuple[tuple[str, tuple[float, ...]], ...]


class StepsPen(BasePen):  # type: ignore[misc]
    def __init__(self, glyphs: object) -> None:
        super().__init__(glyphs)
        self.steps: list[tuple[str, tuple[float, ...]]] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.steps.append(("m", pt))

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.steps.append(("l", pt))

    def _curveToOne(  # noqa: N802 - the names are fontTools'
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self.steps.append(("c", (*pt1, *pt2, *pt3)))

    def _qCurveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float]) -> None:  # noqa: N802
        self.steps.append(("q", (*pt1, *pt2)))

    def _closePath(self) -> None:  # noqa: N802
        self.steps.append(("z", ()))


@cache
def glyphs_of(family: str) -> dict[str, Glyph]:
    """Every character that `family` can draw. Reading all subsets once takes about a third of a second."""
    found: dict[str, Glyph] = {}
    for subset in SUBSETS:
        path = ARTWORK / f"{family}-{subset}-600-normal.woff2"
        if not path.exists():
            continue
        with TTFont(path) as font:
            outlines = font.getGlyphSet()
            for code, name in font.getBestCmap().items():
                if chr(code) not in found and unicodedata.category(chr(code))[0] not in "CM":
                    pen = StepsPen(outlines)
                    outlines[name].draw(pen)
                    found[chr(code)] = Glyph(outlines[name].width, tuple(pen.steps))
    return found


def tidy(text: str) -> str:
    """One line, composed characters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def missing(text: str, family: str = SANS) -> str:
    """The characters of `text` that cannot be drawn, each once, in order."""
    known = glyphs_of(family)
    return "".join(dict.fromkeys(sign for sign in tidy(text) if sign not in known))


def width(text: str, size: float, *, track: float = 0, family: str = SANS) -> float:
    known = glyphs_of(family)
    if lacking := missing(text, family):
        raise MissingCharacters(lacking)
    return sum(known[sign].width for sign in text) * size / 1000 + track * max(len(text) - 1, 0)


def outline(text: str, x: float, y: float, size: float, *, track: float = 0, family: str = SANS) -> str:
    """Path data of `text` with its baseline from (x, y) on, in tenths of a unit: put it in scale(.1)."""
    known = glyphs_of(family)
    if lacking := missing(text, family):
        raise MissingCharacters(lacking)
    out: list[str] = []
    here = start = (0, 0)
    for sign in text:
        for step, numbers in known[sign].steps:
            if step == "z":
                out.append("z")
                here = start
                continue
            points = [
                (round((x + numbers[i] * size / 1000) * 10), round((y - numbers[i + 1] * size / 1000) * 10))
                for i in range(0, len(numbers), 2)
            ]
            if step == "m":
                out.append(f"M{points[0][0]} {points[0][1]}")
                start = points[0]
            else:
                parts = "".join(f"{px - here[0]:+d}{py - here[1]:+d}" for px, py in points)
                out.append(step + parts.removeprefix("+"))
            here = points[-1]
        x += known[sign].width * size / 1000 + track
    return "".join(out)


def fill_lines(text: str, widths: list[float], size: float, family: str = SANS) -> list[str] | None:
    """`text` in as many lines as there are widths, words unbroken, or None when it does not fit."""
    words, lines = text.split(" "), []
    for most in widths:
        line = ""
        while words and width(f"{line} {words[0]}".strip(), size, family=family) <= most:
            line = f"{line} {words.pop(0)}".strip()
        if not line:
            return None
        lines.append(line)
    return None if words else lines


def fill_evenly(text: str, widths: list[float], size: float, family: str = SANS) -> list[str] | None:
    """The same, with the longest line as short as it can be."""
    best = fill_lines(text, widths, size, family)
    for percent in range(95, 35, -5):
        tried = fill_lines(text, [each * percent / 100 for each in widths], size, family)
        if best is None or tried is None:
            break
        best = tried
    return best
