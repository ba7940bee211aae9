"""While a long list is awarded: codes leave, pages answer, a killed worker is followed, and what is said of it is true.

Promises to people who look on (DECISIONS 32, F1), with real processes. Their bounds are of the promise, with slack for
a machine that is busy; nothing here is a measure of speed.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browser import harness
from tests.browser.harness import LiveSite
from tests.faults.lean import PASSWORD, Lean, made
from tests.faults.sites import Running
from tests.faults.strangers import mail_server
from tests.faults.test_disk_and_backup import process_of, until
from tests.faults.test_engines import redis
from tests.faults.test_kills import database
from tests.faults.visitors import Letterbox, Visitor

pytestmark = pytest.mark.faults
ROWS = 50_000 if os.environ.get("PLAUDIT_FAULTS") == "long" else 4_000
CODE_WITHIN, SLACK = 5.0, 3.0
GOES_ON_WITHIN = 60.0
ANSWERED_WITHIN = 15.0
SETTLED = re.compile(r"([\d,]+) of ([\d,]+) settled")


@dataclass
class UnderWay:
    """A list of many people on its way, and those who look at it."""

    lean: Lean
    box: Letterbox
    batch: str
    site: LiveSite
    wrong: list[str] = field(default_factory=list)

    def said(self) -> int:
        """How many are awarded, by the API."""
        status, told = self.lean.ben.call("GET", f"/batches/{self.batch}")
        assert status == 200, told
        return int(told["rows"]["awarded"])

    def stored(self) -> int:
        question = "select count(*) from awards_award a join awards_batch b on b.id = a.batch_id where b.public_id = ?"
        return int(self.lean.place.rows(question, self.batch)[0][0])

    def code_comes(self, address: str) -> None:
        """Somebody asks for a code to sign in, and has it in time."""
        before = len(self.box.letters[address])
        asked = time.monotonic()
        assert Visitor(self.lean.url).press("/accounts/login/code/", email=address)[0] == 302
        until(lambda: len(self.box.letters[address]) > before, f"no code came to {address}")
        assert time.monotonic() - asked < CODE_WITHIN + SLACK
        assert re.search(r"\b\d{6}\b", self.box.letters[address][-1])

    def look_on(self, stop: threading.Event) -> None:
        """At the list, by hand and by program, and at what strangers see; what is not as it should be is kept."""
        ben, stranger = Visitor(self.lean.url), Visitor(self.lean.url)
        ben.sign_in("ben@leaders.example", PASSWORD)
        page, last, last_settled = f"/manage/{self.lean.slug}/batches/{self.batch}", 0, 0
        while not stop.is_set():
            for who, path in ((ben, page), (stranger, "/verify/"), (stranger, "/accounts/login/")):
                begin = time.monotonic()
                status, text = who.get(path)
                if status != 200 or time.monotonic() - begin > ANSWERED_WITHIN:
                    self.wrong.append(f"{path}: {status} after {time.monotonic() - begin:.0f} s")
                if found := SETTLED.search(text):
                    settled, whole = (int(number.replace(",", "")) for number in found.groups())
                    if not last_settled <= settled <= self.stored() <= whole == ROWS:
                        self.wrong.append(f"{found[0]}, after {last_settled}")
                    last_settled = settled
            said = self.said()
            if not last <= said <= self.stored():
                self.wrong.append(f"{said} are said to be awarded, {last} before, {self.stored()} are stored")
            last = said
            time.sleep(0.3)


@contextlib.contextmanager
def looked_at(list_of: UnderWay) -> Iterator[None]:
    stop = threading.Event()
    errors: list[BaseException] = []

    def look() -> None:
        try:
            list_of.look_on(stop)
        except Exception as error:  # noqa: BLE001 - told below, by the test itself
            errors.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert errors == []
    assert list_of.wrong == []


@contextlib.contextmanager
def under_way(folder: Path, address: str, **more: str) -> Iterator[UnderWay]:
    port, box = harness.free_port(), Letterbox()
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "PLAUDIT_MAIL_DOMAIN_A_MINUTE": "0"}
    with mail_server(port, box):
        lean = made(folder / "data", address, PLAUDIT_CANCEL_SECONDS="0", **mail, **more)
        # Not a new issuer, whose awards of a day are counted, and therefore made one slice after the other.
        lean.place.rows("update issuers_issuer set made_at = ?", "2020-01-01 00:00:00")
        with lean.at_work() as site:
            people = "name,email\n" + "".join(
                f"Person {n},person{n}@school{n % 50}.example\n" for n in range(ROWS)
            )
            status, told = lean.ben.send(f"/batches?badge={lean.badges[0]}", "text/csv", people.encode())
            assert status == 201, told
            yield UnderWay(lean, box, told["id"], site)


def begin(here: UnderWay) -> None:
    """Until some of it is awarded."""
    there = f"/batches/{here.batch}"
    until(lambda: here.lean.ben.call("GET", there)[1]["state"] == "checked", "it was not read")
    assert here.lean.ben.call("POST", f"{there}/start")[0] == 200
    until(lambda: here.said() > 0, "it was not begun")


@pytest.mark.journey("J45")
def test_codes_leave_pages_answer_and_a_killed_worker_is_followed_by_another(tmp_path: Path) -> None:
    """F1: it goes on within a minute of a kill, and its numbers are never more than what is stored, nor go back."""
    with database() as address, under_way(tmp_path, address) as here:
        begin(here)
        with looked_at(here):
            os.kill(process_of(Running(here.site, ""), "work"), signal.SIGKILL)
            killed, left = time.monotonic(), here.said()
            assert left < ROWS, "it was killed in the middle"
            until(lambda: here.said() > left, "it did not go on")
            assert time.monotonic() - killed < GOES_ON_WITHIN
            here.code_comes("ada@leaders.example")


@pytest.mark.postgresql
def test_under_celery_codes_have_a_worker_that_nothing_holds_up(tmp_path: Path) -> None:
    """The other worker stands still in the middle of the list, and then goes on with it."""
    with contextlib.ExitStack() as stack:
        address, broker = stack.enter_context(database()), stack.enter_context(redis(tmp_path))
        more = {"CELERY_BROKER_URL": broker, "PLAUDIT_WORKERS": "0"}
        here = stack.enter_context(under_way(tmp_path, address, **more))
        celery = [sys.executable, "-m", "celery", "-A", "plaudit_site.celery", "--quiet"]
        worker = [*celery, "worker", "-P", "solo", "-l", "ERROR"]
        commands = (
            [*worker, "-n", "codes@localhost", "--queues", "plaudit-codes"],
            [*celery, "beat", "-s", str(tmp_path / "beat"), "-l", "ERROR"],
            [*worker, "-n", "all@localhost", "--queues", "plaudit"],
        )
        processes = [subprocess.Popen(one, env=here.lean.environment) for one in commands]
        try:
            begin(here)
            processes[-1].send_signal(signal.SIGSTOP)
            time.sleep(0.5)  # what the database was told before is done
            left = here.said()
            here.code_comes("ben@leaders.example")
            assert here.said() == left < ROWS, "the list stands still"
            processes[-1].send_signal(signal.SIGCONT)
            here.code_comes("ada@leaders.example")
            until(lambda: here.said() > left, "it did not go on")
        finally:
            for process in processes:
                process.kill()
                process.wait()
