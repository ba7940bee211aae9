"""A name as a part of an address or of a file's name: Latin letters, digits and hyphens."""

from __future__ import annotations

from django.utils.text import slugify

# Letters that Unicode takes for no variants of others; `slugify` would drop them in the middle of a word.
LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d",
        "þ": "th", "ł": "l", "ħ": "h", "ı": "i", "ŋ": "n",
    }
)  # fmt: skip


def slug_of(name: str, most: int, *, without: str = "") -> str:
    """So many signs of it at most; `without` where no sign of the name is left."""
    return slugify(name.lower().translate(LETTERS))[:most].strip("-") or without
