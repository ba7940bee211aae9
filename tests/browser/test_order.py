"""The order of a collection and of a profile: dragged to its place, saved once, so for others (J31, WCAG 2.5.7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, assert_accessible, sign_in

pytestmark = pytest.mark.browser

COLLECT = """
import json
from plaudit_site.awards.models import Award
from plaudit_site.belongings import collecting
awards = list(Award.objects.filter(earner__email="eve@people.example", state="accepted", visibility="link")[:3])
made = collecting.make(awards[0].earner, "Dragged about")
for award in awards:
    collecting.put(award, award.earner, [made.public_id])
collecting.describe(made, name=made.name, text="", visibility="link")
print(json.dumps(made.public_id))
"""


PUBLIC = """
import json
from plaudit_site.awards import keeping
from plaudit_site.awards.models import Award
from plaudit_site.belongings import profiles
awards = list(Award.objects.filter(earner__email="eve@people.example", state="accepted")[:3])
for award in awards:
    keeping.set_visibility(award, award.earner, "public")
profile = profiles.profile_of(awards[0].earner)
profile.is_on = True
profile.save()
print(json.dumps(profiles.take_name(awards[0].earner, "eve-of-order")))
"""


@pytest.fixture
def person(browser: Browser, own_site: LiveSite) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, own_site, **options))


def shown(page: Page, path: str) -> list[str]:
    page.goto(path)
    return page.locator(".card .title").all_inner_texts()


@pytest.mark.journey("J31")
def test_a_badge_is_dragged_to_its_place(own_site: LiveSite, person: Callable[..., Page]) -> None:
    public_id = json.loads(own_site.manage("shell", "-v", "0", "-c", COLLECT))
    eve, stranger = person(), person()
    sign_in(eve, own_site, "earner")
    before = shown(stranger, f"/collection/{public_id}")
    assert len(before) == 3
    eve.goto(f"/badges/collections/{public_id}")
    eve.get_by_text("Change the order").click()
    places = eve.locator("[data-place]")
    assert places.locator(".grow").all_inner_texts() == before
    save = eve.locator("[data-save]")
    expect(save).to_be_hidden()
    places.nth(2).drag_to(places.nth(0), target_position={"x": 40, "y": 2})
    wanted = [before[2], before[0], before[1]]
    assert eve.locator("[data-place] .grow").all_inner_texts() == wanted
    assert shown(stranger, f"/collection/{public_id}") == before, "nothing is saved before it is pressed"
    expect(save).to_be_visible()
    assert_accessible(eve)
    with eve.expect_navigation():
        save.get_by_role("button").click()
    assert shown(stranger, f"/collection/{public_id}") == wanted
    # The same without dragging
    eve.goto(f"/badges/collections/{public_id}")
    eve.get_by_text("Change the order").click()
    with eve.expect_navigation():
        eve.locator("[data-place]").first.get_by_role("button", name="Down").click()
    assert shown(stranger, f"/collection/{public_id}") == [before[0], before[2], before[1]]

    # And on the profile
    name = json.loads(own_site.manage("shell", "-v", "0", "-c", PUBLIC))
    eve.goto("/account/profile")
    places = eve.locator("[data-place]")
    before = places.locator(".grow").all_inner_texts()
    assert len(before) >= 3
    assert shown(stranger, f"/@{name}") == before
    places.nth(2).drag_to(places.nth(0), target_position={"x": 40, "y": 2})
    with eve.expect_navigation():
        eve.locator("[data-save]").get_by_role("button").click()
    assert shown(stranger, f"/@{name}") == [before[2], before[0], before[1], *before[3:]]
