"""The issuer's awards in Chromium: each one's life, looked for, exported, sent again and taken back (J46)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right_at_both_widths, picture, sign_in

pytestmark = pytest.mark.browser


def at_both_widths(page: Page, name: str) -> None:
    looks_right_at_both_widths(page, f"awards-{name}")


@pytest.mark.journey("J46")
def test_an_issuer_sees_each_life_and_changes_many_at_once(own_site: LiveSite, browser: object) -> None:
    with harness.new_page(browser, own_site) as page:  # type: ignore[arg-type]
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/awards")
        at_both_widths(page, "list")
        waiting = page.get_by_role("navigation", name="States").get_by_role(
            "link", name="Waiting to be accepted"
        )
        number = int(waiting.locator(".n").inner_text())
        waiting.click()
        rows = page.locator(".rows > li")
        assert rows.count() == number >= 2
        at_both_widths(page, "waiting")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as CSV").click()
        text = download.value.path().read_bytes().decode("utf-8-sig")
        assert text.count("\r\n") == rows.count() + 1

        page.get_by_role("checkbox", name="Choose").first.check()
        page.get_by_role("button", name="Send the mail again").click()
        expect(page.get_by_role("heading", name="Send 1 mail again")).to_be_visible()
        at_both_widths(page, "send-again")
        page.get_by_role("button", name="Send them again").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=20_000)
        expect(page.get_by_text("1 of 1 settled")).to_be_visible()
        at_both_widths(page, "done")

        page.get_by_role("link", name="All awards").click()
        rows.first.get_by_role("link").click()
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        at_both_widths(page, "one")


@pytest.mark.journey("J46")
def test_an_issuer_sees_that_a_claim_page_was_opened(own_site: LiveSite, browser: object) -> None:
    """By somebody who looks at it, and not by a program that fetches the link."""
    claim = own_site.demo["invited"]["claims"][0]
    with harness.new_page(browser, own_site) as page:  # type: ignore[arg-type]
        assert page.request.get(claim).ok
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/awards?state=opened")
        expect(page.locator(".rows > li")).to_have_count(0)
    # A browser without a window says so in its name, and is taken for a program.
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    with harness.new_page(browser, own_site, user_agent=agent) as page:  # type: ignore[arg-type]
        with page.expect_response(lambda answer: answer.url.endswith("/opened")) as told:
            page.goto(claim)
        assert told.value.status == 204
    with harness.new_page(browser, own_site) as page:  # type: ignore[arg-type]
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/awards?state=opened")
        expect(page.locator(".rows > li")).to_have_count(1)
        expect(page.get_by_text("Opened, not accepted yet")).to_be_visible()
        page.locator(".rows > li").get_by_role("link").click()
        expect(page.get_by_text("Claim page opened")).to_be_visible()
        picture(page, "award-opened-1280")
