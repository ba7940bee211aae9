"""Two accounts of one person become one: nothing is lost, and nobody else can do it (J17, SECURITY B1 to B4, B18)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone
from fido2.utils import websafe_encode

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.forms import _handle_of_now
from plaudit_site.accounts.models import CodeProof, FormerAccount, MailedCode, User
from plaudit_site.api.models import Token
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import claiming, keeping
from plaudit_site.awards.models import Award, Collection, TrustedIssuer
from plaudit_site.belongings import collecting, merging
from plaudit_site.issuers import access
from plaudit_site.issuers.models import Role
from plaudit_site.mail.models import Message
from tests import people
from tests.people import EVE, EVE_AT_WORK, World, run_worker
from tests.site.belongings.test_addresses import fresh, newest_code
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(site: object) -> User:
    """Eve's other account, made when an employer awarded her."""
    return people.person("Eve at Work", EVE_AT_WORK)


def proven(client: Client, address: str) -> Any:
    """As far as the page that offers to merge."""
    client.post("/account/addresses/add", {"address": address})
    return client.post("/account/addresses/code", {"code": newest_code(address)})


def merged(client: Client, address: str) -> Any:
    proven(client, address)
    client.post("/account/merge")
    return client.post("/account/merge", {"code": newest_code(address)})


def earned(world: World, user: User, title: str, **more: Any) -> Award:
    award = world.award(user.email, badge=world.badge_like(title, **more))
    claiming.accept(award, user, visibility="link", trust_issuer=False)
    return award


@pytest.mark.journey("J17")
def test_everything_of_the_other_account_is_in_this_one(world: World, eve: User, work: User) -> None:
    mine, theirs = earned(world, eve, "Mine"), earned(world, work, "Theirs")
    hidden = earned(world, work, "Hidden")
    keeping.set_hidden(hidden, work, True)
    made = collecting.make(work, "For my application")
    collecting.put(theirs, work, [made.public_id])
    proving.prove(work, "eve@old.example", how="code")
    claiming.trust(work, world.issuer, visibility="public")
    access.set_role(world.issuer, work, Role.EDITOR, by="test")
    path = f"/i/{world.issuer.slug}/c/{theirs.public_id}"
    client, other = fresh(eve), signed_in(work)
    assert other.get("/badges").status_code == 200
    offer = proven(client, EVE_AT_WORK).content.decode()
    assert "belongs to another account" in offer
    page = client.get("/account/merge").content.decode()
    assert "3 badges" in page
    assert world.issuer.name in page
    assert client.post("/account/merge").status_code == 200
    answer = client.post("/account/merge", {"code": newest_code(EVE_AT_WORK)})
    assert answer["Location"] == "/badges"
    page = client.get("/badges").content.decode()
    for award in (mine, theirs):
        assert award.version.title in page
    assert hidden.version.title in client.get("/badges/hidden").content.decode()
    assert made.name in client.get("/badges/collections").content.decode()
    assert world.issuer.name in client.get("/account/trusted").content.decode()
    assert access.role_of(eve, world.issuer) == Role.EDITOR
    assert Client().get(path).status_code == 200, "the share link"
    assert {row.email for row in EmailAddress.objects.filter(user=eve, verified=True)} == {
        EVE,
        EVE_AT_WORK,
        "eve@old.example",
    }
    assert other.get("/badges").status_code == 302, "its sessions ended"
    assert client.get("/account/addresses").status_code == 200, "this one's did not"
    eve.refresh_from_db()
    assert eve.email == EVE


@pytest.mark.journey("J17", "J26")
@pytest.mark.parametrize("older", ["kept", "gone"])
def test_the_older_welcome_badge_stays_on_earned_and_there_is_never_a_third(
    world: World, eve: User, work: User, older: str
) -> None:
    run_worker()
    first, second = (eve, work) if older == "kept" else (work, eve)
    Award.objects.filter(earner=first, is_welcome=True).update(awarded_at=timezone.now() - timedelta(days=9))
    one = Award.objects.get(earner=first, is_welcome=True)
    two = Award.objects.get(earner=second, is_welcome=True)
    merged(fresh(eve), EVE_AT_WORK)
    run_worker()
    assert [a.pk for a in Award.objects.earned_by(eve).filter(is_welcome=True)] == [one.pk]
    two.refresh_from_db()
    assert (two.earner, two.hidden, two.state) == (eve, True, "accepted")
    proving.prove(eve, "third@example.org", how="code")
    assert Award.objects.filter(is_welcome=True, earner=eve).count() == 2


