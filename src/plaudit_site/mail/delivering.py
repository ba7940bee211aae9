"""The worker's part: claim queued rows, render them, hand them over, note what came of it; in small groups.

A group is marked as being handed over in one statement and noted in one transaction. What a dead worker leaves
behind is sent again with the same Message-ID and says so, but for what the server is known to have taken
(acknowledging.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.mail import acknowledging, following, pacing, reasons, suppressing
from plaudit_site.mail.building import HeaderInjection, build
from plaudit_site.mail.following import Fate
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.mail.queueing import address_hash
from plaudit_site.mail.renderers import (
    Pointless,
    Rendered,
    Unrenderable,
    Unwanted,
    Wanted,
    render,
    render_many,
)
from plaudit_site.mail.return_paths import return_path
from plaudit_site.mail.transports import Letter, Outcome, ServerGone, Transport, transport

log = logging.getLogger(__name__)

SECONDS_A_ROUND = 1.0
"""Then other jobs have their turn."""
SECONDS_A_GROUP = 0.5
"""A slow server gets smaller groups, so that little is under way when a worker is stopped or killed."""
FIRST_GROUP = 4
MOST_IN_A_GROUP = 20
PATIENCE = 5.0
"""A group that takes longer ends with the mail in hand: the others go back, and wait for that server no longer."""
CODE_WAITS = 60
"""Seconds for the server's word on a code; others wait behind it, and who asked for it asks again."""
CLAIMED_AT_ONCE = 100
# Anew with each hand-over: it outlives the longest wait for a server (transports.py).
LEASE_SECONDS = 300
# After a server that was gone: how long the rest waits, and how long this process asks only for its codes.
PAUSE = timedelta(seconds=30)
PAUSE_OF_A_PROCESS = 15.0
_gone_until = 0.0
_first_group = FIRST_GROUP  # a server that was slow gets one at first
# Both databases name the columns of VALUES so. The ORM would need a CASE of as many branches for each column.
BEGIN = (
    "UPDATE mail_message SET state = %s, possibly_twice = (possibly_twice OR handing_over),"
    " handing_over = %s, handed_at = %s, lease_until = %s, recipient_hash = post.column3, domain = post.column4"
    " FROM (VALUES ROWS) AS post"
    " WHERE id = post.column1 AND attempts = post.column2 AND lease_holder = %s AND lease_until > %s"
    " RETURNING id"
)
_NOT_MADE = Outcome(State.DEFERRED, "this mail could not be made; see the log", reasons.BROKEN)


def deliver_some(worker: str, *, lanes: tuple[Lane, ...] = tuple(Lane)) -> int:
    """Send due mails of `lanes`, most urgent lane first, for about a second. Returns how many were dealt with."""
    if time.monotonic() < _gone_until:
        lanes = tuple(lane for lane in lanes if lane == Lane.CODES)
    turn = Round(worker, transport())
    try:
        while held := _claimed(worker, lanes):
            turn.deliver(held)
            if turn.is_over:
                break
    finally:
        turn.close()
    return turn.done


def _claimed(worker: str, lanes: tuple[Lane, ...]) -> list[Message]:
    for lane in lanes:
        held = leases.claim(
            Message.objects.filter(lane=lane),
            worker=worker,
            now=timezone.now(),
            most=CLAIMED_AT_ONCE,
            seconds=LEASE_SECONDS,
        )
        if held:
            return held
    return []


@dataclass
class Post:
    """A row on its way out: what it will be handed over as."""

    message: Message
    letter: Letter
    recipient_hash: str
    domain: str


