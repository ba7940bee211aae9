"""From a nasty spreadsheet to sent mails in Chromium, at both widths, with what every page must be."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right_at_both_widths, sign_in

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
    looks_right_at_both_widths(page, f"batch-{name}")


def corrected_rows(page: Page) -> bytes:
    """The rows that need attention as they come down, with the addresses put right."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows that need attention").click()
    text = download.value.path().read_text()
    return text.replace("nonsense", "ben@example.org").replace("carl@gmial.com", "carl@gmail.com").encode()


def upload(page: Page, name: str, data: bytes) -> None:
    page.get_by_label("Spreadsheet").set_input_files(
        files=[{"name": name, "mimeType": "text/csv", "buffer": data}]
    )
    page.get_by_label("Badge").select_option(index=1)
    page.get_by_role("button", name="Look at the list").click()


def wait_until_done(page: Page) -> None:
    """Without scripts the reader presses “Look again”."""
    until = time.monotonic() + 60
    while not page.get_by_role("heading", name="Done").is_visible() and time.monotonic() < until:
        page.wait_for_timeout(1_000)
        page.reload()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()


@pytest.mark.journey("J45")
def test_the_same_without_scripts_and_the_corrected_rows_again_award_nobody_twice(
    own_site: LiveSite, browser: Browser
) -> None:
    with harness.new_page(browser, own_site, java_script_enabled=False, accept_downloads=True) as page:
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/batches/new")
        upload(page, "Liste.csv", NASTY)
        expect(page.get_by_role("heading", name="2 rows ready, 2 need attention")).to_be_visible()
        mended = corrected_rows(page)
        page.get_by_role("button", name="Award 2 people, send 2 mails").click()
        wait_until_done(page)
        expect(page.get_by_text("2 of 2 settled")).to_be_visible()

        page.goto("/manage/northfold/batches/new")
        upload(page, "mended.csv", mended)
        expect(page.get_by_role("heading", name="2 rows ready")).to_be_visible()
        page.get_by_role("button", name="Award 2 people, send 2 mails").click()
        wait_until_done(page)
        for name, data in (("mended.csv", mended), ("Liste.csv", NASTY)):
            page.goto("/manage/northfold/batches/new")
            upload(page, name, data)
            expect(page.get_by_role("heading", name="0 rows ready")).to_be_visible()


def test_a_list_for_a_later_day_waits_and_is_called_off(own_site: LiveSite, browser: Browser) -> None:
    with harness.new_page(browser, own_site) as page:
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/batches/new")
        upload(page, "later.csv", b"Name,E-mail,Result\nAnn,ann@example.org,87 %\n")
        page.get_by_text("Send later").click()
        at_both_widths(page, "later")
        day = datetime.now(UTC) + timedelta(days=3)
        page.get_by_label("Send on").fill(day.strftime("%Y-%m-%dT%H:%M"))
        page.get_by_role("button", name="Award 1 person, send 1 mail").click()
        expect(page.get_by_role("heading", name="Begins on")).to_be_visible()
        at_both_widths(page, "begins-on")
        page.get_by_role("button", name="Call it off").click()
        expect(page.get_by_role("heading", name="1 row ready")).to_be_visible()


@pytest.mark.journey("J45")
def test_a_list_from_upload_to_sent(own_site: LiveSite, browser: Browser) -> None:
    with harness.new_page(browser, own_site) as page:
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
        page.locator("#line-6").get_by_label("E-mail address").press("Enter")  # saves, as in any form
        expect(page.get_by_role("heading", name="4 rows ready")).to_be_visible()
        expect(page.get_by_text("carl@gmail.com")).to_be_visible()
        expect(page.get_by_role("navigation", name="Rows")).to_be_in_viewport()
        page.get_by_role("link", name="See the mail").first.click()
        expect(page.get_by_text("Sehr gut").last).to_be_visible()
        at_both_widths(page, "row")
        page.get_by_role("link", name="Back to the list").click()

        page.get_by_role("button", name="Award 4 people, send 4 mails").click()
        expect(page.get_by_role("heading", name="Begins in")).to_be_visible()
        with harness.standing_still(page):
            at_both_widths(page, "begins")
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("4 of 4 settled")).to_be_visible()
        at_both_widths(page, "done")
        page.get_by_role("link", name="See the award").first.click()
        expect(page.get_by_text("Mail sent").first).to_be_visible()


