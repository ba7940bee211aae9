"""Attacks by issuers and on issuers (SECURITY B8, B10, B11, B12, J48)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from plaudit_site.accounts.models import MailedLink, User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import claiming, revoking
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, TrustedIssuer
from plaudit_site.issuers import access, founding, members
from plaudit_site.issuers.models import Issuer, Membership, Role
from plaudit_site.mail.models import Message, State
from tests import people
from tests.people import World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def form_of(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    fields = ("name", "short_name", "url", "email", "description", "linkedin_id")
    return {**{field: getattr(issuer, field) for field in fields}, **changed}


def badge_form(**changed: Any) -> dict[str, Any]:
    return {
        "title": "Made By A Form",
        "description": "What it stands for.",
        "criteria": "- Work",
        "repeat": "once",
        "picture": "design",
        "shape": "hexagon",
        "palette": "ink",
        "symbol": "compass",
        "title_in_picture": "in",
        **changed,
    }


def join_path(address: str) -> str:
    message = Message.objects.filter(kind="issuer_invite", context__address=address).latest("pk")
    return "/" + str(message.context["url"]).split("/", 3)[3]


# J48: approved under one name, awarding under another


def test_an_approval_does_not_move_to_another_name(world: World, eve: User) -> None:
    """J48, A16: the operator vouched for a name."""
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    client = signed_in(world.ada)
    path = f"/manage/{world.issuer.slug}/organisation"
    client.post(path, form_of(world.issuer, name="  SOCIETY of   product leaders", description="New words"))
    world.issuer.refresh_from_db()
    assert world.issuer.standing == "approved", "the control: the same name in other letters"
    client.post(path, form_of(world.issuer, name="Ministry of Education"))
    world.issuer.refresh_from_db()
    assert (world.issuer.name, world.issuer.standing) == ("Ministry of Education", "pending")
    with pytest.raises(AwardRefused):
        world.award("stranger@example.org", badge=Achievement.objects.get(pk=world.badge.pk))
    page = Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").content.decode()
    assert "This badge is authentic" not in page


def test_extra_fields_of_an_issuers_form_change_nothing(world: World, sam: User) -> None:
    """B10: neither when it is made nor later."""
    extra = {
        "standing": "approved",
        "is_site": "on",
        "identifier": "did:web:evil.test",
        "public_id": "0" * 26,
        "slug": "admin",
        "key_generation": "7",
        "look_alike_of": "",
        "made_at": "2001-01-01",
    }
    answer = signed_in(sam).post(
        "/issuers/new", {"name": "Sam School", "url": "https://s.example", "email": "s@s.example", **extra}
    )
    assert answer.status_code == 302
    made = Issuer.objects.get(name="Sam School")
    assert (made.standing, made.is_site, made.slug) == ("pending", False, "sam-school")
    assert made.identifier.endswith(made.public_id)
    before = Issuer.objects.filter(pk=made.pk).values().get()
    signed_in(sam).post("/manage/sam-school/organisation", form_of(made, description="Better", **extra))
    after = Issuer.objects.filter(pk=made.pk).values().get()
    assert {k for k, value in after.items() if value != dict(before)[k]} == {"description"}


def test_extra_fields_of_a_badges_form_change_nothing(world: World) -> None:
    """B10."""
    extra = {
        "state": "published",
        "issuer": "1",
        "current": "1",
        "public_id": "0" * 26,
        "number": "9",
        "picture_svg": "<svg/>",
    }
    client = signed_in(world.ada)
    client.post(f"/manage/{world.issuer.slug}/badges/new", badge_form(**extra))
    made = Achievement.objects.get(current__title="Made By A Form")
    assert (made.state, made.issuer, made.public_id == "0" * 26) == ("draft", world.issuer, False)
    assert made.current is not None
    assert made.current.number == 1
    assert made.current.picture_svg != "<svg/>"


def test_another_issuers_badge_cannot_be_awarded_by_its_id(world: World, sam: User) -> None:
    """B8, B10: a badge of somebody else in one's own form."""
    mine = founding.found(
        sam, name="Sam School", url="https://s.example", email="s@s.example", standing="approved"
    )
    ours = people.make_badge(mine, "Sam's Own")
    form = {"name": "Sam", "address": "x@example.org", "note": "", "press": "1" * 26}
    client = signed_in(sam)
    client.post(f"/manage/{mine.slug}/awards/new", {**form, "badge": world.badge.public_id})
    assert not Award.objects.filter(address="x@example.org").exists()
    client.post(f"/manage/{mine.slug}/awards/new", {**form, "badge": ours.public_id})
    assert Award.objects.filter(address="x@example.org", issuer=mine).count() == 1


# B11: people of an issuer


def test_an_owner_who_was_removed_leaves_no_way_back_in(world: World, sam: User) -> None:
    """B11: invited an accomplice as owner, was thrown out, presses the link afterwards."""
    access.set_role(world.issuer, sam, Role.OWNER, by=world.ada.public_id)
    accomplice = people.person("Mel", "mel@elsewhere.example")
    members.invite(world.issuer, "mel@elsewhere.example", Role.OWNER, by=sam)
    access.remove(world.issuer, sam, by=world.ada.public_id)
    path = join_path("mel@elsewhere.example")
    assert signed_in(accomplice).post(path).status_code == 404
    assert not Membership.objects.filter(user=accomplice).exists()
    members.invite(world.issuer, "mel@elsewhere.example", Role.VIEWER, by=world.ada)
    assert signed_in(accomplice).post(join_path("mel@elsewhere.example")).status_code == 302
    assert Membership.objects.get(user=accomplice).role == "viewer"


