"""What is remembered by shape, or of a status list, never changes a verdict: asked with and without memory."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, Method, controller_document, rules, shapes
from plaudit.checks import lists
from plaudit.checks.case import Case
from plaudit.checks.content import check_dates, check_model, check_terms
from plaudit.checks.inner import check_inner
from plaudit.proofs import data_integrity
from plaudit.shapes import verdicts
from plaudit.status import StatusBits
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    METHOD,
    STRANGER,
    credential,
    signed,
    web,
)

ODD_VALUES = (
    "", "x", "rel", "_:b", "schema:x", "https://x.example/y z", "https://x.example/", "urn:x:\ufffe", "\ud800",
    "\uffff",
    "2026-13-01T00:00:00Z", "2026-11-01T09:00:00Z", "2026-11-01", 'a"b\\', "é\n", "http://[", credential()["id"],
    3, 3.0, 2.5, 1e-7, 2**53, -0.0, True, None, [], {}, ["x", "x"],
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    shapes.cache.clear()
    lists.lists.clear()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from places(item, (*path, name))


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = deepcopy(document)
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return document


ENDORSEMENT = {
    "@context": credential()["@context"], "id": "urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f77",
    "type": ["VerifiableCredential", "EndorsementCredential"], "name": "Good", "issuer": ISSUER,
    "validFrom": "2026-11-01T09:00:00Z",
    "credentialSubject": {"id": "https://guild.example/b", "type": ["EndorsementSubject"]},
}  # fmt: skip
PLAIN = {
    "@context": credential()["@context"][:1], "id": "urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f78",
    "type": ["VerifiableCredential"], "issuer": ISSUER, "validFrom": "2026-11-01T09:00:00Z",
    "credentialSubject": {"id": "https://guild.example/b", "name": "x"},
}  # fmt: skip
TWO_TAGS = put(credential(), ("credentialSubject", "achievement", "tag"), ["a", "b", "c"])
DOCUMENTS = {
    "a badge": credential(), "tags": TWO_TAGS, "an endorsement": ENDORSEMENT, "no badge": PLAIN,
    "evidence": credential(evidence=[{"id": "https://x.example/1", "type": ["Evidence"], "narrative": "n"}]),
    "an inner one": credential(endorsement=[ENDORSEMENT]),
    "a schema": credential(credentialSchema={"id": "https://x.example/s", "type": "JsonSchema"}),
}  # fmt: skip


def mutants(name: str) -> Iterator[dict[str, Any]]:
    """One odd value in one place: in every place of the badge, in some of the others."""
    document = DOCUMENTS[name]
    leaves = [path for path in places(document) if not isinstance(at(document, path), dict)]
    for number, path in enumerate(leaves if name == "a badge" else leaves[::3]):
        for value in ODD_VALUES[number % 2 :: 2]:
            yield put(document, path, value)


def at(document: dict[str, Any], path: tuple[Any, ...]) -> Any:
    place: Any = document
    for part in path:
        place = place[part]
    return place


def found(document: dict[str, Any], depth: int) -> dict[str, Any]:
    """What the checks say that look at the document alone."""
    case = Case(document, plaudit.offline, AT, depth=depth, max_depth=depth)
    case.run({"terms": check_terms, "model": check_model, "proof": lambda _: check_dates(case)})
    case.findings["key"] = case.findings["terms"]
    return case.findings | {"inner": check_inner(case)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_verifier_finds_is_the_same_with_and_without_memory(name: str) -> None:
    depth, alone = int(name == "no badge"), []
    for mutant in mutants(name):
        forget()
        try:
            alone.append((mutant, found(mutant, depth)))
        except UnicodeEncodeError:
            continue  # the parser lets no half of a pair through
    forget()
    for _ in range(3):
        found(DOCUMENTS[name], depth)
    for mutant, expected in (*alone, *reversed(alone)):
        assert found(mutant, depth) == expected, mutant


def issued(document: dict[str, Any]) -> bytes | tuple[str, str]:
    try:
        return plaudit.issue(document, GUILD, AT)
    except plaudit.PlauditError as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_issued_or_refused_is_the_same_with_and_without_memory(name: str) -> None:
    alone = []
    for mutant in mutants(name):
        forget()
        alone.append((mutant, issued(mutant)))
    forget()
    for _ in range(3):
        issued(DOCUMENTS[name])
    for mutant, expected in (*alone, *reversed(alone)):
        assert issued(mutant) == expected, mutant


def test_the_verdicts_are_used_at_all() -> None:
    """Or the comparisons above would say nothing."""
    for _ in range(3):
        plaudit.issue(credential(), GUILD, AT)
        assert found(credential(), 0)["model"].outcome == "passed"
    shape = next(entry[1] for entry in shapes.cache.shapes.values() if entry[1] is not None)
    assert {"issue", "model", "nothing inside"} <= shape.verdicts.keys()
    asked = shape.verdicts["issue"].asked
    words = {"Achievement.achievementType", "ResultDescription.resultType", "IdentityObject.identityType"}
    assert {kind for kind, _ in asked} == {"datetime", "date", "some", "iri"} | words
    assert not [place for kind, place in asked if kind == "iri" and shape.roles[place] == shapes.IRI]
    assert len(shape.verdicts["issue"].numbers) == 1


def test_a_signer_who_is_not_the_issuer_is_refused_for_a_known_shape_too() -> None:
    for _ in range(3):
        plaudit.issue(credential(), GUILD, AT)
    with pytest.raises(plaudit.IssueError, match="controller of the signing key"):
        plaudit.issue(credential(), STRANGER, AT)


def test_a_document_with_odd_names_is_refused_and_makes_no_shape() -> None:
    document = credential() | {7: "x"}
    for _ in range(3):
        with pytest.raises(plaudit.IssueError, match="must be a string"):
            plaudit.issue(document, GUILD, AT)
    assert not shapes.cache.shapes


@pytest.mark.parametrize("proof", [None, [None], "x", 3, [[]]], ids=str)
def test_proofs_that_the_model_refuses_are_refused_for_a_known_shape_too(proof: Any) -> None:
    alone = found(credential() | {"proof": proof}, 0)
    for _ in range(3):
        found(credential() | {"proof": []}, 0)
    assert found(credential() | {"proof": proof}, 0) == alone


def test_every_question_of_the_model_goes_through_one_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks into a value past `_Look.fits` would be forgotten by shape: a value that hides its text shows it."""

    class Shy(str):
        def __bool__(self) -> bool:
            raise AssertionError("a value was looked at without a question")

        __len__ = __iter__ = __getitem__ = __bool__  # type: ignore[assignment]

    def shy(value: Any) -> Any:
        if isinstance(value, dict):
            return {n: item if n in ("type", "@context") else shy(item) for n, item in value.items()}
        return (
            [shy(item) for item in value]
            if isinstance(value, list)
            else Shy(value)
            if isinstance(value, str)
            else value
        )

    monkeypatch.setattr(
        rules,
        "fits",
        lambda kind, item: rules._FITS[kind](str.__str__(item) if isinstance(item, Shy) else item),
    )
    for document in (credential(), ENDORSEMENT, PLAIN, TWO_TAGS):
        assert rules.check_credential(shy(document)) == ()


