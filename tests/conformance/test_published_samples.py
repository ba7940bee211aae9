"""The samples that 1EdTech and W3C publish, read from PLAUDIT_VECTORS (default ../shared/vectors); see its INDEX.json.

Some of them name a key by the fragment of an https address, where only 1EdTech's own validator finds it. Here such an
issuer is given a document that lists the key: what is tested is the signature and the content.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, documents
from plaudit.did import did_web_address
from plaudit.errors import UnreadableError
from plaudit.keys import PrivateKey, PublicKey
from plaudit.proofs import data_integrity, jose
from plaudit.reading import parse_date_time

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(os.environ.get("PLAUDIT_VECTORS", ROOT.parent / "shared" / "vectors"))
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ABSENT = "SKIPPED: no published samples at PLAUDIT_VECTORS: not proven that those of 1EdTech and W3C come out as said"

VERIFIED = [
    "1edtech-ob30-simple.json", "1edtech-ob30-simple.1ob", "1edtech-ob30-simple-did-web-method.json",
    "1edtech-ob30-simple-multiple-proofs.json", "1edtech-ob30-simple-context-alias.json",
    "1edtech-ob30-simple-context-version.json", "1edtech-ob30-simple-json.png", "1edtech-ob30-simple-json.svg",
    "1edtech-ob30-endorsement-valid.json", "1edtech-ob30-simple_v1.json", "1edtech-ob30-simple-eddsa-2022.json",
    "1edtech-ob30-simple-jwt.png", "1edtech-ob30-simple-jwt.svg", "1edtech-ob30-simple-jwt_v1.png",
    "1edtech-ob30-simple-jwt_v1.svg", "1edtech-clr20-simple.json",
]  # fmt: skip

FAILED = {
    "1edtech-ob30-simple-noproof.json": "proof",
    "1edtech-ob30-simple-err-type.json": "terms",
    "1edtech-ob30-simple-err-proof-method.json": "key",
    "1edtech-ob30-simple-err-proof-method-no-scheme.json": "key",
    "1edtech-ob30-simple-err-proof-method-unknown-scheme.json": "key",
    "1edtech-ob30-simple-err-proof-method-unknown-did-method.json": "key",
    "1edtech-ob30-simple-err-proof-value.json": "proof",
    "1edtech-ob30-simple-err-expired.json": "dates",
    "1edtech-ob30-simple-err-issued.json": "dates",
    "1edtech-ob30-simple-err-context.json": "model",
    "1edtech-ob30-simple-err-issuer.json": "model",
    "1edtech-ob30-simple-err-credential-subject-type.json": "model",
    "1edtech-ob30-simple-err-credential-subject-identifier-type.json": "model",
    "1edtech-ob30-simple-err-credential-subject-result-type.json": "model",
    "1edtech-ob30-simple-err-credential-subject-achievement-result-description-type.json": "model",
    "1edtech-ob30-simple-err-credential-subject-profile-type.json": "model",
    "1edtech-ob30-simple-err-evidence-type.json": "model",
    "1edtech-ob30-simple-err-issuer-type.json": "model",
    "1edtech-ob30-simple-err-issuer-parentorg-type.json": "model",
    "1edtech-ob30-simple-err-issuer-otheridentifier-type.json": "model",
    "1edtech-ob30-bit-string-list-credential-status-revoked.json": "status",
    "1edtech-ob30-bit-string-list-credential-status-revoked-blank-nodes.json": "status",
    "1edtech-ob30-simple-did-key-method.json": "key",
    "1edtech-ob30-simple.jwt": "proof",
    "1edtech-ob30-complete_v1.json": "terms",
    "1edtech-clr20-simple-noproof.json": "proof",
    # Its signature is bad for jsonld.js too, over the same canonical form; in 1EdTech's own test it is not looked at.
    "1edtech-ob30-endorsement-err-schema-status-refresh.json": "proof",
}

# Neither verified nor found bad: the check that is unknown, and why. Where INDEX.json says "valid", this is deliberate.
UNKNOWN = {
    "1edtech-ob30-sd-derivedcredential.json": (
        "dates",
        "its holder may have left out an end (docs/adr/0016); its proof is good",
    ),
    "1edtech-ob30-velocity.jwt": ("key", "an issuer whose document is not here"),
    "1edtech-ob30-complete.json": ("status", "a list that is not here; its proof is good"),
    "1edtech-ob30-credential-status-revoked.json": ("status", "a list that is not here; its proof is good"),
    # Drafts of CLR 2.0, under contexts of their time of which no package has a copy.
    "1edtech-clr20-simple.jwt": ("terms", "the context of a draft"),
    "1edtech-clr20-simple_v1.json": ("terms", "the context of a draft"),
    "1edtech-clr20-complex.json": ("terms", "the context of a draft"),
    "1edtech-clr20-simple_old_safesigned.json": ("terms", "the context of a draft"),
    "1edtech-ob30-bitstring-testlist.json": ("model", "a status list, no badge; its proof is good"),
    "w3c-eddsa-eddsa-rdfc-2022-employ-signedDataInt.json": ("terms", "a context we have no copy of"),
    "w3c-eddsa-Ed25519Signature2020-signedEdSig.json": ("terms", "the example context"),
    "w3c-eddsa-proof-set-chain-signedProofSet1.json": ("terms", "the example context"),
    "w3c-eddsa-proof-set-chain-signedProofSet2.json": ("terms", "the example context"),
    "w3c-eddsa-proof-set-chain-signedProofChain1.json": ("terms", "the example context"),
    "w3c-eddsa-proof-set-chain-signedProofChain2.json": ("terms", "the example context"),
}
W3C = ["w3c-eddsa-eddsa-rdfc-2022-signedDataInt.json", "w3c-eddsa-eddsa-jcs-2022-signedJCS.json"]
SETS = [
    "w3c-eddsa-Ed25519Signature2020-signedEdSig.json", "w3c-eddsa-proof-set-chain-signedProofSet1.json",
    "w3c-eddsa-proof-set-chain-signedProofSet2.json", "w3c-eddsa-proof-set-chain-signedProofChain1.json",
    "w3c-eddsa-proof-set-chain-signedProofChain2.json",
]  # fmt: skip
OTHER_STANDARDS = ("1edtech-ob20-",)
"""test_published_ob2.py is about these."""


def sample(name: str) -> bytes:
    for folder in ("valid", "invalid"):
        if (SAMPLES / folder / name).exists():
            return (SAMPLES / folder / name).read_bytes()
    pytest.skip(ABSENT)


def document_in(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(plaudit.unbake(data) if data[:1] in b"\x89<" else data)
    except (ValueError, UnreadableError):
        return {}
    return found if isinstance(found, dict) else {}


def token_in(data: bytes) -> str:
    """The JWT in a picture or a file, or ""."""
    try:
        text = plaudit.unbake(data) if data[:1] in b"\x89<" else data.decode()
        jose.read_vc_jwt(text.strip())
    except (ValueError, UnreadableError):
        return ""
    return text.strip()


def methods_of(value: Any) -> Iterator[str]:
    """The verification methods of all proofs in a document, those of what is inside it too."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from methods_of(item)
    if isinstance(value, dict) and isinstance(value.get("verificationMethod"), str):
        yield value["verificationMethod"]


