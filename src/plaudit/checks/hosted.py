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

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from plaudit import ob2, recipient
from plaudit.checks.case import ABSENT, FAILED, NOT_TRUSTED, PASSED, UNKNOWN, Finding, listed
from plaudit.checks.content import CLOCK_SKEW
from plaudit.errors import FetchError, KeyFormatError, UnreadableError
from plaudit.fetch import Budget, Fetch, Limits
from plaudit.keys import PublicKey
from plaudit.ob2 import Word
from plaudit.proofs import jose
from plaudit.reading import is_absolute_iri, parse_json_object

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
ACCEPT: Final = "application/ld+json, application/json;q=0.9"
MAX_KEYS: Final = 4
"""Each is one more address to read; issuers list one, or two while they change it."""
MAX_REVOKED: Final = 100_000
"""Entries of a revocation list; 1 MiB holds fewer."""

_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}|\[[0-9a-f:.]+\]")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Findings = Mapping[str, Finding]


class Origin(NamedTuple):
    """Where an address lies: `port` is None for the usual one of the scheme."""

    host: str
    port: int | None


def origin_of(address: object) -> Origin | None:
    """The origin of a web address, its host in small letters and as A-label.

    None for anything else: no http(s), a user name, a host no name could be, `.` or `..` in the path. Whether an
    address may be read without TLS is for `fetch` to say, so http and https at their usual ports are one origin.
    """
    if not is_absolute_iri(address):
        return None
    try:
        parts = urlsplit(str(address))
        port, host = parts.port, (parts.hostname or "").lower()
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or _DOTS.search(parts.path):
        return None
    if ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host):
        return None
    return Origin(host, None if port == _DEFAULT_PORTS[parts.scheme] else port)


def lies_within(address: str, prefix: str) -> bool:
    """Whether an address is in the scope that `startsWith` names: same origin, and the rest begins alike."""
    origin = origin_of(address)
    if origin is None or origin != origin_of(prefix):
        return False
    rest, scope = (_after_origin(text) for text in (address, prefix))
    return rest.startswith(scope)


