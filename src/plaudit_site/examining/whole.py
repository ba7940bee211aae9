"""All checks, one after the other; whatever looks wrong is looked at once more before it is called so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from plaudit_site.examining import awards, batches, files, history, promises, queues, status_lists
from plaudit_site.examining.findings import Check, Finding, Scope

CHECKS: tuple[Check, ...] = (
    Check("signing keys", files.signing_keys),
    Check("awards", awards.look),
    Check("lists of awards", batches.look),
    Check("status lists", status_lists.look),
    *(Check(name, look) for name, look in queues.ALL),
    Check("uploads", files.uploads),
    Check("badges from elsewhere", files.imported),
    Check("archives", files.archives),
    Check("stray files", files.strays),
    *(Check(name, look) for name, look in promises.ALL),
    Check("history", history.look),
)
MOST_FINDINGS = 10_000
"""Of one check; a database with more needs its backup."""
SETTLE_SECONDS = 2.0
"""Between two looks: a row is read before what hangs on it, and others write meanwhile."""


@dataclass
class Result:
    """What was found; `counted` says how many of what were looked at."""

    findings: list[Finding] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not self.findings


def examine(
    *,
    with_signatures: bool = True,
    tell: Callable[[str, dict[str, int]], None] = lambda _check, _counted: None,
    settle_seconds: float = SETTLE_SECONDS,
) -> Result:
    """Look at everything, changing nothing, while the site runs. `tell(check, counted)` is called now and then."""
    began, result = time.monotonic(), Result()
    for check in CHECKS:

        def counted(what: str, number: int, check: Check = check) -> None:
            result.counted[what] = result.counted.get(what, 0) + number
            tell(check.name, result.counted)

        tell(check.name, result.counted)
        suspects = list(_first(check.look(Scope(with_signatures, counted), None)))
        if suspects:
            time.sleep(settle_seconds)
            rows = sorted({finding.row for finding in suspects})
            again = set(_first(check.look(Scope(with_signatures), rows)))
            result.findings += [finding for finding in suspects if finding in again]
    result.findings = list(_once(result.findings))
    result.seconds = time.monotonic() - began
    return result


def _first(findings: Iterator[Finding]) -> Iterator[Finding]:
    for number, finding in enumerate(findings):
        if number >= MOST_FINDINGS:
            return
        yield finding


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """One picture that is wrong is one finding, however many were awarded with it."""
    seen = set()
    for finding in findings:
        if (finding.what, finding.problem) not in seen:
            seen.add((finding.what, finding.problem))
            yield finding
