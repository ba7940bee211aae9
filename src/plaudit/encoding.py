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
_BASE58_TEXT: Final = _BASE58.encode().ljust(256)
_LONG: Final = 32
"""So many digits of base58 are split side by side, each half into halves, until single digits are left."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")

MAX_BASE58_CHARACTERS: Final = 1024
"""Base58 takes quadratic time; an RSA key of 4096 bits, the longest there is, needs 723 characters."""


def base58_encode(data: bytes) -> str:
    """Bytes as base58btc; leading zero bytes become leading 1s."""
    number, digits, count = int.from_bytes(data), 0, 0
    while number:
        number, low = divmod(number, 58**_LONG)
        digits |= low << 16 * _LONG * count
        count += 1
    for reciprocal, shift, quotients, carry in _halvings(count):
        digits += (digits * reciprocal >> shift & quotients) * carry
    text = digits.to_bytes(2 * _LONG * count)[1::2].lstrip(b"\0").translate(_BASE58_TEXT)
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text.decode("ascii")


@lru_cache(maxsize=32)
def _halvings(count: int) -> tuple[tuple[int, int, int, int], ...]:
    """How all numbers of 2k digits that lie side by side become numbers of k digits, for k = 16, 8, 4, 2, 1.

    A number x has 32 bits for each k. Its high half is x * reciprocal >> shift, which is x // 58**k exactly, since
    the error of the reciprocal times x stays below one part; `quotients` masks all of them. The high half goes to
    the upper 16k bits and leaves the lower ones: x + high * (2**16k - 58**k).
    """
    steps = []
    k = _LONG // 2
    while k:
        shift = (58 ** (2 * k)).bit_length() + (58**k).bit_length()
        one = (1 << (58**k).bit_length()) - 1
        quotients = sum(one << 32 * k * place for place in range(count * _LONG // (2 * k)))
        steps.append((-(-(1 << shift) // 58**k), shift, quotients, (1 << 16 * k) - 58**k))
        k //= 2
    return tuple(steps)


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
    text = binascii.b2a_base64(data, newline=False).rstrip(b"=")
    # Two of 64 digits are others: in the base64 of a text they are rare, and a table would look at all of them.
    return text.replace(b"+", b"-").replace(b"/", b"_").decode("ascii")


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
