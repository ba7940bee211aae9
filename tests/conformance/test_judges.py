"""What we issue is accepted by others, and what was tampered with is refused by them as it is by us."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plaudit import bake, issue
from plaudit.reading import format_date_time
from plaudit.status import StatusBits, status_list_credential
from tests.conformance.differences import JUDGED_OTHERWISE
from tests.conformance.judges import ask_digitalbazaar, ask_openbadgeslib
from tests.plaudit.samples import (
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    SVG,
    credential,
    issuer_document,
    png,
)

pytestmark = pytest.mark.conformance

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
CASES = sorted(path.parent for path in VECTORS.glob("*/case.json"))


def read(folder: Path) -> tuple[dict[str, Any], Path, dict[str, Path]]:
    case = json.loads((folder / "case.json").read_text())
    return case, folder / case["badge"], {url: folder / name for url, name in case["web"].items()}


# It knows neither Open Badges 2.0 nor JWTs; other judges are asked about those.
ASKED = [
    folder
    for folder in CASES
    if (folder / "badge.json").exists() and not folder.name.startswith(("hosted_", "signed_", "jwt_"))
]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What @digitalbazaar/vc says of every case, in one process."""
    jobs = []
    for folder in ASKED:
        case, badge, web = read(folder)
        jobs.append({"file": badge, "maps": web, "now": case["at"]})
    answers = ask_digitalbazaar(jobs, tmp_path_factory.mktemp("jobs"))
    return {folder.name: answer for folder, answer in zip(ASKED, answers, strict=True)}


@pytest.mark.parametrize("name", [folder.name for folder in ASKED])
def test_digitalbazaar_gives_the_same_verdict(name: str, verdicts: dict[str, dict[str, Any]]) -> None:
    same = verdicts[name]["verified"] is name.endswith("_pass")
    assert same is (name not in JUDGED_OTHERWISE), verdicts[name]


def test_the_list_of_differences_names_only_cases_that_exist() -> None:
    assert set(JUDGED_OTHERWISE) <= {folder.name for folder in CASES}


@pytest.fixture
def fresh(tmp_path: Path) -> tuple[Path, dict[str, Path]]:
    """A badge issued now, for a judge that goes by the machine's clock."""
    now = datetime.now(UTC) - timedelta(minutes=10)
    dates = {"validFrom": format_date_time(now), "validUntil": format_date_time(now + timedelta(days=9))}
    (tmp_path / "badge.json").write_bytes(issue(credential(**dates), GUILD, now))
    listed = status_list_credential(LIST, ISSUER, "revocation", StatusBits.of([1]), now)
    (tmp_path / "list.json").write_bytes(issue(listed, GUILD, now))
    (tmp_path / "did.json").write_text(json.dumps(issuer_document()))
    return tmp_path / "badge.json", {ISSUER_DOCUMENT: tmp_path / "did.json", LIST: tmp_path / "list.json"}


def test_openbadgeslib_accepts_our_badge_bare_and_baked(fresh: tuple[Path, dict[str, Path]]) -> None:
    badge, web = fresh
    picture, drawing = badge.with_suffix(".png"), badge.with_suffix(".svg")
    picture.write_bytes(bake(png(), badge.read_bytes()))
    drawing.write_bytes(bake(SVG, badge.read_bytes()))
    for verdict in ask_openbadgeslib([badge, picture, drawing], web):
        assert verdict["verified"] is True, verdict


TAMPERED = {
    "name": lambda d: d.update(name="PhD"),
    "issuer's name": lambda d: d["issuer"].update(name="University"),
    "issuer": lambda d: d["issuer"].update(id="did:web:evil.example"),
    "created": lambda d: d["proof"][0].update(created="2026-01-01T00:00:00Z"),
    "purpose": lambda d: d["proof"][0].update(proofPurpose="authentication"),
    "value": lambda d: d["proof"][0].update(proofValue="z" + d["proof"][0]["proofValue"][:0:-1]),
    "no proof": lambda d: d.pop("proof"),
    "undefined word": lambda d: d["credentialSubject"].update(medicalLicence="MD-1"),
    "no end": lambda d: d.pop("validUntil"),
    "no status": lambda d: d.pop("credentialStatus"),
}


def test_both_judges_refuse_what_was_tampered_with(fresh: tuple[Path, dict[str, Path]]) -> None:
    badge, web = fresh
    files = [badge]
    for name, change in TAMPERED.items():
        document = json.loads(badge.read_bytes())
        change(document)
        files.append(badge.with_name(f"{name}.json"))
        files[-1].write_text(json.dumps(document))
    now = format_date_time(datetime.now(UTC))
    there = ask_digitalbazaar([{"file": file, "maps": web, "now": now} for file in files], badge.parent)
    here = ask_openbadgeslib(files, web)
    assert [verdict["verified"] for verdict in there] == [True] + [False] * len(TAMPERED), there
    assert [verdict["verified"] for verdict in here] == [True] + [False] * len(TAMPERED), here
