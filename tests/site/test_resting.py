"""A worker that has nothing to do looks at one number, and goes through its jobs when somebody has written."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from plaudit_site import work

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database in a file, as SQLite is used; the tests' own is in memory, where nobody else writes."""
    path = tmp_path / "site.sqlite"
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}})
    monkeypatch.setattr(work, "connection", handler["default"])
    write(path, "create table t (n)")
    return path


def write(path: Path, statement: str) -> None:
    writer = sqlite3.connect(path)
    writer.execute(statement)
    writer.commit()
    writer.close()


def test_it_rests_until_somebody_writes(file: Path) -> None:
    quiet = work.Quiet()
    assert not quiet.lasts()
    quiet.note(found_nothing=True)
    assert quiet.lasts()
    write(file, "insert into t values (1)")
    assert not quiet.lasts()
    quiet.note(found_nothing=False)
    assert not quiet.lasts(), "there was something: there may be more"


def test_what_has_its_time_is_looked_for_all_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = work.Quiet()
    quiet.lasts()
    quiet.note(found_nothing=True)
    assert quiet.lasts()
    monkeypatch.setattr(work, "QUIET_SECONDS", 0.0)
    assert not quiet.lasts()


def test_a_job_that_had_no_turn_has_it_before_anybody_rests(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something was written while it was asked, and its pause was not over at the next round."""
    monkeypatch.setattr(work, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(work, "QUIET_SECONDS", 3600.0)
    monkeypatch.setattr(work.Watch, "lets_work", lambda _self: True)
    stop, ran = threading.Event(), list[str]()
    at_the_latest = threading.Timer(30, stop.set)
    at_the_latest.start()

    def look(worker: str) -> int:
        ran.append(worker)
        if len(ran) == 1:
            write(file, "insert into t values (1)")
        else:
            stop.set()
        return 0

    work._rounds(stop, "w", (work.Job("any", look, every=0.2),))
    at_the_latest.cancel()
    assert len(ran) == 2
