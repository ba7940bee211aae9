"""Several addresses: added by a code, switched, removed, and no badge is lost."""

from __future__ import annotations

import time

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award
from plaudit_site.mail.models import Message
from tests.people import EVE, EVE_AT_WORK, World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def fresh(user: User) -> Client:
    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


def newest_code(address: str) -> str:
    return str(Message.objects.filter(kind="code", context__address=address).latest("pk").context["code"])


@pytest.mark.journey("J14", "J16")
def test_adding_an_address_brings_in_what_was_sent_to_it(world: World, eve: User) -> None:
    award = world.award(EVE_AT_WORK)
    client = fresh(eve)
    client.post("/account/addresses/add", {"address": "Eve@Work.example"})
    answer = client.post("/account/addresses/code", {"code": newest_code(EVE_AT_WORK)})
    assert answer["Location"] == "/badges/waiting"
    assert award.version.title in client.get("/badges/waiting").content.decode()


def test_who_looks_into_the_mail_finds_the_place_for_the_code_again(site: object, eve: User) -> None:
    client = fresh(eve)
    answer = client.post("/account/addresses/add", {"address": EVE_AT_WORK})
    assert answer.status_code == 302
    for _again in range(2):
        assert 'name="code"' in client.get(answer["Location"]).content.decode()
    assert 'name="code"' not in client.get("/account/addresses").content.decode()


def test_the_address_is_still_there_after_the_question_whether_it_is_you(site: object, eve: User) -> None:
    client = signed_in(eve)
    assert client.post("/account/addresses/add", {"address": "Eve@Work.example"})["Location"].startswith(
        "/account/confirm"
    )
    assert 'value="Eve@Work.example"' in client.get("/account/addresses").content.decode()
    assert "Eve@Work.example" not in client.get("/account/addresses").content.decode()


def test_a_code_for_one_account_is_none_for_another(world: World, eve: User, sam: User) -> None:
    fresh(eve).post("/account/addresses/add", {"address": EVE_AT_WORK})
    stolen = newest_code(EVE_AT_WORK)
    thief = fresh(sam)
    thief.post("/account/addresses/add", {"address": "sam2@elsewhere.example"})
    thief.post("/account/addresses/code", {"code": stolen})
    assert proving.owner_of(EVE_AT_WORK) is None


def test_asking_for_an_address_of_somebody_else_answers_as_for_any_other(
    world: World, eve: User, sam: User
) -> None:
    """SECURITY B4, B18."""
    taken = fresh(sam).post("/account/addresses/add", {"address": EVE}, follow=True)
    free = fresh(sam).post("/account/addresses/add", {"address": "free@example.org"}, follow=True)
    assert taken.redirect_chain == free.redirect_chain == [("/account/addresses?code", 302)]
    assert "belongs to another" not in taken.content.decode()
    assert proving.owner_of(EVE) == eve


def test_proving_an_address_of_another_account_moves_nothing_and_says_so(
    world: World, eve: User, sam: User
) -> None:
    client = fresh(sam)
    client.post("/account/addresses/add", {"address": EVE})
    page = client.post("/account/addresses/code", {"code": newest_code(EVE)}).content.decode()
    assert "another account" in page
    assert proving.owner_of(EVE) == eve


@pytest.mark.journey("J14")
def test_switching_the_primary_address_loses_no_badge(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    row = proving.prove(eve, EVE_AT_WORK, how="code")
    client = fresh(eve)
    client.post(f"/account/addresses/{row.pk}/primary")
    eve.refresh_from_db()
    assert eve.email == EVE_AT_WORK
    assert award in Award.objects.earned_by(eve)


@pytest.mark.journey("J14")
def test_removing_an_address_names_its_badges_and_keeps_them(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    proving.prove(eve, EVE_AT_WORK, how="code")
    pk = EmailAddress.objects.get(email=EVE).pk
    client = fresh(eve)
    page = client.get(f"/account/addresses/{pk}/remove").content.decode()
    assert award.version.title in page
    assert EmailAddress.objects.filter(pk=pk).exists(), "asking removes nothing"
    client.post(f"/account/addresses/{pk}/remove")
    eve.refresh_from_db()
    assert eve.email == EVE_AT_WORK
    assert not EmailAddress.objects.filter(email=EVE).exists(), "it signs nobody in any more"
    assert award in Award.objects.earned_by(eve)
    assert award.version.title in client.get("/badges").content.decode()


def test_the_last_address_stays(world: World, eve: User) -> None:
    pk = EmailAddress.objects.get(email=EVE).pk
    fresh(eve).post(f"/account/addresses/{pk}/remove")
    assert EmailAddress.objects.filter(pk=pk).exists()


def test_nobody_touches_somebody_elses_address(world: World, eve: User, sam: User) -> None:
    pk = EmailAddress.objects.get(email=EVE).pk
    client = fresh(sam)
    assert client.post(f"/account/addresses/{pk}/primary").status_code == 404
    assert client.post(f"/account/addresses/{pk}/remove").status_code == 404


def test_changes_need_a_session_that_was_confirmed_a_moment_ago(world: World, eve: User) -> None:
    client = signed_in(eve)
    answer = client.post("/account/addresses/add", {"address": EVE_AT_WORK})
    assert answer["Location"].startswith("/account/confirm")
    assert not Message.objects.filter(kind="code").exists()


@pytest.mark.journey("J14")
def test_an_address_says_how_many_badges_wait_there_and_leads_to_them(world: World, eve: User) -> None:
    proving.prove(eve, EVE_AT_WORK, how="code")
    client = signed_in(eve)
    waits = "One badge waiting for you</a>"
    world.award(EVE_AT_WORK)
    page = client.get("/account/addresses").content.decode()
    at_work = page.partition(EVE_AT_WORK)[2]
    assert '<a class="chip info" href="/badges/waiting">' in at_work
    assert waits in at_work
    assert "0 badges" not in at_work
    claiming.accept(Award.objects.get(address=EVE_AT_WORK), eve, visibility="link", trust_issuer=False)
    world.award(EVE_AT_WORK, badge=world.badge_like("Second"))
    at_work = client.get("/account/addresses").content.decode().partition(EVE_AT_WORK)[2]
    assert "One badge</span>" in at_work
    assert waits in at_work
