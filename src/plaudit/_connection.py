"""The connection of `plaudit.fetch.WebFetch`: to one judged address, and done by a deadline."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from http.client import HTTPException

__all__ = ["Connection", "HTTPException"]


class Connection(http.client.HTTPConnection):
    """A connection to `address`, a judged IP address; TLS is still checked against the host's name."""

    def __init__(self, host: str, port: int, address: str, deadline: float, *, secure: bool) -> None:
        super().__init__(host, port)
        self.address, self.deadline, self.secure = address, deadline, secure

    def connect(self) -> None:
        """Connect, with TLS where the address is https; raises OSError."""
        plain = socket.create_connection((self.address, self.port), timeout=_left(self.deadline))
        if self.secure:
            try:
                plain.settimeout(_left(self.deadline))
                plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
            except BaseException:
                plain.close()
                raise
        self.sock = plain
        self.wait_at_most(self.deadline)

    def wait_at_most(self, deadline: float) -> None:
        """Let the next read from the socket end in time; TimeoutError when there is none left."""
        left = _left(deadline)
        if self.sock is not None:
            self.sock.settimeout(left)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("took too long")
    return left
