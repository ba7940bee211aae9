"""A spreadsheet to rows and their problems, without any database: streamed, forgiving, by the file's own lines.

What a heading means is asked of the issuer's own choices first, then of words in several languages. A problem is
data (column, code, what stood there); `words` says it, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.achievements.saying import fault_of_result
from plaudit_site.awards import spreadsheets
from plaudit_site.awards.cell_reading import likely_meant, order_in, read_date, read_language
from plaudit_site.awards.heading_reading import by_content, by_headings
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.name_joining import other_half, whole_name
from plaudit_site.awards.spreadsheets import FileRefused, Layout, Record
from plaudit_site.issuers.registering import key_of
from plaudit_site.showing.words import visible

# Our columns, in the order in which the pages show them.
COLUMNS: Final = {
    "name": gettext_lazy("Name"),
    "given_name": gettext_lazy("First name"),
    "family_name": gettext_lazy("Last name"),
    "address": gettext_lazy("E-mail address"),
    "own_id": gettext_lazy("Your own number"),
    "badge": gettext_lazy("Badge"),
    "date": gettext_lazy("Date"),
    "expires": gettext_lazy("Valid until"),
    "evidence": gettext_lazy("Evidence (link)"),
    "note": gettext_lazy("A line from you"),
    "result": gettext_lazy("Result"),
    "language": gettext_lazy("Language"),
}
LONGEST: Final = {"name": 200, "address": 254, "own_id": 100, "badge": 200, "evidence": 500, "note": 1000}
LOOKED_AT: Final = 500
"""Rows that are looked at to find out how dates are written."""
KEPT_CELL: Final = 2_000
"""What of a longer cell is kept to be corrected: no column of ours takes more."""
EARLIEST_YEAR: Final = 1900
"""Of an award or its end: a year before is one that was cut short, like 0026."""
ASKED_AT_ONCE: Final = 1_000
"""Ids that the register is asked for in one go."""
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
    result: str = ""
    by_id: bool = False  # the address is the register's


@dataclass(frozen=True)
class Known:
    """Somebody in the issuer's register."""

    name: str
    address: str


Register = Callable[[Sequence[str]], Mapping[str, Known]]
"""Ids to those of them that are in the register, by `registering.key_of`; asked for many rows at once."""


@dataclass(frozen=True)
class Rules:
    """What rows are judged by: the badges by any word they are called, today, and how dates are written."""

    badges: Mapping[str, str]
    now: datetime
    badge: str = ""  # of rows that name none
    day_first: bool = True
    languages: frozenset[str] = frozenset({"en"})
    people: Mapping[str, Known] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by badge: what it takes


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


def look(
    file: BinaryIO,
    *,
    remembered: Mapping[str, str],
    most_bytes: int,
    mapping: Mapping[int, str] | None = None,
    day_first: bool | None = None,
) -> Table:
    """Find out how the file is written and what its columns are. Raises FileRefused.

    `remembered` maps headings in their plain form to our columns ("" for: leave out), and goes before our words.
    A `mapping` that is known goes before both; then the first row holds headings, whatever stands in it.
    """
    how = spreadsheets.layout(file)
    beginning = list(islice(spreadsheets.records(file, how, most_bytes=most_bytes), LOOKED_AT))
    if not beginning:
        raise FileRefused(_("There is no row in this file. Put the headings in the first row, people below."))
    line, headings = beginning[0]
    if mapping is None and any("@" in cell for cell in headings):
        first, found = headings, by_content(beginning)
        headings, line = [_("Column %(number)s") % {"number": n + 1} for n in range(len(first))], 0
    else:
        first = beginning[1][1] if len(beginning) > 1 else []
        found = dict(mapping) if mapping is not None else by_headings(headings, remembered, our_headings())
    rows = [cells for _line, cells in beginning[0 if line == 0 else 1 :]]
    if mapping is None and line:
        found = other_half(found, headings, rows)
    order, sample = order_in(rows, date_columns(found))
    return Table(how, headings, line, first, found, order if day_first is None else day_first, sample)


def our_headings() -> dict[str, str]:
    """What we write above the columns of a list that is downloaded, corrected and uploaded again."""
    return {plain(str(label)): name for name, label in COLUMNS.items()}


def date_columns(mapping: Mapping[int, str]) -> list[int]:
    return sorted(n for n, name in mapping.items() if name in {"date", "expires"})


def order_of_dates(
    file: BinaryIO, table: Table, mapping: Mapping[int, str], *, most_bytes: int
) -> tuple[bool | None, str]:
    """How the dates in these columns are written, and one of them: what `look` finds out. Raises FileRefused."""
    beginning = islice(spreadsheets.records(file, table.how, most_bytes=most_bytes), LOOKED_AT)
    rows = [cells for line, cells in beginning if line != table.heading_line]
    return order_in(rows, date_columns(mapping))


def rows(
    file: BinaryIO,
    table: Table,
    mapping: Mapping[int, str],
    rules: Rules,
    *,
    most_bytes: int,
    register: Register | None = None,
) -> Iterator[Row]:
    """Every row under the headings, judged. Raises FileRefused, also in the middle of the file."""
    width = len(table.headings)
    records = (
        record
        for record in spreadsheets.records(file, table.how, most_bytes=most_bytes)
        if record[0] != table.heading_line
    )
    ids = next((n for n, name in mapping.items() if name == "own_id"), None)
    if register is None or ids is None:
        for record in records:
            yield _row(record, width, mapping, rules)
        return
    while some := list(islice(records, ASKED_AT_ONCE)):
        people = register([cells[ids] for _line, cells in some if ids < len(cells) and cells[ids].strip()])
        for record in some:
            yield _row(record, width, mapping, replace(rules, people=people))


