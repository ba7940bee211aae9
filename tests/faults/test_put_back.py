"""An older backup is put back after awards, revocations and erasures: none of them is undone (F10).

With the real processes and the real commands. A few of each; with PLAUDIT_FAULTS=long, as `make faults` says, 100
awarded, 50 revoked and 5 erased.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser import harness
from tests.faults.lean import Lean, made
from tests.faults.sites import Place, command
from tests.faults.strangers import mail_server
from tests.faults.test_disk_and_backup import settled, until
from tests.faults.test_kills import database
from tests.faults.visitors import Letterbox, Visitor

pytestmark = pytest.mark.faults
AWARDED, REVOKED, ERASED = (100, 50, 5) if os.environ.get("PLAUDIT_FAULTS") == "long" else (6, 4, 2)
MIA = "mia@renewed.example"
EVES = [f"eve{number}@erased.example" for number in range(ERASED)]


def put_back(place: Place, copy: Path) -> None:
    """As docs/operations.md says it."""
    if place.database:
        restore = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--dbname", place.database]
        subprocess.run([*restore, str(copy / "plaudit.pgdump")], check=True)
        return
    for name in ("plaudit.sqlite3", "plaudit.sqlite3-wal", "plaudit.sqlite3-shm"):
        (place.data / name).unlink(missing_ok=True)
    shutil.copy(copy / "plaudit.sqlite3", place.data)


class Story:
    """What happens before the backup, and after it."""

    def __init__(self, lean: Lean, box: Letterbox) -> None:
        self.lean, self.box = lean, box
        self.used: list[str] = []

    def award(self, *addresses: str, badge: int = 0, **more: str) -> list[str]:
        """Their ids, when all are signed."""
        ids = []
        for address in addresses:
            body = {"badge": self.lean.badges[badge], "name": "Eve", "address": address, **more}
            status, told = self.lean.ben.call("POST", "/awards", body)
            assert status == 201, told
            ids.append(str(told["id"]))
        until(lambda: all(self.state(one) == "waiting" for one in ids), "they were not signed")
        return ids

    def state(self, public_id: str) -> str:
        return str(self.lean.ben.call("GET", f"/awards/{public_id}")[1].get("state", ""))

    def revoke(self, ids: list[str]) -> None:
        for one in ids:
            assert self.lean.ben.call("POST", f"/awards/{one}/revoke", {"reason": "Cheated."})[0] == 200

    def join(self, address: str) -> Visitor:
        eve = Visitor(self.lean.url)
        self.accept(eve, address)
        return eve

    def accept(self, eve: Visitor, address: str) -> None:
        """By the link of a mail that she has not used yet."""
        link = rf"(?!{'|'.join(self.used) or 'none'})(/claim/[a-z0-9-]+)"
        until(lambda: bool(self.box.find(address, link)), "no invitation came")
        self.used.append(self.box.find(address, link))
        assert eve.press(self.used[-1], visibility="link")[0] == 302

    def erase(self, eve: Visitor, address: str) -> None:
        fields = eve.form("/account/erase")
        assert eve.post("/account/erase", fields)[0] == 200
        until(lambda: bool(self.box.find(address, r"\b(\d{6})\b")), "no code came")
        fields["code"] = self.box.find(address, r"\b(\d{6})\b")
        assert eve.post("/account/erase", fields)[0] == 200
        assert self.known(address) == (0, 0)

    def known(self, address: str) -> tuple[int, int]:
        """How many accounts and awards there are with it."""
        (found,) = self.lean.place.rows(
            "select (select count(*) from accounts_user where email = ?),"
            " (select count(*) from awards_award where address = ?)",
            *(address, address),
        )
        return int(found[0]), int(found[1])

    def bits(self) -> set[tuple[str, int]]:
        until(lambda: settled(self.lean.place), "the lists were not signed")
        return set(
            self.lean.place.rows(
                'select l.public_id, e."index" from awards_statusentry e'
                " join awards_statuslist l on l.id = e.status_list_id"
            )
        )


def test_a_backup_that_is_put_back_un_revokes_nothing_and_brings_nobody_back(tmp_path: Path) -> None:
    port, copy = harness.free_port(), tmp_path / "backup"
    with database() as address, mail_server(port, Letterbox()) as box:
        if address and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
            pytest.skip("no pg_dump here: that a backup of PostgreSQL un-revokes nothing is not proven")
        assert isinstance(box, Letterbox)
        lean = made(tmp_path / "data", address, EMAIL_URL=f"smtp://127.0.0.1:{port}")
        story = Story(lean, box)
        with lean.at_work():
            known = story.award(*(f"known{number}@before.example" for number in range(REVOKED // 2 + 2)))
            theirs = story.award(*EVES)
            old = story.award(MIA, badge=2, date="2024-05-03")
            mia = story.join(MIA)
            eves = {eve: story.join(eve) for eve in EVES[::2]}
            until(lambda: settled(lean.place), "the history was not chained")
            assert command(lean.environment, "backup", str(copy)).returncode == 0
            eves |= {eve: story.join(eve) for eve in EVES[1::2]}
            unknown = story.award(*(f"unknown{number}@after.example" for number in range(AWARDED)))
            (new,) = story.award(MIA, badge=2)
            story.accept(mia, MIA)
            assert [story.state(one) for one in (*old, new)] == ["revoked", "accepted"], "it was renewed"
            revoked, kept = known[: REVOKED // 2], known[REVOKED // 2 :]
            story.revoke([*revoked, *unknown[: REVOKED // 2]])
            for address_of_hers, eve in eves.items():
                story.erase(eve, address_of_hers)
            bits = story.bits()
            assert len(bits) >= REVOKED
            ((file,),) = lean.place.rows(
                "select c.content from awards_credential c join awards_award a on a.credential_id = c.id"
                " where a.public_id = ?",
                unknown[-1],
            )
        put_back(lean.place, copy)
        assert story.known(EVES[0]) == (1, 2), "she is in the backup, with the site's own badge"
        with lean.at_work() as site:
            assert "older than its journal" in site.log()
            assert [story.known(eve) for eve in EVES] == [(0, 0)] * ERASED, "the erased stay erased"
            assert {story.state(one) for one in theirs} == {"erased"}
            assert {story.state(one) for one in [*revoked, *old]} == {"revoked"}
            assert {story.state(one) for one in kept} == {"waiting"}
            assert story.bits() >= bits, "no bit went back, also of awards that are unknown here"
            told = lean.ben.send("/verify", "application/json", bytes(file))[1]
            assert told["state"] == "authentic", (
                "a file that its holder has, and this site forgot, is no fake"
            )
            assert {one["id"]: one["outcome"] for one in told["checks"]}["proof"] == "passed"
            story.award("new@after.example")
            until(lambda: settled(lean.place), "its history was not chained")
            assert lean.wrong() == []
        shutil.rmtree(lean.place.data / "journal")
        refused = command(lean.environment, "prepare")
        assert refused.returncode == 78
        assert "holds no journal, but this site kept one" in refused.stderr
        assert command(lean.environment, "prepare", "--accept-loss").returncode == 0
