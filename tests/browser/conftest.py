"""Fixtures of the browser tests; see harness.py."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import harness, resetting

expect.set_options(timeout=20_000)  # a machine with other things to do is no fault of the page


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[resetting.Running]:
    """The one site whose processes run for the whole session."""
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    beginning = resetting.Beginning(data, tmp_path_factory.mktemp("beginning"))
    # Two web servers, of which each knows at once what the other was told; and a receiver for test_webhooks.py.
    more = {"PLAUDIT_WEB_WORKERS": "2", "PLAUDIT_WEBHOOK_HOSTS": f"localhost:{harness.free_port()}"}
    with harness.running_site(data, port, **more) as site:
        yield resetting.Running(site, beginning)


@pytest.fixture
def site(running: resetting.Running) -> harness.LiveSite:
    """The running site: look, or change only what no other test looks at."""
    return running.for_all()


@pytest.fixture
def own_site(running: resetting.Running) -> harness.LiveSite:
    """The running site with the data that it had in the beginning, for this test alone."""
    return running.for_one()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=harness.chromium(), args=harness.CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser, site: harness.LiveSite) -> Iterator[Callable[..., Page]]:
    """Makes pages, each of another person: `new_page(viewport={"width": 390, "height": 800})`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(harness.new_page(browser, site, **options))


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A narrow touch screen."""
    return new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def without_javascript(new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=False)


@pytest.fixture
def made(site: harness.LiveSite, running: resetting.Running) -> dict[str, Any]:
    """Pages that the demo's people have nothing on: of people of their own."""
    if running.made is None:
        running.made = site.told_by("tests.browser.every_page")
    return running.made
