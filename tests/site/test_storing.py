"""Rows by the hundred go in on both databases alike: complete, in one piece, and never twice."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from plaudit_site import storing
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards import staging
from plaudit_site.awards.models import Award, Batch, BatchRow, Credential
from plaudit_site.mail.models import Message
from tests.people import World

pytestmark = pytest.mark.django_db

ODD = ["plain", "tab\there", 'quote " and \\', "Zoë\u202f😀", "new\nline", "\\N", ""]


def a_batch(world: World) -> Batch:
    return Batch.objects.create(issuer=world.issuer, file_name="x.csv", sha256="0" * 64)


def awards(world: World, once: list[str]) -> dict[str, object]:
    keys = storing.reserve_keys(Award, len(once))
    return {
        "id": keys,
        "issuer_id": world.issuer.pk,
        "version_id": world.badge.current_id,
        "address": [f"{key}@example.org" for key in once],
        "name": "Somebody",
        "once_key": once,
    }


def test_what_goes_in_comes_out_whatever_its_kind(world: World) -> None:
    batch, at = a_batch(world), datetime(2026, 11, 23, 1, 2, 3, 456789, UTC)
    lists = {
        "line": list(range(len(ODD))),
        "name": ODD,
        "given": [{"name": text} for text in ODD],
        "awarded_at": [at if n % 2 else None for n in range(len(ODD))],
    }
    storing.store(
        BatchRow, {"batch_id": batch.pk, "state": BatchRow.State.BAD, "problems": [[]] * 7, **lists}, 7
    )
    rows = list(batch.rows.order_by("line"))
    assert [row.name for row in rows] == ODD
    assert [row.given for row in rows] == lists["given"]
    assert [row.awarded_at for row in rows] == lists["awarded_at"]
    assert {(row.state, row.language, str(row.problems), row.achievement_id) for row in rows} == {
        ("bad", "en", "[]", None)
    }


def test_bytes_and_defaults_are_as_save_would_have_them(world: World) -> None:
    saved = Message.objects.create(kind="x", subject_id="one", message_id="<one>", raw=b"\x00\xff\\x")
    many = {"kind": "x", "subject_id": "two", "message_id": ["<two>"], "raw": b"\x00\xff\\x"}
    storing.store(Message, many, 1)
    stored = Message.objects.get(message_id="<two>")
    differ = {"id", "subject_id", "message_id", "created_at"}
    for field in Message._meta.concrete_fields:
        if field.attname not in differ:
            assert getattr(stored, field.attname) == getattr(saved, field.attname), field.attname
    assert abs((stored.created_at - saved.created_at).total_seconds()) < 60


def test_only_what_breaks_no_constraint_is_stored_and_named(world: World) -> None:
    with transaction.atomic():
        first = awards(world, ["a", "b"])
        assert storing.store_unless_there(Award, first, 2, in_order_of="once_key") == set(first["id"])  # type: ignore[call-overload]
    with transaction.atomic():
        again = awards(world, ["b", "c", "d"])
        stored = storing.store_unless_there(Award, again, 3, in_order_of="once_key")
    assert stored == set(list(again["id"])[1:])  # type: ignore[call-overload]
    found = Award.objects.filter(once_key__in=["a", "b", "c", "d"])
    assert sorted(found.values_list("once_key", flat=True)) == ["a", "b", "c", "d"]
    assert len(set(found.values_list("public_id", flat=True))) == 4


def test_one_bad_row_leaves_none(world: World) -> None:
    batch = a_batch(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        storing.store(BatchRow, {"batch_id": batch.pk, "state": "ready", "line": [1, 2, 1]}, 3)
    assert not batch.rows.exists()


def test_keys_are_given_once_whoever_takes_them(world: World) -> None:
    with transaction.atomic():
        keys = list(storing.reserve_keys(AuditEvent, 3))
        columns = {"id": keys, "kind": "x", "actor": "x", "subject": ["1", "2", "3"], "at": timezone.now()}
        storing.store(AuditEvent, columns, 3)
        later = record("x", actor="x", subject="4")
    assert len(set(keys)) == 3
    assert later.pk > max(keys)


@pytest.mark.parametrize(
    "columns",
    [{"nonsense": 1}, {"line": [1, 2]}, {"line": range(2)}],
    ids=["unknown", "short", "short range"],
)
def test_a_column_that_is_none_or_too_short_is_a_mistake(columns: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"nonsense|2 values for 3 rows"):
        storing.store(BatchRow, {"state": "ready", **columns}, 3)


def test_no_rows_are_no_work(world: World) -> None:
    before = Credential.objects.count()
    storing.store(Credential, {name: [] for name in ("content", "sha256")}, 0)
    assert Credential.objects.count() == before


# Turns


@pytest.mark.django_db(transaction=True)
def test_those_who_store_much_take_turns_and_wait_for_nobody_who_was_stopped(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has more than one writer")
    settings.DATA_DIR = tmp_path
    done: list[str] = []

    def other() -> None:
        with storing.turn():
            done.append("other")
        connection.close()

    with storing.turn():
        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        done.append("first")
    waiting.join(20)
    assert done == ["first", "other"]

    monkeypatch.setattr(storing, "TURN_SECONDS", 0.1)
    with storing.turn():
        never = threading.Thread(target=other)  # as if this one would never end
        never.start()
        never.join(20)
        assert done == ["first", "other", "other"]


@pytest.mark.django_db(transaction=True)
def test_after_a_turn_the_log_is_in_the_file_and_a_long_one_begins_anew(
    tmp_path: Path, settings: Any
) -> None:
    """The database of a site, in a process of its own: that of the tests is in memory and has no log."""
    script = """
