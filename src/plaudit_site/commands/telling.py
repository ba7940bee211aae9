"""Progress in a terminal: a bar that is written over, or plain lines where nobody sits."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from plaudit_site.awards.models import Batch
from plaudit_site.awards.progress import Progress

BAR = 30
LINE_EVERY = 10.0
"""Seconds between two lines of a log."""


class Line:
    """One line of a terminal that is written over."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.is_terminal = out.isatty()
        self._last = ""

    def write(self, line: str) -> None:
        width = max(20, shutil.get_terminal_size().columns - 1)
        self.out.write(f"\r\x1b[K{line[:width]}")
        self.out.flush()
        self._last = line

    def end(self) -> None:
        """The next line begins at its beginning."""
        if self.is_terminal and self._last:
            self.out.write("\n")
            self.out.flush()


class Teller(Line):
    """Tells how a list stands, not more often than somebody can read it."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(out)
        self._at = -1e9

    def tell(self, progress: Progress) -> None:
        line = words(progress)
        if self.is_terminal:
            self.write(line)
        elif line != self._last and time.monotonic() - self._at >= LINE_EVERY:
            self.out.write(f"{line}\n")
            self.out.flush()
            self._at, self._last = time.monotonic(), line

    def tell_last(self, progress: Progress) -> None:
        """How it stands in the end, which nobody should have to guess from the line before."""
        self._at = -1e9
        self.tell(progress)
        self.end()


def words(progress: Progress) -> str:
    """One line: the bar, how many, how quick, how long still."""
    if wait := progress.can_be_called_off:
        return f"Begins in {wait} s (Ctrl-C, then --stop, calls it off)"
    if progress.batch.state == Batch.State.UNDOING:
        return f"Being undone: {progress.taken_back} taken back"
    whole, settled = progress.whole, min(progress.settled, progress.whole)
    part = settled / whole if whole else 1.0
    filled = round(part * BAR)
    line = f"[{'#' * filled}{'.' * (BAR - filled)}] {int(part * 100):3d} %  {settled} of {whole}"
    line += f", {progress.signed} signed, {progress.sent} mailed"
    if progress.failed:
        line += f", {progress.failed} failed"
    if progress.rate:
        line += f", {progress.rate:.0f} a second"
    left = progress.seconds_left
    if left is not None:
        line += f", about {_time(left)} left"
    return line


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
