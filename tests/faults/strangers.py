"""Servers of strangers: a mail server with moods, one that takes connections and says nothing, one that drips.

All of them run on this machine, in threads of the test; a site's own processes talk to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

DATE = re.compile(rb"^Date: [^\r\n]*\r?\n", re.MULTILINE)
"""Of the moment in which it was handed over: the one line in which two tries of a mail differ."""


class Contents:
    """What came under each Message-ID. Readers fold mails of one id: another content would be lost to them (I4)."""

    def __init__(self) -> None:
        self._of: defaultdict[str, set[str]] = defaultdict(set)

    def note(self, mail: bytes) -> str:
        """Its Message-ID."""
        name = str(message_from_bytes(mail)["Message-ID"])
        self._of[name].add(hashlib.sha256(DATE.sub(b"", mail, count=1)).hexdigest())
        return name

    def differ(self) -> set[str]:
        """The ids of mails that were not the same, apart from their date."""
        return {name for name, contents in self._of.items() if len(contents) > 1}


class MailServer:
    """Answers by what the address begins with; `is_kind` makes an end of whatever was only for now."""

    def __init__(self, *, most: int | None = None) -> None:
        self.is_kind = False
        self.most = most
        self.taken: list[tuple[str, str]] = []
        self.dropped: list[tuple[str, str]] = []
        self.refused: Counter[str] = Counter()
        self.contents = Contents()
        self.open = self.most_open = 0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self._refusal(address)
        if answer:
            self.refused[f"{address.partition('@')[0]} {answer[:3]}"] += 1
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def _refusal(self, address: str) -> str:
        for_good = {"nobody": "550 5.1.1 no such user", "policy": "550 5.7.1 not from your network"}
        for_now = {"grey": "451 4.7.1 greylisted, come again", "closing": "421 4.3.2 closing down"}
        for local, answer in (for_good if self.is_kind else for_good | for_now).items():
            if address.startswith(local):
                return answer
        if self.most is not None and len(self.taken) >= self.most and not self.is_kind:
            return "452 4.5.3 too many for one day"
        return ""

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        (address,) = envelope.rcpt_tos
        one = (address, self.contents.note(envelope.content))
        if address.startswith("slow"):
            time.sleep(2.0)  # everything that this server does waits, as with a busy one
        if address.startswith("cut") and one not in self.dropped:
            self.dropped.append(one)
            server.transport.abort()
            return "250 nobody hears this"
        self.taken.append(one)
        return "250 OK"

    def count(self) -> Counter[str]:
        """How often each address got a mail."""
        return Counter(address for address, _id in self.taken)


@contextlib.contextmanager
def mail_server(port: int, server: MailServer | None = None) -> Iterator[MailServer]:
    mine = server or MailServer()

    class Counted(SMTP):
        def connection_made(self, transport: Any) -> None:
            mine.open += 1
            mine.most_open = max(mine.most_open, mine.open)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            mine.open -= 1
            super().connection_lost(error)

    class Ours(Controller):
        def factory(self) -> SMTP:
            return Counted(self.handler, hostname="mail.example")

    controller = Ours(mine, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mine
    finally:
        controller.stop()


@contextlib.contextmanager
def silent(port: int) -> Iterator[list[socket.socket]]:
    """Takes every connection and never says a word. The list holds them."""
    held: list[socket.socket] = []
    try:
        with _accepting(port, lambda connection: held.append(connection)):
            yield held
    finally:
        for connection in held:
            connection.close()


@contextlib.contextmanager
def dripping(port: int, seconds: float = 0.3) -> Iterator[list[float]]:
    """Answers whatever is asked a byte at a time. The list holds the moment of each request."""
    asked: list[float] = []

    def drip(connection: socket.socket) -> None:
        asked.append(time.monotonic())
        with contextlib.suppress(OSError), connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Drip: ")
            while True:
                connection.sendall(b"x")
                time.sleep(seconds)

    def begin(connection: socket.socket) -> None:
        threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with _accepting(port, begin):
        yield asked


@contextlib.contextmanager
def _accepting(port: int, take: Any) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.2)
        is_over = threading.Event()

        def accept() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    take(listener.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
