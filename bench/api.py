"""The API of a running site: single awards with keys a second, their answers repeated, and pages of a long list.

python bench/api.py [--awards 400] [--listed 100000] [--database postgresql://…] [--json]
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request  # noqa: TID251 - asks our own site on this machine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.browser import harness

FILL = """
import sys
from datetime import timedelta
from django.utils import timezone
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
issuer = Issuer.objects.get(slug="northfold")
version = issuer.achievements.filter(state="published").order_by("pk").first().current
now = timezone.now()
rows = [
    Award(issuer=issuer, version=version, address=f"listed{n}@example.org", name="Listed", state="waiting", made_at=now)
    for n in range(int(sys.argv[1]))
]
Award.objects.bulk_create(rows, batch_size=500)
"""
THREADS = 8


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--awards", type=int, default=400)
    parser.add_argument("--listed", type=int, default=100_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ |= {"PYTHONPATH": str(Path(__file__).resolve().parent.parent / "src")}
    plain = harness.environment_of

    def environment_of(directory: Path, port: int) -> dict[str, str]:
        more = {"PLAUDIT_API_A_MINUTE": "10000000", "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "10000000"}
        more |= {"DATABASE_URL": options.database} if options.database else {}
        return {**plain(directory, port), **more}

    harness.environment_of = environment_of
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder, "data"), harness.free_port()
        harness.prepare(data, port)
        with harness.running_site(data, port) as site:
            figures = measure(site, options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:<44} {figure:>10.1f}")


def run(site: harness.LiveSite, *command: str) -> str:
    return subprocess.run(
        [sys.executable, *command], env=site.environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def measure(site: harness.LiveSite, options: argparse.Namespace) -> dict[str, float]:
    token = run(site, "-m", "plaudit_site", "token", "--issuer", "northfold", "--name", "bench")

    def call(path: str, body: Any = None, key: str = "") -> Any:
        request = urllib.request.Request(  # noqa: TID251
            f"{site.url}/api/v1{path}", json.dumps(body).encode() if body else None
        )
        for name, value in {"Authorization": f"Bearer {token}", "Idempotency-Key": key}.items():
            if value:
                request.add_header(name, value)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: TID251
            return json.loads(answer.read())

    badge = call("/badges")["badges"][0]["id"]
    mark = secrets.token_hex(4)

    def award(number: int) -> None:
        body = {"badge": badge, "name": "Bench", "address": f"{mark}{number}@example.org"}
        call("/awards", body, f"{mark}{number}")

    figures = {}
    for words in ("single awards, a second", "the same again (replayed), a second"):
        begin = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(award, range(options.awards)))
        figures[words] = options.awards / (time.perf_counter() - begin)
    setup = "import django, sys; django.setup()\n"
    site.environment["DJANGO_SETTINGS_MODULE"] = "plaudit_site.settings"
    run(site, "-c", setup + FILL, str(options.listed))
    for words, path in {
        "first page of 50, ms": "/awards",
        "page of 200, ms": "/awards?limit=200",
        "by address, ms": f"/awards?address={mark}1@example.org",
        "accepted alone, ms": "/awards?state=accepted",
    }.items():
        times = []
        for _round in range(15):
            begin = time.perf_counter()
            call(path)
            times.append((time.perf_counter() - begin) * 1000)
        figures[f"{words} (of {options.listed})"] = statistics.median(times)
    return figures


if __name__ == "__main__":
    main()
