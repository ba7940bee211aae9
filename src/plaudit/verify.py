"""Verifying: one numbered list of checks, each with the clause it comes from.

  1 parse      there is one badge in the input, and it can be read              RFC 8259, RFC 7493; OB 3.0 baking
  2 terms      every word has a meaning, so that the signature covers it        VC Data Integrity 1.0 section 2.4.1
  3 model      it is an Open Badge, with everything such a badge must have      OB 3.0 data model; VCDM 2.0 section 4
  4 proof      the signature belongs to exactly this content                    VC Data Integrity 1.0 section 4.4
  5 key        the signing key is one that the issuer's own document allows     CID 1.0 section 3.3; OB 3.0 section 9
  6 dates      valid now: validFrom, validUntil                                 VCDM 2.0 section 4.9
  7 status     neither revoked nor suspended                                    Bitstring Status List 1.0 section 3.2
  8 recipient  it was awarded to the person asked about                         OB 3.0 IdentityObject
  9 inner      the endorsements and records inside it are genuine themselves    OB 3.0 verification, step 6; CLR 2.0

An Open Badges 2.0 assertion answers the same nine questions by other means (`plaudit.checks.hosted`). The steps of
OB 3.0's own list are 3 (its step 1), 4 and 5 (2), the refresh (3, only when asked for), 6 and 7 (4), 8 (5), 9 (6).

All that can be run is run; nothing stops at the first failure. What was not found out is `unknown`, never `passed`.
Of the addresses that the document names, only the issuer's own is read before its signature is known to be good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from plaudit import canonical
from plaudit.checks.case import ABSENT, FAILED, PASSED, UNKNOWN, Case, Finding
from plaudit.checks.content import check_dates, check_model, check_recipient, check_terms
from plaudit.checks.inner import check_inner
from plaudit.checks.signature import check_proof
from plaudit.checks.withdrawal import check_status
from plaudit.containers import ANY_ACCEPT, Opened, open_input
from plaudit.errors import (
    AmbiguousError,
    FetchError,
    PageError,
    PictureError,
    SeveralError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from plaudit.fetch import Budget, Fetch, Limits
from plaudit.model import standard_of
from plaudit.proofs import jose
from plaudit.reading import listed, parse_date_time
from plaudit.report import (
    A_PAGE,
    A_PART,
    A_PICTURE,
    NOT_OPEN,
    NOT_READ,
    NOTHING_THERE,
    TAKEN_AWAY,
    TOO_LARGE,
    Check,
    Report,
)

_NOT_READ: Final = "This was not checked, because no credential could be read."

TITLES: Final[Mapping[str, str]] = {
    "parse": "The file can be read",
    "terms": "Every word is covered",
    "model": "It is a complete badge",
    "proof": "The content is unaltered",
    "key": "The issuer signed it",
    "dates": "It is valid now",
    "status": "It was not withdrawn",
    "recipient": "It belongs to this person",
    "inner": "What it contains is genuine",
}
"""The checks in order: id and title."""

_NUMBERS: Final = {name: number for number, name in enumerate(TITLES, start=1)}

CHECKS: Final[Mapping[str, Callable[[Case], Finding]]] = {
    "terms": check_terms,
    "model": check_model,
    "proof": check_proof,  # finds "key" on the way
    "dates": check_dates,
    "status": check_status,
    "recipient": check_recipient,
    "inner": check_inner,
}
"""What is run on a credential that could be read, in order."""


def verify(
    document: bytes | str | Mapping[str, Any],
    *,
    fetch: Fetch,
    at: datetime,
    recipient: str | None = None,
    limits: Limits | None = None,
    refresh: bool = False,
    domain: str | None = None,
    challenge: str | None = None,
) -> Report:
    """Check a badge and report; nothing about the badge raises an exception.

    `document` is JSON text, a mapping that was read from JSON, a compact JWS, the bytes of a PNG or SVG picture with a
    badge baked in or of a PDF with one attached, or an https address where any of these is. `fetch` is the only way to
    any address (see `plaudit.fetch`); `at` is the moment to judge by, with a zone. `recipient` is a mail address or a
    name to compare with those the badge was awarded to. With `refresh`, a good badge that names a refresh service is
    asked for anew, and `Report.refreshed` says what came of it. `domain` and `challenge` are what the proof must have
    been made for, when the holder was asked for a fresh one. Raises ValueError when `at` has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    limits = limits or Limits()
    budget = Budget(fetch, limits)
    try:
        opened = open_input(document, budget)
    except (UnreadableError, UnsupportedError, FetchError) as error:
        return _nothing_read(error, at)
    frame = _Frame(budget, at, recipient, limits.depth, domain, challenge)
    with canonical.one_share():
        first, *more = (frame.report(one) for one in opened)
        if refresh:
            first = frame.refresh(first)
    return replace(first, beside=more[0]) if more else first


