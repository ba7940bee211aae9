"""Attacks on accounts and addresses (SECURITY, section B)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils.http import urlencode

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, invitations
from plaudit_site.awards.models import Award
from plaudit_site.mail.models import Message
from plaudit_site.mail.renderers import render
from tests import people
from tests.people import EVE, World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def newest_code(address: str) -> str:
    return str(Message.objects.filter(kind="code", context__address=address).latest("pk").context["code"])


def another_than(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def fresh(user: User) -> Client:
    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


def claim_path(award: Award) -> str:
    award.refresh_from_db()
    return f"/claim/{invitations.token(award)}"


def undo_path(award: Award) -> str:
    notice = Message.objects.filter(kind="claimed_notice", subject_id=award.public_id).latest("pk")
    text = render("claimed_notice", notice.subject_id, "en", notice.context).text
    found = re.search(r"/account/undo/\w+", text)
    assert found
    return found[0]


# B1: an account made in advance


@pytest.mark.parametrize("victim_comes", ["by invitation", "by sign-in code"])
def test_a_session_prepared_in_advance_never_becomes_the_victims(world: World, victim_comes: str) -> None:
    """B1: the attacker signed up with the victim's address and keeps the half-open session and its code."""
    attacker, victim = Client(), Client()
    attacker.post("/accounts/signup/", {"email": EVE})
    code = newest_code(EVE)
    if victim_comes == "by invitation":
        victim.post(claim_path(world.award()), {"visibility": "link"})
    else:
        victim.post("/accounts/login/", {"login": EVE})
        victim.post("/accounts/login/code/confirm/", {"code": newest_code(EVE)})
    assert victim.get("/badges").status_code == 200, "the control: the victim is in"
    for path in ("/accounts/confirm-email/", "/accounts/login/code/confirm/", "/accounts/login/", "/badges"):
        assert attacker.get(path).status_code < 500
        assert attacker.post(path, {"code": code, "login": EVE}).status_code < 500
        assert "_auth_user_id" not in attacker.session, path
    assert attacker.get("/badges").status_code == 302


def test_a_password_cannot_be_planted_at_sign_up(site: object) -> None:
    """B1, B10: fields that the sign-up form does not have are not taken from the request."""
    planted = {
        "password1": "planted-9431-pw",
        "password2": "planted-9431-pw",
        "is_staff": "on",
        "is_superuser": "on",
    }
    Client().post("/accounts/signup/", {"email": EVE, **planted, "name": "X", "public_id": "0" * 26})
    user = User.objects.get(email=EVE)
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser, user.public_id == "0" * 26) == (False, False, False)


def test_the_operator_made_at_the_shell_survives_an_award_to_that_address(world: World) -> None:
    """B1: an account without a proven address falls to whoever proves it; the operator's is proven."""
    operator = User.objects.create_superuser("Boss@Site.example", "long-pass-9431")
    award = world.award("boss@site.example")
    assert claiming.open_invitation(invitations.token(award), _nobody()).opening == "sign_in_needed"
    Client().post(claim_path(award), {"visibility": "link"})
    operator.refresh_from_db()
    assert operator.is_superuser
    award.refresh_from_db()
    assert award.state == "waiting"


def _nobody() -> Any:
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


# B3, B22: codes


def test_wrong_codes_for_an_address_are_counted(world: World, sam: User) -> None:
    """B3, B22: five tries, also where the wrong one ends in an exception; else a mailbox could be guessed."""
    client = fresh(sam)
    client.post("/account/addresses/add", {"address": EVE})
    code = newest_code(EVE)
    for _ in range(5):
        client.post("/account/addresses/code", {"code": another_than(code)})
    client.post("/account/addresses/code", {"code": code})
    assert proving.owner_of(EVE) is None


def test_the_right_code_within_five_tries_still_works(world: World, sam: User) -> None:
    """The control of the one above."""
    client = fresh(sam)
    client.post("/account/addresses/add", {"address": EVE})
    code = newest_code(EVE)
    for _ in range(4):
        client.post("/account/addresses/code", {"code": another_than(code)})
    client.post("/account/addresses/code", {"code": code})
    assert proving.owner_of(EVE) == sam


