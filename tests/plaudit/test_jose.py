"""Compact JWS: what is signed verifies under its key and algorithm, and nothing in a header talks its way in."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit.encoding import base64url_encode
from plaudit.errors import KeyFormatError, UnreadableError
from plaudit.keys import KeyType, PublicKey
from plaudit.proofs import jose
from tests.plaudit.samples import key_of

PAYLOAD = b'{"id":"urn:uuid:1"}'
SIGNING = pytest.mark.parametrize("kind", [KeyType.RSA, KeyType.P256, KeyType.ED25519])


def token(kind: KeyType = KeyType.RSA, **header: Any) -> str:
    return jose.sign(PAYLOAD, key_of("a", kind), header)


def with_header(header: Any, kind: KeyType = KeyType.RSA) -> str:
    """A JWS whose signature is good, under any header at all."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    signing_input = f"{base64url_encode(text)}.{base64url_encode(PAYLOAD)}"
    return f"{signing_input}.{base64url_encode(key_of('a', kind).sign(signing_input.encode()))}"


@SIGNING
def test_a_jws_is_good_for_its_key_and_says_what_was_signed(kind: KeyType) -> None:
    jws = jose.read_jws(token(kind, typ="JWT"))
    assert jws.payload == PAYLOAD
    assert jws.header == {"alg": jose.ALGORITHM_OF[kind], "typ": "JWT"}
    assert jose.verify(jws, key_of("a", kind).public())
    assert not jose.verify(jws, key_of("b", kind).public())


def test_the_new_name_of_the_edwards_algorithm_is_the_same_one() -> None:
    assert jose.verify(jose.read_jws(token(KeyType.ED25519, alg="Ed25519")), key_of("a").public())


@SIGNING
def test_every_changed_character_is_noticed(kind: KeyType) -> None:
    good, key = token(kind), key_of("a", kind).public()
    for place in range(0, len(good), 7):
        if good[place] == ".":
            continue
        other = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        try:
            assert not jose.verify(jose.read_jws(other), key)
        except UnreadableError:
            continue


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", "HS256", "RS1", "PS256", "ES384", "RS512"]
)
def test_an_algorithm_that_is_not_on_the_list_is_refused_with_any_signature(alg: str) -> None:
    for text in (with_header({"alg": alg}), with_header({"alg": alg}).rpartition(".")[0] + "."):
        jws = jose.read_jws(text)
        assert "not accepted" in jose.fault_of_header(jws.header)
        for kind in KeyType:
            assert not jose.verify(jws, key_of("a", kind).public())


@pytest.mark.parametrize("header", [{}, {"alg": None}, {"alg": 5}, {"alg": ["RS256"]}])
def test_a_header_without_an_algorithm_is_no_jws(header: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="no algorithm"):
        jose.read_jws(with_header(header))


def test_a_public_key_is_not_a_shared_secret() -> None:
    public = key_of("a", KeyType.RSA).public()
    edge = key_of("a").public()
    for secret in (public.pem(), json.dumps(public.jwk()).encode(), public.data, edge.data):
        head = base64url_encode(b"""{"alg":"HS256"}""") + f".{base64url_encode(PAYLOAD)}"
        mac = hmac.digest(secret, head.encode(), hashlib.sha256)
        assert not jose.verify(jose.read_jws(f"{head}.{base64url_encode(mac)}"), public)


def test_an_algorithm_takes_its_own_kind_of_key_only() -> None:
    for alg, kind in jose.ALGORITHMS.items():
        for other in KeyType:
            good = jose.verify(jose.read_jws(with_header({"alg": alg}, other)), key_of("a", other).public())
            assert good is (other is kind)


@pytest.mark.parametrize(
    "more", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": True, "crit": ["b64"]}, {"zip": "DEF"},
             {"enc": "A128GCM"}],
)  # fmt: skip
def test_an_extension_that_is_not_understood_is_refused(more: dict[str, Any]) -> None:
    jws = jose.read_jws(with_header({"alg": "RS256"} | more))
    assert "not understood" in jose.fault_of_header(jws.header)
    assert not jose.verify(jws, key_of("a", KeyType.RSA).public())
    with pytest.raises(ValueError, match="not understood"):
        token(**more)


