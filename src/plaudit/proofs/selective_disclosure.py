"""Derived proofs of ecdsa-sd-2023 (ECDSA Cryptosuites v1.0 section 3.4): a document that shows a part of what was
signed, under signatures over each statement.

The issuer signs a key made for this one proof together with the statements that must always be shown; that key has
signed every other statement by itself. Blank nodes bear labels in those statements that only the issuer's secret
could compute (an HMAC of their canonical ones), and the proof brings the labels of those that are shown. The labels
come from the holder, so two blank nodes with one label are refused: they would be one object that is shown as two.

The proof value is CBOR (RFC 8949) of one fixed shape, read by a reader for just that: definite lengths, no tags.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import KeyFormatError, UnsupportedError
from plaudit.keys import KeyType, PublicKey

BASE_HEADER: Final = b"\xd9\x5d\x00"
DERIVED_HEADER: Final = b"\xd9\x5d\x01"
MAX_STATEMENTS: Final = 2_000
"""Each statement that is not mandatory costs a signature to verify, 0.2 ms; a badge is about 75 statements."""

_KEY_PREFIX: Final = b"\x80\x24"
_LABEL: Final = re.compile(rb"(?:^|(?<= ))_:(c14n[0-9]+)(?= )")
_UNSIGNED, _BYTES, _ARRAY, _MAP = 0, 2, 4, 5


@dataclass(frozen=True, slots=True)
class DerivedProof:
    """The parts of the proof value of a derived proof (section 3.5.8), each of the length it must have."""

    base_signature: bytes
    public_key: PublicKey
    """The key made for this proof."""
    signatures: tuple[bytes, ...]
    labels: dict[str, str]
    """Canonical label of a blank node -> the label it bears in what was signed."""
    mandatory: frozenset[int]
    """Which of the sorted statements are mandatory."""


def read_proof_value(text: str) -> DerivedProof | None:
    """Read the proof value of a derived proof; None when it is none.

    Raises UnsupportedError for a base proof, which the issuer gives to the holder and nobody else.
    """
    try:
        data = base64url_decode(text[1:]) if text.startswith("u") else b""
    except KeyFormatError:
        return None
    if data.startswith(BASE_HEADER):
        raise UnsupportedError("an ecdsa-sd-2023 base proof, which is for the holder's eyes only")
    if not data.startswith(DERIVED_HEADER):
        return None
    try:
        reader = _Reader(data[len(DERIVED_HEADER) :])
        reader.expect(_ARRAY, 5)
        base_signature = reader.octets(64)
        public_key = reader.octets(len(_KEY_PREFIX) + 33)
        signatures = tuple(reader.array(lambda: reader.octets(64)))
        labels = dict(reader.map(32))
        indexes = list(reader.array(reader.unsigned))
        reader.end()
        if not public_key.startswith(_KEY_PREFIX):
            raise ValueError("not the prefix of a P-256 key")
        key = PublicKey(KeyType.P256, public_key[len(_KEY_PREFIX) :])
    except (ValueError, IndexError, KeyFormatError):
        return None
    names = {f"c14n{number}": f"u{base64url_encode(label)}" for number, label in labels.items()}
    if len(set(names.values())) != len(names) or len(set(indexes)) != len(indexes):
        return None
    return DerivedProof(base_signature, key, signatures, names, frozenset(indexes))


def verify(proof: DerivedProof, options: bytes, canonical: bytes, key: PublicKey) -> bool:
    """Whether the proof is good for these canonical options and this canonical document (section 3.4.7).

    `key` is the issuer's. Both arguments are N-Quads as UTF-8, as `canonical.rdfc` returns them.
    """
    lines = canonical.splitlines(keepends=True)
    if len(lines) > MAX_STATEMENTS:
        raise UnsupportedError(f"a derived proof of more than {MAX_STATEMENTS} statements")
    try:
        statements = sorted(_relabelled(line, proof.labels) for line in lines)
    except KeyError:
        return False
    mandatory = [line for index, line in enumerate(statements) if index in proof.mandatory]
    others = [line for index, line in enumerate(statements) if index not in proof.mandatory]
    if len(mandatory) != len(proof.mandatory) or len(others) != len(proof.signatures):
        return False
    signed = hashlib.sha256(options).digest() + _KEY_PREFIX + proof.public_key.data
    signed += hashlib.sha256(b"".join(mandatory)).digest()
    if not key.verify(proof.base_signature, signed):
        return False
    return all(
        proof.public_key.verify(signature, line)
        for signature, line in zip(proof.signatures, others, strict=True)
    )


def _relabelled(line: bytes, labels: dict[str, str]) -> bytes:
    """A canonical statement with its blank nodes under other labels; KeyError for one that has none.

    What stands between the first and the last quotation mark is a literal, and left alone.
    """
    head, quote, rest = line.partition(b'"')
    literal, closing, tail = rest.rpartition(b'"')

    def replaced(part: bytes) -> bytes:
        return _LABEL.sub(lambda found: b"_:" + labels[found[1].decode()].encode(), part)

    return replaced(head) + quote + literal + closing + replaced(tail)


class _Reader:
    """CBOR as far as a derived proof needs it. ValueError for anything else, IndexError where it is cut short."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def _take(self, size: int) -> bytes:
        part = self.data[self.place : self.place + size]
        if len(part) != size:
            raise IndexError("the CBOR is cut short")
        self.place += size
        return part

    def _head(self, major: int) -> int:
        """The argument of the next data item, which must be of this major type (RFC 8949 section 3)."""
        (first,) = self._take(1)
        kind, short = first >> 5, first & 31
        if kind != major or short > 27:
            raise ValueError("the CBOR has another shape")
        return short if short < 24 else int.from_bytes(self._take(1 << (short - 24)))

    def expect(self, major: int, count: int) -> None:
        if self._head(major) != count:
            raise ValueError("the CBOR has another shape")

    def unsigned(self) -> int:
        return self._head(_UNSIGNED)

    def octets(self, size: int) -> bytes:
        self.expect(_BYTES, size)
        return self._take(size)

    def array(self, item: Callable[[], Any]) -> Iterator[Any]:
        # Every item takes a byte at least, so a huge count ends with the data.
        for _ in range(self._head(_ARRAY)):
            yield item()

    def map(self, size: int) -> Iterator[tuple[int, Any]]:
        seen: set[int] = set()
        for _ in range(self._head(_MAP)):
            key = self.unsigned()
            if key in seen:
                raise ValueError("a key is there twice")
            seen.add(key)
            yield key, self.octets(size)

    def end(self) -> None:
        if self.place != len(self.data):
            raise ValueError("more than the CBOR")
