"""Checking Open Badges 2.0: what is hosted counts only where it stands, what is signed only by the issuer's key."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaudit import KeyType, PrivateKey, ob2
from plaudit.checks.addresses import Origin, Page, fault_of_scope, lies_within, origin_of
from plaudit.checks.hosted import CHECKS, Findings, examine, examine_url
from plaudit.errors import FetchError
from plaudit.fetch import Budget, Fetched, Limits, offline
from plaudit.issue_ob2 import sign_assertion, withdrawn
from plaudit.proofs import jose
from plaudit.report import Outcome
from tests.plaudit.guild2 import (
    ADDRESS,
    ASSERTION_2,
    BADGE,
    ISSUER2,
    KEY,
    OUTSIDE,
    REVOKED,
    Web,
    hosted_web,
    rsa_key,
    signed_web,
    token,
)
from tests.plaudit.samples import AT, DAY, EMAIL, key_of

PASSED, FAILED, UNKNOWN, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.ABSENT


def hosted(
    web: dict[str, Any] | None = None, content: Any = None, **options: Any
) -> tuple[Findings, Mapping[str, Any] | None]:
    web = hosted_web() if web is None else web
    content = web.get(ADDRESS, {}) if content is None else content
    return examine(content, **{"fetch": Web(web), "at": AT} | options)


def signed(
    web: dict[str, Any] | None = None, jws: str | None = None, **options: Any
) -> tuple[Findings, Mapping[str, Any] | None]:
    return examine(jws or token(), **{"fetch": Web(web or signed_web()), "at": AT} | options)


def is_good(findings: Findings) -> bool:
    outcomes = {finding.outcome for finding in findings.values()}
    return not outcomes & {FAILED, UNKNOWN} and all(
        findings[name].outcome is PASSED for name in ("proof", "key", "dates")
    )


def changed(name: str, path: str, value: Any, web: dict[str, Any] | None = None) -> dict[str, Any]:
    """The web with one member of one document changed; None takes it away."""
    web = hosted_web() if web is None else web
    target = web[name]
    *parents, last = path.split("/")
    for parent in parents:
        target = target[parent]
    if value is None:
        target.pop(last, None)
    else:
        target[last] = value
    return web


# Good ones


def test_a_hosted_badge_is_good_where_it_stands() -> None:
    findings, shown = hosted()
    assert tuple(findings) == CHECKS
    assert is_good(findings), findings
    assert shown is not None
    assert shown["badge"]["issuer"]["name"] == "Makers’ Guild"
    assert findings["status"].outcome is PASSED


def test_its_address_alone_is_enough() -> None:
    for content in (ADDRESS, f"  {ADDRESS}\n"):
        assert is_good(examine(content, fetch=Web(hosted_web()), at=AT)[0])
    findings, shown = examine_url(ADDRESS, fetch=Budget(Web(hosted_web())), at=AT)
    assert is_good(findings)
    assert shown is not None


def test_it_may_be_given_as_text() -> None:
    assert is_good(hosted(content=json.dumps(hosted_web()[ADDRESS]))[0])


def test_a_signed_badge_is_good_by_the_issuers_key() -> None:
    findings, shown = signed()
    assert is_good(findings), findings
    assert findings["status"].outcome is PASSED
    assert shown is not None
    assert shown["badge"]["name"] == "Soldering"


def test_a_signed_badge_needs_no_address_of_its_own() -> None:
    jws = sign_assertion(
        replace(ASSERTION_2, id="urn:uuid:6deb4a00-ebce-4b28-8cc2-afa705ef7be4"), rsa_key(), KEY
    )
    assert is_good(signed(jws=jws)[0])


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        examine(ADDRESS, fetch=offline, at=naive)
    with pytest.raises(ValueError, match="zone"):
        examine_url(ADDRESS, fetch=offline, at=naive)


# A1, A15: what was pasted does not count


def test_signed_kind_pasted_as_json_is_not_signed() -> None:
    content = json.loads(jose.read_jws(token()).payload)
    findings, shown = examine(content, fetch=Web(signed_web()), at=AT)
    assert findings["proof"].outcome is FAILED
    assert shown is None


@pytest.mark.parametrize("kind", [None, "Neither", 7, {"type": 1}])
def test_a_badge_of_no_kind_is_not_signed(kind: Any) -> None:
    content = hosted_web()[ADDRESS] | {"verification": {"type": kind}}
    findings, shown = hosted(content=content)
    assert (findings["proof"].outcome, shown) == (FAILED, None)
    findings, _ = hosted(content={k: v for k, v in content.items() if k != "verification"})
    assert findings["proof"].outcome is FAILED


def test_only_what_is_hosted_is_shown() -> None:
    pasted = hosted_web()[ADDRESS] | {"narrative": "PhD", "badge": {"type": "BadgeClass", "name": "PhD"}}
    findings, shown = hosted(content=pasted)
    assert is_good(findings)
    assert shown is not None
    assert "PhD" not in json.dumps(shown)


def test_words_nobody_knows_are_not_shown() -> None:
    web = changed(ADDRESS, "licenseNumber", "MD-1")
    web = changed(BADGE, "honours", "summa", web)
    web = changed(BADGE, "extensions:ApplyLink", APPLY, web)
    web = changed(BADGE, "extensions:Mystery", {"type": ["Extension", "extensions:Mystery"]}, web)
    findings, shown = hosted(web)
    assert is_good(findings), findings
    text = json.dumps(shown)
    assert "MD-1" not in text
    assert "summa" not in text
    assert "Mystery" not in text
    assert "https://guild.example/apply" in text


APPLY = {
    "@context": "https://w3id.org/openbadges/extensions/applyLinkExtension/context.json",
    "type": ["Extension", "extensions:ApplyLink"],
    "url": "https://guild.example/apply",
}


# A14: whose address it is

SCOPES: dict[str, tuple[str, dict[str, Any] | None, bool]] = {
    "the issuer's own host": ("https://guild.example/x", None, True),
    "another host": ("https://evil.example/x", None, False),
    "a host that begins alike": ("https://guild.example.evil.test/a/1", None, False),
    "a host that ends alike": ("https://notguild.example/a/1", None, False),
    "the host as a user name": ("https://guild.example@evil.test/a/1", None, False),
    "a user name": ("https://eve@guild.example/a/1", None, False),
    "another port": ("https://guild.example:8443/a/1", None, False),
    "the usual port, written": ("https://guild.example:443/a/1", None, True),
    "capitals": ("https://GUILD.example/a/1", None, True),
    "a host below": ("https://a.guild.example/1", None, False),
    "an allowed host": ("https://badges.example/1", {"allowedOrigins": "badges.example"}, True),
    "one of two": ("https://badges.example/1", {"allowedOrigins": ["x.example", "badges.example"]}, True),
    "an allowed origin, written whole": (
        "https://badges.example/1",
        {"allowedOrigins": ["https://badges.example"]},
        True,
    ),
    "an allowed host with a port": (
        "https://badges.example:8443/1",
        {"allowedOrigins": ["badges.example:8443"]},
        True,
    ),
    "not an allowed host": ("https://guild.example/x", {"allowedOrigins": ["badges.example"]}, False),
    "longer than an allowed host": (
        "https://badges.example.evil.test/1",
        {"allowedOrigins": ["badges.example"]},
        False,
    ),
    "nothing is allowed": ("https://guild.example/x", {"allowedOrigins": []}, False),
    "an origin that is none": ("https://guild.example/x", {"allowedOrigins": ["*", 7]}, False),
    "an allowed beginning": (
        "https://guild.example/a/1",
        {"startsWith": "https://guild.example/a/", "allowedOrigins": None},
        True,
    ),
    "one of two beginnings": (
        "https://guild.example/a/1",
        {"startsWith": ["https://c.example/", "https://guild.example/a/"]},
        True,
    ),
    "an allowed beginning elsewhere": (
        "https://b.example/guild/1",
        {"startsWith": "https://b.example/guild/"},
        False,
    ),
    "another path": ("https://guild.example/other/1", {"startsWith": "https://guild.example/a/"}, False),
    "a way up": ("https://guild.example/a/../other/1", {"startsWith": "https://guild.example/a/"}, False),
    "a way up, encoded": (
        "https://guild.example/a/%2e%2E/other",
        {"startsWith": "https://guild.example/a/"},
        False,
    ),
    "a beginning without a path": (
        "https://b.example.evil.test/1",
        {"startsWith": "https://b.example", "allowedOrigins": "b.example.evil.test"},
        False,
    ),
    "a beginning of a host": ("https://guild.example/x", {"startsWith": "https://guild"}, False),
    "no beginning": ("https://guild.example/x", {"startsWith": []}, False),
    "beginning and origin": (
        "https://b.example/guild/1",
        {"startsWith": "https://b.example/", "allowedOrigins": "b.example"},
        True,
    ),
    "beginning without origin": (
        "https://b.example/guild/1",
        {"startsWith": "https://b.example/", "allowedOrigins": "c.example"},
        False,
    ),
    "verified by id": ("https://guild.example/x", {"verificationProperty": "id"}, True),
    "verified by something else": ("https://guild.example/x", {"verificationProperty": "url"}, False),
}


@pytest.mark.parametrize(("address", "policy", "good"), SCOPES.values(), ids=SCOPES)
def test_the_address_must_be_the_issuers(address: str, policy: dict[str, Any] | None, good: bool) -> None:
    web = hosted_web()
    web[address] = web.pop(ADDRESS) | {"id": address}
    if policy is not None:
        web[ISSUER2]["verification"] = policy
    findings, shown = hosted(web, web[address])
    assert is_good(findings) is good, findings
    assert (shown is not None) is good


def test_origins() -> None:
    assert origin_of("https://Bücher.example/") == origin_of("https://xn--bcher-kva.example:443/x")
    assert origin_of("http://[::1]:8000/") == Origin("[::1]", 8000)
    for bad in (
        None, 7, "urn:x", "https:///x", "https://a b/", "https://x:99999/", "ftp://x.example/", "//x.example/",
        "https://a..b/", "https://x%2eexample/", "javascript:alert(1)", f"https://{'ü' * 70}.example/",
        "https://[::1/", "https://x.example./",
    ):  # fmt: skip
        assert origin_of(bad) is None, bad
    assert lies_within("https://x.example/a?b=1", "https://x.example/a?b")
    assert not lies_within("urn:x", "urn:x")


def test_an_issuer_without_a_web_address_owns_none() -> None:
    for issuer in (
        "urn:x",
        {"id": "urn:x", "type": "Issuer", "name": "x", "url": "https://x.example/", "email": "a@x.example"},
        {"type": "Issuer", "name": "Guild"},
    ):
        findings, shown = hosted(changed(BADGE, "issuer", issuer))
        assert findings["key"].outcome is FAILED, issuer
        assert shown is None


def test_an_issuer_that_names_itself_another_is_not_that_other() -> None:
    """The profile at the attacker's address claims the guild's identity: it is read at the guild's, and counts."""
    web = hosted_web()
    evil = "https://evil.example/issuer"
    web[OUTSIDE] = web[ADDRESS] | {"id": OUTSIDE, "badge": "https://evil.example/b"}
    web["https://evil.example/b"] = web[BADGE] | {"id": "https://evil.example/b", "issuer": evil}
    web[evil] = web[ISSUER2] | {"verification": {"allowedOrigins": "evil.example"}}
    findings, shown = hosted(web, OUTSIDE)
    assert findings["key"].outcome is FAILED
    assert shown is None


