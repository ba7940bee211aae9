"""“Check it in your own browser”: the page agrees with the library, asks nobody else, and saves what it found."""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import plaudit
from plaudit import documents, schema
from plaudit.reading import parse_date_time
from plaudit_site.public.views.own_browser import PARTS
from tests.browser.harness import LiveSite, looks_right
from tests.plaudit.samples import GUILD
from tests.plaudit.test_vectors import CASES, VECTORS, load
from tests.vectors.inner import endorsement
from tests.vectors.records import good, record

pytestmark = pytest.mark.browser
STATIC = Path(plaudit.__file__).parents[1] / "plaudit_site" / "static"
GOOD, REVOKED = "Certified Product Manager", "Pricing and Business Models"
PAGE = "/verify/in-your-browser"

# What the page leaves to the site and the library, on purpose: there it says "could not be checked".
LIMITS = {
    "badges of version 2": "a badge of version 2",
    "the older data model": "older data model",
    "packed text in a PNG": "packed in a way that is not read here",
    "what is attached to a PDF": "attached to a PDF is not read here",
    "envelopes and presentations": "an envelope is not opened here",
    "records of several badges": "a credential, but no Open Badge",
    "endorsements": "what others signed inside it is not checked here",
    "chains of signatures": "a chain of signatures",
    "signatures with JCS, sd, or of 2020": "a signature of a kind not checked here",
    "keys of P-384 and RSA, of 2018, and did:jwk": "a key of a kind not checked here",
    "other identifiers of issuers": "an issuer named in a way not known here",
    "RSA in a JWT": "a JWT signed with",
    "a key in a JWT's header": "a JWT with its key in the header",
    "an end in a JWT's claims alone": "a JWT whose end stands in its claims alone",
    "other lists than bit strings": "a status of a kind not checked here",
    "messages, and purposes of one's own": "a status with a meaning not known here",
    "badges in another form than we sign": "not written in the standard's strict form",
    "several subjects": "several subjects",
}


def outcome(report: plaudit.Report) -> str:
    return "passed" if report.verified else "failed" if report.failed else "unknown"


@pytest.fixture(scope="module")
def bench(browser: Browser) -> Iterator[Page]:
    """The scripts alone, in an empty page, with a web that is given."""
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "**/*", lambda route: route.fulfill(body="<!doctype html><title>x</title>", content_type="text/html")
    )
    page.goto("http://localhost/")
    for part in PARTS:
        if not part.endswith("showing.js"):
            page.add_script_tag(content=(STATIC / part).read_text())
    known = {url: {"@context": documents.load_context(url)} for url in documents.PINNED}
    page.evaluate(
        "(known) => { globalThis.known = known; }", {"contexts": known, "schema": schema.json_schema()}
    )
    page.evaluate(
        """() => { globalThis.judge = async ({badge, web, at}) => {
            const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const ask = async (address) => {
                if (!(address in web)) throw new plaudit.Unknown("not there");
                return new TextDecoder("utf-8", {fatal: true}).decode(bytes(web[address]));
            };
            try {
                return await plaudit.verify(plaudit.unpack(bytes(badge)), {ask, at, ownHost: null, ...known});
            } catch (problem) {
                const outcome = problem instanceof plaudit.Failed ? "failed" : "unknown";
                return {verdict: outcome, checks: {parse: {outcome, detail: problem.message}}};
            }
        }; }"""
    )
    yield page
    context.close()


def judged(bench: Page, badge: bytes, web: Mapping[str, bytes], at: str) -> dict[str, Any]:
    moment = parse_date_time(at)
    assert moment is not None
    given = {url: base64.b64encode(body).decode() for url, body in web.items()}
    found: dict[str, Any] = bench.evaluate(
        "(job) => judge(job)",
        {"badge": base64.b64encode(badge).decode(), "web": given, "at": moment.timestamp() * 1000},
    )
    return found


