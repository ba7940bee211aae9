"""Whether anything was committed to a SQLite database, told without asking it (ADR 0051).

A question to SQLite takes ten microseconds, and gives up the interpreter four times, for which other threads wait. In
the shared memory of its log (the -shm file, https://www.sqlite.org/walformat.html) stands a header that every commit of
every process replaces before it returns: a counter of transactions, the length of the log, its salts and checksums.
SQLite looks there too before each question, to know whether what it has in memory is still good.
"""

from __future__ import annotations

import mmap
import sqlite3
import struct
from collections.abc import Hashable
from pathlib import Path
from typing import BinaryIO, Final, Generic, TypeVar

HEADER: Final = 48  # bytes; it stands there twice, so that a reader sees when it is being replaced
VERSION: Final = 3_007_000  # of the header's form
IS_INIT: Final = 12
AROUND: Final = 2048  # bytes that what is remembered takes besides its own
MOST_ONCE: Final = 20_000  # that were asked for once; about 2 MB


class Generation:
    """The generation of one database, for a process that asks for it until it ends."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._tried = False
        self._header: mmap.mmap | None = None
        # Both stay open. While a connection is, nobody makes the shared memory anew; and to close the file would give
        # back all locks that this process has on it, those of SQLite's own connections too (POSIX).
        self._connection: sqlite3.Connection | None = None
        self._file: BinaryIO | None = None

    def now(self) -> bytes | None:
        """Two that are the same say that nothing was committed between them. None where it cannot be known.

        Ask before you ask the database: what it answers is then at least as new.
        """
        if self._header is None:
            if self._tried:
                return None
            self._tried = True
            self._open()
            return self.now()
        both = self._header[: 2 * HEADER]
        first = both[:HEADER]
        return first if first == both[HEADER:] else None

    def _open(self) -> None:
        if not self._database.is_file():
            return
        self._connection = sqlite3.connect(
            f"{self._database.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        shared = Path(f"{self._database}-shm")
        if not shared.is_file():
            return  # no log, as on a disk that is not this machine's
        self._file = shared.open("rb")
        header = mmap.mmap(self._file.fileno(), 2 * HEADER, access=mmap.ACCESS_READ)
        (version,) = struct.unpack_from("=I", header)
        if version == VERSION and header[IS_INIT] == 1:
            self._header = header


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """What one thread has found out, for as long as nothing is committed. Without a generation it remembers nothing.

    `at_second`: only what is asked for a second time. To take in what nobody asks for again is not for nothing, and
    whoever fetches everything once would push out what all others want.
    """

    def __init__(self, generation: Generation | None, most_bytes: int, *, at_second: bool = False) -> None:
        self._generation, self._half, self._at_second = generation, most_bytes // 2, at_second
        self._as_of = b""
        self._forget()

    def _forget(self) -> None:
        # In two halves: when the newer one is full, the older one goes whole. To take one by one from the front of a
        # dictionary would be to look each time at all the places that are empty by now.
        self._older: dict[K, tuple[V, int]] = {}
        self._newer: dict[K, tuple[V, int]] = {}
        self._size = 0
        self._asked_once: set[int] = set()

    def look(self, key: K) -> tuple[V | None, bytes | None]:
        """What is remembered of `key`, and the generation of now; `keep` wants it after the database was asked."""
        now = self._generation.now() if self._generation is not None else None
        if now != self._as_of:
            self._forget()
            self._as_of = now or b""
        found = self._newer.get(key)
        if found is None:
            found = self._older.get(key)
            if found is not None:
                self._add(key, found)
        return found[0] if found is not None else None, now

    def keep(self, key: K, value: V, generation: bytes | None, size: int) -> None:
        """In the place of what was neither told nor asked for longest, where there is no room for both."""
        size += AROUND
        if self._at_second and self._is_first(key):
            return
        if (
            generation is not None
            and generation == self._as_of
            and key not in self._newer
            and size <= self._half
        ):
            self._add(key, (value, size))

    def _is_first(self, key: K) -> bool:
        mark = hash(key)
        if mark in self._asked_once:
            return False
        if len(self._asked_once) >= MOST_ONCE:
            self._asked_once.clear()
        self._asked_once.add(mark)
        return True

    def _add(self, key: K, found: tuple[V, int]) -> None:
        if self._size + found[1] > self._half:
            self._older, self._newer, self._size = self._newer, {}, 0
        self._newer[key] = found
        self._size += found[1]