def test_an_embedded_issuer_with_an_address_is_read_there() -> None:
    web = hosted_web()
    liar = web[ISSUER2] | {"verification": {"allowedOrigins": "evil.example"}}
    web[OUTSIDE] = web[ADDRESS] | {"id": OUTSIDE, "badge": web[BADGE] | {"issuer": liar}}
    assert hosted(web, OUTSIDE)[0]["key"].outcome is FAILED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"id": "https://guild.example/2/a/2"}, FAILED),
        ({"id": None}, FAILED),
        (b"<html>", UNKNOWN),
        (b"[]", UNKNOWN),
        (b"\xff" * (1024 * 1024 + 1), UNKNOWN),
        (500, UNKNOWN),
        (Fetched(ADDRESS, 404, "", b""), UNKNOWN),
        (Fetched("https://evil.example/a", 200, "", b"{}"), FAILED),
    ],
)
def test_what_does_not_stand_at_its_address(answer: Any, outcome: Outcome) -> None:
    good = hosted_web()[ADDRESS]
    web = hosted_web() | {ADDRESS: good | answer if isinstance(answer, dict) else answer}
    findings, shown = hosted(web, good)
    assert findings["proof"].outcome is outcome
    assert shown is None
    findings, shown = examine_url(ADDRESS, fetch=Web(web), at=AT)
    assert findings["parse"].outcome is outcome
    assert shown is None


