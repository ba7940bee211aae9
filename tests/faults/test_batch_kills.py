"""A list of 2,000 through the real worker, which is killed six times on the way: none lost, none doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.test_kills import ROOT, database

pytestmark = pytest.mark.faults
ROWS, KILLS = 2_000, 6


@pytest.mark.journey("J45")
def test_a_list_is_awarded_exactly_once_whatever_kills_the_worker(tmp_path: Path) -> None:
    with database() as database_url:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PLAUDIT_DATA_DIR": str(tmp_path),
            "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "100000",
            "PLAUDIT_LOG_LEVEL": "ERROR",
            "EMAIL_URL": "mailbox:",
        } | ({"DATABASE_URL": database_url} if database_url else {})
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.batch_through_workers", str(ROWS), str(KILLS), "4"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("killed") >= 3, "the worker was killed in the middle"
    assert found == {
        "awards": ROWS,
        "addresses": ROWS,
        "waiting": ROWS,
        "credentials": ROWS,
        "signed": ROWS,
        "mails": {"invitation": ROWS, "reminder": 2 * ROWS},
        "indices_unique": True,
        "rows": {"awarded": ROWS},
        "wrong": [],
    }
