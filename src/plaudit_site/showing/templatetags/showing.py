"""{% load showing %}: icons, dates, initials."""

import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plaudit_site.showing.icons import SHIELD, drawings

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """The drawing alone: it says nothing to a screen reader, so a word stands beside it."""
    inside = mark_safe(drawings()[name])  # noqa: S308 - our own file
    return format_html(
        '<svg class="i{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', f" {css}" if css else "", inside
    )


@register.simple_tag
def shield(css: str = "") -> SafeString:
    """The T on the shield. With no class it has the name “Trusted issuer”; small-shield is decoration."""
    inside = mark_safe(SHIELD)  # noqa: S308 - a constant
    if "small-shield" in css:
        return format_html(
            '<svg class="shield {}" viewBox="0 0 30 34" aria-hidden="true">{}</svg>', css, inside
        )
    name = _("Trusted issuer")
    return format_html(
        '<svg class="shield" viewBox="0 0 30 34" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        name,
        name,
        inside,
    )


def reader_locale() -> Locale:
    """The reader's locale for dates; plain English reads as 14 Nov 2026, which nobody takes for May."""
    language = (get_language() or "en").replace("-", "_")
    try:
        return Locale.parse("en_GB" if language == "en" else language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def as_date(value: datetime.date) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


@register.filter
def day_text(value: datetime.date | None, width: str = "medium") -> str:
    """14 Nov 2026 (or with "long" 14 November 2026), for titles, mails and pictures."""
    return "" if not value else str(format_date(as_date(value), width, locale=reader_locale()))


@register.filter
def day(value: datetime.date | None, width: str = "medium") -> str:
    """The same in a <time> element."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', as_date(value).isoformat(), day_text(value, width))


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """22 Nov 2026, 17:42:09 UTC in a <time> element: seconds, so that a second check shows."""
    if not value:
        return ""
    at = value.astimezone(datetime.UTC)
    shown = f"{format_date(at.date(), 'medium', locale=reader_locale())}, " + format_datetime(
        at, "HH:mm:ss", locale=reader_locale()
    )
    return format_html('<time datetime="{}">{} UTC</time>', at.strftime("%Y-%m-%dT%H:%M:%SZ"), shown)


@register.filter
def initials(value: object) -> str:
    """Two letters for the round button: of a name, or of the address where there is none."""
    text = str(value or "").strip()
    words = text.split("@")[0].replace(".", " ").split() if "@" in text else text.split()
    letters = [word[0] for word in words if word[0].isalnum()]
    chosen = letters if len(letters) < 3 else [letters[0], letters[-1]]
    return "".join(chosen).upper() or "?"
