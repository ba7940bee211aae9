"""An address at which no badge stands: the report says by a word what is there, and the command what to ask for."""

from __future__ import annotations

import json

import pytest

import plaudit
from plaudit import Fetched, FetchError, MappedFetch
from plaudit.cli import checking, main
from plaudit.report import A_PAGE, A_PART, A_PICTURE, CODES, NOT_OPEN, NOT_READ, NOTHING_THERE, TAKEN_AWAY
from tests.plaudit.samples import AT, SVG, png

ADDRESS = "https://guild.example/badge"
PART = b'<!doctype html><head><meta name="open-badge" content="part"></head>'


def answered(status: int | None, body: bytes = b"") -> plaudit.Fetch:
    def fetch(url: str, accept: str) -> Fetched:
        raise FetchError(url, f"answered with status {status}", status=status, body=body)

    return fetch


def page(body: bytes) -> plaudit.Fetch:
    return MappedFetch({ADDRESS: Fetched(ADDRESS, 200, "text/html", body)})


CASES = {
    "nothing": (answered(404), NOTHING_THERE, "unknown"),
    "gone": (answered(410, b"<h1>Gone</h1>"), TAKEN_AWAY, "unknown"),
    "gone, in other words": (answered(410, b'{"error": "gone"}'), TAKEN_AWAY, "unknown"),
    "not for all": (answered(403), NOT_OPEN, "unknown"),
    "sign in": (answered(401), NOT_OPEN, "unknown"),
    "broken": (answered(500), NOT_READ, "unknown"),
    "silent": (answered(None), NOT_READ, "unknown"),
    "a page": (page(b"<h1>Hello</h1>"), A_PAGE, "failed"),
    "a part": (page(PART), A_PART, "failed"),
    "a preview, or a code to scan": (
        MappedFetch({ADDRESS: Fetched(ADDRESS, 200, "image/png", png())}),
        A_PICTURE,
        "failed",
    ),
    "a drawing": (
        MappedFetch({ADDRESS: Fetched(ADDRESS, 200, "image/svg+xml", SVG)}),
        A_PICTURE,
        "failed",
    ),
    "a part, far below": (page(b" " * 300_000 + PART), A_PAGE, "failed"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stands_there_is_told_by_a_word_and_by_the_command(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch, code, outcome = CASES[case]
    report = plaudit.verify(ADDRESS, fetch=fetch, at=AT)
    first = report.checks[0]
    assert (first.code, first.outcome, report.exit_code) == (code, outcome, 3)
    assert report.credential is None
    assert code in CODES
    monkeypatch.setattr(checking, "fetch_of", lambda options: fetch)
    assert main(["verify", ADDRESS]) == 3
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"plaudit: {first.sentence}"
    assert said[-1] == f"plaudit: {checking.ADVICE[code]}"


def test_a_page_that_shows_a_part_and_names_a_file_is_the_file_it_names() -> None:
    """Whoever makes a page may say of it what they like: a badge that is there is judged."""
    body = PART + f'<link rel="alternate" type="application/vc" href="{ADDRESS}.json">'.encode()
    web = {ADDRESS: Fetched(ADDRESS, 200, "text/html", body), f"{ADDRESS}.json": b"{}"}
    report = plaudit.verify(ADDRESS, fetch=MappedFetch(web), at=AT)
    assert (report.checks[0].outcome, report.checks[0].code) == ("passed", "")


def test_a_hosted_badge_that_was_taken_back_is_told_as_that_by_its_address_too() -> None:
    """Open Badges 2.0: its address answers 410, and says so. A picture that names the address was told so before."""
    body = {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": ADDRESS,
        "revoked": True,
        "revocationReason": "A mistake",
    }
    report = plaudit.verify(ADDRESS, fetch=answered(410, json.dumps(body).encode()), at=AT)
    status = next(check for check in report.checks if check.id == "status")
    assert (report.exit_code, status.outcome, status.code) == (1, "failed", "")
    assert "A mistake" in status.detail
    assert report.credential is None
