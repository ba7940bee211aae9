"""What the mail server has taken while the database does not know yet: a line each, in a file of the worker.

Mails are noted in groups, so a worker that is killed leaves a few behind that have left and do not say so. Their
Message-IDs stand here, and whoever takes over such a row notes it as sent instead of sending it again. The file
outlives the process, not the machine: then a row is sent again, and says `possibly_twice`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from plaudit_site.mail.models import Message

log = logging.getLogger(__name__)

KEPT_SECONDS = 7 * 24 * 3600
MOST_BYTES = 64 * 1024


class Acknowledged:
    """The file of one worker, for one round. Without a place to write it, mails go out all the same."""

    def __init__(self, worker: str) -> None:
        self.path = _folder() / f"{worker}.taken"
        self.handle: int | None = None

    def add(self, message: Message) -> None:
        """The server has said 250: written before anything else is done."""
        if self.handle is None:
            self.handle = self._open()
        if self.handle >= 0:
            os.write(self.handle, f"{message.message_id}\n".encode())

    def forget(self) -> None:
        """All of it is noted in the database."""
        if self.handle is not None and self.handle >= 0:
            os.ftruncate(self.handle, 0)

    def close(self, *, is_noted: bool) -> None:
        if self.handle is not None and self.handle >= 0:
            os.close(self.handle)
            if is_noted:
                self.path.unlink(missing_ok=True)
        self.handle = None

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.path, flags, 0o600)
        except OSError as error:
            log.warning("what the mail server takes cannot be written down (%s)", error)
            return -1


def taken(messages: Iterable[Message]) -> set[int]:
    """Which of these rows, begun by a worker that died, the mail server took from it."""
    begun = {message.message_id: message.pk for message in messages if message.handing_over}
    if not begun:
        return set()
    found: set[int] = set()
    for path in _folder().glob("*.taken"):
        try:
            lines = path.read_bytes()[:MOST_BYTES].decode("ascii", "replace").splitlines(keepends=True)
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()
        except OSError:
            continue
        found |= {begun[line[:-1]] for line in lines if line.endswith("\n") and line[:-1] in begun}
    return found


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "mail"