import django, sys
django.setup()
from pathlib import Path
from django.conf import settings
from django.db import connection, transaction
from plaudit_site import storing
storing.MOST_PAGES_OF_THE_LOG = 100
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE filler (words)")
log = Path(f"{settings.DATABASES['default']['NAME']}-wal")
for number in range(30):
    with storing.turn():
        for _ in range(3):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany("INSERT INTO filler VALUES (%s)", [("x" * 4000,)] * 40)
storing.MOST_PAGES_OF_THE_LOG = 16_000
file = Path(settings.DATABASES['default']['NAME'])
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("INSERT INTO filler VALUES ('not in a turn')")
before = file.stat().st_mtime_ns
with storing.turn():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM filler")
print(file.stat().st_mtime_ns == before)
with storing.turn():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO filler VALUES ('in a turn')")
print(file.stat().st_mtime_ns > before)
with connection.cursor() as cursor:
    cursor.execute("PRAGMA wal_autocheckpoint")
    print(cursor.fetchone()[0], log.stat().st_size // 4096 < 1000)
    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    busy, pages, brought = cursor.fetchone()
    print(pages == brought)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE")}
    environment |= {"PLAUDIT_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "plaudit_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    every = str(settings.SQLITE_AUTOCHECKPOINT)
    assert done.stdout.split() == ["True", "True", every, "True", "True"], done.stderr


@pytest.mark.postgresql
def test_postgresql_looks_again_at_a_long_list_while_it_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each look at one of its keys goes through all of its rows, and the longer a list the slower each of them."""
    monkeypatch.setattr(staging, "READ_IN_REQUEST", 1_000_000)
    monkeypatch.setattr(staging, "COUNTED_AT", {2_000})
    people = "".join(f"Person {n},person{n}@school.example\n" for n in range(3_000))
    staging.upload(
        world.issuer,
        io.BytesIO(f"name,email\n{people}".encode()),
        name="long.csv",
        badge=world.badge,
        by=world.ada,
    )
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where relname = %s", [BatchRow._meta.db_table])
        assert 2_000 <= cursor.fetchone()[0] < 3_000, "it counted in the middle"
