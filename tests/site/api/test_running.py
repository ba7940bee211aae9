"""Against a running site on SQLite, with real processes: the guide's examples, the commands, fifty requests at once."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser import harness
from tests.browser.harness import LiveSite

# Real processes, and minutes of them: asked for by --faults, and always run by the whole gate.
pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[3]
GUIDE = "".join((ROOT / "docs" / name).read_text() for name in ("api.md", "webhooks.md"))
EXAMPLES = re.findall(r"```sh run\n(.*?)```", GUIDE, re.DOTALL)
SLUG = "northfold"


@dataclass
class Running:
    site: LiveSite
    token: str

    def command(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "plaudit_site", *arguments],
            env={**self.site.environment, "PLAUDIT_CANCEL_SECONDS": "0"},
            input=given,
            capture_output=True,
            check=False,
            timeout=120,
            start_new_session=True,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.site.url}/api/v1{path}", data, method=method)
        for name, value in {"Authorization": f"Bearer {self.token}", **headers}.items():
            request.add_header(name, value)
        if data:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers

    def badge(self) -> dict[str, Any]:
        return dict(self.call("GET", "/badges")[1]["badges"][0])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    with harness.running_site(data, port) as site:
        made = subprocess.run(
            [sys.executable, "-m", "plaudit_site", "token", "--issuer", SLUG, "--name", "Tests",
             "--scope", "read", "--scope", "award", "--scope", "revoke", "--scope", "webhooks"],
            env=site.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        yield Running(site, made.stdout.strip())


def test_every_example_of_the_guide_does_what_it_says(running: Running, tmp_path: Path) -> None:
    assert len(EXAMPLES) >= 10
    if not shutil.which("curl"):
        pytest.skip("curl is not installed: the examples of docs/api.md are not proven")
    script = "set -eu -o pipefail\n" + "\n".join(f"echo '== {n}'\n{one}" for n, one in enumerate(EXAMPLES))
    done = subprocess.run(
        ["bash", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "SITE": running.site.url,
            "TOKEN": running.token,
            "no_proxy": "localhost",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stdout.count("== ") == len(EXAMPLES)


def test_fifty_requests_at_once_with_one_key_make_one_award(running: Running) -> None:
    """C2, on SQLite, through two web processes."""
    body = {"badge": running.badge()["id"], "name": "Fifty", "address": "fifty@example.org"}
    answers: list[tuple[int, Any, Any]] = []

    def press() -> None:
        answers.append(running.call("POST", "/awards", body, **{"Idempotency-Key": "fifty"}))

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _told, _headers in answers} == {201}
    assert len({told["id"] for _status, told, _headers in answers}) == 1
    assert sum(headers["Idempotent-Replayed"] is None for _status, _told, headers in answers) == 1
    found = running.call("GET", "/awards?address=fifty@example.org")[1]["awards"]
    assert len(found) == 1


def test_a_list_is_awarded_from_the_terminal(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Whom;E-mail;Date\nAda Example;t1@example.org;3/4/2026\nNobody;nowhere;3/4/2026\n")
    options = ["--issuer", SLUG, "--badge", running.badge()["title"], "--map", "name=Whom", "--month-first"]
    dry = running.command("award", str(file), *options, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "1 ready, 1 need attention" in dry.stderr
    assert "line 3: “E-mail” (column B): “nowhere” is not" in dry.stderr
    assert "3/4/2026 is read as 4 March 2026" in dry.stderr
    no = running.command("award", str(file), *options, given=b"n\n")
    assert (no.returncode, "Award 1 people?" in no.stderr) == (4, True)
    assert running.call("GET", "/awards?address=t1@example.org")[1]["awards"] == []
    yes = running.command("award", str(file), *options, given=b"y\n")
    assert yes.returncode == 3, yes.stderr
    assert "awarded: 1 awarded, 1 mails sent." in yes.stderr
    assert "Needs attention: 1 lines not awarded" in yes.stderr
    (award,) = running.call("GET", "/awards?address=t1@example.org")[1]["awards"]
    assert award["awarded_at"] == "2026-03-04T00:00:00Z"


def test_standard_input_needs_yes_and_a_clean_list_ends_with_0(running: Running) -> None:
    file = b"name,email\nAda Example,t2@example.org\nBen Example,t3@example.org\n"
    options = ["--issuer", SLUG, "--badge", running.badge()["id"]]
    assert running.command("award", "-", *options, given=file).returncode == 4
    done = running.command("award", "-", *options, "--yes", given=file)
    assert done.returncode == 0, done.stderr
    assert "2 awarded, 2 mails sent" in done.stderr
    again = running.command("award", "-", *options, "--yes", given=file)
    assert (again.returncode, "2 are there already" in again.stderr) == (4, True)


@pytest.mark.journey("J45")
def test_a_list_for_later_waits_for_its_day_and_can_be_called_off(running: Running) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    file = b"name,email\nAda Example,later@example.org\n"
    options = ["--issuer", SLUG, "--badge", running.badge()["id"], "--yes"]
    done = running.command("award", "-", *options, "--send-at", f"{at:%Y-%m-%dT%H:%M:%S}+00:00", given=file)
    assert done.returncode == 0, done.stderr
    assert f"It begins on {at:%Y-%m-%dT%H:%M:%SZ}" in done.stderr
    (batch,) = re.findall(r"--stop (\w{26})", done.stderr)
    told = running.call("GET", f"/batches/{batch}")[1]
    assert (told["state"], told["begins_at"]) == ("started", f"{at:%Y-%m-%dT%H:%M:%SZ}")
    off = running.command("award", "--issuer", SLUG, "--stop", batch)
    assert "Called off. Nothing was awarded and no mail has left." in off.stderr
    assert running.call("GET", "/awards?address=later@example.org")[1]["awards"] == []


def in_a_terminal(running: Running, *arguments: str) -> tuple[int, str]:
    """A command whose standard error is a terminal of 100 columns; what came out there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    environment = {**running.site.environment, "PLAUDIT_CANCEL_SECONDS": "0", "COLUMNS": "100"}
    command = [sys.executable, "-m", "plaudit_site", *arguments]
    said = b""
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # the other end is closed: the command has ended
            while part := os.read(ours, 65536):
                said += part
        process.wait(60)
    os.close(ours)
    return process.returncode, said.decode()


