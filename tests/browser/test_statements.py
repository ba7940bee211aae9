"""What must be true of the pages and no other browser test holds; the list is statements.py."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import plaudit
from tests.browser import harness
from tests.browser.harness import LiveSite, looks_right, sign_in, sign_in_as
from tests.browser.test_journey import FIRST, card, opacity
from tests.browser.test_mails import award, subjects

pytestmark = pytest.mark.browser
ISSUER = "Northfold Institute of Product Management"
GREEN = "rgb(31, 122, 77)"


@pytest.fixture
def person(browser: Browser, own_site: LiveSite) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, own_site, **options))


def authentic(page: Page, site: LiveSite) -> str:
    """The path of a certificate that holds."""
    return next(
        path
        for path in site.demo["certificates"].values()
        if "This badge is authentic" in page.request.get(path).text()
    )


def until(page: Page, good: Callable[[], bool], seconds: float = 60) -> None:
    for _try in range(int(seconds * 4)):
        if good():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it did not become so")


@pytest.mark.journey("J20")
def test_the_shield_is_grey_until_trust_is_ticked(page: Page, site: LiveSite) -> None:
    page.goto(site.demo["invited"]["claims"][0])
    tick = page.get_by_label("Trust Issuer")
    expect(tick).not_to_be_checked()
    filtered = "() => getComputedStyle(document.querySelector('main .opt .shield')).filter"
    assert page.evaluate(filtered) == "grayscale(1)"
    colour = "() => getComputedStyle(document.querySelector('main .opt .shield .field-of')).fill"
    assert page.evaluate(colour) == GREEN
    tick.check()
    page.wait_for_function(f"() => ['none', 'grayscale(0)'].includes(({filtered})())")


@pytest.mark.journey("J20", "J29", "J38")
def test_for_me_only_is_unknown_to_others_until_it_is_shared(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    nina, stranger = person(), person()
    nina.goto(own_site.demo["invited"]["claims"][0])
    nina.get_by_role("button", name="Save for me only").click()
    nina.wait_for_url(re.compile("/badges"))
    nina.goto("/badges")
    address = card(nina, FIRST).get_by_role("link", name=FIRST, exact=True).get_attribute("href") or ""
    answer = stranger.goto(address)
    assert answer
    assert answer.status == 404
    card(nina, FIRST).hover()
    card(nina, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    nina.get_by_role("group", name="Who can see it").get_by_label("Anyone with the link").check()
    nina.get_by_role("button", name="Save who can see it").click()
    until(stranger, lambda: (stranger.goto(address) or answer).status == 200)


@pytest.mark.journey("J9", "J12", "J20", "J29", "J37", "J42", "J45")
def test_all_of_it_works_without_scripts(person: Callable[..., Page], own_site: LiveSite) -> None:
    plain: Callable[..., Page] = partial(person, java_script_enabled=False)
    reader, stranger = plain(), plain()
    address = own_site.demo["invited"]["address"]
    claimed = plain()
    claimed.goto(own_site.demo["invited"]["claims"][0])
    claimed.get_by_role("button", name="Save and Share").click()
    claimed.wait_for_url(re.compile(r"/badges\?new="))

    nina = plain()
    nina.goto("/accounts/login/")
    nina.get_by_label("E-mail address").first.fill(address)
    nina.get_by_role("button", name="Send me a sign-in code").click()
    expect(nina.get_by_role("button", name="Continue")).to_be_visible()
    until(nina, lambda: bool(_codes(reader, address)))
    nina.get_by_role("textbox").first.fill(_codes(reader, address)[0])
    nina.get_by_role("button", name="Continue").click()
    expect(card(nina, FIRST)).to_be_visible()

    # Manage, and private.
    certificate = card(nina, FIRST).get_by_role("link", name=FIRST, exact=True).get_attribute("href") or ""
    card(nina, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    expect(nina.get_by_role("heading", name=FIRST)).to_be_visible()
    who = nina.get_by_role("group", name="Who can see it")
    for choice, status in (("Only you", 404), ("Anyone with the link", 200)):
        who.get_by_label(choice).check()
        nina.get_by_role("button", name="Save who can see it").click()
        expect(who.get_by_label(choice)).to_be_checked()
        answer = stranger.goto(certificate)
        assert answer
        assert answer.status == status, choice

    # Check again, and verify by its address.
    before = stranger.get_by_role("status").first.locator("time").first.get_attribute("datetime") or ""
    stranger.wait_for_timeout(1100)
    stranger.get_by_role("button", name="Check again").click()
    after = stranger.get_by_role("status").first.locator("time").first.get_attribute("datetime") or ""
    assert after > before
    stranger.goto("/verify/")
    stranger.get_by_label("Its address").fill(certificate)
    stranger.get_by_role("button", name="Verify", exact=True).click()
    expect(stranger.get_by_role("heading", name="This badge is authentic")).to_be_visible()

    # Award one.
    ben = plain()
    awarder = own_site.account("awarder")
    sign_in_as(ben, awarder["address"], awarder["password"])
    award(ben, "Senior Product Leader", address)
    expect(ben.get_by_role("main")).to_contain_text("What happened")
    until(nina, lambda: bool(nina.goto("/badges/waiting")) and "Senior Product Leader" in nina.content())


def _codes(reader: Page, address: str) -> list[str]:
    """The sign-in codes that came, newest first."""
    return [found[0] for one in subjects(reader, address, 1) if (found := re.search(r"\d{6}", one))]


@pytest.mark.journey("J21", "J23", "J27")
def test_trusted_badges_arrive_and_after_the_trust_they_wait(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    nina, ben, reader = person(), person(), person()
    nina.goto(own_site.demo["invited"]["claims"][0])
    nina.get_by_label("Trust Issuer").check()
    nina.get_by_role("button", name="Save and Share").click()
    nina.wait_for_url(re.compile("/badges"))
    address = own_site.demo["invited"]["address"]
    sign_in(ben, own_site, "awarder")
    before = len(subjects(reader, address, 2))
    award(ben, "Senior Product Leader", address)
    subjects(reader, address, before + 1)
    nina.goto("/badges")
    expect(card(nina, "Senior Product Leader").get_by_role("img", name="Trusted issuer")).to_be_visible()
    nina.goto("/account/trusted")
    nina.get_by_role("button", name=re.compile("Stop trusting")).first.click()
    award(ben, "Roadmaps and Priorities", address)
    subjects(reader, address, before + 2)
    nina.goto("/badges")
    expect(card(nina, "Roadmaps and Priorities")).to_have_count(0)
    expect(card(nina, "Senior Product Leader")).to_be_visible()
    nina.goto("/badges/waiting")
    expect(nina.get_by_role("main")).to_contain_text("Roadmaps and Priorities")


@pytest.mark.journey("J13", "J16")
def test_an_invitation_for_another_address(person: Callable[..., Page], own_site: LiveSite) -> None:
    eve, reader = person(), person()
    sign_in(eve, own_site, "earner")
    eve.goto(own_site.demo["invited"]["claims"][0])
    eve.get_by_role("button", name="Send me the code").click()
    address = own_site.demo["invited"]["address"]
    until(reader, lambda: any(re.search(r"\d{6}", one) for one in subjects(reader, address, 1)))
    code = next(found[0] for one in subjects(reader, address, 1) if (found := re.search(r"\d{6}", one)))
    eve.get_by_role("textbox").fill(code)
    looks_right(eve)
    eve.get_by_role("button", name="Save and Share").click()
    eve.wait_for_url(re.compile("/badges"))
    eve.goto("/account/addresses")
    for mine in (address, "eve@people.example"):
        row = eve.get_by_role("main").get_by_role("listitem").filter(has_text=mine)
        expect(row.get_by_text("Confirmed", exact=True)).to_be_visible()


@pytest.mark.journey("J8", "J20")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_declining_asks_once_and_is_undone(
    person: Callable[..., Page], own_site: LiveSite, scripts: bool
) -> None:
    page = person(java_script_enabled=scripts)
    claim, main = own_site.demo["invited"]["claims"][0], page.get_by_role("main")
    page.goto(claim)
    sure = page.get_by_role("button", name="Yes, decline it")
    expect(sure).to_be_hidden()
    page.locator("summary").filter(has_text="Decline").click()
    expect(sure).to_be_visible()
    if scripts:
        looks_right(page)
    page.goto(claim)
    expect(main).not_to_contain_text("You declined this badge earlier.")
    page.locator("summary").filter(has_text="Decline").click()
    sure.click()
    page.goto(claim)
    expect(main).to_contain_text("You declined this badge earlier.")
    page.get_by_role("button", name="Undo").click()
    page.goto(claim)
    expect(main).not_to_contain_text("You declined this badge earlier.")
    expect(page.get_by_role("button", name="Save and Share")).to_be_visible()


@pytest.mark.journey("J29")
def test_manage_is_a_dialog_that_gives_the_focus_back(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges")
    button = card(page, FIRST).get_by_role("link", name=f"Manage {FIRST}")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(one) => one.matches(':modal')")
    expect(dialog).to_have_accessible_name("Manage")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert opacity(button) == 1


@pytest.mark.journey("J36", "J37")
def test_the_served_page_holds_what_crawlers_read(page: Page, site: LiveSite) -> None:
    html = page.request.get(authentic(page, site)).text()
    for part in (
        'rel="canonical"',
        'property="og:image"',
        "application/json+oembed",
        "This badge is authentic",
    ):
        assert part in html, part
    assert re.search(r'<meta name="robots" content="noindex', html)
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert data is not None
    assert json.loads(data[1])["@type"] == "EducationalOccupationalCredential"
    badge = re.search(r"/i/northfold/b/[0-9a-z]{26}/", page.request.get("/i/northfold/").text())
    assert badge is not None
    assert "EducationalOccupationalCredential" in page.request.get(badge[0]).text()


@pytest.mark.journey("J38")
def test_a_revocation_shows_at_once(person: Callable[..., Page], own_site: LiveSite) -> None:
    ada, stranger = person(), person()
    path = authentic(stranger, own_site)
    stranger.goto(path)
    card_before = stranger.locator('meta[property="og:image"]').get_attribute("content")
    public_id = path.rpartition("/")[2]
    sign_in(ada, own_site, "owner")
    ada.goto(f"/manage/northfold/awards/{public_id}")
    ada.get_by_label("Reason").fill("Awarded by mistake.")
    ada.get_by_role("button", name=re.compile("Revoke")).click()
    ada.wait_for_load_state()
    begin = time.monotonic()
    stranger.reload()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Certificate, no longer valid")
    assert time.monotonic() - begin < 5
    main = stranger.get_by_role("main")
    expect(main).to_contain_text("Awarded by mistake.")
    today = datetime.now(UTC)
    expect(main).to_contain_text(f"{today.day} {today:%b %Y}")
    verdict = stranger.locator("section.verdict")
    assert "ok" not in (verdict.get_attribute("class") or "").split()
    assert "authentic" not in main.inner_text().lower()
    card_now = stranger.locator('meta[property="og:image"]').get_attribute("content")
    assert card_now
    assert card_before
    assert card_now != card_before
    new, old = (stranger.request.get(urlsplit(one).path) for one in (card_now, card_before))
    assert new.ok
    assert old.body() == new.body(), "an older address leads to the card of now"
    stranger.goto(f"/embed/{public_id}")
    expect(stranger.locator("body")).to_contain_text("This badge was revoked")
    assert stranger.request.get(f"/c/{public_id}.ob2.json").status == 410


# Verify a badge


def strange(**more: Any) -> dict[str, Any]:
    """A genuine badge of an issuer that this site has never heard of."""
    key = plaudit.PrivateKey.generate()
    signer = plaudit.Signer.from_did_key(key)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    badge = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:4a1c1b6e-8a53-4c0e-a7a0-3d2f6f9c1f11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Soldering",
        "issuer": {"id": signer.controller, "type": ["Profile"], "name": "Makers of Nowhere"},
        "validFrom": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": {
            "id": "urn:uuid:0b0f5f6e-5d1e-4df0-8a63-7c6e1d8b9a55",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://makers.example/b/soldering",
                "type": ["Achievement"],
                "name": "Soldering",
                "description": "Joins wires that stay joined.",
                "criteria": {"narrative": "Solder ten joints."},
            },
        },
        **more,
    }
    return dict(json.loads(plaudit.issue(badge, signer, now)))


def verified(page: Page, name: str, content: bytes, media_type: str = "application/json") -> Locator:
    """What the page says of a file."""
    page.goto("/verify/")
    file: Any = {"name": name, "mimeType": media_type, "buffer": content}
    page.get_by_label("picture or file").set_input_files([file])
    page.get_by_role("button", name="Verify", exact=True).click()
    page.wait_for_url(re.compile("/verify/[0-9a-z]{26}"))
    return page.locator("section.verdict").first


@pytest.mark.journey("J42")
def test_an_issuer_that_nobody_knows_is_amber(page: Page, site: LiveSite) -> None:
    verdict = verified(page, "badge.json", json.dumps(strange()).encode())
    assert "warn" in (verdict.get_attribute("class") or "").split()
    expect(page.get_by_role("main")).to_contain_text("calls itself Makers of Nowhere")
    looks_right(page)


@pytest.mark.journey("J42")
def test_one_changed_byte_is_red_and_shows_nothing(page: Page, site: LiveSite) -> None:
    badge = strange()
    badge["credentialSubject"]["achievement"]["description"] = "Joins wires that stay joined!"
    verdict = verified(page, "badge.json", json.dumps(badge).encode())
    assert "bad" in (verdict.get_attribute("class") or "").split()
    main = page.get_by_role("main")
    for word in ("Soldering", "Makers of Nowhere", "Joins wires"):
        expect(main).not_to_contain_text(word)
    looks_right(page)


@pytest.mark.journey("J37", "J42")
def test_a_status_list_out_of_reach_is_not_green(page: Page, site: LiveSite) -> None:
    entry = {
        "id": "https://status.invalid/1#7",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "https://status.invalid/1",
    }
    verdict = verified(page, "badge.json", json.dumps(strange(credentialStatus=entry)).encode())
    assert "ok" not in (verdict.get_attribute("class") or "").split()
    line = page.locator("li, details, tr").filter(has_text=re.compile("could not|not checked", re.I)).first
    expect(line).to_be_visible()
    assert "passed" not in line.inner_text().lower()
    assert "ok" not in (line.get_attribute("class") or "").split()
    expect(line.locator(".ok")).to_have_count(0)


UNREADABLE = """
from plaudit_site.awards.models import Award, StatusList
award = Award.objects.get(public_id="{id}")
StatusList.objects.filter(issuer=award.issuer).update(content=b"{{}}", signed_generation=10**9)
"""


@pytest.mark.journey("J37", "J38")
def test_an_award_whose_list_cannot_be_read_is_not_green(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    page = person()
    path = authentic(page, own_site)
    page.goto(path)
    expect(page.locator(".verdict.ok")).to_have_count(1)
    own_site.manage("shell", "-v", "0", "-c", UNREADABLE.format(id=path.rpartition("/")[2]))
    page.goto(f"{path}?fresh=1")
    expect(page.get_by_role("heading", name="We could not check everything")).to_be_visible()
    expect(page.locator(".verdict.grey")).to_have_count(1)
    expect(page.locator(".verdict.ok")).to_have_count(0)
    line = page.locator("#checks details.unknown")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("could not be checked")
    assert "passed" not in str(line.text_content()).lower()
    expect(line.locator(".ok")).to_have_count(0)
    assert line.locator("svg").first.evaluate("(one) => getComputedStyle(one).color") != GREEN


DROP = """
async ([zone, name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}
"""


@pytest.mark.journey("J42")
def test_a_photograph_holds_no_proof(page: Page, site: LiveSite) -> None:
    page.goto("/verify/")
    photograph = page.screenshot(type="jpeg")
    zone = page.locator("[data-drop]").element_handle()
    page.evaluate(DROP, [zone, "badge.jpg", "image/jpeg", base64.b64encode(photograph).decode()])
    page.get_by_role("button", name="Verify", exact=True).click()
    page.wait_for_url(re.compile("/verify/[0-9a-z]{26}"))
    expect(page.get_by_role("heading", name="There is no badge in this")).to_be_visible()
    expect(page.locator("p.next")).to_be_visible()


# Sharing


@pytest.mark.journey("J30")
def test_linkedin_gets_each_field_as_it_is(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges")
    card(page, FIRST).hover()
    card(page, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    link = page.get_by_role("link", name=re.compile("LinkedIn")).first.get_attribute("href") or ""
    parts, asked = urlsplit(link), parse_qs(urlsplit(link).query)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "www.linkedin.com", "/profile/add")
    assert asked["startTask"] == ["CERTIFICATION_NAME"]
    assert asked["name"] == [FIRST]
    assert {"issueYear", "issueMonth", "certUrl", "certId"} <= asked.keys()
    assert not re.search("undefined|null|None", link)


AWKWARD = "Größe & <Maß> 100 %"
ADD = """
import json
from datetime import timedelta
from django.utils import timezone
from plaudit_site.accounts.models import User
from plaudit_site.awards import awarding, claiming
from plaudit_site.issuers.models import Issuer, Membership
from tests import people
eve = User.objects.get(email="eve@people.example")
issuer = Issuer.objects.get(slug="northfold")
by = Membership.objects.filter(issuer=issuer, role="owner").first().user
made = []
for title, days in (("%s", None), ("Ends", 400)):
    ends = timezone.now() + timedelta(days=days) if days else None
    award = awarding.award(people.make_badge(issuer, title), address=eve.email, name="Eve", by=by, expires_at=ends)
    people.run_worker("issue")
    award.refresh_from_db()
    if award.state != "accepted":
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
    type(award).objects.filter(pk=award.pk).update(visibility="link")
    made.append(award.public_id)
print(json.dumps(made))
"""


@pytest.mark.journey("J30")
def test_linkedin_gets_the_exact_title_and_an_end_only_where_there_is_one(
    person: Callable[..., Page], own_site: LiveSite
) -> None:
    page = person()
    lasting, ending = json.loads(own_site.manage("shell", "-v", "0", "-c", ADD % AWKWARD).splitlines()[-1])
    sign_in(page, own_site, "earner")
    seen = []
    for award_id in (lasting, ending):
        page.goto(f"/badges/{award_id}/manage")
        link = page.get_by_role("link", name="Add to LinkedIn profile")
        seen.append(parse_qs(urlsplit(str(link.get_attribute("href"))).query))
    assert seen[0]["name"] == [AWKWARD]
    assert {"expirationYear", "expirationMonth"} & seen[0].keys() == set()
    assert {"expirationYear", "expirationMonth"} <= seen[1].keys()


@pytest.mark.journey("J30")
def test_ones_own_words_go_into_the_links_and_what_is_too_long_is_said(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges?visibility=link&imported=no")
    page.goto(str(page.locator("a[data-opens-manage]").first.get_attribute("href")))
    panel = page.locator("[data-share]")
    area = panel.get_by_label("What you say with it")
    area.fill("Größer & “besser”\nthan 100 %")
    hrefs = {
        name: str(panel.locator(".share").get_by_role("link", name=name).first.get_attribute("href"))
        for name in ("Bluesky", "Threads", "WhatsApp", "E-mail")
    }
    for name, address in hrefs.items():
        end = "%0D%0A" if name == "E-mail" else "%0A"
        assert f"Gr%C3%B6%C3%9Fer%20%26%20%E2%80%9Cbesser%E2%80%9D{end}than%20100%20%25" in address, name
    # X counts an address as 23, Bluesky as it is; both with the space before it.
    area.fill("a" * 256)
    x, bluesky = panel.locator("[data-network=x]"), panel.locator("[data-network=bluesky]")
    expect(x).to_have_text("X: 280 of 280.")
    long = len(str(bluesky.get_attribute("data-address")))
    expect(bluesky).to_contain_text(f"Bluesky: {257 + long} of 300")
    area.fill("a" * 257)
    expect(x).to_have_text("X: 281 of 280, 1 too many. Make it shorter.")
    expect(area).to_have_attribute("aria-invalid", "true")
    area.fill("👩‍👩‍👧 水")
    expect(x).to_have_text("X: 29 of 280.")
    expect(bluesky).to_have_text(f"Bluesky: {4 + long} of 300.")
    expect(area).not_to_have_attribute("aria-invalid", "true")
    looks_right(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.locator("[data-copy]").first.get_by_role("button", name="Copy").click()
    expect(panel.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == panel.locator("#share-link").input_value()


@pytest.mark.journey("J30")
def test_a_mastodon_server_is_kept_when_it_is_gone_to_and_can_be_changed(page: Page, site: LiveSite) -> None:
    sign_in(page, site, "earner")
    page.goto("/badges?visibility=link&imported=no")
    manage = str(page.locator("a[data-opens-manage]").first.get_attribute("href"))
    kept = "localStorage.getItem('mastodon-host')"
    page.goto(manage)
    another = page.locator("[data-mastodon-another]")
    expect(another).to_be_hidden()
    for typed, is_used in (("mistyped.example", False), ("social.example", True)):
        page.goto(manage)
        asks = str(page.locator("[data-mastodon]").get_attribute("href"))
        page.goto(asks)
        page.get_by_label("Your server").fill(typed)
        page.get_by_role("button", name="Continue").click()
        go = page.get_by_role("link", name=f"Go to {typed}")
        expect(go).to_be_visible()
        assert page.evaluate(kept) is None, "a server that was only looked at"
        if is_used:
            # The press counts; where it leads to is no matter of this test, and nothing is asked there.
            go.evaluate(
                "(one) => { one.addEventListener('click', (event) => event.preventDefault()); one.click(); }"
            )
            assert page.evaluate(kept) == typed
    page.goto(manage)
    assert str(page.locator("[data-mastodon]").get_attribute("href")).startswith(
        "https://social.example/share?text="
    )
    expect(another).to_contain_text("social.example")
    another.get_by_role("link", name="Another Mastodon server").click()
    expect(page.get_by_label("Your server")).to_be_visible()


@pytest.mark.journey("J30")
def test_share_links_open_a_tab_of_their_own(page: Page, site: LiveSite) -> None:
    """That no page asks another host for anything before a press is held by every page of these tests."""
    sign_in(page, site, "earner")
    page.goto("/badges")
    card(page, FIRST).hover()
    card(page, FIRST).get_by_role("link", name=f"Manage {FIRST}").click()
    links = page.locator("[data-share] .share a")
    expect(links.first).to_be_visible()
    found = links.evaluate_all("(all) => all.map((one) => [one.href, one.target, one.rel])")
    assert len(found) >= 7
    for address, target, relation in found:
        if not address.startswith("mailto:"):
            assert (target, "noopener" in relation) == ("_blank", True), address


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which another site shows it."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_words: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.journey("J30", "J36")
def test_the_frame_may_be_framed_and_nothing_else(
    browser: Browser, page: Page, site: LiveSite, elsewhere: tuple[Path, str]
) -> None:
    path = authentic(page, site)
    path = urlsplit(path).path
    asked = page.request.get(f"/oembed?url={site.url}{path}&maxwidth=300&format=json")
    told = asked.json()
    assert told["width"] <= 300
    folder, address = elsewhere
    frame = f'<iframe src="{site.url}{path}" title="certificate"></iframe>'
    (folder / "index.html").write_text(f"<!doctype html><title>Elsewhere</title>{told['html']}{frame}")
    context = browser.new_context()
    other = context.new_page()
    refused: list[str] = []
    other.on("console", lambda message: refused.append(message.text))
    other.goto(f"{address}/index.html")
    embed = other.frame_locator("iframe").first
    expect(embed.locator("body")).to_contain_text(ISSUER)
    until(other, lambda: any("frame-ancestors" in text for text in refused))
    certificate = other.frames[-1]
    assert "Certificate of Authenticity" not in certificate.content()
    context.close()


# How pages are


FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const over = document.elementFromPoint(x, y);
    const isSeen = over === null || one.contains(over) || over.contains(one) || over.closest("label") !== null;
    return [one.outerHTML.slice(0, 80), parseFloat(style.outlineWidth), style.outlineStyle, isSeen,
        box.top + window.scrollY, box.left];
}"""


MAIN_PAGES = {
    "earner": ["/badges", "/account/profile", "/account/addresses"],
    "owner": ["/manage/northfold/awards", "/manage/northfold/awards/new", "/manage/northfold/badges/new"],
    "operator": ["/operator/"],
}


def focus_is_seen(page: Page, path: str) -> None:
    """Along the whole page by Tab, or its first forty places."""
    page.goto(path)
    steps, before, first = 0, (0.0, 0.0), ""
    for _press in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None or found[0] == first:  # the end of the page, or its beginning again
            break
        html, width, style, is_seen, *place = found
        assert style != "none", f"{path}: {html}"
        # The operator's pages are Django's own, with the browser's ring, whose width no page is told.
        assert width >= 2 or (style, path) == ("auto", "/operator/"), f"{path}: {html}"
        assert is_seen, f"{path}: {html}"
        # In the order in which it is read: down, or to the right, where a next column begins.
        assert place[0] >= before[0] - 24 or place[1] > before[1], f"{path}: back up to {html}"
        before, steps, first = (place[0], place[1]), steps + 1, first or html
    assert steps >= 5, path


def test_the_focus_is_seen_wherever_it_goes(new_page: Callable[..., Page], site: LiveSite) -> None:
    page = new_page(viewport={"width": 1280, "height": 800})
    open_to_all = [site.demo["invited"]["claims"][0], authentic(page, site), "/verify/", "/", "/i/northfold/"]
    for path in open_to_all:
        focus_is_seen(page, path)
    dark = new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    for path in open_to_all[:2]:
        focus_is_seen(dark, path)
    for role, paths in MAIN_PAGES.items():
        page = new_page(viewport={"width": 1280, "height": 800})
        sign_in(page, site, role)
        for path in paths:
            focus_is_seen(page, path)


@pytest.mark.journey("J45")
def test_five_hundred_rows_of_which_two_are_bad(person: Callable[..., Page], own_site: LiveSite) -> None:
    page = person()
    rows = [f"Straße {n};Person Nummer {n};p{n}@example.org" for n in range(500)]
    rows[10], rows[400] = "Straße;Zoë Nix;nonsense", "Straße;Ünal Ohne;@example.org"
    text = "\r\n".join(["Adresse der Schule;Teilnehmer;E-Mail-Adresse", *rows])
    sign_in(page, own_site, "owner")
    page.goto("/manage/northfold/batches/new")
    file: Any = {"name": "Liste.csv", "mimeType": "text/csv", "buffer": text.encode("cp1252")}
    page.get_by_label("Spreadsheet").set_input_files([file])
    page.get_by_label("Badge").select_option(index=1)
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_role("heading", name="498 rows ready, 2 need attention")).to_be_visible(timeout=30_000)
    row = page.locator("#line-12")
    row.get_by_label("E-mail address").fill("zoe.nix@example.org")
    row.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="499 rows ready, 1 needs attention")).to_be_visible()
    page.get_by_role("button", name=re.compile("Award 499 people")).click()
    page.wait_for_load_state()
    page.reload()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=90_000)  # the page looks by itself
    page.goto("/manage/northfold/batches/new")
    page.get_by_label("Spreadsheet").set_input_files([file])
    page.get_by_label("Badge").select_option(index=1)
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_role("heading", name=re.compile("^0 rows ready|^No row"))).to_be_visible(
        timeout=30_000
    )


