"""Data Integrity proofs: what is signed verifies, and only that."""

import hashlib
import json
from typing import Any

import pytest

from plaudit import canonical
from plaudit.encoding import multibase_encode
from plaudit.errors import KeyFormatError, TermsError, UnsupportedError
from plaudit.keys import KeyType, PrivateKey
from plaudit.proofs.data_integrity import (
    ECDSA_JCS,
    ECDSA_RDFC,
    ECDSA_SD,
    ED25519_SIGNATURE,
    EDDSA_DRAFT,
    EDDSA_JCS,
    EDDSA_RDFC,
    SUITES,
    fault_of_options,
    find_suite,
    hash_data,
    previous_proofs,
    sign,
    verify,
)
from tests.plaudit.samples import AT, DAY, GUILD, METHOD, credential, key_of

ISSUED = [
    (suite, kind)
    for suite in (EDDSA_RDFC, EDDSA_JCS, ECDSA_RDFC, ECDSA_JCS)
    for kind in SUITES[suite].key_types
]
EACH = pytest.mark.parametrize(("suite", "kind"), ISSUED)


def proved(
    suite: str | None = None, kind: KeyType = KeyType.ED25519, document: Any = None, **options: Any
) -> dict[str, Any]:
    return sign(
        document or credential(), guild(kind), verification_method=METHOD, created=AT, cryptosuite=suite,
        options=options,
    )  # fmt: skip


def guild(kind: KeyType) -> PrivateKey:
    return key_of("guild", kind)


@EACH
def test_a_proof_is_good_for_its_document_and_key(suite: str, kind: KeyType) -> None:
    proof = proved(suite, kind)
    assert verify(credential(), proof, guild(kind).public())
    assert not verify(credential(name="Welding"), proof, guild(kind).public())
    assert not verify(credential(), proof, key_of("other", kind).public())


@EACH
@pytest.mark.parametrize("name", ["created", "proofPurpose", "verificationMethod"])
def test_every_option_is_signed(suite: str, kind: KeyType, name: str) -> None:
    other = {
        "created": "2026-11-22T12:00:01Z",
        "proofPurpose": "authentication",
        "verificationMethod": "urn:x",
    }
    assert not verify(credential(), proved(suite, kind) | {name: other[name]}, guild(kind).public())


@EACH
def test_options_that_are_there_are_signed_and_cannot_be_taken_away(suite: str, kind: KeyType) -> None:
    more = {"expires": "2027-01-01T00:00:00Z", "domain": "site.example", "challenge": "1235", "nonce": "n"}
    proof = proved(suite, kind, id="urn:uuid:1", **more)
    assert verify(credential(), proof, guild(kind).public())
    for name in ("id", *more):
        less = {other: value for other, value in proof.items() if other != name}
        assert not verify(credential(), less, guild(kind).public())
        assert not verify(credential(), proof | {name: "urn:y"}, guild(kind).public())


def test_a_key_has_a_suite_of_its_own() -> None:
    assert proved()["cryptosuite"] == EDDSA_RDFC
    assert proved(kind=KeyType.P256)["cryptosuite"] == proved(kind=KeyType.P384)["cryptosuite"] == ECDSA_RDFC
    with pytest.raises(KeyFormatError, match="not RSA"):
        proved(kind=KeyType.RSA)


def test_a_p_384_key_signs_longer_hashes() -> None:
    proof = proved(ECDSA_RDFC, KeyType.P384)
    assert len(hash_data(credential(), proof, key_type=KeyType.P384)) == 96
    assert len(hash_data(credential(), proof, key_type=KeyType.P256)) == 64
    assert not verify(credential(), proof, guild(KeyType.P256).public())


@pytest.mark.parametrize("suite", [EDDSA_DRAFT, ECDSA_SD])
def test_what_is_verified_only_is_not_issued(suite: str) -> None:
    with pytest.raises(UnsupportedError, match="not issued"):
        proved(suite, KeyType.P256)


