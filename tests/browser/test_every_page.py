"""Every page, as each kind of visitor gets it: axe in light and dark, wide and narrow, and no sideways scroll."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, sign_in

pytestmark = pytest.mark.browser

STRANGER = [
    "/", "/help/", "/help/open-badges/", "/help/checking/", "/help/addresses", "/terms/", "/privacy/",
    "/accessibility/", "/verify/", "/verify/in-your-browser", "/api/", "/accounts/login/", "/accounts/signup/",
    "/mailbox/", "/claim/nothing", "/no-such-page", "/i/northfold/", "/i/northfold/how-to-claim/",
    "/i/northfold/how-to-check/", "/account/undo/nothing", "/issuers/join/nothing",
]  # fmt: skip
EARNER = [
    "/badges", "/badges?q=zzz", "/badges/waiting", "/badges/collections", "/badges/hidden", "/account",
    "/account/profile", "/badges/add", "/badges?imported=yes",
    "/account/addresses", "/account/trusted", "/account/confirm", "/issuers", "/issuers/new", "/accounts/2fa/",
    "/accounts/logout/",
]  # fmt: skip
OWNER = [
    "/issuers", "/manage/northfold/awards", "/manage/northfold/awards?q=zzz", "/manage/northfold/awards/new",
    "/manage/northfold/badges", "/manage/northfold/badges/new", "/manage/northfold/links",
    "/manage/northfold/awards?delivery=undelivered", "/manage/northfold/wording", "/manage/northfold/awards/new?more=1",
    "/manage/northfold/register", "/manage/northfold/people", "/manage/northfold/organisation",
    "/manage/northfold/keys", "/manage/northfold/api", "/manage/northfold/certificate", "/manage/northfold/suspension",
    "/manage/northfold/domain", "/manage/northfold/webhooks", "/manage/northfold/webhooks/new",
]  # fmt: skip


def look_at(page: Page, paths: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in paths:
        page.goto(path)
        looks_right(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_a_stranger(page: Page, site: LiveSite, width: int) -> None:
    look_at(page, [*STRANGER, *site.demo["certificates"].values(), *site.demo["invited"]["claims"]], width)


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


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_an_earner(page: Page, site: LiveSite, width: int) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges")
    manage = page.locator("a[data-opens-manage]").first.get_attribute("href") or ""
    page.goto("/badges/waiting")
    accept = page.get_by_role("link", name=re.compile("Save and Share")).first.get_attribute("href") or ""
    remove = manage.replace("/manage", "/remove")
    look_at(page, [*EARNER, manage, remove, manage.replace("/manage", "/report"), accept], width)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_an_issuers_owner(page: Page, site: LiveSite, width: int) -> None:
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/awards")
    award = page.locator("main ul.rows a").first.get_attribute("href") or ""
    page.goto("/manage/northfold/badges")
    badge = page.locator("main ul.badge-tiles a").first.get_attribute("href") or ""
    look_at(page, [*OWNER, award, badge, f"{badge}/edit"], width)


def test_a_form_with_errors_says_where_and_loses_nothing(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/awards/new")
    page.get_by_label("Name").fill("Größe 王")
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Award", exact=True).click()
    looks_right(page)
    assert page.get_by_label("Name").input_value() == "Größe 王"
    assert page.get_by_label("E-mail address").get_attribute("aria-invalid") == "true"


def test_primary_buttons_are_large_enough_and_nothing_is_too_small_to_hit(
    browser: Browser, site: LiveSite
) -> None:
    """UX: targets at least 24 px, primary buttons at least 44 px."""
    with harness.new_page(browser, site, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        sign_in(page, site, "earner")
        for path in ("/badges", "/account/addresses", site.demo["invited"]["claims"][0]):
            page.goto(path)
            small = page.evaluate(
                """() => [...document.querySelectorAll("main :is(a, button, input, select, summary)")]
                    .filter((one) => one.checkVisibility() && !one.closest("p, .prose, .alt") && one.type !== "hidden")
                    .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect(), one.matches(".primary")])
                    .filter(([, box, primary]) => box.height && (box.height < (primary ? 44 : 24) - 0.5)
                        && !document.querySelector("x"))
                    .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""
            )
            small = [line for line in small if "radio" not in line and "checkbox" not in line]
            assert small == [], path
