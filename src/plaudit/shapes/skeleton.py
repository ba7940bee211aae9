"""The key of a shape: everything of a document but its strings and the size of its numbers."""

from __future__ import annotations

import math
from typing import Any, Final

from plaudit.reading import MAX_JSON_DEPTH

MAX_TOKENS: Final = 5_000
"""Names, values and brackets of one document; a badge has some 250."""
LARGEST_WHOLE: Final = 10**21
"""From here on whole numbers are written as doubles (JSON-LD 1.1 API section 8.6)."""

FIXED: Final = frozenset({"type", "@type", "@context"})
"""Members whose strings belong to the shape itself."""

# Structure is told apart by objects that no document can contain, so no two shapes have one key.
_OBJECT, _MEMBERS, _LIST, _END, _TEXT, _WHOLE, _FRACTION, _TRUE, _FALSE = (object() for _ in range(9))

_ONLY_TEXT: Final = frozenset({str})

Key = tuple[Any, ...]


class NotTakenError(Exception):
    """This document is for the general road."""


def read(document: object) -> tuple[Key, list[Any]] | None:
    """The shape's key and the values that differ, in document order; None for what has no shape here."""
    tokens: list[Any] = []
    values: list[Any] = []
    try:
        _read(document, tokens, values, 0)
    except NotTakenError:
        return None
    return (tuple(tokens), values) if len(tokens) <= MAX_TOKENS else None


def _read(value: Any, tokens: list[Any], values: list[Any], depth: int) -> None:
    if type(value) is not dict or depth > MAX_JSON_DEPTH:
        raise NotTakenError
    add = tokens.append
    add(_OBJECT)
    tokens.extend(value)
    add(_MEMBERS)
    for name, item in value.items():
        kind = type(item)
        if name in FIXED:
            _read_fixed(item, tokens)
        elif kind is str:
            add(_TEXT)
            values.append(item)
        elif kind is dict:
            _read(item, tokens, values, depth + 1)
        elif kind is list:
            add(_LIST)
            for entry in item:
                if type(entry) is str:
                    add(_TEXT)
                    values.append(entry)
                elif type(entry) is dict:
                    _read(entry, tokens, values, depth + 2)
                else:
                    _read_plain(entry, tokens, values)
            add(_END)
        else:
            _read_plain(item, tokens, values)


def _read_fixed(item: Any, tokens: list[Any]) -> None:
    if type(item) is str:
        tokens.append(item)
    elif type(item) is list and _ONLY_TEXT.issuperset(map(type, item)):
        tokens.append(_LIST)
        tokens.extend(item)
        tokens.append(_END)
    else:
        raise NotTakenError


def _read_plain(item: Any, tokens: list[Any], values: list[Any]) -> None:
    """Booleans belong to the shape; of numbers only whether they are written as integers."""
    if item is True or item is False:
        tokens.append(_TRUE if item else _FALSE)
        return
    if type(item) is int:
        is_whole = -LARGEST_WHOLE < item < LARGEST_WHOLE
        if not is_whole:
            raise NotTakenError
    elif type(item) is float and math.isfinite(item):
        is_whole = item.is_integer() and abs(item) < LARGEST_WHOLE
    else:
        raise NotTakenError
    tokens.append(_WHOLE if is_whole else _FRACTION)
    values.append(item)
