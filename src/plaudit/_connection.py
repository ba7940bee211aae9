"""Connections on which no wait goes beyond a moment that was said before, however slowly the other end talks."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable
from typing import Any


class Bounded:
    """A socket as http.client wants one, on which no wait goes beyond the deadline, however little each brings.

    A timeout of the socket itself counts from byte to byte: a server that sends a header a byte at a time would hold
    its reader for as long as it likes.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(left(self.deadline))
        self.sock.sendall(data)

    def makefile(self, *_mode: object) -> io.BufferedReader:
        return io.BufferedReader(Reading(self))

    def close(self) -> None:
        self.sock.close()


class Reading(io.RawIOBase):
    """What comes in on a bounded socket. It keeps the connection until it is closed itself, as a socket's own does."""

    def __init__(self, bounded: Bounded) -> None:
        self.bounded, self.raw = bounded, bounded.sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.bounded.sock.settimeout(left(self.bounded.deadline))
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


def connect(address: str, port: int, deadline: float, *, tls_name: str) -> Bounded:
    """A connection to exactly this address. TLS, unless `tls_name` is empty, is checked against that name."""
    import ssl

    plain = socket.create_connection((address, port), timeout=left(deadline))
    if not tls_name:
        return Bounded(plain, deadline)
    try:
        plain.settimeout(left(deadline))
        secure = ssl.create_default_context().wrap_socket(plain, server_hostname=tls_name)
        return Bounded(secure, deadline)
    except BaseException:
        plain.close()
        raise


def in_time(look_up: Callable[[], list[str]], deadline: float) -> list[str]:
    """What the look-up of a name finds; TimeoutError when the deadline passes first.

    The system's resolver cannot be interrupted, and a name server may keep it waiting for as long as it likes: then a
    thread is left behind that ends when the resolver gives up.
    """
    answers: list[list[str] | OSError | ValueError] = []

    def ask() -> None:
        try:
            answers.append(look_up())
        except (OSError, ValueError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(left(deadline))
    if not answers:
        raise TimeoutError("the name could not be looked up in time")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


def left(deadline: float) -> float:
    """The seconds that are left; TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("took too long")
    return seconds
