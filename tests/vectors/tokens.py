"""Cases about VC-JWTs (OB 3.0 section 8.2): header, claims, keys, and everything that is no credential."""

import hashlib
import hmac
import json
from typing import Any

from plaudit import bake, issue_jwt
from plaudit.did import Method, Signer, controller_document
from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.keys import KeyType, PrivateKey
from plaudit.proofs import jose
from plaudit.reading import parse_date_time
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    METHOD,
    STRANGER,
    SVG,
    credential,
    key_of,
    png,
    signed,
    web,
)
from tests.vectors.base import Case, Json, dump

RSA = Signer(key_of("guild", KeyType.RSA), f"{ISSUER}#key-rsa-1")
P256 = Signer(key_of("guild", KeyType.P256), f"{ISSUER}#key-p256-1")
PROOF, KEY, PARSE = {"proof": "failed"}, {"key": "failed"}, {"parse": "failed"}


def keys_of(*signers: Signer) -> dict[str, bytes]:
    """The guild's web, its document listing these keys."""
    methods = [Method(signer.verification_method, signer.key.public()) for signer in signers]
    return web() | {ISSUER_DOCUMENT: dump(controller_document(ISSUER, methods))}


ALL = keys_of(GUILD, P256, RSA)


def claims(**changes: Any) -> Json:
    """The payload of a good VC-JWT; None takes a member away."""
    document = credential()
    payload = document | {
        "iss": ISSUER,
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": seconds(document["validFrom"]),
        "exp": seconds(document["validUntil"]),
    }
    return {name: value for name, value in (payload | changes).items() if value is not None}


def seconds(text: str) -> int:
    at = parse_date_time(text)
    assert at is not None
    return int(at.timestamp())


def token(payload: Json | None = None, *, key: PrivateKey = GUILD.key, **header: Any) -> bytes:
    """A JWS signed without any of the care that `issue_jwt` takes; None takes a header away."""
    head = {"alg": jose.ALGORITHM_OF.get(key.type), "kid": METHOD, "typ": "JWT"} | header
    head = {name: value for name, value in head.items() if value is not None}
    text = ".".join(base64url_encode(dump(part)) for part in (head, claims() if payload is None else payload))
    return f"{text}.{base64url_encode(key.sign(text.encode()))}".encode()


def parts() -> list[str]:
    return token().decode().split(".")


def with_parts(head: str | None = None, payload: str | None = None, signature: str | None = None) -> bytes:
    old = parts()
    new = [head, payload, signature]
    return ".".join(old[index] if part is None else part for index, part in enumerate(new)).encode()


def unsigned(algorithm: Any) -> bytes:
    head = base64url_encode(dump({"alg": algorithm, "kid": METHOD, "typ": "JWT"}))
    return with_parts(head=head, signature="")


def by_secret(secret: bytes, algorithm: str = "HS256") -> bytes:
    head = base64url_encode(dump({"alg": algorithm, "kid": METHOD, "typ": "JWT"}))
    text = f"{head}.{parts()[1]}"
    return f"{text}.{base64url_encode(hmac.digest(secret, text.encode(), hashlib.sha256))}".encode()


def older(**changes: Any) -> bytes:
    """The form of VCDM 1.1: the credential in a claim of its own."""
    document = credential()
    inside = {name: value for name, value in document.items() if not name.startswith("valid")}
    inside |= {
        "@context": ["https://www.w3.org/2018/credentials/v1", document["@context"][1]],
        "issuanceDate": document["validFrom"],
        "expirationDate": document["validUntil"],
    }
    del inside["credentialStatus"]
    about = {name: claims()[name] for name in ("iss", "jti", "sub", "nbf", "exp")}
    payload = about | {"vc": inside} | changes
    return token({name: value for name, value in payload.items() if value is not None})


