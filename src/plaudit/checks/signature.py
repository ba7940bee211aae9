"""Checks 4 and 5: the proof, and the key that made it.

A credential is secured by Data Integrity proofs in it, by a JWT around it, or by both. Of several embedded proofs one
good one is enough (OB 3.0, verification, step 2). A JWT must be good itself: what was made to be read through it is
not believed past it, whatever is inside. A proof that names previous ones is good when those are, whoever made them
(Data Integrity 1.0 section 4.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from plaudit.checks.case import ABSENT, FAILED, PASSED, UNKNOWN, Case, Finding
from plaudit.did import find_jwt_key, find_key
from plaudit.errors import (
    BusyError,
    ComplexityError,
    FetchError,
    KeyRefusedError,
    TermsError,
    UnknownContextError,
    UnreadableError,
    UnsupportedError,
)
from plaudit.keys import PublicKey
from plaudit.proofs import data_integrity, jose

MAX_PROOFS: Final = 4
"""Each costs a canonicalisation and a look-up; real badges have one or two."""


class _ProofFindings(NamedTuple):
    proof: Finding
    key: Finding
    partial: bool = False

    @property
    def rank(self) -> tuple[int, bool]:
        """Best first: one good proof is enough, better one of the whole; then what failed, then the unknown."""
        outcomes = {self.proof.outcome, self.key.outcome}
        return 0 if outcomes == {PASSED} else 1 if FAILED in outcomes else 2, self.partial


_TOO_COMPLEX: Final = "The file is too complex to be checked."
_KEY_NOT_SOUGHT: Final = Finding(UNKNOWN, "The issuer's key was not looked up.")
_KEY_UNKNOWN: Final = Finding(
    UNKNOWN, "The signature was not checked, because the issuer's key is not known."
)


def check_proof(case: Case) -> Finding:
    """Check 4; it leaves check 5 in the findings, since the key is looked up on the way."""
    proofs = data_integrity.all_proofs(case.document)
    if len(proofs) > MAX_PROOFS:
        case.findings["key"] = _KEY_NOT_SOUGHT
        return Finding(UNKNOWN, "The badge has too many signatures to check.", f"{len(proofs)} proofs")
    results = sorted(_judge_proofs(case, proofs), key=lambda result: result.rank)
    if case.token is not None:
        results.insert(0, _judge_token(case, case.token))
    if not results:
        case.findings["key"] = Finding(ABSENT, "There is no signature, so no key was used.")
        return Finding(FAILED, "The badge is not signed.", "there is no proof")
    best = results[0]
    others = [
        f"another proof: {result.proof.outcome}, {result.proof.detail or result.key.detail}"
        for result in results[1:]
    ]
    case.findings["key"] = best.key
    case.partial = best.partial
    return best.proof._replace(detail="; ".join(filter(None, [best.proof.detail, *others])))


def _judge_proofs(case: Case, proofs: list[Any]) -> Iterator[_ProofFindings]:
    """Judge one after the other; a document that was too complex once is not worked through again."""
    for proof in proofs:
        result = _judge_proof(case, proof)
        yield result
        if result.proof.sentence == _TOO_COMPLEX:
            return


def _damaged(detail: str) -> _ProofFindings:
    return _ProofFindings(Finding(FAILED, "The signature is damaged.", detail), _KEY_NOT_SOUGHT)


def _not_known(detail: str) -> _ProofFindings:
    sentence = "The badge is signed in a way that cannot be checked here yet."
    return _ProofFindings(Finding(UNKNOWN, sentence, detail), _KEY_NOT_SOUGHT)


# A JWT around the credential: OB 3.0 section 8.2.5


def _judge_token(case: Case, token: str) -> _ProofFindings:
    if case.domain is not None or case.challenge is not None:
        return _damaged("a JWT around a badge is made for no domain and answers no challenge")
    try:
        jws = jose.read_jws(token)
        credential, header, payload = jose.read_vc_jwt(token)
    except UnreadableError as error:
        return _damaged(str(error))
    if header["alg"] in jose.NOT_KNOWN_HERE:
        return _not_known(f"a JWT signed with {header['alg']}")
    if fault := jose.fault_of_vc_header(header):
        return _damaged(fault)
    if credential != case.document:
        return _damaged("the credential is not the one in the JWT")
    if fault := jose.fault_of_claims(credential, payload, required=jose.must_repeat(header)):
        return _damaged(fault)
    named = str(header.get("kid", "the key in the header"))
    key, finding = _find_key(case, named, lambda: find_jwt_key(case.issuer, header, case.fetch, case.at))
    if key is None:
        return _ProofFindings(_KEY_UNKNOWN, finding)
    if jose.verify(jws, key):
        good = Finding(PASSED, "The content is exactly what was signed.", f"a JWT, {header['alg']}")
        return _ProofFindings(good, finding)
    return _ProofFindings(_altered(), finding)


def _altered() -> Finding:
    return Finding(FAILED, "The content was altered after it was signed.", "the signature does not match")


# A Data Integrity proof: sections 4.4 and 4.6 of its specification


def _judge_proof(case: Case, proof: Any) -> _ProofFindings:
    if not isinstance(proof, Mapping):
        return _damaged("not an object")
    try:
        suite = data_integrity.find_suite(proof)
    except UnsupportedError as error:
        return _not_known(str(error))
    if fault := data_integrity.fault_of_options(proof, case.at, domain=case.domain, challenge=case.challenge):
        return _ProofFindings(
            Finding(FAILED, "The signature is damaged or out of date.", fault), _KEY_NOT_SOUGHT
        )
    method = proof["verificationMethod"]
    key, finding = _find_key(case, method, lambda: find_key(case.issuer, method, case.fetch, case.at))
    if key is None:
        return _ProofFindings(_KEY_UNKNOWN, finding)
    found = _check_signature(case, proof, key)
    if found.outcome is PASSED and "previousProof" in proof:
        found = _check_previous(case, proof, found, (proof,))
    return _ProofFindings(found, finding, suite.name == data_integrity.ECDSA_SD)


def _check_previous(
    case: Case, proof: Mapping[str, Any], found: Finding, chain: tuple[Mapping[str, Any], ...]
) -> Finding:
    """What was found of a proof, unless one that it names as previous is not good under its own maker's key."""
    for previous in data_integrity.previous_proofs(case.document, proof):
        if previous in chain:
            return Finding(FAILED, "The signature is damaged.", "the proofs name each other in a circle")
        judged = _judge_previous(case, previous)
        if judged.outcome is PASSED and "previousProof" in previous:
            judged = _check_previous(case, previous, judged, (*chain, previous))
        if judged.outcome is not PASSED:
            return judged._replace(detail=f"a previous proof: {judged.detail}")
    return found


