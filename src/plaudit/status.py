"""Bitstring Status Lists 1.0: one compressed string of bits says of every badge of a list whether it was revoked.

Bit 0 is the leftmost bit of the first byte (section 3.4, Bitstring Encoding). A list is never shorter than 131,072
bits (section 3.3), so that reading it does not tell its owner which badge was asked about.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from plaudit.documents import CREDENTIALS_V2
from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import KeyFormatError, UnreadableError
from plaudit.reading import format_date_time

MIN_ENTRIES: Final = 131_072
"""The shortest list the specification allows (16 kB)."""
MAX_LIST_BYTES: Final = 8 * 1024 * 1024
"""What a list may unpack to, 2**26 entries: gzip can make a gigabyte of a megabyte."""
LIST_VALID: Final = timedelta(days=30)
"""A list that is no longer re-signed must stop being believed some day."""
LIST_TTL: Final = timedelta(seconds=300)
"""How long a reader may keep a list; in the credential it is a number of milliseconds."""
PURPOSES: Final = frozenset({"revocation", "suspension"})
"""The purposes this library judges a credential by."""
REMARKS: Final = frozenset({"message", "refresh"})
"""The purposes that say something of a credential without making it bad (section 2.2)."""
MAX_STATUS_SIZE: Final = 8
"""Bits of one entry: 256 states, each with its message in the badge itself."""

_MOST_KEPT: Final = 4096
"""Of each round of a permutation: all 512 of a list of the usual size, and a bound for a larger one."""
_STATE: Final = re.compile(r"0x[0-9a-fA-F]{1,8}")


@dataclass(slots=True)
class StatusBits:
    """The bits of a status list, with `size` entries."""

    data: bytearray

    @classmethod
    def empty(cls, size: int = MIN_ENTRIES) -> StatusBits:
        """All bits 0. ValueError when the list would be too short, too long, or no whole number of bytes."""
        if size < MIN_ENTRIES or size % 8 or size // 8 > MAX_LIST_BYTES:
            raise ValueError(f"a status list has at least {MIN_ENTRIES} entries, in whole bytes")
        return cls(bytearray(size // 8))

    @classmethod
    def of(cls, indices: Iterable[int], size: int = MIN_ENTRIES) -> StatusBits:
        """The list in which exactly these indices are set."""
        bits = cls.empty(size)
        for index in indices:
            bits.set(index)
        return bits

    @property
    def size(self) -> int:
        """How many entries the list has."""
        return len(self.data) * 8

    def get(self, index: int) -> bool:
        """The bit at an index; IndexError outside the list."""
        self._refuse_outside(index)
        return bool(self.data[index >> 3] & (0x80 >> (index & 7)))

    def value(self, index: int, size: int = 1) -> int:
        """The number in `size` bits at an index (`statusSize`, section 3.2), the leftmost bit first; IndexError
        outside the list."""
        number = 0
        for place in range(index * size, (index + 1) * size):
            number = number << 1 | self.get(place)
        return number

    def set(self, index: int, value: bool = True) -> None:
        """Set the bit at an index; IndexError outside the list."""
        self._refuse_outside(index)
        if value:
            self.data[index >> 3] |= 0x80 >> (index & 7)
        else:
            self.data[index >> 3] &= ~(0x80 >> (index & 7)) & 0xFF

    def _refuse_outside(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise IndexError(f"index {index} in a list of {self.size} entries")

    def encode(self) -> str:
        """The value of `encodedList`: multibase base64url of the gzipped bytes, the same for the same bits."""
        return "u" + base64url_encode(gzip.compress(bytes(self.data), compresslevel=9, mtime=0))

    @classmethod
    def decode(cls, encoded: object, *, prefixed: bool = True) -> StatusBits:
        """Read an `encodedList`. UnreadableError when it is no such thing, or unpacks to more than 8 MiB.

        `prefixed` is False for a StatusList2021, which has no multibase prefix.
        """
        if not isinstance(encoded, str) or not (encoded.startswith("u") or not prefixed):
            raise UnreadableError("the encoded list does not begin with u")
        try:
            packed = base64url_decode(encoded.removeprefix("u" if prefixed else "").rstrip("="))
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            data = unpacker.decompress(packed, MAX_LIST_BYTES + 1)
        except (KeyFormatError, zlib.error) as error:
            raise UnreadableError(f"the encoded list cannot be unpacked: {error}") from None
        if len(data) > MAX_LIST_BYTES:
            raise UnreadableError(f"the encoded list unpacks to more than {MAX_LIST_BYTES} bytes")
        if not unpacker.eof:
            raise UnreadableError("the encoded list is cut short")
        return cls(bytearray(data))


def read_messages(entry: Mapping[str, Any], size: int) -> dict[int, str] | None:
    """The messages of an entry, by the value they belong to: one for each value that `size` bits can have.

    None when there are none, or other ones (section 2.2, `statusMessage`).
    """
    rows = entry.get("statusMessage")
    if not isinstance(rows, list) or len(rows) > 1 << MAX_STATUS_SIZE:
        return None
    found: dict[int, str] = {}
    for row in rows:
        state, message = (row.get("status"), row.get("message")) if isinstance(row, Mapping) else (None, None)
        if not isinstance(state, str) or not _STATE.fullmatch(state) or not isinstance(message, str):
            return None
        found[int(state, 16)] = message
    return found if sorted(found) == list(range(1 << size)) and len(rows) == len(found) else None


def status_list_credential(
    identifier: str, issuer: str | dict[str, Any], purpose: str, bits: StatusBits, at: datetime
) -> dict[str, Any]:
    """The credential that carries a status list, to be signed by the issuer; valid for 30 days from `at`."""
    return {
        "@context": [CREDENTIALS_V2],
        "id": identifier,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_date_time(at),
        "validUntil": format_date_time(at + LIST_VALID),
        "credentialSubject": {
            "id": f"{identifier}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": bits.encode(),
            "ttl": int(LIST_TTL.total_seconds() * 1000),
        },
    }


def status_entry(list_identifier: str, purpose: str, index: int) -> dict[str, Any]:
    """The `credentialStatus` of one badge; its id is not the address of the list (section 2.1)."""
    if index < 0:
        raise ValueError("a status index is not negative")
    return {
        "id": f"{list_identifier}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_identifier,
    }


class _Round(dict[int, int]):
    """One round of the Feistel network: half of an index of a list has 512 values, and a list asks for them all."""

    def __init__(self, key: bytes, size: int, number: int) -> None:
        self._key, self._head = key, number.to_bytes(1) + size.to_bytes(8)
        self._mask = (1 << _half(size)) - 1

    def __missing__(self, right: int) -> int:
        digest = hmac.digest(self._key, self._head + right.to_bytes(8), hashlib.sha256)
        found = int.from_bytes(digest[:8]) & self._mask
        if len(self) < _MOST_KEPT:
            self[right] = found
        return found


def _half(size: int) -> int:
    """Bits of each half of the network over the next even power of two."""
    return max(1, ((size - 1).bit_length() + 1) // 2)


@lru_cache(maxsize=32)
def _network(key: bytes, size: int) -> tuple[_Round, ...]:
    return tuple(_Round(key, size, number) for number in range(8))


def permute(counter: int, key: bytes, size: int = MIN_ENTRIES) -> int:
    """The place of a running number in a keyed, secret order: a permutation of range(size).

    Indices that are handed out this way never collide and never need a second try, and without the key they
    tell nothing about the order of awarding. A Feistel network of eight rounds over the next even power of two,
    walked until it lands inside the range (Black and Rogaway, "Ciphers with arbitrary finite domains").
    ValueError for a counter outside the range or a key under 16 bytes.
    """
    if not 0 <= counter < size:
        raise ValueError(f"{counter} is outside a list of {size} entries")
    if len(key) < 16:
        raise ValueError("the key of a permutation has at least 16 bytes")
    half, network = _half(size), _network(key, size)
    mask = (1 << half) - 1
    value = counter
    while True:
        left, right = value >> half, value & mask
        for found in network:
            left, right = right, left ^ found[right]
        value = left << half | right
        if value < size:
            return value
