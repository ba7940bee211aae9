"""Reading a large workbook: rows a second of processor time, and the memory of the process, with few rows too.

python bench/workbook.py [--rows 1000000] [--note SIGNS]      prints one JSON object
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SMALL = 100
AT_ONCE = 5_000
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
    '<sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def write(file: Path, rows: int, note: int) -> int:
    """A list as spreadsheet programs write it: every text in the shared strings. Returns their size, unpacked."""
    cells = 3 if note else 2
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, HEAD + text)
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            size = part.write(f'{HEAD}<sst xmlns="{MAIN}">'.encode())
            for begin, end in parts(rows):
                size += part.write("".join(texts(number, note) for number in range(begin, end)).encode())
            size += part.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for begin, end in parts(rows):
                part.write("".join(row(number, cells) for number in range(begin, end)).encode())
            part.write(b"</sheetData></worksheet>")
    return size


def parts(rows: int) -> Iterator[tuple[int, int]]:
    """Row 0 are the headings."""
    for begin in range(0, rows + 1, AT_ONCE):
        yield begin, min(begin + AT_ONCE, rows + 1)


def texts(number: int, note: int) -> str:
    """Those of one row, in the order of its cells."""
    if not number:
        found = ["Name", "E-mail", "Note"]
    else:
        found = [f"Person Number {number}", f"person-{number}@example.org", f"{number} {'x' * note}"[:note]]
    return "".join(f"<si><t>{text}</t></si>" for text in found[: 3 if note else 2])


def row(number: int, cells: int) -> str:
    """The cells that name these texts."""
    line = number + 1
    inside = "".join(f'<c r="{"ABC"[n]}{line}" t="s"><v>{number * cells + n}</v></c>' for n in range(cells))
    return f'<row r="{line}" spans="1:{cells}" ht="15.75" customHeight="1">{inside}</row>'


def read(file: Path) -> dict[str, object]:
    """In a process of its own: how many rows there are, how long it took, and how much memory at most."""
    from plaudit_site.awards import spreadsheets

    begin, rows = time.process_time(), 0
    last: list[str] = []
    with file.open("rb") as opened:
        how = spreadsheets.layout(opened)
        for record in spreadsheets.records(opened, how, most_bytes=200 * 1024 * 1024):
            rows, last = rows + 1, record[1]
    # Not ru_maxrss, which counts what the process was before it became this program.
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return {
        "rows": rows,
        "last": [cell[:40] for cell in last],
        "seconds": time.process_time() - begin,
        "mib": peak,
    }


def read_apart(file: Path) -> dict[str, object]:
    """`read` in a child."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, __file__, "--read", str(file)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--note", type=int, default=0, metavar="SIGNS", help="of a note in each row")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        print(json.dumps(read(chosen.read)))
        return
    with tempfile.TemporaryDirectory(prefix="plaudit-workbook-") as folder:
        small, large = Path(folder, "small.xlsx"), Path(folder, "large.xlsx")
        write(small, SMALL, chosen.note)
        shared = write(large, chosen.rows, chosen.note)
        few, many = read_apart(small), read_apart(large)
        print(
            json.dumps(
                {
                    "rows": many["rows"],
                    "last": many["last"],
                    "file_mib": round(large.stat().st_size / 2**20, 1),
                    "shared_mib": round(shared / 2**20, 1),
                    "rows_a_cpu_second": round(many["rows"] / many["seconds"]),
                    "mib": round(many["mib"], 1),
                    "mib_of_few_rows": round(few["mib"], 1),
                }
            )
        )


if __name__ == "__main__":
    main()
