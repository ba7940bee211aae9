"""{% load showing %}: icons, dates, initials."""

import datetime
import json
from functools import lru_cache
from html import escape

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from plaudit_site.showing.icons import SHIELD, drawings
from plaudit_site.showing.words import as_date, day_text, reader_locale, with_territory

register = template.Library()
register.filter("day_text", day_text)
register.filter("with_territory", with_territory)


@register.simple_tag
@lru_cache(maxsize=256)  # a page has forty of them
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


@register.filter
def day(value: datetime.date | None, width: str = "medium") -> str:
    """The same in a <time> element."""
    if not value:
        return ""
    on = as_date(value)
    return SafeString(f'<time datetime="{on.isoformat()}">{escape(day_text(on, width))}</time>')


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """22 Nov 2026, 17:42:09 UTC in a <time> element: seconds, so that a second check shows."""
    if not value:
        return ""
    at = value.astimezone(datetime.UTC)
    on, time = at.date(), at.time().isoformat("seconds")
    return SafeString(f'<time datetime="{on.isoformat()}T{time}Z">{escape(day_text(on))}, {time} UTC</time>')


@register.filter
def checked(value: datetime.datetime) -> str:
    """Checked 22 Nov 2026, 17:42:09 UTC."""
    return SafeString(_("Checked %(at)s") % {"at": moment(value)})


@register.filter
def lasting(seconds: int | None) -> str:
    """5 minutes: a span of time in one unit, as people say it."""
    if seconds is None:
        return ""
    return str(format_timedelta(datetime.timedelta(seconds=max(1, seconds)), locale=reader_locale()))


@register.filter
def number(value: int | None) -> str:
    """1,000,000 as the reader's language writes it."""
    return "" if value is None else str(format_decimal(value, locale=reader_locale()))


@register.filter
def initials(value: object) -> str:
    """Two letters for the round button: of a name, or of the address where there is none."""
    text = str(value or "").strip()
    words = text.split("@")[0].replace(".", " ").split() if "@" in text else text.split()
    letters = [word[0] for word in words if word[0].isalnum()]
    chosen = letters if len(letters) < 3 else [letters[0], letters[-1]]
    return "".join(chosen).upper() or "?"


@register.simple_tag
def passkey_script(function: str, **ids: str) -> SafeString:
    """What allauth's script reads to know its buttons and fields: data, not code, so the policy allows it."""
    data = json.dumps({"ids": ids}).replace("<", "\\u003c")
    return format_html(
        '<script data-allauth-onload="{}" type="application/json">{}</script>',
        function,
        mark_safe(data),  # noqa: S308 - JSON without any "<"
    )


@register.filter
def here(url: str) -> str:
    """An address of ours as a path: what a page loads comes from the host it is shown at."""
    return url.removeprefix(settings.BASE_URL)
