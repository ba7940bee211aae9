"""A worker whose clock is off, or that is older than the database, does nothing and says why (F11, F18)."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from plaudit_site import readiness, work
from plaudit_site.examining import whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def newer() -> None:
    """A newer version was here."""
    MigrationRecorder(connection).record_applied("awards", "9999_of_a_newer_version")


def ahead(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(readiness, "clock_ahead", lambda: timedelta(seconds=seconds))


def test_here_and_now_everything_may_work() -> None:
    assert (readiness.why_clock(), readiness.why_schema()) == ("", "")
    assert abs(readiness.clock_ahead()) < timedelta(seconds=1)


def test_a_clock_is_compared_with_the_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now
    monkeypatch.setattr(readiness.timezone, "now", lambda: now() + timedelta(days=1))
    expected = timedelta(days=1) if connection.vendor == "postgresql" else timedelta(0)
    assert abs(readiness.clock_ahead() - expected) < timedelta(seconds=1)


@pytest.mark.parametrize(("seconds", "words"), [(86_400, "ahead of"), (-6, "behind"), (5, ""), (-5, "")])
def test_five_seconds_are_allowed(monkeypatch: pytest.MonkeyPatch, seconds: float, words: str) -> None:
    ahead(monkeypatch, seconds)
    assert words in readiness.why_clock()
    assert bool(readiness.why_clock()) == bool(words)


def test_what_a_newer_version_did_is_named(newer: None) -> None:
    assert "awards.9999_of_a_newer_version" in readiness.why_schema()


def test_what_other_packages_did_is_not_ours_to_judge() -> None:
    MigrationRecorder(connection).record_applied("auth", "9999_of_a_newer_version")
    assert readiness.why_schema() == ""


def test_fsck_says_both(newer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead(monkeypatch, 60)
    found = {one.what: one.mend for one in whole.examine(settle_seconds=0).findings}
    assert found["clock"].startswith("set both by NTP")
    assert "install the version" in found["layout of the database"]


def test_a_worker_rests_says_so_once_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = work.Watch()
    with caplog.at_level(logging.INFO, logger="plaudit_site.work"):
        assert watch.lets_work()
        ahead(monkeypatch, 60)
        assert [watch.lets_work() for _ in range(3)] == [False] * 3
        ahead(monkeypatch, 0)
        assert watch.lets_work()
    said = [entry.getMessage() for entry in caplog.records]
    assert [words.partition(":")[0] for words in said] == ["this worker does nothing", "this worker goes on"]


def test_no_job_runs_while_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ran = threading.Event(), []

    def look(_self: Any) -> bool:
        looks.append(1)
        if len(looks) == 3:
            raise DatabaseError("away")
        if len(looks) == 4:
            stop.set()
        return False

    looks: list[int] = []
    monkeypatch.setattr(work.Watch, "lets_work", look)
    monkeypatch.setattr(work, "AFTER_AN_ERROR_SECONDS", 0.0)
    monkeypatch.setattr(work.connections, "close_all", lambda: None)
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    work._rounds(stop, "w", (work.Job("any", lambda worker: ran.append(worker) or 0),))  # type: ignore[func-returns-value]
    assert len(looks) == 4
    assert ran == []
