"""Whether this process may work: its clock agrees with the database's, and it knows how the database is laid out.

A worker whose clock runs ahead takes what others hold, and dates what it signs in the future; one of an older version
would write rows that lack what a newer one has added. Neither does anything until it is mended.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

MOST_APART = timedelta(seconds=5)


def why_clock() -> str:
    """Why the clock forbids to work; "" when it does not. SQLite has no clock but ours."""
    apart = clock_ahead()
    if abs(apart) <= MOST_APART:
        return ""
    way = "ahead of" if apart > timedelta(0) else "behind"
    return (
        f"the clock of this machine is {abs(apart.total_seconds()):.0f} s {way} the database's; "
        "set both by NTP, it goes on by itself"
    )


def why_schema() -> str:
    """Why the database's layout forbids to work; "" when it does not."""
    newer = sorted(unknown_migrations())
    if not newer:
        return ""
    return (
        f"a newer version has changed the database ({', '.join(newer[:3])}); "
        "stop this one and install the version that the others run"
    )


def clock_ahead() -> timedelta:
    """How far this machine's clock is ahead of the database's."""
    if connection.vendor == "sqlite":
        return timedelta(0)
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    after = timezone.now()
    # Asking takes time: what lies between is no difference.
    return timedelta(0) if before <= there <= after else before - there if there < before else after - there


def unknown_migrations() -> set[str]:
    """Changes of the database's layout that this code has no file of."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {f"{app}.{name}" for app, name in applied if app in _ours() and (app, name) not in _known()}


@cache
def _ours() -> frozenset[str]:
    return frozenset(app.label for app in apps.get_app_configs() if app.name.startswith("plaudit_site."))


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)
