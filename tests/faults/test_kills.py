"""SIGKILL at each step of issuing, mailing, claiming and revoking: nothing is lost, nothing is doubled.

The mail alone may be doubled, once, with the same Message-ID, when the process dies between the server's 250
and the note of it; then its row says so. (Exactly once over SMTP is impossible.)
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.browser import harness
from tests.faults.strangers import Contents

pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]


class Sink:
    def __init__(self) -> None:
        self.ids: Counter[str] = Counter()
        self.contents = Contents()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.ids[self.contents.note(envelope.content)] += 1
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database(like: str = "") -> Iterator[str]:
    """A database of this test's own: on the PostgreSQL server of DATABASE_URL if one is named, else SQLite ("").

    `like` is the address of another, of which it is a copy.
    """
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield ""
        return
    import psycopg

    name, base = f"kills_{secrets.token_hex(4)}", server.rpartition("/")[0]
    template = like.rpartition("/")[2] or _with_tables(base)
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        try:
            yield f"{base}/{name}"
        finally:
            connection.execute(f"drop database {name} with (force)")


@functools.cache
def _with_tables(base: str) -> str:
    """A database as the migrations make it: the gate's, or made once by each process that tests, and gone with it."""
    if made := os.environ.get("PLAUDIT_EMPTY_DATABASE"):
        return made
    import psycopg

    name = f"kills_{secrets.token_hex(4)}"

    def drop() -> None:
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")

    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
    atexit.register(drop)
    with tempfile.TemporaryDirectory() as data:
        subprocess.run(
            [sys.executable, "-m", "plaudit_site", "manage", "migrate", "--verbosity", "0"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
                "PLAUDIT_DATA_DIR": data,
                "EMAIL_URL": "mailbox:",
                "DATABASE_URL": f"{base}/{name}",
            },
            check=True,
            capture_output=True,
        )
    return name


def run(jobs: list[str], data: Path, database_url: str) -> tuple[dict[str, Any], Counter[str]]:
    sink = Sink()
    port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
        "PLAUDIT_DATA_DIR": str(data),
        "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "100000",
        "PLAUDIT_LOG_LEVEL": "ERROR",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    if database_url:
        environment["DATABASE_URL"] = database_url
    else:
        harness.begin_with_tables(data)
    try:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("kill_everywhere.py")), *jobs],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        controller.stop()
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    assert sink.contents.differ() == set(), "what comes twice is the same"
    return json.loads(done.stdout.splitlines()[-1]), sink.ids


@pytest.mark.parametrize(
    ("job", "at_least"),
    [
        ("awarding", 12),
        ("signing", 12),
        ("issuing", 12),
        ("mailing", 8),
        ("mailing many", 10),
        ("claiming", 20),
        ("revoking", 8),
    ],
    ids=lambda v: str(v),
)
@pytest.mark.journey("J2", "J45")
def test_killed_at_every_step_nothing_is_lost_or_doubled(job: str, at_least: int, tmp_path: Path) -> None:
    with database() as database_url:
        found, delivered = run([job], tmp_path, database_url)
    deaths = found["deaths"][job]
    assert deaths >= at_least, "the killer did not reach the job"
    assert found["awards"] == (deaths + 1) * (3 if job in {"awarding", "signing", "mailing many"} else 1)
    assert found["wrong"] == {}
    assert found["fsck"] == []
    assert found["indices_unique"]
    assert found["lists_behind"] == 0
    assert set(found["invitations"]) <= {"sent", "dropped"}
    sent = {i for i in found["message_ids"] if delivered[i]}
    if job != "revoking":
        assert len(sent) == found["invitations"]["sent"]
    assert all(count <= 2 for count in delivered.values())
    doubled = {i for i, count in delivered.items() if count == 2}
    assert doubled <= set(found["possibly_twice"])
    if job.startswith("mailing"):
        # What the server took is written down behind its 250: only a death between the two doubles a mail.
        assert doubled, "a death right after the 250 was among them"
        assert len(doubled) <= deaths, "one for each death at most"
    else:
        assert not doubled
