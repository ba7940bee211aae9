"""Verifying: every change of a signed badge is noticed, everything is checked, and nothing raises or phones home."""

import json
import socket
import time
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plaudit
from plaudit import Fetched, FetchError, Limits, MappedFetch, bake
from plaudit.fetch import Fetch
from plaudit.proofs import data_integrity
from plaudit.report import Outcome
from plaudit.verify import CHECKS, TITLES
from tests.plaudit import guild2
from tests.plaudit.samples import (
    AT,
    DAY,
    EMAIL,
    GUILD,
    ISSUER_DOCUMENT,
    LIST,
    NAME,
    SVG,
    credential,
    issuer_document,
    png,
    poison,
    signed,
    status_list,
    web,
)

FETCH = MappedFetch(web())
GOOD = json.loads(signed())


def verify(document: Any, **options: Any) -> plaudit.Report:
    return plaudit.verify(document, **{"fetch": FETCH, "at": AT, **options})


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every leaf of a document."""
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every object of a document."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def mutants(value: Any) -> list[Any]:
    """Other values for one leaf: longer, shorter, of another kind, empty, wrapped."""
    found: list[Any] = [
        None,
        0,
        7.5,
        "",
        "x",
        [],
        {},
        [value, "x"],
        {"id": "urn:x"},
        {"@value": "x"},
        not value,
    ]
    if isinstance(value, str):
        found += [value + "x", value[1:], value.swapcase(), value + "\u200b", " " + value]
    return [mutant for mutant in found if mutant != value or type(mutant) is not type(value)]


LEAVES = list(leaves(GOOD))


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: "/".join(map(str, path)))
def test_every_change_of_every_leaf_is_noticed(path: tuple[Any, ...]) -> None:
    original = at(GOOD, path)
    for mutant in mutants(original):
        document = deepcopy(GOOD)
        at(document, path[:-1])[path[-1]] = mutant
        assert not verify(document).verified, (path, mutant)
    document = deepcopy(GOOD)
    del at(document, path[:-1])[path[-1]]
    assert not verify(document).verified, path


@pytest.mark.parametrize("path", list(places(GOOD)), ids=lambda path: "/".join(map(str, path)))
def test_nothing_can_be_added_anywhere(path: tuple[Any, ...]) -> None:
    for name in (
        "grade",
        "@index",
        "@graph",
        "name",
        "description",
        "validUntil",
        "https://x.example/#p",
        "_sd",
        "proof",
    ):
        for value in ("x", 1, False, None, ["x"], {"type": ["Profile"], "email": "x"}):
            document = deepcopy(GOOD)
            place = at(document, path)
            if name in place:
                continue
            place[name] = value
            assert not verify(document).verified, (path, name, value)


def test_a_good_badge_is_verified_in_every_wrapping() -> None:
    text = signed()
    for document in (text, text.decode(), json.loads(text), json.dumps(json.loads(text), indent=2),
                     bake(png(), text), bake(SVG, text), bake(SVG, text).decode()):  # fmt: skip
        report = verify(document)
        assert report.verified, report.as_dict()
        assert report.credential == GOOD


def test_all_checks_are_made_and_numbered_whatever_fails() -> None:
    document = deepcopy(GOOD) | {"validUntil": "2026-11-02T00:00:00Z"}
    document["credentialSubject"]["achievement"].pop("criteria")
    report = verify(document, recipient="mallory@mail.example")
    assert [check.id for check in report.checks] == list(TITLES)
    assert [check.number for check in report.checks] == list(range(1, 10))
    assert {check.id for check in report.failed} == {"model", "proof", "dates"}
    assert {check.id for check in report.unknown} == {"status", "recipient"}
    assert set(CHECKS) | {"parse", "key"} == set(TITLES)


def test_no_network_is_needed_for_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **named: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    asked: list[str] = []

    def fetch(url: str, accept: str) -> Fetched:
        asked.append(url)
        return FETCH(url, accept)

    assert verify(signed(), fetch=fetch).verified
    assert asked == [ISSUER_DOCUMENT, LIST]


def test_the_list_of_a_forged_badge_is_never_read() -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> Fetched:
        asked.append(url)
        return FETCH(url, accept)

    forged = deepcopy(GOOD)
    forged["credentialStatus"]["statusListCredential"] = "https://victim.example/"
    assert verify(forged, fetch=fetch).outcome_of("status") is Outcome.UNKNOWN
    assert asked == [ISSUER_DOCUMENT]


@pytest.mark.parametrize("who", [EMAIL, EMAIL.upper(), f" {EMAIL}", NAME, GOOD["credentialSubject"]["id"]])
def test_it_was_awarded_to(who: str) -> None:
    assert verify(signed(), recipient=who).outcome_of("recipient") is Outcome.PASSED


@pytest.mark.parametrize("who", ["mallory@mail.example", "Eve", "", "@", "x" * 5000])
def test_it_was_not_awarded_to(who: str) -> None:
    assert verify(signed(), recipient=who).outcome_of("recipient") is Outcome.FAILED


UNREADABLE = [b"", b"{", b"[]", b"\xff\xfe", "nope", "\ud800", {"a": {1}}, {"a": float("nan")}, b"<svg",
              b"\x89PNG\r\n\x1a\n", b"<?xml version='1.0'?><html/>", png(), SVG, b"[" * 100_000]  # fmt: skip


@pytest.mark.parametrize("document", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_a_failed_check_and_no_exception(document: Any) -> None:
    report = verify(document)
    assert report.outcome_of("parse") in (Outcome.FAILED, Outcome.UNKNOWN)
    assert report.credential is None
    assert not report.verified


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    for document in (data, b"{" + data + b"}", png()[:33] + data, b"<svg>" + data):
        assert not verify(document).verified


MEMBERS = ["@context", "id", "type", "issuer", "proof", "credentialSubject", "credentialStatus", "x"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(GOOD)), JSON)
def test_no_member_of_any_kind_raises_or_passes(name: str, value: Any) -> None:
    document = GOOD | {name: value}
    report = verify(document, recipient=EMAIL)
    assert report.verified is (document == GOOD)
    json.dumps(report.as_dict())


def test_a_time_without_a_zone_is_misuse() -> None:
    with pytest.raises(ValueError, match="no zone"):
        verify(signed(), at=datetime(2026, 11, 22))  # noqa: DTZ001 -- that is the point


@pytest.mark.parametrize(
    ("moment", "outcome"),
    [
        (datetime.fromisoformat("2026-11-01T08:55:00+00:00"), "passed"),
        (datetime.fromisoformat("2026-11-01T08:54:59+00:00"), "failed"),
        (datetime.fromisoformat("2028-11-01T09:00:00+00:00"), "passed"),
        (datetime.fromisoformat("2028-11-01T09:00:01+00:00"), "failed"),
        (datetime.fromisoformat("2028-11-01T11:00:00+02:00"), "passed"),
    ],
)
def test_the_dates_count_at_the_second(moment: datetime, outcome: str) -> None:
    assert verify(signed(), at=moment).outcome_of("dates") == outcome


def test_two_purposes_in_two_lists() -> None:
    other = "https://guild.example/status/2"
    suspension = json.loads(status_list(9, purpose="suspension").replace(LIST.encode(), other.encode()))
    suspension.pop("proof")
    known = web() | {other: plaudit.issue(suspension, GUILD, AT - DAY)}

    def entries(revoked: int, suspended: int) -> list[dict[str, Any]]:
        return [
            plaudit.status.status_entry(LIST, "revocation", revoked),
            plaudit.status.status_entry(other, "suspension", suspended),
        ]

    for revoked, suspended, outcome in ((7, 8, "passed"), (7, 9, "failed"), (1, 8, "failed")):
        document = signed(credentialStatus=entries(revoked, suspended))
        report = verify(document, fetch=MappedFetch(known))
        assert report.outcome_of("status") == outcome
    report = verify(signed(credentialStatus=entries(7, 9)), fetch=MappedFetch(known))
    assert report.failed[0].detail.endswith("suspended: bit 9 is set")


def test_a_failing_fetch_leaves_unknown_what_depends_on_it() -> None:
    def fetch(url: str, accept: str) -> Fetched:
        raise FetchError(url, "no route")

    report = verify(signed(), fetch=fetch)
    assert {check.id for check in report.unknown} == {"proof", "key", "status"}
    assert report.exit_code == 2
    assert "no route" in report.checks[4].detail


def slow(seconds: float) -> Fetch:
    def fetch(url: str, accept: str) -> Fetched:
        time.sleep(seconds)
        return FETCH(url, accept)

    return fetch


def test_the_limits_are_those_of_the_whole_verification() -> None:
    assert verify(signed(), limits=Limits(fetches=1)).outcome_of("status") is Outcome.UNKNOWN
    assert verify(signed(), limits=Limits(depth=0)).outcome_of("status") is Outcome.UNKNOWN
    assert (
        verify(signed(), fetch=slow(0.2), limits=Limits(seconds=0.1)).outcome_of("status") is Outcome.UNKNOWN
    )
    assert verify(signed(), limits=Limits(bytes=200)).outcome_of("key") is Outcome.UNKNOWN


def test_a_poisonous_badge_is_a_failed_check_within_two_seconds() -> None:
    """SECURITY D15."""
    document = poison() | {"proof": GOOD["proof"]}
    begin = time.process_time()
    report = verify(document)
    assert time.process_time() - begin < 2
    assert report.outcome_of("proof") is Outcome.FAILED
    assert "too complex" in report.checks[3].detail
    assert verify(signed()).verified


def test_a_mebibyte_of_small_objects_is_a_failed_check_too() -> None:
    types = ["Evidence", "Profile", "Achievement", "Address", "Alignment"]
    document = GOOD | {"evidence": [{"type": types, "name": str(number)} for number in range(9000)]}
    begin = time.process_time()
    report = verify(document)
    assert time.process_time() - begin < 2
    assert report.outcome_of("terms") is Outcome.FAILED
    assert "too complex" in report.checks[1].detail


def test_many_proofs_and_many_entries_are_not_all_worked_through() -> None:
    assert verify(GOOD | {"proof": GOOD["proof"] * 5}).outcome_of("proof") is Outcome.UNKNOWN
    entries = [plaudit.status.status_entry(LIST, "revocation", number) for number in range(7, 12)]
    assert verify(signed(credentialStatus=entries)).outcome_of("status") is Outcome.UNKNOWN


def test_an_older_badge_beside_ours_is_not_passed_over() -> None:
    picture = bake(png(), signed())
    old = b"iTXtopenbadges\0\0\0\0\0https://old.example/1"
    import zlib

    both = picture[:33] + (len(old) - 4).to_bytes(4) + old + zlib.crc32(old).to_bytes(4) + picture[33:]
    report = verify(both)
    assert report.outcome_of("proof") is Outcome.PASSED
    assert report.credential == GOOD
    assert report.beside is not None
    assert report.beside.standard == "Open Badges 2.0"
    assert report.beside.credential is None
    assert not report.verified
    assert report.exit_code == 2


def test_a_retired_key_keeps_verifying_and_a_compromised_one_does_not() -> None:
    fresh = plaudit.Method(f"{GUILD.controller}#key-ed25519-2", plaudit.PrivateKey.generate().public())
    for compromised, verified in ((False, True), (True, False)):
        old = plaudit.Method(GUILD.verification_method, GUILD.key.public(), compromised=compromised)
        document = plaudit.controller_document(GUILD.controller, [old, fresh])
        known = web() | {ISSUER_DOCUMENT: json.dumps(document).encode()}
        assert verify(signed(), fetch=MappedFetch(known)).verified is verified


def test_a_list_whose_own_end_has_passed_is_out_of_date() -> None:
    later = AT + timedelta(days=40)
    report = verify(signed(), at=later)
    assert report.outcome_of("status") is Outcome.UNKNOWN
    assert report.outcome_of("dates") is Outcome.PASSED


def test_the_issuers_document_may_change_everything_else() -> None:
    document = issuer_document() | {"service": [{"id": "#x", "type": "LinkedDomains"}]}
    known = web() | {ISSUER_DOCUMENT: json.dumps(document).encode()}
    assert verify(signed(), fetch=MappedFetch(known)).verified
    assert credential()["id"] == GOOD["id"]


def test_a_presentation_is_a_kind_that_is_not_checked() -> None:
    report = verify({"type": ["VerifiablePresentation"], "verifiableCredential": []})
    assert report.outcome_of("parse") is Outcome.UNKNOWN
    assert report.readable
    assert report.exit_code == 2


def test_a_proof_made_for_somebody_is_good_for_whoever_asked_for_it() -> None:
    document = credential()
    proof = data_integrity.sign(
        document, GUILD.key, verification_method=GUILD.verification_method, created=AT - DAY,
        options={"domain": "employer.example", "challenge": "4711"},
    )  # fmt: skip
    document["proof"] = [proof]
    assert verify(document).verified, "a badge is meant to be shown to anybody"
    asked = {"domain": "employer.example", "challenge": "4711"}
    assert verify(document, **asked).verified
    for wrong in ({"domain": "evil.example"}, {"challenge": "4712"}):
        assert verify(document, **asked | wrong).outcome_of("proof") is Outcome.FAILED
        assert verify(GOOD, **wrong).outcome_of("proof") is Outcome.FAILED, "and nobody else's will do"
    token = plaudit.issue_jwt(credential(), GUILD, AT - DAY)
    assert verify(token).verified
    assert verify(token, challenge="4711").outcome_of("proof") is Outcome.FAILED
    older = {url: json.dumps(document).encode() for url, document in guild2.hosted_web().items()}
    asked_older = verify(guild2.ADDRESS, fetch=MappedFetch(older), challenge="4711")
    assert asked_older.outcome_of("proof") is Outcome.FAILED
    assert asked_older.credential is None
