"""`plaudit-site export-static DIR`: the public side as plain files, with a bar in the terminal."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from django.db import DatabaseError
from django.utils import timezone

from plaudit_site.commands.telling import BAR, LINE_EVERY, Line
from plaudit_site.public import freezing
from plaudit_site.serving import say


def run(directory: Path) -> int:
    """Answers the code to exit with: 0 when the copy is whole and in its place."""
    logging.getLogger("django.request").setLevel(
        logging.ERROR
    )  # a form that an award does not have is no news
    teller = _Teller()
    try:
        copy = freezing.Copy(directory.absolute(), timezone.now())
        copy.write(teller.tell)
    except freezing.CopyRefused as error:
        say(f"plaudit-site: {error}")
        return 2
    except KeyboardInterrupt:
        teller.line.end()
        say(f"plaudit-site: stopped; the same command goes on where it was ({directory}.part)")
        return 130
    except (OSError, DatabaseError) as error:
        teller.line.end()
        say(f"plaudit-site: no copy: {error}. The same command goes on where it was ({directory}.part)")
        return 1
    teller.line.end()
    say(f"wrote {directory}: {len(copy.shown)} certificates, as of {copy.at:%Y-%m-%d %H:%M} UTC")
    say("Any web server can show it, at the root of the address that the badges name.")
    return 0


class _Teller:
    """Not more often than somebody can read it."""

    def __init__(self) -> None:
        self.line = Line(sys.stderr)
        self._at = -1e9

    def tell(self, done: int, whole: int) -> None:
        pause = 0.2 if self.line.is_terminal else LINE_EVERY
        if time.monotonic() - self._at < pause and done < whole:
            return
        self._at = time.monotonic()
        filled = round(done / whole * BAR) if whole else BAR
        words = f"[{'#' * filled}{'.' * (BAR - filled)}] {done} of {whole} certificates"
        if self.line.is_terminal:
            self.line.write(words)
        else:
            say(words)