def _judge_previous(case: Case, proof: Mapping[str, Any]) -> Finding:
    try:
        data_integrity.find_suite(proof)
    except UnsupportedError as error:
        return _not_known(str(error)).proof
    if fault := data_integrity.fault_of_options(proof, case.at):
        return Finding(FAILED, "The signature is damaged or out of date.", fault)
    method = proof["verificationMethod"]
    maker = method.partition("#")[0]
    key, finding = _find_key(case, method, lambda: find_key(maker, method, case.fetch, case.at))
    return _check_signature(case, proof, key) if key is not None else finding


def _find_key(case: Case, method: str, find: Callable[[], PublicKey]) -> tuple[PublicKey | None, Finding]:
    try:
        key = find()
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
        good = (id(proof), key) in case.good
        if not good and data_integrity.verify(case.document, proof, key, walked=case.walked):
            case.good.add((id(proof), key))
            good = True
    except TermsError as error:
        if case.findings["terms"].outcome is PASSED:
            return Finding(FAILED, "The signature is damaged.", str(error))
        return Finding(
            UNKNOWN, "The signature was not checked: it cannot cover all of the content.", str(error)
        )
    except (UnknownContextError, BusyError, UnsupportedError) as error:
        return Finding(UNKNOWN, "The signature could not be checked.", str(error))
    except ComplexityError as error:
        return Finding(FAILED, _TOO_COMPLEX, f"too complex: {error}")
    return (
        Finding(PASSED, "The content is exactly what was signed.", _described(proof)) if good else _altered()
    )


def _described(proof: Mapping[str, Any]) -> str:
    """The cryptosuite, and what a reader should know of this proof."""
    suite = data_integrity.find_suite(proof)
    remarks = [
        suite.remark,
        *(f"made for the {name} {str(proof[name])[:80]}" for name in ("domain",) if name in proof),
    ]
    return ", ".join(filter(None, [suite.name, *remarks]))
