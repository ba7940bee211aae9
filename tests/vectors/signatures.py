"""Cases about proofs and keys: options of the proof, the issuer's document, and identifiers of every kind."""

import json
from typing import Any

from plaudit.did import Method, Signer, controller_document, did_key_method
from plaudit.encoding import base64url_encode, multibase_decode, multibase_encode
from plaudit.keys import KeyType, PrivateKey
from plaudit.proofs import data_integrity
from plaudit.reading import format_date_time
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    METHOD,
    STRANGER,
    credential,
    issuer_document,
    key_of,
    signed,
    status_list,
    web,
)
from tests.vectors.base import Case, Json, altered, document_with, dump, method_with, resigned

PROOF = {"proof": "failed"}
KEY = {"key": "failed"}


def proven(options: Json, *, signer: Signer = GUILD, document: Json | None = None, **more: Any) -> bytes:
    """A badge signed with these options in its proof; None takes one away. `more` is put in after signing."""
    content = document or credential()
    proof: Json = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": format_date_time(AT - DAY),
        "verificationMethod": signer.verification_method,
        "proofPurpose": "assertionMethod",
    }
    proof = {name: value for name, value in (proof | options).items() if value is not None}
    value = signer.key.sign(data_integrity.hash_data(content, proof))
    return dump(content | {"proof": [proof | {"proofValue": multibase_encode(value)} | more]})


def changed_proof(**changes: Any) -> bytes:
    """A good badge whose proof was changed afterwards; None takes a member away."""

    def change(document: Json) -> None:
        proof = document["proof"][0] | changes
        document["proof"] = [{name: value for name, value in proof.items() if value is not None}]

    return altered(change)


def value_of() -> bytes:
    return multibase_decode(json.loads(signed())["proof"][0]["proofValue"])


def with_value(data: bytes) -> bytes:
    return changed_proof(proofValue=multibase_encode(data))


