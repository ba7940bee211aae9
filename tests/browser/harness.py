"""A real site and a real browser: the process tree on a port of its own, Chromium, axe.

A test takes the fixtures `site` (demo data, shared by the tests of one session) or `own_site` (the same processes, with
the data of the beginning, for tests that change what others look at) and `page`; every page watches for requests to
other hosts and for what the content security policy stopped, and fails its test when there was any.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, TimeoutError

from tests.browser.sessions import COOKIE, Sessions

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "docs" / "screenshots"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ("color-contrast", "link-in-text-block")
START_SECONDS = 90.0  # migrations, demo data and all, on a machine that has other things to do


@dataclass
class LiveSite:
    """A running site: where it is, who lives there, and its process."""

    url: str
    directory: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    demo: dict[str, Any] = field(default_factory=dict)
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.directory / "plaudit.sqlite3")

    def account(self, role: str) -> dict[str, str]:
        """Address and password of the demo's account with this role."""
        found: dict[str, str] = next(one for one in self.demo["accounts"] if one["role"] == role)
        return found

    def log(self) -> str:
        return (self.directory / "log").read_text()

    def manage(self, *arguments: str) -> str:
        """What a management command of this site prints."""
        return subprocess.run(
            [sys.executable, "-m", "plaudit_site", "manage", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def told_by(self, module: str) -> dict[str, Any]:
        """What a program of the tests prints last, as JSON, after it has changed this site's data."""
        more = {
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        done = subprocess.run(
            [sys.executable, "-m", module],
            env=self.environment | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout.splitlines()[-1]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(directory: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAUDIT_", "DJANGO_"))}
    for name in ("BASE_URL", "HOST", "DATABASE_URL", "EMAIL_URL"):
        kept.pop(name, None)
    ours = {"PLAUDIT_DATA_DIR": str(directory), "PORT": str(port), "PLAUDIT_DEMO": "1"}
    return {**kept, **ours, "PLAUDIT_CANCEL_SECONDS": "5", "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "2000"}


def prepare(directory: Path, port: int, **more: str) -> None:
    """The data of a demo, without starting it: a copy of it starts within a second or two."""
    directory.mkdir(parents=True)
    begin = begin_with_static if "DATABASE_URL" in more else begin_with_tables
    begin(directory, demo=True)
    _site_command(directory, environment_of(directory, port) | more, "prepare", "--demo")


def begin_with_tables(directory: Path, *, demo: bool = False) -> None:
    """SQLite's file as the migrations make it, where there is none yet, and static files: most of a first start."""
    there = directory / "plaudit.sqlite3"
    begin_with_static(directory, demo=demo)
    if not there.exists() and (made := made_once(directory)):
        shutil.copyfile(made / "empty.sqlite3", there)


def begin_with_static(directory: Path, *, demo: bool = False) -> None:
    """The static files, collected and compressed before; a demo has more of them."""
    if made := made_once(directory):
        there = made / "static" if demo else made / "plain" / "static"
        shutil.copytree(there, directory / "static", dirs_exist_ok=True)


def made_once(directory: Path) -> Path | None:
    """Empty tables and the static files, made once in each gate, or run of pytest, which `directory` is part of."""
    run = next((one for one in directory.parents if re.fullmatch(r"pytest-[0-9]+", one.name)), None)
    if not (root := os.environ.get("PLAUDIT_MADE_ONCE") or run):
        return None
    root = Path(root)
    made, unfinished = root / "empty-site", root / "empty-site.new"
    with (root / "empty-site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            environment = environment_of(unfinished, free_port())
            _site_command(unfinished, environment, "manage", "migrate", "--verbosity", "0")
            shutil.copyfile(unfinished / "plaudit.sqlite3", unfinished / "empty.sqlite3")
            _site_command(unfinished, environment, "prepare")
            plain = unfinished / "plain"
            begin_plain = {**environment_of(plain, free_port()), "PLAUDIT_DEMO": "0"}
            plain.mkdir()
            shutil.copyfile(unfinished / "empty.sqlite3", plain / "plaudit.sqlite3")
            _site_command(plain, begin_plain, "prepare")
            unfinished.rename(made)
    return made


def _site_command(directory: Path, environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "plaudit_site", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def running_site(directory: Path, port: int, **more: str) -> Iterator[LiveSite]:
    """`plaudit-site demo` in a process tree of its own, stopped at the end."""
    environment = environment_of(directory, port) | more
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "plaudit_site", "demo"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=directory,
        )
    site = LiveSite(f"http://localhost:{port}", directory, process, environment)
    try:
        wait_until_it_answers(site)
        site.demo = json.loads((directory / "demo.json").read_text())
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(site: LiveSite) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if site.process.poll() is not None:
            raise AssertionError(f"the site ended with {site.process.returncode}:\n{site.log()}")
        try:
            with urllib.request.urlopen(f"{site.url}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"the site did not answer within {START_SECONDS:g} s:\n{site.log()}")


def chromium() -> str:
    """Where Chromium is, or the test is skipped with a plain line.

    The one without a window is the same engine, and needs half the time: no frame is drawn around each page.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip(
        "no Chromium on this machine: nothing is proven in a browser (apt-get install chromium-headless-shell)"
    )


class Watch:
    """What a page must not do: ask another host, or run into its own content security policy."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
        self.foreign: list[str] = []
        self.refused: list[str] = []
        self.errors: list[str] = []

    def on(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.foreign.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.refused.append(message.text)

    def check(self) -> None:
        """# SECURITY E6."""
        assert not self.foreign, f"requests to other hosts: {self.foreign}"
        assert not self.refused, f"stopped by the content security policy: {self.refused}"
        assert not self.errors, f"scripts that failed: {self.errors}"


@contextmanager
def new_page(browser: Browser, site: LiveSite, **options: Any) -> Iterator[Page]:
    """A page in a fresh browser context: a person nobody has seen before."""
    watch = Watch(site.url)
    context = browser.new_context(base_url=site.url, locale="en-GB", reduced_motion="reduce", **options)
    context.set_default_timeout(60_000)
    watch.on(context)
    try:
        yield context.new_page()
    finally:
        context.close()
    watch.check()


def assert_accessible(page: Page, *, but: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
    """axe finds nothing on the page as it stands. `but` names rules left out, with the reason at the call."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make browser): accessibility is not proven")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    looked, lines = page.evaluate(
        """async ([tags, but, only]) => {
            const found = await axe.run(document, {
                runOnly: only.length ? {type: "rule", values: only} : {type: "tag", values: tags},
                rules: only.length ? {} : Object.fromEntries(but.map((rule) => [rule, {enabled: false}])),
                resultTypes: ["violations"],
                iframes: false,
            });
            const told = found.violations.flatMap((one) => one.nodes.map((node) =>
                `${one.id} (${one.impact}): ${one.help}\\n    ${node.html.slice(0, 200)}`));
            return [found.passes.length + found.violations.length, told];
        }""",
        [RULES, list(but), list(only)],
    )
    assert looked, "axe looked at nothing"
    assert not lines, f"axe on {page.url}:\n" + "\n".join(lines)


def accessible_in_both_schemes(page: Page) -> None:
    """All of axe in light; in dark what a scheme can change, which is colours."""
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, only=COLOURS)
    page.emulate_media(color_scheme="light")


def no_sideways_scroll(page: Page, width: int = 320) -> None:
    """The page fits a window this narrow (WCAG 1.4.10)."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    too_wide = page.evaluate(
        """(width) => [document.documentElement.scrollWidth, [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width + 1)
            .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))]""",
        width,
    )
    if before:
        page.set_viewport_size(before)
    assert too_wide[0] <= width, f"{page.url} is {too_wide[0]} wide at {width}: {too_wide[1]}"


@contextmanager
def standing_still(page: Page) -> Iterator[None]:
    """What the page asks for by itself waits, so that it stays what it is while it is looked at."""

    def hold(route: Route) -> None:
        if route.request.resource_type not in {"xhr", "fetch"}:
            route.continue_()

    page.route("**/*", hold)
    yield
    page.unroute("**/*", hold)  # what was held goes on


def looks_right(page: Page, *, width: int = 320) -> None:
    """What every page owes its reader: axe in light and dark, and no sideways scroll."""
    accessible_in_both_schemes(page)
    no_sideways_scroll(page, width)


def looks_right_at_both_widths(page: Page, name: str) -> None:
    """The same where a page is laid out in two ways: each width and each scheme has its turn."""
    for width, scheme in ((390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
        picture(page, f"{name}-{width}-{scheme}")
    page.emulate_media(color_scheme="light")
    no_sideways_scroll(page)


def follow_in_letter(page: Page, name: str, leads_to: str) -> None:
    """Press a link in a mail's frame, and once more where Chromium lost the press: it may, on a frame just drawn."""
    link = page.frame_locator("iframe").get_by_role("link", name=name)
    link.click()
    try:
        page.wait_for_url(re.compile(leads_to), timeout=15_000)
    except TimeoutError:
        link.click()
        page.wait_for_url(re.compile(leads_to))


def picture(page: Page, name: str) -> None:
    """The README's screenshot of this page, written when asked for (make screenshots)."""
    if os.environ.get("PLAUDIT_SCREENSHOTS"):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")


def sign_in(page: Page, site: LiveSite, role: str) -> None:
    """As the demo's account for `role`, with a session of its own; the form is pressed every few minutes alone."""
    account = site.account(role)
    if said := site.sessions.said(role):
        cookie = {"name": COOKIE, "value": site.sessions.another(said), "url": site.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        return
    sign_in_as(page, account["address"], account["password"])
    (key,) = [one["value"] for one in page.context.cookies() if one["name"] == COOKIE]
    site.sessions.keep(role, key)


def sign_in_as(page: Page, address: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_text("Use a password").click()
    form = page.locator("form", has=page.locator("input[name=password]"))
    form.locator("input[name=login]").fill(address)
    form.locator("input[name=password]").fill(password)
    form.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


# After everything is loaded: when the largest thing was painted (ms), and how much had moved by then.
PAINTED = """() => new Promise((done) => {
    const seen = {largest: 0, moved: 0};
    new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.largest = one.startTime; })
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.moved += one.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(seen), 500);
})"""
