"""Every cryptosuite against that of Digital Bazaar, both ways: they sign and we verify, we sign and they verify."""

from typing import Any

import pytest

from plaudit.did import did_key, did_key_method
from plaudit.keys import KeyType
from plaudit.proofs import data_integrity
from tests.conformance.judges import ask_suites
from tests.plaudit.disclosing import disclosed
from tests.plaudit.samples import AT, DAY, credential, key_of

pytestmark = pytest.mark.conformance

THEIRS = [
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("Ed25519Signature2020", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("ecdsa-rdfc-2019", KeyType.P384),
    ("ecdsa-sd-2023", KeyType.P256),
]
MANDATORY = ["/issuer", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSubject/id"]
SHOWN = [
    "/name",
    "/credentialSubject/achievement/name",
    "/credentialSubject/identifier/1",
]


def badge(suite: str, kind: KeyType) -> dict[str, Any]:
    document = credential()
    document["issuer"]["id"] = did_key(key_of("guild", kind).public())
    if suite == "Ed25519Signature2020":
        document["@context"].append("https://w3id.org/security/suites/ed25519-2020/v1")
    if suite == "ecdsa-sd-2023":
        # Their skolemization does not know ordered lists.
        del document["credentialSubject"]["achievement"]["resultDescription"]
        del document["credentialSubject"]["result"]
    return document


def multikey(kind: KeyType) -> dict[str, str]:
    key = key_of("guild", kind)
    public = key.public()
    return {"id": did_key_method(public), "controller": did_key(public), "public": public.multibase(),
            "secret": key.multibase()}  # fmt: skip


def mine(suite: str, kind: KeyType) -> dict[str, Any]:
    document, key = badge(suite, kind), key_of("guild", kind)
    method = did_key_method(key.public())
    if suite == "ecdsa-sd-2023":
        proof = disclosed(document, method=method, key=key)
    else:
        proof = data_integrity.sign(
            document, key, verification_method=method, created=AT - DAY, cryptosuite=suite
        )
    return document | {"proof": proof}


@pytest.fixture(scope="module")
def theirs() -> list[dict[str, Any]]:
    answers = ask_suites([
        {"suite": suite, "document": badge(suite, kind), "key": multikey(kind), "mandatory": MANDATORY,
         "pointers": SHOWN}
        for suite, kind in THEIRS
    ])  # fmt: skip
    assert not [answer for answer in answers if "error" in answer]
    return [answer["document"] for answer in answers]


def proof_of(document: dict[str, Any]) -> dict[str, Any]:
    found = document["proof"]
    return dict(found[0] if isinstance(found, list) else found)


@pytest.mark.parametrize("row", range(len(THEIRS)), ids=[f"{suite} {kind}" for suite, kind in THEIRS])
def test_what_they_sign_we_verify_and_nothing_else(row: int, theirs: list[dict[str, Any]]) -> None:
    document, (_, kind) = theirs[row], THEIRS[row]
    proof, key = proof_of(document), key_of("guild", kind).public()
    assert data_integrity.verify(document, proof, key)
    assert not data_integrity.verify(document | {"name": "PhD"}, proof, key)
    assert not data_integrity.verify(document, proof | {"created": "2026-11-20T00:00:00Z"}, key)
    assert not data_integrity.verify(document, proof, key_of("other", kind).public())


def test_a_derived_proof_of_theirs_shows_a_part(theirs: list[dict[str, Any]]) -> None:
    whole, part = badge(*THEIRS[-1]), theirs[-1]
    assert "description" not in part["credentialSubject"]["achievement"]
    assert part["validUntil"] == whole["validUntil"]
    assert len(part["credentialSubject"]["identifier"]) == 1
    # What was left out cannot be put back.
    achievement = part["credentialSubject"]["achievement"] | {"description": "Joins wires."}
    more = part | {"credentialSubject": part["credentialSubject"] | {"achievement": achievement}}
    assert not data_integrity.verify(more, proof_of(part), key_of("guild", KeyType.P256).public())


def test_what_we_sign_they_verify_and_nothing_else() -> None:
    rows = [row for row in THEIRS if row[0] != "Ed25519Signature2020"]
    good = [{"suite": suite, "document": mine(suite, kind)} for suite, kind in rows]
    bad = [job | {"document": job["document"] | {"name": "PhD"}} for job in good]
    answers = ask_suites([*good, *bad])
    assert [answer["verified"] for answer in answers] == [True] * len(good) + [False] * len(bad), answers
