"""What a process does that lives long, once it has loaded everything."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 50


def stays() -> None:
    """What is there by now stays: Python need no longer look through it for lost circles, and looks rarely at the rest.

    It looks when much was made, not when something was lost. A thousand rows of a list are ten thousand new things,
    none of them in a circle, and each seven hundred had it look: a fifth of the time that reading took went there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
