"""Check 9: what is signed inside a badge, as objects and as JWTs; more in the corpus (endorsement_*, record_*)."""

import json
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, issue_jwt
from plaudit.report import Outcome
from tests.plaudit.samples import AT, DAY, credential, web
from tests.vectors.base import resigned
from tests.vectors.inner import BADGE, INSPECTOR, endorsed, endorsement

FETCH = MappedFetch(web())


def token() -> str:
    document = {name: value for name, value in endorsement().items() if name != "proof"}
    return issue_jwt(document, INSPECTOR, AT - DAY)


def judged(badge: bytes, **options: Any) -> plaudit.Report:
    return plaudit.verify(badge, fetch=FETCH, at=AT, **options)


def with_tokens(*tokens: str) -> bytes:
    document = credential()
    document["credentialSubject"]["achievement"]["endorsementJwt"] = list(tokens)
    return resigned(document)


def test_the_report_names_each_with_its_place_and_author() -> None:
    report = judged(endorsed(endorsement()))
    (inner,) = report.inner
    assert inner.path == "/credentialSubject/achievement/endorsement/0"
    assert inner.issuer == INSPECTOR.controller
    assert inner.outcome is Outcome.PASSED
    assert inner.name == endorsement()["name"]
    assert report.as_dict()["inner"] == [inner.as_dict()]


def test_an_endorsement_may_be_a_jwt() -> None:
    report = judged(with_tokens(token()))
    assert report.outcome_of("inner") is Outcome.PASSED, report.as_dict()
    assert report.verified
    assert report.inner[0].path == "/credentialSubject/achievement/endorsementJwt/0"


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "https://evil.example/", "eyJhbGciOiJub25lIn0.e30."])
def test_a_token_that_is_none_is_not_genuine(text: str) -> None:
    report = judged(with_tokens(token(), text))
    assert report.outcome_of("inner") is Outcome.FAILED
    assert [inner.outcome for inner in report.inner] == [Outcome.PASSED, Outcome.FAILED]
    assert report.inner[1].issuer == ""
    assert report.inner[1].name == ""


def test_an_altered_token_is_not_genuine() -> None:
    head, payload, signature = token().split(".")
    other = json.dumps({"x": 1}).encode().hex()
    assert judged(with_tokens(f"{head}.{payload}.{signature[::-1]}")).outcome_of("inner") is Outcome.FAILED
    assert judged(with_tokens(f"{head}.{other}.{signature}")).outcome_of("inner") is Outcome.FAILED


def test_what_cannot_be_opened_is_unknown() -> None:
    from plaudit.checks.case import Case
    from plaudit.checks.inner import _judge

    envelope = {"type": "EnvelopedVerifiableCredential", "id": "data:application/vc+sd-jwt,x~y"}
    found = _judge(Case({}, FETCH, AT), "/x", envelope, frozenset())
    assert found.outcome is Outcome.UNKNOWN
    whole = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{token()}"}
    assert _judge(Case({}, FETCH, AT), "/x", whole, frozenset({BADGE})).outcome is Outcome.PASSED
    other = _judge(Case({}, FETCH, AT), "/x", whole, frozenset({"https://guild.example/b/welding/v1"}))
    assert (other.outcome, other.check) == (Outcome.FAILED, "model")
    assert BADGE in other.detail


def test_nothing_inside_a_forged_badge_is_looked_at() -> None:
    asked: list[str] = []

    def fetch(url: str, accept: str) -> plaudit.Fetched:
        asked.append(url)
        return FETCH(url, accept)

    far = endorsement(plaudit.Signer(INSPECTOR.key, "did:web:far.example#key-1"))
    forged = endorsed(far).replace(b"apprentice", b"grandmaster")
    report = plaudit.verify(forged, fetch=fetch, at=AT)
    assert report.outcome_of("inner") is Outcome.UNKNOWN
    assert report.inner == ()
    assert not any("far.example" in url for url in asked)
    assert BADGE
