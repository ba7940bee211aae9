"""Derived proofs of ecdsa-sd-2023: every statement that is shown was signed, and every object is one object."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import UnsupportedError
from plaudit.keys import KeyType
from plaudit.proofs import selective_disclosure
from plaudit.proofs.data_integrity import verify
from plaudit.proofs.selective_disclosure import BASE_HEADER, DERIVED_HEADER, read_proof_value
from tests.plaudit.disclosing import ISSUER_KEY, PROOF_KEY, cbor, disclosed, proof_value
from tests.plaudit.samples import credential, key_of

KEY = ISSUER_KEY.public()
GOOD = disclosed(credential())


def test_a_derived_proof_is_good_for_its_document_and_key() -> None:
    assert verify(credential(), GOOD, KEY)
    assert not verify(credential(), GOOD, key_of("other", KeyType.P256).public())
    assert not verify(credential(), GOOD, key_of("guild").public())
    assert not verify(credential(), GOOD, PROOF_KEY.public())


CHANGES: dict[str, dict[str, Any]] = {
    "a name": {"name": "Welding"},
    "a name that looks like a label": {"name": '" _:c14n0 "'},
    "the subject": {"credentialSubject": credential()["credentialSubject"] | {"id": "urn:uuid:1"}},
    "one more": {"description": "More."},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_changed_document_is_noticed(changes: dict[str, Any]) -> None:
    assert not verify(credential(**changes), GOOD, KEY)


def test_a_text_that_looks_like_a_label_is_left_alone() -> None:
    tricky = credential(name=' _:c14n0 " _:c14n1 ', description="_:c14n0")
    assert verify(tricky, disclosed(tricky), KEY)


@pytest.mark.parametrize("name", ["created", "verificationMethod"])
def test_every_option_is_signed(name: str) -> None:
    other = {"created": "2026-11-22T12:00:00Z", "verificationMethod": "urn:x"}
    assert not verify(credential(), GOOD | {name: other[name]}, KEY)


def bent(change: Any) -> str:
    return str(disclosed(credential(), bend=change)["proofValue"])


def drop(index: int) -> Any:
    return lambda parts: parts[index].pop()


BENT = {
    "another base signature": lambda p: p.__setitem__(0, PROOF_KEY.sign(b"x")),
    "another proof key": lambda p: p.__setitem__(1, b"\x80\x24" + key_of("x", KeyType.P256).public().data),
    "a signature of another statement": lambda p: p[2].__setitem__(0, p[2][1]),
    "one signature less": drop(2),
    "one signature more": lambda p: p[2].append(p[2][0]),
    "no signatures": lambda p: p.__setitem__(2, []),
    "one label less": lambda p: p[3].popitem(),
    "two objects under one label": lambda p: p[3].__setitem__(0, p[3][1]),
    "another label": lambda p: p[3].__setitem__(0, bytes(32)),
    "one mandatory statement less": drop(4),
    "a mandatory statement that is not there": lambda p: p[4].append(10_000),
    "a mandatory statement twice": lambda p: p[4].append(p[4][0]),
}


@pytest.mark.parametrize("change", BENT.values(), ids=BENT)
def test_a_bent_proof_is_not_good(change: Any) -> None:
    assert not verify(credential(), GOOD | {"proofValue": bent(change)}, KEY)


SIGNATURE, PUBLIC, LABEL = bytes(64), b"\x80\x24" + PROOF_KEY.public().data, bytes(32)
VALUE = base64url_decode(GOOD["proofValue"][1:])
NO_VALUES: dict[str, str] = {
    "nothing": "",
    "no multibase": "x" + GOOD["proofValue"],
    "base58": "z111",
    "not base64url": "u!",
    "another header": "u" + base64url_encode(b"\xd9\x5d\x02" + VALUE[3:]),
    "nothing behind the header": "u" + base64url_encode(DERIVED_HEADER),
    "cut short": "u" + base64url_encode(VALUE[:-1]),
    "something behind": "u" + base64url_encode(VALUE + b"\0"),
    "an array of four": proof_value(SIGNATURE, PUBLIC, [], {}),
    "an array of six": proof_value(SIGNATURE, PUBLIC, [], {}, [], []),
    "a short base signature": proof_value(SIGNATURE[1:], PUBLIC, [], {}, []),
    "a short key": proof_value(SIGNATURE, PUBLIC[1:], [], {}, []),
    "a key of another kind": proof_value(SIGNATURE, b"\xed\x01" + PUBLIC[2:], [], {}, []),
    "a key off the curve": proof_value(SIGNATURE, b"\x80\x24\x02" + b"\xff" * 32, [], {}, []),
    "a short signature": proof_value(SIGNATURE, PUBLIC, [SIGNATURE[1:]], {}, []),
    "a number for a signature": proof_value(SIGNATURE, PUBLIC, [5], {}, []),
    "a short label": proof_value(SIGNATURE, PUBLIC, [], {0: LABEL[1:]}, []),
    "a text for a key of the map": proof_value(SIGNATURE, PUBLIC, [], {b"c14n0": LABEL}, []),
    "a key of the map twice": "u" + base64url_encode(
        DERIVED_HEADER + b"\x85" + cbor(SIGNATURE) + cbor(PUBLIC) + b"\x80\xa2" + b"\0" + cbor(LABEL) + b"\0"
        + cbor(b"\1" * 32) + b"\x80"),
    "an array for the map": proof_value(SIGNATURE, PUBLIC, [], [], []),
    "a map for the indexes": proof_value(SIGNATURE, PUBLIC, [], {}, {}),
    "a tag": "u" + base64url_encode(DERIVED_HEADER + b"\x85\xd8\x40" + cbor(SIGNATURE)),
    "an indefinite length": "u" + base64url_encode(DERIVED_HEADER + b"\x9f" + cbor(SIGNATURE) + b"\xff"),
    "a huge length": "u" + base64url_encode(DERIVED_HEADER + b"\x85\x5b" + b"\xff" * 8),
    "a huge array": "u" + base64url_encode(
        DERIVED_HEADER + b"\x85" + cbor(SIGNATURE) + cbor(PUBLIC) + b"\x9b" + b"\xff" * 8),
    "deep nesting": "u" + base64url_encode(DERIVED_HEADER + b"\x81" * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("value", NO_VALUES.values(), ids=NO_VALUES)
def test_what_is_no_derived_proof_value_is_not_good(value: str) -> None:
    assert read_proof_value(value) is None
    assert not verify(credential(), GOOD | {"proofValue": value}, KEY)


def test_a_base_proof_is_not_for_verifiers() -> None:
    with pytest.raises(UnsupportedError, match="holder"):
        read_proof_value("u" + base64url_encode(BASE_HEADER + b"\x85"))


def test_a_document_of_too_many_statements_is_not_worked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selective_disclosure, "MAX_STATEMENTS", 10)
    with pytest.raises(UnsupportedError, match="more than 10"):
        verify(credential(), GOOD, KEY)


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(VALUE) * 8 - 1)))
def test_no_bytes_make_it_raise_anything_else(data: bytes | int) -> None:
    if isinstance(data, int):  # one bit of a good one is turned
        flipped = int.from_bytes(VALUE) ^ 1 << data
        value = "u" + base64url_encode(flipped.to_bytes(len(VALUE)))
    else:
        value = "u" + base64url_encode(DERIVED_HEADER + data)
    try:
        read_proof_value(value)
    except UnsupportedError:
        assert isinstance(data, int)
