"""A running site for the fault tests: the demo's data, its real processes, its commands and a token for its API."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.browser import harness
from tests.browser.harness import LiveSite

SLUG = "northfold"


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`plaudit-site …` beside the site, or without it."""
    return subprocess.run(
        [sys.executable, "-m", "plaudit_site", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def wrong(environment: dict[str, str]) -> list[dict[str, str]]:
    """What fsck finds."""
    done = command(environment, "fsck", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["sound"] else 1), done.stderr
    return list(found["findings"])


@dataclass(frozen=True)
class Place:
    """Where a site keeps what it knows: `database` is the address of one on PostgreSQL, or empty."""

    data: Path
    port: int
    database: str = ""

    @property
    def more(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database} if self.database else {}

    @property
    def environment(self) -> dict[str, str]:
        return harness.environment_of(self.data, self.port) | self.more

    def prepare(self) -> None:
        harness.prepare(self.data, self.port, **self.more)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What the database answers to a statement with `?` for values, asked past the site."""
        if self.database:
            with psycopg.connect(self.database, autocommit=True) as connection:
                cursor = connection.execute(statement.replace("?", "%s").encode(), values)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.data / "plaudit.sqlite3", timeout=20)) as database, database:
            return database.execute(statement, values).fetchall()


@dataclass
class Running:
    """A site and a program that may award, see and take back."""

    site: LiveSite
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.site.url}/api/v1{path}", data, method=method)
        return self._answer(request, {**({"Content-Type": "application/json"} if data else {}), **headers})

    def _answer(self, request: urllib.request.Request, headers: dict[str, str]) -> tuple[int, Any]:
        for name, value in {"Authorization": f"Bearer {self.token}", **headers}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def send(self, path: str, media_type: str, body: bytes, **headers: str) -> tuple[int, Any]:
        """A file."""
        request = urllib.request.Request(f"{self.site.url}/api/v1{path}", body, method="POST")
        return self._answer(request, {"Content-Type": media_type, **headers})

    def award(self, address: str, **headers: str) -> tuple[int, Any]:
        badge = self.call("GET", "/badges")[1]["badges"][0]["id"]
        return self.call("POST", "/awards", {"badge": badge, "address": address, "name": "Eve"}, **headers)

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.site.url}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@contextlib.contextmanager
def running(data: Path, port: int, **more: str) -> Iterator[Running]:
    """The site in `data`, which `harness.prepare` has made."""
    with harness.running_site(data, port, **more) as site:
        scopes = [part for scope in ("read", "award", "revoke", "webhooks") for part in ("--scope", scope)]
        made = command(site.environment, "token", "--issuer", SLUG, "--name", "Faults", *scopes)
        assert made.returncode == 0, made.stderr
        yield Running(site, made.stdout.strip())
