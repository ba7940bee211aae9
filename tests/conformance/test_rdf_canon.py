"""The test suite of RDF Dataset Canonicalization (W3C), through the canonicaliser that signatures go through.

No package carries it: it is read from PLAUDIT_VECTORS/rdf-canon (the folder tests of w3c/rdf-canon), where it is.
Sixty-five datasets of our own ask for the same everywhere: the shapes that the suite's tests are named after, each
under two labellings, with rdf-canonize for a judge, and one that must be refused.
"""

import json
import re
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from plaudit import canonical
from plaudit.errors import ComplexityError
from tests.conformance.judges import VECTORS, canonical_by_rdf_canonize

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


# Our own


def quads(*lines: str) -> str:
    return "".join(f"{line} .\n" for line in lines)


P, Q = "<urn:p>", "<urn:q>"


def chain(length: int) -> str:
    return quads(*(f"_:n{number} {P} _:n{number + 1}" for number in range(length)))


def ring(length: int, predicate: str = P) -> str:
    return quads(*(f"_:n{number} {predicate} _:n{(number + 1) % length}" for number in range(length)))


def star(rays: int, back: bool = False) -> str:
    lines = [f"_:n0 {P} _:n{number}" for number in range(1, rays + 1)]
    return quads(*lines, *(f"_:n{number} {Q} _:n0" for number in range(1, rays + 1) if back))


def clique(size: int) -> str:
    return quads(*(f"_:n{one} {P} _:n{two}" for one in range(size) for two in range(size) if one != two))


def tree(depth: int, width: int) -> str:
    lines, row, count = [], [0], 1
    for _ in range(depth):
        below = []
        for node in row:
            for _ in range(width):
                lines.append(f"_:n{node} {P} _:n{count}")
                below.append(count)
                count += 1
        row = below
    return quads(*lines)


def bipartite(left: int, right: int) -> str:
    return quads(*(f"_:n{one} {P} _:n{left + two}" for one in range(left) for two in range(right)))


def in_graphs(dataset: str, names: list[str]) -> str:
    lines = dataset.splitlines()
    return "".join(f"{line[:-1]}{names[number % len(names)]} .\n" for number, line in enumerate(lines))


