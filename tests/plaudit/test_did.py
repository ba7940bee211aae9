"""From an identifier to a key: the issuer's own document decides, and nothing else."""

import json
from typing import Any

import pytest

from plaudit import KeyType, MappedFetch, Method, WebFetch, offline
from plaudit.did import (
    controller_document,
    did_key,
    did_key_method,
    did_web,
    did_web_address,
    find_key,
    resolve,
)
from plaudit.errors import FetchError, KeyRefusedError, UnsupportedError
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, ISSUER_DOCUMENT, METHOD, issuer_document, key_of

ADDRESSES = {
    "did:web:example.org": "https://example.org/.well-known/did.json",
    "did:web:example.org:issuers:7f1c": "https://example.org/issuers/7f1c/did.json",
    "did:web:example.org%3A8443:a": "https://example.org:8443/a/did.json",
    "did:web:EXAMPLE.org": "https://example.org/.well-known/did.json",
    "did:web:localhost%3A8000:issuers:abc": "https://localhost:8000/issuers/abc/did.json",
}
NO_ADDRESSES = [
    "did:web:", "did:web:127.0.0.1", "did:web:10.0.0.1%3A80:a", "did:web:a:..:b", "did:web:a:.", "did:web:a::b",
    "did:web:a/b", "did:web:a%2Fb", "did:web:a:b%2Fc", "did:web:a:b%5Cc", "did:web:user%40a", "did:web:a?b",
    "did:web:a#b", "did:web:-a", "did:web:a b", "did:key:a", "https://a", "did:web:a%3Ax", "did:web:[::1]",
]  # fmt: skip


@pytest.mark.parametrize("identifier", ADDRESSES)
def test_where_the_document_of_a_did_web_is(identifier: str) -> None:
    assert did_web_address(identifier) == ADDRESSES[identifier]


@pytest.mark.parametrize("identifier", NO_ADDRESSES)
def test_what_is_no_did_web(identifier: str) -> None:
    with pytest.raises(KeyRefusedError):
        did_web_address(identifier)


def test_only_the_named_development_host_is_read_by_http() -> None:
    here = "did:web:localhost%3A8000:issuers:abc"
    assert did_web("localhost:8000", "issuers", "abc") == here
    assert did_web_address(here, "localhost:8000") == "http://localhost:8000/issuers/abc/did.json"
    assert did_web_address(here, "localhost:8001").startswith("https://")
    document = controller_document(here, [Method(f"{here}#k", GUILD.key.public())])
    known = {"http://localhost:8000/issuers/abc/did.json": json.dumps(document).encode()}
    switched = MappedFetch(known, WebFetch(allow_localhost="localhost:8000"))
    assert find_key(here, f"{here}#k", switched, AT) == GUILD.key.public()
    with pytest.raises(FetchError):
        find_key(here, f"{here}#k", MappedFetch(known), AT)


def test_a_did_key_needs_nobody() -> None:
    public = key_of("a").public()
    assert find_key(did_key(public), did_key_method(public), offline, AT) == public
    p256 = key_of("a", KeyType.P256).public()
    assert find_key(did_key(p256), did_key_method(p256), offline, AT) == p256


@pytest.mark.parametrize("end", ["", "#", "#other"])
def test_a_did_key_has_one_method(end: str) -> None:
    public = key_of("a").public()
    with pytest.raises(KeyRefusedError):
        find_key(did_key(public), did_key(public) + end, offline, AT)


def found(document: Any, issuer: str = ISSUER, method: str = METHOD) -> Any:
    known = {ISSUER_DOCUMENT: json.dumps(document).encode(), issuer: json.dumps(document).encode()}
    return find_key(issuer, method, MappedFetch(known), AT)


def entry(**changes: Any) -> dict[str, Any]:
    described = issuer_document()["verificationMethod"][0] | changes
    return {name: value for name, value in described.items() if value is not None}


def test_the_key_in_the_issuers_document_is_found() -> None:
    assert found(issuer_document()) == GUILD.key.public()


def test_a_method_may_be_written_into_the_list_itself() -> None:
    document = {"id": ISSUER, "assertionMethod": [entry()]}
    assert found(document) == GUILD.key.public()


def test_an_https_issuer_is_its_own_document() -> None:
    issuer = "https://guild.example/issuer"
    method = f"{issuer}#key-1"
    document = controller_document(issuer, [Method(method, GUILD.key.public())])
    assert found(document, issuer, method) == GUILD.key.public()


