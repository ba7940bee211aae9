"""The rules of the house that no linter knows."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.browser import statements

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "src" / "plaudit_site"
LIBRARY = ROOT / "src" / "plaudit"

KB = 1024
LARGEST = 200 * KB
# Larger than LARGEST, with the reason; a pattern as in Path.match.
LARGE: dict[str, str] = {
    "docs/screenshots/*.png": "pictures of whole pages",
}
LONGEST = 400
# Longer than LONGEST lines, with the reason why it is one thing all the same.
LONG: dict[str, str] = {
    "src/plaudit/did.py": "one question, whose key this is, for every kind of identifier",
    "src/plaudit/keys.py": "one kind of thing, a key: its public and its private half, in every form they are written",
    "src/plaudit/ob2.py": "the words of one standard, its versions 2 and 1, and what each must hold",
    "src/plaudit_site/api/operations.py": "data alone: every call of the API",
    "src/plaudit_site/api/schemas.py": "data alone: what every request and answer of the API looks like",
    "src/plaudit_site/awards/models.py": "the rows of one life: the list it came from, the award, what it becomes",
    "src/plaudit_site/settings.py": "every variable of the environment: how it is read, and what it sets",
    "src/plaudit_site/achievements/designing.py": "one picture, from its outline to its last letter",
}

# The one file of each package that may reach the network, and what counts as reaching it.
DOORS = {
    "src/plaudit/fetch.py",
    "src/plaudit/_connection.py",
    "src/plaudit_site/mail/transports.py",
    "src/plaudit_site/issuers/name_servers.py",
    "src/plaudit_site/asgi.py",  # is called by the server's loop, and opens nothing
    "src/plaudit_site/bridge.py",  # the same
    "src/plaudit_site/ahead.py",  # in that loop, to the database that Django knows
    "src/plaudit_site/serving.py",  # asks whether our own port is free
    "src/plaudit_site/demo/announcing.py",  # waits for our own port to answer
}
NETWORK = {
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
    "requests",
    "httpx",
    "smtplib",
    "ftplib",
    "asyncio",
    "dns.resolver",
}

# Templates that are no pages of ours, or hold no sentence.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout: what is committed cannot be listed")
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def sources(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# What is committed


def test_locks_name_no_registry() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")) + sorted(
        ROOT.glob("tests/conformance/*/*.txt")
    ):
        text = path.read_text()
        assert "://" not in text, name_of(path)
        assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", text, re.M), (
            name_of(path)
        )


def test_every_pinned_package_has_its_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        pins = re.split(r"\n(?=[a-z0-9])", path.read_text())
        without = [pin.split()[0] for pin in pins if pin.strip() and "--hash=sha256:" not in pin]
        assert not without, f"{name_of(path)}: {without}"


def test_package_locks_name_no_registry() -> None:
    locks = [name for name in tracked() if name.endswith("package-lock.json")]
    assert locks
    for name in locks:
        packages = json.loads((ROOT / name).read_text())["packages"]
        assert [one for one, facts in packages.items() if "resolved" in facts] == [], name
        assert [one for one, facts in packages.items() if one and "integrity" not in facts] == [], name


def test_no_lock_format_that_holds_addresses() -> None:
    forbidden = {"uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock", ".npmrc", "pip.conf"}
    assert [name for name in tracked() if Path(name).name in forbidden] == []


def test_no_path_of_somebodys_machine_is_committed() -> None:
    home = re.compile(rb"(?<![\w./-])/(?:home|root|Users|opt|mnt)/[\w.-]+/")
    found = []
    for name in tracked():
        if Path(name).suffix in {".png", ".woff2", ".pdf", ".jpg"}:
            continue
        found += [f"{name}: {match.group().decode()}" for match in home.finditer((ROOT / name).read_bytes())]
    assert found == []


def test_large_files_have_a_reason() -> None:
    reasons = [*LARGE]
    large = [name for name in tracked() if (ROOT / name).stat().st_size > LARGEST]
    assert [name for name in large if not any(Path(name).match(reason) for reason in reasons)] == []


def test_long_source_files_have_a_reason() -> None:
    long = {name_of(p): n for p in sources(ROOT / "src") if (n := len(p.read_text().splitlines())) > LONGEST}
    assert {name: lines for name, lines in long.items() if name not in LONG} == {}


def test_names_the_house_does_not_use() -> None:
    avoided = {"utils", "helpers", "manager", "managers", "service", "services", "core", "common"}
    found = [name_of(p) for p in sources(ROOT / "src") if p.stem in avoided or p.stem.endswith("_v2")]
    assert found == []


# Direction (what .importlinter does not say)


def test_every_browser_test_is_asked_for_by_its_flag() -> None:
    """One without the mark starts Playwright, whose loop stays, beside tests that write to the database."""
    files = {name_of(path): path.read_text() for path in (ROOT / "tests" / "browser").glob("test_*.py")}
    marked = re.compile(r"^pytestmark = .*\bpytest\.mark\.browser\b", re.MULTILINE)
    assert files
    unmarked = [
        name for name, text in files.items() if not marked.search(text) or text.count("pytestmark =") > 1
    ]
    assert unmarked == []


def test_the_network_has_few_doors() -> None:
    found = {
        name_of(path): sorted(NETWORK & set(imports(path)))
        for path in sources(ROOT / "src")
        if NETWORK & set(imports(path)) and name_of(path) not in DOORS
    }
    found.pop("src/plaudit_site/leases.py", None)  # socket.gethostname: a worker's name
    assert found == {}


def test_job_modules_know_no_web() -> None:
    """Only what answers a request may know requests, forms and addresses."""
    web = {
        "views",
        "forms",
        "urls",
        "admin",
        "adapter",
        "middleware",
        "guards",
        "apps",
        "context",
        "error_views",
        "fast",
        "host_urls",
    }
    wrong = []
    for path in sources(SITE):
        room = path.relative_to(SITE).parts
        if len(room) < 2 or web & {path.stem, *room} or "templatetags" in room or path.stem.endswith("views"):
            continue
        for name in set(imports(path)):
            last = name.rsplit(".", 1)[-1]
            if (
                name.startswith("plaudit_site.") and last in {"views", "forms", "urls"}
            ) or name == "django.http":
                wrong.append(f"{name_of(path)} imports {name}")
    assert wrong == []


# What of a report is written for people: whoever decides by it breaks with the next better sentence.
FOR_PEOPLE = {"detail", "sentence", "container"}
READING = {
    "match", "search", "fullmatch", "findall", "finditer", "split", "partition", "rpartition", "startswith", "endswith",
    "removeprefix", "find", "index", "count",
}  # fmt: skip


def _is_for_people(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in FOR_PEOPLE
    return isinstance(node, ast.Attribute) and node.attr in FOR_PEOPLE


def decisions_by_words(tree: ast.AST) -> Iterator[int]:
    """Lines in which a text for people is compared, searched or taken apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
            looked_at = [node.func.value, *node.args]
        elif isinstance(node, ast.Compare):
            looked_at = [node.left, *node.comparators]
        else:
            continue
        if any(_is_for_people(one) for one in looked_at):
            yield node.lineno


