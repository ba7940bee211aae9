"""The fast road: the same bytes and the same refusals as the general road, whatever the document."""

import json
import threading
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plaudit
from plaudit import MappedFetch, canonical, contexts, documents, shapes, terms
from plaudit.errors import PlauditError
from plaudit.shapes import filling, making, skeleton
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, credential, poison, signed, web

VECTORS = sorted((Path(__file__).parents[1] / "vectors").rglob("*.json"))
ACHIEVEMENT = ("credentialSubject", "achievement")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    shapes.cache.clear()


def general(document: Any) -> bytes | str:
    """What the general road says: the bytes, or the error."""
    try:
        return canonical.rdfc_prepared(terms.prepare(document))
    except PlauditError as error:
        return repr(error)


def fast(document: Any) -> bytes | None:
    """What the fast road says of a document whose shape is known; None when it leaves the word to the general one."""
    shapes.cache.clear()
    for _ in range(2):
        found = shapes.find(document, canonical.parse)
    return None if found is None else found[0].fill(found[1])


def rdfc(document: Any) -> bytes | str:
    try:
        return canonical.rdfc(document)
    except PlauditError as error:
        return repr(error)


def same(document: Any) -> bool:
    """Compare the roads; answers whether the fast one was taken."""
    expected = general(document)
    answer = fast(document)
    assert answer is None or answer == expected, json.dumps(document)
    assert rdfc(document) == expected
    return answer is not None


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document: Any = credential()
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    result: dict[str, Any] = document
    return result


# Equality


def test_our_own_samples_take_the_fast_road() -> None:
    inner = json.loads(signed())
    assert same(credential())
    assert same(inner)
    assert same({name: value for name, value in inner.items() if name != "proof"})
    assert same(inner["proof"][0] | {"@context": inner["@context"]})
    assert same(json.loads(web()["https://guild.example/status/1"]))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_vector_has_one_verdict_on_both_roads(path: Path) -> None:
    try:
        document = plaudit.reading.parse_json(path.read_bytes())  # type: ignore[attr-defined]
    except PlauditError:
        return
    if isinstance(document, dict):
        same(document)
        same({name: value for name, value in document.items() if name != "proof"})


VALUES = [
    0, -1, 2**53 - 1, 2**53, 2**53 + 1, 12345678901234567890, 10**20, 10**21, 10**22, -(10**21),
    0.0, -0.0, 1.0, 3.0, 1e3, 2.5, 0.1, 0.30000000000000004, 1 / 3, 1e-6, 1e-7, 123456.789, 4503599627370497.5,
    1e20, 1e21, 1.5e300, -2.5, True, False, None, "", "x", "1.50", "☃", "\u0000\u0001\b\t\n\f\r\"\\\x7f",
    "\U0001f600", "a\u2028b", "\ufffe", "100 %s %(x)s %%", "@id", "@type", "type", "_:b0", "_:", "rel", "urn:x",
    "URN:X", "tag:a.example,2026:b", "name:x", "schema:x", "https://x.example/a b", 'https://x.example/"', "https:",
    "https://x.example/☃/\U0001f600", "mailto:a@b.example", "https://EX.example/a/../b/./c", "https://x.example/%zz",
    "a:b", "https:x", "did:x:%41#?",
"https://[::1]:99999/", "urn:x#a#b", "emailAddress", "ext:Word",
    {"@value": "x", "@language": "EN-us"}, {"@value": "x", "@language": "de"}, {"@value": "x", "@language": "-"},
    {"@value": 5, "@type": "https://x.example/#t"}, {"@value": 2.5}, {"@value": 2.5, "@type": "https://x.example/#t"},
    {"@value": 5}, {"@value": 5, "@type": "http://www.w3.org/2001/XMLSchema#double"}, {"@value": True},
    {"@value": "5", "@type": "http://www.w3.org/2001/XMLSchema#double"}, {"@value": "5", "type": "xsd:integer"},
    {"@value": "5", "@type": "rel"}, {"@value": None}, {"@value": ["x"]}, {"@value": "x", "@index": "i"},
    {}, [], ["b", "a"], ["a", "a"], [1, 1], [1, 1.0, "1"], [1, 2.5, "a", True], [None], [["x"]], [[]],
    {"id": "urn:x"}, {"id": "urn:x", "name": "n"}, {"id": "_:b0", "name": "n"}, {"id": "rel"}, {"id": 5}, {"id": []},
    {"@id": "urn:x", "name": "n"}, {"id": "urn:x", "@id": "urn:x"}, {"type": "Nope"}, {"type": []}, {"type": 5},
    {"type": ["Profile"], "email": "e"}, {"type": ["Profile", "Address"], "email": "e"}, {"x": 1}, {"x": "y"},
    {"https://x.example/#p": "v"}, {"https://x.example/☃": "v"}, {"https://schema.org/name": "v"},
    {"@set": ["x"]}, {"@list": ["x"]}, {"@graph": {}}, {"@value": "x", "@direction": "ltr"}, {"@type": "Profile"},
    {"@context": {"q": "urn:q"}, "q": 1}, {"@context": None}, {"@context": [*documents.ISSUED], "name": "n"},
    {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "validFrom": "x"},
    [{"name": "twin"}, {"name": "twin"}], [{"name": "a"}, {"name": "b"}], [{"id": "urn:x"}, {"id": "urn:x"}],
]  # fmt: skip
PLACES = {
    "no datatype": (*ACHIEVEMENT, "name"),
    "an IRI": (*ACHIEVEMENT, "image"),
    "an IRI by its term": ("issuer", "url"),
    "a float": (*ACHIEVEMENT, "creditsAvailable"),
    "a date": ("credentialSubject", "activityEndDate"),
    "a word": (*ACHIEVEMENT, "achievementType"),
    "a set": (*ACHIEVEMENT, "tag"),
    "a list": (*ACHIEVEMENT, "resultDescription", 0, "allowedValue"),
    "objects": (*ACHIEVEMENT, "resultDescription"),
    "an IRI as a key": (*ACHIEVEMENT, "https://x.example/#p"),
    "the id": (*ACHIEVEMENT, "id"),
    "the document's id": ("id",),
    "the type": (*ACHIEVEMENT, "type"),
    "the document": ("description",),
    "a graph": (*ACHIEVEMENT, "endorsement"),
    "the proof": ("proof",),
    "the context": ("@context",),
    "a status": ("credentialStatus",),
}


@pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)
def test_every_kind_of_value_under_every_kind_of_term(path: tuple[Any, ...]) -> None:
    for value in VALUES:
        same(changed(path, deepcopy(value)))


TEXT = st.text(max_size=20)
SCALAR = st.one_of(
    TEXT, st.sampled_from(VALUES), st.integers(-(10**24), 10**24), st.booleans(), st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.uuids().map(lambda value: f"urn:uuid:{value}"), TEXT.map(lambda text: "https://x.example/" + text),
)  # fmt: skip


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        found += places_in(item, (*path, step))
    return found


@given(
    st.lists(st.tuples(st.sampled_from(places_in(credential())), SCALAR), min_size=1, max_size=6),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_mutants(changes: list[tuple[tuple[Any, ...], Any]], warm: bool) -> None:
    document: Any = credential()
    for path, value in changes:
        place = document
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue
    expected = general(document)
    if warm:  # the shapes of other mutants stay
        for _ in range(3):
            assert rdfc(document) == expected
    same(document)


@given(st.lists(TEXT, min_size=8, max_size=8), st.sampled_from([2.5, 3, 10**19, 1e-7, 0.1]))
@settings(max_examples=60, deadline=None)
def test_one_shape_serves_all_texts(texts: list[str], number: float) -> None:
    rdfc(credential())
    rdfc(credential())
    document = credential(name=texts[0], description=texts[1], id="https://x.example/" + texts[2])
    document["credentialSubject"]["identifier"][0]["salt"] = texts[3]
    document["credentialSubject"]["identifier"][1]["identityHash"] = texts[4]
    document["credentialSubject"]["creditsEarned"] = number
    document["credentialSubject"]["achievement"]["tag"] = texts[5:7]
    document["evidence"][0]["narrative"] = texts[7]
    assert rdfc(document) == general(document)


def test_clr_nesting_graphs_and_equal_objects() -> None:
    inner = json.loads(signed())
    other = json.loads(signed(id="urn:uuid:00000000-0000-4000-8000-00000000000a"))
    nested = credential(
        id="urn:uuid:00000000-0000-4000-8000-00000000000b", endorsement=[inner, other],
        credentialSubject={
            "id": "urn:x", "type": ["AchievementSubject"], "achievement": inner["credentialSubject"]["achievement"],
        },
    )  # fmt: skip
    same(nested)
    twice = credential()
    twice["credentialSubject"]["achievement"]["creator"] = twice["issuer"]
    assert same(twice | {"issuer": ISSUER})
    same(twice)


# No collisions, no poisoning

PAIRS = [
    ({"name": True}, {"name": 1}), ({"name": 1}, {"name": "1"}), ({"name": 1}, {"name": 1.5}),
    ({"name": "a"}, {"name": ["a"]}), ({"name": ["a"]}, {"name": ["a", "b"]}), ({"name": []}, {"name": {}}),
    ({"name": "a", "image": "b"}, {"image": "b", "name": "a"}), ({"type": "A"}, {"type": ["A"]}),
    ({"type": ["A", "B"]}, {"type": ["A"], "B": "C"}), ({"type": ["A"]}, {"type": ["B"]}),
    ({"@context": ["a"]}, {"@context": ["a", "b"]}), ({"a": {"b": "c"}}, {"a": {}, "b": "c"}),
    ({"a": [{"b": "c"}]}, {"a": [{}], "b": "c"}), ({"a": [{}, {}]}, {"a": [{}]}), ({"a": {}}, {"a": [{}]}),
    ({"name": 10**20}, {"name": 1.5e300}), ({"name": False}, {"name": True}), ({"name": 1}, {"name": False}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=str)
def test_two_documents_of_different_structure_have_different_keys(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = skeleton.read(one), skeleton.read(other)
    assert first is not None
    assert second is not None
    assert first[0] != second[0]


JSON = st.recursive(
    st.one_of(st.sampled_from(["a", "b", "type"]), st.integers(-2, 2), st.booleans(), st.just(1.5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "type", "@context"]), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


def rebuilt(value: Any, values: list[Any]) -> Any:
    """What the key must tell apart: the document with its free values replaced by their kind."""
    if isinstance(value, dict):
        return [
            "object",
            *[
                (key, json.dumps(item) if key in skeleton.FIXED else rebuilt(item, values))
                for key, item in value.items()
            ],
        ]  # fmt: skip
    if isinstance(value, list):
        return ["list", *[rebuilt(item, values) for item in value]]
    if isinstance(value, bool):
        return f"boolean {value}"
    values.append(value)
    return "text" if isinstance(value, str) else "whole" if float(value).is_integer() else "fraction"


@given(st.dictionaries(st.sampled_from(["a", "b", "type"]), JSON, max_size=4), st.data())
@settings(max_examples=200, deadline=None)
def test_the_key_and_the_values_are_the_whole_document(document: dict[str, Any], data: st.DataObject) -> None:
    other = data.draw(st.dictionaries(st.sampled_from(["a", "b", "type"]), JSON, max_size=4))
    one, two = skeleton.read(document), skeleton.read(other)
    if one is None or two is None:
        return
    values: list[Any] = []
    assert (one[0] == two[0]) == (repr(rebuilt(document, values)) == repr(rebuilt(other, [])))
    assert repr(one[1]) == repr(values)


HOSTILE = {
    "a word nobody defines": changed((*ACHIEVEMENT, "undefined"), "x"),
    "a relative id": changed((*ACHIEVEMENT, "id"), "rel"),
    "a prefix": changed((*ACHIEVEMENT, "id"), "schema:x"),
    "a blank node": changed((*ACHIEVEMENT, "id"), "_:b"),
    "the document's own id inside": changed((*ACHIEVEMENT, "id"), credential()["id"]),
    "another word": changed((*ACHIEVEMENT, "achievementType"), "Nothing"),
    "another type": changed((*ACHIEVEMENT, "type"), ["Profile"]),
    "twins": credential(evidence=[{"type": ["Evidence"], "name": "x"}] * 2),
    "no character": changed((*ACHIEVEMENT, "name"), "\ufffe"),
    "half a pair": changed((*ACHIEVEMENT, "name"), "\ud800"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_changes_no_verdict_on_an_honest_one(hostile: dict[str, Any]) -> None:
    honest = [
        credential(),
        changed((*ACHIEVEMENT, "name"), "x"),
        credential(evidence=[{"type": ["Evidence"]}]),
    ]
    expected = [general(document) for document in honest]
    for _ in range(3):
        try:
            theirs = [rdfc(hostile)]
        except UnicodeEncodeError:
            theirs = []
        assert [rdfc(document) for document in honest] == expected
    if theirs:
        assert theirs == [general(hostile)]


UNDEFINED = {
    "string": "x", "number": 5, "fraction": 2.5, "boolean": True, "null": None, "array": ["x"], "object": {"name": "x"},
}  # fmt: skip


@pytest.mark.parametrize("value", UNDEFINED.values(), ids=UNDEFINED)
def test_an_undefined_word_is_refused_on_every_road(value: Any) -> None:
    document = changed((*ACHIEVEMENT, "undefinedWord"), value)
    for _ in range(4):
        with pytest.raises(plaudit.errors.TermsError, match="undefinedWord"):  # type: ignore[attr-defined]
            canonical.rdfc(document)
    assert fast(document) is None
    with pytest.raises(plaudit.IssueError):
        plaudit.issue(document, GUILD, AT)
    with pytest.raises(plaudit.IssueError):
        plaudit.Template(document, GUILD, ["/id"]).issue({"/id": "urn:x"}, AT)


def test_an_undefined_type_is_refused_on_every_road() -> None:
    document = changed((*ACHIEVEMENT, "type"), ["Achievement", "UndefinedType"])
    for _ in range(4):
        with pytest.raises(plaudit.errors.TermsError, match="UndefinedType"):  # type: ignore[attr-defined]
            canonical.rdfc(document)
    with pytest.raises(plaudit.IssueError):
        plaudit.Template(document, GUILD, ["/id"]).issue({"/id": "urn:x"}, AT)


def test_verifying_on_the_fast_road_reports_the_same() -> None:
    fetch = MappedFetch(web())
    good, altered = signed(), signed().replace(b"first class", b"second class")
    for document, verdict in ((good, True), (altered, False)):
        reports = [plaudit.verify(document, fetch=fetch, at=AT) for _ in range(4)]
        shapes.cache.clear()
        reports.append(plaudit.verify(document, fetch=fetch, at=AT))
        assert {report.verified for report in reports} == {verdict}
        assert all(report.as_dict() == reports[0].as_dict() for report in reports)


# Bounds


def test_a_shape_is_made_for_the_second_document_only() -> None:
    assert shapes.find(credential(), canonical.parse) is None
    assert not shapes.cache.shapes
    assert shapes.find(credential(name="another"), canonical.parse) is not None


def test_the_cache_is_bounded_in_number_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def use(number: int) -> None:
        document = credential() | {f"https://x.example/{number}": "v"}
        assert fast_without_clearing(document)

    def fast_without_clearing(document: dict[str, Any]) -> bool:
        return any(shapes.find(document, canonical.parse) for _ in range(2))

    monkeypatch.setattr(shapes, "MAX_SHAPES", 6)
    for number in range(9):
        use(number)
    assert len(shapes.cache.shapes) <= 6
    assert shapes.cache.bytes == sum(entry[2] for entry in shapes.cache.shapes.values())
    monkeypatch.setattr(shapes, "MAX_CACHE_BYTES", 100_000)
    use(10)
    assert shapes.cache.bytes <= 100_000
    monkeypatch.setattr(shapes, "MAX_SHAPE_BYTES", 100)
    use(11)
    assert shapes.cache.find(skeleton.read(credential() | {"https://x.example/11": "v"})[0], [])[1] is None  # type: ignore[index]
    monkeypatch.setattr(shapes, "MAX_SEEN", 3)
    for number in range(9):
        shapes.cache.is_second((number,))
    assert len(shapes.cache.seen) <= 4


def test_words_of_a_vocabulary_make_shapes_of_their_own() -> None:
    """A language tag stands for more than its characters; so every one has a shape of its own."""
    one, two, three = (
        changed((*ACHIEVEMENT, "name"), {"@value": "x", "@language": tag})
        for tag in ("en", "de", "not a tag")
    )
    for document in (one, one, two, three, two, two, one, three, three):
        assert rdfc(document) == general(document)
    for document in (one, two):
        found = shapes.find(document, canonical.parse)
        assert found is not None
        assert filling.PIN in found[0].roles
    assert shapes.find(three, canonical.parse) is None


def test_constant_twins_and_statements_made_twice_are_left_to_the_general_road() -> None:
    twins = credential(evidence=[{"type": ["Evidence"]}, {"type": ["Evidence"]}])
    assert not same(twins)
    assert same(changed((*ACHIEVEMENT, "alignment", 0, "https://x.example/#p"), ["a", "b"]))
    assert not same(changed((*ACHIEVEMENT, "alignment", 0, "https://x.example/#p"), ["a", "a"]))


def test_statements_that_become_one_by_the_values_given_are_left_to_the_general_road() -> None:
    def about(node: int, *rest: filling.Part) -> filling.Quad:
        return (("node", node), " <urn:p> ", *rest, " .")

    twins = shapes.Filler((about(0, "<urn:o>"), about(1, "<urn:o>")), 2, {})
    assert twins.fill([]) is None
    merged = shapes.Filler(
        (about(0, '"', ("slot", 0), '"'), about(0, '"', ("slot", 1), '"')), 1, {0: "a", 1: "a"}
    )
    assert merged.fill(["a", "a"]) is None


def test_a_value_without_one_clear_part_is_not_taken() -> None:
    for calls in ((filling.TEXT, filling.IRI), (filling.TEXT, filling.TEXT)):
        walk = making._MarkingWalk()
        slot = making.with_slots({"name": "x"}, [])["name"]
        for role in calls:
            walk.mark(slot, role)
        assert walk.is_plain is (calls[0] == calls[1])
    assert walk.mark("no slot", filling.TEXT) == "no slot"
    assert not walk.is_plain


def test_too_large_too_deep_and_not_json_are_not_taken() -> None:
    deep: Any = "x"
    for _ in range(70):
        deep = {"name": deep}
    for document in (
        {"name": ["x"] * 6_000},
        deep,
        "x",
        [],
        {"name": (1,)},
        {"name": float("inf")},
        {"name": 10**21},
    ):
        assert skeleton.read(document) is None


def test_many_threads_use_one_cache() -> None:
    expected = {name: general(credential(name=name)) for name in "abcdef"}
    wrong: list[str] = []

    def work() -> None:
        wrong.extend(
            name for _ in range(20) for name in expected if rdfc(credential(name=name)) != expected[name]
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_pinned_word_holds_a_colon() -> None:
    """An identifier could then be a word as a whole; the fast road only looks at what stands before a colon."""
    assert [word for word in contexts.pinned_words() if ":" in word] == []


def test_a_processor_that_answers_oddly_is_not_believed() -> None:
    import pyoxigraph

    def dropping(prepared: Any) -> Any:
        quads = canonical.parse(prepared)
        return pyoxigraph.Dataset(quad for quad in quads if not isinstance(quad.object, pyoxigraph.Literal))

    def swapping(prepared: Any) -> Any:
        text = json.dumps(prepared).replace(':0"', ':0x"').encode()
        return pyoxigraph.Dataset(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.JSON_LD, lenient=True))

    for processor in (dropping, swapping):
        shapes.cache.clear()
        assert [shapes.find(credential(), processor) for _ in range(3)].count(None) == 3


def test_a_poisonous_document_does_not_take_the_fast_road() -> None:
    assert fast(poison()) is None


def test_numbers_are_written_as_the_walk_writes_them() -> None:
    assert filling.written(3.0, filling.WHOLE) == "3"
    assert filling.written(3, filling.DOUBLE) == "3.0E0"


def test_values_given_for_good_fill_to_the_same_bytes() -> None:
    document = credential()
    found = [shapes.find(document, canonical.parse) for _ in range(2)][1]
    assert found is not None
    shape, values = found
    ready = shape.written(values)
    assert ready is not None
    for keep in ([], [0], [0, 5, 9], range(len(values))):
        given = {index: text for index, text in enumerate(ready) if index not in keep}
        assert shapes.Filler(shape.quads, shape.nodes, given).fill(ready) == general(document)
    assert AT - DAY < AT


def many_objects(number: int) -> dict[str, Any]:
    evidence = [{"type": ["Evidence"], "name": f"piece {n}"} for n in range(number)]
    return credential() | {"evidence": evidence}


def test_making_a_shape_compares_few_statements_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second document of a shape with 600 objects once cost six seconds, in the process that verifies."""
    asked = 0

    def counted(one: filling.Quad, other: filling.Quad) -> bool:
        nonlocal asked
        asked += 1
        return real(one, other)

    real = filling._may_meet
    monkeypatch.setattr(filling, "_may_meet", counted)
    shape = making.make(many_objects(600), canonical.parse)
    assert shape is not None
    assert 0 < asked < 10_000


def test_statements_that_take_too_long_to_compare_are_left_to_the_general_road(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = many_objects(3)
    shapes.cache.clear()
    expected = canonical.rdfc(document)
    assert canonical.rdfc(document) == canonical.rdfc(document) == expected
    monkeypatch.setattr(filling, "MAX_COMPARISONS", 3)
    shapes.cache.clear()
    assert [canonical.rdfc(document) for _ in range(3)] == [expected] * 3
    found = shapes.find({k: v for k, v in document.items() if k != "proof"}, canonical.parse)
    assert found is not None
    assert found[0].fill(found[1]) is None
