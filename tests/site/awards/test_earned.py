"""The earner's pages: what stands where, and that nobody else's badge ever does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, revoking
from plaudit_site.awards.models import Award
from tests.people import World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def accepted(
    world: World, eve: User, title: str = "", *, trust: bool = False, visibility: str = "link"
) -> Award:
    award = world.award(badge=world.badge_like(title) if title else None)
    if award.state == "waiting":
        claiming.accept(award, eve, visibility=visibility, trust_issuer=trust)
    award.refresh_from_db()
    return award


@pytest.mark.journey("J25")
def test_earned_lists_the_newest_first_beside_the_other_tabs(world: World, eve: User) -> None:
    run_worker()
    older, newer = accepted(world, eve, "Older Badge"), accepted(world, eve, "Newer Badge")
    Award.objects.filter(pk=older.pk).update(awarded_at=datetime(2020, 1, 1, tzinfo=UTC))
    page = signed_in(eve).get("/badges").content.decode()
    assert page.index(newer.version.title) < page.index(older.version.title)
    for tab in ("/badges/waiting", "/badges/hidden"):
        assert f'href="{tab}"' in page


@pytest.mark.journey("J25")
def test_filters_narrow_and_an_empty_result_says_what_to_do(world: World, eve: User) -> None:
    accepted(world, eve, "Pricing")
    expired = accepted(world, eve, "Roadmaps")
    Award.objects.filter(pk=expired.pk).update(expires_at=datetime(2021, 1, 1, tzinfo=UTC))
    client = signed_in(eve)
    assert "Roadmaps" not in client.get("/badges?q=pricing").content.decode().split("<main")[1]
    only_expired = client.get("/badges?expired=yes").content.decode().split("<main")[1]
    assert "Roadmaps" in only_expired
    assert "Pricing" not in only_expired
    nothing = client.get("/badges?q=zzz").content.decode()
    assert "zzz" in nothing
    assert 'href="/badges"' in nothing


@pytest.mark.journey("J27")
def test_the_t_on_its_shield_stands_only_on_trusted_issuers_badges(world: World, eve: User) -> None:
    accepted(world, eve)
    run_worker()
    client = signed_in(eve)
    assert "Trusted issuer" not in client.get("/badges").content.decode()
    claiming.trust(eve, world.issuer, visibility="link")
    page = client.get("/badges").content.decode()
    assert page.count('aria-label="Trusted issuer"') == 1, "the welcome badge carries none"
    claiming.distrust(eve, world.issuer)
    assert "Trusted issuer" not in client.get("/badges").content.decode()


@pytest.mark.journey("J27")
def test_strangers_never_see_the_shield(world: World, eve: User) -> None:
    award = accepted(world, eve, trust=True)
    page = Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").content.decode()
    assert "Trusted issuer" not in page


@pytest.mark.journey("J18")
def test_a_waiting_badge_has_its_own_save_and_share(world: World, eve: User) -> None:
    award = world.award()
    client = signed_in(eve)
    for path in ("/badges", "/badges/waiting"):
        page = client.get(path).content.decode()
        assert "Save and Share" in page
        assert f"/badges/{award.public_id}/accept" in page
    form = client.get(f"/badges/{award.public_id}/accept").content.decode()
    assert "Trust Issuer" in form
    client.post(f"/badges/{award.public_id}/accept", {"visibility": "link"})
    award.refresh_from_db()
    assert award.state == "accepted"


@pytest.mark.journey("J20", "J25")
def test_declined_badges_wait_for_an_undo(world: World, eve: User) -> None:
    award = world.award()
    client = signed_in(eve)
    client.post(f"/badges/{award.public_id}/decline")
    page = client.get("/badges/waiting").content.decode()
    assert "Declined" in page
    assert "Undo" in page
    client.post(f"/badges/{award.public_id}/undo-decline")
    award.refresh_from_db()
    assert award.state == "waiting"


@pytest.mark.journey("J21")
def test_the_form_says_how_many_more_the_tick_brings(world: World, eve: User) -> None:
    first = world.award()
    world.award(badge=world.badge_like("Two"))
    world.award(badge=world.badge_like("Three"))
    assert re.search(
        r"\b2\b", signed_in(eve).get(f"/badges/{first.public_id}/accept").content.decode().split("<main")[1]
    )


@pytest.mark.journey("J28", "J29")
def test_manage_shows_every_detail_and_the_same_as_a_part(world: World, eve: User) -> None:
    award = accepted(world, eve)
    client = signed_in(eve)
    for path in (f"/badges/{award.public_id}/manage", f"/badges/{award.public_id}/manage?part=1"):
        page = client.get(path).content.decode()
        for words in (
            award.version.title,
            world.issuer.name,
            "Only you",
            "Anyone with the link",
            "Public",
            "Forty hours of study",
            "eve@example.org",
            "LinkedIn",
            ".json?download=1",
            ".png?download=1",
            ".svg?download=1",
        ):
            assert words in page, words
    assert "<html" not in client.get(f"/badges/{award.public_id}/manage?part=1").content.decode()


@pytest.mark.journey("J29")
def test_visibility_is_switched_and_read_at_once(world: World, eve: User) -> None:
    award = accepted(world, eve)
    public, client = f"/i/{world.issuer.slug}/c/{award.public_id}", signed_in(eve)
    assert Client().get(public).status_code == 200
    client.post(f"/badges/{award.public_id}/visibility", {"visibility": "only_me"})
    assert Client().get(public).status_code == 404
    client.post(f"/badges/{award.public_id}/visibility", {"visibility": "public"})
    assert Client().get(public).status_code == 200
    client.post(f"/badges/{award.public_id}/visibility", {"visibility": "everybody"})
    award.refresh_from_db()
    assert award.visibility == "public"


@pytest.mark.journey("J23")
def test_trust_is_given_and_withdrawn_in_manage_and_in_the_settings(world: World, eve: User) -> None:
    award = accepted(world, eve)
    client = signed_in(eve)
    client.post(f"/badges/{award.public_id}/trust", {"trust": "on"})
    assert claiming.trusts(eve, world.issuer)
    client.post(f"/badges/{award.public_id}/trust", {})
    assert not claiming.trusts(eve, world.issuer)
    client.post(f"/account/trusted/{world.issuer.public_id}", {"visibility": "only_me"})
    assert claiming.trusts(eve, world.issuer)
    assert world.issuer.name in client.get("/account/trusted").content.decode()
    client.post(f"/account/trusted/{world.issuer.public_id}", {"stop": "1"})
    assert not claiming.trusts(eve, world.issuer)


@pytest.mark.journey("J29")
def test_hiding_takes_it_off_the_grid_and_leaves_the_link(world: World, eve: User) -> None:
    award = accepted(world, eve)
    client = signed_in(eve)
    client.post(f"/badges/{award.public_id}/hide")
    assert award.version.title not in client.get("/badges").content.decode().split("<main")[1]
    assert award.version.title in client.get("/badges/hidden").content.decode()
    assert Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").status_code == 200


@pytest.mark.journey("J29")
def test_a_removed_badge_answers_gone_and_can_be_taken_back_for_thirty_days(world: World, eve: User) -> None:
    award = accepted(world, eve)
    client, public = signed_in(eve), f"/i/{world.issuer.slug}/c/{award.public_id}"
    client.post(f"/badges/{award.public_id}/remove")
    assert Client().get(public).status_code == 410
    client.post(f"/badges/{award.public_id}/take-back")
    assert Client().get(public).status_code == 200
    client.post(f"/badges/{award.public_id}/remove")
    Award.objects.filter(pk=award.pk).update(removed_at=datetime.now(UTC) - timedelta(days=31))
    assert client.post(f"/badges/{award.public_id}/take-back").status_code == 404


@pytest.mark.journey("J30")
def test_share_links_are_exact_and_nothing_stands_for_what_is_unknown(world: World, eve: User) -> None:
    from urllib.parse import parse_qs, urlsplit

    from plaudit_site.awards import sharing

    award = accepted(world, eve, "Größe & <Maß> 100 %")
    links = {channel.name: channel.url for channel in sharing.channels(award)}
    profile = urlsplit(links["linkedin-profile"])
    asked = parse_qs(profile.query)
    assert (profile.hostname, profile.path) == ("www.linkedin.com", "/profile/add")
    assert asked["startTask"] == ["CERTIFICATION_NAME"]
    assert asked["name"] == ["Größe & <Maß> 100 %"]
    assert asked["issueYear"] == [str(award.awarded_at.year)]
    assert asked["certUrl"] == [f"http://localhost:8000/i/{world.issuer.slug}/c/{award.public_id}"]
    assert "expirationYear" not in asked
    assert "organizationId" not in asked
    assert not re.search("undefined|None|null", "".join(links.values()))
    assert "+" not in links["email"]
    page = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    outside = re.findall(r'<a[^>]*href="https://(?:www\.linkedin|www\.facebook|x\.com)[^>]*>', page)
    assert len(outside) >= 4
    assert all('rel="' in link and "noopener" in link for link in outside)


def test_nobody_manages_somebody_elses_badge(world: World, eve: User, sam: User) -> None:
    award = accepted(world, eve)
    client = signed_in(sam)
    assert client.get(f"/badges/{award.public_id}/manage").status_code == 404
    for act in ("visibility", "trust", "hide", "remove", "take-back", "report", "accept", "decline"):
        assert (
            client.post(f"/badges/{award.public_id}/{act}", {"visibility": "only_me"}).status_code == 404
        ), act
    award.refresh_from_db()
    assert (award.state, award.visibility, award.hidden) == ("accepted", "link", False)


def test_a_revoked_badge_says_so_to_its_earner(world: World, eve: User) -> None:
    award = accepted(world, eve)
    revoking.revoke(award, reason="Issued in error", by=world.ben)
    client = signed_in(eve)
    assert "Revoked" in client.get("/badges").content.decode()
    assert "Issued in error" in client.get(f"/badges/{award.public_id}/manage").content.decode()


def test_somebody_not_signed_in_is_asked_to(world: World, eve: User) -> None:
    award = accepted(world, eve)
    for path in ("/badges", "/badges/waiting", f"/badges/{award.public_id}/manage", "/account", "/issuers"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_the_shelf_asks_nothing_twice(world: World, eve: User) -> None:
    for number in range(3):
        award = world.award(badge=world.badge_like(f"Earned {number}"))
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
        world.award(badge=world.badge_like(f"Waits {number}"))
    client = signed_in(eve)
    client.get("/badges")  # what is asked now and then, and not for each page, is known now
    with CaptureQueriesContext(connection) as asked:
        client.get("/badges")
    statements = [one["sql"] for one in asked]
    assert len(statements) == len(set(statements)) <= 15
