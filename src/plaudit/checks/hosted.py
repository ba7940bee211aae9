"""The same nine questions asked of an Open Badges 2.0 assertion, hosted or signed.

Open Badges 2.0, "Verification". Nothing that was pasted or baked counts for itself:

  hosted   the assertion is read anew at its own address, and only what stands there is judged and shown; the
           address must lie within what the issuer's profile allows (its own host, when the profile says nothing)
  signed   the compact JWS is checked with a key that the issuer's profile lists and that names the issuer as owner

Addresses are compared as parsed origins, never as texts. A badge class, issuer, key or endorsement whose document
names another address as its identity is read once more there, and that reading counts.

Terms: nothing here is signed as RDF, so no word can slip out of a signature. Words that Open Badges 2.0 and its
known extensions do not define are never shown; a context written out by hand could give known words another
meaning, so with one the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from plaudit import ob2
from plaudit.checks.addresses import NoPage, Page, fault_of_scope, read_page, read_part
from plaudit.checks.award import (
    Award,
    check_dates,
    check_endorsements,
    check_hosted_status,
    check_model,
    check_recipient,
    check_revocation_list,
    check_terms,
    judge_model,
    judge_terms,
)
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Finding
from plaudit.errors import KeyFormatError, UnreadableError
from plaudit.fetch import Budget, Fetch, Limits
from plaudit.keys import PublicKey
from plaudit.ob2 import Word
from plaudit.proofs import jose
from plaudit.reading import is_absolute_iri, listed, parse_json_object

CHECKS: Final = (
    "parse",
    "terms",
    "model",
    "proof",
    "key",
    "dates",
    "status",
    "recipient",
    "inner",
)
MAX_KEYS: Final = 4
"""Each is one more address to read; issuers list one, or two while they change it."""

Findings = Mapping[str, Finding]


def examine(
    content: Mapping[str, Any] | str,
    *,
    fetch: Fetch,
    at: datetime,
    recipient: str | None = None,
    source: str | None = None,
    max_depth: int = Limits().depth,
) -> tuple[Findings, Mapping[str, Any] | None]:
    """Check an Open Badges 2.x or 1.x assertion; nothing about it raises an exception.

    `content` is the assertion as JSON (a mapping, or text), a compact JWS, or the address of a hosted assertion;
    `source` is the address it came from, which was the identity of badges of 1.x. `recipient` is a mail address,
    web address or telephone number. Returns a finding for each of `CHECKS`, and what may be shown: the assertion
    with its badge class and issuer embedded, or None when it is not known to be theirs.
    Raises ValueError when `at` has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    badge = Award(fetch if isinstance(fetch, Budget) else Budget(fetch), at, recipient, max_depth)
    if isinstance(content, str):
        text = content.strip()
        if jose.looks_like_jws(text):
            return _examine_signed(badge, text)
        if not text.startswith("{"):
            return _examine_hosted(badge, text, None)
        try:
            content = parse_json_object(text)
        except UnreadableError as error:
            return _unread(Finding(FAILED, "No badge could be read from this.", str(error)))
    return _examine_json(badge, content, source)


def examine_url(
    url: str, *, fetch: Fetch, at: datetime, recipient: str | None = None, max_depth: int = Limits().depth
) -> tuple[Findings, Mapping[str, Any] | None]:
    """Check the hosted assertion at an address, which is all that some baked pictures hold; as `examine`."""
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    badge = Award(fetch if isinstance(fetch, Budget) else Budget(fetch), at, recipient, max_depth)
    return _examine_hosted(badge, url.strip(), None)


def _unread(parse: Finding) -> tuple[Findings, None]:
    rest = Finding(UNKNOWN, "This was not checked, because no badge could be read.")
    return {name: parse if name == "parse" else rest for name in CHECKS}, None


def _finish(badge: Award) -> tuple[Findings, Mapping[str, Any] | None]:
    rest = Finding(UNKNOWN, NOT_TRUSTED)
    shown = badge.shown() if badge.findings.keys() >= {"terms", "proof", "key"} else None
    return {name: badge.findings.get(name, rest) for name in CHECKS}, shown


