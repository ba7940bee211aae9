"""From an issuer's identifier to the key that may speak for it: did:key, did:jwk, did:web, and https documents.

The rule (Controlled Identifiers 1.0 section 3.3, and Open Badges 3.0 section 9): the key is looked up in the
issuer's own document and nowhere else. It must be there under exactly the absolute identifier the proof names (what
the document writes as `#name` is the name below its own identifier), be listed in assertionMethod, and both the
document and the method must name the issuer as their own. A key that is
taken from the proof, or from the fragment of an address, proves nothing. Neither do other names that a document
gives itself (alsoKnownAs): anybody may write anybody's.

A JWT may name its key by any address with a JWK, or bring the JWK along (Open Badges 3.0 section 8.2.3). Such a key
counts when the issuer's document lists the same key, or lists that address: docs/adr/0017.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from plaudit.encoding import base58_decode, base64url_decode, base64url_encode
from plaudit.errors import FetchError, KeyFormatError, KeyRefusedError, UnreadableError, UnsupportedError
from plaudit.fetch import Fetch, localhost_of
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.reading import format_date_time, listed, parse_date_time, parse_json_object

JWK_ACCEPT: Final = "application/jwk+json, application/json;q=0.9"
_LONGEST_DOCUMENT: Final = 8 * 1024
_LONGEST_IDENTIFIER: Final = 300
"""Of what is remembered; longer ones are read anew each time."""
MAX_METHODS: Final = 100
"""A document with more keys than anybody rotates in a lifetime is not searched for one."""
CONTROLLER_ACCEPT: Final = "application/did+json, application/json;q=0.9, application/ld+json;q=0.8"
DID_CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
JWK_CONTEXT: Final = "https://w3id.org/security/jwk/v1"

_WEB_PART = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WEB_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}(?::[0-9]{{1,5}})?")
_MULTIBASE_TYPES: Final = frozenset({"Multikey", "Ed25519VerificationKey2020"})
_JWK_TYPES: Final = frozenset({"JsonWebKey", "JsonWebKey2020"})
_BASE58_TYPE: Final = "Ed25519VerificationKey2018"


@dataclass(frozen=True, slots=True)
class Method:
    """One key of an issuer, under its absolute identifier, as `controller_document` writes it."""

    id: str
    key: PublicKey
    compromised: bool = False
    """A compromised key stays in the document, with `revoked`, but leaves assertionMethod."""
    revoked: datetime | None = None


def did_key(key: PublicKey) -> str:
    """The did:key of a public key."""
    return f"did:key:{key.multibase()}"


def did_key_method(key: PublicKey) -> str:
    """The one verification method of a did:key."""
    return f"did:key:{key.multibase()}#{key.multibase()}"


def did_web(host: str, *path: str) -> str:
    """The did:web of a host, such as "example.org" or "localhost:8000", and of path segments below it."""
    return ":".join(["did:web", host.replace(":", "%3A"), *path])


def did_web_address(identifier: str, localhost: str | None = None) -> str:
    """The address of a did:web document (did:web method specification, section "Read").

    It is https, but for exactly the `host:port` given as `localhost`. Raises KeyRefusedError for an identifier
    that is no did:web; an IP address is none.
    """
    usual = len(identifier) <= _LONGEST_IDENTIFIER
    return _known_web_address(identifier, localhost) if usual else _web_address(identifier, localhost)


def _web_address(identifier: str, localhost: str | None) -> str:
    parts = identifier.removeprefix("did:web:").split(":")
    host = unquote(parts[0]).lower() if _WEB_PART.fullmatch(parts[0]) else ""
    name = host.partition(":")[0]
    segments = parts[1:]
    good = all(_WEB_PART.fullmatch(part) and unquote(part) not in (".", "..") for part in segments)
    if not identifier.startswith("did:web:") or not good or not _WEB_HOST.fullmatch(host):
        raise KeyRefusedError(f"{identifier[:200]} is not a did:web identifier")
    if name.replace(".", "").isdigit():
        raise KeyRefusedError("a did:web may not name an IP address")
    if any("%2f" in part.lower() or "%5c" in part.lower() for part in segments):
        raise KeyRefusedError("a did:web may not hide a slash in its path")
    scheme = "http" if localhost is not None and host == localhost else "https"
    return f"{scheme}://{host}/{'/'.join(segments) or '.well-known'}/did.json"


_known_web_address = lru_cache(maxsize=512)(_web_address)


def resolve(identifier: str, fetch: Fetch) -> Mapping[str, Any]:
    """The controller document of an issuer.

    Raises FetchError when it cannot be read or is no JSON object, UnsupportedError for a method this version
    does not know, KeyRefusedError when the identifier is malformed or the document is another one's.
    """
    if identifier.startswith("did:key:"):
        return _did_key_document(identifier)
    if identifier.startswith("did:jwk:"):
        return _did_jwk_document(identifier)
    if identifier.startswith("did:web:"):
        url = did_web_address(identifier, localhost_of(fetch))
    elif identifier.startswith("did:"):
        raise UnsupportedError(
            f"identifiers of the kind {':'.join(identifier.split(':')[:2])} are not known here"
        )
    elif _is_document_address(identifier, localhost_of(fetch)):
        url = identifier
    else:
        raise KeyRefusedError("the issuer is neither a DID nor an https address without a fragment")
    try:
        body = fetch(url, CONTROLLER_ACCEPT).body
        document = _known_document(body) if len(body) <= _LONGEST_DOCUMENT else parse_json_object(body)
    except UnreadableError as error:
        raise FetchError(url, f"did not answer with a controller document: {error}") from None
    if document.get("id") != identifier:
        raise KeyRefusedError(
            f"the document at {url} is about {str(document.get('id'))[:200]}, not the issuer"
        )
    return document


@lru_cache(maxsize=128)
def _known_document(body: bytes) -> Mapping[str, Any]:
    """The same bytes are the same document; what it says is judged anew each time. Nobody may change it."""
    return parse_json_object(body)


def _is_document_address(identifier: str, localhost: str | None) -> bool:
    try:
        parts = urlsplit(identifier)
    except ValueError:  # half of an IPv6 address, for one
        return False
    if "#" in identifier or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.netloc == localhost)


def _did_key_document(identifier: str) -> Mapping[str, Any]:
    multibase = identifier.removeprefix("did:key:")
    try:
        PublicKey.from_multibase(multibase)
    except KeyFormatError as error:
        raise KeyRefusedError(f"the did:key holds no key that can be used: {error}") from None
    method = f"{identifier}#{multibase}"
    return {
        "id": identifier,
        "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": identifier, "publicKeyMultibase": multibase}
        ],
        "assertionMethod": [method],
    }


def did_jwk(key: PublicKey) -> str:
    """The did:jwk of a public key (did:jwk method specification)."""
    text = json.dumps(key.jwk(), separators=(",", ":"))
    return f"did:jwk:{base64url_encode(text.encode())}"


def _did_jwk_document(identifier: str) -> Mapping[str, Any]:
    """The document of a did:jwk: its one method is #0, unless the key is not for signatures."""
    try:
        jwk = parse_json_object(base64url_decode(identifier.removeprefix("did:jwk:")))
        PublicKey.from_jwk(jwk)
    except (KeyFormatError, UnreadableError) as error:
        raise KeyRefusedError(f"the did:jwk holds no key that can be used: {error}") from None
    method = f"{identifier}#0"
    return {
        "id": identifier,
        "verificationMethod": [
            {"id": method, "type": "JsonWebKey", "controller": identifier, "publicKeyJwk": jwk}
        ],
        "assertionMethod": [method],
    }


