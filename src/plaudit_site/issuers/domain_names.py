"""Names of hosts as issuers type them, and what one look at a stranger's host may cost."""

from __future__ import annotations

import re
from ipaddress import ip_address

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit import FetchError
from plaudit.fetch import Limits

LABEL = "_plaudit"
LIMITS = Limits(seconds=8, bytes=64 * 1024, redirects=2)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


def reason_of(error: FetchError) -> str:
    """Why nothing came, without the exception that stands in brackets for those who read logs."""
    return error.reason.partition(" (")[0][:120]


class DomainRefused(ValueError):
    """Not a name that can be proven; the text is for a person."""


def domain_form(typed: str) -> str:
    """The name meant by “example.org” or “https://www.example.org/about”, as the wire has it. Raises DomainRefused."""
    name = re.sub(r"^[a-z][a-z0-9+.-]*://", "", typed.strip().lower()).partition("/")[0].rstrip(".")
    name = name.rpartition("@")[2].partition(":")[0].removeprefix("www.")
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        raise DomainRefused(_("That is no web address.")) from None
    if not _NAME.fullmatch(name) or len(name) > 253 - len(LABEL) - 1 or _is_address(name):
        raise DomainRefused(_("Write the name alone, like example.org."))
    ours = settings.SITE_HOST.partition(":")[0]
    if name == ours or name.endswith(f".{ours}"):
        raise DomainRefused(_("That is the address of this site. Name your organisation’s own."))
    return name


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False
