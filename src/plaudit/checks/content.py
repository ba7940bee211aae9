"""Checks 2, 3, 6 and 8: the words, the data model, the dates and the recipient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from plaudit import canonical, clr, recipient, terms
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Case, Finding
from plaudit.errors import ComplexityError, TermsError, UnknownContextError
from plaudit.model import credential_class, period_names
from plaudit.reading import listed, parse_date_time
from plaudit.rules import check_credential, fits, names_several
from plaudit.shapes.verdicts import learn

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far in the future validFrom may lie: clocks differ. validUntil is taken at the second."""


_OWN_SCHEMA = re.compile(
    r"https://purl\.imsglobal\.org/spec/(?:ob/v3p0|clr/v2p0)/schema/json(?:-ld)?/"
    r"(?:ob_v3p0|clr_v2p0)_[a-z0-9_]+_schema\.json"
)
"""1EdTech's own schemas of this data model; check 3 asks for what they ask for (tests/plaudit/test_schema.py), but for
their lists of words: which kinds of achievements, results and identifiers there are."""


# 2 terms


def check_terms(case: Case) -> Finding:
    unsecured = {name: value for name, value in case.document.items() if name != "proof"}
    try:
        case.walked = canonical.walk(unsecured)
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
    if _is_like_a_good_one(case):
        return _GOOD_MODEL
    is_record = clr.is_clr(case.document)
    faults = check_credential(case.document) + (clr.check_clr(case.document) if is_record else ())
    if faults:
        detail = "; ".join(map(str, faults[: terms.MAX_FAULTS]))
        if case.findings["terms"].outcome is UNKNOWN:
            return Finding(UNKNOWN, "Whether the badge is complete cannot be judged.", detail)
        return Finding(FAILED, "The badge is not put together as the standard asks.", detail)
    if credential_class(case.document) is None and not is_record and case.depth == 0:
        types = str(case.document.get("type"))[:200]
        return Finding(UNKNOWN, "This is a credential, but no Open Badge.", f"types {types}")
    if unknown := _schemas_not_known(case.document):
        sentence = "The badge asks to be held against rules that are not known here."
        return Finding(UNKNOWN, sentence, f"credentialSchema {unknown}")
    _remember_model(case)
    return _GOOD_MODEL


_GOOD_MODEL: Final = Finding(PASSED, "The badge has everything that the standard asks for.")


def _is_like_a_good_one(case: Case) -> bool:
    """Whether a badge of the same shape passed this check, and this one differs in nothing that the check looks at."""
    found = case.walked.found if case.walked is not None else None
    verdict = found[0].verdicts.get(_verdict_name(case)) if found is not None else None
    if found is None or verdict is None or not _has_plain_proofs(case.document):
        return False
    return bool(verdict.holds(found[1], fits))


def _remember_model(case: Case) -> None:
    found = case.walked.found if case.walked is not None else None
    if found is None or clr.is_clr(case.document) or "credentialSchema" in case.document:
        return
    if names_several(case.document):
        return
    unsecured = {name: value for name, value in case.document.items() if name != "proof"}
    found[0].verdicts[_verdict_name(case)] = learn(
        found[0], unsecured, lambda document, asked: check_credential(document, asked=asked)
    )


def _verdict_name(case: Case) -> str:
    return "model" if case.depth == 0 else "model inside"


def _has_plain_proofs(document: Mapping[str, Any]) -> bool:
    """Whether the proofs, which are no part of a shape, are what no check of the model objects to."""
    return all(isinstance(proof, dict) for proof in listed(document.get("proof", [])))


def _schemas_not_known(document: Mapping[str, Any]) -> str:
    """Those schemas a credential names (VCDM 2.0 section 4.11) that say something else than this check."""
    named = [
        str(schema.get("id"))[:200]
        for schema in listed(document.get("credentialSchema", []))
        if isinstance(schema, Mapping) and not _OWN_SCHEMA.fullmatch(str(schema.get("id")))
    ]
    return ", ".join(named)


# 6 dates


def check_dates(case: Case) -> Finding:
    first, last = period_names(case.document)
    begin, end = (parse_date_time(case.document.get(name)) for name in (first, last))
    if first not in case.document and case.findings["terms"].outcome is UNKNOWN:
        return Finding(UNKNOWN, "Since when the badge is valid cannot be judged.", "a model not known here")
    if begin is None and (first in case.document or case.depth == 0):
        sentence = "The badge does not say since when it is valid."
        return Finding(FAILED, sentence, f"{first} is missing or malformed")
    if end is None and last in case.document:
        sentence = "The badge does not say clearly until when it is valid."
        return Finding(FAILED, sentence, f"{last} is malformed")
    if begin is not None and end is not None and end < begin:
        detail = f"{last} {end.isoformat()}, {first} {begin.isoformat()}"
        return Finding(FAILED, "The badge ended before it began.", detail)
    if begin is not None and begin > case.at + CLOCK_SKEW:
        return Finding(FAILED, "The badge is not valid yet.", f"{first} {begin.isoformat()}")
    if end is not None and case.at > end:
        return Finding(FAILED, "The badge has expired.", f"{last} {end.isoformat()}")
    if end is None and case.partial:
        sentence = "Only a part of the badge is shown, and its end may have been left out."
        return Finding(UNKNOWN, sentence, f"a derived proof without {last}")
    return Finding(PASSED, "The badge is valid today." if end else "The badge is valid, and has no end date.")


# 8 recipient


def check_recipient(case: Case) -> Finding:
    if case.recipient is None:
        return Finding(ABSENT, "Nobody asked whom the badge was awarded to.")
    if not case.is_signed:
        return Finding(UNKNOWN, NOT_TRUSTED)
    subjects = case.document.get("credentialSubject")
    subjects = subjects if isinstance(subjects, list) else [subjects]
    identities = [
        entry
        for subject in subjects
        if isinstance(subject, Mapping)
        for entry in listed(subject.get("identifier"))
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