def test_the_last_owner_is_not_lowered_by_an_invitation(world: World) -> None:
    """B11, D20: neither an error of the server nor an issuer without an owner."""
    members.invite(world.issuer, world.ada.email, Role.VIEWER, by=world.ada)
    assert signed_in(world.ada).post(join_path(world.ada.email)).status_code == 302
    assert access.role_of(world.ada, world.issuer) == "owner"
    assert MailedLink.objects.get(purpose=members.PURPOSE).used_at is None


def test_invitations_to_a_team_are_no_way_to_mail_the_world(site: object, sam: User) -> None:
    """J48: an issuer that nobody approved, with words of its own in the mail; ten issuers count as one."""
    for number in range(2):
        issuer = founding.found(
            sam, name=f"Win A Prize {number}", url="https://s.example", email="s@s.example"
        )
        for n in range(members.MOST_A_DAY):
            signed_in(sam).post(
                f"/manage/{issuer.slug}/people", {"address": f"v{number}-{n}@example.org", "role": "viewer"}
            )
    assert Message.objects.filter(kind="issuer_invite").count() == members.MOST_A_DAY


def test_a_role_taken_away_counts_at_the_next_press(world: World) -> None:
    """B11."""
    client = signed_in(world.ben)
    path = f"/manage/{world.issuer.slug}/awards/new"
    form = {"badge": world.badge.public_id, "name": "Eve", "note": ""}
    client.post(path, {**form, "address": "one@example.org", "press": "1" * 26})
    access.remove(world.issuer, world.ben, by=world.ada.public_id)
    assert client.post(path, {**form, "address": "two@example.org", "press": "2" * 26}).status_code == 404
    assert list(Award.objects.filter(address__endswith="example.org").values_list("address", flat=True)) == [
        "one@example.org"
    ]


# J48: the daily limit


def test_correcting_one_award_is_no_way_round_the_daily_limit(world: World, settings: Any) -> None:
    """J48: one award, corrected again and again, mails as many strangers."""
    settings.NEW_ISSUER_DAILY_MAILS = 4
    award = world.award("v0@example.org")
    refused = 0
    for n in range(1, 8):
        try:
            revoking.correct(award, address=f"v{n}@example.org", name="You", by=world.ben)
        except AwardRefused:
            refused += 1
        run_worker()
        award.refresh_from_db()
    assert Message.objects.filter(kind="invitation").count() == 4
    assert refused == 4


def test_one_person_is_not_sent_the_same_invitation_without_end(world: World) -> None:
    """J2."""
    award = world.award()
    for _ in range(revoking.MOST_A_DAY - 1):
        Message.objects.filter(subject_id=award.public_id).update(state=State.SENT)
        revoking.send_again(award, by=world.ben)
    Message.objects.filter(subject_id=award.public_id).update(state=State.SENT)
    with pytest.raises(revoking.NotPossible):
        revoking.send_again(award, by=world.ben)


def test_a_suspended_issuer_repeats_no_invitation(world: World, ozz: User) -> None:
    """J48."""
    award = world.award()
    revoking.send_again(award, by=world.ben)
    founding.suspend(world.issuer, by=ozz.public_id)
    award = Award.objects.get(pk=award.pk)
    with pytest.raises(AwardRefused):
        revoking.send_again(award, by=world.ben)


def test_what_was_revoked_is_not_signed_again_by_a_correction(world: World) -> None:
    """C7: revoked while it waited; nothing makes it good again."""
    award = world.award()
    revoking.revoke(award, reason="Wrong person", by=world.ben)
    with pytest.raises(revoking.NotPossible):
        revoking.correct(Award.objects.get(pk=award.pk), address="b@example.org", name="B", by=world.ben)
    with pytest.raises(revoking.NotPossible):
        revoking.revoke(Award.objects.get(pk=award.pk), reason="Again", by=world.ben)


# B12: trust


def test_trust_is_given_only_to_issuers_one_has_a_badge_of(world: World, sam: User, eve: User) -> None:
    """B12: by id, for an issuer that never awarded this person."""
    path = f"/account/trusted/{world.issuer.public_id}"
    assert signed_in(sam).post(path, {"visibility": "public"}).status_code == 404
    assert not TrustedIssuer.objects.exists()
    claiming.accept(world.award(), eve, visibility="link", trust_issuer=False)
    assert signed_in(eve).post(path, {"visibility": "public"}).status_code == 302
    assert TrustedIssuer.objects.get().user == eve


def test_a_removed_badge_is_taken_back_by_its_earner_alone(world: World, eve: User, sam: User) -> None:
    """B8: every press of the earner's pages with somebody else's badge."""
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    before = Award.objects.filter(pk=award.pk).values().get()
    presses = (
        "accept",
        "decline",
        "undo-decline",
        "visibility",
        "trust",
        "hide",
        "remove",
        "take-back",
        "collections",
    )
    for press in presses:
        answer = signed_in(sam).post(
            f"/badges/{award.public_id}/{press}", {"visibility": "public", "trust": "on", "new": "Mine"}
        )
        assert answer.status_code == 404, press
    assert Award.objects.filter(pk=award.pk).values().get() == before
    assert signed_in(eve).post(f"/badges/{award.public_id}/hide").status_code == 302


def test_the_page_of_an_invitation_names_nobody_to_who_is_not_invited(world: World, sam: User) -> None:
    """B6: a forwarded link to a team does nothing for somebody else."""
    members.invite(world.issuer, "new@leaders.example", Role.EDITOR, by=world.ada)
    path = join_path("new@leaders.example")
    for client in (Client(), signed_in(sam)):
        client.get(path)
        client.post(path)
    assert not Membership.objects.filter(user=sam).exists()
    assert re.search("Editor", Client().get(path).content.decode())
