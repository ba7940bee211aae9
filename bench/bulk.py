"""Awarding a list, end to end: CSV read, rows staged, awarded, signed, stored, invitations queued. One process.

    python bench/bulk.py --rows 10000 [--database postgresql://…] [--json]

The database must be empty or new; without --database it is SQLite in a directory that is removed in the end.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import measuring
from measuring import Line

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=10_000)
parser.add_argument("--database", default="", help="a DATABASE_URL; SQLite when left out")
parser.add_argument("--json", action="store_true", help="one object a line")
chosen = parser.parse_args()

data = tempfile.mkdtemp(prefix="plaudit-bulk-")
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
    "PLAUDIT_DATA_DIR": data,
    "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "100000000",
    "PLAUDIT_LOG_LEVEL": "ERROR",
    "EMAIL_URL": "mailbox:",
}
if chosen.database:
    os.environ["DATABASE_URL"] = chosen.database

import django  # noqa: E402

django.setup()

from django.utils import timezone  # noqa: E402

from plaudit_site import preparing  # noqa: E402
from plaudit_site.awards import batching, issuing, staging  # noqa: E402
from plaudit_site.awards.models import Award, Batch, Credential  # noqa: E402
from plaudit_site.mail.models import Message  # noqa: E402
from tests import people  # noqa: E402


def a_list(rows: int) -> io.BufferedRandom:
    file = tempfile.TemporaryFile(dir=data)  # noqa: SIM115 - read until the end of the process
    file.write(b"Name,Email,Note\n")
    for n in range(rows):
        file.write(f"Person Number{n},person.number{n}@school{n % 50}.example,Well done\n".encode())
    return file  # type: ignore[return-value]


def timed(work: object) -> float:
    begin = time.perf_counter()
    while work():  # type: ignore[operator]
        pass
    return time.perf_counter() - begin


def main() -> None:
    preparing.prepare(migrate=True)
    world = people.make_world()
    file = a_list(chosen.rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    while batch.state == Batch.State.READING:
        staging.read_some("bench")
        batch.refresh_from_db()
    read = time.perf_counter() - begin
    batching.start(batch, by=world.ben)
    Batch.objects.update(due_at=timezone.now(), begins_at=timezone.now())
    awarded = timed(lambda: batching.award_some("bench"))
    signed = timed(lambda: issuing.issue_some("bench"))
    whole = read + awarded + signed
    rows = chosen.rows
    assert Award.objects.filter(batch=batch, state="waiting").count() == rows
    assert Credential.objects.filter(award__batch=batch).count() == rows
    assert Message.objects.filter(kind="invitation").count() >= rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    where = "PostgreSQL" if chosen.database.startswith("postgres") else "SQLite"
    named = f"{rows:,} rows, {where}"
    lines = [
        Line(
            f"award a list, end to end ({named})",
            "rows/s",
            rows / whole,
            goal="100,000 in 20 s; PostgreSQL 40 s",
        ),
        Line(f"… read, checked, staged ({named})", "rows/s", rows / read),
        Line(f"… awarded ({named})", "rows/s", rows / awarded),
        Line(f"… signed, stored, mails queued ({named})", "rows/s", rows / signed),
        Line(f"… peak memory ({named})", "MiB", peak, goal="≤ 300", more_is_better=False),
        Line(f"… of it before the list ({named})", "MiB", before, more_is_better=False),
    ]
    measuring.show(lines, chosen)


try:
    main()
finally:
    shutil.rmtree(Path(data), ignore_errors=True)
    sys.stdout.flush()
