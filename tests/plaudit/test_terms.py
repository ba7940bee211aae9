"""Every word must have a meaning, every value a place in the signature; the walk says where not."""

from copy import deepcopy
from typing import Any

import pytest

from plaudit import documents
from plaudit.contexts import ActiveContext, RefusedError, process_context
from plaudit.errors import ComplexityError, TermsError, UnknownContextError
from plaudit.terms import MAX_FAULTS, canonical_double, prepare
from tests.plaudit.samples import credential

ACHIEVEMENT = ("credentialSubject", "achievement")


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    document = credential()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


def faults(document: dict[str, Any]) -> list[str]:
    with pytest.raises(TermsError) as caught:
        prepare(document)
    return [fault.path for fault in caught.value.faults]


def test_a_good_badge_has_no_faults_and_is_left_alone() -> None:
    document = credential()
    before = deepcopy(document)
    assert prepare(document)["id"] == document["id"]
    assert document == before


REFUSED: dict[str, tuple[tuple[str, ...], Any]] = {
    "an undefined string": ((*ACHIEVEMENT, "grade"), "A"),
    "an undefined number": ((*ACHIEVEMENT, "grade"), 1),
    "an undefined boolean": ((*ACHIEVEMENT, "grade"), False),
    "an undefined null": ((*ACHIEVEMENT, "grade"), None),
    "an undefined array": ((*ACHIEVEMENT, "grade"), []),
    "an undefined object": ((*ACHIEVEMENT, "grade"), {}),
    "null under a defined word": ((*ACHIEVEMENT, "version"), None),
    "null in an array": ((*ACHIEVEMENT, "tag"), ["a", None]),
    "an array in an array": ((*ACHIEVEMENT, "tag"), [["a"]]),
    "an undefined type": ((*ACHIEVEMENT, "type"), ["Achievement", "Degree"]),
    "a type that is no string": ((*ACHIEVEMENT, "type"), ["Achievement", 7]),
    "a word of another type": ((*ACHIEVEMENT, "achievedLevel"), "urn:x"),
    "a relative address": ((*ACHIEVEMENT, "image"), "badge.png"),
    "an address with a space": ((*ACHIEVEMENT, "image"), "https://a.example/a b"),
    "an empty address": ((*ACHIEVEMENT, "image"), ""),
    "a keyword as an address": ((*ACHIEVEMENT, "image"), "@type"),
    "an id that is a number": ((*ACHIEVEMENT, "id"), 7),
    "an id that is a list": ((*ACHIEVEMENT, "id"), ["urn:x"]),
    "a keyword as a word": ((*ACHIEVEMENT, "@index"), "1"),
    "what looks like a keyword": ((*ACHIEVEMENT, "@anything"), "1"),
    "a reversed property": ((*ACHIEVEMENT, "@reverse"), {"name": "x"}),
    "an included object": ((*ACHIEVEMENT, "@included"), [{"id": "urn:x", "name": "x"}]),
    "a nest": ((*ACHIEVEMENT, "@nest"), {"name": "x"}),
    "a graph": ((*ACHIEVEMENT, "@graph"), [{"id": "urn:x", "name": "x"}]),
    "a set object": ((*ACHIEVEMENT, "version"), {"@set": ["1"]}),
    "a direction": ((*ACHIEVEMENT, "version"), {"@value": "1", "@direction": "rtl"}),
    "a language without letters": ((*ACHIEVEMENT, "version"), {"@value": "1", "@language": "e n"}),
    "a language on a number": ((*ACHIEVEMENT, "version"), {"@value": 1, "@language": "en"}),
    "a datatype that is no IRI": ((*ACHIEVEMENT, "version"), {"@value": "1", "@type": "number"}),
    "a text typed as a double": ((*ACHIEVEMENT, "version"),
                                 {"@value": "5", "@type": "http://www.w3.org/2001/XMLSchema#double"}),
    "a value that is an object": ((*ACHIEVEMENT, "version"), {"@value": {}}),
    "a known word spelled out": ((*ACHIEVEMENT, "https://schema.org/name"), "Welding"),
    "a word that is a blank node": ((*ACHIEVEMENT, "_:name"), "Welding"),
    "an object in the name of the document": ((*ACHIEVEMENT, "creator"),
                                              {"id": credential()["id"], "type": ["Profile"], "name": "x"}),
    "an endorsement that is only an address": ((*ACHIEVEMENT, "endorsement"),
                                               {"type": ["VerifiableCredential"], "proof": "urn:x"}),
    "a graph that states nothing": ((*ACHIEVEMENT, "endorsement"),
                                    {"type": ["VerifiableCredential"], "proof": {"id": "urn:x"}}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "value"), REFUSED.values(), ids=REFUSED)
def test_what_no_signature_covers_is_refused_with_its_place(path: tuple[str, ...], value: Any) -> None:
    found = faults(changed(path, value))
    assert found
    assert all(
        place.startswith("/" + "/".join(path).replace("/https:", "/").rsplit("/", 1)[0][:20])
        for place in found
    )


def test_the_place_is_a_json_pointer() -> None:
    assert faults(changed((*ACHIEVEMENT, "a/b~c"), 1)) == ["/credentialSubject/achievement/a~1b~0c"]
    assert faults(changed(("evidence",), [{"type": ["Evidence"]}, {"type": ["Evidence"], "x": 1}])) == [
        "/evidence/1/x"
    ]


def test_not_more_than_ten_faults_are_told() -> None:
    assert len(faults(credential() | {f"x{number}": 1 for number in range(99)})) == MAX_FAULTS


