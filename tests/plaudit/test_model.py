"""The words of the standard: they read and write themselves, unknown members survive, and rules find what is wrong."""

import json
from typing import Any

import pytest

from plaudit.errors import UnreadableError
from plaudit.model import CLASSES, AchievementCredential, Criteria, EndorsementCredential, Image, Profile
from plaudit.rules import check_credential
from tests.plaudit.samples import credential, signed


def test_a_badge_comes_back_as_it_was() -> None:
    document = credential()
    assert AchievementCredential.from_json(document).to_json() == document
    whole = json.loads(signed())
    assert AchievementCredential.from_json(whole).to_json() == whole


def test_unknown_members_survive_at_every_depth() -> None:
    document = credential(extension={"a": [1, None]})
    document["credentialSubject"]["achievement"]["criteria"]["level"] = 7
    badge = AchievementCredential.from_json(document)
    assert badge.more == {"extension": {"a": [1, None]}}
    assert badge.to_json() == document


def test_types_and_contexts_complete_themselves() -> None:
    assert Image(id="urn:x").to_json() == {"id": "urn:x", "type": "Image"}
    assert Profile(id="urn:x", type=("Person",)).to_json()["type"] == ["Profile", "Person"]
    assert Criteria(narrative="x").to_json() == {"narrative": "x"}
    assert AchievementCredential(id="urn:x").to_json()["type"] == [
        "VerifiableCredential",
        "OpenBadgeCredential",
    ]
    assert EndorsementCredential().to_json()["@context"] == credential()["@context"]


def test_nothing_is_written_as_null_or_empty() -> None:
    assert "null" not in json.dumps(AchievementCredential(id="urn:x", issuer=Profile(id="urn:y")).to_json())
    assert AchievementCredential(id="urn:x").to_json().keys() == {"@context", "id", "type"}


@pytest.mark.parametrize("value", [[], "x", 7, None])
def test_what_is_no_object_is_not_read(value: Any) -> None:
    with pytest.raises(UnreadableError):
        Profile.from_json(value)


@pytest.mark.parametrize("name", CLASSES)
def test_every_word_survives_an_empty_object(name: str) -> None:
    assert CLASSES[name].from_json({"x": 1}).to_json()["x"] == 1


def test_a_good_badge_keeps_every_rule() -> None:
    assert check_credential(credential(), strict=True) == ()
    assert check_credential(json.loads(signed())) == ()


def achievement(document: dict[str, Any]) -> dict[str, Any]:
    return document["credentialSubject"]["achievement"]


LENIENT = {
    "one object where many may be": lambda d: d.update(evidence=d["evidence"][0]),
    "one string as type": lambda d: achievement(d).update(type="Achievement"),
    "an issuer by its id": lambda d: d.update(issuer="did:web:guild.example"),
    "the other name of the type": lambda d: d.update(type=["VerifiableCredential", "AchievementCredential"]),
    "a name with a language": lambda d: d.update(name={"@value": "Löten", "@language": "de"}),
    "an empty array where none need be": lambda d: achievement(d).update(tag=[]),
    "a date with a time": lambda d: d["credentialSubject"].update(activityStartDate="2026-09-01T00:00:00Z"),
}


@pytest.mark.parametrize("change", LENIENT.values(), ids=LENIENT)
def test_what_others_may_write(change: Any) -> None:
    document = credential()
    change(document)
    assert check_credential(document) == ()


WRONG = {
    "the first context": ("/@context/0", lambda d: d["@context"].reverse()),
    "the second context": ("/@context/1", lambda d: d["@context"].pop()),
    "a required member": ("/credentialSubject/achievement", lambda d: achievement(d).pop("description")),
    "the type of the subject": ("/credentialSubject/type", lambda d: d["credentialSubject"].update(type=["Person"])),
    "the type of the achievement": ("/credentialSubject/achievement/type", lambda d: achievement(d).update(type=["X"])),
    "the type of an identity": ("/credentialSubject/identifier/0/type",
                                lambda d: d["credentialSubject"]["identifier"][0].update(type="Identity")),
    "the type of a result": ("/credentialSubject/result/0/type",
                             lambda d: d["credentialSubject"]["result"][0].update(type=["Grade"])),
    "the type of evidence": ("/evidence/0/type", lambda d: d["evidence"][0].update(type=["Proof"])),
    "a number that is a text": ("/credentialSubject/creditsEarned",
                                lambda d: d["credentialSubject"].update(creditsEarned="2.5")),
    "a boolean that is a text": ("/credentialSubject/identifier/0/hashed",
                                 lambda d: d["credentialSubject"]["identifier"][0].update(hashed="true")),
    "a text that is a number": ("/credentialSubject/role", lambda d: d["credentialSubject"].update(role=7)),
    "an address that is none": ("/issuer/url", lambda d: d["issuer"].update(url="guild")),
    "a date that is none": ("/validUntil", lambda d: d.update(validUntil="2028")),
    "many where one may be": ("/credentialSubject", lambda d: d.update(credentialSubject=[d["credentialSubject"]])),
    "a part that is a text": ("/credentialSubject/achievement/criteria", lambda d: achievement(d).update(criteria="x")),
    "criteria of nothing": ("/credentialSubject/achievement/criteria", lambda d: achievement(d).update(criteria={})),
    "a member too many": ("/credentialSubject/achievement/image/name",
                          lambda d: achievement(d)["image"].update(name="x")),
    "a status without a type": ("/credentialStatus", lambda d: d["credentialStatus"].pop("type")),
    "a status of nothing": ("/credentialStatus", lambda d: d.update(credentialStatus=[])),
    "nobody who earned it": ("/credentialSubject",
                             lambda d: (d["credentialSubject"].pop("id"), d["credentialSubject"].pop("identifier"))),
}  # fmt: skip


@pytest.mark.parametrize(("path", "change"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found_at_its_place(path: str, change: Any) -> None:
    document = credential()
    change(document)
    assert path in [fault.path for fault in check_credential(document)]


def test_an_endorsement_has_rules_of_its_own() -> None:
    document = credential(type=["VerifiableCredential", "EndorsementCredential"])
    assert "/credentialSubject/type" in [fault.path for fault in check_credential(document)]
    document["credentialSubject"] = {
        "id": "urn:x",
        "type": ["EndorsementSubject"],
        "endorsementComment": "Good.",
    }
    del document["evidence"]
    assert check_credential(document, strict=True) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("type", ["X"]), ("issuer", "guild"), ("issuer", None), ("credentialSubject", []), ("credentialSubject", {}),
     ("credentialSubject", "x"), ("id", "x"), ("validFrom", "2026"), ("termsOfUse", [{}])],
)  # fmt: skip
def test_a_plain_credential_is_checked_as_such(name: str, value: Any) -> None:
    plain = credential(type=["VerifiableCredential"])
    assert check_credential(plain) == ()
    assert check_credential(plain | {name: value})