@pytest.mark.parametrize("made_for", ["claim", "confirm", "add address"])
@pytest.mark.parametrize("used_for", ["claim", "confirm", "add address"])
def test_a_code_is_good_for_its_own_purpose_alone(sam: User, made_for: str, used_for: str) -> None:
    """B22, B23."""
    code = codes.send_code(made_for, sam.email, user=sam)
    digits = newest_code(sam.email)
    if made_for == used_for:
        assert codes.check_code(code.handle, digits, purpose=used_for, user=sam).pk == code.pk
    else:
        with pytest.raises(codes.CodeRefused):
            codes.check_code(code.handle, digits, purpose=used_for, user=sam)


@pytest.mark.parametrize(
    ("purpose", "opens"), [("undo claim", "/account/undo/"), ("issuer member", "/issuers/join/")]
)
def test_a_link_opens_the_door_it_was_made_for_alone(world: World, purpose: str, opens: str) -> None:
    """B23: the undo of a claim is no invitation to a team, nor the other way round, nor a claim."""
    about = {
        "undo claim": world.award().public_id,
        "issuer member": f"{world.issuer.public_id}:owner:{world.ada.public_id}",
    }[purpose]
    secret = codes.make_link(purpose, about, EVE, lives=claiming.UNDO_LIVES)
    for door in ("/account/undo/", "/issuers/join/", "/claim/", "/u/"):
        assert Client().get(f"{door}{secret}").status_code == (200 if door == opens else 404), door


def test_the_code_of_a_claim_answers_for_the_mailbox_it_was_sent_to(world: World) -> None:
    """B22: the award was corrected to another address after the code had been mailed to the first one."""
    from plaudit_site.awards import revoking

    badge = world.badge_like("High Stakes", claim_needs_code=True)
    award = world.award("first@example.org", badge=badge)
    client = Client()
    client.post(claim_path(award), {"visibility": "link"})
    code = newest_code("first@example.org")
    revoking.correct(award, address="second@example.org", name="Second", by=world.ben)
    people.run_worker()
    assert client.post(claim_path(award) + "/code", {"code": code}).status_code == 404
    assert proving.owner_of("second@example.org") is None


def test_adding_an_address_by_an_invitation_needs_a_confirmed_session(world: World, sam: User) -> None:
    """B3, B21: a stolen session adds no way into the account, not by the claim page either."""
    path = claim_path(world.award("thief@evil.example"))
    stolen = signed_in(sam)
    answer = stolen.post(f"{path}/address")
    assert answer.status_code == 302
    assert answer["Location"] == f"/account/confirm?{urlencode({'next': path})}"
    assert not Message.objects.filter(kind="code").exists()
    assert fresh(sam).post(f"{path}/address").status_code == 200
    assert Message.objects.filter(kind="code", context__address="thief@evil.example").exists()


def test_changes_of_address_are_told_to_the_address_before(world: World, eve: User) -> None:
    """B3: nobody's account changes hands in silence."""
    client = fresh(eve)
    client.post("/account/addresses/add", {"address": "new@example.org"})
    client.post("/account/addresses/code", {"code": newest_code("new@example.org")})
    rows = {row.email: row.pk for row in EmailAddress.objects.filter(user=eve)}
    client.post(f"/account/addresses/{rows['new@example.org']}/primary")
    client.post(f"/account/addresses/{rows[EVE]}/remove")
    notices = [
        m.context["notice_text"].splitlines()[0]
        for m in Message.objects.filter(kind="account_text", context__address=EVE).order_by("pk")
    ]
    assert [text.split(" ", 1)[1] for text in notices[:1]] == ["was added to your account."]
    assert len(notices) == 3
    assert all("new@example.org" in text for text in notices[:2])
    assert EVE in notices[2]


def test_removing_an_address_ends_every_other_session(world: World, eve: User) -> None:
    """B20: who came in through that mailbox is out; the press itself keeps its session."""
    proving.prove(eve, "old@example.org", how="test")
    row = EmailAddress.objects.get(user=eve, email="old@example.org")
    intruder, client = signed_in(eve), fresh(eve)
    assert intruder.get("/badges").status_code == 200
    client.post(f"/account/addresses/{row.pk}/remove")
    assert intruder.get("/badges").status_code == 302
    assert client.get("/badges").status_code == 200


