"""Bounces from a maildir: which of our messages came back, and why.

A bounce is found by its return path alone (return_paths.py); nothing else in it is believed but the reason, so
that a forged one changes nothing and a genuine one says nothing about anybody but its own recipient. Only the
beginning of a mail is read, line by line, by no parser that a hostile mail could exhaust. Reading the same one
twice changes nothing. One that is quicker than the note of its mail's hand-over stays where it is, for the next round.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from plaudit_site.mail import following, reasons, return_paths, suppressing
from plaudit_site.mail.following import Fate
from plaudit_site.mail.models import Message, State

MOST_BYTES = 256 * 1024
MOST_HEADER = 64 * 1024
MOST_TEXT = 16 * 1024
LONGEST_REASON = 300
EARLY_SECONDS = 15 * 60
"""As long as a bounce waits for its mail to be noted as sent: longer than the lease of a worker that died over it."""

REPORT = re.compile(rb"^content-type:[ \t]*message/(?:global-)?delivery-status", re.IGNORECASE | re.MULTILINE)
FIELD = re.compile(
    rb"^(action|status|diagnostic-code):[ \t]*([^\r\n]{0,500}(?:\r?\n[ \t]+[^\r\n]{0,500}){0,5})",
    re.IGNORECASE | re.MULTILINE,
)
BLANK = re.compile(rb"\r?\n\r?\n")
REPLY = re.compile(r"(?<![\d.])(5[0-5]\d)(?=[ \-#:])")
DELAYED = re.compile(
    r"delayed|will (?:be )?retr|still trying|not yet been delivered|no action is required", re.I
)
FROM_A_SERVER = re.compile(
    rb"^(?:from:[^\r\n]*(?:mailer-daemon|postmaster|mail delivery)|return-path:[ \t]*<>"
    rb"|subject:[^\r\n]*(?:undeliver|failure notice|returned mail|delivery (?:status|failure|failed)))",
    re.IGNORECASE | re.MULTILINE,
)
BY_A_PERSONS_ROBOT = re.compile(rb"^(?:auto-submitted:[ \t]*auto-replied|x-autoreply:)", re.I | re.M)


@dataclass(frozen=True)
class Bounce:
    """What a mail says of the message that it is about. `final` is False when its server still tries."""

    message_pk: int
    final: bool
    code: str = ""
    text: str = ""


def process(maildir: Path) -> Counter[str]:
    """Read every new mail of `maildir`, note what bounced, and mark the mail as read (new/ to cur/).

    "early" are those that stay in new/, for a while: their mail is in a worker's hands.
    """
    counted: Counter[str] = Counter()
    (maildir / "cur").mkdir(exist_ok=True)
    for path in _new(maildir):
        data = _beginning(path)
        if data is None:
            counted["unreadable"] += 1
            continue
        bounce = read(data)
        said = note(bounce) if bounce else "unknown"
        counted[said] += 1
        if said == "early" and _is_young(path):
            continue
        path.rename(maildir / "cur" / f"{path.name.partition(':')[0]}:2,S")
    return counted


def _new(maildir: Path) -> Iterator[Path]:
    with os.scandir(maildir / "new") as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    yield from (maildir / "new" / name for name in names)


def _is_young(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < EARLY_SECONDS


def _beginning(path: Path) -> bytes | None:
    """The first part of a regular file; None for a link, a pipe, or one that is gone or not ours to read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(handle) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    finally:
        os.close(handle)


def _read(handle: int) -> bytes:
    parts, left = [], MOST_BYTES
    while left and (part := os.read(handle, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def read(data: bytes) -> Bounce | None:
    """The bounce in these bytes; None when they are none, or about no message of ours."""
    data = data[:MOST_BYTES]
    end = BLANK.search(data)
    header = data[: min(end.start() if end else len(data), MOST_HEADER)]
    pk = return_paths.find(header)
    if pk is None:
        return None
    report = REPORT.search(data)
    if report is not None:
        return _standard(pk, data, report.end())
    if BY_A_PERSONS_ROBOT.search(header) or not FROM_A_SERVER.search(header):
        return None
    return _other(pk, data[end.end() if end else len(data) :][:MOST_TEXT].decode("utf-8", "replace"))


def _standard(pk: int, data: bytes, after: int) -> Bounce | None:
    """RFC 3464: the fields of the part message/delivery-status. Our mails have one recipient each."""
    start = BLANK.search(data, after)
    block = data[start.end() :] if start else b""
    block = block.partition(b"\n--")[0][:MOST_TEXT]
    fields: dict[bytes, str] = {}
    for name, value in FIELD.findall(block):
        fields.setdefault(name.lower(), line(value.decode("utf-8", "replace")))
    action, status = fields.get(b"action", "").lower(), fields.get(b"status", "")
    text = fields.get(b"diagnostic-code", "") or status
    if action == "delayed":
        return Bounce(pk, final=False, text=text)
    if action not in {"", "failed"} or (not action and not status.startswith("5")):
        return None
    found = reasons.ENHANCED.search(status)
    code = ".".join(str(int(part)) for part in found.groups()) if found else "5"
    if code in {"5", "5.0.0"}:  # the reason stands in what the other server said
        code = code_in(text) or "5.0.0"
    return Bounce(pk, final=True, code=code, text=text)


def _other(pk: int, text: str) -> Bounce:
    """The many servers that say it in a text of their own."""
    code = code_in(text)
    if not code and DELAYED.search(text):
        return Bounce(pk, final=False)
    return Bounce(pk, final=True, code=code or "5.0.0", text=line(text))


def code_in(text: str) -> str:
    """The code of a refusal for good that stands in what a server wrote; "" for none."""
    reply = REPLY.search(text)
    if reply:
        return reasons.code_of(int(reply[1]), text[reply.start() :])
    enhanced = next((found for found in reasons.ENHANCED.finditer(text) if found[1] == "5"), None)
    if enhanced:
        return ".".join(str(int(part)) for part in enhanced.groups())
    return "5.1.1" if reasons.NO_SUCH_USER.search(text) else ""


def line(text: str) -> str:
    """What a server wrote, as one line that a row has room for."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_REASON]


def note(bounce: Bounce) -> str:
    """Write down what came back: "bounced", or "known" when it was noted before, or "delayed".

    "early": its mail is being handed over, and what came of that is not noted yet. Come again.
    """
    if not bounce.final:
        return "delayed"
    with transaction.atomic():
        handed = Message.objects.filter(pk=bounce.message_pk, handed_at__isnull=False)
        # Held: else it could be noted as sent between this look and the next.
        message = handed.select_for_update(no_key=True).first()
        if message is None:
            return "known"
        was = State(message.state)
        if _is_in_hand(message):
            return "early"
        # Deferred: the connection broke when the server had taken it, and now it says what became of it.
        if was not in {State.SENT, State.DEFERRED}:
            return "known"
        message.state, message.code, message.error = State.BOUNCED, bounce.code, bounce.text
        message.due_at, message.bounced_at = None, timezone.now()
        message.save(update_fields=["state", "code", "error", "due_at", "bounced_at"])
        suppressing.note(message, bounce.code)
        following.noted([Fate(message, was, State.BOUNCED)])
    return "bounced"


def _is_in_hand(message: Message) -> bool:
    """A worker hands it over, or is about to do so again; or one died over it, and another will see to it."""
    if message.state == State.DEFERRED:
        return message.handing_over or message.lease_until is not None
    return message.state == State.SENDING or message.handing_over
