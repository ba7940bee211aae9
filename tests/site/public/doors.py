"""The site as a web server asks it: through Django alone, and through the thin path in front of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection

from plaudit_site import asking
from plaudit_site.bridge import decoded
from plaudit_site.public.fast import Fast


@contextmanager
def connections_stay_open() -> Iterator[None]:
    """A request ends with them; a test's transaction must outlive it (as django.test.Client does it)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def without_its_number(self) -> tuple[int, dict[str, str]]:
        return self.status, {name: value for name, value in self.headers.items() if name != "x-request-id"}


class Foreseeing(Fast):
    """As asgi.py asks where the database is a server: first what is foreseen, and a thread where that is not enough."""

    def __init__(self, fast: Fast) -> None:
        super().__init__(fast._django)
        self.told_alone: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        foreseen = self.foreseen(environ)
        row = foreseen[0].ask(foreseen[1]) if foreseen else None
        if foreseen and row is not None:
            with nothing_is_asked():
                answer = self.told(environ, foreseen[0], row)
            if answer is not None:
                self.told_alone.append(environ["PATH_INFO"])
                start_response(answer.status, decoded(answer.headers))
                return [answer.body]
        return super().__call__(environ, start_response)


@contextmanager
def nothing_is_asked() -> Iterator[None]:
    """By the ORM or by a question of ours: whoever told the rows cannot wait."""

    asked: list[Any] = []

    def refuse(*about: Any) -> Any:
        asked.append(about[:2])
        raise AssertionError("a question to the database, from the thread that takes requests")

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(refuse):
        patch.setattr(asking, "_asked", refuse)
        yield
    assert not asked, "though Django made a page of the error"


@dataclass
class Door:
    """`asked` counts what reached Django.

    "django": alone; "thin": with the thin path before it; "told": that, by rows that were asked for ahead.
    """

    kind: str
    asked: list[str] = field(default_factory=list)
    passed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        inner = WSGIHandler()

        def django(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            self.asked.append(environ["PATH_INFO"])
            self.passed.append(dict(environ))
            return inner(environ, start_response)

        self.application = django
        if self.kind != "django":
            fast = Fast(django)
            self.application = Foreseeing(fast) if self.kind == "told" else fast

    @property
    def answered_ahead(self) -> int:
        """Where rows were asked for ahead: how many were answered by them alone."""
        return len(self.application.told_alone) if isinstance(self.application, Foreseeing) else 0

    @staticmethod
    def environ_of(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
        """`headers` as keywords: if_none_match="…"."""
        path, _, query = path.partition("?")
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": settings.SITE_HOST,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        environ = self.environ_of(path, method, **headers)
        begun: list[Any] = []
        with connections_stay_open():
            parts = self.application(environ, lambda status, sent, _error=None: begun.extend((status, sent)))
            body = b"".join(parts)
            if close := getattr(parts, "close", None):
                close()
        names = [name.lower() for name, _value in begun[1]]
        assert len(names) == len(set(names)), f"a header twice: {names}"
        # A server sends no body with an answer to HEAD.
        return Answer(
            int(begun[0][:3]),
            {name.lower(): value for name, value in begun[1]},
            b"" if method == "HEAD" else body,
        )

    def answers_alone(self, path: str, **headers: str) -> Answer:
        """The second time nothing reaches Django; the thin path alone can do that."""
        self.ask(path, **headers)
        before = len(self.asked)
        answer = self.ask(path, **headers)
        if self.kind != "django":
            assert self.asked[before:] == [], path
        return answer
