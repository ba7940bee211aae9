"""Slow, endless, double-tongued and too large (D21): a real web server with two threads, on SQLite."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator

import pytest

from tests.browser import harness
from tests.faults.sites import Running, running

pytestmark = pytest.mark.faults
SLOW = 200
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAUDIT_WEB_WORKERS", "1")
        patch.setenv("PLAUDIT_WEB_THREADS", "2")
        with running(data, port) as site:
            yield site
    shutil.rmtree(data)


def port_of(site: Running) -> int:
    return int(site.site.url.rpartition(":")[2])


def connect(site: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(site)), timeout=30)


def head(site: Running, line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", f"Host: localhost:{port_of(site)}", *headers, "", ""]).encode()


def statuses(connection: socket.socket) -> list[int]:
    """Of every answer until the server closes."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            said += part
    return [int(number) for number in re.findall(rb"^HTTP/1\.1 ([0-9]{3})", said, re.MULTILINE)]


def lists(site: Running) -> int:
    with contextlib.closing(sqlite3.connect(site.site.directory / "plaudit.sqlite3", timeout=20)) as database:
        return int(database.execute("select count(*) from awards_batch").fetchone()[0])


def pages(site: Running) -> list[str]:
    links = re.findall(r"http://localhost:\d+(/i/[^\"]*)", json.dumps(site.site.demo))
    return [*links[:3], "/verify/", "/"]


def test_two_hundred_slow_senders_hold_up_nobody(site: Running) -> None:
    token = f"Authorization: Bearer {site.token}"
    beginnings = [
        head(site, "GET /verify/", "X-Slow: 1")[:-4],  # within a header
        head(site, "POST /verify/", "Content-Type: text/plain", "Content-Length: 900") + b"x",
        head(site, "POST /api/v1/awards", token, "Content-Type: application/json", "Content-Length: 90")
        + b"{",
        head(
            site,
            "POST /api/v1/batches?name=a.csv",
            token,
            "Content-Type: text/csv",
            "Content-Length: 9000000",
        )
        + b"name,email\r\n" * 30_000,
    ]
    known = lists(site)
    before = {page: site.page(page)[0] for page in pages(site)}
    assert 200 in before.values()
    with contextlib.ExitStack() as stack:
        slow = []
        for number in range(SLOW):
            connection = stack.enter_context(connect(site))
            connection.sendall(beginnings[number % len(beginnings)])
            slow.append(connection)
        for number in range(10):
            assert {page: site.page(page)[0] for page in before} == before
            assert site.award(f"quick{number}@example.org")[0] == 201, (
                "and somebody who sends a form is answered too"
            )
            for connection in slow[number::10]:
                connection.sendall(b"x")
        for connection in slow:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
    assert lists(site) == known, "a list that never came is none"


def test_slow_readers_of_pages_hold_up_nobody(site: Running) -> None:
    """They ask for a hundred answers, and take none."""
    with contextlib.ExitStack() as stack:
        for _number in range(50):
            connection = stack.enter_context(connect(site))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(head(site, "GET /verify/") * 20)
        for number in range(5):
            assert site.award(f"reading{number}@example.org")[0] == 201


@pytest.mark.parametrize(
    "path", ["/verify/", "/accounts/login/", "/api/v1/verify", "/api/v1/batches?name=a.csv"]
)
def test_a_stranger_with_a_hundred_megabytes_is_sent_away_at_once(site: Running, path: str) -> None:
    kind = (
        "text/csv"
        if "batches" in path
        else "application/json"
        if "api" in path
        else "multipart/form-data; boundary=x"
    )
    with connect(site) as connection:
        connection.sendall(
            head(
                site,
                f"POST {path}",
                f"Content-Type: {kind}",
                f"Content-Length: {100 * MIB}",
                "Connection: close",
            )
        )
        (status,) = statuses(connection)
    assert status in {401, 403, 413}, "of the hundred, not one was sent"


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 4", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 4"],
        ["Content-Length: 4", "Content-Length: 40"],
        ["Content-Length: +4"],
        ["Transfer-Encoding: xchunked", "Content-Length: 4"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Content-Length : 4"],
    ],
)
def test_no_request_hides_within_another(site: Running, headers: list[str]) -> None:
    """What one server takes for a body and another for a request: the second one is never answered as one of its own.

    Where it is clear by the standard what the body is (chunks count, RFC 9112 section 6.3) one answer may come.
    """
    hidden = head(site, "GET /health/live", "X-Hidden: 1")
    with connect(site) as connection:
        connection.sendall(
            head(site, "POST /verify/", "Content-Type: text/plain", *headers)
            + b"0\r\n\r\n"
            + hidden
            + hidden[:-2]
        )
        connection.shutdown(socket.SHUT_WR)
        found = statuses(connection)
    assert found[:1] == [] or found[0] != 200
    assert len(found) <= 2
    if len(found) == 2:  # one body, ended by its chunks, and one request after it
        assert "chunked" in " ".join(headers)


def test_an_upload_arrives_byte_for_byte(site: Running) -> None:
    """Some megabytes, in parts that end anywhere; and what it says is what was sent."""
    rows = "".join(f"Eve {number},eve{number}@example.org\r\n" for number in range(60_000))
    body = b"name,email\r\n" + rows.encode()
    with connect(site) as connection:
        connection.sendall(
            head(
                site, "POST /api/v1/batches?name=many.csv", f"Authorization: Bearer {site.token}",
                "Content-Type: text/csv", f"Content-Length: {len(body)}", "Connection: close",
            )
        )  # fmt: skip
        for begin in range(0, len(body), 77_777):
            connection.sendall(body[begin : begin + 77_777])
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    top, _blank, answer = said.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 201 "), said
    batch = json.loads(answer)["id"]
    until = time.monotonic() + 60
    while (now := site.call("GET", f"/batches/{batch}")[1])["state"] == "reading":
        assert time.monotonic() < until, now
        time.sleep(0.3)
    file = next((site.site.directory / "media" / "imports").iterdir())
    assert file.read_bytes() == body, now
