"""Check 7: has the issuer withdrawn the badge? The status lists, each verified as a credential itself.

| type of the entry        | what is read                                               | clause                   |
|--------------------------|------------------------------------------------------------|--------------------------|
| BitstringStatusListEntry | a BitstringStatusListCredential, signed by the same issuer | Bitstring Status List §3 |
| StatusList2021Entry      | a StatusList2021Credential, likewise, VCDM 1.1 or 2.0      | its draft of 2023, §4    |
| 1EdTechRevocationList    | a list of revoked credentials' ids, at an address          | VCRL 1.0                 |

A set bit for revocation or suspension fails the check. `refresh` says that there is a newer one, and `message` that
there is something to read, neither that the badge is bad: such an entry passes, and its message is in the detail.
What any other purpose means is not known here, so the outcome is. A list that is not believed fails it too, with a
word of its own: a badge that points to somebody else's list is not sound, and yet nobody has withdrawn it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from plaudit import status
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Case, Finding
from plaudit.checks.content import check_dates, check_model, check_terms
from plaudit.checks.lists import KnownList, lists
from plaudit.checks.signature import check_proof
from plaudit.errors import FetchError, UnreadableError
from plaudit.proofs import jose
from plaudit.reading import listed, parse_json_object
from plaudit.report import NOT_BELIEVED, SUSPENDED

MAX_STATUS_ENTRIES: Final = 4
"""Real badges have one, or two: revocation and suspension."""
LIST_ACCEPT: Final = (
    "application/vc, application/vc+ld+json;q=0.9, application/json;q=0.8, application/vc+jwt;q=0.7"
)

_COULD_NOT: Final = "Whether the badge was withdrawn could not be checked."
_NO_LIST: Final = "The list of withdrawn badges could not be read."
_WRONG_LIST: Final = (
    "Whether the badge was withdrawn could not be checked: the list it names does not fit it."
)
_NOT_THEIRS: Final = (
    "Whether the badge was withdrawn could not be checked: the list it names is not one its issuer signed."
)
_NOT_WITHDRAWN: Final = "The issuer has not withdrawn this badge."
_NOT_WITHDRAWN_THEN: Final = (
    "By the issuer's last list, of {day}, the badge was not withdrawn. What was withdrawn later is not in it."
)
_CLOSED: Final = re.compile(r"\bfrozen on ([0-9]{4}-[0-9]{2}-[0-9]{2})\b")
"""As a static copy of a site says it (docs/operations.md)."""
_REVOKED: Final = ("revokedCredential", "revokedCredentials")
_INDEX = re.compile(r"[0-9]{1,12}")
_TOKEN = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\s*")
_FAMILIES: Final = {
    "BitstringStatusListEntry": ("BitstringStatusListCredential", "BitstringStatusList"),
    "StatusList2021Entry": ("StatusList2021Credential", "StatusList2021"),
}
"""Type of an entry -> types of the list's credential and of its subject."""


def check_status(case: Case) -> Finding:
    if "credentialStatus" not in case.document:
        if case.partial:
            sentence = (
                "Only a part of the badge is shown, and where it could be withdrawn may have been left out."
            )
            return Finding(UNKNOWN, sentence, "a derived proof without credentialStatus")
        return Finding(ABSENT, "The badge names no list on which it could be withdrawn.")
    if not case.is_signed:
        return Finding(UNKNOWN, NOT_TRUSTED)
    entries = listed(case.document["credentialStatus"])
    if not entries or len(entries) > MAX_STATUS_ENTRIES:
        return Finding(UNKNOWN, _COULD_NOT, f"{len(entries)} status entries")
    findings = [_check_entry(case, entry) for entry in entries]
    order, known = (FAILED, UNKNOWN, PASSED), ("", SUSPENDED, NOT_BELIEVED)
    # What is for good comes before what may come back, and both before a list that says nothing.
    worst = min(findings, key=lambda found: (order.index(found.outcome), known.index(found.code)))
    worst = worst._replace(detail="; ".join(finding.detail for finding in findings))
    return _as_of(worst, min((finding.as_of for finding in findings if finding.as_of), default=""))


def _as_of(found: Finding, day: str) -> Finding:
    """A good answer of a list that is the last one holds for its day alone."""
    if found.outcome is not PASSED or not day:
        return found
    return found._replace(sentence=_NOT_WITHDRAWN_THEN.format(day=day), as_of=day)


