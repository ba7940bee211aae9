"""A full disk, a killed web server, a flipped byte: real processes, fsck after each.

The database is that of the other fault tests. PostgreSQL's own disk is filled where they are on SQLite: it is a server
of that test's own.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.faults import postgres
from tests.faults.sites import Place, Running, command, running, wrong
from tests.faults.test_kills import database
from tests.faults.test_lists_in_trouble import WHATEVER_THE_DATABASE, on_postgresql

pytestmark = pytest.mark.faults
PATIENCE = 100.0  # whoever was killed holds its rows for a minute
IS_LONG = os.environ.get("PLAUDIT_FAULTS") == "long"
ROWS, MOST_KILLS = 100_000, 12
SEED = os.environ.get("PLAUDIT_FAULTS_SEED", "4")
FILLER = "filler"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with database() as address:
        made = Place(tmp_path_factory.mktemp("site") / "data", harness.free_port(), address)
        made.prepare()
        yield made


@pytest.fixture
def place(prepared: Place, tmp_path: Path) -> Iterator[Place]:
    """A copy of it."""
    with database(like=prepared.database) as address:
        shutil.copytree(prepared.data, tmp_path / "data")
        yield replace(prepared, data=tmp_path / "data", database=address)


def until(good: Callable[[], bool], words: str) -> None:
    end = time.monotonic() + PATIENCE
    while not good():
        assert time.monotonic() < end, words
        time.sleep(0.2)


def settled(place: Place) -> bool:
    """Nothing is left to sign or to chain, so that the processes may end."""
    return not any(
        place.rows(question)[0][0]
        for question in (
            "select count(*) from audit_auditevent where chain_number is null",
            "select count(*) from awards_statuslist where signed_generation < generation",
            "select count(*) from awards_award where state = 'queued'",
        )
    )


@contextmanager
def at_work(place: Place) -> Iterator[Running]:
    with running(place.data, place.port, **place.more) as site:
        yield site


def signed(site: Running, public_id: str) -> bool:
    return bool(site.call("GET", f"/awards/{public_id}")[1]["state"] == "waiting")


# F4


@contextmanager
def a_small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own with room for so much."""
    place.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip(
            "no file system of our own can be mounted here: that a full disk harms nothing is not proven"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
        place.rmdir()


def fill(directory: Path) -> None:
    """To the last byte: what a log or another program does."""
    with (directory / FILLER).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def award_some(site: Running) -> list[tuple[int, Any]]:
    return [
        site.award(f"full{number}@example.org", **{"Idempotency-Key": f"full-{number}"})
        for number in range(40)
    ]


def all_is_well_again(site: Running, place: Place) -> None:
    """The same requests with the same keys, when there is room: one award for each, signed, and nothing is wrong."""
    again = award_some(site)
    assert {status for status, _award in again} == {201}, "the same request, when there is room"
    assert len({award["id"] for _status, award in again}) == 40
    until(lambda: all(signed(site, award["id"]) for _status, award in again), "all were signed")
    until(lambda: settled(place), "the history was chained")
    assert wrong(place.environment) == []


def looked_at(site: Running) -> dict[str, int]:
    links = re.findall(r"http://localhost:\d+(/i/[^\"]*)", json.dumps(site.site.demo))
    seen = {link: site.page(link)[0] for link in [*links, "/verify"]}
    assert 200 in seen.values()
    return seen


def an_award(site: Running, place: Place) -> str:
    status, made = site.award("before@example.org")
    assert status == 201
    until(lambda: signed(site, made["id"]), "it was signed")
    until(lambda: settled(place), "its history was chained")
    return str(made["id"])


@pytest.mark.skipif(on_postgresql(), reason="its database is on another disk")
def test_a_full_disk_is_said_in_words_and_harms_nothing(prepared: Place, tmp_path: Path) -> None:
    """SQLite's, and the files'."""
    with a_small_disk(tmp_path / "disk", "48m") as disk:
        shutil.copytree(prepared.data, disk / "data")
        place = replace(prepared, data=disk / "data")
        with at_work(place) as site:
            before = an_award(site, place)
            seen = looked_at(site)
            fill(disk)
            answers = award_some(site)  # what SQLite has room for in its log it still takes
            assert {status for status, _answer in answers} in ({507}, {201, 507})
            assert {said["title"] for status, said in answers if status == 507} == {"No room left"}
            assert {link: site.page(link)[0] for link in seen} == seen, "pages are looked at as before"
            assert site.call("GET", f"/awards/{before}")[0] == 200
            (disk / FILLER).unlink()
            all_is_well_again(site, place)


@pytest.mark.skipif(on_postgresql(), reason="it has a server of its own, and runs with the tests on SQLite")
def test_a_full_disk_of_postgresql_is_said_in_words_and_harms_nothing(tmp_path: Path) -> None:
    """Where there is no room for its log either, the server goes down: whoever makes room starts it again."""
    # Its user may not go through the folder of the tests.
    apart = Path(tempfile.mkdtemp(prefix="plaudit-disk-"))
    apart.chmod(0o755)
    with a_small_disk(apart, "192m") as disk, postgres.server(disk) as server:
        place = Place(tmp_path / "data", harness.free_port(), server.address)
        place.prepare()
        with at_work(place) as site:
            before = an_award(site, place)
            seen = looked_at(site)
            fill(disk)
            answers = []
            for number in range(40):
                with suppress(OSError, http.client.HTTPException):
                    answers.append(
                        site.award(f"full{number}@example.org", **{"Idempotency-Key": f"full-{number}"})
                    )
            assert {status for status, _answer in answers} <= {201, 503, 507}
            assert {status for status, _answer in answers} & {503, 507}, "there was no room for all"
            titles = {said["title"] for status, said in answers if status != 201}
            assert titles <= {"No room left", "Busy"}
            (disk / FILLER).unlink()
            server.start_if_it_ended()
            until(lambda: site.call("GET", f"/awards/{before}")[0] == 200, "it recovers by itself")
            assert {link: site.page(link)[0] for link in seen} == seen
            for number, (status, said) in enumerate(answers):
                if status == 201:
                    assert site.call("GET", f"/awards/{said['id']}")[0] == 200, f"{number} was promised"
            all_is_well_again(site, place)


@WHATEVER_THE_DATABASE
def test_a_full_disk_under_uploads_and_lists_costs_those_alone(place: Place) -> None:
    """What a disk of their own holds: uploads on their way, and lists that were taken in."""
    for folder in ("uploads", "media"):
        (place.data / folder).mkdir(exist_ok=True)
    with (
        a_small_disk(place.data / "uploads", "4m") as uploads,
        a_small_disk(place.data / "media", "4m") as media,
        at_work(place) as site,
    ):
        people = "name,email\n" + "".join(f"Person {n},person{n}@example.org\n" for n in range(20_000))

        badge = site.call("GET", "/badges")[1]["badges"][0]["id"]

        def send(key: str) -> tuple[int, Any]:
            return site.send(
                f"/batches?badge={badge}", "text/csv", people.encode(), **{"Idempotency-Key": key}
            )

        before, lists = an_award(site, place), _lists(place)
        for disk in (uploads, media):
            fill(disk)
            for _twice in range(2):
                status, answer = send("a-list")
                assert (status, answer["title"]) == (507, "No room left"), answer
            assert _lists(place) == lists, "no half list"
            assert site.call("GET", f"/awards/{before}")[0] == 200
            assert site.award(f"{disk.name}@example.org")[0] == 201, "a single award needs no such file"
            (disk / FILLER).unlink()
        assert send("a-list")[0] == 201
        assert send("a-list")[0] == 201
        assert _lists(place) == lists + 1, "the same key"
        until(lambda: settled(place), "the history was chained")
        assert wrong(place.environment) == []


@WHATEVER_THE_DATABASE
def test_a_full_disk_under_the_log_is_not_noticed(place: Place, tmp_path: Path) -> None:
    """Its words are lost, and nothing else."""
    with a_small_disk(tmp_path / "logs", "16k") as logs:
        (place.data / "log").unlink(missing_ok=True)
        (place.data / "log").symlink_to(logs / "log")
        fill(logs)
        with at_work(place) as site:
            seen = looked_at(site)
            assert site.page("/no-such-page")[0] == 404
            assert site.call("POST", "/awards", {"badge": "none"})[0] in {400, 404, 422}
            all_is_well_again(site, place)
            assert looked_at(site) == seen
            assert (logs / "log").stat().st_size == 0, "there was no room for a word"


# F3


def process_of(site: Running, what: str) -> int:
    number = _process_of(site, what)
    assert number, f"no {what} runs"
    return number


def _process_of(site: Running, what: str) -> int | None:
    mark = f"{what}\0--parent\0{site.site.process.pid}"
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "cmdline").read_text():
                return int(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def web_came_back(site: Running, killed: int) -> None:
    """Another server answers. What a killed one leaves behind may answer a last time, and then no more."""
    until(lambda: _process_of(site, "web") not in {killed, None}, "the web server was started again")
    until(lambda: _answers(site), "the web server came back")


def test_a_web_server_killed_in_an_upload_leaves_no_half_list(place: Place) -> None:
    before = _lists(place)
    with at_work(place) as site:
        head = (
            "POST /api/v1/batches?name=people.csv HTTP/1.1\r\n"
            f"Host: localhost:{place.port}\r\nAuthorization: Bearer {site.token}\r\n"
            "Content-Type: text/csv\r\nContent-Length: 6000000\r\n\r\nname,email\r\n"
        )
        with socket.create_connection(("127.0.0.1", place.port), timeout=20) as upload:
            upload.sendall(head.encode() + b"Eve,eve@example.org\r\n" * 200_000)
            os.kill(web := process_of(site, "web"), signal.SIGKILL)
        web_came_back(site, web)
        assert _lists(place) == before
        until(lambda: settled(place), "the history was chained")
        assert wrong(place.environment) == []
        left = [
            path
            for folder in ("uploads", "media")
            for path in (place.data / folder).rglob("*")
            if path.is_file()
        ]
        for path in left:
            os.utime(path, (1, 1))
        command(place.environment, "manage", "shell", "-c", SWEEP)
        assert not [path for path in left if path.exists()]


def _lists(place: Place) -> int:
    return int(place.rows("select count(*) from awards_batch")[0][0])


SWEEP = "from plaudit_site.awards import sweeping; sweeping.sweep_some()"


def _answers(site: Running) -> bool:
    try:
        return site.call("GET", "/token")[0] == 200
    except OSError:
        return False


def test_a_web_server_killed_again_and_again_while_awarding_doubles_nothing(place: Place) -> None:
    """Killed between commit and answer, or before: the same key gives the same award."""
    with at_work(place) as site:
        ids = set()
        for number in range(3):  # the supervisor’s pause grows with each
            address, key = f"killed{number}@example.org", {"Idempotency-Key": f"killed-{number}"}
            web = process_of(site, "web")
            killer = threading.Timer(0.02 * (number + 1), os.kill, (web, signal.SIGKILL))
            killer.start()
            with suppress(OSError, http.client.HTTPException):
                site.award(address, **key)
            killer.join()
            web_came_back(site, web)
            status, award = site.award(address, **key)
            assert status == 201
            found = site.call("GET", f"/awards?address={address}")[1]["awards"]
            assert [one["id"] for one in found] == [award["id"]]
            ids.add(award["id"])
        assert len(ids) == 3
        until(lambda: settled(place), "all is signed")
        assert wrong(place.environment) == []


# F1 and F3 at once


@pytest.mark.skipif(not IS_LONG, reason="it waits for the leases of the killed: make faults")
def test_a_long_list_ends_exact_whatever_is_killed_meanwhile(place: Place) -> None:
    """Worker and web server, in turn, at chance moments: from the start to the last line of it."""
    chance = random.Random(SEED)
    people = "name,email\n" + "".join(f"Person {n},person{n}@school{n % 50}.example\n" for n in range(ROWS))
    # Not a new issuer, whose awards of a day are counted.
    place.rows("update issuers_issuer set made_at = ?", "2020-01-01 00:00:00")
    with at_work(place) as site:
        badge = site.call("GET", "/badges")[1]["badges"][0]["id"]
        status, made = site.send(f"/batches?badge={badge}", "text/csv", people.encode())
        assert status == 201
        there = f"/batches/{made['id']}"
        until(lambda: site.call("GET", there)[1]["state"] == "checked", "it was read")
        assert site.call("POST", f"{there}/start")[0] == 200
        until(lambda: awarded(site, there) > 0, "it was begun")
        killed: Counter[str] = Counter()
        before, victims = 0, itertools.cycle(["work", "web"])
        until_then = time.monotonic() + PATIENCE * (1 + ROWS / 10_000)
        while before < ROWS:
            assert time.monotonic() < until_then, f"{before} of {ROWS} after {killed}"
            time.sleep(chance.uniform(0.2, 4.0))
            victim = next(victims)
            number = _process_of(site, victim)
            if number is not None and killed.total() < MOST_KILLS:
                os.kill(number, signal.SIGKILL)
                killed[victim] += 1
            before, earlier = awarded(site, there), before
            assert before >= earlier, "progress never goes back"
        assert killed["work"] >= 1, killed
        assert killed["web"] >= 1, killed
    with at_work(place):
        until(lambda: settled(place), "what is left was signed and chained")
    (counts,) = place.rows(
        "select count(*), count(distinct a.address), count(a.credential_id),"
        " count(distinct c.status_list_id * 1000000 + c.status_index)"
        " from awards_award a join awards_credential c on c.id = a.credential_id"
        " join awards_batch b on b.id = a.batch_id where b.public_id = ?",
        made["id"],
    )
    assert tuple(counts) == (ROWS,) * 4
    (mails,) = place.rows(
        "select count(*), count(distinct m.about) from mail_message m join awards_award a on a.id = m.about"
        " join awards_batch b on b.id = a.batch_id where b.public_id = ? and m.kind = 'invitation'",
        made["id"],
    )
    assert tuple(mails) == (ROWS,) * 2
    assert wrong(place.environment) == []


def awarded(site: Running, batch: str) -> int:
    """As its page says; asked again while another server starts."""
    found: list[int] = []

    def is_said() -> bool:
        with suppress(OSError, http.client.HTTPException):
            found.append(int(site.call("GET", batch)[1]["rows"]["awarded"]))
        return bool(found)

    until(is_said, "the list is shown")
    return found[0]


# F15


@WHATEVER_THE_DATABASE
@pytest.mark.parametrize(
    ("column", "what"),
    [("awards_credential.content", "award "), ("achievements_version.picture_png", "badge version ")],
)
def test_a_flipped_byte_is_named(place: Place, column: str, what: str) -> None:
    assert wrong(place.environment) == []
    table, _, name = column.partition(".")
    used = {
        "awards_credential": "select max(id) from awards_credential",
        "achievements_version": "select max(version_id) from awards_award where credential_id is not null",
    }[table]
    ((row,),) = place.rows(used)
    content = bytearray(place.rows(f"select {name} from {table} where id = ?", row)[0][0])
    content[len(content) // 2] ^= 1
    place.rows(f"update {table} set {name} = ? where id = ?", bytes(content), row)
    found = wrong(place.environment)
    assert found
    assert all(one["object"].startswith(what) for one in found)
    assert len({one["object"] for one in found}) == 1
