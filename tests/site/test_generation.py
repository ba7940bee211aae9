"""Whether anything was committed is told by SQLite's own shared memory, for commits of every process (ADR 0051)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plaudit_site import generation
from plaudit_site.generation import AROUND, MOST_ONCE, Generation, Remembered

_STAY: list[Generation] = []
"""As in a web process: to let one go would give back the locks that other connections have."""


@pytest.fixture(scope="module", autouse=True)
def _end() -> Iterator[None]:
    yield
    for one in _STAY:
        for opened in (one._file, one._connection):
            if opened is not None:
                opened.close()


def stays(database: Path) -> Generation:
    _STAY.append(Generation(database))
    return _STAY[-1]


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.sqlite3"
    made = connect(path)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE t (x)")
    made.close()
    return path


def elsewhere(path: Path, *statements: str) -> None:
    """In a process of its own, which closes its connection as it ends."""
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "[c.execute(statement) for statement in sys.argv[2:]]"
    )
    subprocess.run([sys.executable, "-c", program, str(path), *statements], check=True)


def test_every_commit_of_every_process_is_another_one(database: Path) -> None:
    here = stays(database)
    seen = [here.now()]
    assert seen[0] is not None
    for number in range(20):
        elsewhere(database, f"INSERT INTO t VALUES ({number})")
        seen.append(here.now())
        elsewhere(database, "BEGIN IMMEDIATE", "UPDATE t SET x = x + 1", "COMMIT")
        seen.append(here.now())
    assert len(set(seen)) == len(seen)
    assert None not in seen


def test_what_is_read_or_rolled_back_leaves_it_as_it_is(database: Path) -> None:
    here, own = stays(database), connect(database)
    own.execute("INSERT INTO t VALUES (1)")
    before = here.now()
    assert own.execute("SELECT x FROM t").fetchall() == [(1,)]
    elsewhere(database, "SELECT x FROM t", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (2)", "ROLLBACK")
    assert here.now() == before
    own.execute("BEGIN IMMEDIATE")
    own.execute("INSERT INTO t VALUES (3)")
    assert here.now() == before, "nobody sees it yet"
    own.execute("COMMIT")
    assert here.now() != before


@pytest.mark.parametrize("how", ["PASSIVE", "FULL", "RESTART", "TRUNCATE"])
def test_a_log_that_begins_anew_hides_no_commit(database: Path, how: str) -> None:
    """The same number of pages, in the same places of the log: salts and counter are others."""
    here = stays(database)
    seen = []
    for number in range(6):
        elsewhere(
            database, "DELETE FROM t", f"INSERT INTO t VALUES ({number})", f"PRAGMA wal_checkpoint({how})"
        )
        seen.append(here.now())
    assert len(set(seen)) == len(seen)


def test_a_killed_writer_hides_no_commit(database: Path) -> None:
    """Who opens it next reads the log from its beginning."""
    here = stays(database)
    before = here.now()
    program = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('INSERT INTO t VALUES (7)'); c.execute('BEGIN IMMEDIATE'); c.execute('INSERT INTO t VALUES (8)');"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(database)], check=False).returncode == -9
    after = here.now()
    assert after != before
    assert connect(database).execute("SELECT x FROM t").fetchall() == [(7,)]


def test_it_is_unknown_where_there_is_no_log_and_where_its_form_is_another(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain.sqlite3"
    connect(plain).execute("CREATE TABLE t (x)")
    assert stays(plain).now() is None
    assert stays(tmp_path / "nothing.sqlite3").now() is None
    assert not (tmp_path / "nothing.sqlite3").exists()
    monkeypatch.setattr(generation, "VERSION", 3_008_000)
    assert stays(database).now() is None


def test_it_is_unknown_while_it_is_being_replaced(database: Path) -> None:
    here = stays(database)
    whole = here.now()
    assert whole is not None
    here._header = bytes(whole) + bytes(48)  # type: ignore[assignment]
    assert here.now() is None


class Clock(Generation):
    """A generation that the test moves."""

    def __init__(self, now: bytes | None) -> None:
        super().__init__(Path("nowhere"))
        self.told = now

    def now(self) -> bytes | None:
        return self.told


def test_what_is_remembered_goes_with_the_next_commit() -> None:
    clock = Clock(b"1")
    known: Remembered[str, str] = Remembered(clock, 10 * AROUND)
    found, as_of = known.look("a")
    assert found is None
    known.keep("a", "said", as_of, 4)
    assert known.look("a") == ("said", b"1")
    clock.told = b"2"
    assert known.look("a") == (None, b"2")
    clock.told = b"1"
    assert known.look("a") == (None, b"1"), "not even where a number came again"


def test_what_was_found_before_a_commit_is_not_remembered_after_it() -> None:
    clock = Clock(b"1")
    known: Remembered[str, str] = Remembered(clock, 10 * AROUND)
    _found, before = known.look("a")
    clock.told = b"2"
    known.look("b")
    known.keep("a", "old", before, 3)
    assert known.look("a")[0] is None


@pytest.mark.parametrize("clock", [None, Clock(None)])
def test_without_a_generation_nothing_is_remembered(clock: Generation | None) -> None:
    known: Remembered[str, str] = Remembered(clock, 10 * AROUND)
    for _twice in range(2):
        found, as_of = known.look("a")
        assert found is None
        known.keep("a", "said", as_of, 4)


def room(known: Remembered[int, bytes]) -> int:
    return sum(size for half in (known._older, known._newer) for _value, size in half.values())


def test_it_never_remembers_more_than_there_is_room_for() -> None:
    most = 10 * (AROUND + 1000)
    known: Remembered[int, bytes] = Remembered(Clock(b"1"), most)
    for number in range(100):
        _found, as_of = known.look(number)
        known.keep(number, bytes(1000), as_of, 1000)
        known.keep(number, bytes(1000), as_of, 1000)
        assert room(known) <= most
    there = [number for number in range(100) if number in known._older or number in known._newer]
    assert there == list(range(90, 100))
    known.keep(200, bytes(10**6), b"1", 10**6)
    assert known.look(200)[0] is None
    assert room(known) <= most


def test_what_is_asked_for_again_and_again_stays_while_others_pass() -> None:
    most = 10 * (AROUND + 1000)
    known: Remembered[int, bytes] = Remembered(Clock(b"1"), most)
    known.keep(1, b"one", known.look(1)[1], 1000)
    for number in range(1000, 2000):
        assert known.look(1)[0] == b"one"
        known.keep(number, bytes(1000), known.look(number)[1], 1000)
        assert room(known) <= most
    for number in range(2000, 2020):
        known.keep(number, bytes(1000), known.look(number)[1], 1000)
    assert known.look(1)[0] is None, "what nobody asks for makes room"


def test_what_is_asked_for_once_pushes_out_nothing() -> None:
    """Somebody who fetches every file of a site once."""
    known: Remembered[int, bytes] = Remembered(Clock(b"1"), 10 * AROUND, at_second=True)
    for _time in range(2):
        known.keep(-1, b"wanted", known.look(-1)[1], 6)
    assert known.look(-1)[0] == b"wanted"
    for number in range(MOST_ONCE + 100):
        known.keep(number, b"once", known.look(number)[1], 4)
    assert known.look(-1)[0] == b"wanted"
    assert known.look(0)[0] is None
    assert len(known._asked_once) <= MOST_ONCE
    known.keep(MOST_ONCE + 99, b"twice", known.look(MOST_ONCE + 99)[1], 5)
    assert known.look(MOST_ONCE + 99)[0] == b"twice"
