"""Anybody's badge is checked: a file, a text or an address, of any issuer (J42).

The answer is the library's report, as data. Our own addresses are read from the database, all others through the
library's guarded fetch, and of those checks only a few run at once in each process: strangers' slow servers hold up
nobody else (DECISIONS 20).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

import plaudit
from plaudit import MappedFetch, WebFetch
from plaudit.containers import PAGES
from plaudit.fetch import Budget, Fetched, Limits, localhost_of, until
from plaudit.report import NOT_BELIEVED, SUSPENDED
from plaudit_site.accounts import throttling
from plaudit_site.backpack import contents, own_addresses, pasting, picturing
from plaudit_site.backpack.unpacking import Piece
from plaudit_site.issuers.models import Issuer

MOST_BYTES = 5 * 1024 * 1024
CHECKS = 30  # for each visitor in ten minutes
CHECKS_SECONDS = 600
AN_ARCHIVE_COUNTS = 5  # of these
MOST_REMOTE = 2
SECONDS = 5
"""When to come again while others' checks are running."""
ARCHIVE_SECONDS = 15.0
"""For the badges of one archive together: whoever gave it waits, and so does one of the few places."""
_places = threading.BoundedSemaphore(MOST_REMOTE)
OF_THE_FILE = ("parse", "terms", "model", "proof", "key")


class Busy(Exception):
    """As many checks as this process makes at once are waiting for other servers: try again in a few seconds."""


class State(StrEnum):
    """What came of it, for a person. Only AUTHENTIC is ever green."""

    # From the best to the worst: of two badges in one picture the worse one counts.
    AUTHENTIC = "authentic"
    # Every check passed, but who the issuer is, nobody here knows.
    GENUINE = "genuine"
    EXPIRED = "expired"
    EARLY = "early"
    UNKNOWN = "unknown"
    # Taken back for a while: its issuer may reinstate it.
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    INVALID = "invalid"
    # A picture, a PDF or a text with no badge in it.
    NOTHING = "nothing"


def may_check(visitor: str, *, counts: int = 1) -> bool:
    """Count a check of a visitor (an IP address), or as many; False when there were too many lately."""
    client = throttling.client_of(visitor)
    return not throttling.too_often(f"verify:{client}", most=CHECKS, seconds=CHECKS_SECONDS, counts=counts)


def verify(given: bytes | str, at: datetime, answered: list[Fetched] | None = None) -> dict[str, Any]:
    """The report on a badge as data (docs/report.schema.json): bytes of a file, or a text or an address.

    What the first address answered is put into `answered`. Raises Busy. Nothing that is in the badge raises anything.
    """
    place = _Place()
    try:
        return _judged(given, at, place, answered)
    finally:
        place.leave()


def verify_with_pictures(given: bytes | str, at: datetime) -> tuple[dict[str, Any], list[bytes]]:
    """The same, and for each badge in it the picture that its issuer signed; b"" where there is none. Raises Busy.

    It is read in the same place, with what the check has left of its time and its fetches (DECISIONS 20).
    """
    place = _Place()
    fetch = Budget(_fetch(place))
    try:
        report = _report(given, at, fetch)
        return report, [
            _picture(one, given if isinstance(given, bytes) else b"", fetch, place)
            for one in (report, report["beside"])
            if one is not None
        ]
    finally:
        place.leave()


def _picture(report: Mapping[str, Any], content: bytes, fetch: Budget, place: _Place) -> bytes:
    credential = report["credential"]
    if not isinstance(credential, Mapping) or state_of({**report, "beside": None}) is State.INVALID:
        return b""
    try:
        return picturing.signed_picture(credential, content, fetch, place.take)
    except Busy:  # the verdict is what was asked for
        return b""


