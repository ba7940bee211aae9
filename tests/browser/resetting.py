"""The data of a running site, put back as it was in the beginning, while its processes go on.

To start them costs more than most tests. All that they know is in the data directory, and what they remember of the
database is good for as long as nobody commits anything (ADR 0051): to put it back is one commit more.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.harness import LiveSite

DATABASE = "plaudit.sqlite3"
STAYS = {"static", "log", "start.lock", "storing.turn", "plaudit.key", "demo.json"}
QUIET_SECONDS = 0.3
PATIENCE = 20.0


class Beginning:
    """A copy of a data directory whose site does not run yet."""

    def __init__(self, data: Path, copy: Path) -> None:
        self._copy = copy
        shutil.copytree(data, copy, ignore=lambda _folder, _names: STAYS, dirs_exist_ok=True)

    def put_back(self, data: Path) -> None:
        """Into a site that runs, once it has done all that it was asked for."""
        with (
            closing(sqlite3.connect(self._copy / DATABASE)) as before,
            closing(sqlite3.connect(data / DATABASE, timeout=PATIENCE)) as now,
        ):
            wait_until_quiet(now)
            for there in data.iterdir():
                if there.is_dir() and there.name not in STAYS:
                    empty(there)
            shutil.copytree(self._copy, data, ignore=lambda *_: {DATABASE}, dirs_exist_ok=True)
            before.backup(now)


def empty(folder: Path) -> None:
    """The folder itself stays: a process may be about to write there."""
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()


def wait_until_quiet(database: sqlite3.Connection) -> None:
    """Until nobody else has committed anything for a while: the worker may still be at the last test's jobs."""
    seen, since = version(database), time.monotonic()
    until = since + PATIENCE
    while time.monotonic() < min(since + QUIET_SECONDS, until):
        time.sleep(0.02)
        if (now := version(database)) != seen:
            seen, since = now, time.monotonic()


def version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA data_version").fetchone()[0])


@dataclass
class Running:
    """The site of the session, what it was in the beginning, and what became of it since."""

    site: LiveSite
    beginning: Beginning
    is_changed: bool = False
    made: dict[str, Any] | None = None

    def for_all(self) -> LiveSite:
        """For tests that share it, unless one had it for itself before."""
        if self.is_changed:
            self._put_back()
        return self.site

    def for_one(self) -> LiveSite:
        self._put_back()
        self.is_changed = True
        return self.site

    def _put_back(self) -> None:
        self.beginning.put_back(self.site.directory)
        self.is_changed, self.made = False, None