def _not_believed(sentence: str, detail: str) -> Finding:
    """What fails, and is no word of the issuer's that the badge was withdrawn."""
    return Finding(FAILED, sentence, detail, NOT_BELIEVED)


def _check_entry(case: Case, entry: Any) -> Finding:
    if not isinstance(entry, Mapping):
        return _not_believed(_COULD_NOT, "a malformed status entry")
    types = listed(entry.get("type"))
    for name in _FAMILIES:
        if types == [name]:
            return _check_bitstring_entry(case, entry, name)
    if types == ["1EdTechRevocationList"]:
        return _check_revocation_list(case, entry)
    return Finding(UNKNOWN, _COULD_NOT, f"a status of type {str(entry.get('type'))[:100]}")


# Bitstring Status List 1.0 section 3.2, Validate Algorithm; StatusList2021 says the same in other names


def _check_bitstring_entry(case: Case, entry: Mapping[str, Any], kind: str) -> Finding:
    purpose, index, address = (
        entry.get(name) for name in ("statusPurpose", "statusListIndex", "statusListCredential")
    )
    if isinstance(index, int) and not isinstance(index, bool):
        index = str(index)  # The specification wants a text; others write numbers, and mean the same.
    if not isinstance(index, str) or not _INDEX.fullmatch(index) or not isinstance(address, str):
        return _not_believed(_COULD_NOT, "a malformed status entry")
    if not isinstance(purpose, str) or purpose not in status.PURPOSES | status.REMARKS:
        return Finding(UNKNOWN, _COULD_NOT, f"a status with the purpose {str(purpose)[:100]}")
    size = entry.get("statusSize", 1)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        return _not_believed(_COULD_NOT, f"a status of {str(size)[:40]} bits")
    if size > status.MAX_STATUS_SIZE:
        return Finding(UNKNOWN, _COULD_NOT, f"a status of {str(size)[:40]} bits, which are not read here")
    messages = status.read_messages(entry, size)
    if size != 1 and messages is None:
        return _not_believed(_COULD_NOT, "a status of several bits without a message for each value")
    found = _read_list(case, address)
    if isinstance(found, Finding):
        return found
    value = _value_in_list(found, kind, purpose, int(index), size)
    if isinstance(value, Finding):
        return value
    return _as_of(_judge_value(purpose, int(index), value, messages), _closed_on(found.content))


def _closed_on(content: Mapping[str, Any]) -> str:
    """The day on which the issuer signed its list for the last time, as it says itself; "" of one that goes on.

    Such a list has no end: somebody who leaves the web leaves it behind, and the badges stay as they were that day.
    """
    said = content.get("description")
    found = _CLOSED.search(said) if isinstance(said, str) and "validUntil" not in content else None
    try:
        return date.fromisoformat(found[1]).isoformat() if found else ""
    except ValueError:
        return ""


def _judge_value(purpose: str, index: int, value: int, messages: Mapping[int, str] | None) -> Finding:
    """What a value means (section 2.2): for revocation and suspension only zero is good."""
    place = f"{purpose}: bit {index} is {'set' if value else 'not set'}"
    if purpose == "revocation" and value:
        return Finding(FAILED, "The issuer has withdrawn this badge.", f"revoked: bit {index} is set")
    if purpose == "suspension" and value:
        detail = f"suspended: bit {index} is set"
        return Finding(FAILED, "The issuer has suspended this badge.", detail, SUSPENDED)
    if messages is not None:
        return Finding(
            PASSED, _NOT_WITHDRAWN, f"{purpose}: {value:#x}, {messages.get(value, 'no message')[:200]!r}"
        )
    return Finding(PASSED, _NOT_WITHDRAWN, place)


def _read_list(case: Case, address: str) -> KnownList | Finding:
    """The status list at an address, verified as a credential of the same issuer; or why there is none."""
    if case.depth + 1 > case.max_depth:
        return Finding(UNKNOWN, _NO_LIST, "too many documents refer to one another")
    token = None
    try:
        body = case.fetch(address, LIST_ACCEPT).body
        known = lists.find(body)
        if known is None and _TOKEN.fullmatch(body):
            token = body.decode("ascii").strip()
        if known is not None:
            content = known.content
        else:
            content = jose.read_vc_jwt(token)[0] if token is not None else parse_json_object(body)
    except (FetchError, UnreadableError) as error:
        return Finding(UNKNOWN, _NO_LIST, str(error))
    inner = Case(content, case.fetch, case.at, token=token, depth=case.depth + 1, max_depth=case.max_depth)
    if known is not None:
        inner.findings |= known.findings
        inner.good = known.good
        inner.run({"proof": check_proof, "dates": check_dates})
    else:
        inner.run({"terms": check_terms, "model": check_model, "proof": check_proof, "dates": check_dates})
    if fault := _fault_of_list(case, inner):
        return fault
    if known is None:
        known = KnownList(content, {name: inner.findings[name] for name in ("terms", "model")})
        known.good |= inner.good
        if token is None:
            lists.keep(body, known)
    return known


