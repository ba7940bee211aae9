"""The scripts that measure the site run, on a handful of rows: what they measure changes under them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import harness

BENCH = harness.ROOT / "bench"
TRIALS = {
    "mail": ["--mails", "20", "--rounds", "1"],
    "bulk": ["--rows", "50"],
    "papers": ["--rounds", "1", "--seconds", "0.01"],
    "workbook": ["--rows", "200"],
}


@pytest.mark.parametrize("script", TRIALS)
def test_what_measures_the_site_runs(script: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"TMPDIR": str(tmp_path), "BENCH_SITE": str(harness.made_once(tmp_path))}
    environment |= {"PYTHONPATH": f"{harness.ROOT / 'src'}{os.pathsep}{harness.ROOT}"}
    command = [sys.executable, str(BENCH / f"{script}.py"), *TRIALS[script]]
    command += [] if script == "workbook" else ["--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert figures
    for figure in figures:
        assert all(value > 0 for name, value in figure.items() if name in {"ours", "rows", "rate"}), figure
