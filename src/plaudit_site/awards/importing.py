"""A spreadsheet to rows and their problems, without any database: streamed, forgiving, by the file's own lines.

What a heading means is asked of the issuer's own choices first, then of words in several languages. A problem is
data (column, code, what stood there); `words` says it, and what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import BinaryIO, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.awards import spreadsheets
from plaudit_site.awards.heading_words import HEADINGS, POPULAR_DOMAINS, plain
from plaudit_site.awards.spreadsheets import FileRefused, Layout, Record
from plaudit_site.showing.words import visible

# Our columns, in the order in which the pages show them.
COLUMNS: Final = {
    "name": gettext_lazy("Name"),
    "address": gettext_lazy("E-mail address"),
    "own_id": gettext_lazy("Your own number"),
    "badge": gettext_lazy("Badge"),
    "date": gettext_lazy("Date"),
    "expires": gettext_lazy("Valid until"),
    "evidence": gettext_lazy("Evidence (link)"),
    "note": gettext_lazy("A line from you"),
    "language": gettext_lazy("Language"),
}
LONGEST: Final = {"name": 200, "address": 254, "own_id": 100, "badge": 200, "evidence": 500, "note": 1000}
LOOKED_AT: Final = 500
"""Rows that are looked at to find out how dates are written."""
KEPT_CELL: Final = 2_000
"""What of a longer cell is kept to be corrected: no column of ours takes more."""
_DATE = re.compile(r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell. A `likely` one stands when the issuer says that it is right as it is."""

    column: str
    code: str
    value: str = ""
    suggestion: str = ""
    likely: bool = False


@dataclass
class Row:
    """One line of the file: what stood in it by our columns, and what that means."""

    line: int
    given: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    badge: str = ""
    address: str = ""
    name: str = ""
    awarded_at: datetime | None = None
    expires_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True)
class Rules:
    """What rows are judged by: the badges by any word they are called, today, and how dates are written."""

    badges: Mapping[str, str]
    now: datetime
    badge: str = ""  # of rows that name none
    day_first: bool = True
    languages: frozenset[str] = frozenset({"en"})


@dataclass
class Table:
    """A file whose beginning has been looked at."""

    how: Layout
    headings: list[str]
    heading_line: int  # 0: the file has no row of headings
    first: list[str]  # the first row under the headings
    mapping: dict[int, str]  # column of the file -> our column
    # True, False, or None when the dates of the file leave it open; and such a date.
    day_first: bool | None
    date_sample: str


def look(file: BinaryIO, *, remembered: Mapping[str, str], most_bytes: int) -> Table:
    """Find out how the file is written and what its columns are. Raises FileRefused.

    `remembered` maps headings in their plain form to our columns ("" for: leave out), and goes before our words.
    """
    how = spreadsheets.layout(file)
    beginning = list(islice(spreadsheets.records(file, how, most_bytes=most_bytes), LOOKED_AT))
    if not beginning:
        raise FileRefused(_("There is no row in this file. Put the headings in the first row, people below."))
    line, headings = beginning[0]
    if any("@" in cell for cell in headings):
        first, mapping = headings, _by_content(beginning)
        headings, line = [_("Column %(number)s") % {"number": n + 1} for n in range(len(first))], 0
    else:
        first = beginning[1][1] if len(beginning) > 1 else []
        mapping = _by_headings(headings, remembered)
    rows = [cells for _line, cells in beginning[0 if line == 0 else 1 :]]
    day_first, sample = _order_of_dates(
        rows, [n for n, name in mapping.items() if name in {"date", "expires"}]
    )
    return Table(how, headings, line, first, mapping, day_first, sample)


def rows(
    file: BinaryIO, table: Table, mapping: Mapping[int, str], rules: Rules, *, most_bytes: int
) -> Iterator[Row]:
    """Every row under the headings, judged. Raises FileRefused, also in the middle of the file."""
    width = len(table.headings)
    for line, cells in spreadsheets.records(file, table.how, most_bytes=most_bytes):
        if line == table.heading_line:
            continue
        yield _row((line, cells), width, mapping, rules)


def _row(record: Record, width: int, mapping: Mapping[int, str], rules: Rules) -> Row:
    line, cells = record
    given = {name: cells[n].strip()[:KEPT_CELL] for n, name in mapping.items() if n < len(cells)}
    row = judge(line, {name: text for name, text in given.items() if text}, rules)
    if any(cell.strip() for cell in cells[width:]):
        row.problems.append(Problem("", "more cells than headings", cells[width][:80]))
    return row


def judge(line: int, given: Mapping[str, str], rules: Rules, confirmed: frozenset[str] = frozenset()) -> Row:
    """What the cells of one row mean, and what is wrong with them. `confirmed` addresses are right as they are."""
    row = Row(line, dict(given))
    say = row.problems.append
    for column, text in given.items():
        if len(text) > LONGEST.get(column, 100):
            say(Problem(column, "too long", text[:80]))
        if "\x00" in text or "\ufffd" in text:
            say(Problem(column, "unreadable sign", text.replace("\x00", "␀")[:80]))
    row.name = visible(given.get("name", ""))[:200]
    if not any(c.isalpha() for c in row.name):
        say(Problem("name", "missing" if not row.name else "no letters", row.name))
    _judge_address(row, confirmed)
    _judge_badge(row, rules)
    _judge_dates(row, rules)
    evidence = given.get("evidence", "")
    if evidence:
        try:
            _web_address(evidence)
        except ValidationError:
            say(Problem("evidence", "no link", evidence[:80]))
    row.language = given.get("language", "").lower().replace("_", "-") or "en"
    if row.language not in rules.languages:
        short = row.language.partition("-")[0]
        row.language = short if short in rules.languages else "en"
    return row


