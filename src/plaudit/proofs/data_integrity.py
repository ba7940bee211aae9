"""Data Integrity proofs: one table, from the name of a cryptosuite to how it transforms, signs and verifies.

  eddsa-rdfc-2022, eddsa-jcs-2022    EdDSA Cryptosuites v1.0, sections 3.2 and 3.3
  Ed25519Signature2020               the same, section A: a proof type of its own; verified only
  eddsa-2022                         what drafts called eddsa-rdfc-2022; verified only
  ecdsa-rdfc-2019, ecdsa-jcs-2019    ECDSA Cryptosuites v1.0, sections 3.2 and 3.3; SHA-384 with P-384 keys
  ecdsa-sd-2023                      the same, section 3.4; derived proofs are verified (`selective_disclosure`)

What is signed is the hash of the proof without its value, followed by the hash of the document without its proof,
both in canonical form (Data Integrity 1.0 section 4). A proof that names previous ones signs them too: they stay in
the document (sections 2.1.2 and 4.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from plaudit import canonical, documents
from plaudit.contexts import ContextLoader
from plaudit.encoding import multibase_decode, multibase_encode
from plaudit.errors import Fault, KeyFormatError, TermsError, UnsupportedError
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.proofs import selective_disclosure
from plaudit.reading import format_date_time, parse_date_time

EDDSA_RDFC: Final = "eddsa-rdfc-2022"
EDDSA_JCS: Final = "eddsa-jcs-2022"
EDDSA_DRAFT: Final = "eddsa-2022"
ECDSA_RDFC: Final = "ecdsa-rdfc-2019"
ECDSA_JCS: Final = "ecdsa-jcs-2019"
ECDSA_SD: Final = "ecdsa-sd-2023"
ED25519_SIGNATURE: Final = "Ed25519Signature2020"
DATA_INTEGRITY_PROOF: Final = "DataIntegrityProof"

_MEMBERS: Final = frozenset(
    {"id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose", "proofValue"}
    | {"domain", "challenge", "nonce", "previousProof", "@context"}
)
_LONGEST_REMEMBERED: Final = 300
_EDWARDS: Final = (KeyType.ED25519,)
_CURVES: Final = (KeyType.P256, KeyType.P384)


@dataclass(frozen=True, slots=True)
class Suite:
    """One cryptosuite: the kinds of key it takes, and how a document and its proof options become bytes."""

    name: str
    key_types: tuple[KeyType, ...]
    canonicalize: Callable[[Mapping[str, Any], ContextLoader], bytes]
    keeps_context: bool = False
    """Whether the proof carries a `@context` of its own (the JCS suites do)."""
    signs: bool = True
    """Whether this library signs with it; the others are verified only."""
    remark: str = ""
    """What a reader of a report should know about the suite."""


def _jcs(document: Mapping[str, Any], _: ContextLoader) -> bytes:
    return canonical.jcs(document)


_TABLE: Final = (
    Suite(EDDSA_RDFC, _EDWARDS, canonical.rdfc),
    Suite(EDDSA_JCS, _EDWARDS, _jcs, keeps_context=True),
    Suite(
        EDDSA_DRAFT,
        _EDWARDS,
        canonical.rdfc,
        signs=False,
        remark="a draft's name for eddsa-rdfc-2022, retired",
    ),
    Suite(ECDSA_RDFC, _CURVES, canonical.rdfc),
    Suite(ECDSA_JCS, _CURVES, _jcs, keeps_context=True),
    Suite(
        ECDSA_SD, (KeyType.P256,), canonical.rdfc, signs=False, remark="the holder chose what of it is shown"
    ),
    Suite(ED25519_SIGNATURE, _EDWARDS, canonical.rdfc, signs=False),
)
SUITES: Final[Mapping[str, Suite]] = {suite.name: suite for suite in _TABLE}
SUITE_OF: Final = {
    KeyType.ED25519: EDDSA_RDFC,
    KeyType.P256: ECDSA_RDFC,
    KeyType.P384: ECDSA_RDFC,
}
"""The cryptosuite a key signs with when none is named."""


def find_suite(proof: Mapping[str, Any]) -> Suite:
    """The cryptosuite a proof names; UnsupportedError when this version does not know it."""
    kind, name = proof.get("type"), proof.get("cryptosuite")
    suite = None
    if kind == DATA_INTEGRITY_PROOF and isinstance(name, str) and name != ED25519_SIGNATURE:
        suite = SUITES.get(name)
    elif kind == ED25519_SIGNATURE and "cryptosuite" not in proof:
        suite = SUITES[ED25519_SIGNATURE]
    if suite is None:
        raise UnsupportedError(f"a proof of type {str(kind)[:80]}, cryptosuite {str(name)[:80]}")
    return suite


def fault_of_options(
    proof: Mapping[str, Any],
    at: datetime,
    *,
    purpose: str = "assertionMethod",
    domain: str | None = None,
    challenge: str | None = None,
) -> str:
    """What is wrong with the options of a proof (Data Integrity 1.0 sections 2.1 and 4.4); "" when nothing is.

    `domain` and `challenge` are what the verifier expects; given, they must be the proof's. A proof that names
    either and is not asked for it stays good, as section 4.4 has it: they guard a login against being played
    again, while a badge is meant to be shown to anybody.
    """
    if proof.get("proofPurpose") != purpose:
        return f"the proof's purpose is not {purpose}"
    if not isinstance(proof.get("verificationMethod"), str):
        return "the proof names no verification method"
    if "created" in proof and parse_date_time(proof["created"]) is None:
        return "the proof's created is not a date with a time and a zone"
    if "expires" in proof:
        end = parse_date_time(proof["expires"])
        if end is None or at > end:
            return "the proof has expired"
    if domain is not None and proof.get("domain") not in (domain, [domain]):
        return f"the proof was not made for the domain {domain[:80]}"
    if challenge is not None and proof.get("challenge") != challenge:
        return "the proof does not answer the challenge"
    return ""


def all_proofs(document: Mapping[str, Any]) -> list[Any]:
    """The proofs of a document: one is written without an array."""
    proofs = document.get("proof", [])
    return proofs if isinstance(proofs, list) else [proofs]


def previous_proofs(document: Mapping[str, Any], proof: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The proofs of the document that this one names as previous, in the document's order (section 4.5).

    Raises TermsError when one of them is not there, is there twice, or is the proof itself.
    """
    if "previousProof" not in proof:
        return []
    named = proof["previousProof"]
    wanted = named if isinstance(named, list) else [named]
    if not wanted or not all(isinstance(name, str) for name in wanted):
        raise TermsError((Fault("/proof/previousProof", "must be the id of a proof, or an array of ids"),))
    candidates = [other for other in all_proofs(document) if isinstance(other, Mapping)]
    found = [other for other in candidates if isinstance(other.get("id"), str) and other["id"] in wanted]
    if sorted(other["id"] for other in found) != sorted(set(wanted)) or proof.get("id") in wanted:
        raise TermsError((Fault("/proof/previousProof", "does not name one proof of the document each"),))
    return found