# B6: forwarded links


def test_a_thief_keeps_nothing_by_dropping_the_address_it_was_claimed_with(world: World) -> None:
    """B6, J12: claimed by a forwarded link, moved to the thief's own address; the mailbox takes it back."""
    award = world.award()
    thief = Client()
    thief.post(claim_path(award), {"visibility": "link"})
    account = User.objects.get(email=EVE)
    proving.prove(account, "thief@evil.example", how="test")
    row = EmailAddress.objects.get(user=account, email=EVE)
    thief.post(f"/account/addresses/{row.pk}/remove")
    assert not EmailAddress.objects.filter(user=account, email=EVE).exists()
    assert Client().post(undo_path(award)).status_code == 200
    award.refresh_from_db()
    assert (award.state, award.earner, award.visibility) == ("waiting", None, "only_me")
    assert Client().get(f"/c/{award.public_id}.json").status_code == 404
    assert thief.get("/badges").status_code == 302, "the thief is signed out"
    owner = Client()
    owner.post(claim_path(award), {"visibility": "only_me"})
    award.refresh_from_db()
    assert award.earner == User.objects.get(email=EVE)


def test_somebody_else_signed_in_sees_no_address_in_clear(world: World, sam: User) -> None:
    """B6."""
    path = claim_path(world.award())
    for client in (Client(), signed_in(sam)):
        for page in (path, f"{path}/see", f"{path}/report"):
            content = client.get(page).content.decode()
            assert EVE not in content
            assert client.get(page).status_code == 200


def test_the_link_of_an_owners_address_accepts_for_nobody_else(world: World, eve: User, sam: User) -> None:
    """B6: every door of a claim link, for somebody else's session; then the control."""
    award = world.award()
    client = fresh(sam)
    for door in ("", "/address", "/code", "/decline", "/see", "/report"):
        answer = client.post(claim_path(award) + door, {"visibility": "link", "code": "123456", "text": "x"})
        assert answer.status_code in {404, 405}, door
    award.refresh_from_db()
    assert award.state == "waiting"
    assert signed_in(eve).post(claim_path(award), {"visibility": "link"}).status_code == 302


# B10: mass assignment


def test_extra_fields_of_the_acceptance_change_nothing(world: World, eve: User, sam: User) -> None:
    """B10."""
    award = world.award()
    extra = {
        "earner": sam.pk,
        "state": "removed",
        "issuer": 1,
        "is_welcome": "on",
        "address": sam.email,
        "name": "X",
    }
    signed_in(eve).post(claim_path(award), {"visibility": "only_me", **extra})
    award.refresh_from_db()
    assert (award.earner, award.state, award.address, award.name) == (eve, "accepted", EVE, "Eve Earner")
    assert not award.is_welcome


def test_a_visibility_that_the_form_does_not_offer_is_refused(world: World, eve: User) -> None:
    """B10."""
    award = world.award()
    for wish in ("everybody", "PUBLIC", "", "public"):
        signed_in(eve).post(claim_path(award), {"visibility": wish})
        award.refresh_from_db()
        assert award.state == "waiting", wish
    signed_in(eve).post(claim_path(award), {"visibility": "link"})
    award.refresh_from_db()
    assert award.visibility == "link"


# B18: who has an account


def shape(response: Any, address: str) -> tuple[Any, ...]:
    text = re.sub(r'(value|nonce)="[^"]*"|<span class="mono">\w+</span>', "", response.content.decode())
    return response.status_code, response.get("Location"), text.replace(address, "ADDRESS")


@pytest.mark.parametrize(
    ("path", "field"),
    [("/accounts/login/", "login"), ("/accounts/signup/", "email"), ("/accounts/password/reset/", "email")],
)
def test_answers_do_not_tell_who_has_an_account(eve: User, path: str, field: str) -> None:
    """B18: status, address led to and every byte of the page after it."""
    seen = set()
    for address in (EVE, "eva@example.org"):
        client = Client()
        answer = client.post(path, {field: address})
        seen.add((shape(answer, address), shape(client.get(answer.get("Location") or path), address)))
    assert len(seen) == 1