def test_a_redirect_must_not_leave_tls() -> None:
    web = hosted_web()
    web[ADDRESS] = Fetched(ADDRESS.replace("https", "http"), 200, "", json.dumps(web[ADDRESS]).encode())
    assert hosted(web, ADDRESS)[0]["parse"].outcome is FAILED


def test_a_redirect_within_the_origin_is_followed() -> None:
    web = hosted_web()
    body = json.dumps(web[ADDRESS]).encode()
    web[ADDRESS] = Fetched("https://guild.example/2/a/1.json", 200, "", body)
    assert is_good(hosted(web, ADDRESS)[0])


def test_what_stands_at_the_address_must_be_hosted_itself() -> None:
    pasted = hosted_web()[ADDRESS]
    web = changed(ADDRESS, "verification", {"type": "SignedBadge", "creator": KEY})
    findings, shown = hosted(web, pasted)
    assert (findings["proof"].outcome, shown) == (FAILED, None)
    findings, shown = hosted(changed(ADDRESS, "verification", "hosted"), pasted)
    assert (findings["proof"].outcome, shown) == (FAILED, None)


@pytest.mark.parametrize("name", [BADGE, ISSUER2])
def test_a_part_that_cannot_be_read_leaves_it_open(name: str) -> None:
    pasted = hosted_web()[ADDRESS]
    web = hosted_web()
    del web[name]
    findings, shown = hosted(web, pasted)
    assert findings["key"].outcome is UNKNOWN
    assert findings["model"].outcome is UNKNOWN
    assert shown is None


def test_badge_classes_in_a_circle_end() -> None:
    web = changed(BADGE, "issuer", BADGE)
    web = changed(BADGE, "id", "https://guild.example/2/b/other", web)
    web["https://guild.example/2/b/other"] = web[BADGE] | {"id": BADGE}
    fetch = Web(web)
    findings, shown = hosted(web, fetch=fetch)
    assert findings["key"].outcome is FAILED
    assert shown is None
    assert len(fetch.read) <= 4


