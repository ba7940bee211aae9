"""Every page, as strangers and earners get it, is for everybody; each is loaded once and looked at in all ways."""

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, sign_in, sign_in_as
from tests.browser.looking import EARNER, STRANGER, is_for_everybody, look_at
from tests.browser.test_mails import subjects

pytestmark = pytest.mark.browser


def test_pages_of_a_stranger(page: Page, site: LiveSite) -> None:
    look_at(page, [*STRANGER, *site.demo["certificates"].values(), *site.demo["invited"]["claims"]])


def test_pages_that_an_earner_shows_to_strangers(page: Page, made: dict[str, Any]) -> None:
    for path in made["stranger"]:
        assert page.request.get(path).status == 200, path
    look_at(page, made["stranger"])


def test_pages_at_an_issuers_own_host(browser: Browser, site: LiveSite, made: dict[str, Any]) -> None:
    there = replace(site, url=site.url.replace("localhost", made["name_of_host"]))
    with harness.new_page(browser, there) as page:
        look_at(page, made["host"])
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Harbour College")


def test_pages_of_an_earner(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges/waiting")
    accept = page.get_by_role("link", name=re.compile("Save and Share")).first.get_attribute("href") or ""
    look_at(page, [*EARNER, accept])


def test_pages_of_an_earner_with_one_of_everything(page: Page, made: dict[str, Any]) -> None:
    sign_in_as(page, made["ines"], made["password"])
    look_at(page, made["earner"])
    # The page that merges two accounts is there for a while after a code has shown that the other is hers too.
    page.goto("/account/addresses")
    page.get_by_label("E-mail address").fill(made["also_ines"])
    page.get_by_role("button", name="Send the code there").click()
    is_for_everybody(page)
    page.goto("/account/addresses")
    page.get_by_label("E-mail address").fill(made["also_ines"])
    page.get_by_role("button", name="Send the code there").click()
    reader = page.context.new_page()
    code = re.search(r"\d{6}", subjects(reader, made["also_ines"], 2)[0])
    assert code
    page.get_by_label("The six digits from the mail").fill(code[0])
    page.get_by_role("button", name="Add this address").click()
    page.get_by_role("link", name="Merge the two accounts").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merge")
    is_for_everybody(page)


@pytest.mark.journey("J42")
def test_a_badge_is_verified_from_its_address_and_from_its_file(page: Page, site: LiveSite) -> None:
    certificate = next(
        path
        for path in site.demo["certificates"].values()
        if "This badge is authentic" in page.request.get(path).text()
    )
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/verify/")
        page.get_by_label("Its address").fill(
            f"{site.url}{certificate}" if certificate[0] == "/" else certificate
        )
        page.get_by_role("button", name="Verify", exact=True).click()
        expect(page.get_by_role("heading", name="This badge is authentic")).to_be_visible()
        looks_right(page)
        picture = page.request.get(page.get_by_role("link", name="Certificate").get_attribute("href") or "")
        assert picture.ok
        page.goto("/verify/")
        screenshot = {"name": "shot.png", "mimeType": "image/png", "buffer": page.screenshot()}
        page.get_by_label("picture or file").set_input_files([screenshot])  # type: ignore[list-item]
        page.get_by_role("button", name="Verify", exact=True).click()
        expect(page.get_by_role("heading", name="There is no badge in this")).to_be_visible()
        looks_right(page)
