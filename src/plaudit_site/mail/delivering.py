"""The worker's part: claim queued rows, render, hand over by SMTP, note what came of it."""

from __future__ import annotations

import logging
import smtplib
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.mail import pacing, reasons, suppressing
from plaudit_site.mail.building import HeaderInjection, build
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.mail.queueing import address_hash
from plaudit_site.mail.renderers import Pointless, Rendered, render
from plaudit_site.mail.return_paths import return_path

log = logging.getLogger(__name__)

SMTP_TIMEOUT = 20
CONNECT_TIMEOUT = 8
MOST_AT_ONCE = 50
LEASE_SECONDS = 300
# After a server that was gone: how long the rest waits, and how long this process asks only for its codes.
PAUSE = timedelta(seconds=30)
PAUSE_OF_A_PROCESS = 15.0
_gone_until = 0.0


class ServerGone(Exception):
    """No connection could be made: no other mail of this round would leave either."""


class Transport(Protocol):
    """Hands one message over. Raises smtplib.SMTPException or OSError when it did not leave."""

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None: ...

    def close(self) -> None: ...


class Mailbox:
    """The demo's transport: nothing leaves this machine, the row keeps the bytes for /mailbox/."""

    keeps = True

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        del sender, recipient, data

    def close(self) -> None:
        pass


class Smtp:
    """One connection, reused for the messages of a round."""

    keeps = False

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.wanted = wanted
        self.connection: smtplib.SMTP | None = None

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        if self.connection is not None and self.connection.sock is None:  # the server said 421 and hung up
            self.close()
        connection = self.connection or self._connect()
        try:
            connection.sendmail(sender, [recipient], data)
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise
        except smtplib.SMTPException:  # an answer about this mail; the connection is as good as before
            raise
        except OSError:
            self.close()
            raise

    def _connect(self) -> smtplib.SMTP:
        wanted = self.wanted
        context = ssl.create_default_context()
        connection: smtplib.SMTP
        try:
            if wanted["tls"] == "implicit":
                connection = smtplib.SMTP_SSL(
                    wanted["host"], wanted["port"], timeout=CONNECT_TIMEOUT, context=context
                )
            else:
                connection = smtplib.SMTP(wanted["host"], wanted["port"], timeout=CONNECT_TIMEOUT)
                if wanted["tls"] == "starttls":
                    connection.starttls(context=context)
            if wanted["user"]:
                connection.login(wanted["user"], wanted["password"])
        except (smtplib.SMTPException, OSError) as error:
            raise ServerGone(type(error).__name__) from error
        if connection.sock is not None:
            connection.sock.settimeout(SMTP_TIMEOUT)
        self.connection = connection
        return connection

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()


def transport() -> Mailbox | Smtp:
    wanted = settings.MAIL_TRANSPORT
    return Mailbox() if wanted["kind"] == "mailbox" else Smtp(wanted)


@dataclass(frozen=True)
class Outcome:
    """What came of one hand-over. `maybe_left`: it broke off, so the server may have taken it all the same."""

    state: State
    error: str = ""
    code: str = ""
    maybe_left: bool = False


def deliver_some(worker: str, *, most: int = MOST_AT_ONCE, lanes: tuple[Lane, ...] = tuple(Lane)) -> int:
    """Send up to `most` due mails of `lanes`, most urgent lane first. Returns how many were dealt with."""
    if time.monotonic() < _gone_until:
        lanes = tuple(lane for lane in lanes if lane == Lane.CODES)
    done, way, domains = 0, transport(), pacing.Domains(worker)
    try:
        for lane in lanes:
            held = leases.claim(
                Message.objects.filter(lane=lane),
                worker=worker,
                now=timezone.now(),
                most=most - done,
                seconds=LEASE_SECONDS,
            )
            done += _deliver_all(held, way, domains)
            if done >= most:
                break
    finally:
        way.close()
    return done


def _deliver_all(held: list[Message], way: Mailbox | Smtp, domains: pacing.Domains) -> int:
    global _gone_until
    for position, message in enumerate(held):
        try:
            _deliver_or_record(message, way, domains)
        except ServerGone as gone:
            log.warning("the mail server could not be reached (%s)", gone)
            _gone_until = time.monotonic() + PAUSE_OF_A_PROCESS
            error = f"the mail server could not be reached ({gone})"
            _note(message, Outcome(State.DEFERRED, error, reasons.GONE), timezone.now())
            for other in held[position + 1 :]:
                _put_back(other, timezone.now() + PAUSE)
            return position + 1
    return len(held)


def _deliver_or_record(message: Message, way: Mailbox | Smtp, domains: pacing.Domains) -> None:
    """One mail that cannot be rendered must not hold up the others: it is recorded and tried later."""
    try:
        deliver(message, way, domains)
    except ServerGone:
        raise
    except Exception:
        log.exception("mail %s (%s) could not be made", message.pk, message.kind)
        error = "this mail could not be made; see the log"
        _note(message, Outcome(State.DEFERRED, error, reasons.BROKEN), timezone.now())