def test_one_in_an_array_is_one() -> None:
    assert is_good(hosted(changed(ADDRESS, "badge", [BADGE]))[0])
    assert hosted(changed(ADDRESS, "badge", [BADGE, BADGE]), ADDRESS)[0]["key"].outcome is FAILED


def test_a_badge_class_at_another_address_is_read_there() -> None:
    web = hosted_web()
    web["https://guild.example/alias"] = web[BADGE]
    assert is_good(hosted(changed(ADDRESS, "badge", "https://guild.example/alias", web))[0])


# 2, 3


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@context", "https://w3id.org/openbadges/invalid"),
        ("@context", None),
        ("@context", [ob2.CONTEXT, {"name": "https://evil.example/x"}]),
        ("@context", {"@vocab": "https://evil.example/#"}),
    ],
)
def test_another_vocabulary_leaves_it_open(path: str, value: Any) -> None:
    findings, shown = hosted(changed(ADDRESS, path, value))
    assert findings["terms"].outcome is UNKNOWN
    assert shown is None


def test_a_context_nobody_knows_is_named() -> None:
    findings, shown = hosted(changed(BADGE, "@context", [ob2.CONTEXT, "https://x.example/c"]))
    assert is_good(findings)
    assert "https://x.example/c" in findings["terms"].detail
    assert shown is not None


FAULTS: dict[str, tuple[str, str, Any]] = {
    "no recipient": (ADDRESS, "recipient", None),
    "a recipient of no kind": (ADDRESS, "recipient/type", "mail"),
    "a recipient without identity": (ADDRESS, "recipient/identity", None),
    "an identity that is nothing": (ADDRESS, "recipient/identity", ""),
    "hashed as a text": (ADDRESS, "recipient/hashed", "true"),
    "a recipient by address": (ADDRESS, "recipient", "https://eve.example/"),
    "an award's picture written out": (ADDRESS, "image", "data:image/png;base64,AAAA"),
    "a picture that is a number": (ADDRESS, "image", 7),
    "another type": (ADDRESS, "type", "OtherAssertion"),
    "no type": (ADDRESS, "type", []),
    "one type that is unknown": (ADDRESS, "type", ["Assertion", "Unknown"]),
    "a type that is no text": (BADGE, "criteria/type", [7]),
    "no name": (BADGE, "name", None),
    "many names": (BADGE, "name", ["a", "b"]),
    "no criteria": (BADGE, "criteria", None),
    "criteria as a text": (BADGE, "criteria", "solder"),
    "an alignment without target": (BADGE, "alignment", [{"targetName": "x"}]),
    "an alignment by address": (BADGE, "alignment", ["https://x.example/"]),
    "a tag that is a number": (BADGE, "tags", ["x", 1]),
    "a language that is none": (BADGE, "@language", "not a language"),
    "no mail address": (ISSUER2, "email", None),
    "a bad address": (ISSUER2, "url", "guild.example"),
    "another type of issuer": (ISSUER2, "type", "Criteria"),
    "an extension that does not say so": (
        BADGE,
        "extensions:ApplyLink",
        APPLY | {"type": "extensions:ApplyLink"},
    ),
    "an extension without what it needs": (
        BADGE,
        "extensions:ApplyLink",
        {"type": ["Extension", "extensions:ApplyLink"]},
    ),
    "an extension with a number for a text": (
        BADGE,
        "extensions:exampleExtension",
        {
            "type": ["Extension", "https://w3id.org/openbadges/extensions#ExampleExtension"],
            "exampleProperty": 1,
        },
    ),
    "a place without a latitude": (
        BADGE,
        "where",
        {"type": ["Extension", "extensions:GeoCoordinates"], "geo": {"longitude": 1}},
    ),
}


@pytest.mark.parametrize(("name", "path", "value"), FAULTS.values(), ids=FAULTS)
def test_the_model_is_kept(name: str, path: str, value: Any) -> None:
    pasted = hosted_web()[ADDRESS]
    findings, _ = hosted(changed(name, path, value), pasted)
    assert findings["model"].outcome is FAILED, findings


# 6

DATES: dict[str, tuple[dict[str, Any], Outcome]] = {
    "to the minute": ({"issuedOn": "2026-11-01T09:00Z"}, PASSED),
    "another zone": ({"issuedOn": "2026-11-01T09:00:00+0100"}, PASSED),
    "without an end": ({"expires": None}, PASSED),
    "expired": ({"expires": "2026-11-22T11:59:59Z"}, FAILED),
    "at the second": ({"expires": "2026-11-22T12:00:00Z"}, PASSED),
    "expired before it was issued": (
        {"issuedOn": "2027-11-01T09:00:00Z", "expires": "2027-01-01T00:00:00Z"},
        FAILED,
    ),
    "not yet": ({"issuedOn": "2026-11-23T12:00:00Z"}, FAILED),
    "clocks differ": ({"issuedOn": "2026-11-22T12:04:59Z"}, PASSED),
    "no zone": ({"issuedOn": "2026-11-01T09:00:00"}, FAILED),
    "no date": ({"issuedOn": None}, FAILED),
    "an end that is none": ({"expires": "soon"}, FAILED),
}


