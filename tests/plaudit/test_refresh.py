"""Refresh (OB 3.0, verification, step 3): only on request, and only the same badge, later, with a good signature."""

from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, bake
from plaudit.fetch import Fetched
from tests.plaudit.refreshing import REFRESH, refreshable
from tests.plaudit.samples import AT, STRANGER, credential, png, web

LATER = {"validFrom": "2026-11-10T00:00:00Z"}
OLD = refreshable()


def refreshed(answer: bytes, old: bytes = OLD, **options: Any) -> plaudit.Report:
    known = MappedFetch(web() | {REFRESH: answer})
    return plaudit.verify(old, **{"fetch": known, "at": AT, "refresh": True} | options)


def test_a_later_form_is_reported_beside_the_old_verdict() -> None:
    expired = refreshable(validUntil="2026-11-21T00:00:00Z")
    report = refreshed(refreshable(**LATER), expired)
    assert not report.verified
    assert report.refreshed is not None
    assert report.refreshed.verified
    assert report.refreshed.credential is not None
    assert report.refreshed.credential["validFrom"] == LATER["validFrom"]
    assert report.as_dict()["refreshed"]["verified"] is True


def test_nothing_is_asked_for_unless_one_asks() -> None:
    assert refreshed(refreshable(**LATER), refresh=False).refreshed is None


def test_a_baked_form_will_do() -> None:
    assert refreshed(bake(png(), refreshable(**LATER))).refreshed is not None


NOT_A_SUCCESSOR = {
    "the same again": OLD,
    "an earlier one": refreshable(validFrom="2026-10-01T00:00:00Z"),
    "another badge": refreshable(**LATER, id="urn:uuid:00000000-0000-4000-8000-000000000001"),
    "another person's": refreshable(
        **LATER, credentialSubject=credential()["credentialSubject"] | {"id": "urn:uuid:1"}
    ),
    "another issuer's": refreshable(
        STRANGER, **LATER, issuer={"id": STRANGER.controller, "type": ["Profile"], "name": "Guild"}
    ),
    "an altered one": refreshable(**LATER).replace(b"apprentice", b"grandmaster"),
    "a web page": b"<html></html>",
    "nothing": b"",
    "a presentation": b'{"type": ["VerifiablePresentation"]}',
}


@pytest.mark.parametrize("name", NOT_A_SUCCESSOR)
def test_what_is_no_successor_leaves_the_original(name: str) -> None:
    report = refreshed(NOT_A_SUCCESSOR[name])
    assert report.refreshed is None
    assert report.verified, "if the refresh is not successful, the original counts"


def test_a_service_that_does_not_answer_leaves_the_original() -> None:
    report = plaudit.verify(OLD, fetch=MappedFetch(web()), at=AT, refresh=True)
    assert (report.verified, report.refreshed) == (True, None)


def test_a_badge_that_is_not_known_to_be_the_issuers_is_not_refreshed() -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> Fetched:
        asked.append(url)
        return MappedFetch(web() | {REFRESH: refreshable(**LATER)})(url, accept)

    altered = OLD.replace(b"apprentice", b"grandmaster")
    assert plaudit.verify(altered, fetch=fetch, at=AT, refresh=True).refreshed is None
    assert REFRESH not in asked


def test_it_is_refreshed_once_and_no_more() -> None:
    report = refreshed(refreshable(**LATER))
    assert report.refreshed is not None
    assert report.refreshed.refreshed is None


@pytest.mark.parametrize(
    "service",
    [[], [{"id": REFRESH, "type": "OtherRefresh"}], {"type": "1EdTechCredentialRefresh"}, "x", None],
)
def test_other_services_are_not_asked(service: Any) -> None:
    from plaudit.verify import _refresh_address

    assert _refresh_address({"refreshService": service}) is None
    assert _refresh_address(None) is None
