"""Data Integrity proofs: one table, from the name of a cryptosuite to how it transforms, signs and verifies.

EdDSA cryptosuites v1.0, sections 3.2 (eddsa-rdfc-2022) and 3.3 (eddsa-jcs-2022); Data Integrity 1.0 section 4.
What is signed is SHA-256 of the proof without its value, followed by SHA-256 of the document without its proof,
both in canonical form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from plaudit import canonical, documents
from plaudit.contexts import ContextLoader
from plaudit.encoding import multibase_decode, multibase_encode
from plaudit.errors import Fault, KeyFormatError, TermsError, UnsupportedError
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.reading import format_date_time

EDDSA_RDFC: Final = "eddsa-rdfc-2022"
EDDSA_JCS: Final = "eddsa-jcs-2022"

_MEMBERS: Final = frozenset(
    {"id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose", "proofValue"}
    | {"domain", "challenge", "nonce", "@context"}
)


@dataclass(frozen=True, slots=True)
class Suite:
    """One cryptosuite: the kind of key it takes, and how a document and its proof options become bytes."""

    name: str
    key_type: KeyType
    canonicalize: Callable[[Mapping[str, Any], ContextLoader], bytes]
    keeps_context: bool
    """Whether the proof carries a `@context` of its own (the JCS suites do)."""


SUITES: Final[Mapping[str, Suite]] = {
    EDDSA_RDFC: Suite(EDDSA_RDFC, KeyType.ED25519, canonical.rdfc, False),
    EDDSA_JCS: Suite(EDDSA_JCS, KeyType.ED25519, lambda document, _: canonical.jcs(document), True),
}


def find_suite(proof: Mapping[str, Any]) -> Suite:
    """The cryptosuite a proof names; UnsupportedError when this version does not know it."""
    kind, name = proof.get("type"), proof.get("cryptosuite")
    suite = SUITES.get(name) if isinstance(name, str) and kind == "DataIntegrityProof" else None
    if suite is None:
        raise UnsupportedError(f"a proof of type {str(kind)[:80]}, cryptosuite {str(name)[:80]}")
    if "previousProof" in proof:
        raise UnsupportedError("a proof that depends on another one")
    return suite


def hash_data(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    load: ContextLoader = documents.load_context,
    *,
    walked: canonical.Walked | None = None,
) -> bytes:
    """The 64 bytes that are signed, for a document (its `proof` is left out) and a proof (without its value).

    `walked` is what `canonical.walk` returned for the document without its proof, if the caller has it already.
    Raises TermsError when either holds what no context defines, and what `canonical` raises.
    """
    suite = find_suite(proof)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    stated = {name: value for name, value in proof.items() if name != "proofValue"}
    _refuse_members(stated)
    if suite.keeps_context:
        unsecured = _with_context_of(stated, unsecured)
    elif "@context" in stated:
        raise TermsError((Fault("/proof/@context", "this cryptosuite takes the context of the document"),))
    else:
        stated["@context"] = document.get("@context")
    try:
        options_hash = hashlib.sha256(suite.canonicalize(stated, load)).digest()
    except TermsError as error:
        below = (Fault(f"/proof{fault.path}", fault.reason) for fault in error.faults)
        raise TermsError(tuple(below)) from None
    if walked is not None and suite.canonicalize is canonical.rdfc:
        return options_hash + hashlib.sha256(walked.rdfc()).digest()
    return options_hash + hashlib.sha256(suite.canonicalize(unsecured, load)).digest()


def _refuse_members(options: Mapping[str, Any]) -> None:
    unknown = [Fault(f"/proof/{name[:80]}", "not a member of a proof") for name in options.keys() - _MEMBERS]
    if unknown:
        raise TermsError(tuple(sorted(unknown, key=str)))


def _with_context_of(options: Mapping[str, Any], unsecured: dict[str, Any]) -> dict[str, Any]:
    """The document under the proof's own context, which must be how the document's begins."""
    if "@context" not in options:
        return unsecured
    mine, theirs = (
        value if isinstance(value, list) else [value]
        for value in (options["@context"], unsecured.get("@context"))
    )
    if theirs[: len(mine)] != mine:
        raise TermsError((Fault("/proof/@context", "not the beginning of the document's context"),))
    return unsecured | {"@context": options["@context"]}


def sign(
    document: Mapping[str, Any],
    key: PrivateKey,
    *,
    verification_method: str,
    created: datetime,
    cryptosuite: str = EDDSA_RDFC,
    load: ContextLoader = documents.load_context,
) -> dict[str, Any]:
    """The proof of a document, by a key that is published as `verification_method`.

    Raises KeyFormatError when the key is not of the suite's kind, and what `hash_data` raises.
    """
    proof = options(cryptosuite, verification_method, created)
    suite = find_suite(proof)
    if key.type is not suite.key_type:
        raise KeyFormatError(f"{cryptosuite} signs with {suite.key_type} keys, not {key.type}")
    if suite.keeps_context:
        proof["@context"] = document.get("@context")
    return proof | {"proofValue": multibase_encode(key.sign(hash_data(document, proof, load)))}


def options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, Any]:
    """The members of a proof that are signed with the document; ValueError when the time has no zone."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": cryptosuite,
        "created": format_date_time(created),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }


def verify(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    key: PublicKey,
    load: ContextLoader = documents.load_context,
    *,
    walked: canonical.Walked | None = None,
) -> bool:
    """Whether the proof is a good signature of the document by that key.

    It says nothing about whose key it is; `walked` is as for `hash_data`. Raises UnsupportedError for an unknown
    cryptosuite; TermsError, UnknownContextError and ComplexityError as `canonical` does.
    """
    suite = find_suite(proof)
    value = proof.get("proofValue")
    if key.type is not suite.key_type or not isinstance(value, str) or not value.startswith("z"):
        return False
    try:
        signature = multibase_decode(value)
    except KeyFormatError:
        return False
    return key.verify(signature, hash_data(document, proof, load, walked=walked))
