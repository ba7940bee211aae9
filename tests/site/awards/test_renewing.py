"""The rule “renew”: a later award takes the place of the one before when it is accepted, and not a moment earlier."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding, batching, claiming, previewing, revoking, slicing, staging
from plaudit_site.awards.models import Award, Batch, StatusEntry
from plaudit_site.examining import whole
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def badge(world: World) -> Achievement:
    return world.badge_like("First Aid", repeat=Achievement.Repeat.RENEW)


def accepted(award: Award, eve: User, visibility: str = "link") -> Award:
    claiming.accept(award, eve, visibility=visibility, trust_issuer=False)
    award.refresh_from_db()
    return award


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def staged(world: World, badge: Achievement, text: str) -> Batch:
    return staging.upload(world.issuer, io.BytesIO(text.encode()), name="l.csv", badge=badge, by=world.ben)


def status_is_set(award: Award) -> bool:
    assert award.credential is not None
    return StatusEntry.objects.filter(
        status_list=award.credential.status_list, index=award.credential.status_index
    ).exists()


def test_the_earlier_one_is_valid_until_the_later_one_is_accepted(
    world: World, badge: Achievement, eve: User
) -> None:
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    second = world.award(badge=badge)
    first.refresh_from_db()
    assert not claiming.is_revoked(first)
    accepted(second, eve)
    first = Award.objects.with_badge().get(pk=first.pk)
    assert first.revocation.renewed_by_id == second.pk
    assert status_is_set(first)
    assert not status_is_set(second)


def test_the_earlier_ones_page_leads_to_the_later_one_if_anybody_may_see_it(
    world: World, badge: Achievement, eve: User
) -> None:
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    second = accepted(world.award(badge=badge), eve)
    address = f"/i/{world.issuer.slug}/c/{first.public_id}"
    text = Client().get(address).content.decode()
    assert "This badge was renewed" in text
    assert "Certificate, no longer valid" in text
    assert "authentic" not in text.lower()
    assert f"/c/{second.public_id}" in text
    Award.objects.filter(pk=second.pk).update(visibility="only_me")
    assert second.public_id not in Client().get(address).content.decode()


def test_an_earlier_date_renews_nothing_and_the_same_day_is_once(world: World, badge: Achievement) -> None:
    world.award(badge=badge, awarded_at=days_ago(10))
    for day in (20, 10):
        with pytest.raises(awarding.AlreadyAwarded):
            world.award(badge=badge, awarded_at=days_ago(day))
    assert world.award(badge=badge, awarded_at=days_ago(5)).state == "waiting"


def test_an_invitation_nobody_followed_dies_with_the_renewal(
    world: World, badge: Achievement, eve: User
) -> None:
    first = world.award(badge=badge, awarded_at=days_ago(400))
    accepted(world.award(badge=badge), eve)
    first.refresh_from_db()
    assert first.state == Award.State.WITHDRAWN
    assert first.invitation_number == 2
    assert status_is_set(first)


def test_a_badge_that_somebody_else_accepted_with_this_address_is_left_alone(
    world: World, badge: Achievement, eve: User, sam: User
) -> None:
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    Award.objects.filter(pk=first.pk).update(earner=sam)
    accepted(world.award(badge=badge), eve)
    first.refresh_from_db()
    assert not claiming.is_revoked(first)


def test_other_rules_leave_what_was_awarded_before(world: World, eve: User) -> None:
    badge = world.badge_like("Volunteer", repeat=Achievement.Repeat.AGAIN)
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    accepted(world.award(badge=badge), eve)
    first.refresh_from_db()
    assert not claiming.is_revoked(first)


def test_the_preview_of_a_list_says_what_each_row_renews(world: World, badge: Achievement) -> None:
    world.award(badge=badge, awarded_at=datetime(2024, 5, 3, tzinfo=UTC))
    batch = staged(world, badge, f"name,email,date\nEve,{EVE},2026-01-02\nEve,{EVE},2024-01-02\n")
    renews, older = batch.rows.order_by("line")
    assert (renews.state, previewing.said(renews)) == ("ready", ["Renews the badge of 3 May 2024."])
    assert (older.state, previewing.said(older)) == (
        "twice",
        ["Has this badge with a later date, 3 May 2024, already."],
    )


@pytest.mark.parametrize(
    ("rule", "dates", "said"),
    [
        ("renew", ("2026-02-02", "2026-01-02"), "Has this badge with a later date, 2 Feb 2026, already."),
        ("again", ("2026-01-02", "2026-01-02"), "Was awarded this badge before."),
        ("once", ("2026-01-02", "2026-01-02"), "Was awarded this badge before."),
        ("renew", ("2026-01-02", "2026-02-02"), None),
        ("again", ("2026-01-02", "2026-02-02"), None),
        ("again", ("", ""), None),
    ],
)
def test_of_two_lists_that_were_read_before_either_began_the_second_knows_the_first(
    world: World, settings: Any, rule: str, dates: tuple[str, str], said: str | None
) -> None:
    """C3, J45: what the preview would say if it were asked now."""
    settings.CANCEL_SECONDS = 0
    badge = world.badge_like("Helper", repeat=rule)
    lists = [
        staged(world, badge, f"name,email,date\nEve,{EVE},{date}\nAnn,ann{date}@example.org,{date}\n")
        for date in dates
    ]
    assert {row.state for one in lists for row in one.rows.all()} == {"ready"}
    for one in lists:
        batching.start(one, by=world.ben)
        run_worker()
    second = lists[1].rows.order_by("line")[0]
    assert (second.state, previewing.said(second)) == (("refused", [said]) if said else ("awarded", []))
    assert Award.objects.filter(address=EVE, version__achievement=badge).count() == (1 if said else 2)
    assert whole.examine(settle_seconds=0).findings == []


def test_what_stands_in_one_list_twice_is_not_held_against_itself(world: World, settings: Any) -> None:
    """The same day, and other evidence; and an older date behind a later one: the preview shows both as ready."""
    settings.CANCEL_SECONDS = 0
    again, renew = (world.badge_like(f"Badge {rule}", repeat=rule) for rule in ("again", "renew"))
    texts = (
        f"name,email,date,evidence\nEve,{EVE},2026-01-02,https://a.example/1\nEve,{EVE},2026-01-02,https://a.example/2\n",
        f"name,email,date\nEve,{EVE},2026-02-02\nEve,{EVE},2026-01-02\n",
    )
    for badge, text in zip((again, renew), texts, strict=True):
        batch = staged(world, badge, text)
        assert [row.state for row in batch.rows.all()] == ["ready", "ready"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(slicing, "at_once", lambda: 1)
            batching.start(batch, by=world.ben)
            run_worker()
        assert batch.awards.count() == 2


def test_a_list_that_renews_takes_nothing_away_when_it_is_undone(
    world: World, badge: Achievement, eve: User, settings: object
) -> None:
    settings.CANCEL_SECONDS = 0  # type: ignore[attr-defined]
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    batch = staged(world, badge, f"name,email\nEve,{EVE}\n")
    batching.start(batch, by=world.ben)
    run_worker()
    (award,) = batch.awards.all()
    assert staged(world, badge, f"name,email\nEve,{EVE}\n").rows.get().state == "twice"
    batching.undo(batch, reason="The wrong list", by=world.ben)
    run_worker()
    award.refresh_from_db()
    first.refresh_from_db()
    assert claiming.is_revoked(award)
    assert not claiming.is_revoked(first)
    assert staged(world, badge, f"name,email\nEve,{EVE}\n").rows.get().state == "ready"


def test_what_is_corrected_keeps_its_rule(world: World, badge: Achievement) -> None:
    award = world.award(badge=badge)
    revoking.correct(award, address="eva@example.org", name="Eva", by=world.ben)
    run_worker()
    with pytest.raises(awarding.AlreadyAwarded):
        world.award("eva@example.org", badge=badge)


def test_a_correction_leaves_the_day(world: World, badge: Achievement, eve: User) -> None:
    """What was awarded for January stays January's: in the signed badge, beside its end, and under “renew”."""
    older = world.award(
        badge=badge, awarded_at=datetime(2024, 1, 5, tzinfo=UTC), expires_at=datetime(2027, 1, 5, tzinfo=UTC)
    )
    later = world.award(badge=badge, awarded_at=datetime(2026, 6, 1, tzinfo=UTC))
    revoking.correct(older, address=EVE, name="Eva", by=world.ben)
    run_worker()
    older.refresh_from_db()
    assert older.credential is not None
    signed = json.loads(bytes(older.credential.content))
    assert (older.awarded_at.year, signed["validFrom"]) == (2024, "2024-01-05T00:00:00Z")
    assert signed["validUntil"] == "2027-01-05T00:00:00Z"
    accepted(later, eve)
    accepted_later = Award.objects.with_badge().get(pk=later.pk)
    assert not claiming.is_revoked(accepted_later)
    older.refresh_from_db()
    assert older.state == Award.State.WITHDRAWN


