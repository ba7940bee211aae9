"""F5, F6, F7 and F17: mail servers that are away, silent, moody or cut off, and a remote site that drips.

Real processes on the database of the other fault tests, and `plaudit-site fsck` at the end of each. A pause that
somebody would wait for (a minute before the next try) is shortened by hand.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.faults.sites import Place, Running, running, wrong
from tests.faults.strangers import Contents, MailServer, dripping, mail_server, silent
from tests.faults.test_disk_and_backup import settled, until
from tests.faults.test_kills import database
from tests.faults.test_lists_in_trouble import on_postgresql

pytestmark = pytest.mark.faults
ASKED = 40
TRIES = 6
QUICK = 0.1
VERIFY_SECONDS = 10.0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with database() as address:
        made = Place(tmp_path / "data", harness.free_port(), address)
        made.prepare()
        yield made


@contextmanager
def at_work(place: Place, port: int, **more: str) -> Iterator[Running]:
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "PLAUDIT_CANCEL_SECONDS": "0"}
    with running(place.data, place.port, **place.more, **mail, **more) as site:
        yield site


def p95(site: Running) -> float:
    """Of a page that anybody may see."""
    took = []
    for _number in range(ASKED):
        begin = time.monotonic()
        assert site.page("/verify/")[0] == 200
        took.append(time.monotonic() - begin)
    return statistics.quantiles(took, n=20)[-1]


def is_as_quick(site: Running, idle: float) -> bool:
    """As without the trouble, in one of some tries: the machine may be busy with something else."""
    return any(p95(site) <= max(2 * idle, QUICK) for _try in range(TRIES))


def award(site: Running, *addresses: str) -> dict[str, str]:
    """The ids of their awards; each press succeeds whatever the mail server does."""
    found = {}
    for address in addresses:
        status, told = site.award(address)
        assert status == 201, told
        found[address] = told["id"]
    return found


def mails(place: Place, like: str) -> dict[str, tuple[str, int, bool]]:
    """State, attempts, and whether it may have left twice, of the invitation to each address."""
    rows = place.rows(
        "SELECT a.address, m.state, m.attempts, m.possibly_twice FROM mail_message m"
        " JOIN awards_award a ON a.id = m.about WHERE m.kind = 'invitation' AND a.address LIKE ?",
        like,
    )
    return {address: (state, attempts, bool(twice)) for address, state, attempts, twice in rows}


def come_again(place: Place) -> None:
    """Whatever waits for its next try is due."""
    place.rows(
        "UPDATE mail_message SET due_at = created_at"
        " WHERE kind = 'invitation' AND state IN ('queued', 'deferred') AND lease_holder = ''"
    )


def is_sound(place: Place) -> bool:
    until(lambda: settled(place), "not settled")
    return wrong(place.environment) == []


@pytest.mark.parametrize(("old", "new"), [(b"Words", b"Other"), (b"Subject: S", b"Subject: T")])
def test_another_content_under_the_same_message_id_would_be_noticed(old: bytes, new: bytes) -> None:
    mail = b"Subject: S\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <a@b>\r\n\r\nWords\r\n"
    contents = Contents()
    assert contents.note(mail) == contents.note(mail.replace(b"10:00", b"10:01")) == "<a@b>"
    assert contents.differ() == set(), "handed over twice"
    contents.note(mail.replace(old, new))
    assert contents.differ() == {"<a@b>"}


def test_a_mail_server_that_is_away_or_silent_holds_up_nobody_and_gets_everything_once(place: Place) -> None:
    """F5: refused, then taken in and never answered; awards are made and signed, and the web is as quick."""
    port = harness.free_port()
    with at_work(place, port) as site:
        idle = p95(site)
        away = award(site, *(f"away{n}@f5.example" for n in range(6)))
        until(lambda: "deferred" in {one[0] for one in mails(place, "away%").values()}, "nothing was tried")
        assert is_as_quick(site, idle)
        with silent(port) as held:
            come_again(place)
            until(lambda: len(held) > 0, "the silent server was not asked")
            silently = award(site, *(f"silent{n}@f5.example" for n in range(6)))
            assert is_as_quick(site, idle)
            for one in (away | silently).values():
                until(
                    lambda one=one: site.call("GET", f"/awards/{one}")[1]["state"] == "waiting", "not signed"
                )  # type: ignore[misc]
        there = {state for state, _n, _twice in mails(place, "%@f5.example").values()}
        assert there <= {"queued", "deferred", "sending"}, "one may be in a worker's hands"
        with mail_server(port) as back:

            def all_came() -> bool:
                come_again(place)
                return {one[0] for one in mails(place, "%@f5.example").values()} == {"sent"}

            until(all_came, "the queue was not drained")
            assert back.count() == dict.fromkeys(away | silently, 1)
            assert back.contents.differ() == set()
        assert is_sound(place)


def test_a_moody_mail_server_gets_each_mail_once_and_refuses_for_good_only_whom_it_means(
    place: Place,
) -> None:
    """F6, F7: 421, 451, 452 after so many and slow answers are for now, 550 is for ever, and a cut is neither."""
    port, most = harness.free_port(), 40
    good = [f"good{n}@f6.example" for n in range(most + 20)]
    odd = [f"{local}@f6.example" for local in ("nobody", "policy", "grey", "closing", "slow", "cut1", "cut2")]
    rows = [{"name": "Eve", "address": address} for address in [*odd, *good]]
    server = MailServer(most=most)
    with mail_server(port, server), at_work(place, port, PLAUDIT_WORKERS="2") as site:
        badge = site.call("GET", "/badges")[1]["badges"][0]["id"]
        made = site.call("POST", "/batches", {"badge": badge, "rows": rows})[1]
        here = f"/batches/{made['id']}"
        until(lambda: site.call("GET", here)[1]["state"] == "checked", "it was not read")
        assert site.call("POST", f"{here}/start", {})[0] == 200
        until(lambda: len(server.taken) >= most, "it did not get as many as it takes")
        until(lambda: any("452" in one for one in server.refused), "the rest was not tried")
        until(lambda: len(server.dropped) == 2, "nothing was cut off")
        told = {
            row["address"]: row
            for row in site.call("GET", f"/awards?batch={made['id']}&limit=200")[1]["awards"]
        }
        assert {told[one]["mail"]["state"] for one in ("grey@f6.example", "closing@f6.example")} <= {
            "queued",
            "sending",
            "deferred",
        }
        cut = {one[0]: one[1] for one in server.dropped}
        assert server.count().keys() & cut.keys() == set()
        server.is_kind = True

        def is_over() -> bool:
            come_again(place)
            return bool(site.call("GET", here)[1]["is_over"])

        until(is_over, "it did not end")
        refused = {"nobody@f6.example": "5.1.1", "policy@f6.example": "5.7.1"}
        assert server.count() == dict.fromkeys({*good, *odd} - refused.keys(), 1), "one stops no other"
        told = {
            row["address"]: row
            for row in site.call("GET", f"/awards?batch={made['id']}&limit=200")[1]["awards"]
        }
        for address, code in refused.items():
            assert told[address]["mail"]["code"] == code
            assert told[address]["mail"]["state"] in {"bounced", "failed"}
            assert server.refused[f"{address.partition('@')[0]} 550"] == 1, "for good: it is not tried again"
        counted = site.call("GET", here)[1]["mails"]
        assert counted == {"waiting": 0, "sent": len(rows) - 2, "undelivered": 2, "dropped": 0}
        ids = dict(server.taken)
        assert {address: ids[address] for address in cut} == cut, "the same Message-ID, which readers fold"
        states = mails(place, "%@f6.example")
        assert {address for address, (_state, _n, twice) in states.items() if twice} == cut.keys()
        assert all(states[address][1] >= 2 for address in [*cut, "grey@f6.example", "closing@f6.example"])
        assert server.contents.differ() == set(), "and the same content"
        assert server.most_open <= 2, "one connection for each worker"
        assert is_sound(place)


# F17

READS_HERE = """
import functools
import plaudit, plaudit.fetch
here = functools.partial(plaudit.fetch.WebFetch, allow_localhost={host!r})
plaudit.WebFetch = plaudit.fetch.WebFetch = here
"""


@pytest.fixture
def reads_here(tmp_path: Path) -> dict[str, str]:
    """What lets the processes of a site read from one server on this machine, which else they never would."""
    port = harness.free_port()
    folder = tmp_path / "reads-here"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(READS_HERE.format(host=f"localhost:{port}"))
    return {"port": str(port), "PYTHONPATH": str(folder)}


def verify(site: Running, address: str, told: list[dict[str, Any]] | None = None) -> tuple[int, float]:
    """The status, and how long it took; what was answered is put into `told`."""
    request = urllib.request.Request(f"{site.site.url}/api/v1/verify", address.encode(), method="POST")
    request.add_header("Content-Type", "text/plain")
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            report = json.loads(answer.read())
            if told is not None:
                told.append(report)
            return answer.status, time.monotonic() - begin
    except urllib.error.HTTPError as error:
        return (error.code if error.headers["Retry-After"] else 0), time.monotonic() - begin


def verify_by_page(site: Running, port: int) -> tuple[str, float]:
    """The page that the press leads to, and how long it took."""
    begin = time.monotonic()
    given = urllib.parse.urlencode({"text": f"http://localhost:{port}/by-page"}).encode()
    with urllib.request.urlopen(f"{site.site.url}/verify/", given, timeout=60) as answer:
        return answer.read().decode(), time.monotonic() - begin


@pytest.mark.skipif(on_postgresql(), reason="no row is touched by it: the same on every database")
def test_a_site_that_drips_ends_a_check_in_time_and_takes_the_pages_from_nobody(
    place: Place, reads_here: dict[str, str]
) -> None:
    """F17: more such checks than there are threads. One that never says a word ends page and API in time, too."""
    port = int(reads_here.pop("port"))
    path = {"PYTHONPATH": f"{reads_here['PYTHONPATH']}:{place.environment.get('PYTHONPATH', '')}"}
    with at_work(place, harness.free_port(), **path) as site:
        with dripping(port) as asked:
            idle = p95(site)
            found: list[tuple[int, float]] = []
            threads = [
                threading.Thread(
                    target=lambda n=n: found.append(verify(site, f"http://localhost:{port}/{n}"))
                )  # type: ignore[misc]
                for n in range(16)
            ]
            begin = time.monotonic()
            for thread in threads:
                thread.start()
            until(lambda: len(asked) >= 2, "nobody reads there")
            assert is_as_quick(site, idle)
            assert award(site, "meanwhile@f17.example")
            assert time.monotonic() - begin < VERIFY_SECONDS, "all of that while the checks hung"
            for thread in threads:
                thread.join()
            hung = [seconds for status, seconds in found if status == 200]
            assert 1 <= len(hung) <= 4, "two places in each of two web processes"
            assert all(VERIFY_SECONDS - 2 < seconds < VERIFY_SECONDS + 3 for seconds in hung)
            assert {status for status, _seconds in found} == {200, 503}, "the others are asked to come again"
            assert len(asked) <= 4
        with silent(port) as held:
            said_by_page: list[tuple[str, float]] = []
            page = threading.Thread(target=lambda: said_by_page.append(verify_by_page(site, port)))
            page.start()
            told: list[dict[str, Any]] = []
            status, seconds = verify(site, f"http://localhost:{port}/again", told)
            page.join()
            assert len(held) == 2
            assert status == 200, "the places are free again"
            assert [one["state"] for one in told] == ["unknown"]
            assert VERIFY_SECONDS - 2 < seconds < VERIFY_SECONDS + 3
            words, seconds = said_by_page[0]
            assert VERIFY_SECONDS - 2 < seconds < VERIFY_SECONDS + 3
            assert "This address could not be read" in words
        assert is_sound(place)
