"""What nobody claims is erased after the operator's period, with notice to the issuer (J49)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from plaudit_site.awards import claiming, lapsing
from plaudit_site.awards.invitations import claim_url
from plaudit_site.awards.models import Award, Credential, Visibility
from plaudit_site.examining import whole
from plaudit_site.mail.models import Message
from plaudit_site.mail.renderers import render
from tests import people
from tests.people import EVE, World, run_worker

pytestmark = pytest.mark.django_db
PERIOD = timedelta(days=730)


def aged(award: Award, age: timedelta) -> Award:
    Award.objects.filter(pk=award.pk).update(made_at=timezone.now() - age)
    award.refresh_from_db()
    return award


def notice_older(days: int) -> None:
    old = timezone.now() - timedelta(days=days)
    Message.objects.filter(kind=lapsing.KIND).update(created_at=old, once_key="lapsing:earlier")


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


def test_what_was_accepted_or_taken_back_is_not_touched(world: World) -> None:
    accepted, withdrawn = world.award(EVE), world.award("gone@example.org")
    claiming.accept(accepted, people.person("Eve", EVE), visibility=Visibility.ONLY_ME, trust_issuer=False)
    Award.objects.filter(pk=withdrawn.pk).update(state=Award.State.WITHDRAWN)
    for award in (accepted, withdrawn):
        aged(award, PERIOD * 2)
    assert lapsing.lapse_some() == 0
    assert not Message.objects.filter(kind=lapsing.KIND).exists()


def test_an_operator_may_keep_them_for_ever(world: World, settings: Any) -> None:
    settings.FORGET_UNCLAIMED_DAYS = 0
    aged(world.award(EVE), PERIOD * 3)
    assert lapsing.lapse_some() == 0
    assert not Message.objects.filter(kind=lapsing.KIND).exists()
