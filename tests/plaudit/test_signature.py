"""Who signed it, and how: JWTs around a badge, several proofs in it, chains, and parts shown by a holder."""

import hashlib
import hmac
import json
from typing import Any

import pytest

import plaudit
from plaudit import KeyType, MappedFetch, Method, Signer, controller_document, issue
from plaudit.did import did_jwk, did_key_method
from plaudit.encoding import base64url_encode
from plaudit.errors import ComplexityError, IssueError, KeyFormatError, UnreadableError
from plaudit.issue import issue_jwt
from plaudit.keys import PrivateKey
from plaudit.proofs import data_integrity, jose
from tests.plaudit.disclosing import disclosed
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    METHOD,
    STRANGER,
    credential,
    issuer_document,
    key_of,
    signed,
    web,
)

RSA_METHOD = f"{ISSUER}#key-rsa-1"
METHODS = {KeyType.ED25519: METHOD, KeyType.P256: f"{ISSUER}#key-p256-1", KeyType.P384: f"{ISSUER}#key-p384-1",
           KeyType.RSA: RSA_METHOD}  # fmt: skip
SIGNERS = {kind: Signer(key_of("guild", kind), method) for kind, method in METHODS.items()}


def guild_web(**more: bytes) -> dict[str, bytes]:
    document = controller_document(
        ISSUER, [Method(signer.verification_method, signer.key.public()) for signer in SIGNERS.values()]
    )
    return web() | {ISSUER_DOCUMENT: json.dumps(document).encode()} | more


def verify(document: Any, known: dict[str, bytes] | None = None) -> plaudit.Report:
    return plaudit.verify(document, fetch=MappedFetch(known or guild_web()), at=AT)


def token(kind: KeyType = KeyType.RSA, **changes: Any) -> str:
    return issue_jwt(credential(**changes), SIGNERS[kind], AT - DAY)


def signed_under(header: dict[str, Any], payload: dict[str, Any], key: PrivateKey) -> str:
    """A JWS of any header at all, with a good signature."""
    parts = [base64url_encode(json.dumps(part).encode()) for part in (header, payload)]
    head = ".".join(parts)
    return f"{head}.{base64url_encode(key.sign(head.encode()))}"


def payload_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jose.read_jws(text).payload)
    return found


HEADER = {"alg": "RS256", "kid": RSA_METHOD, "typ": "JWT"}
RSA = key_of("guild", KeyType.RSA)


# Badges issued with every kind of key


@pytest.mark.parametrize("kind", [KeyType.RSA, KeyType.P256, KeyType.ED25519])
def test_a_badge_as_a_jwt_is_verified(kind: KeyType) -> None:
    report = verify(token(kind))
    assert report.verified, report.as_dict()
    assert report.credential is not None
    assert report.credential["name"] == "Soldering, first class"
    assert "iss" not in report.credential


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_a_badge_with_a_proof_of_any_curve_is_verified(kind: KeyType) -> None:
    badge = issue(credential(), SIGNERS[kind], AT - DAY)
    assert verify(badge).verified
    jcs = {KeyType.ED25519: "eddsa-jcs-2022"}.get(kind, "ecdsa-jcs-2019")
    assert verify(issue(credential(), SIGNERS[kind], AT - DAY, cryptosuite=jcs)).verified


def test_a_jwt_may_hold_a_badge_with_a_proof() -> None:
    document = json.loads(signed())
    text = issue_jwt(document, SIGNERS[KeyType.RSA], AT - DAY)
    assert payload_of(text)["proof"] == document["proof"]
    report = verify(text)
    assert report.verified
    assert "another proof: passed" in next(check.detail for check in report.checks if check.id == "proof")


def test_a_bad_jwt_is_not_made_good_by_a_good_proof_in_it() -> None:
    document = json.loads(signed())
    text = issue_jwt(document, SIGNERS[KeyType.RSA], AT - DAY)
    head, payload, _ = text.split(".")
    forged = f"{head}.{payload}.{base64url_encode(bytes(256))}"
    assert verify(forged).outcome_of("proof") == "failed"


