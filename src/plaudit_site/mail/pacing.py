"""When to try again, and how much a domain gets at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count

from plaudit_site import leases
from plaudit_site.mail.models import Lane, Message, State

GIVE_UP_AFTER = timedelta(days=3)
CODE_USELESS_AFTER = timedelta(minutes=15)
JITTER = 0.25
MINUTE = timedelta(minutes=1)


def share(message: Message) -> float:
    """0 … 1, decided by the row and its attempt: a retry is as late in a test as in service, and no two together."""
    digest = hashlib.sha256(f"{message.pk}:{message.attempts}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def last_try(message: Message, now: datetime) -> datetime:
    """A code is soon of no use, whatever held it up; any other mail has three days from when it was first tried.

    Not from when it was queued: a reminder is queued days before, and a worker may have been off.
    """
    if message.lane == Lane.CODES:
        return message.created_at + CODE_USELESS_AFTER
    return (message.first_tried_at or now) + GIVE_UP_AFTER


def next_try(message: Message, now: datetime) -> datetime | None:
    """From one minute on, ever longer, up to a last one after three days (a code: 15 minutes); None: give up."""
    last = last_try(message, now)
    if now >= last:
        return None
    pause = leases.backoff(message.attempts, now) - now
    due = now + pause * (1 + JITTER * share(message))
    return min(due, max(last, now + MINUTE))


@dataclass
class Domains:
    """What each domain may still get in this round. Counted over all workers when the round first meets it."""

    worker: str
    left: dict[str, int] = field(default_factory=dict)
    crowded: frozenset[str] = frozenset()

    def look(self, domains: Collection[str], now: datetime) -> None:
        """How things stand with these domains, before `takes` is asked about them."""
        new = [domain for domain in domains if domain not in self.left]
        if settings.MAIL_DOMAIN_A_MINUTE and new:
            gone = Message.objects.filter(domain__in=new, handed_at__gt=now - MINUTE).order_by()
            counted = dict(gone.values_list("domain").annotate(n=Count("pk")))
            self.left |= {domain: settings.MAIL_DOMAIN_A_MINUTE - counted.get(domain, 0) for domain in new}
        if settings.MAIL_DOMAIN_AT_ONCE and domains:
            sending = Message.objects.filter(state=State.SENDING, domain__in=domains, lease_until__gt=now)
            others = sending.exclude(lease_holder=self.worker).order_by().values_list("domain")
            workers = others.annotate(n=Count("lease_holder", distinct=True))
            self.crowded = frozenset(d for d, n in workers if n >= settings.MAIL_DOMAIN_AT_ONCE)

    def takes(self, domain: str) -> bool:
        """Whether one more may go to `domain` now; if so, it is counted."""
        if domain in self.crowded or self.left.get(domain, 1) <= 0:
            return False
        if domain in self.left:
            self.left[domain] -= 1
        return True
