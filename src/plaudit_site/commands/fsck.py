"""plaudit-site fsck: everything looked at, what is wrong named. 0: all is sound; 1: something is wrong."""

from __future__ import annotations

import argparse
import json
import sys
import time

from plaudit_site.commands.telling import Line
from plaudit_site.examining import whole
from plaudit_site.examining.findings import Finding
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Site

EVERY_SECONDS = 0.25


def run(options: argparse.Namespace) -> int:
    """The findings on standard output, how far it is on standard error.

    Raises ImproperlyConfigured when this process is not set up as the site was made: all would look wrong.
    """
    site = Site.objects.filter(pk=1).first()
    if site is not None:
        founding.check_site(site)
    line = Line(sys.stderr)
    told = 0.0

    def tell(check: str, counted: dict[str, int]) -> None:
        nonlocal told
        if line.is_terminal and time.monotonic() - told >= EVERY_SECONDS:
            told = time.monotonic()
            line.write(f"{check}: {_counted(counted)}")

    result = whole.examine(with_signatures=not options.quick, tell=tell)
    line.end()
    if options.json:
        json.dump(_as_json(result), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        for finding in result.findings:
            sys.stdout.write(_words(finding))
        sys.stdout.write(f"{_verdict(result)}: {_counted(result.counted)} in {result.seconds:.1f} s\n")
    return 0 if result.sound else 1


def _verdict(result: whole.Result) -> str:
    if result.sound:
        return "All is sound"
    number = len(result.findings)
    return "One thing is wrong" if number == 1 else f"{number} things are wrong"


def _words(finding: Finding) -> str:
    return f"{finding.promise} {finding.what}: {finding.problem}.\n   To mend it: {finding.mend}.\n"


def _counted(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counted.items() if number) or "nothing yet"


def _as_json(result: whole.Result) -> dict[str, object]:
    findings = [
        {"invariant": one.promise, "object": one.what, "problem": one.problem, "mend": one.mend}
        for one in result.findings
    ]
    return {
        "sound": result.sound,
        "findings": findings,
        "counted": result.counted,
        "seconds": round(result.seconds, 2),
    }
