"""The verdict on one of our own awards: the library's report, over our own rows instead of the network.

A revocation is a row before it is a bit in a signed list, so the row is asked at once (DECISIONS 22); the
list that programs read follows within seconds.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

import plaudit
from plaudit import Check, Outcome, Report, recipient
from plaudit.report import SUSPENDED
from plaudit_site.asking import NUMBER, Question, in_utc
from plaudit_site.awards import own_documents, signed_names
from plaudit_site.awards.cards import SOON
from plaudit_site.awards.credentials import digest_sri
from plaudit_site.awards.models import Award, Credential, Revocation, StatusEntry, Suspension
from plaudit_site.issuers.models import Issuer

GOOD_FOR = timedelta(seconds=60)
MOST_KEPT = 2000
MOST_PICTURES = 32  # of a hundred kilobytes each
FILE_CHECKS = ("parse", "terms", "model", "proof", "key")


class State(StrEnum):
    AUTHENTIC = "authentic"
    # The same, for two months more at most.
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"
    # Revoked because a later award took its place (ADR 0026).
    REPLACED = "replaced"
    # Taken back for a while: the issuer may reinstate it.
    SUSPENDED = "suspended"
    INVALID = "invalid"
    # Every check passed, but nobody vouches for who the issuer is.
    UNVOUCHED = "unvouched"
    UNKNOWN = "unknown"


GOOD = frozenset({State.AUTHENTIC, State.EXPIRING})
NO_LONGER = frozenset({State.REVOKED, State.REPLACED})
NOT_NOW = NO_LONGER | {State.SUSPENDED}


@dataclass(frozen=True)
class Verdict:
    state: State
    report: Report
    list_signed_at: datetime | None
    # Taken back: by the row, or by the bit of a sound list (a restored older database has no row).
    revoked: bool = False
    # While its list cannot be read: when it last could, and said that the badge holds. None when that is not known.
    last_good: datetime | None = None

    @property
    def document(self) -> Mapping[str, Any]:
        """What was signed; empty when nobody vouches for it."""
        return self.report.credential or {}

    @property
    def at(self) -> datetime:
        return self.report.at


class Kept:
    """The last verdicts of this process, by everything that can change them."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[object, ...], Report] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...], now: datetime, expires_at: datetime | None) -> Report | None:
        with self._lock:
            report = self._rows.get(key)
        if report is None or not timedelta(0) <= now - report.at <= GOOD_FOR:
            return None
        crossed = expires_at is not None and report.at <= expires_at < now
        return None if crossed else report

    def put(self, key: tuple[object, ...], report: Report) -> None:
        with self._lock:
            self._rows[key] = report
            self._rows.move_to_end(key)
            while len(self._rows) > MOST_KEPT:
                self._rows.popitem(last=False)


_kept = Kept()


class Answers:
    """When this process last read in an award's list that it is not revoked, by the key of its credential."""

    def __init__(self) -> None:
        self._at: OrderedDict[int, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, credential: int, at: datetime) -> None:
        with self._lock:
            self._at[credential] = at
            self._at.move_to_end(credential)
            while len(self._at) > MOST_KEPT:
                self._at.popitem(last=False)

    def last(self, credential: int) -> datetime | None:
        with self._lock:
            return self._at.get(credential)


_answers = Answers()


class Around(NamedTuple):
    """What can change the verdict on a credential while its bytes stay, as the driver gave it."""

    key_generation: int
    list_generation: int
    list_signed_at: Any
    suspensions_generation: int | None
    bit: Any
    revocation: Any
    suspension: Any


def check(award: Award, now: datetime, *, fresh: bool = False, around: Around | None = None) -> Verdict:
    """The verdict on an award that has a credential. Kept for a minute, unless something changed or `fresh`.

    `around`: where it was read just now.
    """
    credential = award.credential
    if credential is None:
        raise ValueError("an award without a credential has no verdict")
    content = bytes(credential.content)
    digest = hashlib.sha256(content).hexdigest()
    generation, list_generation, signed_at, held_generation, bit, row, held_row = around or _around(
        credential
    )
    entry, suspended = bool(bit or row), bool(held_row)
    lists = (credential.status_list_id, list_generation, held_generation)
    key = (digest, credential.sha256, generation, *lists, entry, suspended)
    report = None if fresh else _kept.get(key, now, award.expires_at)
    if report is None:
        report = plaudit.verify(content, fetch=own_documents.fetch(), at=now)
        if digest != credential.sha256:
            report = said(report, "proof", Outcome.FAILED, "The stored file is not the one that was signed.")
        _kept.put(key, report)
        if _outcome(report, "status") is Outcome.PASSED:
            _answers.note(credential.pk, now)
    taken, held = _by_the_list(report)
    if entry:
        report = said(report, "status", Outcome.FAILED, "The issuer has withdrawn this badge.")
    elif suspended:
        report = said(report, "status", Outcome.FAILED, "The issuer has suspended this badge.")
    revoked = entry or taken
    state = state_of(report, revoked=revoked, at=now)
    if state in GOOD and not is_vouched_for(award.issuer):
        state = State.UNVOUCHED
    revocation = getattr(award, "revocation", None)
    if state is State.REVOKED and revocation is not None and revocation.renewed_by_id:
        state = State.REPLACED
    if state is State.UNKNOWN and (suspended or held):
        state = State.SUSPENDED
    signed_at = in_utc(signed_at)
    is_open = state is State.UNKNOWN and _outcome(report, "status") is not Outcome.PASSED
    last_good = _last_good(credential, signed_at) if is_open else None
    return Verdict(state, report, signed_at, revoked, last_good)