def test_a_badge_that_cannot_become_a_jwt_is_not_signed() -> None:
    without = credential()
    del without["credentialSubject"]["id"]
    with pytest.raises(IssueError, match="sub"):
        issue_jwt(without, SIGNERS[KeyType.RSA], AT)
    with pytest.raises(KeyFormatError):
        issue_jwt(credential(), SIGNERS[KeyType.P384], AT)
    with pytest.raises(IssueError, match="controller"):
        issue_jwt(credential(), STRANGER, AT)
    with pytest.raises(IssueError):
        issue_jwt(credential(nonsense="x"), SIGNERS[KeyType.RSA], AT)
    signer = SIGNERS[KeyType.RSA]
    for changes, path in (({"issuer": "urn:x"}, "/issuer/id"), ({"validFrom": "today"}, "/validFrom"),
                          ({"validUntil": "never"}, "/validFrom"), ({"id": None}, "/id"),
                          ({"credentialSubject": []}, "/credentialSubject/id")):  # fmt: skip
        with pytest.raises(IssueError) as caught:
            jose.sign_vc_jwt(credential() | changes, signer, AT)
        assert caught.value.path == path


# What a header may say


HEADERS: dict[str, dict[str, Any]] = {
    "no key": {"kid": None},
    "a key by a number": {"kid": 7},
    "another type of token": {"typ": "at+jwt"},
    "a type that is no text": {"typ": ["JWT"]},
    "another content": {"cty": "vp"},
    "certificates": {"x5c": ["MII"]},
    "an address of keys": {"jku": "https://evil.example/keys"},
    "an address of certificates": {"x5u": "https://evil.example/cert"},
    "an extension": {"crit": ["exp"]},
    "another encoding": {"b64": False},
    "no algorithm we accept": {"alg": "none"},
    "a shared secret": {"alg": "HS256"},
}


def test_a_header_of_our_own_making_is_verified() -> None:
    assert verify(signed_under(HEADER, payload_of(token()), RSA)).verified
    for typ in ("vc+jwt", "vc+ld+jwt"):
        assert verify(signed_under(HEADER | {"typ": typ, "cty": "vc"}, payload_of(token()), RSA)).verified


@pytest.mark.parametrize("changes", HEADERS.values(), ids=HEADERS)
def test_a_header_that_may_not_be(changes: dict[str, Any]) -> None:
    header = {name: value for name, value in (HEADER | changes).items() if value is not None}
    report = verify(signed_under(header, payload_of(token()), RSA))
    assert report.outcome_of("proof") == "failed"
    assert not report.verified


@pytest.mark.parametrize("alg", ["PS256", "ES384", "RS512", "ES256K"])
def test_a_sound_algorithm_that_is_not_ours_is_unknown(alg: str) -> None:
    assert (
        verify(signed_under(HEADER | {"alg": alg}, payload_of(token()), RSA)).outcome_of("proof") == "unknown"
    )


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_an_algorithm_of_another_kind_of_key_is_an_altered_badge(alg: str) -> None:
    assert (
        verify(signed_under(HEADER | {"alg": alg}, payload_of(token()), RSA)).outcome_of("proof") == "failed"
    )


def test_a_secret_made_of_the_public_key_opens_nothing() -> None:
    body = ".".join(
        base64url_encode(json.dumps(part).encode())
        for part in (HEADER | {"alg": "HS256"}, payload_of(token()))
    )
    for secret in (RSA.public().pem(), json.dumps(RSA.public().jwk()).encode(), RSA.public().data):
        mac = base64url_encode(hmac.digest(secret, body.encode(), hashlib.sha256))
        assert verify(f"{body}.{mac}").outcome_of("proof") == "failed"


# Whose key it is


def key_outcome(header: dict[str, Any], key: PrivateKey = RSA, **more: bytes) -> str:
    report = verify(signed_under(header, payload_of(token()), key), guild_web() | more)
    assert report.verified is (
        report.outcome_of("key") == "passed" and report.outcome_of("proof") == "passed"
    )
    return str(report.outcome_of("key"))


