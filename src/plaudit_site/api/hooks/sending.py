"""The worker's part: one webhook at a time, its messages in their order, over one connection, for about a second.

At least once: what was sent is noted in groups, and a worker that dies before it has noted leaves messages that are
sent again, with their ids. In order: a message waits for those before it that are about the same award, list or badge.
One that is refused holds up its own alone; a receiver that is away, or has refused several in a row, is left alone for
a while as a whole, and then goes on where it stopped.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from plaudit import FetchError, Line, Posted
from plaudit_site import leases
from plaudit_site.achievements.models import Achievement
from plaudit_site.api import describing
from plaudit_site.api.hooks import making, signatures
from plaudit_site.api.hooks.events import TEST
from plaudit_site.api.hooks.mails import tell
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.awards.models import Award, Batch

log = logging.getLogger(__name__)

SECONDS_A_ROUND = 1.0
SECONDS_A_NOTE = 0.5
MOST_IN_A_NOTE = 50
LEASE_SECONDS = 120
"""A try lasts 10 s for the name and the connection and 10 s for the answer, and is made twice on an old connection."""
READ_AT_ONCE = 100
REFUSED_IN_A_ROW = 3
PAUSES = (5, 30, 120, 600, 1800, 3600)
"""Seconds after the first, second … try that failed."""
TOLD_AFTER, GIVEN_UP_AFTER = timedelta(days=1), timedelta(days=14)
LONGEST_NUMBER = 10
GONE = 410
# Of the receiver and not of what it was sent: it is busy, or something in front of it answers.
_AWAY = frozenset({408, 425, 429, 502, 503, 504})
_CHANGEABLE = ("url", "secret_number", "older_secret_until", "paused_at")


def send_some(worker: str) -> int:
    """Send what waits for one webhook. Returns how many messages were dealt with, at least 1 if there was a webhook."""
    rows = Webhook.objects.filter(paused_at__isnull=True).select_related("issuer")
    held = leases.claim(rows, worker=worker, now=timezone.now(), most=1, seconds=LEASE_SECONDS)
    return max(1, Turn(held[0]).run()) if held else 0


def body(message: WebhookMessage, webhook: Webhook, data: dict[str, Any]) -> bytes:
    """What is sent: what happened and when, and what it happened to as the API shows it now."""
    content = {
        "type": message.kind,
        "timestamp": describing.moment(message.at),
        "sequence": message.number,
        "issuer": {"id": webhook.issuer.public_id, "slug": webhook.issuer.slug},
        "data": data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class _Lost(Exception):
    """The lease, or the webhook itself, is somebody else's business now."""


@dataclass
class Turn:
    """One worker's turn with one webhook."""

    webhook: Webhook
    done: int = 0
    refused: int = 0
    line: Line | None = None
    blocked: set[str] = field(default_factory=set)
    tried: list[WebhookMessage] = field(default_factory=list)
    noted_at: float = field(default_factory=time.monotonic)
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS_A_ROUND)

    def run(self) -> int:
        try:
            self._send_all()
        except _Lost:
            log.info("webhook %s: another worker, or nobody, goes on", self.webhook.public_id)
        finally:
            self._hang_up()
        return self.done

    def _send_all(self) -> None:
        for message, data in self._sendable():
            if time.monotonic() >= self.until:
                self._end(again=True)
                return
            away = self._send(message, data)
            self.done += 1
            if away is not None:
                self._end(away=away)
                return
            if len(self.tried) >= MOST_IN_A_NOTE or time.monotonic() - self.noted_at > SECONDS_A_NOTE:
                self._note()
        self._end()

    def _sendable(self) -> Iterator[tuple[WebhookMessage, dict[str, Any]]]:
        """What waits, in its order, without what must wait for something before it."""
        number = 0
        while page := self._waiting(number):
            number = page[-1].number
            now = timezone.now()
            for message, data in zip(page, _data(page), strict=True):
                if message.due_at is not None and message.due_at > now:
                    self.blocked.add(message.about)
                elif message.about not in self.blocked:
                    yield message, data

    def _waiting(self, after: int) -> list[WebhookMessage]:
        waiting = self.webhook.messages.filter(state=WebhookMessage.State.WAITING, number__gt=after)
        return list(waiting.order_by("number")[:READ_AT_ONCE])

    def _send(self, message: WebhookMessage, data: dict[str, Any]) -> Away | None:
        """One try. What it says of the receiver as a whole, if anything."""
        began = time.monotonic()
        answer = self._post(message, body(message, self.webhook, data))
        now = timezone.now()
        message.tried_at, message.attempts = now, message.attempts + 1
        message.milliseconds = int((time.monotonic() - began) * 1000)
        message.status = answer.status if isinstance(answer, Posted) else None
        message.problem = "" if isinstance(answer, Posted) else answer.reason[:200]
        self.tried.append(message)
        if isinstance(answer, FetchError):
            return Away()
        if 200 <= answer.status < 300:
            message.state, message.ended_at, message.due_at = WebhookMessage.State.DELIVERED, now, None
            self.refused = 0
            return None
        if answer.status == GONE:
            return Away(is_gone=True)
        self.refused += 1
        if answer.status in _AWAY or answer.status < 400 or self.refused >= REFUSED_IN_A_ROW:
            return Away(_seconds(answer.retry_after))
        message.due_at = now + pause(message.attempts)
        self.blocked.add(message.about)
        return None

    def _post(self, message: WebhookMessage, content: bytes) -> Posted | FetchError:
        """On the open line, else on a new one: a server may close one that is idle, just as it is used again."""
        for _try in range(2):
            was_open = self.line is not None and self.line.is_open
            try:
                if self.line is None or not was_open:
                    self._hang_up()
                    self.line = making.door().open(self.webhook.url)
                headers = signatures.headers(self.webhook, message, content, timezone.now())
                return self.line.post(content, {**headers, "Content-Type": "application/json; charset=utf-8"})
            except FetchError as error:
                if not was_open:
                    return error
        raise AssertionError("a new line either answers or is an error")

    def _hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    def _note(self) -> None:
        """What was tried since the last time, if the webhook is still ours and as it was. Raises _Lost."""
        with transaction.atomic():
            self._store()
            now = Webhook.objects.filter(pk=self.webhook.pk).values(*_CHANGEABLE).get()
            is_as_it_was = all(now[name] == getattr(self.webhook, name) for name in _CHANGEABLE)
            if not is_as_it_was:
                leases.finish(self.webhook, due_at=timezone.now())
        self.tried = []
        self.noted_at = time.monotonic()
        if not is_as_it_was:
            raise _Lost

    def _store(self) -> None:
        if not leases.renew(self.webhook, seconds=LEASE_SECONDS):
            raise _Lost
        fields = ["state", "due_at", "attempts", "tried_at", "ended_at", "status", "problem", "milliseconds"]
        WebhookMessage.objects.bulk_update(self.tried, fields)
        if any(one.state == WebhookMessage.State.DELIVERED for one in self.tried):
            Webhook.objects.filter(pk=self.webhook.pk).update(
                delivered_at=timezone.now(), failures=0, failing_since=None, told_at=None
            )

    def _end(self, *, again: bool = False, away: Away | None = None) -> None:
        """Note all, and when the webhook has its next turn. Whoever woke it meanwhile gets it at once."""
        now = timezone.now()
        with transaction.atomic():
            locked = Webhook.objects.select_for_update(of=("self",)).filter(pk=self.webhook.pk).first()
            if locked is None:
                raise _Lost
            self._store()
            locked.refresh_from_db()
            was_woken = locked.due_at != self.webhook.due_at
            if away is not None:
                changes = _left_alone(locked, away, now)
            else:
                changes = {"due_at": now if again or was_woken else self._next()}
            leases.finish(self.webhook, **changes)

    def _next(self) -> datetime | None:
        """The earliest time of those that were refused, for which the others wait; None when nothing waits."""
        waiting = self.webhook.messages.filter(state=WebhookMessage.State.WAITING, due_at__isnull=False)
        return waiting.order_by("due_at").values_list("due_at", flat=True).first()


