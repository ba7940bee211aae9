"""One exchange for each mail: PIPELINING where a server offers it, with the same outcomes as one by one."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plaudit_site.mail import transports
from plaudit_site.mail.models import State
from plaudit_site.mail.transports import Letter, Outcome, Smtp
from tests.site.mail.sink import Sink, at, running

ADDRESSES = [
    "nobody@one.example", "a@one.example", "full@one.example", "grey@one.example", "b@one.example",
    "breaks@one.example", "c@one.example", "closes@one.example", "d@one.example", "umläut@one.example",
    "e@one.example", "x> SIZE=1@one.example", "nobody2@one.example",
]  # fmt: skip


def letters(*addresses: str) -> list[Letter]:
    return [
        Letter("badges@site.example", a, f"Subject: to {a}\r\n\r\n.dot\r\n..\r\nend\r\n".encode())
        for a in addresses
    ]


def sent(wanted: dict[str, Any], *addresses: str) -> list[Outcome]:
    way = Smtp(wanted)
    try:
        return list(way.hand_over_all(letters(*addresses)))
    finally:
        way.close()


def test_the_outcomes_are_those_of_one_by_one() -> None:
    found = []
    for pipelining in (False, True):
        with running(Sink(pipelining=pipelining)) as (sink, wanted):
            outcomes = sent(wanted, *ADDRESSES)
            found.append([(o.state, o.code, o.maybe_left) for o in outcomes])
            assert sink.recipients == [f"{name}@one.example" for name in "abcde"]
            assert all(b".dot\r\n..\r\nend" in data for _from, _to, data in sink.taken)
    one_by_one, together = found
    # The address with a bracket is refused by us when many go together, and by the server otherwise.
    del one_by_one[11], together[11]
    assert one_by_one == together
    assert together[5] == (State.DEFERRED, "4.4.2", True), "it broke off in the middle of the content"


@contextmanager
def scripted(*answers: bytes) -> Iterator[dict[str, Any]]:
    """A server that says these lines, each when something has come, and then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _connection in range(3):
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.sendall(b"220 hello\r\n")
                for answer in (b"250-hello\r\n250 PIPELINING\r\n", *answers):
                    if not peer.recv(65536):
                        break
                    peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield at(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def first(wanted: dict[str, Any], *addresses: str) -> Outcome:
    way = Smtp(wanted)
    outcomes = way.hand_over_all(letters(*addresses))
    outcome = next(outcomes)
    connection = way.connection
    if connection is not None:
        connection.close()
    return outcome


def test_a_server_that_hangs_up_before_the_content_has_not_taken_the_mail() -> None:
    with scripted(b"250 ok\r\n") as wanted:
        outcome = first(wanted, "a@one.example")
    assert (outcome.state, outcome.maybe_left) == (State.DEFERRED, False)


def test_a_server_that_hangs_up_after_the_content_may_have_taken_it() -> None:
    with scripted(b"250 ok\r\n250 ok\r\n354 go\r\n") as wanted:
        outcome = first(wanted, "a@one.example", "b@one.example")
    assert (outcome.state, outcome.maybe_left) == (State.DEFERRED, True)


def test_answers_are_never_taken_for_those_of_another_mail() -> None:
    """The first is refused after DATA was promised: it gets no content, and the next its own answers."""
    with scripted(
        b"250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n",  # envelope of the first
        b"554 no recipients\r\n",  # the lone dot
        b"250 reset\r\n",
        b"250 ok\r\n250 ok\r\n354 go\r\n",  # envelope of the second
        b"250 taken\r\n",
    ) as wanted:
        way = Smtp(wanted)
        outcomes = list(way.hand_over_all(letters("nobody@one.example", "b@one.example")))
        way.close()
    assert [(o.state, o.code) for o in outcomes] == [(State.BOUNCED, "5.1.1"), (State.SENT, "")]


@pytest.mark.parametrize(
    "nasty", ["a@b.example>\r\nRCPT TO:<v@x.example", "a b@x.example", "a\x00@x.example", "ü@x.example"]
)
def test_an_address_that_is_more_than_one_never_reaches_the_server(nasty: str) -> None:
    with running(Sink(pipelining=True)) as (sink, wanted):
        (outcome,) = sent(wanted, nasty)
    assert (outcome.state, sink.taken) == (State.FAILED, [])


def test_no_content_ends_before_its_end() -> None:
    (letter,) = letters("a@one.example")
    nasty = Letter(letter.sender, letter.recipient, b"a\r\n.\r\nMAIL FROM:<x@y.example>\r\n.\r\n")
    content = transports._dotted(nasty.data)
    assert content.count(b"\r\n.\r\n") == 1
    assert smtplib._quote_periods(nasty.data) + b".\r\n" == content  # type: ignore[attr-defined]
