"""Rows by the hundred: one way in, as quick as each database can.

Rows come as columns, named as the model's attributes: a list holds one value for each row, anything else is the
value of all. What is not given takes the field's default, so that a new field cannot be forgotten. SQLite is given
one prepared INSERT for all, PostgreSQL a COPY. Nothing happens that `save()` would do for a single row.
"""

from __future__ import annotations

import datetime
import fcntl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models

if TYPE_CHECKING:
    Field = models.Field[Any, Any]

Columns = Mapping[str, Any]
TURN_SECONDS = 1.0
MOST_PAGES_OF_THE_LOG = 16_000  # 64 MB


@contextmanager
def turn() -> Iterator[None]:
    """For several short transactions that follow on each other: on SQLite nobody else's such are in between.

    SQLite has whoever waits for its one writer look again after pauses of up to a tenth of a second, which is longer
    than a transaction of ours takes; here it is looked every millisecond. It is a courtesy and no lock: whoever waits
    a second (for a process that was stopped) goes on without.

    What was written is brought from the log into the file after the turn, while the next one writes. A turn in which
    nothing was written (a worker that looks whether there is work) leaves the file alone.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with Path(settings.DATA_DIR, "storing.turn").open("w") as file:
        until = time.monotonic() + TURN_SECONDS
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.001)
        if _log.pages > MOST_PAGES_OF_THE_LOG:
            # Of a log that is in the file to its last page, the next one to write begins at the front.
            _bring_the_log_in()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_autocheckpoint=0")
            before = connection.connection.total_changes
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA wal_autocheckpoint={settings.SQLITE_AUTOCHECKPOINT}")
    if connection.connection.total_changes != before:
        _bring_the_log_in()


class _Log(threading.local):
    """How long the log was when this thread looked last."""

    pages = 0


_log = _Log()


def _bring_the_log_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _log.pages = max(0, cursor.fetchone()[1])  # -1 where there is no log


def reserve_keys(model: type[models.Model], count: int) -> Sequence[int]:
    """`count` primary keys that no other row has or gets, for rows that point at each other.

    On SQLite they are this transaction's alone: call it in the one that stores the rows.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
            first = (found[0] if found else 0) + 1
            return range(first, first + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{table}"', count],
        )
        return [key for (key,) in cursor.fetchall()]


def store(model: type[models.Model], columns: Columns, count: int) -> None:
    """Store `count` new rows. Raises IntegrityError, storing none, where one of them may not be."""
    fields, rows = _rows(model, columns, count)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_insert(model, fields), rows)
        else:
            copy_in(cursor, model._meta.db_table, fields, rows)


def store_unless_there(
    model: type[models.Model], columns: Columns, count: int, *, in_order_of: str
) -> set[int]:
    """Store those of `count` rows, with primary keys of `reserve_keys`, that break no unique constraint.

    Returns the keys of the rows that were stored. They go in by the order of one of the columns, so that two
    transactions with rows in common wait for each other in one direction alone.
    """
    fields, rows = _rows(model, columns, count)
    table, keys = model._meta.db_table, columns["id"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_insert(model, fields) + " ON CONFLICT DO NOTHING", rows)
            cursor.execute(f'SELECT id FROM "{table}" WHERE id BETWEEN %s AND %s', [keys[0], keys[-1]])
        else:
            names = _names(fields)
            cursor.execute(
                f'CREATE TEMPORARY TABLE brought ON COMMIT DROP AS SELECT {names} FROM "{table}" LIMIT 0'
            )
            copy_in(cursor, "brought", fields, rows)
            cursor.execute(
                f'INSERT INTO "{table}" ({names}) SELECT {names} FROM brought ORDER BY "{in_order_of}"'
                " ON CONFLICT DO NOTHING RETURNING id"
            )
        stored = {key for (key,) in cursor.fetchall()}
        if connection.vendor != "sqlite":
            cursor.execute("DROP TABLE brought")
    return stored


def count_anew(model: type[models.Model]) -> None:
    """PostgreSQL chooses its ways by what it last counted. After very many new rows it has to look again.

    By itself it does within a minute or more; a list is read meanwhile, and each look at one of its keys goes through
    all of its rows.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'ANALYZE (SKIP_LOCKED) "{model._meta.db_table}"')


def copy_in(cursor: Any, table: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL's own way for many rows, in its binary form."""
    statement = f'COPY "{table}" ({_names(fields)}) FROM STDIN (FORMAT BINARY)'
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.set_types([_type(field) for field in fields])
        for row in rows:
            copy.write_row(row)


def _insert(model: type[models.Model], fields: Sequence[Field]) -> str:
    places = ", ".join(["%s"] * len(fields))
    return f'INSERT INTO "{model._meta.db_table}" ({_names(fields)}) VALUES ({places})'


def _names(fields: Sequence[Field]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _type(field: Field) -> str:
    """`character varying(26)` without its length."""
    return (field.db_type(connection) or "").partition("(")[0]


def _rows(
    model: type[models.Model], columns: Columns, count: int
) -> tuple[list[Field], list[tuple[Any, ...]]]:
    unknown = columns.keys() - {field.attname for field in model._meta.concrete_fields}
    if unknown:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    fields, ready = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.attname not in columns:
            continue  # the database counts
        fields.append(field)
        ready.append(_ready(field, columns, count))
    return fields, list(zip(*ready, strict=False))


def _ready(field: Field, columns: Columns, count: int) -> Iterable[Any]:
    """The column as the driver takes it."""
    one = _adapter(field)
    if field.attname in columns:
        given = columns[field.attname]
        if isinstance(given, list | range):
            if len(given) != count:
                raise ValueError(f"{field.attname}: {len(given)} values for {count} rows")
            return given if one is None else [one(value) for value in given]
        return repeat(_plain(given) if one is None else one(_plain(given)), count)
    if callable(field.default) and field.default not in (models.NOT_PROVIDED, dict, list, bytes):
        defaults = [field.get_default() for _ in range(count)]
        return defaults if one is None else [one(value) for value in defaults]
    return repeat(_plain(field.get_default()) if one is None else one(field.get_default()), count)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _adapter(field: Field) -> Callable[[Any], Any] | None:
    """What makes a value one that the driver takes; None where it takes it as it is."""
    if isinstance(field, models.DateTimeField):
        return _remembering(field) if connection.vendor == "sqlite" else None
    if isinstance(field, models.JSONField):
        empty = {kind: field.get_db_prep_save(kind(), connection) for kind in (dict, list)}
        return lambda value: field.get_db_prep_save(value, connection) if value else empty[type(value)]
    return None


def _remembering(field: Field) -> Callable[[Any], Any]:
    """Times are mostly alike, and writing one down is dear."""
    known: dict[datetime.datetime | None, Any] = {}

    def written(value: datetime.datetime | None) -> Any:
        if value not in known:
            known[value] = field.get_db_prep_save(value, connection)
        return known[value]

    return written
