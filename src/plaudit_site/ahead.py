"""Questions to PostgreSQL that hold no thread while it answers (ADR 0071).

All of it runs in the loop of a web process, but for the opening of a connection. Needs psycopg.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Final, NamedTuple

import psycopg
from django.db import Error, connection
from psycopg import errors
from psycopg.pq.abc import PGresult

from plaudit_site import prepared
from plaudit_site.asking import Question
from plaudit_site.prepared import Driver, Plan

MOST_LINES: Final = 4  # connections of one web process
MOST_WAITING: Final = 100  # more are asked by threads
PATIENCE: Final = 5.0  # seconds until a thread is asked
REST: Final = 5.0  # seconds after one could not be opened

log = logging.getLogger(__name__)
Plans = Mapping[Question, Plan]


class Asked(NamedTuple):
    question: Question
    about: str
    reply: asyncio.Future[list[Sequence[Any]]]

    def tell(self, rows: list[Sequence[Any]]) -> None:
        if not self.reply.done():  # whoever asked may have gone
            self.reply.set_result(rows)


class Line:
    """One connection; one question at a time is under way on it."""

    def __init__(
        self,
        own: Driver,
        plans: Plans,
        is_free: Callable[[Line], None],
        is_lost: Callable[[Line, Exception | None], None],
    ) -> None:
        self._own, self._plans, self._is_free, self._is_lost = own, plans, is_free, is_lost
        self._loop = asyncio.get_running_loop()
        self._asked: Asked | None = None
        self._said: PGresult | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._socket = own.fileno()
        self._loop.add_reader(self._socket, self._read)

    def ask(self, asked: Asked) -> None:
        plan, driver = self._plans[asked.question], self._own.pgconn
        self._asked = asked
        self._patience = self._loop.call_later(PATIENCE, self._lose)
        try:
            driver.send_query_prepared(plan.name, [asked.about.encode()], result_format=plan.form)
            if driver.flush():  # a hundred bytes, on a connection on which nothing else is under way
                self._lose()
        except psycopg.Error as error:
            self._lose(error)

    def _read(self) -> None:
        driver = self._own.pgconn
        try:
            driver.consume_input()
            while not driver.is_busy():
                result = driver.get_result()
                if result is None:
                    self._is_told()
                    return
                self._said = result
        except psycopg.Error as error:
            self._lose(error)

    def _is_told(self) -> None:
        """All that there is to say."""
        asked, said = self._asked, self._said
        if asked is not None and said is not None:
            rows = prepared.rows_of(self._own, said)
            self._end()
            asked.tell(rows)
            self._is_free(self)

    def _lose(self, error: Exception | None = None) -> None:
        """Whatever went wrong: the next one begins with nothing."""
        asked = self._asked
        self._end()
        self._loop.remove_reader(self._socket)
        self._own.close()
        if asked is not None:
            asked.tell([])
        self._is_lost(self, error)

    def _end(self) -> None:
        self._asked = self._said = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class Ahead:
    """Asks any of `questions`. `executor`: where connections are opened."""

    def __init__(self, questions: Sequence[Question], executor: Executor) -> None:
        self._questions, self._executor = questions, executor
        self._lines: set[Line] = set()
        self._free: list[Line] = []
        self._waiting: deque[Asked] = deque()
        self._opening: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        self._is_off = False

    async def ask(self, question: Question, about: str) -> Sequence[Any] | None:
        """The first row. None where there is none, and where a thread has to ask: without a connection, say."""
        if not self._free and len(self._lines) < MOST_LINES:
            self._open()
        if not self._lines or len(self._waiting) >= MOST_WAITING:
            return None
        asked = Asked(question, about, asyncio.get_running_loop().create_future())
        if self._free:
            self._free.pop().ask(asked)
        else:
            self._waiting.append(asked)
        rows = await asked.reply
        return rows[0] if rows else None

    def _open(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._opening is None and not self._is_off and now >= self._rests_until:
            self._opening = asyncio.create_task(self._opened())

    async def _opened(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            own, plans = await loop.run_in_executor(self._executor, _connected, self._questions)
        except (Error, psycopg.Error):
            self._rests_until = loop.time() + REST  # a thread that asks says what is wrong
        else:
            if self._is_off:
                own.close()
                return
            line = Line(own, plans, self._frees, self._loses)
            self._lines.add(line)
            self._frees(line)
        finally:
            self._opening = None

    def _frees(self, line: Line) -> None:
        if self._waiting:
            line.ask(self._waiting.popleft())
        else:
            self._free.append(line)

    def _loses(self, line: Line, error: Exception | None) -> None:
        self._lines.discard(line)
        if line in self._free:
            self._free.remove(line)
        if isinstance(error, errors.InvalidSqlStatementName):
            log.warning("a pooler loses what was prepared (%s): threads ask from now on", error)
            self._is_off = True
        if not self._lines:
            self._give_up()

    def _give_up(self) -> None:
        while self._waiting:
            self._waiting.popleft().tell([])


def _connected(questions: Sequence[Question]) -> tuple[Driver, Plans]:
    """A connection as Django makes them, which knows all questions. Runs in a thread."""
    own = connection.copy()
    try:
        own.connect()
        driver: Driver = own.connection
        return driver, {one: prepared.plan(driver, one.statement) for one in questions}
    except BaseException:
        own.close()
        raise
    finally:
        connection.close()  # by which values were written into the statements
