"""Webhooks: signed, in order, at least once, nothing lost or told to somebody else (SECURITY C9, D12, D14, F16)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.utils import timezone

import plaudit_site
from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.api.hooks import gathering, making, sending, signatures
from plaudit_site.api.hooks.events import KINDS, NAMES
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.audit import chaining
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards import claiming, keeping, revoking, suspending
from plaudit_site.awards.models import Visibility
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Message as Mail
from tests import people
from tests.people import World
from tests.receiver import Message, Receiver, Refused, check, receiving
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
State = WebhookMessage.State


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as mine:
        settings.WEBHOOK_HOSTS = frozenset({mine.host})
        yield mine


@pytest.fixture
def webhook(world: World, receiver: Receiver) -> Webhook:
    return making.make(world.issuer, url=receiver.url, kinds=(), by=world.ada)


def gather() -> None:
    while chaining.chain_some() + gathering.gather_some():
        pass


def send(webhook: Webhook, *, at_once: bool = True) -> None:
    """Gathered and sent; `at_once`: whatever is to wait for its time does not."""
    gather()
    if at_once:
        Webhook.objects.filter(pk=webhook.pk).update(due_at=timezone.now())
        webhook.messages.filter(state=State.WAITING).update(due_at=None)
    while sending.send_some("test-worker"):
        pass
    webhook.refresh_from_db()


def claim(worker: str) -> Webhook:
    """The webhook, in that worker's hands."""
    rows = Webhook.objects.select_related("issuer")
    [held] = leases.claim(rows, worker=worker, now=timezone.now(), most=1, seconds=60)
    return held


def states(webhook: Webhook) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in webhook.messages.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


# What is told