REFUSED: dict[str, dict[str, Any]] = {
    "another id": {"id": "did:web:evil.example"},
    "no id": {"id": None},
    "not listed": {"assertionMethod": []},
    "no list": {"assertionMethod": None},
    "listed by a relative id": {"assertionMethod": ["#key-ed25519-1"]},
    "listed for something else": {"assertionMethod": [], "authentication": [METHOD]},
    "not described": {"verificationMethod": []},
    "described twice": {"verificationMethod": [entry(), entry()]},
    "described and embedded": {"assertionMethod": [entry()]},
    "described by a relative id": {"verificationMethod": [entry(id="#key-ed25519-1")]},
    "another controller": {"verificationMethod": [entry(controller="did:web:evil.example")]},
    "no controller": {"verificationMethod": [entry(controller=None)]},
    "both forms": {"verificationMethod": [entry(publicKeyJwk=GUILD.key.public().jwk())]},
    "no form": {"verificationMethod": [entry(publicKeyMultibase=None)]},
    "the form of another type": {"verificationMethod": [entry(type="JsonWebKey")]},
    "an unknown type": {"verificationMethod": [entry(type="RsaVerificationKey2018")]},
    "a broken key": {"verificationMethod": [entry(publicKeyMultibase="z6Mk")]},
    "a private key beside it": {"verificationMethod": [entry(secretKeyMultibase=GUILD.key.multibase())]},
    "revoked": {"verificationMethod": [entry(revoked="2026-11-22T12:00:00Z")]},
    "expired": {"verificationMethod": [entry(expires="2026-11-22T12:00:00Z")]},
    "revoked at no date": {"verificationMethod": [entry(revoked="yes")]},
    "a JWK with its private part": {
        "verificationMethod": [
            entry(type="JsonWebKey", publicKeyMultibase=None, publicKeyJwk=GUILD.key.jwk())
        ]
    },
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_the_document_does_not_allow_the_key(changes: dict[str, Any]) -> None:
    document = {name: value for name, value in (issuer_document() | changes).items() if value is not None}
    with pytest.raises(KeyRefusedError):
        found(document)


def test_a_key_that_ends_later_is_good_until_then() -> None:
    document = issuer_document() | {"verificationMethod": [entry(revoked="2026-11-22T12:00:01Z")]}
    assert found(document) == GUILD.key.public()


def test_a_method_of_another_is_refused_before_anything_is_read() -> None:
    stranger = key_of("stranger").public()
    with pytest.raises(KeyRefusedError, match="not one of the issuer"):
        find_key(ISSUER, did_key_method(stranger), offline, AT)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{", b'{"id":1,"id":2}'])
def test_what_is_no_document_leaves_it_unknown(body: bytes) -> None:
    with pytest.raises(FetchError):
        find_key(ISSUER, METHOD, MappedFetch({ISSUER_DOCUMENT: body}), AT)


def test_methods_we_do_not_know_are_unknown_and_other_schemes_refused() -> None:
    with pytest.raises(UnsupportedError):
        resolve("did:example:abc", offline)
    for identifier in ("http://guild.example/", "urn:uuid:1", "guild", "https://a.example/#b", "ftp://a"):
        with pytest.raises(KeyRefusedError):
            resolve(identifier, offline)


def test_the_document_we_write() -> None:
    edge = key_of("p", KeyType.P256).public()
    methods = [
        Method(METHOD, GUILD.key.public()),
        Method(f"{ISSUER}#key-p256-1", edge),
        Method(f"{ISSUER}#key-ed25519-0", key_of("lost").public(), compromised=True, revoked=AT - DAY),
    ]
    document = controller_document(ISSUER, methods, ["https://guild.example/"])
    assert document["assertionMethod"] == [METHOD, f"{ISSUER}#key-p256-1"]
    assert document["alsoKnownAs"] == ["https://guild.example/"]
    for described in document["verificationMethod"]:
        assert described["controller"] == ISSUER
        assert ("publicKeyMultibase" in described) is (described["type"] == "Multikey")
        assert ("publicKeyJwk" in described) is (described["type"] == "JsonWebKey")
    assert found(document, method=f"{ISSUER}#key-p256-1") == edge
    with pytest.raises(KeyRefusedError):
        found(document, method=f"{ISSUER}#key-ed25519-0")
    with pytest.raises(KeyRefusedError, match="not an identifier below"):
        controller_document("did:web:other.example", methods)


@pytest.mark.parametrize("kind", [["Multikey"], {"Multikey": 1}, 5, None])
def test_a_method_whose_type_is_no_word_is_refused_and_raises_nothing_else(kind: Any) -> None:
    document = issuer_document()
    document["verificationMethod"][0]["type"] = kind
    with pytest.raises(KeyRefusedError):
        find_key(ISSUER, METHOD, MappedFetch({ISSUER_DOCUMENT: json.dumps(document).encode()}), AT)