def flipped(bit: int) -> bytes:
    data = bytearray(value_of())
    data[bit // 8] ^= 1 << bit % 8
    return with_value(bytes(data))


ORDER = 2**252 + 27742317777372353535851937790883648493


def malleable() -> bytes:
    data = value_of()
    return with_value(data[:32] + (int.from_bytes(data[32:], "little") + ORDER).to_bytes(32, "little"))


def proofs() -> dict[str, Case]:
    later, earlier = format_date_time(AT + DAY), format_date_time(AT - DAY)
    return {
        "proof_object_pass": Case("one proof, not in an array", altered(lambda d: d.update(proof=d["proof"][0]))),
        "proof_expires_later_pass": Case("a proof that expires tomorrow", proven({"expires": later})),
        "proof_without_created_pass": Case("a proof that does not say when", proven({"created": None})),
        "proof_with_id_pass": Case(
            "a proof with a name", proven({"id": "urn:uuid:0b0f5f6e-5d1e-4df0-8a63-000000000001"})),
        "proof_jcs_pass": Case("signed over JCS", dump(jcs())),
        "proof_jcs_altered_fail": Case("signed over JCS, altered", dump(jcs() | {"name": "x"}), PROOF),
        "proof_jcs_extra_member_fail": Case(
            "signed over JCS, a member added", dump(jcs() | {"description": "x"}), PROOF),
        "proof_expired_yesterday_fail": Case("a proof that expired", proven({"expires": earlier}), PROOF),
        "proof_expires_malformed_fail": Case("expires, but not at a date", proven({"expires": "2026-12-01"}), PROOF),
        "proof_created_malformed_fail": Case("created on no date", proven({"created": "yesterday"}), PROOF),
        "proof_authentication_fail": Case("signed for logging in", proven({"proofPurpose": "authentication"}), PROOF),
        "proof_without_purpose_fail": Case("signed for nothing", changed_proof(proofPurpose=None), PROOF),
        "proof_without_method_fail": Case("names no key", changed_proof(verificationMethod=None), PROOF),
        "proof_method_object_fail": Case("names its key by value", changed_proof(
            verificationMethod=issuer_document()["verificationMethod"][0]), PROOF),
        "proof_without_value_fail": Case("no signature in the proof", changed_proof(proofValue=None), PROOF),
        "proof_value_number_fail": Case("a number for a signature", changed_proof(proofValue=5), PROOF),
        "proof_value_empty_fail": Case("an empty signature", changed_proof(proofValue=""), PROOF),
        "proof_value_z_fail": Case("a signature of no bytes", changed_proof(proofValue="z"), PROOF),
        "proof_value_base64_fail": Case("another multibase", changed_proof(
            proofValue="u" + base64url_encode(value_of())), PROOF),
        "proof_value_short_fail": Case("63 bytes", with_value(value_of()[:-1]), PROOF),
        "proof_value_long_fail": Case("65 bytes", with_value(value_of() + b"\0"), PROOF),
        "proof_value_zeros_fail": Case("64 zeros", with_value(bytes(64)), PROOF),
        "proof_value_malleable_fail": Case("S is not below the order of the group", malleable(), PROOF),
        "proof_value_r_flipped_fail": Case("one bit of R flipped", flipped(9), PROOF),
        "proof_value_s_flipped_fail": Case("one bit of S flipped", flipped(300), PROOF),
        "proof_type_unknown_fail": Case("a proof of no known type", changed_proof(type="MagicProof2026"),
                                        {"proof": "unknown"}),
        "proof_type_missing_fail": Case("a proof without a type", changed_proof(type=None)),
        "proof_suite_missing_fail": Case("a proof without a cryptosuite", changed_proof(cryptosuite=None)),
        "proof_text_fail": Case("a text where the proof should be", altered(lambda d: d.update(proof="signed"))),
        "proof_in_the_subject_fail": Case("the proof moved inside", altered(
            lambda d: d["credentialSubject"].update(proof=d.pop("proof"))), PROOF),
        "proof_of_the_list_fail": Case("the proof of the status list", altered(
            lambda d: d.update(proof=json.loads(web()["https://guild.example/status/1"])["proof"])), PROOF),
        "proof_domain_changed_fail": Case("a domain added afterwards", changed_proof(domain="x.example"), PROOF),
        "proof_challenge_changed_fail": Case("a challenge added afterwards", changed_proof(challenge="1"), PROOF),
        "proof_nonce_changed_fail": Case("a nonce added afterwards", changed_proof(nonce="1"), PROOF),
        "many_proofs_fail": Case("more proofs than anybody needs", altered(
            lambda d: d.update(proof=d["proof"] * 30)), {"proof": "unknown"}),
        "bad_proof_beside_good_pass": Case("one good proof is enough (OB 3.0, verification)", altered(
            lambda d: d["proof"].append(d["proof"][0] | {"created": "2026-11-20T00:00:00Z"}))),
    }  # fmt: skip


def jcs() -> Json:
    document = credential()
    proof = data_integrity.sign(
        document, GUILD.key, verification_method=METHOD, created=AT - DAY, cryptosuite="eddsa-jcs-2022"
    )
    return document | {"proof": [proof]}


def p256_entry() -> Json:
    key = key_of("guild 3", KeyType.P256).public()
    return {
        "id": f"{ISSUER}#key-p256-1",
        "type": "JsonWebKey",
        "controller": ISSUER,
        "publicKeyJwk": key.jwk(),
    }


def keys() -> dict[str, Case]:
    entry = issuer_document()["verificationMethod"][0]
    jwk = GUILD.key.public().jwk()
    as_jwk = {"type": "JsonWebKey", "publicKeyMultibase": None}
    good = {
        "key_as_jwk_pass": ("the key as a JsonWebKey", method_with(**as_jwk, publicKeyJwk=jwk)),
        "key_as_jwk_2020_pass": (
            "the older name", method_with(**as_jwk | {"type": "JsonWebKey2020"}, publicKeyJwk=jwk)),
        "key_as_2020_pass": ("Ed25519VerificationKey2020", method_with(type="Ed25519VerificationKey2020")),
        "key_embedded_pass": ("described inside assertionMethod", document_with(
            verificationMethod=[], assertionMethod=[entry])),
        "key_beside_others_pass": ("beside a P-256 key", document_with(
            verificationMethod=[p256_entry(), entry], assertionMethod=[p256_entry()["id"], METHOD])),
        "key_relative_id_pass": ("described and listed under a relative name", document_with(
            verificationMethod=[entry | {"id": "#key-ed25519-1"}], assertionMethod=["#key-ed25519-1"])),
        "key_expires_later_pass": (
            "a key that is good until tomorrow", method_with(expires=format_date_time(AT + DAY))),
        "document_also_known_as_pass": ("a document with another name besides", document_with(
            alsoKnownAs=["https://guild.example/"])),
        "document_with_service_pass": ("a document with a service", document_with(
            service=[{"id": f"{ISSUER}#home", "type": "LinkedDomains", "serviceEndpoint": "https://guild.example"}])),
    }  # fmt: skip
    bad: dict[str, tuple[str, dict[str, bytes]]] = {
        "key_not_listed": ("the method is described, and listed for nothing", document_with(assertionMethod=[])),
        "key_listed_only": ("listed, and nowhere described", document_with(verificationMethod=[])),
        "key_relative_id_of_another": ("a relative name of another key", method_with(id="#key-ed25519-9")),
        "key_relative_twice": ("described twice, once under a relative name", document_with(verificationMethod=[
            entry, entry | {"id": "#key-ed25519-1"}])),
        "key_other_id": ("described under another name", method_with(id=f"{ISSUER}#key-ed25519-9")),
        "key_twice": ("described twice", document_with(verificationMethod=[entry, entry])),
        "key_twice_differently": ("described twice, with two keys", document_with(verificationMethod=[
            entry, entry | {"publicKeyMultibase": STRANGER.key.public().multibase()}])),
        "key_without_controller": ("nobody controls the key", method_with(controller=None)),
        "key_controllers": ("two controllers", method_with(controller=[ISSUER, "did:web:evil.example"])),
        "key_without_form": ("the method has no key", method_with(publicKeyMultibase=None)),
        "key_empty": ("an empty key", method_with(publicKeyMultibase="")),
        "key_base64": ("base64url, and a Multikey is base58", method_with(
            publicKeyMultibase="u" + base64url_encode(b"\xed\x01" + GUILD.key.public().data))),
        "key_short": ("31 bytes", method_with(publicKeyMultibase=multibase_encode(b"\xed\x01" + bytes(range(31))))),
        "key_no_prefix": (
            "32 bytes without their kind", method_with(publicKeyMultibase=multibase_encode(bytes(range(32))))),
        "key_number": ("a number for a key", method_with(publicKeyMultibase=7)),
        "key_type_unknown": ("a method of no known type", method_with(type="MagicKey2026")),
        "key_type_missing": ("a method without a type", method_with(type=None)),
        "key_private": ("the private key is published", method_with(secretKeyMultibase=GUILD.key.multibase())),
        "key_jwk_private": ("the private part is published", method_with(**as_jwk, publicKeyJwk=GUILD.key.jwk())),
        "key_jwk_of_another": ("somebody else's JWK", method_with(**as_jwk, publicKeyJwk=STRANGER.key.public().jwk())),
        "key_jwk_padded": ("a JWK with padding", method_with(**as_jwk, publicKeyJwk=jwk | {"x": jwk["x"] + "="})),
        "key_jwk_symmetric": ("a secret shared by both", method_with(**as_jwk, publicKeyJwk={"kty": "oct", "k": "AA"})),
        "key_jwk_no_curve": (
            "a JWK without its curve", method_with(**as_jwk, publicKeyJwk={"kty": "OKP", "x": jwk["x"]})),
        "key_x25519": ("a key that cannot sign", method_with(**as_jwk, publicKeyJwk=jwk | {"crv": "X25519"})),
        "key_small_order_8": (
            "a point of order eight", method_with(publicKeyMultibase=multibase_encode(b"\xed\x01" + bytes.fromhex(
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")))),
        "key_not_canonical": ("a point written in a second way", method_with(publicKeyMultibase=multibase_encode(
            b"\xed\x01" + (2**255 - 19 + 3).to_bytes(32, "little")))),
        "key_revoked_malformed": ("revoked, but not at a date", method_with(revoked="yes")),
        "key_expires_malformed": ("expires, but not at a date", method_with(expires="soon")),
        "key_revoked_now": ("revoked at this very second", method_with(revoked=format_date_time(AT))),
        "document_without_id": ("a document about nobody", {**web(), ISSUER_DOCUMENT: dump(
            {k: v for k, v in issuer_document().items() if k != "id"})}),
        "document_id_with_slash": ("about nearly the issuer", document_with(id=ISSUER + "/")),
        "document_id_case": ("about the issuer in capitals", document_with(id=ISSUER.upper())),
        "document_assertions_object": ("assertionMethod is an object", document_with(assertionMethod={"id": METHOD})),
    }  # fmt: skip
    unread: dict[str, tuple[str, bytes]] = {
        "document_empty": ("an empty document", b""),
        "document_html": ("a web page", b"<html></html>"),
        "document_array": ("an array", b"[]"),
        "document_cut_short": ("half a document", dump(issuer_document())[:200]),
        "document_member_twice": (
            "a member that is there twice",
            dump(issuer_document())[:-1] + b',"id":"x"}',
        ),
    }
    found = {name: Case(about, signed(), web=answers) for name, (about, answers) in good.items()}
    found |= {
        f"{name}_fail": Case(about, signed(), PROOF if name == "key_jwk_of_another" else KEY, web=answers)
        for name, (about, answers) in bad.items()
    }
    return found | {
        f"{name}_fail": Case(about, signed(), {"key": "unknown"}, web=web() | {ISSUER_DOCUMENT: body})
        for name, (about, body) in unread.items()
    }


def issued_as(issuer: str, method: str, key: PrivateKey = GUILD.key) -> bytes:
    document = credential(issuer=credential()["issuer"] | {"id": issuer})
    del document["credentialStatus"]
    return resigned(document, Signer(key, method))


def document_of(issuer: str, method: str) -> bytes:
    entry = issuer_document()["verificationMethod"][0] | {"id": method, "controller": issuer}
    return dump(
        issuer_document() | {"id": issuer, "verificationMethod": [entry], "assertionMethod": [method]}
    )


GOOD_ISSUERS = {
    "web_root": ("did:web:guild.example", "https://guild.example/.well-known/did.json"),
    "web_port": ("did:web:guild.example%3A8443", "https://guild.example:8443/.well-known/did.json"),
    "web_path": ("did:web:guild.example:a:b", "https://guild.example/a/b/did.json"),
    "web_escaped": ("did:web:guild.example:a%20b", "https://guild.example/a%20b/did.json"),
    "https": ("https://guild.example/issuer", "https://guild.example/issuer"),
    "https_query": ("https://guild.example/issuer?v=1", "https://guild.example/issuer?v=1"),
}
BAD_ISSUERS = {
    "web_ip": "did:web:127.0.0.1",
    "web_ip_port": "did:web:10.0.0.1%3A80",
    "web_slash": "did:web:guild.example%2Fevil",
    "web_slash_in_path": "did:web:guild.example:a%2Fb",
    "web_dots": "did:web:guild.example:..",
    "web_user": "did:web:guild.example%40evil.example",
    "web_nothing": "did:web:",
    "web_empty_segment": "did:web:guild.example::a",
    "web_query": "did:web:guild.example:a?b=c",
    "http": "http://guild.example/issuer",
    "file": "file:///etc/passwd",
    "mail": "mailto:desk@guild.example",
    "urn": "urn:uuid:9ad2b7d4-73a7-45c5-a0c9-61a5b8f2c3d4",
    "data": "data:application/json,5",
    "key_nonsense": "did:key:znonsense",
    "key_empty": "did:key:",
}
UNKNOWN_ISSUERS = {
    "ion": "did:ion:EiA",
    "ethr": "did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a",
    "made_up": "did:x:1",
}


def identifiers() -> dict[str, Case]:
    found = {}
    for name, (issuer, address) in GOOD_ISSUERS.items():
        method = f"{issuer}#key-1"
        found[f"issuer_{name}_pass"] = Case(
            f"issued by {issuer}", issued_as(issuer, method), web={address: document_of(issuer, method)}
        )
    for name, issuer in BAD_ISSUERS.items():
        method = f"{issuer}#key-1"
        found[f"issuer_{name}_fail"] = Case(f"issued by {issuer}", issued_as(issuer, method), KEY)
    for name, issuer in UNKNOWN_ISSUERS.items():
        found[f"issuer_{name}_fail"] = Case(
            f"issued by {issuer}, a kind not known here",
            issued_as(issuer, f"{issuer}#key-1"),
            {"key": "unknown"},
        )
    own = key_of("own")
    signer = Signer.from_did_key(own)
    found["issuer_key_pass"] = Case(
        "issued by a did:key", issued_as(signer.controller, signer.verification_method, own)
    )
    found["issuer_key_other_fragment_fail"] = Case(
        "a did:key, and another key behind the #",
        issued_as(
            signer.controller, f"{signer.controller}#{STRANGER.key.public().multibase()}", STRANGER.key
        ),
        KEY,
    )
    found["issuer_key_no_fragment_fail"] = Case(
        "a did:key for a method", issued_as(signer.controller, signer.controller, own), KEY
    )
    found["issuer_alone_pass"] = Case(
        "the issuer as an identifier alone", resigned(credential(issuer=ISSUER))
    )
    found["issuer_prefix_fail"] = Case(
        "a method whose name only begins like the issuer's",
        resigned(credential(), Signer(STRANGER.key, f"{ISSUER}.evil#key-ed25519-1")),
        KEY,
    )
    found["issuer_swapped_fail"] = Case(
        "another issuer put on the badge",
        altered(lambda d: d["issuer"].update(id=did_key_method(STRANGER.key.public()).partition("#")[0])),
        KEY,
    )
    return found  # fmt: skip


def proven_by(suite: str, kind: KeyType, **options: Any) -> tuple[Json, dict[str, bytes]]:
    """A badge signed under another cryptosuite, and the guild's web with that key in it."""
    key = key_of("guild", kind)
    document = credential()
    proof = data_integrity.sign(
        document,
        key,
        verification_method=METHOD,
        created=AT - DAY,
        cryptosuite=suite,
        options=options or None,
    )
    listed = controller_document(
        ISSUER, [Method(METHOD, key.public()), Method(LIST_METHOD, GUILD.key.public())]
    )
    answers = web() | {
        ISSUER_DOCUMENT: dump(listed),
        LIST: status_list(1, signer=Signer(GUILD.key, LIST_METHOD)),
    }
    return document | {"proof": [proof]}, answers


LIST_METHOD = f"{ISSUER}#key-of-the-list"
SUITES = {
    "ecdsa_rdfc_p256": ("ecdsa-rdfc-2019", KeyType.P256),
    "ecdsa_rdfc_p384": ("ecdsa-rdfc-2019", KeyType.P384),
    "ecdsa_jcs_p256": ("ecdsa-jcs-2019", KeyType.P256),
    "ecdsa_jcs_p384": ("ecdsa-jcs-2019", KeyType.P384),
    "eddsa_jcs": ("eddsa-jcs-2022", KeyType.ED25519),
}


def suites() -> dict[str, Case]:
    found = {}
    for name, (suite, kind) in SUITES.items():
        good, answers = proven_by(suite, kind)
        proof = good["proof"][0]
        value = multibase_decode(proof["proofValue"])
        half = len(value) // 2

        def bent(data: bytes, good: Json = good, proof: Json = proof) -> bytes:
            return dump(good | {"proof": [proof | {"proofValue": multibase_encode(data)}]})

        found |= {
            f"suite_{name}_pass": Case(suite, dump(good), web=answers),
            f"suite_{name}_altered_fail": Case(f"{suite}, altered", dump(good | {"name": "PhD"}), PROOF, web=answers),
            f"suite_{name}_zeros_fail": Case(f"{suite}, r and s are 0", bent(bytes(len(value))), PROOF, web=answers),
            f"suite_{name}_swapped_fail": Case(f"{suite}, the halves swapped", bent(value[half:] + value[:half]), PROOF,
                                               web=answers),
            f"suite_{name}_short_fail": Case(f"{suite}, a byte missing", bent(value[:-1]), PROOF, web=answers),
        }  # fmt: skip
        if kind is not KeyType.ED25519:
            found[f"suite_{name}_other_key_fail"] = Case(f"{suite}, by a key that is not listed", dump(good))
    renamed, answers = proven_by("ecdsa-rdfc-2019", KeyType.P256)
    renamed["proof"][0]["cryptosuite"] = "eddsa-rdfc-2022"
    found["suite_renamed_fail"] = Case("another suite than it was made with", dump(renamed), web=answers)
    return found | chains()


def chained(*, first_of: Signer = GUILD, change: Any = None) -> bytes:
    """A badge with two proofs, of which the second signs the first too."""
    document = credential()
    first = data_integrity.sign(
        document, first_of.key, verification_method=first_of.verification_method, created=AT - DAY,
        options={"id": "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"},
    )  # fmt: skip
    if change is not None:
        change(first)
    document["proof"] = [first]
    second = data_integrity.sign(
        document,
        GUILD.key,
        verification_method=METHOD,
        created=AT - DAY,
        options={"previousProof": first["id"]},
    )
    document["proof"] = [second, first]
    return dump(document)


def chains() -> dict[str, Case]:
    without = json.loads(chained())
    del without["proof"][1]
    later = json.loads(chained())
    later["proof"][1]["created"] = "2026-11-20T00:00:00Z"
    circle = json.loads(chained())
    circle["proof"][1]["previousProof"] = circle["proof"][1]["id"]
    return {
        "chain_pass": Case("a proof that signs the one before it", chained()),
        "chain_of_another_pass": Case("the one before it is somebody else's", chained(first_of=STRANGER)),
        "chain_without_its_first_fail": Case("the one before it was taken away", dump(without)),
        "chain_first_changed_fail": Case("the one before it was changed", dump(later), PROOF),
        "chain_first_bad_fail": Case("signed over one that was bad already", chained(
            change=lambda proof: proof.update(created="2026-11-20T00:00:00Z")), PROOF),
        "chain_circle_fail": Case("a proof that names itself", dump(circle)),
    }  # fmt: skip


def cases() -> dict[str, Case]:
    return proofs() | keys() | identifiers() | suites()
