"""Signing up and in by mailed code, with every address, without telling who has an account."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award
from plaudit_site.mail.models import Message
from tests import people
from tests.people import EVE, EVE_AT_WORK, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def newest_code(address: str) -> str:
    message = Message.objects.filter(kind="code", context__address=address).latest("pk")
    return str(message.context["code"])


@pytest.mark.journey("J26")
def test_signing_up_by_code_gives_the_welcome_badge(
    site: object, django_capture_on_commit_callbacks: Any
) -> None:
    """Without waiting for a worker: the first thing that somebody sees here is no empty shelf."""
    client = Client()
    client.post("/accounts/signup/", {"email": "New@Example.org"})
    code = newest_code("new@example.org")
    assert re.fullmatch(r"\d{6}", code)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/accounts/confirm-email/", {"code": code})
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert EmailAddress.objects.get(user=user).verified
    assert "_auth_user_id" in client.session
    assert [a.version.title for a in Award.objects.earned_by(user)] == ["Welcome"]
    assert Award.objects.get(earner=user).credential is not None


@pytest.mark.journey("J13", "J14")
def test_an_account_with_another_address_does_not_get_the_badge_until_it_proves_the_awarded_one(
    world: World,
) -> None:
    from plaudit_site.awards import invitations

    award = world.award()
    client = Client()
    client.post("/accounts/signup/", {"email": "private@example.net"})
    client.post("/accounts/confirm-email/", {"code": newest_code("private@example.net")})
    page = client.get(f"/claim/{invitations.token(award)}").content.decode()
    assert "•••@example.org" in page
    assert 'name="visibility"' not in page
    assert not Award.objects.filter(earner__email="private@example.net", is_welcome=False).exists()


@pytest.mark.journey("J14")
@pytest.mark.parametrize("address", [EVE, EVE_AT_WORK, "EVE@Work.Example"])
def test_signing_in_works_with_every_proven_address(site: object, address: str) -> None:
    eve = people.person("Eve", EVE)
    proving.prove(eve, EVE_AT_WORK, how="code")
    client = Client()
    client.post("/accounts/login/", {"login": address, "password": ""})
    answer = client.post("/accounts/login/code/confirm/", {"code": newest_code(address.lower())})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(eve.pk)


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (16, False)])
def test_a_code_works_for_as_long_as_its_mail_says(
    site: object, monkeypatch: pytest.MonkeyPatch, minutes: int, works: bool
) -> None:
    people.person("Eve", EVE)
    client = Client()
    client.post("/accounts/login/", {"login": EVE, "password": ""})
    assert "a quarter of an hour" in client.get("/accounts/login/code/confirm/").content.decode()
    later = time.time() + 60 * minutes
    monkeypatch.setattr(time, "time", lambda: later)
    client.post("/accounts/login/code/confirm/", {"code": newest_code(EVE)})
    assert ("_auth_user_id" in client.session) is works


def test_a_password_signs_in_where_there_is_one(site: object) -> None:
    eve = people.person("Eve", EVE)
    eve.set_password("a long enough phrase")
    eve.save()
    client = Client()
    client.post("/accounts/login/", {"login": EVE, "password": "wrong"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/login/", {"login": EVE, "password": "a long enough phrase"})
    assert client.session["_auth_user_id"] == str(eve.pk)


def test_the_rules_of_a_password_are_what_describes_its_field(site: object) -> None:
    eve = people.person("Eve", EVE)
    eve.set_unusable_password()
    eve.save()
    client = signed_in(eve)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    page = client.get("/accounts/password/set/").content.decode()
    assert "<h1>Set a password</h1>" in page
    hint = page.partition('<div class="hint" id="id_password1_helptext">')[2].partition("</div>")[0]
    assert "at least 8 characters" in hint
    assert 'aria-describedby="id_password1_helptext"' in page
    phrase = {"password1": "a long enough phrase", "password2": "a long enough phrase"}
    client.post("/accounts/password/set/", phrase)
    assert "<h1>Change your password</h1>" in client.get("/accounts/password/change/").content.decode()


def test_nobody_learns_from_sign_in_or_sign_up_who_has_an_account(site: object) -> None:
    people.person("Eve", EVE)

    def ask(path: str, field: str, address: str) -> tuple[int, str, str]:
        client = Client()
        answer = client.post(path, {field: address})
        page = client.get(answer["Location"]) if answer.status_code == 302 else answer
        text = re.sub(r'(value|nonce)="[^"]*"|[0-9a-f]{12}', "", page.content.decode()).replace(
            address, "ADDRESS"
        )
        return answer.status_code, answer.get("Location", ""), text

    for path, field in (("/accounts/login/", "login"), ("/accounts/signup/", "email")):
        assert ask(path, field, EVE) == ask(path, field, "nobody@example.org")


def test_an_unproven_address_signs_nobody_in_and_shows_nothing(world: World, sam: User) -> None:
    """SECURITY B2."""
    award = world.award()
    EmailAddress.objects.create(user=sam, email=EVE, verified=False)
    client = signed_in(sam)
    for path in ("/badges", "/badges/waiting", "/account/addresses"):
        page = client.get(path).content.decode().split("<main")[1]
        assert award.version.title not in page
        assert EVE not in page
    assert client.get(f"/badges/{award.public_id}/accept").status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "%09//evil.example",
        "http://ok@evil.example",
    ],
)
def test_next_leads_nowhere_else(site: object, target: str) -> None:
    """SECURITY B16."""
    eve = people.person("Eve", EVE)
    client = signed_in(eve)
    client.post("/account/confirm", {"next": target})
    code = newest_code(EVE)
    answer = client.post("/account/confirm", {"next": target, "code": code})
    assert answer["Location"] == "/badges"


def test_a_new_session_at_sign_in(site: object) -> None:
    eve = people.person("Eve", EVE)
    client = Client()
    client.post("/accounts/login/", {"login": EVE, "password": ""})
    before = client.session.session_key
    client.post("/accounts/login/code/confirm/", {"code": newest_code(EVE)})
    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(eve.pk)


def test_ending_all_sessions_ends_them(site: object) -> None:
    eve = people.person("Eve", EVE)
    client = signed_in(eve)
    assert client.get("/badges").status_code == 200
    User.objects.filter(pk=eve.pk).update(session_epoch=5)
    assert client.get("/badges").status_code == 302


def test_sensitive_pages_ask_for_a_code_first(site: object) -> None:
    eve = people.person("Eve", EVE)
    client = signed_in(eve)
    for path in ("/accounts/2fa/webauthn/add/", "/accounts/password/set/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/confirm?next=")
    client.post("/account/confirm", {"next": "/accounts/2fa/webauthn/add/"})
    answer = client.post(
        "/account/confirm", {"next": "/accounts/2fa/webauthn/add/", "code": newest_code(EVE)}
    )
    assert answer["Location"] == "/accounts/2fa/webauthn/add/"
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200


def test_an_unknown_host_is_refused(site: object) -> None:
    """SECURITY B17."""
    assert Client().get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400
    client = Client()
    client.post(
        "/accounts/signup/", {"email": "new@example.org"}, headers={"X-Forwarded-Host": "evil.example"}
    )
    assert not any("evil" in str(m.context) for m in Message.objects.all())


def test_an_address_first_proven_by_a_sign_in_code_counts_as_by_any_other(world: World) -> None:
    """Signed up, never typed the code, and came back by the sign-in page: the same follows as from the first code."""
    award = world.award("late@example.org")
    Client().post("/accounts/signup/", {"email": "late@example.org"})
    client = Client()
    client.post("/accounts/login/", {"login": "late@example.org", "password": ""})
    client.post("/accounts/login/code/confirm/", {"code": newest_code("late@example.org")})
    user = User.objects.get(email="late@example.org")
    assert client.session["_auth_user_id"] == str(user.pk)
    run_worker()
    assert [a.version.title for a in Award.objects.earned_by(user)] == ["Welcome"]
    assert f"/badges/{award.public_id}/accept" in client.get("/badges").content.decode()


def arrives_at(address: str, query: str = "") -> str:
    client = Client()
    client.post(f"/accounts/login/code/{query}", {"email": address})
    answer = client.post(f"/accounts/login/code/confirm/{query}", {"code": newest_code(address)})
    assert "_auth_user_id" in client.session
    return str(answer["Location"])


@pytest.mark.journey("J43")
def test_who_works_for_an_issuer_and_has_no_badge_arrives_at_the_issuers(world: World) -> None:
    assert arrives_at(world.ada.email) == "/issuers"
    assert arrives_at(world.ben.email) == "/issuers"
    assert arrives_at(world.ben.email, "?next=/account/addresses") == "/account/addresses"


def test_who_has_or_awaits_a_badge_arrives_at_the_badges(world: World) -> None:
    world.award(world.ben.email)
    assert arrives_at(world.ben.email) == "/badges", "one waits"
    claiming.accept(world.award(world.ada.email), world.ada, visibility="link", trust_issuer=False)
    assert arrives_at(world.ada.email) == "/badges"
    people.person("Eve", EVE)
    assert arrives_at(EVE) == "/badges", "works for no issuer"


def test_the_welcome_badge_keeps_nobody_from_the_issuers(world: World) -> None:
    award = world.award(world.ada.email)
    claiming.accept(award, world.ada, visibility="link", trust_issuer=False)
    Award.objects.filter(pk=award.pk).update(is_welcome=True)
    assert arrives_at(world.ada.email) == "/issuers"
