"""Ctrl-C that is heard between two steps, and never within one."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STEP_SECONDS = 0.1


class Interrupt:
    """Whether somebody pressed Ctrl-C. As an exception it can come where Python drops it, or a step is half done."""

    def __init__(self) -> None:
        self.came = False

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second one does not wait

    def sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.came and (left := until - time.monotonic()) > 0:
            time.sleep(min(STEP_SECONDS, left))


@contextmanager
def heard() -> Iterator[Interrupt]:
    """In the main thread."""
    interrupt = Interrupt()
    before = signal.signal(signal.SIGINT, interrupt.hear)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