@pytest.mark.journey("J46")
def test_an_award_is_told_of_from_its_signing_to_its_end(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    award = world.award("new@example.org")
    eve = people.person("Eve", "new@example.org")
    claiming.accept(award, eve, trust_issuer=False, visibility=Visibility.LINK)
    keeping.remove(award, eve)
    keeping.take_back(award, eve)
    revoking.revoke(award, reason="A mistake.", by=world.ada)
    send(webhook)
    about = [one for one in receiver.got if one.content["data"].get("award", {}).get("id") == award.public_id]
    assert [one.content["type"] for one in about] == [
        "award.issued", "award.accepted", "award.removed", "award.restored", "award.revoked",
    ]  # fmt: skip
    told = about[0].content
    assert told["issuer"] == {"id": world.issuer.public_id, "slug": world.issuer.slug}
    assert told["data"]["award"]["address"] == "new@example.org"
    assert about[-1].content["data"]["award"]["state"] == "revoked"
    assert told["timestamp"].endswith("Z")


def test_every_kind_of_event_is_one_that_something_records() -> None:
    """A name that no code records would be a promise that nobody keeps."""
    source = "".join(path.read_text() for path in Path(plaudit_site.__file__).parent.rglob("*.py"))
    events = Path(plaudit_site.__file__).parent / "api" / "hooks" / "events.py"
    source = source.replace(events.read_text(), "")
    for kind in KINDS:
        for told in kind.told:
            assert f'"{told}"' in source, told


def test_numbers_count_up_by_one_and_ids_are_never_the_same(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    for n in range(3):
        world.award(f"e{n}@example.org")
    send(webhook)
    assert [one.content["sequence"] for one in receiver.got] == list(range(1, len(receiver.got) + 1))
    assert len({one.id for one in receiver.got}) == len(receiver.got) > 2


def test_only_what_was_chosen_is_told(world: World, receiver: Receiver) -> None:
    webhook = making.make(world.issuer, url=receiver.url, kinds=["award.withdrawn"], by=world.ada)
    award = world.award("x@example.org")
    revoking.withdraw(award, by=world.ada)
    send(webhook)
    assert receiver.kinds == ["award.withdrawn"]
    assert receiver.got[0].content["sequence"] == 1


def test_what_happened_before_it_was_made_is_not_told(world: World, receiver: Receiver) -> None:
    world.award("before@example.org")
    chaining.chain_some()
    webhook = making.make(world.issuer, url=receiver.url, kinds=(), by=world.ada)
    send(webhook)
    assert receiver.got == []


# SECURITY A12
def test_another_issuers_webhook_hears_nothing(world: World, webhook: Webhook, receiver: Receiver) -> None:
    zoe = people.person("Zoe", "zoe@other.example")
    other = founding.found(
        zoe, name="Other", short_name="O", url="https://other.example", email="a@other.example",
        standing=Issuer.Standing.APPROVED,
    )  # fmt: skip
    theirs = making.make(other, url=receiver.url, kinds=(), by=zoe)
    world.award("mine@example.org")
    gather()
    assert theirs.messages.count() == 0
    assert webhook.messages.count() > 0


def test_suspended_and_reinstated_are_told(world: World, webhook: Webhook, receiver: Receiver) -> None:
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    award = world.award("held@example.org")
    eve = people.person("Eve", "held@example.org")
    claiming.accept(award, eve, trust_issuer=False, visibility=Visibility.LINK)
    suspending.suspend(award, reason="We look into it.", by=world.ada)
    suspending.reinstate(award, by=world.ada)
    send(webhook)
    assert receiver.kinds[-2:] == ["award.suspended", "award.reinstated"]


def test_what_was_rolled_back_is_never_told(world: World, webhook: Webhook, receiver: Receiver) -> None:
    from django.db import transaction

    award = world.award("back@example.org")
    send(webhook)
    before = len(receiver.got)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        revoking.revoke(award, reason="x", by=world.ada)
        raise ZeroDivisionError
    send(webhook)
    assert len(receiver.got) == before


# Signed


# SECURITY D14
def test_a_receiver_can_tell_ours_from_altered_old_and_foreign_ones(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    making.test(webhook, by=world.ada)
    send(webhook)
    got, secret = receiver.got[0], signatures.secret(webhook)
    check(got, secret)
    altered = Message(got.headers, got.body.replace(b"test", b"TEST"), 1)
    other_id = Message({**got.headers, "webhook-id": "msg_x"}, got.body, 1)
    moved = Message(
        {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) + 1)}, got.body, 1
    )
    for forged in (altered, other_id, moved):
        with pytest.raises(Refused, match="not signed"):
            check(forged, secret)
    with pytest.raises(Refused, match="too old"):
        check(got, secret, now=timezone.now().timestamp() + 301)
    with pytest.raises(Refused, match="not signed"):
        check(got, "whsec_" + base64.b64encode(b"x" * 32).decode())


def test_the_signature_is_that_of_the_specifications_own_example() -> None:
    """The vector of Standard Webhooks' reference libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signatures.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_guide_names_every_event_and_its_own_check_tells_genuine_from_forged(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text()
    for kind in KINDS:
        assert f"| `{kind.name}` | {kind.words} |" in guide
    snippet, own_receiver = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    compile(own_receiver, "webhooks.md", "exec")
    shown: dict[str, Any] = {}
    exec(snippet, shown)
    making.test(webhook, by=world.ada)
    send(webhook)
    got, secret = receiver.got[0], signatures.secret(webhook)
    assert shown["is_genuine"](secret, got.headers, got.body)
    assert not shown["is_genuine"](secret, got.headers, got.body + b" ")
    old = {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 400)}
    assert not shown["is_genuine"](secret, old, got.body)


def test_after_a_new_secret_both_sign_for_a_day(world: World, webhook: Webhook, receiver: Receiver) -> None:
    old = signatures.secret(webhook)
    making.new_secret(webhook, by=world.ada)
    new = signatures.secret(webhook)
    assert old != new
    making.test(webhook, by=world.ada)
    send(webhook)
    check(receiver.got[0], old)
    check(receiver.got[0], new)
    Webhook.objects.update(older_secret_until=timezone.now() - timedelta(seconds=1))
    making.test(webhook, by=world.ada)
    send(webhook)
    check(receiver.got[1], new)
    with pytest.raises(Refused):
        check(receiver.got[1], old)


def test_the_secret_is_stored_nowhere(webhook: Webhook) -> None:
    secret = signatures.secret(webhook).removeprefix("whsec_")
    stored = "".join(serializers.serialize("json", model.objects.all()) for model in apps.get_models())
    assert secret not in stored
    assert base64.b64decode(secret).hex() not in stored


# In order, at least once


# SECURITY C9
def test_a_receiver_that_fails_twice_gets_the_same_message_again(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.statuses = [500, 500]
    making.test(webhook, by=world.ada)
    for _ in range(3):
        send(webhook)
    assert len(receiver.got) == 3
    assert len({one.id for one in receiver.got}) == 1
    assert len({one.body for one in receiver.got}) == 1
    assert states(webhook) == {"delivered": 1}
    assert webhook.failing_since is None


# SECURITY F16
def test_a_receiver_that_was_away_for_a_day_gets_everything_in_its_order(world: World, settings: Any) -> None:
    with receiving() as away:
        port = away.port
    settings.WEBHOOK_HOSTS = frozenset({f"localhost:{port}"})
    webhook = making.make(world.issuer, url=f"http://localhost:{port}/hooks", kinds=(), by=world.ada)
    awards = [world.award(f"e{n}@example.org") for n in range(4)]
    send(webhook)
    assert webhook.failures > 0
    assert states(webhook).keys() == {"waiting"}
    assert "could not be reached" in webhook.messages.exclude(problem="").first().problem
    # A day passes.
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=1, minutes=1))
    send(webhook)
    mail = Mail.objects.get(kind="webhook_trouble")
    assert mail.context["address"] == world.ada.email
    for award in awards:
        revoking.revoke(award, reason="x", by=world.ada)
    send(webhook)
    assert Mail.objects.filter(kind="webhook_trouble").count() == 1  # told once
    with receiving(port) as back:
        send(webhook)
    assert [one.content["sequence"] for one in back.got] == list(range(1, len(back.got) + 1))
    assert states(webhook) == {"delivered": len(back.got)}
    assert (webhook.failures, webhook.failing_since, webhook.told_at) == (0, None, None)


# SECURITY F16
def test_what_waited_for_a_week_is_dropped_and_the_history_says_so(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.status = 503
    world.award("old@example.org")
    gather()
    old = webhook.messages.count()
    webhook.messages.update(waits_since=timezone.now() - timedelta(days=7, minutes=1))
    assert gathering.drop_some() == old
    world.award("young@example.org")
    event = AuditEvent.objects.get(kind="webhook messages dropped")
    assert event.subject == f"webhook:{webhook.public_id}"
    assert event.details == {"issuer": world.issuer.public_id, "count": old, "first": 1, "last": old}
    receiver.status = 204
    receiver.got.clear()
    send(webhook)
    # A gap in the numbers tells the receiver; the log still has what was dropped, and sends it when asked.
    assert receiver.got[0].content["sequence"] == old + 1
    dropped = webhook.messages.filter(state=State.DROPPED).order_by("number").first()
    assert dropped is not None
    assert making.send_again(dropped, by=world.ada)
    assert gathering.drop_some() == 0
    send(webhook)
    assert receiver.got[-1].content["sequence"] == 1


def test_what_is_refused_holds_up_its_own_award_alone(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.judge = lambda one: 422 if one.content["data"]["award"]["address"] == "bad@example.org" else 200
    bad = world.award("bad@example.org")
    good = world.award("good@example.org")
    revoking.revoke(bad, reason="x", by=world.ada)
    revoking.revoke(good, reason="x", by=world.ada)
    gather()
    while sending.send_some("test-worker"):
        pass
    of_bad = [one for one in receiver.got if one.content["data"]["award"]["id"] == bad.public_id]
    of_good = [one for one in receiver.got if one.content["data"]["award"]["id"] == good.public_id]
    assert [one.content["type"] for one in of_bad] == ["award.issued"]
    assert [one.content["type"] for one in of_good] == ["award.issued", "award.revoked"]
    waiting = webhook.messages.filter(state=State.WAITING).order_by("number")
    assert [one.kind for one in waiting] == ["award.issued", "award.revoked"]
    webhook.refresh_from_db()
    assert webhook.due_at == waiting[0].due_at
    receiver.judge = None
    send(webhook)
    assert [one.content["type"] for one in receiver.got[-2:]] == ["award.issued", "award.revoked"]


def test_a_receiver_that_refuses_all_is_left_alone_after_three(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    making.pause(webhook, by=world.ada)
    receiver.status = 400
    for n in range(6):
        world.award(f"e{n}@example.org")
    gather()
    making.resume(webhook, by=world.ada)
    while sending.send_some("test-worker"):
        pass
    assert len(receiver.got) == sending.REFUSED_IN_A_ROW
    webhook.refresh_from_db()
    assert webhook.failures == 1


def test_it_waits_as_long_as_a_busy_receiver_asks_for_and_no_longer_than_an_hour(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.status = 429
    making.test(webhook, by=world.ada)
    for said, least, most in (
        ("100", 100, 100),
        ("9" * 30, 3600, 3600),
        ("9" * 6000, 3600, 3600),
        ("soon", 1, 600),
        ("-5", 1, 1800),
    ):
        receiver.headers["Retry-After"] = said
        before = timezone.now()
        send(webhook)
        assert webhook.due_at is not None
        assert least - 1 <= (webhook.due_at - before).total_seconds() <= most + 5


def test_pauses_grow_to_an_hour_and_stay_there() -> None:
    seconds = [sending.pause(tries).total_seconds() for tries in range(1, 12)]
    assert seconds == sorted(seconds)
    assert seconds[0] <= 10
    assert seconds[-1] == 3600


def test_several_messages_go_over_one_connection(world: World, webhook: Webhook, receiver: Receiver) -> None:
    for _ in range(5):
        making.test(webhook, by=world.ada)
    send(webhook)
    assert [one.connection for one in receiver.got] == [1] * 5


def test_a_connection_that_was_closed_meanwhile_is_opened_anew(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.closes = True
    for _ in range(3):
        making.test(webhook, by=world.ada)
    send(webhook)
    assert states(webhook) == {"delivered": 3}
    assert webhook.failures == 0


# SECURITY C9
def test_a_worker_that_lost_its_lease_notes_nothing_and_the_next_sends_it_again(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    making.test(webhook, by=world.ada)
    held = claim("slow")
    Webhook.objects.filter(pk=webhook.pk).update(lease_holder="another", attempts=99)
    sending.Turn(held).run()
    assert states(webhook) == {"waiting": 1}
    Webhook.objects.update(lease_until=None, lease_holder="")
    send(webhook)
    assert [one.id for one in receiver.got] == [receiver.got[0].id] * 2
    assert states(webhook) == {"delivered": 1}


def test_gathering_twice_tells_once(world: World, webhook: Webhook) -> None:
    world.award("once@example.org")
    gather()
    count = webhook.messages.count()
    Webhook.objects.update(seen=Webhook.objects.get().seen)
    assert gathering.gather_some() == 0
    assert webhook.messages.count() == count > 0


def test_a_slice_of_a_list_is_as_many_messages_as_it_signed(world: World, webhook: Webhook) -> None:
    from plaudit_site.awards.bulk_awarding import AWARDED_TOGETHER

    awards = [world.award(f"e{n}@example.org") for n in range(3)]
    gather()
    before = webhook.messages.count()
    with_stranger = [*(award.public_id for award in awards), "0" * 26]
    record(AWARDED_TOGETHER, actor="x", subject="batch:" + "1" * 26, signed=with_stranger)
    gather()
    new = webhook.messages.filter(number__gt=before).order_by("number")
    assert [one.about for one in new] == [f"award:{award.public_id}" for award in awards]


def test_paused_it_gathers_and_goes_on_where_it_stopped(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    assert making.pause(webhook, by=world.ada)
    assert not making.pause(webhook, by=world.ada)
    world.award("later@example.org")
    send(webhook)
    assert receiver.got == []
    waiting = webhook.messages.count()
    assert making.resume(webhook, by=world.ada)
    send(webhook, at_once=False)
    assert len(receiver.got) == waiting > 0


def test_a_receiver_that_is_gone_is_paused_and_its_owners_are_told(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.status = 410
    making.test(webhook, by=world.ada)
    send(webhook)
    assert webhook.why_paused == Webhook.Why.GONE
    assert Mail.objects.get(kind="webhook_trouble").context["why"] == "gone"
    assert len(receiver.got) == 1


def test_one_that_took_nothing_for_two_weeks_is_asked_no_more(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    """A name that its owner gave up may be somebody else's one day."""
    receiver.status = 503
    making.test(webhook, by=world.ada)
    Webhook.objects.update(failures=9, failing_since=timezone.now() - timedelta(days=14, minutes=1))
    send(webhook)
    assert webhook.why_paused == Webhook.Why.SILENT
    people.run_worker()
    mail = Mail.objects.get(kind="webhook_trouble")
    assert mail.state == "sent"
    assert b"was paused" in bytes(mail.raw or b"")


# Where to


# SECURITY D12
@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hooks", "https://example.org:8443/", "ftp://example.org", "https://u:p@example.org/",
        "javascript:alert(1)", "https://", "https://exämple.org/", "https://example.org/#x", "https://e.org/ x",
        "https://example.org/\r\nX: y", "x" * 600,
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused_when_it_is_given(world: World, url: str) -> None:
    with pytest.raises(making.WebhookRefused):
        making.make(world.issuer, url=url, kinds=(), by=world.ada)


# SECURITY D12
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "2130706433", "0x7f000001"],
)
def test_an_address_inside_is_never_called(world: World, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from plaudit import FetchError

    found = {"2130706433": "127.0.0.1", "0x7f000001": "127.0.0.1"}.get(host, host.strip("[]"))
    family = socket.AF_INET6 if ":" in found else socket.AF_INET
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_a, **_k: [(family, socket.SOCK_STREAM, 6, "", (found, 443))]
    )
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))
    with pytest.raises(FetchError, match="not on the public internet"):
        making.door().open(f"https://{host}/hooks")


