"""A return path of its own for each message (VERP), signed, so that a bounce says which message came back.

`bounces+<row>-<mac>@example.org`: whoever has not received that very message cannot make its return path, and
so cannot bounce another's. Case does not matter: servers change it.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings

from plaudit_site.ids import encode
from plaudit_site.mail.models import Message

TOKEN = re.compile(rb"\+(\d{1,19})-([0-9a-hjkmnp-tv-z]{26})@", re.IGNORECASE)
MOST_TOKENS = 20
# Where servers write down whom a mail was delivered to; folded lines with it.
DELIVERED_TO = re.compile(
    rb"^(?:to|delivered-to|x-original-to|x-envelope-to|envelope-to|original-recipient|x-delivered-to|apparently-to):"
    rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)


def return_path(message: Message) -> str:
    """The envelope's sender of this message; the site's own address when no bounce address is set."""
    if not settings.BOUNCE_ADDRESS:
        return str(settings.MAIL_FROM)
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{message.pk}-{_mac(message.pk)}@{domain}"


def find(header: bytes) -> int | None:
    """The row whose return path these header lines say that the mail was delivered to; forged ones count as none.

    Other lines are whatever their sender wrote, such as a subject that quotes one.
    """
    lines = b"\n".join(DELIVERED_TO.findall(header))
    for match in list(TOKEN.finditer(lines))[:MOST_TOKENS]:
        pk = int(match[1])
        if pk < 2**63 and hmac.compare_digest(_mac(pk).encode(), match[2].lower()):
            return pk
    return None


def _mac(pk: int) -> str:
    key = settings.SECRETS.derive("return paths")
    return encode(hmac.new(key, str(pk).encode(), hashlib.sha256).digest())
