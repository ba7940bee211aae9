"""Our Open Badges 2.0 before 1EdTech's own core: it accepts what we issue, and refuses what was tampered with."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plaudit.checks.hosted import examine
from plaudit.convert import to_ob2
from plaudit.issue_ob2 import hosted_documents, sign_assertion
from plaudit.reading import format_date_time
from tests.conformance.judges import ask_openbadges, need_openbadges
from tests.plaudit.guild2 import (
    ADDRESS,
    ASSERTION_2,
    BADGE,
    BADGE_2,
    ISSUER2,
    ISSUER_2,
    KEY,
    REVOKED,
    Web,
    rsa_key,
)
from tests.plaudit.samples import EMAIL, credential, png

pytestmark = pytest.mark.conformance

NOW = datetime.now(UTC)
PICTURE = "https://guild.example/2/b/soldering.png"
ASSERTION = replace(
    ASSERTION_2,
    issued_on=format_date_time(NOW - timedelta(days=1)),
    expires=format_date_time(NOW + timedelta(days=365)),
)


def written(web: dict[str, Any], folder: Path) -> dict[str, Path]:
    files = {}
    for number, (address, document) in enumerate(web.items()):
        files[address] = folder / f"{number}.json"
        files[address].write_text(json.dumps(document))
    files[PICTURE] = folder / "picture.png"
    files[PICTURE].write_bytes(png())
    return files


def signed_web() -> dict[str, Any]:
    return hosted_documents(
        ASSERTION, BADGE_2, ISSUER_2, key=rsa_key().public(), key_id=KEY, revocation_list_id=REVOKED
    )


def judged(badge: str, web: dict[str, Any], folder: Path, recipient: str | None = None) -> tuple[bool, bool]:
    """Their verdict, and ours."""
    need_openbadges()
    theirs, *_ = ask_openbadges([badge], written(web, folder), recipient)
    findings, _ = examine(badge, fetch=Web(web), at=NOW, recipient=recipient)
    ours = {finding.outcome.value for finding in findings.values()} <= {"passed", "absent"}
    return theirs["verified"], ours


def test_our_hosted_badge_is_accepted(tmp_path: Path) -> None:
    assert judged(ADDRESS, hosted_documents(ASSERTION, BADGE_2, ISSUER_2), tmp_path, EMAIL) == (True, True)


def test_our_award_of_3_made_one_of_2_is_accepted(tmp_path: Path) -> None:
    converted = to_ob2(credential(), assertion_id=ADDRESS, badge_id=BADGE, issuer_id=ISSUER2)
    issuer = replace(converted.issuer, email="hello@guild.example")
    award = replace(converted.assertion, issued_on=ASSERTION.issued_on)
    assert judged(ADDRESS, hosted_documents(award, converted.badge_class, issuer), tmp_path) == (True, True)


def test_our_signed_badge_is_accepted(tmp_path: Path) -> None:
    jws = tmp_path / "badge.jws"
    jws.write_text(sign_assertion(ASSERTION, rsa_key(), KEY))
    theirs, *_ = ask_openbadges([jws], written(signed_web(), tmp_path))
    assert theirs["verified"], theirs
    findings, _ = examine(jws.read_text(), fetch=Web(signed_web()), at=NOW)
    assert findings["proof"].outcome == "passed"


# What 1EdTech's core accepts and we do not, and why.
ACCEPTED_THERE = {
    "withdrawn, it says itself": "it knows a hosted badge as withdrawn only by HTTP status 410",
    "no mail address": "a mail address that is missing is no error to it; the text of 2.0 asks for one",
    "another type": "it takes a document for the class it expects, whatever its type",
    "another owner": "it is content when the issuer lists the key",
    "withdrawn, alone on the list": "its JSON-LD makes one object of an array of one, and it looks for texts in it",
}

HOSTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an address of another": lambda web: web[ISSUER2].update(verification={"allowedOrigins": "x.example"}),
    "another beginning": lambda web: web[ISSUER2].update(
        verification={"startsWith": "https://guild.example/other/"}
    ),
    "expired": lambda web: web[ADDRESS].update(expires=format_date_time(NOW - timedelta(hours=1))),
    "not yet": lambda web: web[ADDRESS].update(issuedOn=format_date_time(NOW + timedelta(days=30))),
    "withdrawn, it says itself": lambda web: web[ADDRESS].update(revoked=True),
    "no badge class": lambda web: web.pop(BADGE),
    "no issuer": lambda web: web.pop(ISSUER2),
    "no assertion": lambda web: web.pop(ADDRESS),
    "no name": lambda web: web[BADGE].pop("name"),
    "no mail address": lambda web: web[ISSUER2].pop("email"),
    "another type": lambda web: web[BADGE].update(type="Criteria"),
    "a date that is none": lambda web: web[ADDRESS].update(issuedOn="soon"),
}


@pytest.mark.parametrize("name", HOSTED)
def test_a_hosted_badge_that_is_not_good_is_refused(name: str, tmp_path: Path) -> None:
    web = hosted_documents(ASSERTION, BADGE_2, ISSUER_2)
    HOSTED[name](web)
    assert judged(ADDRESS, web, tmp_path) == (name in ACCEPTED_THERE, False)


def test_another_recipient_is_refused_by_both(tmp_path: Path) -> None:
    web = hosted_documents(ASSERTION, BADGE_2, ISSUER_2)
    assert judged(ADDRESS, web, tmp_path, "bob@mail.example") == (False, False)


SIGNED: dict[str, Callable[[dict[str, Any], str], str]] = {
    "an altered signature": lambda web, jws: jws[:-8] + ("A" * 8 if jws[-8:] != "A" * 8 else "B" * 8),
    "another owner": lambda web, jws: web[KEY].update(owner="https://evil.example/") or jws,
    "a key that is not listed": lambda web, jws: web[ISSUER2].update(publicKey=[]) or jws,
    "a key that is not there": lambda web, jws: web.pop(KEY) and jws,
    "withdrawn": lambda web, jws: (
        web[REVOKED].update(revokedAssertions=[{"id": ADDRESS}, "urn:uuid:1"]) or jws
    ),
    "withdrawn, alone on the list": lambda web, jws: (
        web[REVOKED].update(revokedAssertions=[{"id": ADDRESS}]) or jws
    ),
    "without a signature": lambda web, jws: jws.rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_badge_that_is_not_good_is_refused(name: str, tmp_path: Path) -> None:
    web = signed_web()
    jws = SIGNED[name](web, sign_assertion(ASSERTION, rsa_key(), KEY))
    file = tmp_path / "badge.jws"
    file.write_text(jws)
    theirs, *_ = ask_openbadges([file], written(web, tmp_path))
    findings, shown = examine(jws, fetch=Web(web), at=NOW)
    assert theirs["verified"] is (name in ACCEPTED_THERE), theirs
    assert {finding.outcome.value for finding in findings.values()} & {"failed", "unknown"}
    assert shown is None or findings["status"].outcome == "failed"
