"""The words of Open Badges 2.0, and older badges read in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit import ob2
from plaudit.errors import UnreadableError
from tests.plaudit.guild2 import ADDRESS, ASSERTION_2, BADGE_2, ISSUER_2, hosted_web, signed_web


def test_documents_come_back_as_they_were() -> None:
    for document in [*hosted_web().values(), *signed_web().values()]:
        word = ob2.read(document)
        again = word.to_json()
        if isinstance(word, ob2.RevocationList):
            again.setdefault("revokedAssertions", [])
        assert again == document


def test_types_are_written_where_they_must_be() -> None:
    assert ASSERTION_2.to_json()["type"] == "Assertion"
    assert ISSUER_2.to_json()["type"] == "Issuer"
    assert ob2.Profile(type=("Profile",), id="urn:x").to_json() == {"id": "urn:x", "type": "Profile"}
    assert ob2.Criteria(narrative="x").to_json() == {"narrative": "x"}


def test_extensions_and_unknown_members_survive() -> None:
    document = BADGE_2.to_json() | {"extensions:x": {"type": ["Extension"], "y": [1]}, "z": None}
    assert ob2.read(document).to_json() == document
    document["criteria"]["level"] = 7
    assert ob2.read(document).to_json() == document


def test_one_name_is_two_words_in_two_versions() -> None:
    from plaudit import model

    image = ob2.BadgeClass.from_json(
        {"image": {"id": "https://x.example/", "author": "https://y.example/"}}
    ).image
    assert isinstance(image, ob2.Image)
    assert image.author == "https://y.example/"
    assert isinstance(model.Achievement.from_json({"image": {"id": "urn:x"}}).image, model.Image)


def test_what_is_none_of_them_is_not_read() -> None:
    for kind in ("Cool", None, 7, ["https://x.example/Cool"]):
        with pytest.raises(UnreadableError, match="no word"):
            ob2.read({"type": kind})


def test_which_documents_are_meant() -> None:
    assert ob2.is_open_badge_2(ASSERTION_2.to_json() | {"@context": [ob2.CONTEXT, "https://x.example/"]})
    assert ob2.is_open_badge_2({"@context": ob2.CONTEXT_1})
    assert ob2.is_open_badge_2({"verify": {"type": "hosted"}})
    for document in (
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": {"name": "https://x.example/"}},
        {"@context": {"x": float("nan")}},
        {"verify": {}, "verification": {}},
        {"verify": "hosted"},
        {},
    ):
        assert not ob2.is_open_badge_2(document), document
    assert not ob2.is_published_context({"x": {1}})  # type: ignore[dict-item]


MOMENTS = {
    "2026-11-01T09:00:00Z": "2026-11-01T09:00:00+00:00",
    "2026-11-01T09:00Z": "2026-11-01T09:00:00+00:00",
    "2026-11-01T09:00:00.123456+01:00": "2026-11-01T08:00:00.123456+00:00",
    "2026-11-01T09:00:00+0100": "2026-11-01T08:00:00+00:00",
}


@pytest.mark.parametrize("text", MOMENTS)
def test_moments(text: str) -> None:
    moment = ob2.parse_moment(text)
    assert moment is not None
    assert moment.isoformat() == MOMENTS[text]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01",
        "2026-11-01T09:00:00",
        "2026-13-01T09:00:00Z",
        "",
        "soon",
        None,
        1761987600,
        "٢٠٢٦-11-01T09:00Z",
    ],
)
def test_no_moments(text: Any) -> None:
    assert ob2.parse_moment(text) is None


# Open Badges 1.0 and 1.1

DATES_1: dict[str, tuple[Any, Any]] = {
    "a day": ("2012-11-01", "2012-11-01T00:00:00Z"),
    "seconds since 1970": (1351728000, "2012-11-01T00:00:00Z"),
    "the same as text": ("1351728000", "2012-11-01T00:00:00Z"),
    "without a zone": ("2012-11-01T09:00:00", "2012-11-01T09:00:00Z"),
    "in full": ("2012-11-01T09:00:00Z", "2012-11-01T09:00:00Z"),
    "a truth": (True, True),
    "long ago": (-1, -1),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("before", "after"), DATES_1.values(), ids=DATES_1)
def test_dates_of_1(before: Any, after: Any) -> None:
    document = {"uid": "1", "verify": {"type": "hosted", "url": ADDRESS}, "issuedOn": before}
    assert ob2.upgrade(document, ob2.Assertion)["issuedOn"] == after


def test_an_assertion_of_1_names_its_own_address() -> None:
    hosted = ob2.upgrade({"verify": {"type": "hosted", "url": ADDRESS}, "issuedOn": 1}, ob2.Assertion)
    assert (hosted["id"], hosted["verification"]) == (ADDRESS, {"type": "HostedBadge"})
    signed = {"verify": {"type": "signed", "url": "https://x.example/key"}, "uid": "a-1"}
    upgraded = ob2.upgrade(signed, ob2.Assertion)
    assert upgraded["verification"] == {"type": "SignedBadge", "creator": "https://x.example/key"}
    assert upgraded["id"] == "urn:x-badge-uid:a-1"
    assert ob2.upgrade(signed | {"uid": "urn:uuid:1"}, ob2.Assertion)["id"] == "urn:uuid:1"
    assert (
        ob2.upgrade({"@context": ob2.CONTEXT_1, "id": "urn:x", "type": "Assertion"}, ob2.Assertion)["id"]
        == "urn:x"
    )
    assert "verification" not in ob2.upgrade({"verify": {"type": "magic"}}, ob2.Assertion)
    assert ob2.upgrade({"verify": {"type": "hosted"}}, ob2.Assertion, ADDRESS)["id"] is None


def test_what_is_of_2_stays_as_it_is() -> None:
    for document in (ASSERTION_2.to_json() | {"@context": ob2.CONTEXT}, {"type": "Assertion"}):
        assert ob2.upgrade(document, ob2.Assertion) is document
    key = {"publicKeyPem": "x"}
    assert ob2.upgrade(key, ob2.CryptographicKey) is key


def test_badge_classes_of_1() -> None:
    upgraded = ob2.upgrade({"name": "x", "alignment": {"name": "y"}}, ob2.BadgeClass, "https://x.example/b")
    assert upgraded == {
        "@context": ob2.CONTEXT, "id": "https://x.example/b", "type": "BadgeClass", "name": "x",
        "alignment": [{"targetName": "y"}],
    }  # fmt: skip
    assert ob2.upgrade({"alignment": ["x", 7]}, ob2.BadgeClass)["alignment"] == ["x", 7]
    assert ob2.upgrade({"@context": [ob2.CONTEXT_1], "type": "Issuer"}, ob2.Profile)["type"] == "Issuer"


def test_revocation_lists_of_1() -> None:
    upgraded = ob2.upgrade({"a-1": "copied", "a-2": 7}, ob2.RevocationList, "https://x.example/r")
    assert upgraded["revokedAssertions"] == [{"uid": "a-1", "revocationReason": "copied"}]
    assert ob2.upgrade({"revokedAssertions": ["x"]}, ob2.RevocationList)["revokedAssertions"] == ["x"]


# Rules


def test_no_document_has_more_faults_than_anybody_reads() -> None:
    faults = ob2.check_document({**BADGE_2.to_json(), "tags": [1] * 100})
    assert len(faults) == ob2.MAX_FAULTS


def test_a_document_of_no_known_class_has_only_its_type_looked_at() -> None:
    assert ob2.check_document({"type": "https://x.example/Cool", "name": 7}) == ()
    assert [fault.path for fault in ob2.check_document({"type": "Cool"})] == ["/type"]
    assert ob2.known_words({"type": "Cool", "id": "urn:x", "name": 7}) == {"type": "Cool", "id": "urn:x"}


def test_documents_inside_one_another_end() -> None:
    deep: Any = {"type": "BadgeClass"}
    for _ in range(20):
        deep = {"type": "Endorsement", "issuer": {"type": "Issuer", "endorsement": deep}}
    assert ob2.check_document(deep)


def test_nothing_of_no_word_is_shown() -> None:
    document = BADGE_2.to_json() | {
        "evil": "x",
        "alignment": [{"targetName": "x", "targetUrl": "https://x.example/", "evil": 1}, "y"],
        "geo": {
            "type": ["Extension", "extensions:GeoCoordinates"],
            "geo": {"latitude": 1, "evil": 2},
            "evil": 3,
        },
    }
    assert "evil" not in json.dumps(ob2.known_words(document))
    assert ob2.known_words(document)["geo"]["geo"] == {"latitude": 1}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(ob2.CLASSES)), st.data())
def test_rules_answer_whatever_comes(name: str, data: st.DataObject) -> None:
    cls = ob2.CLASSES[name]
    members = [row.name for row in ob2.rows_of(cls)]  # type: ignore[attr-defined]
    document = data.draw(
        st.dictionaries(st.sampled_from([*members, "extensions:x", "ext"]), VALUES, max_size=5)
    )
    document.setdefault("type", name)
    ob2.check_document(document)
    ob2.check_document(document, cls)
    ob2.check_context(document)
    ob2.foreign_contexts(document)
    ob2.known_words(document)
    ob2.is_open_badge_2(document)
    for word in (ob2.Assertion, ob2.BadgeClass, ob2.Profile, ob2.RevocationList):
        ob2.upgrade(document, word)
