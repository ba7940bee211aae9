"""The texts of a workbook, which its cells name by number: kept on disk as they are read, however many there are.

Nothing is read before a cell asks for it. In memory are one piece of the XML and some texts that were asked for last;
the rest lies in two files without a name, which are gone with the process whatever becomes of it.
"""

from __future__ import annotations

import os
import struct
import tempfile
from typing import IO, Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _

PIECE: Final = 1 << 16
LONGEST_TEXT: Final = 100_000
"""Characters. A cell of Excel holds 32,767; what stands behind is left out, as from any longer cell."""
LONGEST_TOKEN: Final = 1 << 20
"""Bytes. A tag, comment or reference that long is in no workbook, and would be held whole."""
MOST_TEXTS: Final = 20_000_000
"""All that a list of a million rows can fill our ten columns with, twice."""
KEPT: Final = 4_096
_OFFSET: Final = struct.Struct("<QQ")


class SharedStringsRefused(ValueError):
    """These texts are not read; the text says why and what to do."""


class SharedStrings:
    """A sequence for openpyxl: `[7]` is the eighth text of the part (ECMA-376 part 1, 18.4.9).

    Raises SharedStringsRefused, IndexError, expat.ExpatError. What a text says about its pronunciation is left out.
    """

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._texts = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this is
        self._offsets = tempfile.TemporaryFile()  # noqa: SIM115
        self._offsets.write(struct.pack("<Q", 0))
        self._count = self._end = self._fed = 0
        self._is_whole = False
        self._known: dict[int, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._declared

    def close(self) -> None:
        """Both files go."""
        for file in (self._part, self._texts, self._offsets):
            file.close()

    def __getitem__(self, number: int) -> str:
        known = self._known.get(number)
        if known is not None:
            return known
        while number >= self._count and not self._is_whole:
            self._read_on()
        if not 0 <= number < self._count:
            raise IndexError(number)
        begin, end = _OFFSET.unpack(os.pread(self._offsets.fileno(), _OFFSET.size, 8 * number))
        text = os.pread(self._texts.fileno(), end - begin, begin).decode()
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[number] = text
        return text

    def _read_on(self) -> None:
        piece = self._part.read(PIECE)
        self._is_whole = not piece
        self._fed += len(piece)
        self._parser.Parse(piece, self._is_whole)
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN + PIECE:
            raise SharedStringsRefused(_("The workbook is written in a way that is not safe to read."))
        self._texts.flush()
        self._offsets.flush()

    def _declared(self, *_said: Any) -> None:
        raise SharedStringsRefused(_("The workbook is written in a way that is not safe to read."))

    def _start(self, name: str, _attributes: Any) -> None:
        self._path.append(name.rpartition(" ")[2])
        if len(self._path) > 8:
            raise SharedStringsRefused(_("The workbook is written in a way that is not safe to read."))
        if self._path == ["sst", "si"]:
            self._text.clear()
            self._length = 0

    def _characters(self, text: str) -> None:
        if self._path in (["sst", "si", "t"], ["sst", "si", "r", "t"]) and self._length < LONGEST_TEXT:
            self._text.append(text[: LONGEST_TEXT - self._length])
            self._length += len(self._text[-1])

    def _finish(self, _name: str) -> None:
        if self._path == ["sst", "si"]:
            self._keep("".join(self._text).encode())
        self._path.pop()

    def _keep(self, text: bytes) -> None:
        if self._count >= MOST_TEXTS:
            raise SharedStringsRefused(_("The workbook holds too much text. Save the list as CSV."))
        self._texts.write(text)
        self._count += 1
        self._end += len(text)
        self._offsets.write(struct.pack("<Q", self._end))
