"""Canonical form: the same bytes for the same statements, however they are written; and never for long."""

import json
import random
import resource
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from plaudit import canonical, documents
from plaudit.errors import BusyError, ComplexityError
from tests.plaudit.samples import credential, poison


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same JSON with every object's members in another order."""
    if isinstance(value, dict):
        items = [(name, shuffled(item, dice)) for name, item in value.items()]
        dice.shuffle(items)
        return dict(items)
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_members_says_nothing(dice: random.Random) -> None:
    assert canonical.rdfc(shuffled(credential(), dice)) == canonical.rdfc(credential())


def test_one_statement_more_is_another_text() -> None:
    document = credential()
    document["credentialSubject"]["achievement"]["tag"].append("metal")
    assert canonical.rdfc(document) != canonical.rdfc(credential())


def test_pyld_writes_the_same_bytes_for_a_badge() -> None:
    """A cross-check; the oracle is jsonld.js (tests/conformance)."""

    def load(url: str, options: object = None) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": documents.load_context(url)}}

    theirs = jsonld.normalize(
        credential(), {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    )
    assert canonical.rdfc(credential()).decode() == theirs


TWINS = [{"type": ["Evidence"], "name": "same"}, {"type": ["Evidence"], "name": "same"}]


def test_twins_are_put_in_form_by_the_child_and_their_order_changes_nothing() -> None:
    document = credential(evidence=deepcopy(TWINS))
    text = canonical.rdfc(document)
    document["evidence"].reverse()
    assert canonical.rdfc(document) == text
    assert canonical._child.process is not None
    assert canonical._child.process.poll() is None


def test_named_graphs_with_equal_content_have_one_form() -> None:
    quads = '<urn:a> <urn:p> _:{g} .\n<urn:b> <urn:p> _:{h} .\n_:{x} <urn:q> "v" _:{g} .\n_:{y} <urn:q> "v" _:{h} .\n'
    forms = {canonical._child.canonicalize(quads.format(g=g, h=h, x=x, y=y).encode())
             for g, h, x, y in (("a", "b", "c", "d"), ("d", "c", "b", "a"), ("b", "a", "d", "c"))}  # fmt: skip
    assert len(forms) == 1


def processor_seconds(call: Callable[[], object]) -> float:
    """What a call costs in processor time, here and in children that have ended. No other process adds to it."""

    def spent() -> float:
        return sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )

    begin = spent()
    call()
    return spent() - begin


def test_a_poisonous_graph_costs_two_seconds_at_most_and_others_go_on() -> None:
    document = poison()
    assert len(json.dumps(document)) < 8000

    def be_poisoned() -> None:
        with pytest.raises(ComplexityError):
            canonical.rdfc(document)

    for _ in range(2):
        # The child is stopped by the kernel, and counted when it has ended.
        assert processor_seconds(be_poisoned) < 2
        assert canonical._child.process is None
        assert canonical.rdfc(credential())
        assert canonical.rdfc(credential(evidence=deepcopy(TWINS)))


def test_a_poisoned_child_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the child is busy, a badge with different nodes needs no turn, and a tangled one is told to come again."""
    with canonical._child.lock:
        assert canonical.rdfc(credential())
        monkeypatch.setattr(canonical, "CHILD_WALL_SECONDS", 0.01)
        with pytest.raises(BusyError):
            canonical.rdfc(credential(evidence=deepcopy(TWINS)))


def test_too_many_statements_or_twins_are_not_begun() -> None:
    with pytest.raises(ComplexityError, match="look alike"):
        canonical.rdfc(credential(evidence=[{"type": ["Evidence"], "name": "same"} for _ in range(501)]))
    with pytest.raises(ComplexityError, match="statements"):
        canonical.rdfc(credential(name=[str(number) for number in range(20_001)]))


def test_the_child_is_gone_after_close_and_comes_back() -> None:
    canonical.rdfc(credential(evidence=deepcopy(TWINS)))
    process = canonical._child.process
    assert process is not None
    canonical._child.close()
    assert process.poll() is not None
    assert canonical.rdfc(credential(evidence=deepcopy(TWINS)))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=30))
@settings(max_examples=60, deadline=None)
def test_literals_are_escaped_as_rdfc_says(text: str) -> None:
    """RDFC-1.0 section 5: only these characters are escaped, each in one way."""
    escapes = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    expected = "".join(
        escapes.get(c) or (f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else c) for c in text
    )
    lines = canonical.rdfc(credential(name=text)).decode()
    assert f'<https://schema.org/name> "{expected}" .\n' in lines


def test_jcs_is_rfc_8785() -> None:
    assert canonical.jcs({"b": [1e30, 4.5, 2e-3, 1e-27], "a": "€$\u000f\nA'B\"\\", "\u20ac": None}) == (
        '{"a":"€$\\u000f\\nA\'B\\"\\\\","b":[1e+30,4.5,0.002,1e-27],"€":null}'.encode()
    )
    with pytest.raises(ComplexityError):
        canonical.jcs({"a": 2**60})


def test_first_degree_hashes_tell_most_badges_apart() -> None:
    assert canonical._blank_nodes_alike(pyoxigraph.Dataset()) == 0
    assert canonical._blank_nodes_alike(canonical.parse(canonical.terms.prepare(credential()))) == 0
    twins = canonical.terms.prepare(credential(evidence=deepcopy(TWINS)))
    assert canonical._blank_nodes_alike(canonical.parse(twins)) == 2


def test_one_verification_has_one_share_of_the_time_for_tangled_documents() -> None:
    with canonical.one_share():
        with pytest.raises(ComplexityError):
            canonical.rdfc(poison())
        for _ in range(3):
            with pytest.raises(BusyError):
                canonical.rdfc(poison())
        assert canonical.rdfc(credential()), "what is not tangled needs no share"
    assert canonical.rdfc(credential(evidence=deepcopy(TWINS))), "the next one has its own"


def test_what_is_no_json_ld_is_too_complex() -> None:
    with pytest.raises(ComplexityError, match="cannot be read as RDF"):
        canonical.parse({"@context": 5})


def test_a_loader_of_the_callers_own_takes_the_general_road() -> None:
    def load(url: str) -> Any:
        return documents.load_context(url)

    assert canonical.rdfc(credential(), load) == canonical.rdfc(credential())


def test_a_child_that_is_gone_in_the_middle_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    canonical.rdfc(credential(evidence=deepcopy(TWINS)))
    process = canonical._child.process
    assert process is not None
    process.kill()
    process.wait()
    monkeypatch.setattr(canonical._child, "_running", lambda: process)
    with pytest.raises(ComplexityError):
        canonical._child.canonicalize(b"<urn:a> <urn:b> <urn:c> .\n" * 9999)
    monkeypatch.undo()
    assert canonical.rdfc(credential(evidence=deepcopy(TWINS)))
