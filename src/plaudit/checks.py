"""The checks themselves, but for the reading: what `plaudit.verify` runs, in its order and with its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from plaudit import recipient, status, terms
from plaudit.did import find_key
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
from plaudit.fetch import Fetch, Limits
from plaudit.keys import PublicKey
from plaudit.model import credential_class
from plaudit.proofs import data_integrity
from plaudit.reading import parse_date_time, parse_json_object
from plaudit.report import Outcome
from plaudit.rules import check_credential

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far in the future validFrom may lie: clocks differ. validUntil is taken at the second."""
MAX_PROOFS: Final = 4
"""Each costs a canonicalisation and a look-up; real badges have one or two."""
MAX_STATUS_ENTRIES: Final = 4
"""Real badges have one, or two: revocation and suspension."""
LIST_ACCEPT: Final = "application/vc, application/vc+ld+json;q=0.9, application/json;q=0.8"

PASSED, FAILED, UNKNOWN, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.ABSENT

_INDEX = re.compile(r"[0-9]{1,12}")
_NOT_TRUSTED: Final = "This was not checked, because the content is not known to be the issuer's."


class Finding(NamedTuple):
    """What one check found: the outcome, a sentence for a visitor, a detail for an engineer."""

    outcome: Outcome
    sentence: str
    detail: str = ""


@dataclass
class Case:
    """One credential under examination; the checks leave here what later ones need."""

    document: Mapping[str, Any]
    fetch: Fetch
    at: datetime
    recipient: str | None = None
    depth: int = 0
    max_depth: int = Limits().depth
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """The issuer's identifier, or "" when the document has none."""
        issuer = self.document.get("issuer")
        identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        return identifier if isinstance(identifier, str) else ""

    def run(self, checks: Mapping[str, Callable[[Case], Finding]]) -> None:
        """Run checks in order, and keep what they find."""
        for name, check in checks.items():
            self.findings[name] = check(self)

    @property
    def is_signed(self) -> bool:
        """Whether the content is known to be what the issuer signed."""
        return all(self.findings[name].outcome is PASSED for name in ("terms", "proof", "key"))


# 2 terms


def check_terms(case: Case) -> Finding:
    unsecured = {name: value for name, value in case.document.items() if name != "proof"}
    try:
        terms.prepare(unsecured)
    except TermsError as error:
        sentence = "The file holds words or values that no signature can cover."
        return Finding(FAILED, sentence, str(error))
    except UnknownContextError as error:
        sentence = "The file uses a vocabulary that is not known here, so its content cannot be judged."
        return Finding(UNKNOWN, sentence, str(error))
    except ComplexityError as error:
        return Finding(FAILED, "The file is too complex to be checked.", f"too complex: {error}")
    return Finding(PASSED, "Every word in the file has a fixed meaning.")


# 3 model


def check_model(case: Case) -> Finding:
    faults = check_credential(case.document)
    if faults:
        detail = "; ".join(map(str, faults[: terms.MAX_FAULTS]))
        if case.findings["terms"].outcome is UNKNOWN:
            return Finding(UNKNOWN, "Whether the badge is complete cannot be judged.", detail)
        return Finding(FAILED, "The badge is not put together as the standard asks.", detail)
    if credential_class(case.document) is None and case.depth == 0:
        types = str(case.document.get("type"))[:200]
        return Finding(UNKNOWN, "This is a credential, but no Open Badge.", f"types {types}")
    return Finding(PASSED, "The badge has everything that the standard asks for.")


# 4 proof and 5 key


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
        good = data_integrity.verify(case.document, proof, key)
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


# 6 dates


def check_dates(case: Case) -> Finding:
    begin, end = (parse_date_time(case.document.get(name)) for name in ("validFrom", "validUntil"))
    if "validFrom" not in case.document and case.findings["terms"].outcome is UNKNOWN:
        return Finding(UNKNOWN, "Since when the badge is valid cannot be judged.", "a model not known here")
    if begin is None and ("validFrom" in case.document or case.depth == 0):
        return Finding(
            FAILED, "The badge does not say since when it is valid.", "validFrom is missing or malformed"
        )
    if end is None and "validUntil" in case.document:
        return Finding(
            FAILED, "The badge does not say clearly until when it is valid.", "validUntil is malformed"
        )
    if begin is not None and begin > case.at + CLOCK_SKEW:
        return Finding(FAILED, "The badge is not valid yet.", f"validFrom {begin.isoformat()}")
    if end is not None and case.at > end:
        return Finding(FAILED, "The badge has expired.", f"validUntil {end.isoformat()}")
    return Finding(PASSED, "The badge is valid today." if end else "The badge is valid, and has no end date.")


# 7 status


def check_status(case: Case) -> Finding:
    if "credentialStatus" not in case.document:
        return Finding(ABSENT, "The badge names no list on which it could be withdrawn.")
    if not case.is_signed:
        return Finding(UNKNOWN, _NOT_TRUSTED)
    entries = case.document["credentialStatus"]
    entries = entries if isinstance(entries, list) else [entries]
    if not entries or len(entries) > MAX_STATUS_ENTRIES:
        sentence = "Whether the badge was withdrawn could not be checked."
        return Finding(UNKNOWN, sentence, f"{len(entries)} status entries")
    findings = [_check_entry(case, entry) for entry in entries]
    order = (FAILED, UNKNOWN, PASSED)
    worst = min(findings, key=lambda finding: order.index(finding.outcome))
    return worst._replace(detail="; ".join(finding.detail for finding in findings))


