"""The earner's pages and the issuer's list in Chromium: what is easily lost from sight is seen, on a phone as well."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import LiveSite, picture, sign_in

pytestmark = pytest.mark.browser


def is_in_sight(link: Locator, width: int) -> bool:
    box = link.bounding_box()
    assert box is not None
    return box["x"] >= 0 and box["x"] + box["width"] <= width


def test_every_tab_of_the_badges_is_in_sight_on_a_phone(phone: Page, site: LiveSite) -> None:
    sign_in(phone, site, "earner")
    for path in ("/badges", "/badges/hidden"):
        phone.goto(path)
        tabs = phone.get_by_role("navigation", name="Your badges").get_by_role("link")
        assert [is_in_sight(tab, 390) for tab in tabs.all()] == [True] * 4, path
    picture(phone, "badges-hidden-390")


def test_the_tab_that_one_is_on_is_in_sight_on_a_phone(phone: Page, site: LiveSite) -> None:
    """Of the issuer's eleven not all have room: they scroll, and begin where one is."""
    sign_in(phone, site, "owner")
    phone.goto("/manage/northfold/webhooks")
    here = phone.get_by_role("navigation", name="Issuer").get_by_role("link", name="Webhooks")
    expect(here).to_have_attribute("aria-current", "page")
    assert is_in_sight(here, 390)


def test_the_day_on_which_a_badge_ended_stands_in_one_line(page: Page, site: LiveSite) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, site, "earner")
    page.goto("/badges")
    card = page.locator(".card", has=page.locator(".chip", has_text="Expired")).first
    box = card.locator(".chip").first.bounding_box()
    assert box is not None
    assert box["height"] < 30
    card.locator("a.title").hover()
    expect(card.get_by_role("link", name="Manage")).to_have_css("opacity", "1")


# The arrow beside the words takes a line's height.
ROOM_TO_SPARE = """(select) => {
    const style = getComputedStyle(select), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const longest = Math.max(...[...select.options].map((one) => pen.measureText(one.text).width));
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return select.clientWidth - padding - parseFloat(style.fontSize) - longest;
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_which_mails_are_looked_for_can_be_read_in_full(page: Page, site: LiveSite, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/awards?delivery=undelivered")
    assert page.get_by_label("Mail", exact=True).evaluate(ROOM_TO_SPARE) >= 0
