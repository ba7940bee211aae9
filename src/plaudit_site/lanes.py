"""Two lanes into a web process: what is quick for certain has a thread of its own, everything else has several.

Threads of one Python process run in turns, and each turn costs: with four of them at work a public page took twice its
time. So public reads, which wait for nothing but the disk, are answered one after the other by the thread that takes
requests from the server; whatever may wait (a slow sender, a foreign host, the database's one writer) goes to the
others, and never holds up who only reads (docs/adr/0047).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

log = logging.getLogger(__name__)

WRAPPER = "_wsgi_call_wrap"  # in granian.server.mp; it makes of an application what the server calls
Scope = Mapping[str, Any]
Answered = Callable[["Answer", Scope], Any]


class Answer(Protocol):
    """Where granian takes the answer of one request from, whichever thread it comes from."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Lanes:
    """Granian's own way of calling an application, in the one thread or in one of `threads` others."""

    def __init__(self, answered: Answered, is_quick: Callable[[Scope], bool], threads: int) -> None:
        self._answered, self._is_quick = answered, is_quick
        self._others = ThreadPoolExecutor(threads, thread_name_prefix="request")

    def __call__(self, answer: Answer, scope: Scope) -> None:
        if self._is_quick(scope):
            self._answered(answer, scope)
        else:
            self._others.submit(self._answer_elsewhere, answer, scope)

    def _answer_elsewhere(self, answer: Answer, scope: Scope) -> None:
        try:
            self._answered(answer, scope)
        except BaseException:
            log.exception("no answer to %s %s", scope["REQUEST_METHOD"], scope["PATH_INFO"])
            answer.response_bytes(500, [], b"")  # nothing happens where one was given already


def use(is_quick: Callable[[Scope], bool], threads: int) -> None:
    """Let this process, which granian has started for its one thread, have both lanes.

    Granian has no door for this: its wrapper of WSGI applications is replaced by one around it.
    """
    from granian.server import mp

    wrapped = getattr(mp, WRAPPER)

    def with_lanes(application: Any, options: Any, access_log: Any = None) -> Lanes:
        return Lanes(wrapped(application, options, access_log), is_quick, threads)

    setattr(mp, WRAPPER, with_lanes)