@pytest.mark.parametrize(("members", "outcome"), DATES.values(), ids=DATES)
def test_dates(members: dict[str, Any], outcome: Outcome) -> None:
    web = hosted_web()
    for name, value in members.items():
        changed(ADDRESS, name, value, web)
    assert hosted(web)[0]["dates"].outcome is outcome


# 7


def test_a_hosted_badge_that_is_gone_was_withdrawn() -> None:
    pasted = hosted_web()[ADDRESS]
    for answer in (
        410,
        Fetched(ADDRESS, 410, "", json.dumps(withdrawn(ADDRESS, "copied")).encode()),
        Fetched(ADDRESS, 410, "", json.dumps(withdrawn(ADDRESS)).encode()),
    ):
        web = hosted_web() | {ADDRESS: answer}
        for content in (pasted, ADDRESS):
            findings, shown = hosted(web, content)
            assert findings["status"].outcome is FAILED
            assert findings["proof"].outcome is UNKNOWN
            assert shown is None
    assert "copied" in hosted(hosted_web() | {ADDRESS: Fetched(ADDRESS, 410, "", json.dumps(
        withdrawn(ADDRESS, "copied")).encode())}, pasted)[0]["status"].detail  # fmt: skip


def test_a_hosted_badge_can_say_that_it_was_withdrawn() -> None:
    web = changed(ADDRESS, "revoked", True)
    assert "without" in hosted(web)[0]["status"].detail
    findings, _ = hosted(changed(ADDRESS, "revocationReason", "copied", web))
    assert findings["status"].outcome is FAILED
    assert "copied" in findings["status"].detail


ENTRIES: dict[str, tuple[list[Any], Outcome]] = {
    "nobody": ([], PASSED),
    "another": (["urn:x", {"id": "urn:y"}, {"uid": "z"}, 7, {"id": ["x"]}], PASSED),
    "by address": ([ADDRESS], FAILED),
    "by id, with a reason": ([{"id": ADDRESS, "revocationReason": "copied"}], FAILED),
    "by uid": ([{"uid": "u-1"}], FAILED),
}


@pytest.mark.parametrize(("entries", "outcome"), ENTRIES.values(), ids=ENTRIES)
def test_revocation_lists(entries: list[Any], outcome: Outcome) -> None:
    jws = sign_assertion(replace(ASSERTION_2, more={"uid": "u-1"}), rsa_key(), KEY)
    findings, _ = signed(changed(REVOKED, "revokedAssertions", entries, signed_web()), jws)
    assert findings["status"].outcome is outcome


def test_a_revocation_list_that_tells_nothing() -> None:
    for value in (None, 500, {"x": 1}, b"x"):
        assert signed(signed_web() | {REVOKED: value})[0]["status"].outcome is UNKNOWN
    for path, item in (("issuer", "https://evil.example/"), ("revokedAssertions", "x"), ("type", "Issuer")):
        assert signed(changed(REVOKED, path, item, signed_web()))[0]["status"].outcome is UNKNOWN
    assert signed(changed(ISSUER2, "revocationList", None, signed_web()))[0]["status"].outcome is ABSENT
    jws = sign_assertion(replace(ASSERTION_2, revoked=True), rsa_key(), KEY)
    assert signed(jws=jws)[0]["status"].outcome is FAILED


def test_a_revocation_list_of_1_1() -> None:
    """It was an object of identifiers and reasons; for a badge of 2.0 that is no list, but an error message."""
    web = signed_web() | {REVOKED: {"u-1": "copied", "u-2": 7}}
    content = ASSERTION_1 | {"uid": "u-1", "badge": BADGE, "verify": {"type": "signed", "url": KEY}}
    findings, _ = signed(web, jose.sign(json.dumps(content).encode(), rsa_key(), {}))
    assert findings["status"].outcome is FAILED
    assert "copied" in findings["status"].detail
    content["uid"] = "urn:uuid:6deb4a00-ebce-4b28-8cc2-afa705ef7be4"
    findings, _ = signed(web, jose.sign(json.dumps(content).encode(), rsa_key(), {}))
    assert is_good(findings), findings
    jws = sign_assertion(replace(ASSERTION_2, more={"uid": "u-1"}), rsa_key(), KEY)
    assert signed(web, jws)[0]["status"].outcome is UNKNOWN


# 4, 5: signatures and keys (A2, A4, A9 to A11)


def flipped(jws: str) -> str:
    head, payload, signature = jws.split(".")
    return f"{head}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def with_payload(jws: str, **members: Any) -> str:
    head, payload, signature = jws.split(".")
    content = json.loads(jose.base64url_decode(payload)) | members
    return f"{head}.{jose.base64url_encode(json.dumps(content).encode())}.{signature}"


def with_header(jws: str, **members: Any) -> str:
    _, payload, signature = jws.split(".")
    return f"{jose.base64url_encode(json.dumps(members).encode())}.{payload}.{signature}"


