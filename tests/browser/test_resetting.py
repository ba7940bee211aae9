"""A running site is what it was in the beginning once its data is put back."""

from __future__ import annotations

import json

import pytest

from tests.browser.harness import LiveSite
from tests.browser.resetting import Running
from tests.browser.test_two_processes import ASKS, HIDE, SHOWN, ask

pytestmark = pytest.mark.browser


def test_what_a_test_changed_is_gone_from_both_web_servers(running: Running, own_site: LiveSite) -> None:
    shown = json.loads(own_site.manage("shell", "-v", "0", "-c", SHOWN))
    file = f"/c/{shown['id']}.json"
    own_site.manage("shell", "-v", "0", "-c", HIDE.format(id=shown["id"]))
    left = own_site.directory / "uploads" / "left-over"
    left.write_text("of a test")
    assert {ask(own_site, file)[0] for _ask in range(ASKS)} == {404}
    for again in (running.for_all(), running.for_one()):
        assert {ask(again, file)[0] for _ask in range(ASKS)} == {200}
    assert not left.exists()
