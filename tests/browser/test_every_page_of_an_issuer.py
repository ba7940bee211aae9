"""Every page, as an issuer's owner gets it, is for everybody; each is loaded once and looked at in all ways."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.harness import LiveSite, looks_right, sign_in, sign_in_as
from tests.browser.looking import OWNER, look_at

pytestmark = pytest.mark.browser


def test_pages_of_an_issuers_owner(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    look_at(page, OWNER)


def test_pages_of_an_owner_with_one_of_everything(page: Page, made: dict[str, Any]) -> None:
    sign_in_as(page, made["hana"], made["password"])
    look_at(page, made["owner"])


def test_a_badges_form_shows_the_fields_of_the_way_that_was_chosen(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/badges/new")
    for way, other, shown, hidden in (
        ("Upload a picture", "Design it here", "Your picture", "Shape"),
        ("Design it here", "Upload a picture", "Shape", "Your picture"),
    ):
        page.get_by_label(way).check()
        expect(page.get_by_label(other)).not_to_be_checked()
        expect(page.get_by_label(shown, exact=False).first).to_be_visible()
        expect(page.get_by_label(hidden, exact=False).first).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    looks_right(page)
    assert page.evaluate(looking.TOUCHING) == []


def test_a_form_with_errors_says_where_and_loses_nothing(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/awards/new")
    page.get_by_label("Name").fill("Größe 王")
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Award", exact=True).click()
    looks_right(page)
    assert page.get_by_label("Name").input_value() == "Größe 王"
    assert page.get_by_label("E-mail address").get_attribute("aria-invalid") == "true"
