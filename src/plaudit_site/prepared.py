"""Statements of which PostgreSQL keeps the plan: on each connection it reads and plans them once (ADR 0065).

Needs psycopg.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping, Sequence
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

Driver = psycopg.Connection[Any]


class Plan(NamedTuple):
    """In which form it is answered: numbers, times and files are read sooner in binary."""

    name: bytes
    form: Format


log = logging.getLogger(__name__)
_AS_TEXT: Final = {
    psycopg.adapters.types[name].oid for name in ("jsonb", "inet", "cidr")
}  # as Django's fields read them
_ANSWERS: Final = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}
_kept: MutableMapping[Driver, dict[str, Plan]] = WeakKeyDictionary()
_keeps_plans = True


def ask(here: BaseDatabaseWrapper, statement: str, value: object) -> list[Sequence[Any]]:
    """All rows. `statement` has one place, $1, for `value`. Raises psycopg.Error.

    Behind a pooler that gives each transaction another connection, and does not follow what was prepared on which,
    this fails: then it is asked as any other, and nothing is prepared any more. It fails, too, while an upgrade gives a
    column another type.
    """
    global _keeps_plans
    own: Driver = here.connection
    # A transaction that has not begun is begun by psycopg, with its first statement.
    if _keeps_plans and (own.autocommit or own.pgconn.transaction_status == TransactionStatus.INTRANS):
        try:
            return _by_plan(own, statement, value)
        except errors.FeatureNotSupported:
            if here.in_atomic_block:
                raise
        except errors.InvalidSqlStatementName as error:
            _keeps_plans = False
            log.warning("a pooler loses what was prepared (%s): nothing is prepared any more", error)
            if here.in_atomic_block:
                raise
    return list(psycopg.RawCursor(own).execute(statement.encode(), [value]).fetchall())


def _by_plan(own: Driver, statement: str, value: object) -> list[Sequence[Any]]:
    """By the calls that a cursor makes: the cursor, which can do much more, takes as long again as they do."""
    text = str(value)
    if "\0" in text:
        raise psycopg.DataError("no text of PostgreSQL has a NUL in it")
    plans = _kept.setdefault(own, {})
    known = plans.get(statement)
    if known is None:
        known = plans[statement] = plan(own, statement)
    return rows_of(own, own.pgconn.exec_prepared(known.name, [text.encode()], result_format=known.form))


def rows_of(own: Driver, result: PGresult) -> list[Sequence[Any]]:
    """What the server answered, as Python has it. Raises psycopg.Error, of the kind that the server says."""
    reader = Transformer(own)
    reader.set_pgresult(_answer(result))
    return list(reader.load_rows(0, result.ntuples, tuple))


def plan(own: Driver, statement: str) -> Plan:
    """The server reads the statement, plans it and keeps it. Raises psycopg.Error."""
    # A name that nobody else has: behind a pooler another's statement would be taken for ours.
    name = f"plaudit_{secrets.token_hex(16)}".encode()
    _answer(own.pgconn.prepare(name, statement.encode()))
    columns = _answer(own.pgconn.describe_prepared(name))
    types = {columns.ftype(number) for number in range(columns.nfields)}
    return Plan(name, Format.TEXT if types & _AS_TEXT else Format.BINARY)


def _answer(result: PGresult) -> PGresult:
    if result.status in _ANSWERS:
        return result
    state = result.error_field(DiagnosticField.SQLSTATE)
    kind = errors.lookup(state.decode()) if state else psycopg.OperationalError
    raise kind(result.get_error_message())
