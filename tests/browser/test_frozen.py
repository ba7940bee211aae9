"""The public side outlives its site: `plaudit-site export-static`, shown by Python's own web server."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from plaudit import cli
from tests.browser import harness
from tests.browser.harness import LiveSite

pytestmark = pytest.mark.browser

ROWS = """
import json
from plaudit_site.awards.models import Award
from plaudit_site.public.freezing import _of_people
told = {"shown": [], "hidden": [], "signed": {}, "people": sorted(_of_people())}
for award in Award.objects.filter(credential__isnull=False).select_related("issuer"):
    shown = award.state == "accepted" and award.visibility != "only_me"
    told["shown" if shown else "hidden"].append(award.public_id)
    told["signed"][award.public_id] = [hasattr(award, "revocation"), bool(award.expires_at), award.issuer.slug]
print(json.dumps(told))
"""
SHOW = """
from django.utils import timezone
from plaudit_site.awards.models import Award
from plaudit_site.backpack import keeping
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import collecting, profiles
from plaudit_site.issuers import own_identifiers
award = Award.objects.exclude(visibility="only_me").filter(state="accepted", revocation=None).first()
own_identifiers.remember(award.issuer, "badges.own.example")
eve, content = award.earner, bytes(award.credential.content)
Award.objects.filter(earner=eve, state="accepted").exclude(visibility="only_me").update(visibility="public")
profiles.take_name(eve, "eve-before")
profiles.take_name(eve, "eve-now")
profile = profiles.profile_of(eve)
profile.is_on = True
profile.save()
made = collecting.make(eve, "My best")
collecting.describe(made, name="My best", text="All of it", visibility="public")
collecting.put(award, eve, [made.public_id])
report = keeping.check(content, timezone.now()).report
for number, visibility in enumerate(["public", "only_me"]):
    Imported.objects.create(
        owner=eve, sha256=str(number) * 64, content=content, form="json", awarded_to=eve.email, report=report,
        state="authentic", title="Elsewhere", issuer_name="Else", awarded_at=award.awarded_at, visibility=visibility,
    )
