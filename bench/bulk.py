"""Awarding a list, end to end: CSV read, rows staged, awarded, signed, stored, invitations queued.

    python bench/bulk.py --rows 10000 [--processes 2] [--database postgresql://…] [--json]

A new database is made beside the one that is named, and dropped in the end; without --database it is SQLite in a
directory that is removed. One process reads the file; then so many award it. The limit is what the same database
takes of the same rows, in tables with the same indices and in transactions of the same size, from a program that
does nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import measuring
from measuring import Line

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=10_000)
parser.add_argument("--processes", type=int, default=1, help="how many award at once")
parser.add_argument("--database", default="", help="a DATABASE_URL of PostgreSQL; SQLite when left out")
parser.add_argument("--json", action="store_true", help="one object a line")
parser.add_argument("--award", action="store_true", help=argparse.SUPPRESS)
chosen = parser.parse_args()

data = os.environ["PLAUDIT_DATA_DIR"] if chosen.award else tempfile.mkdtemp(prefix="plaudit-bulk-")
if not chosen.award:
    measuring.begin_with_tables(Path(data))
made = contextlib.ExitStack()
if chosen.database and not chosen.award:
    os.environ["DATABASE_URL"] = made.enter_context(measuring.a_database(chosen.database))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
    "PLAUDIT_DATA_DIR": data,
    "PLAUDIT_LOG_LEVEL": "ERROR",
    "EMAIL_URL": "mailbox:",
}

import django  # noqa: E402

django.setup()

from django.db import connection as here  # noqa: E402
from django.db import models  # noqa: E402
from django.utils import timezone  # noqa: E402

from plaudit_site import lasting, leases, preparing, storing  # noqa: E402
from plaudit_site.audit.models import AuditEvent  # noqa: E402
from plaudit_site.awards import batching, slicing, staging  # noqa: E402
from plaudit_site.awards.models import Award, Batch, BatchRow, Credential  # noqa: E402
from plaudit_site.awards.progress import Progress  # noqa: E402
from plaudit_site.issuers.models import Issuer  # noqa: E402
from plaudit_site.mail.models import Message  # noqa: E402
from tests import people  # noqa: E402

MOST_OF_THE_LIMIT = 20_000
STORED: tuple[type[models.Model], ...] = (BatchRow, Award, Credential, Message, AuditEvent)


def a_list(rows: int) -> BinaryIO:
    file = tempfile.TemporaryFile(dir=data)  # noqa: SIM115 - read until the end of the process
    file.write(b"Name,Email,Note\n")
    for n in range(rows):
        file.write(f"Person Number{n},person.number{n}@school{n % 50}.example,Well done\n".encode())
    return file  # type: ignore[return-value]


def award_all() -> None:
    """One worker: slices until the list is done."""
    worker = leases.worker_name()
    while Batch.objects.filter(state=Batch.State.STARTED).exists():
        if not slicing.award_some(worker):
            time.sleep(0.02)


def awarded_by(processes: int) -> float:
    """Seconds. Workers run before a list comes, so that they start is not part of it."""
    if processes == 1:
        begin = time.perf_counter()
        award_all()
        return time.perf_counter() - begin
    here.close()
    command = [sys.executable, __file__, "--award"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(processes)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == b"ready\n"
    begin = time.perf_counter()
    for worker in workers:
        assert worker.stdin
        worker.stdin.close()  # go
    assert [worker.wait() for worker in workers] == [0] * processes
    return time.perf_counter() - begin


def chunks(model: type[models.Model], most: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table as the driver takes them."""
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    size = slicing.at_once()
    with here.cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{model._meta.db_table}" ORDER BY id LIMIT {most}')
        found = cursor.fetchall()
    for begin in range(0, len(found), size):
        yield [tuple(row) for row in found[begin : begin + size]]


def limit(rows: int) -> tuple[float, float]:
    """A bare executemany or COPY into copies of the five tables: rows a second, seconds of our processor for a row."""
    kept = [(model, list(chunks(model, rows))) for model in STORED]
    bare, processor = _bare_sqlite(kept) if here.vendor == "sqlite" else _bare_postgresql(kept)
    return rows / bare, processor / rows


def _bare_sqlite(
    kept: list[tuple[type[models.Model], list[list[tuple[Any, ...]]]]],
) -> tuple[float, float]:
    import sqlite3

    other = sqlite3.connect(Path(data) / "limit.sqlite3", isolation_level=None)
    other.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    tables = [model._meta.db_table for model, _ in kept]
    with here.cursor() as cursor:
        cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC")
        for table, sql in cursor.fetchall():
            if table in tables:
                other.execute(sql)
    begin, processor = time.perf_counter(), time.process_time()
    for model, parts in kept:
        places = ", ".join("?" * len(model._meta.concrete_fields))
        for part in parts:
            other.execute("BEGIN IMMEDIATE")
            other.executemany(
                f'INSERT INTO "{model._meta.db_table}" VALUES ({places})', _ordered(other, model, part)
            )
            other.execute("COMMIT")
    return time.perf_counter() - begin, time.process_time() - processor