# SECURITY D12
def test_a_redirect_is_not_followed(world: World, webhook: Webhook, receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.status, receiver.headers = 307, {"Location": inside.url}
        making.test(webhook, by=world.ada)
        send(webhook)
        assert inside.got == []
    assert webhook.messages.get().status == 307
    assert webhook.failures == 1


def test_an_answer_without_end_is_read_no_further_than_needed(
    world: World, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.headers = {"X-Long": "y" * 100_000}
    making.test(webhook, by=world.ada)
    send(webhook)
    assert states(webhook) == {"waiting": 1}
    assert "could not be reached" in webhook.messages.get().problem


# By whom


@pytest.mark.parametrize(
    "act", ["make", "change", "pause", "test", "new_secret", "remove", "try_now", "resume"]
)
def test_only_an_owner_may(world: World, webhook: Webhook, act: str) -> None:
    def run(by: User) -> None:
        if act == "make":
            making.make(world.issuer, url=webhook.url, kinds=(), by=by)
        elif act == "change":
            making.change(webhook, kinds=[NAMES[0]], by=by)
        else:
            getattr(making, act)(webhook, by=by)

    with pytest.raises(making.WebhookRefused, match="owner"):
        run(world.ben)
    run(world.ada)


def test_its_messages_are_their_issuers_alone(world: World, webhook: Webhook) -> None:
    message = making.test(webhook, by=world.ada)
    with pytest.raises(making.WebhookRefused):
        making.skip(message, by=world.ben)
    assert making.skip(message, by=world.ada)
    assert not making.skip(message, by=world.ada)


def test_a_changed_webhook_is_sent_to_its_new_address_within_the_turn(
    world: World, webhook: Webhook, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a worker holds in its hands is looked at again whenever it notes."""
    for _ in range(3):
        making.test(webhook, by=world.ada)
    monkeypatch.setattr(sending, "MOST_IN_A_NOTE", 1)
    with receiving() as other:
        settings.WEBHOOK_HOSTS = frozenset({receiver.host, other.host})
        held = claim("slow")
        making.change(webhook, url=other.url, by=world.ada)
        sending.Turn(held).run()
        send(webhook)
        assert (len(receiver.got), len(other.got)) == (1, 2)


def test_removed_it_stays_removed_after_a_restore(world: World, webhook: Webhook) -> None:
    from plaudit_site.audit import journal

    making.test(webhook, by=world.ada)
    making.remove(webhook, by=world.ada)
    assert not Webhook.objects.exists()
    event = AuditEvent.objects.get(kind="webhook removed")
    again = making.make(world.issuer, url="https://example.org/", kinds=(), by=world.ada)
    Webhook.objects.filter(pk=again.pk).update(public_id=webhook.public_id)
    line = journal.Line(event.pk, event.at, event.kind, event.actor, event.subject, event.details)
    assert journal.do_again(line)
    assert not Webhook.objects.exists()
    assert not journal.do_again(line)


def test_the_log_is_kept_for_a_month(world: World, webhook: Webhook, receiver: Receiver) -> None:
    making.test(webhook, by=world.ada)
    making.test(webhook, by=world.ada)
    send(webhook)
    webhook.messages.filter(number=1).update(ended_at=timezone.now() - timedelta(days=31))
    assert gathering.forget_some() == 1
    assert [one.number for one in webhook.messages.all()] == [2]


# Pages


def fresh(user: User) -> Any:
    import time

    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


@pytest.mark.journey("J46")
def test_an_owner_adds_tests_looks_and_removes(world: World, receiver: Receiver) -> None:
    client, below = fresh(world.ada), f"/manage/{world.issuer.slug}/webhooks"
    assert "no webhook yet" in client.get(below).content.decode()
    form = {"url": receiver.url, "events": ["award.accepted"], "press": "1" * 26}
    made = client.post(f"{below}/new", form)
    webhook = Webhook.objects.get()
    assert made["Location"].endswith(f"{below}/{webhook.public_id}")
    assert client.post(f"{below}/new", form)["Location"] == below  # pressed twice
    assert Webhook.objects.count() == 1
    secret = client.get(f"{below}/{webhook.public_id}/secret")
    assert signatures.secret(webhook) in secret.content.decode()
    assert "no-store" in secret["Cache-Control"]
    page = client.post(f"{below}/{webhook.public_id}/act", {"act": "test"}, follow=True).content.decode()
    assert "A test is on its way" in page
    send(webhook)
    page = client.get(f"{below}/{webhook.public_id}").content.decode()
    assert "answered 204" in page
    message = webhook.messages.get()
    client.post(f"{below}/{webhook.public_id}/{message.public_id}/act", {"act": "again"})
    send(webhook)
    assert len(receiver.got) == 2
    client.post(f"{below}/{webhook.public_id}/remove")
    assert not Webhook.objects.exists()


def test_a_wrong_address_is_said_beside_its_field_and_nothing_is_lost(world: World) -> None:
    client = fresh(world.ada)
    answer = client.post(
        f"/manage/{world.issuer.slug}/webhooks/new",
        {"url": "http://crm.internal/hooks", "events": ["award.revoked"], "press": "1" * 26},
    )
    page = answer.content.decode()
    assert "Write the whole address" in page
    assert "http://crm.internal/hooks" in page
    assert "checked" in page


@pytest.mark.parametrize("path", ["", "/new", "/{id}", "/{id}/edit", "/{id}/secret", "/{id}/remove"])
def test_for_all_but_owners_the_pages_are_not_there(world: World, webhook: Webhook, path: str) -> None:
    url = f"/manage/{world.issuer.slug}/webhooks" + path.replace("{id}", webhook.public_id)
    assert fresh(world.ben).get(url).status_code == 404
    assert fresh(world.ada).get(url).status_code == 200


def test_what_shows_the_secret_or_sends_elsewhere_asks_once_more_who_it_is(
    world: World, webhook: Webhook
) -> None:
    client = signed_in(world.ada)
    for path in ("new", f"{webhook.public_id}/edit", f"{webhook.public_id}/secret"):
        answer = client.get(f"/manage/{world.issuer.slug}/webhooks/{path}")
        assert answer["Location"].startswith("/account/confirm")
