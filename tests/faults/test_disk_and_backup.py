"""A full disk, a killed web server, a flipped byte, a backup put back: real processes on SQLite, fsck after each."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.browser import harness
from tests.faults.sites import Running, command, running, wrong

pytestmark = pytest.mark.faults
PATIENCE = 60.0
FILLER = "filler"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    return data, port


@pytest.fixture
def data(prepared: tuple[Path, int], tmp_path: Path) -> Path:
    shutil.copytree(prepared[0], tmp_path / "data")
    return tmp_path / "data"


def until(good: Callable[[], bool], words: str) -> None:
    end = time.monotonic() + PATIENCE
    while not good():
        assert time.monotonic() < end, words
        time.sleep(0.2)


def settled(site: Running) -> bool:
    """Nothing is left to sign or to chain, so that the processes may end."""
    with closing(sqlite3.connect(site.site.directory / "plaudit.sqlite3", timeout=20)) as database:
        return not any(
            database.execute(question).fetchone()[0]
            for question in (
                "select count(*) from audit_auditevent where chain_number is null",
                "select count(*) from awards_statuslist where signed_generation < generation",
                "select count(*) from awards_award where state = 'queued'",
            )
        )


def signed(site: Running, public_id: str) -> bool:
    return bool(site.call("GET", f"/awards/{public_id}")[1]["state"] == "waiting")


# F4


@pytest.fixture
def small_disk(prepared: tuple[Path, int], tmp_path: Path) -> Iterator[Path]:
    """The site's data on a file system of its own with some megabytes left."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip(
            "no file system of our own can be mounted here: that a full disk harms nothing is not proven"
        )
    try:
        shutil.copytree(prepared[0], place / "data")
        yield place / "data"
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(directory: Path) -> None:
    """To the last byte: what a log or another program does."""
    with (directory / FILLER).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_full_disk_is_said_in_words_and_harms_nothing(prepared: tuple[Path, int], small_disk: Path) -> None:
    with running(small_disk, prepared[1]) as site:
        status, before = site.award("before@example.org")
        assert status == 201
        until(lambda: signed(site, before["id"]), "it was signed")
        until(lambda: settled(site), "its history was chained")
        links = re.findall(r"http://localhost:\d+(/i/[^\"]*)", json.dumps(site.site.demo))
        looked_at = {link: site.page(link)[0] for link in [*links, "/verify"]}
        assert 200 in looked_at.values()
        fill(small_disk)
        answers = []
        for number in range(40):  # what SQLite has room for in its log it still takes
            status, answer = site.award(f"full{number}@example.org", **{"Idempotency-Key": f"full-{number}"})
            answers.append(status)
            if status != 201:
                assert (status, answer["title"]) == (507, "No room left")
        assert 507 in answers
        assert set(answers) <= {201, 507}
        assert {link: site.page(link)[0] for link in looked_at} == looked_at, "pages are looked at as before"
        assert site.call("GET", f"/awards/{before['id']}")[0] == 200
        (small_disk / FILLER).unlink()
        again = [
            site.award(f"full{number}@example.org", **{"Idempotency-Key": f"full-{number}"})
            for number in range(40)
        ]
        assert {status for status, _award in again} == {201}, "the same request, when there is room"
        assert len({award["id"] for _status, award in again}) == 40
        until(lambda: all(signed(site, award["id"]) for _status, award in again), "all were signed")
        until(lambda: settled(site), "the history was chained")
        assert wrong(site.site.environment) == []


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


def test_a_web_server_killed_in_an_upload_leaves_no_half_list(prepared: tuple[Path, int], data: Path) -> None:
    before = _lists(data)
    with running(data, prepared[1]) as site:
        head = (
            "POST /api/v1/batches?name=people.csv HTTP/1.1\r\n"
            f"Host: localhost:{prepared[1]}\r\nAuthorization: Bearer {site.token}\r\n"
            "Content-Type: text/csv\r\nContent-Length: 6000000\r\n\r\nname,email\r\n"
        )
        with socket.create_connection(("127.0.0.1", prepared[1]), timeout=20) as upload:
            upload.sendall(head.encode() + b"Eve,eve@example.org\r\n" * 200_000)
            os.kill(web := process_of(site, "web"), signal.SIGKILL)
        web_came_back(site, web)
        assert _lists(data) == before
        until(lambda: settled(site), "the history was chained")
        assert wrong(site.site.environment) == []
        left = [
            path for folder in ("uploads", "media") for path in (data / folder).rglob("*") if path.is_file()
        ]
        for path in left:
            os.utime(path, (1, 1))
        command(site.site.environment, "manage", "shell", "-c", SWEEP)
        assert not [path for path in left if path.exists()]