def _examine_json(
    badge: Award, pasted: Mapping[str, Any], source: str | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    content = ob2.upgrade(pasted, ob2.Assertion, source) if ob2.is_open_badge_1(pasted) else pasted
    cls = ob2.class_of(content)
    if cls is not ob2.Assertion and (cls is not None or is_absolute_iri(content.get("type"))):
        return _examine_other(badge, content, cls)
    verification = content.get("verification")
    kind = verification.get("type") if isinstance(verification, Mapping) else None
    if any(item in ob2.HOSTED for item in listed(kind) if isinstance(item, str)):
        return _examine_hosted(badge, content.get("id"), content)
    badge.assertion = Page("", content)
    badge.findings["parse"] = Finding(PASSED, "The file could be read.")
    badge.findings["terms"] = check_terms(badge)
    badge.findings["model"] = check_model(badge)
    if any(item in ob2.SIGNED for item in listed(kind) if isinstance(item, str)):
        detail = "verification is by signature, but this is plain JSON and no JWS"
    else:
        detail = "the verification names neither the hosted nor the signed kind"
    badge.findings["proof"] = Finding(FAILED, "The badge is not signed.", detail)
    badge.findings["key"] = Finding(ABSENT, "There is no signature, so no key was used.")
    return _finish(badge)


def _examine_other(
    badge: Award, content: Mapping[str, Any], cls: type[Word] | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    """A badge class, a profile or another document by itself: it can be complete, but it awards nothing."""
    badge.findings["parse"] = Finding(PASSED, "The file could be read.")
    pages: list[tuple[str, type[Word], Page]] = [("", cls or ob2.Assertion, Page("", content))]
    if cls is ob2.BadgeClass:
        issuer = read_part(badge.fetch, content.get("issuer"), ob2.Profile)
        if isinstance(issuer, Page):
            pages.append(("/issuer", ob2.Profile, issuer))
    badge.findings["terms"] = judge_terms(pages)
    if cls is None:
        detail = f"type {str(content.get('type'))[:200]}"
        badge.findings["model"] = Finding(UNKNOWN, "This is no Open Badge.", detail)
    else:
        badge.findings["model"] = judge_model(pages)
    nothing = "This is no award: it gives nothing to anybody."
    for name in ("proof", "key", "dates", "status", "recipient", "inner"):
        badge.findings[name] = Finding(UNKNOWN if name == "proof" else ABSENT, nothing)
    return {name: badge.findings[name] for name in CHECKS}, None


# 4 and 5: where it is hosted, or what signed it


def _examine_hosted(
    badge: Award, address: Any, pasted: Mapping[str, Any] | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    findings = badge.findings
    page = read_page(badge.fetch, address, ob2.Assertion, follow=False)
    if isinstance(page, NoPage):
        return _not_hosted(badge, page, pasted)
    badge.assertion = page
    findings["parse"] = Finding(PASSED, "The badge was read anew at its own address.", page.address)
    badge.read_parts()
    findings["terms"] = check_terms(badge)
    findings["model"] = check_model(badge)
    verification = page.content.get("verification")
    kind = verification.get("type") if isinstance(verification, Mapping) else None
    if any(item in ob2.HOSTED for item in listed(kind) if isinstance(item, str)):
        sentence = "This is exactly what stands at the badge's own address."
        findings["proof"] = Finding(PASSED, sentence, page.address)
    else:
        detail = f"the document at {page.address} is not of the hosted kind"
        findings["proof"] = Finding(FAILED, "The badge is not signed.", detail)
    findings["key"] = _check_scope(badge)
    findings["status"] = check_hosted_status(page.content)
    return _check_rest(badge)


def _not_hosted(
    badge: Award, page: NoPage, pasted: Mapping[str, Any] | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    could_not = "The badge could not be read at its own address."
    if page.gone is not None:
        reason = "HTTP status 410"
        try:
            said = parse_json_object(page.gone).get("revocationReason")
            reason += f": {said[:200]}" if isinstance(said, str) else ""
        except UnreadableError:
            pass
        badge.findings["status"] = Finding(FAILED, "The issuer has withdrawn this badge.", reason)
    if pasted is None:
        badge.findings["parse"] = Finding(page.outcome, could_not, page.reason)
        findings, _ = _unread(badge.findings["parse"])
        return {**findings, **badge.findings}, None
    badge.findings["parse"] = Finding(PASSED, "The file could be read.")
    badge.assertion = Page("", pasted)
    badge.findings["terms"] = check_terms(badge)
    badge.findings["model"] = judge_model([("", ob2.Assertion, badge.assertion)])
    sentence = could_not if page.outcome is UNKNOWN else "The badge does not stand at its own address."
    badge.findings["proof"] = Finding(page.outcome, sentence, page.reason)
    return _finish(badge)


def _check_scope(badge: Award) -> Finding:
    if missing := badge.missing_part():
        return missing
    assert isinstance(badge.issuer, Page)
    if fault := fault_of_scope(badge.assertion.address, badge.issuer):
        return Finding(FAILED, "The badge does not stand at one of the issuer's addresses.", fault)
    sentence = "The badge stands at one of the issuer's own addresses."
    return Finding(PASSED, sentence, f"{badge.assertion.address}, issuer {badge.issuer.address}")


def _examine_signed(badge: Award, token: str) -> tuple[Findings, Mapping[str, Any] | None]:
    """Open Badges 2.0, "Signed Badges"."""
    try:
        jws = jose.read_jws(token)
        payload = parse_json_object(jws.payload)
    except UnreadableError as error:
        return _unread(Finding(FAILED, "No badge could be read from this.", str(error)))
    findings = badge.findings
    findings["parse"] = Finding(PASSED, "The file could be read.", "a compact JWS")
    content = ob2.upgrade(payload, ob2.Assertion)
    badge.assertion = Page("", content, content is not payload)
    badge.read_parts()
    findings["terms"] = check_terms(badge)
    findings["model"] = check_model(badge)
    findings["proof"], findings["key"] = _check_signature(badge, jws)
    findings["status"] = check_revocation_list(badge)
    return _check_rest(badge)


def _check_signature(badge: Award, jws: jose.Jws) -> tuple[Finding, Finding]:
    not_sought = Finding(UNKNOWN, "The issuer's key was not looked up.")
    verification = badge.assertion.content.get("verification")
    verification = verification if isinstance(verification, Mapping) else {}
    if not any(item in ob2.SIGNED for item in listed(verification.get("type")) if isinstance(item, str)):
        return Finding(FAILED, "The signature is damaged.", "a JWS, but not of the signed kind"), not_sought
    if fault := jose.fault_of_header(jws.header):
        return Finding(FAILED, "The signature is damaged or out of date.", fault), not_sought
    unchecked = Finding(UNKNOWN, "The signature was not checked, because the issuer's key is not known.")
    if missing := badge.missing_part():
        return unchecked, missing
    assert isinstance(badge.issuer, Page)
    stated = verification.get("creator")
    keys = listed(badge.issuer.content.get("publicKey", [])) if stated is None else [stated]
    if not keys or len(keys) > MAX_KEYS:
        detail = f"{len(keys)} keys come into question"
        return unchecked, Finding(FAILED, "The key that signed this is not one of the issuer's.", detail)
    results = [_check_with(badge.fetch, badge.issuer, item, jws, unchecked) for item in keys]
    return next((result for result in results if result[0].outcome is PASSED), results[0])


def _check_with(
    fetch: Fetch, issuer: Page, named: Any, jws: jose.Jws, unchecked: Finding
) -> tuple[Finding, Finding]:
    key = _find_key(fetch, issuer, named)
    if isinstance(key, Finding):
        return unchecked, key
    found = Finding(
        PASSED, "The key that signed this belongs to the issuer.", f"{str(named)[:200]}, {issuer.address}"
    )
    if jose.verify(jws, key):
        return Finding(PASSED, "The content is exactly what was signed.", str(jws.header["alg"])), found
    sentence = "The content was altered after it was signed."
    return Finding(FAILED, sentence, "the signature does not match"), found


def _find_key(fetch: Fetch, issuer: Page, named: Any) -> PublicKey | Finding:
    """The key under that address, if issuer and key name each other."""
    not_theirs = "The key that signed this is not one of the issuer's."
    if not issuer.address:
        return Finding(
            FAILED, not_theirs, "the issuer has no web address that could say which keys are theirs"
        )
    address = named.get("id") if isinstance(named, Mapping) else named
    page: Page | NoPage | None = None
    names: set[Any] = set()
    for item in listed(issuer.content.get("publicKey", [])):
        name = item.get("id") if isinstance(item, Mapping) else item
        if isinstance(item, Mapping) and name == address and "publicKeyPem" in item:
            page = Page(str(address), item)
        if isinstance(name, str):
            names.add(name)
    if page is None:
        page = read_page(fetch, address, ob2.CryptographicKey)
    if isinstance(page, NoPage):
        sentence = not_theirs if page.outcome is FAILED else "The issuer's keys could not be read."
        return Finding(page.outcome, sentence, page.reason)
    if not names & {address if isinstance(address, str) else None, page.address}:
        return Finding(FAILED, not_theirs, f"the issuer's profile does not list {page.address[:200]}")
    if page.content.get("owner") != issuer.address:
        owner = str(page.content.get("owner"))[:200]
        return Finding(FAILED, not_theirs, f"the key is owned by {owner}, not by the issuer")
    pem = page.content.get("publicKeyPem")
    try:
        return PublicKey.from_pem(pem if isinstance(pem, str) else "")
    except KeyFormatError as error:
        return Finding(FAILED, "The issuer's key is none that can be used.", str(error))


def _check_rest(badge: Award) -> tuple[Findings, Mapping[str, Any] | None]:
    badge.findings["dates"] = check_dates(badge.assertion.content, badge.at)
    badge.findings["recipient"] = check_recipient(badge)
    badge.findings["inner"] = check_endorsements(badge)
    return _finish(badge)
