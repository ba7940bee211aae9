"""An issuer and a holder of ecdsa-sd-2023 who show everything: enough to have derived proofs to bend.

The vectors of W3C and the cross-check with @digitalbazaar/ecdsa-sd-2023-cryptosuite show parts (tests/conformance).
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

from plaudit import canonical
from plaudit.encoding import base64url_encode
from plaudit.keys import KeyType, PrivateKey
from plaudit.proofs.selective_disclosure import DERIVED_HEADER
from tests.plaudit.samples import METHOD, key_of

HMAC_KEY = bytes(range(32))
ISSUER_KEY = key_of("guild", KeyType.P256)
PROOF_KEY = key_of("one proof", KeyType.P256)


def cbor(value: Any) -> bytes:
    """Integers, byte strings, lists and dictionaries in CBOR, each length in the fewest bytes."""
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())
    return _head(4, len(value)) + b"".join(map(cbor, value))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in range(4) if number < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size)


def proof_value(*parts: Any) -> str:
    return "u" + base64url_encode(DERIVED_HEADER + cbor(list(parts)))


def disclosed(
    document: dict[str, Any],
    *,
    method: str = METHOD,
    key: PrivateKey = ISSUER_KEY,
    bend: Callable[[list[Any]], None] = lambda parts: None,
) -> dict[str, Any]:
    """A derived proof that shows the whole document; every third statement is mandatory. `bend` may alter its parts."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-11-21T12:00:00Z",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    lines = canonical.rdfc(document).decode().splitlines(keepends=True)
    names = sorted({int(number) for line in lines for number in re.findall(r"_:c14n(\d+)(?= )", line)})
    labels = {number: hmac.digest(HMAC_KEY, f"c14n{number}".encode(), hashlib.sha256) for number in names}

    def relabelled(line: str) -> bytes:
        # A literal is matched first and put back, whatever is in it.
        return re.sub(
            r'("(?:[^"\\]|\\.)*")|_:c14n(\d+)',
            lambda found: found[1] or f"_:u{base64url_encode(labels[int(found[2])])}",
            line,
        ).encode()

    statements = sorted(map(relabelled, lines))
    mandatory = list(range(0, len(statements), 3))
    options = canonical.rdfc(proof | {"@context": document["@context"]})
    public = b"\x80\x24" + PROOF_KEY.public().data
    signed = hashlib.sha256(options).digest() + public
    signed += hashlib.sha256(b"".join(statements[index] for index in mandatory)).digest()
    signatures = [PROOF_KEY.sign(line) for index, line in enumerate(statements) if index not in mandatory]
    parts: list[Any] = [key.sign(signed), public, signatures, labels, mandatory]
    bend(parts)
    return proof | {"proofValue": proof_value(*parts)}
