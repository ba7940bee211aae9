"""What somebody pasted, as the address that was meant: an id from a printed certificate, a file of it, a bare name."""

from __future__ import annotations

import html
import re
from typing import Final

from django.conf import settings

from plaudit_site.ids import LENGTH

LONGEST: Final = 2000
_AROUND: Final = " \t\r\n<>\"'“”„‚‘’«»"
_ID = re.compile(r"(?:[0-9A-Za-z][ \t-]*){26}")
_LETTERS: Final = str.maketrans("oil", "011")
"""Crockford's base32 has none of the three: who copied one by hand meant the digit."""
_BARE = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}(?::[0-9]{1,5})?/\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?)://([^/?#\s]+)(\S*)", re.IGNORECASE)
_CODE = re.compile(r"\s*<(?:iframe|a)\s[^<>]*?\b(?:src|href)=[\"'](https?://[^\"'<>\s]+)[\"']", re.IGNORECASE)
"""What somebody copied to put a badge into a page or under their mails; its first address is the badge's."""
NAMES_ONLY = re.compile(r"(?:urn|did):\S+", re.IGNORECASE)
"""Identifiers at which nothing can be read."""


def meant(text: str) -> str:
    """An address on the web where one was meant; the text as it is for anything else, such as JSON or a JWT."""
    code = _CODE.match(text[:LONGEST])
    said = html.unescape(code[1]) if code else text.strip(_AROUND)
    if not said or len(said) > LONGEST or said[0] in "{[":
        return text
    if _ID.fullmatch(said):
        return f"{settings.BASE_URL}/c/{own_id(said)}"
    if said.lower().startswith(f"{settings.SITE_HOST}/"):
        return settings.BASE_URL + said[len(settings.SITE_HOST) :]
    if _BARE.fullmatch(said):
        return f"https://{said}"
    found = _ADDRESS.fullmatch(said)
    if found is None:
        return said if NAMES_ONLY.fullmatch(said) else text
    host = found[2].lower()
    if host == settings.SITE_HOST:  # however its scheme was written
        return settings.BASE_URL + found[3]
    return f"{found[1].lower()}://{found[2]}{found[3]}"


def own_id(typed: str) -> str:
    """The id as addresses have it, of one that was typed or read aloud."""
    found = re.sub(r"[ \t-]", "", typed).lower().translate(_LETTERS)
    assert len(found) == LENGTH
    return found
