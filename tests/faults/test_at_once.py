"""Presses, awarders, workers and schedulers at the same moment, as processes of their own (F9: C1 to C6).

A site with two web processes and two workers, each of which is a scheduler, too: whatever is due by the clock is due
for both. Mails are counted where they arrive. The last test asks for what all the others left behind.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.browser import harness
from tests.faults.lean import PASSWORD, Lean, made
from tests.faults.sites import Running
from tests.faults.strangers import mail_server
from tests.faults.test_disk_and_backup import settled, until
from tests.faults.test_kills import database
from tests.faults.visitors import Letterbox, Visitor, at_once

pytestmark = pytest.mark.faults
IS_LONG = os.environ.get("PLAUDIT_FAULTS") == "long"
CLIENTS = 20
ROUNDS = 60 if IS_LONG else 4
LINES = 1_000 if IS_LONG else 120
HOLDERS = 5
OURS = "%@c_.example"
LINK, CODE = r"(/claim/[a-z0-9-]+)", r"\b(\d{6})\b"


@dataclass
class Site:
    lean: Lean
    box: Letterbox
    awarded: list[str] = field(default_factory=list)
    """The address of each award that there must be."""

    @property
    def badge(self) -> str:
        return self.lean.badges[0]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.lean.ben.call(method, path, body, **headers)

    def rows(self, statement: str, *values: object) -> list[Any]:
        return self.lean.place.rows(statement, *values)

    def visitor(self) -> Visitor:
        return Visitor(self.lean.url)

    def award(self, address: str, **more: str) -> str:
        body = {"badge": self.badge, "name": "Eve", "address": address, **more}
        status, made = self.call("POST", "/awards", body)
        assert status == 201, made
        self.awarded.append(address)
        return str(made["id"])

    def link(self, address: str) -> str:
        """The path in the mail that it got."""
        until(lambda: bool(self.box.find(address, LINK)), f"no mail to {address}")
        return self.box.find(address, LINK)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port, box = harness.free_port(), Letterbox()
    more = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "PLAUDIT_CANCEL_SECONDS": "0", "PLAUDIT_WORKERS": "2"}
    data = tmp_path_factory.mktemp("site") / "data"
    with database() as address, mail_server(port, box):
        lean = made(data, address, **more)
        with lean.at_work():
            yield Site(lean, box)


def test_one_form_sent_by_twenty_clients_is_one_award(site: Site) -> None:
    """C1: a double click, or a browser that tries again."""
    ben = site.visitor()
    ben.sign_in("ben@leaders.example", PASSWORD)
    page = f"/manage/{site.lean.slug}/awards/new"
    fields = ben.form(page) | {"badge": site.badge, "name": "Eve", "address": "form@c1.example"}
    answers = at_once(*[lambda: ben.post(page, fields)] * CLIENTS)
    assert {status for status, _page, _where in answers} == {302}
    assert len({where for _status, _page, where in answers}) == 1, "all of them see the one award"
    site.awarded.append("form@c1.example")


def test_one_key_sent_by_twenty_clients_is_one_award(site: Site) -> None:
    """C2: the same answer for each."""
    body = {"badge": site.badge, "name": "Eve", "address": "key@c2.example"}
    answers = at_once(*[lambda: site.call("POST", "/awards", body, **{"Idempotency-Key": "c2"})] * CLIENTS)
    assert {status for status, _award in answers} == {201}
    assert len({award["id"] for _status, award in answers}) == 1
    site.awarded.append("key@c2.example")


def test_one_person_awarded_by_twenty_clients_without_a_key_is_awarded_once(site: Site) -> None:
    """C1, C3: the badge is given once, and nineteen hear so."""
    body = {"badge": site.badge, "name": "Eve", "address": "bare@c3.example"}
    answers = at_once(*[lambda: site.call("POST", "/awards", body)] * CLIENTS)
    assert sorted(status for status, _award in answers) == [201] + [409] * (CLIENTS - 1)
    site.awarded.append("bare@c3.example")


def test_two_awarders_with_half_a_list_in_common_award_each_once(site: Site) -> None:
    """C3: the lists begin together, and each says which of its lines were there already."""

    def sent(awarder: Running, first: int) -> str:
        rows = [{"name": "Eve", "address": f"line{n}@c3.example"} for n in range(first, first + LINES)]
        status, batch = awarder.call("POST", "/batches", {"badge": site.badge, "rows": rows})
        assert status == 201, batch
        there = f"/batches/{batch['id']}"
        until(lambda: awarder.call("GET", there)[1]["state"] == "checked", "it was not read")
        return there

    lists = [(site.lean.ben, sent(site.lean.ben, 0)), (site.lean.ada, sent(site.lean.ada, LINES // 2))]
    started = at_once(
        *[lambda mine=mine, there=there: mine.call("POST", f"{there}/start")[0] for mine, there in lists]  # type: ignore[misc]
    )
    assert started == [200, 200]
    for mine, there in lists:
        until(lambda m=mine, t=there: m.call("GET", t)[1]["state"] == "done", "it did not end")  # type: ignore[misc]
    told = [mine.call("GET", there)[1]["rows"] for mine, there in lists]
    together = LINES + LINES // 2
    assert sum(rows["awarded"] for rows in told) == together
    assert all(rows["awarded"] + rows["twice"] + rows["refused"] == LINES for rows in told), told
    site.awarded += [f"line{n}@c3.example" for n in range(together)]


def test_one_link_pressed_by_twenty_visitors_makes_one_account(site: Site) -> None:
    """C1, C5: what can be used once is used once; the others are told, and nobody sees a fault of the server."""
    site.award("link@c5.example")
    path = site.link("link@c5.example")
    visitors = [site.visitor() for _ in range(CLIENTS)]
    fields = [visitor.form(path) | {"visibility": "link"} for visitor in visitors]
    answers = at_once(
        *[
            lambda visitor=visitor, given=given: visitor.post(path, given)[0]  # type: ignore[misc]
            for visitor, given in zip(visitors, fields, strict=True)
        ]
    )
    assert set(answers) <= {200, 302, 404}
    assert answers.count(302) == 1
    assert site.rows("select count(*) from accounts_user where email = ?", "link@c5.example") == [(1,)]


def test_accepting_revoking_and_erasing_at_once_end_in_one_of_the_states_there_are(site: Site) -> None:
    """C4: revoked and erased win; a bit that is set stays set. The code of the erasing is used once (C5)."""
    for number in range(ROUNDS):
        address = f"race{number}@c4.example"
        site.award(address)
        eve = site.visitor()
        assert eve.press(site.link(address), visibility="link")[0] == 302
        second = site.award(address, badge=site.lean.badges[1])
        erasing = eve.form("/account/erase")
        assert eve.post("/account/erase", erasing)[0] == 200
        until(lambda a=address: bool(site.box.find(a, CODE)), "no code came")  # type: ignore[misc]
        code = erasing | {"code": site.box.find(address, CODE)}
        accept, revoke = f"/badges/{second}/accept", f"/awards/{second}/revoke"
        accepted, erased, again, taken = at_once(
            lambda eve=eve, accept=accept: eve.post(accept, erasing | {"visibility": "link"})[0],  # type: ignore[misc]  # noqa: B023
            lambda eve=eve, code=code: eve.post("/account/erase", code)[0],  # type: ignore[misc]
            lambda eve=eve, code=code: eve.post("/account/erase", code)[0],  # type: ignore[misc]
            lambda revoke=revoke: site.call("POST", revoke, {"reason": "Cheated."})[0],  # type: ignore[misc]
        )
        assert accepted in {200, 302, 403, 404}
        assert {erased, again} <= {200, 302, 403}
        assert taken in {200, 404, 409}
        ((state, revoked, bits),) = site.rows(
            "select a.state, (select count(*) from awards_revocation r where r.award_id = a.id),"
            ' (select count(*) from awards_credential c join awards_statusentry e on e."index" = c.status_index'
            " and e.status_list_id = c.status_list_id where c.award_id = a.id)"
            " from awards_award a where a.public_id = ?",
            second,
        )
        assert state == "erased"
        assert (revoked, bits) == (int(taken == 200),) * 2, "what was answered is so"
        assert site.rows("select count(*) from accounts_user where email = ?", address) == [(0,)]
        site.awarded[-2:] = ["", ""]


def test_what_is_due_by_the_clock_is_done_by_one_of_two_schedulers(site: Site) -> None:
    """C8: awards for a moment that comes, and reminders whose day has come."""
    later = (datetime.now(UTC) + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    addresses = [f"later{n}@c8.example" for n in range(CLIENTS)]
    at_once(*[lambda one=one: site.award(one, send_at=later) for one in addresses])  # type: ignore[misc]
    until(lambda: all(site.box.count()[one] for one in addresses), "not all were sent on their day")

    def reminders(state: str) -> int:
        question = (
            "select count(*) from mail_message m join awards_award a on a.id = m.about"
            " where m.kind = 'reminder' and a.address like ? and m.once_key like ? and m.state = ?"
        )
        return int(site.rows(question, "later%", "%:3", state)[0][0])

    until(lambda: reminders("queued") == CLIENTS, "a reminder follows on each")
    site.rows(
        "update mail_message set due_at = created_at where kind = 'reminder' and state = 'queued' and about in"
        " (select id from awards_award where address like ?)",
        "later%",
    )
    until(lambda: reminders("sent") == CLIENTS, "the reminders were not sent")
    assert {site.box.count()[one] for one in addresses} == {2}, "the invitation and one reminder"


def test_badges_that_end_soon_are_told_of_by_one_of_two_schedulers(site: Site) -> None:
    """C8: a month ahead and a week ahead, once each."""
    ends = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
    holders = [f"ends{number}@c8.example" for number in range(HOLDERS)]
    for one in holders:
        site.award(one, expires=ends)
    for one in holders:
        assert site.visitor().press(site.link(one), visibility="link")[0] == 302

    def notices(state: str) -> int:
        question = "select count(*) from mail_message where kind = 'expiry' and state = ?"
        return int(site.rows(question, state)[0][0])

    assert notices("queued") == 2 * HOLDERS
    site.rows("update mail_message set due_at = created_at where kind = 'expiry'")
    until(lambda: notices("sent") == 2 * HOLDERS, "not all who hold one were told")
    told = site.rows("select message_id from mail_message where kind = 'expiry'")
    sent = [name for _address, name in site.box.taken]
    assert [sent.count(name) for (name,) in told] == [1] * (2 * HOLDERS)


@contextlib.contextmanager
def two_more_workers(site: Site) -> Iterator[None]:
    """Each does all that is due by the clock as soon as it has started; they start at the same moment."""
    command = [sys.executable, "-m", "plaudit_site", "work"]
    with (site.lean.place.data / "log").open("ab") as log:
        workers = [subprocess.Popen(command, env=site.lean.environment, stderr=log) for _ in range(2)]
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)


def test_what_is_no_longer_kept_is_forgotten_by_one_of_two_schedulers(site: Site) -> None:
    """C8, J49: invitations that nobody wanted, a month after their issuer was told; the rows of lists that ended."""
    ids = [site.award(f"lapse{number}@c8.example") for number in range(HOLDERS)]
    until(lambda: settled(site.lean.place), "they were not signed")
    now = datetime.now(UTC)
    site.rows("update awards_award set made_at = ? where address like ?", now - timedelta(days=800), "lapse%")
    site.rows("update awards_batch set ended_at = ? where state = 'done'", now - timedelta(days=800))
    lists = int(site.rows("select count(*) from awards_batch where state = 'done'")[0][0])

    def count(question: str, *values: object) -> int:
        return int(site.rows(f"select count(*) from {question}", *values)[0][0])

    with two_more_workers(site):
        until(lambda: count("mail_message where kind = 'lapsing' and state = 'sent'") == 1, "nobody was told")
        until(lambda: count("awards_batch where forgotten_at is not null") == lists, "a list is still there")
    assert count("awards_award where state = 'erased' and address like ?", "lapse%") == 0, (
        "not before a month"
    )
    earlier = now - timedelta(days=31)
    site.rows("update mail_message set created_at = ?, sent_at = ? where kind = 'lapsing'", earlier, earlier)
    with two_more_workers(site):
        until(lambda: count("awards_award where address like ?", "lapse%") == 0, "some are still there")
    assert count("mail_message where kind = 'lapsing'") == 1, "once a month"
    assert count("awards_batchrow") == 0
    assert count("audit_auditevent where kind = 'batch forgotten'") == lists > 0
    told = site.rows("select subject, count(*) from audit_auditevent where kind = 'lapsed' group by subject")
    assert {(subject, int(number)) for subject, number in told} == {(f"award:{one}", 1) for one in ids}
    site.awarded[-HOLDERS:] = [""] * HOLDERS


def test_afterwards_every_award_is_there_once_with_one_mail_and_nothing_is_wrong(site: Site) -> None:
    """C6, C8, and the invariants."""
    until(lambda: settled(site.lean.place), "what was left was not signed")
    known = [one for one in site.awarded if one]
    until(lambda: all(site.box.count()[one] for one in known), "some got no mail")
    made = [address for (address,) in site.rows(
        "select address from awards_award where not is_welcome and address like ?", OURS
    )]  # fmt: skip
    assert sorted(made) == sorted(known), "one award for each, and no other"
    told = site.rows(
        "select a.address, count(m.id) from awards_award a join mail_message m on m.about = a.id"
        " where a.address like ? and m.kind = 'invitation' group by a.address",
        OURS,
    )
    assert {(address, int(number)) for address, number in told} == {(address, 1) for address in known}
    assert not site.rows(
        "select status_list_id, status_index from awards_credential"
        " group by status_list_id, status_index having count(*) > 1"
    ), "no place was given twice"
    assert site.box.contents.differ() == set()
    ids = [name for _address, name in site.box.taken]
    assert len(ids) == len(set(ids)), "no mail came twice"
    assert site.lean.wrong() == []