@pytest.mark.journey("J37")
def test_it_says_what_the_library_says_or_that_it_could_not_check(bench: Page) -> None:
    """All vectors: never good where the library says otherwise, never bad where it says good; the rest is LIMITS."""
    agreed, left = 0, set()
    for folder in CASES:
        case, badge, web = load(folder)
        moment = parse_date_time(case["at"])
        assert moment is not None
        ours = outcome(plaudit.verify(badge, fetch=plaudit.MappedFetch(web), at=moment))
        found = judged(bench, badge, web, case["at"])
        if found["verdict"] == ours:
            agreed += 1
            continue
        assert found["verdict"] == "unknown", (folder.name, ours, found)
        details = " ".join(str(one.get("detail", "")) for one in found["checks"].values())
        reasons = {name for name, said in LIMITS.items() if said in details}
        assert reasons, (folder.name, ours, details)
        left |= reasons
    assert agreed >= 560
    assert left <= set(LIMITS)


@pytest.mark.parametrize(
    "name", ["good_pass", "baked_png_pass", "baked_svg_pass", "jwt_es256_pass", "suspension_pass"]
)
def test_what_we_sign_is_judged_in_full(bench: Page, name: str) -> None:
    case, badge, web = load(VECTORS / name)
    assert judged(bench, badge, web, case["at"])["verdict"] == "passed"


# The page itself


@pytest.fixture
def visitor(browser: Browser, site: LiveSite) -> Iterator[tuple[Page, list[str]]]:
    """A page, and every address it asks for."""
    context = browser.new_context(
        base_url=site.url, locale="en-GB", accept_downloads=True, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield watched(context), asked
    context.close()


def watched(context: BrowserContext) -> Page:
    page = context.new_page()
    page.on(
        "console", lambda message: pytest.fail(message.text) if "Security Policy" in message.text else None
    )
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def verdict(page: Page) -> str:
    page.locator("[data-verdict]").wait_for()
    return str(page.locator("[data-verdict]").get_attribute("data-verdict"))


def outcomes(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-check]')]"
        ".filter((one) => one.tagName === 'DETAILS').map((one) => [one.dataset.check, one.className]))"
    )
    return found


@pytest.mark.journey("J37")
def test_from_the_certificate_to_a_verdict_of_ones_own(
    visitor: tuple[Page, list[str]], site: LiveSite
) -> None:
    page, asked = visitor
    page.goto(site.demo["certificates"][GOOD])
    page.get_by_role("link", name="Check it in your own browser").click()
    assert verdict(page) == "passed"
    assert set(outcomes(page).values()) == {"passed", "absent"}
    expect(page.get_by_role("status").filter(has_text="Every check passed")).to_be_visible()
    expect(page.locator(".said .what")).to_have_text(GOOD)
    after = asked[asked.index(f"{site.url}{PAGE}") :]
    shape = [
        re.sub("[0-9a-z]{26}", "ID", url.removeprefix(site.url)) for url in after if "/static/" not in url
    ]
    assert shape == [PAGE, "/c/ID.json", "/verify/known.json", "/issuers/ID/did.json", "/status/ID"]
    looks_right(page)


@pytest.mark.journey("J37", "J38")
def test_a_revoked_and_an_altered_badge_are_found_out(
    visitor: tuple[Page, list[str]], site: LiveSite
) -> None:
    page, _asked = visitor
    files = {name: address.rpartition("/")[2] for name, address in site.demo["certificates"].items()}
    page.goto(f"{PAGE}#{site.url}/c/{files[REVOKED]}.json")
    assert verdict(page) == "revocation"
    assert outcomes(page)["status"] == "failed"
    assert outcomes(page)["proof"] == "passed"
    looks_right(page)
    good = page.request.get(f"{site.url}/c/{files[GOOD]}.json").text()
    page.get_by_label("The badge’s address, or its text").fill(good.replace(GOOD, "Doctor of Everything"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator('[data-verdict="failed"]')).to_be_visible()
    assert outcomes(page)["proof"] == "failed"
    assert "Doctor of Everything" not in page.locator("#found").inner_text()
    page.get_by_label("The badge’s address, or its text").fill(good)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator('[data-verdict="passed"]')).to_be_visible()


