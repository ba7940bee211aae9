"""Mails that came back: the ones of the standard, the many others, and the ones that somebody made up."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from plaudit_site import work
from plaudit_site.ids import new_id
from plaudit_site.mail import bouncing, return_paths, suppressing
from plaudit_site.mail.models import Lane, Message, ProvenAddress, State, Suppression
from plaudit_site.mail.queueing import address_hash, queue

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.BOUNCE_ADDRESS = "bounces@plaudit.example"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def sent(address: str = "eve@example.org", state: State = State.SENT) -> Message:
    message = queue("invitation", new_id(), lane=Lane.INVITATIONS)
    assert message is not None
    Message.objects.filter(pk=message.pk).update(
        state=state,
        due_at=None,
        handed_at=timezone.now(),
        recipient_hash=address_hash(address),
        domain=address.rpartition("@")[2],
    )
    message.refresh_from_db()
    return message


def dsn(to: str, *, action: str = "failed", status: str = "5.1.1", diagnostic: str = "") -> bytes:
    lines = [
        "Return-Path: <>",
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=xyz",
        "",
        "--xyz",
        "Content-Type: text/plain",
        "",
        "I'm sorry to have to inform you. 552 5.2.2 stands in this part too.",
        "--xyz",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; somebody-else@victim.example",
        *([f"Action: {action}"] if action else []),
        *([f"Status: {status}"] if status else []),
        f"Diagnostic-Code: smtp; {diagnostic}" if diagnostic else "X-None: none",
        "",
        "--xyz",
        "Content-Type: message/rfc822",
        "",
        "Subject: You have been given credit",
        "",
        "--xyz--",
        "",
    ]
    return "\r\n".join(lines).encode()


def put(maildir: Path, data: bytes, name: str = "") -> Path:
    path = maildir / "new" / (name or new_id())
    path.write_bytes(data)
    return path


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "5.1.1"),
        ({"status": "5.2.2"}, "5.2.2"),
        ({"status": "5.0.0", "diagnostic": "550 5.1.1 unknown"}, "5.1.1"),
        ({"status": "5.0.0", "diagnostic": "550\r\n\tno such user"}, "5.1.1"),
        ({"status": "", "diagnostic": "554 5.7.1 no"}, "5.7.1"),
        ({"action": "FAILED", "status": "4.4.7"}, "4.4.7"),
        ({"action": ""}, "5.1.1"),
    ],
)
def test_a_report_of_the_standard(maildir: Path, more: dict[str, str], code: str) -> None:
    message, other = sent(), sent("other@example.org")
    put(maildir, dsn(return_paths.return_path(message), **more))
    assert bouncing.process(maildir) == {"bounced": 1}
    assert state_of(message) == (State.BOUNCED, code)
    assert state_of(other)[0] == State.SENT
    hashes = list(Suppression.objects.values_list("address_hash", flat=True))
    # Never the address that the report names, only the one that our row was sent to.
    assert hashes == ([address_hash("eve@example.org")] if code == "5.1.1" else [])


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_anything_else_changes_nothing(maildir: Path, action: str) -> None:
    message = sent()
    put(maildir, dsn(return_paths.return_path(message), action=action, status="4.4.1"))
    bouncing.process(maildir)
    assert state_of(message) == (State.SENT, "")


OTHERS = {
    "qmail": (
        "From: MAILER-DAEMON@qmail.example",
        "Subject: failure notice",
        "Hi. This is the qmail-send program.\n<eve@example.org>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: 550 5.1.1 User unknown\nGiving up.",
        "5.1.1",
    ),
    "exim": (
        "From: Mail Delivery System <Mailer-Daemon@exim.example>",
        "Subject: Mail delivery failed: returning message to sender",
        "SMTP error from remote mail server after RCPT TO:<eve@example.org>:\n550 No such user here",
        "5.1.1",
    ),
    "words alone": (
        "From: postmaster@old.example",
        "Subject: Undeliverable: You've been given credit",
        "The recipient's mailbox is not what it was.",
        "5.0.0",
    ),
    "full": (
        "From: postmaster@old.example",
        "Subject: Returned mail",
        "552 5.2.2 Over quota",
        "5.2.2",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_reports_of_the_many_others(maildir: Path, name: str) -> None:
    sender, subject, text, code = OTHERS[name]
    message = sent()
    path = return_paths.return_path(message)
    put(maildir, f"Delivered-To: {path}\n{sender}\nTo: x@y.example\n{subject}\n\n{text}\n".encode())
    assert bouncing.process(maildir) == {"bounced": 1}
    assert state_of(message) == (State.BOUNCED, code)


NO_BOUNCES = {
    "holiday": "From: eve@example.org\nAuto-Submitted: auto-replied\nSubject: Away\n\n550 5.1.1 until Monday",
    "holiday with an empty sender": "Return-Path: <>\nFrom: e@example.org\nAuto-Submitted: auto-replied\n\n550 5.1.1",
    "an answer": "From: Eve <eve@example.org>\nSubject: Re: credit\n\nThanks! user unknown?",
    "still trying": "From: mailer-daemon@mx.example\nSubject: Warning\n\nNot yet been delivered; still trying",
}


@pytest.mark.parametrize("name", NO_BOUNCES)
def test_what_is_no_bounce(maildir: Path, name: str) -> None:
    message = sent()
    put(maildir, f"To: {return_paths.return_path(message)}\n{NO_BOUNCES[name]}\n".encode())
    bouncing.process(maildir)
    assert state_of(message) == (State.SENT, "")


def test_a_forged_bounce_and_one_of_another_message_change_nothing(maildir: Path) -> None:
    """SECURITY: whoever got one mail cannot bounce, and so silence, the address of another."""
    mine, victims = sent("attacker@example.org"), sent("victim@example.org")
    genuine = return_paths.return_path(mine)
    mac = genuine.partition("-")[2]
    for path in (
        f"bounces+{victims.pk}-{mac}",
        f"bounces+{victims.pk}-{'0' * 26}@plaudit.example",
        f"bounces+0{victims.pk}-{mac}",
        f"bounces+{victims.pk}@plaudit.example",
        "bounces@plaudit.example",
        f"bounces+{10**18 * 9}-{mac}",
        f"bounces+99999999999999999999999-{mac}",
    ):
        put(maildir, dsn(path))
    # The genuine path in the body is none in the header.
    put(maildir, b"From: mailer-daemon@x.example\n\nTo: " + genuine.encode() + b"\n550 5.1.1 no such user")
    assert bouncing.process(maildir) == {"unknown": 8}
    assert not Message.objects.exclude(state=State.SENT).exists()
    assert not Suppression.objects.exists()


def test_the_same_bounce_twice_is_one_and_what_is_read_is_put_away(maildir: Path) -> None:
    message = sent()
    data = dsn(return_paths.return_path(message))
    put(maildir, data, "one:2,")
    assert bouncing.process(maildir) == {"bounced": 1}
    assert [p.name for p in (maildir / "cur").iterdir()] == ["one:2,S"]
    Suppression.objects.all().delete()  # taken off meanwhile
    put(maildir, data, "two")
    assert bouncing.process(maildir) == {"known": 1}
    assert not Suppression.objects.exists(), "an old mail played again puts nobody on the list"
    assert bouncing.process(maildir) == {}


@pytest.mark.parametrize("state", [State.QUEUED, State.FAILED, State.DROPPED])
def test_what_has_not_left_cannot_come_back(maildir: Path, state: State) -> None:
    message = sent(state=state)
    put(maildir, dsn(return_paths.return_path(message)))
    assert bouncing.process(maildir) == {"known": 1}
    assert state_of(message)[0] == state


IN_HAND = {
    "being handed over": {"state": State.SENDING, "handing_over": True, "is_leased": True},
    "its worker died": {"state": State.SENDING, "handing_over": True},
    "put back after a worker died": {"state": State.QUEUED, "handing_over": True},
    "about to be tried again": {"state": State.DEFERRED, "is_leased": True},
}


@pytest.mark.parametrize("name", IN_HAND)
def test_a_bounce_that_is_quicker_than_the_note_of_its_mail_waits_for_it(maildir: Path, name: str) -> None:
    """Mails are noted in groups, up to half a second after the server took them."""
    message = sent()
    changes: dict[str, Any] = dict(IN_HAND[name])
    until = timezone.now() + timedelta(minutes=5) if changes.pop("is_leased", False) else None
    Message.objects.filter(pk=message.pk).update(lease_holder="worker", lease_until=until, **changes)
    path = put(maildir, dsn(return_paths.return_path(message)))
    assert bouncing.process(maildir) == {"early": 1}
    assert state_of(message)[0] == changes["state"]
    assert path.exists()
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT, handing_over=False, lease_holder="", lease_until=None
    )
    assert bouncing.process(maildir) == {"bounced": 1}
    assert state_of(message) == (State.BOUNCED, "5.1.1")
    assert not path.exists()


def test_a_bounce_does_not_wait_for_ever_and_is_no_work(maildir: Path, settings: Any) -> None:
    settings.BOUNCE_MAILDIR = str(maildir)
    message = sent(state=State.SENDING)
    path = put(maildir, dsn(return_paths.return_path(message)))
    assert work._bounces() == 0, "nothing was done: whoever goes on until all is done has done it"
    assert path.exists()
    long_ago = time.time() - bouncing.EARLY_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    assert bouncing.process(maildir) == {"early": 1}
    assert not path.exists()
    assert bouncing.process(maildir) == {}


def test_hostile_and_huge_mails_cost_little_and_stop_nothing(maildir: Path, tmp_path: Path) -> None:
    message = sent()
    path = return_paths.return_path(message)
    secret = tmp_path / "secret"
    secret.write_text("not for the mail reader")
    (maildir / "new" / "link").symlink_to(secret)
    os.mkfifo(maildir / "new" / "pipe")
    (maildir / "new" / "folder").mkdir()
    put(maildir, b"")
    put(maildir, b"\x00\xff" * 500_000)
    put(maildir, b"To: " + b"bounces+1-" * 200_000 + b"\n\n")
    put(maildir, b"To: x\n" * 100_000 + b"\n" + b"Content-Type: message/delivery-status\n" * 50_000)
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(20_000))
    put(maildir, f"To: {path}\n{nested}".encode())
    put(maildir, f"To: {path}\nContent-Type: message/delivery-status\n\n".encode() + b"Status: " * 300_000)
    put(
        maildir, f"To: {path}\nContent-Type: message/delivery-status\n\nStatus: 5".encode() + b"\n " * 300_000
    )
    put(maildir, dsn(path, status="5.1.1", diagnostic="550 \x1b[31m\x00" + "a." * 100_000), "zzz")
    began = time.monotonic()
    counted = bouncing.process(maildir)
    assert time.monotonic() - began < 5
    assert counted["unreadable"] == 3
    assert secret.read_text() == "not for the mail reader"
    assert state_of(message)[0] == State.BOUNCED
    assert len(message.error) <= 300
    assert message.error.isprintable()


def test_the_command_says_what_it_found(maildir: Path, capsys: Any) -> None:
    from plaudit_site.__main__ import main

    message = sent()
    put(maildir, dsn(return_paths.return_path(message)))
    assert main(["bounces", str(maildir)]) == 0
    assert "1 bounced" in capsys.readouterr().err
    assert main(["bounces", str(maildir)]) == 0
    assert "no new mail" in capsys.readouterr().err
    assert main(["bounces", str(maildir / "nowhere")]) == 1
    assert main(["bounces"]) == 1


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("To: <{path}>", True),
        ("Delivered-To: {path}", True),
        ("X-Original-To:\r\n {path}", True),
        ("Subject: undeliverable: {path}", False),
        ("References: <{path}>", False),
        ("X-To: {path}", False),
        ("Comments: x\r\n To: {path}", False),
    ],
)
def test_a_return_path_counts_where_servers_write_whom_a_mail_was_delivered_to(
    line: str, counts: bool
) -> None:
    message = sent()
    data = dsn("postmaster@plaudit.example").replace(
        b"MIME-Version", f"{line.format(path=return_paths.return_path(message))}\r\nMIME-Version".encode()
    )
    assert bool(bouncing.read(data)) is counts


def test_a_late_bounce_says_nothing_about_an_address_that_was_proven_since(site: Any) -> None:
    from tests import people

    before = sent("new@one.example")
    people.person("New", "new@one.example")
    for message, is_listed in ((before, False), (sent("new@one.example"), True)):
        found = bouncing.read(dsn(return_paths.return_path(message)))
        assert found is not None
        assert bouncing.note(found) == "bounced"
        assert state_of(message) == ("bounced", "5.1.1"), "the truth about the mail is told all the same"
        assert Suppression.objects.exists() is is_listed


def test_what_was_proven_is_forgotten_when_no_bounce_can_come_any_more() -> None:
    suppressing.prove("old@one.example")
    ProvenAddress.objects.update(at=timezone.now() - suppressing.BOUNCES_COME_WITHIN * 2)
    suppressing.prove("new@one.example")
    suppressing.prove("new@one.example")
    assert [row.address_hash for row in ProvenAddress.objects.all()] == [address_hash("new@one.example")]
