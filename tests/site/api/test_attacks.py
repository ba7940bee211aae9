"""Every call of the API attacked by its place in the table (SECURITY B8–B10, B13, D16, D20, D22–D25)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from plaudit_site.api import openapi
from plaudit_site.api.calls import Operation
from plaudit_site.api.hooks import making
from plaudit_site.api.models import Scope
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.awards.models import Award
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Role
from tests import people
from tests.people import World
from tests.site.api.conftest import Program, described, problem, program
from tests.site.test_who_may import batch_of

pytestmark = pytest.mark.django_db
POSTS = [operation for operation in OPERATIONS if operation.method == "POST"]
names = [operation.name for operation in OPERATIONS]
BODY = {
    "reason": "x",
    "name": "x",
    "address": "x@example.org",
    "date_order": "day-first",
    "rows": [{}],
    "badge": "0" * 26,
    "url": "https://example.org/hooks",
    "events": [],
}


def path_of(operation: Operation, world: World, award: Award) -> str:
    """With the id of something of Ada's issuer: each is new, so that a call may do its work."""
    thing = award.public_id
    if "/batches/" in operation.path:
        thing = batch_of(world).public_id
    elif "/webhook" in operation.path:
        webhook = making.make(world.issuer, url="https://example.org/hooks", kinds=(), by=world.ada)
        making.pause(webhook, by=world.ada)
        message = making.test(webhook, by=world.ada)
        thing = webhook.public_id if "/webhooks/" in operation.path else message.public_id
    return operation.path.replace("{id}", thing).replace("{line}", "2")


def body_of(operation: Operation) -> dict[str, Any] | None:
    if not operation.body:
        return None
    schema = openapi.COMPONENTS[operation.body]
    needed = schema["required"] or (list(schema["properties"])[1:2] if "minProperties" in schema else [])
    return {name: BODY[name] for name in needed}


@pytest.mark.parametrize("operation", OPERATIONS, ids=names)
def test_who_gets_where(operation: Operation, world: World) -> None:
    """B8: every call × tokens of every kind of person, with the ids of Ada's issuer."""
    award = world.award(sign=False)
    path = path_of(operation, world, award)
    olga = people.person("Olga Other", "olga@other.example")
    other = founding.found(
        olga, name="Other School", url="https://o.example", email="o@o.example", standing="approved"
    )
    anna, gone = people.person("Anna", "anna@leaders.example"), people.person("Gone", "gone@leaders.example")
    for person in (anna, gone):
        access.set_role(world.issuer, person, Role.OWNER, by="test")
    programs = {"other": program(other, olga)}
    programs |= {"viewer": program(world.issuer, anna), "gone": program(world.issuer, gone)}
    access.set_role(world.issuer, anna, Role.VIEWER, by="test")
    access.remove(world.issuer, gone, by="test")
    answers = {who: one.call(operation.method, path, body_of(operation)) for who, one in programs.items()}
    assert answers["gone"].status_code == 401
    sees = operation.scope is Scope.READ
    assert answers["viewer"].status_code == (200 if sees else 403)
    if "{id}" in operation.path:
        assert answers["other"].status_code == 404
    assert award.public_id not in answers["other"].content.decode().replace(path, "")
    assert Award.objects.filter(issuer=world.issuer).count() == 1
    award.refresh_from_db()
    assert award.state == "queued"


@pytest.mark.any_database
@pytest.mark.parametrize("operation", OPERATIONS, ids=names)
def test_other_methods_are_refused_with_those_that_are_taken(
    operation: Operation, ada: Program, world: World
) -> None:
    path = path_of(operation, world, world.award(sign=False))
    taken = {one.method for one in OPERATIONS if one.path == operation.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} - taken:
        answer = ada.call(method, path)
        assert answer.status_code == 405, method
        assert taken <= set(answer["Allow"].split(", "))
        override = ada.call("POST", path, {}, headers={"X-HTTP-Method-Override": method})
        assert override.status_code != 405 or "POST" not in taken


@pytest.mark.parametrize("operation", OPERATIONS, ids=names)
def test_what_every_answer_says_to_browsers_and_caches(
    operation: Operation, ada: Program, world: World
) -> None:
    """D22–D25: no CORS, nothing kept, nothing framed, no cookie set or needed."""
    path = path_of(operation, world, world.award(sign=False))
    answer = ada.call(operation.method, path, body_of(operation), headers={"Origin": "https://evil.example"})
    assert answer.status_code < 500
    assert "Access-Control-Allow-Origin" not in answer
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert not answer.cookies
    assert "Vary" not in answer or "Cookie" not in answer["Vary"]


