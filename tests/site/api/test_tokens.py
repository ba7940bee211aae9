"""Tokens: shown once, hashed at rest, as far as their scopes and their maker go (SECURITY B13, A12)."""

from __future__ import annotations

import json
import logging
import re
import time
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.api import tokens
from plaudit_site.api.models import Token
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.audit.models import AuditEvent
from plaudit_site.issuers import access
from plaudit_site.issuers.models import Role
from tests import people
from tests.people import World
from tests.site.api.conftest import ALL, Program, problem, program
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def fresh(user: User) -> Client:
    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


def press(world: World, client: Client, **more: object) -> str:
    """Make a token on the page; what the answer shows of it."""
    form = {"name": "Course system", "scopes": ["read", "award"], "days": "90", "press": "1" * 26, **more}
    answer = client.post(f"/manage/{world.issuer.slug}/api/new", form)
    assert answer.status_code == 200, answer
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r"plaudit_[0-9A-Za-z]{49}", answer.content.decode())
    assert found
    return found[0]


def test_a_token_is_shown_once_and_stored_nowhere(world: World) -> None:
    client = fresh(world.ada)
    secret = press(world, client)
    assert Program(secret).get("/token").status_code == 200
    listed = client.get(f"/manage/{world.issuer.slug}/api").content.decode()
    assert secret not in listed
    assert "Course system" in listed
    assert secret[-4:] in listed
    stored = "".join(serializers.serialize("json", model.objects.all()) for model in apps.get_models())
    assert secret not in stored
    assert secret[8:40] not in stored


def test_the_page_sent_twice_makes_one_token(world: World) -> None:
    client = fresh(world.ada)
    press(world, client)
    form = {"name": "Course system", "scopes": ["read"], "days": "90", "press": "1" * 26}
    again = client.post(f"/manage/{world.issuer.slug}/api/new", form, follow=True)
    assert "made already" in again.content.decode()
    assert Token.objects.count() == 1


def test_making_one_asks_once_more_who_it_is(world: World) -> None:
    answer = signed_in(world.ada).post(f"/manage/{world.issuer.slug}/api/new", {"name": "x"})
    assert answer["Location"].startswith("/account/confirm")
    assert not Token.objects.exists()


def test_only_an_owner_makes_one(world: World) -> None:
    assert fresh(world.ben).get(f"/manage/{world.issuer.slug}/api/new").status_code == 404
    with pytest.raises(tokens.TokenRefused):
        tokens.make(world.issuer, name="x", scopes=ALL, days=1, by=world.ben)


@pytest.mark.parametrize("form", [{"scopes": []}, {"scopes": ["own"]}, {"days": "36500"}, {"name": "\u200b"}])
def test_a_form_that_asks_for_nothing_or_too_much_makes_none(world: World, form: dict[str, object]) -> None:
    given = {"name": "x", "scopes": ["read"], "days": "30", "press": "2" * 26, **form}
    answer = fresh(world.ada).post(f"/manage/{world.issuer.slug}/api/new", given)
    assert "invalid" in answer.content.decode()
    assert not Token.objects.exists()


def test_a_revoked_token_opens_nothing(world: World) -> None:
    client = fresh(world.ada)
    ada = Program(press(world, client))
    token = Token.objects.get()
    answer = client.post(f"/manage/{world.issuer.slug}/api/{token.public_id}/revoke", follow=True)
    assert "revoked" in answer.content.decode()
    assert ada.get("/token").status_code == 401
    kinds = list(
        AuditEvent.objects.filter(subject=f"token:{token.public_id}")
        .order_by("pk")
        .values_list("kind", flat=True)
    )
    assert kinds == ["token made", "token revoked"]


def test_a_token_that_is_too_old_opens_nothing(ada: Program) -> None:
    assert ada.get("/token").status_code == 200
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    problem(ada.get("/token"), "token-not-valid")


def test_a_token_dies_with_the_place_in_the_team_of_who_made_it(world: World) -> None:
    olga = people.person("Olga", "olga@leaders.example")
    access.set_role(world.issuer, olga, Role.OWNER, by="test")
    hers = program(world.issuer, olga)
    body = {"badge": world.badge.public_id, "name": "Eve", "address": people.EVE}
    assert hers.get("/awards").status_code == 200
    access.set_role(world.issuer, olga, Role.VIEWER, by="test")
    assert hers.get("/awards").status_code == 200
    told = problem(hers.post("/awards", body), "not-allowed")
    assert "any more" in told["detail"]
    access.remove(world.issuer, olga, by="test")
    problem(hers.get("/awards"), "token-not-valid")
    access.set_role(world.issuer, olga, Role.OWNER, by="test")
    assert hers.post("/awards", body).status_code == 201
    User.objects.filter(pk=olga.pk).update(is_active=False)
    problem(hers.get("/awards"), "token-not-valid")


@pytest.mark.parametrize(
    ("scopes", "path", "allowed"),
    [
        ((s,), path, s == needs)
        for path, needs in {
            "/badges": "read", "/awards?limit=1": "read", "!/awards": "award", "!/batches": "award",
            "!/awards/{}/resend": "award", "!/awards/{}/correct": "award", "!/awards/{}/withdraw": "revoke",
            "!/awards/{}/suspend": "revoke", "!/awards/{}/reinstate": "revoke",
            "!/awards/{}/revoke": "revoke", "!/batches/{}/undo": "revoke", "!/batches/{}/start": "award",
        }.items()
        for s in ALL
    ],
)  # fmt: skip
def test_a_token_goes_as_far_as_its_scopes(
    world: World, scopes: tuple[str, ...], path: str, allowed: bool
) -> None:
    """B13: a read key on a write route is 403."""
    mine = program(world.issuer, world.ada, *scopes)
    nothing = "0" * 26
    answer = (
        mine.post(path[1:].format(nothing), {}) if path.startswith("!") else mine.get(path.format(nothing))
    )
    if allowed:
        assert answer.status_code in {200, 404, 422}
    else:
        problem(answer, "not-allowed")
        assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


