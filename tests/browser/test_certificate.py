"""The certificate page in Chromium: checked again with and without scripts, opened, printed (J37, J38)."""

import io
import json
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, sign_in

pytestmark = pytest.mark.browser
GOOD, REVOKED = "Certified Product Manager", "Pricing and Business Models"


def moment(page: Page) -> str:
    return str(page.get_by_role("status").first.locator("time").get_attribute("datetime"))


@pytest.mark.journey("J37")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_check_again_tells_a_newer_time_in_the_status(
    new_page: Callable[..., Page], site: LiveSite, scripts: bool
) -> None:
    page = new_page(java_script_enabled=scripts)
    page.goto(site.demo["certificates"][GOOD])
    before = moment(page)
    page.wait_for_timeout(1100)
    page.get_by_role("button", name="Check again").press("Enter")
    status = page.get_by_role("status").first
    expect(status.locator(f'time[datetime="{before}"]')).to_have_count(0)
    assert moment(page) > before
    expect(status.get_by_role("heading", name="This badge is authentic")).to_be_visible()
    assert page.url.endswith("?fresh=1") is not scripts
    if scripts:
        expect(page.get_by_role("button", name="Check again")).to_be_focused()


SUSPENDED = """
import json
from plaudit_site.awards import limiting
from plaudit_site.issuers import founding
from tests import people
from tests.site.public.test_states import suspended
ada = people.person("Ada Owner", "ada@harbour.example")
eve = people.person("Amara Okafor", people.EVE)
issuer = founding.found(ada, name="Harbour College", url="https://harbour.example/", email="ada@harbour.example",
    standing="approved")
award = suspended(people.World(ada, ada, issuer, people.make_badge(issuer, "Harbour Pilot")), eve)
link = limiting.make(award, eve, limiting.Wanted(days=3))
people.run_worker()
print(json.dumps([award.public_id, f"/i/{issuer.slug}/c/{award.public_id}", f"/s/{link.public_id}"]))
"""
REVOKE = """
from plaudit_site.accounts.models import User
from plaudit_site.awards import revoking
from plaudit_site.awards.models import Award
by = User.objects.get(email="ada@harbour.example")
revoking.revoke(Award.objects.get(public_id="{id}"), reason="Copied", by=by)
"""


@pytest.mark.journey("J37", "J38")
def test_check_again_after_another_change_leaves_no_page_that_contradicts_itself(
    browser: Browser, own_site: LiveSite
) -> None:
    """Suspended and revoked share their heading: the words changed, and ribbon, icon, colour and dates did not."""
    made = own_site.manage("shell", "-v", "0", "-c", SUSPENDED)
    public_id, address, limited = json.loads(made.splitlines()[-1])
    with harness.new_page(browser, own_site) as page, harness.new_page(browser, own_site) as second:
        for one, where in ((page, address), (second, limited)):
            one.goto(where)
            expect(one.locator(".verdict.bad")).to_contain_text("suspended")
            expect(one.locator(".band")).to_have_text("Suspended")
        own_site.manage("shell", "-v", "0", "-c", REVOKE.format(id=public_id))
        for one in (page, second):
            one.get_by_role("button", name="Check again").click()
            expect(one.locator(".verdict")).to_contain_text("This badge was revoked")
            expect(one.locator(".band")).to_have_text("Revoked")
            for part in (".verdict", ".sheet"):
                assert "suspended" not in one.locator(part).inner_text().lower()
            expect(one.locator(".sheet.void")).to_have_count(1)
        expect(page.locator(".by")).to_contain_text("and later revoked by")
        expect(page.locator(".facts")).to_contain_text("Revoked")
        # Nothing else changed since: then it is exchanged in place.
        page.goto(address)
        before = moment(page)
        page.wait_for_timeout(1100)
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_role("status").first.locator(f'time[datetime="{before}"]')).to_have_count(0)
        assert not page.url.endswith("?fresh=1")


@pytest.mark.journey("J37")
def test_each_check_opens_to_what_was_looked_at(page: Page, site: LiveSite) -> None:
    page.goto(site.demo["certificates"][GOOD])
    checks = page.locator("#checks details")
    assert checks.count() == 6
    for one in checks.all():
        expect(one.locator(".why")).to_be_hidden()
        one.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(one.locator(".why")).to_be_visible()
    expect(page.get_by_text("What this cannot tell you")).to_be_visible()
    page.get_by_text("For older systems").click()
    looks_right(page)


@pytest.mark.journey("J36", "J37")
@pytest.mark.parametrize("badge", [GOOD, REVOKED])
def test_on_paper_it_is_one_page_without_a_verdict(page: Page, site: LiveSite, badge: str) -> None:
    page.goto(site.demo["certificates"][badge])
    page.emulate_media(media="print")
    seen = page.locator("body").inner_text()
    assert "This badge is authentic" not in seen
    assert "This badge was revoked" not in seen
    assert "Check this certificate" in seen
    assert re.search(r"/c/[0-9a-z]{26}", seen)
    assert ("no longer valid" in seen) is (badge == REVOKED)
    expect(page.locator(".printqr img")).to_be_visible()
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper)
    assert box is not None
    assert float(box[1]) > float(box[2])


@pytest.mark.journey("J37")
def test_an_issuers_design_is_worn_by_page_and_paper(browser: Browser, own_site: LiveSite) -> None:
    picture = io.BytesIO()
    Image.new("RGBA", (300, 90), (20, 30, 60, 255)).save(picture, "PNG")
    with harness.new_page(browser, own_site) as page:
        sign_in(page, own_site, "owner")
        for layout in ("Plain", "Framed"):
            page.goto("/manage/northfold/certificate")
            page.get_by_label(layout).check()
            page.get_by_label("Colour", exact=True).fill("#7a1f2b")
            page.get_by_label("A sentence of yours").fill(
                "{{ name }} has met every requirement of {{ issuer }} on {{ date }}."
            )
            page.get_by_label("Who signs").fill("Dr. Ada Ferreira")
            page.get_by_label("As what").fill("Head of examinations")
            hand = {"name": "hand.png", "mimeType": "image/png", "buffer": picture.getvalue()}
            page.get_by_label("A picture of the signature").set_input_files(hand)  # type: ignore[arg-type]
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("All certificates look like this")).to_be_visible()
            looks_right(page)
            page.goto(own_site.demo["certificates"][GOOD])
            title = page.locator(".sheet .what")
            assert title.evaluate("(one) => getComputedStyle(one).color") == "rgb(122, 31, 43)"
            expect(page.get_by_text("has met every requirement of Northfold")).to_be_visible()
            looks_right(page)
            page.emulate_media(media="print")
            assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
            page.emulate_media(media="screen")
