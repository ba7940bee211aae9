"""Handing over: what is retried, what is given up, what is never sent twice without saying so."""

from __future__ import annotations

import os
import smtplib
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.ids import new_id
from plaudit_site.mail import acknowledging, delivering, noting, pacing, renderers
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.mail.queueing import queue, queue_many
from plaudit_site.mail.renderers import Pointless, Rendered
from plaudit_site.mail.transports import OneByOne

pytestmark = pytest.mark.django_db


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain(subject_id: str, _language: str, context: Any) -> Rendered:
    if subject_id == "gone":
        raise Pointless("nothing to say")
    if subject_id == "broken":
        raise RuntimeError("a template error")
    return Rendered("Subject", "Text", "<p>Text</p>", context.get("to", "eve@example.org"))


class Way(OneByOne):
    """A mail server that does as it is told."""

    def __init__(self, *troubles: Exception | None) -> None:
        self.troubles = list(troubles)
        self.sent: list[str] = []

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.sent.append(recipient)


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(renderers._renderers, "plain", plain)


def queued(subject_id: str = "", lane: Lane = Lane.INVITATIONS, **more: Any) -> Message:
    message = queue("plain", subject_id or new_id(), lane=lane, **more)
    assert message is not None
    return message


def deliver(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "transport", lambda: way)
    delivering.deliver_some("worker")


def refused(code: int, words: bytes) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"eve@example.org": (code, words)})


