"""A link that shows less, made by its earner and opened by a stranger."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def person(browser: Browser, own_site: LiveSite) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, own_site, **options))


@pytest.mark.journey("J30")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_made_in_manage_seen_by_a_stranger_and_switched_off(
    person: Callable[..., Page], own_site: LiveSite, scripts: bool
) -> None:
    earner, stranger = person(java_script_enabled=scripts), person()
    sign_in(earner, own_site, "earner")
    award = own_site.demo["certificates"]["Certified Product Manager"].rpartition("/")[2]
    earner.goto(f"/badges/{award}/manage")
    earner.get_by_role("link", name="Make one").click()
    expect(earner.get_by_role("heading", name="No such link yet")).to_be_visible()
    earner.get_by_label("Eve", exact=True).check()
    earner.get_by_label("Leave out the evidence").check()
    earner.get_by_role("button", name="Make the link").click()
    expect(earner.get_by_text("The link works.")).to_be_visible()
    if scripts:
        looks_right(earner)
    address = earner.get_by_label("Link", exact=True).input_value()

    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Certificate of Authenticity")
    seen = stranger.locator("body").inner_text()
    assert "Left out: a part of the holder’s name, the evidence." in seen
    assert "Eve" in seen
    assert "Marchetti" not in seen
    looks_right(stranger)

    earner.get_by_role("button", name="Switch off").click()
    expect(earner.get_by_text("Switched off.")).to_be_visible()
    answer = stranger.goto(address)
    assert answer is not None
    assert answer.status == 404