def web_for(data: bytes) -> dict[str, bytes]:
    """Documents for the issuers that put their key in a fragment, and the status list where one is named."""
    listed = document_in(sample("1edtech-ob30-bitstring-testlist.json"))
    document = document_in(data)
    keys: dict[str, set[str]] = {}
    for method in (*methods_of(document), *methods_of(listed)):
        base, _, fragment = method.partition("#")
        if base.startswith(("https://", "did:web:")) and fragment.startswith("z"):
            keys.setdefault(base, set()).add(fragment)
    known = {
        did_web_address(base) if base.startswith("did:web:") else base: json.dumps({
            "id": base,
            "verificationMethod": [
                {"id": f"{base}#{key}", "type": "Multikey", "controller": base, "publicKeyMultibase": key}
                for key in sorted(found)
            ],
            "assertionMethod": [f"{base}#{key}" for key in sorted(found)],
        }).encode()
        for base, found in keys.items()
    }  # fmt: skip
    if token := token_in(data):
        credential, header, _ = jose.read_vc_jwt(token)
        if "jwk" in header:
            issuer = credential["issuer"]["id"]
            method = {
                "id": f"{issuer}#key-1",
                "type": "JsonWebKey",
                "controller": issuer,
                "publicKeyJwk": header["jwk"],
            }
            listed_there = {"id": issuer, "verificationMethod": [method], "assertionMethod": [method["id"]]}
            known[issuer] = json.dumps(listed_there).encode()
    status = document.get("credentialStatus")
    if isinstance(status, dict) and status.get("type") == "BitstringStatusListEntry":
        known[status["statusListCredential"]] = json.dumps(listed).encode()
    return known


