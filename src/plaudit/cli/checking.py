"""The commands that look: verify, did read."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from plaudit.cli.files import complain, fetch_of, now, plain, read_file, say
from plaudit.did import resolve
from plaudit.report import (
    A_PAGE,
    A_PART,
    A_PICTURE,
    NOT_OPEN,
    NOT_READ,
    NOTHING_THERE,
    TAKEN_AWAY,
    Report,
)
from plaudit.verify import verify

HEADLINES: Final = {0: "verified", 1: "NOT VERIFIED", 2: "NOT FULLY CHECKED", 3: "NOT READ"}
ADVICE: Final[Mapping[str, str]] = {
    A_PART: "Open the page itself: it says how the badge stands. Ask its holder for the whole badge or its link.",
    A_PAGE: "Give the address of the badge itself, or the file that its holder was given.",
    A_PICTURE: "A preview of a badge or a code to scan is such a picture. Give the address that the code holds, or "
    "that of the page which shows the picture; or ask the badge's holder for its file.",
    NOTHING_THERE: "Compare it with the one you were given, or ask the holder for the badge's file.",
    TAKEN_AWAY: "Ask the holder for the badge's file: if it was kept, it can still be checked.",
    NOT_OPEN: "Ask the holder to show the badge to everybody with the link, or for its file.",
    NOT_READ: "Try again later, or ask the holder for the badge's file.",
}
"""What to do where no badge was read, by the word that the report has for it."""


def _verify(options: argparse.Namespace) -> int:
    badge: str = options.badge
    report = verify(
        badge if badge.startswith(("https://", "http://")) else read_file(badge),
        fetch=fetch_of(options),
        at=options.at or now(),
        recipient=options.recipient,
        refresh=options.refresh,
    )
    if not report.readable and not options.json:
        for line in _not_read(report):
            complain(line)
        return report.exit_code
    say(options, list(_lines(report)), report.as_dict())
    return (report.refreshed or report).exit_code


def _not_read(report: Report) -> Iterator[str]:
    first = report.checks[0]
    if first.code not in ADVICE:
        yield first.detail
        return
    yield first.sentence
    if first.outcome == "unknown":  # of a page its sentence says all
        yield first.detail
    yield ADVICE[first.code]


def _lines(report: Report) -> Iterator[str]:
    yield f"{HEADLINES[report.exit_code]}  (judged at {report.at.isoformat()})"
    for check in report.checks:
        if check.as_of:
            yield f"as of   {check.as_of}, the day of its issuer's last list; what was withdrawn later is not in it"
    if report.standard:
        yield f"form    {report.standard}, in {report.container}"
    if report.credential is not None:
        yield from _names(report.credential)
    for check in report.checks:
        yield f"{check.number}  {check.outcome:<9}{check.title}: {plain(check.sentence)}"
        if check.detail and check.outcome not in ("passed", "absent"):
            yield f"{'':12}{plain(check.detail)}"
    for inner in report.inner:
        yield f"{'':12}{inner.outcome:<9}{plain(inner.name or inner.path)}"
    if report.beside is not None:
        yield "\nThe picture holds a second badge:"
        yield from _lines(report.beside)
    if report.refreshed is not None:
        yield "\nThe issuer has a newer form of it:"
        yield from _lines(report.refreshed)


def _names(credential: Mapping[str, Any]) -> Iterator[str]:
    """An assertion of version 2 names neither: its badge class does, and the profile that was read with it."""
    badge = credential.get("badge")
    if isinstance(badge, Mapping):
        issuer = badge.get("issuer")
        of_issuer = issuer if isinstance(issuer, Mapping) else {"id": issuer}
        named = [of_issuer[name] for name in ("name", "id") if of_issuer.get(name)]
        yield f"badge   {plain(badge.get('name', ''))}"
        yield f"issuer  {plain(', '.join(map(str, named)))}"
        return
    issuer = credential.get("issuer")
    yield f"badge   {plain(credential.get('name', ''))}"
    yield f"issuer  {plain(issuer.get('id') if isinstance(issuer, Mapping) else issuer)}"


def _did_read(options: argparse.Namespace) -> int:
    document = resolve(options.id, fetch_of(options))
    text = plain_json(document)
    say(options, [text], document)
    return 0


def plain_json(value: object) -> str:
    """JSON for a terminal: everything beyond printable ASCII is escaped."""
    return json.dumps(value, indent=2)


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "verify": _verify,
    "did read": _did_read,
}
