"""Questions that hold no thread: each is told its own answer, or that a thread has to ask (ADR 0071)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections

from plaudit_site import ahead
from plaudit_site.ahead import Ahead
from plaudit_site.asking import PLACE, Question
from plaudit_site.awards.models import Award
from tests import people
from tests.people import World

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

NAME = Question(Award.objects.filter(public_id=PLACE).values_list("public_id", "name"))
TEXT = Question(Award.objects.filter(public_id=PLACE).values_list("public_id", "evidence_url"))
STATE = Question(Award.objects.filter(state=PLACE).values_list("state"))


@pytest.fixture(autouse=True)
def _asked_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """As asgi.py says it."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def awards(world: World) -> list[Award]:
    return [world.award(f"person{number}@example.org", sign=False) for number in range(9)]


@pytest.fixture
def executor() -> Iterator[Executor]:
    with Executor(1) as one:
        yield one
        one.submit(connections.close_all).result()


class Executor(ThreadPoolExecutor):
    """`given`: what somebody wanted to be done by a thread."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.given: list[Callable[..., Any]] = []

    def submit(self, call: Callable[..., Any], /, *about: Any, **more: Any) -> Future[Any]:
        self.given.append(call)
        return super().submit(call, *about, **more)


def run(asks: Callable[[Ahead], Awaitable[None]], executor: Executor) -> None:
    async def all_of_it() -> None:
        one = Ahead([NAME, TEXT, STATE], executor)
        try:
            await asks(one)
        finally:
            await end(one)

    asyncio.run(asyncio.wait_for(all_of_it(), 60))


async def end(one: Ahead) -> None:
    """A web process ends with its connections; a test's database must outlive them."""
    one._is_off = True
    while one._opening:
        await asyncio.sleep(0.01)
    for line in list(one._lines):
        line._lose()


async def until_open(one: Ahead, lines: int = 1) -> None:
    while len(one._lines) < lines:
        one._open()
        await asyncio.sleep(0.01)


def on_the_server(statement: str) -> None:
    """By a connection of its own."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(statement)
    finally:
        other.close()


def server_of(one: Ahead) -> int:
    (line,) = one._lines
    return line._own.info.backend_pid


@contextmanager
def nobody_can_read() -> Iterator[None]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE awards_award IN ACCESS EXCLUSIVE MODE")
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()


def test_what_it_says_is_what_a_thread_is_told(awards: list[Award], executor: Executor) -> None:
    told = [question.ask(award.public_id) for award in awards for question in (NAME, TEXT)]

    async def asks(one: Ahead) -> None:
        assert await one.ask(NAME, awards[0].public_id) is None, "nothing is open: a thread asks meanwhile"
        await until_open(one)
        said = [await one.ask(question, award.public_id) for award in awards for question in (NAME, TEXT)]
        assert said == told
        assert await one.ask(NAME, "0" * 26) is None
        state = awards[0].state
        assert await one.ask(STATE, state) == (state,), "the first of nine"

    run(asks, executor)
    assert set(executor.given) == {ahead._connected}, "no thread asked for a row"


def test_of_many_who_ask_at_once_each_is_told_its_own(awards: list[Award], executor: Executor) -> None:
    names = {award.public_id: (award.public_id, award.name) for award in awards}

    async def asks(one: Ahead) -> None:
        await until_open(one, ahead.MOST_LINES)
        for _round in range(5):
            asked = [*names, *names, *names]
            assert await asyncio.gather(*[one.ask(NAME, name) for name in asked]) == [
                names[name] for name in asked
            ]
        assert len(one._lines) == len(one._free) == ahead.MOST_LINES

    run(asks, executor)


def test_an_answer_to_somebody_who_has_gone_is_told_to_nobody(
    awards: list[Award], executor: Executor
) -> None:
    first, second, third = awards[:3]

    async def asks(one: Ahead) -> None:
        await until_open(one)
        one._is_off = True  # this line and no other
        under_way, waiting = [asyncio.ensure_future(one.ask(NAME, it.public_id)) for it in (first, second)]
        await asyncio.sleep(0)
        under_way.cancel()
        waiting.cancel()
        assert await one.ask(NAME, third.public_id) == (third.public_id, third.name)
        assert await one.ask(NAME, first.public_id) == (first.public_id, first.name)
        assert len(one._free) == 1

    run(asks, executor)


def test_after_a_server_that_started_anew_it_asks_again(awards: list[Award], executor: Executor) -> None:
    name = awards[0].public_id

    async def asks(one: Ahead) -> None:
        await until_open(one)
        on_the_server(f"SELECT pg_terminate_backend({server_of(one)}, 5000)")
        while one._lines:
            await asyncio.sleep(0.01)
        assert await one.ask(NAME, name) is None
        await until_open(one)
        assert await one.ask(NAME, name) == (name, awards[0].name)

    run(asks, executor)


def test_a_question_that_was_under_way_when_the_server_went_is_asked_by_a_thread(
    awards: list[Award], executor: Executor
) -> None:
    async def asks(one: Ahead) -> None:
        await until_open(one)
        one._is_off = True
        with nobody_can_read():
            under_way = [asyncio.ensure_future(one.ask(NAME, award.public_id)) for award in awards]
            await asyncio.sleep(0.1)
            on_the_server(f"SELECT pg_terminate_backend({server_of(one)}, 5000)")
            assert await asyncio.gather(*under_way) == [None] * len(awards)
        assert not one._lines

    run(asks, executor)


def test_nobody_waits_for_ever(
    awards: list[Award], executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that says nothing: whoever waits is told so, and the answer that comes too late is nobody's."""
    monkeypatch.setattr(ahead, "PATIENCE", 0.2)
    name = awards[0].public_id

    async def asks(one: Ahead) -> None:
        await until_open(one)
        with nobody_can_read():
            said = await asyncio.gather(*[one.ask(NAME, award.public_id) for award in awards])
            assert said == [None] * len(awards)
        await until_open(one)
        assert await one.ask(NAME, name) == (name, awards[0].name)

    run(asks, executor)


