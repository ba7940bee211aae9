"""The door for the web server of ours: `plaudit_site.asgi:application` (ADR 0049).

One thread takes all requests and answers what is known at once; everything else is done by threads, who never wait
for somebody who sends or reads slowly.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

# The connection of the thread that takes the requests is used in one go, never across an “await”: what Django
# fears, two tasks in the midst of one transaction, cannot be.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from plaudit_site import bridge, wsgi
from plaudit_site.bridge import Answer, Message, Receive, Send
from plaudit_site.generation import Generation
from plaudit_site.public.fast import FORESEEN, PUBLIC
from plaudit_site.public.usual import is_quick_page

if TYPE_CHECKING:
    from plaudit_site.ahead import Ahead

MARGIN = 1024 * 1024  # of a form, around its file
STRANGERS_MOST = 6 * 1024 * 1024  # of somebody without an account, who may send a badge to be checked
LATE = Answer("408 Request Timeout", [(b"connection", b"close")], b"")
FULL = Answer(
    "503 Service Unavailable", [(b"retry-after", b"10")], b"Too many uploads at this moment. Try again."
)


class Door:
    """An ASGI application in front of the site's WSGI application."""

    def __init__(self, threads: int) -> None:
        self._at_once = connection.vendor == "sqlite"
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._ahead: Ahead | None = None
        if self._at_once:
            wsgi.application.watch(Generation(Path(connection.settings_dict["NAME"])))
        elif connection.vendor == "postgresql":
            from plaudit_site.ahead import Ahead  # needs the driver, which a site on SQLite does without

            self._ahead = Ahead(FORESEEN, self._threads)
        # Django keeps a connection for each task; this one is of all that is answered at once.
        self._context = copy_context()
        self._most = settings.IMPORT_MOST_MB * 1024 * 1024 + MARGIN
        self._bodies = bridge.Bodies(settings.FILE_UPLOAD_TEMP_DIR, max(bridge.ROOM, 2 * self._most))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        environ = bridge.environ_of(scope)
        if self._at_once and environ["PATH_INFO"].startswith(PUBLIC):
            answer = self._context.run(self._now, environ)
        elif self._ahead is not None and environ["PATH_INFO"].startswith(PUBLIC):
            answer = await self._told(self._ahead, environ)
        else:
            answer = None
        if answer is not None:
            await bridge.tell(send, answer)
            return
        try:
            answer = await self._answer(environ, receive, send)
        except bridge.Gone:
            return
        except bridge.Late:
            answer = LATE
        except bridge.Full:
            answer = FULL
        if answer is not None:
            await bridge.tell(send, answer)

    def _now(self, environ: bridge.Environ) -> Answer | None:
        """What takes less time than to hand it on, and cannot be made to wait."""
        known = wsgi.application.known(environ)
        if known is None and is_quick_page(environ):
            made = bridge.answer_of(wsgi.application, environ.copy(), bridge.never)
            return None if made is None or made.status.startswith("5") else made
        return known

    async def _told(self, ahead: Ahead, environ: bridge.Environ) -> Answer | None:
        """The same where the database is a server: this thread goes on while it answers."""
        foreseen = wsgi.application.foreseen(environ)
        if foreseen is None:
            return None
        question, about = foreseen
        row = await ahead.ask(question, about)
        if row is None:
            return None
        return self._context.run(wsgi.application.told, environ, question, row)

    async def _answer(self, environ: bridge.Environ, receive: Receive, send: Send) -> Answer | None:
        loop = asyncio.get_running_loop()
        listener = bridge.Listener(receive, send, loop)

        def call() -> Answer | None:
            return bridge.answer_of(wsgi.application, environ, listener.tell)

        length = bridge.length_of(environ)
        if not length:
            return await loop.run_in_executor(self._threads, call)
        body = await self._bodies.take(receive, length, self._most if _is_known(environ) else STRANGERS_MOST)
        try:
            environ["wsgi.input"] = body
            return await loop.run_in_executor(self._threads, call)
        finally:
            self._bodies.give_back(body)


@receiver(connection_created)
def _only_reads(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    """Who writes waits for others who write, and all would wait for us: SQLite refuses, and a thread does it."""
    if connection.vendor == "sqlite" and _takes_requests():
        connection.cursor().execute("PRAGMA query_only = ON")


def _takes_requests() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_known(environ: bridge.Environ) -> bool:
    """Whether somebody says to have an account; whether it is so, is asked later."""
    return settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "") or "HTTP_AUTHORIZATION" in environ


application: Callable[..., Any] = Door(settings.WEB_THREADS)
