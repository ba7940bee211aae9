"""From an identifier to a key: the issuer's own document decides, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit import KeyType, MappedFetch, Method, WebFetch, offline
from plaudit.did import (
    controller_document,
    did_jwk,
    did_key,
    did_key_method,
    did_web,
    did_web_address,
    find_jwt_key,
    find_key,
    find_ob2_key,
    resolve,
)
from plaudit.encoding import base58_encode, base64url_encode
from plaudit.errors import FetchError, KeyRefusedError, UnsupportedError
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, ISSUER_DOCUMENT, METHOD, issuer_document, key_of

ADDRESSES = {
    "did:web:example.org": "https://example.org/.well-known/did.json",
    "did:web:example.org:issuers:7f1c": "https://example.org/issuers/7f1c/did.json",
    "did:web:example.org%3A8443:a": "https://example.org:8443/a/did.json",
    "did:web:example.org:%C3%A9cole:a%20b": "https://example.org/%C3%A9cole/a%20b/did.json",
    "did:web:EXAMPLE.org": "https://example.org/.well-known/did.json",
    "did:web:localhost%3A8000:issuers:abc": "https://localhost:8000/issuers/abc/did.json",
}
NO_ADDRESSES = [
    "did:web:", "did:web:127.0.0.1", "did:web:10.0.0.1%3A80:a", "did:web:a:..:b", "did:web:a:.", "did:web:a::b",
    "did:web:a:%2e%2E", "did:web:a:%2", "did:web:a:%zz", "did:web:a:~b", "did:web:%2Fa",
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


def test_a_relative_name_is_one_below_the_documents_own() -> None:
    """CID 1.0 section 3.3 compares the absolute form; what the proof names has to be absolute itself."""
    relative = entry(id="#key-ed25519-1")
    assert found(issuer_document() | {"assertionMethod": ["#key-ed25519-1"]}) == GUILD.key.public()
    assert found(issuer_document() | {"verificationMethod": [relative]}) == GUILD.key.public()
    assert found({"id": ISSUER, "assertionMethod": [relative]}) == GUILD.key.public()
    known = MappedFetch({ISSUER_DOCUMENT: json.dumps({"id": ISSUER, "assertionMethod": [relative]}).encode()})
    for header in ({"kid": METHOD}, {"jwk": GUILD.key.public().jwk()}):
        assert find_jwt_key(ISSUER, header, known, AT) == GUILD.key.public()
    with pytest.raises(KeyRefusedError):
        find_key(ISSUER, "#key-ed25519-1", known, AT)
    with pytest.raises(KeyRefusedError):
        found({"id": "did:web:evil.example", "assertionMethod": [relative]})


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
    "listed by a relative id of another": {"assertionMethod": ["#key-ed25519-2"]},
    "listed by a relative path": {"assertionMethod": ["./#key-ed25519-1"]},
    "listed for something else": {"assertionMethod": [], "authentication": [METHOD]},
    "not described": {"verificationMethod": []},
    "described twice": {"verificationMethod": [entry(), entry()]},
    "described and embedded": {"assertionMethod": [entry()]},
    "described by a relative id of another": {"verificationMethod": [entry(id="#key-ed25519-2")]},
    "described absolutely and relatively": {"verificationMethod": [entry(), entry(id="#key-ed25519-1")]},
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
    for identifier in (
        "http://guild.example/",
        "urn:uuid:1",
        "guild",
        "https://a.example/#b",
        "ftp://a",
        "https://[",
    ):
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


# Other ways to write a key, and to name one


def test_a_did_key_of_every_kind_is_its_own_document() -> None:
    for kind in KeyType:
        public = key_of("guild", kind).public()
        assert find_key(did_key(public), did_key_method(public), offline, AT) == public


def test_a_did_jwk_of_every_kind_is_its_own_document() -> None:
    for kind in KeyType:
        public = key_of("guild", kind).public()
        identifier = did_jwk(public)
        assert find_key(identifier, f"{identifier}#0", offline, AT) == public
        for end in ("", "#", "#1", "#0#0"):
            with pytest.raises(KeyRefusedError):
                find_key(identifier, identifier + end, offline, AT)


NO_JWKS = [
    b"", b"{}", b"[]", b"{", b'{"kty":"oct","k":"AA"}', json.dumps(GUILD.key.jwk()).encode(),
    json.dumps({**GUILD.key.public().jwk(), "use": "enc"}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("text", NO_JWKS)
def test_a_did_jwk_that_holds_no_key_for_signatures(text: bytes) -> None:
    identifier = f"did:jwk:{base64url_encode(text)}"
    with pytest.raises(KeyRefusedError):
        find_key(identifier, f"{identifier}#0", offline, AT)
    with pytest.raises(KeyRefusedError):
        resolve("did:jwk:+/=", offline)


OTHER_FORMS: dict[str, dict[str, Any]] = {
    "the type of 2020": {"type": "Ed25519VerificationKey2020"},
    "the type of 2018": {
        "type": "Ed25519VerificationKey2018", "publicKeyMultibase": None,
        "publicKeyBase58": base58_encode(GUILD.key.public().data),
    },
    "a JWK": {"type": "JsonWebKey", "publicKeyMultibase": None, "publicKeyJwk": GUILD.key.public().jwk()},
    "a JWK of 2020": {"type": "JsonWebKey2020", "publicKeyMultibase": None, "publicKeyJwk": GUILD.key.public().jwk()},
}  # fmt: skip


@pytest.mark.parametrize("changes", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_key_in_another_form_is_the_same_key(changes: dict[str, Any]) -> None:
    assert found(issuer_document() | {"verificationMethod": [entry(**changes)]}) == GUILD.key.public()


BAD_FORMS: dict[str, dict[str, Any]] = {
    "a P-256 key of the type of 2020": {
        "type": "Ed25519VerificationKey2020", "publicKeyMultibase": key_of("p", KeyType.P256).public().multibase()},
    "a short key of 2018": {
        "type": "Ed25519VerificationKey2018", "publicKeyMultibase": None, "publicKeyBase58": "z"},
    "a key of 2018 that is no text": {
        "type": "Ed25519VerificationKey2018", "publicKeyMultibase": None, "publicKeyBase58": 7},
    "the type of 2018 in multibase": {"type": "Ed25519VerificationKey2018"},
    "a JWK that is no object": {"type": "JsonWebKey", "publicKeyMultibase": None, "publicKeyJwk": "x"},
    "PEM": {"type": "RsaVerificationKey2018", "publicKeyMultibase": None, "publicKeyPem": "x"},
}  # fmt: skip


@pytest.mark.parametrize("changes", BAD_FORMS.values(), ids=BAD_FORMS)
def test_a_form_that_is_not_clear_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(KeyRefusedError):
        found(issuer_document() | {"verificationMethod": [entry(**changes)]})


def test_other_names_that_a_document_gives_itself_prove_nothing() -> None:
    evil = "did:web:evil.example"
    document = controller_document(evil, [Method(f"{evil}#k", key_of("evil").public())], [ISSUER])
    known = MappedFetch({"https://evil.example/.well-known/did.json": json.dumps(document).encode()})
    with pytest.raises(KeyRefusedError):
        find_key(ISSUER, f"{evil}#k", known, AT)
    with pytest.raises(KeyRefusedError):
        found(document, ISSUER, f"{ISSUER}#k")


# Open Badges 2.0


PROFILE = "https://guild.example/issuer.json"
KEY_ADDRESS = "https://guild.example/key.json"
RSA_KEY = key_of("guild", KeyType.RSA).public()


def ob2_web(**documents: Any) -> MappedFetch:
    profile = {"id": PROFILE, "type": "Profile", "publicKey": KEY_ADDRESS}
    key = {
        "id": KEY_ADDRESS,
        "type": "CryptographicKey",
        "owner": PROFILE,
        "publicKeyPem": RSA_KEY.pem().decode(),
    }
    known = {PROFILE: profile | documents.get("profile", {}), KEY_ADDRESS: key | documents.get("key", {})}
    return MappedFetch({address: json.dumps(document).encode() for address, document in known.items()})


def test_the_key_of_a_signed_badge_of_2_0() -> None:
    assert find_ob2_key(KEY_ADDRESS, PROFILE, ob2_web()) == RSA_KEY
    several = {"publicKey": ["https://guild.example/old.json", KEY_ADDRESS]}
    assert find_ob2_key(KEY_ADDRESS, PROFILE, ob2_web(profile=several)) == RSA_KEY
    embedded = {"id": f"{PROFILE}#key", "owner": PROFILE, "publicKeyPem": RSA_KEY.pem().decode()}
    assert find_ob2_key(f"{PROFILE}#key", PROFILE, ob2_web(profile={"publicKey": embedded})) == RSA_KEY


OB2_REFUSED: dict[str, dict[str, Any]] = {
    "the profile names another key": {"profile": {"publicKey": "https://guild.example/other.json"}},
    "the profile names no key": {"profile": {"publicKey": None}},
    "the profile is another's": {"profile": {"id": "https://evil.example/issuer.json"}},
    "the key is another's": {"key": {"owner": "https://evil.example/issuer.json"}},
    "the key has no owner": {"key": {"owner": None}},
    "the key is about another": {"key": {"id": "https://guild.example/other.json"}},
    "the key is no key": {"key": {"type": "Profile"}},
    "no PEM": {"key": {"publicKeyPem": None}},
    "a PEM of nothing": {"key": {"publicKeyPem": "x"}},
    "a private PEM": {"key": {"publicKeyPem": key_of("guild", KeyType.RSA).pem().decode()}},
}


@pytest.mark.parametrize("documents", OB2_REFUSED.values(), ids=OB2_REFUSED)
def test_a_key_of_2_0_that_is_not_the_issuers(documents: dict[str, Any]) -> None:
    with pytest.raises(KeyRefusedError):
        find_ob2_key(KEY_ADDRESS, PROFILE, ob2_web(**documents))


def test_a_key_of_2_0_that_cannot_be_read() -> None:
    with pytest.raises(FetchError):
        find_ob2_key(KEY_ADDRESS, PROFILE, offline)
    with pytest.raises(FetchError):
        find_ob2_key(KEY_ADDRESS, PROFILE, MappedFetch({PROFILE: b"<html>"}))
    with pytest.raises(KeyRefusedError):
        find_ob2_key(KEY_ADDRESS, "urn:uuid:1", offline)


@given(st.one_of(st.text(), st.text().map("did:web:".__add__), st.text().map("did:key:z".__add__),
                 st.text().map("did:jwk:".__add__), st.text().map("https://".__add__)))  # fmt: skip
def test_no_identifier_raises_anything_else(identifier: str) -> None:
    for kid in (identifier, f"{identifier}#0", "https://a.example/k"):
        with pytest.raises((KeyRefusedError, FetchError, UnsupportedError)):
            find_key(identifier, kid, offline, AT)
        with pytest.raises((KeyRefusedError, FetchError, UnsupportedError)):
            find_jwt_key(identifier, {"kid": kid}, offline, AT)
