"""What was made of rows of the database is used again while they are the same, which is asked each time."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Made(NamedTuple, Generic[V]):
    """The rows it was made of, and from when to when its verdict is good."""

    rows: tuple[Any, ...]
    since: datetime
    until: datetime
    value: V
    size: int


class ByRows(Generic[K, V]):
    """In one process, up to so many bytes: what was made first makes room."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._made: dict[K, Made[V]] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._made)

    @property
    def size(self) -> int:
        return self._size

    def find(self, key: K, rows: Sequence[Any], now: datetime) -> V | None:
        made = self._made.get(key)
        if made is not None and made.since <= now < made.until and made.rows == rows:
            return made.value
        return None

    def keep(
        self, key: K, rows: Sequence[Any], value: V, size: int, *, since: datetime, until: datetime
    ) -> None:
        """In the place of an older one; `size` in bytes, without the rows.

        Ask for the rows again before: they may have changed while it was made.
        """
        size += length(rows)
        with self._lock:
            old = self._made.pop(key, None)
            self._made[key] = Made(tuple(rows), since, until, value, size)
            self._size += size - (old.size if old else 0)
            while self._size > self._most and self._made:
                self._size -= self._made.pop(next(iter(self._made))).size

    def forget(self) -> None:
        with self._lock:
            self._made.clear()
            self._size = 0


def length(values: Iterable[Any]) -> int:
    """What the texts and pictures among them take, in bytes or nearly so."""
    return sum(len(value) for value in values if isinstance(value, str | bytes | memoryview))