THIEF = key_of("thief", KeyType.RSA)
BY_JWK = {"alg": "RS256", "jwk": RSA.public().jwk()}


def test_a_key_in_the_header_must_be_the_issuers() -> None:
    assert key_outcome(BY_JWK) == "passed"
    assert key_outcome(HEADER | BY_JWK) == "passed"
    assert key_outcome(BY_JWK | {"jwk": THIEF.public().jwk()}, THIEF) == "failed"
    assert key_outcome(HEADER | {"jwk": THIEF.public().jwk()}, THIEF) == "failed"
    assert key_outcome(HEADER | {"jwk": THIEF.public().jwk()}) == "failed"


@pytest.mark.parametrize("jwk", [None, {}, "x", {"kty": "oct", "k": "AA"}, RSA.jwk(), {"kty": ["RSA"]}])
def test_a_key_in_the_header_that_is_none_is_refused(jwk: Any) -> None:
    assert key_outcome(BY_JWK | {"jwk": jwk}) == "failed"


def test_a_bare_jwk_at_an_address_counts_when_the_issuer_lists_the_same_key() -> None:
    address = "https://guild.example/keys/1"
    header = HEADER | {"kid": address}
    assert key_outcome(header, **{address: json.dumps(RSA.public().jwk()).encode()}) == "passed"
    assert key_outcome(header, THIEF, **{address: json.dumps(THIEF.public().jwk()).encode()}) == "failed"
    assert key_outcome(header, **{address: json.dumps(RSA.jwk()).encode()}) == "failed"
    assert key_outcome(header, **{address: b"<html>"}) == "unknown"
    assert key_outcome(header) == "unknown"
    for elsewhere in (
        "http://guild.example/keys/1",
        "https://keys.example/1",
        "https://guild.example:8443/keys/1",
        "https://guild.example@evil.example/keys/1",
        "urn:uuid:1",
        "keys",
        "",
        f"{address}#1",
        did_key_method(RSA.public()),
    ):
        assert key_outcome(HEADER | {"kid": elsewhere}) == "failed"


def test_an_address_in_a_header_that_is_not_the_issuers_is_never_read() -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> plaudit.Fetched:
        asked.append(url)
        return MappedFetch(guild_web())(url, accept)

    header = HEADER | {"kid": "https://canary.example/key"}
    signed_there = signed_under(header, payload_of(token()), RSA)
    assert plaudit.verify(signed_there, fetch=fetch, at=AT).outcome_of("key") == "failed"
    assert asked == [ISSUER_DOCUMENT]


def test_an_address_that_the_issuer_lists_as_a_method_needs_no_second_look() -> None:
    kid = "https://keys.example/jwks#1"
    document = json.loads(guild_web()[ISSUER_DOCUMENT])
    method = {"id": kid, "type": "JsonWebKey", "controller": ISSUER, "publicKeyJwk": RSA.public().jwk()}
    document["assertionMethod"] = [method, 7, METHOD]
    there = {ISSUER_DOCUMENT: json.dumps(document).encode()}
    assert key_outcome(HEADER | {"kid": kid}, **there) == "passed"
    document["assertionMethod"] = [method | {"controller": "did:web:evil.example"}, 7, METHOD]
    there = {ISSUER_DOCUMENT: json.dumps(document).encode()}
    assert key_outcome(HEADER | {"kid": kid}, **there) == "failed"
    assert key_outcome(BY_JWK, **there) == "failed"


def test_a_did_jwk_signs_for_itself() -> None:
    key = key_of("eve", KeyType.P256)
    issuer = did_jwk(key.public())
    document = credential(issuer={"id": issuer, "type": ["Profile"], "name": "Eve"})
    del document["credentialStatus"]
    signer = Signer(key, f"{issuer}#0")
    assert verify(issue(document, signer, AT - DAY)).verified
    assert verify(issue_jwt(document, signer, AT - DAY)).verified
    assert verify(issue(document, Signer(key, f"{issuer}#1"), AT - DAY)).outcome_of("key") == "failed"


