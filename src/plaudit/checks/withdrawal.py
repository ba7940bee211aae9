"""Check 7: has the issuer withdrawn the badge? The status lists, each verified as a credential itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from plaudit import status
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Case, Finding
from plaudit.checks.content import check_dates, check_model, check_terms
from plaudit.checks.signature import check_proof
from plaudit.errors import FetchError, UnreadableError
from plaudit.reading import parse_json_object

MAX_STATUS_ENTRIES: Final = 4
"""Real badges have one, or two: revocation and suspension."""
LIST_ACCEPT: Final = "application/vc, application/vc+ld+json;q=0.9, application/json;q=0.8"


_INDEX = re.compile(r"[0-9]{1,12}")


def check_status(case: Case) -> Finding:
    if "credentialStatus" not in case.document:
        return Finding(ABSENT, "The badge names no list on which it could be withdrawn.")
    if not case.is_signed:
        return Finding(UNKNOWN, NOT_TRUSTED)
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
