"""Rendered words to the bytes of a message, with headers that cannot be forged from within.

Python's own mail classes have let a header through that nobody set (CVE-2024-6923 and its kin), and they encode
what must not be encoded (a long List-Unsubscribe, RFC 2047 §5). So they write only the three headers that hold
words, each alone: read back at once, and remembered, since thousands of mails share them. Every other line is of
plain signs; and the whole head is looked at sign by sign before it leaves.
"""

from __future__ import annotations

import re
import unicodedata
from binascii import b2a_qp
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses
from functools import lru_cache

from plaudit_site.mail.carriers import carried
from plaudit_site.mail.renderers import Rendered

SPECIALS = frozenset('@<>,;:()[]"\\')
LONGEST_NAME = 60
LONGEST_LINE = 900
PLAIN = re.compile(r"[!-~]+")
PLAIN_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*")
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,200}")
HEADER_NAME = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
HEAD = re.compile(rb"(?:[A-Za-z]+(?:-[A-Za-z]+)*: [ -~]*\r\n(?:[ \t][ -~]*\r\n)*)+")
# No quoted-printable text holds "=_", so no body can hold the line that ends a part.
BOUNDARY = "=_part"


class HeaderInjection(Exception):
    """The serialised mail would not say what we meant. Nothing was sent."""


def one_line(value: str) -> str:
    """`value` as a header may carry it: control and format signs become spaces, runs of spaces one."""
    if PLAIN_TEXT.fullmatch(value):
        return value
    cleaned = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} else c for c in value)
    return " ".join(cleaned.split())


def build(rendered: Rendered, *, message_id: str, sender_address: str, at: datetime) -> bytes:
    """The message as bytes (CRLF line ends).

    A sender's name that Python's folding would tear into an address (long, with @ and colons) loses those
    signs. Raises HeaderInjection when the mail cannot be written so that it says what was meant.
    """
    headers = [
        _from(one_line(rendered.sender_name), sender_address),
        _to(rendered.recipient),
        *([_worded("Reply-To", one_line(rendered.reply_to))] if rendered.reply_to else []),
        _worded("Subject", one_line(rendered.subject)),
        _line("Date", format_datetime(at)),
        _line("Message-ID", message_id),
        *(_line(name, value) for name, value in carried(message_id).items()),
        _line("Auto-Submitted", "auto-generated"),
        *(_line(name, value) for name, value in rendered.headers.items()),
        _line("MIME-Version", "1.0"),
        _line("Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"'),
    ]
    head = b"".join(headers)
    if not HEAD.fullmatch(head):
        raise HeaderInjection("the head of the mail holds a sign that no head may hold")
    parts = (_part("plain", rendered.text), _part("html", rendered.html))
    mark = f"--{BOUNDARY}".encode()
    return b"".join([head, *(b"\r\n%s\r\n%s" % (mark, part) for part in parts), b"\r\n", mark, b"--\r\n"])


def _line(name: str, value: str) -> bytes:
    """A header of plain signs, on one line whatever its length: such a value has no place to break it."""
    if not (HEADER_NAME.fullmatch(name) and PLAIN_TEXT.fullmatch(value) and len(value) <= LONGEST_LINE):
        raise HeaderInjection(f"{name} cannot be written")
    return f"{name}: {value}\r\n".encode("ascii")


def _to(recipient: str) -> bytes:
    if any(c.isspace() or unicodedata.category(c).startswith("C") for c in recipient):
        raise HeaderInjection("the recipient's address holds a space or control sign")
    # "=?" may begin an encoded word: that one is written, and read back, by Python.
    if PLAIN_ADDRESS.fullmatch(recipient) and "=?" not in recipient and ".." not in recipient:
        return f"To: {recipient}\r\n".encode("ascii")
    return _addressed("To", "", recipient)


@lru_cache(maxsize=1024)
def _from(name: str, address: str) -> bytes:
    try:
        return _addressed("From", name, address)
    except HeaderInjection:
        plain = "".join(" " if c in SPECIALS else c for c in name)
        return _addressed("From", one_line(plain)[:LONGEST_NAME], address)


def _addressed(header: str, name: str, address: str) -> bytes:
    local, _, domain = address.rpartition("@")
    try:
        data = _written(header, Address(name, local, domain))
        for reader in (policy.compat32, policy.default):
            read = BytesHeaderParser(policy=reader).parsebytes(data)
            if [found for _, found in getaddresses([str(read[header])])] != [address]:
                raise HeaderInjection(f"the serialised mail names somebody else in {header}")
    except ValueError as error:
        raise HeaderInjection(f"a header that cannot be written: {error}") from error
    return data


@lru_cache(maxsize=4096)
def _worded(header: str, value: str) -> bytes:
    try:
        data = _written(header, value)
        meant = EmailMessage(policy=policy.SMTP)
        meant[header] = value
        if str(BytesHeaderParser(policy=policy.default).parsebytes(data)[header]) != str(meant[header]):
            raise HeaderInjection(f"the serialised {header} is not ours")
    except ValueError as error:  # what Python's classes say to a header they cannot write or read back
        raise HeaderInjection(f"a header that cannot be written: {error}") from error
    return data


def _written(header: str, value: str | Address) -> bytes:
    """One header, by Python, read back as the modern and as the oldest reader would: that header and no other."""
    message = EmailMessage(policy=policy.SMTP)
    message[header] = value
    data = bytes(message).removesuffix(b"\r\n")
    # What just fills a line Python begins on the next one, and reads back with the blank of the fold.
    data = data.replace(f"{header}:\r\n ".encode(), f"{header}: ".encode(), 1)
    if not data.endswith(b"\r\n"):
        raise HeaderInjection(f"{header} does not end")
    for reader in (policy.compat32, policy.default):
        read = BytesHeaderParser(policy=reader).parsebytes(data + b"\r\n")
        if [name.lower() for name in read.keys()] != [header.lower()] or read.get_payload():  # noqa: SIM118 - a header twice is two keys
            raise HeaderInjection("the serialised mail has other headers than ours")
    return data


def _part(subtype: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").replace("\n", "\r\n")
    try:
        body = b2a_qp(f"{lines}\r\n".encode())
    except UnicodeEncodeError as error:
        raise HeaderInjection("the text holds half a sign") from error
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    ).encode() + body
