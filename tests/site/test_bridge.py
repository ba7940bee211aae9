"""What is sent slowly, too much of it, or not at all: between the web server and the threads that answer (D21)."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from django.test import Client

from plaudit_site import bridge

SCOPE: dict[str, Any] = {
    "type": "http", "method": "GET", "raw_path": b"/", "query_string": b"", "http_version": "1.1", "scheme": "http",
    "server": ("127.0.0.1", "8000"), "client": ("192.0.2.7", "4711"), "headers": [(b"host", b"badges.example")],
}  # fmt: skip


def environ_of(*headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    return bridge.environ_of({**SCOPE, **more, "headers": [*SCOPE["headers"], *headers]})


def sender(*parts: bytes | str) -> Callable[[], Any]:
    """What a server hands on: bytes as they come, and “gone” or “silent” in the end."""
    rest = list(parts)

    async def receive() -> dict[str, Any]:
        part = rest.pop(0)
        if part == "silent":
            await asyncio.sleep(60)
        if isinstance(part, str):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": True}

    return receive


def take(bodies: bridge.Bodies, length: int, *parts: bytes | str, most: int = 10_000_000) -> Any:
    return asyncio.run(bodies.take(sender(*parts), length, most))


# The request


def test_a_request_is_as_the_standard_of_applications_has_it() -> None:
    environ = environ_of(
        (b"content-type", b"text/csv"), (b"content-length", b"12"), (b"accept", b"a/b"), (b"accept", b"c/d"),
        (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"user-agent", "Jos\xe9".encode("latin-1")),
        method="POST", query_string=b"q=%C3%A9&r=\xe9", raw_path=b"/i/caf%C3%A9/%00%2F",
    )  # fmt: skip
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"] == "/i/caf\xc3\xa9/\x00/"
    assert environ["QUERY_STRING"] == "q=%C3%A9&r=\xe9"
    assert environ["SCRIPT_NAME"] == ""
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/csv", "12")
    assert environ["HTTP_ACCEPT"] == "a/b,c/d"
    assert environ["HTTP_COOKIE"] == "a=1;b=2"
    assert environ["HTTP_USER_AGENT"] == "Jos\xe9"
    assert (environ["HTTP_HOST"], environ["REMOTE_ADDR"]) == ("badges.example", "192.0.2.7")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert (environ["SERVER_PROTOCOL"], environ["wsgi.url_scheme"]) == ("HTTP/1.1", "http")
    assert environ["wsgi.input"].read() == b""


def test_no_header_is_mistaken_for_one_that_the_proxy_vouches_for() -> None:
    """X_Forwarded_For would have the name of X-Forwarded-For in Python, and no proxy takes it out."""
    environ = environ_of(
        (b"x_forwarded_for", b"203.0.113.1"), (b"x_forwarded-proto", b"https"), (b"content_length", b"5"),
        (b"x-forwarded-for", b"198.51.100.4"),
    )  # fmt: skip
    assert environ["HTTP_X_FORWARDED_FOR"] == "198.51.100.4"
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert "CONTENT_LENGTH" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_two_hosts_are_none() -> None:
    assert environ_of((b"host", b"evil.example"))["HTTP_HOST"] == "badges.example,evil.example"


@pytest.mark.parametrize("announced", ["", "-1", "0", "x", "1e3", "٣", "+4"])
def test_what_is_not_announced_is_not_waited_for(announced: str) -> None:
    assert bridge.length_of({"CONTENT_LENGTH": announced}) == 0
    assert bridge.length_of({"HTTP_TRANSFER_ENCODING": "chunked"}) == 0
    assert bridge.length_of({"CONTENT_LENGTH": "4"}) == 4


# What is sent


def files_in(folder: Path) -> int:
    """Open files that have no name: only this process knows of them."""
    names = [
        os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if _is_open(number)
    ]
    return sum(name.startswith(str(folder)) for name in names)


def _is_open(number: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{number}")


def test_a_little_stays_in_memory(tmp_path: Path) -> None:
    bodies = bridge.Bodies(tmp_path, room=0)
    body = take(bodies, 7, b"abc", b"", b"defg")
    assert body.read() == b"abcdefg"
    bodies.give_back(body)


def test_more_goes_to_a_file_that_has_no_name_and_gives_its_room_back(tmp_path: Path) -> None:
    parts = [bytes([number % 251]) * 50_000 for number in range(40)]
    bodies = bridge.Bodies(tmp_path, room=2_000_000)
    for _time in range(3):
        body = take(bodies, 2_000_000, *parts)
        assert files_in(tmp_path) == 1
        assert list(tmp_path.iterdir()) == [], "what is killed leaves nothing behind"
        assert (body.read(50_001), body.readline()) == (
            parts[0] + b"\1",
            b"\1" * 49_999 + b"".join(parts[2:10]) + b"\n",
        )
        bodies.give_back(body)
        assert files_in(tmp_path) == 0


def test_nobody_takes_the_whole_disk(tmp_path: Path) -> None:
    bodies = bridge.Bodies(tmp_path, room=600_000)
    first = take(bodies, 300_000, b"x" * 300_000)
    with pytest.raises(bridge.Full):
        take(bodies, 400_000, b"x" * 200_000, b"x" * 200_000)
    bodies.give_back(first)
    bodies.give_back(take(bodies, 600_000, b"x" * 300_000, b"x" * 300_000))
    assert files_in(tmp_path) == 0


@pytest.mark.parametrize("sent", [b"ab", b"x" * 400_000])
def test_who_breaks_off_is_not_answered_and_leaves_nothing(tmp_path: Path, sent: bytes) -> None:
    bodies = bridge.Bodies(tmp_path, room=400_000)
    for _time in range(2):
        with pytest.raises(bridge.Gone):
            take(bodies, 500_000, sent, "gone")
        assert files_in(tmp_path) == 0


def test_who_falls_silent_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "PAUSE_SECONDS", 0.05)
    with pytest.raises(bridge.Late):
        take(bridge.Bodies(tmp_path), 500_000, b"x" * 400_000, "silent")
    assert files_in(tmp_path) == 0


def test_what_is_too_much_is_not_taken_and_said_to_who_reads(tmp_path: Path) -> None:
    bodies = bridge.Bodies(tmp_path)
    body = take(bodies, 11, most=10)  # not one part is asked for
    for reading in (body.read, body.readline, lambda: body.read(4)):
        with pytest.raises(RequestDataTooBig):
            reading()
    bodies.give_back(body)


def test_a_full_disk_is_said_to_who_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(io.FileIO):
        def write(self, _content: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def made(*, dir: Path) -> Any:
        return Small(dir / "it", "w+")

    monkeypatch.setattr(bridge.tempfile, "TemporaryFile", made)
    bodies = bridge.Bodies(tmp_path, room=300_000)
    for _time in range(2):
        body = take(bodies, 300_000, b"x" * 300_000)
        with pytest.raises(bridge.Unwritten) as caught:
            body.read()
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__cause__.errno == errno.ENOSPC
        bodies.give_back(body)
    assert files_in(tmp_path) == 0


# What is answered


class Streaming:
    """As Django's: iterated once, and closed by the server."""

    streaming = True

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.closed = iter(parts), 0

    def __iter__(self) -> Any:
        return self.parts

    def close(self) -> None:
        self.closed += 1