def judge(name: str) -> plaudit.Report:
    data = sample(name)
    return plaudit.verify(data, fetch=MappedFetch(web_for(data)), at=AT)


def test_every_sample_of_this_standard_is_spoken_of() -> None:
    if not (SAMPLES / "INDEX.json").exists():
        pytest.skip(ABSENT)
    names = {Path(entry["file"]).name for entry in json.loads((SAMPLES / "INDEX.json").read_text())}
    ours = {name for name in names if not name.startswith(OTHER_STANDARDS)}
    assert ours == {*VERIFIED, *FAILED, *UNKNOWN, *W3C}


@pytest.mark.parametrize("name", VERIFIED)
def test_a_good_sample_is_verified(name: str) -> None:
    report = judge(name)
    assert report.verified, report.as_dict()


@pytest.mark.parametrize("name", FAILED)
def test_a_bad_sample_fails_where_it_is_bad(name: str) -> None:
    report = judge(name)
    assert report.outcome_of(FAILED[name]) == "failed", report.as_dict()
    assert report.exit_code == 1


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_said_to_be_unknown(name: str) -> None:
    report = judge(name)
    check, reason = UNKNOWN[name]
    assert report.outcome_of(check) == "unknown", report.as_dict()
    assert not report.verified
    if reason.endswith("its proof is good"):
        assert report.outcome_of("proof") == "passed", report.as_dict()


EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
EXAMPLE_WORDS = {
    name: f"https://www.w3.org/ns/credentials/examples#{name}" for name in ("AlumniCredential", "alumniOf")
}


def load(url: str) -> Any:
    """The pinned contexts, and the two words of the example context that the vectors use."""
    return EXAMPLE_WORDS if url == EXAMPLES else documents.load_context(url)


@pytest.mark.parametrize("name", W3C)
def test_the_vectors_of_w3c_come_out_bit_for_bit(name: str) -> None:
    """EdDSA cryptosuites 1.0, appendix B: the published key makes the published proof of the published document."""
    document = json.loads(sample(name))
    proof = document.pop("proof")
    key = PrivateKey.from_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    created = parse_date_time(proof["created"])
    assert created is not None
    made = data_integrity.sign(
        document, key, verification_method=proof["verificationMethod"], created=created,
        cryptosuite=proof["cryptosuite"], load=load,
    )  # fmt: skip
    assert made == proof
    assert data_integrity.verify(document, proof, key.public(), load)
    assert not data_integrity.verify(document | {"name": "Alumna"}, proof, key.public(), load)
    assert key.public() == PublicKey.from_multibase(proof["verificationMethod"].partition("#")[2])


@pytest.mark.parametrize("name", SETS)
def test_sets_chains_and_the_proof_type_of_2020_verify(name: str) -> None:
    """The proofs of EdDSA cryptosuites 1.0, appendix B, each over the document and the proofs it names as previous."""
    document = json.loads(sample(name))
    proofs = data_integrity.all_proofs(document)
    for proof in proofs:
        key = PublicKey.from_multibase(proof["verificationMethod"].partition("#")[2])
        assert data_integrity.verify(document, proof, key, load)
        assert not data_integrity.verify(document | {"name": "Alumna"}, proof, key, load)
        if "previousProof" in proof:
            altered = [dict(one, created="2020-01-01T00:00:00Z") if "id" in one else one for one in proofs]
            assert not data_integrity.verify(document | {"proof": altered}, proof, key, load)


def test_the_hashes_of_w3c() -> None:
    document = json.loads(sample(W3C[0]))
    # EdDSA cryptosuites 1.0, appendix B.1: hash of the proof options, hash of the document.
    assert data_integrity.hash_data(document, document["proof"], load).hex() == (
        "bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0"
        "517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017"
    )
