"""F16: the receiver of a webhook is away, and workers are killed meanwhile; real processes, on the tests' database."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import harness
from tests.faults.sites import Place, running, wrong
from tests.faults.test_disk_and_backup import process_of, settled, until
from tests.faults.test_kills import database
from tests.receiver import Message, check, receiving

pytestmark = pytest.mark.faults
AWARDS = 12


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with database() as address:
        made = Place(tmp_path / "data", harness.free_port(), address)
        made.prepare()
        yield made


def no_longer_held(place: Place) -> None:
    """The lease of a killed worker lasts two minutes: what a person would wait for is shortened here."""
    place.rows("UPDATE api_webhook SET lease_until = NULL, lease_holder = ''")


def test_a_receiver_that_comes_back_gets_everything_in_its_order(place: Place) -> None:
    """Before: nothing is lost. Killed in the midst: some comes twice, with the same ids."""
    port = harness.free_port()
    hooks = {"PLAUDIT_WEBHOOK_HOSTS": f"localhost:{port}"}
    with running(place.data, place.port, **place.more, **hooks) as site:
        made = site.call("POST", "/webhooks", {"url": f"http://localhost:{port}/hooks"})[1]
        here = f"/webhooks/{made['id']}"
        secret = site.call("GET", f"{here}/secret")[1]["secret"]
        awards = [site.award(f"e{n}@example.org")[1]["id"] for n in range(AWARDS)]
        for award in awards:
            until(
                lambda award=award: site.call("GET", f"/awards/{award}")[1]["state"] == "waiting",
                "not signed",
            )  # type: ignore[misc]
        os.kill(process_of(site, "work"), signal.SIGKILL)
        no_longer_held(place)  # it may have died while it tried
        for award in awards:
            assert site.call("POST", f"/awards/{award}/revoke", {"reason": "Away."})[0] == 200
        until(lambda: site.call("GET", here)[1]["waiting"] >= 2 * AWARDS, "not gathered")
        until(lambda: site.call("GET", here)[1]["state"] == "failing", "not tried")
        assert site.call("GET", f"{here}/messages?state=delivered")[1]["messages"] == []
        with receiving(port) as back:
            answered = itertools.count(1)

            def slowly(_one: Message) -> int:
                time.sleep(0.1)
                if next(answered) == 5:
                    os.kill(process_of(site, "work"), signal.SIGKILL)
                return 204

            back.judge = slowly
            site.call("POST", f"{here}/try", {})
            until(lambda: len(back.got) >= 5, "nothing came")
            time.sleep(1)
            no_longer_held(place)
            until(lambda: site.call("GET", here)[1]["waiting"] == 0, "not all was taken")
            until(lambda: settled(place), "not settled")
    numbers = [one.content["sequence"] for one in back.got]
    assert set(numbers) == set(range(1, max(numbers) + 1))
    ids = defaultdict(set)
    order = defaultdict(list)
    for one in back.got:
        check(one, secret)
        ids[one.content["sequence"]].add(one.id)
        if (about := one.content["data"].get("award")) and one.content["type"] not in order[about["id"]]:
            order[about["id"]].append(one.content["type"])
    assert all(len(same) == 1 for same in ids.values())
    assert [order[award] for award in awards] == [["award.issued", "award.revoked"]] * AWARDS
    assert wrong(place.environment) == []
