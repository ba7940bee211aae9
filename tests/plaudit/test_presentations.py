"""A presentation of one credential is that credential; whoever presents it is not judged, and the report says so."""

import json
from pathlib import Path
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, offline
from plaudit.cli import main
from plaudit.proofs import jose
from plaudit.report import Outcome
from tests.plaudit import guild2
from tests.plaudit.samples import AT, DAY, EMAIL, GUILD, credential, signed, status_list, web
from tests.plaudit.samples import LIST as STATUS

FETCH = MappedFetch(web())
V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1111"}


def presented(inside: Any, *, context: str = V2, **changes: Any) -> bytes:
    document = {"@context": [context], "type": ["VerifiablePresentation"], "verifiableCredential": inside}
    return json.dumps(document | changes).encode()


def good() -> Any:
    return json.loads(signed())


def token() -> str:
    return plaudit.issue_jwt(credential(), GUILD, AT - DAY)


def envelope() -> dict[str, Any]:
    address = f"data:application/vc+jwt,{token()}"
    return {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": address}


def judged(given: bytes, fetch: plaudit.Fetch = FETCH, **options: Any) -> plaudit.Report:
    return plaudit.verify(given, fetch=fetch, at=AT, **options)


def recipient(report: plaudit.Report) -> plaudit.Check:
    return next(check for check in report.checks if check.id == "recipient")


def test_a_presentation_as_a_jwt_is_a_kind_that_is_not_opened_and_no_bad_badge() -> None:
    """VC-JOSE-COSE's form of it, and that of VCDM 1.1."""
    inside = json.loads(presented(token()))
    for payload, typ in ((inside, "vp+jwt"), ({"iss": "urn:x:holder", "vp": inside}, "JWT")):
        text = jose.sign(json.dumps(payload).encode(), GUILD.key, {"kid": "urn:x:holder#1", "typ": typ})
        report = judged(text.encode())
        assert (report.outcome_of("parse"), report.exit_code) == (Outcome.UNKNOWN, 2)
        assert not report.failed


@pytest.mark.parametrize("context", [V1, V2])
@pytest.mark.parametrize("how", ["an object", "in an array", "a token", "an envelope"])
def test_the_one_credential_in_it_is_judged(context: str, how: str) -> None:
    inside = {
        "an object": good, "in an array": lambda: [good()], "a token": lambda: [token()], "an envelope": envelope,
    }[how]()  # fmt: skip
    report = judged(presented(inside, context=context))
    assert report.verified, report.as_dict()
    assert "in a presentation" in report.container
    assert report.credential is not None
    assert report.credential["id"] == credential()["id"]


def test_its_verdict_is_that_of_the_credential_alone() -> None:
    forged = good() | {"name": "Welding"}
    unsigned = {name: value for name, value in good().items() if name != "proof"}
    revoked = MappedFetch(web() | {STATUS: status_list(4711)})
    for inside, fetch in (
        (good(), FETCH),
        (forged, FETCH),
        (unsigned, FETCH),
        (good(), revoked),
        (good(), offline),
    ):
        alone = judged(json.dumps(inside).encode(), fetch)
        shown = judged(presented([inside], proof=PROOF), fetch)
        assert (shown.verified, shown.exit_code) == (alone.verified, alone.exit_code)
        assert shown.credential == alone.credential
        assert [check.outcome for check in shown.checks] == [check.outcome for check in alone.checks]


def test_a_proof_around_it_proves_nothing_of_what_is_inside() -> None:
    unsigned = {name: value for name, value in good().items() if name != "proof"}
    report = judged(presented([unsigned], proof=good()["proof"]))
    assert report.outcome_of("proof") is Outcome.FAILED
    assert report.credential is None


def test_the_report_says_that_the_presentation_was_not_judged() -> None:
    said = recipient(judged(presented([good()], proof=PROOF)))
    assert said.outcome is Outcome.ABSENT
    assert "the proof of the presentation around it was not judged" in said.sentence
    said = recipient(judged(presented([good()])))
    assert said.outcome is Outcome.ABSENT
    assert "the presentation around it is not signed" in said.sentence
    asked = recipient(judged(presented([good()], proof=PROOF), recipient=EMAIL))
    assert asked.outcome is Outcome.PASSED
    assert "was not judged" in asked.detail
    assert "presentation" not in recipient(judged(signed())).sentence


def test_an_older_badge_in_a_presentation_says_it_too() -> None:
    web2 = MappedFetch({url: json.dumps(body).encode() for url, body in guild2.hosted_web().items()})
    report = judged(presented([guild2.hosted_web()[guild2.ADDRESS]], proof=PROOF), web2)
    assert report.standard == "Open Badges 2.0"
    assert "was not judged" in recipient(report).sentence


def test_several_are_counted_and_asked_for_one_by_one() -> None:
    report = judged(presented([good(), token()], proof=PROOF))
    assert (report.verified, report.exit_code, report.credential) == (False, 2, None)
    assert report.checks[0].detail == "a presentation of 2 credentials; give them one by one"
    assert (report.presented, report.as_dict()["presented"]) == (2, 2)


def test_how_many_were_presented_is_told_as_a_number() -> None:
    assert judged(presented([good()], proof=PROOF)).presented == 1
    assert judged(presented([token()])).presented == 1
    assert judged(signed()).presented == 0
    assert judged(presented([])).presented == 0


def test_what_was_asked_of_the_holder_is_not_answered_by_a_presentation() -> None:
    proof = PROOF | {"domain": "employer.example", "challenge": "4711"}
    report = judged(presented([good()], proof=proof), domain="employer.example", challenge="4711")
    assert not report.verified


def test_the_command_says_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = []
    for number, (url, body) in enumerate(web().items()):
        (tmp_path / str(number)).write_bytes(body)
        maps.append(f"--map={url}={tmp_path / str(number)}")
    options = ["--offline", "--at=2026-11-22T12:00:00Z", *maps]
    (tmp_path / "one.json").write_bytes(presented([good()], proof=PROOF))
    (tmp_path / "two.json").write_bytes(presented([good(), good()]))
    assert main(["verify", str(tmp_path / "one.json"), *options]) == 0
    assert "was not judged" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "two.json"), *options]) == 2
    assert "a presentation of 2 credentials; give them one by one" in capsys.readouterr().out