def test_an_id_that_filling_does_not_look_at_keeps_a_shape_from_being_remembered() -> None:
    for _ in range(2):
        pair = shapes.find(credential(), plaudit.canonical.parse)  # type: ignore[attr-defined]
    assert pair is not None
    assert verdicts.ids_are_addresses(pair[0], credential())
    assert not verdicts.ids_are_addresses(pair[0], credential() | {"id": True})


# Status lists


def status_list(*, signer: plaudit.Signer = GUILD, until: Any = None, revoked: int | None = None) -> bytes:
    bits = StatusBits.empty()
    if revoked is not None:
        bits.set(revoked)
    document = json.loads(web()[LIST])
    document["credentialSubject"]["encodedList"] = bits.encode()
    if until is not None:
        document["validUntil"] = until
    del document["proof"]
    proof = data_integrity.sign(
        document, signer.key, verification_method=signer.verification_method, created=AT - DAY
    )
    return json.dumps(document | {"proof": proof}).encode()


def index() -> int:
    return int(credential()["credentialStatus"]["statusListIndex"])


def issuer_document(**revoked: Any) -> bytes:
    method = Method(METHOD, GUILD.key.public(), **revoked)
    other = Method(f"{ISSUER}#other", STRANGER.key.public())
    return json.dumps(controller_document(ISSUER, [method, other])).encode()


