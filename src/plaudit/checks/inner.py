"""Check 9: the credentials inside the credential. Each was signed by itself, and each is verified by itself.

Endorsements of the award, of the achievement and of profiles, as objects or as JWTs (OB 3.0, verification, step 6),
and the parts of a learner record (CLR 2.0). A bad one spoils the whole: who signed the outside has vouched for it.
An endorsement must be about what it stands in: anybody can copy one that was given to another badge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Case, Finding
from plaudit.checks.content import check_dates, check_model, check_terms
from plaudit.checks.signature import check_proof
from plaudit.checks.withdrawal import check_status
from plaudit.containers import Opened, open_object
from plaudit.errors import UnreadableError, UnsupportedError
from plaudit.model import EndorsementCredential, credential_class
from plaudit.proofs import jose
from plaudit.reading import listed
from plaudit.report import Inner, Outcome

MAX_INNER: Final = 16
"""Each costs what a badge costs; a record of more parts is given part by part."""
MAX_NAME: Final = 300
AS_OBJECTS: Final = frozenset({"endorsement", "verifiableCredential"})
AS_TOKENS: Final = frozenset({"endorsementJwt"})
CHECKS: Final = {
    "terms": check_terms,
    "model": check_model,
    "proof": check_proof,
    "dates": check_dates,
    "status": check_status,
}
_ESSENTIAL: Final = ("proof", "key", "dates")


def check_inner(case: Case) -> Finding:
    found = case.walked.found if case.walked is not None else None
    if found is not None and "nothing inside" in found[0].verdicts:
        return _NOTHING
    places = list(_places(case.document, "", _own_names(case.document)))
    if not places:
        if found is not None:
            found[0].verdicts["nothing inside"] = True  # The names of members say so, which the shape fixes.
        return _NOTHING
    if not case.is_signed:
        return Finding(UNKNOWN, NOT_TRUSTED)
    could_not = "Not every signed statement inside the badge could be checked."
    if len(places) > MAX_INNER or case.depth + 1 > case.max_depth:
        return Finding(UNKNOWN, could_not, f"{len(places)} credentials inside, at depth {case.depth + 1}")
    case.inner = tuple(_judge(case, path, value, names) for path, value, names in places)
    detail = "; ".join(f"{one.path}: {one.detail}" for one in case.inner)
    outcomes = {one.outcome for one in case.inner}
    if FAILED in outcomes:
        return Finding(FAILED, "A signed statement inside the badge is not genuine.", detail)
    if UNKNOWN in outcomes:
        return Finding(UNKNOWN, could_not, detail)
    return Finding(PASSED, "Every signed statement inside the badge is genuine.", detail)


_NOTHING: Final = Finding(ABSENT, "Nobody else's signed statement is inside the badge.")


def _own_names(document: Mapping[str, Any]) -> frozenset[Any]:
    """The ids of a credential, its issuer, its subject and what was awarded: an endorsement may be of any of them."""
    subjects = [one for one in listed(document.get("credentialSubject")) if isinstance(one, Mapping)]
    awarded = [one for subject in subjects for one in listed(subject.get("achievement"))]
    found = [document.get("issuer"), *(one.get("id") for one in (document, *subjects))]
    found += [one.get("id") for one in (document.get("issuer"), *awarded) if isinstance(one, Mapping)]
    return frozenset(name for name in found if isinstance(name, str))


def _places(value: Any, path: str, names: frozenset[Any]) -> Iterator[tuple[str, Any, frozenset[Any]]]:
    """Where credentials are, and what they stand in; those inside of them not counted: their own turn comes."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, f"{path}/{index}", names)
        return
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("id"), str):
        names |= {value["id"]}
    for name, item in value.items():
        if name in AS_OBJECTS or name in AS_TOKENS:
            for index, entry in enumerate(listed(item)):
                place = f"{path}/{name}/{index}" if isinstance(item, list) else f"{path}/{name}"
                yield place, entry, names
        elif name != "proof":
            yield from _places(item, f"{path}/{name}", names)


def _judge(case: Case, path: str, value: Any, names: frozenset[Any]) -> Inner:
    try:
        opened = open_object(value, "") if isinstance(value, Mapping) else Opened("", token=str(value))
        token, document = opened.token, opened.content
        if token is not None:
            document = jose.read_vc_jwt(token)[0]
        assert document is not None
    except UnsupportedError as error:
        return Inner(path, UNKNOWN, "", str(error))
    except UnreadableError as error:
        return Inner(path, FAILED, "", str(error))
    inside = Case(document, case.fetch, case.at, token=token, depth=case.depth + 1, max_depth=case.max_depth)
    inside.run(CHECKS)
    _judge_what_is_endorsed(inside, names)
    inside.findings["inner"] = check_inner(inside)
    outcome = _outcome(inside)
    issuer, called = (inside.issuer, _called(document)) if inside.is_signed else ("", "")
    if outcome is PASSED:
        return Inner(path, PASSED, issuer, f"signed by {issuer}", called)
    name, found = next((name, found) for name, found in inside.findings.items() if found.outcome is outcome)
    detail = f"{name}: {found.detail or found.sentence}"
    return Inner(path, outcome, issuer, detail, called, name, found.code)


def _judge_what_is_endorsed(inside: Case, names: frozenset[Any]) -> None:
    """Fail the model of an endorsement of something else than what it stands in (OB 3.0, EndorsementSubject)."""
    subject = inside.document.get("credentialSubject")
    about = subject.get("id") if isinstance(subject, Mapping) else None
    if credential_class(inside.document) is EndorsementCredential and about not in names:
        detail = f"it endorses {str(about)[:200]}, which is not what it stands in"
        inside.findings["model"] = Finding(FAILED, "The endorsement is about something else.", detail)


def _called(document: Mapping[str, Any]) -> str:
    """Its achievement's name, or its own; "" where neither is a plain text."""
    subject = next(iter(listed(document.get("credentialSubject"))), None)
    achievement = subject.get("achievement") if isinstance(subject, Mapping) else None
    for one in (achievement, document):
        name = one.get("name") if isinstance(one, Mapping) else None
        if isinstance(name, str) and name:
            return name[:MAX_NAME]
    return ""


def _outcome(inside: Case) -> Outcome:
    outcomes = {found.outcome for found in inside.findings.values()}
    if FAILED in outcomes:
        return FAILED
    good = all(inside.findings[name].outcome is PASSED for name in _ESSENTIAL)
    return PASSED if good and UNKNOWN not in outcomes else UNKNOWN
