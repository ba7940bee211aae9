"""Issuing: from a credential as a mapping to signed bytes, refusing whatever a good verifier would refuse.

Order of the refusals: the data model, strictly (arrays, required members, types); values that sign badly (null,
empty arrays, duplicates, numbers that processors write differently); the issuer against the signer; words that no
context defines. Only the two pinned contexts of `documents.ISSUED` are used; a status list uses the first alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from plaudit import documents, terms
from plaudit.did import Signer
from plaudit.errors import ComplexityError, Fault, IssueError, TermsError
from plaudit.members import Node
from plaudit.model import credential_class
from plaudit.proofs import data_integrity, jose
from plaudit.reading import is_absolute_iri
from plaudit.rules import check_credential

LARGEST_SAFE_INTEGER: Final = 2**53 - 1
SMALLEST_SAFE_FRACTION: Final = 1e-6
"""Below it ECMAScript writes an exponent without a point, which a widespread processor takes for an integer."""
NOT_ISSUED: Final = {
    "credentialSchema": "its type is not defined by the contexts we sign with",
    "refreshService": "its type is not defined by the contexts we sign with",
    "proof": "is there already",
}
"""Members of a credential that are right elsewhere, and would make ours unreadable to others."""
NOT_ISSUED_ANYWHERE: Final = frozenset({"endorsementJwt", "jti"})
"""Words that only the newer copy of the Open Badges context 3.0.3 has: with the older one they are undefined."""
FIRST: Final = ("@context", "id", "type", "name", "description", "issuer", "validFrom", "validUntil")
"""The members a reader looks for first; all others keep the order they came in, the proof is last."""


def issue(
    credential: Mapping[str, Any] | Node, signer: Signer, at: datetime, *, cryptosuite: str | None = None
) -> bytes:
    """Sign a credential with a Data Integrity proof and return it as UTF-8 JSON, the proof in an array.

    `cryptosuite` is by default eddsa-rdfc-2022 for an Ed25519 key and ecdsa-rdfc-2019 for one of P-256 or P-384.
    `credential` is a mapping as in the standard, or an object of `plaudit.model`; `at` (aware) becomes the
    proof's `created`. The issuer's id must be the controller of the signer's verification method. The same
    input gives the same bytes. Raises IssueError, naming the path, for anything a verifier would refuse;
    KeyFormatError for a key the suite does not take, UnsupportedError for a suite that is not issued.
    """
    document = credential.to_json() if isinstance(credential, Node) else dict(credential)
    for fault in _faults(document, signer):
        raise IssueError(fault.path, fault.reason)
    try:
        proof = data_integrity.sign(
            document,
            signer.key,
            verification_method=signer.verification_method,
            created=at,
            cryptosuite=cryptosuite,
        )
    except TermsError as error:
        raise IssueError(error.faults[0].path, error.faults[0].reason) from None
    except ComplexityError as error:
        raise IssueError("", f"too complex: {error}") from None
    ordered = {name: document[name] for name in FIRST if name in document} | document | {"proof": [proof]}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def issue_jwt(credential: Mapping[str, Any] | Node, signer: Signer, at: datetime) -> str:
    """Sign a credential as a VC-JWT (Open Badges 3.0 section 8.2): RS256, ES256 or EdDSA, by the kind of the key.

    `credential` is as for `issue`, or already has a proof, which stays in it: an embedded proof comes first.
    Raises IssueError for anything a verifier would refuse, and KeyFormatError for a P-384 key.
    """
    document = credential.to_json() if isinstance(credential, Node) else dict(credential)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    for fault in _faults(unsecured, signer):
        raise IssueError(fault.path, fault.reason)
    try:
        terms.prepare(unsecured)
    except TermsError as error:
        raise IssueError(error.faults[0].path, error.faults[0].reason) from None
    except ComplexityError as error:
        raise IssueError("", f"too complex: {error}") from None
    return jose.sign_vc_jwt(document, signer, at)


def _faults(document: Mapping[str, Any], signer: Signer) -> Iterator[Fault]:
    for name, reason in NOT_ISSUED.items():
        if name in document:
            yield Fault(f"/{name}", reason)
    wanted = list(documents.ISSUED if credential_class(document) is not None else documents.ISSUED[:1])
    if document.get("@context") != wanted:
        yield Fault("/@context", f"must be {', '.join(wanted)}, as an array")
    yield from _bad_values(document, "")
    yield from check_credential(document, strict=True)
    issuer = document.get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if not is_absolute_iri(signer.verification_method) or signer.controller != identifier:
        yield Fault("/issuer/id", f"is not {signer.controller}, the controller of the signing key")


def _bad_values(value: Any, path: str) -> Iterator[Fault]:
    """Null, nothing, duplicates, blank nodes, and numbers that not everybody writes alike."""
    if isinstance(value, Mapping):
        if not value:
            yield Fault(path, "an empty object states nothing")
        for name, item in value.items():
            if not isinstance(name, str):
                yield Fault(path, "the name of a member must be a string")
            elif name in ("id", "@id") and isinstance(item, str) and item.startswith("_:"):
                yield Fault(f"{path}/{name}", "is not an absolute IRI")
            elif name in NOT_ISSUED_ANYWHERE:
                yield Fault(f"{path}/{name}", "an older copy of the Open Badges context does not define it")
            else:
                yield from _bad_values(item, f"{path}/{name}")
    elif isinstance(value, list):
        yield from _bad_array(value, path)
    elif value is None:
        yield Fault(path, "null states nothing")
    elif isinstance(value, float):
        if value.is_integer() or not SMALLEST_SAFE_FRACTION <= abs(value) < 1e21:
            yield Fault(path, "processors write this number differently; use an integer, or a text")
    elif isinstance(value, int) and abs(value) > LARGEST_SAFE_INTEGER:
        yield Fault(path, "no JSON processor holds this integer exactly")
    elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        yield Fault(path, "holds half of a surrogate pair")
    elif not isinstance(value, str | int):
        yield Fault(path, f"a {type(value).__name__} is no JSON value")


def _bad_array(value: list[Any], path: str) -> Iterator[Fault]:
    if not value:
        yield Fault(path, "an empty array states nothing")
    seen: set[tuple[type, Any]] = set()
    for index, item in enumerate(value):
        yield from _bad_values(item, f"{path}/{index}")
        if isinstance(item, str | int | float):
            # RDF sets hold a value once; not every processor drops the second before it signs.
            if (type(item), item) in seen:
                yield Fault(f"{path}/{index}", "is there twice")
            seen.add((type(item), item))
