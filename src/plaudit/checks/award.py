"""One award of Open Badges 2.0 under examination, and what is asked of it however it is verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from plaudit import ob2, recipient
from plaudit.checks.addresses import EMPTY, NOT_READ, NoPage, Page, fault_of_scope, read_part
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Finding
from plaudit.checks.content import CLOCK_SKEW
from plaudit.fetch import Fetch
from plaudit.ob2 import Word
from plaudit.reading import listed

MAX_REVOKED: Final = 100_000
"""Entries of a revocation list; 1 MiB holds fewer."""


@dataclass
class Award:
    """One assertion under examination."""

    fetch: Fetch
    at: datetime
    recipient: str | None
    max_depth: int
    findings: dict[str, Finding] = field(default_factory=dict)
    assertion: Page = EMPTY
    badge: Page | NoPage = NOT_READ
    issuer: Page | NoPage = NOT_READ

    @property
    def is_trusted(self) -> bool:
        """Whether the content is known to be the issuer's."""
        return all(self.findings[name].outcome is PASSED for name in ("terms", "proof", "key"))

    def pages(self) -> Iterator[tuple[str, type[Word], Page]]:
        """The documents that could be read: the path to each, and its class."""
        yield "", ob2.Assertion, self.assertion
        if isinstance(self.badge, Page):
            yield "/badge", ob2.BadgeClass, self.badge
        if isinstance(self.issuer, Page):
            yield "/badge/issuer", ob2.Profile, self.issuer

    def read_parts(self) -> None:
        """The badge class and the issuer, each at its own address."""
        self.badge = read_part(self.fetch, self.assertion.content.get("badge"), ob2.BadgeClass)
        if isinstance(self.badge, Page):
            self.issuer = read_part(self.fetch, self.badge.content.get("issuer"), ob2.Profile)

    def missing_part(self) -> Finding | None:
        """What to say when badge class or issuer could not be read."""
        for name, page in (("description of the badge", self.badge), ("issuer's profile", self.issuer)):
            if isinstance(page, NoPage):
                word = "is not where it should be" if page.outcome is FAILED else "could not be read"
                return Finding(page.outcome, f"The {name} {word}.", page.reason)
        return None

    def shown(self) -> Mapping[str, Any] | None:
        """The assertion with badge class and issuer in it, without words that nobody knows."""
        if not self.is_trusted or not isinstance(self.badge, Page) or not isinstance(self.issuer, Page):
            return None
        badge = ob2.known_words(self.badge.content, ob2.BadgeClass)
        issuer = ob2.known_words(self.issuer.content, ob2.Profile)
        assertion = ob2.known_words(self.assertion.content, ob2.Assertion)
        return {**assertion, "badge": {**badge, "issuer": issuer}}


# 2, 3


def check_terms(badge: Award) -> Finding:
    return judge_terms(list(badge.pages()))


def judge_terms(pages: list[tuple[str, type[Word], Page]]) -> Finding:
    foreign: list[str] = []
    for path, _, page in pages:
        if not path or page.address:
            if faults := ob2.check_context(page.content):
                sentence = (
                    "The file uses a vocabulary that is not known here, so its content cannot be judged."
                )
                return Finding(UNKNOWN, sentence, f"{path}{faults[0]}")
            foreign += ob2.foreign_contexts(page.content)
    if "inline" in foreign:
        sentence = "The badge brings its own vocabulary, so its content cannot be judged."
        return Finding(UNKNOWN, sentence, "a context that is written out, and not the published one")
    detail = f"what these define is not shown: {', '.join(foreign[:4])}" if foreign else ""
    return Finding(PASSED, "Only words of the standard are used and shown.", detail)


def check_model(badge: Award) -> Finding:
    finding = judge_model(list(badge.pages()))
    missing = badge.missing_part()
    return finding if missing is None or finding.outcome is FAILED else missing


