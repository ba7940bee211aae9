"""What `make test` ran before this session (linters, types, PostgreSQL), one test per part."""

import json
import os
from pathlib import Path

import pytest

PARTS = json.loads(Path(os.environ["PLAUDIT_GATE"]).read_text())


@pytest.mark.parametrize("part", PARTS, ids=[part["name"] for part in PARTS])
def test_part_of_the_gate_passed(part: dict[str, str]) -> None:
    if part["outcome"] == "skipped":
        pytest.skip(part["words"])
    if part["outcome"] != "passed":
        pytest.fail(part["words"], pytrace=False)
