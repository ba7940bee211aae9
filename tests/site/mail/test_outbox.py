"""The truth about delivery: what each kind of mail server does to the rows, and what it does to the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plaudit_site import leases, work
from plaudit_site.ids import new_id
from plaudit_site.mail import (
    delivering,
    noting,
    pacing,
    reasons,
    renderers,
    return_paths,
    suppressing,
    transports,
)
from plaudit_site.mail.models import Lane, Message, State, Suppression
from plaudit_site.mail.queueing import address_hash, queue
from plaudit_site.mail.renderers import Rendered
from tests.site.mail.sink import Sink, at, free_port, running

pytestmark = pytest.mark.django_db


def plain(_subject_id: str, _language: str, context: Any) -> Rendered:
    return Rendered("Subject", "Text", "<p>Text</p>", context["to"])


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(renderers._renderers, "plain", plain)
    monkeypatch.setattr(delivering, "_gone_until", 0.0)
    monkeypatch.setattr(delivering, "_first_group", delivering.FIRST_GROUP)
    monkeypatch.setattr(pacing, "_turns", {})


def to(address: str, lane: Lane = Lane.INVITATIONS) -> Message:
    message = queue("plain", new_id(), lane=lane, context={"to": address})
    assert message is not None
    return message


def fresh(*messages: Message) -> list[Message]:
    for message in messages:
        message.refresh_from_db()
    return list(messages)


def test_one_bad_address_never_stops_the_others(settings: Any) -> None:
    bad = [to(f"{local}@one.example") for local in ("nobody", "full", "policy", "grey", "breaks")]
    good = [to(f"good{n}@two.example") for n in range(5)]
    with running() as (sink, settings.MAIL_TRANSPORT):
        assert delivering.deliver_some("worker") == 10
    nobody, full, policy, grey, breaks = fresh(*bad)
    assert [m.state for m in fresh(*good)] == [State.SENT] * 5
    assert sink.recipients == [f"good{n}@two.example" for n in range(5)]
    assert sink.connections == 2, "one connection, and one more after the broken one"
    assert [(m.state, m.code) for m in (nobody, full, policy)] == [
        (State.BOUNCED, "5.1.1"),
        (State.BOUNCED, "5.2.2"),
        (State.BOUNCED, "5.7.1"),
    ]
    assert (grey.state, grey.code, breaks.state, breaks.code) == ("deferred", "4.7.1", "deferred", "4.4.2")
    assert grey.due_at is not None
    assert grey.due_at > timezone.now()
    assert breaks.possibly_twice, "it broke off in the middle of DATA: nobody knows"
    assert not grey.possibly_twice
    assert list(Suppression.objects.values_list("code", flat=True)) == ["5.1.1"]


def test_a_server_that_is_gone_is_asked_once_and_the_others_do_not_lose_a_try(settings: Any) -> None:
    settings.MAIL_TRANSPORT = at(free_port())
    first, *others = [to(f"a{n}@one.example") for n in range(5)]
    assert delivering.deliver_some("worker") == 1
    first, *others = fresh(first, *others)
    assert (first.state, first.code, first.possibly_twice) == (State.DEFERRED, reasons.GONE, False)
    assert {(m.state, m.attempts, m.lease_holder) for m in others} == {(State.QUEUED, 0, "")}
    to("b@one.example")
    assert delivering.deliver_some("worker") == 0, "a while nobody knocks there"
    code = to("c@one.example", Lane.CODES)
    assert delivering.deliver_some("worker") == 1, "but a code is tried"
    assert fresh(code)[0].state == State.DEFERRED


def test_after_greylisting_it_arrives(settings: Any) -> None:
    message = to("grey@one.example")
    with running() as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
        sink.greylists = False
        Message.objects.update(due_at=timezone.now())
        delivering.deliver_some("worker")
    (message,) = fresh(message)
    assert (message.state, message.attempts, message.code, message.error) == (State.SENT, 2, "", "")
    assert len(sink.taken) == 1


def test_a_domain_gets_no_more_in_a_minute_than_it_may(settings: Any) -> None:
    settings.MAIL_DOMAIN_A_MINUTE = 3
    crowd = [to(f"a{n}@big.example") for n in range(6)]
    other = to("a@small.example")
    code = to("code@big.example", Lane.CODES)
    with running() as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
        states = [m.state for m in fresh(*crowd)]
        # The code counts as gone to the domain, but never waits for it.
        assert (states.count(State.SENT), states.count(State.QUEUED)) == (2, 4)
        assert [m.state for m in fresh(other, code)] == [State.SENT, State.SENT]
        waiting = [m for m in crowd if m.state == State.QUEUED]
        assert {m.attempts for m in waiting} == {0}
        Message.objects.update(handed_at=timezone.now() - pacing.MINUTE)
        Message.objects.filter(state=State.QUEUED).update(due_at=timezone.now())
        delivering.deliver_some("worker")
    assert len(sink.taken) == 7


def test_many_for_one_domain_are_made_once_and_put_back_together(settings: Any) -> None:
    """However many wait for it, the others of their lane, and the lanes behind it, have their turn."""
    settings.MAIL_DOMAIN_A_MINUTE = 40
    crowd = [to(f"a{n}@big.example") for n in range(400)]
    reminder = to("mia@small.example", Lane.REMINDERS)
    made: list[str] = []

    def counted(subject_id: str, language: str, context: Any) -> Rendered:
        made.append(subject_id)
        return plain(subject_id, language, context)

    with running() as (sink, settings.MAIL_TRANSPORT), pytest.MonkeyPatch.context() as patch:
        patch.setitem(renderers._renderers, "plain", counted)
        with CaptureQueriesContext(connection) as asked:
            for _ in range(10):
                delivering.deliver_some("worker")
        assert len(sink.taken) == 41
        assert fresh(reminder)[0].state == State.SENT
        assert len(made) == 401, "each was made once, to know its domain"
        changed = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("UPDATE")]
        # For each claim one, for each group of twenty one that puts back, or one that begins and one that notes.
        assert len(changed) < 60
        waiting = [one for one in fresh(*crowd) if one.state == State.QUEUED]
        assert {(one.domain, one.attempts) for one in waiting} == {("big.example", 0)}
        last = max(one.due_at for one in waiting if one.due_at) - timezone.now()
        assert timedelta(minutes=7) < last < timedelta(minutes=12), "forty a minute, one after the other"
        # Those whose turn it is while the domain is still full are put back unmade.
        Message.objects.filter(state=State.QUEUED).update(due_at=timezone.now())
        for _ in range(10):
            delivering.deliver_some("worker")
        assert len(made) == 401
        Message.objects.update(handed_at=timezone.now() - pacing.MINUTE)
        Message.objects.filter(state=State.QUEUED).update(due_at=timezone.now())
        delivering.deliver_some("worker")
    assert len(sink.taken) == 81


def test_what_goes_to_a_domain_with_enough_workers_at_its_door_is_left_to_them(settings: Any) -> None:
    settings.MAIL_DOMAIN_AT_ONCE = 1
    other = to("a@big.example")
    leases.claim(Message.objects.all(), worker="other", now=timezone.now(), most=1, seconds=60)
    Message.objects.filter(pk=other.pk).update(state=State.SENDING, domain="big.example")
    mine, code = to("b@big.example"), to("c@big.example", Lane.CODES)
    with running() as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
        assert sink.recipients == ["c@big.example"], "a code is tried all the same"
        assert fresh(code)[0].state == State.SENT
        Message.objects.filter(pk=mine.pk).update(due_at=timezone.now())
        with CaptureQueriesContext(connection) as asked:
            assert delivering.deliver_some("worker") == 0
    assert not [one for one in asked.captured_queries if one["sql"].startswith("UPDATE")], (
        "it is not even claimed"
    )


def test_a_domain_has_no_more_workers_at_its_door_than_it_may(settings: Any) -> None:
    settings.MAIL_DOMAIN_AT_ONCE = 1
    other = to("a@big.example")
    leases.claim(Message.objects.all(), worker="other", now=timezone.now(), most=1, seconds=60)
    Message.objects.filter(pk=other.pk).update(state=State.SENDING, domain="big.example")
    mine = to("b@big.example")
    with running() as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
        assert sink.taken == []
        Message.objects.filter(pk=other.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        Message.objects.filter(pk=mine.pk).update(due_at=timezone.now())
        delivering.deliver_some("worker")
    assert sorted(sink.recipients) == ["a@big.example", "b@big.example"]


def test_an_address_that_does_not_exist_is_asked_once_by_everybody(settings: Any) -> None:
    with running() as (sink, settings.MAIL_TRANSPORT):
        to("nobody@one.example")
        delivering.deliver_some("worker")
        later = to("Nobody@one.example")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transports.Smtp, "hand_over_all", None)
            delivering.deliver_some("worker")
        (later,) = fresh(later)
        assert (later.state, later.code) == (State.BOUNCED, "5.1.1")
        assert suppressing.take_off(" nobody@ONE.example ")
        again = to("nobody@one.example")
        delivering.deliver_some("worker")
    assert "no such user" in fresh(again)[0].error, "the server was asked again"
    assert sink.taken == []


def test_a_suppressed_address_still_gets_the_code_that_proves_it_anew(settings: Any) -> None:
    Suppression.objects.create(
        address_hash=address_hash("eve@one.example"), domain="one.example", code="5.1.1"
    )
    with running() as (sink, settings.MAIL_TRANSPORT):
        to("eve@one.example", Lane.CODES)
        to("eve@one.example", Lane.NOTICES)
        delivering.deliver_some("worker")
    assert sink.recipients == ["eve@one.example"]


@pytest.mark.journey("J14")
def test_an_address_that_is_proven_may_be_mailed_again(site: Any) -> None:
    from tests import people

    Suppression.objects.create(
        address_hash=address_hash("new@one.example"), domain="one.example", code="5.1.1"
    )
    people.person("New", "new@one.example")
    assert not Suppression.objects.exists()


def test_each_message_has_a_return_path_of_its_own(settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "bounces@plaudit.example"
    first, second = to("a@one.example"), to("b@one.example")
    with running() as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
    paths = [sender for sender, _, _ in sink.taken]
    assert paths[0].startswith(f"bounces+{first.pk}-")
    assert [return_paths.find(f"To: <{path.upper()}>".encode()) for path in paths] == [first.pk, second.pk]
    assert all(len(path.partition("@")[0]) <= 64 for path in paths)
    assert all(b"bounces" not in data for _, _, data in sink.taken), "only the envelope knows it"


def unlocked(act: Callable[[], object]) -> None:
    """The tests' database in memory does not wait for another thread, as a file does: it is asked again."""
    until = time.monotonic() + 10
    while True:
        try:
            act()
            return
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


