"""Statements that are asked again and again, written by the ORM once.

To write one takes it ten times as long as the database needs to answer it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Aggregate, CharField, Field, Lookup, Model, QuerySet
from django.db.models.lookups import IContains
from django.db.models.query import get_related_populators
from django.dispatch import receiver

PLACE = "\x00"  # stands for what is asked about; no id and no slug holds it
NUMBER = -(2**40)  # the same for a key


@receiver(connection_created)
def _set_up(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    """To compile a statement takes PostgreSQL up to a second, and none of ours takes so long without.

    Said after the greeting: poolers of connections know few words of a greeting.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


@Field.register_lookup
class Among(Lookup):
    """`key__among={…}`: as `in`, for a set of texts or numbers of any size that is one value of the statement.

    Of a thousand values `in` makes a thousand places, which takes as long as finding them.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"{left} IN (SELECT value FROM json_each(%s))", (*values, json.dumps(self.rhs))  # noqa: S608 - a column's name
        return f"{left} = ANY(%s)", (*values, self.rhs)


@Field.register_lookup
class OneOf(Lookup):
    """`state__one_of=(…)`: as `in`, for words of ours, written into the statement.

    An index that holds some rows alone is used by SQLite where the statement says in the same words which those are.
    """

    lookup_name = "one_of"

    def get_prep_lookup(self) -> list[str]:
        words = [str(word) for word in self.rhs]
        if not words or not all(word.isascii() and word.isalpha() for word in words):
            raise ValueError(f"{words} are no words of ours")
        return words

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        words = ", ".join(f"'{word}'" for word in self.rhs)
        return (f"{left} IN ({words})" if len(self.rhs) > 1 else f"{left} = {words}"), tuple(values)


@Field.register_lookup
class Holds(Lookup):
    """`name__holds="zoë"`: as `icontains`, but SQLite knows the capitals beyond ASCII, too.

    Its LIKE takes Ë and ë for two letters; in the pattern of its GLOB both stand side by side: `*[Zz][Oo][Ëë]*`. That
    takes four times as long for a row, so LIKE says first which rows may be it, with any letter in that place.
    """

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if connection.vendor != "sqlite" or self.rhs.isascii():
            return IContains(self.lhs, self.rhs).as_sql(compiler, connection)
        left, values = self.process_lhs(compiler, connection)
        may_be = "".join(
            sign if sign.isascii() else "_" for sign in connection.ops.prep_for_like_query(self.rhs)
        )
        pattern = "".join(map(_in_any_case, self.rhs))
        return (
            f"({left} LIKE %s ESCAPE '\\' AND {left} GLOB %s)",
            (*values, f"%{may_be}%", *values, f"*{pattern}*"),
        )


def _in_any_case(sign: str) -> str:
    """For one sign of a GLOB pattern; what is special there loses that in brackets."""
    same = _cases().get(sign.casefold(), "") if sign.isalpha() else ""
    return f"[{''.join(sorted({*same, sign}))}]" if same or sign in "*?[" else sign


@cache
def _cases() -> dict[str, str]:
    """Letters that are the same but for their case, by what they fold to: all scripts that have cases."""
    found: dict[str, str] = {}
    for sign in map(chr, range(0x2000)):
        if sign.isalpha():
            found[sign.casefold()] = found.get(sign.casefold(), "") + sign
    return found


class Question:
    """A statement with one place in it, over the connection of this thread. Raises django.db.Error."""

    def __init__(self, rows: QuerySet[Any, Any], place: object = PLACE) -> None:
        self._rows, self._place = rows, place

    @cached_property
    def _compiler(self) -> Any:
        return self._rows.query.get_compiler(DEFAULT_DB_ALIAS)

    @cached_property
    def _written(self) -> tuple[str, list[Any], list[int]]:
        """The statement, what it is asked with, and where in that the place is."""
        statement, given = self._compiler.as_sql()
        values = [value.value if isinstance(value, Enum) else value for value in given]
        places = [number for number, value in enumerate(values) if value == self._place]
        if connection.vendor == "postgresql":
            return _with_one_place(statement, values, places), [None], [0]
        if connection.vendor == "sqlite":
            statement = statement % (("?",) * len(values))
        return statement, values, places

    @property
    def statement(self) -> str:
        """As the database is asked it; on PostgreSQL with one place, $1."""
        return self._written[0]

    def ask(self, about: object) -> Sequence[Any] | None:
        """The first row, as the driver gives it."""
        rows = self.ask_all(about)
        return rows[0] if rows else None

    def ask_all(self, about: object) -> list[Sequence[Any]]:
        statement, values, places = self._written
        values = values.copy()
        for place in places:
            values[place] = about
        here = connections[DEFAULT_DB_ALIAS]
        was_open = here.connection is not None
        try:
            return _asked(here, statement, values)
        except Error:
            if here.in_atomic_block:
                raise
            is_lost = was_open and getattr(here.connection, "closed", False)
            here.close()
            if not is_lost:
                raise
        # The server ended what was open, as one does that starts anew: Django looks for that before its own questions.
        return _asked(here, statement, values)


def _with_one_place(statement: str, values: list[Any], places: list[int]) -> str:
    """Values of ours are written in, as Django does; so one alone travels with the question."""
    from psycopg import sql

    connection.ensure_connection()
    own = connection.connection
    written = [
        "$1" if number in places else sql.Literal(value).as_string(own) for number, value in enumerate(values)
    ]
    return statement % tuple(written)


def _asked(here: BaseDatabaseWrapper, statement: str, values: list[Any]) -> list[Sequence[Any]]:
    if here.connection is None:
        here.connect()
    try:
        # All rows are fetched: a statement that is not at its end keeps its snapshot, and with it the log.
        if here.vendor == "postgresql":
            from plaudit_site import prepared  # needs the driver, which a site on SQLite does without

            return prepared.ask(here, statement, values[0])
        rows: list[Sequence[Any]] = here.connection.execute(statement, values).fetchall()
        return rows
    except Exception:
        with here.wrap_database_errors:  # as Django's; to enter it each time costs as much as to ask
            raise


M = TypeVar("M", bound=Model)


class Whole(Question, Generic[M]):
    """The same for models and what is selected with them: as the queryset would give them, but for the writing."""

    def __init__(self, rows: QuerySet[M, M], place: object = PLACE) -> None:
        super().__init__(rows, place)

    @cached_property
    def _made(self) -> tuple[dict[int, Any], type[M], slice, list[str], list[Any]]:
        """What Django's ModelIterable works out again for each query."""
        self._written  # noqa: B018 - only then the compiler knows what it selects
        compiler = self._compiler
        select, of_model = compiler.select, compiler.klass_info
        converters = compiler.get_converters([column[0] for column in select])
        fields = of_model["select_fields"]
        own = slice(fields[0], fields[-1] + 1)
        names = [column[0].target.attname for column in select[own]]
        # The stubs are those of a later Django, which asks for one thing more.
        related = get_related_populators(of_model, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        return converters, of_model["model"], own, names, related

    def first(self, about: object) -> M | None:
        row = self.ask(about)
        if row is None:
            return None
        converters, model, own, names, related = self._made
        if converters:
            (row,) = self._compiler.apply_converters([row], converters)
        found = model.from_db(DEFAULT_DB_ALIAS, names, row[own])
        for populator in related:
            populator.populate(row, found)
        return found


def in_utc(value: Any) -> datetime | None:
    """A time as the driver gave it: SQLite knows no zone, and ours are all in UTC."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Joined(Aggregate):
    """All the texts in one."""

    function = "GROUP_CONCAT"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(
            compiler, connection, function="STRING_AGG", template="%(function)s(%(expressions)s, ',')", **more
        )