def test_nobody_gets_an_older_one_by_a_correction(world: World, badge: Achievement) -> None:
    world.award("ann@example.org", badge=badge, awarded_at=datetime(2026, 6, 1, tzinfo=UTC))
    older = world.award(badge=badge, awarded_at=datetime(2024, 1, 5, tzinfo=UTC))
    with pytest.raises(awarding.AlreadyAwarded):
        revoking.correct(older, address="ann@example.org", name="Ann", by=world.ben)
    older.refresh_from_db()
    assert older.address == EVE


@pytest.mark.journey("J25", "J26")
def test_its_earner_reads_that_it_was_replaced_and_not_that_it_was_revoked(
    world: World, badge: Achievement, eve: User
) -> None:
    first = accepted(world.award(badge=badge, awarded_at=days_ago(400)), eve)
    second = accepted(world.award(badge=badge), eve, visibility="only_me")
    browser = signed_in(eve)
    for address in ("/badges", f"/badges/{first.public_id}/manage"):
        shown = browser.get(address).content.decode().split("<main")[1]
        assert 'class="chip warn"' in shown
        assert "Replaced by newer" in shown
        assert "evoked" not in shown
        assert "Reason given" not in shown
    # Only its earner may see the newer one, and this is its earner.
    assert f'/c/{second.public_id}">See the newer one</a>' in shown
    Award.objects.filter(pk=second.pk).update(state=Award.State.REMOVED)
    assert "See the newer one" not in browser.get(address).content.decode()