def _judge_address(row: Row, confirmed: frozenset[str]) -> None:
    text = row.given.get("address", "")
    text = text[7:] if text.lower().startswith("mailto:") else text
    if not text:
        row.problems.append(Problem("address", "missing"))
        return
    if len(text) > 300:
        return
    try:
        row.address = address_form(text)
    except AddressRefused:
        row.problems.append(Problem("address", "no address", text[:80]))
        return
    likely = likely_meant(row.address)
    if likely and row.address not in confirmed:
        row.problems.append(Problem("address", "likely another", row.address, likely, likely=True))


def _judge_badge(row: Row, rules: Rules) -> None:
    text = row.given.get("badge", "")
    row.badge = rules.badges.get(plain(text), "") if text else rules.badge
    if not row.badge:
        row.problems.append(Problem("badge", "no such badge" if text else "missing", text[:80]))


def _judge_dates(row: Row, rules: Rules) -> None:
    start, end = row.given.get("date", ""), row.given.get("expires", "")
    if start:
        day = read_date(start, day_first=rules.day_first)
        if day is None:
            row.problems.append(Problem("date", "no date", start[:80]))
        elif day > (rules.now + timedelta(days=1)).date():
            row.problems.append(Problem("date", "in the future", start[:80]))
        else:
            row.awarded_at = min(datetime.combine(day, time(), UTC), rules.now)
    if end:
        day = read_date(end, day_first=rules.day_first)
        if day is None:
            row.problems.append(Problem("expires", "no date", end[:80]))
        elif day <= (row.awarded_at or rules.now).date():
            row.problems.append(Problem("expires", "ends before it begins", end[:80]))
        else:
            row.expires_at = datetime.combine(day, time(23, 59, 59), UTC)


def words(problem: Problem) -> str:
    """The problem in a sentence, with what to do."""
    said = {
        "missing": _("is missing: fill it in."),
        "no letters": _("has no letters that people can see."),
        "no address": _("is not a complete e-mail address, like name@example.org."),
        "likely another": _("looks like a typing error for %(suggestion)s: take that, or leave it as it is."),
        "no such badge": _("is none of your published badges: write its title as on the badges page."),
        "no date": _("is not a date: write it like 2026-11-23."),
        "in the future": _("is in the future: awards are dated today or earlier."),
        "ends before it begins": _("is not later than the date of the award."),
        "no link": _("is not a web address, like https://example.org/work."),
        "too long": _("is too long."),
        "unreadable sign": _("holds a sign that can’t be read: type it again."),
        "more cells than headings": _(
            "stands in a cell without heading: is a comma or semicolon not quoted?"
        ),
        "not yet": _(
            "can’t be awarded to: until this issuer is approved it awards to your own addresses only."
        ),
    }
    return said[problem.code] % {"suggestion": problem.suggestion}


# Headings


def _by_headings(headings: list[str], remembered: Mapping[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        key = plain(heading)
        column = remembered[key] if key in remembered else HEADINGS.get(key, "")
        if column and column not in found.values():
            found[n] = column
    return found


def _by_content(beginning: list[Record]) -> dict[int, str]:
    """A file without headings: the column with addresses, and beside it one with words."""
    cells = beginning[0][1]
    address = next(n for n, cell in enumerate(cells) if "@" in cell)
    name = next((n for n, cell in enumerate(cells) if n != address and re.search(r"[^\W\d_]", cell)), None)
    return {address: "address"} | ({} if name is None else {name: "name"})


# Dates


def read_date(text: str, *, day_first: bool) -> date | None:
    """2026-11-23, 23.11.2026, and 11/23/2026 or 23/11/2026 as `day_first` says. None for anything else."""
    try:
        if match := _ISO.fullmatch(text.strip()):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DATE.fullmatch(text.strip()):
            one, two, three = (int(part) for part in match.groups())
            if len(match[1]) == 4:
                return date(one, two, three)
            year = three + 2000 if len(match[3]) == 2 else three
            day_first = day_first or "." in text
            if year < 1900:
                return None
            return date(year, two, one) if day_first else date(year, one, two)
    except ValueError:
        pass
    return None


def _order_of_dates(rows: list[list[str]], columns: list[int]) -> tuple[bool | None, str]:
    """Whether the day stands before the month; None when every date could be read both ways."""
    sample = ""
    for cells in rows:
        for n in columns:
            match = _DATE.fullmatch(cells[n].strip()) if n < len(cells) else None
            if match is None or len(match[1]) == 4 or "." in cells[n]:
                continue
            sample = sample or cells[n].strip()
            if int(match[1]) > 12 >= int(match[2]):
                return True, cells[n].strip()
            if int(match[2]) > 12 >= int(match[1]):
                return False, cells[n].strip()
    return None, sample


# Typing errors


def likely_meant(address: str) -> str:
    """The address that was likely meant: one letter beside a domain that very many people have. Else ""."""
    local, _at, domain = address.rpartition("@")
    meant = _domain_meant(domain)
    return f"{local}@{meant}" if meant else ""


@lru_cache(maxsize=10_000)
def _domain_meant(domain: str) -> str:
    if domain in POPULAR_DOMAINS:
        return ""
    return next((known for known in POPULAR_DOMAINS if _one_slip_apart(domain, known)), "")


def _one_slip_apart(a: str, b: str) -> bool:
    """One letter more, less, other, or two neighbours exchanged."""
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 6:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    if len(a) == len(b):
        return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    return rest_a[1:] == rest_b if len(a) > len(b) else rest_a == rest_b[1:]
