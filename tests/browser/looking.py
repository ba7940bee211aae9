"""Looking at a page in all ways: light and dark, wide and narrow, axe finds nothing; what is pressed is large enough,
and nothing touches what stands below it; nothing scrolls sideways at 320 pixels, nor with spaced text, from right to
left, or in a language that takes two fifths more room. And which pages are looked at, as each kind of visitor gets
them.
"""

from playwright.sync_api import Page

from tests.browser.harness import AXE, assert_accessible

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
# A box, a button or a heading that touches what stands below it looks broken.
TOUCHING = """() => {
    const kinds = ".box, .notice, .error-summary, .card, .rowcard, .boxed, .btn, .chip, .tools, pre, table, h1, h2";
    const all = [...document.querySelectorAll(kinds)]
        .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        .filter((one) => one.getBoundingClientRect().height > 8 && !one.closest(".vh, .skip, dialog"))
        .map((one) => [one, one.getBoundingClientRect()]);
    return all.flatMap(([one, box]) => all
        .filter(([other, below]) => {
            if (one.contains(other) || other.contains(one)) return false;
            const beside = Math.min(box.right, below.right) - Math.max(box.left, below.left);
            return beside > 8 && below.top - box.bottom > -3 && below.top - box.bottom < 4;
        })
        .map(([other]) => `${one.outerHTML.slice(0, 80)} and ${other.outerHTML.slice(0, 80)}`));
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
    """The page that is open, in all ways; its words are not the same afterwards.

    axe goes through all of it twice, so that each width and each scheme has its turn: what a page says is the same in
    both schemes, and so are its colours at both widths.
    """
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
        assert not (found := page.evaluate(TOO_SMALL)), f"{page.url} at {width}: {found}"
        assert not (found := page.evaluate(TOUCHING)), f"{page.url} at {width}: {found}"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 800})
    for how, change in {"": None, "spaced": SPACED, "rtl": RIGHT_TO_LEFT, "longer": LONGER}.items():
        if change:
            page.evaluate(change)
        assert page.evaluate(TOO_WIDE) == [], f"{page.url} at 320 {how}"
        page.evaluate(AS_BEFORE)


def look_at(page: Page, paths: list[str]) -> None:
    wrong = []
    if AXE.exists():
        page.add_init_script(path=AXE)  # sent once, and not for each page
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
