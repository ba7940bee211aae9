"""What the pages say about staged rows: problems in words, cells to correct, the very mail of a row."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plaudit_site.awards import cell_reading, heading_reading, importing, mails, name_joining, reaching
from plaudit_site.awards.awarding import left_today
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.importing import Problem
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.sharing import picture_url
from plaudit_site.awards.spreadsheets import column_letter
from plaudit_site.showing.words import day_text


def said(row: BatchRow) -> list[str]:
    """Each problem of the row in a sentence."""
    found = []
    for problem in row.problems:
        code = problem["code"]
        if code in _OF_THE_ROW:
            day = day_text(datetime.fromisoformat(problem["at"])) if "at" in problem else ""
            found.append(_OF_THE_ROW[code]() % {"line": problem.get("line", ""), "day": day})
            continue
        told = Problem(**problem)
        what = f"“{told.value}” {importing.words(told)}" if told.value else importing.words(told)
        where = _where(row.batch, told.column)
        found.append(what if not where else f"{where}: {what}" if told.value else f"{where} {what}")
    return found


def _where(batch: Batch, column: str) -> str:
    """Which column of the file it is, as it is headed and lettered there; ours where the file has none for it."""
    ours = str(importing.COLUMNS.get(column, ""))
    number = next((int(n) for n, name in batch.mapping.items() if name == column), None)
    headings = batch.layout.get("headings", [])
    if (
        not ours or number is None or headings == list(importing.COLUMNS)
    ):  # rows that came as JSON have no letters
        return ours
    heading = headings[number] if batch.layout.get("heading_line") and number < len(headings) else ""
    letter = column_letter(number)
    if plain(heading) in {"", plain(ours)}:
        return _("%(name)s (column %(letter)s)") % {"name": ours, "letter": letter}
    return _("“%(name)s” (column %(letter)s)") % {"name": heading, "letter": letter}


_OF_THE_ROW = {
    "awarded before": lambda: _("Was awarded this badge before."),
    "renews": lambda: _("Renews the badge of %(day)s."),
    "a later one": lambda: _("Has this badge with a later date, %(day)s, already."),
    "in the file before": lambda: _("Stands in line %(line)s too; once is enough."),
    "not published": lambda: _("The badge is not published any more."),
    "ends before it begins": lambda: _("It would end before it begins: check the dates."),
    "result not taken": lambda: _("The badge takes other results now: see its page."),
    "nobody known": lambda: _("Was taken off your register, so there is no address to award to."),
    "not yet": lambda: _("Until this issuer is approved it awards to your own addresses only."),
}


def cells_to_correct(row: BatchRow) -> list[dict[str, Any]]:
    """The cells that have a problem, with what is proposed; for a form beside the row."""
    if row.state != BatchRow.State.BAD:
        return []
    wanted = {problem["column"]: problem for problem in row.problems if problem.get("column")}
    return [
        {
            "name": name,
            "label": importing.COLUMNS[name],
            "text": (problem.get("likely") and problem.get("suggestion"))
            or row.given.get(name, "")
            or (row.name if problem.get("code") == "half a name" else ""),
            "likely": problem.get("likely"),
            "was": row.given.get(name, ""),
        }
        for name, problem in wanted.items()
    ]


def every_cell(row: BatchRow) -> list[dict[str, Any]]:
    """All cells of the row: as they stood in the file, or as they were understood."""
    known = {
        "name": row.name,  # joined, where it stood in two columns
        "address": row.address,
        "own_id": row.own_id,
        "badge": row.achievement.current.title if row.achievement and row.achievement.current else "",
        "date": row.awarded_at.date().isoformat() if row.awarded_at else "",
        "expires": row.expires_at.date().isoformat() if row.expires_at else "",
        "evidence": row.evidence_url,
        "note": row.note,
        "result": row.result,
        "language": row.language,
    }
    cells = row.given if row.given else known
    return [
        {"name": name, "label": label, "text": cells.get(name, "")}
        for name, label in importing.COLUMNS.items()
    ]


def mail(batch: Batch, row: BatchRow) -> dict[str, Any] | None:
    """The very mail that this person would get, and its badge; None while the row has problems.

    That of a row that is left out, or there already, does not go out: `said` why, in a sentence.
    """
    version = row.achievement.current if row.achievement else None
    if version is None or not row.address or any("column" in problem for problem in row.problems):
        return None
    award = Award(
        issuer=batch.issuer,
        version=version,
        address=row.address,
        name=row.name,
        note=row.note,
        language=row.language,
        awarded_at=row.awarded_at or timezone.now(),
    )
    why_not = _UNSENT.get(BatchRow.State(row.state))
    return {
        "rendered": mails.shown_before(award),
        "picture": picture_url(version),
        "title": award.title,
        "goes_out": why_not is None,
        "said": why_not() if why_not else "",
    }


_UNSENT = {
    BatchRow.State.TWICE: lambda: _(
        "This mail is not sent: the badge is there already, or comes with another row."
    ),
    BatchRow.State.LEFT: lambda: _("This mail is not sent: the row is left out."),
    BatchRow.State.REFUSED: lambda: _("This mail was not sent: the row was not awarded."),
}


def is_missing(row: BatchRow) -> list[str]:
    """What has to be mended before there is a mail: our names of the cells that are wrong."""
    if row.state != BatchRow.State.BAD:
        return []
    wrong = dict.fromkeys(problem.get("column", "") for problem in row.problems)
    return [str(importing.COLUMNS[column]) for column in wrong if column in importing.COLUMNS]


def columns(batch: Batch) -> list[dict[str, Any]]:
    """Each heading of the file, a sample, and which column of ours it is taken for."""
    first = batch.layout.get("first", [])
    return [
        {
            "number": n,
            "heading": heading,
            "sample": first[n] if n < len(first) else "",
            "column": batch.mapping.get(str(n), ""),
        }
        for n, heading in enumerate(batch.layout.get("headings", []))
        if n < MOST_SHOWN or str(n) in batch.mapping
    ]


MOST_SHOWN = 60


def lacks(batch: Batch) -> list[str]:
    """Columns without which no row can be awarded."""
    mapped = set(batch.mapping.values())
    wanted = [half for half in name_joining.HALVES if half not in mapped]
    if "name" in mapped:
        wanted = []
    elif len(wanted) == len(name_joining.HALVES):
        wanted = ["name"]
    if "address" not in mapped:
        wanted.append("address")
    return [str(importing.COLUMNS[name]) for name in wanted]


def warnings(batch: Batch) -> list[str]:
    """What to know of the whole list before it is started, in sentences."""
    return [*_more_than_a_day(batch), *_beyond_reach(batch), *_unused_columns(batch)]


def takes_days(batch: Batch) -> int:
    """In so many days the last of a new issuer's list is awarded; 0 where all of it may be awarded today."""
    left = left_today(batch.issuer) if batch.state == Batch.State.CHECKED else None
    if left is None:
        return 0
    return math.ceil(max(0, Progress(batch).rows["ready"] - left) / max(1, settings.NEW_ISSUER_DAILY_MAILS))


