"""What the share panel hands to the system's own sharing, on a phone (J30)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import LiveSite, looks_right, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.journey("J30")]

SYSTEM = """
window.shared = [];
const seen = (file) => [file.name, file.type, file.size > 0];
navigator.share = async (said) => { window.shared.push({ ...said, files: said.files?.map(seen) }); };
navigator.canShare = (said) => FILES || !said.files;
"""


def manage_on(phone: Page, site: LiveSite, *, files: bool) -> None:
    phone.add_init_script(SYSTEM.replace("FILES", json.dumps(files)))
    sign_in(phone, site, "earner")
    phone.goto("/badges?visibility=link&imported=no")
    address = phone.locator("a[data-opens-manage]").first.get_attribute("href")
    with phone.expect_response(
        lambda answer: "/b/" in answer.url and answer.request.resource_type == "fetch"
    ):
        phone.goto(str(address))


def pressed(phone: Page) -> dict[str, Any]:
    phone.locator("[data-system]").click()
    told: dict[str, Any] = phone.evaluate("window.shared[0]")
    return told


def test_a_phone_shares_title_and_picture_and_the_panel_fits_on_it(phone: Page, site: LiveSite) -> None:
    manage_on(phone, site, files=True)
    expect(phone.locator(".preview img")).to_be_visible()
    expect(phone.locator(".preview img")).to_have_js_property("naturalWidth", 1200)
    assert (phone.locator(".preview img").bounding_box() or {"width": 999})["width"] < 260
    told = pressed(phone)
    assert told["files"] == [["badge.png", "image/png", True]]
    assert told["title"]
    assert told["title"] in told["text"]
    assert "/c/" in told["url"]
    looks_right(phone)


def test_a_phone_that_takes_no_files_shares_the_rest(phone: Page, site: LiveSite) -> None:
    manage_on(phone, site, files=False)
    told = pressed(phone)
    assert told.get("files") is None
    assert told["title"]
    assert "/c/" in told["url"]


def test_the_frame_is_light_or_dark_as_its_page_wants(
    new_page: Callable[..., Page], phone: Page, site: LiveSite
) -> None:
    sign_in(phone, site, "earner")
    phone.goto("/badges?visibility=link&imported=no")
    address = str(phone.locator("a[data-opens-manage]").first.get_attribute("href"))
    frame = f"/embed/{address.split('/')[2]}"
    shades = {}
    for system in ("light", "dark"):
        page = new_page(color_scheme=system)
        for asked in ("", "light", "dark"):
            page.goto(f"{frame}?theme={asked}")
            shades[system, asked] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light, dark = shades["light", ""], shades["dark", ""]
    assert light != dark
    assert shades["light", "light"] == shades["dark", "light"] == light
    assert shades["light", "dark"] == shades["dark", "dark"] == dark