def _ordered(other: Any, model: type[models.Model], part: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """By the columns of the table, which migrations put in another order than the model."""
    table = [row[1] for row in other.execute(f'PRAGMA table_info("{model._meta.db_table}")')]
    ours = [field.column for field in model._meta.concrete_fields]
    places = [ours.index(column) for column in table]
    return [tuple(row[place] for place in places) for row in part]


def _bare_postgresql(
    kept: list[tuple[type[models.Model], list[list[tuple[Any, ...]]]]],
) -> tuple[float, float]:
    from psycopg.types.json import Jsonb

    with here.cursor() as cursor:
        for model, _ in kept:
            table = model._meta.db_table
            cursor.execute(f'CREATE TABLE "limit_{table}" (LIKE "{table}" INCLUDING ALL)')
        spent = processor = 0.0
        for model, parts in kept:
            fields = list(model._meta.concrete_fields)
            is_json = [isinstance(field, models.JSONField) for field in fields]
            for part in parts:
                ready = [
                    tuple(
                        Jsonb(json.loads(v) if isinstance(v, str) else v) if j else v
                        for v, j in zip(row, is_json, strict=True)
                    )
                    for row in part
                ]
                begin, used = time.perf_counter(), time.process_time()
                storing.copy_in(cursor, f"limit_{model._meta.db_table}", fields, ready)
                spent += time.perf_counter() - begin
                processor += time.process_time() - used
    return spent, processor


def processor_time() -> float:
    """Of this process and of those that have ended (the workers, with what they needed to start)."""
    ours = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in ours)


def signing_now() -> float:
    """Signatures a second of processor time, which say how quick this machine is at this moment.

    Asked before, between and after: the pace of a rented machine changes by half within a minute.
    """
    from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

    _, secret = crypto_sign_seed_keypair(b"1" * 32)
    begin = time.process_time()
    for _ in range(10_000):
        crypto_sign(b"m" * 64, secret)
    return 10_000 / (time.process_time() - begin)


def peak() -> float:
    who = resource.RUSAGE_CHILDREN if chosen.processes > 1 else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss / 1024


def main() -> None:
    preparing.prepare(migrate=True)
    world = people.make_world()
    lasting.stays()  # as a worker does
    # Who awards a hundred thousand is no new issuer, whose awards of a day are counted.
    Issuer.objects.update(made_at=timezone.now() - timedelta(days=60))
    world.issuer.refresh_from_db()
    file = a_list(chosen.rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    signing = [signing_now()]
    begin, processor = time.perf_counter(), time.process_time()
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    while batch.state == Batch.State.READING:
        staging.read_some("bench")
        batch.refresh_from_db()
    read, read_processor = time.perf_counter() - begin, time.process_time() - processor
    signing.append(signing_now())
    batching.start(batch, by=world.ben)
    Batch.objects.update(due_at=timezone.now(), begins_at=timezone.now())
    processor = processor_time()
    awarded = awarded_by(chosen.processes)
    award_processor = processor_time() - processor
    signing.append(signing_now())
    whole, rows = read + awarded, chosen.rows
    assert Award.objects.filter(batch=batch, state="waiting").count() == rows
    assert Credential.objects.filter(award__batch=batch).count() == rows
    assert Message.objects.filter(kind="invitation").count() >= rows
    batch.refresh_from_db()
    begin = time.perf_counter()
    progress = Progress(batch)
    assert (progress.rows["awarded"], progress.unsent, progress.is_over) == (rows, rows, False)
    looked = time.perf_counter() - begin
    most, memory = min(rows, MOST_OF_THE_LIMIT), peak()
    bare, of_the_database = limit(most)
    signing.append(signing_now())
    processor = read_processor + award_processor
    where = "PostgreSQL" if chosen.database else "SQLite"
    named = f"{rows:,} rows, {where}" + (f", {chosen.processes} processes" if chosen.processes > 1 else "")
    goal = "100,000 in 20 s (PostgreSQL: 40 s); 200 × badgr-server, which awards 22.9/s: 4,580"
    lines = [
        Line(f"award a list, end to end ({named})", "rows/s", rows / whole, limit=bare, goal=goal),
        Line(
            f"… by processor time, the limit: libsodium signing ({named})",
            "rows/cpu-s",
            rows / processor,
            limit=statistics.median(signing),
            goal="≥ 10 % of it",
        ),
        # SQLite works in our own process; PostgreSQL's time is not ours anyway.
        Line(
            f"… the same without what the database alone takes of it ({named})",
            "rows/cpu-s",
            rows / (processor - rows * of_the_database),
            limit=statistics.median(signing),
        ),
        Line(f"… read, checked, staged ({named})", "rows/s", rows / read),
        Line(f"… … of processor time ({named})", "rows/cpu-s", rows / read_processor),
        Line(f"… awarded, signed, stored, invitations queued ({named})", "rows/s", rows / awarded),
        Line(f"… … of processor time ({named})", "rows/cpu-s", rows / award_processor),
        Line(f"… progress of all rows, asked once ({named})", "ms", looked * 1000, more_is_better=False),
        Line(f"… peak memory ({named})", "MiB", memory, goal="≤ 300", more_is_better=False),
        Line(f"… of it before the list ({named})", "MiB", before, more_is_better=False),
    ]
    measuring.show(lines, chosen)


if chosen.award:
    lasting.stays()
    print("ready", flush=True)
    sys.stdin.read()
    award_all()
else:
    try:
        main()
    finally:
        here.close()
        shutil.rmtree(Path(data), ignore_errors=True)
        made.close()
        sys.stdout.flush()
