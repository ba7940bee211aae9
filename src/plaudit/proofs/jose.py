"""Compact JSON Web Signatures (RFC 7515), read strictly and verified by a key the caller brings.

The algorithm goes with the kind of the key, and nothing in a header chooses a key here: `jwk`, `jku`, `x5c` and
`x5u` are an attacker's words until the caller has found the same key with the issuer. RS256, ES256 and EdDSA (also
under its new name Ed25519, RFC 9864) are all there is; `none` and the symmetric algorithms do not exist, and a
header that asks for an extension (`crit`, `b64`) is not understood.

A VC-JWT (Open Badges 3.0 section 8.2) is a JWS whose payload is the credential with the claims iss, jti, sub, nbf and
exp beside its members, equal to them. Of VCDM 1.1 the older form is read too: the credential in a claim `vc`, and
what it leaves out taken from the claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from plaudit.did import Signer
from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import IssueError, KeyFormatError, UnreadableError
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.model import period_names
from plaudit.reading import MAX_JSON_BYTES, format_date_time, parse_date_time, parse_json_object

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
NOT_KNOWN_HERE: Final = frozenset(
    {"RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "Ed448"}
)
"""Algorithms that are sound, but none of those a credential is signed with: such a token is unknown, not forged."""
CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""The registered claims (RFC 7519 section 4.1); they are beside the credential, not of it."""
VC_HEADER: Final = frozenset({"alg", "kid", "jwk", "typ", "cty"})
"""Open Badges 3.0 allows no other parameters in the header of a VC-JWT; `cty` is VC-JOSE-COSE's."""
VC_TYPES: Final = frozenset({"jwt", "vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt"})
"""What the `typ` of a credential may be: Open Badges 3.0 says JWT, VC-JOSE-COSE and its drafts the others."""
VC_CONTENT_TYPES: Final = frozenset({"vc", "vc+ld+json", "json"})
"""What its `cty` may be; `JWT` would announce a token inside the token (RFC 7519 section 5.2)."""


@dataclass(frozen=True, slots=True)
class Jws:
    """The parts of a compact JWS, decoded; nothing in it has been verified."""

    header: Mapping[str, Any]
    payload: bytes
    signature: bytes
    signing_input: bytes
    """What the signature is over: the first two parts as they came, with the dot between them."""


def looks_like_jws(text: str) -> bool:
    """Whether a text has the letters, the dots and no more than the length of a compact JWS: `read_jws` says more."""
    return len(text) <= MAX_TOKEN_CHARACTERS and _COMPACT.fullmatch(text) is not None


_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")


def looks_like_sd_jwt(text: str) -> bool:
    """Whether a text has the form of an SD-JWT (RFC 9901 section 4): a JWS, and what is disclosed behind tildes."""
    token, tilde, disclosed = text.partition("~")
    return tilde == "~" and looks_like_jws(token) and _DISCLOSED.fullmatch(disclosed) is not None


_DISCLOSED: Final = re.compile(r"[A-Za-z0-9_.~-]*")


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
    return signed(_head(key, header), payload, key)


def signed(head: str, payload: bytes, key: PrivateKey) -> str:
    """A compact JWS of a header that is encoded already (`head_of`)."""
    signing_input = f"{head}.{base64url_encode(payload)}"
    return f"{signing_input}.{base64url_encode(key.sign(signing_input.encode('ascii')))}"


def _head(key: PrivateKey, header: Mapping[str, Any]) -> str:
    if key.type not in ALGORITHM_OF:
        raise KeyFormatError(f"a {key.type} key does not sign a JWS here")
    header = {"alg": ALGORITHM_OF[key.type], **header}
    if fault := fault_of_header(header):
        raise ValueError(fault)
    if ALGORITHMS[header["alg"]] is not key.type:
        raise KeyFormatError(f"{header['alg']} does not sign with {key.type} keys")
    return base64url_encode(_written(header).encode("utf-8"))


