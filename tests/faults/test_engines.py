"""20,000 rows through two real processes at once: of our own worker, and of Celery's on Redis."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_kills import ROOT, database, free_port

pytestmark = [pytest.mark.faults, pytest.mark.postgresql]
ROWS = 20_000 if os.environ.get("PLAUDIT_FAULTS") == "long" else 3_000


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A server of this test's own, that keeps nothing."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no redis-server here: that Celery's workers award a list is not proven")
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


@pytest.mark.journey("J45")
@pytest.mark.parametrize("engine", ["worker", "celery"])
def test_two_processes_award_a_list_together_and_each_line_once(tmp_path: Path, engine: str) -> None:
    with contextlib.ExitStack() as stack:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PLAUDIT_DATA_DIR": str(tmp_path / "data"),
            "PLAUDIT_LOG_LEVEL": "ERROR",
            "EMAIL_URL": "mailbox:",
            "DATABASE_URL": stack.enter_context(database()),
        }
        if engine == "celery":
            environment["CELERY_BROKER_URL"] = stack.enter_context(redis(tmp_path))
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.list_through_engine", str(ROWS), engine],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["alive"], done.stderr[-3000:]
    assert found["at work"] == 2, "both processes had a part in the list or its mails"
    assert found["mails"]["invitation"] == ROWS
    expected = dict.fromkeys(["awards", "addresses", "waiting", "credentials", "signed"], ROWS)
    expected |= {"indices_unique": True, "rows": {"awarded": ROWS}, "wrong": [], "fsck": []}
    assert {name: found[name] for name in expected} == expected