def _lists(data: Path) -> int:
    with closing(sqlite3.connect(data / "plaudit.sqlite3", timeout=20)) as database:
        return int(database.execute("select count(*) from awards_batch").fetchone()[0])


SWEEP = "from plaudit_site.awards import sweeping; sweeping.sweep_some()"


def _answers(site: Running) -> bool:
    try:
        return site.call("GET", "/token")[0] == 200
    except OSError:
        return False


def test_a_web_server_killed_again_and_again_while_awarding_doubles_nothing(
    prepared: tuple[Path, int], data: Path
) -> None:
    """Killed between commit and answer, or before: the same key gives the same award."""
    with running(data, prepared[1]) as site:
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
        until(lambda: settled(site), "all is signed")
        assert wrong(site.site.environment) == []


# F10


def test_a_backup_that_is_put_back_un_revokes_nothing(
    prepared: tuple[Path, int], data: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "backup"
    with running(data, prepared[1]) as site:
        environment = site.site.environment
        known = [site.award(f"known{number}@example.org")[1]["id"] for number in range(4)]
        until(lambda: all(signed(site, one) for one in known), "they were signed")
        assert command(environment, "backup", str(copy)).returncode == 0
        unknown = [site.award(f"unknown{number}@example.org")[1]["id"] for number in range(4)]
        until(lambda: all(signed(site, one) for one in unknown), "they were signed")
        for one in [*known[:2], *unknown[:2]]:
            status, answer = site.call("POST", f"/awards/{one}/revoke", {"reason": "Cheated."})
            if status != 200:
                status, answer = site.call("POST", f"/awards/{one}/withdraw")
            assert status == 200, answer
        until(lambda: settled(site), "the lists were signed")
        bits = _bits(data)
    for name in ("plaudit.sqlite3", "plaudit.sqlite3-wal", "plaudit.sqlite3-shm"):
        (data / name).unlink(missing_ok=True)
    shutil.copy(copy / "plaudit.sqlite3", data)
    with running(data, prepared[1]) as site:
        assert "older than its journal" in site.site.log()
        for one in known[:2]:
            assert site.call("GET", f"/awards/{one}")[1]["state"] in {"revoked", "withdrawn"}
        for one in known[2:]:
            assert site.call("GET", f"/awards/{one}")[1]["state"] == "waiting"
        until(lambda: settled(site), "the lists were signed")
        assert _bits(data) >= bits, "no bit went back, also of awards that are unknown here"
        status, new = site.award("new@example.org")
        assert status == 201
        until(lambda: signed(site, new["id"]), "it was signed")
        until(lambda: settled(site), "its history was chained")
        assert wrong(environment) == []
    shutil.rmtree(data / "journal")
    refused = command(environment, "prepare")
    assert refused.returncode == 78
    assert "holds no journal, but this site kept one" in refused.stderr
    assert command(environment, "prepare", "--accept-loss").returncode == 0


def _bits(data: Path) -> set[tuple[str, int]]:
    with closing(sqlite3.connect(data / "plaudit.sqlite3", timeout=20)) as database:
        return set(
            database.execute(
                'select l.public_id, e."index" from awards_statusentry e'
                " join awards_statuslist l on l.id = e.status_list_id"
            )
        )


# F15


@pytest.mark.parametrize(
    ("column", "what"),
    [("awards_credential.content", "award "), ("achievements_version.picture_png", "badge version ")],
)
def test_a_flipped_byte_is_named(data: Path, prepared: tuple[Path, int], column: str, what: str) -> None:
    environment = harness.environment_of(data, prepared[1])
    assert wrong(environment) == []
    table, _, name = column.partition(".")
    used = {
        "awards_credential": "select max(id) from awards_credential",
        "achievements_version": "select max(version_id) from awards_award where credential_id is not null",
    }[table]
    with closing(sqlite3.connect(data / "plaudit.sqlite3")) as database, database:
        row = database.execute(used).fetchone()[0]
        content = bytearray(database.execute(f"select {name} from {table} where id = ?", [row]).fetchone()[0])
        content[len(content) // 2] ^= 1
        database.execute(f"update {table} set {name} = ? where id = ?", [bytes(content), row])
    found = wrong(environment)
    assert found
    assert all(one["object"].startswith(what) for one in found)
    assert len({one["object"] for one in found}) == 1
