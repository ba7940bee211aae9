"""A sender's own words for a mail: plain text with three places to fill, and nothing else that could mean anything.

Each kind of mail has words for every language, and may have others for one: a mail in that language (or one of its
lands: "de-at") takes those, every other the former.

Text is replaced once, never compiled: what stands in a name or a title is not looked at again. Words that are no
longer in order (an older row, a restored one) are as if there were none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plaudit_site.mail.building import one_line
from plaudit_site.mail.models import OwnWords

PLACES = ("name", "badge", "issuer")
PLACE = re.compile(rf"\{{\{{ ?({'|'.join(PLACES)}) ?\}}\}}")
TAG = re.compile(r"<\s*[a-zA-Z/!?]")
LONGEST_SUBJECT = 120
LONGEST_TEXT = 2000
LONGEST_FILLED_SUBJECT = 200


class WordsRefused(Exception):
    """These words cannot stand in a mail; the text says why."""


def checked(text: str, *, subject: bool = False) -> str:
    """The words as they are stored. Raises WordsRefused."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > (LONGEST_SUBJECT if subject else LONGEST_TEXT):
        raise WordsRefused(_("This is too long."))
    if any(_is_invisible(c) for c in text if subject or c not in "\n\t"):
        raise WordsRefused(
            _("A subject is one line.")
            if subject and "\n" in text
            else _("There is a sign that nobody sees.")
        )
    if re.search(r"[{}]", PLACE.sub("", text)):
        places = ", ".join("{{ " + place + " }}" for place in PLACES)
        raise WordsRefused(_("Braces are for these places alone: %(places)s.") % {"places": places})
    if TAG.search(text):
        raise WordsRefused(_("Plain text, please: tags such as <b> would be shown as they are."))
    return text


def _is_invisible(sign: str) -> bool:
    # The two joiners stay: Persian, Hindi and family emoji are written with them.
    return unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"} and sign not in "\u200c\u200d"


def fill(text: str, values: Mapping[str, str]) -> str:
    return PLACE.sub(lambda found: values[found[1]], text)


def save(scope: str, kind: str, *, subject: str, text: str, language: str = "") -> None:
    """Use these words from the next mail on; empty ones mean ours, or those for every language.

    Raises WordsRefused.
    """
    subject, text = checked(subject, subject=True), checked(text)
    place: dict[str, Any] = {"scope": scope, "kind": kind, "language": language}
    with transaction.atomic():
        if not subject and not text:
            OwnWords.objects.filter(**place).delete()
            return
        OwnWords.objects.update_or_create(**place, defaults={"subject": subject, "text": text})


def of(scope: str, kind: str, language: str = "") -> tuple[str, str]:
    """Subject and text with their places still open for a mail in this language; "" where ours are to be used."""
    nearest = [language, language.partition("-")[0], ""]
    found = OwnWords.objects.filter(scope=scope, kind=kind, language__in=nearest)
    rows = {row.language: row for row in found}
    return next((words for one in nearest if one in rows and any(words := _in_order(rows[one]))), ("", ""))


def exactly(scope: str, kind: str, language: str) -> tuple[str, str]:
    """The words for this very language, to be changed; "" where there are none."""
    row = OwnWords.objects.filter(scope=scope, kind=kind, language=language).first()
    return _in_order(row) if row else ("", "")


def _in_order(row: OwnWords) -> tuple[str, str]:
    try:
        return checked(row.subject, subject=True), checked(row.text)
    except WordsRefused:
        return "", ""


def worded(scope: str) -> dict[str, list[str]]:
    """For which languages each kind of mail has words; "" is every other one."""
    found: dict[str, list[str]] = {}
    rows = OwnWords.objects.filter(scope=scope).order_by("kind", "language")
    for kind, language in rows.values_list("kind", "language"):
        found.setdefault(kind, []).append(language)
    return found


def paragraphs(text: str) -> list[str]:
    return [part for part in text.split("\n\n") if part.strip()]


def filled(words: tuple[str, str], values: Mapping[str, str]) -> tuple[str, str]:
    """Both with their places filled; the subject stays one line whatever the values hold."""
    subject, text = words
    return one_line(fill(subject, values))[:LONGEST_FILLED_SUBJECT], fill(text, values)
