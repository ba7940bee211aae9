"""The whole way, as people walk it: a mail, one press, the badge, its certificate in a stranger's browser."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, follow_in_letter, looks_right, picture, sign_in

pytestmark = pytest.mark.browser
FIRST, SECOND, WELCOME = "Certified Product Manager", "Product Discovery Practitioner", "Welcome"


@pytest.fixture
def person(browser: Browser, own_site: LiveSite) -> Iterator[Callable[..., Page]]:
    """Makes people: each with a browser that has never been on this site."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, own_site, **options))


STATE = """
import json
from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award
states = sorted(Award.objects.filter(address="{address}").values_list("state", flat=True))
print(json.dumps({{"accounts": User.objects.filter(email="{address}").count(), "states": states}}))
"""
PRESSES = """
window.addEventListener("click", (event) => event.isTrusted && window.noted("press"), true);
window.addEventListener("input", (event) => event.target.type !== "checkbox" && window.noted("typed"), true);
"""


def state_of(site: LiveSite, address: str) -> dict[str, Any]:
    said = site.manage("shell", "-v", "0", "-c", STATE.format(address=address))
    return dict(json.loads(said.splitlines()[-1]))


def open_mail(page: Page, site: LiveSite, badge: str) -> None:
    """Open the invitation to `badge` in the mailbox of the one who has no account yet."""
    page.goto(f"/mailbox/?to={site.demo['invited']['address']}")
    mail = page.get_by_role("listitem").filter(has_text=badge)
    mail.get_by_role("link", name="You’ve been given credit").click()


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


