"""Every page, as each kind of visitor gets it, is for everybody; each is loaded once and looked at in all ways.

Light and dark, wide and narrow, axe finds nothing; what is pressed is large enough; nothing scrolls sideways at 320
pixels, nor with spaced text, from right to left, or in a language that takes two fifths more room.
"""

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, accessible_in_both_schemes, looks_right, sign_in, sign_in_as
from tests.browser.test_mails import subjects

pytestmark = pytest.mark.browser

STRANGER = [
    "/", "/help/", "/help/open-badges/", "/help/checking/", "/help/addresses", "/terms/", "/privacy/",
    "/accessibility/", "/verify/", "/verify/in-your-browser", "/api/", "/accounts/login/", "/accounts/signup/",
    "/mailbox/", "/claim/nothing", "/no-such-page", "/i/northfold/", "/i/northfold/how-to-claim/",
    "/i/northfold/how-to-check/", "/account/undo/nothing", "/issuers/join/nothing", "/terms/1", "/privacy/1",
    "/accounts/login/code/", "/accounts/password/reset/", "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-set-password/", "/accounts/inactive/",
]  # fmt: skip
EARNER = [
    "/badges", "/badges?q=zzz", "/badges/waiting", "/badges/collections", "/badges/hidden", "/account",
    "/account/profile", "/badges/add", "/badges?imported=yes",
    "/account/addresses", "/account/trusted", "/account/confirm", "/issuers", "/issuers/new", "/accounts/2fa/",
    "/accounts/logout/", "/accounts/email/", "/accounts/reauthenticate/", "/accounts/password/change/",
    "/accounts/2fa/recovery-codes/generate/",
]  # fmt: skip
OWNER = [
    "/issuers", "/manage/northfold/awards", "/manage/northfold/awards?q=zzz", "/manage/northfold/awards/new",
    "/manage/northfold/badges", "/manage/northfold/badges/new", "/manage/northfold/links",
    "/manage/northfold/awards?delivery=undelivered", "/manage/northfold/wording", "/manage/northfold/awards/new?more=1",
    "/manage/northfold/register", "/manage/northfold/people", "/manage/northfold/organisation",
    "/manage/northfold/keys", "/manage/northfold/api", "/manage/northfold/certificate", "/manage/northfold/suspension",
    "/manage/northfold/domain", "/manage/northfold/webhooks", "/manage/northfold/webhooks/new",
]  # fmt: skip


# Set aside again afterwards; a style that is made by a script is not the page's, and asks no policy.
SPACED = """() => {
    const style = new CSSStyleSheet();
    style.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [style];
}"""
AS_BEFORE = "() => { document.adoptedStyleSheets = []; document.documentElement.dir = 'ltr' }"
RIGHT_TO_LEFT = "() => { document.documentElement.dir = 'rtl' }"
LONGER = """() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) texts.push(walk.currentNode);
    for (const text of texts) {
        const words = text.data.trim();
        if (words.length > 3) text.data += " " + words.slice(0, Math.ceil(words.length * 0.4));
    }
}"""
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const over = [...document.querySelectorAll("body *")].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.right > width + 1 || box.left < -1;
    });
    const said = over.slice(0, 4).map((one) => one.outerHTML.slice(0, 120));
    return [`${document.documentElement.scrollWidth} wide`, ...said];
}"""
# WCAG 2.5.8 leaves out links within a sentence; a box to tick is pressed by its words too.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}) && one.type !== "hidden")
    .map((one) => [one, one.closest("label") ?? one])
    .filter(([one, pressed]) => {
        const box = pressed.getBoundingClientRect();
        if (!box.width || !box.height || one.closest(".skip, .vh")) return false;
        const sentence = one.matches("a") && getComputedStyle(one).display === "inline"
            && [...one.parentElement.childNodes].some((near) => near.nodeType === 3 && near.data.trim());
        const least = one.matches(".primary") ? 44 : 24;
        return !sentence && (box.height < least - 0.5 || box.width < 24 - 0.5);
    })
    .map(([one, pressed]) => {
        const box = pressed.getBoundingClientRect();
        return `${Math.round(box.width)}x${Math.round(box.height)} ${one.outerHTML.slice(0, 120)}`;
    })"""


def is_for_everybody(page: Page) -> None:
    """The page that is open, in all ways; its words are not the same afterwards."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        accessible_in_both_schemes(page)
        assert page.evaluate(TOO_SMALL) == [], f"{page.url} at {width}"
    page.set_viewport_size({"width": 320, "height": 800})
    for how, change in {"": None, "spaced": SPACED, "rtl": RIGHT_TO_LEFT, "longer": LONGER}.items():
        if change:
            page.evaluate(change)
        assert page.evaluate(TOO_WIDE) == [], f"{page.url} at 320 {how}"
        page.evaluate(AS_BEFORE)


def look_at(page: Page, paths: list[str]) -> None:
    wrong = []
    for path in paths:
        page.set_viewport_size({"width": 1280, "height": 900})
        answer = page.goto(path)
        assert answer
        assert answer.status < 500, path
        try:
            is_for_everybody(page)
        except AssertionError as error:  # all of them are told in one run
            wrong.append(f"{path}\n{error}")
    assert not wrong, "\n\n".join(wrong)


@pytest.fixture(scope="session")
def made(site: LiveSite) -> dict[str, Any]:
    """Pages that the demo's people have nothing on: of people of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.every_page"],
        env=site.environment
        | {
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PYTHONPATH": f"{harness.ROOT / 'src'}:{harness.ROOT}",
        },
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


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


def test_pages_of_an_issuers_owner(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    look_at(page, OWNER)


def test_pages_of_an_owner_with_one_of_everything(page: Page, made: dict[str, Any]) -> None:
    sign_in_as(page, made["hana"], made["password"])
    look_at(page, made["owner"])


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


def test_a_form_with_errors_says_where_and_loses_nothing(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "owner")
    page.goto("/manage/northfold/awards/new")
    page.get_by_label("Name").fill("Größe 王")
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Award", exact=True).click()
    looks_right(page)
    assert page.get_by_label("Name").input_value() == "Größe 王"
    assert page.get_by_label("E-mail address").get_attribute("aria-invalid") == "true"