def test_what_is_altered_is_not_signed() -> None:
    for jws in (flipped(token()), with_payload(token(), narrative="PhD")):
        findings, shown = signed(jws=jws)
        assert findings["proof"].outcome is FAILED
        assert shown is None


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "ES256", ""])
def test_other_algorithms(algorithm: str) -> None:
    findings, shown = signed(jws=with_header(token(), alg=algorithm))
    assert findings["proof"].outcome is FAILED
    assert shown is None


def test_a_key_named_in_the_header_is_never_read() -> None:
    evil = PrivateKey.generate(KeyType.RSA)
    payload = jose.read_jws(token()).payload
    jws = jose.sign(
        payload, evil, {"jwk": evil.public().jwk(), "jku": "https://canary.example/", "kid": OUTSIDE}
    )
    fetch = Web(signed_web())
    findings, shown = signed(jws=jws, fetch=fetch)
    assert findings["proof"].outcome is FAILED
    assert shown is None
    assert not [url for url in fetch.read if "guild" not in url]


def key_document(**members: Any) -> dict[str, Any]:
    return signed_web()[KEY] | members


KEYS: dict[str, tuple[Any, Outcome, Outcome]] = {
    "another owner": (lambda web: web.update({KEY: key_document(owner=OUTSIDE)}), UNKNOWN, FAILED),
    "a key the issuer does not list": (lambda web: web[ISSUER2].update(publicKey=[]), UNKNOWN, FAILED),
    "an issuer without keys": (lambda web: web[ISSUER2].pop("publicKey"), UNKNOWN, FAILED),
    "a key that is none": (lambda web: web.update({KEY: key_document(publicKeyPem="x")}), UNKNOWN, FAILED),
    "a key that is no text": (lambda web: web.update({KEY: key_document(publicKeyPem=7)}), UNKNOWN, FAILED),
    "a key that is not there": (lambda web: web.pop(KEY), UNKNOWN, UNKNOWN),
    "a key about another address": (lambda web: web.update({KEY: key_document(id="urn:x")}), UNKNOWN, FAILED),
    "an issuer that is not there": (lambda web: web.pop(ISSUER2), UNKNOWN, UNKNOWN),
    "an issuer without address": (
        lambda web: web[BADGE].update(issuer=web[ISSUER2] | {"id": "urn:x"}),
        UNKNOWN,
        FAILED,
    ),
    "an embedded key": (lambda web: web[ISSUER2].update(publicKey=[key_document()]), PASSED, PASSED),
    "an odd entry beside the key": (lambda web: web[ISSUER2].update(publicKey=[7, KEY]), PASSED, PASSED),
    "an embedded key by id": (lambda web: web[ISSUER2].update(publicKey=[{"id": KEY}]), PASSED, PASSED),
    "a key without an id": (lambda web: web[KEY].pop("id"), PASSED, PASSED),
}


@pytest.mark.parametrize(("change", "proof", "key"), KEYS.values(), ids=KEYS)
def test_the_key_must_be_the_issuers(change: Any, proof: Outcome, key: Outcome) -> None:
    web = signed_web()
    change(web)
    findings, shown = signed(web)
    assert (findings["proof"].outcome, findings["key"].outcome) == (proof, key)
    assert (shown is not None) is (proof is PASSED)


def signed_without_creator() -> str:
    content = json.loads(jose.read_jws(token()).payload)
    content["verification"] = {"type": "signed"}
    return jose.sign(json.dumps(content).encode(), rsa_key(), {})


def test_without_a_creator_any_key_of_the_issuer_will_do() -> None:
    web = signed_web()
    other = "https://guild.example/2/old"
    web[other] = web[KEY] | {"id": other, "publicKeyPem": key_of("old", KeyType.RSA).public().pem().decode()}
    web[ISSUER2]["publicKey"] = [other, KEY]
    assert is_good(signed(web, signed_without_creator())[0])
    web[ISSUER2]["publicKey"] = [other]
    assert signed(web, signed_without_creator())[0]["proof"].outcome is FAILED
    web[ISSUER2]["publicKey"] = [other] * 5
    assert signed(web, signed_without_creator())[0]["key"].outcome is FAILED


def test_a_jws_must_be_of_the_signed_kind() -> None:
    for verification in ({"type": "hosted"}, "signed", None):
        content = json.loads(jose.read_jws(token()).payload) | {"verification": verification}
        findings, shown = signed(jws=jose.sign(json.dumps(content).encode(), rsa_key(), {}))
        assert findings["proof"].outcome is FAILED
        assert shown is None


@pytest.mark.parametrize("text", ["{", "{}{}", '{"a":1,"a":2}', "a.b.c", "....", "", "hello", "e30.e30.e30"])
def test_what_cannot_be_read(text: str) -> None:
    findings, shown = examine(text, fetch=offline, at=AT)
    assert findings["parse"].outcome is not PASSED
    assert shown is None


# 8