def test_more_than_it_can_hold_are_left_to_threads(
    awards: list[Award], executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "MOST_WAITING", 3)

    async def asks(one: Ahead) -> None:
        await until_open(one)
        one._is_off = True
        with nobody_can_read():
            waiting = [asyncio.ensure_future(one.ask(NAME, award.public_id)) for award in awards]
            await asyncio.sleep(0.05)
            assert [one.done() for one in waiting] == [False] * 4 + [True] * 5
        said = await asyncio.gather(*waiting)
        assert said == [(award.public_id, award.name) for award in awards[:4]] + [None] * 5

    run(asks, executor)


def test_behind_a_pooler_that_loses_what_was_prepared_threads_ask(
    awards: list[Award], executor: Executor, caplog: pytest.LogCaptureFixture
) -> None:
    async def asks(one: Ahead) -> None:
        await until_open(one)
        (line,) = one._lines
        line._own.pgconn.exec_(b"DEALLOCATE ALL")
        with caplog.at_level(logging.WARNING):
            assert await one.ask(NAME, awards[0].public_id) is None
        assert "a pooler loses what was prepared" in caplog.text
        for _time in range(3):
            assert await one.ask(NAME, awards[0].public_id) is None
            await asyncio.sleep(0.05)
        assert not one._lines

    run(asks, executor)
    assert len(executor.given) == 1, "and no connection is opened any more"


def test_a_column_that_an_upgrade_gives_another_type_is_read_on(
    awards: list[Award], executor: Executor
) -> None:
    name = awards[0].public_id

    async def asks(one: Ahead) -> None:
        await until_open(one)
        on_the_server("ALTER TABLE awards_award ALTER COLUMN name TYPE text")
        try:
            assert await one.ask(NAME, name) is None
            await until_open(one)
            assert await one.ask(NAME, name) == (name, awards[0].name)
        finally:
            on_the_server("ALTER TABLE awards_award ALTER COLUMN name TYPE varchar(200)")

    run(asks, executor)


def test_while_the_database_is_away_it_is_tried_now_and_then(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def away(questions: object) -> None:
        tried.append(questions)
        raise OperationalError("connection refused")

    monkeypatch.setattr(ahead, "_connected", away)
    monkeypatch.setattr(ahead, "REST", 0.3)

    async def asks(one: Ahead) -> None:
        for _time in range(20):
            assert await one.ask(NAME, "0" * 26) is None
            await asyncio.sleep(0.005)
        assert len(tried) == 1
        await asyncio.sleep(0.4)
        assert await one.ask(NAME, "0" * 26) is None
        await asyncio.sleep(0.1)
        assert len(tried) == 2

    run(asks, executor)


def scope_of(path: str, **headers: str) -> dict[str, Any]:
    sent = {"host": settings.SITE_HOST, **headers}
    return {
        "type": "http", "method": "GET", "raw_path": path.encode(), "query_string": b"", "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", "8000"), "client": ("127.0.0.1", "4711"),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }  # fmt: skip


async def never() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


@pytest.mark.journey("J37")
def test_the_door_answers_public_pages_and_files_itself_and_a_change_shows_at_once(
    world: World, executor: Executor
) -> None:
    """The thread that takes requests asks nothing but ahead; whatever takes more, threads do."""
    from plaudit_site import asgi

    award = world.award()
    people.run_worker()
    eve = people.person("Eve Earner", people.EVE)
    Award.objects.update(state="accepted", earner=eve, visibility="link")
    award.refresh_from_db()
    assert award.credential
    door = asgi.Door(2)
    assert door._ahead is not None
    door._threads = executor
    page, file = f"/i/{award.issuer.slug}/c/{award.public_id}", f"/c/{award.public_id}.json"
    signed = bytes(award.credential.content)

    async def ask(path: str, **headers: str) -> tuple[int, bytes]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await door(scope_of(path, **headers), never, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)

    async def asks() -> None:
        assert door._ahead is not None
        ways: list[tuple[str, dict[str, str]]] = [
            (page, {}),
            (page, {"cookie": "django_language=en"}),
            (file, {}),
        ]
        for _time in range(2):
            for path, headers in ways:
                assert (await ask(path, **headers))[0] == 200
        while len(door._ahead._lines) < 1:
            await asyncio.sleep(0.01)
        for path, headers in ways:  # what was learned with a thread's help is known from now on
            assert (await ask(path, **headers))[0] == 200
        while door._ahead._opening:
            await asyncio.sleep(0.01)
        executor.given.clear()
        (_, stranger), (_, with_cookie), (_, said) = [await ask(path, **headers) for path, headers in ways]
        assert b"This badge is authentic" in stranger
        assert b"This badge is authentic" in with_cookie
        assert said == signed
        assert [call for call in executor.given if call is not ahead._connected] == []
        on_the_server(f"UPDATE awards_award SET visibility = 'only_me' WHERE id = {award.pk}")
        assert [(await ask(path, **headers))[0] for path, headers in ways] == [404, 404, 404]
        await end(door._ahead)

    asyncio.run(asyncio.wait_for(asks(), 60))
