"""What may be asked only so often is counted, and no end of a count is an error."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from plaudit_site.accounts import throttling
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Visibility
from plaudit_site.backpack import verifying
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> None:
    cache.clear()


def asked(**more: int) -> bool:
    return throttling.too_often("test:throttling", most=2, seconds=60, **more)


def test_the_third_of_two_is_too_often() -> None:
    assert [asked(), asked(), asked(), asked()] == [False, False, True, True]


def test_one_may_count_as_many() -> None:
    assert not asked(counts=2)
    assert asked()


@pytest.fixture
def always_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each count ended right after it was begun."""
    add = cache.add

    def add_and_end(key: str, *said: object, **more: object) -> bool:
        done = bool(add(key, *said, **more))
        cache.delete(key)
        return done

    monkeypatch.setattr(cache, "add", add_and_end)


@pytest.mark.usefixtures("always_ending")
def test_a_count_that_ends_between_two_steps_begins_anew() -> None:
    assert not asked()
    assert cache.get("test:throttling") == 1
    assert asked(counts=3)
    assert verifying.may_check("203.0.113.7")


@pytest.mark.usefixtures("always_ending")
def test_who_asks_at_that_moment_is_answered(world: World, eve: User, browser: Client) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    address = f"/i/{world.issuer.slug}/c/{award.public_id}/is-it"
    assert browser.post(address, {"address": "eve@example.com"}).status_code == 200