def find_key(
    issuer: str, method: str, fetch: Fetch, at: datetime, purpose: str = "assertionMethod"
) -> PublicKey:
    """The issuer's key under that absolute identifier, if it may be used for that purpose at that time.

    Raises KeyRefusedError when the issuer's document does not allow it, and what `resolve` raises.
    """
    if method.partition("#")[0] != issuer or "#" not in method:
        raise KeyRefusedError(f"the proof names the key {method[:200]}, which is not one of the issuer's")
    return _key_under(resolve(issuer, fetch), issuer, method, at, purpose)


def _key_under(
    document: Mapping[str, Any], issuer: str, method: str, at: datetime, purpose: str = "assertionMethod"
) -> PublicKey:
    """The key that the issuer's document describes under that identifier and lists for the purpose."""
    entry = _entry(document, method, purpose)
    if entry.get("controller") != issuer:
        raise KeyRefusedError("the key's controller is not the issuer")
    _refuse_ended(entry, at)
    try:
        return _public_key(entry)
    except KeyFormatError as error:
        raise KeyRefusedError(f"the issuer's document holds no usable key there: {error}") from None


def find_jwt_key(issuer: str, header: Mapping[str, Any], fetch: Fetch, at: datetime) -> PublicKey:
    """The issuer's key that the header of a VC-JWT means (Open Badges 3.0 section 8.2.3).

    `kid` may be a DID URL or an https address of the issuer's own document, or an address that the document lists
    as a method, or one with a bare JWK; `jwk` may be there instead of it, or beside it and equal. Whatever it is,
    the key must be one of the issuer's in assertionMethod. Raises KeyRefusedError when it is not, and what `resolve`
    raises.
    """
    kid, claimed = header.get("kid"), None
    try:
        claimed = PublicKey.from_jwk(header["jwk"]) if "jwk" in header else None
    except KeyFormatError as error:
        raise KeyRefusedError(f"the key in the header cannot be used: {error}") from None
    if isinstance(kid, str) and kid.partition("#")[0] == issuer:
        key = find_key(issuer, kid, fetch, at)
    else:
        document = resolve(issuer, fetch)
        if isinstance(kid, str) and _lists(document, kid):
            key = _key_under(document, issuer, kid, at)
        elif claimed is not None:
            key = _same_key(document, issuer, claimed, at)
        else:
            key = _same_key(document, issuer, _bare_jwk(str(kid), issuer, fetch), at)
    if claimed not in (None, key):
        raise KeyRefusedError("the key in the header is another one than its kid names")
    return key