@dataclass(frozen=True)
class Away:
    """The receiver as a whole takes nothing now; for how many seconds, if it said so."""

    seconds: int = 0
    is_gone: bool = False


def pause(tries: int) -> timedelta:
    return timedelta(seconds=PAUSES[min(tries, len(PAUSES)) - 1])


def _seconds(retry_after: str) -> int:
    """Of a Retry-After that is a number; never more than we would wait at most ourselves.

    A long one is not read: Python refuses thousands of digits, and a receiver may send as many.
    """
    if not (retry_after.isascii() and retry_after.isdigit()):
        return 0
    return min(int(retry_after), PAUSES[-1]) if len(retry_after) < LONGEST_NUMBER else PAUSES[-1]


def _left_alone(webhook: Webhook, away: Away, now: datetime) -> dict[str, Any]:
    """What is written down of a receiver that took nothing; its owners are told when it lasts."""
    failures, since = webhook.failures + 1, webhook.failing_since or now
    changes: dict[str, Any] = {
        "failures": failures,
        "failing_since": since,
        "due_at": now + max(pause(failures), timedelta(seconds=away.seconds)),
    }
    if away.is_gone or now - since >= GIVEN_UP_AFTER:
        why = Webhook.Why.GONE if away.is_gone else Webhook.Why.SILENT
        changes |= {"paused_at": now, "why_paused": why, "told_at": now}
        tell(webhook, since, why=why)
    elif webhook.told_at is None and now - since >= TOLD_AFTER:
        changes["told_at"] = now
        tell(webhook, since)
    return changes


def _data(messages: Sequence[WebhookMessage]) -> list[dict[str, Any]]:
    """What each is about, as the API shows it now. Of what is there no more, the id."""
    ids: dict[str, set[str]] = {}
    for message in messages:
        about, _colon, public_id = message.about.partition(":")
        ids.setdefault(about, set()).add(public_id)
    shown: dict[str, dict[str, Any]] = {}
    for award in describing.with_mail(Award.objects.filter(public_id__in=ids.get("award", ()))):
        shown[f"award:{award.public_id}"] = describing.award(award)
    for batch in Batch.objects.filter(public_id__in=ids.get("batch", ())).select_related("issuer", "badge"):
        shown[f"batch:{batch.public_id}"] = describing.batch(batch)
    for badge in Achievement.objects.filter(public_id__in=ids.get("badge", ())).select_related(
        "current", "issuer"
    ):
        shown[f"badge:{badge.public_id}"] = describing.badge(badge)
    return [_shown(message, shown) for message in messages]


def _shown(message: WebhookMessage, shown: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if message.kind == TEST:
        return {}
    about, _colon, public_id = message.about.partition(":")
    return {about: shown.get(message.about, {"id": public_id})}
