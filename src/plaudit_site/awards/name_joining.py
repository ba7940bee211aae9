"""A name that stands in two columns of a list: which of them holds which half, and the whole of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from plaudit_site.awards.heading_words import HEADINGS, WHOLE_NAMES, plain
from plaudit_site.showing.words import visible

HALVES: Final = ("given_name", "family_name")
_EAST_ASIAN = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


def whole_name(cells: Mapping[str, str]) -> tuple[str, bool]:
    """The name that the cells of a row hold, and whether it is but half of one.

    A name that stands whole in its own column goes first.
    """
    if name := cells.get("name", ""):
        return name, False
    given, family = (_half(cells.get(half, "")) for half in HALVES)
    if not (given and family):
        told = given or family or " ".join(cells[half] for half in HALVES if half in cells)
        return told, bool(given or family)
    if _EAST_ASIAN.fullmatch(given) and _EAST_ASIAN.fullmatch(family):
        return family + given, False
    return f"{given} {family}", False


def _half(text: str) -> str:
    """A dash is what people write where somebody has no such name."""
    return visible(text) if any(c.isalpha() for c in visible(text)) else ""


def other_half(
    found: Mapping[int, str], headings: Sequence[str], rows: Sequence[Sequence[str]]
) -> dict[int, str]:
    """What the columns are when one is headed “Name” and another is one half of it: then it is the other half.

    Not where it holds the half as well, or its heading says that it is whole.
    """
    mapping = dict(found)
    halves = {column: n for n, column in mapping.items() if column in HALVES}
    name = next((n for n, column in mapping.items() if column == "name"), None)
    if name is None or len(halves) != 1 or plain(headings[name]) in WHOLE_NAMES:
        return mapping
    ((half, number),) = halves.items()
    pairs = [(_words(row, name), _words(row, number)) for row in rows]
    pairs = [(one, other) for one, other in pairs if one and other]
    if not pairs or sum(other < one for one, other in pairs) * 2 <= len(pairs):
        mapping[name] = next(one for one in HALVES if one != half)
    return mapping


def unused_halves(mapping: Mapping[int, str], headings: Sequence[str], first: Sequence[str]) -> list[int]:
    """Columns that look like half of a name, beside one of names that does not hold it: no row takes them."""
    name = next((n for n, column in mapping.items() if column == "name"), None)
    if name is None or name >= len(headings) or plain(headings[name]) in WHOLE_NAMES:
        return []
    unused = [
        n
        for n, heading in enumerate(headings)
        if mapping.get(n) in HALVES or (not mapping.get(n) and HEADINGS.get(plain(heading)) in HALVES)
    ]
    held = _words(first, name)
    return [] if any(held >= half for n in unused if (half := _words(first, n))) else unused


def _words(cells: Sequence[str], number: int) -> set[str]:
    text = cells[number] if number < len(cells) else ""
    return {plain(word) for word in re.split(r"[\s,]+", text)} - {""}
