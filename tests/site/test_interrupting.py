"""Ctrl-C in a command that has work to finish."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from plaudit_site.commands import interrupting


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_noted_and_wakes_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupting.heard() as interrupt:
        assert not interrupt.came
        begun = time.monotonic()
        presser = threading.Timer(0.05, press)
        presser.start()
        interrupt.sleep(30)
        presser.join()
        assert interrupt.came
        assert time.monotonic() - begun < 25
        interrupt.sleep(30)  # not any more
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is before


def test_where_an_exception_would_be_dropped_it_is_heard() -> None:
    class Dropping:
        def __del__(self) -> None:
            press()

    with interrupting.heard() as interrupt:
        dropping = Dropping()
        del dropping
        assert interrupt.came


def test_without_one_it_sleeps_as_long_as_it_was_told() -> None:
    with interrupting.heard() as interrupt:
        begun = time.monotonic()
        interrupt.sleep(0.25)
        assert time.monotonic() - begun >= 0.25
    assert not interrupt.came
