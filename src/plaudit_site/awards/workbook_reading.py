"""A workbook opened by openpyxl, and read so that neither its rows nor its texts are held in memory.

openpyxl reads each cell. What it would keep of those that were read already (the tree of the sheet, the heights of
rows, the shared texts) is let go here.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import IO, Any, BinaryIO, Final
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS
from openpyxl.xml.functions import iterparse

from plaudit_site.awards.shared_strings import SharedStrings

MOST_ROWS: Final = 1 << 20
"""Of a sheet, as spreadsheet programs have them; a larger number would be no line of ours."""
MOST_OF_A_ROW: Final = 2 * 1024 * 1024
"""Bytes of XML: sixty cells as long as a cell can be. Until it ends a row is held, and a tag without end read anew with
each piece."""
MOST_ATTRIBUTES: Final = 200
"""Of one element. openpyxl asks lxml for them all at once, and that goes to each from the first."""
MOST_PERCENT: Final = 10**12
"""A larger number is no share of anything, and is given as it is."""
MOST_DECIMALS: Final = 10
"""With those before the point they are fewer than the 28 digits that Decimal reckons with."""
# What stands in a number format without being part of the number: quoted text, escaped signs, fillers, colours.
_NO_NUMBER = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')


class _Archive(zipfile.ZipFile):
    """What is read whole, and made a tree of, has no element with endless attributes. Raises ValueError, ExpatError."""

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        data = super().read(name, pwd)
        parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.StartElementHandler = _refuse_crowded
        parser.Parse(data, True)
        return data


def _refuse_crowded(_name: str, attributes: list[str]) -> None:
    if len(attributes) > 2 * MOST_ATTRIBUTES:
        raise ValueError("an element with endless attributes")


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's own, but that it looks into no sheet and reads no text."""

    shared_strings: Any
    first_visible: str = ""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            self.shared_strings = SharedStrings(self.archive.open(part.PartName[1:]))

    def read_worksheets(self) -> None:
        for sheet, relation in self.parser.find_sheets():
            is_there = relation.target in self.valid_files and "chartsheet" not in relation.Type
            if is_there and sheet.state == "visible":
                self.first_visible = relation.target
                return

    def read(self) -> None:
        """What says where the sheet is, and which of its numbers are dates."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        self.read_worksheets()


@contextmanager
def opened(file: BinaryIO) -> Iterator[ExcelReader]:
    """The workbook, to be read once from its beginning. Raises what openpyxl raises."""
    reader = _Reader(file, read_only=True, data_only=True, keep_links=False)
    reader.archive = _Archive(file)
    try:
        reader.read()
        yield reader
    finally:
        if isinstance(reader.shared_strings, SharedStrings):
            reader.shared_strings.close()
        reader.archive.close()


class _Source:
    """The XML of a sheet, of which no row may be endless."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        if self.since > MOST_OF_A_ROW:
            raise ValueError("a row of many megabytes")
        piece = self._part.read(size)
        self.since += len(piece)
        return piece


def rows(workbook: Any, *, most_columns: int) -> Iterator[tuple[int, list[Any]]]:
    """Each row that is written in its first visible sheet: its number, and its values up to the last that there is.

    Raises what openpyxl raises. A number that was there before, or lies behind, is left out, as openpyxl does.
    """
    book, last, depth = workbook.wb, 0, 0
    percents = _percents(book)
    holders: list[Any] = []  # the sheet, and what of it is open: what has ended is taken out of them
    with workbook.archive.open(workbook.first_visible) as part:
        source = _Source(part)
        parser = WorkSheetParser(
            source,
            workbook.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                depth += 1
                if depth <= 2:
                    holders[depth - 1 :] = [element]
                continue
            depth -= 1
            if depth > 2:
                continue
            source.since = 0
            if depth == 2 and element.tag == ROW_TAG and holders[1].tag == DATA_TAG:
                number, cells = parser.parse_row(element)
                parser.row_dimensions.clear()
                if number > MOST_ROWS:
                    raise ValueError(f"row {number}")
                if number > last:
                    last = number
                    yield number, _values(cells, most_columns, percents)
            elif depth == 1 and element.tag == DATA_TAG:
                return  # what else a sheet holds is how it looks
            for holder in holders[:depth]:
                holder.clear()


def _values(cells: list[dict[str, Any]], most_columns: int, percents: Mapping[int, Places]) -> list[Any]:
    values: list[Any] = []
    for cell in cells:
        number = cell["column"]
        if number <= most_columns:
            values += [None] * (number - len(values))
            value, places = cell["value"], percents.get(cell["style_id"])
            is_number = cell["data_type"] == "n" and isinstance(value, int | float)
            values[number - 1] = _as_percent(value, places) if is_number and places else value
    return values


# Percentages: 0.87 in a cell that shows 87 %

Places = tuple[int, int]
"""How many decimal places are shown at least and at most."""


def _percents(book: Any) -> dict[int, Places]:
    """The styles of cells that show a number as a percentage."""
    found = {}
    for style, cell_style in enumerate(book._cell_styles):
        custom = cell_style.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        if custom < 0:
            places = _places(BUILTIN_FORMATS.get(cell_style.numFmtId, ""))
        else:
            places = _places(book._number_formats[custom]) if custom < len(book._number_formats) else None
        if places:
            found[style] = places
    return found


def _places(number_format: str) -> Places | None:
    """Of the first section of the format (ECMA-376 part 1, 18.8.31); None where it shows no percentage."""
    section = _NO_NUMBER.sub("", number_format).partition(";")[0]
    match = re.fullmatch(r"\s*[0#?,]+(?:\.([0#?]*))?\s*%\s*", section)
    if match is None:
        return None
    decimals = match[1] or ""
    return decimals.count("0"), min(len(decimals), MOST_DECIMALS)


def _as_percent(value: float, places: Places) -> Any:
    if not abs(value) < MOST_PERCENT:  # nor what is no number
        return value
    least, most = places
    shown = (Decimal(repr(value)) * 100).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)
    whole, _point, decimals = f"{shown or abs(shown):f}".partition(".")
    decimals = decimals.rstrip("0").ljust(min(least, most), "0")
    return f"{whole}.{decimals} %" if decimals else f"{whole} %"
