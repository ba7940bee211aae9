"""What is left of hostile drawings does nothing in Chromium; as they came they do (SECURITY D6, the corpus)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from plaudit_site.achievements import svg_cleaning
from plaudit_site.achievements.pictures import PictureError
from tests.site.achievements.hostile_svg import CANARY, LEFT_OUT, REFUSED

pytestmark = pytest.mark.browser
AS_THEY_COME = (
    "a script",
    "onload",
    "a script in CDATA",
    "a script from elsewhere",
    "a stylesheet instruction",
)


@pytest.fixture
def opened(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page without any policy, and what it asks for: the drawing alone has to be harmless."""
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("dialog", lambda dialog: asked.append("dialog"))
    yield page, asked
    context.close()


def does_something(page: Page, asked: list[str], drawing: str) -> bool:
    asked.clear()
    address = "http://localhost/drawing.svg"
    page.unroute_all()
    page.route("**/*", lambda route: route.abort())
    page.route(address, lambda route: route.fulfill(body=drawing, content_type="image/svg+xml"))
    page.goto(address)
    for element in page.query_selector_all("a, rect, circle"):
        element.dispatch_event("click")
    page.wait_for_timeout(60)
    title = page.evaluate("document.title")
    return CANARY in title or bool([url for url in asked if url != address])


def test_cleaned_drawings_do_nothing(opened: tuple[Page, list[str]]) -> None:
    for name, drawing in LEFT_OUT.items():
        assert not does_something(*opened, svg_cleaning.clean(drawing.encode())), name
    for name, drawing in REFUSED.items():
        with pytest.raises(PictureError):
            pytest.fail(f"{name} came through: {svg_cleaning.clean(drawing.encode())}")


def test_the_control_as_they_come_they_do(opened: tuple[Page, list[str]]) -> None:
    for name in AS_THEY_COME:
        assert does_something(*opened, LEFT_OUT[name]), name
