"""Compact JSON Web Signatures (RFC 7515), read strictly and verified by a key the caller brings.

The algorithm goes with the kind of the key, and nothing in a header chooses a key here: `jwk`, `jku`, `x5c` and
`x5u` are an attacker's words until the caller has found the same key with the issuer. RS256, ES256 and EdDSA (also
under its new name Ed25519, RFC 9864) are all there is; `none` and the symmetric algorithms do not exist, and a
header that asks for an extension (`crit`, `b64`) is not understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import KeyFormatError, UnreadableError
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.reading import MAX_JSON_BYTES, parse_json_object

ALGORITHMS: Final[Mapping[str, KeyType]] = {
    "RS256": KeyType.RSA,
    "ES256": KeyType.P256,
    "EdDSA": KeyType.ED25519,
    "Ed25519": KeyType.ED25519,
}
"""Every algorithm that is accepted, and the kind of key it takes (RFC 7518 section 3.1, RFC 8037, RFC 9864)."""
ALGORITHM_OF: Final = {KeyType.RSA: "RS256", KeyType.P256: "ES256", KeyType.ED25519: "EdDSA"}
"""The algorithm we sign with, by the kind of the key."""
MAX_TOKEN_CHARACTERS: Final = 2 * MAX_JSON_BYTES
"""A payload of the largest JSON text in base64url, and its header and signature."""
MAX_HEADER_BYTES: Final = 16 * 1024
"""A header with a public key or a chain of certificates in it stays well under this."""
NOT_UNDERSTOOD: Final = frozenset({"crit", "b64", "zip", "enc"})
"""Header parameters that change what the other two parts mean (RFC 7515 section 4.1.11, RFC 7797, RFC 7516)."""


@dataclass(frozen=True, slots=True)
class Jws:
    """The parts of a compact JWS, decoded; nothing in it has been verified."""

    header: Mapping[str, Any]
    payload: bytes
    signature: bytes
    signing_input: bytes
    """What the signature is over: the first two parts as they came, with the dot between them."""


def read_jws(token: str) -> Jws:
    """Take a compact JWS apart (RFC 7515 section 5.2, steps 1 to 7).

    Raises UnreadableError for what is none: not three parts, a part that is not base64url in its one canonical
    spelling, a header that is no JSON object with an `alg`. It does not judge the algorithm; `verify` does.
    """
    parts = token.split(".", 3) if len(token) <= MAX_TOKEN_CHARACTERS else []
    if len(parts) != 3:
        raise UnreadableError("not a compact JWS: it has three parts with two dots between them")
    try:
        head, payload, signature = (_decoded(part) for part in parts)
    except KeyFormatError as error:
        raise UnreadableError(f"a part of the JWS is {error}") from None
    if len(head) > MAX_HEADER_BYTES:
        raise UnreadableError(f"the header of the JWS is longer than {MAX_HEADER_BYTES} bytes")
    try:
        header = parse_json_object(head)
    except UnreadableError as error:
        raise UnreadableError(f"the header of the JWS: {error}") from None
    if not isinstance(header.get("alg"), str):
        raise UnreadableError("the header of the JWS names no algorithm")
    return Jws(header, payload, signature, token.rpartition(".")[0].encode("ascii"))


def _decoded(part: str) -> bytes:
    data = base64url_decode(part)
    if base64url_encode(data) != part:
        # The bits left over in the last character must be zero, or one signature had four spellings.
        raise KeyFormatError("base64url that does not end as it should")
    return data


def fault_of_header(header: Mapping[str, Any]) -> str:
    """Why a JWS with this header is not accepted, whatever its key; "" when nothing is wrong with it."""
    if unknown := NOT_UNDERSTOOD & header.keys():
        return f"the header asks for what is not understood: {', '.join(sorted(unknown))}"
    if header.get("alg") not in ALGORITHMS:
        return f"the algorithm {str(header.get('alg'))[:40]!r} is not accepted"
    return ""


def verify(jws: Jws, key: PublicKey) -> bool:
    """Whether the signature is good by that key, under an accepted algorithm that goes with the kind of the key.

    It says nothing about whose key it is, nor about the payload.
    """
    if fault_of_header(jws.header) or ALGORITHMS[jws.header["alg"]] is not key.type:
        return False
    return key.verify(jws.signature, jws.signing_input)


def sign(payload: bytes, key: PrivateKey, header: Mapping[str, Any]) -> str:
    """A compact JWS of the payload. `alg` is added to the header when it has none; RSA keys sign RS256, P-256
    ES256 and Ed25519 EdDSA.

    Raises KeyFormatError when the key is of another kind, or not the one that the header's `alg` takes, and
    ValueError when the header asks for an extension that `verify` would not understand.
    """
    if key.type not in ALGORITHM_OF:
        raise KeyFormatError(f"a {key.type} key does not sign a JWS here")
    header = {"alg": ALGORITHM_OF[key.type], **header}
    if fault := fault_of_header(header):
        raise ValueError(fault)
    if ALGORITHMS[header["alg"]] is not key.type:
        raise KeyFormatError(f"{header['alg']} does not sign with {key.type} keys")
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    signing_input = f"{base64url_encode(head)}.{base64url_encode(payload)}"
    return f"{signing_input}.{base64url_encode(key.sign(signing_input.encode('ascii')))}"