def open_claim(page: Page, address: str) -> None:
    """By the invitation that the address got."""
    page.goto(f"/mailbox/?to={address}")
    page.get_by_role("link", name="You’ve been given credit").first.click()
    harness.follow_in_letter(page, "Save and Share", "/claim/")


@pytest.mark.journey("J45", "J46")
def test_an_undone_list_is_taken_back_from_who_accepted_and_who_did_not(
    own_site: LiveSite, browser: Browser
) -> None:
    reason = "The wrong list: this was the rehearsal."
    with (
        harness.new_page(browser, own_site) as page,
        harness.new_page(browser, own_site) as una,
        harness.new_page(browser, own_site) as otto,
    ):
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/batches/new")
        rows = "Name\tE-mail\nUna Accepts\tuna@undo.example\nOtto Waits\totto@undo.example\n"
        page.get_by_label("Or paste the rows here").fill(rows)
        page.get_by_label("Badge").select_option(index=1)
        page.get_by_role("button", name="Look at the list").click()
        expect(page.get_by_text("It takes about 1 second")).to_be_visible()
        page.get_by_role("button", name="Award 2 people, send 2 mails").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)

        open_claim(otto, "otto@undo.example")
        open_claim(una, "una@undo.example")
        una.get_by_role("button", name="Save and Share").click()
        una.wait_for_url(lambda url: "/badges?new=" in url)

        page.reload()
        page.get_by_role("link", name="See its 2 awards in the awards list").click()
        expect(page.locator("ul.rows > li")).to_have_count(2)
        expect(page.get_by_role("link", name="Accepted and shared 1")).to_be_visible()
        at_both_widths(page, "its-awards")
        page.go_back()
        page.get_by_role("link", name="Undo the whole list").click()
        expect(page.get_by_text("1 person has accepted.")).to_be_visible()
        at_both_widths(page, "undo")
        page.get_by_role("button", name="Undo the whole list").click()
        expect(page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Reason").fill(reason)
        page.get_by_role("button", name="Undo the whole list").click()
        expect(page.get_by_role("heading", name="Undone", exact=True)).to_be_visible(timeout=60_000)
        expect(page.get_by_text("2 awards were taken back.")).to_be_visible()
        expect(page.get_by_text(reason)).to_be_visible()
        at_both_widths(page, "undone")
        page.get_by_role("link", name="See its 2 awards in the awards list").click()
        expect(page.locator("ul.rows .chip", has_text="Revoked")).to_have_count(2)

        una.goto("/badges")
        una.locator("main li.card", has_text="Revoked").locator("a.title").click()
        expect(una.get_by_role("heading", level=1)).to_have_text("Certificate, no longer valid")
        expect(una.get_by_text(reason).first).to_be_visible()
        una.goto("/mailbox/?to=una@undo.example")
        expect(una.get_by_role("link", name="was revoked").first).to_be_visible()
        otto.reload()
        expect(otto.get_by_role("button", name="Save and Share")).to_have_count(0)
        expect(otto.get_by_role("heading", level=1)).to_be_visible()
        otto.goto("/mailbox/?to=otto@undo.example")
        expect(otto.get_by_role("link", name="was revoked")).to_have_count(0)


@pytest.mark.journey("J45")
def test_rows_are_left_out_one_by_one_and_all_that_need_attention(
    own_site: LiveSite, browser: Browser
) -> None:
    with harness.new_page(browser, own_site) as page:
        sign_in(page, own_site, "owner")
        page.goto("/manage/northfold/batches/new")
        upload(page, "Liste.csv", NASTY)
        at_both_widths(page, "bad")
        page.get_by_role("button", name="Leave all of these out").click()
        expect(page.get_by_role("heading", name="2 rows ready", exact=True)).to_be_visible()
        page.get_by_role("button", name="Leave out line 4").click()
        expect(page.get_by_text("Line 4 is left out.")).to_be_visible()
        expect(
            page.get_by_role("heading", name="2 rows ready", exact=True)
        ).to_be_visible()  # its twin came in
        at_both_widths(page, "left-out")
        page.get_by_role("link", name="left out (3)").click()
        expect(page.get_by_text("Ada Lovelace")).to_be_visible()
        expect(page.get_by_role("button", name="Leave out line 4")).to_have_count(0)