NASTY = {
    "nesting": b"[" * 60_000,
    "nested objects": b'{"name":' * 5_000,
    "the same member twice": b'{"name": "Eve", "name": "Adam", "reason": "a", "reason": "b"}',
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": 1e999}',
    "a number without end": b'{"name": ' + b"9" * 5000 + b"}",
    "half a letter": b'{"name": "\\ud800"}',
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "Eve"}'.encode("utf-16"),
    "an array": b'["name"]',
    "a text": b'"name"',
    "nothing but space": b"   ",
    "NUL in a name": b'{"a\\u0000b": 1}',
    "NUL in a value": b'{"reason": "a\\u0000b", "name": "a\\u0000", "address": "\\u0000@example.org"}',
    "names like ours": '{"nаme": "Eve", "name\u200b": "Eve", "ＮＡＭＥ": "Eve", "__proto__": {}}'.encode(),
    "a comment": b'{"name": "Eve" /* hm */}',
    "a formula": b'{"name": "=HYPERLINK(1)", "reason": "{{7*7}}", "address": "\'; drop table--@example.org"}',
    "many members": json.dumps({f"m{n}": n for n in range(3000)}).encode(),
}


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_in_a_body_makes_the_server_stumble(ada: Program, world: World, nasty: str) -> None:
    """D16, D20: a 4xx within two seconds, on every call; and no effect."""
    award = world.award(sign=False)
    for operation in POSTS:
        path = path_of(operation, world, award)
        begin = time.perf_counter()
        answer = ada.post(path, NASTY[nasty])
        assert time.perf_counter() - begin < 2
        assert 400 <= answer.status_code < 500 or nasty == "a formula", (operation.name, answer.status_code)
    assert Award.objects.filter(issuer=world.issuer).count() == 1


def test_names_that_look_like_ours_are_named_as_they_are(ada: Program) -> None:
    told = problem(ada.post("/awards", NASTY["names like ours"]), "not-valid")
    assert "/nаme" in {fault["pointer"] for fault in told["errors"]}


@pytest.mark.parametrize("operation", POSTS, ids=[operation.name for operation in POSTS])
def test_a_body_that_is_too_large_is_refused_unread(operation: Operation, ada: Program, world: World) -> None:
    path = path_of(operation, world, world.award(sign=False))
    answer = ada.post(path, b"{" + b" " * operation.most_bytes)
    problem(answer, "too-large")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text/plain", "wrong-type"), ("application/x-www-form-urlencoded", "wrong-type"), ("text/html", "wrong-type"),
        ("multipart/form-data; boundary=x", "wrong-type"), ("application/json; charset=utf-16", ""),
    ],
)  # fmt: skip
def test_another_type_of_content_is_refused(ada: Program, world: World, kind: str, expected: str) -> None:
    """B9: nothing that a form of another site could send."""
    award = world.award(sign=False)
    answer = ada.post(f"/awards/{award.public_id}/withdraw", b"{}", content_type=kind)
    if expected:
        problem(answer, expected)
    else:
        assert answer.status_code == 200


def test_a_body_in_chunks_and_a_wrong_length_are_refused(ada: Program, world: World) -> None:
    body = json.dumps({"badge": world.badge.public_id, "name": "Eve", "address": people.EVE})
    problem(ada.post("/awards", body, headers={"Transfer-Encoding": "chunked"}), "length-needed")
    problem(ada.post("/awards", body, CONTENT_LENGTH="x"), "length-needed")
    problem(ada.post("/awards", body, CONTENT_LENGTH="-1"), "length-needed")


PATHS = (
    "/awards/x",
    "/awards/" + "0" * 25,
    "/awards/" + "I" * 26,
    "/awards//revoke",
    "/../awards",
    "/",
    "/v2",
)


@pytest.mark.parametrize("path", PATHS)
def test_addresses_that_are_none_answer_as_a_problem(ada: Program, path: str) -> None:
    for client in (ada.client, Client()):
        answer = client.get("/api/v1" + path)
        problem(answer, "not-found")
        assert answer["Content-Type"] == "application/problem+json"


def test_a_nul_in_the_query_is_answered_as_a_problem(ada: Program) -> None:
    answer = ada.client.get("/api/v1/awards?address=%00", headers={"Authorization": f"Bearer {ada.token}"})
    problem(answer, "unreadable")


def test_another_host_is_refused(ada: Program) -> None:
    """DECISIONS 29."""
    headers = {"Authorization": f"Bearer {ada.token}", "Host": "evil.example"}
    assert ada.client.get("/api/v1/token", headers=headers).status_code == 400


def test_a_fault_of_ours_is_a_problem_with_a_number_and_nothing_else(
    ada: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K11."""

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret-of-the-inside")

    monkeypatch.setattr("plaudit_site.api.describing.token", breaks)
    ada.client.raise_request_exception = False
    answer = ada.get("/token")
    told = problem(answer, "our-fault")
    assert told["instance"].endswith(answer["X-Request-Id"])
    assert "secret-of-the-inside" not in answer.content.decode()


def test_a_busy_database_asks_to_come_again(ada: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("plaudit_site.api.describing.token", locked)
    answer = ada.get("/token")
    problem(answer, "busy")
    assert answer["Retry-After"] == "2"


def test_every_call_is_described_and_every_described_call_is_there() -> None:
    paths = {(path, method.upper()) for path, methods in described()["paths"].items() for method in methods}
    with_a_token = {(operation.path, operation.method) for operation in OPERATIONS}
    assert paths == {*with_a_token, ("/verify", "POST")}