def test_a_welcome_badge_that_was_not_signed_yet_is_not_given_twice(
    world: World, eve: User, work: User
) -> None:
    assert Award.objects.filter(is_welcome=True, state="queued").count() >= 2
    merged(fresh(eve), EVE_AT_WORK)
    run_worker()
    assert Award.objects.earned_by(eve).filter(is_welcome=True).count() == 1
    assert Award.objects.filter(is_welcome=True, earner=eve).count() == 2


@pytest.mark.journey("J17", "J21")
def test_trust_of_either_account_brings_in_what_waits_at_any_address(
    world: World, eve: User, work: User
) -> None:
    claiming.trust(work, world.issuer, visibility="only_me")
    waits = world.award(EVE, badge=world.badge_like("Waits"))
    merged(fresh(eve), EVE_AT_WORK)
    assert waits in Award.objects.earned_by(eve)
    run_worker()
    later = world.award(EVE_AT_WORK, badge=world.badge_like("Later"))
    assert (later.state, later.earner, later.visibility) == ("accepted", eve, "only_me")


def test_where_both_trust_the_one_that_stays_decides_who_sees_it(world: World, eve: User, work: User) -> None:
    claiming.trust(eve, world.issuer, visibility="only_me")
    claiming.trust(work, world.issuer, visibility="public")
    merged(fresh(eve), EVE_AT_WORK)
    assert [t.visibility for t in TrustedIssuer.objects.filter(user=eve)] == ["only_me"]


def test_of_two_roles_in_one_team_the_greater_stays(world: World, eve: User, work: User) -> None:
    access.set_role(world.issuer, eve, Role.VIEWER, by="test")
    access.set_role(world.issuer, work, Role.OWNER, by="test")
    merged(fresh(eve), EVE_AT_WORK)
    assert access.role_of(eve, world.issuer) == Role.OWNER


def test_a_proof_by_code_stays_what_it_was(world: World, eve: User, work: User) -> None:
    """The address that the code went to is proven by it; another of that account is as proven as it was."""
    proving.prove(work, "by-link@example.org", how="invitation")
    proving.prove(work, "by-code@example.org", how="code")
    badge = world.badge_like("High Stakes", claim_needs_code=True)
    merged(fresh(eve), EVE_AT_WORK)
    for address, how in ((EVE_AT_WORK, True), ("by-code@example.org", True), ("by-link@example.org", False)):
        assert proving.proven_by_code(eve, address) is how, address
        award = world.award(address, badge=badge)
        assert claiming.needs_code(award, eve) is not how
    assert CodeProof.objects.filter(user=eve).count() == 2


def test_no_table_keeps_a_pointer_at_the_account_that_went(world: World, eve: User, work: User) -> None:
    """Whatever room points at accounts later: its rows come along, or this fails."""
    award = earned(world, work, "One")
    collecting.make(work, "Mine")
    access.set_role(world.issuer, work, Role.OWNER, by="test")
    Token.objects.create(issuer=world.issuer, made_by=work, name="t", secret_hash="0" * 64, scopes=[])
    models = {model for model, _field in merging.rows_of_people()}
    assert {Award, Collection, TrustedIssuer, Token, Authenticator, EmailAddress, CodeProof} <= models
    pk = work.pk
    merged(fresh(eve), EVE_AT_WORK)
    for model, field in merging.rows_of_people():
        assert not model._base_manager.filter(**{f"{field}_id": pk}).exists(), (model, field)
    assert Token.objects.get().made_by == eve
    assert Award.objects.get(pk=award.pk).earner == eve
    connection.check_constraints()


def test_both_addresses_are_told_and_the_history_names_nobody(world: World, eve: User, work: User) -> None:
    gone = work.public_id
    merged(fresh(eve), EVE_AT_WORK)
    told = Message.objects.filter(kind="account_text", context__notice_subject="Your accounts were merged")
    assert {message.context["address"] for message in told} == {EVE, EVE_AT_WORK}
    event = AuditEvent.objects.get(kind="accounts merged")
    assert (event.actor, event.details) == (eve.public_id, {"gone": gone})
    assert FormerAccount.objects.get(user=eve).public_id == gone


