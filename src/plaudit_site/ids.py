"""Public identifiers: 26 random Crockford base32 signs (130 bits), lower case in addresses."""

import os
import time
from functools import lru_cache

from django.urls import register_converter
from django.urls.converters import get_converters

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
TIME_LENGTH = 10
_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
_SHIFTS = tuple(range(5 * (LENGTH - 2), -1, -10))
# What each byte becomes: every sign stands for eight of the 256, so that random bytes give random signs.
_SIGNS = ALPHABET.encode() * 8


def new_id() -> str:
    """26 signs, 130 bits of the system's randomness: nobody guesses one, none is used twice."""
    return random_signs(LENGTH)


def random_signs(count: int) -> str:
    """So many signs of the system's randomness, 5 bits each."""
    return os.urandom(count).translate(_SIGNS).decode("ascii")


def new_id_in_order() -> str:
    """26 signs: the millisecond, then 80 bits of randomness. For what may tell when it was made, and no page's address.

    An index takes such ids at its end, where `new_id` goes to another page of the disk each time.
    """
    return _begin_of(int(time.time() * 1000)) + random_signs(LENGTH - TIME_LENGTH)


@lru_cache(maxsize=1)
def _begin_of(millisecond: int) -> str:
    return encode(millisecond.to_bytes(6) + bytes(10))[:TIME_LENGTH]


def encode(data: bytes) -> str:
    """`data` (at most 16 bytes are used) as 26 Crockford base32 signs."""
    number = int.from_bytes(data[:16], "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def grouped(public_id: str) -> str:
    """The identifier as people read it: upper case, in groups."""
    upper = public_id.upper()
    return "-".join(upper[i : i + 5] for i in range(0, len(upper), 5))


class IdConverter:
    """Path converter `<id:name>`."""

    regex = "[0-9a-hjkmnp-tv-z]{26}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register_paths() -> None:
    """`<id:name>` may stand in addresses; there are two lists of them, and whichever is read first needs it."""
    if "id" not in get_converters():
        register_converter(IdConverter, "id")
