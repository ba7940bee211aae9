"""Bytes as text: base58btc, unpadded base64url, and the multibase prefixes that tell them apart."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from plaudit.errors import KeyFormatError

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUES: Final = {character: value for value, character in enumerate(_BASE58)}
_TEN_DIGITS: Final = 58**10
"""Ten digits of base58 fit into a machine word, where arithmetic is quick."""
_PAIRS: Final = tuple(high + low for high in _BASE58 for low in _BASE58)
"""The 3364 pairs of digits: an issuer writes one signature after the other."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")

MAX_BASE58_CHARACTERS: Final = 1024
"""Base58 takes quadratic time; an RSA key of 4096 bits, the longest there is, needs 723 characters."""


def base58_encode(data: bytes) -> str:
    """Bytes as base58btc; leading zero bytes become leading 1s."""
    number = int.from_bytes(data)
    tens: list[str] = []
    while number:
        number, ten = divmod(number, _TEN_DIGITS)
        ten, last = divmod(ten, 3364)
        ten, fourth = divmod(ten, 3364)
        ten, third = divmod(ten, 3364)
        first, second = divmod(ten, 3364)
        tens.append(f"{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}{_PAIRS[last]}")
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(tens)).lstrip("1")


def base58_decode(text: str) -> bytes:
    """The bytes of a base58btc text; KeyFormatError for another character or more than 1024 of them."""
    if len(text) > MAX_BASE58_CHARACTERS:
        raise KeyFormatError(f"a base58 text of {len(text)} characters is longer than any key or signature")
    number = 0
    for start in range(0, len(text), 10):
        chunk, ten = text[start : start + 10], 0
        for character in chunk:
            digit = _BASE58_VALUES.get(character)
            if digit is None:
                raise KeyFormatError(f"{character!r} is not a base58 character")
            ten = ten * 58 + digit
        number = number * 58 ** len(chunk) + ten
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


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