def _after_origin(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _allowed(entry: str) -> Origin | None:
    """An entry of `allowedOrigins`: a host, with a port where it is an unusual one; some write a whole origin."""
    return origin_of(entry if "://" in entry else f"https://{entry}/")


class _Page(NamedTuple):
    """A document, and the address that vouches for it ("" when it was only embedded in another)."""

    address: str
    content: Mapping[str, Any]
    is_of_1: bool = False


class _NoPage(NamedTuple):
    """Why there is no document: it cannot be reached, is not one, or is gone for good (`gone` is what was said)."""

    outcome: Any
    reason: str
    gone: bytes | None = None


_EMPTY: Final = _Page("", {})
_NOT_READ: Final = _NoPage(UNKNOWN, "not read")


def _read(fetch: Fetch, address: object, cls: type[Word], *, follow: bool = True) -> _Page | _NoPage:
    """The document at an address, in the words of 2.0, if it is about that address."""
    if origin_of(address) is None:
        return _NoPage(FAILED, f"{str(address)[:200]} is not a web address")
    url = str(address)
    try:
        answer = fetch(url, ACCEPT)
    except FetchError as error:
        return _NoPage(UNKNOWN, str(error), error.body if error.status == 410 else None)
    if answer.status != 200:
        gone = answer.body if answer.status == 410 else None
        return _NoPage(UNKNOWN, f"{url}: answered with status {answer.status}", gone)
    if origin_of(answer.url) != origin_of(url):
        return _NoPage(FAILED, f"{url} redirects to another place, {answer.url[:200]}")
    try:
        found = parse_json_object(answer.body)
    except UnreadableError as error:
        return _NoPage(UNKNOWN, f"{url} did not answer with a document: {error}")
    content = ob2.upgrade(found, cls, url)
    identifier = content.get("id", None if "id" in ob2.required_of(cls) else url)
    if identifier == url:
        return _Page(url, content, content is not found)
    if follow and origin_of(identifier) is not None:
        return _read(fetch, identifier, cls, follow=False)
    return _NoPage(FAILED, f"the document at {url} is about {str(identifier)[:200]}")


def _part(fetch: Fetch, value: Any, cls: type[Word]) -> _Page | _NoPage:
    """What a member names or holds; an embedded object that has a web address is read there."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        return _read(fetch, value, cls)
    if origin_of(value.get("id")) is not None:
        return _read(fetch, value["id"], cls)
    return _Page("", value)


def _is_in_scope(address: str, issuer: _Page) -> str:
    """Why an address is not one the issuer's badges may have; "" when it is (Open Badges 2.0, "Verification")."""
    if not issuer.address:
        return "the issuer has no web address, so no address can be the issuer's"
    policy = issuer.content.get("verification")
    policy = policy if isinstance(policy, Mapping) else {}
    if policy.get("verificationProperty", "id") not in ("id", "@id"):
        return "the issuer's profile wants badges verified by another member than id"
    prefixes, hosts = (
        [item for item in listed(policy[name]) if isinstance(item, str)] if name in policy else None
        for name in ("startsWith", "allowedOrigins")
    )
    if prefixes is not None and not any(lies_within(address, prefix) for prefix in prefixes):
        return f"{address} does not lie within {', '.join(prefixes)[:200]}, as the issuer's profile asks"
    if hosts is None:
        origins = [] if prefixes is not None else [origin_of(issuer.address)]
    else:
        origins = [_allowed(host) for host in hosts]
        if not origins:
            return "the issuer's profile allows no origin"
    if origins and origin_of(address) not in origins:
        return f"{address} is not at {' or '.join(hosts or [issuer.address])[:200]}"
    return ""


@dataclass
class _Badge:
    """One assertion under examination."""

    fetch: Fetch
    at: datetime
    recipient: str | None
    max_depth: int
    findings: dict[str, Finding] = field(default_factory=dict)
    assertion: _Page = _EMPTY
    badge: _Page | _NoPage = _NOT_READ
    issuer: _Page | _NoPage = _NOT_READ

    @property
    def is_trusted(self) -> bool:
        """Whether the content is known to be the issuer's."""
        return all(self.findings[name].outcome is PASSED for name in ("terms", "proof", "key"))

    def pages(self) -> Iterator[tuple[str, type[Word], _Page]]:
        """The documents that could be read: the path to each, and its class."""
        yield "", ob2.Assertion, self.assertion
        if isinstance(self.badge, _Page):
            yield "/badge", ob2.BadgeClass, self.badge
        if isinstance(self.issuer, _Page):
            yield "/badge/issuer", ob2.Profile, self.issuer

    def read_parts(self) -> None:
        """The badge class and the issuer, each at its own address."""
        self.badge = _part(self.fetch, self.assertion.content.get("badge"), ob2.BadgeClass)
        if isinstance(self.badge, _Page):
            self.issuer = _part(self.fetch, self.badge.content.get("issuer"), ob2.Profile)

    def missing_part(self) -> Finding | None:
        """What to say when badge class or issuer could not be read."""
        for name, page in (("description of the badge", self.badge), ("issuer's profile", self.issuer)):
            if isinstance(page, _NoPage):
                word = "is not where it should be" if page.outcome is FAILED else "could not be read"
                return Finding(page.outcome, f"The {name} {word}.", page.reason)
        return None

    def shown(self) -> Mapping[str, Any] | None:
        """The assertion with badge class and issuer in it, without words that nobody knows."""
        if not self.is_trusted or not isinstance(self.badge, _Page) or not isinstance(self.issuer, _Page):
            return None
        badge = ob2.known_words(self.badge.content, ob2.BadgeClass)
        issuer = ob2.known_words(self.issuer.content, ob2.Profile)
        assertion = ob2.known_words(self.assertion.content, ob2.Assertion)
        return {**assertion, "badge": {**badge, "issuer": issuer}}


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
    badge = _Badge(fetch if isinstance(fetch, Budget) else Budget(fetch), at, recipient, max_depth)
    if isinstance(content, str):
        text = content.strip()
        if _COMPACT_JWS.fullmatch(text):
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
    badge = _Badge(fetch if isinstance(fetch, Budget) else Budget(fetch), at, recipient, max_depth)
    return _examine_hosted(badge, url.strip(), None)


def _unread(parse: Finding) -> tuple[Findings, None]:
    rest = Finding(UNKNOWN, "This was not checked, because no badge could be read.")
    return {name: parse if name == "parse" else rest for name in CHECKS}, None


def _finish(badge: _Badge) -> tuple[Findings, Mapping[str, Any] | None]:
    rest = Finding(UNKNOWN, NOT_TRUSTED)
    shown = badge.shown() if badge.findings.keys() >= {"terms", "proof", "key"} else None
    return {name: badge.findings.get(name, rest) for name in CHECKS}, shown


def _examine_json(
    badge: _Badge, pasted: Mapping[str, Any], source: str | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    content = ob2.upgrade(pasted, ob2.Assertion, source) if ob2.is_open_badge_1(pasted) else pasted
    cls = ob2.class_of(content)
    if cls is not ob2.Assertion and (cls is not None or is_absolute_iri(content.get("type"))):
        return _examine_other(badge, content, cls)
    verification = content.get("verification")
    kind = verification.get("type") if isinstance(verification, Mapping) else None
    if any(item in ob2.HOSTED for item in listed(kind) if isinstance(item, str)):
        return _examine_hosted(badge, content.get("id"), content)
    badge.assertion = _Page("", content)
    badge.findings["parse"] = Finding(PASSED, "The file could be read.")
    badge.findings["terms"] = _check_terms(badge)
    badge.findings["model"] = _check_model(badge)
    if any(item in ob2.SIGNED for item in listed(kind) if isinstance(item, str)):
        detail = "verification is by signature, but this is plain JSON and no JWS"
    else:
        detail = "the verification names neither the hosted nor the signed kind"
    badge.findings["proof"] = Finding(FAILED, "The badge is not signed.", detail)
    badge.findings["key"] = Finding(ABSENT, "There is no signature, so no key was used.")
    return _finish(badge)


def _examine_other(
    badge: _Badge, content: Mapping[str, Any], cls: type[Word] | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    """A badge class, a profile or another document by itself: it can be complete, but it awards nothing."""
    badge.findings["parse"] = Finding(PASSED, "The file could be read.")
    pages: list[tuple[str, type[Word], _Page]] = [("", cls or ob2.Assertion, _Page("", content))]
    if cls is ob2.BadgeClass:
        issuer = _part(badge.fetch, content.get("issuer"), ob2.Profile)
        if isinstance(issuer, _Page):
            pages.append(("/issuer", ob2.Profile, issuer))
    badge.findings["terms"] = _judge_terms(pages)
    if cls is None:
        detail = f"type {str(content.get('type'))[:200]}"
        badge.findings["model"] = Finding(UNKNOWN, "This is no Open Badge.", detail)
    else:
        badge.findings["model"] = _judge_model(pages)
    nothing = "This is no award: it gives nothing to anybody."
    for name in ("proof", "key", "dates", "status", "recipient", "inner"):
        badge.findings[name] = Finding(UNKNOWN if name == "proof" else ABSENT, nothing)
    return {name: badge.findings[name] for name in CHECKS}, None


# 4 and 5: where it is hosted, or what signed it


def _examine_hosted(
    badge: _Badge, address: Any, pasted: Mapping[str, Any] | None
) -> tuple[Findings, Mapping[str, Any] | None]:
    findings = badge.findings
    page = _read(badge.fetch, address, ob2.Assertion, follow=False)
    if isinstance(page, _NoPage):
        return _not_hosted(badge, page, pasted)
    badge.assertion = page
    findings["parse"] = Finding(PASSED, "The badge was read anew at its own address.", page.address)
    badge.read_parts()
    findings["terms"] = _check_terms(badge)
    findings["model"] = _check_model(badge)
    verification = page.content.get("verification")
    kind = verification.get("type") if isinstance(verification, Mapping) else None
    if any(item in ob2.HOSTED for item in listed(kind) if isinstance(item, str)):
        sentence = "This is exactly what stands at the badge's own address."
        findings["proof"] = Finding(PASSED, sentence, page.address)
    else:
        detail = f"the document at {page.address} is not of the hosted kind"
        findings["proof"] = Finding(FAILED, "The badge is not signed.", detail)
    findings["key"] = _check_scope(badge)
    findings["status"] = _check_hosted_status(page.content)
    return _check_rest(badge)


def _not_hosted(
    badge: _Badge, page: _NoPage, pasted: Mapping[str, Any] | None
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
    badge.assertion = _Page("", pasted)
    badge.findings["terms"] = _check_terms(badge)
    badge.findings["model"] = _judge_model([("", ob2.Assertion, badge.assertion)])
    sentence = could_not if page.outcome is UNKNOWN else "The badge does not stand at its own address."
    badge.findings["proof"] = Finding(page.outcome, sentence, page.reason)
    return _finish(badge)


def _check_scope(badge: _Badge) -> Finding:
    if missing := badge.missing_part():
        return missing
    assert isinstance(badge.issuer, _Page)
    if fault := _is_in_scope(badge.assertion.address, badge.issuer):
        return Finding(FAILED, "The badge does not stand at one of the issuer's addresses.", fault)
    sentence = "The badge stands at one of the issuer's own addresses."
    return Finding(PASSED, sentence, f"{badge.assertion.address}, issuer {badge.issuer.address}")


def _examine_signed(badge: _Badge, token: str) -> tuple[Findings, Mapping[str, Any] | None]:
    """Open Badges 2.0, "Signed Badges"."""
    try:
        jws = jose.read_jws(token)
        payload = parse_json_object(jws.payload)
    except UnreadableError as error:
        return _unread(Finding(FAILED, "No badge could be read from this.", str(error)))
    findings = badge.findings
    findings["parse"] = Finding(PASSED, "The file could be read.", "a compact JWS")
    content = ob2.upgrade(payload, ob2.Assertion)
    badge.assertion = _Page("", content, content is not payload)
    badge.read_parts()
    findings["terms"] = _check_terms(badge)
    findings["model"] = _check_model(badge)
    findings["proof"], findings["key"] = _check_signature(badge, jws)
    findings["status"] = _check_revocation_list(badge)
    return _check_rest(badge)


def _check_signature(badge: _Badge, jws: jose.Jws) -> tuple[Finding, Finding]:
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
    assert isinstance(badge.issuer, _Page)
    stated = verification.get("creator")
    keys = listed(badge.issuer.content.get("publicKey", [])) if stated is None else [stated]
    if not keys or len(keys) > MAX_KEYS:
        detail = f"{len(keys)} keys come into question"
        return unchecked, Finding(FAILED, "The key that signed this is not one of the issuer's.", detail)
    results = [_check_with(badge.fetch, badge.issuer, item, jws, unchecked) for item in keys]
    return next((result for result in results if result[0].outcome is PASSED), results[0])


def _check_with(
    fetch: Fetch, issuer: _Page, named: Any, jws: jose.Jws, unchecked: Finding
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


def _find_key(fetch: Fetch, issuer: _Page, named: Any) -> PublicKey | Finding:
    """The key under that address, if issuer and key name each other."""
    not_theirs = "The key that signed this is not one of the issuer's."
    if not issuer.address:
        return Finding(
            FAILED, not_theirs, "the issuer has no web address that could say which keys are theirs"
        )
    address = named.get("id") if isinstance(named, Mapping) else named
    page: _Page | _NoPage | None = None
    names: set[Any] = set()
    for item in listed(issuer.content.get("publicKey", [])):
        name = item.get("id") if isinstance(item, Mapping) else item
        if isinstance(item, Mapping) and name == address and "publicKeyPem" in item:
            page = _Page(str(address), item)
        if isinstance(name, str):
            names.add(name)
    if page is None:
        page = _read(fetch, address, ob2.CryptographicKey)
    if isinstance(page, _NoPage):
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


# 2, 3


def _check_terms(badge: _Badge) -> Finding:
    return _judge_terms(list(badge.pages()))


def _judge_terms(pages: list[tuple[str, type[Word], _Page]]) -> Finding:
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


def _check_model(badge: _Badge) -> Finding:
    finding = _judge_model(list(badge.pages()))
    missing = badge.missing_part()
    return finding if missing is None or finding.outcome is FAILED else missing


def _judge_model(pages: list[tuple[str, type[Word], _Page]]) -> Finding:
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


def _check_rest(badge: _Badge) -> tuple[Findings, Mapping[str, Any] | None]:
    badge.findings["dates"] = _check_dates(badge.assertion.content, badge.at)
    badge.findings["recipient"] = _check_recipient(badge)
    badge.findings["inner"] = _check_endorsements(badge)
    return _finish(badge)


def _check_dates(content: Mapping[str, Any], at: datetime) -> Finding:
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


def _check_recipient(badge: _Badge) -> Finding:
    asked = badge.recipient
    if asked is None:
        return Finding(ABSENT, "Nobody asked whom the badge was awarded to.")
    if not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    identities = [
        {
            "identityType": _IDENTITY_TYPES[str(kind)],
            "hashed": item.get("hashed") is True,
            "identityHash": item.get("identity"),
            "salt": item.get("salt") or "",
        }
        for item in listed(badge.assertion.content.get("recipient"))
        if isinstance(item, Mapping)
        for kind in listed(item.get("type"))
        if str(kind) in _IDENTITY_TYPES
    ]
    if not identities:
        return Finding(UNKNOWN, "The badge does not say whom it was awarded to.", "no identity objects")
    if recipient.matches(identities, email=asked, url=asked, telephone=asked):
        return Finding(PASSED, "The badge was awarded to this person.", "the identity matches")
    return Finding(FAILED, "The badge was not awarded to this person.", "the identity does not match")


_IDENTITY_TYPES: Final = {"email": "emailAddress", "url": "url", "id": "url", "telephone": "telephone"}


def _check_endorsements(badge: _Badge) -> Finding:
    """Every endorsement of award, badge class and issuer, each hosted by its own issuer."""
    entries = [
        (entry, page.address or str(page.content.get("id")))
        for _, _, page in badge.pages()
        for entry in listed(page.content.get("endorsement", []))
    ]
    if not entries:
        return Finding(ABSENT, "Nobody has endorsed this badge.")
    if not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    if badge.max_depth < 1:
        return Finding(
            UNKNOWN, "The endorsements were not checked.", "too many documents refer to one another"
        )
    endorsed = {address for _, _, page in badge.pages() for address in (page.address, page.content.get("id"))}
    findings = [_check_endorsement(badge, entry, endorsed) for entry, _ in entries]
    for outcome in (FAILED, UNKNOWN):
        for finding in findings:
            if finding.outcome is outcome:
                return finding
    return Finding(PASSED, "All endorsements are their authors' own.", f"{len(findings)} endorsements")


def _check_endorsement(badge: _Badge, entry: Any, endorsed: set[Any]) -> Finding:
    not_good = "An endorsement is not what it says."
    page = _part(badge.fetch, entry, ob2.Endorsement)
    if isinstance(page, _NoPage):
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
    if (dates := _check_dates(page.content, badge.at)).outcome is not PASSED:
        return Finding(FAILED, not_good, f"{page.address}: {dates.detail}")
    if page.content.get("revoked") not in (None, False):
        return Finding(FAILED, "An endorsement was withdrawn.", page.address)
    issuer = _part(badge.fetch, page.content["issuer"], ob2.Profile)
    if isinstance(issuer, _NoPage):
        return Finding(issuer.outcome, "An endorsement's author could not be read.", issuer.reason)
    if fault := _is_in_scope(page.address, issuer):
        return Finding(FAILED, not_good, fault)
    return Finding(PASSED, "The endorsement is its author's own.", page.address)


# 7


def _check_hosted_status(content: Mapping[str, Any]) -> Finding:
    if content.get("revoked") not in (None, False):
        return Finding(FAILED, "The issuer has withdrawn this badge.", _reason(content))
    return Finding(PASSED, "The issuer has not withdrawn this badge.", "it still stands at its address")


def _reason(entry: Mapping[str, Any]) -> str:
    reason = entry.get("revocationReason")
    return f"revoked: {reason[:200]}" if isinstance(reason, str) else "revoked, without a reason"


def _check_revocation_list(badge: _Badge) -> Finding:
    could_not = "The list of withdrawn badges could not be read."
    content = badge.assertion.content
    if content.get("revoked") not in (None, False):
        return _check_hosted_status(content)
    if not isinstance(badge.issuer, _Page) or not badge.is_trusted:
        return Finding(UNKNOWN, NOT_TRUSTED)
    if badge.issuer.content.get("revocationList") is None:
        return Finding(ABSENT, "The badge names no list on which it could be withdrawn.")
    page = _part(badge.fetch, badge.issuer.content["revocationList"], ob2.RevocationList)
    if isinstance(page, _NoPage):
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
