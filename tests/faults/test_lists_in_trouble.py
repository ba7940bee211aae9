"""A list and its worker while clocks jump, keys change, memory is short, or it is told to stop: exact at the end.

F8, F11, F12, F13, F14 and F18, with real processes; the database is that of the other fault tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.faults import postgres
from tests.faults.pressing import Pressing
from tests.faults.test_kills import ROOT, database, free_port

pytestmark = pytest.mark.faults
IS_LONG = os.environ.get("PLAUDIT_FAULTS") == "long"
ROWS = 20_000 if IS_LONG else 3_000


def environment(folder: Path, database_url: str) -> dict[str, str]:
    if not database_url:
        harness.begin_with_tables(folder)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
        "PLAUDIT_DATA_DIR": str(folder),
        "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "100000",
        "PLAUDIT_LOG_LEVEL": "INFO",
        "EMAIL_URL": "mailbox:",
    } | ({"DATABASE_URL": database_url} if database_url else {})


def in_trouble(trouble: str, folder: Path, rows: int = ROWS, **more: str) -> dict[str, Any]:
    with database() as database_url:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.list_in_trouble", str(rows), trouble],
            env=environment(folder, database_url) | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=400 + rows / 10,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def is_exact(found: dict[str, Any], rows: int = ROWS) -> bool:
    expected = dict.fromkeys(["awards", "addresses", "waiting", "credentials", "signed"], rows)
    expected |= {"indices_unique": True, "rows": {"awarded": rows}, "wrong": [], "fsck": []}
    assert {name: found[name] for name in expected} == expected
    assert found["mails"]["invitation"] == rows
    return True


def on_postgresql() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


WHATEVER_THE_DATABASE = pytest.mark.skipif(
    on_postgresql() and os.environ.get("PLAUDIT_FAULTS") != "long",
    reason="the same on every database: on PostgreSQL in the long form alone",
)


def test_a_clock_that_jumps_a_day_and_back_doubles_nothing(tmp_path: Path) -> None:
    """On SQLite there is one clock, so nobody can say that it is wrong: what was signed meanwhile is sound, too."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        pytest.skip(
            "no libfaketime here (Debian's package faketime): that jumping clocks harm nothing is not proven"
        )
    found = in_trouble("clock", tmp_path, CLOCK_LIBRARY=str(libraries[0]))
    if on_postgresql():
        assert found.pop("rests") == [True] * 3, "with a wrong clock it does nothing"
    assert is_exact(found)


@WHATEVER_THE_DATABASE
def test_keys_are_rotated_in_the_middle_and_every_badge_verifies(tmp_path: Path) -> None:
    rows = max(ROWS, 5_000)  # so many that some are signed after a rotation
    found = in_trouble("rotation", tmp_path, rows)
    assert found.pop("keys") >= 2
    assert is_exact(found, rows)


@WHATEVER_THE_DATABASE
def test_without_its_key_file_a_worker_sends_nothing_and_says_so(tmp_path: Path) -> None:
    found = in_trouble("no_key", tmp_path)
    assert found.pop("still")
    assert found.pop("said")
    assert is_exact(found)


def test_told_to_stop_it_ends_within_ten_seconds_and_hands_its_leases_back(tmp_path: Path) -> None:
    found = in_trouble("told_to_stop", tmp_path)
    assert found.pop("codes") == [0, 0]
    assert found.pop("held") == [0, 0]
    assert found.pop("seconds") < 10
    assert is_exact(found)


def test_a_worker_of_an_older_version_rests_until_it_is_replaced(tmp_path: Path) -> None:
    found = in_trouble("layout", tmp_path)
    assert found.pop("rests")
    assert is_exact(found)


@WHATEVER_THE_DATABASE
def test_a_large_list_is_read_and_awarded_within_its_memory(tmp_path: Path) -> None:
    rows = 100_000 if IS_LONG else 5_000
    found = in_trouble("little_memory", tmp_path, rows)
    assert found.pop("alive")
    assert found.pop("bytes") > rows * 100
    assert found.pop("mib") < 300
    assert is_exact(found, rows)


# F8


@contextlib.contextmanager
def site(folder: Path, database_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Web server and worker as one, on that database."""
    more = {"PORT": str(port), "PLAUDIT_ISSUERS": "open", "PLAUDIT_LOG_LEVEL": "ERROR"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "plaudit_site", "serve"],
            env=environment(folder, database_url) | more,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.mark.skipif(on_postgresql(), reason="it has a server of its own, and runs with the tests on SQLite")
def test_a_database_that_crashes_under_load_costs_a_pause_and_nothing_else(tmp_path: Path) -> None:
    crashes, port = 10 if IS_LONG else 3, free_port()
    with postgres.server() as server:
        made = subprocess.run(
            [sys.executable, "-m", "tests.faults.pressing", "prepare", "2000"],
            env=environment(tmp_path, server.address) | {"PORT": str(port)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert made.returncode == 0, made.stderr[-3000:]
        told = json.loads(made.stdout.splitlines()[-1])
        with site(tmp_path, server.address, port):
            pressing = Pressing(port, told["token"], told["badge"])
            pressing.wait_until_ready()
            thread = threading.Thread(target=pressing.go_on)
            thread.start()
            try:
                for _ in range(crashes):
                    pressing.wait_for_more(5)
                    server.crash()
                    time.sleep(1.0)
                    server.start()
                    back = time.monotonic()
                    pressing.wait_for_more(1)
                    assert time.monotonic() - back < 10, "it recovers by itself within ten seconds"
                pressing.wait_for_more(5)
            finally:
                pressing.stop()
                thread.join()
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.pressing", "look"],
            env=environment(tmp_path, server.address) | {"PORT": str(port)},
            input=json.dumps(pressing.made),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert pressing.statuses <= {201, 500, 503, 0}, "0 stands for a connection that was cut"
    assert len(pressing.made) > 10
    assert found["missing"] == [], "what was answered with 201 is there"
    assert found["list"] == 2000
    assert found["fsck"] == []
