"""The process tree: whatever ends, ends cleanly, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plaudit_site import serving

TREE = """
import json, os, sys
from plaudit_site.serving import Supervisor
commands = json.loads(sys.argv[1])
parent = str(os.getpid())
commands = {name: [part.replace("PARENT", parent) for part in command] for name, command in commands.items()}
sys.exit(Supervisor(commands, grace=float(sys.argv[2])).run())
"""
# A child that says its number and then sleeps; ends with its parent.
SLEEPER = """
import os, sys, time
from pathlib import Path
from plaudit_site.serving import die_with
die_with(int(sys.argv[2]))
Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""
DEAF = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""
CRASHING = """
import sys
with open(sys.argv[1], "a") as file: file.write("x")
sys.exit(int(sys.argv[2]))
"""


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def alive(number: int) -> bool:
    """Whether the process still runs; one that ended and was not waited for yet does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def said(path: Path) -> int:
    assert eventually(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


@pytest.fixture
def tree() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    import json

    started: list[subprocess.Popen[bytes]] = []

    def start(grace: float = 5, **commands: list[str]) -> subprocess.Popen[bytes]:
        named = {name: [sys.executable, "-c", *command] for name, command in commands.items()}
        process = subprocess.Popen(
            [sys.executable, "-c", TREE, json.dumps(named), str(grace)], stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_the_tree_stops_whole(
    tree: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, number: int
) -> None:
    process = tree(
        web=[SLEEPER, str(tmp_path / "web"), "PARENT"], worker=[SLEEPER, str(tmp_path / "worker"), "PARENT"]
    )
    children = [said(tmp_path / "web"), said(tmp_path / "worker")]
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not any(alive(child) for child in children)


def test_a_child_that_does_not_listen_is_killed_after_the_grace(
    tree: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = tree(grace=0.5, web=[DEAF, str(tmp_path / "web")])
    child = said(tmp_path / "web")
    process.terminate()
    assert process.wait(10) == 0
    assert not alive(child)
    assert process.stderr
    assert b"web did not stop within 0.5 s" in process.stderr.read()


def test_when_the_supervisor_is_killed_its_children_end_too(
    tree: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = tree(web=[SLEEPER, str(tmp_path / "web"), "PARENT"])
    child = said(tmp_path / "web")
    process.kill()
    process.wait(5)
    assert eventually(lambda: not alive(child), 5)


def test_a_child_whose_parent_died_before_it_looked_ends_at_once(tmp_path: Path) -> None:
    nobody = subprocess.Popen([sys.executable, "-c", ""])
    nobody.wait()
    done = subprocess.run(
        [sys.executable, "-c", SLEEPER, str(tmp_path / "out"), str(nobody.pid)], timeout=20, check=False
    )
    assert done.returncode == 0
    assert not (tmp_path / "out").exists()


def test_a_crashed_child_is_started_again(
    tree: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    process = tree(web=[CRASHING, str(marks), "3"])
    assert eventually(lambda: marks.exists() and len(marks.read_text()) >= 3)
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr
    words = process.stderr.read()
    assert b"web ended with 3; starting it again in 0.5 s" in words
    assert b"again in 1 s" in words


def test_a_child_that_refuses_its_settings_ends_the_tree_with_its_code(
    tree: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = tree(web=[CRASHING, str(tmp_path / "marks"), str(serving.WRONG_SETTING)])
    assert process.wait(20) == serving.WRONG_SETTING


def test_a_taken_port_is_explained() -> None:
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = neighbour.getsockname()[1]
        with pytest.raises(serving.PortTaken, match=f"port {port} is in use.*PORT={port + 1} make demo"):
            serving.check_port("127.0.0.1", port)


def test_a_port_shared_by_so_reuseport_is_taken_all_the_same() -> None:
    with socket.socket() as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        with pytest.raises(serving.PortTaken):
            serving.check_port("127.0.0.1", neighbour.getsockname()[1])


def test_a_host_this_machine_does_not_have_is_named() -> None:
    with pytest.raises(serving.PortTaken, match=r"HOST='192\.0\.2\.1'"):
        serving.check_port("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("BASE_URL", "http://127.0.0.1:8000"), ("PLAUDIT_DEMO", "perhaps")]
)
def test_serve_refuses_a_wrong_setting_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plaudit_site", "serve"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PLAUDIT_DATA_DIR": str(tmp_path),
            name: value,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == serving.WRONG_SETTING
    assert done.stderr.count("\n") == 1
    assert name in done.stderr


@pytest.mark.parametrize(
    ("workers", "names"),
    [(0, ["web"]), (1, ["web", "worker"]), (3, ["web", "worker", "worker 2", "worker 3"])],
)
def test_as_many_workers_are_started_as_the_operator_wants(workers: int, names: list[str]) -> None:
    wanted = serving.commands("python", workers)
    assert list(wanted) == names
    for name, command in wanted.items():
        assert command[3:] == ("web" if name == "web" else "work", "--parent", str(os.getpid()))
