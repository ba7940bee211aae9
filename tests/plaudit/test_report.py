"""The report: only passed is ever green."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

import plaudit
from plaudit.report import Check, Inner, Outcome, Report
from tests.plaudit.samples import AT, signed

IDS = ("parse", "terms", "model", "proof", "key", "dates", "status", "recipient", "inner")
GOOD = {"status": "absent", "recipient": "absent", "inner": "absent"}
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "report.schema.json"


def report(**outcomes: str) -> Report:
    checks = tuple(
        Check(name, number, name.title(), Outcome(outcomes.get(name, GOOD.get(name, "passed"))), "Words.")
        for number, name in enumerate(IDS, start=1)
    )
    return Report(checks, {"id": "urn:x"}, AT)


def test_all_passed_or_absent_is_verified() -> None:
    assert report().verified
    assert report().exit_code == 0
    assert report(status="passed", recipient="passed").verified


@pytest.mark.parametrize("name", IDS)
def test_one_failed_check_is_enough(name: str) -> None:
    assert not report(**{name: "failed"}).verified
    assert report(**{name: "failed"}).exit_code == 1
    assert [check.id for check in report(**{name: "failed"}).failed] == [name]


@pytest.mark.parametrize("name", IDS)
def test_what_could_not_be_checked_is_not_verified_and_not_failed(name: str) -> None:
    assert not report(**{name: "unknown"}).verified
    assert report(**{name: "unknown"}).exit_code == 2
    assert [check.id for check in report(**{name: "unknown"}).unknown] == [name]


@pytest.mark.parametrize("name", ["proof", "key", "dates"])
def test_an_essential_check_must_have_passed(name: str) -> None:
    assert not report(**{name: "absent"}).verified
    assert report(**{name: "absent"}).exit_code == 2


def test_a_failure_outweighs_the_unknown() -> None:
    assert report(key="unknown", dates="failed").exit_code == 1


def test_nothing_at_all_is_not_verified() -> None:
    assert not Report((), None, AT).verified
    assert Report((), None, AT).exit_code == 2


def test_it_is_ready_for_json() -> None:
    data = json.loads(json.dumps(report().as_dict()))
    assert data["at"] == "2026-11-22T12:00:00Z"
    assert data["verified"] is True
    assert [check["id"] for check in data["checks"]] == list(IDS)
    assert data["checks"][0] == {
        "id": "parse", "number": 1, "title": "Parse", "outcome": "passed", "sentence": "Words.", "detail": "",
        "code": "",
        "as_of": "",
    }  # fmt: skip


def test_outcomes_are_asked_for_by_id() -> None:
    assert report().outcome_of("key") is Outcome.PASSED
    with pytest.raises(KeyError):
        report().outcome_of("keys")


def test_a_second_badge_beside_it_counts_too() -> None:
    good = report()
    for other, code in ((report(), 0), (report(proof="failed"), 1), (report(status="unknown"), 2)):
        both = replace(good, beside=other)
        assert both.exit_code == code
        assert both.verified is (code == 0)
    assert replace(report(dates="unknown"), beside=report(proof="failed")).exit_code == 1
    assert replace(good, beside=replace(report(parse="failed"), readable=False)).exit_code == 1


def test_nothing_to_judge_is_3() -> None:
    assert replace(report(parse="failed"), readable=False).exit_code == 3


def test_a_newer_form_changes_nothing_about_this_one() -> None:
    assert not replace(report(dates="failed"), refreshed=report()).verified


@pytest.mark.parametrize("document", [signed(), b"nothing", b"%PDF-1.4"])
def test_the_report_in_json_is_what_its_schema_says(document: bytes) -> None:
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    made = plaudit.verify(document, fetch=plaudit.offline, at=AT)
    inner = Inner("/issuer/endorsement/0", Outcome.FAILED, "", "proof: altered")
    for one in (made, replace(made, beside=report(), refreshed=made, inner=(inner,))):
        validator.validate(json.loads(json.dumps(one.as_dict())))
    assert not validator.is_valid(made.as_dict() | {"verdict": True})
    assert not validator.is_valid({**made.as_dict(), "checks": []})