def test_a_key_in_the_header_is_not_used() -> None:
    own = key_of("thief", KeyType.RSA)
    text = jose.sign(PAYLOAD, own, {"jwk": own.public().jwk(), "jku": "http://127.0.0.1:9/", "kid": "#1"})
    assert not jose.verify(jose.read_jws(text), key_of("a", KeyType.RSA).public())


NO_JWS = {
    "nothing": "",
    "one part": "eyJhbGciOiJSUzI1NiJ9",
    "two parts": "eyJhbGciOiJSUzI1NiJ9.e30",
    "four parts": "eyJhbGciOiJSUzI1NiJ9.e30.e30.e30",
    "five parts, a JWE": "eyJhbGciOiJSUzI1NiJ9.e30.e30.e30.e30",
    "padding": "eyJhbGciOiJSUzI1NiJ9.e30=.e30",
    "plain base64": "eyJhbGciOiJSUzI1NiJ9.+/+/.e30",
    "white space": "eyJhbGciOiJSUzI1NiJ9. e30.e30",
    "a line break at the end": "eyJhbGciOiJSUzI1NiJ9.e30.e30\n",
    "loose bits at the end": "eyJhbGciOiJSUzI1NiJ9.e31.e30",
    "an impossible length": "eyJhbGciOiJSUzI1NiJ9.e30.eyJhb",
    "a header that is an array": with_header([]),
    "a header that is no JSON": with_header(b"{"),
    "a header with a member twice": with_header(b'{"alg":"RS256","alg":"none"}'),
    "a header that is too long": with_header({"alg": "RS256", "x5c": ["A" * 20_000]}),
    "not ASCII": "eyJhbGciOiJSUzI1NiJ9.é.e30",
    "half a character": "\ud800.\ud800.\ud800",
    "too long": "A" * (jose.MAX_TOKEN_CHARACTERS + 1),
    "all dots": "." * 1_000_000,
}


@pytest.mark.parametrize("text", NO_JWS.values(), ids=NO_JWS)
def test_what_is_no_jws_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        jose.read_jws(text)


@given(st.one_of(st.text(), st.lists(st.binary().map(base64url_encode), max_size=4).map(".".join)))
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    try:
        jws = jose.read_jws(text)
    except UnreadableError:
        return
    assert jose.verify(jws, key_of("a").public()) is False


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5c"]), st.one_of(
    st.sampled_from(["RS256", "none", "ES256", "EdDSA", "HS256"]), st.integers(), st.booleans(), st.none(),
    st.lists(st.text(max_size=3), max_size=2))))  # fmt: skip
def test_only_headers_of_the_list_are_accepted(header: dict[str, Any]) -> None:
    try:
        accepted = jose.verify(jose.read_jws(with_header(header)), key_of("a", KeyType.RSA).public())
    except UnreadableError:
        return
    assert accepted is (header.get("alg") == "RS256" and header.keys().isdisjoint({"crit", "b64"}))


def test_signing_refuses_a_key_of_another_kind() -> None:
    with pytest.raises(KeyFormatError, match="P-384"):
        jose.sign(PAYLOAD, key_of("a", KeyType.P384), {})
    with pytest.raises(KeyFormatError, match="RS256 does not sign"):
        jose.sign(PAYLOAD, key_of("a"), {"alg": "RS256"})
    with pytest.raises(ValueError, match="not accepted"):
        jose.sign(PAYLOAD, key_of("a"), {"alg": "none"})


def test_rfc_7515_appendix_a_2_and_a_3() -> None:
    rsa = PublicKey.from_jwk({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
        "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
        "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2eth"
        "FkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    })  # fmt: skip
    edge = PublicKey.from_jwk({
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })  # fmt: skip
    claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    rs256 = (
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
        "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383L"
        "cOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWyw"
        "lVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )
    es256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    assert jose.verify(jose.read_jws(f"eyJhbGciOiJSUzI1NiJ9.{claims}.{rs256}"), rsa)
    assert jose.verify(jose.read_jws(f"eyJhbGciOiJFUzI1NiJ9.{claims}.{es256}"), edge)


def test_a_date_of_a_claim_has_a_zone() -> None:
    assert jose.numeric_date(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == 60
    with pytest.raises(ValueError, match="zone"):
        jose.numeric_date(datetime(1970, 1, 1))  # noqa: DTZ001
