"""Results that can be shown to others for a day, and are forgotten then."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from plaudit_site.backpack import verifying
from plaudit_site.backpack.models import Result

KEPT = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 500
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
    text = given.strip() if isinstance(given, str) else ""
    return Result.objects.create(
        at=now,
        ends_at=now + KEPT,
        address=text if text.startswith(("https://", "http://")) and len(text) <= 2000 else "",
        looks_like=looks_like(given),
        report=verifying.verify(given, now),
    )


def find(public_id: str) -> Result | None:
    return Result.objects.filter(public_id=public_id, ends_at__gt=timezone.now()).first()


def forget_some() -> int:
    """Results whose day is over go. Returns how many."""
    over = Result.objects.filter(ends_at__lte=timezone.now()).order_by("pk").values_list("pk", flat=True)
    return Result.objects.filter(pk__in=list(over[:FORGOTTEN_AT_ONCE])).delete()[0]


def looks_like(given: bytes | str) -> str:
    """What kind of file this is by its first bytes, for those that people take for badges; "" for any other."""
    if isinstance(given, str):
        return ""
    return next((kind for beginning, kind in _BEGINNINGS.items() if given.startswith(beginning)), "")
