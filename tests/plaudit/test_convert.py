"""One award in two versions of the standard: both ways nothing is lost that both can say, and the rest is named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plaudit
from plaudit import ob2
from plaudit.checks.hosted import examine
from plaudit.convert import OpenBadge2, OpenBadge3, to_ob2, to_ob3
from plaudit.errors import IssueError
from plaudit.issue_ob2 import hosted_documents, sign_assertion, withdrawn
from plaudit.model import AchievementCredential
from plaudit.rules import check_credential
from tests.plaudit.guild2 import (
    ADDRESS,
    ASSERTION_2,
    BADGE,
    BADGE_2,
    ISSUER2,
    ISSUER_2,
    KEY,
    REVOKED,
    Web,
    hosted_web,
    rsa_key,
    signed_web,
)
from tests.plaudit.samples import AT, EMAIL, GUILD, ISSUER, credential

ADDRESSES = {"assertion_id": ADDRESS, "badge_id": BADGE, "issuer_id": ISSUER2}


def identifiers_of(document: dict[str, Any]) -> dict[str, str]:
    return {
        "credential_id": document["id"],
        "achievement_id": document["credentialSubject"]["achievement"]["id"],
        "issuer_id": document["issuer"]["id"],
    }


def without(document: Any, paths: tuple[str, ...]) -> Any:
    """The document without the members at those pointers."""
    result = json.loads(json.dumps(document))
    for path in sorted(paths, reverse=True):
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        target = result
        for parent in parents:
            target = target[int(parent)] if isinstance(target, list) else target[parent]
        del target[int(last) if isinstance(target, list) else last]
    return result


def test_our_award_becomes_one_of_2_and_is_good_there() -> None:
    converted = to_ob2(credential(), **ADDRESSES)
    issuer = replace(converted.issuer, email="hello@guild.example")
    web = hosted_documents(converted.assertion, converted.badge_class, issuer)
    findings, shown = examine(ADDRESS, fetch=Web(web), at=AT, recipient=EMAIL)
    assert {finding.outcome.value for finding in findings.values()} <= {"passed", "absent"}, findings
    assert shown is not None
    assert shown["badge"]["name"] == credential()["credentialSubject"]["achievement"]["name"]
    assert "/name" in converted.lost


def test_an_award_of_2_becomes_ours_and_can_be_signed() -> None:
    converted = to_ob3(
        ASSERTION_2, BADGE_2, ISSUER_2, credential_id="urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f02",
        issuer_id=ISSUER,
    )  # fmt: skip
    assert converted.lost == ()
    document = converted.credential.to_json()
    assert check_credential(document, strict=True) == ()
    signed = plaudit.issue(converted.credential, GUILD, AT)
    assert json.loads(signed)["credentialSubject"]["narrative"] == "Ten joints, no burns."


def test_what_a_report_shows_can_be_converted() -> None:
    _, shown = examine(ADDRESS, fetch=Web(hosted_web()), at=AT)
    assert shown is not None
    assert to_ob3(shown) == to_ob3(ASSERTION_2, BADGE_2, ISSUER_2)


def test_what_2_cannot_say_is_named() -> None:
    document = credential()
    subject = document["credentialSubject"]
    subject["identifier"] = [
        {"type": "IdentityObject", "hashed": False, "identityHash": "Eve", "identityType": "name"},
        {"type": "IdentityObject", "hashed": False, "identityHash": EMAIL, "identityType": "emailAddress"},
    ]
    subject["role"] = "member"
    subject["x/y~z"] = 1
    subject["achievement"]["name"] = {"@value": "Löten", "@language": "de"}
    lost = to_ob2(document, **ADDRESSES).lost
    assert {
        "/awardedDate", "/credentialSubject/id", "/credentialSubject/identifier/0", "/credentialSubject/role",
        "/credentialSubject/x~1y~0z", "/credentialSubject/achievement/name/@language", "/issuer/address",
    } <= {*lost}  # fmt: skip
    assert "/credentialSubject/identifier/1" not in lost
    assert "/proof" not in lost


def test_what_3_cannot_say_is_named() -> None:
    assertion = replace(
        ASSERTION_2, endorsement=("https://x.example/e",), more={"extensions:x": {}}, version="2"
    )
    badge = replace(BADGE_2, image={"id": "https://x.example/i", "author": "https://x.example/"})
    lost = to_ob3(assertion, badge, replace(ISSUER_2, endorsement=("https://x.example/e",))).lost
    assert {*lost} == {
        "/endorsement", "/extensions:x", "/version", "/badge/image/author", "/badge/issuer/endorsement",
    }  # fmt: skip


RECIPIENTS: dict[str, dict[str, Any]] = {
    "an address on the web": {"type": "url", "hashed": False, "identity": "https://eve.example/"},
    "a hashed telephone number": {"type": "telephone", "hashed": True, "identity": "sha256$00", "salt": "x"},
    "an id": {"type": "id", "hashed": False, "identity": "did:example:eve"},
}


@pytest.mark.parametrize("recipient", RECIPIENTS.values(), ids=RECIPIENTS)
def test_recipients_survive(recipient: dict[str, Any]) -> None:
    assertion = ASSERTION_2.to_json() | {"recipient": recipient}
    there = to_ob3(assertion, BADGE_2, ISSUER_2)
    assert there.lost == ()
    assert to_ob2(there.credential).assertion.to_json()["recipient"] == recipient


def test_what_cannot_be_converted_says_where() -> None:
    nobody = credential()
    nobody["credentialSubject"] = {"achievement": nobody["credentialSubject"]["achievement"]}
    for document, path in (
        ({}, "/credentialSubject"),
        ({"credentialSubject": {}}, "/credentialSubject/achievement"),
        (credential(), "/id"),
        (nobody, "/credentialSubject"),
        (credential(issuer=7), "/issuer"),
    ):
        with pytest.raises(IssueError) as caught:
            to_ob2(document)
        assert caught.value.path == path
    odd = ASSERTION_2.to_json() | {"recipient": {"type": ["carrier pigeon"]}}
    for arguments, path in (
        ((ASSERTION_2.to_json(),), "/badge"),
        ((ASSERTION_2, BADGE_2), "/badge/issuer"),
        ((odd, BADGE_2, ISSUER_2), "/recipient/type"),
        ((replace(ASSERTION_2, id=None), BADGE_2, ISSUER_2), "/id"),
    ):
        with pytest.raises(IssueError) as caught:
            to_ob3(*arguments)
        assert caught.value.path == path


def test_an_issuer_by_its_identifier() -> None:
    converted = to_ob2(credential(issuer=ISSUER2), assertion_id=ADDRESS, badge_id=BADGE)
    assert converted.issuer.id == ISSUER2


def test_odd_values_are_named_or_kept() -> None:
    document = credential(image=7, evidence=["https://x.example/", 7])
    converted = to_ob2(document, **ADDRESSES)
    assert {"/image", "/evidence/1"} <= {*converted.lost}
    assert converted.assertion.evidence == ("https://x.example/",)
    there = to_ob3(
        ASSERTION_2.to_json() | {"issuedOn": "2026-11-01T09:00Z"}, replace(BADGE_2, version=3), ISSUER_2
    )
    assert there.credential.valid_from == "2026-11-01T09:00:00Z"
    assert there.credential.credential_subject.achievement.version == "3"  # type: ignore[union-attr]
    odd = to_ob3(ASSERTION_2.to_json() | {"issuedOn": "soon"}, [BADGE_2][0], ISSUER_2)
    assert odd.credential.valid_from == "soon"


# Both ways, over everything that both can say

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
URL = st.integers(0, 99).map(lambda number: f"https://x.example/{number}")
MOMENT = st.integers(2000, 2090).map(lambda year: f"{year}-02-03T04:05:06Z")


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def all_of(required: dict[str, st.SearchStrategy[Any]], **more: st.SearchStrategy[Any]) -> Any:
    return st.fixed_dictionaries(required, optional=more)


def lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=1, max_size=3)


IDENTITY = st.builds(
    lambda kind, value, salt: {"type": kind, "hashed": salt is not None, "identity": value}
    | ({} if salt is None else {"salt": salt}),
    st.sampled_from(["email", "url", "telephone"]), TEXT, st.none() | TEXT,
)  # fmt: skip
IMAGE = URL | all_of({"id": URL, "caption": TEXT})
ASSERTIONS = all_of(
    {"recipient": IDENTITY, "issuedOn": MOMENT},
    expires=MOMENT, narrative=TEXT, image=IMAGE,
    evidence=lists(URL | all_of({"id": URL, "name": TEXT}, description=TEXT, genre=TEXT, audience=TEXT)),
)  # fmt: skip
BADGES = all_of(
    {"name": TEXT, "description": TEXT, "criteria": URL | all_of({"narrative": TEXT}, id=URL)},
    **{"@language": st.just("de"), "tags": lists(TEXT), "version": TEXT, "image": IMAGE},
    alignment=lists(all_of({"targetName": TEXT, "targetUrl": URL}, targetCode=TEXT, targetFramework=TEXT,
                           targetDescription=TEXT)),
    related=lists(URL | all_of({"id": URL, "@language": st.just("fr")}, version=TEXT)),
)  # fmt: skip
PROFILES = all_of(
    {"name": TEXT, "url": URL, "email": st.just("a@x.example")}, telephone=TEXT, description=TEXT, image=IMAGE
)


@settings(max_examples=150, deadline=None)
@given(ASSERTIONS, BADGES, PROFILES)
def test_from_2_to_3_and_back(assertion: Any, badge: Any, profile: Any) -> None:
    first = OpenBadge2(
        ob2.Assertion.from_json({"@context": ob2.CONTEXT, "id": ADDRESS, "badge": BADGE, "type": "Assertion",
                                 "verification": {"type": "HostedBadge"}} | assertion),
        ob2.BadgeClass.from_json({"@context": ob2.CONTEXT, "id": BADGE, "issuer": ISSUER2} | badge),
        ob2.Profile.from_json({"@context": ob2.CONTEXT, "id": ISSUER2} | profile),
        (),
    )  # fmt: skip
    there = to_ob3(first.assertion, first.badge_class, first.issuer)
    assert there.lost == ()
    assert to_ob2(there.credential) == first


CREDENTIALS = st.builds(
    lambda top, subject, achievement, issuer, identity: {
        **credential(),
        **top,
        "name": achievement["name"],
        "issuer": {"id": ISSUER, "type": ["Profile"], **issuer},
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [{"type": "IdentityObject", "identityHash": "x", "identityType": "emailAddress"} | identity],
            **subject,
            "achievement": {"id": "urn:uuid:1", "type": ["Achievement"], **achievement},
        },
    },
    some(validUntil=MOMENT, awardedDate=MOMENT, description=TEXT),
    some(narrative=TEXT, role=TEXT, term=TEXT, licenseNumber=TEXT),
    all_of({"name": TEXT, "description": TEXT, "criteria": all_of({"narrative": TEXT}, id=URL)},
           tag=lists(TEXT), humanCode=TEXT, inLanguage=st.just("de"), version=TEXT, achievementType=TEXT),
    some(name=TEXT, url=URL, phone=TEXT, email=TEXT, familyName=TEXT),
    all_of({"hashed": st.booleans()}, salt=TEXT),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(CREDENTIALS)
def test_from_3_to_2_and_back(document: dict[str, Any]) -> None:
    there = to_ob2(document, **ADDRESSES)
    back = to_ob3(there.assertion, there.badge_class, there.issuer, **identifiers_of(document))
    assert back.lost == ()
    kept = without(document, there.lost)
    kept.pop("credentialStatus", None)
    expected = AchievementCredential.from_json(kept)
    assert sorted(back.credential.to_json().items(), key=str) == sorted(expected.to_json().items(), key=str)


def test_both_results_are_plain_values() -> None:
    assert isinstance(to_ob2(credential(), **ADDRESSES), OpenBadge2)
    assert isinstance(to_ob3(ASSERTION_2, BADGE_2, ISSUER_2), OpenBadge3)


# Issuing 2.0


def test_documents_are_where_they_say() -> None:
    for web in (hosted_web(), signed_web()):
        assert all(document["id"] == address for address, document in web.items())
        assert all(document["@context"] == ob2.CONTEXT for document in web.values())
    assert {*hosted_web()} == {ADDRESS, BADGE, ISSUER2}
    assert {*signed_web()} == {BADGE, ISSUER2, KEY, REVOKED}
    again = hosted_documents(
        ASSERTION_2, BADGE_2, replace(ISSUER_2, public_key=(KEY,)), key=rsa_key().public(), key_id=KEY
    )
    assert again[ISSUER2]["publicKey"] == [KEY]
    assert withdrawn(ADDRESS)["revoked"] is True


def test_an_issuer_may_allow_another_host() -> None:
    allowing = replace(ISSUER_2, verification=ob2.VerificationObject(allowed_origins=("badges.example",)))
    web = hosted_documents(replace(ASSERTION_2, id="https://badges.example/1"), BADGE_2, allowing)
    assert examine("https://badges.example/1", fetch=Web(web), at=AT)[0]["key"].outcome == "passed"
    with pytest.raises(IssueError, match=r"badges\.example"):
        hosted_documents(ASSERTION_2, BADGE_2, allowing)


def test_what_a_verifier_would_refuse_is_not_issued() -> None:
    for change in (
        {"assertion": replace(ASSERTION_2, id="https://evil.example/a")},
        {"assertion": replace(ASSERTION_2, id="urn:uuid:1")},
        {"assertion": replace(ASSERTION_2, issued_on="soon")},
        {"badge_class": replace(BADGE_2, criteria=None)},
        {"badge_class": replace(BADGE_2, id="urn:x")},
        {"badge_class": replace(BADGE_2, id=ISSUER2)},
        {"issuer": replace(ISSUER_2, email=None)},
        {"key": GUILD.key.public(), "key_id": KEY},
        {"key": rsa_key().public()},
    ):
        arguments: Any = {"assertion": ASSERTION_2, "badge_class": BADGE_2, "issuer": ISSUER_2} | change
        with pytest.raises(IssueError):
            hosted_documents(**arguments)
    with pytest.raises(IssueError):
        sign_assertion(ASSERTION_2, GUILD.key, KEY)
    with pytest.raises(IssueError):
        sign_assertion(replace(ASSERTION_2, recipient=None), rsa_key(), KEY)
    with pytest.raises(IssueError):
        sign_assertion(replace(ASSERTION_2, more={"x": float("nan")}), rsa_key(), KEY)


def test_an_embedded_badge_class_is_signed_by_its_address() -> None:
    jws = sign_assertion(replace(ASSERTION_2, badge=BADGE_2), rsa_key(), KEY)
    findings, _ = examine(jws, fetch=Web(signed_web()), at=AT)
    assert findings["proof"].outcome == "passed"
