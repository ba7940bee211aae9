"""Issuing: what comes out verifies, and what others would refuse never comes out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plaudit
from plaudit import IssueError, MappedFetch, Signer, issue, issue_jwt
from plaudit.documents import CREDENTIALS_V2, ISSUED
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, LIST, STRANGER, credential, status_list, web

Change = Callable[[dict[str, Any]], Any]


def test_what_is_issued_verifies() -> None:
    report = plaudit.verify(issue(credential(), GUILD, AT - DAY), fetch=MappedFetch(web()), at=AT)
    assert report.verified, report.as_dict()
    assert {check.id: str(check.outcome) for check in report.checks} == {
        "parse": "passed", "terms": "passed", "model": "passed", "proof": "passed", "key": "passed",
        "dates": "passed", "status": "passed", "recipient": "absent", "inner": "absent",
    }  # fmt: skip


def test_the_bytes_are_the_same_every_time_and_in_a_fixed_order() -> None:
    one = issue(credential(), GUILD, AT)
    assert issue(credential(), GUILD, AT) == one
    document = json.loads(one)
    assert list(document)[:7] == ["@context", "id", "type", "name", "issuer", "validFrom", "validUntil"]
    assert list(document)[-1] == "proof"
    assert isinstance(document["proof"], list)
    assert "“solder”".encode() in one


def test_the_callers_mapping_is_left_alone() -> None:
    document = credential()
    issue(document, GUILD, AT)
    assert document == credential()


def test_a_status_list_uses_the_first_context_alone() -> None:
    assert json.loads(status_list())["@context"] == [CREDENTIALS_V2]
    report = plaudit.verify(status_list(), fetch=MappedFetch(web()), at=AT)
    assert report.outcome_of("proof") == "passed"
    assert report.outcome_of("model") == "unknown", "a status list is no badge"
    assert not report.verified


def subject(document: dict[str, Any]) -> dict[str, Any]:
    return document["credentialSubject"]


def achievement(document: dict[str, Any]) -> dict[str, Any]:
    return document["credentialSubject"]["achievement"]


REFUSED: dict[str, tuple[str, Change]] = {
    "an undefined word": ("/credentialSubject/achievement/grade", lambda d: achievement(d).update(grade="A")),
    "an undefined type": ("/credentialSubject/achievement/type/1", lambda d: achievement(d)["type"].append("Degree")),
    "null": ("/description", lambda d: d.update(description=None)),
    "an empty array": ("/credentialSubject/achievement/tag", lambda d: achievement(d).update(tag=[])),
    "an empty object": ("/credentialSubject/achievement/creator", lambda d: achievement(d).update(creator={})),
    "a word twice in an array": ("/credentialSubject/achievement/tag/1",
                                 lambda d: achievement(d).update(tag=["a", "a"])),
    "a relative address": ("/credentialSubject/achievement/id", lambda d: achievement(d).update(id="soldering")),
    "a blank node": ("/credentialSubject/id", lambda d: subject(d).update(id="_:eve")),
    "no id": ("", lambda d: d.pop("id")),
    "no name of the achievement": ("/credentialSubject/achievement", lambda d: achievement(d).pop("name")),
    "no criteria": ("/credentialSubject/achievement", lambda d: achievement(d).pop("criteria")),
    "criteria of nothing": ("/credentialSubject/achievement/criteria",
                            lambda d: achievement(d).update(criteria={"type": ["Criteria"]})),
    "no begin": ("", lambda d: d.pop("validFrom")),
    "an end before the begin": ("/validUntil", lambda d: d.update(validUntil="2026-11-01T08:59:59Z")),
    "a resource without a digest": ("/relatedResource/0", lambda d: d.update(relatedResource=[{"id": "urn:x:1"}])),
    "a resource twice": ("/relatedResource/1/id", lambda d: d.update(
        relatedResource=[{"id": "urn:x:1", "digestSRI": f"sha256-{end}"} for end in "ab"])),
    "a begin without a zone": ("/validFrom", lambda d: d.update(validFrom="2026-11-01T09:00:00")),
    "nobody": ("/credentialSubject", lambda d: (subject(d).pop("id"), subject(d).pop("identifier"))),
    "a type that is no array": ("/type", lambda d: d.update(type="OpenBadgeCredential")),
    "the type of a picture in an array": ("/credentialSubject/achievement/image/type",
                                          lambda d: achievement(d)["image"].update(type=["Image"])),
    "evidence that is no array": ("/evidence", lambda d: d.update(evidence={"type": ["Evidence"], "name": "x"})),
    "a member the standard does not allow": ("/credentialSubject/achievement/image/name",
                                             lambda d: achievement(d)["image"].update(name="x")),
    "a direction": ("/name", lambda d: d.update(name={"@value": "x", "@direction": "rtl"})),
    "a whole number as a fraction": ("/credentialSubject/creditsEarned",
                                     lambda d: subject(d).update(creditsEarned=3.0)),
    "a fraction too small": ("/credentialSubject/creditsEarned", lambda d: subject(d).update(creditsEarned=1e-7)),
    "a number too large": ("/credentialSubject/creditsEarned", lambda d: subject(d).update(creditsEarned=2**53)),
    "not a number": ("/credentialSubject/creditsEarned", lambda d: subject(d).update(creditsEarned=float("nan"))),
    "half a surrogate pair": ("/name", lambda d: d.update(name="\ud800")),
    "no JSON value": ("/name", lambda d: d.update(name={1, 2})),
    "a proof": ("/proof", lambda d: d.update(proof=[])),
    "a schema": ("/credentialSchema", lambda d: d.update(credentialSchema=[])),
    "a refresh service": ("/refreshService", lambda d: d.update(refreshService={})),
    "an endorsement as JWT": ("/credentialSubject/achievement/endorsementJwt",
                              lambda d: achievement(d).update(endorsementJwt=["a.b.c"])),
    "a third context": ("/@context", lambda d: d["@context"].append("https://w3id.org/security/multikey/v1")),
    "the contexts in another order": ("/@context", lambda d: d.update({"@context": [*reversed(ISSUED)]})),
    "a status without a type": ("/credentialStatus", lambda d: d.update(credentialStatus={"id": LIST})),
    "another issuer": ("/issuer/id", lambda d: d["issuer"].update(id="did:web:other.example")),
    "an issuer of another type": ("/issuer/type", lambda d: d["issuer"].update(type=["Person"])),
}  # fmt: skip


@pytest.mark.parametrize(("path", "change"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_and_the_place_is_named(path: str, change: Change) -> None:
    document = credential()
    change(document)
    with pytest.raises(IssueError) as caught:
        issue(document, GUILD, AT)
    assert caught.value.path == path
    assert caught.value.reason


def test_what_is_no_question_about_one_value_is_asked_of_a_known_shape_too() -> None:
    """A badge of the same shape was signed, so the short road is taken; it may not leave these out."""
    resources = [{"id": f"urn:x:{number}", "digestSRI": "sha256-x"} for number in (1, 2)]
    for _ in range(3):
        issue(credential(relatedResource=resources), GUILD, AT)
    for change in ({"validUntil": "2026-10-01T00:00:00Z"}, {"relatedResource": [resources[0], resources[0]]}):
        with pytest.raises(IssueError):
            issue(credential(**{"relatedResource": resources} | change), GUILD, AT)
        with pytest.raises(IssueError):
            issue_jwt(credential(**{"relatedResource": resources} | change), GUILD, AT)


def test_a_key_that_is_not_the_issuers_does_not_sign_for_it() -> None:
    with pytest.raises(IssueError, match="controller of the signing key"):
        issue(credential(), STRANGER, AT)
    with pytest.raises(IssueError, match="controller of the signing key"):
        issue(credential(), Signer(GUILD.key, "#key-ed25519-1"), AT)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT, st.floats(min_value=0.001, max_value=1e6).filter(lambda value: not value.is_integer()))
def test_whatever_is_issued_is_verified(name: str, words: str, credits: float) -> None:
    document = credential(name=name)
    subject(document).update(role=words, creditsEarned=credits)
    achievement(document)["criteria"]["narrative"] = words
    report = plaudit.verify(issue(document, GUILD, AT), fetch=MappedFetch(web()), at=AT)
    assert report.verified, report.as_dict()
    assert report.credential is not None
    assert report.credential["name"] == name
    assert report.credential["issuer"]["id"] == ISSUER


def test_what_cannot_be_put_in_form_is_not_signed() -> None:
    with pytest.raises(IssueError, match="too complex"):
        issue(credential(evidence=[{"type": ["Evidence"], "name": "same"} for _ in range(501)]), GUILD, AT)


def test_odd_names_and_numbers_in_arrays_are_not_signed() -> None:
    with pytest.raises(IssueError, match="must be a string"):
        issue(credential() | {5: "x"}, GUILD, AT)
    with pytest.raises(IssueError, match="/name/1: processors write"):
        issue(credential(name=["x", 3.0]), GUILD, AT)
