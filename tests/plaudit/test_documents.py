"""The pinned contexts: the bytes are those we say, and nothing else is ever answered."""

import hashlib
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from plaudit import documents
from plaudit.contexts import CONTAINERS, CONTEXT_KEYWORDS, DEFINITION_KEYWORDS, defined_words
from plaudit.errors import UnknownContextError

FOLDER = resources.files("plaudit.documents")


@pytest.mark.parametrize("url", documents.PINNED)
def test_the_digest_is_the_pinned_one(url: str) -> None:
    name, digest = documents.PINNED[url]
    assert hashlib.sha256(FOLDER.joinpath(name).read_bytes()).hexdigest() == digest
    assert documents.load_context(url)


def test_the_two_we_sign_with_are_the_published_bytes() -> None:
    v2, ob = (documents.PINNED[url][1] for url in documents.ISSUED)
    # The digest printed in the Recommendation, and that of the copy 1EdTech serves.
    assert v2 == "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    assert ob == "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"


def test_sources_names_every_file_with_its_digest() -> None:
    rows = re.findall(
        r"^\| (\S+\.json) \| (\S+) \| .* \| ([0-9a-f]{64}) \|$",
        FOLDER.joinpath("SOURCES.md").read_text(),
        re.M,
    )
    assert {url: (name, digest) for name, url, digest in rows} == documents.PINNED
    files = {entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".json")}
    assert files == {name for name, _ in documents.PINNED.values()}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/context",
        "http://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/v2#",
        "credentials-v2.json",
        "../documents/credentials-v2.json",
    ],
)
def test_nothing_outside_the_list_is_answered(url: str) -> None:
    with pytest.raises(UnknownContextError, match=re.escape(url)):
        documents.load_context(url)


def test_a_changed_file_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://w3id.org/security/multikey/v1"
    monkeypatch.setitem(documents.PINNED, url, (documents.PINNED[url][0], "0" * 64))
    documents.load_context.cache_clear()
    with pytest.raises(RuntimeError, match="has been changed"):
        documents.load_context(url)
    documents.load_context.cache_clear()


def definitions(context: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in context.items():
        yield name, value
        if isinstance(value, dict) and isinstance(value.get("@context"), dict):
            yield from definitions(value["@context"])


@pytest.mark.parametrize("url", documents.PINNED)
def test_the_contexts_use_no_more_of_json_ld_than_contexts_py_knows(url: str) -> None:
    for name, value in definitions(documents.load_context(url)):
        if name.startswith("@"):
            assert name in CONTEXT_KEYWORDS
        elif isinstance(value, dict):
            assert value.keys() <= DEFINITION_KEYWORDS
            assert {value.get("@container", "@set")} <= CONTAINERS
        else:
            assert isinstance(value, str)


def test_the_words_that_may_not_be_spelled_out_are_known() -> None:
    words = defined_words()
    for iri, word in {
        "https://www.w3.org/2018/credentials#credentialStatus": "credentialStatus",
        "https://www.w3.org/2018/credentials#validUntil": "validUntil",
        "https://w3id.org/security#proof": "proof",
        "https://schema.org/name": "name",
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#identityHash": "identityHash",
    }.items():
        assert words[iri] == word