def test_nobody_decides_by_the_words_of_a_report() -> None:
    for found in (
        'x["detail"].partition(":")',
        'P.match(r["detail"])',
        '"x" in check.sentence',
        'A in r["container"]',
    ):
        assert list(decisions_by_words(ast.parse(found))) == [1], found
    assert not list(
        decisions_by_words(ast.parse('f(check["detail"]) if check["detail"] else check.sentence'))
    )
    wrong = [
        f"{name_of(path)}:{line}"
        for path in sources(SITE / "public", SITE / "backpack", SITE / "api", SITE / "examining")
        for line in decisions_by_words(ast.parse(path.read_text()))
    ]
    assert not wrong, wrong


def test_the_library_asks_no_clock_and_no_environment() -> None:
    asks = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time|os\.environ|os\.getenv)\b")
    command_line = LIBRARY / "cli"
    found = [
        name_of(p) for p in sources(LIBRARY) if command_line not in p.parents and asks.search(p.read_text())
    ]
    assert found == []


# Pages


def templates() -> list[Path]:
    return sorted(path for path in SITE.rglob("templates/**/*") if path.suffix in {".html", ".txt"})


class Markup(HTMLParser):
    """Collects what a strict content security policy forbids, and the words that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        if tag == "style" or (
            tag == "script" and "src" not in given and given.get("type") != "application/ld+json"
        ):
            self.wrong.append(f"<{tag}> without a file of its own")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.wrong.append(f"{name}= on <{tag}>")
            loads = name in {"src", "srcset", "poster"} or (tag == "link" and name == "href")
            relation = given.get("rel") or ""
            if loads and relation != "canonical" and re.match(r"(https?:)?//", value or ""):
                self.wrong.append(f"{name}={value!r} of another origin on <{tag}>")
            if name in {"alt", "title", "placeholder", "aria-label"} and value:
                self.words.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "code", "pre"} & set(self.open):
            self.words.append(data)


def without_tags_of_django(text: str) -> str:
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%\s*blocktrans(late)?\b.*?%}.*?{%\s*endblocktrans(late)?\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%\s*block \w*attributes\s*%}.*?{%\s*endblock.*?%}", "", text, flags=re.S)
    return re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)


def read(path: Path) -> Markup:
    markup = Markup()
    markup.feed(without_tags_of_django(path.read_text()))
    return markup


def is_mail(path: Path) -> bool:
    return "mail" in path.parts


def test_pages_hold_nothing_inline_and_nothing_foreign() -> None:
    # Mails are read elsewhere, where style attributes are the only style there is.
    wrong = {name_of(p): read(p).wrong for p in templates() if p.suffix == ".html" and not is_mail(p)}
    assert {name: marks for name, marks in wrong.items() if marks} == {}


def test_mails_load_nothing_from_elsewhere_and_run_nothing() -> None:
    wrong = {
        name_of(p): [mark for mark in read(p).wrong if not mark.startswith(("style=", "<style>"))]
        for p in templates()
        if p.suffix == ".html" and is_mail(p)
    }
    assert {name: marks for name, marks in wrong.items() if marks} == {}


def test_every_word_in_a_template_can_be_translated() -> None:
    """Heuristic: two letters in a row outside a translation tag are a word that somebody forgot."""
    found = {}
    for path in templates():
        text = (
            " ".join(read(path).words) if path.suffix == ".html" else without_tags_of_django(path.read_text())
        )
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", " ", text))
        if words:
            found[name_of(path)] = words[:8]
    assert found == {}


@pytest.mark.django_db
def test_every_view_says_who_may() -> None:
    from django.urls import URLPattern, URLResolver, get_resolver

    def views(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, object]]:
        for entry in resolver.url_patterns:
            route = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from views(entry, route)
            elif isinstance(entry, URLPattern):
                yield route, entry.callback

    foreign = ("django.", "allauth.", "ninja.")  # they have guards of their own
    silent = [
        route
        for route, view in views(get_resolver())
        if not getattr(view, "__module__", "").startswith(foreign)
        and not getattr(getattr(view, "view_class", None), "__module__", "").startswith(foreign)
        and not getattr(view, "who", "")
    ]
    assert silent == []


# Documents


def test_the_change_log_has_a_place_for_what_comes() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()


def test_links_between_documents_lead_somewhere() -> None:
    pages = [name for name in tracked() if name.endswith(".md")]
    broken = [
        f"{name}: {target}"
        for name in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / name).read_text())
        if "://" not in target and not target.startswith("mailto:")
        if not ((ROOT / name).parent / target).exists()
    ]
    assert broken == []


def test_the_readme_shows_the_example_and_the_commands_as_they_are() -> None:
    assert run("scripts/readme.py", "--check") == ""


def test_the_page_of_the_journey_is_what_the_tests_say() -> None:
    assert run("scripts/journey.py", "--check") == ""


def run(*command: str) -> str:
    """What one of our scripts has to complain about."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_every_make_target_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):", text, re.M)
    told = re.findall(r"^([a-z-]+):.*## \S", text, re.M)
    assert targets == told
    phony = re.search(r"^\.PHONY: (.*)$", text, re.M)
    assert phony
    assert sorted(phony.group(1).split()) == sorted(targets)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("gate", ROOT / "scripts" / "gate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gate", module)
    spec.loader.exec_module(module)
    return module