@pytest.mark.journey("J5", "J6", "J12", "J18", "J20", "J21", "J25", "J26", "J27", "J33", "J34", "J37", "J39")
def test_from_the_mail_to_the_certificate_in_a_strangers_browser(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    nina = person()
    open_mail(nina, own_site, FIRST)
    picture(nina, "1-invitation")
    follow_in_letter(nina, "Save and Share", "/claim/")

    # The claim page: nothing to type, the address masked, trust offered and not presumed.
    looks_right(nina)
    main = nina.get_by_role("main")
    expect(main).to_contain_text("ni•••@people.example")
    expect(main.get_by_role("textbox")).to_have_count(0)
    trust = nina.get_by_label("Trust Issuer")
    expect(trust).not_to_be_checked()
    picture(nina, "2-claim")
    trust.check()
    nina.get_by_role("button", name="Save and Share").click()

    # Earned: this badge, the other one that trust brought in, and the site's own.
    nina.wait_for_url(re.compile("/badges"))
    for title in (FIRST, SECOND, WELCOME):
        expect(card(nina, title)).to_be_visible(timeout=20_000)
    looks_right(nina)
    for title in (FIRST, SECOND):
        expect(card(nina, title).get_by_role("img", name="Trusted issuer")).to_be_visible()
    expect(card(nina, WELCOME).get_by_role("img", name="Trusted issuer")).to_have_count(0)
    nina.goto("/badges")
    picture(nina, "3-earned")

    # The title is a link, the issuer's name stands under it, and the link opens this very award.
    title = card(nina, FIRST).get_by_role("link", name=FIRST, exact=True)
    issuer = card(nina, FIRST).get_by_text("Northfold Institute of Product Management")
    assert below(card(nina, FIRST).locator("img").first, title)
    assert below(title, issuer)
    address = title.evaluate("(link) => link.href")

    stranger = person()
    stranger.goto(address)
    expect(stranger).to_have_title(re.compile("^Certificate of Authenticity"))
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Certificate of Authenticity")
    expect(stranger.get_by_role("main")).to_contain_text("Nina Adeyemi")
    expect(stranger.get_by_role("img", name="Trusted issuer")).to_have_count(0)
    looks_right(stranger)
    picture(stranger, "5-certificate")
    picture(stranger, "certificate")


def below(upper: Locator, lower: Locator) -> bool:
    above, beneath = upper.bounding_box(), lower.bounding_box()
    assert above
    assert beneath
    return above["y"] + above["height"] <= beneath["y"] + 1


@pytest.mark.journey("J6", "J12", "J30")
def test_from_the_link_to_the_share_step_with_exactly_one_press(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    page = person()
    noted: list[str] = []
    page.expose_function("noted", lambda what: noted.append(what))
    page.add_init_script(PRESSES)
    page.goto(own_site.demo["invited"]["claims"][0])
    page.get_by_role("button", name="Save and Share").click()
    page.wait_for_url(re.compile("/badges"))
    expect(
        page.locator("[data-share] .share").get_by_role("link", name="Add to LinkedIn profile")
    ).to_be_visible()
    assert noted == ["press"]


@pytest.mark.journey("J7", "J8", "J19")
def test_opening_the_link_ten_times_uses_nothing_up(person: Callable[..., Page], own_site: LiveSite) -> None:
    """By GET and by HEAD, as mail scanners do; then one POST takes it."""
    claim, address = own_site.demo["invited"]["claims"][0], own_site.demo["invited"]["address"]
    before = state_of(own_site, address)
    assert before["accounts"] == 0
    assert set(before["states"]) == {"waiting"}
    scanner = person()
    for _time in range(10):
        assert scanner.goto(claim)
        assert scanner.request.head(claim).status == 200
    assert state_of(own_site, address) == before
    page = person()
    posts: list[str] = []
    # That its page was opened is told by a POST of its own (J7), which takes nothing.
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.goto(claim)
    expect(page.get_by_role("button", name="Save and Share")).to_be_visible()
    for way_out in ("See it first", "Use my existing account", "How to claim", "Report abuse"):
        expect(page.get_by_role("link", name=way_out)).to_be_visible()
    expect(page.locator("summary").filter(has_text="Decline")).to_be_visible()
    page.get_by_role("button", name="Save and Share").click()
    page.wait_for_url(re.compile("/badges"))
    assert [one for one in posts if not one.endswith("/opened")] == [claim]
    after = state_of(own_site, address)
    assert after["accounts"] == 1
    assert "accepted" in after["states"]


@pytest.mark.journey("J20", "J22")
def test_without_the_tick_the_next_badge_waits(person: Callable[..., Page], own_site: LiveSite) -> None:
    page = person()
    page.goto(own_site.demo["invited"]["claims"][0])
    page.get_by_role("button", name="Save for me only").click()
    page.wait_for_url(re.compile("/badges"))
    expect(card(page, FIRST)).to_be_visible()
    expect(card(page, SECOND)).to_have_count(0)
    page.goto("/badges/waiting")
    expect(page.get_by_role("main")).to_contain_text(SECOND)
    looks_right(page)


@pytest.mark.journey("J28")
def test_manage_appears_under_pointer_and_focus_and_always_on_touch(
    page: Page, phone: Page, site: LiveSite
) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges")
    first = card(page, FIRST)
    button = first.get_by_role("link", name=f"Manage {FIRST}")
    page.mouse.move(0, 0)
    assert opacity(button) == 0
    first.hover()
    page.wait_for_function("(one) => getComputedStyle(one).opacity === '1'", arg=button.element_handle())
    page.mouse.move(0, 0)
    button.focus()
    page.wait_for_function("(one) => getComputedStyle(one).opacity === '1'", arg=button.element_handle())

    sign_in(phone, site, "earner")
    phone.goto("/badges")
    assert opacity(card(phone, FIRST).get_by_role("link", name=f"Manage {FIRST}")) == 1


def opacity(element: Locator) -> float:
    return float(element.evaluate("(one) => getComputedStyle(one).opacity"))


@pytest.mark.journey("J29", "J30")
def test_manage_works_with_and_without_javascript(
    page: Page, without_javascript: Page, site: LiveSite
) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges")
    card(page, FIRST).hover()
    card(page, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("group", name="Who can see it")).to_be_visible()
    expect(dialog.get_by_role("link", name="Facebook")).to_be_visible()
    picture(page, "4-manage")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    sign_in(without_javascript, site, "earner")
    without_javascript.goto("/badges")
    card(without_javascript, FIRST).hover()
    card(without_javascript, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    without_javascript.wait_for_url(re.compile("/manage"))
    expect(without_javascript.get_by_role("heading", level=1)).to_contain_text(FIRST)
    looks_right(page)


@pytest.mark.journey("J38")
@pytest.mark.parametrize(
    ("badge", "title"),
    [
        ("Pricing and Business Models", "Certificate, no longer valid"),
        ("Product Analytics", "Certificate, expired"),
    ],
)
def test_a_certificate_that_no_longer_holds_says_so(
    page: Page, site: LiveSite, badge: str, title: str
) -> None:
    page.goto(site.demo["certificates"][badge])
    expect(page).to_have_title(re.compile(f"^{title}"))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert "authentic" not in page.locator("body").inner_text().lower()
    looks_right(page)


@pytest.mark.journey("J38")
def test_a_private_certificate_looks_like_one_that_never_was(page: Page, site: LiveSite) -> None:
    private = site.demo["certificates"]["Roadmaps and Priorities"]
    never = private[:-8] + ("0" * 8)
    seen = []
    for address in (private, never):
        answer = page.goto(address)
        assert answer
        words = re.sub("[0-9a-f]{12}", "the request's number", page.get_by_role("main").inner_text())
        seen.append((answer.status, words))
    assert seen[0] == seen[1]
    assert seen[0][0] == 404
    assert "Is this your badge?" in seen[0][1]


@pytest.mark.journey("J1", "J40")
def test_the_badge_site_lists_badges_with_the_work_each_requires(page: Page, site: LiveSite) -> None:
    page.goto(site.demo["issuer"]["url"])
    looks_right(page)
    for title in (FIRST, SECOND, "Accessible Products"):
        expect(page.get_by_role("main").get_by_role("link", name=title).first).to_be_visible()
    page.get_by_role("link", name=re.compile("claim", re.I)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How to claim")
    looks_right(page)
