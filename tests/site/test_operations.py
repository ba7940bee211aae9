"""Starting, refusing to start, and backing up: the commands an operator types, as real processes."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from plaudit_site.serving import WRONG_SETTING

OURS = ("PLAUDIT_", "DJANGO_", "DATABASE_URL", "EMAIL_URL", "BASE_URL", "HOST", "PORT")


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PLAUDIT_DATA_DIR": str(data), "EMAIL_URL": "mailbox:", **more}


def plaudit_site(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plaudit_site", *arguments],
        env=environment(data, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a site that was started once. Copy it before changing it."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    done = plaudit_site(data, "prepare")
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "data")
    return tmp_path / "data"


# Starting


def test_a_first_start_makes_database_key_and_static_files(prepared: Path) -> None:
    assert (prepared / "plaudit.sqlite3").stat().st_size > 0
    assert (prepared / "plaudit.key").stat().st_mode & 0o777 == 0o600
    assert (prepared / "plaudit.sqlite3").stat().st_mode & 0o007 == 0
    assert (prepared / "static" / "staticfiles.json").exists()


def test_a_second_start_changes_nothing(data: Path) -> None:
    def rows() -> list[tuple[int]]:
        with sqlite3.connect(data / "plaudit.sqlite3") as database:
            tables = ("issuers_issuer", "achievements_achievement", "issuers_signingkey", "audit_auditevent")
            return [database.execute(f"select count(*) from {table}").fetchone() for table in tables]

    before = rows()
    assert plaudit_site(data, "prepare").returncode == 0
    assert rows() == before


def test_two_starts_at_once_take_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plaudit_site", "prepare"]
    both = [subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.PIPE) for _ in range(2)]
    ends = [(process.communicate(timeout=120)[1].decode(), process.returncode) for process in both]
    assert [code for _words, code in ends] == [0, 0], ends


def test_an_older_database_is_refused_where_migrating_is_not_wanted(tmp_path: Path) -> None:
    done = plaudit_site(tmp_path, "prepare", "--no-migrate")
    assert done.returncode == 1
    assert "plaudit-site manage migrate" in done.stderr


def test_another_address_than_at_the_first_start_is_refused(data: Path) -> None:
    done = plaudit_site(data, "prepare", BASE_URL="https://other.example")
    assert done.returncode == WRONG_SETTING
    assert "BASE_URL='https://other.example'" in done.stderr
    assert "http://localhost:8000" in done.stderr


def test_another_key_file_is_refused(data: Path) -> None:
    (data / "plaudit.key").unlink()
    done = plaudit_site(data, "prepare")
    assert done.returncode == WRONG_SETTING
    assert "PLAUDIT_KEY_FILE=" in done.stderr


def test_the_demos_mailbox_is_refused_at_an_address_others_can_reach(tmp_path: Path) -> None:
    done = plaudit_site(tmp_path, "prepare", PLAUDIT_DEMO="1", BASE_URL="https://badges.example.org")
    assert done.returncode == WRONG_SETTING
    assert "plaudit.demo.E002" in done.stderr
    assert not (tmp_path / "plaudit.sqlite3").exists(), "nothing was made"


# Backup


def test_a_backup_is_whole_while_others_write_and_leaves_the_key_out(data: Path, tmp_path: Path) -> None:
    (data / "media" / "logos").mkdir(parents=True)
    (data / "media" / "logos" / "mark.png").write_bytes(b"picture")
    writer = sqlite3.connect(data / "plaudit.sqlite3", timeout=20)
    writer.execute("create table marks (n integer)")
    writer.execute("insert into marks values (1)")
    writer.commit()
    writer.execute("begin immediate")
    writer.execute("insert into marks values (2)")  # not committed: must not be in the copy
    done = plaudit_site(data, "backup", str(tmp_path / "copy"))
    writer.rollback()
    writer.close()
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "copy" / "plaudit.sqlite3") as copy:
        assert copy.execute("select n from marks").fetchall() == [(1,)]
        assert copy.execute("select count(*) from issuers_issuer").fetchone() == (1,)
    copied = {
        str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    assert copied == {"plaudit.sqlite3", "media/logos/mark.png"}
    assert (tmp_path / "copy" / "plaudit.sqlite3").stat().st_mode & 0o777 == 0o600
    assert str(data / "plaudit.key") in done.stderr


def test_a_backup_restores_to_a_site_that_starts(data: Path, tmp_path: Path) -> None:
    assert plaudit_site(data, "backup", str(tmp_path / "copy")).returncode == 0
    shutil.copy(data / "plaudit.key", tmp_path / "copy")
    shutil.copytree(data / "journal", tmp_path / "copy" / "journal")
    assert plaudit_site(tmp_path / "copy", "prepare").returncode == 0


def test_a_backup_never_writes_over_another(data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "plaudit.sqlite3").write_text("the backup of yesterday")
    done = plaudit_site(data, "backup", str(tmp_path / "copy"))
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert (tmp_path / "copy" / "plaudit.sqlite3").read_text() == "the backup of yesterday"


# The whole tree, killed


def processes_of(group_leader: int) -> list[str]:
    """Command lines of what descends from a process, whoever its parent is by now."""
    mark = f"--parent\0{group_leader}"
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark in command:
            found.append(command.replace("\0", " "))
    return found


@pytest.fixture
def tree(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = "http://localhost:8000"  # the data directory was made for it
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "plaudit_site", "serve"],
            env=environment(data, PORT=str(port), BASE_URL=base),
            stdout=log,
            stderr=log,
        )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/health/ready", headers={"Host": "localhost:8000"}
            )
            with urllib.request.urlopen(request, timeout=2) as answer:
                assert answer.status == 200
                break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    yield process, port
    process.kill()
    process.wait()


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def soon(seconds: float, port: int, leader: int) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if free(port) and not processes_of(leader):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_a_site_ends_nothing_of_it_is_left(
    tree: tuple[subprocess.Popen[bytes], int], number: int
) -> None:
    process, port = tree
    assert len(processes_of(process.pid)) == 2
    assert not free(port)
    process.send_signal(number)
    process.wait(20)
    assert process.returncode == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    assert soon(8, port, process.pid), processes_of(process.pid)


@pytest.mark.faults
def test_a_killed_web_server_comes_back_on_its_port(tree: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = tree
    web = next(
        entry
        for entry in Path("/proc").glob("[0-9]*")
        if f"web\0--parent\0{process.pid}" in _words(entry / "cmdline")
    )
    os.kill(int(web.name), signal.SIGKILL)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/health/live", headers={"Host": "localhost:8000"}
            )
            with urllib.request.urlopen(request, timeout=2) as answer:
                if answer.status == 200 and not web.exists():
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it did not come back")


def _words(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