def _check_entry(case: Case, entry: Any) -> Finding:
    """One status entry (Bitstring Status List 1.0 section 3.2, Validate Algorithm)."""
    sentence = "Whether the badge was withdrawn could not be checked."
    if not isinstance(entry, Mapping) or entry.get("type") not in (
        "BitstringStatusListEntry",
        ["BitstringStatusListEntry"],
    ):
        kind = entry.get("type") if isinstance(entry, Mapping) else entry
        return Finding(UNKNOWN, sentence, f"a status of type {str(kind)[:100]}")
    purpose, index, address = (
        entry.get(name) for name in ("statusPurpose", "statusListIndex", "statusListCredential")
    )
    if purpose not in status.PURPOSES or entry.get("statusSize", 1) != 1:
        return Finding(UNKNOWN, sentence, f"a status with the purpose {str(purpose)[:100]}")
    if isinstance(index, int) and not isinstance(index, bool):
        index = str(index)  # The specification wants a text; others write numbers, and mean the same.
    if not isinstance(index, str) or not _INDEX.fullmatch(index) or not isinstance(address, str):
        return Finding(FAILED, sentence, "a malformed status entry")
    listed = _read_list(case, address)
    if isinstance(listed, Finding):
        return listed
    return _judge_bit(listed, str(purpose), int(index))


def _read_list(case: Case, address: str) -> Mapping[str, Any] | Finding:
    """The status list at an address, verified as a credential of the same issuer; or why there is none."""
    could_not = "The list of withdrawn badges could not be read."
    if case.depth + 1 > case.max_depth:
        return Finding(UNKNOWN, could_not, "too many documents refer to one another")
    try:
        content = parse_json_object(case.fetch(address, LIST_ACCEPT).body)
    except (FetchError, UnreadableError) as error:
        return Finding(UNKNOWN, could_not, str(error))
    inner = Case(content, case.fetch, case.at, depth=case.depth + 1, max_depth=case.max_depth)
    inner.run({"terms": check_terms, "model": check_model, "proof": check_proof, "dates": check_dates})
    not_theirs = "The list of withdrawn badges is not one the issuer signed."
    if inner.issuer != case.issuer:
        return Finding(FAILED, not_theirs, f"the status list is issued by {inner.issuer[:200]}")
    for outcome, sentence in ((FAILED, not_theirs), (UNKNOWN, could_not), (ABSENT, could_not)):
        for name in ("terms", "model", "proof", "key"):
            found = inner.findings[name]
            if found.outcome is outcome:
                detail = f"status list, {name}: {found.detail or found.sentence}"
                return Finding(FAILED if outcome is FAILED else UNKNOWN, sentence, detail)
    if inner.findings["dates"].outcome is not PASSED:
        return Finding(
            UNKNOWN, "The list of withdrawn badges is out of date.", inner.findings["dates"].detail
        )
    return content


def _judge_bit(content: Mapping[str, Any], purpose: str, index: int) -> Finding:
    wrong = "The list of withdrawn badges does not fit this badge."
    types, subject = content.get("type"), content.get("credentialSubject")
    if "BitstringStatusListCredential" not in (types if isinstance(types, list) else [types]):
        return Finding(FAILED, wrong, "not a BitstringStatusListCredential")
    if not isinstance(subject, Mapping) or subject.get("type") not in (
        "BitstringStatusList",
        ["BitstringStatusList"],
    ):
        return Finding(FAILED, wrong, "the subject of the status list is not a BitstringStatusList")
    purposes = subject.get("statusPurpose")
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        return Finding(FAILED, wrong, f"the status list is for {str(purposes)[:100]}, not for {purpose}")
    try:
        bits = status.StatusBits.decode(subject.get("encodedList"))
    except UnreadableError as error:
        return Finding(FAILED, wrong, str(error))
    if bits.size < status.MIN_ENTRIES or index >= bits.size:
        return Finding(FAILED, wrong, f"index {index} in a list of {bits.size} entries")
    if bits.get(index):
        if purpose == "revocation":
            return Finding(FAILED, "The issuer has withdrawn this badge.", f"revoked: bit {index} is set")
        return Finding(FAILED, "The issuer has suspended this badge.", f"suspended: bit {index} is set")
    return Finding(PASSED, "The issuer has not withdrawn this badge.", f"{purpose}: bit {index} is not set")


# 8 recipient


def check_recipient(case: Case) -> Finding:
    if case.recipient is None:
        return Finding(ABSENT, "Nobody asked whom the badge was awarded to.")
    if not case.is_signed:
        return Finding(UNKNOWN, _NOT_TRUSTED)
    subjects = case.document.get("credentialSubject")
    subjects = subjects if isinstance(subjects, list) else [subjects]
    identities = [
        entry
        for subject in subjects
        if isinstance(subject, Mapping)
        for entry in _listed(subject.get("identifier"))
        if isinstance(entry, Mapping)
    ]
    if any(isinstance(subject, Mapping) and subject.get("id") == case.recipient for subject in subjects):
        return Finding(PASSED, "The badge was awarded to this person.", "the id of the subject")
    if not identities:
        return Finding(UNKNOWN, "The badge does not say whom it was awarded to.", "no identity objects")
    if recipient.matches(identities, email=case.recipient, name=case.recipient):
        return Finding(PASSED, "The badge was awarded to this person.", "an identity object matches")
    return Finding(
        FAILED, "The badge was not awarded to this person.", f"none of {len(identities)} identities matches"
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
