"""Which requests are asked in the usual way, so that the thin path may answer them (fast.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage

ID = "[0-9a-hjkmnp-tv-z]{26}"
FILE = re.compile(rf"/c/({ID})(\.json)?")
LIST = re.compile(rf"/status/({ID})")
PAGE = re.compile(rf"/i/([-a-zA-Z0-9_]+)/c/({ID})")
CHANNEL = re.compile(r"(via=[a-z]{0,4})?")
# From somebody whom the site knows, for more or less than the whole, or with something behind it.
UNUSUAL = frozenset(
    {
        "HTTP_AUTHORIZATION",
        "HTTP_IF_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_TRANSFER_ENCODING",
    }
)
# A site at badges.college.example is also sent the cookies that the college's own site counts its visitors by.
OUR_COOKIES = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    settings.LANGUAGE_COOKIE_NAME,
    CookieStorage.cookie_name,
)
LONGEST_HEADER = 300  # of those that are negotiated with; browsers send a hundred signs


def is_quick_page(environ: Mapping[str, Any]) -> bool:
    """Whether an award's page is asked for without body or account: made in a millisecond, and nothing is written."""
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not environ.get("HTTP_AUTHORIZATION")
        and settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
        and environ.get("CONTENT_LENGTH") in (None, "", "0")
        and "HTTP_TRANSFER_ENCODING" not in environ
        and bool(PAGE.fullmatch(environ["PATH_INFO"]))
        and bool(CHANNEL.fullmatch(environ["QUERY_STRING"]))
    )


def is_usual(environ: Mapping[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and environ.get("HTTP_HOST") == settings.SITE_HOST
        and not environ.get("SCRIPT_NAME")
        and UNUSUAL.isdisjoint(environ)
        and not has_cookie_of_ours(environ)
        and environ.get("CONTENT_LENGTH") in (None, "", "0")
        and environ.get("HTTP_X_FORWARDED_PROTO", "") in ("", "http", "https")
        and len(environ.get("HTTP_ACCEPT", "")) <= LONGEST_HEADER
        and len(environ.get("HTTP_ACCEPT_LANGUAGE", "")) <= LONGEST_HEADER
        and len(environ.get("HTTP_IF_NONE_MATCH", "")) <= LONGEST_HEADER
    )


def has_cookie_of_ours(environ: Mapping[str, Any]) -> bool:
    """However the header is to be read: a name of ours anywhere in it is enough."""
    cookies = environ.get("HTTP_COOKIE", "")
    return bool(cookies) and any(name in cookies for name in OUR_COOKIES)
