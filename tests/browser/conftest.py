"""Fixtures of the browser tests; see harness.py."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import harness

expect.set_options(timeout=20_000)  # a machine with other things to do is no fault of the page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.LiveSite]:
    """One site for the session: look, or change only what no other test looks at."""
    data, port = tmp_path_factory.mktemp("site") / "data", harness.free_port()
    harness.prepare(data, port)
    with harness.running_site(data, port) as running:
        yield running


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Demo data to copy, and the port it was made for: a site keeps its address."""
    data, port = tmp_path_factory.mktemp("untouched") / "data", harness.free_port()
    harness.prepare(data, port)
    return data, port


@pytest.fixture
def own_site(untouched: tuple[Path, int], tmp_path: Path) -> Iterator[harness.LiveSite]:
    """A site of this test's own."""
    data, port = untouched
    shutil.copytree(data, tmp_path / "data")
    # One web process is enough for one test, and sooner there; the site of the session has two.
    with harness.running_site(tmp_path / "data", port, PLAUDIT_WEB_WORKERS="1") as running:
        yield running


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


@pytest.fixture(scope="session")
def made(site: harness.LiveSite) -> dict[str, Any]:
    """Pages that the demo's people have nothing on: of people of their own."""
    return site.told_by("tests.browser.every_page")