def answered(parts: Any, *headers: tuple[str, str]) -> tuple[bridge.Answer | None, list[dict[str, Any]]]:
    passed: list[dict[str, Any]] = []

    def application(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/csv"), *headers])
        return parts

    return bridge.answer_of(application, {}, passed.append), passed


def test_a_page_is_sent_whole() -> None:
    answer, passed = answered([b"ab", b"cd"])
    assert answer == bridge.Answer("200 OK", [(b"content-type", b"text/csv")], b"abcd")
    assert passed == []


def test_a_short_file_is_sent_whole_and_closed() -> None:
    parts = Streaming([b"ab"] * 3)
    answer, passed = answered(parts, ("content-length", "6"))
    assert answer is not None
    assert (answer.body, passed, parts.closed) == (b"ababab", [], 1)


def test_what_has_no_known_end_goes_out_as_it_is_made() -> None:
    went: list[int] = []

    def made() -> Iterable[bytes]:
        for _number in range(40):
            went.append(len(passed))
            yield b"x" * 16_000

    passed: list[dict[str, Any]] = []
    parts = Streaming(made())

    def application(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("X-Name", "é")])
        return parts

    assert bridge.answer_of(application, {}, passed.append) is None
    assert passed[0] == {"type": "http.response.start", "status": 200, "headers": [(b"x-name", b"\xe9")]}
    assert b"".join(message["body"] for message in passed[1:]) == b"x" * 640_000
    assert all(len(message["body"]) >= 60_000 for message in passed[1:-2]), "in pieces worth their way"
    assert [message["more_body"] for message in passed[1:]] == [True] * (len(passed) - 2) + [False]
    assert went[-1] > 5, "the first pieces were on their way before the last were made"
    assert parts.closed == 1