def hash_data(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    load: ContextLoader = documents.load_context,
    *,
    key_type: KeyType | None = None,
    walked: canonical.Walked | None = None,
) -> bytes:
    """The bytes that are signed, for a document and a proof (without its value): 64, or 96 for a P-384 key.

    The document's `proof` is left out, but for the proofs that this one names as previous. `key_type` is the kind
    of the key, for suites that take several; `walked` is what `canonical.walk` returned for the document without its
    proofs, if the caller has it already. Raises TermsError when either holds what no context defines, and
    what `canonical` raises.
    """
    canonicalize = _canonicalizer(find_suite(proof), key_type)
    options, unsecured = transform(document, proof, load, key_type)
    digest = hashlib.sha384 if key_type is KeyType.P384 else hashlib.sha256
    if walked is not None and canonicalize is canonical.rdfc and "proof" not in unsecured:
        return digest(options).digest() + digest(walked.rdfc()).digest()
    return digest(options).digest() + digest(canonicalize(unsecured, load)).digest()


def _canonicalizer(
    suite: Suite, key_type: KeyType | None
) -> Callable[[Mapping[str, Any], ContextLoader], bytes]:
    if key_type is KeyType.P384 and suite.canonicalize is canonical.rdfc:
        return canonical.rdfc_sha384
    return suite.canonicalize


