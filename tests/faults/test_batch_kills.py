"""A list through the real worker, which is killed (SIGKILL) on the way: none lost, none doubled (F1).

2,000 rows and some kills in the gate; with PLAUDIT_FAULTS=long, as `make faults` says, 10,000 rows and 200 kills, and
a mail server that counts: nobody is without a mail, and what comes twice is the same mail, of which its row says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.browser import harness
from tests.faults.strangers import MailServer, mail_server
from tests.faults.test_kills import ROOT, database, free_port

pytestmark = pytest.mark.faults
IS_LONG = os.environ.get("PLAUDIT_FAULTS") == "long"
ROWS, KILLS, LEAST, PATIENCE = (10_000, 320, 200, 3_000) if IS_LONG else (2_000, 6, 3, 180)
SEED = os.environ.get("PLAUDIT_FAULTS_SEED", "4")


@pytest.mark.journey("J45")
def test_a_list_is_awarded_exactly_once_whatever_kills_the_worker(tmp_path: Path) -> None:
    port, server = free_port(), MailServer()
    with database() as database_url, mail_server(port, server) if IS_LONG else contextlib.nullcontext():
        if not database_url:
            harness.begin_with_tables(tmp_path)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PLAUDIT_DATA_DIR": str(tmp_path),
            "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "100000",
            "PLAUDIT_LOG_LEVEL": "ERROR",
            "PLAUDIT_MAIL_DOMAIN_A_MINUTE": "0",
            "EMAIL_URL": f"smtp://127.0.0.1:{port}" if IS_LONG else "mailbox:",
        } | ({"DATABASE_URL": database_url} if database_url else {})
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.faults.batch_through_workers"),
                *(str(ROWS), str(KILLS), SEED, str(PATIENCE)),
            ],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE + 220,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("killed") >= LEAST, "the worker was killed in the middle"
    if IS_LONG:
        assert server.count().keys() == {f"scale-{number}@example.org" for number in range(ROWS)}
        assert server.contents.differ() == set()
        ids = Counter(name for _address, name in server.taken)
        assert {name for name, number in ids.items() if number > 1} <= set(found.pop("possibly twice"))
        assert len(ids) == found["invited"] == ROWS
    # A reminder is queued when the mail before it has left; the dead workers had sent some.
    assert found["mails"].pop("reminder", 0) == found.pop("invited"), "one reminder for each mail that left"
    assert found == {
        "awards": ROWS,
        "addresses": ROWS,
        "waiting": ROWS,
        "credentials": ROWS,
        "signed": ROWS,
        "mails": {"invitation": ROWS},
        "indices_unique": True,
        "rows": {"awarded": ROWS},
        "wrong": [],
        "fsck": [],
    }
