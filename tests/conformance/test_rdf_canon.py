"""The test suite of RDF Dataset Canonicalization (W3C), through the canonicaliser that signatures go through.

No package carries it: it is read from PLAUDIT_VECTORS/rdf-canon (the folder tests of w3c/rdf-canon), where it is.
"""

import json
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from plaudit import canonical
from plaudit.errors import ComplexityError
from tests.conformance.judges import VECTORS

pytestmark = pytest.mark.conformance

FOLDER = VECTORS / "rdf-canon"
MANIFEST = FOLDER / "manifest.jsonld"
ENTRIES: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["entries"] if MANIFEST.exists() else []


def canonical_of(path: Path, *, sha384: bool) -> bytes:
    quads = pyoxigraph.parse(path.read_bytes(), format=pyoxigraph.RdfFormat.N_QUADS)
    return canonical.rdfc_dataset(pyoxigraph.Dataset(quads), sha384=sha384)


def of_type(kind: str) -> list[Any]:
    found = [pytest.param(entry, id=entry["id"]) for entry in ENTRIES if entry["type"] == f"rdfc:{kind}"]
    return found or [pytest.param(None, id="absent")]


def need(entry: dict[str, Any] | None) -> dict[str, Any]:
    if entry is None:
        pytest.skip(
            "SKIPPED: no tests of rdf-canon at PLAUDIT_VECTORS: not proven that the 64 come out as said"
        )
    return entry


@pytest.mark.parametrize("entry", of_type("RDFC10EvalTest"))
def test_the_canonical_form_is_theirs(entry: dict[str, Any] | None) -> None:
    entry = need(entry)
    sha384 = entry.get("hashAlgorithm", "SHA256").replace("-", "") == "SHA384"
    assert canonical_of(FOLDER / entry["action"], sha384=sha384) == (FOLDER / entry["result"]).read_bytes()


@pytest.mark.parametrize("entry", of_type("RDFC10NegativeEvalTest"))
def test_the_poison_is_noticed(entry: dict[str, Any] | None) -> None:
    with pytest.raises(ComplexityError):
        canonical_of(FOLDER / need(entry)["action"], sha384=False)
