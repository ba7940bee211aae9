"""Rendered words to the bytes of a message, with headers that cannot be forged from within.

Python's own mail classes have let a header through that nobody set (CVE-2024-6923 and its kin).
So a value with a line break or control sign is refused before, and the bytes are parsed back after:
exactly our headers, exactly our recipient, or nothing is sent.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses

from plaudit_site.mail.renderers import Rendered

SPECIALS = frozenset('@<>,;:()[]"\\')
LONGEST_NAME = 60


class HeaderInjection(Exception):
    """The serialised mail would not say what we meant. Nothing was sent."""


def one_line(value: str) -> str:
    """`value` as a header may carry it: control and format signs become spaces, runs of spaces one."""
    cleaned = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} else c for c in value)
    return " ".join(cleaned.split())


def build(rendered: Rendered, *, message_id: str, sender_address: str, at: datetime) -> bytes:
    """The message as bytes (CRLF line ends).

    A sender's name that Python's folding would tear into an address (long, with @ and colons) loses those
    signs. Raises HeaderInjection when parsing the bytes back still gives other headers than ours.
    """
    if any(c.isspace() or unicodedata.category(c).startswith("C") for c in rendered.recipient):
        raise HeaderInjection("the recipient's address holds a space or control sign")
    name = one_line(rendered.sender_name)
    try:
        return _proven(rendered, name, message_id, sender_address, at)
    except HeaderInjection:
        plain = "".join(" " if c in SPECIALS else c for c in name)
        return _proven(rendered, one_line(plain)[:LONGEST_NAME], message_id, sender_address, at)


def _proven(rendered: Rendered, name: str, message_id: str, sender_address: str, at: datetime) -> bytes:
    try:
        message = _message(rendered, name, message_id, sender_address, at)
        data = bytes(message)
        _prove(data, message, rendered.recipient, sender_address)
    except ValueError as error:  # what Python's classes say to a header they cannot write or read back
        raise HeaderInjection(f"a header that cannot be written: {error}") from error
    return data


def _message(
    rendered: Rendered, name: str, message_id: str, sender_address: str, at: datetime
) -> EmailMessage:
    local, _, domain = rendered.recipient.rpartition("@")
    sender_local, _, sender_domain = sender_address.rpartition("@")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(name, sender_local, sender_domain)
    message["To"] = Address("", local, domain)
    if rendered.reply_to:
        message["Reply-To"] = one_line(rendered.reply_to)
    message["Subject"] = one_line(rendered.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    for header, value in rendered.headers.items():
        message[header] = one_line(value)
    message.set_content(rendered.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", charset="utf-8", cte="quoted-printable")
    return message


def _prove(data: bytes, meant: EmailMessage, recipient: str, sender: str) -> None:
    """Parse the bytes back, both as the modern and as the oldest reader would, and compare."""
    # The header alone: its end, and so an empty line smuggled into it, is found by the parser all the same.
    for reader in (policy.compat32, policy.default):
        read = BytesHeaderParser(policy=reader).parsebytes(data)
        if sorted(name.lower() for name in read.keys()) != sorted(name.lower() for name in meant.keys()):  # noqa: SIM118 - a header twice is two keys
            raise HeaderInjection("the serialised mail has other headers than ours")
        for header, address in (("To", recipient), ("From", sender)):
            found = [found for _, found in getaddresses([str(read[header])])]
            if found != [address]:
                raise HeaderInjection(f"the serialised mail names somebody else in {header}")
    if str(read["Subject"]) != str(meant["Subject"]):
        raise HeaderInjection("the serialised subject is not ours")