def test_the_retired_name_of_a_suite_is_the_same_suite_under_another_name() -> None:
    proof = {name: value for name, value in proved().items() if name != "proofValue"}
    proof["cryptosuite"] = EDDSA_DRAFT
    data = hash_data(credential(), proof)
    signed = proof | {"proofValue": multibase_encode(GUILD.key.sign(data))}
    assert verify(credential(), signed, GUILD.key.public())
    assert not verify(credential(), signed | {"cryptosuite": EDDSA_RDFC}, GUILD.key.public())
    assert "retired" in find_suite(signed).remark


ED25519_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"


def test_the_proof_type_of_2020_is_verified_under_the_context_of_the_document() -> None:
    document = credential()
    document["@context"].append(ED25519_2020)
    proof = {
        "type": ED25519_SIGNATURE,
        "created": "2026-11-22T12:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
    }
    value = multibase_encode(GUILD.key.sign(hash_data(document, proof)))
    assert verify(document, proof | {"proofValue": value}, GUILD.key.public())
    assert not verify(document | {"name": "Welding"}, proof | {"proofValue": value}, GUILD.key.public())
    with pytest.raises(TermsError, match="proof"):
        verify(credential(), proof | {"proofValue": value}, GUILD.key.public())


# Chains


def chain() -> dict[str, Any]:
    """A badge with two proofs, and a third over both."""
    first = proved(id="urn:uuid:a")
    second = proved(ECDSA_RDFC, KeyType.P256, id="urn:uuid:b")
    document = credential() | {"proof": [first, second]}
    third = proved(document=document, previousProof=["urn:uuid:b", "urn:uuid:a"])
    return document | {"proof": [first, second, third]}


def test_a_proof_signs_the_previous_ones_it_names() -> None:
    document = chain()
    third = document["proof"][2]
    assert verify(document, third, GUILD.key.public())
    assert verify(document | {"proof": document["proof"][::-1]}, third, GUILD.key.public())
    altered = [document["proof"][0] | {"created": "2026-11-22T12:00:01Z"}, *document["proof"][1:]]
    assert not verify(document | {"proof": altered}, third, GUILD.key.public())
    assert not verify(document, third | {"previousProof": "urn:uuid:a"}, GUILD.key.public())
    alone = {name: value for name, value in third.items() if name != "previousProof"}
    assert not verify(document, alone, GUILD.key.public())


def test_a_jcs_proof_signs_previous_ones_too() -> None:
    first = proved(EDDSA_JCS, id="urn:uuid:a")
    document = credential() | {"proof": first}
    second = proved(EDDSA_JCS, document=document, previousProof="urn:uuid:a")
    document["proof"] = [first, second]
    assert verify(document, second, GUILD.key.public())
    document["proof"] = [first | {"proofValue": second["proofValue"]}, second]
    assert not verify(document, second, GUILD.key.public())


@pytest.mark.parametrize("named", ["urn:uuid:c", [], ["urn:uuid:a", "urn:uuid:c"], 7, [7], None, {}])
def test_a_previous_proof_that_is_not_there_is_a_fault(named: Any) -> None:
    document = chain()
    with pytest.raises(TermsError, match="previousProof"):
        verify(document, document["proof"][2] | {"previousProof": named}, GUILD.key.public())


def test_a_proof_is_not_its_own_previous_one_and_ids_are_not_there_twice() -> None:
    document = chain()
    with pytest.raises(TermsError):
        previous_proofs(document, document["proof"][0] | {"previousProof": "urn:uuid:a"})
    twice = document | {"proof": [document["proof"][0], document["proof"][0], "no proof"]}
    with pytest.raises(TermsError):
        previous_proofs(twice, {"previousProof": "urn:uuid:a"})


# Options


OPTIONS: dict[str, dict[str, Any]] = {
    "another purpose": {"proofPurpose": "authentication"},
    "no method": {"verificationMethod": None},
    "created at no time": {"created": "yesterday"},
    "expired": {"expires": "2026-11-22T11:59:59Z"},
    "expires at no time": {"expires": 7},
}


@pytest.mark.parametrize("changes", OPTIONS.values(), ids=OPTIONS)
def test_options_that_are_not_good(changes: dict[str, Any]) -> None:
    assert fault_of_options(proved(), AT) == ""
    assert fault_of_options(proved() | changes, AT)