"""
HIDE = """
from plaudit_site.awards.models import Award
Award.objects.filter(public_id="{id}").update(visibility="only_me")
"""


class Data:
    """A demo's data whose site does not run."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self.environment = harness.environment_of(directory, port)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "plaudit_site", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )

    @functools.cached_property
    def rows(self) -> dict[str, list[str]]:
        """As they were when the copy was made."""
        return json.loads(self.run("manage", "shell", "-v", "0", "-c", ROWS).stdout)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    directory, port = tmp_path_factory.mktemp("frozen") / "data", harness.free_port()
    harness.prepare(directory, port)
    data = Data(directory, port)
    done = data.run("manage", "shell", "-v", "0", "-c", SHOW)
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture(scope="module")
def copy(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("copy") / "public"
    done = data.run("export-static", str(target))
    assert done.returncode == 0, done.stderr
    assert f"wrote {target}: {len(data.rows['shown'])} certificates" in done.stderr
    return target


@contextlib.contextmanager
def served(directory: Path, port: int) -> Iterator[str]:
    """At the port that the site had: the addresses in the badges lead there."""
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(directory),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _try in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address, timeout=5).close()
                break
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def ask(url: str) -> tuple[int, bytes, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read(), answer.url
    except urllib.error.HTTPError as error:
        return error.code, b"", url


@pytest.mark.journey("J39", "J36")
def test_every_link_of_the_copy_leads_somewhere(data: Data, copy: Path) -> None:
    with served(copy, data.port) as site:
        shown = data.rows["shown"]
        seen: dict[str, str] = {}
        waiting = [
            (f"{site}/", "the start"),
            *((f"{site}/c/{one}", "a link that was shared") for one in shown),
        ]
        waiting += [(f"{site}/embed/{one}", "a frame") for one in shown]
        people = [*data.rows["people"], "/@eve-before"]
        assert [path[:3] for path in people] == ["/@e", "/co", "/sh", "/@e"]
        waiting += [(f"{site}{path}", "a page that was shared") for path in people]
        pages = 0
        while waiting:
            url, told_by = waiting.pop()
            url = url.partition("#")[0]
            if url in seen or urlsplit(url).netloc != urlsplit(site).netloc or "/demo/pages/" in url:
                continue
            seen[url] = told_by
            status, body, at = ask(url)
            assert status == 200, f"{url}, which {told_by} names: {status}"
            if not body.lstrip().lower().startswith(b"<!doctype html"):
                continue
            html = body.decode()
            pages += 1
            assert "as of" in html.lower() or "http-equiv" in html, url
            assert not re.search(r"<form\b(?![^>]*data-check)", html), url
            assert "Sign in</a>" not in html, url
            assert "US Letter" not in html, url
            assert not re.search(r"<li><span[^>]*>[^<]*</span><svg", html), (
                f"an arrow that leads nowhere: {url}"
            )
            waiting += [(urljoin(at, found), at) for found in re.findall(r'\b(?:href|src)="([^"]+)"', html)]
        assert pages > 2 * len(shown)
        assert {f"{site}{path}/qr.svg" for path in people[:3]} <= set(seen)
        assert {f"{site}{people[1]}.pdf", f"{site}{people[2]}/file"} <= set(seen)
        for one in shown:
            for form in ("json", "png", "svg"):
                assert f"{site}/c/{one}.{form}" in seen, form


def test_maps_of_the_copy_list_what_is_in_it(data: Data, copy: Path) -> None:
    with served(copy, data.port) as site:
        assert f"Sitemap: {site}/sitemap.xml" in (copy / "robots.txt").read_text()
        parts = re.findall(r"<loc>([^<]*)</loc>", ask(f"{site}/sitemap.xml")[1].decode())
        assert parts
        listed = [one for part in parts for one in re.findall(r"<loc>([^<]*)</loc>", ask(part)[1].decode())]
        assert f"{site}/i/northfold/" in listed
        for address in listed:
            assert ask(address)[0] == 200, address


@pytest.mark.journey("J36", "J37", "J39")
def test_a_browser_shows_the_copy_and_checks_a_badge_in_it(data: Data, copy: Path, browser: Browser) -> None:
    """The site is stopped: a web server that knows nothing but files, and no script of ours but those in the copy."""
    rows = data.rows
    good = next(one for one in rows["shown"] if not rows["signed"][one][0])  # type: ignore[call-overload]
    revoked = next(one for one in rows["shown"] if rows["signed"][one][0])  # type: ignore[call-overload]
    with served(copy, data.port) as address:
        site = LiveSite(address, copy, cast("subprocess.Popen[bytes]", None), {})
        with harness.new_page(browser, site, viewport={"width": 390, "height": 844}) as page:
            for shared in (f"/c/{good}", f"/i/{rows['signed'][good][2]}/c/{good}", f"/c/{good}?via=li"):  # type: ignore[call-overload]
                page.goto(shared)
                expect(page.get_by_role("heading", level=1)).to_have_text("Certificate of Authenticity")
                expect(page.get_by_text("This is a copy, as of")).to_be_visible()
            harness.assert_accessible(page)
            harness.no_sideways_scroll(page)
            assert page.locator("form").count() == 0
            page.get_by_role("link", name="Check it in your own browser").click()
            expect(page.locator(".verdict h2, .verdict h3").first).to_have_text(
                re.compile(r"^Every check passed, as of \d{1,2} \w+ \d{4}$"), timeout=60_000
            )
            status = page.locator('[data-check="status"]')
            expect(status.locator("summary")).to_contain_text(
                re.compile(r"Not revoked, as of \d{1,2} \w+ \d{4}")
            )
            status.locator("summary").click()
            expect(status).to_contain_text("What was revoked later is not in it.")
            expect(page.get_by_text("just now")).to_have_count(0)
            page.goto(f"/c/{revoked}")
            expect(page.get_by_role("heading", level=1)).to_have_text("Certificate, no longer valid")
            expect(page.get_by_text("This is a copy, as of")).to_be_visible()
            page.goto(f"/embed/{good}")
            assert page.locator("a").first.get_attribute("href")
            page.goto(data.rows["people"][0])
            expect(page.get_by_text("This is a copy, as of")).to_be_visible()
            assert (
                page.evaluate(
                    "[...document.images].filter((one) => !one.loading && !one.naturalWidth).length"
                )
                == 0
            )


@pytest.mark.journey("J32", "J37")
def test_every_file_of_the_copy_verifies_against_the_copy(
    data: Data, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The keys and the lists are asked over HTTP, of a web server that knows nothing but files."""
    rows = data.rows
    with served(copy, data.port):
        outcomes = set()
        for one in rows["shown"]:
            revoked, _ends, _slug = rows["signed"][one]  # type: ignore[call-overload]
            for form in ("json", "png", "svg", "jwt"):
                file = copy / "c" / f"{one}.{form}"
                if form == "jwt" and not file.exists():
                    continue
                cli.main(["verify", str(file), "--json", "--allow-localhost", f"localhost:{data.port}"])
                said = capsys.readouterr().out
                report = json.loads(said)
                found = {check["id"]: check["outcome"] for check in report["checks"]}
                assert found["proof"] == found["key"] == "passed", (file, said)
                assert found["status"] == ("failed" if revoked else "passed"), (file, said)
                (of,) = [check["as_of"] for check in report["checks"] if check["id"] == "status"]
                assert re.fullmatch("" if revoked else r"\d{4}-\d\d-\d\d", of), "the list is the last one"
                outcomes.add(found["status"])
        assert outcomes == {"passed", "failed"}, "the demo has both kinds"


def test_final_lists_say_of_which_day_they_are_and_never_end(copy: Path) -> None:
    lists = [path for path in (copy / "status").iterdir() if path.suffix == ".json"]
    assert lists
    for path in lists:
        content = json.loads(path.read_bytes())
        assert "validUntil" not in content
        assert re.search(r"frozen on \d{4}-\d\d-\d\d", content["description"])
        assert path.with_suffix("").read_bytes() == path.read_bytes()


def test_the_keys_of_an_issuers_own_name_are_in_it(copy: Path) -> None:
    """For the directory served at that host too (ADR 0055): beside the document of the site's identifier."""
    (path,) = (copy / "own").glob("*/did.json")
    public_id = path.parent.name
    own = json.loads(path.read_bytes())
    site = json.loads((copy / "issuers" / public_id / "did.json").read_bytes())
    assert own["id"] == f"did:web:badges.own.example:own:{public_id}"
    assert own["alsoKnownAs"] == [site["id"]]
    assert len(own["verificationMethod"]) == len(site["verificationMethod"]) > 0


def test_nothing_private_is_in_it(data: Data, copy: Path) -> None:
    """E1, E3: no page, no file, no address of anybody."""
    hidden = data.rows["hidden"]
    assert hidden
    names = [str(path.relative_to(copy)) for path in copy.rglob("*")]
    assert not [name for name in names for one in hidden if one in name]
    for path in copy.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".json", ".svg", ".jwt"}:
            content = path.read_text(errors="replace")
            assert not [one for one in hidden if one in content], path
            assert "@people.example" not in content, path
            assert "csrfmiddlewaretoken" not in content
    assert not list(copy.rglob(".*.new"))


def test_a_copy_that_was_stopped_goes_on_and_what_became_private_is_gone(
    data: Data, copy: Path, tmp_path: Path
) -> None:
    """What was there is kept until the new one is whole; the second run continues the first one's day."""
    target = tmp_path / "public"
    shutil.copytree(copy, target)
    command = [sys.executable, "-m", "plaudit_site", "export-static", str(target)]
    process = subprocess.Popen(command, env=data.environment, stderr=subprocess.DEVNULL)
    part = tmp_path / "public.part"
    until = time.monotonic() + 120
    while not list(part.glob("c/*/index.html")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert (target / "plaudit-copy.json").exists(), (
        "the older copy stands as long as the new one is not whole"
    )
    done_before = sorted(part.glob("c/*/index.html"))
    assert done_before
    begun = json.loads((part / "plaudit-copy.json").read_text())["at"]
    private = done_before[0].parent.name
    times = {path: path.stat().st_mtime_ns for path in done_before}
    data.run("manage", "shell", "-v", "0", "-c", HIDE.format(id=private))
    old = tmp_path / "public.old"
    shutil.copytree(copy, old)  # as a run leaves it that is killed between its last two steps
    done = data.run("export-static", str(target))
    assert done.returncode == 0, done.stderr
    assert not part.exists()
    assert not old.exists()
    assert json.loads((target / "plaudit-copy.json").read_text())["at"] == begun
    for path, at in times.items():
        now = target / path.relative_to(part)
        assert now.stat().st_mtime_ns == at if path.parent.name != private else not now.exists()
    assert not [path for path in target.rglob("*") if private in path.name]


def test_it_writes_over_nothing_but_a_copy_of_this_site(data: Data, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear").write_text("Eve")
    done = data.run("export-static", str(tmp_path / "letters"))
    assert done.returncode == 2
    assert "name another directory" in done.stderr
    (tmp_path / "letters").rename(tmp_path / "new.old")
    done = data.run("export-static", str(tmp_path / "new"))
    assert done.returncode == 2
    assert "new.old is in the way" in done.stderr
    (tmp_path / "new.old").rename(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear").read_text() == "Eve"