# What the claims say


CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "did:web:evil.example"},
    "no issuer": {"iss": None},
    "another subject": {"sub": "urn:uuid:1"},
    "no subject": {"sub": None},
    "another id": {"jti": "urn:uuid:1"},
    "no id": {"jti": None},
    "another begin": {"nbf": 1},
    "no begin": {"nbf": None},
    "a begin in words": {"nbf": "2026-11-01T09:00:00Z"},
    "a begin that is true": {"nbf": True},
    "another end": {"exp": 4_000_000_000},
    "an end in words": {"exp": "never"},
    "an audience": {"aud": "https://verifier.example"},
    "a huge begin": {"nbf": 10**300},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_that_is_not_the_credentials(changes: dict[str, Any]) -> None:
    payload = {name: value for name, value in (payload_of(token()) | changes).items() if value is not None}
    report = verify(signed_under(HEADER, payload, RSA))
    assert report.outcome_of("proof") == "failed", report.as_dict()


def test_an_end_only_in_the_claims_counts() -> None:
    payload = payload_of(token())
    del payload["validUntil"]
    assert verify(signed_under(HEADER, payload, RSA)).verified
    ended = payload | {"exp": int((AT - DAY).timestamp())}
    assert verify(signed_under(HEADER, ended, RSA)).outcome_of("dates") == "failed"
    for claim in (True, "soon", 1e300, -1e300, None):
        with pytest.raises(UnreadableError):
            jose.read_vc_jwt(signed_under(HEADER, payload | {"exp": claim}, RSA))


def test_the_subject_as_the_audience_says_the_same_as_sub() -> None:
    payload = payload_of(token())
    payload["aud"] = payload.pop("sub")
    assert verify(signed_under(HEADER, payload, RSA)).verified
    assert verify(signed_under(HEADER, payload | {"aud": [payload["aud"]]}, RSA)).verified


def test_fractions_of_a_second_may_be_left_out() -> None:
    assert verify(token(validFrom="2026-11-01T09:00:00.250Z")).verified


def older(**changes: Any) -> dict[str, Any]:
    """A badge of VCDM 1.1, as the claim vc has it."""
    document = credential() | {"issuanceDate": "2026-11-01T09:00:00Z"}
    document["@context"] = ["https://www.w3.org/2018/credentials/v1", document["@context"][1]]
    for name in ("validFrom", "validUntil", "credentialStatus", "awardedDate"):
        del document[name]
    return document | changes


def test_the_older_form_has_the_credential_in_a_claim() -> None:
    claims = {name: value for name, value in payload_of(token()).items() if name in jose.CLAIMS}
    assert verify(signed_under(HEADER, claims | {"vc": older()}, RSA)).verified
    short = older()
    for name in ("id", "issuanceDate"):
        del short[name]
    del short["issuer"]["id"], short["credentialSubject"]["id"]
    text = signed_under(HEADER, claims | {"vc": short}, RSA)
    read, _, _ = jose.read_vc_jwt(text)
    assert read["issuanceDate"] == "2026-11-01T09:00:00Z"
    assert read["expirationDate"] == "2028-11-01T09:00:00Z"
    assert (read["id"], read["issuer"]["id"]) == (claims["jti"], ISSUER)
    assert verify(text).verified
    for changes in ({"iss": "urn:x"}, {"sub": "urn:x"}, {"jti": "urn:x"}, {"nbf": 1}):
        assert (
            verify(signed_under(HEADER, claims | {"vc": older()} | changes, RSA)).outcome_of("proof")
            == "failed"
        )
    bare = older(credentialSubject=[older()["credentialSubject"]])
    assert jose.fault_of_claims(bare, claims | {"exp": 1}) != ""
    assert jose.fault_of_claims(bare, {name: value for name, value in claims.items() if name != "exp"}) == ""
    assert jose.read_vc_jwt(signed_under(HEADER, {"vc": older()}, RSA))[0] == older()


