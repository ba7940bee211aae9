"""docs/checks.md says what verify.py does: the same checks in the same order, and cases that exist."""

import re
from pathlib import Path

from plaudit import verify as verify_module
from plaudit.verify import TITLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "checks.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def rows(title: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[title].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_has_every_check_in_its_order_everywhere() -> None:
    assert [(row[0], row[1]) for row in rows("What each one means") if row[0].isdigit()] == [
        (str(number), f"`{name}`") for number, name in enumerate(TITLES, start=1)
    ]
    for title in ("What makes it fail, stay unknown, or be absent", "Open Badges 2.0 and 1"):
        named = [row[0].strip("`") for row in rows(title) if row[0].startswith("`")]
        assert named == list(TITLES), title


def test_the_module_lists_the_same_checks_with_their_clauses() -> None:
    import importlib

    text = importlib.import_module("plaudit.verify").__doc__ or ""
    assert callable(verify_module)
    listed = re.findall(r"^  (\d) (\w+) +\S.*?  +(\S.*)$", text, re.M)
    assert [(number, name) for number, name, _ in listed] == [
        (str(number), name) for number, name in enumerate(TITLES, start=1)
    ]
    assert all(clause for *_, clause in listed)


def test_every_probe_of_1edtech_has_its_check_and_a_case() -> None:
    table = [row for row in rows("Beside 1EdTech's validator") if row[0] != "probe"]
    assert len(table) >= 20
    for probe, checks, case in table:
        assert set(re.findall(r"`(\w+)`", checks)) <= set(TITLES), probe
        folder = ROOT / "tests" / "vectors" / case.strip("`")
        assert (folder / "case.json").exists(), f"{probe}: no case {case}"
