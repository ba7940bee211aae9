"""Asking the DNS for texts: the only door to name servers besides the library's own look-ups."""

from __future__ import annotations

from collections.abc import Callable

import dns.exception
import dns.resolver

SECONDS = 5.0
"""For the whole question, whatever the name servers do."""
MOST_TEXTS = 50
"""Of one name; what stands behind them is not read."""
LONGEST = 1000
"""Bytes of one text; the strings of a record are one text (RFC 7208, 3.3)."""

Texts = Callable[[str], list[str]]


class NoAnswer(Exception):
    """The name servers could not be asked, or did not say; the text is for a person."""


def texts(name: str) -> list[str]:
    """The TXT records of a name; none where there are none. Raises NoAnswer."""
    resolver = dns.resolver.Resolver()
    resolver.cache = None
    try:
        answer = resolver.resolve(f"{name}.", "TXT", lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise NoAnswer(type(error).__name__) from error
    found = [b"".join(record.strings) for record in list(answer)[:MOST_TEXTS]]
    return [text.decode("utf-8", "replace") for text in found if len(text) <= LONGEST]
