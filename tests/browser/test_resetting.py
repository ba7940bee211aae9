"""A running site is what it was in the beginning once its data is put back, and everyone who signs in is apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import LiveSite, sign_in
from tests.browser.resetting import Running
from tests.browser.sessions import COOKIE
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


def test_an_account_that_signs_in_twice_has_two_sessions(
    new_page: Callable[..., Page], site: LiveSite
) -> None:
    one, other = new_page(), new_page()
    for page in (one, other):
        sign_in(page, site, "viewer")
    keys = [{cookie["name"]: cookie["value"] for cookie in page.context.cookies()} for page in (one, other)]
    assert keys[0][COOKIE] != keys[1][COOKIE]
    one.goto("/accounts/logout/")
    one.get_by_role("main").get_by_role("button", name="Sign out").click()
    one.goto("/badges")
    assert urlsplit(one.url).path == "/accounts/login/"
    other.goto("/badges")
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    assert urlsplit(other.url).path == "/badges"