NO_CREDENTIALS: dict[str, Any] = {
    "an access token": {"iss": "https://a.example", "sub": "eve", "scope": "openid"},
    "an empty claim": {"vc": {}},
    "a claim that is no object": {"vc": []},
    "an array": [],
}


@pytest.mark.parametrize("payload", NO_CREDENTIALS.values(), ids=NO_CREDENTIALS)
def test_a_token_without_a_credential_is_none(payload: Any) -> None:
    with pytest.raises(UnreadableError):
        jose.read_vc_jwt(signed_under(HEADER, payload, RSA))


# Several proofs, chains, and parts


def chained(**bend: Any) -> dict[str, Any]:
    """A badge that a witness signed first, and the guild signed with the witness's proof in it."""
    witness = data_integrity.sign(
        credential(), STRANGER.key, verification_method=STRANGER.verification_method, created=AT - DAY,
        options={"id": "urn:uuid:a", **bend},
    )  # fmt: skip
    document = credential() | {"proof": [witness]}
    own = data_integrity.sign(
        document, GUILD.key, verification_method=METHOD, created=AT - DAY,
        options={"previousProof": "urn:uuid:a"},
    )  # fmt: skip
    return document | {"proof": [witness, own]}


def test_a_chain_is_good_when_every_link_is() -> None:
    assert verify(chained()).verified
    # The issuer signed over a witness whose own proof is bad, ended, or by a key nobody finds.
    bad = chained()
    first = bad["proof"][0] | {"proofValue": GUILD.key.public().multibase()}
    for witness in (first, first | {"cryptosuite": "bbs-2023"}, first | {"proofPurpose": "authentication"},
                    first | {"verificationMethod": "did:web:nowhere.example#1"}):  # fmt: skip
        document = credential() | {"proof": [witness]}
        own = data_integrity.sign(
            document, GUILD.key, verification_method=METHOD, created=AT - DAY,
            options={"previousProof": "urn:uuid:a"},
        )  # fmt: skip
        report = verify(document | {"proof": [witness, own]})
        assert report.outcome_of("proof") in ("failed", "unknown")
        assert not report.verified


def test_a_chain_of_three_and_a_circle() -> None:
    document = chained()
    document["proof"][1]["id"] = "urn:uuid:b"
    own = data_integrity.sign(
        credential() | {"proof": [document["proof"][0]]}, GUILD.key, verification_method=METHOD, created=AT - DAY,
        options={"id": "urn:uuid:b", "previousProof": "urn:uuid:a"},
    )  # fmt: skip
    document["proof"] = [document["proof"][0], own]
    last = data_integrity.sign(
        document,
        GUILD.key,
        verification_method=METHOD,
        created=AT - DAY,
        options={"previousProof": "urn:uuid:b"},
    )
    assert verify(document | {"proof": [*document["proof"], last]}).verified
    # Nobody can sign a real circle; the check ends all the same.
    from plaudit.checks import signature
    from plaudit.checks.case import PASSED, Case, Finding

    circle = {"proof": [{"id": "a", "previousProof": "b"}, {"id": "b", "previousProof": "a"}]}
    case = Case(circle, MappedFetch({}), AT)
    found = Finding(PASSED, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signature, "_judge_previous", lambda case, proof: found)
        ended = signature._check_previous(case, circle["proof"][0], found, (circle["proof"][0],))
    assert "circle" in ended.detail


def test_one_good_proof_of_a_set_is_enough_and_the_others_are_told() -> None:
    document = json.loads(signed())
    stranger = data_integrity.sign(
        credential(), STRANGER.key, verification_method=STRANGER.verification_method, created=AT - DAY
    )
    report = verify(document | {"proof": [stranger, *document["proof"]]})
    assert report.verified
    assert "another proof" in next(check.detail for check in report.checks if check.id == "proof")


def test_a_domain_nobody_asked_about_is_told_and_the_proof_stays_good() -> None:
    proof = data_integrity.sign(
        credential(),
        GUILD.key,
        verification_method=METHOD,
        created=AT - DAY,
        options={"domain": "site.example"},
    )
    report = verify(credential() | {"proof": [proof]})
    assert report.verified
    assert "site.example" in next(check.detail for check in report.checks if check.id == "proof")