def transform(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    load: ContextLoader,
    key_type: KeyType | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """The canonical proof options, and the document as it goes into canonical form (sections 4.2 and 4.3)."""
    suite = find_suite(proof)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if previous := previous_proofs(document, proof):
        unsecured["proof"] = previous
    stated = {name: value for name, value in proof.items() if name != "proofValue"}
    _refuse_members(stated)
    if suite.keeps_context:
        unsecured = _with_context_of(stated, unsecured)
    elif "@context" in stated:
        raise TermsError((Fault("/proof/@context", "this cryptosuite takes the context of the document"),))
    else:
        stated["@context"] = document.get("@context")
    canonicalize = _canonicalizer(suite, key_type)
    try:
        if canonicalize is canonical.rdfc and load is documents.load_context:
            return _canonical_options(stated), unsecured
        return canonicalize(stated, load), unsecured
    except TermsError as error:
        below = (Fault(f"/proof{fault.path}", fault.reason) for fault in error.faults)
        raise TermsError(tuple(below)) from None


def _canonical_options(stated: Mapping[str, Any]) -> bytes:
    """The canonical form of proof options with the document's contexts: all that one key signs in a second has one."""
    contexts = stated["@context"]
    if type(contexts) is list and all(type(url) is str for url in contexts):
        texts = tuple([item for item in stated.items() if item[0] != "@context"])
        if all(type(value) is str and len(value) <= _LONGEST_REMEMBERED for _, value in texts):
            return _canonical_texts(texts, tuple(contexts))
    return canonical.rdfc(stated)


@lru_cache(maxsize=512)
def _canonical_texts(texts: tuple[tuple[str, str], ...], contexts: tuple[str, ...]) -> bytes:
    return canonical.rdfc({**dict(texts), "@context": [*contexts]})


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
    cryptosuite: str | None = None,
    options: Mapping[str, Any] | None = None,
    load: ContextLoader = documents.load_context,
    walked: canonical.Walked | None = None,
) -> dict[str, Any]:
    """The proof of a document, by a key that is published as `verification_method`.

    `cryptosuite` is by default the one of `SUITE_OF` for the kind of the key. `options` are further members of the
    proof, such as `expires`, `domain`, or `id` and `previousProof` for a chain; the previous proofs are taken from
    the document's `proof`. `walked` is as for `hash_data`. Raises KeyFormatError when the key is not of the suite's
    kind, UnsupportedError for a suite that is verified only, and what `hash_data` raises.
    """
    proof: dict[str, Any] = {
        **({"id": options["id"]} if options and "id" in options else {}),
        **proof_options(cryptosuite or SUITE_OF.get(key.type, EDDSA_RDFC), verification_method, created),
        **(options or {}),
    }
    suite = find_suite(proof)
    if not suite.signs:
        raise UnsupportedError(f"{suite.name} is verified, not issued")
    if key.type not in suite.key_types:
        kinds = " or ".join(suite.key_types)
        raise KeyFormatError(f"{suite.name} signs with {kinds} keys, not {key.type}")
    if suite.keeps_context:
        proof["@context"] = document.get("@context")
    data = hash_data(document, proof, load, key_type=key.type, walked=walked)
    return proof | {"proofValue": multibase_encode(key.sign(data))}


def proof_options(cryptosuite: str, verification_method: str, created: datetime) -> dict[str, Any]:
    """The members of a proof that are signed with the document; ValueError when the time has no zone."""
    return {
        "type": DATA_INTEGRITY_PROOF,
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

    `walked` is as for `hash_data`. It says nothing about whose key it is, nor whether the proofs it names as
    previous are good: those are to be verified too (section 4.6). Raises UnsupportedError for an unknown
    cryptosuite, TermsError, UnknownContextError and ComplexityError as `canonical` does.
    """
    suite = find_suite(proof)
    value = proof.get("proofValue")
    if key.type not in suite.key_types or not isinstance(value, str):
        return False
    if suite.name == ECDSA_SD:
        parsed = selective_disclosure.read_proof_value(value)
        if parsed is None:
            return False
        options, unsecured = transform(document, proof, load)
        return selective_disclosure.verify(parsed, options, suite.canonicalize(unsecured, load), key)
    if not value.startswith("z"):
        return False
    try:
        signature = multibase_decode(value)
    except KeyFormatError:
        return False
    return key.verify(signature, hash_data(document, proof, load, key_type=key.type, walked=walked))
