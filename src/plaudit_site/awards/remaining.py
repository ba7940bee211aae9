"""The rows of a list that were not awarded, as CSV: to be corrected and uploaded again."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from plaudit_site.awards import importing, previewing
from plaudit_site.awards.models import Batch, BatchRow
from plaudit_site.awards.spreadsheets import csv_line

FILE_NAME = "not-awarded.csv"
AT_ONCE = 500


def lines(batch: Batch) -> Iterator[str]:
    """The headings, then a line for each such row with what is wrong in it, however many there are."""
    columns = [str(label) for label in importing.COLUMNS.values()]
    yield "\ufeff" + csv_line([*columns, _("Line"), _("Problem")])
    rest = batch.rows.filter(state__in=[BatchRow.State.BAD, BatchRow.State.REFUSED])
    rows = rest.select_related("achievement__current").order_by("line")
    for row in rows.iterator(chunk_size=AT_ONCE):
        cells = {cell["name"]: cell["text"] for cell in previewing.every_cell(row)}
        problems = " ".join(previewing.said(row))
        yield csv_line([*(cells[name] for name in importing.COLUMNS), str(row.line), problems])
