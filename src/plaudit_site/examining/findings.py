"""What an examination finds, and how a check is written: it looks at all rows, or again at some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

ROWS_AT_ONCE = 500
"""Rows that are in memory at a time."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: which promise it breaks, with what, and what to do about it."""

    promise: str
    row: int
    """The key of the row, by which it is looked at again; 0 where there is none."""
    what: str
    """The object, as the operator's console names it."""
    problem: str
    mend: str


@dataclass
class Scope:
    """What an examination is about, and how far it has come."""

    with_signatures: bool = True
    counted: Callable[[str, int], None] = lambda _what, _number: None


Look = Callable[[Scope, Sequence[int] | None], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """`look(scope, rows)` looks at everything, or (given keys) at these rows alone."""

    name: str
    look: Look


def in_chunks(rows: QuerySet[Any], only: Sequence[int] | None) -> Iterator[list[Any]]:
    """Rows in the order of their keys, some at a time: nothing is held open while others write."""
    if only is not None:
        rows = rows.filter(pk__in=only)
    after = 0
    while some := list(rows.filter(pk__gt=after).order_by("pk")[:ROWS_AT_ONCE]):
        yield some
        after = some[-1].pk
