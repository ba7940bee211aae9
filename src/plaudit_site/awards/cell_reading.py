"""What a date, a language or an address in a cell was meant to be."""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from typing import Final

from babel import Locale

from plaudit_site.achievements import saying
from plaudit_site.awards.heading_words import POPULAR_DOMAINS, plain

LONGEST_DATE: Final = 100
_DATE = re.compile(r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")

# Dates


def read_date(text: str, *, day_first: bool) -> date | None:
    """2026-11-23, 23.11.2026, and 11/23/2026 or 23/11/2026 as `day_first` says. None for anything else."""
    return _date(text, day_first) if len(text) <= LONGEST_DATE else None


@lru_cache(maxsize=2_000)
def _date(text: str, day_first: bool) -> date | None:
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


def order_in(rows: list[list[str]], columns: list[int]) -> tuple[bool | None, str]:
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


# Languages

_OTHER_CODES: Final = {"no": "nb"}


@lru_cache(maxsize=1_000)
def read_language(text: str, known: frozenset[str]) -> str:
    """The code of one of the `known` languages, from its code or its name in English or itself; "" for another."""
    wanted = text.strip().lower().replace("_", "-")
    short = wanted.partition("-")[0]
    # “Deutsch (Österreich)” is German enough.
    name = plain(text.partition("(")[0])
    asked = (wanted, short, _OTHER_CODES.get(short, ""))
    return next((code for code in asked if code in known), "") or _named(name, known)


def _named(name: str, known: frozenset[str]) -> str:
    code = _languages().get(name, "")
    return code if code in known else ""


@cache
def _languages() -> dict[str, str]:
    """Names as they are compared, to codes."""
    in_english = Locale.parse("en").languages
    names = {plain(in_english[code]): code for code, _own in saying.languages()}
    names |= {plain(own): code for code, own in saying.languages()}
    return {"norwegian": "nb", "norsk": "nb"} | names


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