RECIPIENTS: dict[str, tuple[Any, str, Outcome]] = {
    "hashed": (None, EMAIL, PASSED),
    "typed in capitals": (None, " EVE@Mail.Example ", PASSED),
    "somebody else": (None, "bob@mail.example", FAILED),
    "in clear": ({"type": "email", "hashed": False, "identity": EMAIL}, EMAIL, PASSED),
    "an address on the web": ({"type": "url", "hashed": False, "identity": "https://eve.example/"},
                              "https://eve.example/", PASSED),
    "a telephone number": ({"type": "telephone", "hashed": False, "identity": "+35315550100"},
                           "+353 1 555 (01)00", PASSED),
    "several": ([{"type": "email", "hashed": False, "identity": EMAIL}], EMAIL, PASSED),
    "of no kind": ({"type": "mail", "hashed": False, "identity": EMAIL}, EMAIL, UNKNOWN),
    "nobody": ("eve", EMAIL, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("value", "asked", "outcome"), RECIPIENTS.values(), ids=RECIPIENTS)
def test_recipients(value: Any, asked: str, outcome: Outcome) -> None:
    web = hosted_web() if value is None else changed(ADDRESS, "recipient", value)
    assert hosted(web, recipient=asked)[0]["recipient"].outcome is outcome


def test_whose_badge_it_is_is_not_said_of_a_false_one() -> None:
    assert signed(jws=flipped(token()), recipient=EMAIL)[0]["recipient"].outcome is UNKNOWN


# 9


def endorsement(address: str = "https://union.example/e/1", **members: Any) -> dict[str, Any]:
    return {
        "@context": ob2.CONTEXT,
        "id": address,
        "type": "Endorsement",
        "claim": {"id": BADGE, "endorsementComment": "Well made"},
        "issuer": "https://union.example/",
        "issuedOn": "2026-11-01T00:00Z",
        "verification": {"type": "HostedBadge"},
    } | members


def endorsed_web(**members: Any) -> dict[str, Any]:
    web = changed(BADGE, "endorsement", ["https://union.example/e/1"])
    web["https://union.example/e/1"] = endorsement(**members)
    union = {"id": "https://union.example/", "url": "https://union.example/", "name": "Union"}
    web["https://union.example/"] = web[ISSUER2] | union
    return web


def test_an_endorsement_is_its_authors_own() -> None:
    findings, _ = hosted(endorsed_web())
    assert findings["inner"].outcome is PASSED
    web = endorsed_web()
    web[BADGE]["endorsement"] = [endorsement()]
    assert hosted(web)[0]["inner"].outcome is PASSED


ENDORSEMENTS: dict[str, tuple[dict[str, Any], Outcome]] = {
    "of something else": ({"claim": {"id": "https://x.example/"}}, FAILED),
    "by another's name": ({"issuer": ISSUER2}, FAILED),
    "by nobody": ({"issuer": "https://nobody.example/"}, UNKNOWN),
    "incomplete": ({"claim": "x"}, FAILED),
    "signed": ({"verification": {"type": "SignedBadge", "creator": KEY}}, UNKNOWN),
    "not yet": ({"issuedOn": "2027-11-01T00:00Z"}, FAILED),
    "withdrawn": ({"revoked": True}, FAILED),
    "elsewhere": ({"id": "urn:x"}, FAILED),
}


@pytest.mark.parametrize(("members", "outcome"), ENDORSEMENTS.values(), ids=ENDORSEMENTS)
def test_endorsements_that_are_not_good(members: dict[str, Any], outcome: Outcome) -> None:
    assert hosted(endorsed_web(**members))[0]["inner"].outcome is outcome


def test_endorsements_that_are_not_there() -> None:
    address = "https://union.example/e/1"
    assert hosted(endorsed_web() | {address: 410})[0]["inner"].outcome is FAILED
    assert hosted(endorsed_web() | {address: 500})[0]["inner"].outcome is UNKNOWN
    web = endorsed_web()
    web[BADGE]["endorsement"] = [{"type": "Endorsement"}]
    assert hosted(web)[0]["inner"].outcome is FAILED
    assert hosted(endorsed_web(), max_depth=0)[0]["inner"].outcome is UNKNOWN
    web = endorsed_web()
    web[ISSUER2]["verification"] = {"allowedOrigins": "x.example"}
    assert hosted(web)[0]["inner"].outcome is UNKNOWN


def test_forty_endorsements_are_not_forty_requests() -> None:
    web = endorsed_web()
    addresses = [f"https://union.example/e/{number}" for number in range(40)]
    web |= {address: endorsement(address) for address in addresses}
    web[BADGE]["endorsement"] = addresses
    fetch = Web(web)
    findings, _ = examine(ADDRESS, fetch=fetch, at=AT)
    assert findings["inner"].outcome is UNKNOWN
    assert len(fetch.read) == Limits().fetches


def test_one_endorsement_named_thousands_of_times_is_worked_through_once() -> None:
    """# SECURITY A28."""
    web = endorsed_web(more=["x" * 30] * 20_000)
    web[BADGE]["endorsement"] *= 2_000
    begin = time.process_time()
    findings, _ = hosted(web)
    assert findings["inner"].outcome is PASSED
    assert time.process_time() - begin < 2


def test_an_identity_of_thousands_of_types_is_hashed_once() -> None:
    recipient = {"type": ["email"] * 30_000, "hashed": True, "identity": "sha256$ab", "salt": "x" * 500_000}
    begin = time.process_time()
    findings, _ = hosted(changed(ADDRESS, "recipient", recipient), recipient="eve@mail.example")
    assert findings["recipient"].outcome is FAILED
    assert time.process_time() - begin < 2


def test_of_the_addresses_that_a_profile_allows_only_so_many_are_looked_at() -> None:
    many = [f"a{number}.example" for number in range(999)]
    for host in (["union.example"], [*many, "union.example"], [*many, "x.example", "union.example"]):
        page = Page("https://union.example/", {"verification": {"allowedOrigins": host}})
        assert bool(fault_of_scope("https://union.example/e/1", page)) is (len(host) > 1000)


# Other documents, other versions


def test_what_awards_nothing_is_not_verified() -> None:
    web = hosted_web()
    for content in (web[BADGE], web[ISSUER2], web[BADGE] | {"issuer": "https://nobody.example/"}):
        findings, shown = hosted(web, content)
        assert findings["model"].outcome is PASSED
        assert not is_good(findings)
        assert shown is None
    findings, _ = hosted(web, {"@context": ob2.CONTEXT, "type": "https://x.example/Cool"})
    assert findings["model"].outcome is UNKNOWN


ASSERTION_1: dict[str, Any] = {
    "uid": "abc-1",
    "recipient": {"type": "email", "hashed": False, "identity": EMAIL},
    "badge": "https://guild.example/1/badge",
    "verify": {"type": "hosted", "url": ADDRESS},
    "issuedOn": 1761987600,
    "expires": "2030-01-01",
}
BADGE_1: dict[str, Any] = {
    "name": "Soldering",
    "description": "Joins wires.",
    "image": "https://guild.example/1.png",
    "criteria": "https://guild.example/1/criteria",
    "issuer": "https://guild.example/1/issuer",
    "alignment": [{"name": "Wire", "url": "https://x.example/", "description": "wires"}],
}
ISSUER_1: dict[str, Any] = {"name": "Guild", "url": "https://guild.example/"}


def web_1() -> dict[str, Any]:
    return {
        ADDRESS: ASSERTION_1,
        "https://guild.example/1/badge": BADGE_1,
        "https://guild.example/1/issuer": ISSUER_1,
    }


@pytest.mark.parametrize("context", [None, ob2.CONTEXT_1])
def test_a_hosted_badge_of_1_x_is_read_in_the_words_of_2(context: str | None) -> None:
    web = web_1()
    if context is not None:
        web = {name: {"@context": context, **document} for name, document in web.items()}
    findings, shown = hosted(web)
    assert is_good(findings), findings
    assert shown is not None
    assert shown["issuedOn"] == "2025-11-01T09:00:00Z"
    assert shown["badge"]["alignment"][0]["targetName"] == "Wire"


def test_a_badge_of_1_x_of_another_host_is_not_the_issuers() -> None:
    web = web_1() | {OUTSIDE: ASSERTION_1 | {"verify": {"type": "hosted", "url": OUTSIDE}}}
    assert hosted(web, OUTSIDE)[0]["key"].outcome is FAILED


# Whatever comes

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from([ADDRESS, BADGE, ISSUER2, KEY, "hosted", "SignedBadge", "Assertion", ob2.CONTEXT]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "type", "@context", "badge", "issuer", "verification", "recipient", "endorsement",
                         "publicKey", "creator", "verify", "url", "revoked", "claim", "extensions:x"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([ADDRESS, BADGE, ISSUER2]), st.data())
def test_nothing_but_findings_leaves(name: str, data: st.DataObject) -> None:
    web = hosted_web()
    member = data.draw(
        st.sampled_from([*web[name], "endorsement", "verification", "extensions:x", "related"])
    )
    web[name][member] = data.draw(ODD)
    for content in (web[ADDRESS], ADDRESS):
        findings, shown = hosted(web, content, recipient=EMAIL)
        assert tuple(findings) == CHECKS
        if shown is not None:
            assert findings["key"].outcome is PASSED


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([BADGE, ISSUER2, KEY, REVOKED]), st.data())
def test_nothing_but_findings_leaves_signed(name: str, data: st.DataObject) -> None:
    web = signed_web()
    web[name][data.draw(st.sampled_from([*web[name]]))] = data.draw(ODD)
    assert tuple(signed(web, recipient=EMAIL)[0]) == CHECKS


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | ODD.filter(lambda value: isinstance(value, dict)))
def test_any_input_is_answered(content: Any) -> None:
    assert tuple(examine(content, fetch=offline, at=AT + DAY)[0]) == CHECKS


def test_an_error_carries_its_status() -> None:
    assert (FetchError("u", "r").status, FetchError("u", "r", status=410, body=b"x").body) == (None, b"x")
