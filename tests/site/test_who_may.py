"""Every route of an issuer's console × every kind of visitor, made from the route table (SECURITY B8)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from plaudit_site.accounts.models import User
from plaudit_site.api.hooks import making
from plaudit_site.awards import staging
from plaudit_site.awards.models import Batch, BulkChange
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Group, IssuerLink, Membership, Person, Role
from tests import people
from tests.people import World
from tests.site.conftest import made_once, signed_in, world_there

pytestmark = pytest.mark.django_db


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


CONSOLE = [
    (route, str(view.who).removeprefix("member who may "))
    for route, view in routes(get_resolver().url_patterns)
    if str(getattr(view, "who", "")).startswith("member who may ")
]


def test_the_console_has_routes_and_every_one_says_who_may() -> None:
    assert len(CONSOLE) >= 20
    strays = [
        route
        for route, view in routes(get_resolver().url_patterns)
        if route.startswith("manage/") and not str(getattr(view, "who", "")).startswith("member who may ")
    ]
    assert strays == []


def address(route: str, world: World, award_id: str) -> str:
    """The route with ids of Ada's issuer in it."""
    link, _ = IssuerLink.objects.get_or_create(
        issuer=world.issuer, group=Group.WORK, label="Syllabus", url="https://leaders.example/syllabus"
    )
    member = Membership.objects.get(issuer=world.issuer, user=world.ben)
    key = world.issuer.keys.order_by("pk").first()
    assert key is not None
    thing = award_id if "/awards/" in route else world.badge.public_id
    if "/batches/" in route:
        thing = batch_of(world).public_id
    if "/changes/" in route:
        thing = change_of(world).public_id
    message = "0" * 26
    if "/webhooks/" in route:
        webhook = making.make(world.issuer, url="https://example.org/hooks", kinds=(), by=world.ada)
        thing, message = webhook.public_id, making.test(webhook, by=world.ada).public_id
    someone, _ = Person.objects.get_or_create(
        issuer=world.issuer, key="7", defaults={"own_id": "7", "name": "Eve", "address": "eve@example.org"}
    )
    numbers = {"register": someone.pk, "links": link.pk, "people": member.pk, "keys": key.pk}
    number = next((pk for name, pk in numbers.items() if f"/{name}/" in route), 0)
    return "/" + (
        route.replace("<slug:slug>", world.issuer.slug)
        .replace("<id:public_id>", thing)
        .replace("<id:message_id>", message)
        .replace("<int:pk>", str(number))
        .replace("<int:line>", "2")
    )


def batch_of(world: World) -> Batch:
    file = io.BytesIO(b"name,email\nAda,ada@example.org\n")
    return staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)


def change_of(world: World) -> BulkChange:
    return BulkChange.objects.create(
        issuer=world.issuer, made_by=world.ben, kind=BulkChange.Kind.SEND_AGAIN, up_to=0, whole=0
    )


@pytest.fixture(scope="module")
def visitors(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, User]]:
    """Each role of Ada's issuer, a stranger, the owner of another issuer, and somebody who was removed."""
    with made_once(django_db_blocker):
        with django_db_blocker.unblock():
            found = people_of(world_there())
        yield found


@pytest.fixture(scope="module")
def browsers(visitors: dict[str, User], django_db_blocker: Any) -> dict[str, Client]:
    """One for each of them, and one that nobody has signed in with."""
    with django_db_blocker.unblock():
        return {"nobody": Client()} | {name: signed_in(visitor) for name, visitor in visitors.items()}


def people_of(world: World) -> dict[str, User]:
    found = {"stranger": people.person("Sam Stranger", "sam@elsewhere.example")}
    for role in Role.values:
        found[role] = people.person(role.title(), f"{role}@leaders.example")
        access.set_role(world.issuer, found[role], role, by="test")
    other = people.person("Olga Other", "olga@other.example")
    founding.found(
        other, name="Other School", url="https://o.example", email="o@o.example", standing="approved"
    )
    found["owner of another"] = other
    gone = people.person("Gone", "gone@leaders.example")
    access.set_role(world.issuer, gone, Role.OWNER, by="test")
    access.remove(world.issuer, gone, by="test")
    found["removed"] = gone
    return found


@pytest.mark.journey("J43", "J48")
@pytest.mark.parametrize(("route", "verb"), CONSOLE, ids=[route for route, _ in CONSOLE])
def test_who_gets_where(route: str, verb: str, browsers: dict[str, Client], world: World) -> None:
    award = world.award(sign=False)
    path = address(route, world, award.public_id)
    for name, client in browsers.items():
        allowed = verb in access.MAY.get(name, frozenset())
        for method in ("get", "post"):
            # A role that may only be looked at from outside is not tried with changes: the page's own tests do.
            if method == "post" and allowed:
                continue
            answer = getattr(client, method)(path)
            if name == "nobody":
                assert answer.status_code == 302, (name, method, path)
                assert answer["Location"].startswith("/accounts/login/")
            elif not allowed:
                # Freshness is asked for first, and tells nothing: the same for everybody.
                refused = answer.status_code == 404 or answer.get("Location", "").startswith(
                    "/account/confirm"
                )
                assert refused, (name, method, path, answer.status_code)
            else:
                assert answer.status_code in {200, 302, 405}, (name, method, path, answer.status_code)


def test_another_issuers_things_are_not_there_in_ones_own_console(
    visitors: dict[str, User], world: World
) -> None:
    other = visitors["owner of another"]
    slug = other.memberships.get().issuer.slug
    award = world.award(sign=False)
    client = signed_in(other)
    for path in (
        f"/manage/{slug}/awards/{award.public_id}",
        f"/manage/{slug}/badges/{world.badge.public_id}",
        f"/manage/{slug}/badges/{world.badge.public_id}/edit",
    ):
        assert client.get(path).status_code == 404
    for path in (
        f"/manage/{slug}/awards/{award.public_id}/revoke",
        f"/manage/{slug}/awards/{award.public_id}/withdraw",
        f"/manage/{slug}/badges/{world.badge.public_id}/archive",
        f"/manage/{slug}/people/{Membership.objects.get(user=world.ben).pk}",
    ):
        assert client.post(path, {"reason": "x", "remove": "1"}).status_code == 404
    award.refresh_from_db()
    assert award.state == "queued"
    batch = batch_of(world)
    for more in ("", "/undo", "/rest.csv", "/lines/2"):
        assert client.get(f"/manage/{slug}/batches/{batch.public_id}{more}").status_code in {302, 404}
    for more in (
        "start",
        "stop",
        "discard",
        "columns",
        "undo",
        "lines/2/correct",
        "lines/2/leave-out",
        "leave-out-bad",
    ):
        answer = client.post(f"/manage/{slug}/batches/{batch.public_id}/{more}", {"reason": "x"})
        assert answer.status_code == 404 or answer["Location"].startswith("/account/confirm")
    batch.refresh_from_db()
    assert batch.state == "checked"
