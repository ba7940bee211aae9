"""Withdrawn or not: lists of every kind, what they may say, and whose they must be."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plaudit
from plaudit import MappedFetch, Signer, issue
from plaudit.documents import CREDENTIALS_V1, OPEN_BADGES_EXTENSIONS, STATUS_LIST_2021
from plaudit.encoding import base64url_encode
from plaudit.errors import UnreadableError
from plaudit.issue import issue_jwt
from plaudit.keys import KeyType
from plaudit.proofs import data_integrity, jose
from plaudit.report import NOT_BELIEVED, SUSPENDED
from plaudit.status import MIN_ENTRIES, StatusBits, read_messages, status_entry, status_list_credential
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    LIST,
    METHOD,
    STRANGER,
    credential,
    key_of,
    status_list,
    web,
)


def proved(document: dict[str, Any], signer: Signer = GUILD) -> dict[str, Any]:
    """The document with a proof, whatever `issue` would say of it."""
    proof = data_integrity.sign(
        document, signer.key, verification_method=signer.verification_method, created=AT - DAY
    )
    return document | {"proof": [proof]}


def outcome(status: Any, lists: dict[str, bytes], *, more_contexts: tuple[str, ...] = ()) -> tuple[str, str]:
    document = credential(credentialStatus=status)
    document["@context"] += more_contexts
    report = plaudit.verify(proved(document), fetch=MappedFetch(web() | lists), at=AT)
    check = next(check for check in report.checks if check.id == "status")
    assert report.outcome_of("proof") == "passed", report.as_dict()
    return str(check.outcome), f"{check.sentence} {check.detail}"


def listed(bits: StatusBits, purpose: Any = "revocation", **subject: Any) -> bytes:
    document = status_list_credential(LIST, ISSUER, purpose, bits, AT - DAY)
    document["credentialSubject"] |= subject
    return json.dumps(proved(document)).encode()


def entry(index: Any = "4711", **changes: Any) -> dict[str, Any]:
    return status_entry(LIST, "revocation", 0) | {"statusListIndex": index} | changes


def test_the_bit_decides() -> None:
    assert outcome(entry(), {LIST: listed(StatusBits.of([1]))})[0] == "passed"
    assert outcome(entry(), {LIST: listed(StatusBits.of([4711]))})[0] == "failed"
    assert outcome(entry(4711), {LIST: listed(StatusBits.of([4711]))})[0] == "failed"


def test_a_list_may_have_several_purposes() -> None:
    bits = StatusBits.of([4711])
    assert outcome(entry(), {LIST: listed(bits, ["suspension", "revocation"])})[0] == "failed"
    suspended = entry(statusPurpose="suspension")
    assert "suspended" in outcome(suspended, {LIST: listed(bits, ["suspension", "revocation"])})[1]
    assert outcome(suspended, {LIST: listed(bits, ["revocation"])})[0] == "failed"


ENTRIES: dict[str, tuple[Any, str]] = {
    "not an object": ("https://guild.example/status/1", "failed"),
    "no type": ({"id": "urn:x"}, "unknown"),
    "an unknown type": (entry(type="https://x.example/#Other"), "unknown"),
    "two types": (entry(type=["BitstringStatusListEntry", "1EdTechRevocationList"]), "unknown"),
    "an unknown purpose": (entry(statusPurpose="holiday"), "unknown"),
    "a purpose that is no text": (entry(statusPurpose=7), "unknown"),
    "no index": (entry(None), "failed"),
    "a negative index": (entry("-1"), "failed"),
    "a fraction": (entry("1.5"), "failed"),
    "an index that is true": (entry(True), "failed"),
    "an index of other digits": (entry("٤٧"), "failed"),
    "an index beyond the list": (entry(str(MIN_ENTRIES)), "failed"),
    "a huge index": (entry("9" * 400), "failed"),
    "no list": (entry(statusListCredential=7), "failed"),
    "no size": (entry(statusSize=0), "failed"),
    "more bits than are read here": (entry(statusSize=64), "unknown"),
    "a size that is no number": (entry(statusSize="1"), "failed"),
    "a size that is true": (entry(statusSize=True), "failed"),
    "two bits without messages": (entry(statusSize=2), "failed"),
}


@pytest.mark.parametrize(("status", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_an_entry_that_is_not_what_it_should_be(status: Any, expected: str) -> None:
    from plaudit.checks.case import PASSED, Case, Finding
    from plaudit.checks.withdrawal import check_status

    case = Case(
        credential(credentialStatus=status), MappedFetch(web() | {LIST: listed(StatusBits.of([1]))}), AT
    )
    case.findings = {name: Finding(PASSED, "") for name in ("terms", "proof", "key")}
    assert str(check_status(case).outcome) == expected


SUBJECTS: dict[str, dict[str, Any]] = {
    "another type": {"type": "StatusList2021"},
    "no list": {"encodedList": ""},
    "no gzip": {"encodedList": "uAAAA"},
    "no prefix": {"encodedList": StatusBits.of([1]).encode()[1:]},
    "too short": {"encodedList": "u" + base64url_encode(gzip.compress(bytes(MIN_ENTRIES // 8 - 1)))},
    "a ttl in words": {"ttl": "soon"},
    "a negative ttl": {"ttl": -1},
    "a ttl that is true": {"ttl": True},
}


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_a_list_that_is_not_what_it_should_be(subject: dict[str, Any]) -> None:
    from plaudit.checks.case import Finding
    from plaudit.checks.lists import KnownList
    from plaudit.checks.withdrawal import _value_in_list

    content = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([1]), AT)
    content["credentialSubject"] |= subject
    assert isinstance(
        _value_in_list(KnownList(content, {}), "BitstringStatusListEntry", "revocation", 4711, 1), Finding
    )
    for changes in ({"type": ["VerifiableCredential"]}, {"credentialSubject": []}):
        assert isinstance(
            _value_in_list(
                KnownList(content | changes, {}), "BitstringStatusListEntry", "revocation", 4711, 1
            ),
            Finding,
        )


def messages(size: int) -> list[dict[str, str]]:
    return [{"status": hex(value), "message": f"message {value}"} for value in range(1 << size)]


def test_a_message_is_told_and_takes_nothing_away() -> None:
    bits = StatusBits.of([4711 * 2], MIN_ENTRIES * 2)  # 0b10 at index 4711
    state = entry(statusPurpose="message", statusSize=2, statusMessage=messages(2))
    found, detail = outcome(state, {LIST: listed(bits, "message")})
    assert found == "passed"
    assert "message 2" in detail
    assert (
        outcome(entry(statusPurpose="refresh"), {LIST: listed(StatusBits.of([4711]), "refresh")})[0]
        == "passed"
    )
    several = entry(statusSize=2, statusMessage=messages(2))
    assert outcome(several, {LIST: listed(bits)})[0] == "failed"
    short = listed(StatusBits.of([1]))  # 131,072 bits are half as many entries of two bits
    assert "65536 entries" in outcome(several, {LIST: short})[1]


@pytest.mark.parametrize(
    "rows",
    [None, [], messages(1), messages(3), [*messages(2)[:3], messages(2)[0]], [*messages(2), messages(2)[0]],
     [{"status": "3", "message": "x"}] * 4, [{"status": "0x0"}] * 4, ["0x0"] * 4, [{"status": "0x" + "f" * 9,
     "message": ""}] * 4, messages(2) * 1000],
)  # fmt: skip
def test_messages_that_do_not_fit_are_none(rows: Any) -> None:
    assert read_messages({"statusMessage": rows}, 2) is None
    assert read_messages({"statusMessage": messages(2)}, 2) == {
        value: f"message {value}" for value in range(4)
    }


def test_values_of_several_bits_begin_with_the_leftmost() -> None:
    bits = StatusBits.of([6, 8])
    assert [bits.value(index, 2) for index in (2, 3, 4)] == [0, 0b10, 0b10]
    assert bits.value(1, 4) == 0b0010
    with pytest.raises(IndexError):
        bits.value(MIN_ENTRIES // 2, 2)


def test_a_list_may_be_a_jwt() -> None:
    document = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([4711]), AT - DAY)
    text = issue_jwt(document, GUILD, AT - DAY)
    assert outcome(entry(), {LIST: text.encode()})[0] == "failed"
    assert outcome(entry(), {LIST: text[:-4].encode()})[1].startswith(
        "Whether the badge was withdrawn could not be checked"
    )
    assert outcome(entry(), {LIST: b"a.b.c"})[0] == "unknown"


def test_a_list_may_be_a_jwt_without_the_claims_that_only_badges_repeat() -> None:
    """VC-JOSE-COSE asks for none of them; those that are there must say the same."""
    document = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([1]), AT - DAY)

    def token(**claims: Any) -> bytes:
        head = {"kid": METHOD, "typ": "vc+jwt"}
        return jose.sign(json.dumps(document | claims).encode(), GUILD.key, head).encode()

    assert outcome(entry(), {LIST: token()})[0] == "passed"
    assert outcome(entry(1), {LIST: token(iss=ISSUER)})[0] == "failed"
    assert "iss" in outcome(entry(), {LIST: token(iss="did:web:evil.example")})[1]


def closed(description: Any, *indices: int, end: str = "") -> bytes:
    """A list that its issuer signed for the last time, as a static copy of a site has it."""
    document = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of(list(indices)), AT - DAY)
    del document["validUntil"]
    return json.dumps(
        proved(document | ({"validUntil": end} if end else {}) | {"description": description})
    ).encode()


FROZEN = "The last state of this list, frozen on 2026-11-20. What was revoked later is not in it."


def test_the_last_list_of_an_issuer_says_of_which_day_its_answer_is() -> None:
    def found(body: bytes) -> plaudit.Check:
        document = proved(credential(credentialStatus=entry()))
        report = plaudit.verify(document, fetch=MappedFetch(web() | {LIST: body}), at=AT)
        return next(check for check in report.checks if check.id == "status")

    good = found(closed(FROZEN))
    assert (good.outcome, good.as_of, good.code) == ("passed", "2026-11-20", "")
    assert "By the issuer's last list, of 2026-11-20" in good.sentence
    assert good.as_dict()["as_of"] == "2026-11-20"
    taken = found(closed(FROZEN, 4711))
    assert (taken.outcome, taken.as_of) == ("failed", "")
    later = (AT + DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    for body in (closed(FROZEN, end=later), closed("frozen on 2026-99-99"), closed("A list"), closed(["x"])):
        check = found(body)
        assert check.as_of == "", body[:300]
        assert "last list" not in check.sentence


def test_a_list_of_somebody_else_or_of_another_purpose_is_refused() -> None:
    theirs = status_list_credential(LIST, STRANGER.controller, "revocation", StatusBits.of([1]), AT - DAY)
    assert outcome(entry(), {LIST: issue(theirs, STRANGER, AT - DAY)})[0] == "failed"
    assert outcome(entry(), {LIST: status_list(1, purpose="suspension")})[0] == "failed"
    unsigned = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([1]), AT - DAY)
    assert outcome(entry(), {LIST: json.dumps(unsigned).encode()})[0] == "failed"


def code(status: Any, lists: dict[str, bytes]) -> str:
    report = plaudit.verify(
        proved(credential(credentialStatus=status)), fetch=MappedFetch(web() | lists), at=AT
    )
    assert report.outcome_of("status") == "failed"
    assert not report.verified
    return next(check.code for check in report.checks if check.id == "status")


def test_only_a_bit_in_a_list_that_the_issuer_signed_takes_a_badge_back() -> None:
    """A program can tell a badge that was withdrawn from one whose list says nothing that counts."""
    theirs = issue(
        status_list_credential(LIST, STRANGER.controller, "revocation", StatusBits.of([4711]), AT - DAY),
        STRANGER,
        AT - DAY,
    )
    unsigned = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([4711]), AT - DAY)
    for body in (theirs, b"{}", status_list(4711, purpose="suspension"), json.dumps(unsigned).encode()):
        assert code(entry(), {LIST: body}) == NOT_BELIEVED, body[:80]
    assert code(entry("9" * 12), {LIST: listed(StatusBits.of([1]))}) == NOT_BELIEVED
    assert code(entry("one"), {LIST: listed(StatusBits.of([1]))}) == NOT_BELIEVED
    assert code(entry(), {LIST: listed(StatusBits.of([4711]))}) == ""
    assert (
        code(entry(statusPurpose="suspension"), {LIST: status_list(4711, purpose="suspension")}) == SUSPENDED
    )


def test_of_two_lists_what_is_known_counts_before_what_is_not_believed() -> None:
    other = "https://guild.example/status/2"
    held = entry(statusPurpose="suspension", statusListCredential=other)
    assert code([entry(), held], {LIST: b"{}", other: _held(4711)}) == SUSPENDED
    assert code([held, entry()], {LIST: listed(StatusBits.of([4711])), other: b"{}"}) == ""


def _held(index: int) -> bytes:
    document = status_list_credential(
        "https://guild.example/status/2", ISSUER, "suspension", StatusBits.of([index]), AT - DAY
    )
    return json.dumps(proved(document)).encode()


# StatusList2021


def older_list(bits: StatusBits, **changes: Any) -> bytes:
    document = {
        "@context": [CREDENTIALS_V1, STATUS_LIST_2021, "https://w3id.org/security/data-integrity/v2"],
        "id": LIST,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": ISSUER,
        "issuanceDate": "2026-11-20T00:00:00Z",
        "credentialSubject": {
            "id": f"{LIST}#list",
            "type": "StatusList2021",
            "statusPurpose": "revocation",
            "encodedList": bits.encode()[1:],
        },
    } | changes
    return json.dumps(proved(document)).encode()


@pytest.mark.parametrize(("index", "expected"), [("4711", "failed"), ("4712", "passed")])
def test_a_status_list_of_2021_is_read(index: str, expected: str) -> None:
    status = entry(index, type="StatusList2021Entry")
    contexts = (STATUS_LIST_2021,)
    lists = {LIST: older_list(StatusBits.of([4711]))}
    assert outcome(status, lists, more_contexts=contexts)[0] == expected
    # The two kinds do not stand in for each other.
    assert outcome(entry(index), lists)[0] == "failed"
    assert outcome(status, {LIST: listed(StatusBits.of([1]))}, more_contexts=contexts)[0] == "failed"


# 1EdTech Revocation List


REVOCATIONS = "https://guild.example/revocations"
REVOCATION_STATUS = {"id": REVOCATIONS, "type": "1EdTechRevocationList"}
BADGE_ID = credential()["id"]


def revocations(content: Any) -> tuple[str, str]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return outcome(REVOCATION_STATUS, {REVOCATIONS: body}, more_contexts=(OPEN_BADGES_EXTENSIONS,))


@pytest.mark.parametrize("name", ["revokedCredential", "revokedCredentials"])
def test_a_revocation_list_names_what_was_revoked(name: str) -> None:
    other = {"id": "urn:uuid:1", "revoked": True}
    here = {"id": BADGE_ID, "revoked": True, "revocationReason": "Joints broke."}
    base = {"id": REVOCATIONS, "issuer": ISSUER}
    assert revocations(base | {name: [other]})[0] == "passed"
    assert revocations(base | {name: []})[0] == "passed"
    found, detail = revocations(base | {name: [other, here]})
    assert found == "failed"
    assert "Joints broke." in detail
    assert revocations(base | {name: here})[0] == "failed"
    assert revocations(base | {name: [BADGE_ID]})[0] == "failed"
    assert revocations(base | {name: [here | {"revoked": False}]})[0] == "passed"
    assert revocations(base | {name: [here], "issuer": {"id": ISSUER}})[0] == "failed"
    del here["revocationReason"]
    assert revocations(base | {name: [here]})[0] == "failed"


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", [], {}, {"issuer": ISSUER}, {"issuer": "did:web:evil.example", "revokedCredential": []},
     {"revokedCredential": []}],
)  # fmt: skip
def test_a_revocation_list_that_says_nothing_leaves_it_unknown(content: Any) -> None:
    assert revocations(content)[0] == "unknown"


def test_a_revocation_list_that_is_not_there_leaves_it_unknown() -> None:
    assert outcome(REVOCATION_STATUS, {}, more_contexts=(OPEN_BADGES_EXTENSIONS,))[0] == "unknown"


def test_a_revocation_list_needs_an_address_and_an_id() -> None:
    from plaudit.checks.case import PASSED, Case, Finding
    from plaudit.checks.withdrawal import check_status

    for status, changes in (({"type": "1EdTechRevocationList"}, {}), (REVOCATION_STATUS, {"id": 7})):
        case = Case(credential(credentialStatus=status) | changes, MappedFetch({}), AT)
        case.findings = {name: Finding(PASSED, "") for name in ("terms", "proof", "key")}
        assert str(check_status(case).outcome) == "failed"


@given(st.one_of(st.text(), st.binary(max_size=300).map(lambda data: "u" + base64url_encode(data)), st.none(),
                 st.binary(max_size=300).map(lambda data: "u" + base64url_encode(gzip.compress(data)))))  # fmt: skip
def test_no_encoded_list_makes_it_raise_anything_else(encoded: Any) -> None:
    for prefixed in (True, False):
        try:
            StatusBits.decode(encoded, prefixed=prefixed)
        except UnreadableError:
            continue
    assert METHOD.startswith(ISSUER)
    assert key_of("guild", KeyType.P256)