OTHER = plaudit.Signer(STRANGER.key, f"{ISSUER}#other")
GOOD = {LIST: status_list(signer=OTHER), ISSUER_DOCUMENT: issuer_document()}
ENDS = "2026-11-23T00:00:00Z"
SITUATIONS: dict[str, tuple[dict[str, bytes], Any]] = {
    "good": (GOOD, AT),
    "revoked": (GOOD | {LIST: status_list(signer=OTHER, revoked=index())}, AT),
    "the list's key is gone": (GOOD | {ISSUER_DOCUMENT: json.dumps(controller_document(
        ISSUER, [Method(METHOD, GUILD.key.public())])).encode()}, AT),
    "the list's key is another": (GOOD | {ISSUER_DOCUMENT: json.dumps(controller_document(
        ISSUER, [Method(METHOD, GUILD.key.public()), Method(f"{ISSUER}#other", plaudit.PrivateKey(
            plaudit.KeyType.ED25519, b"x" * 32).public())])).encode()}, AT),
    "the list's key was revoked": (GOOD | {ISSUER_DOCUMENT: json.dumps(controller_document(
        ISSUER, [Method(METHOD, GUILD.key.public()), Method(f"{ISSUER}#other", STRANGER.key.public(), revoked=AT - DAY)]
    )).encode()}, AT),
    "a list that ends": (GOOD | {LIST: status_list(signer=OTHER, until=ENDS)}, AT),
    "a list that has ended": (GOOD | {LIST: status_list(signer=OTHER, until=ENDS)}, AT + timedelta(days=2)),
    "a list altered": (GOOD | {LIST: status_list(signer=OTHER).replace(b"revocation", b"suspension")}, AT),
    "no list": ({ISSUER_DOCUMENT: issuer_document()}, AT),
}  # fmt: skip


def judged(name: str, *, issue: Callable[[], bytes] = signed) -> dict[str, Any]:
    known, at = SITUATIONS[name]
    return plaudit.verify(issue(), fetch=MappedFetch(known), at=at).as_dict()


def test_a_list_that_was_verified_before_is_judged_as_if_it_were_new() -> None:
    alone = {}
    for name in SITUATIONS:
        forget()
        alone[name] = judged(name)
    verified = [name for name, report in alone.items() if report["verified"]]
    assert verified == ["good", "a list that ends"]
    for first in SITUATIONS:
        for second in SITUATIONS:
            forget()
            assert [judged(name) for name in (first, second, second, first)] == [
                alone[name] for name in (first, second, second, first)
            ], (first, second)


def test_a_known_list_does_not_speak_for_another_issuer() -> None:
    document = credential()
    document["issuer"] = document["issuer"] | {"id": STRANGER.controller}
    theirs = plaudit.issue(document, STRANGER, AT - DAY)
    assert judged("good")["verified"]
    report = plaudit.verify(theirs, fetch=MappedFetch(GOOD), at=AT)
    assert report.outcome_of("status") == "failed"


def test_lists_are_kept_in_a_bounded_number_and_only_good_and_small_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("a list altered", "no list", "the list's key is gone"):
        judged(name)
    assert not lists.lists.known
    monkeypatch.setattr(lists, "MAX_LISTS", 2)
    for name in ("good", "revoked", "a list that ends"):
        judged(name)
    assert len(lists.lists.known) == 2
    kept = next(iter(lists.lists.known.values()))
    encoded = kept.content["credentialSubject"]["encodedList"]
    assert kept.bits(encoded, prefixed=True) is kept.bits(encoded, prefixed=True)
    monkeypatch.setattr(lists, "MAX_BITS_BYTES", 2)
    fresh = lists.KnownList(kept.content, {})
    assert fresh.bits(encoded, prefixed=True) is not fresh.bits(encoded, prefixed=True)
    with pytest.raises(plaudit.UnreadableError):
        fresh.bits(None, prefixed=True)
    forget()
    monkeypatch.setattr(lists, "MAX_BYTES", 2)
    assert judged("good")["verified"]
    assert not lists.lists.known


def test_long_texts_of_strangers_are_judged_but_not_remembered() -> None:
    from plaudit import did

    long = "did:web:guild.example:" + "a" * 400
    before = did._known_web_address.cache_info().currsize
    assert did.did_web_address(long).endswith("/did.json")
    assert did._known_web_address.cache_info().currsize == before
    documents = did._known_document.cache_info().currsize
    large = MappedFetch({ISSUER_DOCUMENT: issuer_document() + b" " * 9_000})
    assert did.resolve(ISSUER, large)["id"] == ISSUER
    assert did._known_document.cache_info().currsize == documents
    odd = credential() | {"n" * 5_000: "x"}
    report = plaudit.verify(json.dumps(odd), fetch=plaudit.offline, at=AT)
    assert report.outcome_of("terms") == "failed"