def _written(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_payload(token: str) -> dict[str, Any]:
    """The payload of a compact JWS as JSON, not verified; UnreadableError for what is no JWS or no JSON object."""
    try:
        return parse_json_object(read_jws(token).payload)
    except UnreadableError as error:
        raise type(error)(f"the JWT: {error}") from None


def read_vc_jwt(token: str) -> tuple[dict[str, Any], Mapping[str, Any], Mapping[str, Any]]:
    """The credential in a VC-JWT, the header, and the whole payload. Nothing of it has been verified.

    `exp` becomes the credential's end when it names none (Open Badges 3.0 section 8.2.5), and a credential in a `vc`
    claim gets from the claims what it leaves out (VCDM 1.1 section 6.3.1). Raises UnreadableError for what is no
    JWS, has no JSON object for a payload, or holds no credential: an access token, for one.
    """
    jws, payload = read_jws(token), read_payload(token)
    if "vc" in payload:
        if not isinstance(payload["vc"], Mapping):
            raise UnreadableError("the vc claim of the JWT is not an object")
        credential = {**payload["vc"]}
        _fill_from_claims(credential, payload)
    else:
        credential = {name: value for name, value in payload.items() if name not in CLAIMS}
        _fill_end(credential, payload, "validUntil")
    if "@context" not in credential or "type" not in credential:
        raise UnreadableError("the JWT holds no credential")
    return credential, jws.header, payload


def _fill_end(credential: dict[str, Any], payload: Mapping[str, Any], name: str) -> None:
    if name not in credential and "exp" in payload:
        credential[name] = _date_of(payload["exp"])


def _fill_from_claims(credential: dict[str, Any], payload: Mapping[str, Any]) -> None:
    if "jti" in payload:
        credential.setdefault("id", payload["jti"])
    if "iss" in payload:
        issuer = credential.setdefault("issuer", payload["iss"])
        if isinstance(issuer, Mapping) and "id" not in issuer:
            credential["issuer"] = {"id": payload["iss"], **issuer}
    subject = credential.get("credentialSubject")
    if "sub" in payload and isinstance(subject, Mapping) and "id" not in subject:
        credential["credentialSubject"] = {"id": payload["sub"], **subject}
    begin, end = period_names(credential)
    if "nbf" in payload and begin not in credential:
        credential[begin] = _date_of(payload["nbf"])
    _fill_end(credential, payload, end)


def _date_of(claim: Any) -> str:
    """A NumericDate (RFC 7519 section 2) as the date of a credential, to the second."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise UnreadableError(f"{str(claim)[:40]!r} in a claim is not a date in seconds")
    try:
        return format_date_time(datetime.fromtimestamp(claim, UTC))
    except (OverflowError, ValueError, OSError):
        raise UnreadableError(f"{claim:g} in a claim is no date there is") from None


def fault_of_vc_header(header: Mapping[str, Any]) -> str:
    """Why a VC-JWT with this header is not accepted (Open Badges 3.0 section 8.2.3); "" when it is."""
    if fault := fault_of_header(header):
        return fault
    if more := header.keys() - VC_HEADER:
        return f"the header holds what a credential's may not: {', '.join(sorted(more))[:200]}"
    if _media_type(header, "typ", "JWT") not in VC_TYPES:
        return f"a token of the type {str(header['typ'])[:40]!r} is no credential"
    if _media_type(header, "cty", "vc") not in VC_CONTENT_TYPES:
        return f"a token around {str(header['cty'])[:40]!r} is no credential"
    if not isinstance(header.get("kid", ""), str):
        return "the key identifier is not a string"
    if "kid" not in header and "jwk" not in header:
        return "the header names no key"
    return ""


def must_repeat(header: Mapping[str, Any]) -> bool:
    """Whether a VC-JWT has to repeat its credential in claims: by Open Badges 3.0, and not by VC-JOSE-COSE's types."""
    return _media_type(header, "typ", "JWT") == "jwt"


def _media_type(header: Mapping[str, Any], name: str, usual: str) -> str:
    """A media type in a header: whatever its capitals, and with or without `application/` (RFC 7515 section 4.1.9)."""
    return str(header.get(name, usual)).lower().removeprefix("application/")


def fault_of_claims(
    credential: Mapping[str, Any], payload: Mapping[str, Any], *, required: bool = True
) -> str:
    """Which claim of a VC-JWT is not what the credential says (Open Badges 3.0 section 8.2.5); "" when none.

    Claims that are not `required` (VC-JOSE-COSE section 3.1.1 recommends none of them) must be equal where they are.
    A token with an audience is for nobody else (RFC 7519 section 4.1.3), so it is refused; but for the subject
    itself, which signers of 1EdTech have written into `aud` instead of `sub`: that says the same thing.
    """
    issuer, subject = credential.get("issuer"), credential.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    about = subject.get("id") if isinstance(subject, Mapping) else None
    if "aud" in payload and payload["aud"] not in (about, [about]):
        return "the token is for one audience only (aud)"
    for name, claim, value in (
        ("iss", payload.get("iss"), issuer.get("id") if isinstance(issuer, Mapping) else issuer),
        ("sub", payload.get("sub", about if "aud" in payload else None), about),
        ("jti", payload.get("jti"), credential.get("id")),
    ):
        if not required and name not in payload:
            continue
        if not isinstance(claim, str) or claim != value:
            return f"the claim {name} is not what the credential says"
    begin, end = period_names(credential)
    if (required or "nbf" in payload) and not _is_date(payload.get("nbf"), credential.get(begin)):
        return f"the claim nbf is not the credential's {begin}"
    if "exp" in payload and not _is_date(payload["exp"], credential.get(end)):
        return f"the claim exp is not the credential's {end}"
    return ""


def _is_date(claim: Any, member: Any) -> bool:
    """Whether a NumericDate is that date, to the second: a claim may leave out what is smaller."""
    at = parse_date_time(member)
    if at is None or isinstance(claim, bool) or not isinstance(claim, int | float):
        return False
    return claim in (at.timestamp(), int(at.timestamp() // 1))


def sign_vc_jwt(credential: Mapping[str, Any], signer: Signer, at: datetime) -> str:
    """A credential as a VC-JWT (Open Badges 3.0 section 8.2), `at` as its `iat`; the key is named by its `kid`.

    A proof that is in the credential already stays in it. Raises as `claims_of` and `head_of` do.
    """
    payload = payload_of(credential, claims_of(credential, signer, at))
    return signed(head_of(signer), payload.encode("utf-8"), signer.key)


def head_of(signer: Signer) -> str:
    """The header of the signer's VC-JWTs, encoded; KeyFormatError for a P-384 key."""
    return _head(signer.key, {"kid": signer.verification_method, "typ": "JWT"})


def payload_of(credential: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """The payload of a VC-JWT as JSON: the credential, and the claims behind it."""
    return _written({**credential, **claims})


def claims_of(credential: Mapping[str, Any], signer: Signer, at: datetime) -> dict[str, Any]:
    """The claims that a VC-JWT repeats from its credential (Open Badges 3.0 section 8.2.5).

    Raises IssueError when the issuer is not the signer's, or when an id or a date is missing that they are made of.
    """
    issuer, subject = credential.get("issuer"), credential.get("credentialSubject")
    begin, end = (parse_date_time(credential.get(name)) for name in ("validFrom", "validUntil"))
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if identifier != signer.controller:
        raise IssueError("/issuer/id", f"is not {signer.controller}, the controller of the signing key")
    if begin is None or (end is None and "validUntil" in credential):
        raise IssueError("/validFrom", "a JWT needs dates with a time and a zone")
    claims: dict[str, Any] = {
        "iss": identifier,
        "jti": credential.get("id"),
        "sub": subject.get("id") if isinstance(subject, Mapping) else None,
        "nbf": numeric_date(begin),
        "iat": numeric_date(at),
    }
    if end is not None:
        claims["exp"] = numeric_date(end)
    for claim, path in (("jti", "/id"), ("sub", "/credentialSubject/id")):
        if not isinstance(claims[claim], str):
            raise IssueError(path, f"a JWT needs it, for its claim {claim}")
    return claims


def numeric_date(at: datetime) -> int:
    """A NumericDate (RFC 7519 section 2), to the second; ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    return int(at.timestamp() // 1)
