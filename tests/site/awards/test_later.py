"""What has its day: awards and lists to be sent later, notices before a badge ends, lists that are forgotten."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards import awarding, batching, claiming, expiring, forgetting, revoking, staging
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.examining import whole
from plaudit_site.mail.models import Message, State
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(world: World) -> Client:
    return signed_in(world.ben)


def staged(world: World, text: str = "name,email\nAnn,ann@example.org\n") -> Batch:
    return staging.upload(
        world.issuer, io.BytesIO(text.encode()), name="l.csv", badge=world.badge, by=world.ben
    )


def typed(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


# Awarded later


def test_an_award_for_later_is_signed_dated_and_mailed_then_and_not_before(world: World) -> None:
    at = timezone.now() + timedelta(days=3)
    award = world.award(send_at=at)
    assert (award.state, award.credential, award.awarded_at) == ("queued", None, at.replace(microsecond=0))
    assert not Message.objects.filter(subject_id=award.public_id).exists()
    past = timezone.now() - timedelta(seconds=1)
    Award.objects.filter(pk=award.pk).update(due_at=past, awarded_at=past)
    run_worker()
    award.refresh_from_db()
    assert award.state == Award.State.WAITING
    assert Message.objects.get(subject_id=award.public_id, kind="invitation").state == State.SENT


def test_an_award_for_later_is_made_seen_corrected_and_withdrawn_on_its_pages(
    world: World, ben: Client
) -> None:
    told = {"badge": world.badge.public_id, "name": "Eve", "address": EVE, "press": "b" * 26}
    past = ben.post(f"/manage/{world.issuer.slug}/awards/new?more=1", {**told, "send_at": typed(-1)})
    assert "That time is over" in past.content.decode()
    answer = ben.post(f"/manage/{world.issuer.slug}/awards/new?more=1", {**told, "send_at": typed(2)})
    page = answer["Location"]
    text = ben.get(page).content.decode()
    assert "Waits for its day" in text
    assert "Send the mail again" not in text
    award = Award.objects.get(public_id=page.rpartition("/")[2])
    revoking.correct(award, address="eva@example.org", name="Eva", by=world.ben)
    run_worker()
    award.refresh_from_db()
    assert award.state == Award.State.QUEUED
    revoking.withdraw(award, by=world.ben)
    run_worker()
    assert not Message.objects.filter(subject_id=award.public_id).exists()


def test_nobody_schedules_for_years(world: World) -> None:
    with pytest.raises(awarding.AwardRefused):
        world.award(send_at=timezone.now() + timedelta(days=400))
    with pytest.raises(awarding.AwardRefused):
        batching.start(staged(world), by=world.ben, send_at=timezone.now() + timedelta(days=400))


def test_a_list_for_later_waits_can_be_called_off_and_begins_on_its_day(world: World, ben: Client) -> None:
    batch = staged(world)
    address = f"/manage/{world.issuer.slug}/batches/{batch.public_id}"
    assert "That time is over" in ben.post(f"{address}/start", {"send_at": typed(-1)}).content.decode()
    ben.post(f"{address}/start", {"send_at": typed(2)})
    run_worker()
    assert not batch.awards.exists()
    text = ben.get(address).content.decode()
    assert "Begins on" in text
    assert "progress.js" not in text
    ben.post(f"{address}/stop")
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED
    ben.post(f"{address}/start", {"send_at": typed(2)})
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker()
    assert batch.awards.get().awarded_at <= timezone.now()


# Before a badge ends


def notices(award: Award) -> dict[int, str]:
    rows = Message.objects.filter(subject_id=award.public_id, kind="expiry")
    return {int((row.once_key or "").rpartition(":")[2]): str(row.state) for row in rows}


def ending(world: World, eve: User, days: int) -> Award:
    award = world.award(expires_at=timezone.now() + timedelta(days=days))
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    award.refresh_from_db()
    return award


def make_due(award: Award) -> None:
    Message.objects.filter(subject_id=award.public_id, kind="expiry").update(due_at=timezone.now())
    run_worker()


def test_earners_are_told_30_and_7_days_before_once_each(world: World, eve: User) -> None:
    award = ending(world, eve, 40)
    found = {row.due_at.date() for row in Message.objects.filter(kind="expiry") if row.due_at}
    assert award.expires_at is not None
    assert found == {(award.expires_at - timedelta(days=days)).date() for days in (30, 7)}
    expiring.queue_notices([award])
    make_due(award)
    assert notices(award) == {30: "sent", 7: "sent"}


def test_a_badge_that_ends_soon_has_one_notice_and_one_without_an_end_none(world: World, eve: User) -> None:
    assert set(notices(ending(world, eve, 20))) == {7}
    other = world.award(badge=world.badge_like("Endless"))
    claiming.accept(other, eve, visibility="link", trust_issuer=False)
    assert notices(other) == {}


@pytest.mark.parametrize("what", ["revoked", "off", "removed"])
def test_a_notice_that_has_become_pointless_drops_itself(
    world: World, eve: User, ben: Client, what: str
) -> None:
    award = ending(world, eve, 40)
    if what == "revoked":
        revoking.revoke(award, reason="By mistake", by=world.ben)
    elif what == "off":
        ada = signed_in(world.ada)
        assert ben.post(f"/manage/{world.issuer.slug}/wording", {"notices": "1"}).status_code == 404
        ada.post(f"/manage/{world.issuer.slug}/wording", {"notices": "1"})
    else:
        Award.objects.filter(pk=award.pk).update(state=Award.State.REMOVED)
    make_due(award)
    assert set(notices(award).values()) == {"dropped"}


# Forgotten


def pretend_days_have_passed(batch: Batch, days: int) -> None:
    past = timezone.now() - timedelta(days=days)
    for column in ("made_at", "started_at", "ended_at"):
        Batch.objects.filter(pk=batch.pk).exclude(**{column: None}).update(**{column: past})


def test_an_awarded_list_is_forgotten_after_its_days_and_the_awards_and_numbers_stay(
    world: World, ben: Client, settings: object
) -> None:
    settings.CANCEL_SECONDS = 0  # type: ignore[attr-defined]
    batch = staged(world, "name,email\nAnn,ann@example.org\nBad,nowhere\n")
    batching.start(batch, by=world.ben)
    run_worker()
    address = f"/manage/{world.issuer.slug}/batches/{batch.public_id}"
    assert "are forgotten on" in ben.get(address).content.decode()
    pretend_days_have_passed(batch, 29)
    assert forgetting.forget_some() == 0
    pretend_days_have_passed(batch, 31)
    assert forgetting.forget_some() == 1
    assert forgetting.forget_some() == 0
    batch.refresh_from_db()
    assert not batch.rows.exists()
    assert batch.layout["first"] == []
    assert batch.awards.count() == 1
    text = ben.get(address).content.decode()
    assert "were forgotten on" in text
    assert "1 of 1 settled" in text
    assert whole.examine(settle_seconds=0).findings == [], "a list without its lines is no damage"
    batching.undo(batch, reason="The wrong list", by=world.ben)
    run_worker()
    assert claiming.is_revoked(batch.awards.get())


def test_a_list_that_was_never_started_goes_with_its_file(world: World) -> None:
    batch = staged(world)
    pretend_days_have_passed(batch, 31)
    forgetting.forget_some()
    assert not Batch.objects.filter(pk=batch.pk).exists()
    assert not BatchRow.objects.filter(batch_id=batch.pk).exists()
    assert not default_storage.exists(batch.file)


def test_a_list_with_its_day_ahead_is_not_forgotten(world: World) -> None:
    batch = staged(world)
    batching.start(batch, by=world.ben, send_at=timezone.now() + timedelta(days=60))
    pretend_days_have_passed(batch, 50)
    assert forgetting.forget_some() == 0
    assert batch.rows.count() == 1


def test_a_forgotten_list_that_was_stopped_is_not_started_again(world: World) -> None:
    batch = staged(world)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.STOPPED, started_at=timezone.now())
    pretend_days_have_passed(batch, 31)
    forgetting.forget_some()
    batch.refresh_from_db()
    assert batch.tally == {"ready": 0, "left": 1}
    with pytest.raises(staging.BatchChanged):
        batching.start(batch, by=world.ben)