def _lists(document: Mapping[str, Any], method: str) -> bool:
    return method in [_name_of(item, document) for item in listed(document.get("assertionMethod", []))]


def _name_of(item: Any, document: Mapping[str, Any]) -> Any:
    """The absolute identifier of a method that a document describes or names (DID 1.0 section 3.2.2, CID 1.0 3.3)."""
    name = item.get("id") if isinstance(item, dict) else item
    return f"{document.get('id')}{name}" if isinstance(name, str) and name.startswith("#") else name


def _bare_jwk(address: str, issuer: str, fetch: Fetch) -> PublicKey:
    """The JWK at an https address (Open Badges 3.0 section 8.5), which is read at the issuer's own host only: other
    addresses are the word of whoever made the token, and nobody reads them for him."""
    localhost = localhost_of(fetch)
    home = did_web_address(issuer, localhost) if issuer.startswith("did:web:") else issuer
    if not _is_document_address(address, localhost) or urlsplit(address)[:2] != urlsplit(home)[:2]:
        raise KeyRefusedError(f"the key {address[:200]} is not one of the issuer's, nor at the issuer's host")
    try:
        return PublicKey.from_jwk(parse_json_object(fetch(address, JWK_ACCEPT).body))
    except UnreadableError as error:
        raise FetchError(address, f"did not answer with a JWK: {error}") from None
    except KeyFormatError as error:
        raise KeyRefusedError(f"the key at {address[:200]} cannot be used: {error}") from None


def _same_key(document: Mapping[str, Any], issuer: str, wanted: PublicKey, at: datetime) -> PublicKey:
    """That key, provided the issuer's document lists it under any identifier."""
    found = listed(document.get("assertionMethod", []))[:MAX_METHODS]
    refusal = "none of the keys in the issuer's document is the one that signed"
    for item in found:
        method = _name_of(item, document)
        if not isinstance(method, str):
            continue
        try:
            if _key_under(document, issuer, method, at) == wanted:
                return wanted
        except KeyRefusedError as error:
            refusal = f"{refusal} ({error})" if len(refusal) < 200 else refusal
    raise KeyRefusedError(refusal)


def find_ob2_key(creator: str, issuer: str, fetch: Fetch) -> PublicKey:
    """The key of an Open Badges 2.0 signed badge: the CryptographicKey at the address `creator`.

    It must say so itself (`id`), name the issuer as its `owner`, and the issuer's profile, read from the issuer's
    address, must name it in `publicKey` (Open Badges 2.0, SignedBadge and CryptographicKey): only the second proves
    anything, since anybody can write a key document that names any owner. Raises KeyRefusedError when the two do not
    fit, FetchError when one cannot be read.
    """
    profile = _ob2_document(issuer, fetch)
    found = listed(profile.get("publicKey", []))
    embedded = [item for item in found if isinstance(item, dict) and item.get("id") == creator]
    if creator not in found and not embedded:
        raise KeyRefusedError(f"the issuer's profile does not name the key {creator[:200]}")
    document = embedded[0] if embedded else _ob2_document(creator, fetch)
    if document.get("owner") != issuer:
        raise KeyRefusedError(f"the key belongs to {str(document.get('owner'))[:200]}, not to the issuer")
    types = listed(document.get("type", []))
    if types and "CryptographicKey" not in types:
        raise KeyRefusedError("the document of the key is not a CryptographicKey")
    pem = document.get("publicKeyPem")
    try:
        return PublicKey.from_pem(pem if isinstance(pem, str) else "")
    except KeyFormatError as error:
        raise KeyRefusedError(f"the key of the issuer cannot be used: {error}") from None


def _ob2_document(address: str, fetch: Fetch) -> Mapping[str, Any]:
    if not _is_document_address(address.partition("#")[0], localhost_of(fetch)):
        raise KeyRefusedError(f"{address[:200]} is not an https address")
    try:
        document = parse_json_object(fetch(address.partition("#")[0], CONTROLLER_ACCEPT).body)
    except UnreadableError as error:
        raise FetchError(address, f"did not answer with a JSON document: {error}") from None
    if document.get("id") != address:
        raise KeyRefusedError(f"the document at {address[:200]} is about {str(document.get('id'))[:200]}")
    return document


