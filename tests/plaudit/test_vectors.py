"""Our own corpus: the name of a folder is the verdict (tests/vectors/make.py writes them)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import plaudit
from plaudit.reading import parse_date_time
from tests.vectors import make

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
CASES = sorted(path.parent for path in VECTORS.glob("*/case.json"))


def load(folder: Path) -> tuple[dict, bytes, dict[str, bytes]]:
    case = json.loads((folder / "case.json").read_text())
    web = {url: (folder / name).read_bytes() for url, name in case["web"].items()}
    return case, (folder / case["badge"]).read_bytes(), web


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_name_is_the_verdict(folder: Path) -> None:
    case, badge, web = load(folder)
    at = parse_date_time(case["at"])
    assert at is not None
    report = plaudit.verify(badge, fetch=plaudit.MappedFetch(web), at=at, recipient=case["recipient"])
    found = {check.id: check.outcome for check in report.checks}
    assert report.verified is folder.name.endswith("_pass"), report.as_dict()
    assert {name: found[name] for name in case["expect"]} == case["expect"], report.as_dict()
    assert all(check.sentence and check.title for check in report.checks)
    if any(found[name] != "passed" for name in ("terms", "proof", "key")):
        assert report.credential is None, "content that nobody signed would be shown"


def test_no_verdict_depends_on_what_was_verified_before() -> None:
    """All cases in one process, forwards and back, twice each: no cache may carry a verdict from one to another."""

    def judged(folder: Path) -> dict:
        case, badge, web = load(folder)
        at = parse_date_time(case["at"])
        assert at is not None
        fetch = plaudit.MappedFetch(web)
        return plaudit.verify(badge, fetch=fetch, at=at, recipient=case["recipient"]).as_dict()

    first = {folder.name: judged(folder) for folder in CASES}
    for order in (CASES, CASES[::-1]):
        for folder in order:
            for _ in range(2):
                report = judged(folder)
                assert report["verified"] is folder.name.endswith("_pass")
                assert report == first[folder.name]


def test_every_refusal_has_its_counterpart_that_is_accepted() -> None:
    names = {folder.name for folder in CASES}
    assert len([name for name in names if name.endswith("_fail")]) >= 500
    assert len([name for name in names if name.endswith("_pass")]) >= 150
    assert {"good_pass", "baked_png_pass", "baked_svg_pass", "last_second_pass", "suspension_pass"} <= names
    for kind in ("string", "number", "boolean", "null", "array", "object", "type"):
        assert f"undefined_{kind}_fail" in names


def test_the_corpus_is_what_the_script_writes(tmp_path: Path) -> None:
    make.write(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(VECTORS): path.read_bytes()
        for folder in VECTORS.iterdir()
        if folder.name.endswith(("_fail", "_pass")) or folder.name == "web"
        for path in folder.iterdir()
    }
    assert made == kept


@pytest.mark.parametrize(
    "name", ["good_pass", "value_changed_fail", "status_unreachable_fail", "two_in_png_fail"]
)
def test_the_command_line_gives_the_same_verdict(name: str) -> None:
    case, _, _ = load(VECTORS / name)
    maps = [f"--map={url}={VECTORS / name / file}" for url, file in case["web"].items()]
    command = [sys.executable, "-m", "plaudit", "verify", str(VECTORS / name / case["badge"])]
    done = subprocess.run(
        [*command, "--offline", "--json", "--at", case["at"], *maps],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(VECTORS.parents[1] / "src")},
    )
    report = json.loads(done.stdout)
    assert report["verified"] is name.endswith("_pass")
    assert done.returncode == {"good_pass": 0, "status_unreachable_fail": 2}.get(name, 1)