# On SQLite tests/faults/test_while_awarding.py does the same with a file: threads at one database in memory do not wait
# for each other, but fail and pause.
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_code_leaves_within_five_seconds_while_the_mail_server_is_slow(settings: Any, site: Any) -> None:
    class Slow(Sink):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            import asyncio

            if not envelope.rcpt_tos[0].startswith("code"):
                await asyncio.sleep(1.5)
            return await super().handle_DATA(server, session, envelope)

    for n in range(40):
        to(f"a{n}@one.example")
    stop = threading.Event()
    with running(Slow()) as (sink, settings.MAIL_TRANSPORT):
        worker = threading.Thread(target=work.run_forever, args=(stop,))
        worker.start()
        try:
            time.sleep(2)
            began = time.monotonic()
            unlocked(lambda: to("code@one.example", Lane.CODES))
            while "code@one.example" not in sink.at and time.monotonic() < began + 10:
                time.sleep(0.05)
            assert sink.at["code@one.example"] - began < 5
        finally:
            stop.set()
            unlocked(lambda: Message.objects.filter(state=State.QUEUED).update(due_at=None))
            unlocked(lambda: Message.objects.filter(handed_at__isnull=True).update(lease_holder="nobody"))
            worker.join()


@pytest.mark.parametrize(
    ("reply", "text", "code"),
    [
        (550, "5.1.1 The email account does not exist", "5.1.1"),
        (550, "#5.1.0 Address rejected.", "5.1.0"),
        (550, "no such user here", "5.1.1"),
        (550, "blocked, see https://list.example/5.1.1.7", "550"),
        (550, "4.7.1 strange", "550"),
        (451, "4.7.1 greylisted", "4.7.1"),
        (554, "Message rejected as spam; user unknown", "554"),
    ],
)
def test_codes_in_what_servers_say(reply: int, text: str, code: str) -> None:
    assert reasons.code_of(reply, text) == code


