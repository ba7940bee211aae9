"""Data Integrity proofs: what is signed verifies, and only that."""

import hashlib
import json
from typing import Any

import pytest

from plaudit import canonical
from plaudit.errors import KeyFormatError, TermsError, UnsupportedError
from plaudit.keys import KeyType
from plaudit.proofs import data_integrity
from plaudit.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, find_suite, hash_data, sign, verify
from tests.plaudit.samples import AT, GUILD, METHOD, credential, key_of

SUITES = pytest.mark.parametrize("suite", [EDDSA_RDFC, EDDSA_JCS])


def proved(suite: str = EDDSA_RDFC) -> dict[str, Any]:
    return sign(credential(), GUILD.key, verification_method=METHOD, created=AT, cryptosuite=suite)


@SUITES
def test_a_proof_is_good_for_its_document_and_key(suite: str) -> None:
    assert verify(credential(), proved(suite), GUILD.key.public())
    assert not verify(credential(name="Welding"), proved(suite), GUILD.key.public())
    assert not verify(credential(), proved(suite), key_of("other").public())


@SUITES
@pytest.mark.parametrize("name", ["created", "proofPurpose", "verificationMethod"])
def test_every_option_is_signed(suite: str, name: str) -> None:
    other = {
        "created": "2026-11-22T12:00:01Z",
        "proofPurpose": "authentication",
        "verificationMethod": "urn:x",
    }
    assert not verify(credential(), proved(suite) | {name: other[name]}, GUILD.key.public())


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
    edge = key_of("p", KeyType.P256)
    assert not verify(credential(), proved(), edge.public())
    with pytest.raises(KeyFormatError, match="signs with Ed25519"):
        sign(credential(), edge, verification_method=METHOD, created=AT)


@pytest.mark.parametrize(
    "changes",
    [{"cryptosuite": "bbs-2023"}, {"type": "Ed25519Signature2020"}, {"cryptosuite": None}, {"cryptosuite": ["x"]},
     {"type": ["DataIntegrityProof"]}, {"previousProof": "urn:x"}],
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
    assert set(data_integrity.SUITES) == {EDDSA_RDFC, EDDSA_JCS}
