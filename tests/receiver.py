"""A receiver of webhooks on this machine, that can be away, slow, refuse, drip or answer nonsense."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Message:
    """One request that came in."""

    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Refused(Exception):
    """This message is not from whom it says, or is an old one."""


def check(message: Message, secret: str, *, now: float | None = None) -> None:
    """As Standard Webhooks tells receivers to do it. Raises Refused."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    at = int(message.headers["webhook-timestamp"])
    if abs((time.time() if now is None else now) - at) > 300:
        raise Refused("too old or too new")
    signed = f"{message.id}.{at}.".encode() + message.body
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = [one.partition(",") for one in message.headers["webhook-signature"].split(" ")]
    if not any(version == "v1" and hmac.compare_digest(mac, wanted) for version, _comma, mac in given):
        raise Refused("not signed by this secret")


@dataclass
class Receiver:
    """What it got, and what it answers: `statuses` one after the other, then `status` for ever."""

    port: int = 0
    status: int = 204
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Message] = field(default_factory=list)
    judge: Callable[[Message], int] | None = None
    closes: bool = False

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hooks"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def kinds(self) -> list[str]:
        return [message.content["type"] for message in self.got]

    def answer(self, message: Message) -> int:
        self.got.append(message)
        if self.judge is not None:
            return self.judge(message)
        return self.statuses.pop(0) if self.statuses else self.status


@contextmanager
def receiving(port: int = 0, **more: Any) -> Iterator[Receiver]:
    """A receiver at that port, or at a free one."""
    mine = Receiver(**more)
    connections = iter(range(1, 1_000_000))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.number = next(connections)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(mine.answer(Message(headers, body, self.number)))
            for name, value in mine.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            # Without saying so: as a server does whose patience with idle connections is over.
            self.close_connection = mine.closes

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    mine.port = server.server_port
    try:
        yield mine
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
