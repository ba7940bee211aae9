"""The samples of Open Badges 2.0 and of learner records that 1EdTech publishes, each with what comes of it here.

Read from PLAUDIT_VECTORS; the addresses in them resolve to its folder ob20-web, as in 1EdTech's own tests. Where we
judge otherwise than its INDEX.json expects, the reason stands in `OTHERWISE`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plaudit import clr, ob2
from plaudit.baking import read_picture
from plaudit.checks.hosted import Findings, examine
from plaudit.fetch import MappedFetch
from plaudit.reading import parse_json_object
from tests.conformance.test_published_samples import ABSENT, SAMPLES, sample

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTS = ("https://www.example.org/", "https://example.org/", "http://example.org/", "http://example.com/")

VERIFIED = [
    "basic-assertion.json", "simple-badge.png", "simple.jwt", "simple-not-revoked.jwt",
    "assertion-with-endorsements.json", "basic-assertion-no-public-key.json",
    "basic-assertion-with-allowed-origins.json", "basic-assertion-with-allowed-origins-valid-starts-with.json",
    "basic-assertion-with-allowed-origins-valid-multiple-starts-with.json", "basic-assertion-with-language.json",
    "assertion-with-extension-node-basic.json", "assertion-with-multiple-extensions.json",
    "warning-with-redirection.json",
]  # fmt: skip

COMPLETE = [
    "assets-badgeclass1.json", "assets-badge-with-data-image.json", "assets-badgeclass-with-complex-image.json",
    "issuer-compact-iri-validation.json", "rdf-validation-valid-badge-class.json",
    "rdf-validation-valid-issuer-extension.json", "rdf-validation-valid-alignment-object.json",
    "rdf-validation-valid-badge-class-empty-criteria-type.json",
]  # fmt: skip
"""Not awards, so nothing to verify; as documents they have what they must."""

FAILED = {
    "basic-assertion-invalid-context.json": "model",
    "basic-assertion-invalid-type.json": "model",
    "simple-revoked.jwt": "status",
    "assertion-with-data-image.json": "model",
    "rdf-validation-invalid-empty-type.json": "model",
    "rdf-validation-invalid-class.json": "model",
    "rdf-validation-invalid-one-invalid-class.json": "model",
    "rdf-validation-badge-class-invalid-issuer-type.json": "model",
    "basic-assertion-with-allowed-origins-invalid-starts-with.json": "key",
    "basic-assertion-with-allowed-origins-invalid-multiple-starts-with.json": "key",
    "basic-assertion-expired.json": "dates",
    "basic-assertion-expired-before-issued.json": "dates",
    "basic-assertion-in-future.json": "dates",
    "assertion-with-extension-node-invalid.json": "model",
}

OTHERWISE = {
    "warning-issuer-non-http.json": (
        "key", "failed", "an issuer that is no web address owns none, so anybody could host its badges: they warn",
    ),
    "rdf-validation-valid-cool-class.json": (
        "model", "unknown", "a document of somebody else's class: they find nothing to object, we nothing to say",
    ),
}  # fmt: skip


def name_of(file: str) -> str:
    return Path(file).name.removeprefix("1edtech-ob20-")


def index() -> list[dict[str, str]]:
    if not (SAMPLES / "INDEX.json").exists():
        pytest.skip(ABSENT)
    entries: list[dict[str, str]] = json.loads((SAMPLES / "INDEX.json").read_text())
    return entries


def web_for(content: Any, name: str) -> MappedFetch:
    """ob20-web, the sample itself at its own id, and the issuer whose six profiles share one id."""
    web = SAMPLES / "ob20-web"
    own: dict[str, bytes] = {}
    if isinstance(content, dict) and isinstance(content.get("id"), str):
        own[content["id"]] = json.dumps(content).encode()
    if "allowed-origins" in name:
        which = name.removeprefix("basic-assertion-with-").removesuffix(".json")
        profile = web / f"issuer-with-{which}.json"
        own["http://example.org/issuer-with-allowed-origins"] = profile.read_bytes()

    def known(url: str) -> bytes | None:
        if url in own:
            return own[url]
        for host in HOSTS:
            for file in (web / url.removeprefix(host), web / f"{url.removeprefix(host)}.json"):
                if url.startswith(host) and file.is_file():
                    return file.read_bytes()
        return None

    return MappedFetch(known)


def judge(name: str) -> tuple[Findings, Mapping[str, Any] | None]:
    data = sample(f"1edtech-ob20-{name}")
    content: Any = read_picture(data).assertion if name.endswith(".png") else data.decode()
    if content.lstrip().startswith("{"):
        content = parse_json_object(content)
    return examine(content, fetch=web_for(content, name), at=AT)


def test_every_sample_of_2_is_spoken_of() -> None:
    names = {name_of(entry["file"]) for entry in index() if "1edtech-ob20-" in entry["file"]}
    assert names == {*VERIFIED, *COMPLETE, *FAILED, *OTHERWISE}
    good = {name_of(entry["file"]) for entry in index() if entry["file"][:19] == "valid/1edtech-ob20-"}
    assert {*VERIFIED, *COMPLETE} == good - {*OTHERWISE}


@pytest.mark.parametrize("name", VERIFIED)
def test_a_good_sample_is_verified(name: str) -> None:
    findings, shown = judge(name)
    assert {finding.outcome.value for finding in findings.values()} <= {"passed", "absent"}, findings
    assert all(findings[check].outcome == "passed" for check in ("proof", "key", "dates"))
    assert shown is not None


@pytest.mark.parametrize("name", COMPLETE)
def test_a_sample_that_is_no_award_is_complete(name: str) -> None:
    findings, shown = judge(name)
    assert findings["model"].outcome == "passed", findings
    assert findings["proof"].outcome == "unknown"
    assert shown is None


@pytest.mark.parametrize("name", FAILED)
def test_a_bad_sample_fails_where_it_is_bad(name: str) -> None:
    assert judge(name)[0][FAILED[name]].outcome == "failed"


@pytest.mark.parametrize("name", OTHERWISE)
def test_where_we_judge_otherwise(name: str) -> None:
    check, outcome, _ = OTHERWISE[name]
    assert judge(name)[0][check].outcome == outcome


# Learner records: what stands in them. Whether their proofs are good, test_published_samples asks.

RECORDS = {
    "1edtech-clr20-simple.json": 1,
    "1edtech-clr20-simple_v1.json": 6,
    "1edtech-clr20-complex.json": 6,
    "1edtech-clr20-simple-noproof.json": 1,
    "1edtech-clr20-simple_old_safesigned.json": 1,
}
RECORD_FAULTS = {
    "1edtech-clr20-simple-noproof.json": "/@context/1",
    "1edtech-clr20-simple_old_safesigned.json": "/@context/1",
}
"""Both name the draft's context; of the missing proof, check 4 speaks."""


@pytest.mark.parametrize("name", RECORDS)
def test_records_and_their_parts(name: str) -> None:
    document = parse_json_object(sample(name))
    assert clr.is_clr(document)
    assert len(clr.parts(document)) == RECORDS[name]
    paths = [fault.path for fault in clr.check_clr(document)]
    assert paths == ([RECORD_FAULTS[name]] if name in RECORD_FAULTS else [])
    record = clr.ClrCredential.from_json(document)
    assert record.credential_subject is not None
    assert len(record.credential_subject.verifiable_credential) == RECORDS[name]


def test_every_record_is_spoken_of() -> None:
    names = {Path(entry["file"]).name for entry in index() if "clr20" in entry["file"]}
    assert names == {*RECORDS, "1edtech-clr20-simple.jwt"}


def test_the_document_of_every_class_is_read_and_written() -> None:
    for entry in index():
        if "1edtech-ob20-" in entry["file"] and entry["file"].endswith(".json"):
            document = parse_json_object((SAMPLES / entry["file"]).read_bytes())
            if ob2.class_of(document) is not None:
                word = ob2.read(document)
                assert ob2.read(word.to_json()) == word