def test_who_stops_reading_stops_the_making() -> None:
    def never(_message: dict[str, Any]) -> None:
        raise TimeoutError

    parts = Streaming(iter(lambda: b"x" * 100_000, b""))

    def application(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return parts

    with pytest.raises(TimeoutError):
        bridge.answer_of(application, {}, never)
    assert parts.closed == 1


# All of it together


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    from plaudit_site import asgi

    door = asgi.Door(2)
    monkeypatch.setattr(door, "_bodies", bridge.Bodies(tmp_path))
    return door


def asked(door: Any, receive: Any, **more: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(door({**SCOPE, **more}, receive, send))
    return sent


def instead(monkeypatch: pytest.MonkeyPatch, answer: Callable[[dict[str, Any]], bytes]) -> None:
    """An application of a test's own behind the door."""
    from plaudit_site import asgi

    class Site:
        def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
            start_response("200 OK", [])
            return [answer(environ)]

        def known(self, _environ: dict[str, Any]) -> None:
            return None

    monkeypatch.setattr(asgi.wsgi, "application", Site())


def posting(length: int, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    announced = [*SCOPE["headers"], (b"content-length", str(length).encode()), *headers]
    return {"method": "POST", "raw_path": b"/verify", "headers": announced}


def test_a_body_arrives_as_it_was_sent(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, lambda environ: environ["wsgi.input"].read()[::-1])
    sent = asked(door, sender(b"ab", b"c"), **posting(3))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"cba")


def test_a_long_answer_comes_in_parts_and_in_order(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from plaudit_site import asgi

    parts = Streaming(bytes([number]) * 70_000 for number in range(30))

    def site(_environ: dict[str, Any], start_response: Any) -> Streaming:
        start_response("200 OK", [])
        return parts

    monkeypatch.setattr(asgi.wsgi, "application", site)
    start, *rest = asked(door, sender(b"", "silent"), raw_path=b"/verify/")
    assert start["status"] == 200
    assert [message["body"][:1] for message in rest] == [bytes([number]) for number in range(30)] + [b""]
    assert [message["more_body"] for message in rest] == [True] * 30 + [False]
    assert parts.closed == 1


def test_who_leaves_in_the_midst_of_a_long_answer_ends_it(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says nothing of it to who sends: it has to be asked."""
    from plaudit_site import asgi

    sent = 0

    def endless() -> Iterable[bytes]:
        nonlocal sent
        while sent < 10_000:
            sent += 1
            time.sleep(0.001)
            yield b"x" * 70_000

    parts = Streaming(endless())

    def site(_environ: dict[str, Any], start_response: Any) -> Streaming:
        start_response("200 OK", [])
        return parts

    monkeypatch.setattr(asgi.wsgi, "application", site)
    asked(door, sender(b"", "gone"), raw_path=b"/verify/")
    assert sent < 100
    assert parts.closed == 1


def test_a_long_answer_that_breaks_is_not_ended_like_a_whole_one(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server breaks the connection where an application breaks: half a list is not taken for all of it."""
    from plaudit_site import asgi

    def broken() -> Iterable[bytes]:
        yield b"x" * 70_000
        raise ZeroDivisionError

    parts, sent = Streaming(broken()), []

    def site(_environ: dict[str, Any], start_response: Any) -> Streaming:
        start_response("200 OK", [])
        return parts

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    monkeypatch.setattr(asgi.wsgi, "application", site)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(door({**SCOPE, "raw_path": b"/verify/"}, sender(b"", "silent"), send))
    assert [message.get("more_body") for message in sent] == [None, True]
    assert parts.closed == 1


def test_who_takes_nothing_for_a_minute_is_let_go(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from plaudit_site import asgi

    parts = Streaming(b"x" * 70_000 for _number in range(30))

    def site(_environ: dict[str, Any], start_response: Any) -> Streaming:
        start_response("200 OK", [])
        return parts

    async def full(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    monkeypatch.setattr(asgi.wsgi, "application", site)
    monkeypatch.setattr(bridge, "PAUSE_SECONDS", 0.05)
    asyncio.run(door({**SCOPE, "raw_path": b"/verify/"}, sender(b"", "silent"), full))
    assert parts.closed == 1


def test_slow_senders_take_no_thread(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty hang in the midst of a form, and two threads answer somebody else."""
    instead(monkeypatch, lambda environ: threading.current_thread().name.encode())

    async def play() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        slow = [
            asyncio.create_task(door({**SCOPE, **posting(9)}, sender(b"x", "silent"), send))
            for _one in range(50)
        ]
        await asyncio.sleep(0)
        await asyncio.wait_for(door(SCOPE, sender(), send), 10)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return sent

    sent = asyncio.run(play())
    assert sent[1]["body"].startswith(b"answer")
    assert len(sent) == 2


def test_who_falls_silent_is_told(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "PAUSE_SECONDS", 0.05)
    instead(monkeypatch, lambda _environ: b"never")
    sent = asked(door, sender(b"x", "silent"), **posting(9))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_who_is_gone_is_told_nothing(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, lambda _environ: b"never")
    assert asked(door, sender(b"x", "gone"), **posting(9)) == []


def test_too_many_at_once_are_told_to_come_again(
    door: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(door, "_bodies", bridge.Bodies(tmp_path, room=0))
    instead(monkeypatch, lambda _environ: b"never")
    sent = asked(door, sender(b"x" * 100_000), **posting(100_000))
    assert sent[0]["status"] == 503
    assert any(name == b"retry-after" for name, _value in sent[0]["headers"])


def test_a_stranger_may_send_a_badge_and_no_list(
    door: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Six megabytes from anybody; as much as a list may have from who has, or says to have, an account."""

    def read(environ: dict[str, Any]) -> bytes:
        try:
            return str(len(environ["wsgi.input"].read())).encode()
        except RequestDataTooBig:
            return b"too much"

    instead(monkeypatch, read)
    mib = 1024 * 1024
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}=x".encode())
    for length, headers, answer in (
        (6 * mib, (), str(6 * mib).encode()),
        (6 * mib + 1, (), b"too much"),
        (7 * mib, (cookie,), str(7 * mib).encode()),
        (7 * mib, ((b"authorization", b"Bearer x"),), str(7 * mib).encode()),
        ((settings.IMPORT_MOST_MB + 1) * mib + 1, (cookie,), b"too much"),
    ):
        parts = [b"x" * mib] * (length // mib)
        assert asked(door, sender(*parts), **posting(length, *headers))[1]["body"] == answer, length


def test_what_no_page_answers_for_is_left_alone(door: Any) -> None:
    assert asked(door, sender(), type="websocket") == []


PAGE = f"/i/acme/c/{'0' * 26}".encode()


@pytest.mark.parametrize(
    ("path", "query", "here"),
    [
        (PAGE, b"", True),
        (PAGE, b"via=li", True),
        (PAGE, b"via=li&check=1", False),
        (PAGE + b"/check", b"", False),
        (b"/c/" + b"0" * 26, b"", False),  # may be a picture or a paper, which take longer
        (b"/verify/", b"", False),
    ],
)
def test_pages_alone_are_made_by_the_thread_that_takes_requests(
    door: Any, monkeypatch: pytest.MonkeyPatch, path: bytes, query: bytes, here: bool
) -> None:
    monkeypatch.setattr(door, "_at_once", True)
    instead(monkeypatch, lambda _environ: threading.current_thread().name.encode())
    sent = asked(door, sender(), raw_path=path, query_string=query)
    assert (sent[1]["body"] == threading.current_thread().name.encode()) is here


def test_what_fails_there_is_done_again_by_a_thread(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from plaudit_site import asgi

    class Site:
        def __call__(self, _environ: dict[str, Any], start_response: Any) -> list[bytes]:
            here = threading.current_thread() is threading.main_thread()
            start_response("503 Service Unavailable" if here else "200 OK", [])
            return [b"busy" if here else b"done"]

        def known(self, _environ: dict[str, Any]) -> None:
            return None

    monkeypatch.setattr(door, "_at_once", True)
    monkeypatch.setattr(asgi.wsgi, "application", Site())
    sent = asked(door, sender(), raw_path=PAGE)
    assert [(message.get("status"), message.get("body")) for message in sent] == [
        (200, None),
        (None, b"done"),
    ]


@pytest.mark.django_db
def test_the_thread_that_takes_requests_cannot_write(tmp_path: Path) -> None:
    """It would wait for the one who does, and everybody for it."""
    from plaudit_site import asgi

    assert asgi.application
    names = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "it.sqlite3")}}

    def write() -> None:
        with closing(ConnectionHandler(names)["default"]) as database, database.cursor() as cursor:
            cursor.execute("create table it (number)")

    async def there() -> None:
        write()

    with pytest.raises(OperationalError, match="readonly"):
        asyncio.run(there())
    write()


@pytest.mark.django_db
def test_too_large_is_said_in_words_on_a_whole_page(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = client.post("/accounts/login/", {"login": "x" * 100})
    page = answer.content.decode()
    assert answer.status_code == 413
    assert f"<title>That is too large · {settings.SITE_NAME}</title>" in page
    assert "nothing of it was saved" in page


def test_what_cannot_be_read_is_said_without_the_frame_that_asks_the_database(client: Client) -> None:
    answer = client.get("/accounts/login/?next=%00")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "<title>We could not read that</title>" in page
    assert "Sign in" not in page
