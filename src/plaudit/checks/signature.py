"""Checks 4 and 5: the proof, and the key that made it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from plaudit.checks.case import ABSENT, FAILED, PASSED, UNKNOWN, Case, Finding
from plaudit.did import find_key
from plaudit.errors import (
    BusyError,
    ComplexityError,
    FetchError,
    KeyRefusedError,
    TermsError,
    UnknownContextError,
    UnsupportedError,
)
from plaudit.keys import PublicKey
from plaudit.proofs import data_integrity
from plaudit.reading import parse_date_time

MAX_PROOFS: Final = 4
"""Each costs a canonicalisation and a look-up; real badges have one or two."""


class _ProofFindings(NamedTuple):
    proof: Finding
    key: Finding

    @property
    def rank(self) -> int:
        """Best first: one good proof is enough (OB 3.0, verification); then what failed, then the unknown."""
        outcomes = {self.proof.outcome, self.key.outcome}
        return 0 if outcomes == {PASSED} else 1 if FAILED in outcomes else 2


_KEY_NOT_SOUGHT: Final = Finding(UNKNOWN, "The issuer's key was not looked up.")


def check_proof(case: Case) -> Finding:
    """Check 4; it leaves check 5 in the findings, since the key is looked up on the way."""
    proofs = case.document.get("proof", [])
    proofs = proofs if isinstance(proofs, list) else [proofs]
    if not proofs:
        case.findings["key"] = Finding(ABSENT, "There is no signature, so no key was used.")
        return Finding(FAILED, "The badge is not signed.", "there is no proof")
    if len(proofs) > MAX_PROOFS:
        case.findings["key"] = _KEY_NOT_SOUGHT
        return Finding(UNKNOWN, "The badge has too many signatures to check.", f"{len(proofs)} proofs")
    results = sorted((_judge_proof(case, proof) for proof in proofs), key=lambda result: result.rank)
    best = results[0]
    others = [
        f"another proof: {result.proof.outcome}, {result.proof.detail or result.key.detail}"
        for result in results[1:]
    ]
    case.findings["key"] = best.key
    return best.proof._replace(detail="; ".join(filter(None, [best.proof.detail, *others])))


def _judge_proof(case: Case, proof: Any) -> _ProofFindings:
    if not isinstance(proof, Mapping):
        return _ProofFindings(Finding(FAILED, "The signature is damaged.", "not an object"), _KEY_NOT_SOUGHT)
    try:
        data_integrity.find_suite(proof)
    except UnsupportedError as error:
        sentence = "The badge is signed in a way that cannot be checked here yet."
        return _ProofFindings(Finding(UNKNOWN, sentence, str(error)), _KEY_NOT_SOUGHT)
    if fault := _fault_of_options(proof, case.at):
        return _ProofFindings(
            Finding(FAILED, "The signature is damaged or out of date.", fault), _KEY_NOT_SOUGHT
        )
    key, finding = _find_key(case, proof["verificationMethod"])
    if key is None:
        sentence = "The signature was not checked, because the issuer's key is not known."
        return _ProofFindings(Finding(UNKNOWN, sentence), finding)
    return _ProofFindings(_check_signature(case, proof, key), finding)


def _fault_of_options(proof: Mapping[str, Any], at: datetime) -> str:
    """What is wrong with the options of a proof (VC Data Integrity 1.0 section 2.1); "" when nothing is."""
    if proof.get("proofPurpose") != "assertionMethod":
        return "the proof's purpose is not assertionMethod"
    if not isinstance(proof.get("verificationMethod"), str):
        return "the proof names no verification method"
    if "created" in proof and parse_date_time(proof["created"]) is None:
        return "the proof's created is not a date with a time and a zone"
    if "expires" in proof:
        end = parse_date_time(proof["expires"])
        if end is None or at > end:
            return "the proof has expired"
    return ""


def _find_key(case: Case, method: str) -> tuple[PublicKey | None, Finding]:
    try:
        key = find_key(case.issuer, method, case.fetch, case.at)
    except KeyRefusedError as error:
        return None, Finding(FAILED, "The key that signed this is not one of the issuer's.", str(error))
    except UnsupportedError as error:
        return None, Finding(UNKNOWN, "The issuer is named in a way not known here.", str(error))
    except FetchError as error:
        return None, Finding(UNKNOWN, "The issuer's keys could not be read.", str(error))
    return key, Finding(
        PASSED, "The key that signed this belongs to the issuer.", f"{method}, from {case.issuer}"
    )


def _check_signature(case: Case, proof: Mapping[str, Any], key: PublicKey) -> Finding:
    try:
        good = data_integrity.verify(case.document, proof, key, walked=case.walked)
    except TermsError as error:
        if case.findings["terms"].outcome is PASSED:
            return Finding(FAILED, "The signature is damaged.", str(error))
        return Finding(
            UNKNOWN, "The signature was not checked: it cannot cover all of the content.", str(error)
        )
    except (UnknownContextError, BusyError) as error:
        return Finding(UNKNOWN, "The signature could not be checked.", str(error))
    except ComplexityError as error:
        return Finding(FAILED, "The file is too complex to be checked.", f"too complex: {error}")
    if good:
        return Finding(PASSED, "The content is exactly what was signed.", str(proof["cryptosuite"]))
    return Finding(FAILED, "The content was altered after it was signed.", "the signature does not match")
