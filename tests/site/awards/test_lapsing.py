"""What nobody claims is erased after the operator's period, with notice to the issuer (J49)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, lapsing, revoking
from plaudit_site.awards.invitations import claim_url
from plaudit_site.awards.models import Award, Credential, StatusEntry, Visibility
from plaudit_site.examining import whole
from plaudit_site.mail.models import Message, State
from plaudit_site.mail.renderers import Pointless, render
from tests import people
from tests.people import EVE, World, run_worker

pytestmark = pytest.mark.django_db
PERIOD = timedelta(days=730)
NOTICE = {"number": 1, "address": "badges@leaders.example", "on": "2026-12-01"}


def aged(award: Award, age: timedelta) -> Award:
    Award.objects.filter(pk=award.pk).update(made_at=timezone.now() - age)
    award.refresh_from_db()
    return award


def notice_older(days: int, state: State = State.SENT) -> None:
    old = timezone.now() - timedelta(days=days)
    notices = Message.objects.filter(kind=lapsing.KIND)
    notices.update(created_at=old, sent_at=old, state=state, once_key="lapsing:earlier")


@pytest.mark.journey("J49")
def test_the_issuer_is_told_a_month_before_and_then_nobody_is_left(client: Client, world: World) -> None:
    award, young = world.award(EVE, note="For Eve"), world.award("young@example.org")
    aged(award, PERIOD - timedelta(days=20))
    aged(young, PERIOD - timedelta(days=40))
    link = claim_url(award)
    assert lapsing.lapse_some() == 0
    message = Message.objects.get(kind=lapsing.KIND)
    mail = render(message.kind, message.subject_id, message.language, message.context)
    assert mail.recipient == world.issuer.email
    assert "One badge that nobody claimed will be erased" in mail.subject
    assert f"/manage/{world.issuer.slug}/awards?state=waiting" in mail.text
    assert "nobody claimed" in mail.html
    assert lapsing.lapse_some() == 0
    assert Message.objects.filter(kind=lapsing.KIND).count() == 1, "once a month"

    notice_older(26)
    aged(award, PERIOD + timedelta(days=1))
    assert lapsing.lapse_some() == 1
    award.refresh_from_db()
    young.refresh_from_db()
    assert (award.state, award.address, award.name, award.note) == (Award.State.ERASED, "", "", "")
    assert young.state == Award.State.WAITING
    assert bytes(Credential.objects.get(award=award).content) == b""
    assert not Message.objects.filter(subject_id=award.public_id).exists()
    assert client.get(link).status_code == 404
    run_worker()
    assert whole.examine(settle_seconds=0).findings == []


def test_what_the_notice_was_not_about_stays_a_while(world: World) -> None:
    first, second = world.award(EVE), world.award("second@example.org")
    aged(first, PERIOD - timedelta(days=20))
    lapsing.lapse_some()
    notice_older(70)  # then the worker was away for two months
    aged(first, PERIOD + timedelta(days=50))
    aged(second, PERIOD + timedelta(days=5))
    assert lapsing.lapse_some() == 1
    second.refresh_from_db()
    assert second.state == Award.State.WAITING
    assert Message.objects.filter(kind=lapsing.KIND).count() == 2


def test_what_was_accepted_is_not_touched(world: World) -> None:
    accepted = world.award(EVE)
    claiming.accept(accepted, people.person("Eve", EVE), visibility=Visibility.ONLY_ME, trust_issuer=False)
    aged(accepted, PERIOD * 2)
    assert lapsing.lapse_some() == 0
    assert not Message.objects.filter(kind=lapsing.KIND).exists()


@pytest.mark.journey("J49")
def test_what_was_withdrawn_is_forgotten_too_and_its_file_stays_taken_back(
    client: Client, world: World
) -> None:
    award, young, unsigned = (
        world.award(f"{name}@example.org", note="For you", sign=name != "unsigned")
        for name in ("gone", "young", "unsigned")
    )
    link = claim_url(award)
    for one in (award, young, unsigned):
        revoking.withdraw(one, by=world.ben)
    for one in (award, unsigned):
        aged(one, PERIOD + timedelta(days=1))
    aged(young, PERIOD - timedelta(days=20))
    assert lapsing.lapse_some() == 2
    assert not Message.objects.filter(kind=lapsing.KIND).exists(), "its issuer has withdrawn it, and knows"
    for one in (award, young, unsigned):
        one.refresh_from_db()
    assert (award.state, award.address, award.name, award.note) == (Award.State.ERASED, "", "", "")
    assert (unsigned.state, unsigned.address) == (Award.State.ERASED, "")
    assert young.state == Award.State.WITHDRAWN
    place = Credential.objects.get(award=award)
    assert StatusEntry.objects.filter(status_list=place.status_list, index=place.status_index).exists()
    assert client.get(link).status_code == 404
    run_worker()
    assert whole.examine(settle_seconds=0).findings == []


@pytest.mark.journey("J49")
def test_what_could_never_be_signed_is_told_of_and_forgotten(world: World) -> None:
    award = world.award(sign=False)
    Award.objects.filter(pk=award.pk).update(state=Award.State.FAILED, due_at=None, problem="no key")
    aged(award, PERIOD + timedelta(days=20))
    assert lapsing.lapse_some() == 0
    run_worker("mail")
    notice = Message.objects.get(kind=lapsing.KIND)
    assert notice.state == State.SENT
    mail = render(notice.kind, world.issuer.public_id, "en", NOTICE)
    assert f"/manage/{world.issuer.slug}/awards?state=failed" in mail.text
    notice_older(40)
    assert lapsing.lapse_some() == 1
    award.refresh_from_db()
    assert (award.state, award.address) == (Award.State.ERASED, "")
    assert whole.examine(settle_seconds=0).findings == []


@pytest.mark.parametrize("state", [State.DROPPED, State.BOUNCED, State.FAILED, State.QUEUED, State.DEFERRED])
def test_a_notice_that_nobody_got_is_none(world: World, state: State) -> None:
    """J49: its issuer is told; one that waits longer than the month has told nobody either."""
    aged(world.award(EVE), PERIOD + timedelta(days=50))
    lapsing.lapse_some()
    notice_older(40, state)
    assert lapsing.lapse_some() == 0
    assert Message.objects.filter(kind=lapsing.KIND).count() == 2, "told once more"


def test_who_cannot_be_told_for_three_months_keeps_nobodys_address(world: World) -> None:
    award = aged(world.award(EVE), PERIOD + timedelta(days=200))
    lapsing.lapse_some()
    notice_older(91, State.BOUNCED)
    assert lapsing.lapse_some() == 1
    award.refresh_from_db()
    assert award.address == ""


def test_a_notice_is_dropped_when_what_it_was_about_was_claimed(world: World, eve: User) -> None:
    """Another award that waits, and is young, does not make it true."""
    award = aged(world.award(EVE), PERIOD - timedelta(days=20))
    world.award("young@example.org")
    lapsing.lapse_some()
    claiming.accept(award, eve, visibility=Visibility.ONLY_ME, trust_issuer=False)
    with pytest.raises(Pointless):
        render(lapsing.KIND, world.issuer.public_id, "en", NOTICE)


def test_an_operator_may_keep_them_for_ever(world: World, settings: Any) -> None:
    settings.FORGET_UNCLAIMED_DAYS = 0
    aged(world.award(EVE), PERIOD * 3)
    assert lapsing.lapse_some() == 0
    assert not Message.objects.filter(kind=lapsing.KIND).exists()
