"""Sessions of who has signed in by password, each a copy of the first: to sign in costs as much as four pages."""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

COOKIE = "plaudit_session"
KEPT_SECONDS = 240.0  # less than the time for which the site knows that it is still them (DECISIONS 24)
PATIENCE = 20.0


@dataclass
class Sessions:
    """Of a site with SQLite: what each role's session said, and since when."""

    database: Path
    _kept: dict[str, tuple[float, str]] = field(default_factory=dict)

    def said(self, role: str) -> str:
        """Nothing where nobody has signed in lately."""
        at, said = self._kept.get(role, (0.0, ""))
        return said if time.monotonic() - at < KEPT_SECONDS else ""

    def keep(self, role: str, key: str) -> None:
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as database:
            row = database.execute("SELECT session_data FROM django_session WHERE session_key = ?", [key])
            self._kept[role] = time.monotonic(), row.fetchone()[0]

    def another(self, said: str) -> str:
        """The key of a new one that says the same."""
        key = secrets.token_hex(16)
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as database, database:
            database.execute(
                "INSERT INTO django_session (session_key, session_data, expire_date) "
                "VALUES (?, ?, datetime('now', '+1 day'))",
                [key, said],
            )
        return key
