"""What one process commits, every web process says at its next answer: nothing remembered outlives it (ADR 0051)."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import shutil
import sqlite3
from collections.abc import Iterator

import pytest

from tests.browser import harness
from tests.faults.sites import Running, running

pytestmark = pytest.mark.faults
ROUNDS = 150


class Asker:
    """Some connections that stay, spread over the two web processes."""

    def __init__(self, site: Running, count: int = 8) -> None:
        host = site.site.url.removeprefix("http://")
        self._connections = [http.client.HTTPConnection(host, timeout=30) for _ in range(count)]

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def ask(self, path: str, **headers: str) -> set[tuple[int, bytes]]:
        found = set()
        for connection in self._connections:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            found.add((answer.status, body if answer.status == 200 else b""))
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    with running(data, port) as site:
        yield site
    shutil.rmtree(data)


@pytest.fixture
def asker(site: Running) -> Iterator[Asker]:
    with contextlib.closing(Asker(site)) as opened:
        yield opened


@pytest.fixture
def database(site: Running) -> Iterator[sqlite3.Connection]:
    path = site.site.directory / "plaudit.sqlite3"
    with contextlib.closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as opened:
        yield opened


def shared(database: sqlite3.Connection) -> tuple[int, str, str, bytes]:
    """An award that everybody with the link may see: key, id, address of its page, file."""
    return database.execute(  # type: ignore[no-any-return]
        "SELECT a.id, a.public_id, '/i/' || i.slug || '/c/' || a.public_id, c.content FROM awards_award a"
        " JOIN issuers_issuer i ON i.id = a.issuer_id JOIN awards_credential c ON c.id = a.credential_id"
        " LEFT JOIN awards_revocation r ON r.award_id = a.id"
        " WHERE a.state = 'accepted' AND a.visibility = 'link' AND r.id IS NULL"
    ).fetchone()


@pytest.mark.journey("J38")
def test_what_is_taken_back_is_gone_with_the_commit(asker: Asker, database: sqlite3.Connection) -> None:
    key, public_id, page, content = shared(database)
    path = f"/c/{public_id}.json"
    for _round in range(ROUNDS):
        for _twice in range(2):
            assert asker.ask(path) == {(200, content)}
        database.execute("UPDATE awards_award SET visibility = 'only_me' WHERE id = ?", [key])
        assert asker.ask(path) == {(404, b"")}
        database.execute("UPDATE awards_award SET visibility = 'link' WHERE id = ?", [key])
    assert {status for status, _body in asker.ask(page)} == {200}
    assert {status for status, _body in asker.ask(page)} == {200}
    database.execute("UPDATE awards_award SET visibility = 'only_me' WHERE id = ?", [key])
    assert asker.ask(page) == {(404, b"")}
    database.execute("UPDATE awards_award SET visibility = 'link' WHERE id = ?", [key])


def test_a_list_that_was_signed_anew_is_the_next_one_given(
    asker: Asker, database: sqlite3.Connection
) -> None:
    """Also to who has the older one, and says so."""
    public_id, signed = database.execute(
        "SELECT public_id, content FROM awards_statuslist WHERE signed_at IS NOT NULL"
    ).fetchone()
    path = f"/status/{public_id}"
    before = signed
    assert asker.ask(path) == {(200, before)}
    for number in range(ROUNDS):
        tag = f'"{hashlib.sha256(before).hexdigest()[:32]}"'
        now = signed + b" " * (number + 1)
        assert asker.ask(path, **{"If-None-Match": tag}) == {(304, b"")}
        database.execute("UPDATE awards_statuslist SET content = ? WHERE public_id = ?", [now, public_id])
        assert asker.ask(path, **{"If-None-Match": tag}) == asker.ask(path) == {(200, now)}
        before = now