def headers() -> dict[str, Case]:
    jwk, other = GUILD.key.public().jwk(), STRANGER.key.public()
    return {
        "jwt_pass": Case("a good VC-JWT", token(), suffix="jwt"),
        "jwt_rs256_pass": Case("RS256", issue_jwt(credential(), RSA, AT - DAY).encode(), web=ALL, suffix="jwt"),
        "jwt_es256_pass": Case("ES256", issue_jwt(credential(), P256, AT - DAY).encode(), web=ALL, suffix="jwt"),
        "jwt_eddsa_pass": Case("EdDSA", issue_jwt(credential(), GUILD, AT - DAY).encode(), web=ALL, suffix="jwt"),
        "jwt_around_a_proof_pass": Case("a JWT around a credential with a proof of its own", issue_jwt(
            json.loads(signed()), GUILD, AT - DAY).encode(), suffix="jwt"),
        "jwt_without_typ_pass": Case("without typ", token(typ=None), suffix="jwt"),
        "jwt_typ_vc_pass": Case("typ of VC-JOSE", token(typ="vc+jwt"), suffix="jwt"),
        "jwt_typ_in_small_letters_pass": Case("a media type has no capitals", token(typ="jwt"), suffix="jwt"),
        "jwt_typ_in_full_pass": Case(
            "a media type written in full", token(typ="application/vc+jwt", cty="application/VC"), suffix="jwt"),
        "jwt_small_letters_without_claims_fail": Case(
            "JWT in small letters is JWT", token(credential(), typ="jwt"), PROOF, suffix="jwt"),
        "jwt_of_vc_jose_pass": Case("VC-JOSE-COSE asks for no claims", token(credential(), typ="vc+jwt"), suffix="jwt"),
        "jwt_of_vc_jose_other_issuer_fail": Case("a claim that is there is equal",
            token(credential() | {"iss": "did:web:evil.example"}, typ="vc+jwt"), PROOF, suffix="jwt"),
        "jwt_of_vc_jose_other_begin_fail": Case("a claim that is there is equal",
            token(credential() | {"nbf": 1}, typ="vc+jwt"), PROOF, suffix="jwt"),
        "jwt_key_in_the_header_pass": Case("the issuer's own key in the header (OB 3.0 allows it)",
                                           token(kid=None, jwk=jwk), suffix="jwt"),
        "jwt_spaces_around_pass": Case("spaces around it", b" " + token() + b"\n", suffix="jwt"),
        "jwt_in_png_pass": Case("baked into a PNG", bake(png(), token()), suffix="png"),
        "jwt_in_svg_pass": Case("baked into an SVG", bake(SVG, token()), suffix="svg"),
        "jwt_in_an_envelope_pass": Case("in an envelope (VCDM 2.0 section 4.13)", dump({
            "@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential",
            "id": f"data:application/vc+jwt,{token().decode()}"})),
        "jwt_of_vcdm_1_pass": Case("the credential in a vc claim", older(), suffix="jwt"),
        "jwt_none_fail": Case("A9: alg none", unsigned("none"), PROOF, suffix="jwt"),
        "jwt_none_capitals_fail": Case("A9: alg NONE", unsigned("NONE"), PROOF, suffix="jwt"),
        "jwt_none_mixed_fail": Case("A9: alg nOnE", unsigned("nOnE"), PROOF, suffix="jwt"),
        "jwt_alg_missing_fail": Case("A9: no alg", token(alg=None), suffix="jwt"),
        "jwt_alg_empty_fail": Case("A9: an empty alg", unsigned(""), suffix="jwt"),
        "jwt_alg_number_fail": Case("A9: a number for alg", unsigned(5), suffix="jwt"),
        "jwt_alg_array_fail": Case("A9: several algs", unsigned(["EdDSA", "none"]), suffix="jwt"),
        "jwt_empty_signature_fail": Case("A9: an empty signature", with_parts(signature=""), suffix="jwt"),
        "jwt_hs256_raw_key_fail": Case("A10: HS256 with the public key", by_secret(GUILD.key.public().data), PROOF,
                                       suffix="jwt"),
        "jwt_hs256_pem_fail": Case("A10: HS256 with the public key as PEM", by_secret(GUILD.key.public().pem()), PROOF,
                                   suffix="jwt"),
        "jwt_hs256_jwk_fail": Case("A10: HS256 with the public key as JWK", by_secret(dump(jwk)), PROOF, suffix="jwt"),
        "jwt_hs256_empty_fail": Case("A10: HS256 with an empty secret", by_secret(b""), PROOF, suffix="jwt"),
        "jwt_alg_of_another_kind_fail": Case("A10: ES256 said, Ed25519 signed", token(alg="ES256"), suffix="jwt"),
        "jwt_rs256_for_p256_fail": Case("A10: RS256 said, ES256 signed", token(
            key=P256.key, alg="RS256", kid=P256.verification_method), web=ALL, suffix="jwt"),
        "jwt_ps256_fail": Case("an algorithm that OB 3.0 has not", token(alg="PS256"), suffix="jwt"),
        "jwt_key_of_the_attacker_fail": Case("A11: the attacker's key in the header, the issuer's kid", token(
            key=STRANGER.key, jwk=other.jwk()), KEY, suffix="jwt"),
        "jwt_only_key_of_the_attacker_fail": Case("A11: the attacker's key in the header", token(
            key=STRANGER.key, kid=None, jwk=other.jwk()), KEY, suffix="jwt"),
        "jwt_private_key_in_the_header_fail": Case("A11: a private key in the header", token(
            kid=None, jwk=GUILD.key.jwk()), KEY, suffix="jwt"),
        "jwt_jku_fail": Case("A11: jku", token(jku="https://evil.example/keys"), PROOF, suffix="jwt"),
        "jwt_x5u_fail": Case("A11: x5u", token(x5u="https://evil.example/chain"), PROOF, suffix="jwt"),
        "jwt_x5c_fail": Case("A11: x5c", token(x5c=["AAAA"]), PROOF, suffix="jwt"),
        "jwt_kid_of_the_attacker_fail": Case("A11: a kid of somebody else", token(
            key=STRANGER.key, kid=STRANGER.verification_method), KEY, suffix="jwt"),
        "jwt_kid_missing_fail": Case("no key is named", token(kid=None), PROOF, suffix="jwt"),
        "jwt_kid_number_fail": Case("a number for a key", token(kid=5), PROOF, suffix="jwt"),
        "jwt_kid_unknown_fail": Case("a key the issuer has not", token(kid=f"{ISSUER}#key-9"), KEY, suffix="jwt"),
        "jwt_crit_fail": Case("an extension that must be understood", token(crit=["exp"], exp=1), PROOF, suffix="jwt"),
        "jwt_b64_fail": Case("an unencoded payload", token(b64=False), PROOF, suffix="jwt"),
        "jwt_zip_fail": Case("a compressed payload", token(zip="DEF"), PROOF, suffix="jwt"),
        "jwt_cty_fail": Case("a JWT in a JWT", token(cty="JWT"), PROOF, suffix="jwt"),
        "jwt_typ_access_token_fail": Case("A12: an access token", token(typ="at+jwt"), PROOF, suffix="jwt"),
        "jwt_typ_presentation_fail": Case("A12: a presentation", token(typ="vp+jwt"), PROOF, suffix="jwt"),
    }  # fmt: skip