def _more_than_a_day(batch: Batch) -> list[str]:
    days = takes_days(batch)
    if not days:
        return []
    said = ngettext(
        "A new issuer can award %(number)s times a day. What of this list may not be awarded today follows by itself "
        "within a day.",
        "A new issuer can award %(number)s times a day. What of this list may not be awarded today follows by itself, "
        "the last in about %(days)s days.",
        days,
    )
    return [said % {"number": f"{settings.NEW_ISSUER_DAILY_MAILS:,}", "days": f"{days:,}"}]


def _beyond_reach(batch: Batch) -> list[str]:
    """They are awarded all the same. Of a very long list it is not asked."""
    if batch.state != Batch.State.CHECKED:
        return []
    ready = batch.rows.filter(state=BatchRow.State.READY).order_by()
    addresses = ready.values_list("address", flat=True).iterator()
    number = reaching.number_beyond(batch.issuer, addresses, only_known=True)
    if not number:
        return []
    said = ngettext(
        "%(number)s person of this list takes no mail: the address came back before, or they want none from you. Their "
        "badge waits for them all the same.",
        "%(number)s people of this list take no mail: their addresses came back before, or they want none from you. "
        "Their badges wait for them all the same.",
        number,
    )
    return [said % {"number": f"{number:,}"}]


def _unused_columns(batch: Batch) -> list[str]:
    """Columns that are left out, or names of which half is."""
    headings, first = batch.layout.get("headings", []), batch.layout.get("first", [])
    mapping = {int(n): column for n, column in batch.mapping.items()}
    if not batch.layout.get("heading_line") or headings == list(importing.COLUMNS):
        return []
    name = next((headings[n] for n, column in mapping.items() if column == "name" and n < len(headings)), "")
    halves = name_joining.unused_halves(mapping, headings, first)
    seconds = heading_reading.second_ones(mapping, headings, importing.our_headings())
    return [
        _(
            "“%(half)s” is not used: each name is what stands under “%(name)s” alone. If that is half of it, "
            "say which column is the first name and which the last."
        )
        % {"half": headings[n], "name": name}
        for n in halves
    ] + [
        _(
            "“%(second)s” (column %(letter)s) is not used: “%(name)s” is taken from “%(first)s” (column "
            "%(first_letter)s). If it should be the other one, say so under “Columns, dates and badge”."
        )
        % {
            "second": headings[second],
            "letter": column_letter(second),
            "name": importing.COLUMNS[mapping[used]],
            "first": headings[used],
            "first_letter": column_letter(used),
        }
        for second, used in seconds.items()
        if second not in halves
    ]


def dates(batch: Batch) -> dict[str, Any] | None:
    """A date of the file and how it is read, in words; None when there is nothing to mistake."""
    sample = batch.layout.get("date_sample", "")
    if not sample or not {"date", "expires"} & set(batch.mapping.values()):
        return None

    def shown(day_first: bool) -> str:
        read: date | None = cell_reading.read_date(sample, day_first=day_first)
        return day_text(read, "long") if read else ""

    return {
        "sample": sample,
        "open": batch.layout.get("open_dates", False),
        "now": shown(batch.day_first),
        "day": shown(True),
        "month": shown(False),
    }
