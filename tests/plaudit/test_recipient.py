"""Whom a badge is for: the form of an address, its hash, and who matches."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit.errors import IssueError
from plaudit.recipient import email_form, identity_hash, identity_object, matches, name_form

FORMS = {
    " Eve@Mail.Example ": "eve@mail.example",
    "eve+badges@mail.example": "eve+badges@mail.example",
    "EVE@BÜCHER.example": "eve@xn--bcher-kva.example",
    "ÉVE@mail.example": "Éve@mail.example",
    "a@b@mail.example": "a@b@mail.example",
    "\u212a@mail.example": "\u212a@mail.example",  # KELVIN SIGN is no k
}
NO_ADDRESSES = ["", "eve", "@mail.example", "eve@", "eve@-a.example", "eve@a..b", "eve@mail example", "<eve@a.b>",
                "e ve@a.b", "eve@a.b, bob@a.b", "eve@" + "a" * 64 + ".example", "eve@a.b\0",
                "eve@mail.example."]  # fmt: skip


@pytest.mark.parametrize("address", FORMS)
def test_the_form_of_an_address(address: str) -> None:
    assert email_form(address) == FORMS[address]
    assert email_form(FORMS[address]) == FORMS[address]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(IssueError):
        email_form(text)


def test_the_hash_is_that_of_the_standard() -> None:
    assert (
        identity_hash("a@example.org", "salt") == "sha256$" + hashlib.sha256(b"a@example.orgsalt").hexdigest()
    )


def test_a_name_is_composed_and_trimmed() -> None:
    assert name_form(" Zoe\u0308 ") == "Zoë"


def test_an_identity_object_in_clear_and_hashed() -> None:
    assert identity_object("name", "Eve", None) == {
        "type": "IdentityObject", "hashed": False, "identityHash": "Eve", "identityType": "name",
    }  # fmt: skip
    hashed = identity_object("emailAddress", " Eve@Mail.Example", "s")
    assert hashed["identityHash"] == identity_hash("eve@mail.example", "s")
    assert (hashed["hashed"], hashed["salt"]) == (True, "s")


def test_who_matches() -> None:
    objects = [identity_object("emailAddress", "eve@mail.example", "s"), identity_object("name", "Zoë", "t")]
    assert matches(objects, email="EVE@mail.example ")
    assert matches(objects, name="Zoe\u0308")
    assert not matches(objects, email="mallory@mail.example")
    assert not matches(objects, name="eve@mail.example")
    assert not matches(objects, email="Zoë")
    assert not matches(objects)
    assert not matches([], email="eve@mail.example")


def test_other_issuers_hash_what_was_typed() -> None:
    typed = {"identityType": "emailAddress", "hashed": True, "salt": "s",
             "identityHash": identity_hash("Eve@Mail.Example", "s")}  # fmt: skip
    assert matches([typed], email="Eve@Mail.Example")
    assert not matches([typed], email="eve@mail.example")
    clear = {"identityType": "emailAddress", "hashed": False, "identityHash": "Eve@Mail.Example"}
    assert matches([clear], email="eve@mail.example")
    md5 = {"identityType": "emailAddress", "hashed": True, "salt": "s",
           "identityHash": "md5$" + hashlib.md5(b"eve@mail.examples").hexdigest()}  # fmt: skip
    assert matches([md5], email="eve@mail.example")


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"identityType": "emailAddress"}, {"identityType": ["emailAddress"], "hashed": True, "identityHash": "x"},
        {"identityType": "emailAddress", "hashed": True, "identityHash": 7, "salt": "s"},
        {"identityType": "emailAddress", "hashed": True, "identityHash": "sha256$", "salt": "s"},
        {"identityType": "emailAddress", "hashed": True, "identityHash": "crc32$00", "salt": "s"},
        {"identityType": "emailAddress", "hashed": True, "identityHash": "eve@mail.example"},
        {"identityType": "emailAddress", "hashed": True, "identityHash": "sha256$x", "salt": ["s"]},
    ],
)  # fmt: skip
def test_a_broken_identity_object_matches_nobody(broken: dict) -> None:
    assert not matches([broken], email="eve@mail.example")


@given(st.emails(), st.emails())
def test_two_addresses_match_exactly_when_their_forms_are_the_same(one: str, other: str) -> None:
    try:
        stated = identity_object("emailAddress", one, "s")
        same = email_form(one) == email_form(other)
    except IssueError:
        return
    assert matches([stated], email=other) is same
    assert matches([stated], email=one)


@given(st.text(max_size=300))
def test_no_text_breaks_the_comparison(text: str) -> None:
    assert not matches(
        [identity_object("emailAddress", "eve@mail.example", "s")], email="x" + text, name=text
    )
