"""CSV or XLSX to records of cells, streamed: whatever delimiter, quoting, encoding and line ends the file has.

A record is the number of the file's own line (or sheet row) and its cells. Nothing is held but one record;
what the cells of a workbook share lies on disk (shared_strings.py).
"""

from __future__ import annotations

import codecs
import csv
import datetime
import errno
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from xml.parsers.expat import ExpatError

from django.utils.translation import gettext as _

from plaudit_site.awards.shared_strings import SharedStringsRefused

MOST_COLUMNS: Final = 200
"""What stands further right is not read: no list of people needs it, and a row of a million cells costs time."""
LONGEST_LINE: Final = 100_000
"""Characters. A longer line is no row of a table, and would be held whole."""
MOST_LINES_IN_ROW: Final = 60
"""Line breaks within quotes are fine; a row over more lines is a quotation mark that was never closed."""
MOST_UNPACKED: Final = 8
"""A workbook may unpack to so many times the allowed size of a file, and no further (zip bombs)."""
MOST_PARTS: Final = 2_000
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULAS: Final = frozenset("=+-@\t\r\n\x00＝＋－＠")
"""A cell that begins with one of these may be taken for a formula."""
DELIMITERS: Final = ",;\t|"
SAMPLE: Final = 64 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NEEDED: Final = ("[Content_Types].xml", "xl/workbook.xml")

Record = tuple[int, list[str]]


class FileRefused(ValueError):
    """This file cannot be read as a table; the text says why and what to do."""


@dataclass(frozen=True)
class Layout:
    """How a file is written, as found out from its beginning."""

    kind: str  # "csv" or "xlsx"
    encoding: str = ""
    delimiter: str = ""


def layout(file: BinaryIO) -> Layout:
    """Find out how the file is written. Reads it once to its end to tell UTF-8 from Windows-1252.

    Raises FileRefused.
    """
    file.seek(0)
    head = file.read(SAMPLE)
    if not head.strip(b"\x00\r\n\t ") or head in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE):
        raise FileRefused(_("The file is empty. Save the spreadsheet again and upload that file."))
    if head.startswith(b"PK\x03\x04"):
        return Layout("xlsx")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            _("This is an old Excel file (.xls), or one with a password. Save it as .xlsx or CSV.")
        )
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        raise FileRefused(_("This is not a spreadsheet. Save the list as CSV or XLSX."))
    encoding = _encoding(file, head)
    text = head.decode(encoding, "replace")
    return Layout("csv", encoding, _delimiter(text))


def records(file: BinaryIO, how: Layout, *, most_bytes: int) -> Iterator[Record]:
    """Every record that is not blank, with its line. Raises FileRefused, also in the middle."""
    return _workbook(file, most_bytes) if how.kind == "xlsx" else _table(file, how)


def column_letter(number: int) -> str:
    """What every spreadsheet program calls the column: A for 0, AA for 26."""
    letters = ""
    while number >= 0:
        number, place = divmod(number, 26)
        letters, number = chr(ord("A") + place) + letters, number - 1
    return letters


# CSV


def _encoding(file: BinaryIO, head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = max(1, len(head) // 2)
    if head[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.4:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while part := file.read(1 << 20):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    first, _end, _rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[-1]
    lines = [line + "\n" for line in text.splitlines() if line.strip()][:30]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        wide = widths[0] if widths else 1
        return (sum(1 for width in widths if width == wide) if wide > 1 else 0, wide)

    return max(DELIMITERS, key=score)


class _Lines:
    """The lines of a text, none longer than LONGEST_LINE, whichever way they end."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST_LINE:
            raise FileRefused(
                _("Line %(line)s is too long for a row of a list. Is this a CSV file?")
                % {"line": self.number}
            )
        return line


def _table(file: BinaryIO, how: Layout) -> Iterator[Record]:
    file.seek(0)
    # A copy of the handle would be closed with the wrapper: it is detached in the end.
    text = io.TextIOWrapper(file, encoding=how.encoding, errors="replace", newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=how.delimiter)
    try:
        while True:
            start = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileRefused(_never_closed(start)) from error
            if lines.number - start >= MOST_LINES_IN_ROW:
                raise FileRefused(_never_closed(start))
            if not any(cell.strip() for cell in cells):
                continue
            is_hint = start == 1 and cells[0].lower().startswith("sep=") and len("".join(cells).strip()) <= 5
            if not is_hint:
                yield start, cells[:MOST_COLUMNS]
    finally:
        text.detach()


def _never_closed(line: int) -> str:
    return _("The quotation mark in line %(line)s is never closed. Close or remove it.") % {"line": line}


# XLSX


def _workbook(file: BinaryIO, most_bytes: int) -> Iterator[Record]:
    _refuse_bombs(file, most_bytes)
    # 60 ms and 20 MB that a site without workbooks never needs
    from openpyxl.utils.exceptions import InvalidFileException

    from plaudit_site.awards.workbook_reading import opened, rows

    file.seek(0)
    try:
        with opened(file) as book:
            if not book.first_visible:
                raise FileRefused(_("The workbook has no sheet with a list."))
            for number, row in rows(book, most_columns=MOST_COLUMNS):
                cells = [_cell_text(value) for value in row]
                if any(cell.strip() for cell in cells):
                    yield number, cells
    except FileRefused:
        raise
    except SharedStringsRefused as refusal:
        raise FileRefused(str(refusal)) from refusal
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        SyntaxError,  # what an XML parser says is one
        ExpatError,
        OSError,
        EOFError,
    ) as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise  # of the disk, not of the file: it is read again when there is room
        raise FileRefused(
            _("The workbook is damaged and can’t be read. Save it again, or save the list as CSV.")
        ) from error


def _refuse_bombs(file: BinaryIO, most_bytes: int) -> None:
    """What unpacks to far more than a list is not unpacked; nor is XML that declares entities."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if not names.issuperset(_NEEDED):
                raise FileRefused(_("This is not an Excel workbook. Save the list as .xlsx or CSV."))
            # By other methods zipfile unpacks a whole part in memory, whatever it declares and however little is read.
            if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
                raise FileRefused(_("The workbook is written in a way that is not safe to read."))
            # zipfile never gives out more of a part than it declares, so the sum of what they say holds.
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED * most_bytes:
                raise FileRefused(_("The workbook is too large once it is unpacked. Save the list as CSV."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        head = opened.read(4096)
                    if b"<!" in head.replace(b"<!--", b"") or b"\x00" in head:
                        raise FileRefused(_("The workbook is written in a way that is not safe to read."))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(_("The workbook is damaged. Save it again, or save the list as CSV.")) from error


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:LONGEST_LINE]


# Out again


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula (CWE-1236): such cells begin with an apostrophe."""
    return f"'{text}" if text[:1] in FORMULAS else text


def as_it_was(cell: str) -> str:
    """Back from `safe_cell`, when a list that was downloaded comes in again."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULAS else cell


def csv_line(cells: list[str]) -> str:
    """One RFC 4180 record, every cell quoted and safe to open in a spreadsheet."""
    return ",".join('"' + safe_cell(cell).replace('"', '""') + '"' for cell in cells) + "\r\n"


def workbook(lines: list[list[str]]) -> bytes:
    """A short XLSX of text cells: none of them is ever a formula."""
    import openpyxl  # as above
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        cells = [WriteOnlyCell(sheet, value=text) for text in line]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
