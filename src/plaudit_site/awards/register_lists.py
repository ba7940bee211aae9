"""A spreadsheet of people into an issuer's register: who is new, who has moved, and which lines were no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.accounts.models import User
from plaudit_site.awards import importing, readdressing, spreadsheets
from plaudit_site.awards.name_joining import HALVES, whole_name
from plaudit_site.awards.readdressing import Kept
from plaudit_site.awards.spreadsheets import FileRefused
from plaudit_site.issuers import registering
from plaudit_site.issuers.models import Issuer

MOST_ROWS = 20_000
"""They are written while the page waits: about a thousand a second."""
MOST_BYTES = 10 * 1024 * 1024
MOST_PROBLEMS = 200
AT_ONCE = 500
_NEEDED = ("own_id", "name", "address")


@dataclass
class Brought:
    """What became of a list."""

    new: int = 0
    changed: int = 0
    same: int = 0
    corrected: int = 0
    # Line of the file, and what is wrong with it in words.
    problems: list[tuple[int, str]] = field(default_factory=list)
    more_problems: int = 0

    def refuse(self, line: int, words: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((line, words))
        else:
            self.more_problems += 1


def bring(issuer: Issuer, file: BinaryIO, *, by: User) -> Brought:
    """Add and change people line by line; a bad line stops no other. The same list again changes nothing.

    Raises FileRefused, before anything is written.
    """
    columns = _columns(file)
    if sum(1 for _line in _lines(file, columns)) > MOST_ROWS:
        raise FileRefused(
            _("The list has more than %(number)s rows. Divide it.") % {"number": f"{MOST_ROWS:,}"}
        )
    brought, lines = Brought(), _lines(file, columns)
    while some := list(islice(lines, AT_ONCE)):
        there = registering.known(issuer, [cells["own_id"] for _line, cells in some])
        for line, cells in some:
            person = there.get(registering.key_of(cells["own_id"]))
            name, is_half = whole_name(cells)
            if is_half:
                half = importing.Problem("name", "half a name", name[:80])
                brought.refuse(line, f"{importing.COLUMNS['name']}: “{half.value}” {importing.words(half)}")
                continue
            cells = {"own_id": cells["own_id"], "name": name, "address": cells["address"]}
            if person and (person.own_id, person.name, person.address) == tuple(map(cells.get, _NEEDED)):
                brought.same += 1
                continue
            try:
                _count(brought, readdressing.keep(issuer, by=by, **cells))
            except (registering.RegisterRefused, AddressRefused) as refusal:
                brought.refuse(line, str(refusal))
    return brought


def _count(brought: Brought, kept: Kept) -> None:
    brought.new += kept.is_new
    brought.changed += not kept.is_new
    brought.corrected += len(kept.corrected)


def _columns(file: BinaryIO) -> tuple[importing.Table, dict[str, int]]:
    table = importing.look(file, remembered={}, most_bytes=_most_bytes())
    columns = {name: n for n, name in table.mapping.items() if name in {*_NEEDED, *HALVES}}
    needed = [name for name in _NEEDED if name != "name" or not columns.keys() & set(HALVES)]
    if "name" not in columns and columns.keys() & set(HALVES):
        needed += HALVES
    missing = [str(importing.COLUMNS[name]) for name in needed if name not in columns]
    if missing:
        raise FileRefused(
            _("These columns were not found: %(columns)s. Head them with these words in the first row.")
            % {"columns": ", ".join(missing)}
        )
    return table, columns


def _lines(
    file: BinaryIO, found: tuple[importing.Table, dict[str, int]]
) -> Iterator[tuple[int, dict[str, str]]]:
    table, columns = found
    for line, cells in spreadsheets.records(file, table.how, most_bytes=_most_bytes()):
        if line != table.heading_line:
            yield (
                line,
                {
                    name: spreadsheets.as_it_was(cells[n].strip()) if n < len(cells) else ""
                    for name, n in columns.items()
                },
            )


def _most_bytes() -> int:
    return min(MOST_BYTES, int(settings.IMPORT_MOST_MB) * 1024 * 1024)