def _entry(document: Mapping[str, Any], method: str, purpose: str) -> Mapping[str, Any]:
    """The one description of that method in the document, provided it is listed for the purpose."""
    found = listed(document.get(purpose, []))
    named = {name for item in found if isinstance(name := _name_of(item, document), str)}
    embedded, described = (
        [item for item in items if isinstance(item, dict) and _name_of(item, document) == method]
        for items in (found, listed(document.get("verificationMethod", [])))
    )
    if method not in named:
        raise KeyRefusedError(f"the issuer's document does not list {method[:200]} in {purpose}")
    if len(embedded + described) != 1:
        raise KeyRefusedError(
            f"the issuer's document describes {method[:200]} {len(embedded + described)} times"
        )
    return (embedded + described)[0]


def _refuse_ended(entry: Mapping[str, Any], at: datetime) -> None:
    """Whatever a proof's `created` says is the signer's word, so the time of verifying decides."""
    for name in ("revoked", "expires"):
        if name in entry:
            end = parse_date_time(entry[name])
            if end is None:
                raise KeyRefusedError(f"the key's {name!r} is not a date with a time and a zone")
            if at >= end:
                raise KeyRefusedError(
                    f"the key was {'revoked' if name == 'revoked' else 'good until'} {entry[name]}"
                )


def _public_key(entry: Mapping[str, Any]) -> PublicKey:
    forms = [name for name in entry if name.startswith("publicKey")]
    if len(forms) != 1:
        raise KeyFormatError(f"a method must have exactly one form of its key, this has {len(forms)}")
    if any(name.startswith(("secretKey", "privateKey")) for name in entry):
        raise KeyFormatError("the document gives the private key away")
    kind = entry.get("type") if isinstance(entry.get("type"), str) else None
    if forms == ["publicKeyMultibase"] and kind in _MULTIBASE_TYPES:
        key = PublicKey.from_multibase(entry["publicKeyMultibase"])
        if entry["type"] == "Ed25519VerificationKey2020" and key.type is not KeyType.ED25519:
            raise KeyFormatError("the key is not of the kind its type names")
        return key
    if forms == ["publicKeyBase58"] and kind == _BASE58_TYPE:
        text = entry["publicKeyBase58"]
        return PublicKey(KeyType.ED25519, base58_decode(text) if isinstance(text, str) else b"")
    if forms == ["publicKeyJwk"] and kind in _JWK_TYPES:
        return PublicKey.from_jwk(entry["publicKeyJwk"])
    raise KeyFormatError(f"a key of type {str(entry.get('type'))[:80]} in the form {forms[0][:80]}")


def controller_document(
    identifier: str, methods: Iterable[Method], also_known_as: Iterable[str] = ()
) -> dict[str, Any]:
    """The controller document of an issuer, as served in did.json.

    Ed25519 keys are written as Multikey, the others as JsonWebKey, never both forms in one method; every one
    that is not compromised is listed in assertionMethod by its absolute identifier (a string).
    """
    methods = list(methods)
    for method in methods:
        if method.id.partition("#")[0] != identifier:
            raise KeyRefusedError(f"{method.id} is not an identifier below {identifier}")
    contexts = [*DID_CONTEXT]
    if any(method.key.type is not KeyType.ED25519 for method in methods):
        contexts.append(JWK_CONTEXT)
    document: dict[str, Any] = {"@context": contexts, "id": identifier}
    if aliases := list(also_known_as):
        document["alsoKnownAs"] = aliases
    document["verificationMethod"] = [_described(identifier, method) for method in methods]
    document["assertionMethod"] = [method.id for method in methods if not method.compromised]
    return document


def _described(identifier: str, method: Method) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": method.id, "type": "Multikey", "controller": identifier}
    if method.key.type is KeyType.ED25519:
        entry["publicKeyMultibase"] = method.key.multibase()
    else:
        entry |= {"type": "JsonWebKey", "publicKeyJwk": method.key.jwk()}
    if method.revoked is not None:
        entry["revoked"] = format_date_time(method.revoked)
    return entry


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and the absolute identifier of the verification method it is published under."""

    key: PrivateKey
    verification_method: str

    @property
    def controller(self) -> str:
        """The identifier of the issuer that this signer signs for."""
        return self.verification_method.partition("#")[0]

    @classmethod
    def from_did_key(cls, key: PrivateKey) -> Signer:
        """A signer whose issuer is the did:key of its own key."""
        return cls(key, did_key_method(key.public()))