def _fault_of_list(case: Case, inner: Case) -> Finding | None:
    """Why the credential of a status list is not believed."""
    if inner.issuer != case.issuer:
        return _not_believed(_NOT_THEIRS, f"the status list is issued by {inner.issuer[:200]}")
    for outcome, sentence in ((FAILED, _NOT_THEIRS), (UNKNOWN, _NO_LIST), (ABSENT, _NO_LIST)):
        for name in ("terms", "model", "proof", "key"):
            found = inner.findings[name]
            if found.outcome is outcome:
                detail = f"status list, {name}: {found.detail or found.sentence}"
                return (
                    _not_believed(sentence, detail)
                    if outcome is FAILED
                    else Finding(UNKNOWN, sentence, detail)
                )
    if inner.findings["dates"].outcome is not PASSED:
        return Finding(
            UNKNOWN, "The list of withdrawn badges is out of date.", inner.findings["dates"].detail
        )
    return None


def _value_in_list(known: KnownList, kind: str, purpose: str, index: int, size: int) -> int | Finding:
    """The value at an index of the list, or why the list is not the one the entry means."""
    credential_type, subject_type = _FAMILIES[kind]
    content = known.content
    subject = content.get("credentialSubject")
    if credential_type not in listed(content.get("type")):
        return _not_believed(_WRONG_LIST, f"not a {credential_type}")
    if not isinstance(subject, Mapping) or listed(subject.get("type")) != [subject_type]:
        return _not_believed(_WRONG_LIST, f"the subject of the status list is not a {subject_type}")
    purposes = listed(subject.get("statusPurpose"))
    if purpose not in purposes:
        return _not_believed(_WRONG_LIST, f"the status list is for {str(purposes)[:100]}, not for {purpose}")
    ttl = subject.get("ttl", 0)
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl < 0:
        return _not_believed(_WRONG_LIST, "the ttl of the status list is not a number of milliseconds")
    try:
        bits = known.bits(subject.get("encodedList"), kind == "BitstringStatusListEntry")
    except UnreadableError as error:
        return _not_believed(_WRONG_LIST, str(error))
    if bits.size // size < status.MIN_ENTRIES or index >= bits.size // size:
        return _not_believed(_WRONG_LIST, f"index {index} in a list of {bits.size // size} entries")
    return bits.value(index, size)


# 1EdTech Revocation List 1.0


def _check_revocation_list(case: Case, entry: Mapping[str, Any]) -> Finding:
    """Whether the credential's id is on the list at the entry's id.

    The list is not signed. It is believed because the issuer signed its address, and it must name that issuer. The
    specification calls its member `revokedCredential`; issuers in the field write `revokedCredentials` too.
    """
    address = entry.get("id")
    identifier = case.document.get("id")
    if not isinstance(address, str) or not isinstance(identifier, str):
        return _not_believed(_COULD_NOT, "a malformed status entry")
    try:
        content = parse_json_object(case.fetch(address, LIST_ACCEPT).body)
    except (FetchError, UnreadableError) as error:
        return Finding(UNKNOWN, _NO_LIST, str(error))
    issuer = content.get("issuer")
    if (issuer.get("id") if isinstance(issuer, Mapping) else issuer) != case.issuer:
        return Finding(UNKNOWN, _WRONG_LIST, f"a list of {str(issuer)[:200]}")
    found_in = [content[name] for name in _REVOKED if name in content]
    if not found_in:
        return Finding(UNKNOWN, _NO_LIST, "it lists nothing that could be read")
    entries = [item for value in found_in for item in listed(value)]
    for item in entries:
        found = item if isinstance(item, Mapping) else {"id": item}
        if found.get("id") == identifier and found.get("revoked", True) is not False:
            reason = found.get("revocationReason")
            detail = f"on the list: {str(reason)[:200]}" if reason else "on the list"
            return Finding(FAILED, "The issuer has withdrawn this badge.", detail)
    return Finding(PASSED, _NOT_WITHDRAWN, f"not on the list of {len(entries)} at {urlsplit(address).netloc}")