@pytest.mark.journey("J45")
def test_in_a_terminal_a_bar_is_drawn_that_ends_at_100_percent(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "bar.csv"
    file.write_text("name,email\n" + "".join(f"Ada,bar{n}@example.org\n" for n in range(300)))
    options = ["--issuer", SLUG, "--badge", running.badge()["id"], "--yes"]
    code, said = in_a_terminal(running, "award", str(file), *options)
    assert code == 0, said
    bars = re.findall(r"\r\x1b\[K\[([#.]{30})\] +(\d+) %  (\d+) of 300", said)
    assert bars[-1] == ("#" * 30, "100", "300")
    parts = [int(settled) for _bar, _percent, settled in bars]
    assert parts == sorted(parts), "it never goes back"
    assert [bar.count("#") for bar, _percent, _settled in bars] == [round(n / 300 * 30) for n in parts]
    last = said.rpartition("\r\x1b[K")[2]
    assert "\n" in last.partition("300 of 300")[2], "what follows begins on a line of its own"
    assert "300 awarded, 300 mails sent." in last


@pytest.mark.journey("J45")
def test_where_nobody_sits_there_are_plain_lines(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    file.write_text("name,email\n" + "".join(f"Ada,plain{n}@example.org\n" for n in range(50)))
    options = ["--issuer", SLUG, "--badge", running.badge()["id"], "--yes"]
    done = running.command("award", str(file), *options)
    assert done.returncode == 0, done.stderr
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert re.match(r"\[#{30}\] 100 %  50 of 50, 50 signed, 50 mailed", lines[-1])
    assert len(lines) <= 3, "a log is not filled with a line for each second"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["award", "--issuer", SLUG], 2, "name a FILE"),
        (["award", "/nowhere.csv", "--issuer", SLUG], 1, "No such file"),
        (["award", "-", "--issuer", "nobody"], 1, "there is no issuer 'nobody'"),
        (["award", "-", "--issuer", SLUG, "--badge", "Nothing"], 1, "of the published badges"),
        (["award", "-", "--issuer", SLUG, "--as", "sam@elsewhere.example"], 1, "nobody of northfold"),
        (["award", "-", "--issuer", SLUG, "--map", "weather=Sun"], 1, "columns are name, given_name"),
        (["award", "-", "--issuer", SLUG, "--map", "name=Sun"], 1, "headings are"),
        (["award", "-", "--issuer", SLUG, "--send-at", "tomorrow"], 1, "is not a moment. Write it like 2026"),
        (["award", "-", "--issuer", SLUG, "--send-at", "2027-01-31T09:00"], 1, "is not a moment"),
        (["award", "-", "--issuer", SLUG, "--send-at", "2020-01-31T09:00:00Z"], 1, "That time is over"),
        (["award", "-", "--issuer", SLUG, "--send-at", "2999-01-31T09:00:00Z"], 1, "more than a year ahead"),
        (
            ["award", "-", "--issuer", SLUG, "--send-at", "2999-01-31T09:00:00Z", "--work"],
            1,
            "leave out --work",
        ),
        (["award", "--issuer", SLUG, "--stop", "0" * 26], 1, "has no list"),
        (["award", "--issuer", SLUG, "--undo", "0" * 26], 1, "has no list"),
        (["token", "--issuer", SLUG, "--name", " "], 1, "name"),
        (["token", "--issuer", SLUG, "--name", "x", "--as", "nobody"], 1, "e-mail address"),
    ],
)
def test_what_is_no_good_is_one_line(running: Running, arguments: list[str], code: int, words: str) -> None:
    done = running.command(*arguments, given=b"name,email\nAda,ada@example.org\n")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupted_it_says_that_awarding_goes_on_and_how_to_stop(running: Running) -> None:
    command = [sys.executable, "-m", "plaudit_site", "award", "-", "--issuer", SLUG, "--yes"]
    with subprocess.Popen(
        [*command, "--badge", running.badge()["id"]],
        env={**running.site.environment, "PLAUDIT_CANCEL_SECONDS": "60"},
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"name,email\nAda Example,t4@example.org\n")
        process.stdin.close()
        said = ""
        while "Begins in" not in said:
            line = process.stderr.readline().decode()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
        assert process.wait(20) == 130
    assert "Awarding goes on." in said
    stop = re.search(r"--stop ([0-9a-z]{26})", said)
    assert stop
    stopped = running.command("award", "--issuer", SLUG, "--stop", stop[1])
    assert (stopped.returncode, "Called off" in stopped.stderr) == (0, True)
    assert running.call("GET", f"/batches/{stop[1]}")[1]["state"] == "checked"