def test_a_domain_and_a_challenge_are_compared_with_what_is_expected() -> None:
    proof = proved(domain="site.example", challenge="1235")
    assert fault_of_options(proof, AT) == ""
    assert fault_of_options(proof, AT, domain="site.example", challenge="1235") == ""
    assert fault_of_options(proof | {"domain": ["site.example"]}, AT, domain="site.example") == ""
    for expected in ({"domain": "other.example"}, {"challenge": "1236"}):
        assert fault_of_options(proof, AT, **expected)
        assert fault_of_options(proved(), AT, **expected)
    assert fault_of_options(proof | {"domain": ["site.example", "b"]}, AT, domain="site.example")
    assert fault_of_options(proved(expires="2026-11-23T00:00:00Z"), AT) == ""
    assert fault_of_options(proved(expires="2026-11-23T00:00:00Z"), AT + DAY)


def test_the_same_input_gives_the_same_proof() -> None:
    assert proved() == proved()
    assert list(proved()) == [
        "type",
        "cryptosuite",
        "created",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
    ]


def test_what_is_signed_is_the_hash_of_the_options_and_of_the_document() -> None:
    proof = proved()
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    options["@context"] = credential()["@context"]
    expected = hashlib.sha256(canonical.rdfc(options)).digest()
    expected += hashlib.sha256(canonical.rdfc(credential())).digest()
    assert hash_data(credential(), proof) == expected


def test_the_proof_in_the_document_is_left_out() -> None:
    assert verify(credential() | {"proof": [proved()]}, proved(), GUILD.key.public())


@pytest.mark.parametrize(
    "value", [None, 7, "", "z", "z0", "u" + "A" * 86, "Z" + "1" * 64, "z" + "1" * 63, "z" + "1" * 64, ["z"]]
)
def test_a_value_that_is_no_signature_is_not_good(value: Any) -> None:
    assert not verify(credential(), proved() | {"proofValue": value}, GUILD.key.public())


def test_a_key_of_another_kind_is_neither_used_nor_accepted() -> None:
    assert not verify(credential(), proved(), key_of("p", KeyType.P256).public())
    with pytest.raises(KeyFormatError, match="signs with Ed25519"):
        proved(EDDSA_RDFC, KeyType.P256)
    with pytest.raises(KeyFormatError, match="signs with P-256 or P-384 keys"):
        proved(ECDSA_JCS)


@pytest.mark.parametrize(
    "changes",
    [{"cryptosuite": "bbs-2023"}, {"type": "Ed25519Signature2020"}, {"cryptosuite": None}, {"cryptosuite": ["x"]},
     {"type": ["DataIntegrityProof"]}, {"cryptosuite": "Ed25519Signature2020"}],
)  # fmt: skip
def test_what_we_do_not_know_is_said_to_be_unknown(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        find_suite(proved() | changes)


@pytest.mark.parametrize(
    "changes", [{"level": "gold"}, {"@context": ["https://www.w3.org/ns/credentials/v2"]}, {"nonce": None}]
)
def test_a_member_that_is_not_signed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TermsError) as caught:
        verify(credential(), proved() | changes, GUILD.key.public())
    assert caught.value.faults[0].path.startswith("/proof/")


def test_a_jcs_proof_carries_the_context_it_was_made_under() -> None:
    proof = proved(EDDSA_JCS)
    assert proof["@context"] == credential()["@context"]
    longer = credential()
    longer["@context"].append("https://w3id.org/security/multikey/v1")
    assert verify(longer, proof, GUILD.key.public())
    with pytest.raises(TermsError):
        verify(credential() | {"@context": ["urn:x"]}, proof, GUILD.key.public())
    without = {name: value for name, value in proof.items() if name != "@context"}
    assert not verify(credential(), without, GUILD.key.public())


def test_a_document_survives_json() -> None:
    text = json.dumps(credential() | {"proof": [proved()]})
    document = json.loads(text)
    assert verify(document, document["proof"][0], GUILD.key.public())
