"""A learner's record (CLR 2.0) on the page and by the API: each badge in it is named, with its own verdict (J42)."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from plaudit import MappedFetch
from plaudit.status import status_entry
from plaudit_site.backpack import verifying
from plaudit_site.backpack.models import Result
from plaudit_site.public import check_words
from tests.plaudit import samples
from tests.plaudit.samples import STRANGER
from tests.site.public.test_verify import give
from tests.vectors.inner import INSPECTOR, endorsed, endorsement
from tests.vectors.records import good, of_stranger, record

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.journey("J42")]
NAME = samples.credential()["credentialSubject"]["achievement"]["name"]
GENUINE = f"{NAME}: genuine, signed with the key of guild.example"
OF_STRANGER_GENUINE = f"{NAME}: genuine, signed with the key of {check_words.host_of(STRANGER.controller)}"


@pytest.fixture(autouse=True)
def elsewhere(site: object, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The web of another issuer, in memory, instead of the network."""
    web = dict(samples.web())
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(web))
    return web


def told(client: Client, given: bytes) -> dict[str, Any]:
    answer = client.post("/api/v1/verify", data=given, content_type="application/json")
    found: dict[str, Any] = answer.json()
    return found


def inside(page: str) -> list[tuple[str, str]]:
    """The outcome and the words of each line about a badge inside."""
    section = re.search(r'<section class="panel" aria-labelledby="inside-1">(.*?)</section>', page, re.S)
    found = re.findall(
        r'<details class="(\w+)".*?<span class="lbl">(.*?)<span', section[1] if section else "", re.S
    )
    return [(outcome, html.unescape(words)) for outcome, words in found]


def test_every_badge_in_a_record_is_named_and_judged(client: Client) -> None:
    page = give(client, record(good(), of_stranger()))
    assert "The badges in this record" in page
    assert inside(page) == [("passed", GENUINE), ("passed", OF_STRANGER_GENUINE)]
    assert '<p class="what" dir="auto">Transcript</p>' in page
    assert "a record by somebody who calls themselves" in page
    assert "This record is genuine, but we do not know who signed it</h2>" in page
    assert 'class="verdict warn"' in page
    found = told(client, record(good(), of_stranger()))
    assert (found["state"], found["verified"]) == ("genuine", True)
    assert found["standard"] == "Comprehensive Learner Record 2.0"
    assert [(one["outcome"], one["name"]) for one in found["inner"]] == [("passed", NAME)] * 2
    assert found["inner"][1]["issuer"] == STRANGER.controller


def test_the_one_that_is_not_genuine_is_pointed_at_and_its_words_are_not_shown(client: Client) -> None:
    forged = of_stranger() | {"name": "Doctor of Everything"}
    forged["credentialSubject"]["achievement"]["name"] = "Doctor of Everything"
    page = give(client, record(good(), forged))
    assert inside(page) == [
        ("passed", GENUINE),
        ("failed", "Number 2, whose name is not shown: Changed after it was signed, or never signed"),
    ]
    assert "Doctor of Everything" not in page
    assert 'class="verdict grey"' in page
    found = told(client, record(good(), forged))
    assert (found["state"], found["verified"]) == ("unknown", False)
    assert [(one["outcome"], one["name"], one["issuer"]) for one in found["inner"]][1] == ("failed", "", "")


def test_the_one_that_was_revoked_is_named_as_that(client: Client, elsewhere: dict[str, bytes]) -> None:
    elsewhere[samples.LIST] = samples.status_list(4711)
    page = give(client, record(good(), of_stranger()))
    assert inside(page) == [("failed", f"{NAME}: Revoked by its issuer"), ("passed", OF_STRANGER_GENUINE)]
    del elsewhere[samples.LIST]
    page = give(client, record(good()))
    assert inside(page) == [("unknown", f"{NAME}: Whether it was revoked could not be checked")]


def test_one_that_is_suspended_is_not_told_as_revoked(client: Client, elsewhere: dict[str, bytes]) -> None:
    elsewhere[samples.LIST] = samples.status_list(9, purpose="suspension")
    held = json.loads(samples.signed(credentialStatus=status_entry(samples.LIST, "suspension", 9)))
    page = give(client, record(held))
    assert inside(page) == [("failed", f"{NAME}: Suspended by its issuer")]


def test_nothing_of_a_record_that_was_altered_is_shown(client: Client) -> None:
    altered = json.loads(record(good())) | {"name": "Diploma"}
    page = give(client, json.dumps(altered).encode())
    assert 'class="verdict bad"' in page
    assert inside(page) == []
    assert NAME not in page


def test_endorsements_of_a_badge_are_listed_too_and_a_plain_badge_has_no_such_list(client: Client) -> None:
    page = give(client, endorsed(endorsement()))
    assert "What others signed inside it, each" in page
    assert inside(page) == [
        (
            "passed",
            f"{endorsement()['name']}: genuine, signed with the key of {check_words.host_of(INSPECTOR.controller)}",
        )
    ]
    assert inside(give(client, samples.signed())) == []


def test_markup_in_the_name_of_a_badge_inside_stays_text(client: Client) -> None:
    from tests.vectors.base import resigned

    nasty = samples.credential()
    nasty["credentialSubject"]["achievement"]["name"] = "<script>alert(1)</script>"
    page = give(client, record(json.loads(resigned(nasty))))
    assert inside(page) == [
        ("passed", "<script>alert(1)</script>: genuine, signed with the key of guild.example")
    ]
    assert "<script>alert" not in page


def test_a_result_kept_from_before_is_still_shown(client: Client) -> None:
    give(client, record(good()))
    result = Result.objects.latest("pk")
    del result.report["inner"][0]["name"]
    result.save(update_fields=["report"])
    page = client.get(f"/verify/{result.public_id}").content.decode()
    assert inside(page) == [
        ("passed", "Number 1, whose name is not shown: genuine, signed with the key of guild.example")
    ]
