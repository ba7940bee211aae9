"""What a verification says: checks, their outcomes, and the report that holds them.

A verification result is data. Only `passed` may ever be shown as green; `unknown` means that something could
not be checked, `absent` that there was nothing to check (no status entry; nobody asked about the recipient).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

ESSENTIAL = ("proof", "key", "dates")
"""Checks that must have passed, not merely not failed, before anything may be called verified."""


class Outcome(StrEnum):
    """The four ends a check can come to."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ABSENT = "absent"


SUSPENDED: Final = "suspended"
"""`status` failed, and suspension is all that speaks against the badge: it may come back."""
NOT_BELIEVED: Final = "not believed"
"""`status` failed, and yet nobody who counts says that the badge was withdrawn: the list is not one that its issuer
signed, or not the one that its entry means, or the entry is malformed."""
TOO_LARGE: Final = "too large"
"""`parse` is unknown: nobody looked into it."""
NOTHING_THERE: Final = "nothing there"
"""`parse` is unknown: the address that was given answers that there is nothing (404)."""
TAKEN_AWAY: Final = "taken away"
"""`parse` is unknown: what was at the address that was given is gone for good (410)."""
NOT_OPEN: Final = "not open"
"""`parse` is unknown: the address that was given is not for everybody (401, 403)."""
NOT_READ: Final = "not read"
"""`parse` is unknown: the address that was given could not be read for any other reason."""
A_PAGE: Final = "a page"
"""`parse` failed: at the address that was given stands a page for people, and no badge behind it."""
A_PART: Final = "a part"
"""`parse` failed: that page says of itself that it shows only a part of a badge."""
A_PICTURE: Final = "a picture"
"""`parse` failed: it is a picture without a badge in it, as previews of badges and codes that lead to them are."""
CODES: Final = (
    SUSPENDED,
    NOT_BELIEVED,
    TOO_LARGE,
    NOTHING_THERE,
    TAKEN_AWAY,
    NOT_OPEN,
    NOT_READ,
    A_PAGE,
    A_PART,
    A_PICTURE,
)
"""Every word that a check may have for programs."""


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check: `sentence` is for a visitor, `detail` for an engineer."""

    id: str
    number: int
    title: str
    outcome: Outcome
    sentence: str
    detail: str = ""
    code: str = ""
    """A word for programs where one outcome has several kinds: one of CODES, or none."""
    as_of: str = ""
    """`status`: the day of the issuer's last list (2026-11-30), where it says that no later one will come."""

    def as_dict(self) -> dict[str, Any]:
        """The check as a JSON-ready mapping."""
        return {
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "outcome": str(self.outcome),
            "sentence": self.sentence,
            "detail": self.detail,
            "code": self.code,
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class Inner:
    """A credential inside another one, and what came of checking it: passed, failed or unknown."""

    path: str
    """Where it is: a JSON pointer into the document."""
    outcome: Outcome
    issuer: str
    """Who says it; "" unless its signature is good."""
    detail: str
    name: str = ""
    """What it is called; "" unless its signature is good."""
    check: str = ""
    """The id of the check that it did not pass; "" when it passed, or could not be read at all."""
    code: str = ""
    """That check's word for programs."""

    def as_dict(self) -> dict[str, Any]:
        """The same as a JSON-ready mapping."""
        return {
            "path": self.path,
            "outcome": str(self.outcome),
            "name": self.name,
            "issuer": self.issuer,
            "check": self.check,
            "code": self.code,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one verification at one moment.

    `credential` is the document that was signed (or that its host vouches for), and None unless terms, proof and key
    passed: what nobody signed is not shown. `at` is the moment the dates and the status were judged by.
    """

    checks: tuple[Check, ...]
    credential: Mapping[str, Any] | None
    at: datetime
    container: str = ""
    """What the badge came in: "JSON", "a PNG picture"; "" when nothing could be opened."""
    standard: str = ""
    """What it claims to be: "Open Badges 3.0", "Open Badges 2.0", …; "" when that is not known."""
    readable: bool = True
    """False when there was no badge to judge at all."""
    inner: tuple[Inner, ...] = ()
    """What was found out about each credential inside this one: endorsements, and the parts of a record (CLR)."""
    presented: int = 0
    """How many credentials were given together in one presentation (VCDM 2.0 section 4.13); 0 when it was none.

    One is judged, as that credential; of several nothing is, and they are asked for one by one.
    """
    beside: Report | None = None
    """A second badge in the same picture, of the older version, with its own content and checks."""
    refreshed: Report | None = None
    """The newer form that the issuer's refresh service gave, when it was asked for, and is this badge's successor."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, in order."""
        return tuple(check for check in self.checks if check.outcome is Outcome.FAILED)

    @property
    def unknown(self) -> tuple[Check, ...]:
        """The checks that could not be made, in order."""
        return tuple(check for check in self.checks if check.outcome is Outcome.UNKNOWN)

    def outcome_of(self, check_id: str) -> Outcome:
        """The outcome of the check with that id; KeyError for an id that is not in this report."""
        for check in self.checks:
            if check.id == check_id:
                return check.outcome
        raise KeyError(check_id)

    @property
    def verified(self) -> bool:
        """True only when nothing failed or is unknown, and proof, key and dates passed; so too for `beside`."""
        if self.failed or self.unknown or (self.beside is not None and not self.beside.verified):
            return False
        passed = {check.id for check in self.checks if check.outcome is Outcome.PASSED}
        return passed.issuperset(ESSENTIAL)

    @property
    def exit_code(self) -> int:
        """0 verified; 1 a check failed; 2 nothing failed, but something essential is not known; 3 nothing to judge.

        With a second badge `beside`, the worse of the two.
        """
        if not self.readable:
            return 3
        if self.failed or (self.beside is not None and self.beside.exit_code in (1, 3)):
            return 1
        return 0 if self.verified else 2

    def as_dict(self) -> dict[str, Any]:
        """The whole report as a JSON-ready mapping; docs/report.schema.json describes it."""
        return {
            "verified": self.verified,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "container": self.container,
            "standard": self.standard,
            "presented": self.presented,
            "checks": [check.as_dict() for check in self.checks],
            "inner": [inner.as_dict() for inner in self.inner],
            "credential": self.credential,
            "beside": self.beside.as_dict() if self.beside is not None else None,
            "refreshed": self.refreshed.as_dict() if self.refreshed is not None else None,
        }