REFUSED = {
    "none": {},
    "a cookie": {"Cookie": "plaudit_session=x"},
    "basic": {"Authorization": "Basic dXNlcjpwYXNz"},
    "empty": {"Authorization": "Bearer "},
    "made up": {"Authorization": "Bearer plaudit_" + "a" * 49},
    "not ASCII": {"Authorization": "Bearer plaudit_é"},
    "very long": {"Authorization": "Bearer " + "p" * 60_000},
    "a claim token": {"Authorization": "Bearer 01234567890123456789012345-0-abcdef"},
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_without_a_living_token_every_address_answers_401(world: World, headers: dict[str, str]) -> None:
    for operation in OPERATIONS:
        path = "/api/v1" + operation.path.replace("{id}", world.badge.public_id).replace("{line}", "2")
        answer = Client().generic(operation.method, path, headers=headers)
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"].startswith('Bearer realm="plaudit"')
        assert answer["Content-Type"] == "application/problem+json"


def test_a_session_opens_nothing(world: World) -> None:
    assert fresh(world.ada).get("/api/v1/awards").status_code == 401


def test_a_token_in_the_address_is_not_looked_at(ada: Program) -> None:
    answer = Client().get(f"/api/v1/token?access_token={ada.token}")
    assert answer.status_code == 401
    told = ada.get(f"/token?access_token={ada.token}")
    assert told.status_code == 422
    assert ada.token not in told.content.decode()


def test_no_log_names_the_token(ada: Program, caplog: pytest.LogCaptureFixture) -> None:
    """E7, B13."""
    with caplog.at_level(logging.DEBUG):
        ada.get("/token")
        ada.get("/nothing")
        ada.post("/awards", {"x": 1})
        Program(ada.token[:-1] + "x").get("/token")
    assert ada.token[:-1] not in caplog.text


def test_a_token_has_so_many_requests_a_minute(
    ada: Program, settings: object, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_A_MINUTE = 3  # type: ignore[attr-defined]
    minute = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    Token.objects.update(minute=minute, used_this_minute=2)

    def it_is(at: datetime) -> None:
        monkeypatch.setattr("plaudit_site.api.tokens.timezone.now", lambda: at)

    it_is(minute + timedelta(seconds=20))
    assert ada.get("/token").status_code == 200
    late = ada.get("/token")
    problem(late, "too-often")
    assert late["Retry-After"] == "40"
    other = program(world.issuer, world.ada)
    assert other.get("/token").status_code == 200
    it_is(minute + timedelta(seconds=61))
    assert ada.get("/token").status_code == 200


CLOCKS = {
    "another process is a moment ahead": (timedelta(seconds=1), 200),
    "the clock was put back by a day": (timedelta(days=1), 200),
    "a minute ahead, and used up": (timedelta(minutes=1), 429),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_minutes_that_do_not_agree_lock_nobody_out(ada: Program, settings: object, name: str) -> None:
    """F11; requests at the turn of a minute were refused once."""
    settings.API_A_MINUTE = 5  # type: ignore[attr-defined]
    ahead, expected = CLOCKS[name]
    minute = timezone.now().replace(second=0, microsecond=0)
    used = 1 if name.startswith("another") else 5
    Token.objects.update(minute=minute + max(ahead, timedelta(minutes=1)), used_this_minute=used)
    assert ada.get("/token").status_code == expected


def test_the_day_of_the_last_use_is_noted_and_no_more(ada: Program) -> None:
    assert Token.objects.get().last_used_on is None
    ada.get("/token")
    assert Token.objects.get().last_used_on == timezone.now().date()


def test_no_two_tokens_are_alike_and_each_is_recognised_by_its_form(world: World) -> None:
    made = [
        tokens.make(world.issuer, name="x", scopes=["read"], days=None, by=world.ada)[1] for _ in range(20)
    ]
    assert len(set(made)) == 20
    assert {len(secret) for secret in made} == {57}
    for secret in made:
        assert tokens.find(secret) is not None
        for wrong in (
            secret[:-1],
            secret + "0",
            secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:],
        ):
            assert tokens.find(wrong) is None


def test_there_are_not_endlessly_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_LIVING", 1)
    first, _secret = tokens.make(world.issuer, name="x", scopes=["read"], days=30, by=world.ada)
    with pytest.raises(tokens.TokenRefused):
        tokens.make(world.issuer, name="y", scopes=["read"], days=30, by=world.ada)
    tokens.revoke(first, by=world.ada)
    tokens.make(world.issuer, name="y", scopes=["read"], days=30, by=world.ada)


def test_the_history_names_the_token_that_acted(ada: Program, world: World) -> None:
    made = json.loads(
        ada.post("/awards", {"badge": world.badge.public_id, "name": "Eve", "address": people.EVE}).content
    )
    event = AuditEvent.objects.get(kind="by program")
    assert event.subject == f"award:{made['id']}"
    assert event.actor == f"token:{Token.objects.get().public_id}"
