"""The published examples of W3C, bit for bit: ECDSA Cryptosuites v1.0 appendix A (EdDSA: test_published_samples.py).

Keys and values are those printed in the specifications. The words of the two example contexts, which this library
holds no copy of (one is nothing but a @vocab), are given here with the IRIs they have in the printed statements.
"""

import hashlib
from typing import Any

import pytest

from plaudit import canonical, documents
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.proofs import data_integrity, selective_disclosure
from plaudit.reading import parse_date_time

pytestmark = pytest.mark.conformance

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
WORDS: dict[str, Any] = {
    EXAMPLES: {
        name: f"https://www.w3.org/ns/credentials/examples#{name}"
        for name in ("AlumniCredential", "alumniOf")
    },
    CITIZENSHIP: {
        "PermanentResidentCardCredential": "https://w3id.org/citizenship#PermanentResidentCardCredential",
        "PermanentResident": "https://w3id.org/citizenship#PermanentResident",
        "Person": "https://schema.org/Person",
        "birthCountry": "https://w3id.org/citizenship#birthCountry",
        "image": {"@id": "https://schema.org/image", "@type": "@id"},
    },
}
ALUMNI = {
    "@context": ["https://www.w3.org/ns/credentials/v2", EXAMPLES],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
P256 = "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN"
P384 = "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc"
SIGNED = {
    ("ecdsa-rdfc-2019", P256): (
        "zaHXrr7AQdydBk3ahpCDpWbxfLokDqmCToYm2dyWvpcFVyWooC2he63w1f7UNQoAMKdhaRtcnaE2KTo5o5vTCcfw"
    ),
    ("ecdsa-rdfc-2019", P384): (
        "z967Mvv5bxtmLNqTzPZ8KmJjFmFXaAKeQNzq7GWnQkMcLtaGSSmuozE5WtJ8PipMe178B1tE28K1vsJur9bGVJhz6jgSJsRH"
        "FSQeqgH8hhjcg8gZDFJC1b9FsR5ggNmDBqHv"
    ),
    ("ecdsa-jcs-2019", P256): (
        "z5ptCet75SaEgzG4v4zJhbJtfNi74Wv7Fq15hhKouJQQjEPQvPZKaYxcMXAMLPQS2FXrkCWokNJkFVkwxNzZfD5oT"
    ),
    ("ecdsa-jcs-2019", P384): (
        "zq3EuTeLiGurmB2JR5oL8oWEsT7u2tba4HT1oZbiMYWc5qzsoW2kLYcBcF4HM5vCpJyTkceULKrVXuJQkXeN5seL4uXrFNFR"
        "Mm53GWy1Yrto8rTWxZi9DkNeWP7yUPs7ELAm"
    ),
}
HASHES = {
    ("ecdsa-rdfc-2019", P256): (
        "3a8a522f689025727fb9d1f0fa99a618da023e8494ac74f51015d009d35abc2e517744132ae165a5349155bef0bb0cf2"
        "258fff99dfe1dbd914b938d775a36017"
    ),
    ("ecdsa-rdfc-2019", P384): (
        "e32805a26492eac777aa7a138f6d8da3c74e0c7be7b296dcaccf97420c3b92eaad7be6449ca565e165031567f5c7cbc1"
        "8bf6e01df72c5b62f91b685231915ac4b8c58ea95f002c6b8f6bfafa1b251df476b56b8e01518e317dab099d3ecbff96"
    ),
    ("ecdsa-jcs-2019", P256): (
        "fe5799489119c7fe3c528715e72bd39d2ec6b4ab345978df32e9a9312648ec2559b7cb6251b8991add1ce0bc83107e3d"
        "b9dbbab5bd2c28f687db1a03abc92f19"
    ),
    ("ecdsa-jcs-2019", P384): (
        "83e5057817abb0c6872eafeaba1a9e53893c58eeb7414fb6d8aa3fa8c7917f7ad4792890b257c598baa17f4fbe6d183c"
        "3e0be671cc1881035d463158c80921973dab3534d4f8dfacf4ff2725a4115eb718e49d66de0e90e7365cd6062abf2259"
    ),
}

SHOWN = {
    "@context": ["https://www.w3.org/ns/credentials/v2", CITIZENSHIP],
    "type": ["VerifiableCredential", "PermanentResidentCardCredential"],
    "issuer": {
        "id": "did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg",
        "image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz6"
        "4QAAAABJRU5ErkJggg==",
    },
    "validFrom": "2024-12-16T00:00:00Z",
    "validUntil": "2025-12-16T23:59:59Z",
    "credentialSubject": {"type": ["PermanentResident", "Person"], "birthCountry": "Arcadia"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2023-08-15T23:36:38Z",
        "verificationMethod": "did:key:zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"
        "#zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
        "proofPurpose": "assertionMethod",
    },
}
SHOWN_VALUE = (
    "u2V0BhVhAHADSALdqTIftV6rg8JpqBetOJUiYhCp1jTsAaVF-qJd_mhGLTcwXvsM-n570G4Pc3glX3AhkP1RsjKI2DRsfL1g"
    "jgCQCKnLOGbY_FuM-ASpSkkOxsIR2E8n7Ml2q1UQ6tEwzi5OGWED9kexIs1JJZfehRT6f-gZwVOym99YzioRSXrMoi7DK96l"
    "lHwL-4U1tM-4WeaqIKDSMzFdOGU1_V_yovjVMGzD3WEA1aOFAKvZyyxpMNg7XAwyosadE7tPEVyd06W0j46iQ2xSN6NvQZZQ"
    "kSig_RiR6VA540UeJ4ODGTulrblOGNwe8WEDdyEMKG_jNu7boweLctDTcDbWasMVQG9fazuniwCNOI5ntlXZdYu9Mq_D-gRf"
    "uMvJLj4xk0ZVd3UNiJp2UkwNeWEDVTQBWsnmhfFkb2FgAFPicjNq-IMgNhPfBN8Sjb5eFDdCAP9bx1wgUoLWNzp1Q8wGSyYD"
    "VvEUd6pplafkOtdi4WECmeKxixUFtDpO529Pvqa3UweGnnmcHuj2DH_wRn2g3wYSnZSNAy4piAE9FnJBQZ7nMA_Q7PGd6Ai7"
    "qsdfXJDwFWEBjcwxCAQrKwyOR1y1PdVsIWI4cKJq5PiosLZpdhabT0G_es5k59hTvtLMZGWa65vUA7kQmeuRJkPMLRObJKUO"
    "0ogBYINy79kKRYKPmAHoHNXEECliRVtrBI0BehX7mdFRKDCh4AVggVkUuBrlOaELGVQWJD4M_qW5bcKEHWGNbOrPA_qAOKKy"
    "EAAQFBw"
)
SHOWN_PROOF_HASH = "9c5c9b189f06cfa9d9f21a838ccb9b04316f07ad1a517bfd4955ee28c6a8229c"
SHOWN_MANDATORY_HASH = "b76d8d5bf67d27f51597519d19d95809c75e35212cc65291bd71bbe36007f979"


def load(url: str) -> Any:
    return WORDS[url] if url in WORDS else documents.load_context(url)


def proof_of(suite: str, key: PrivateKey) -> dict[str, Any]:
    created = parse_date_time("2023-02-24T23:36:38Z")
    assert created is not None
    multibase = key.public().multibase()
    return data_integrity.sign(
        ALUMNI, key, verification_method=f"did:key:{multibase}#{multibase}", created=created, cryptosuite=suite,
        load=load,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("suite", "secret"), SIGNED, ids=[f"{suite} {secret[:4]}" for suite, secret in SIGNED]
)
def test_the_published_key_makes_the_published_hashes_and_a_good_proof(suite: str, secret: str) -> None:
    key = PrivateKey.from_multibase(secret)
    proof = proof_of(suite, key)
    hashed = data_integrity.hash_data(ALUMNI, proof, load, key_type=key.type)
    assert hashed.hex() == HASHES[suite, secret]
    published = proof | {"proofValue": SIGNED[suite, secret]}
    for good in (published, proof):
        assert data_integrity.verify(ALUMNI, good, key.public(), load)
        assert not data_integrity.verify(ALUMNI | {"name": "Alumna"}, good, key.public(), load)
    # Both signatures are deterministic (RFC 6979), so they are the same one.
    assert proof["proofValue"] == SIGNED[suite, secret]


def test_the_published_derived_proof_comes_out_as_printed() -> None:
    document = {name: value for name, value in SHOWN.items() if name != "proof"}
    proof = SHOWN["proof"] | {"proofValue": SHOWN_VALUE}
    issuer = PrivateKey.from_multibase(P256).public()
    assert data_integrity.verify(document, proof, issuer, load)
    assert not data_integrity.verify(document | {"validUntil": "2030-12-16T23:59:59Z"}, proof, issuer, load)
    options, unsecured = data_integrity.transform(document, proof, load)
    assert hashlib.sha256(options).hexdigest() == SHOWN_PROOF_HASH
    parsed = selective_disclosure.read_proof_value(SHOWN_VALUE)
    assert parsed is not None
    assert parsed.public_key == PublicKey.from_multibase("zDnaeTHfhmSaQKBc7CmdL3K7oYg3D6SC7yowe2eBeVd2DH32r")
    assert parsed.public_key.type is KeyType.P256
    lines = canonical.rdfc(unsecured, load).splitlines(keepends=True)
    statements = sorted(selective_disclosure._relabelled(line, parsed.labels) for line in lines)
    mandatory = b"".join(line for index, line in enumerate(statements) if index in parsed.mandatory)
    assert hashlib.sha256(mandatory).hexdigest() == SHOWN_MANDATORY_HASH
