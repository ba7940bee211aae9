"""Many names and addresses corrected at once: the exported table is mended, brought back, looked at, and pressed.

Only awards that wait can be corrected: what was accepted is signed for good. An empty cell leaves things as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import clashing, importing, revoking, spreadsheets
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.cell_reading import likely_meant
from plaudit_site.awards.console_forms import CorrectForm
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.models import Award, BulkChange, Correction
from plaudit_site.awards.spreadsheets import FileRefused
from plaudit_site.ids import ALPHABET, LENGTH
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer

MOST_ROWS = 10_000
"""They are looked at while the page waits: some thousands a second."""
MOST_BYTES = 10 * 1024 * 1024
MOST_TOLD = 200
SHOWN = 5
AT_ONCE = 500
_COLUMNS = (
    "public_id", "name", "address", "state", "awarded_at", "once_key", "revocation__at",
    "version__achievement__public_id", "version__achievement__repeat",
)  # fmt: skip
_ID = re.compile(f"[{ALPHABET}]{{{LENGTH}}}", re.IGNORECASE)


@dataclass
class Looked:
    """What a list would do."""

    corrections: list[Correction] = field(default_factory=list)
    same: int = 0
    # Line of the file, and what is wrong with it in words: these stay as they are.
    problems: list[tuple[int, str]] = field(default_factory=list)
    # Likely slips: they go along as they are.
    doubts: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sample(self) -> list[Correction]:
        return self.corrections[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.corrections) - SHOWN)

    @property
    def told(self) -> list[tuple[int, str]]:
        return self.problems[:MOST_TOLD]

    @property
    def told_doubts(self) -> list[tuple[int, str]]:
        return self.doubts[:MOST_TOLD]

    @property
    def more_problems(self) -> int:
        return max(0, len(self.problems) - MOST_TOLD)


@dataclass(frozen=True)
class _Columns:
    award: int
    name: int | None
    address: int | None

    def cell(self, cells: list[str], column: int | None) -> str:
        there = column is not None and column < len(cells)
        return spreadsheets.as_it_was(cells[column].strip()) if there else ""  # type: ignore[index]


def look(issuer: Issuer, file: BinaryIO) -> Looked:
    """Compare a list with the awards; nothing is changed. Raises FileRefused."""
    most = min(MOST_BYTES, int(settings.IMPORT_MOST_MB) * 1024 * 1024)
    table = importing.look(file, remembered={}, most_bytes=most)
    columns = _columns(table)
    looked, seen, number = Looked(), dict[str, int](), 0
    records = (
        record
        for record in spreadsheets.records(file, table.how, most_bytes=most)
        if record[0] != table.heading_line
    )
    while some := list(islice(records, AT_ONCE)):
        number += len(some)
        if number > MOST_ROWS:
            raise FileRefused(
                _("The list has more than %(number)s rows. Divide it.") % {"number": f"{MOST_ROWS:,}"}
            )
        ids = [_id_of(columns.cell(cells, columns.award)) for _line, cells in some]
        there = {
            award.public_id: award
            for award in Award.objects.filter(issuer=issuer, public_id__in=ids)
            .select_related("revocation", "version__achievement")
            .only(*_COLUMNS)
        }
        for (line, cells), public_id in zip(some, ids, strict=True):
            award = there.get(public_id)
            if award and (earlier := seen.get(public_id)):
                looked.problems.append(
                    (line, _("This award stands in line %(line)s already.") % {"line": earlier})
                )
                continue
            seen[public_id] = line
            _look_at(looked, line, award, columns, cells)
    taken = clashing.taken([(one.award, one.address, one.line) for one in looked.corrections])
    looked.corrections = [one for one in looked.corrections if one.line not in taken]
    looked.doubts = [(line, words) for line, words in looked.doubts if line not in taken]
    looked.problems = sorted([*looked.problems, *taken.items()])
    return looked


def _id_of(cell: str) -> str:
    """ "" for what is no identifier, and that no database has to be asked for."""
    return cell.lower() if _ID.fullmatch(cell) else ""


def _look_at(looked: Looked, line: int, award: Award | None, columns: _Columns, cells: list[str]) -> None:
    if award is None:
        looked.problems.append((line, _("You have no award with what stands under “Award”.")))
        return
    name = columns.cell(cells, columns.name) or award.name
    address = columns.cell(cells, columns.address) or award.address
    if (name, address) == (award.name, award.address):
        looked.same += 1
        return
    if "\ufffd" in name + address:  # a name would be exchanged for one that nobody has
        unreadable = importing.Problem("name", "unreadable sign", name[:80])
        looked.problems.append((line, f"“{unreadable.value}” {importing.words(unreadable)}"))
        return
    form = CorrectForm({"name": name, "address": address})
    if not form.is_valid():
        looked.problems.append(
            (line, " ".join(str(said) for all_said in form.errors.values() for said in all_said))
        )
        return
    name, address = form.cleaned_data["name"], form.cleaned_data["address"]
    if (name, address) == (award.name, award.address):
        looked.same += 1
    elif award.state not in revoking.CAN_BE_CORRECTED or getattr(award, "revocation", None):
        words = _(
            "It does not wait to be accepted, so it can’t be corrected: take it back and award it anew."
        )
        looked.problems.append((line, words))
    else:
        if address != award.address and (meant := likely_meant(address)):
            looked.doubts.append((line, _("Did you mean %(address)s?") % {"address": meant}))
        looked.corrections.append(Correction(award=award, line=line, name=name, address=address))


def _columns(table: importing.Table) -> _Columns:
    """Raises FileRefused."""
    found = {name: n for n, name in table.mapping.items()}
    award = next((n for n, cell in enumerate(table.first) if _ID.fullmatch(cell.strip())), None)
    if award is None:
        # Its first cell may be empty.
        ours = {plain(str(_("Award"))), "award"}
        award = next((n for n, heading in enumerate(table.headings) if plain(heading) in ours), None)
    if award is None:
        raise FileRefused(
            _("There is no column “Award”. Export the awards, and change names and addresses in that file.")
        )
    if "name" not in found and "address" not in found:
        raise FileRefused(_("There is no column “Name” and none “E-mail”, so there is nothing to correct."))
    return _Columns(award, found.get("name"), found.get("address"))


def keep(issuer: Issuer, looked: Looked, *, by: User) -> BulkChange:
    """Ready to be pressed; it is forgotten after a day."""
    with transaction.atomic():
        change = BulkChange.objects.create(
            issuer=issuer,
            made_by=by,
            kind=BulkChange.Kind.CORRECT,
            state=BulkChange.State.LOOKED_AT,
            up_to=max(one.award_id for one in looked.corrections),
            whole=len(looked.corrections),
        )
        for one in looked.corrections:
            one.change = change
        Correction.objects.bulk_create(looked.corrections, batch_size=AT_ONCE)
    return change


def begin(change: BulkChange, *, by: User) -> bool:
    """Leave it to the worker. False when it was begun before. Raises AwardRefused."""
    if not may(by, "award", change.issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
    with transaction.atomic():
        ready = BulkChange.objects.filter(pk=change.pk, state=BulkChange.State.LOOKED_AT)
        begun = ready.update(state=BulkChange.State.WORKING, made_by=by, due_at=timezone.now())
        if begun:
            record(
                "many changed",
                actor=by.public_id,
                subject=f"bulk:{change.public_id}",
                issuer=change.issuer.public_id,
            )
    return bool(begun)