def test_codes_are_asked_for_only_so_often(eve: User) -> None:
    """B19: three guesses per code, so the number of codes is limited too, for each mailbox."""
    for _ in range(20):
        Client().post("/accounts/login/", {"login": EVE})
    assert Message.objects.filter(kind="code", context__address=EVE).count() <= 3


def test_the_operators_console_has_no_sign_in_of_its_own(ozz: User, sam: User) -> None:
    """B19: one without our limits would let a password be guessed, and would skip the second factor."""
    answer = Client().post("/operator/login/", {"username": ozz.email, "password": "guess"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert signed_in(sam).get("/operator/login/").status_code == 403
    console = signed_in(ozz).get("/operator/")
    assert console.status_code == 200
    assert "the operator’s console" in console.content.decode()
    assert "Django" not in console.content.decode()
    assert "Groups" not in console.content.decode(), "no right here comes from a group"


# B17: mail links


def test_links_in_mails_never_repeat_the_host_of_the_request(eve: User, settings: Any) -> None:
    """B17: another port of the same name is another program."""
    Client().post("/accounts/password/reset/", {"email": EVE}, headers={"Host": "localhost:6666"})
    text = Message.objects.get(kind="account_text").context["notice_text"]
    assert "6666" not in text
    assert f"{settings.BASE_URL}/accounts/password/reset/key/" in text


def test_forwarded_host_names_are_not_believed(site: object) -> None:
    """B17."""
    answer = Client().get("/badges", headers={"X-Forwarded-Host": "evil.test", "X-Forwarded-Port": "1"})
    assert "evil.test" not in answer["Location"]
    assert Client().get("/", headers={"Host": "evil.test"}).status_code == 400


# B14: ids


def test_public_ids_are_random_and_long() -> None:
    """B14: a thousand, all different, no order, no sign that is always the same."""
    from plaudit_site.ids import new_id

    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert ids != sorted(ids)
    # Each of the 26 signs carries 5 bits.
    assert all(len({one[n] for one in ids}) == 32 for n in range(26))


# B16: open redirect


ELSEWHERE = {
    "scheme-relative": "//evil.test",
    "backslash": "/\\evil.test",
    "two backslashes": "\\\\evil.test",
    "scheme without slashes": "https:evil.test",
    "tab": "\t//evil.test",
    "tab inside": "/\t/evil.test",
    "escaped backslash": "/%5cevil.test",
    "user info": "http://localhost:8000@evil.test",
    "script": "javascript:alert(1)",
    "plain": "https://evil.test/badges",
    "three slashes": "///evil.test",
    "line break": "/\n/evil.test",
}


@pytest.mark.parametrize("target", ELSEWHERE.values(), ids=ELSEWHERE)
def test_next_leads_nowhere_else_wherever_it_is_taken(eve: User, target: str) -> None:
    """B16: sign-in by code, sign-out, confirmation, operator's sign-in, sign-up."""
    from urllib.parse import urljoin, urlsplit

    led: list[str] = []

    def follow(answer: Any) -> None:
        led.append(answer.get("Location") or "")

    query = urlencode({"next": target})
    client = Client()
    client.post(f"/accounts/login/?{query}", {"login": EVE, "next": target})
    follow(client.post("/accounts/login/code/confirm/", {"code": newest_code(EVE), "next": target}))
    follow(client.get(f"/accounts/login/?{query}"))
    follow(client.get(f"/accounts/signup/?{query}"))
    client.post("/account/confirm", {"next": target})
    follow(client.post("/account/confirm", {"code": newest_code(EVE), "next": target}))
    follow(Client().get(f"/operator/login/?{query}"))
    follow(client.post(f"/accounts/logout/?{query}", {"next": target}))
    assert all(led), led
    for location in led:
        cleaned = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
        host = urlsplit(urljoin("http://localhost:8000/", cleaned)).netloc
        assert host in {"localhost:8000", "testserver"}, location


def test_next_of_our_own_is_followed(eve: User) -> None:
    """The control of the one above."""
    client = signed_in(eve)
    client.post("/account/confirm", {"next": "/account/addresses"})
    answer = client.post("/account/confirm", {"code": newest_code(EVE), "next": "/account/addresses"})
    assert answer["Location"] == "/account/addresses"