@pytest.mark.journey("J14")
def test_removing_an_address_names_its_badges(person: Callable[..., Page], own_site: LiveSite) -> None:
    page = person()
    sign_in(page, own_site, "earner")
    page.goto("/badges/waiting")
    waiting = page.get_by_role("article").filter(has_text="Senior Product Leader")
    waiting.get_by_role("link", name=re.compile("Save and Share")).click()
    page.get_by_role("button", name="Save and Share").click()
    page.wait_for_url(re.compile("/badges"))
    page.goto("/badges")
    before = page.get_by_role("main").get_by_role("link", name=re.compile("^Manage ")).count()
    page.goto("/account/addresses")
    page.get_by_role("listitem").filter(has_text="eve.marchetti@work.example").get_by_role(
        "link", name=re.compile("Remove")
    ).click()
    expect(page.get_by_role("main")).to_contain_text("eve.marchetti@work.example")
    said = page.get_by_role("main").inner_text()
    assert "Senior Product Leader" in said
    page.get_by_role("button", name=re.compile("Remove")).click()
    page.goto("/account/addresses")
    expect(page.get_by_role("main")).not_to_contain_text("eve.marchetti@work.example")
    page.goto("/badges")
    assert page.get_by_role("main").get_by_role("link", name=re.compile("^Manage ")).count() == before