def _last_good(credential: Credential, signed_at: datetime | None) -> datetime | None:
    """What was read here lately, or what a list that has become too old said while it was none."""
    seen = _answers.last(credential.pk)
    if signed_at is None or signed_at < credential.signed_at or (seen is not None and seen >= signed_at):
        return seen
    then = plaudit.verify(bytes(credential.content), fetch=own_documents.fetch(), at=signed_at)
    return signed_at if _outcome(then, "status") is Outcome.PASSED else seen


def _around(credential: Credential) -> Around:
    found = _AROUND.ask(credential.pk)
    assert found is not None  # its status list is protected as long as the credential is there
    return Around(*found)


def _all_around() -> QuerySet[Credential, Any]:
    bit = StatusEntry.objects.filter(status_list=OuterRef("status_list_id"), index=OuterRef("status_index"))
    row = Revocation.objects.filter(award=OuterRef("award_id"))
    held = Suspension.objects.filter(award=OuterRef("award_id"))
    return (
        Credential.objects.filter(pk=NUMBER)
        .annotate(bit=Exists(bit), row=Exists(row), held_row=Exists(held))
        .values_list(
            "award__issuer__key_generation",
            "status_list__signed_generation",
            "status_list__signed_at",
            "suspension_list__signed_generation",
            "bit",
            "row",
            "held_row",
        )
    )


_AROUND = Question(_all_around(), NUMBER)


def good_until(award: Award, verdict: Verdict) -> datetime:
    """When the verdict is reached anew at the latest, or another one when the award ends, or nears its end, before."""
    ends = award.expires_at
    turns = [ends - SOON, ends] if ends else []
    return min([verdict.at + GOOD_FOR, *(turn for turn in turns if turn > verdict.at)])


def is_vouched_for(issuer: Issuer) -> bool:
    """Whether the people who run this site stand behind the issuer's name (J48)."""
    return issuer.is_site or issuer.standing == Issuer.Standing.APPROVED


def _outcome(report: Report, name: str) -> Outcome:
    return next(one.outcome for one in report.checks if one.id == name)


def _by_the_list(report: Report) -> tuple[bool, bool]:
    """Revoked, suspended: a bit in a list that the issuer signed. What cannot be believed takes nothing back."""
    found = next(one for one in report.checks if one.id == "status")
    failed = found.outcome is Outcome.FAILED
    return failed and not found.code, failed and found.code == SUSPENDED


def state_of(report: Report, *, revoked: bool, at: datetime) -> State:
    outcomes = {one.id: one.outcome for one in report.checks}
    if any(outcomes[name] is Outcome.FAILED for name in FILE_CHECKS):
        return State.INVALID
    if revoked:
        return State.REVOKED
    if report.credential is None or report.unknown or outcomes["status"] is Outcome.FAILED:
        return State.UNKNOWN
    until = report.credential.get("validUntil")
    ends = datetime.fromisoformat(until) if isinstance(until, str) else None
    if outcomes["dates"] is not Outcome.PASSED:
        return State.EXPIRED if ends is not None and ends <= at else State.UNKNOWN
    if not report.verified:
        return State.UNKNOWN
    return State.EXPIRING if ends is not None and ends - at <= SOON else State.AUTHENTIC


def said(report: Report, check_id: str, outcome: Outcome, sentence: str) -> Report:
    """The same report with another answer of one check."""
    checks = tuple(
        Check(one.id, one.number, one.title, outcome, sentence, one.detail) if one.id == check_id else one
        for one in report.checks
    )
    signed = report.credential if check_id == "status" else None
    return replace(report, checks=checks, credential=signed)


def belongs_to(verdict: Verdict, address: str) -> bool:
    """J41: whether that mail address is one the badge was signed for."""
    return recipient.matches(signed_names.identities(verdict.document), email=address)


def holder_name(verdict: Verdict, stored: str) -> str:
    return signed_names.if_signed(verdict.document, stored)


_seen: dict[object, bytes] = {}
"""Pictures by the digest that these very bytes were seen to have: to compare all the bytes of another with them proves
the same as to hash it, and takes a fifth of the time."""


def picture_is_signed(verdict: Verdict, picture: bytes) -> bool:
    """Whether this picture is the one whose digest was signed (DECISIONS 9)."""
    related = verdict.document.get("relatedResource") or []
    digests = {one.get("digestSRI") for one in related if isinstance(one, Mapping)}
    if any(_seen.get(digest) == picture for digest in digests):
        return True
    found = digest_sri(picture)
    if found not in digests:
        return False
    if len(_seen) >= MOST_PICTURES:
        _seen.clear()
    _seen[found] = picture
    return True
