"""From a nasty spreadsheet to sent mails in Chromium, at both widths, with what every page must be."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import LiveSite, looks_right, picture, sign_in

pytestmark = pytest.mark.browser

NASTY = (
    "Bemerkung;E-Mail-Adresse;Teilnehmer;Datum\r\n"
    '"Sehr gut,\r\nZoë";zoe@example.org;Zoë Müller;03.04.2026\r\n'
    ";ada@example.org;Ada Lovelace;\r\n"
    ";nonsense;Ben Nonsense;\r\n"
    ";carl@gmial.com;Carl Slip;\r\n"
    ";ADA@example.org;Ada Lovelace;\r\n"
).encode("cp1252")


def at_both_widths(page: Page, name: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        looks_right(page)
        picture(page, f"batch-{name}-{width}")


@pytest.mark.journey("J45")
def test_a_list_from_upload_to_sent(own_site: LiveSite, browser: object) -> None:
    from tests.browser import harness

    with harness.new_page(browser, own_site) as page:  # type: ignore[arg-type]
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/awards")
        page.get_by_role("link", name="By list").click()
        at_both_widths(page, "none")
        page.get_by_role("link", name="Upload a list").click()
        at_both_widths(page, "upload")
        page.get_by_label("Spreadsheet").set_input_files(
            files=[{"name": "Frühling.csv", "mimeType": "text/csv", "buffer": NASTY}]
        )
        page.get_by_label("Badge").select_option(index=1)
        page.get_by_role("button", name="Look at the list").click()
        expect(page.get_by_role("heading", name="2 rows ready, 2 need attention")).to_be_visible()
        at_both_widths(page, "preview")
        page.get_by_text("Columns, dates and badge").click()
        at_both_widths(page, "columns")

        page.locator("#line-5").get_by_label("E-mail address").fill("ben@example.org")
        page.locator("#line-5").get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="3 rows ready, 1 needs attention")).to_be_visible()
        page.locator("#line-6").get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="4 rows ready")).to_be_visible()
        page.get_by_role("link", name="See the mail").first.click()
        expect(page.get_by_text("Sehr gut").last).to_be_visible()
        at_both_widths(page, "row")
        page.get_by_role("link", name="Back to the list").click()

        page.get_by_role("button", name="Award 4 people, send 4 mails").click()
        expect(page.get_by_role("heading", name="Begins in")).to_be_visible()
        at_both_widths(page, "begins")
        page.reload()
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("4 of 4 settled")).to_be_visible()
        at_both_widths(page, "done")
        page.get_by_role("link", name="See the award").first.click()
        expect(page.get_by_text("Mail sent").first).to_be_visible()