def _nothing_read(error: Exception, at: datetime) -> Report:
    """The report when check 1 is the end of it."""
    if isinstance(error, AmbiguousError):
        finding = Finding(FAILED, "It holds more than one badge, so it is ambiguous.", str(error))
    elif isinstance(error, TooLargeError):
        finding = Finding(UNKNOWN, "It is too large to be checked here.", str(error), TOO_LARGE)
    elif isinstance(error, UnsupportedError):
        finding = Finding(UNKNOWN, "This is a kind of badge that cannot be checked here.", str(error))
    elif isinstance(error, FetchError):
        finding = _not_fetched(error)
    elif isinstance(error, PageError) and error.is_part:
        sentence = "This address shows only a part of a badge, and nothing that could be checked elsewhere."
        finding = Finding(FAILED, sentence, str(error), A_PART)
    elif isinstance(error, PageError):
        finding = Finding(FAILED, "This address is a page for people, without a badge.", str(error), A_PAGE)
    elif isinstance(error, PictureError):
        finding = Finding(FAILED, "This is a picture without a badge in it.", str(error), A_PICTURE)
    else:
        finding = Finding(FAILED, "No badge could be read from this.", str(error))
    readable = isinstance(error, AmbiguousError | UnsupportedError | TooLargeError)
    presented = error.number if isinstance(error, SeveralError) else 0
    container = error.container if isinstance(error, AmbiguousError) else ""
    findings = _numbered({"parse": finding})
    return Report(findings, None, at, container=container, readable=readable, presented=presented)


def _not_fetched(error: FetchError) -> Finding:
    """Why nothing was read at the address that was given, as far as its server says."""
    sentence, code = _STATUS.get(error.status or 0, ("The address could not be read.", NOT_READ))
    return Finding(UNKNOWN, sentence, str(error), code)


_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    401: ("This address is not open to everybody.", NOT_OPEN),
    403: ("This address is not open to everybody.", NOT_OPEN),
    404: ("There is nothing at this address.", NOTHING_THERE),
    410: ("What was at this address has been taken away.", TAKEN_AWAY),
}


def _numbered(findings: Mapping[str, Finding]) -> tuple[Check, ...]:
    not_run = Finding(UNKNOWN, _NOT_READ)
    return tuple([_check(name, findings.get(name, not_run)) for name in TITLES])


def _check(name: str, finding: Finding) -> Check:
    return _known_check(name, finding) if len(finding.detail) <= _LONGEST_KNOWN else _new_check(name, finding)


def _new_check(name: str, finding: Finding) -> Check:
    return Check(name, _NUMBERS[name], TITLES[name], *finding)


