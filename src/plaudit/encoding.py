"""Bytes as text: base58btc, unpadded base64url, and the multibase prefixes that tell them apart."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import Final

from plaudit.errors import KeyFormatError

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_DIGITS: Final = bytes(max(0, _BASE58.find(chr(code))) for code in range(256))
_BASE58_SET: Final = frozenset(_BASE58)
_FIVE_DIGITS: Final = 58**5
"""Five digits of base58 fit into one of the words that Python's integers are made of, where arithmetic is quick."""
_PAIRS: Final = tuple(high + low for high in _BASE58 for low in _BASE58)
"""The 3364 pairs of digits: an issuer writes one signature after the other."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")

MAX_BASE58_CHARACTERS: Final = 1024
"""Base58 takes quadratic time; an RSA key of 4096 bits, the longest there is, needs 723 characters."""


def base58_encode(data: bytes) -> str:
    """Bytes as base58btc; leading zero bytes become leading 1s."""
    number = int.from_bytes(data)
    fives: list[str] = []
    while number:
        number, five = divmod(number, _FIVE_DIGITS)
        rest = five // 3364
        first = rest // 3364
        fives.append(f"{_BASE58[first]}{_PAIRS[rest - first * 3364]}{_PAIRS[five - rest * 3364]}")
    zeros = len(data) - len(data.lstrip(b"\0"))
    fives.reverse()
    return "1" * zeros + "".join(fives).lstrip("1")


def base58_decode(text: str) -> bytes:
    """The bytes of a base58btc text; KeyFormatError for another character or more than 1024 of them."""
    if len(text) > MAX_BASE58_CHARACTERS:
        raise KeyFormatError(f"a base58 text of {len(text)} characters is longer than any key or signature")
    if not _BASE58_SET.issuperset(text):
        character = next(character for character in text if character not in _BASE58_SET)
        raise KeyFormatError(f"{character!r} is not a base58 character")
    # All digits side by side in one number; then each two neighbours become one digit of the square of the base.
    number, width = int.from_bytes(text.encode("ascii").translate(_BASE58_DIGITS)), 8
    base = 58
    for lanes in _lanes(len(text)):
        number = (number & lanes) + (number >> width & lanes) * base
        width, base = 2 * width, base * base
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


@lru_cache(maxsize=16)
def _lanes(length: int) -> tuple[int, ...]:
    """For each doubling of the width of a digit, the places of every second digit."""
    masks: list[int] = []
    size = 1
    while size < length:
        pairs = -(-length // (2 * size))
        masks.append(int.from_bytes((b"\0" * size + b"\xff" * size) * pairs))
        size *= 2
    return tuple(masks)


def base64url_encode(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """The bytes of an unpadded base64url text; KeyFormatError for anything else."""
    if _BASE64URL.fullmatch(text) is None:
        raise KeyFormatError("not base64url without padding")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise KeyFormatError(f"not base64url: {error}") from None


def multibase_encode(data: bytes) -> str:
    """Bytes as multibase base58btc: "z" and the text."""
    return "z" + base58_encode(data)


def multibase_decode(text: object) -> bytes:
    """The bytes of a multibase text in base58btc ("z") or base64url ("u"); KeyFormatError otherwise."""
    if not isinstance(text, str) or not text:
        raise KeyFormatError("not a multibase text")
    if text[0] == "z":
        return base58_decode(text[1:])
    if text[0] == "u":
        return base64url_decode(text[1:])
    raise KeyFormatError(f"multibase prefix {text[0]!r} is neither z (base58btc) nor u (base64url)")
