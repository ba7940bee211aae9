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
_was_said = False


class Acknowledged:
    """The file of one worker, for one round. Without a place to write it, mails go out all the same."""

    def __init__(self, worker: str) -> None:
        self.path = _folder() / f"{worker}.taken"
        self.handle: int | None = None
        self.is_cut_off = False

    def add(self, message: Message) -> None:
        """The server has said 250: written before anything else is done.

        Where it cannot be, the row is noted all the same: an error here would have the whole group sent again.
        """
        if self.handle is None:
            self.handle = self._open()
        # Behind a line that was cut off no other could be read.
        if self.handle < 0 or self.is_cut_off:
            return
        line = f"{message.message_id}\n".encode()
        try:
            if os.write(self.handle, line) < len(line):
                raise OSError("the disk took a part of a line")
        except OSError as error:
            self.is_cut_off = True
            _cannot(error)
        else:
            _can()

    def forget(self) -> None:
        """All of it is noted in the database."""
        if self.handle is not None and self.handle >= 0:
            try:
                os.ftruncate(self.handle, 0)
                self.is_cut_off = False
            except OSError as error:  # what stays there names mails that are noted: nobody looks for them
                _cannot(error)

    def close(self, *, is_noted: bool) -> None:
        try:
            if self.handle is not None and self.handle >= 0:
                os.close(self.handle)
                if is_noted:
                    self.path.unlink(missing_ok=True)
        except OSError as error:
            _cannot(error)
        self.handle = None

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self.path, flags, 0o600)
        except OSError as error:
            _cannot(error)
            return -1


def _cannot(why: OSError) -> None:
    """Said once, not with every mail, until it can be written again."""
    global _was_said
    if not _was_said:
        log.warning("what the mail server takes cannot be written down (%s)", why)
    _was_said = True


def _can() -> None:
    global _was_said
    _was_said = False


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
