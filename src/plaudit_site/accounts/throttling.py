"""How often something was asked for lately: in the cache that all processes share, or in the memory of this one."""

from __future__ import annotations

import ipaddress
import time

from django.core.cache import cache

MOST_MISSES = 60
SECONDS = 60
MOST_CLIENTS = 10_000
"""Counted at once. Who has more addresses than that is not stopped by counting them."""


def too_often(key: str, *, most: int, seconds: int, counts: int = 1) -> bool:
    """Count once, or `counts` times; True from more than `most` on, until `seconds` after the first have passed."""
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key, counts) > most
    except ValueError:  # it ended, or was pushed out, between the two: this is the first one again
        cache.set(key, counts, seconds)
        return counts > most


def now() -> float:
    return time.monotonic()


class Misses:
    """How many unguessable addresses each client has asked for in vain in this minute (ADR 0064).

    In the memory of this process alone, so that a hit costs nothing and no address of anybody is written down.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._counted: dict[str, int] = {}

    def note(self, client: str) -> None:
        """Once more in vain; "" is nobody's."""
        self._begin_anew()
        if not client:
            return
        if client in self._counted or len(self._counted) < MOST_CLIENTS:
            self._counted[client] = self._counted.get(client, 0) + 1

    def wait(self, client: str) -> int:
        """Seconds; 0 for who may go on."""
        self._begin_anew()
        if self._counted.get(client, 0) < MOST_MISSES:
            return 0
        return max(1, round((self._minute + 1) * SECONDS - now()))

    def is_idle(self) -> bool:
        """Nobody has missed anything lately: there is nothing to ask about anybody."""
        return not self._counted

    def _begin_anew(self) -> None:
        minute = int(now() // SECONDS)
        if minute != self._minute:
            self._minute, self._counted = minute, {}


def client_of(address: str) -> str:
    """By what a limit counts somebody: the /64 of an IPv6 address, and anything else as it is."""
    return network_of(address) or address


def network_of(address: str) -> str:
    """Whose misses are counted together; "" for nobody's.

    Of IPv6 whoever has one address has 2^64 of them. This machine itself is left alone: that is who sits at it, or a
    proxy that does not say for whom it asks, and then for everybody.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