def judge_model(pages: list[tuple[str, type[Word], Page]]) -> Finding:
    faults: list[str] = []
    for path, cls, page in pages:
        if not path or page.address:
            faults += [f"{path}{fault.path}: {fault.reason}" for fault in ob2.check_context(page.content)]
        for fault in ob2.check_document(page.content, cls):
            if page.is_of_1 and cls is ob2.Profile and "'email'" in fault.reason:
                continue  # Open Badges 1.1 did not ask for it.
            faults.append(f"{path}{fault.path}: {fault.reason}")
    if faults:
        detail = "; ".join(faults[: ob2.MAX_FAULTS])
        return Finding(FAILED, "The badge is not put together as the standard asks.", detail)
    return Finding(PASSED, "The badge has everything that the standard asks for.")


# 6, 8, 9


def check_dates(content: Mapping[str, Any], at: datetime) -> Finding:
    begin, end = (ob2.parse_moment(content.get(name)) for name in ("issuedOn", "expires"))
    if begin is None:
        return Finding(
            FAILED, "The badge does not say when it was issued.", "issuedOn is missing or malformed"
        )
    if end is None and content.get("expires") is not None:
        return Finding(
            FAILED, "The badge does not say clearly until when it is valid.", "expires is malformed"
        )
    if end is not None and end < begin:
        detail = f"expires {end.isoformat()}, issuedOn {begin.isoformat()}"
        return Finding(FAILED, "The badge expired before it was issued.", detail)
    if begin > at + CLOCK_SKEW:
        return Finding(FAILED, "The badge is not valid yet.", f"issuedOn {begin.isoformat()}")
    if end is not None and at > end:
        return Finding(FAILED, "The badge has expired.", f"expires {end.isoformat()}")
    return Finding(PASSED, "The badge is valid today." if end else "The badge is valid, and has no end date.")


def check_recipient(badge: Award) -> Finding:
    asked = badge.recipient
    if asked is None:
        return Finding(ABSENT, "Nobody asked whom the badge was awarded to.")
    if not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    identities = [
        {
            "identityType": _IDENTITY_TYPES[kind],
            "hashed": item.get("hashed") is True,
            "identityHash": item.get("identity"),
            "salt": item.get("salt") or "",
        }
        for item in listed(badge.assertion.content.get("recipient"))
        if isinstance(item, Mapping)
        for kind in {str(kind) for kind in listed(item.get("type"))}
        if kind in _IDENTITY_TYPES
    ]
    if not identities:
        return Finding(UNKNOWN, "The badge does not say whom it was awarded to.", "no identity objects")
    if recipient.matches(identities, email=asked, url=asked, telephone=asked):
        return Finding(PASSED, "The badge was awarded to this person.", "the identity matches")
    return Finding(FAILED, "The badge was not awarded to this person.", "the identity does not match")


_IDENTITY_TYPES: Final = {"email": "emailAddress", "url": "url", "id": "url", "telephone": "telephone"}


def check_endorsements(badge: Award) -> Finding:
    """Every endorsement of award, badge class and issuer, each hosted by its own issuer."""
    entries = [entry for _, _, page in badge.pages() for entry in listed(page.content.get("endorsement", []))]
    if not entries:
        return Finding(ABSENT, "Nobody has endorsed this badge.")
    if not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    if badge.max_depth < 1:
        return Finding(
            UNKNOWN, "The endorsements were not checked.", "too many documents refer to one another"
        )
    endorsed = {address for _, _, page in badge.pages() for address in (page.address, page.content.get("id"))}
    found: dict[str, Finding] = {}
    findings: list[Finding] = []
    for entry in entries:
        # One that is named fifty thousand times is read once, and its megabyte is worked through once.
        name = entry.get("id") if isinstance(entry, Mapping) else entry
        finding = found.get(name) if isinstance(name, str) else None
        findings.append(finding or _check_endorsement(badge, entry, endorsed))
        if isinstance(name, str):
            found[name] = findings[-1]
    for outcome in (FAILED, UNKNOWN):
        for finding in findings:
            if finding.outcome is outcome:
                return finding
    return Finding(PASSED, "All endorsements are their authors' own.", f"{len(findings)} endorsements")