@pytest.mark.parametrize(
    "name",
    ["status_of_another_fail", "status_purpose_fail", "list_is_the_document_fail", "status_index_words_fail"],
)
def test_a_list_that_is_not_the_issuers_takes_nothing_back(
    visitor: tuple[Page, list[str]], site: LiveSite, name: str
) -> None:
    """One badge, one verdict: neither revoked, nor forged; grey, as on the site's own pages."""
    page, _asked = visitor
    given(page, name)
    assert verdict(page) == "unbelieved"
    assert "grey" in str(page.locator("[data-verdict]").get_attribute("class"))
    found = page.locator("#found").inner_text()
    assert "the list that it names can’t be believed" in found
    assert "Revoked by the issuer" not in found
    assert "not what its issuer signed" not in found
    assert outcomes(page)["status"] == "unknown"
    looks_right(page)


def test_a_suspended_badge_is_told_as_suspended_in_its_line_and_in_what_is_saved(
    visitor: tuple[Page, list[str]], browser: Browser, tmp_path: Path
) -> None:
    page, _asked = visitor
    given(page, "suspended_fail")
    assert verdict(page) == "suspension"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this check as a file").click()
    kept = tmp_path / "kept.html"
    download.value.save_as(kept)
    context = browser.new_context(offline=True)
    try:
        alone = watched(context)
        alone.clock.set_fixed_time(load(VECTORS / "suspended_fail")[0]["at"])
        alone.goto(kept.as_uri())
        assert verdict(alone) == "suspension"
        for found in (page.locator("#found").inner_text(), alone.locator("#found").inner_text()):
            assert "Suspended by the issuer" in found
            assert re.search(r"The issuer set entry \d+ of its status list to “suspended”", found)
            assert "Revoked by the issuer" not in found
            assert "bit " not in found
    finally:
        context.close()


