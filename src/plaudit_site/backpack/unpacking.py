"""What somebody gave, taken apart: one file, a text, an address, or an archive of many.

An archive is hostile until it is read: what it says of sizes is not believed, nothing is unpacked beyond a named
number of bytes, and one bad entry does not stop the others.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from plaudit_site.backpack import pasting
from plaudit_site.showing.words import visible

MOST_BYTES: Final = 5 * 1024 * 1024
"""Of one badge: the largest picture that a badge is baked into."""
MOST_ENTRIES: Final = 200
"""Files of one archive that are looked at; who has more makes two archives."""
MOST_LISTED: Final = 10_000
"""Entries of every kind that an archive may list at all: a list of folders alone costs seconds and is no badge."""
MOST_UNPACKED: Final = 40 * 1024 * 1024
"""Of all entries together, however small the archive is (a bomb stops here)."""
MOST_ARCHIVE: Final = 20 * 1024 * 1024
MOST_NAME: Final = 200
_SYSTEM_FILES: Final = re.compile(r"(^|/)(__MACOSX/|\.[^./]|Thumbs\.db$|desktop\.ini$)")


class NoArchive(Exception):
    """It begins like an archive and cannot be read as one."""


@dataclass(frozen=True)
class Piece:
    """One file, or one address; `reason` says why it is not even looked at (importing.REASONS)."""

    name: str
    content: bytes = b""
    address: str = ""
    reason: str = ""


def pieces(name: str, given: bytes) -> list[Piece]:
    """The file itself, or what is in it. Raises NoArchive."""
    if is_archive(given):
        return list(_entries(given))
    reason = "large" if len(given) > MOST_BYTES else ""
    return [Piece(shown_name(name), b"" if reason else given, reason=reason)]


def is_archive(given: bytes) -> bool:
    """By how it begins."""
    return given[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def piece_of_text(text: str) -> Piece:
    """A pasted text, or an address on the web where one was meant (pasting.py)."""
    said = pasting.meant(text)
    if re.fullmatch(r"https?://\S{1,1980}", said, re.IGNORECASE):
        return Piece(said[:MOST_NAME], address=said)
    given = text.encode("utf-8", "surrogatepass")
    return Piece(
        "", b"" if len(given) > MOST_BYTES else given, reason="large" if len(given) > MOST_BYTES else ""
    )


def shown_name(name: str) -> str:
    """A name as a page may show it; it is never used as a path."""
    return visible(name.replace("\\", "/").rpartition("/")[2])[:MOST_NAME]


def _entries(given: bytes) -> Iterator[Piece]:
    if given.count(b"PK\x01\x02") > MOST_LISTED:
        yield Piece("", reason="many")
        return
    left = MOST_UNPACKED
    number = 0
    try:
        with zipfile.ZipFile(BytesIO(given)) as archive:
            for entry in archive.infolist():
                if entry.is_dir() or _SYSTEM_FILES.search(entry.filename):
                    continue
                number += 1
                if number > MOST_ENTRIES:
                    yield Piece(shown_name(entry.filename), reason="many")
                    return
                found = _entry(archive, entry, left)
                left -= len(found.content)
                yield found
    except (zipfile.BadZipFile, ValueError, OverflowError) as error:
        raise NoArchive from error


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> Piece:
    name = shown_name(entry.filename)
    if entry.flag_bits & 0x1:
        return Piece(name, reason="locked")
    if left <= 0:
        return Piece(name, reason="together")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # By the other methods zipfile unpacks in memory all that it has read, however little is asked for.
        return Piece(name, reason="damaged")
    most = min(MOST_BYTES, left)
    try:
        with archive.open(entry) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        return Piece(name, reason="damaged")
    if len(content) > most:
        return Piece(name, reason="large" if most == MOST_BYTES else "together")
    if is_archive(content):
        return Piece(name, reason="nested")
    return Piece(name, content)