@pytest.mark.parametrize(
    "code", [*reasons.WORDS, "5.9.9", "4.9.9", "550", "421", "5", "5.1.44", "", "nonsense"]
)
def test_every_code_has_words(code: str) -> None:
    assert reasons.words(code)
    assert "@" not in reasons.words(code).replace("the @", "")


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_word_on_the_content_is_waited_for_longer_than_one_on_a_command(
    settings: Any, monkeypatch: pytest.MonkeyPatch, pipelining: bool
) -> None:
    """F6: a server that takes a mail late has taken it; it gets it once."""
    monkeypatch.setattr(transports, "SMTP_TIMEOUT", 0.4)
    late, other = to("late@one.example"), to("other@one.example")
    with running(Sink(pipelining=pipelining)) as (sink, settings.MAIL_TRANSPORT):
        assert delivering.deliver_some("worker") == 2
        delivering.deliver_some("worker")
    assert sink.recipients == ["late@one.example", "other@one.example"]
    for message in fresh(late, other):
        assert (message.state, message.attempts, message.possibly_twice) == (State.SENT, 1, False)


@pytest.mark.parametrize("pipelining", [False, True])
def test_behind_a_mail_that_is_waited_for_no_other_waits_under_a_lease(
    settings: Any, monkeypatch: pytest.MonkeyPatch, pipelining: bool
) -> None:
    monkeypatch.setattr(delivering, "PATIENCE", 0.3)
    monkeypatch.setattr(delivering, "SECONDS_A_ROUND", 0.2)
    late, *others = [to("late@one.example"), *(to(f"other{n}@one.example") for n in range(5))]
    with running(Sink(pipelining=pipelining)) as (sink, settings.MAIL_TRANSPORT):
        delivering.deliver_some("worker")
        assert sink.recipients == ["late@one.example"]
        assert fresh(late)[0].state == State.SENT
        for message in fresh(*others):
            assert (message.state, message.attempts, message.handing_over) == (State.QUEUED, 0, False)
            assert message.lease_until is None
        late_again = to("late-again@one.example")
        Message.objects.filter(pk=late_again.pk).update(due_at=timezone.now() - timedelta(days=1))
        delivering.deliver_some("worker")
        assert sink.recipients == ["late@one.example", "late-again@one.example"], "a slow server gets one"
        while any(message.state != State.SENT for message in fresh(*others)):
            assert delivering.deliver_some("worker")
    assert sorted(sink.recipients[2:]) == [f"other{n}@one.example" for n in range(5)], "each once"
    assert all(not message.possibly_twice for message in fresh(*others))


