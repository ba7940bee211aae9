"""A mail server of the tests' own: takes, refuses, greylists, breaks off or is late, by what the address says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, *, pipelining: bool = False) -> None:
        self.pipelining = pipelining
        self.taken: list[tuple[str, str, bytes]] = []
        self.connections = 0
        self.greylists = True
        self.late = 1.0
        self.at: dict[str, float] = {}

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        for local, answer in (
            ("nobody", "550 5.1.1 <nobody@secret.internal> no such user"),
            ("full", "552 5.2.2 mailbox full"),
            ("policy", "550 5.7.1 your network is on a list"),
            ("grey", "451 4.7.1 greylisted, come again"),
            ("closes", "421 4.3.2 we close now"),
        ):
            if address.startswith(local) and (local != "grey" or self.greylists):
                return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        address = envelope.rcpt_tos[0]
        if address.startswith("breaks"):
            server.transport.abort()
            return "250 nobody hears this"
        self.taken.append((envelope.mail_from, address, envelope.content))
        self.at[address] = time.monotonic()
        if address.startswith("late"):
            await asyncio.sleep(self.late)
        return "250 OK"

    @property
    def recipients(self) -> list[str]:
        return [address for _, address, _ in self.taken]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def at(port: int) -> dict[str, Any]:
    """The setting MAIL_TRANSPORT for a server on this machine."""
    return {"kind": "smtp", "host": "127.0.0.1", "port": port, "user": "", "password": "", "tls": ""}


@contextlib.contextmanager
def running(sink: Sink | None = None) -> Iterator[tuple[Sink, dict[str, Any]]]:
    sink = sink or Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, at(controller.port)
    finally:
        controller.stop()