CONTEXTS: dict[str, Any] = {
    "none": None,
    "an empty list": [],
    "an object": {"name": "urn:name"},
    "an object in the list": [*documents.ISSUED, {"narrative": "https://schema.org/name"}],
    "a vocabulary": [*documents.ISSUED, {"@vocab": "urn:x:"}],
    "null in the list": [*documents.ISSUED, None],
    "a number": 7,
    "too many": [documents.CREDENTIALS_V2] * 9,
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_a_context_may_only_list_pinned_addresses(context: Any) -> None:
    assert faults(credential() | {"@context": context})[0].startswith("/@context")


@pytest.mark.parametrize(
    "context", [None, {}, {"name": "urn:name"}, {"@vocab": "urn:x:"}, [{}], {"@base": "urn:x"}]
)
def test_a_context_inside_may_not_give_meaning_either(context: Any) -> None:
    assert "/credentialSubject/achievement/@context" in faults(changed((*ACHIEVEMENT, "@context"), context))


def test_a_context_inside_may_repeat_the_pinned_ones() -> None:
    prepare(changed((*ACHIEVEMENT, "@context"), [*documents.ISSUED]))


def test_contexts_inside_are_counted_since_each_costs_time() -> None:
    inner = {"@context": [*documents.ISSUED], "type": ["Evidence"], "name": "x"}
    prepare(credential(evidence=[deepcopy(inner) for _ in range(31)]))
    assert faults(credential(evidence=[deepcopy(inner) for _ in range(32)]))[0] == "/evidence/31/@context"


def test_a_document_of_too_many_objects_is_not_worked_through() -> None:
    many = [{"type": ["Evidence", "Profile"], "name": str(number)} for number in range(2000)]
    with pytest.raises(ComplexityError):
        prepare(credential(evidence=many))
    prepare(credential(evidence=many[:1000]))


def test_an_unknown_address_is_told_apart() -> None:
    for document in (
        credential() | {"@context": [*documents.ISSUED, "https://x.example/v1"]},
        changed((*ACHIEVEMENT, "@context"), "https://x.example/v1"),
    ):
        with pytest.raises(UnknownContextError, match=r"https://x\.example/v1"):
            prepare(document)


def test_a_protected_word_keeps_its_meaning() -> None:
    first = process_context(ActiveContext(), {"@protected": True, "a": "urn:a"}, documents.load_context)
    assert process_context(first, {"a": "urn:a"}, documents.load_context).terms["a"].protected
    with pytest.raises(RefusedError, match="another meaning"):
        process_context(first, {"a": "urn:b"}, documents.load_context)
    with pytest.raises(RefusedError, match="emptied"):
        process_context(first, None, documents.load_context)
    changed_inside = process_context(first, {"a": "urn:b"}, documents.load_context, override_protected=True)
    assert changed_inside.terms["a"].iri == "urn:b"


@pytest.mark.parametrize("context", [{"a": "b", "b": "a"}, {"a": None}, {"a": {}}, {"a": "b"}, {"@import": "urn:x"},
                                     {"a": {"@id": "urn:a", "@container": "@index"}}])  # fmt: skip
def test_a_context_that_goes_beyond_is_refused(context: Any) -> None:
    with pytest.raises(RefusedError):
        process_context(ActiveContext(), context, documents.load_context)


DOUBLES = {
    0.1: "1.0E-1",
    0.30000000000000004: "3.0E-1",
    2.5: "2.5E0",
    0.0: "0.0E0",
    1e21: "1.0E21",
    -1.5e300: "-1.5E300",
    # Seventeen digits that end in 5: half up, as toExponential(15) does.
    2251799813685248.5: "2.251799813685249E15",
    2251799813685249.5: "2.25179981368525E15",
}


@pytest.mark.parametrize("number", DOUBLES)
def test_the_canonical_form_of_a_double(number: float) -> None:
    assert canonical_double(number) == DOUBLES[number]


def test_numbers_are_typed_where_processors_differ() -> None:
    def prepared(value: Any) -> Any:
        return prepare(changed((*ACHIEVEMENT, "creditsAvailable"), value))["credentialSubject"][
            "achievement"
        ]["creditsAvailable"]

    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert prepared(3) == 3
    assert prepared(3.0) == 3
    assert prepared(True) is True
    assert prepared(2.5) == {"@value": "2.5E0", "@type": "https://www.w3.org/2001/XMLSchema#float"}
    version = prepare(changed((*ACHIEVEMENT, "version"), [2**53 + 1, 10**21, 0.5]))["credentialSubject"][
        "achievement"
    ]
    assert version["version"] == [
        {"@value": "9007199254740992", "@type": xsd + "integer"},
        {"@value": "1.0E21", "@type": xsd + "double"},
        {"@value": "5.0E-1", "@type": xsd + "double"},
    ]


@pytest.mark.parametrize("value", ["a\ufffe", "\uffff", {"@value": "\ufffe", "@language": "de"}])
def test_what_is_no_character_is_refused(value: Any) -> None:
    """jsonld.js writes U+FFFE as it is, others as an escape: nobody would verify what the other signed."""
    assert faults(credential(name=value)) == ["/name"]


@pytest.mark.parametrize(
    "value", [{"@value": "x"}, {"@value": "x", "@language": "en"}, {"@value": 5}, {"id": "urn:y"}]
)
def test_a_graph_is_no_place_for_a_bare_value(value: Any) -> None:
    document = {"@context": ["https://w3id.org/security/data-integrity/v2"], "id": "urn:x", "proof": value}
    assert "/proof" in faults(document)
    assert "/proof/0" in faults(document | {"proof": [value]})