def test_a_code_waits_less_long_behind_another_and_goes_out_again(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "CODE_WAITS", 0.3)
    code = to("late@one.example", lane=Lane.CODES)
    with running() as (sink, settings.MAIL_TRANSPORT):
        began = time.monotonic()
        delivering.deliver_some("worker", lanes=(Lane.CODES,))
        assert time.monotonic() - began < 0.3 + sink.late
    (code,) = fresh(code)
    assert (code.state, code.possibly_twice) == (State.DEFERRED, True)


def test_a_lease_is_begun_anew_with_the_hand_over_and_outlives_every_wait(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = to("late@one.example")
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    held = leases.claim(Message.objects.all(), worker="worker", now=timezone.now(), most=1, seconds=30)
    seen: list[Any] = []

    class Looks(Sink):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            seen.append(time.time())
            return await super().handle_DATA(server, session, envelope)

    noted = noting.note_all

    def look(*given: Any) -> None:
        seen.append(Message.objects.get(pk=message.pk).lease_until)
        noted(*given)

    monkeypatch.setattr(noting, "note_all", look)
    with running(Looks()) as (_sink, settings.MAIL_TRANSPORT):
        turn = delivering.Round("worker", transports.transport())
        turn.deliver(held)
        turn.close()
    at_hand_over, until = seen
    assert until.timestamp() - at_hand_over > noting.LEASE_SECONDS - 5
    # Connecting takes up to nine exchanges, the envelope three.
    commands = 9 * transports.CONNECT_TIMEOUT + 3 * transports.SMTP_TIMEOUT
    assert delivering.PATIENCE + commands + transports.CONTENT_TIMEOUT < noting.LEASE_SECONDS


def test_a_mail_server_that_is_waited_for_holds_up_no_award(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(work.founding, "first_start", lambda: None)
    monkeypatch.setattr(
        work, "_rounds", lambda _stop, _name, jobs: ran.append(tuple(job.name for job in jobs))
    )
    work.run_forever(threading.Event())
    assert ("mail",) in ran
    assert ("codes",) in ran, "nor a code, which may be worth nothing by then"


def test_a_worker_that_is_told_to_stop_waits_for_no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """F14: while one is silent for minutes."""
    silent, began = threading.Event(), threading.Event()

    def rounds(_stop: threading.Event, _name: str, jobs: tuple[work.Job, ...]) -> None:
        if jobs and jobs[0].name == "mail":
            began.set()
            silent.wait(60)

    monkeypatch.setattr(work.founding, "first_start", lambda: None)
    monkeypatch.setattr(work, "_rounds", rounds)
    monkeypatch.setattr(work, "STOPPED_WITHIN", 0.1)
    stop = threading.Event()
    stop.set()
    begin = time.monotonic()
    work.run_forever(stop)
    assert began.is_set()
    assert time.monotonic() - begin < 30
    silent.set()
