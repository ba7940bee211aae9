"""The issuer's press: one row per press, per person under the rule once, and nobody poses as somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.achievements import publishing
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding
from plaudit_site.awards.models import Award
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Issuer
from tests import people
from tests.people import EVE, World

pytestmark = pytest.mark.django_db


def test_the_same_press_twice_awards_once(world: World) -> None:
    first = world.award(sign=False, request_key="one press")
    second = world.award(sign=False, request_key="one press")
    assert first.pk == second.pk
    assert Award.objects.filter(address=EVE).count() == 1


@pytest.mark.journey("J2")
def test_a_badge_given_once_is_refused_for_the_same_address_in_any_spelling(world: World) -> None:
    first = world.award()
    with pytest.raises(awarding.AlreadyAwarded) as refused:
        world.award(address="  EVE@EXAMPLE.ORG ", sign=False)
    assert refused.value.earlier == first


def test_a_badge_given_again_may_be_given_twice(world: World) -> None:
    badge = world.badge_like("Speaker", repeat=Achievement.Repeat.AGAIN)
    world.award(badge=badge)
    world.award(badge=badge)
    assert Award.objects.filter(version__achievement=badge).count() == 2


def test_a_draft_cannot_be_awarded(world: World) -> None:
    draft = publishing.make(
        world.issuer,
        publishing.Content(
            title="Draft",
            description="d",
            criteria="c",
            design={"shape": "circle", "palette": "teal", "symbol": "leaf"},
        ),
        by="test",
    )
    with pytest.raises(awarding.AwardRefused, match="Publish"):
        world.award(badge=draft, sign=False)


@pytest.mark.journey("J10")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Eve@Example.ORG", "eve@example.org"),
        ("  eve@example.org\t", "eve@example.org"),
        ("eve@bücher.example", "eve@xn--bcher-kva.example"),
        ("eve+badges@example.org", "eve+badges@example.org"),
    ],
)
def test_an_address_has_one_form(world: World, typed: str, stored: str) -> None:
    assert world.award(address=typed, sign=False).address == stored


@pytest.mark.parametrize(
    "typed", ["", "eve", "eve@", "@example.org", "éve@example.org", "a@b@c.org", "eve@exa mple.org"]
)
def test_what_is_no_address_is_refused(world: World, typed: str) -> None:
    with pytest.raises(AddressRefused):
        world.award(address=typed, sign=False)


@pytest.mark.journey("J48")
def test_an_unapproved_issuer_awards_only_to_its_own_proven_addresses(world: World) -> None:
    pending = founding.found(world.ada, name="Brand New", url="https://new.example", email="a@new.example")
    badge = people.make_badge(pending, "First")
    with pytest.raises(awarding.AwardRefused, match="approved"):
        awarding.award(badge, address=EVE, name="Eve", by=world.ada)
    assert awarding.award(badge, address="ada@leaders.example", name="Ada", by=world.ada).pk


@pytest.mark.journey("J48")
def test_approval_lifts_the_limit_and_suspension_stops_all(world: World) -> None:
    pending = founding.found(world.ada, name="Brand New", url="https://new.example", email="a@new.example")
    badge = people.make_badge(pending, "First")
    assert founding.approve(pending, by="ozz")
    badge.refresh_from_db()
    badge.issuer.refresh_from_db()
    assert awarding.award(badge, address=EVE, name="Eve", by=world.ada).pk
    founding.suspend(pending, by="ozz")
    badge.issuer.refresh_from_db()
    with pytest.raises(awarding.AwardRefused, match="suspended"):
        awarding.award(badge, address="other@example.org", name="Eve", by=world.ada)


@pytest.mark.journey("J48")
def test_a_new_issuer_has_a_daily_cap(world: World, settings: object) -> None:
    settings.NEW_ISSUER_DAILY_MAILS = 2  # type: ignore[attr-defined]
    world.award("one@example.org", sign=False)
    world.award("two@example.org", sign=False)
    with pytest.raises(awarding.AwardRefused, match="2 times a day"):
        world.award("three@example.org", sign=False)
    # Backdating the award does not get round it; age of the issuer does.
    Issuer.objects.filter(pk=world.issuer.pk).update(made_at=datetime.now(UTC) - timedelta(days=60))
    world.badge.issuer.refresh_from_db()
    assert world.award("three@example.org", sign=False).pk


def test_who_lost_the_role_cannot_award_any_more(world: World) -> None:
    access.remove(world.issuer, world.ben, by=world.ada.public_id)
    with pytest.raises(awarding.AwardRefused, match="not allowed"):
        world.award(sign=False)


def test_a_badge_with_a_period_of_validity_ends_by_itself(world: World) -> None:
    badge = world.badge_like("Yearly", valid_months=12)
    award = world.award(badge=badge, sign=False, awarded_at=datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert award.expires_at == datetime(2025, 2, 28, 12, tzinfo=UTC)
