"""What the rows say of a group: that it is handed over now, was put back, or what came of it.

Each is one statement, or one transaction, and changes only what its worker still holds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.mail import following, pacing, reasons, suppressing
from plaudit_site.mail.following import Fate
from plaudit_site.mail.models import Message, State
from plaudit_site.mail.transports import Letter, Outcome

log = logging.getLogger(__name__)

# Anew with each hand-over: it outlives the longest wait for a server (transports.py).
LEASE_SECONDS = 300
# Both databases name the columns of VALUES so. The ORM would need a CASE of as many branches for each column.
BEGIN = (
    "UPDATE mail_message SET state = %s, possibly_twice = (possibly_twice OR handing_over),"
    " handing_over = %s, handed_at = %s, lease_until = %s, recipient_hash = post.column3, domain = post.column4"
    " FROM (VALUES ROWS) AS post"
    " WHERE id = post.column1 AND attempts = post.column2 AND lease_holder = %s AND lease_until > %s"
    " RETURNING id"
)


@dataclass
class Post:
    """A row on its way out: what it will be handed over as."""

    message: Message
    letter: Letter
    recipient_hash: str
    domain: str


def begin(posts: Sequence[Post], worker: str, now: datetime) -> set[int]:
    """Write down that these are handed over now; those of them whose lease is still this worker's.

    One that was being handed over when its worker died may have left: same Message-ID, and the row says so.
    """
    if not posts:
        return set()
    at = connection.ops.adapt_datetimefield_value
    until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    values: list[Any] = [State.SENDING.value, True, at(now), at(until)]
    for post in posts:
        values += [post.message.pk, post.message.attempts, post.recipient_hash, post.domain]
    statement = BEGIN.replace("ROWS", ", ".join(["(%s, %s, %s, %s)"] * len(posts)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, worker, at(timezone.now())])
        begun = {pk for (pk,) in cursor.fetchall()}
    for post in posts:
        post.message.recipient_hash, post.message.domain = post.recipient_hash, post.domain
        post.message.handed_at = now
    return begun


def put_back(messages: Sequence[Message], due_at: datetime, *, begun: bool = False, **more: str) -> None:
    """Not tried at all: the attempt does not count. One statement for all that were tried as often; `more` is noted.

    Whether a worker that died was handing it over stays on the row until `begin` has said so in it, however often it
    is put back; of what was `begun` it has been said.
    """
    changes: dict[str, Any] = {**more, "handing_over": False} if begun else dict(more)
    for state in {message.state for message in messages}:
        for attempts in {message.attempts for message in messages if message.state == state}:
            same = [m for m in messages if (m.state, m.attempts) == (state, attempts)]
            back = State.QUEUED if state == State.SENDING else State(state)
            _still_held(same).update(
                state=back,
                due_at=due_at,
                attempts=F("attempts") - 1,
                lease_holder="",
                lease_until=None,
                **changes,
            )


def _still_held(messages: Sequence[Message]) -> Any:
    """The rows of these messages, all of one attempt, that their worker still holds."""
    first = messages[0]
    return Message.objects.filter(
        pk__in=[message.pk for message in messages],
        lease_holder=first.lease_holder,
        attempts=first.attempts,
        lease_until__isnull=False,
    )


def note_all(notes: Sequence[tuple[Message, Outcome]], now: datetime) -> None:
    """All outcomes of a group, with what follows from them, in one transaction."""
    if not notes:
        return
    with transaction.atomic():
        sent: dict[int, list[Message]] = {}
        for message, outcome in notes:
            if outcome.state is State.SENT and message.raw is None:
                sent.setdefault(message.attempts, []).append(message)
            else:
                _note(message, outcome, now)
        for messages in sent.values():
            _note_sent(messages, now)


def _note_sent(messages: list[Message], now: datetime) -> None:
    changed = _still_held(messages).update(
        state=State.SENT,
        error="",
        code="",
        handing_over=False,
        due_at=None,
        context={},
        sent_at=now,
        lease_holder="",
        lease_until=None,
    )
    if changed != len(messages):
        log.warning(
            "of %s mails, %s were noted: a lease was lost after the hand-over", len(messages), changed
        )
        noted = set(
            Message.objects.filter(pk__in=[m.pk for m in messages], sent_at=now).values_list("pk", flat=True)
        )
        messages = [message for message in messages if message.pk in noted]
    following.noted([Fate(message, State(message.state), State.SENT) for message in messages])


def _note(message: Message, outcome: Outcome, now: datetime) -> None:
    changes: dict[str, Any] = {
        "state": outcome.state,
        "error": outcome.error,
        "code": outcome.code,
        "handing_over": False,
    }
    if outcome.maybe_left:
        changes["possibly_twice"] = True
    if outcome.state is State.DEFERRED:
        changes |= {"due_at": pacing.next_try(message, now), "first_tried_at": message.first_tried_at or now}
        if changes["due_at"] is None:
            changes |= {"state": State.FAILED, "code": outcome.code or reasons.LATE}
    if changes["state"] != State.DEFERRED:
        changes |= {"due_at": None, "context": {}, "sent_at": now if outcome.state is State.SENT else None}
    if changes["state"] == State.BOUNCED:
        changes["bounced_at"] = now
    if outcome.state is State.SENT:
        changes["raw"] = message.raw
    with transaction.atomic():
        if not leases.finish(message, **changes):
            log.warning("mail %s: the lease was lost after the hand-over", message.pk)
            return
        message.code = changes["code"]
        if changes["state"] == State.BOUNCED:
            suppressing.note(message, outcome.code)
        following.noted([Fate(message, State(message.state), State(changes["state"]))])