def _check_endorsement(badge: Award, entry: Any, endorsed: set[Any]) -> Finding:
    not_good = "An endorsement is not what it says."
    page = read_part(badge.fetch, entry, ob2.Endorsement)
    if isinstance(page, NoPage):
        if page.gone is not None:
            return Finding(FAILED, "An endorsement was withdrawn.", page.reason)
        sentence = not_good if page.outcome is FAILED else "An endorsement could not be read."
        return Finding(page.outcome, sentence, page.reason)
    if not page.address:
        return Finding(FAILED, not_good, "an endorsement without an address of its own is nobody's word")
    faults = [*ob2.check_context(page.content), *ob2.check_document(page.content, ob2.Endorsement)]
    if faults:
        return Finding(FAILED, not_good, f"{page.address}: {faults[0]}")
    verification, claim = page.content["verification"], page.content["claim"]
    if not any(item in ob2.HOSTED for item in listed(verification.get("type")) if isinstance(item, str)):
        return Finding(UNKNOWN, "An endorsement could not be checked.", f"{page.address}: not hosted")
    if claim.get("id") not in endorsed:
        return Finding(FAILED, not_good, f"{page.address} is about {str(claim.get('id'))[:200]}")
    if (dates := check_dates(page.content, badge.at)).outcome is not PASSED:
        return Finding(FAILED, not_good, f"{page.address}: {dates.detail}")
    if page.content.get("revoked") not in (None, False):
        return Finding(FAILED, "An endorsement was withdrawn.", page.address)
    issuer = read_part(badge.fetch, page.content["issuer"], ob2.Profile)
    if isinstance(issuer, NoPage):
        return Finding(issuer.outcome, "An endorsement's author could not be read.", issuer.reason)
    if fault := fault_of_scope(page.address, issuer):
        return Finding(FAILED, not_good, fault)
    return Finding(PASSED, "The endorsement is its author's own.", page.address)


# 7


def check_hosted_status(content: Mapping[str, Any]) -> Finding:
    if content.get("revoked") not in (None, False):
        return Finding(FAILED, "The issuer has withdrawn this badge.", _reason(content))
    return Finding(PASSED, "The issuer has not withdrawn this badge.", "it still stands at its address")


def _reason(entry: Mapping[str, Any]) -> str:
    reason = entry.get("revocationReason")
    return f"revoked: {reason[:200]}" if isinstance(reason, str) else "revoked, without a reason"


def check_revocation_list(badge: Award) -> Finding:
    could_not = "The list of withdrawn badges could not be read."
    content = badge.assertion.content
    if content.get("revoked") not in (None, False):
        return check_hosted_status(content)
    if not isinstance(badge.issuer, Page) or not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    if badge.issuer.content.get("revocationList") is None:
        return Finding(ABSENT, "The badge names no list on which it could be withdrawn.")
    page = read_part(badge.fetch, badge.issuer.content["revocationList"], ob2.RevocationList)
    if isinstance(page, NoPage):
        return Finding(UNKNOWN, could_not, page.reason)
    if page.is_of_1 and not badge.assertion.is_of_1:
        # There any object is a list, an error message too; so it must go with a badge of its time.
        return Finding(UNKNOWN, could_not, f"{page.address} did not answer with a revocation list")
    faults = ob2.check_document(page.content, ob2.RevocationList)
    stated = page.content.get("issuer", badge.issuer.address)
    entries = page.content.get("revokedAssertions", [])
    if (
        faults
        or stated != badge.issuer.address
        or not isinstance(entries, list)
        or len(entries) > MAX_REVOKED
    ):
        detail = str(faults[0]) if faults else "not a revocation list of this issuer"
        return Finding(UNKNOWN, could_not, f"{page.address}: {detail}")
    names = {content.get(name) for name in ("id", "uid") if isinstance(content.get(name), str)}
    names |= {name.removeprefix("urn:uuid:") for name in names if name}
    for entry in entries:
        stated_names = (
            {entry.get("id"), entry.get("uid")} if isinstance(entry, Mapping) and _is_plain(entry) else {entry}
            if isinstance(entry, str) else set()
        )  # fmt: skip
        if (stated_names - {None}) & names:
            reason = _reason(entry) if isinstance(entry, Mapping) else "revoked, without a reason"
            return Finding(FAILED, "The issuer has withdrawn this badge.", reason)
    return Finding(PASSED, "The issuer has not withdrawn this badge.", f"not among {len(entries)} entries")


def _is_plain(entry: Mapping[str, Any]) -> bool:
    return all(isinstance(entry.get(name, ""), str) for name in ("id", "uid"))
