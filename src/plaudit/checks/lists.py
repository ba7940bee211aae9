"""Status lists that this process has verified: the same bytes need not be worked through for every badge on them.

What is kept depends on the bytes alone: that they can be read, that words and model are good, what is in them, and
which signatures in them are good by which keys. Everything else is asked each time: whether the list is the issuer's,
whether that key is still one of the issuer's, whether proof and list are in date.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from plaudit.checks.case import Finding
from plaudit.keys import PublicKey
from plaudit.status import StatusBits

MAX_LISTS: Final = 32
MAX_BYTES: Final = 64 * 1024
"""Of a list's document; those of a hundred thousand badges take some kilobytes."""
MAX_BITS_BYTES: Final = 128 * 1024
"""Unpacked: a million entries."""


class KnownList:
    """The document of a list whose checks passed; `good` are the signatures in it that are, each with its key."""

    def __init__(self, content: Mapping[str, Any], findings: Mapping[str, Finding]) -> None:
        self.content, self.findings = content, findings
        self.good: set[tuple[int, PublicKey]] = set()
        """(identity of the proof in `content`, key); `content` keeps the proofs alive, so identities stay true."""
        self._bits: dict[tuple[str, bool], StatusBits] = {}

    def bits(self, encoded: object, prefixed: bool) -> StatusBits:
        """What `StatusBits.decode` returns for the list; nobody may change it. UnreadableError as there."""
        key = (encoded, prefixed) if isinstance(encoded, str) else None
        if key is not None and key in self._bits:
            return self._bits[key]
        bits = StatusBits.decode(encoded, prefixed=prefixed)
        if key is not None and len(bits.data) <= MAX_BITS_BYTES:
            self._bits[key] = bits
        return bits


class _Lists:
    """The lists met lately, by the digest of their bytes; for many threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: OrderedDict[bytes, KnownList] = OrderedDict()

    def find(self, body: bytes) -> KnownList | None:
        digest = hashlib.sha256(body).digest()
        with self.lock:
            found = self.known.get(digest)
            if found is not None:
                self.known.move_to_end(digest)
            return found

    def keep(self, body: bytes, known: KnownList) -> None:
        if len(body) > MAX_BYTES:
            return
        with self.lock:
            self.known[hashlib.sha256(body).digest()] = known
            if len(self.known) > MAX_LISTS:
                self.known.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.known.clear()


lists: Final = _Lists()