def given(page: Page, name: str) -> None:
    """A vector, with its own web and on its own day."""
    case, badge, web = load(VECTORS / name)
    page.clock.set_fixed_time(case["at"])
    page.route(
        "https://guild.example/**",
        lambda route: route.fulfill(
            body=web[route.request.url], headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    page.goto(PAGE)
    page.get_by_label("The badge’s address, or its text").fill(badge.decode())
    page.get_by_role("button", name="Check", exact=True).click()


@pytest.mark.parametrize("what", ["a status list", "an endorsement", "a record"])
def test_what_is_signed_and_is_no_badge_is_told_in_words(
    visitor: tuple[Page, list[str]], site: LiveSite, what: str
) -> None:
    page, _asked = visitor
    case, _badge, web = load(VECTORS / "good_pass")
    given = {
        "a status list": lambda: next(body for url, body in web.items() if "/status/" in url),
        "an endorsement": lambda: json.dumps(endorsement(GUILD)).encode(),
        "a record": lambda: record(good()),
    }[what]()
    page.clock.set_fixed_time(case["at"])
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(
        "https://guild.example/**",
        lambda route: route.fulfill(
            body=web[route.request.url], headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    page.goto(PAGE)
    page.get_by_label("The badge’s address, or its text").fill(given.decode())
    page.get_by_role("button", name="Check", exact=True).click()
    found = page.locator("#found")
    expect(found.locator("[data-verdict]")).to_be_visible()
    said = found.inner_text()
    assert "it is no badge that this page knows how to show" in said, said
    assert "TypeError" not in page.content()
    assert errors == []


def test_a_picture_is_read_without_being_uploaded(
    visitor: tuple[Page, list[str]], site: LiveSite, tmp_path: Path
) -> None:
    page, asked = visitor
    public_id = site.demo["certificates"][GOOD].rpartition("/")[2]
    picture = tmp_path / "badge.png"
    picture.write_bytes(page.request.get(f"{site.url}/c/{public_id}.png").body())
    page.goto(PAGE)
    page.get_by_label("Its picture or file").set_input_files(picture)
    page.get_by_role("button", name="Check", exact=True).click()
    assert verdict(page) == "passed"
    assert not [url for url in asked if "/c/" in url]


@pytest.mark.journey("J37")
def test_an_issuer_on_another_host_and_one_that_does_not_answer(visitor: tuple[Page, list[str]]) -> None:
    page, asked = visitor
    case, badge, web = load(VECTORS / "good_pass")
    page.clock.set_fixed_time(case["at"])
    is_there = True

    def answer(route: Any) -> None:
        body = web.get(route.request.url) if is_there else None
        if body is None:
            route.abort()
        else:
            route.fulfill(body=body, headers={"Access-Control-Allow-Origin": "*"})

    page.route("https://guild.example/**", answer)
    page.goto(PAGE)
    page.get_by_label("The badge’s address, or its text").fill(badge.decode())
    page.get_by_role("button", name="Check", exact=True).click()
    assert verdict(page) == "passed"
    assert [url for url in asked if "guild.example" in url] == list(web)
    is_there = False
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator('[data-verdict="unknown"]')).to_be_visible()
    assert outcomes(page)["key"] == "unknown"
    assert "passed" not in {outcomes(page)[name] for name in ("proof", "key", "status")}


def test_an_address_of_elsewhere_waits_for_a_press_and_plain_http_is_not_read(
    visitor: tuple[Page, list[str]],
) -> None:
    page, asked = visitor
    page.goto(f"{PAGE}#https://guild.example/badge.json")
    expect(page.get_by_label("The badge’s address, or its text")).to_have_value(
        "https://guild.example/badge.json"
    )
    page.wait_for_timeout(300)
    assert not [url for url in asked if "guild" in url]
    page.get_by_label("The badge’s address, or its text").fill("http://169.254.169.254/latest")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#found")).to_contain_text("This could not be read here")
    assert not [url for url in asked if "169.254" in url]


@pytest.mark.journey("J37")
def test_a_saved_check_works_without_a_network_and_promises_no_more_than_it_can(
    visitor: tuple[Page, list[str]], site: LiveSite, browser: Browser, tmp_path: Path
) -> None:
    page, _asked = visitor
    public_id = site.demo["certificates"][GOOD].rpartition("/")[2]
    page.goto(f"{PAGE}#{site.url}/c/{public_id}.json")
    assert verdict(page) == "passed"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this check as a file").click()
    signed = json.loads(page.request.get(f"{site.url}/c/{public_id}.json").text())
    names = (GOOD, signed["issuer"]["name"])
    stem = "-".join(re.sub("[^a-z0-9]+", "-", name.lower())[:40].strip("-") for name in names)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert download.value.suggested_filename == f"badge-check-{stem}-{today}.html"
    kept = tmp_path / "kept.html"
    download.value.save_as(kept)

    context = browser.new_context(offline=True, locale="en-GB")
    try:
        alone = watched(context)
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        alone.goto(kept.as_uri())
        assert verdict(alone) == "saved"
        found = outcomes(alone)
        assert (found["proof"], found["key"], found["status"]) == ("passed", "saved", "saved")
        seen = alone.locator("body").inner_text()
        assert "it is no proof" in seen
        assert "Every check passed" not in seen
        assert f"{site.url}{PAGE}#{site.url}/c/{public_id}.json" in seen
        read = alone.locator("ul.read li").all_inner_texts()
        assert {
            re.sub(r"[0-9a-z]{26}", "ID", one.partition(" (")[0].removeprefix(site.url)) for one in read
        } == {
            "/issuers/ID/did.json",
            "/status/ID",
        }
        day = rf"{datetime.now(UTC):%-d} {datetime.now(UTC):%b} {datetime.now(UTC):%Y}"
        assert all(re.search(rf" \({day}, \d\d:\d\d:\d\d\)$", one) for one in read), "with their dates"
        assert asked == [kept.as_uri()]

        text = kept.read_text()
        assert text.count(GOOD) >= 2
        kept.write_text(text.replace(GOOD, "Doctor of Everything"))
        alone.goto(kept.as_uri())
        assert verdict(alone) == "failed"
    finally:
        context.close()


def test_a_badge_that_is_markup_stays_text_on_the_page_and_in_the_file(
    visitor: tuple[Page, list[str]], browser: Browser, tmp_path: Path
) -> None:
    """D1: the file is read back from a disk, where no site's policy stands before it."""
    page, _asked = visitor
    canary = "</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
    case, badge, web = load(VECTORS / "good_pass")
    page.clock.set_fixed_time(case["at"])
    page.route(
        "https://guild.example/**",
        lambda route: route.fulfill(
            body=web[route.request.url], headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    document = json.loads(badge)
    document["name"] = document["credentialSubject"]["achievement"]["name"] = canary
    page.goto(PAGE)
    page.get_by_label("The badge’s address, or its text").fill(json.dumps(document))
    page.get_by_role("button", name="Check", exact=True).click()
    assert verdict(page) == "failed"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this check as a file").click()
    kept = tmp_path / "kept.html"
    assert re.fullmatch(r"badge-check-\d{4}-\d\d-\d\d\.html", download.value.suggested_filename)
    download.value.save_as(kept)
    assert canary not in kept.read_text()
    assert html.escape(canary) not in kept.read_text()
    context = browser.new_context(offline=True)
    try:
        alone = context.new_page()
        alone.goto(kept.as_uri())
        assert verdict(alone) == "failed"
        assert "owned" not in (page.title(), alone.title())
    finally:
        context.close()


def test_an_address_that_was_cut_in_the_middle_leaves_the_form(visitor: tuple[Page, list[str]]) -> None:
    page, _asked = visitor
    page.goto(f"{PAGE}#https%3A%2F%2Fexample.org%2")
    expect(page.get_by_label("The badge’s address, or its text")).to_be_visible()


def test_without_scripts_it_says_what_else_there_is(browser: Browser, site: LiveSite) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(PAGE)
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        expect(page.locator("form[data-check]")).to_be_hidden()
        expect(page.get_by_role("link", name="Verify a badge").first).to_be_visible()
    finally:
        context.close()


MAKE_PART = """
from plaudit_site.awards import limiting
from plaudit_site.awards.models import Award
award = Award.objects.select_related("earner").get(public_id="{id}")
print(limiting.make(award, award.earner, limiting.Wanted(days=3)).public_id)
"""


@pytest.mark.journey("J37")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_that_shows_less_is_told_why_it_cannot_be_checked_and_where_it_can(
    visitor: tuple[Page, list[str]], site: LiveSite, width: int
) -> None:
    page, _asked = visitor
    page.set_viewport_size({"width": width, "height": 900})
    award = site.demo["certificates"][GOOD].rpartition("/")[2]
    part = site.manage("shell", "-v", "0", "-c", MAKE_PART.format(id=award)).strip().splitlines()[-1]
    page.goto(f"{PAGE}#{site.url}/s/{part}")
    found = page.locator("#found")
    expect(found.get_by_role("heading", name="This link shows only a part of a badge")).to_be_visible()
    expect(found).to_contain_text("there is no file behind it")
    expect(found).to_contain_text("Open it at its issuer’s site")
    looks_right(page)
    expect(found.locator(".notice.info")).to_be_visible()
    found.get_by_role("link", name="See how the badge stands").click()
    expect(page).to_have_url(f"{site.url}/s/{part}")
    page.goto(f"{PAGE}#{site.url}/s/{'0' * 26}")
    expect(found.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    expect(found).to_contain_text("for some time, at its issuer’s site alone")
    looks_right(page)
