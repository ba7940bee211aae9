"""One credential under examination, and what the checks find out about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from plaudit.canonical import Walked
from plaudit.fetch import Fetch, Limits
from plaudit.keys import PublicKey
from plaudit.report import Inner, Outcome

PASSED, FAILED, UNKNOWN, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.ABSENT

NOT_TRUSTED: Final = "This was not checked, because the content is not known to be the issuer's."


class Finding(NamedTuple):
    """What one check found: the outcome, a sentence for a visitor, a detail for an engineer, a word for programs.

    `as_of` is the day that it is true of, where that is not the day of the check (`plaudit.report.Check`).
    """

    outcome: Outcome
    sentence: str
    detail: str = ""
    code: str = ""
    as_of: str = ""


@dataclass
class Case:
    """One credential under examination; the checks leave here what later ones need."""

    document: Mapping[str, Any]
    fetch: Fetch
    at: datetime
    recipient: str | None = None
    token: str | None = None
    """The compact JWS that the document came in, when that is how it was signed (OB 3.0 section 8.2)."""
    domain: str | None = None
    challenge: str | None = None
    """What the proof must have been made for, when the verifier had asked for it (Data Integrity 1.0 section 4.4)."""
    depth: int = 0
    max_depth: int = Limits().depth
    findings: dict[str, Finding] = field(default_factory=dict)
    partial: bool = False
    """Whether the holder chose what is shown of it (ecdsa-sd-2023): what is missing may have been left out."""
    inner: tuple[Inner, ...] = ()
    """What came of the credentials inside this one."""
    walked: Walked | None = None
    """The document without its proofs, once check 2 has passed, so that the signature's check need not walk again."""

    good: set[tuple[int, PublicKey]] = field(default_factory=set)
    """Signatures known to be good: the identity of a proof in the document, and the key (`plaudit.checks.lists`)."""

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
