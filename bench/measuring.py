"""What the scripts of bench share: measuring ours, asking the peers, and printing both in one table."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent)]
PEER_NODE = ["node", str(HERE / "peers" / "digitalbazaar" / "peer.mjs")]
PEER_PYTHON = [
    str(HERE / "peers" / "python" / ".venv" / "bin" / "python"),
    str(HERE / "peers" / "python" / "peer.py"),
]
PEER_OB2 = [
    str(HERE / "peers" / "openbadges" / ".venv" / "bin" / "python"),
    str(HERE / "peers" / "openbadges" / "peer.py"),
]


@dataclass
class Line:
    """One figure: ours, the peers', the limit. `more_is_better` is False for times and memory."""

    work: str
    unit: str
    ours: float
    peers: dict[str, float] = field(default_factory=dict)
    limit: float | None = None
    goal: str = ""
    more_is_better: bool = True

    def ratio(self, other: float | None) -> float | None:
        if not other or not self.ours:
            return None
        return self.ours / other if self.more_is_better else other / self.ours

    def as_dict(self) -> dict[str, Any]:
        best = (max if self.more_is_better else min)(self.peers.values(), default=None)
        return {
            "work": self.work, "unit": self.unit, "ours": self.ours, "peers": self.peers, "limit": self.limit,
            "ratio_peer": self.ratio(best), "ratio_limit": self.ratio(self.limit),
        }  # fmt: skip


def begin_with_tables(data: Path) -> None:
    """A site as a first start makes it, from BENCH_SITE: making it takes longer than a trial of a script."""
    if ready := os.environ.get("BENCH_SITE"):
        shutil.copyfile(Path(ready) / "empty.sqlite3", data / "plaudit.sqlite3")
        shutil.copytree(Path(ready) / "plain" / "static", data / "static")


@contextmanager
def a_database(beside: str) -> Iterator[str]:
    """The address of a new database beside the PostgreSQL one that is named, dropped in the end; "" gives ""."""
    if not beside:
        yield ""
        return
    import psycopg

    server, name = beside.rpartition("/")[0], f"plaudit_bench_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name}")
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(f"drop database if exists {name} with (force)")


def schema() -> str | None:
    """1EdTech's schema of a badge, for the peer that checks with it; None (and said so) where it is not at hand."""
    vectors = Path(os.environ.get("PLAUDIT_VECTORS", HERE.parent.parent / "shared" / "vectors"))
    file = vectors / "schema" / "ob_v3p0_achievementcredential_schema.json"
    if file.exists():
        return str(file)
    print("no schema at PLAUDIT_VECTORS: @digitalbazaar/vc checks none in this run", file=sys.stderr)
    return None


def options(what: str) -> argparse.Namespace:
    return arguments(what).parse_args()


def arguments(what: str) -> argparse.ArgumentParser:
    """What every script takes; some take more."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round; default: 1")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts; default: 5")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    return parser


def rate(run: Callable[[int], object], chosen: argparse.Namespace) -> float:
    """How often it is done in a second of processor time: the median of the rounds, after one to warm up."""
    figures, number = [], 0
    for round_number in range(chosen.rounds + 1):
        spent, begin, done = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() - begin < chosen.seconds:
            for _ in range(10):
                run(number)
                number += 1
            done += 10
        if round_number:
            figures.append(done / (time.process_time() - spent))
    return statistics.median(figures)


def ask(command: list[str], job: Mapping[str, Any], chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The answers of a peer; nothing where it is not installed (make bench installs it)."""
    if chosen.no_peers:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps({**job, "seconds": chosen.seconds, "rounds": chosen.rounds}))
        try:
            done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            print(f"not installed: {command[0]}", file=sys.stderr)
            return
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if "error" in answer:
            print(f"{answer['work']}: {answer['error']}", file=sys.stderr)
        else:
            yield answer


def show(lines: list[Line], chosen: argparse.Namespace) -> None:
    if chosen.json:
        for line in lines:
            print(json.dumps(line.as_dict()))
        return
    print("| work | unit | ours | peers | limit | to the best peer | to the limit | goal |")
    print("|---|---|---|---|---|---|---|---|")
    for line in lines:
        facts = line.as_dict()
        peers = ", ".join(f"{name} {_short(figure)}" for name, figure in line.peers.items()) or "–"
        ratio = f"{facts['ratio_peer']:.3g} ×" if facts["ratio_peer"] else "–"
        part = f"{facts['ratio_limit']:.0%}" if facts["ratio_limit"] else "–"
        cells = [line.work, line.unit, _short(line.ours), peers, _short(line.limit), ratio, part, line.goal]
        print(f"| {' | '.join(cells)} |")


def _short(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