def test_the_mail_says_what_the_code_is_for(world: World, eve: User, work: User) -> None:
    from plaudit_site.mail.renderers import render

    client = fresh(eve)
    proven(client, EVE_AT_WORK)
    client.post("/account/merge")
    context = Message.objects.filter(kind="code", context__address=EVE_AT_WORK).latest("pk").context
    mail = render("code", "x", "en", context)
    for text in (mail.text, mail.html):
        assert "merge your account into the account of" in text
        assert EVE not in text, "masked: the mailbox may be somebody else's"


# Who cannot


def test_only_whoever_reads_the_others_mail_merges(world: World, eve: User, sam: User) -> None:
    """B3, B4: wrong codes are counted; the fifth ends it. Nothing has moved."""
    award = earned(world, eve, "Mine")
    client = fresh(sam)
    proven(
        client, EVE
    )  # say that a code was lured out of Eve: the second, whose mail warns, is still missing
    client.post("/account/merge")
    code = newest_code(EVE)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        client.post("/account/merge", {"code": wrong})
    client.post("/account/merge", {"code": code})
    award.refresh_from_db()
    assert award.earner == eve
    assert User.objects.filter(pk=eve.pk).exists()


def test_the_code_that_adds_an_address_merges_nothing(world: World, eve: User, sam: User) -> None:
    """B22, B23: each code is good for one thing."""
    client = fresh(sam)
    client.post("/account/addresses/add", {"address": EVE})
    code = newest_code(EVE)
    client.post("/account/addresses/code", {"code": code})
    client.post("/account/merge", {"code": code})
    assert User.objects.filter(pk=eve.pk).exists()


def test_without_a_proof_the_page_is_not_there_whoever_is_asked_about(
    world: World, eve: User, sam: User
) -> None:
    """B18: no answer depends on whether an address has an account, before its mailbox has spoken."""
    seen = set()
    for address in (EVE, "nobody@example.org"):
        client = fresh(sam)
        add = client.post("/account/addresses/add", {"address": address})
        answers = [
            add,
            client.get("/account/merge"),
            client.post("/account/merge"),
            client.post("/account/merge/allow"),
        ]
        bare = [
            re.sub(r'(value|nonce)="[^"]*"', "", a.content.decode()).replace(address, "X") for a in answers
        ]
        seen.add((*bare, *(a.status_code for a in answers), *(a.get("Location") for a in answers)))
    assert len(seen) == 1
    assert {a.status_code for a in answers[1:]} == {302}
    assert not MailedCode.objects.filter(purpose=merging.PURPOSE).exists()


def test_merging_needs_a_session_that_was_confirmed_a_moment_ago(world: World, eve: User, work: User) -> None:
    """B21."""
    for method in ("get", "post"):
        answer = getattr(signed_in(eve), method)("/account/merge")
        assert answer["Location"].startswith("/account/confirm")


def test_an_account_is_not_merged_into_itself(world: World, eve: User) -> None:
    proving.prove(eve, EVE_AT_WORK, how="code")
    with pytest.raises(merging.MergeRefused):
        merging.begin(eve, EVE_AT_WORK)
    code = codes.send_code(merging.PURPOSE, EVE_AT_WORK, user=eve, about=eve.public_id)
    with pytest.raises(merging.MergeRefused):
        merging.finish(eve, code.handle, newest_code(EVE_AT_WORK))
    assert User.objects.filter(pk=eve.pk).exists()


def test_an_unproven_address_of_the_other_moves_nothing(world: World, eve: User, work: User) -> None:
    """B2, B4: what an account only named is nobody's, before and after."""
    EmailAddress.objects.create(user=work, email="victim@example.org", verified=False, primary=False)
    award = world.award("victim@example.org")
    merged(fresh(eve), EVE_AT_WORK)
    assert proving.owner_of("victim@example.org") is None
    assert not EmailAddress.objects.filter(email="victim@example.org").exists()
    assert not claiming.waiting_for(eve).filter(pk=award.pk).exists()


def test_an_account_prepared_in_advance_is_no_account_to_merge(world: World, eve: User) -> None:
    """B1: the attacker signed up with Eve's other address, and waits for her to merge."""
    attacker = Client()
    attacker.post("/accounts/signup/", {"email": EVE_AT_WORK})
    answer = proven(fresh(eve), EVE_AT_WORK)
    assert answer.status_code == 302, "the address is simply hers"
    assert proving.owner_of(EVE_AT_WORK) == eve
    attacker.post("/accounts/confirm-email/", {"code": newest_code(EVE_AT_WORK)})
    assert "_auth_user_id" not in attacker.session