def test_the_gate_asks_only_for_packages_that_are_missing(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"node", "npm"}
    monkeypatch.setattr(gate, "found", lambda command: command if command in there else None)
    monkeypatch.setattr(gate, "playwright_starts", lambda: True)
    assert gate.missing("browser") == ["chromium-headless-shell"]
    assert gate.missing("judges") == []
    monkeypatch.setattr(gate, "playwright_starts", lambda: False)
    assert gate.missing("browser") == ["chromium-headless-shell", "libatomic1"]
    there.add("chromium")
    assert gate.missing("browser") == ["libatomic1"], "the whole browser does as well"
    there.clear()
    assert gate.missing("judges") == ["nodejs", "npm"]
    assert all(gate.missing(part) for part in gate.MACHINE)


def test_where_debian_has_no_browser_without_a_window_the_whole_one_is_asked_for(
    gate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def runs(command: list[str], **_more: Any) -> subprocess.CompletedProcess[bytes]:
        asked.append(command[2:])
        return subprocess.CompletedProcess(command, int("chromium-headless-shell" in command))

    monkeypatch.setattr(gate.subprocess, "run", runs)
    gate.install(["chromium-headless-shell", "npm"])
    assert asked == [["chromium-headless-shell", "npm"], ["chromium", "npm"]]


def test_the_long_form_of_the_faults_runs_on_both_databases(
    gate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[tuple[list[str], dict[str, str]]] = []

    def runs(command: list[str], *, env: dict[str, str], **_more: Any) -> subprocess.CompletedProcess[bytes]:
        ran.append((command, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody/elses")
    monkeypatch.setattr(gate, "database_that_answers", lambda: "postgresql://tests@127.0.0.1:5432/test")
    monkeypatch.setattr(gate, "create_database", lambda _address, _name: None)
    monkeypatch.setattr(gate, "drop_databases", lambda _address, _name: None)
    monkeypatch.setattr(gate, "have", lambda _part: True)
    monkeypatch.setattr(gate.subprocess, "run", runs)
    assert gate.faults(gate.Gate(tmp_path)) == 0
    (_first, on_sqlite), (migrate, empty), (command, on_postgresql) = ran
    assert "migrate" in migrate
    assert empty["DATABASE_URL"].endswith(f"/{on_postgresql['PLAUDIT_EMPTY_DATABASE']}")
    assert "DATABASE_URL" not in on_sqlite
    assert on_postgresql["DATABASE_URL"].startswith("postgresql://tests@127.0.0.1:5432/gate_")
    assert gate.ENGINES in command
    assert on_sqlite["PLAUDIT_FAULTS"] == on_postgresql["PLAUDIT_FAULTS"] == gate.LONG
    monkeypatch.setenv("PLAUDIT_FAULTS", gate.LONG)
    engines = importlib.util.spec_from_file_location("engines", ROOT / gate.ENGINES)
    assert engines
    assert engines.loader
    module = importlib.util.module_from_spec(engines)
    engines.loader.exec_module(module)
    assert module.ROWS == 20_000


def test_each_of_the_thirty_statements_has_its_browser_test() -> None:
    folder = ROOT / "tests" / "browser"
    assert sorted(statements.STATEMENTS) == list(range(1, 31))
    for number, (_words, test) in statements.STATEMENTS.items():
        name, _colons, function = test.partition("::")
        assert f"def {function}(" in (folder / name).read_text(), number


ATTACKS = re.findall(
    r"^\| ([ADE]\d+) \| [^|]+ \| ([^|]+) \|$", (ROOT / "docs" / "assurance.md").read_text(), re.M
)


def test_every_attack_of_the_table_is_tried_where_it_says() -> None:
    """docs/assurance.md: a test that is named is there; a file that is named has the number of the row in it."""
    numbers = [row for row, _where in ATTACKS]
    assert numbers == [
        f"{letter}{n}" for letter, last in (("A", 27), ("D", 28), ("E", 10)) for n in range(1, last + 1)
    ]
    for row, where in ATTACKS:
        named = re.findall(r"`([^`]+)`", where)
        assert named, row
        for one in named:
            path, _, test = one.partition("::")
            source = (ROOT / path).read_text()
            sought = rf"^def {test}\(" if test else rf"\b{row}\b"
            assert re.search(sought, source, re.M), f"{row}: {one}"
