"""An issuer's badge site, and the documents that programs read."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.test import Client

from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import revoking
from plaudit_site.awards.models import StatusList
from plaudit_site.issuers.models import Issuer, IssuerSlug
from tests.people import World, run_worker

pytestmark = pytest.mark.django_db
UNKNOWN_ID = "0" * 26


@pytest.mark.journey("J40")
def test_the_badge_site_lists_badges_with_the_work_each_requires(world: World, browser: Client) -> None:
    world.badge_like("Agile Product Manager")
    html = browser.get(f"/i/{world.issuer.slug}/").content.decode()
    for said in (
        "Certified Product Manager",
        "Agile Product Manager",
        "The work required",
        "Forty hours of study",
    ):
        assert said in html
    for href in re.findall(r'href="(/i/[^"]+)"', html):
        assert browser.get(href).status_code == 200, href


def test_drafts_are_not_listed_and_archived_ones_apart(world: World, browser: Client) -> None:
    Achievement.objects.filter(pk=world.badge.pk).update(state=Achievement.State.DRAFT)
    address = f"/i/{world.issuer.slug}/b/{world.badge.public_id}/"
    assert "Certified Product Manager" not in browser.get(f"/i/{world.issuer.slug}/").content.decode()
    assert browser.get(address).status_code == 404
    Achievement.objects.filter(pk=world.badge.pk).update(state=Achievement.State.ARCHIVED)
    assert "No longer awarded" in browser.get(f"/i/{world.issuer.slug}/").content.decode()
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize(
    ("standing", "said"),
    [("approved", "vouches for this issuer"), ("pending", "Not approved yet"), ("suspended", "Suspended")],
)
def test_it_says_who_vouches(world: World, browser: Client, standing: str, said: str) -> None:
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=standing)
    assert said in browser.get(f"/i/{world.issuer.slug}/").content.decode()


@pytest.mark.journey("J1")
def test_how_to_claim_is_told_by_issuer_and_flow(world: World, browser: Client) -> None:
    html = browser.get(f"/i/{world.issuer.slug}/how-to-claim/").content.decode()
    text = re.sub(r"<[^>]+>", "", html)
    assert "How to claim your digital Society of Product Leaders badge" in text
    for said in (
        "You’ve been given credit",
        "Save and Share",
        "Save for me only",
        "Trust Issuer",
        "Earned",
        "Manage",
    ):
        assert said in text
    assert "six digits that we mail to the same address" not in text
    Achievement.objects.filter(pk=world.badge.pk).update(claim_needs_code=True)
    assert "six digits that we mail" in browser.get(f"/i/{world.issuer.slug}/how-to-claim/").content.decode()


@pytest.mark.parametrize("rest", ["", "how-to-claim/", "how-to-check/"])
def test_an_older_slug_leads_to_the_one_of_now(world: World, browser: Client, rest: str) -> None:
    IssuerSlug.objects.create(slug="older", issuer=world.issuer)
    answer = browser.get(f"/i/older/{rest}")
    assert (answer.status_code, answer["Location"]) == (302, f"/i/{world.issuer.slug}/{rest}")
    assert browser.get(f"/i/nobody/{rest}").status_code == 404


def test_the_key_document_names_every_living_key(world: World, browser: Client) -> None:
    answer = browser.get(f"/issuers/{world.issuer.public_id}/did.json")
    content = json.loads(answer.content)
    assert (answer["Content-Type"], content["id"]) == ("application/did+json", world.issuer.identifier)
    assert len(content["verificationMethod"]) == 2
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "max-age=300" in answer["Cache-Control"]
    as_json = browser.get(
        f"/issuers/{world.issuer.public_id}/did.json", headers={"accept": "application/json"}
    )
    assert as_json["Content-Type"] == "application/json"
    assert browser.get(f"/issuers/{UNKNOWN_ID}/did.json").status_code == 404


def test_the_status_list_follows_a_revocation(world: World, browser: Client) -> None:
    award = world.award()
    listed = StatusList.objects.get(issuer=world.issuer)
    before = browser.get(f"/status/{listed.public_id}")
    assert before["Content-Type"] == "application/vc+ld+json"
    assert before["Access-Control-Allow-Origin"] == "*"
    assert json.loads(before.content)["id"] == f"{settings.BASE_URL}/status/{listed.public_id}"
    revoking.revoke(award, reason="x", by=world.ada)
    run_worker()
    after = browser.get(f"/status/{listed.public_id}")
    assert after.content != before.content
    assert after["ETag"] != before["ETag"]
    assert browser.get(f"/status/{UNKNOWN_ID}").status_code == 404


def test_a_list_that_was_never_signed_is_signed_when_asked_for(world: World, browser: Client) -> None:
    world.award()
    listed = StatusList.objects.get(issuer=world.issuer)
    StatusList.objects.filter(pk=listed.pk).update(content=b"", signed_generation=0, signed_at=None)
    assert json.loads(browser.get(f"/status/{listed.public_id}").content)["proof"]


def test_a_badge_is_a_document_a_picture_and_a_page(world: World, browser: Client) -> None:
    address = f"/b/{world.badge.public_id}/v1"
    answer = browser.get(address, headers={"accept": "application/json"})
    content = json.loads(answer.content)
    assert content["id"] == f"{settings.BASE_URL}{address}"
    assert content["criteria"]["narrative"]
    assert content["image"]["id"] == f"{settings.BASE_URL}{address}.png"
    assert answer["Access-Control-Allow-Origin"] == "*"
    led = browser.get(address, headers={"accept": "text/html"})
    assert led["Location"] == f"/i/{world.issuer.slug}/b/{world.badge.public_id}/"
    for ending, media_type in (("png", "image/png"), ("svg", "image/svg+xml")):
        picture = browser.get(f"{address}.{ending}")
        assert (picture.status_code, picture["Content-Type"]) == (200, media_type)
        assert "immutable" in picture["Cache-Control"]
        assert picture["Access-Control-Allow-Origin"] == "*"
    for missing in (
        f"/b/{world.badge.public_id}/v2",
        f"/b/{world.badge.public_id}/v2.png",
        f"/b/{UNKNOWN_ID}/v1",
    ):
        assert browser.get(missing).status_code == 404


def test_the_picture_of_a_draft_may_still_change(world: World, browser: Client) -> None:
    Achievement.objects.filter(pk=world.badge.pk).update(state=Achievement.State.DRAFT)
    assert "immutable" not in browser.get(f"/b/{world.badge.public_id}/v1.png")["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/help/",
        "/help/open-badges/",
        "/help/checking/",
        "/help/addresses",
        "/terms/",
        "/privacy/",
        "/accessibility/",
    ],
)
def test_standing_pages_answer_and_may_be_found(site: object, browser: Client, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "noindex" not in answer.content.decode()
    assert "credential" not in re.sub(r"<[^>]+>", " ", answer.content.decode()).lower()


def test_names_and_descriptions_stay_text(world: World, browser: Client) -> None:
    hostile = '<img src=x onerror=alert(1)> "><script>alert(2)</script>'
    Issuer.objects.filter(pk=world.issuer.pk).update(name=hostile, description=hostile)
    html = browser.get(f"/i/{world.issuer.slug}/").content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_search_engines_read_what_the_badge_is(world: World, browser: Client) -> None:
    badge = world.badge_like("</script><script>alert(1)</script>")
    html = browser.get(f"/i/{world.issuer.slug}/b/{badge.public_id}/").content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert len(found) == 1
    content = json.loads(found[0])
    assert content["name"] == "</script><script>alert(1)</script>"
    assert content["recognizedBy"]["name"] == world.issuer.name
    assert "<script>alert" not in html