@pytest.mark.parametrize(
    ("trouble", "state", "words"),
    [
        (refused(550, b"no such user"), State.BOUNCED, "550 no such user"),
        (refused(450, b"greylisted"), State.DEFERRED, "450 greylisted"),
        (smtplib.SMTPDataError(554, b"spam"), State.FAILED, "554 spam"),
        (smtplib.SMTPServerDisconnected("gone"), State.DEFERRED, "could not be reached"),
        (ConnectionRefusedError(), State.DEFERRED, "could not be reached"),
        (TimeoutError(), State.DEFERRED, "could not be reached"),
    ],
    ids=["550", "450", "554 after data", "dropped", "refused", "silent"],
)
def test_what_the_server_says_decides(
    trouble: Exception, state: State, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = queued(), queued(context={"to": "good@example.org"})
    way = Way(trouble)
    deliver(way, monkeypatch)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (state, State.SENT)
    assert words in bad.error
    if state is State.DEFERRED:
        assert bad.due_at is not None
        assert bad.due_at > timezone.now()
    else:
        assert bad.due_at is None


def test_pauses_grow_and_after_three_days_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    message = queued()
    for least in (1, 5, 15, 60, 240, 720):
        deliver(Way(TimeoutError()), monkeypatch)
        message.refresh_from_db()
        assert message.due_at is not None
        pause = (message.due_at - timezone.now()).total_seconds() / 60
        assert least * 0.99 <= pause <= least * 1.26
        Message.objects.update(due_at=timezone.now())
    began = timezone.now() - timedelta(days=2, hours=23)
    Message.objects.update(first_tried_at=began)
    deliver(Way(TimeoutError()), monkeypatch)
    message.refresh_from_db()
    assert message.due_at is not None
    assert message.due_at - began <= timedelta(days=3, minutes=1), "a last try after three days"
    Message.objects.update(first_tried_at=timezone.now() - timedelta(days=4), due_at=timezone.now())
    deliver(Way(TimeoutError()), monkeypatch)
    message.refresh_from_db()
    assert message.state == State.FAILED


@pytest.mark.parametrize("lane", [Lane.REMINDERS, Lane.INVITATIONS], ids=["has its day", "no worker was on"])
def test_a_mail_has_its_three_days_from_when_it_is_first_tried(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """J2: a reminder lies for days in the outbox; a server that says “later” on its day does not end it."""
    message = queued(lane=lane)
    Message.objects.update(created_at=timezone.now() - timedelta(days=30))
    deliver(Way(TimeoutError()), monkeypatch)
    message.refresh_from_db()
    assert (message.state, message.due_at is not None) == (State.DEFERRED, True)
    first = message.first_tried_at
    Message.objects.update(due_at=timezone.now())
    deliver(Way(TimeoutError()), monkeypatch)
    message.refresh_from_db()
    assert (message.state, message.first_tried_at) == (State.DEFERRED, first)
    Message.objects.update(due_at=timezone.now())
    deliver(Way(), monkeypatch)
    message.refresh_from_db()
    assert message.state == State.SENT


def test_a_code_that_was_held_up_for_a_quarter_of_an_hour_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = queued(lane=Lane.CODES)
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    deliver(Way(TimeoutError()), monkeypatch)
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_the_pause_of_a_row_is_its_own_and_the_same_each_time() -> None:
    now = timezone.now()
    rows = [Message(pk=pk, attempts=1, created_at=now, lane=Lane.INVITATIONS) for pk in range(1, 50)]
    first = [pacing.next_try(row, now) for row in rows]
    assert first == [pacing.next_try(row, now) for row in rows]
    assert len(set(first)) == len(rows)


def test_a_code_goes_before_a_thousand_invitations_and_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queued(context={"to": "later@example.org"})
    code = queued(lane=Lane.CODES, context={"to": "first@example.org", "code": "123456"})
    way = Way()
    deliver(way, monkeypatch)
    assert way.sent == ["first@example.org", "later@example.org"]
    code.refresh_from_db()
    assert code.context == {}


def test_what_has_become_pointless_is_dropped_and_what_is_broken_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, broken, good = queued("gone"), queued("broken"), queued()
    deliver(Way(), monkeypatch)
    for message in (gone, broken, good):
        message.refresh_from_db()
    assert (gone.state, broken.state, good.state) == (State.DROPPED, State.DEFERRED, State.SENT)


def test_the_same_key_queues_once() -> None:
    assert queue("plain", "a", lane=Lane.NOTICES, once_key="k") is not None
    assert queue("plain", "a", lane=Lane.NOTICES, once_key="k") is None
    assert queue("plain", "b", lane=Lane.NOTICES, once_key="k") is not None, "about somebody else"
    assert queue("plain", "c", about=1, lane=Lane.NOTICES, once_key="k") is not None
    assert queue("plain", "c", about=1, lane=Lane.NOTICES, once_key="k") is None
    assert queue("plain", "d", about=2, lane=Lane.NOTICES, once_key="k") is not None, "about another"


def test_mails_of_which_one_is_there_are_refused_together() -> None:
    """As `queue_many` says: the whole transaction of a list's slice goes back."""
    assert queue("plain", "a", about=1, lane=Lane.NOTICES, once_key="k") is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        queue_many("plain", ["b", "a"], about=[2, 1], lane=Lane.NOTICES, languages=["en", "en"], once_key="k")
    assert not Message.objects.filter(subject_id="b").exists()


@pytest.mark.parametrize("often", [0, 1, 2, 3])
def test_a_worker_that_died_while_handing_over_is_told_by_the_row(
    monkeypatch: pytest.MonkeyPatch, often: int
) -> None:
    """F2: also when those who took it over had no time for it, and put it back."""
    message = queued()
    before = message.message_id

    class Dies(Way):
        def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(Dies(), monkeypatch)
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    for _time in range(often):
        held = leases.claim(Message.objects.all(), worker="slow", now=timezone.now(), most=1)
        noting.put_back(held, timezone.now())
    deliver(Way(), monkeypatch)
    message.refresh_from_db()
    assert (message.state, message.possibly_twice, message.message_id) == (State.SENT, True, before)


def test_a_lost_lease_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    queued()
    held = leases.claim(Message.objects.all(), worker="slow", now=timezone.now(), most=1)
    Message.objects.update(lease_holder="quicker")
    way = Way()
    delivering.Round("slow", way).deliver(held)
    assert way.sent == []


def test_mail_goes_over_a_real_smtp_connection(settings: Any) -> None:
    from aiosmtpd.controller import Controller

    class Sink:
        def __init__(self) -> None:
            self.messages: list[bytes] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            self.messages.append(envelope.content)
            return "250 OK"

    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        port = controller.port
        settings.MAIL_TRANSPORT = {
            "kind": "smtp", "host": "127.0.0.1", "port": port, "user": "", "password": "", "tls": ""
        }  # fmt: skip
        first, second = queued(), queued()
        assert delivering.deliver_some("worker") == 2
    finally:
        controller.stop()
    assert len(sink.messages) == 2
    assert first.message_id.encode() in sink.messages[0]
    second.refresh_from_db()
    assert second.state == State.SENT
    assert second.raw is None, "only the demo's mailbox keeps what was sent"


@pytest.mark.parametrize("trouble", ["full", "cut off", "no folder", "cannot be emptied"])
def test_a_full_disk_beside_the_database_sends_nothing_twice(
    trouble: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """F1, I4: the server has said 250, and no place is left to write that down."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(acknowledging, "_was_said", False)
    full = OSError(28, "No space left on device")

    def write(file: int, data: bytes) -> int:
        if trouble == "full":
            raise full
        return os_write(file, data[: len(data) // 2] if trouble == "cut off" else data)

    def truncate(file: int, length: int) -> None:
        if trouble == "cannot be emptied":
            raise full
        os_truncate(file, length)

    os_write, os_truncate = os.write, os.ftruncate
    monkeypatch.setattr(acknowledging.os, "write", write)
    monkeypatch.setattr(acknowledging.os, "ftruncate", truncate)
    if trouble == "no folder":
        (tmp_path / "mail").write_text("a file")
    for _ in range(3):
        queued()
    way = Way()
    deliver(way, monkeypatch)
    for _ in range(3):
        queued()
    deliver(way, monkeypatch)
    assert set(Message.objects.values_list("state", "lease_holder", "attempts")) == {(State.SENT, "", 1)}
    assert len(way.sent) == 6
    assert 1 <= caplog.text.count("cannot be written down") <= 2, "not with every mail"
