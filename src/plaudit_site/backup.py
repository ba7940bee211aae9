"""`plaudit-site backup DIR`: the database and the files, taken so that they fit together.

The key file is never in a backup: whoever has both can sign as every issuer of the site.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

SQLITE_PAGES_AT_ONCE = 1_000  # 4 MB; between steps writers get their turn
SQLITE_PAUSE = 0.01


class BackupFailed(Exception):
    """The backup is not complete; the text says what to do."""


def write(directory: Path, say: Callable[[str], None]) -> int:
    """Write a backup to `directory`, which must be new or empty. Answers the code to exit with."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(directory.iterdir()):
            raise BackupFailed(f"{directory} is not empty; name a new directory")
        # The database first: what its rows name stays, but for uploads and archives whose time is over meanwhile.
        say(f"wrote {_copy_database(directory)}")
        media = Path(settings.MEDIA_ROOT)
        if media.is_dir():
            shutil.copytree(media, directory / "media", copy_function=_copy)
            count = sum(1 for path in (directory / "media").rglob("*") if path.is_file())
            say(f"wrote {directory / 'media'} ({count} files)")
    except (BackupFailed, OSError, sqlite3.Error) as error:
        say(f"plaudit-site: no backup: {error}")
        return 1
    say(f"not in it, on purpose: the key file {settings.KEY_FILE}")
    say("Copy that one to another place: without it a restored site cannot open one of its signing keys.")
    return 0


def _copy(source: str, target: str) -> None:
    """A file that went since its folder was read (an upload that was dealt with, an old archive) is passed over."""
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        if Path(source).exists():  # it is the place for the copy that is not there
            raise


def _copy_database(directory: Path) -> Path:
    if connection.vendor == "sqlite":
        return _copy_sqlite(Path(str(connection.settings_dict["NAME"])), directory / "plaudit.sqlite3")
    if connection.vendor == "postgresql":
        return _dump_postgresql(connection.settings_dict, directory / "plaudit.pgdump")
    raise BackupFailed(f"no way to copy a {connection.vendor} database is known here")


def _copy_sqlite(source: Path, target: Path) -> Path:
    """SQLite's own backup: a consistent copy while others write."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as read,
        closing(sqlite3.connect(target)) as copy,
    ):
        read.backup(copy, pages=SQLITE_PAGES_AT_ONCE, sleep=SQLITE_PAUSE)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
        answer = copy.execute("PRAGMA integrity_check").fetchone()
    if answer != ("ok",):
        raise BackupFailed(f"the copy of {source} is damaged: {answer[0]}")
    target.chmod(0o600)
    return target


def _dump_postgresql(database: dict[str, Any], target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupFailed(
            "pg_dump is not installed here (Debian: apt-get install postgresql-client); "
            "it must be at least as new as the database server"
        )
    places = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"]),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],  # by environment: a command line can be read by every user
        "PGDATABASE": database["NAME"],
    }
    environment = {**os.environ, **{name: value for name, value in places.items() if value}}
    command = [program, "--format=custom", "--no-owner", f"--file={target}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"pg_dump said: {done.stderr.strip()}")
    target.chmod(0o600)
    return target
