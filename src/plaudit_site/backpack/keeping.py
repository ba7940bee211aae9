"""Results that can be shown to others for a day, and are forgotten then."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from plaudit import baking
from plaudit_site.backpack import own_addresses, pasting, verifying
from plaudit_site.backpack.models import Result
from plaudit_site.backpack.unpacking import Piece

KEPT = timedelta(hours=24)
ARCHIVE = "archive"
"""In `Result.report`, in place of a report: those of the files of an archive (verifying.Judged)."""
FORGOTTEN_AT_ONCE = 500
_AN_ID = re.compile(r"(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{26}(?![0-9a-z])")
_BEGINNINGS = {
    b"\x89PNG\r\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"RIFF": "webp",
    b"%PDF": "pdf",
    b"PK\x03\x04": "zip",
}


def check(given: bytes | str, now: datetime) -> Result:
    """Verify a badge and keep what came of it for a day. Raises verifying.Busy."""
    text = pasting.meant(given) if isinstance(given, str) else ""
    report, drawn = verifying.verify_with_pictures(given, now)
    return Result.objects.create(
        at=now,
        ends_at=now + KEPT,
        address=own_addresses.without_secrets(text)
        if text.startswith(("https://", "http://")) and len(text) <= 2000
        else "",
        looks_like=looks_like(given),
        report=report,
        pictures=[base64.b64encode(picture).decode() for picture in drawn],
    )


def check_archive(pieces: list[Piece], now: datetime) -> Result:
    """Verify every badge of an archive, and keep what came of each for a day."""
    judged = [vars(one) for one in verifying.verify_all(pieces, now)]
    return Result.objects.create(at=now, ends_at=now + KEPT, looks_like="zip", report={ARCHIVE: judged})


def find(public_id: str) -> Result | None:
    return Result.objects.filter(public_id=public_id, ends_at__gt=timezone.now()).first()


def forget_some() -> int:
    """Results whose day is over go. Returns how many."""
    over = Result.objects.filter(ends_at__lte=timezone.now()).order_by("pk").values_list("pk", flat=True)
    return Result.objects.filter(pk__in=list(over[:FORGOTTEN_AT_ONCE])).delete()[0]


def forget_about(awards: Collection[str], identifiers: Collection[str]) -> int:
    """Results that hold one of these awards (public ids), in whatever form, or a badge with one of these identifiers.

    Its older form names it by another address, an archive and a record hold it deep inside, a picture beside another
    badge: every text of every result is looked at. There is a day of them.
    """
    if not awards and not identifiers:
        return 0
    wanted, known = frozenset(awards), frozenset(identifiers)
    keys = [
        pk
        for pk, address, report in Result.objects.values_list("pk", "address", "report").iterator(
            chunk_size=50
        )
        if any(
            text in known or not wanted.isdisjoint(_AN_ID.findall(text))
            for text in (address, *_texts(report))
        )
    ]
    for begin in range(0, len(keys), FORGOTTEN_AT_ONCE):
        Result.objects.filter(pk__in=keys[begin : begin + FORGOTTEN_AT_ONCE]).delete()
    return len(keys)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def looks_like(given: bytes | str) -> str:
    """What kind of file this is by its first bytes, for those that people take for badges; "" for any other.

    Of a text, whether it is only the name of something ("name").
    """
    if isinstance(given, str):
        return "name" if pasting.NAMES_ONLY.fullmatch(given.strip()) else ""
    known = next((kind for beginning, kind in _BEGINNINGS.items() if given.startswith(beginning)), "")
    return known or ("svg" if baking.is_svg(given) else "")
