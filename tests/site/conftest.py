"""The site's tests: a database, a first start, five people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from pytest_django.plugin import blocking_manager_key

from plaudit_site.accounts.models import User
from plaudit_site.achievements import pictures
from plaudit_site.awards import claiming, welcoming
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Site
from plaudit_site.public import checking, facts
from tests import people
from tests.people import World


@pytest.fixture(autouse=True, scope="session")
def _same_picture_drawn_once() -> Iterator[None]:
    """Drawing is deterministic; tests that are not about it need not wait for it each time, nor for small files."""
    drawn: dict[tuple[str, int], bytes] = {}
    rasterise = pictures.rasterise
    patch = pytest.MonkeyPatch()
    patch.setattr(pictures, "EFFORT", 1)

    def once(svg: str, side: int) -> bytes:
        if (svg, side) not in drawn:
            drawn[svg, side] = rasterise(svg, side)
        return drawn[svg, side]

    patch.setattr(pictures, "rasterise", once)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The first start and Ada's issuer are made once; each test works on them in its own transaction."""
    with django_db_blocker.unblock():
        start()
        people.make_world()


class _Tables:
    """Whether a test with transactions of its own has emptied them (in this process)."""

    are_empty = False


def _empties_tables(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or bool(
        marker and marker.kwargs.get("transaction")
    )


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    _Tables.are_empty |= _empties_tables(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the session began with is there again, once for all that follow, and not made by each of them."""
    if _Tables.are_empty and not _empties_tables(item):
        with item.config.stash[blocking_manager_key].unblock():
            world_there()
        _Tables.are_empty = False


def start() -> Site:
    started = founding.first_start()
    welcoming.ensure_badge()
    return started


def site_there() -> Site:
    """Tests with transactions of their own empty all tables: whoever comes next begins anew."""
    return Site.objects.filter(pk=1).first() or start()


def world_there() -> World:
    site_there()
    return people.find_world() or people.make_world()


@pytest.fixture
def site(db: None) -> Site:
    cache.clear()
    return site_there()


@pytest.fixture
def world(site: Site) -> World:
    return world_there()


@contextmanager
def made_once(blocker: Any) -> Iterator[None]:
    """What is made here stays for all tests of a file, each in a transaction inside this one, and is gone after them.

    For a fixture of scope `module`, where what it makes costs more than the hundreds of tests that look at it.
    """
    around = transaction.atomic()
    with blocker.unblock():
        around.__enter__()
    try:
        yield
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture(scope="module")
def shown(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """A badge that Eve accepted and shows to whoever has its link. Each file has its own, made once."""
    with made_once(django_db_blocker):
        with django_db_blocker.unblock():
            award = world_there().award()
            eve = people.person("Eve Earner", people.EVE)
            claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
        yield award.pk


@pytest.fixture
def award(shown: int, world: World, monkeypatch: pytest.MonkeyPatch) -> Award:
    """What other tests found out about it is not remembered."""
    monkeypatch.setattr(checking, "_kept", checking.Kept())
    facts._kept.forget()
    return Award.objects.get(pk=shown)


@pytest.fixture
def eve(site: Site) -> User:
    return User.objects.filter(email=people.EVE).first() or people.person("Eve Earner", people.EVE)


@pytest.fixture
def sam(site: Site) -> User:
    return people.person("Sam Stranger", "sam@elsewhere.example")


@pytest.fixture
def ozz(site: Site) -> User:
    return people.person("Ozz Operator", "ozz@site.example", operator=True)


@pytest.fixture
def browser() -> Client:
    """A browser that nobody has signed in with; cross-site protection is on, as in service."""
    return Client(enforce_csrf_checks=False)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