def test_a_list_is_undone_from_the_terminal(running: Running) -> None:
    file = b"name,email\nAda Example,t5@example.org\n"
    done = running.command(
        "award", "-", "--issuer", SLUG, "--badge", running.badge()["id"], "--yes", given=file
    )
    assert done.returncode == 0, done.stderr
    batch = running.call("GET", "/awards?address=t5@example.org")[1]["awards"][0]["batch"]
    bare = running.command("award", "--issuer", SLUG, "--undo", batch)
    assert (bare.returncode, "--reason" in bare.stderr) == (1, True)
    undone = running.command("award", "--issuer", SLUG, "--undo", batch, "--reason", "Wrong list")
    assert undone.returncode == 0, undone.stderr


def test_without_a_running_site_it_does_the_work_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    harness.prepare(data, harness.free_port())
    site = LiveSite("", data, None, harness.environment_of(data, 8000))  # type: ignore[arg-type]
    base = json.loads((data / "demo.json").read_text())["issuer"]["url"].partition("/i/")[0]
    site.environment["PORT"] = base.rpartition(":")[2]
    badge = "Agile Leader"
    alone = Running(site, "")
    file = b"name,email\nAda Example,t6@example.org\n"
    listed = alone.command("award", "-", "--issuer", SLUG, "--badge", "?", given=file)
    badge = re.search(r"they are: ([0-9a-z]{26})", listed.stderr)[1]  # type: ignore[index]
    done = alone.command("award", "-", "--issuer", SLUG, "--badge", badge, "--yes", "--work", given=file)
    assert done.returncode == 0, done.stderr
    assert "1 awarded, 1 mails sent" in done.stderr


def test_a_database_without_a_site_is_told_in_words(tmp_path: Path) -> None:
    environment = harness.environment_of(tmp_path, 8000)
    done = Running(LiveSite("", tmp_path, None, environment), "").command(
        "token", "--issuer", "x", "--name", "y"
    )  # type: ignore[arg-type]
    assert (done.returncode, "holds no site" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