_LONGEST_KNOWN: Final = 300
_known_check = lru_cache(maxsize=256)(_new_check)
"""The same few things are found of all badges of an issuer."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all badges of one verification share."""

    fetch: Budget
    at: datetime
    recipient: str | None
    depth: int
    domain: str | None = None
    challenge: str | None = None

    def report(self, opened: Opened) -> Report:
        """The report on one badge, whatever it came in."""
        try:
            content = _content_of(opened)
        except (UnreadableError, UnsupportedError) as error:
            return _nothing_read(error, self.at)
        if content is None or _is_open_badge_2(content):
            return self.report_2(opened, content)
        case = Case(content, self.fetch, self.at, self.recipient, opened.token, max_depth=self.depth)
        case.domain, case.challenge = self.domain, self.challenge
        case.findings["parse"] = Finding(PASSED, "The badge could be read.", f"from {opened.container}")
        case.run(CHECKS)
        return Report(
            _numbered(_with_presentation(case.findings, opened)),
            content if case.is_signed else None,
            self.at,
            container=opened.container,
            standard=standard_of(content),
            inner=case.inner,
            presented=opened.presented,
        )

    def report_2(self, opened: Opened, content: Mapping[str, Any] | None) -> Report:
        """The report on an assertion of Open Badges 2 or 1: its own checks, under the same numbers."""
        from plaudit import ob2
        from plaudit.checks import hosted

        findings, shown = hosted.examine(
            opened.token or opened.address or content or {},
            fetch=self.fetch,
            at=self.at,
            recipient=self.recipient,
            source=opened.source,
            max_depth=self.depth,
        )
        if self.domain is not None or self.challenge is not None:
            reason = "Open Badges 2.0 knows neither domains nor challenges"
            findings = {
                **findings,
                "proof": Finding(FAILED, "The badge was not signed for this request.", reason),
            }
            shown = None
        version = "1" if content is not None and ob2.is_open_badge_1(content) else "2.0"
        return Report(
            _numbered(_with_presentation(findings, opened)),
            shown,
            self.at,
            container=opened.container,
            standard=f"Open Badges {version}",
            presented=opened.presented,
        )

    def refresh(self, report: Report) -> Report:
        """The report with what the issuer's refresh service gave, if that is a successor."""
        address = _refresh_address(report.credential)
        if report.credential is None or address is None:
            return report
        try:
            opened = open_input(self.fetch(address, ANY_ACCEPT).body, self.fetch)
        except (FetchError, UnreadableError, UnsupportedError):
            return report  # OB 3.0: if the refresh is not successful, go on with the original.
        newer = self.report(opened[0])
        return replace(report, refreshed=newer) if _succeeds(newer, report.credential) else report


def _with_presentation(findings: Mapping[str, Finding], opened: Opened) -> Mapping[str, Finding]:
    """The findings, and that nobody looked at who presents the badge: its own verdict stands without that."""
    found = findings.get("recipient")
    if not opened.presentation or found is None:
        return findings
    if found.outcome is ABSENT:
        return {**findings, "recipient": Finding(ABSENT, opened.presentation)}
    detail = "; ".join(filter(None, (found.detail, opened.presentation)))
    return {**findings, "recipient": found._replace(detail=detail)}


def _content_of(opened: Opened) -> Mapping[str, Any] | None:
    """The JSON object in it, of whatever version; None for an address alone."""
    if opened.token is None:
        return opened.content
    payload = jose.read_payload(opened.token)
    if "vp" in payload or "VerifiablePresentation" in listed(payload.get("type")):
        raise UnsupportedError("a presentation as a JWT; give the credentials in it one by one")
    return payload if _is_open_badge_2(payload) else jose.read_vc_jwt(opened.token)[0]


def _is_open_badge_2(content: Mapping[str, Any]) -> bool:
    from plaudit import ob2  # 20 ms, as above, that nobody pays who only issues

    return ob2.is_open_badge_2(content) or (not standard_of(content) and ob2.class_of(content) is not None)


def _refresh_address(credential: Mapping[str, Any] | None) -> str | None:
    services = listed((credential or {}).get("refreshService", []))
    for service in services:
        if isinstance(service, Mapping) and "1EdTechCredentialRefresh" in listed(service.get("type")):
            address = service.get("id")
            return address if isinstance(address, str) else None
    return None


def _succeeds(newer: Report, older: Mapping[str, Any]) -> bool:
    """Whether a refreshed badge is the same one, later: same issuer, id and subject, and a good signature."""
    document = newer.credential
    if document is None or newer.standard != standard_of(older) or document.get("id") != older.get("id"):
        return False
    same = all(
        _identifier(document.get(name)) == _identifier(older.get(name))
        for name in ("issuer", "credentialSubject")
    )
    begins = [parse_date_time(one.get("validFrom", one.get("issuanceDate"))) for one in (older, document)]
    return same and begins[0] is not None and begins[1] is not None and begins[0] < begins[1]


def _identifier(value: Any) -> Any:
    return value.get("id") if isinstance(value, Mapping) else value
