"""A certificate as a PDF, from the award to its bytes: checked, set, the signed credential attached.

    python bench/papers.py [--seconds 1] [--rounds 5] [--json]

The names are one whose letters the site's own font has, and two that it has not: they are set with what fonts this
machine has, and without the promise of an archive where those have none either. The limit is the program that sets the
page, with an empty one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import measuring
from measuring import Line

NAMES = {"Eve Müller-Łukasz": "of our font's letters", "王小明": "Chinese", "Eve 😀": "with a picture"}


def milliseconds(work: Callable[[], object], chosen: argparse.Namespace) -> float:
    """By the clock, the median of all, after one to warm up."""
    work()
    times: list[float] = []
    until = time.perf_counter() + chosen.seconds * chosen.rounds
    while time.perf_counter() < until or not times:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def main() -> None:
    chosen = measuring.options(__doc__ or "")
    import django

    django.setup()

    import typst
    from django.utils import timezone

    from plaudit_site import preparing
    from plaudit_site.awards import claiming
    from plaudit_site.awards.models import Visibility
    from plaudit_site.public import certificates, checking, files, papers
    from tests import people

    if preparing.prepare(migrate=True):
        raise SystemExit(1)
    world = people.make_world()
    award = world.award()
    claiming.accept(award, people.person("Eve", people.EVE), visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    empty = milliseconds(lambda: typst.compile(b"", format="pdf", ignore_system_fonts=True), chosen)
    whole = milliseconds(lambda: files.content(award, "pdf", timezone.now()), chosen)
    lines = [
        Line("PDF certificate, asked for", "ms", whole, limit=empty, goal="≤ 50 ms", more_is_better=False)
    ]
    page = certificates.page(award, checking.check(award, timezone.now()))
    picture = files.printed(award, page.look)
    for name, said in NAMES.items():
        named = replace(page, holder=name)
        took = milliseconds(lambda named=named: papers.draw(award, named, picture), chosen)  # type: ignore[misc]
        lines.append(Line(f"… set alone, a name {said}", "ms", took, limit=empty, more_is_better=False))
    measuring.show(lines, chosen)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="plaudit-papers-") as folder:
        measuring.begin_with_tables(Path(folder))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
            "PLAUDIT_DATA_DIR": folder,
            "PLAUDIT_LOG_LEVEL": "ERROR",
            "DATABASE_URL": "",
            "EMAIL_URL": "mailbox:",
        }
        main()
