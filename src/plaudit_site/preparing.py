"""What must be true before the first request: database at this version, cache table, static files, checks."""

import fcntl
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from plaudit_site import restoring
from plaudit_site.awards import welcoming
from plaudit_site.issuers import founding
from plaudit_site.serving import WRONG_SETTING, say

START_LOCK = 0x504C4155  # any fixed number: PostgreSQL's advisory locks are named by numbers


def prepare(*, migrate: bool, accept_loss: bool = False) -> int:
    """Make everything ready; answers the code to exit with. What is set wrong is said before anything is made."""
    if not _is_in_order():
        return WRONG_SETTING
    with _one_at_a_time():
        waiting = _waiting_migrations()
        if waiting and not migrate:
            say(f"plaudit-site: the database needs {waiting} migration(s). Run: plaudit-site manage migrate")
            return 1
        if waiting:
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        founding.first_start()
        restoring.at_start(accept_loss=accept_loss)
        welcoming.ensure_badge()
        _collect_static()
    return 0 if _is_in_order("default") else WRONG_SETTING


def _is_in_order(*databases: str) -> bool:
    """Django's checks and ours, of these databases too."""
    try:
        call_command("check", databases=databases, fail_level="ERROR", stdout=io.StringIO())
    except SystemCheckError as error:
        say(f"plaudit-site: {error}")
        return False
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts at once migrate one after the other: a file for one machine, the database for many."""
    with Path(settings.DATA_DIR, "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [START_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [START_LOCK])


def _waiting_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _collect_static() -> None:
    """Copies, names by content and compresses the static files, if any changed since the last time."""
    if settings.DEBUG:
        return
    mark = Path(settings.STATIC_ROOT, ".collected")
    fingerprint = _fingerprint_of_static()
    if mark.exists() and mark.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(fingerprint)


def _fingerprint_of_static() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return digest.hexdigest()
