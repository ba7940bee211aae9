"""Learner records: what is inside, and what makes them one. Whether the parts are genuine, check 9 says."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaudit import clr
from plaudit.documents import CREDENTIALS_V2, OPEN_BADGES_V3
from tests.plaudit.samples import ISSUER, credential

SUBJECT = "urn:uuid:0b0f5f6e-5d1e-4df0-8a63-7c6e1d8b9a55"
ONE, TWO = "urn:uuid:a7467ef6-56cb-11ec-bf63-0242ac130002", "urn:uuid:dd887f0a-56cb-11ec-bf63-0242ac130002"


def achievement(identifier: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "type": ["Achievement"],
        "name": "Tin",
        "description": "Tins.",
        "criteria": {"narrative": "Tin."},
    }


def record(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2, clr.CONTEXT, OPEN_BADGES_V3],
        "id": "urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f77",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Transcript",
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Makers’ Guild"},
        "validFrom": "2026-11-01T09:00:00Z",
        "credentialSubject": {
            "id": SUBJECT,
            "type": ["ClrSubject"],
            "verifiableCredential": [credential(), "a.b.c"],
            "achievement": [achievement(ONE), achievement(TWO)],
            "association": [
                {"type": "Association", "associationType": "isParentOf", "sourceId": ONE, "targetId": TWO}
            ],
        },
    } | changes


def test_a_good_record_keeps_every_rule() -> None:
    assert clr.check_clr(record()) == ()
    assert clr.is_clr(record())
    assert not clr.is_clr(credential())


def test_a_record_comes_back_as_it_was() -> None:
    assert clr.ClrCredential.from_json(record()).to_json() == record()


def test_the_parts_come_in_their_order() -> None:
    assert clr.parts(record()) == [credential(), "a.b.c"]
    assert clr.parts({"credentialSubject": [7, {"verifiableCredential": credential()}]}) == [credential()]
    assert clr.parts({}) == []


FAULTS: dict[str, tuple[str, Any, str]] = {
    "contexts in another order": ("@context", [CREDENTIALS_V2, OPEN_BADGES_V3, clr.CONTEXT], "/@context/1"),
    "one context": ("@context", [CREDENTIALS_V2], "/@context/1"),
    "another type": ("type", ["VerifiableCredential"], "/type"),
    "no name": ("name", None, ""),
    "an issuer that is no profile": ("issuer", {"id": ISSUER}, "/issuer/type"),
    "no subject": ("credentialSubject", None, "/credentialSubject"),
    "two subjects": ("credentialSubject", [{}, {}], "/credentialSubject"),
    "another subject": ("credentialSubject/type", ["AchievementSubject"], "/credentialSubject/type"),
    "nobody's record": ("credentialSubject/id", None, "/credentialSubject"),
    "an identifier that is none": (
        "credentialSubject/identifier",
        ["eve"],
        "/credentialSubject/identifier/0",
    ),
    "nothing inside": (
        "credentialSubject/verifiableCredential",
        [],
        "/credentialSubject/verifiableCredential",
    ),
    "a number inside": (
        "credentialSubject/verifiableCredential",
        [7],
        "/credentialSubject/verifiableCredential/0",
    ),
    "no credential inside": (
        "credentialSubject/verifiableCredential",
        [{"type": "Achievement"}],
        "/credentialSubject/verifiableCredential/0/type",
    ),
    "an achievement by its id": ("credentialSubject/achievement", [ONE], "/credentialSubject/achievement/0"),
    "another achievement": (
        "credentialSubject/achievement",
        [achievement(ONE) | {"type": "Other"}],
        "/credentialSubject/achievement/0/type",
    ),
    "an achievement without name": (
        "credentialSubject/achievement",
        [achievement(ONE) | {"name": None}],
        "/credentialSubject/achievement/0",
    ),
    "an achievement without criteria": (
        "credentialSubject/achievement",
        achievement(ONE) | {"criteria": {}},
        "/credentialSubject/achievement/0/criteria",
    ),
    "one achievement twice": (
        "credentialSubject/achievement",
        [achievement(ONE), achievement(ONE)],
        "/credentialSubject/achievement/1/id",
    ),
    "an association that is a text": (
        "credentialSubject/association",
        ["x"],
        "/credentialSubject/association/0",
    ),
    "an association of another type": (
        "credentialSubject/association",
        [{"type": "Link", "associationType": "ext:x", "sourceId": ONE, "targetId": TWO}],
        "/credentialSubject/association/0/type",
    ),
    "an unknown association": (
        "credentialSubject/association",
        [{"type": "Association", "associationType": "likes", "sourceId": ONE, "targetId": TWO}],
        "/credentialSubject/association/0/associationType",
    ),
    "an association without target": (
        "credentialSubject/association",
        [{"type": "Association", "associationType": "isPartOf", "sourceId": ONE}],
        "/credentialSubject/association/0/targetId",
    ),
    "an association with more": (
        "credentialSubject/association",
        [
            {
                "type": "Association",
                "associationType": "isPartOf",
                "sourceId": ONE,
                "targetId": TWO,
                "weight": 1,
            }
        ],
        "/credentialSubject/association/0/weight",
    ),
}


@pytest.mark.parametrize(("path", "value", "at"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_named(path: str, value: Any, at: str) -> None:
    document = deepcopy(record())
    target = document
    *parents, last = path.split("/")
    for parent in parents:
        target = target[parent]
    target[last] = value
    if value is None:
        del target[last]
    assert at in [fault.path for fault in clr.check_clr(document)]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "identifier", "achievement", "association", "criteria", "verifiableCredential"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["@context", "type", "issuer", "credentialSubject", "name"]), ANYTHING)
def test_no_exception_leaves(name: str, value: Any) -> None:
    clr.check_clr(record(**{name: value}))
    clr.parts(record(**{name: value}))
    clr.is_clr(record(**{name: value}))