@dataclass
class Round:
    """One worker's turn with one connection."""

    worker: str
    way: Transport
    done: int = 0
    is_over: bool = False
    size: int = field(default_factory=lambda: _first_group)
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS_A_ROUND)

    def __post_init__(self) -> None:
        self.domains = pacing.Domains(self.worker)
        self.acknowledged = acknowledging.Acknowledged(self.worker)
        self.is_noted = True

    def close(self) -> None:
        self.acknowledged.close(is_noted=self.is_noted)
        self.way.close()

    def deliver(self, held: Sequence[Message]) -> None:
        """Rows claimed by this worker. What is left when the time is over goes back untouched."""
        global _first_group
        position = 0
        while position < len(held):
            group = held[position : position + self.size]
            position += len(group)
            began = time.monotonic()
            try:
                self._deliver(group)
            except ServerGone as gone:
                self._is_gone(gone, held[position:])
                return
            self.done += len(group)
            spent = max(time.monotonic() - began, 1e-6)
            self.size = min(MOST_IN_A_GROUP, max(1, int(len(group) * SECONDS_A_GROUP / spent)))
            _first_group = min(FIRST_GROUP, self.size)
            if time.monotonic() > self.until:
                self.is_over = True
                _put_back(held[position:], timezone.now())
                return

    def _is_gone(self, gone: ServerGone, rest: Sequence[Message]) -> None:
        global _gone_until
        log.warning("the mail server could not be reached (%s)", gone)
        _gone_until = time.monotonic() + PAUSE_OF_A_PROCESS
        self.is_over = True
        self.done += 1
        _put_back(rest, timezone.now() + PAUSE)

    def _deliver(self, group: Sequence[Message]) -> None:
        now = timezone.now()
        taken = acknowledging.taken(group)
        notes = [(message, Outcome(State.SENT)) for message in group if message.pk in taken]
        posts: list[Post] = []
        for message, made in _made([message for message in group if message.pk not in taken], now):
            if isinstance(made, Post):
                posts.append(made)
            else:
                notes.append((message, made))
        posts = self._allowed(posts, notes, now)
        begun = _begin(posts, self.worker, now)
        self._hand_over([post for post in posts if post.message.pk in begun], notes, now)

    def _allowed(self, posts: list[Post], notes: list[tuple[Message, Outcome]], now: datetime) -> list[Post]:
        """Without those whose address came back before, and those whose domain has had enough for now."""
        # A code is what its owner proves the address anew with, and asks for: it is tried all the same.
        judged = [post for post in posts if post.message.lane != Lane.CODES]
        came_back = suppressing.codes_for(post.recipient_hash for post in judged)
        self.domains.look({post.domain for post in judged}, now)
        allowed = []
        for post in posts:
            is_judged = post.message.lane != Lane.CODES
            if is_judged and post.recipient_hash in came_back:
                code = came_back[post.recipient_hash]
                notes.append((post.message, Outcome(State.BOUNCED, "not sent: it came back before", code)))
            elif is_judged and not self.domains.takes(post.domain):
                later = now + pacing.MINUTE * (0.1 + 0.9 * pacing.share(post.message))
                _put_back([post.message], later)
            else:
                allowed.append(post)
        return allowed

    def _hand_over(self, posts: list[Post], notes: list[tuple[Message, Outcome]], now: datetime) -> None:
        """Hand these over and note all outcomes, also when the way breaks off in between, or is slow."""
        handed, patient_until = 0, time.monotonic() + PATIENCE
        self.is_noted = False
        try:
            with closing(self._outcomes(posts)) as outcomes:
                for post, outcome in zip(posts, outcomes, strict=False):
                    handed += 1
                    if outcome.state is State.SENT:
                        self.acknowledged.add(post.message)
                    raw = post.letter.data if outcome.state is State.SENT and self.way.keeps else None
                    notes.append((post.message, outcome))
                    if raw is not None:
                        post.message.raw = raw
                    if time.monotonic() > patient_until:
                        break
        except ServerGone as gone:
            gone_for = posts[handed]
            error = f"the mail server could not be reached ({gone})"
            notes.append((gone_for.message, Outcome(State.DEFERRED, error, reasons.GONE)))
            _note_all(notes, now)
            _put_back([post.message for post in posts[handed + 1 :]], timezone.now() + PAUSE)
            self._forget()
            raise
        _note_all(notes, now)
        _put_back([post.message for post in posts[handed:]], timezone.now())
        self._forget()

    def _outcomes(self, posts: list[Post]) -> Generator[Outcome, None, None]:
        try:
            yield from self.way.hand_over_all([post.letter for post in posts])
        except ServerGone:
            raise
        except Exception:
            log.exception("a mail could not be handed over")
            self.way.close()
            yield Outcome(State.DEFERRED, _NOT_MADE.error, reasons.BROKEN, maybe_left=True)

    def _forget(self) -> None:
        self.acknowledged.forget()
        self.is_noted = True


def _made(messages: Sequence[Message], now: datetime) -> Iterator[tuple[Message, Post | Outcome]]:
    """Each row as it goes out, or what stands in its way."""
    by_kind: dict[str, list[Message]] = {}
    for message in messages:
        by_kind.setdefault(message.kind, []).append(message)
    made: dict[int, Post | Outcome] = {}
    for kind, rows in by_kind.items():
        wanted = [Wanted(row.subject_id, row.language, row.context) for row in rows]
        for row, rendered in zip(rows, render_many(kind, wanted), strict=True):
            made[row.pk] = _post(row, rendered, now)
    for message in messages:
        yield message, made[message.pk]


def _post(message: Message, rendered: Rendered | Pointless | Unrenderable, now: datetime) -> Post | Outcome:
    if isinstance(rendered, Pointless):
        code = reasons.UNWANTED if isinstance(rendered, Unwanted) else ""
        return Outcome(State.DROPPED, str(rendered)[:300], code)
    if isinstance(rendered, Unrenderable):
        return _NOT_MADE
    try:
        data = build(rendered, message_id=message.message_id, sender_address=settings.MAIL_FROM, at=now)
    except HeaderInjection as reason:
        return Outcome(State.FAILED, f"not sent: {reason}"[:300], reasons.BROKEN)
    except Exception:
        log.exception("mail %s (%s) could not be made", message.pk, message.kind)
        return _NOT_MADE
    waits = CODE_WAITS if message.lane == Lane.CODES else None
    letter = Letter(return_path(message), rendered.recipient, data, waits)
    domain = rendered.recipient.rpartition("@")[2].lower()
    return Post(message, letter, address_hash(rendered.recipient), domain)


def _begin(posts: Sequence[Post], worker: str, now: datetime) -> set[int]:
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


def _put_back(messages: Sequence[Message], due_at: datetime) -> None:
    """Not tried at all: the attempt does not count."""
    for state in {message.state for message in messages}:
        for attempts in {message.attempts for message in messages if message.state == state}:
            same = [m for m in messages if (m.state, m.attempts) == (state, attempts)]
            back = State.QUEUED if state == State.SENDING else State(state)
            _still_held(same).update(
                state=back,
                handing_over=F("handing_over") if state == State.SENDING else False,
                due_at=due_at,
                attempts=F("attempts") - 1,
                lease_holder="",
                lease_until=None,
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


def _note_all(notes: Sequence[tuple[Message, Outcome]], now: datetime) -> None:
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
        if changes["state"] == State.BOUNCED:
            suppressing.note(message, outcome.code)
        following.noted([Fate(message, State(message.state), State(changes["state"]))])


def render_now(message: Message) -> Rendered:
    """The words of a row as they would go out now (previews, tests)."""
    return render(message.kind, message.subject_id, message.language, message.context)
