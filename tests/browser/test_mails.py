"""What arrives when somebody is awarded: from the issuer's form to the reader's mailbox."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness, looking
from tests.browser.harness import LiveSite, looks_right, sign_in

pytestmark = pytest.mark.browser
NEWCOMER = "Theo.Brandt@People.Example"


@pytest.fixture
def person(browser: Browser, own_site: LiveSite) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, own_site, **options))


def award(page: Page, badge: str, address: str) -> None:
    page.goto("/manage/northfold/awards/new")
    page.get_by_label("Badge").select_option(label=badge)
    page.get_by_label("Name").fill("Theo Brandt")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Award", exact=True).click()
    page.wait_for_load_state()


def subjects(page: Page, address: str, at_least: int) -> list[str]:
    """Subjects of the mails to an address, once the worker has sent so many."""
    for _try in range(60):
        page.goto(f"/mailbox/?to={address}")
        found = page.locator(".mails h2").all_inner_texts()
        if len(found) >= at_least:
            return found
        page.wait_for_timeout(250)
    raise AssertionError(f"{len(found)} of {at_least} mails to {address} came")


@pytest.mark.journey("J2", "J3", "J4", "J10", "J45")
def test_one_award_is_one_mail_and_the_same_again_is_none(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    ben, reader = person(), person()
    sign_in(ben, own_site, "awarder")
    award(ben, "Roadmaps and Priorities", NEWCOMER)
    looks_right(ben)
    assert subjects(reader, NEWCOMER.lower(), 1) == ["You’ve been given credit"]
    reader.locator(".mails h2 a").click()
    headers = reader.get_by_role("region", name="Headers")
    expect(headers).to_contain_text(
        "Northfold Institute of Product Management via Plaudit <badges@localhost>"
    )
    expect(headers).to_contain_text("certificates@northfold.example")

    # Once more, with the address typed in another way.
    award(ben, "Roadmaps and Priorities", f"  {NEWCOMER.upper()} ")
    expect(ben.get_by_role("main")).to_contain_text("already has this badge")
    looks_right(ben)
    award(
        ben, "Product Analytics", NEWCOMER
    )  # a mail that must come, so that waiting for the other has an end
    assert subjects(reader, NEWCOMER.lower(), 2) == ["You’ve been given credit"] * 2


@pytest.mark.journey("J21", "J24")
def test_a_trusted_issuers_badge_arrives_by_itself_and_its_mail_says_so(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    nina, ben = person(), person()
    nina.goto(own_site.demo["invited"]["claims"][0])
    nina.get_by_label("Trust Issuer").check()
    nina.get_by_role("button", name="Save and Share").click()
    nina.wait_for_url(re.compile("/badges"))

    sign_in(ben, own_site, "awarder")
    address = own_site.demo["invited"]["address"]
    before = len(subjects(nina, address, 3))
    award(ben, "Accessible Products", address)
    subjects(nina, address, before + 1)
    nina.locator(".mails h2 a").first.click()
    text = nina.get_by_role("region", name="As plain text")
    expect(text).to_contain_text("You need not do anything.")
    expect(text).to_contain_text("Accessible Products")
    nina.goto("/badges")
    expect(nina.get_by_role("link", name="Accessible Products", exact=True)).to_be_visible()


@pytest.mark.journey("J41")
def test_a_visitor_asks_whether_it_is_the_person_in_mind(page: Page, site: LiveSite) -> None:
    page.goto(site.demo["certificates"]["Certified Product Manager"])
    for address, answer in (("Eve@People.Example", "Yes."), ("ada@northfold.example", "No.")):
        page.get_by_text("Is it the person you have in mind?").click()
        question = page.get_by_label("E-mail address")
        if not question.is_visible():
            page.get_by_text("Is it the person you have in mind?").click()
        question.fill(address)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("main")).to_contain_text(answer)
    looks_right(page)


@pytest.mark.journey("J11")
def test_a_corrected_address_gets_a_new_link_and_the_old_one_dies(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    ben, reader = person(), person()
    old = own_site.demo["invited"]["claims"][0]
    sign_in(ben, own_site, "awarder")
    ben.goto("/manage/northfold/awards")
    ben.get_by_role("link", name=re.compile("Nina Adeyemi")).last.click()
    ben.get_by_label("E-mail address").fill("nina.adeyemi@people.example")
    ben.get_by_role("button", name=re.compile("correct", re.I)).click()
    subjects(reader, "nina.adeyemi@people.example", 1)
    dead = reader.goto(old)
    assert dead
    other = reader.goto(own_site.demo["invited"]["claims"][1])
    assert other
    assert 404 in {dead.status, other.status}  # which of her two awards was opened does not matter


def test_every_mail_fits_a_narrow_phone(page: Page, site: LiveSite) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/mailbox/")
    mails = page.get_by_role("main").get_by_role("link").evaluate_all("all => all.map(one => one.pathname)")
    mails = [one for one in mails if re.fullmatch(r"/mailbox/\d+", one)]
    assert len(mails) > 5
    for mail in mails:
        page.goto(f"{mail}/html")
        assert page.evaluate(looking.TOO_WIDE) == [], mail
