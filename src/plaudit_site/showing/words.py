"""Dates as the reader's language writes them, as plain text."""

from __future__ import annotations

import datetime
import unicodedata
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language

from plaudit_site.showing.once import words_once


def reader_locale() -> Locale:
    """The reader's locale for dates; plain English reads as 14 Nov 2026, which nobody takes for May."""
    return _locale((get_language() or "en").replace("-", "_"))


@lru_cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse("en_GB" if language == "en" else language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


@lru_cache
def with_territory(language: str) -> str:
    """de_DE: a language with the land where most read it, as previews on other sites want it."""
    locale = _locale(language.replace("-", "_"))
    if not locale.territory:
        likely = get_global("likely_subtags")
        known = likely.get(f"{locale.language}_{locale.script}") or likely.get(locale.language)
        locale = Locale.parse(known) if known else locale
    return "_".join(part for part in (locale.language, locale.territory) if part)


def as_date(value: datetime.date) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def day_text(value: datetime.date | None, width: str = "medium") -> str:
    """14 Nov 2026 (or with "long" 14 November 2026), for titles, mails and pictures."""
    return "" if not value else _day(as_date(value), width)


def ago_text(then: datetime.datetime, now: datetime.datetime) -> str:
    """“3 hours”, in the reader's language: how long before `now` that was, to be followed by “ago”."""
    return timesince(then, max(now, then + datetime.timedelta(minutes=1)), depth=1).replace("\xa0", " ")


@words_once
def _day(value: datetime.date, width: str) -> str:
    return str(format_date(value, width, locale=reader_locale()))


def visible(line: str) -> str:
    """`line` without signs that nobody sees and that turn or hide what stands beside them; one space between words.

    The two joiners stay: Persian, Hindi and family emoji are written with them.
    """
    if line.isprintable():  # as nearly all are: none of those signs is
        return " ".join(line.split())
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in line
        if unicodedata.category(c) not in {"Cf", "Cs", "Co"} or c in "\u200c\u200d"
    )
    return " ".join(kept.split())
