"""The verdict on one of our own awards: the library's report, over our own rows instead of the network.

A revocation is a row before it is a bit in a signed list, so the row is asked at once (DECISIONS 22); the
list that programs read follows within seconds.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings

import plaudit
from plaudit import Check, MappedFetch, Outcome, Report, recipient
from plaudit.status import StatusBits
from plaudit_site.awards import statuslists
from plaudit_site.awards.credentials import digest_sri
from plaudit_site.awards.models import Award, Credential, Revocation, StatusEntry, StatusList
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import Issuer

GOOD_FOR = timedelta(seconds=60)
MOST_KEPT = 2000
FILE_CHECKS = ("parse", "terms", "model", "proof", "key")
_DID = re.compile(r"/issuers/([0-9a-z]{26})/did\.json")
_LIST = re.compile(r"/status/([0-9a-z]{26})")


class State(StrEnum):
    AUTHENTIC = "authentic"
    EXPIRED = "expired"
    REVOKED = "revoked"
    INVALID = "invalid"
    # Every check passed, but nobody vouches for who the issuer is.
    UNVOUCHED = "unvouched"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    state: State
    report: Report
    list_signed_at: datetime | None
    # Taken back: by the row, or by the bit of a sound list (a restored older database has no row).
    revoked: bool = False

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


def check(award: Award, now: datetime, *, fresh: bool = False) -> Verdict:
    """The verdict on an award that has a credential. Kept for a minute, unless something changed or `fresh`."""
    credential = award.credential
    if credential is None:
        raise ValueError("an award without a credential has no verdict")
    content = bytes(credential.content)
    digest = hashlib.sha256(content).hexdigest()
    status_list = StatusList.objects.get(pk=credential.status_list_id)
    entry = is_set(credential)
    generation = Issuer.objects.values_list("key_generation", flat=True).get(pk=award.issuer_id)
    key = (digest, credential.sha256, generation, status_list.pk, status_list.signed_generation, entry)
    report = None if fresh else _kept.get(key, now, award.expires_at)
    if report is None:
        report = plaudit.verify(content, fetch=own_documents(), at=now)
        if digest != credential.sha256:
            report = said(report, "proof", Outcome.FAILED, "The stored file is not the one that was signed.")
        _kept.put(key, report)
    if entry:
        report = said(report, "status", Outcome.FAILED, "The issuer has withdrawn this badge.")
    revoked = entry or (_failed(report, "status") and _bit(status_list, credential.status_index))
    state = state_of(report, revoked=revoked, at=now)
    if state is State.AUTHENTIC and not is_vouched_for(award.issuer):
        state = State.UNVOUCHED
    return Verdict(state, report, status_list.signed_at, revoked)


def is_vouched_for(issuer: Issuer) -> bool:
    """Whether the people who run this site stand behind the issuer's name (J48)."""
    return issuer.is_site or issuer.standing == Issuer.Standing.APPROVED


def is_set(credential: Credential) -> bool:
    """Whether the issuer took it back: by its bit, or by the row of the revocation."""
    return (
        StatusEntry.objects.filter(
            status_list_id=credential.status_list_id, index=credential.status_index
        ).exists()
        or Revocation.objects.filter(award_id=credential.award_id).exists()
    )


def _failed(report: Report, name: str) -> bool:
    return any(one.id == name and one.outcome is Outcome.FAILED for one in report.checks)


def _bit(status_list: StatusList, index: int) -> bool:
    """The bit in the list as it was signed; a list that cannot be read withdraws nothing."""
    try:
        encoded = json.loads(bytes(status_list.content))["credentialSubject"]["encodedList"]
        return StatusBits.decode(encoded).get(index)
    except (ValueError, LookupError, TypeError, plaudit.PlauditError):
        return False


def state_of(report: Report, *, revoked: bool, at: datetime) -> State:
    outcomes = {one.id: one.outcome for one in report.checks}
    if any(outcomes[name] is Outcome.FAILED for name in FILE_CHECKS):
        return State.INVALID
    if revoked:
        return State.REVOKED
    if report.credential is None or report.unknown or outcomes["status"] is Outcome.FAILED:
        return State.UNKNOWN
    if outcomes["dates"] is not Outcome.PASSED:
        until = report.credential.get("validUntil")
        ended = isinstance(until, str) and datetime.fromisoformat(until) <= at
        return State.EXPIRED if ended else State.UNKNOWN
    return State.AUTHENTIC if report.verified else State.UNKNOWN


def said(report: Report, check_id: str, outcome: Outcome, sentence: str) -> Report:
    """The same report with another answer of one check."""
    checks = tuple(
        Check(one.id, one.number, one.title, outcome, sentence, one.detail) if one.id == check_id else one
        for one in report.checks
    )
    signed = report.credential if check_id == "status" else None
    return replace(report, checks=checks, credential=signed)


def own_documents() -> MappedFetch:
    """Our key documents and status lists, read from the database; every other address is refused."""
    return MappedFetch(_own, localhost=None if settings.SECURE else settings.SITE_HOST)


def _own(url: str) -> bytes | None:
    if not url.startswith(f"{settings.BASE_URL}/"):
        return None
    path = url.removeprefix(settings.BASE_URL)
    if found := _DID.fullmatch(path):
        issuer = Issuer.objects.filter(public_id=found[1]).first()
        return json.dumps(keys.document(issuer)).encode() if issuer else None
    if found := _LIST.fullmatch(path):
        status_list = StatusList.objects.filter(public_id=found[1]).select_related("issuer").first()
        return list_content(status_list) if status_list else None
    return None


def list_content(status_list: StatusList) -> bytes:
    """The signed list; one that was never signed is signed now, since its first award is out already."""
    if not status_list.content:
        statuslists.sign(status_list)
        status_list.refresh_from_db()
    return bytes(status_list.content)


def belongs_to(verdict: Verdict, address: str) -> bool:
    """J41: whether that mail address is one the badge was signed for."""
    return recipient.matches(_identities(verdict.document), email=address)


def holder_name(verdict: Verdict, stored: str) -> str:
    """The stored name, if it is the one that was signed; otherwise no name (ARCHITECTURE, Names)."""
    return stored if recipient.matches(_identities(verdict.document), name=stored) else ""


def picture_is_signed(verdict: Verdict, picture: bytes) -> bool:
    """Whether this picture is the one whose digest was signed (DECISIONS 9)."""
    related = verdict.document.get("relatedResource") or []
    digests = {one.get("digestSRI") for one in related if isinstance(one, Mapping)}
    return digest_sri(picture) in digests


def _identities(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    subject = document.get("credentialSubject")
    listed = subject.get("identifier") if isinstance(subject, Mapping) else None
    listed = listed if isinstance(listed, list) else [listed]
    return [one for one in listed if isinstance(one, Mapping)]
