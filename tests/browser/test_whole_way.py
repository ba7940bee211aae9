"""The issue's own words, walked from end to end, with JavaScript and without: mail, claim, trust, Earned, a second
badge that arrives by itself, Manage, share, the certificate, its links, its file, and two verifiers."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import harness
from tests.browser.harness import LiveSite, follow_in_letter, sign_in_as
from tests.conformance import judges

pytestmark = pytest.mark.browser
FIRST, SECOND, THIRD = "Certified Product Manager", "Product Discovery Practitioner", "Senior Product Leader"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def person(
    request: pytest.FixtureRequest, browser: Browser, own_site: LiveSite
) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(
            harness.new_page(browser, own_site, java_script_enabled=request.param, **more)
        )


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.journey(
    "J1", "J5", "J6", "J12", "J14", "J20", "J21", "J25", "J26", "J27", "J28", "J29", "J30", "J32", "J34", "J35",
    "J36", "J37", "J39", "J45",
)  # fmt: skip
def test_the_whole_way(person: Callable[..., Page], own_site: LiveSite, tmp_path: Path) -> None:
    # The mail, and one press.
    nina = person()
    nina.goto(f"/mailbox/?to={own_site.demo['invited']['address']}")
    mail = nina.get_by_role("listitem").filter(has_text=FIRST)
    mail.get_by_role("link", name="You’ve been given credit").click()
    follow_in_letter(nina, "Save and Share", "/claim/")
    nina.get_by_label("Trust Issuer").check()
    nina.get_by_role("button", name="Save and Share").click()
    nina.wait_for_url(re.compile(r"/badges\?new="))
    expect(nina.get_by_role("main")).to_contain_text("linkedin", ignore_case=True)
    for title in (FIRST, "Welcome"):
        expect(card(nina, title)).to_be_visible()
    expect(card(nina, FIRST).get_by_role("img", name="Trusted issuer")).to_be_visible()

    # Another one is awarded by the issuer's staff, and arrives with no visit.
    ben = person()
    sign_in_plainly(ben, own_site)
    ben.goto("/issuers")
    ben.get_by_role("link", name=re.compile("Northfold")).click()
    ben.get_by_role("link", name="Award a badge").click()
    ben.get_by_label("Badge").select_option(label=THIRD)
    ben.get_by_label("Name").fill("Nina Adeyemi")
    ben.get_by_label("E-mail address").fill(own_site.demo["invited"]["address"])
    ben.get_by_role("button", name="Award", exact=True).click()
    expect(ben.get_by_role("main")).to_contain_text("What happened")
    for _try in range(40):
        nina.goto("/badges")
        if card(nina, THIRD).count():
            break
        nina.wait_for_timeout(250)
    expect(card(nina, THIRD).get_by_role("img", name="Trusted issuer")).to_be_visible()
    ben.reload()
    expect(ben.get_by_role("main")).to_contain_text("because the earner trusts you")

    # Manage, and share.
    card(nina, THIRD).hover()
    card(nina, THIRD).get_by_role("link", name=f"Manage {THIRD}").click()
    expect(nina.get_by_role("link", name=re.compile("LinkedIn")).first).to_be_visible()
    shared = nina.get_by_role("link", name="Facebook").get_attribute("href") or ""
    nina.goto("/badges")
    address = card(nina, THIRD).get_by_role("link", name=THIRD, exact=True).get_attribute("href") or ""
    assert quote(address, safe="") in shared, "what is shared is the certificate's own address"

    # The blue title leads a stranger to the certificate.
    sam = person()
    sam.goto(address)
    expect(sam.get_by_role("heading", level=1)).to_have_text("Certificate of Authenticity")
    for heading in (
        re.compile("^About .* Open Badges$"),
        "The work required",
        re.compile("^About (?!.*Open Badges)"),
    ):
        group = sam.locator("section", has=sam.get_by_role("heading", name=heading, level=2)).last
        link = group.get_by_role("link").first
        target = link.get_attribute("href") or ""
        answer = sam.request.get(target)
        assert answer.ok, (heading, target, answer.status)

    # The file, checked by our own verifier and by somebody else's.
    with sam.expect_download() as download:
        sam.get_by_role("link", name=re.compile("JSON")).first.click()
    file = tmp_path / "badge.json"
    download.value.save_as(file)
    shown = sam.locator("#elsewhere code").inner_text().splitlines()[-1].split()
    assert shown[:3] == ["plaudit", "verify", download.value.suggested_filename]
    checked = subprocess.run(
        [sys.executable, "-m", "plaudit", "verify", str(file), *shown[3:]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    foreign_verifier_agrees(own_site, file, tmp_path)


def sign_in_plainly(page: Page, site: LiveSite) -> None:
    awarder = site.account("awarder")
    sign_in_as(page, awarder["address"], awarder["password"])


def foreign_verifier_agrees(site: LiveSite, file: Path, folder: Path) -> None:
    """@digitalbazaar/vc, with the issuer's did document and status list read from the running site."""
    judges.need_digitalbazaar()
    credential = json.loads(file.read_text())
    issuer = credential["issuer"]["id"]
    did = folder / "did.json"
    path = f"/issuers/{issuer.rsplit(':', 1)[1]}/did.json"
    did.write_bytes(read(site.url + path))
    listed = credential["credentialStatus"]["statusListCredential"]
    status = folder / "status.json"
    status.write_bytes(read(listed))
    altered = folder / "altered.json"
    altered.write_text(file.read_text().replace(THIRD, "Something Else"))
    # did:web always means https (section 3.2 of its specification); the development site answers over http.
    maps = {f"https://{site.url.removeprefix('http://')}{path}": str(did), listed: str(status)}
    good, bad = judges.ask_digitalbazaar(
        [{"file": str(file), "maps": maps}, {"file": str(altered), "maps": maps}], folder
    )
    assert good["verified"], good
    assert not bad["verified"], "an altered file is refused"
