"""When to try again, and how much a domain gets at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, QuerySet

from plaudit_site import leases
from plaudit_site.mail.models import Lane, Message, State

GIVE_UP_AFTER = timedelta(days=3)
CODE_USELESS_AFTER = timedelta(minutes=15)
JITTER = 0.25
MINUTE = timedelta(minutes=1)
LONGEST_TURN = timedelta(hours=1)
MOST_TURNS = 1000
ASKED_AGAIN = timedelta(seconds=0.5)
_turns: dict[str, datetime] = {}
"""When the next of those that this process put back for a domain's sake has its turn there."""


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
    asked_at: datetime | None = None
    left: dict[str, int] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)

    def closed(self, now: datetime) -> set[str]:
        """Domains that take none from this worker: full in this round, or with enough workers at the door."""
        if settings.MAIL_DOMAIN_AT_ONCE and (self.asked_at is None or now - self.asked_at > ASKED_AGAIN):
            self.asked_at = now
            self.crowded = self._crowded(Message.objects.filter(domain__gt=""), now)
        return {domain for domain, left in self.left.items() if left <= 0} | self.crowded

    def look(self, domains: Collection[str], now: datetime) -> None:
        """How things stand with these domains, before `takes` is asked about them."""
        new = [domain for domain in domains if domain not in self.left]
        if settings.MAIL_DOMAIN_A_MINUTE and new:
            gone = Message.objects.filter(domain__in=new, handed_at__gt=now - MINUTE).order_by()
            counted = dict(gone.values_list("domain").annotate(n=Count("pk")))
            self.left |= {domain: settings.MAIL_DOMAIN_A_MINUTE - counted.get(domain, 0) for domain in new}
        if settings.MAIL_DOMAIN_AT_ONCE and domains:
            self.crowded -= set(domains)
            self.crowded |= self._crowded(Message.objects.filter(domain__in=domains), now)

    def _crowded(self, rows: QuerySet[Message], now: datetime) -> set[str]:
        sending = rows.filter(state__one_of=(State.SENDING,), lease_until__gt=now)
        others = sending.exclude(lease_holder=self.worker).order_by().values_list("domain")
        workers = others.annotate(n=Count("lease_holder", distinct=True))
        return {domain for domain, number in workers if number >= settings.MAIL_DOMAIN_AT_ONCE}

    def has_room(self, domain: str) -> bool:
        return domain not in self.crowded and self.left.get(domain, 1) > 0

    def turn(self, domain: str, messages: Sequence[Message], now: datetime) -> datetime:
        """When these that `domain` did not take may be tried again: behind those that wait for it already.

        Else all that wait for a domain would come back every minute, to be put back again but for the few it takes.
        """
        part = share(messages[0])
        if domain in self.crowded or not settings.MAIL_DOMAIN_A_MINUTE:
            return now + MINUTE * (0.1 + 0.9 * part)
        if len(_turns) > MOST_TURNS:
            for past in [one for one, at in _turns.items() if at < now]:
                del _turns[past]
        first = max(_turns.get(domain, now), now + MINUTE)
        if first > now + LONGEST_TURN:  # the limit may be another one by then
            return now + LONGEST_TURN * (0.5 + 0.5 * part)
        _turns[domain] = first + len(messages) * MINUTE / settings.MAIL_DOMAIN_A_MINUTE
        return first

    def takes(self, domain: str) -> bool:
        """Whether one more may go to `domain` now; if so, it is counted."""
        if not self.has_room(domain):
            return False
        if domain in self.left:
            self.left[domain] -= 1
        return True
