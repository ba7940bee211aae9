"""How often something was asked for lately, in the cache that all processes share."""

from __future__ import annotations

from django.core.cache import cache


def too_often(key: str, *, most: int, seconds: int, counts: int = 1) -> bool:
    """Count once, or `counts` times; True from more than `most` on, until `seconds` after the first have passed."""
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key, counts) > most
    except ValueError:  # it ended, or was pushed out, between the two: this is the first one again
        cache.set(key, counts, seconds)
        return counts > most