def test_a_code_for_the_account_that_had_the_address_is_none_for_the_next(
    world: World, eve: User, work: User, sam: User
) -> None:
    """B22: between mail and press the address went to somebody else."""
    code = merging.begin(eve, EVE_AT_WORK)
    EmailAddress.objects.filter(user=work).update(email="eve@moved.example")
    proving.prove(sam, EVE_AT_WORK, how="code")
    with pytest.raises(merging.MergeRefused):
        merging.finish(eve, code.handle, newest_code(EVE_AT_WORK))
    assert User.objects.filter(pk=sam.pk).exists()


def test_a_shut_account_does_not_come_back_by_merging(world: World, eve: User, work: User) -> None:
    User.objects.filter(pk=work.pk).update(is_active=False)
    client = fresh(eve)
    proven(client, EVE_AT_WORK)
    assert "cannot be merged" in client.post("/account/merge").content.decode()
    assert not MailedCode.objects.filter(purpose=merging.PURPOSE).exists()


def with_passkey(user: User) -> None:
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "key", "credential": {}})


@pytest.mark.parametrize("protection", ["passkey", "operator"])
def test_a_code_alone_takes_no_account_that_asks_for_more(
    world: World, eve: User, work: User, protection: str
) -> None:
    """B21: signing in to it by a code would ask for the passkey; merging it must not be the way round."""
    if protection == "passkey":
        with_passkey(work)
    else:
        User.objects.filter(pk=work.pk).update(is_staff=True, is_superuser=True)
    client = fresh(eve)
    proven(client, EVE_AT_WORK)
    assert "protected by more than a code" in client.post("/account/merge").content.decode()
    code = codes.send_code(merging.PURPOSE, EVE_AT_WORK, user=eve, about=work.public_id)
    with pytest.raises(merging.BetterProtected):
        merging.finish(eve, code.handle, newest_code(EVE_AT_WORK))
    eve.refresh_from_db()
    assert not eve.is_staff
    assert merged(fresh(work), EVE)["Location"] == "/badges", "the other way round"
    assert proving.owner_of(EVE) == work


def test_two_accounts_with_passkeys_merge_when_the_one_that_goes_agreed(
    world: World, eve: User, work: User
) -> None:
    with_passkey(eve)
    with_passkey(work)
    here, there = fresh(eve), fresh(work)
    proven(there, EVE)
    assert "Agreed, for one hour" in there.post("/account/merge/allow").content.decode()
    assert merged(here, EVE_AT_WORK)["Location"] == "/badges"
    assert Authenticator.objects.filter(user=eve, type="webauthn").count() == 2


def test_an_agreement_is_for_one_account_one_hour_and_one_time(
    world: World, eve: User, work: User, sam: User
) -> None:
    with_passkey(work)
    merging.allow(work, EVE)
    assert merging.other_account(eve, EVE_AT_WORK) == work
    with pytest.raises(merging.BetterProtected):
        merging.other_account(sam, EVE_AT_WORK)
    from plaudit_site.accounts.models import MailedLink

    MailedLink.objects.filter(purpose=merging.CONSENT).update(expires_at=timezone.now())
    with pytest.raises(merging.BetterProtected):
        merging.other_account(eve, EVE_AT_WORK)


def test_a_passkey_that_names_the_account_that_went_leads_to_the_one_that_stayed(
    world: World, eve: User, work: User
) -> None:
    before = websafe_encode(user_pk_to_url_str(work).encode())
    mine = websafe_encode(user_pk_to_url_str(eve).encode())
    merged(fresh(eve), EVE_AT_WORK)
    assert _handle_of_now(before) == mine
    assert _handle_of_now(mine) == mine
    for nonsense in (None, "", "%%%", 7, websafe_encode(b"\xff"), websafe_encode(b"zzzzzzzzzzzzzzzzzzzzz")):
        assert _handle_of_now(nonsense) == nonsense


def test_a_chain_of_merges_keeps_every_former_name(world: World, eve: User, work: User, sam: User) -> None:
    first, second = work.public_id, sam.public_id
    merged(fresh(sam), EVE_AT_WORK)
    merged(fresh(eve), sam.email)
    assert {former.public_id for former in eve.former_accounts.all()} == {first, second}
