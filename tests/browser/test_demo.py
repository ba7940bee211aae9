"""The demo: its mailbox is a mail program, its pages lead somewhere, and it tells who can sign in."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import LiveSite, follow_in_letter, looks_right, sign_in_as

pytestmark = pytest.mark.browser


def test_the_certificate_that_is_named_first_is_a_good_one(page: Page, site: LiveSite) -> None:
    first, *_others = site.demo["certificates"].values()
    assert f"A certificate          {first}" in site.log()
    page.goto(first)
    expect(page.get_by_role("heading", name="This badge is authentic")).to_be_visible()


def test_the_mailbox_lists_mails_and_shows_those_of_one_reader(page: Page, site: LiveSite) -> None:
    page.goto("/mailbox/")
    looks_right(page)
    page.get_by_label("Whose mails").select_option(site.demo["invited"]["address"])
    page.get_by_role("button", name="Show").click()
    mails = page.get_by_role("listitem").filter(has_text="You’ve been given credit")
    expect(mails).to_have_count(2)
    for mail in mails.all():
        expect(mail).to_contain_text(site.demo["invited"]["address"])


def test_a_mail_is_shown_in_both_forms_with_its_headers(page: Page, site: LiveSite) -> None:
    page.goto(f"/mailbox/?to={site.demo['invited']['address']}")
    page.get_by_role("link", name="You’ve been given credit").first.click()
    looks_right(page)
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("link", name="Save and Share")).to_be_visible()
    picture = letter.get_by_role("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 0"), (
        "the badge's picture is not shown"
    )
    expect(page.get_by_role("region", name="As plain text")).to_contain_text("Save and Share:")
    expect(page.get_by_role("region", name="Headers")).to_contain_text("List-Unsubscribe-Post")


def test_a_link_in_a_mail_leaves_its_frame(page: Page, site: LiveSite) -> None:
    page.goto(f"/mailbox/?to={site.demo['invited']['address']}")
    page.get_by_role("link", name="You’ve been given credit").first.click()
    follow_in_letter(page, "Save and Share", "/claim/")
    assert page.main_frame.url in site.demo["invited"]["claims"]


def test_a_mail_runs_nothing_and_sends_nothing(page: Page) -> None:
    page.goto("/mailbox/")
    page.get_by_role("main").get_by_role("link", name="You’ve been given credit").first.click()
    source = page.locator("iframe").get_attribute("src")
    answer = page.request.get(source or "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert re.search(r"sandbox allow-top-navigation-by-user-activation(;|$)", policy)
    assert "script-src" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("role", ["owner", "editor", "awarder", "viewer", "earner", "operator"])
def test_everybody_who_was_printed_can_sign_in(page: Page, site: LiveSite, role: str) -> None:
    account = site.account(role)
    sign_in_as(page, account["address"], account["password"])
    page.goto("/badges")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/login" not in page.url


def test_no_link_of_the_demos_issuer_leads_nowhere(page: Page, site: LiveSite) -> None:
    page.goto(site.demo["certificates"]["Certified Product Manager"])
    addresses = (
        page.get_by_role("main").get_by_role("link").evaluate_all("(links) => links.map((link) => link.href)")
    )
    own = sorted({address for address in addresses if address.startswith(site.url)})
    assert own
    assert {address: page.request.get(address).status for address in own} == dict.fromkeys(own, 200)