def _row(record: Record, width: int, mapping: Mapping[int, str], rules: Rules) -> Row:
    line, cells = record
    given = {
        name: text
        for n, name in mapping.items()
        if n < len(cells) and (text := spreadsheets.as_it_was(cells[n].strip())[:KEPT_CELL])
    }
    row = judge(line, given, rules)
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
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
    known = _judge_id(row, rules, confirmed)
    _judge_name(row, known)
    if not row.by_id:
        _judge_address(row, confirmed)
    _judge_badge(row, rules)
    _judge_dates(row, rules)
    evidence = given.get("evidence", "")
    if evidence:
        try:
            _web_address(evidence)
        except ValidationError:
            say(Problem("evidence", "no link", evidence[:80]))
    row.result = visible(given.get("result", ""))[:100]
    if given.get("result") and not row.result:
        say(Problem("result", "unreadable sign", given["result"][:80]))
    elif row.result and (fault := fault_of_result(rules.results.get(row.badge, {}), row.result)):
        say(Problem("result", "no such result", row.result[:80], fault))
    language = given.get("language", "")
    known_language = read_language(language[:40], rules.languages)
    row.language = known_language or "en"
    if language and not known_language:
        say(Problem("language", "no such language", language[:80]))
    return row


def _judge_name(row: Row, known: Known | None) -> None:
    """Half a name is signed for nobody: the register's stands for it, else the row says so."""
    name, is_half = whole_name(row.given)
    if known and (is_half or not name):
        name, is_half = known.name, False
    row.name = visible(name)[:200]
    if row.by_id and known is None:
        return
    if not any(c.isalpha() for c in row.name):
        row.problems.append(Problem("name", "missing" if not row.name else "no letters", row.name))
    elif is_half:
        row.problems.append(Problem("name", "half a name", row.name[:80]))
    elif len(name) > LONGEST["name"] and not row.given.get("name"):
        row.problems.append(Problem("name", "too long", row.name[:80]))


def _judge_id(row: Row, rules: Rules, confirmed: frozenset[str]) -> Known | None:
    """Whom the id of a row means: it stands for the address, and for the name where none is given."""
    own_id, address = row.given.get("own_id", ""), row.given.get("address", "")
    known = rules.people.get(key_of(own_id)) if own_id else None
    if known is None:
        if own_id and not address:
            row.by_id = True
            row.problems.append(Problem("own_id", "nobody known", own_id[:80]))
        return None
    if not address:
        row.by_id, row.address = True, known.address
        return known
    try:
        given = address_form(address)
    except AddressRefused:
        return known  # said with the address
    if given != known.address and given not in confirmed:
        row.problems.append(Problem("address", "the register has another", given, known.address, likely=True))
    return known


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
        code = "no address" if text.rpartition("@")[0].isascii() else "letters beyond a to z"
        row.problems.append(Problem("address", code, text[:80]))
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
        elif day.year < EARLIEST_YEAR:
            row.problems.append(Problem("date", "too early", start[:80]))
        elif day > (rules.now + timedelta(days=1)).date():
            row.problems.append(Problem("date", "in the future", start[:80]))
        else:
            row.awarded_at = min(datetime.combine(day, time(), UTC), rules.now)
    if end:
        day = read_date(end, day_first=rules.day_first)
        if day is None:
            row.problems.append(Problem("expires", "no date", end[:80]))
        elif day.year < EARLIEST_YEAR:
            row.problems.append(Problem("expires", "too early", end[:80]))
        elif day <= (row.awarded_at or rules.now).date():
            row.problems.append(Problem("expires", "ends before it begins", end[:80]))
        else:
            row.expires_at = datetime.combine(day, time(23, 59, 59), UTC)


def words(problem: Problem) -> str:
    """The problem in a sentence, with what to do."""
    said = {
        "missing": _("is missing: fill it in."),
        "half a name": _("is half of a name: write the whole one under “Name”, even if it is this alone."),
        "no letters": _("has no letters that people can see: write the name as it is read."),
        "no address": _("is not a complete e-mail address: write it like name@example.org."),
        "letters beyond a to z": _(
            "has letters before the @ that this site can’t send mail to: it takes a to z, digits and signs there. "
            "Write another address of this person."
        ),
        "likely another": _("looks like a typing error for %(suggestion)s: take that, or leave it as it is."),
        "the register has another": _(
            "is not the one in your register, %(suggestion)s: take that, or leave it as it is."
        ),
        "nobody known": _("is nobody’s in your register: add the person there, or write an address here."),
        "no such result": "%(suggestion)s",
        "no such badge": _("is none of your published badges: write its title as on the badges page."),
        "no such language": _(
            "is no language that is known here: write it like de or German, or leave it empty."
        ),
        "no date": _("is not a date: write it like 2026-11-23."),
        "too early": _("is before the year 1900: write the whole year, like 2026-11-23."),
        "in the future": _("is in the future: awards are dated today or earlier."),
        "ends before it begins": _(
            "is not later than the date of the award: write a later day, or leave it empty."
        ),
        "no link": _("is not a web address: write it like https://example.org/work."),
        "too long": _("is too long: shorten it."),
        "unreadable sign": _("holds a sign that can’t be read: type it again."),
        "more cells than headings": _(
            "stands in a cell without heading: is a comma or semicolon not quoted?"
        ),
        "not yet": _(
            "can’t be awarded to: until this issuer is approved it awards to your own addresses only."
        ),
    }
    return said[problem.code] % {"suggestion": problem.suggestion}
