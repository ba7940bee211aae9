"""Workbooks with more text than anybody holds in memory, and with texts written as no spreadsheet program does."""

from __future__ import annotations

import errno
import importlib.util
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import openpyxl
import pytest
from openpyxl.reader.strings import read_string_table

from plaudit_site.awards import shared_strings, spreadsheets
from plaudit_site.awards.shared_strings import SharedStrings, SharedStringsRefused
from plaudit_site.awards.spreadsheets import FileRefused, Layout

ROOT = Path(__file__).resolve().parents[3]
_spec = importlib.util.spec_from_file_location("workbook", ROOT / "bench" / "workbook.py")
assert _spec is not None
assert _spec.loader is not None
bench: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bench)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLD_BOUND = 64
"""MiB of shared strings, beyond which a workbook was refused when they were held in memory."""


def table(inside: str, namespace: str = f'xmlns="{MAIN}"', prefix: str = "") -> SharedStrings:
    return SharedStrings(io.BytesIO(f"<{prefix}sst {namespace}>{inside}</{prefix}sst>".encode()))


def texts(strings: SharedStrings) -> list[str]:
    found: list[str] = []
    try:
        while True:
            found.append(strings[len(found)])
    except IndexError:
        return found
    finally:
        strings.close()


@pytest.mark.journey("J45")
def test_a_workbook_with_more_text_than_was_taken_before_is_read_within_its_memory() -> None:
    """D5, F13. The long form has a million rows of names and addresses, as many as a list may have."""
    is_long = os.environ.get("PLAUDIT_FAULTS") == "long"
    rows, note = (999_999, 0) if is_long else (35_000, 2_000)
    command = [sys.executable, str(ROOT / "bench" / "workbook.py"), "--rows", str(rows), "--note", str(note)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["shared_mib"] > OLD_BOUND
    assert (found["rows"], found["last"][1]) == (rows + 1, f"person-{rows}@example.org")
    assert found["mib"] - found["mib_of_few_rows"] < 24, "it does not grow with the texts"


def test_texts_come_by_their_number_in_any_order() -> None:
    inside = "".join(f"<si><t>text {n} äß€😀</t></si>" for n in range(20_000))
    strings = table(inside)
    numbers = [*range(20_000)]
    random.Random(7).shuffle(numbers)
    assert all(strings[n] == f"text {n} äß€😀" for n in [*numbers, 0, 0, 19_999])
    for beyond in (20_000, 10**9, -1):
        with pytest.raises(IndexError):
            strings[beyond]
    strings.close()


def test_no_more_is_read_than_was_asked_for() -> None:
    """The beginning of a list is looked at while somebody waits."""
    part = io.BytesIO(f'<sst xmlns="{MAIN}">'.encode() + b"<si><t>a text</t></si>" * 1_000_000)
    strings = SharedStrings(part)
    assert strings[500] == "a text"
    assert part.tell() <= 2 * shared_strings.PIECE
    strings.close()


ODD = {
    "nothing": ("<si/><si></si><si><t/></si>", ["", "", ""]),
    "in pieces of other looks": ("<si><r><rPr><b/></rPr><t>Ada </t></r><r><t>L.</t></r></si>", ["Ada L."]),
    "with how it is spoken": (
        '<si><t>山</t><rPh sb="0" eb="1"><t>ヤマ</t></rPh><phoneticPr fontId="1"/></si>',
        ["山"],
    ),
    "with space and lines": ('<si><t xml:space="preserve"> a\n b </t></si>', [" a\n b "]),
    "references": ("<si><t>R&amp;D &#x1F600; &lt;b&gt;</t></si>", ["R&D 😀 <b>"]),
    "a section": ("<si><t><![CDATA[a < b]]></t></si>", ["a < b"]),
    "a comment and an instruction": ("<!-- c --><?p i?><si><t>a<!-- c -->b</t></si>", ["ab"]),
    "something new": ("<x><si><t>no</t></si></x><si><t>a</t><y>b</y></si><extLst/>", ["a"]),
}


@pytest.mark.parametrize(("inside", "expected"), ODD.values(), ids=ODD)
def test_texts_are_read_as_spreadsheet_programs_mean_them(inside: str, expected: list[str]) -> None:
    assert texts(table(inside)) == expected
    prefixed = inside.replace("</", "\0").replace("<", "<s:").replace("\0", "</s:")
    if "<y>" not in inside:
        assert read_string_table(io.BytesIO(f'<sst xmlns="{MAIN}">{inside}</sst>'.encode())) == expected
    if "<s:!" not in prefixed and "<s:?" not in prefixed:
        assert texts(table(prefixed, f'xmlns:s="{MAIN}"', "s:")) == expected


def test_cells_are_those_that_openpyxl_reads_by_itself() -> None:
    book = openpyxl.Workbook()
    book.active.print_area = "A1:B9"  # a name that belongs to the sheet
    for n in range(300):
        book.active.append([f"Name {n % 7}", f"a{n}@example.org", "=1+1" if n else "Formula", None, "last  "])
    out = io.BytesIO()
    book.save(out)
    expected = [
        [spreadsheets._cell_text(cell) for cell in row]
        for row in openpyxl.load_workbook(out, data_only=True).active.values
    ]
    found = [cells for _line, cells in spreadsheets.records(out, Layout("xlsx"), most_bytes=2**20)]
    assert found == expected


REFUSED = {
    "a document type": '<!DOCTYPE sst [<!ENTITY a "ha">]><sst><si><t>&a;</t></si></sst>',
    "one behind a long comment": f'<!--{"x" * 9000}--><!DOCTYPE sst [<!ENTITY a "ha">]><sst/>',
    "a tag without end": f"<sst><si a='{'x' * 3_000_000}'/></sst>",
    "a comment without end": f"<sst><!-- {'x' * 3_000_000} --></sst>",
    "nested": f"<sst>{'<si>' * 9}</sst>",
}


@pytest.mark.parametrize("xml", REFUSED.values(), ids=REFUSED)
def test_what_would_be_held_whole_or_say_more_than_it_shows_is_refused(xml: str) -> None:
    """D6: no entity, no token and no nesting that grows in memory."""
    with pytest.raises(SharedStringsRefused):
        texts(SharedStrings(io.BytesIO(xml.encode())))


@pytest.mark.parametrize("xml", ["<sst><si><t>a</t></si>", "<sst><si></sst>", "", "text", "<sst>\x00</sst>"])
def test_what_is_no_xml_is_said(xml: str) -> None:
    with pytest.raises(ExpatError):
        texts(SharedStrings(io.BytesIO(xml.encode())))


def test_a_text_of_many_megabytes_is_cut_and_there_are_not_endlessly_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = table(f"<si><t>{'ä' * 5_000_000}</t></si><si><t>b</t></si>")
    assert [len(text) for text in texts(long)] == [shared_strings.LONGEST_TEXT, 1]
    monkeypatch.setattr(shared_strings, "MOST_TEXTS", 3)
    with pytest.raises(SharedStringsRefused):
        texts(table("<si/>" * 4))


STRINGS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
CELLS = "".join(f'<c r="{column}1" t="s"><v>{number}</v></c>' for number, column in enumerate("AB"))
GOOD = {
    STRINGS: f'<sst xmlns="{MAIN}"><si><t>Name</t></si><si><t>E-mail</t></si></sst>'.encode(),
    SHEET: f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{CELLS}</row></sheetData></worksheet>'.encode(),
}


def workbook(strings: bytes = GOOD[STRINGS], sheet: bytes = GOOD[SHEET]) -> io.BytesIO:
    """Its two cells share their texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in {**bench.PARTS, STRINGS: strings, SHEET: sheet}.items():
            archive.writestr(name, part)
    return out


def sheet(inside: str) -> io.BytesIO:
    around = f'<worksheet xmlns="{MAIN}"><cols><col min="1" max="2"/></cols>{inside}<extLst/></worksheet>'
    return workbook(sheet=around.encode())


def test_rows_have_the_numbers_that_the_sheet_gives_them() -> None:
    """A list's lines are those that people see in their spreadsheet program, with gaps, and each once."""
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>{n}</v></c></row>' for n in (2, 7, 7, 3, 1_048_576))
    file = sheet(f"<sheetData>{rows}<row><c><v>9</v></c></row></sheetData><x><row r='8'/></x>")
    with pytest.raises(FileRefused):  # behind the last row that there can be
        list(spreadsheets.records(file, Layout("xlsx"), most_bytes=2**20))
    file = sheet(f"<sheetData>{rows}</sheetData><row r='9'/>")
    found = list(spreadsheets.records(file, Layout("xlsx"), most_bytes=2**20))
    assert found == [(2, ["", "2"]), (7, ["", "7"]), (1_048_576, ["", "1048576"])]


BAD_SHEETS = {
    "a row of a number that is none": '<sheetData><row r="999999999999"><c><v>1</v></c></row></sheetData>',
    "a row without end": f"<sheetData><row>{'<c><v>1</v></c>' * 250_000}</row></sheetData>",
    "a cell without end": f"<sheetData><row><c t='str'><v>{'x' * 3_000_000}</v></c></row></sheetData>",
    "an attribute without end": f"<sheetData><row r='{' ' * 3_000_000}'/></sheetData>",
}


@pytest.mark.parametrize("inside", BAD_SHEETS.values(), ids=BAD_SHEETS)
def test_a_sheet_that_would_be_held_whole_is_refused_soon(inside: str) -> None:
    """D6: a few kilobytes, packed."""
    file, begin = sheet(inside), time.process_time()
    with pytest.raises(FileRefused):
        list(spreadsheets.records(file, Layout("xlsx"), most_bytes=2**23))
    assert time.process_time() - begin < 10


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("inside", [b"<sst><si>", b"<sst></sst>", b"<sst>" + b"<si>" * 9, b""])
def test_a_workbook_with_such_texts_is_refused_in_words_and_leaves_nothing_open(inside: bytes) -> None:
    file = workbook(inside)
    before = open_files()
    with pytest.raises(FileRefused) as refusal:
        list(spreadsheets.records(file, Layout("xlsx"), most_bytes=2**20))
    assert str(refusal.value).endswith(".")
    assert open_files() == before


def test_a_reading_that_is_broken_off_leaves_nothing_open_and_nothing_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = open_files()
    reading = spreadsheets.records(workbook(), Layout("xlsx"), most_bytes=2**20)
    assert next(reading) == (1, ["Name", "E-mail"])
    assert open_files() > before
    assert list(tmp_path.iterdir()) == [], "a process that is killed leaves nothing either"
    reading.close()  # type: ignore[attr-defined]
    assert open_files() == before


def test_a_full_disk_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: the list is read again when there is room, and not refused as damaged."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SharedStrings, "_keep", full)
    with pytest.raises(OSError, match="No space left"):
        list(spreadsheets.records(workbook(), Layout("xlsx"), most_bytes=2**20))


PERCENTAGES = {
    # What the cell holds, how it is formatted, what is seen.
    "0%": (0.87, "0%", "87 %"),
    "two places": (0.87, "0.00%", "87.00 %"),
    "one place": (0.875, "0.0%", "87.5 %"),
    "places that are not needed": (0.87, "0.0##%", "87.0 %"),
    "places if needed": (0.875, "#.##%", "87.5 %"),
    "a space before the sign": (0.87, "0\\ %", "87 %"),
    "a quoted space": (0.87, '0.0" "%', "87.0 %"),
    "a colour and negative ones": (0.87, "[Blue]0%;[Red]-0%", "87 %"),
    "negative": (-0.05, "0%", "-5 %"),
    "rounded as spreadsheet programs do": (0.125, "0%", "13 %"),
    "no error of floating point": (0.29, "0.00%", "29.00 %"),
    "all": (1, "0%", "100 %"),
    "nothing": (0, "0%", "0 %"),
    "more than all": (12.5, "#,##0%", "1250 %"),
    "no percentage": (0.87, "0.00", "0.87"),
    "a sign that is only written there": (87, '0" %"', "87"),
    "text": ("87 %", "0%", "87 %"),
    "a date": (46115, "yyyy-mm-dd", "2026-04-03"),
    "true": (True, "0%", "True"),
    "beyond all measure": (1e300, "0%", str(int(1e300))),
    "as many places as there are digits": (999999999999.5, f"0.{'0' * 30}%", "99999999999950.0000000000 %"),
    "next to nothing": (-0.0001, "0%", "0 %"),
}


@pytest.mark.parametrize(("value", "shown_as", "seen"), PERCENTAGES.values(), ids=PERCENTAGES)
def test_a_percentage_is_read_as_it_is_seen(value: object, shown_as: str, seen: str) -> None:
    book = openpyxl.Workbook()
    cell = book.active.cell(1, 1)
    cell.value, cell.number_format = value, shown_as
    written = io.BytesIO()
    book.save(written)
    (record,) = spreadsheets.records(written, Layout("xlsx"), most_bytes=10**6)
    assert record == (1, [seen])
