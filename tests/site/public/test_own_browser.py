"""What the site gives to the page that checks by itself: one policy, pinned vocabularies, words for every outcome."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.test import Client

import plaudit_site
from plaudit import documents, schema
from plaudit_site.public import browser_words
from plaudit_site.public.views.own_browser import JSONLD

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
STATIC = Path(plaudit_site.__file__).parent / "static"
JUDGE = Path(__file__).parents[2] / "conformance" / "digitalbazaar" / "node_modules" / "jsonld"


def test_this_page_alone_may_ask_other_hosts(browser: Client) -> None:
    """DECISIONS 27: connect-src https: here, and nowhere else."""
    page = browser.get("/verify/in-your-browser")
    policy = page["Content-Security-Policy"]
    assert re.search(r"connect-src 'self' https:(;|$)", policy)
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "img-src 'self' data:" in policy
    for other in ("/", "/verify/", "/help/checking/"):
        assert "https:" not in browser.get(other)["Content-Security-Policy"]


def test_it_sets_no_cookie_and_is_the_same_for_whatever_is_asked(browser: Client) -> None:
    one, other = browser.get("/verify/in-your-browser"), browser.get("/verify/in-your-browser?badge=x")
    assert not one.cookies
    assert one.content == other.content


def test_the_vocabularies_are_the_librarys(browser: Client) -> None:
    known = browser.get("/verify/known.json").json()
    assert known["contexts"] == {url: {"@context": documents.load_context(url)} for url in documents.PINNED}
    assert known["schema"] == json.loads(json.dumps(schema.json_schema()))


def test_every_check_has_its_words() -> None:
    words = browser_words.words()
    script = (STATIC / "js" / "check" / "verifying.js").read_text()
    assert set(words["checks"]) >= set(re.findall(r'run\(report, "(\w+)"', script)) | {"proof", "key"}
    for name, outcomes in words["checks"].items():
        assert {"passed", "failed", "unknown"} <= set(outcomes), name
        assert all(one["title"] for one in outcomes.values())
    for name in ("status", "inner"):
        assert words["checks"][name]["absent"]["title"]


def test_what_was_made_by_others_is_what_its_makers_made() -> None:
    kept = (STATIC / JSONLD).read_bytes()
    sources = (STATIC / "SOURCES.md").read_text()
    assert hashlib.sha256(kept).hexdigest() in sources
    assert b"sourceMappingURL" not in kept
    if JUDGE.is_dir():
        theirs = (JUDGE / "dist" / "jsonld.min.js").read_bytes()
        assert hashlib.sha256(theirs).hexdigest() in sources
        assert theirs.partition(b"//# sourceMappingURL")[0].rstrip() == kept.rstrip()


def test_the_limits_are_told() -> None:
    """Both the document and the browser's test name each thing that the page leaves to others."""
    root = Path(__file__).parents[3]
    test = (root / "tests" / "browser" / "test_own_browser.py").read_text()
    table = test[test.index("LIMITS = {") : test.index("def outcome")]
    names = re.findall(r'^    "([^"]+)": "', table, re.MULTILINE)
    told = (root / "docs" / "checks.md").read_text()
    assert len(names) >= 15
    assert [name for name in names if name not in told] == []
