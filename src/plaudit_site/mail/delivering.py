"""The worker's part: claim queued rows, render them, hand them over, note what came of it; in small groups.

A group is marked as being handed over in one statement and noted in one transaction. What a dead worker leaves
behind is sent again with the same Message-ID and says so, but for what the server is known to have taken
(acknowledging.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.mail import acknowledging, noting, pacing, reasons, suppressing
from plaudit_site.mail.building import HeaderInjection, build
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.mail.noting import Post
from plaudit_site.mail.queueing import address_hash
from plaudit_site.mail.renderers import (
    NotNow,
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
# After a server that was gone: how long the rest waits, and how long this process asks only for its codes.
PAUSE = timedelta(seconds=30)
WHILE_NOT_NOW = timedelta(hours=1)
PAUSE_OF_A_PROCESS = 15.0
_gone_until = 0.0
_first_group = FIRST_GROUP  # a server that was slow gets one at first
_NOT_MADE = Outcome(State.DEFERRED, "this mail could not be made; see the log", reasons.BROKEN)


def deliver_some(worker: str, *, lanes: tuple[Lane, ...] = tuple(Lane)) -> int:
    """Send due mails of `lanes`, most urgent lane first, for about a second. Returns how many were dealt with."""
    if time.monotonic() < _gone_until:
        lanes = tuple(lane for lane in lanes if lane == Lane.CODES)
    turn = Round(worker, transport())
    try:
        while held := _claimed(worker, lanes, turn.domains.closed(timezone.now())):
            turn.deliver(held)
            if turn.is_over:
                break
    finally:
        turn.close()
    return turn.done


def _claimed(worker: str, lanes: tuple[Lane, ...], closed: Collection[str]) -> list[Message]:
    """The next ones, but for those that are known to go to a domain that takes none from this worker now."""
    for lane in lanes:
        rows = Message.objects.filter(lane=lane)
        held = leases.claim(
            rows if lane == Lane.CODES or not closed else rows.exclude(domain__in=closed),
            worker=worker,
            now=timezone.now(),
            most=CLAIMED_AT_ONCE,
            seconds=noting.LEASE_SECONDS,
        )
        if held:
            return held
    return []


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
                noting.put_back(held[position:], timezone.now())
                return

    def _is_gone(self, gone: ServerGone, rest: Sequence[Message]) -> None:
        global _gone_until
        log.warning("the mail server could not be reached (%s)", gone)
        _gone_until = time.monotonic() + PAUSE_OF_A_PROCESS
        self.is_over = True
        self.done += 1
        noting.put_back(rest, timezone.now() + PAUSE)

    def _deliver(self, group: Sequence[Message]) -> None:
        now = timezone.now()
        taken = acknowledging.taken(group)
        notes = [(message, Outcome(State.SENT)) for message in group if message.pk in taken]
        posts: list[Post] = []
        not_now: list[Message] = []
        left = self._with_room([message for message in group if message.pk not in taken], now)
        for message, made in _made(left, now):
            if isinstance(made, Post):
                posts.append(made)
            elif isinstance(made, NotNow):
                not_now.append(message)
            else:
                notes.append((message, made))
        if not_now:
            later = now + WHILE_NOT_NOW * (1 + pacing.share(not_now[0]))
            noting.put_back(not_now, later, code=reasons.NOT_NOW)
        posts = self._allowed(posts, notes, now)
        begun = noting.begin(posts, self.worker, now)
        self._hand_over([post for post in posts if post.message.pk in begun], notes, now)

    def _with_room(self, messages: list[Message], now: datetime) -> list[Message]:
        """Without those that were put back for their domain's sake before, and whose domain has no room yet: they
        need not be made to know that."""
        known = {message.domain for message in messages if message.domain and message.lane != Lane.CODES}
        self.domains.look(known, now)
        full = {domain for domain in known if not self.domains.has_room(domain)}
        self._put_back([(one, one.domain) for one in messages if one.domain in full], now)
        return [message for message in messages if message.domain not in full]

    def _allowed(self, posts: list[Post], notes: list[tuple[Message, Outcome]], now: datetime) -> list[Post]:
        """Without those whose address came back before, and those whose domain has had enough for now."""
        # A code is what its owner proves the address anew with, and asks for: it is tried all the same.
        judged = [post for post in posts if post.message.lane != Lane.CODES]
        came_back = suppressing.codes_for(post.recipient_hash for post in judged)
        self.domains.look({post.domain for post in judged}, now)
        allowed, too_many = [], []
        for post in posts:
            is_judged = post.message.lane != Lane.CODES
            if is_judged and post.recipient_hash in came_back:
                code = came_back[post.recipient_hash]
                notes.append((post.message, Outcome(State.BOUNCED, "not sent: it came back before", code)))
            elif is_judged and not self.domains.takes(post.domain):
                too_many.append((post.message, post.domain))
            else:
                allowed.append(post)
        self._put_back(too_many, now)
        return allowed

    def _put_back(self, too_many: Sequence[tuple[Message, str]], now: datetime) -> None:
        """Each domain's go back together, to when it is their turn there; their rows know their domain from now on."""
        by_domain: dict[str, list[Message]] = {}
        for message, domain in too_many:
            by_domain.setdefault(domain, []).append(message)
        for domain, messages in by_domain.items():
            noting.put_back(messages, self.domains.turn(domain, messages, now), domain=domain)

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
            noting.note_all(notes, now)
            noting.put_back(
                [post.message for post in posts[handed + 1 :]], timezone.now() + PAUSE, begun=True
            )
            self._forget()
            raise
        noting.note_all(notes, now)
        noting.put_back([post.message for post in posts[handed:]], timezone.now(), begun=True)
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


def _made(messages: Sequence[Message], now: datetime) -> Iterator[tuple[Message, Post | Outcome | NotNow]]:
    """Each row as it goes out, or what stands in its way."""
    by_kind: dict[str, list[Message]] = {}
    for message in messages:
        by_kind.setdefault(message.kind, []).append(message)
    made: dict[int, Post | Outcome | NotNow] = {}
    for kind, rows in by_kind.items():
        wanted = [Wanted(row.subject_id, row.language, row.context, row.once_key or "") for row in rows]
        for row, rendered in zip(rows, render_many(kind, wanted), strict=True):
            made[row.pk] = _post(row, rendered, now)
    for message in messages:
        yield message, made[message.pk]


def _post(
    message: Message, rendered: Rendered | Pointless | NotNow | Unrenderable, now: datetime
) -> Post | Outcome | NotNow:
    if isinstance(rendered, NotNow):
        return rendered
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


def render_now(message: Message) -> Rendered:
    """The words of a row as they would go out now (previews, tests)."""
    return render(message.kind, message.subject_id, message.language, message.context)
