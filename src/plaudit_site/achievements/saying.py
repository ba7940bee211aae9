"""What a version says in each of its languages, how it maps to frameworks, and which results it knows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from babel import Locale
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from plaudit_site.achievements.models import Version


# Languages that a badge can be written in, whatever those of the site's own pages are.
CODES = (
    "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he",
    "hi", "hr", "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "mk", "mt", "nb", "nl", "nn", "pl", "pt", "ro", "ru",
    "sk", "sl", "sq", "sr", "sv", "sw", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip


@cache
def languages() -> tuple[tuple[str, str], ...]:
    """Code and name, each in its own language, in the order of the codes."""
    names = ((code, Locale.parse(code).get_display_name() or code) for code in CODES)
    return tuple((code, name[:1].upper() + name[1:]) for code, name in names)


class Said(NamedTuple):
    """The texts of a version in one language; `language` is empty for those that it was written in."""

    title: str
    description: str
    criteria: str
    language: str = ""


def said(version: Version, language: str) -> Said:
    """In that language or its base ("de" for "de-at"); in the version's own where there is neither."""
    for code in (language, language.partition("-")[0]):
        if code and code in version.translations:
            texts = version.translations[code]
            return Said(texts["title"], texts["description"], texts["criteria"], code)
    return Said(version.title, version.description, version.criteria)


def fault_of_result(results: Mapping[str, Any], value: str) -> str:
    """Why a result is none that the badge knows; "" when it is one, or when the badge takes any."""
    kind = results.get("kind", "")
    if kind == "words" and value not in results["values"]:
        return _("is none of the results of this badge: %(values)s.") % {
            "values": ", ".join(results["values"])
        }
    if kind == "number":
        low, high = results["low"], results["high"]
        if not (_is_number(value) and low <= float(value) <= high):
            return _("is no number from %(low)s to %(high)s.") % {"low": f"{low:g}", "high": f"{high:g}"}
    return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).removeprefix("-").isdigit()