LITERALS = [
    '"x"', '""', '"x"@en', '"x"@de-at', '"1"^^<http://www.w3.org/2001/XMLSchema#integer>', '"\\t\\n\\r\\"\\\\"',
    '"\\u0001\\u007F"', '"☃ 🔥"', '"x"^^<urn:t>', '"1.5E0"^^<http://www.w3.org/2001/XMLSchema#double>',
]  # fmt: skip
OURS: dict[str, str] = {
    "nothing": "",
    "one statement": quads(f"<urn:a> {P} <urn:b>"),
    "the same statement twice": quads(f"<urn:a> {P} <urn:b>", f"<urn:a> {P} <urn:b>"),
    "a blank subject": quads(f"_:n0 {P} <urn:b>"),
    "a blank object": quads(f"<urn:a> {P} _:n0"),
    "two that differ": quads(f"_:n0 {P} <urn:b>", f"_:n1 {P} <urn:c>"),
    "two that look alike": quads(f"_:n0 {P} <urn:b>", f"_:n1 {P} <urn:b>"),
    "one that knows itself": quads(f"_:n0 {P} _:n0"),
    "two that know themselves": quads(f"_:n0 {P} _:n0", f"_:n1 {P} _:n1"),
    "two that know each other": ring(2),
    "twins on one parent": quads(f"<urn:a> {P} _:n0", f"<urn:a> {P} _:n1"),
    "twins told apart below": quads(f"_:n0 {P} _:n1", f"_:n2 {P} _:n3", f'_:n1 {Q} "x"', f'_:n3 {Q} "y"'),
    "twins told apart far below": chain(6).replace("n6", "n9") + chain(6).replace("_:n", "_:m"),
    "two rings": ring(3) + ring(3).replace("_:n", "_:m"),
    "a ring in and a ring out": ring(3) + ring(3, Q),
    "two cliques": clique(3) + clique(3).replace("_:n", "_:m"),
    "a ladder": ring(4) + ring(4).replace("_:n", "_:m") + quads(*(f"_:n{n} {Q} _:m{n}" for n in range(4))),
    "a cube": quads(*(f"_:n{n} {P} _:n{n ^ bit}" for n in range(8) for bit in (1, 2, 4))),
    "Petersen's graph": quads(*(f"_:n{n} {P} _:n{(n + 1) % 5}" for n in range(5)), *(
        f"_:n{n} {P} _:n{n + 5}" for n in range(5)), *(f"_:n{n + 5} {P} _:n{(n + 2) % 5 + 5}" for n in range(5))),
    "a list": quads(*(f"_:n{n} <urn:rest> _:n{n + 1}" for n in range(3)), *(
        f'_:n{n} <urn:first> "{n % 2}"' for n in range(4))),
    "evidence by two": quads(*(f'_:n{n} <urn:name> "x"' for n in range(2)), *(
        f"<urn:a> <urn:evidence> _:n{n}" for n in range(2))),
    "a blank graph": quads(f"<urn:a> {P} <urn:b> _:g0"),
    "a blank graph and its name": quads(f"<urn:a> {P} <urn:b> _:g0", f"<urn:c> {Q} _:g0"),
    "two blank graphs alike": quads(f"<urn:a> {P} <urn:b> _:g0", f"<urn:a> {P} <urn:b> _:g1"),
    "two proofs alike": quads(*(line for n in range(2) for line in (
        f"<urn:a> <urn:proof> _:g{n}", f'_:n{n} <urn:value> "x" _:g{n}', f"_:n{n} <urn:type> <urn:Proof> _:g{n}"))),
    "three proofs alike": quads(*(line for n in range(3) for line in (
        f"<urn:a{n}> <urn:proof> _:g{n}", f'_:n{n} <urn:value> "x" _:g{n}'))),
    **{f"a chain of {n}": chain(n) for n in (2, 3, 5, 9)},
    **{f"a ring of {n}": ring(n) for n in (3, 4, 5, 7)},
    **{f"a star of {n}": star(n) for n in (2, 3, 4)},
    **{f"a star of {n} and back": star(n, back=True) for n in (2, 3, 4)},
    **{f"a clique of {n}": clique(n) for n in (3, 4)},
    **{f"a tree of {d} by {w}": tree(d, w) for d, w in ((2, 2), (3, 2), (2, 3))},
    **{f"bipartite {a} by {b}": bipartite(a, b) for a, b in ((2, 2), (2, 3), (3, 3))},
    **{f"{name} in graphs": in_graphs(data, ["<urn:g>", "_:g"]) for name, data in (
        ("a chain", chain(4)), ("a ring", ring(4)), ("a star", star(3)), ("a clique", clique(3)),
        ("a tree", tree(2, 2)),
        ("blank and named twins", star(4)))},
    **{f"the literal {text}": quads(f"_:n0 {P} {text}", f"<urn:a> {Q} {text}") for text in LITERALS},
}  # fmt: skip


def relabelled(dataset: str) -> str:
    """The same dataset with other labels, and its statements in another order."""
    names: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"_:z{97 - len(names):02}x")

    return "".join(reversed(re.sub(r"_:[a-z]+[0-9]*", other, dataset).splitlines(keepends=True)))


def ours(dataset: str) -> str:
    parsed = pyoxigraph.parse(dataset.encode(), format=pyoxigraph.RdfFormat.N_QUADS)
    return canonical.rdfc_dataset(pyoxigraph.Dataset(parsed)).decode()


def test_sixty_four_datasets_of_our_own_have_the_form_that_rdf_canonize_gives_them() -> None:
    assert len(OURS) >= 64
    judged = canonical_by_rdf_canonize([*OURS.values(), *map(relabelled, OURS.values())])
    for name, theirs, again in zip(OURS, judged, judged[len(OURS) :], strict=False):
        assert theirs == again, f"the judge itself depends on labels: {name}"
        assert ours(OURS[name]) == theirs, name
        assert ours(relabelled(OURS[name])) == theirs, name


def test_the_poison_of_our_own_is_noticed() -> None:
    with pytest.raises(ComplexityError):
        ours(clique(12))