def payloads() -> dict[str, Case]:
    other_subject = claims()["credentialSubject"] | {"id": "urn:uuid:00000000-0000-4000-8000-000000000009"}
    wrong: dict[str, tuple[str, bytes]] = {
        "payload_changed": ("one letter changed", with_parts(payload=base64url_encode(
            base64url_decode(parts()[1]).replace(b"apprentice", b"Apprentice")))),
        "signature_flipped": ("one bit of the signature flipped", with_parts(signature=base64url_encode(
            bytes([base64url_decode(parts()[2])[0] ^ 1]) + base64url_decode(parts()[2])[1:]))),
        "signature_of_another": ("the signature of another one", with_parts(
            signature=token(claims(name="Other")).decode().split(".")[2])),
        "header_changed": ("the header changed", with_parts(head=base64url_encode(dump(
            {"alg": "EdDSA", "kid": METHOD})))),
        "iss_of_another": ("iss is somebody else", token(claims(iss=STRANGER.controller))),
        "iss_missing": ("no iss", token(claims(iss=None))),
        "jti_of_another": ("jti is another badge", token(claims(jti="urn:uuid:00000000-0000-4000-8000-000000000008"))),
        "jti_missing": ("no jti", token(claims(jti=None))),
        "sub_of_another": ("sub is somebody else", token(claims(sub=other_subject["id"]))),
        "sub_missing": ("no sub", token(claims(sub=None))),
        "subject_of_another": ("the subject is not sub", token(claims(credentialSubject=other_subject))),
        "nbf_of_another_time": ("nbf is not validFrom", token(claims(nbf=claims()["nbf"] + 1))),
        "nbf_missing": ("no nbf", token(claims(nbf=None))),
        "nbf_text": ("nbf is a text", token(claims(nbf=str(claims()["nbf"])))),
        "exp_of_another_time": ("exp is not validUntil", token(claims(exp=claims()["exp"] + 86_400))),
        "exp_boolean": ("exp is a boolean", token(claims(exp=True))),
        "audience": ("A12: meant for one audience", token(claims(aud="https://x.example/"))),
    }  # fmt: skip
    found = {
        f"jwt_{name}_fail": Case(about, badge, PROOF, suffix="jwt") for name, (about, badge) in wrong.items()
    }
    unread: dict[str, tuple[str, bytes]] = {
        "no_credential": ("A12: a login token", token({"iss": ISSUER, "sub": "x", "exp": 9999999999})),
        "payload_not_json": ("a payload that is no JSON", with_parts(payload=base64url_encode(b"hello"))),
        "payload_array": ("an array for a payload", with_parts(payload=base64url_encode(b"[]"))),
        "payload_twice": ("a member that is there twice", with_parts(payload=base64url_encode(
            dump(claims())[:-1] + b',"iss":"x"}'))),
        "header_not_json": ("a header that is no JSON", with_parts(head=base64url_encode(b"hello"))),
        "header_twice": ("alg twice", with_parts(head=base64url_encode(b'{"alg":"EdDSA","alg":"none"}'))),
        "two_parts": ("two parts", b".".join(token().split(b".")[:2])),
        "four_parts": ("four parts", token() + b".AAAA"),
        "padding": ("padded", token() + b"=="),
        "not_base64url": ("plain base64", with_parts(signature=parts()[2][:-1] + "+")),
        "vc_text": ("a text for a vc claim", older(vc="badge")),
    }  # fmt: skip
    found |= {
        f"jwt_{name}_fail": Case(about, badge, PARSE, suffix="jwt") for name, (about, badge) in unread.items()
    }
    expired = claims(validUntil="2026-11-21T00:00:00Z", exp=seconds("2026-11-21T00:00:00Z"))
    undefined = claims(credentialSubject=claims()["credentialSubject"] | {"medicalLicence": "MD-1"})
    return found | {
        "jwt_expired_fail": Case("A19: expired", token(expired), {"dates": "failed"}, suffix="jwt"),
        "jwt_undefined_fail": Case("A3: a word without meaning", token(undefined), {"terms": "failed"}, suffix="jwt"),
        "jwt_revoked_fail": Case("revoked", token(claims(credentialStatus=claims()["credentialStatus"] | {
            "statusListIndex": "3", "id": claims()["credentialStatus"]["statusListCredential"] + "#3"})),
            {"status": "failed"}, suffix="jwt"),
        "jwt_of_vcdm_1_other_date_fail": Case("nbf is not issuanceDate", older(nbf=1), PROOF, suffix="jwt"),
        "jwt_key_unreachable_fail": Case("nobody answers", token(), {"key": "unknown"}, web={}, suffix="jwt"),
    }  # fmt: skip


def cases() -> dict[str, Case]:
    return headers() | payloads()
