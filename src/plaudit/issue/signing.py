"""Signing one credential: as JSON with a Data Integrity proof, and as a VC-JWT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from plaudit import canonical
from plaudit.did import Signer
from plaudit.errors import ComplexityError, IssueError, TermsError
from plaudit.issue.faults import bad_value, fault_of_dates, fault_of_signer, faults_of
from plaudit.members import Node
from plaudit.proofs import data_integrity, jose
from plaudit.rules import check_credential, fits, names_several
from plaudit.shapes.verdicts import ids_are_addresses, learn

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
    walked = _walked_like_a_good_one(document, signer)
    if walked is None:
        for fault in faults_of(document, signer):
            raise IssueError(fault.path, fault.reason)
    try:
        if walked is None:
            walked = canonical.walk(document)
            _remember(walked, document)
        proof = data_integrity.sign(
            document,
            signer.key,
            verification_method=signer.verification_method,
            created=at,
            cryptosuite=cryptosuite,
            walked=walked,
        )
    except TermsError as error:
        raise IssueError(error.faults[0].path, error.faults[0].reason) from None
    except ComplexityError as error:
        raise IssueError("", f"too complex: {error}") from None
    return text_of(document, proof).encode("utf-8")


def text_of(document: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """A credential and its proof as the JSON text that is served."""
    ordered = (
        {name: document[name] for name in FIRST if name in document} | dict(document) | {"proof": [proof]}
    )
    return _COMPACT.encode(ordered)


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _walked_like_a_good_one(document: Mapping[str, Any], signer: Signer) -> canonical.Walked | None:
    """The document in canonical form, if one of its shape was issued and it differs in nothing that may be at fault."""
    walked = canonical.walk_known(document)
    found = walked.found if walked is not None else None
    verdict = found[0].verdicts.get("issue") if found is not None else None
    if found is None or verdict is None or fault_of_signer(document, signer) or fault_of_dates(document):
        return None
    good = verdict.holds(found[1], fits) and verdict.differ(found[1])
    return walked if good and not any(bad_value(found[1][place]) for place in verdict.numbers) else None


def _remember(walked: canonical.Walked, document: Mapping[str, Any]) -> None:
    """That a document of this shape may be issued, once one was: see `faults_of`, all of it."""
    if walked.found is None or not ids_are_addresses(walked.found[0], document) or names_several(document):
        return
    walked.found[0].verdicts["issue"] = learn(
        walked.found[0], document, lambda slotted, asked: check_credential(slotted, strict=True, asked=asked)
    )


def issue_jwt(credential: Mapping[str, Any] | Node, signer: Signer, at: datetime) -> str:
    """Sign a credential as a VC-JWT (Open Badges 3.0 section 8.2): RS256, ES256 or EdDSA, by the kind of the key.

    `credential` is as for `issue`, or already has a proof, which stays in it: an embedded proof comes first.
    Raises IssueError for anything a verifier would refuse, and KeyFormatError for a P-384 key.
    """
    document = credential.to_json() if isinstance(credential, Node) else dict(credential)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if _walked_like_a_good_one(unsecured, signer) is None:
        for fault in faults_of(unsecured, signer):
            raise IssueError(fault.path, fault.reason)
        try:
            _remember(canonical.walk(unsecured), unsecured)
        except TermsError as error:
            raise IssueError(error.faults[0].path, error.faults[0].reason) from None
        except ComplexityError as error:
            raise IssueError("", f"too complex: {error}") from None
    return jose.sign_vc_jwt(document, signer, at)