def _judged(
    given: bytes | str,
    at: datetime,
    place: _Place,
    answered: list[Fetched] | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    fetch = _fetch(place)
    return _report(given, at, fetch if answered is None else _Noting(fetch, answered), limits)


def _fetch(place: _Place) -> plaudit.Fetch:
    return MappedFetch(own_addresses.read, _Web(place), None if settings.SECURE else settings.SITE_HOST)


def _report(
    given: bytes | str, at: datetime, fetch: plaudit.Fetch, limits: Limits | None = None
) -> dict[str, Any]:
    meant = pasting.meant(given) if isinstance(given, str) else given
    return plaudit.verify(meant, fetch=fetch, at=at, limits=limits).as_dict()


@dataclass(frozen=True)
class Judged:
    """A file of an archive: its report, or why there is none (words.reason)."""

    name: str
    report: dict[str, Any] | None
    reason: str = ""


def verify_all(pieces: list[Piece], at: datetime) -> list[Judged]:
    """Each badge of an archive by itself, in one of the few places. What ARCHIVE_SECONDS do not suffice for waits."""
    place, end = _Place(), time.monotonic() + ARCHIVE_SECONDS
    found = []
    try:
        for piece in pieces:
            left = end - time.monotonic()
            if piece.reason or left <= 0:
                found.append(Judged(piece.name, None, piece.reason or "time"))
                continue
            try:
                report = _judged(
                    piece.content, at, place, limits=replace(Limits(), seconds=min(Limits().seconds, left))
                )
            except Busy:
                found.append(Judged(piece.name, None, "busy"))
            else:
                found.append(Judged(piece.name, report))
    finally:
        place.leave()
    return found


@dataclass(frozen=True)
class _Noting:
    """A fetch that keeps its first answer but a page: who gave an address may keep what stood there, or behind it."""

    fetch: plaudit.Fetch
    answered: list[Fetched]

    @property
    def allow_localhost(self) -> str | None:
        return localhost_of(self.fetch)

    def until(self, deadline: float) -> _Noting:
        return replace(self, fetch=until(self.fetch, deadline))

    def __call__(self, url: str, accept: str) -> Fetched:
        found = self.fetch(url, accept)
        if not self.answered or self.answered[0].media_type in PAGES:
            self.answered[:] = [found]
        return found


class _Place:
    """One of the few places for those who ask other servers; it is taken with the first address."""

    def __init__(self) -> None:
        self.is_held = False

    def take(self) -> None:
        """Raises Busy."""
        if not self.is_held:
            if not _places.acquire(blocking=False):
                raise Busy
            self.is_held = True

    def leave(self) -> None:
        if self.is_held:
            self.is_held = False
            _places.release()


class _Web:
    """The network, from a place."""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self.fetch: plaudit.Fetch = WebFetch()

    def until(self, deadline: float) -> _Web:
        self.fetch = until(self.fetch, deadline)
        return self

    def __call__(self, url: str, accept: str) -> Fetched:
        self.place.take()
        return self.fetch(url, accept)


def state_of(report: Mapping[str, Any]) -> State:
    """The verdict on a report of `verify`: the worse one where a picture holds two badges."""
    state = _state_of(report)
    if report["beside"] is None:
        return state
    order = list(State)
    return max(state, _state_of(report["beside"]), key=order.index)


def worst_of(judged: Sequence[Judged]) -> State:
    """The verdict on an archive: that on its worst badge. What is no badge counts where there is none."""
    states = [State.UNKNOWN if one.report is None else state_of(one.report) for one in judged]
    badges = [state for state in states if state is not State.NOTHING]
    return max(badges, key=list(State).index, default=State.NOTHING)


def _state_of(report: Mapping[str, Any]) -> State:
    outcomes = {check["id"]: check["outcome"] for check in report["checks"]}
    if outcomes["parse"] != "passed" and not report["container"]:
        return State.NOTHING if outcomes["parse"] == "failed" else State.UNKNOWN
    if "failed" in [outcomes[name] for name in OF_THE_FILE]:
        return State.INVALID
    if outcomes["status"] == "failed":
        # Only a bit in a list that its issuer signed takes a badge back; any other list says nothing of it.
        codes = {check.get("code") for check in report["checks"] if check["id"] == "status"}
        return {SUSPENDED: State.SUSPENDED, NOT_BELIEVED: State.UNKNOWN}.get(codes.pop(), State.REVOKED)
    # Before the dates: “was genuine” is said only where nothing is open (checking.state_of has the same order).
    if report["credential"] is None or "unknown" in outcomes.values() or outcomes["inner"] == "failed":
        return State.UNKNOWN
    if outcomes["dates"] == "failed":
        return State.EXPIRED if _has_ended(report) else State.EARLY
    if not report["verified"] and report["beside"] is None:
        return State.UNKNOWN
    return State.AUTHENTIC if vouched_issuer(report) is not None else State.GENUINE


def _has_ended(report: Mapping[str, Any]) -> bool:
    credential = report["credential"]
    until = credential.get("validUntil") or credential.get("expirationDate") or credential.get("expires")
    try:
        return bool(until) and datetime.fromisoformat(str(until)) <= datetime.fromisoformat(report["at"])
    except (ValueError, TypeError):
        return False


def vouched_issuer(report: Mapping[str, Any]) -> Issuer | None:
    """The issuer of this site that signed it, if the people who run the site stand behind its name (J48)."""
    credential = report["credential"] or {}
    found = contents.issuer_here(credential)
    return found if found is not None and is_vouched_for(found) else None


def is_vouched_for(issuer: Issuer) -> bool:
    return issuer.is_site or issuer.standing == Issuer.Standing.APPROVED
