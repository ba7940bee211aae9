"""What a verification says: checks, their outcomes, and the report that holds them.

A verification result is data. Only `passed` may ever be shown as green; `unknown` means that something could
not be checked, `absent` that there was nothing to check (no status entry; nobody asked about the recipient).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

ESSENTIAL = ("proof", "key", "dates")
"""Checks that must have passed, not merely not failed, before anything may be called verified."""


class Outcome(StrEnum):
    """The four ends a check can come to."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check: `sentence` is for a visitor, `detail` for an engineer."""

    id: str
    number: int
    title: str
    outcome: Outcome
    sentence: str
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The check as a JSON-ready mapping."""
        return {
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "outcome": str(self.outcome),
            "sentence": self.sentence,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one verification at one moment.

    `credential` is the document that was signed, and None unless terms, proof and key passed: what nobody
    signed is not shown. `at` is the moment the dates and the status were judged by.
    """

    checks: tuple[Check, ...]
    credential: Mapping[str, Any] | None
    at: datetime

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
        """True only when nothing failed or is unknown, and proof, key and dates passed."""
        if self.failed or self.unknown:
            return False
        passed = {check.id for check in self.checks if check.outcome is Outcome.PASSED}
        return passed.issuperset(ESSENTIAL)

    @property
    def exit_code(self) -> int:
        """0 verified; 1 a check failed; 2 nothing failed, but something essential is not known."""
        if self.failed:
            return 1
        return 0 if self.verified else 2

    def as_dict(self) -> dict[str, Any]:
        """The whole report as a JSON-ready mapping."""
        return {
            "verified": self.verified,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "checks": [check.as_dict() for check in self.checks],
            "credential": self.credential,
        }
