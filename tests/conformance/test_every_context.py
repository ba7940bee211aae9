"""Every word of every pinned context, at the top and inside its type, through us and through jsonld.js in safe mode."""

from collections.abc import Iterator
from typing import Any

import pytest

from plaudit import canonical, documents
from plaudit.contexts import pinned_context
from plaudit.errors import PlauditError
from tests.conformance.judges import canonical_by_jsonld
from tests.plaudit.samples import credential

pytestmark = pytest.mark.conformance

VALUES: list[Any] = [
    "text", "urn:x", "2026-11-22T12:00:00Z", 7, 2.5, True, ["a", "b"], [1], {"id": "urn:y"},
    {"id": "urn:y", "type": "urn:T"}, {"https://x.example/#p": "v"}, {"@value": "x", "@language": "en"},
]  # fmt: skip


def words(context: Any) -> Iterator[tuple[str, Any]]:
    for one in context if isinstance(context, list) else [context]:
        yield from ((word, definition) for word, definition in one.items() if not word.startswith("@"))


def documents_under(url: str) -> Iterator[dict[str, Any]]:
    # What a context has a word for is written as that word, or the walk refuses it.
    known = pinned_context((url,)).terms
    named, typed = (
        word if word in known and known[word].iri == f"@{word}" else f"@{word}" for word in ("id", "type")
    )
    base = {"@context": [url], named: "urn:uuid:1"}
    for word, definition in words(documents.load_context(url)):
        yield from (base | {word: value} for value in VALUES)
        inside = definition.get("@context") if isinstance(definition, dict) else None
        if isinstance(inside, dict):
            for below, _ in words(inside):
                yield from (base | {typed: word, below: value} for value in VALUES[::3])
                yield base | {word: {below: "urn:x", "https://x.example/#p": "v"}}


@pytest.mark.parametrize("url", documents.PINNED)
def test_every_word_means_what_jsonld_says(url: str) -> None:
    asked = list(documents_under(url))
    both = 0
    for document, theirs in zip(asked, canonical_by_jsonld(asked), strict=True):
        try:
            mine = canonical.rdfc(document).decode()
        except PlauditError:
            continue
        assert "error" not in theirs, f"accepted, but jsonld.js: {theirs['error']} {document}"
        assert mine == theirs["nquads"], document
        both += 1
    assert both > len(asked) // 4, (both, len(asked))


V1, OB = "https://www.w3.org/2018/credentials/v1", "https://purl.imsglobal.org/spec/ob/v3p0/"
SETS = [
    [V1, f"{OB}context.json", f"{OB}extensions.json", "https://w3id.org/security/suites/ed25519-2020/v1"],
    [V1, f"{OB}context-3.0.1.json", "https://w3id.org/security/data-integrity/v1"],
    [V1, f"{OB}context-3.0.2.json", documents.STATUS_LIST_2021],
    [documents.CREDENTIALS_V2, f"{OB}context-3.0.3.json", f"{OB}extensions.json"],
    [
        documents.CREDENTIALS_V2,
        "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        documents.OPEN_BADGES_V3,
    ],
]


@pytest.mark.parametrize(
    "contexts", SETS, ids=lambda contexts: " ".join(url.rpartition("/")[2] for url in contexts)
)
def test_a_badge_under_contexts_that_go_together(contexts: list[str]) -> None:
    document = credential() | {"@context": contexts}
    if contexts[0] == V1:
        for name in ("name", "validFrom", "validUntil", "awardedDate", "credentialStatus"):
            document.pop(name)
        document["issuanceDate"] = "2026-11-01T09:00:00Z"
    (theirs,) = canonical_by_jsonld([document])
    assert canonical.rdfc(document).decode() == theirs.get("nquads"), theirs
