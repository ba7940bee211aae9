"""A badge in several languages, mapped to frameworks, with results of its own (J44); what was awarded never changes."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client

import plaudit
from plaudit_site.achievements import publishing, saying
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.awards import claiming, own_documents, staging
from plaudit_site.awards.models import Award, BatchRow, Visibility
from tests import people
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
GERMAN = {
    "title": "Geprüfte Produktmanagerin",
    "description": "Kann ein Produkt führen.",
    "criteria": "- Prüfung",
}
ALIGNMENT = {
    "targetName": "Product Management",
    "targetUrl": "https://frameworks.example/pm",
    "targetCode": "K.1",
}


@pytest.fixture
def client(world: World) -> Client:
    return signed_in(world.ada)


def url(world: World, more: str = "") -> str:
    return f"/manage/{world.issuer.slug}/badges/{world.badge.public_id}{more}"


def speak_german(world: World) -> None:
    publishing.translate(world.badge, "de", GERMAN, by="test")


def edit(client: Client, world: World, **more: str) -> Any:
    """The form as it was, but for `more`."""
    form = client.get(url(world, "/edit")).context["form"].initial
    kept = {name: value for name, value in form.items() if value is not None}
    return client.post(url(world, "/edit"), {"title_in_picture": "in", **kept, **more})


def document(award: Award) -> dict[str, Any]:
    award.refresh_from_db()
    assert award.credential is not None
    content = bytes(award.credential.content)
    report = plaudit.verify(content, fetch=own_documents.fetch(), at=award.credential.signed_at)
    assert report.verified, [check for check in report.checks if check.outcome != "passed"]
    return dict(json.loads(content))


@pytest.mark.journey("J44")
def test_a_badge_is_written_in_another_language_and_awarded_in_it(client: Client, world: World) -> None:
    before = world.award("first@example.org")
    assert "Deutsch" in client.get(url(world)).content.decode()
    page = client.get(url(world, "/translate?in=de"))
    assert page.status_code == 200
    assert client.post(url(world, "/translate?in=de"), GERMAN).status_code == 302
    world.badge.refresh_from_db()
    assert world.badge.current is not None
    assert world.badge.current.number == 2
    german, english = world.award(EVE, language="de"), world.award("b@example.org", language="fr")
    signed = document(german)
    achievement = signed["credentialSubject"]["achievement"]
    assert (signed["name"], achievement["name"], achievement["inLanguage"]) == (GERMAN["title"],) * 2 + (
        "de",
    )
    assert achievement["id"].endswith("/v2/de")
    assert document(english)["name"] == "Certified Product Manager"
    assert document(before)["credentialSubject"]["achievement"]["id"].endswith("/v1")
    eve = people.person("Eve", EVE)
    claiming.accept(german, eve, visibility=Visibility.LINK, trust_issuer=False)
    shown = Client().get(f"/i/{world.issuer.slug}/c/{german.public_id}").content.decode()
    assert GERMAN["title"] in shown
    assert 'lang="de"' in shown
    assert GERMAN["title"] in signed_in(eve).get("/badges").content.decode()


def test_the_document_of_each_language_says_the_others(client: Client, world: World) -> None:
    speak_german(world)
    path = f"/b/{world.badge.public_id}/v2"
    json_only = {"HTTP_ACCEPT": "application/ld+json"}
    plain = json.loads(client.get(path, **json_only).content)
    german = json.loads(client.get(f"{path}/de", **json_only).content)
    assert german["name"] == GERMAN["title"]
    assert [one["id"] for one in german["related"]] == [plain["id"]]
    assert [(one["id"], one["inLanguage"]) for one in plain["related"]] == [(german["id"], "de")]
    assert client.get(f"{path}/fr", **json_only).status_code == 404
    assert client.get(f"/b/{world.badge.public_id}/v1/de", **json_only).status_code == 404


def test_a_language_is_taken_away_and_what_was_awarded_in_it_stays(client: Client, world: World) -> None:
    speak_german(world)
    award = world.award(EVE, language="de")
    assert client.post(url(world, "/translate?in=de"), {"remove": "1"}).status_code == 302
    world.badge.refresh_from_db()
    assert world.badge.current is not None
    assert world.badge.current.translations == {}
    assert document(award)["name"] == GERMAN["title"]
    assert Version.objects.get(pk=award.version_id).translations == {"de": GERMAN}


def test_editing_keeps_the_other_languages(client: Client, world: World) -> None:
    speak_german(world)
    answer = edit(client, world, title="Renamed")
    assert answer.status_code == 302, answer.content.decode()[:3000]
    world.badge.refresh_from_db()
    assert world.badge.current is not None
    assert (world.badge.current.title, world.badge.current.translations) == ("Renamed", {"de": GERMAN})


def test_unknown_languages_and_its_own_are_not_translated(client: Client, world: World) -> None:
    for code in ("xx", "", "../x"):
        assert client.get(url(world, f"/translate?in={code}")).status_code == 302
    page = client.post(
        url(world, "/translate?in=de"), {"title": "\u200b", "description": "x", "criteria": "y"}
    )
    assert page.status_code == 200
    assert "letters that people can see" in page.content.decode()
    assert Version.objects.filter(achievement=world.badge).count() == 1


@pytest.mark.journey("J44")
def test_frameworks_and_results_are_signed_and_shown(client: Client, world: World) -> None:
    more = {
        "language": "en",
        "alignments": "Product Management | https://frameworks.example/pm | ESCO | K.1\n\n",
        "result_kind": "number",
        "result_values": "0 to 100",
    }
    answer = edit(client, world, **more)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    world.badge.refresh_from_db()
    award = world.award(EVE, result="87")
    subject = document(award)["credentialSubject"]
    achievement = subject["achievement"]
    assert achievement["inLanguage"] == "en"
    assert achievement["alignment"] == [
        {"type": ["Alignment"], **ALIGNMENT, "targetFramework": "ESCO"},
    ]
    described = achievement["resultDescription"][0]
    assert (described["valueMin"], described["valueMax"]) == ("0", "100")
    assert subject["result"] == [{"type": ["Result"], "resultDescription": described["id"], "value": "87"}]
    claiming.accept(award, people.person("Eve", EVE), visibility=Visibility.LINK, trust_issuer=False)
    shown = Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").content.decode()
    assert "K.1 · Product Management · ESCO" in shown
    again = client.get(url(world, "/edit")).context["form"].initial
    assert again["result_values"] == "0 to 100"
    assert again["alignments"].startswith("Product Management | https://frameworks.example/pm")


WRONG = {
    "no address": {"alignments": "Only a name"},
    "no web address": {"alignments": "Name | javascript:alert(1)"},
    "too many parts": {"alignments": "a | https://x.example | c | d | e"},
    "no words": {"result_kind": "words", "result_values": " , "},
    "no range": {"result_kind": "number", "result_values": "good"},
    "a range upside down": {"result_kind": "number", "result_values": "100 to 0"},
}


@pytest.mark.parametrize("more", WRONG.values(), ids=WRONG)
def test_what_cannot_be_understood_is_said_and_nothing_is_lost(
    client: Client, world: World, more: dict[str, str]
) -> None:
    answer = edit(client, world, **more)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() & {"alignments", "result_values"}
    assert Version.objects.filter(achievement=world.badge).count() == 1


def limited(world: World) -> Achievement:
    return world.badge_like(
        "With results", results={"kind": "words", "values": ["passed", "with distinction"]}
    )


def test_a_result_that_the_badge_does_not_know_is_refused_everywhere(client: Client, world: World) -> None:
    badge = limited(world)
    text = b"name,email,result\nAda,ada@example.org,passed\nBen,ben@example.org,brilliant\n"
    batch = staging.upload(world.issuer, io.BytesIO(text), name="l.csv", badge=badge, by=world.ben)
    good, bad = BatchRow.objects.filter(batch=batch).order_by("line")
    assert good.state == "ready"
    assert [(p["column"], p["code"]) for p in bad.problems] == [("result", "no such result")]
    page = client.get(f"/manage/{world.issuer.slug}/batches/{batch.public_id}").content.decode()
    assert "is none of the results of this badge: passed, with distinction." in page
    new = client.get(f"/manage/{world.issuer.slug}/awards/new?more=1")
    form = {
        "badge": badge.public_id,
        "name": "Eve",
        "address": EVE,
        "press": new.context["form"].initial["press"],
    }
    refused = client.post(f"/manage/{world.issuer.slug}/awards/new?more=1", {**form, "result": "brilliant"})
    assert "is none of the results of this badge" in refused.content.decode()
    assert not Award.objects.filter(version__achievement=badge).exists()
    taken = client.post(f"/manage/{world.issuer.slug}/awards/new?more=1", {**form, "result": "passed"})
    assert taken.status_code == 302
    run_worker()
    assert (
        document(Award.objects.get(version__achievement=badge))["credentialSubject"]["result"][0]["value"]
        == "passed"
    )


def test_languages_have_the_names_that_they_give_themselves() -> None:
    names = dict(saying.languages())
    assert (names["vi"], names["de"], names["nb"]) == ("Tiếng Việt", "Deutsch", "Norsk bokmål")


def test_numbers_and_words_of_results() -> None:
    numbers = {"kind": "number", "low": -5.0, "high": 10.5}
    assert all(not saying.fault_of_result(numbers, good) for good in ("-5", "0", "10.5", "3.25"))
    assert all(
        saying.fault_of_result(numbers, bad) for bad in ("11", "-6", "ten", "", "1e3", "NaN", "٣", "1.2.3")
    )
    assert not saying.fault_of_result({}, "anything")