def shown(**changes: Any) -> dict[str, Any]:
    document = credential(**changes)
    return document | {"proof": [disclosed(document, method=METHODS[KeyType.P256])]}


def test_a_part_of_a_badge_is_verified_when_its_end_and_status_are_shown() -> None:
    assert verify(shown()).verified
    assert verify(shown() | {"name": "PhD"}).outcome_of("proof") == "failed"
    hidden = credential()
    del hidden["credentialStatus"], hidden["validUntil"]
    report = verify(hidden | {"proof": [disclosed(hidden, method=METHODS[KeyType.P256])]})
    assert (report.outcome_of("dates"), report.outcome_of("status")) == ("unknown", "unknown")
    assert not report.verified
    # A proof of the whole is there too: nothing is hidden.
    whole = json.loads(issue(hidden, GUILD, AT - DAY))
    both = whole | {"proof": [disclosed(hidden, method=METHODS[KeyType.P256]), *whole["proof"]]}
    assert verify(both).verified


def test_a_base_proof_is_unknown() -> None:
    document = credential()
    proof = disclosed(document, method=METHODS[KeyType.P256]) | {"proofValue": "u2V0AhQ"}
    assert verify(document | {"proof": [proof]}).outcome_of("proof") == "unknown"


def test_a_proof_moved_to_another_badge_is_noticed() -> None:
    other = json.loads(signed(id="urn:uuid:00000000-0000-4000-8000-000000000001"))
    assert verify(credential() | {"proof": other["proof"]}).outcome_of("proof") == "failed"
    assert issuer_document()["id"] == ISSUER


def test_a_case_that_is_put_together_wrongly_is_damaged() -> None:
    from plaudit.checks.case import Case
    from plaudit.checks.content import check_terms
    from plaudit.checks.signature import check_proof

    document = jose.read_vc_jwt(token())[0]
    for text, content in (("no token", document), (token(), document | {"name": "PhD"})):
        case = Case(content, MappedFetch(guild_web()), AT, token=text)
        case.findings["terms"] = check_terms(case)
        assert check_proof(case).outcome == "failed"
    document = json.loads(signed())
    case = Case(document, MappedFetch(guild_web()), AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_integrity, "verify", lambda *_, **__: (_ for _ in ()).throw(ComplexityError("x")))
        case.findings["terms"] = check_terms(case)
        assert "too complex" in check_proof(case).detail


def test_a_jwt_about_several_subjects_is_not_made_and_not_read() -> None:
    payload = payload_of(token())
    payload["credentialSubject"] = [payload["credentialSubject"]]
    assert jose.fault_of_claims({**payload}, payload) == ""
    payload["credentialSubject"] *= 2
    assert "sub" in jose.fault_of_claims({**payload}, payload)
    issuer_by_name = {**payload, "credentialSubject": payload["credentialSubject"][0], "issuer": ISSUER}
    assert jose.fault_of_claims(issuer_by_name, payload) == ""


def test_a_badge_without_an_end_and_an_issuer_of_an_unknown_kind() -> None:
    endless = credential()
    del endless["validUntil"]
    text = issue_jwt(endless, SIGNERS[KeyType.RSA], AT - DAY)
    assert "exp" not in payload_of(text)
    assert verify(text).verified
    odd = payload_of(text) | {"iss": "did:example:1"}
    odd["issuer"] = odd["issuer"] | {"id": "did:example:1"}
    assert verify(signed_under(HEADER, odd, RSA)).outcome_of("key") == "unknown"


def test_a_document_that_is_too_complex_is_worked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refuse(*_: Any, **__: Any) -> bool:
        calls.append(1)
        raise ComplexityError("x")

    monkeypatch.setattr(data_integrity, "verify", refuse)
    document = json.loads(signed())
    assert verify(document | {"proof": document["proof"] * 4}).outcome_of("proof") == "failed"
    assert calls == [1]
