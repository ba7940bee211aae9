"""An owner adds a webhook, sends it a test, sees a receiver fail and come back, and reads the log (J46)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, picture, sign_in
from tests.receiver import check, receiving

pytestmark = pytest.mark.browser


def is_right(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    picture(page, f"webhooks-{name}-1280")
    page.set_viewport_size({"width": 390, "height": 900})
    picture(page, f"webhooks-{name}-390")
    looks_right(page)


def until_it_says(page: Page, words: str) -> None:
    """A page that is loaded again, as its notice says."""
    for _try in range(40):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_text(words).first).to_be_visible()


@pytest.mark.journey("J46")
def test_an_owner_adds_tests_and_reads_the_log(own_site: LiveSite, browser: Browser) -> None:
    port = int(own_site.environment["PLAUDIT_WEBHOOK_HOSTS"].rpartition(":")[2])
    with receiving(port) as receiver, harness.new_page(browser, own_site) as page:
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/webhooks")
        expect(page.get_by_text("There is no webhook yet")).to_be_visible()
        page.get_by_role("link", name="Add a webhook").click()
        page.get_by_role("textbox", name="Address").fill("http://crm.internal/hooks")
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_role("link", name="Write the whole address")).to_be_visible()
        is_right(page, "form")
        page.get_by_role("textbox", name="Address").fill(receiver.url)
        page.get_by_role("button", name="Add it").click()
        expect(page.get_by_text("Nothing has happened since it was added")).to_be_visible()

        page.get_by_role("button", name="Send a test").click()
        until_it_says(page, "answered 204")
        receiver.status = 500
        page.get_by_role("button", name="Send a test").click()
        until_it_says(page, "answered 500")
        receiver.status = 503
        page.get_by_role("button", name="Try again now").click()
        until_it_says(page, "It has taken nothing since")
        is_right(page, "failing")
        receiver.status = 204
        page.get_by_role("button", name="Try again now").click()
        until_it_says(page, "0 messages wait")
        page.get_by_role("button", name="Send again").last.click()
        expect(page.get_by_text("It is sent again")).to_be_visible()
        page.get_by_role("link", name="skipped by you").click()
        expect(page.get_by_text("None of this kind")).to_be_visible()
        page.goto("/manage/northfold/webhooks")
        expect(page.get_by_text("works", exact=True)).to_be_visible()
        is_right(page, "list")

        page.get_by_text(receiver.url).click()
        page.get_by_role("link", name="Secret").click()
        secret = page.locator("code").inner_text()
        check(receiver.got[0], secret)
        is_right(page, "secret")
        page.get_by_role("button", name="Make a new secret").click()
        assert page.locator("code").inner_text() != secret
        page.get_by_role("link", name="Back").click()
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("Paused by you.")).to_be_visible()
        is_right(page, "paused")
        page.get_by_role("link", name="Remove").click()
        is_right(page, "remove")
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("There is no webhook yet")).to_be_visible()
