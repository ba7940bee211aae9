"""Which column of a file is which of ours, by its heading, or by what stands in it where there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from plaudit_site.awards.heading_words import HEADINGS, plain
from plaudit_site.awards.spreadsheets import Record


def meaning(heading: str, ours: Mapping[str, str]) -> str:
    """The column of ours that a heading is taken for, "" for none; `ours` are the headings that we write ourselves."""
    key = plain(heading)
    return ours.get(key) or HEADINGS.get(key, "")


def by_headings(
    headings: Sequence[str], remembered: Mapping[str, str], ours: Mapping[str, str]
) -> dict[int, str]:
    """Of two that mean the same the first is taken."""
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        key = plain(heading)
        column = remembered[key] if key in remembered else meaning(heading, ours)
        if column and column not in found.values():
            found[n] = column
    return found


def second_ones(
    mapping: Mapping[int, str], headings: Sequence[str], ours: Mapping[str, str]
) -> dict[int, int]:
    """Columns that are not used since another is headed as the same, and which that is."""
    used = {column: n for n, column in mapping.items() if column and n < len(headings)}
    return {
        n: used[column]
        for n, heading in enumerate(headings)
        if not mapping.get(n) and (column := meaning(heading, ours)) in used
    }


def by_content(beginning: list[Record]) -> dict[int, str]:
    """A file without headings: the column with addresses, and beside it one with words.

    Two columns of single words may be the halves of a name, and nothing says which is which: none is taken.
    """
    cells = beginning[0][1]
    address = next(n for n, cell in enumerate(cells) if "@" in cell)
    named = [n for n, cell in enumerate(cells) if n != address and re.search(r"[^\W\d_]", cell)]
    if not named:
        return {address: "address"}
    name, others = named[0], named[1:]
    if any(_single_words(beginning, n) for n in others) and _single_words(beginning, name):
        return {address: "address"}
    return {address: "address", name: "name"}


def _single_words(rows: list[Record], column: int) -> bool:
    """Whether most cells of the column hold one word that is written like a name."""
    cells = [cells[column].strip() for _line, cells in rows if column < len(cells)]
    alike = [cell for cell in cells if re.fullmatch(r"[^\W\d_][^\W\d_'’.-]*", cell) and not cell.islower()]
    return len(alike) * 2 > len(cells)