def deliver(message: Message, way: Mailbox | Smtp, domains: pacing.Domains | None = None) -> Outcome:
    """One claimed row: render, hand over, note. A crash in between repeats it with the same Message-ID."""
    now = timezone.now()
    try:
        rendered = render(message.kind, message.subject_id, message.language, message.context)
        data = build(rendered, message_id=message.message_id, sender_address=settings.MAIL_FROM, at=now)
    except Pointless as reason:
        return _note(message, Outcome(State.DROPPED, str(reason)), now)
    except HeaderInjection as reason:
        return _note(message, Outcome(State.FAILED, f"not sent: {reason}", reasons.BROKEN), now)
    hashed = address_hash(rendered.recipient)
    if message.lane != Lane.CODES:
        # A code is what its owner proves the address anew with, and asks for: it is tried all the same.
        came_back = suppressing.code_for(hashed)
        if came_back:
            return _note(message, Outcome(State.BOUNCED, "not sent: it came back before", came_back), now)
        domain = rendered.recipient.rpartition("@")[2].lower()
        if domains is not None and not domains.takes(domain, now):
            _put_back(message, now + pacing.MINUTE * (0.1 + 0.9 * pacing.share(message)))
            return Outcome(State.QUEUED, "the domain has had enough for this minute")
    if not _begin(message, rendered.recipient, hashed, now):
        return Outcome(State.DEFERRED, "another worker has it")
    outcome = _hand_over(way, return_path(message), rendered.recipient, data)
    keep = data if outcome.state is State.SENT and way.keeps else None
    return _note(message, outcome, now, raw=keep)


def _begin(message: Message, recipient: str, hashed: str, now: datetime) -> bool:
    """Write down that this is handed over now, if this worker's lease on the row is still its own."""
    # A worker died while handing this over: it may have left. Same Message-ID, and we say so.
    message.possibly_twice = message.possibly_twice or message.handing_over
    message.recipient_hash, message.domain = hashed, recipient.rpartition("@")[2].lower()
    return (
        Message.objects.filter(
            pk=message.pk,
            lease_holder=message.lease_holder,
            attempts=message.attempts,
            lease_until__gt=timezone.now(),
        ).update(
            state=State.SENDING,
            handing_over=True,
            possibly_twice=message.possibly_twice,
            recipient_hash=message.recipient_hash,
            domain=message.domain,
            handed_at=now,
        )
        == 1
    )


def _put_back(message: Message, due_at: datetime) -> None:
    """Not tried at all: the attempt does not count."""
    leases.finish(message, due_at=due_at, attempts=F("attempts") - 1)


def _hand_over(way: Transport, sender: str, recipient: str, data: bytes) -> Outcome:
    try:
        way.hand_over(sender, recipient, data)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        return _refused(code, reason, of_recipient=True)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error, of_recipient=False)
    except UnicodeEncodeError:
        return Outcome(State.FAILED, "the address needs SMTPUTF8", "5.6.7")
    except (smtplib.SMTPException, OSError) as error:
        said = f"the mail server could not be reached ({type(error).__name__})"
        return Outcome(State.DEFERRED, said, "4.4.2", maybe_left=True)
    return Outcome(State.SENT)


def _refused(reply: int, reason: bytes | str, *, of_recipient: bool) -> Outcome:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    words = " ".join(words.split())
    code = reasons.code_of(reply, words)
    for_good = State.BOUNCED if of_recipient or code in reasons.HARD else State.FAILED
    state = for_good if 500 <= reply < 600 else State.DEFERRED
    return Outcome(state, f"{reply} {words}"[:300], code)


def _note(message: Message, outcome: Outcome, now: datetime, *, raw: bytes | None = None) -> Outcome:
    changes: dict[str, Any] = {
        "state": outcome.state,
        "error": outcome.error,
        "code": outcome.code,
        "handing_over": False,
    }
    if outcome.maybe_left:
        changes["possibly_twice"] = True
    if outcome.state is State.DEFERRED:
        changes["due_at"] = pacing.next_try(message, now)
        if changes["due_at"] is None:
            changes |= {"state": State.FAILED, "code": outcome.code or reasons.LATE}
    if changes["state"] != State.DEFERRED:
        changes |= {"due_at": None, "context": {}, "sent_at": now if outcome.state is State.SENT else None}
    if changes["state"] == State.BOUNCED:
        changes["bounced_at"] = now
    if raw is not None:
        changes["raw"] = raw
    with transaction.atomic():
        if not leases.finish(message, **changes):
            log.warning("mail %s: the lease was lost after the hand-over", message.pk)
        elif changes["state"] == State.BOUNCED:
            suppressing.note(message, outcome.code)
    return Outcome(State(changes["state"]), outcome.error, changes["code"])


def render_now(message: Message) -> Rendered:
    """The words of a row as they would go out now (previews, tests)."""
    return render(message.kind, message.subject_id, message.language, message.context)
