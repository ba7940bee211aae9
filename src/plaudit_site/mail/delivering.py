"""The worker's part: claim queued rows, render, hand over by SMTP, note what came of it."""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.mail.building import HeaderInjection, build
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.mail.renderers import Pointless, Rendered, render

log = logging.getLogger(__name__)

SMTP_TIMEOUT = 20
GIVE_UP_AFTER = timedelta(days=3)
CODE_USELESS_AFTER = timedelta(minutes=15)
MOST_AT_ONCE = 50


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
        connection = self.connection or self._connect()
        try:
            connection.sendmail(sender, [recipient], data)
        except (smtplib.SMTPServerDisconnected, OSError):
            self.close()
            raise

    def _connect(self) -> smtplib.SMTP:
        wanted = self.wanted
        context = ssl.create_default_context()
        connection: smtplib.SMTP
        if wanted["tls"] == "implicit":
            connection = smtplib.SMTP_SSL(
                wanted["host"], wanted["port"], timeout=SMTP_TIMEOUT, context=context
            )
        else:
            connection = smtplib.SMTP(wanted["host"], wanted["port"], timeout=SMTP_TIMEOUT)
            if wanted["tls"] == "starttls":
                connection.starttls(context=context)
        if wanted["user"]:
            connection.login(wanted["user"], wanted["password"])
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
    """What came of one hand-over."""

    state: State
    error: str = ""


def deliver_some(worker: str, *, most: int = MOST_AT_ONCE, lanes: tuple[Lane, ...] = tuple(Lane)) -> int:
    """Send up to `most` due mails of `lanes`, most urgent lane first. Returns how many were dealt with."""
    done = 0
    for lane in lanes:
        held = leases.claim(
            Message.objects.filter(lane=lane),
            worker=worker,
            now=timezone.now(),
            most=most - done,
            seconds=300,
        )
        if not held:
            continue
        way = transport()
        try:
            for message in held:
                _deliver_or_record(message, way)
                done += 1
        finally:
            way.close()
        if done >= most:
            break
    return done


def _deliver_or_record(message: Message, way: Mailbox | Smtp) -> None:
    """One mail that cannot be rendered must not hold up the others: it is recorded and tried later."""
    try:
        deliver(message, way)
    except Exception:
        log.exception("mail %s (%s) could not be made", message.pk, message.kind)
        now = timezone.now()
        _note(message, Outcome(State.DEFERRED, "this mail could not be made; see the log"), now)


def deliver(message: Message, way: Mailbox | Smtp) -> Outcome:
    """One claimed row: render, hand over, note. A crash in between repeats it with the same Message-ID."""
    now = timezone.now()
    if message.handing_over:
        # A worker died while handing this over. It may have left: same Message-ID, and we say so.
        Message.objects.filter(pk=message.pk).update(possibly_twice=True)
    try:
        rendered = render(message.kind, message.subject_id, message.language, message.context)
        data = build(rendered, message_id=message.message_id, sender_address=settings.MAIL_FROM, at=now)
    except Pointless as reason:
        return _note(message, Outcome(State.DROPPED, str(reason)), now)
    except HeaderInjection as reason:
        return _note(message, Outcome(State.FAILED, f"not sent: {reason}"), now)
    if not leases_still(message):
        return Outcome(State.DEFERRED, "another worker has it")
    Message.objects.filter(pk=message.pk).update(handing_over=True)
    outcome = _hand_over(way, rendered.recipient, data)
    keep = data if outcome.state is State.SENT and way.keeps else None
    return _note(message, outcome, now, raw=keep)


def leases_still(message: Message) -> bool:
    """Whether this worker's lease on the row is still its own just before something irrevocable."""
    return Message.objects.filter(
        pk=message.pk,
        lease_holder=message.lease_holder,
        attempts=message.attempts,
        lease_until__gt=timezone.now(),
    ).exists()


def _hand_over(way: Transport, recipient: str, data: bytes) -> Outcome:
    try:
        way.hand_over(settings.MAIL_FROM, recipient, data)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        return _refused(code, reason)
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(State.DEFERRED, f"the mail server could not be reached ({type(error).__name__})")
    return Outcome(State.SENT)


def _refused(code: int, reason: bytes | str) -> Outcome:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    state = State.FAILED if 500 <= code < 600 else State.DEFERRED
    return Outcome(state, f"{code} {' '.join(words.split())}"[:300])


def _note(message: Message, outcome: Outcome, now: datetime, *, raw: bytes | None = None) -> Outcome:
    changes: dict[str, Any] = {"state": outcome.state, "error": outcome.error, "handing_over": False}
    if outcome.state is State.DEFERRED:
        too_late = GIVE_UP_AFTER if message.lane != Lane.CODES else CODE_USELESS_AFTER
        if now - message.created_at > too_late:
            changes["state"] = State.FAILED
    if changes["state"] == State.DEFERRED:
        changes["due_at"] = leases.backoff(message.attempts, now)
    else:
        changes |= {"due_at": None, "context": {}, "sent_at": now if outcome.state is State.SENT else None}
    if raw is not None:
        changes["raw"] = raw
    with transaction.atomic():
        if not leases.finish(message, **changes):
            log.warning("mail %s: the lease was lost after the hand-over", message.pk)
    return Outcome(State(changes["state"]), outcome.error)


def render_now(message: Message) -> Rendered:
    """The words of a row as they would go out now (previews, tests)."""
    return render(message.kind, message.subject_id, message.language, message.context)
