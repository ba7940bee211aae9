"""Files that a killed process left behind: half an upload, and a whole one whose list was never stored."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from plaudit_site.awards.models import Batch

FOLDER = "imports"
AT_ONCE = 500
AFTER_SECONDS = 3600.0
"""A younger one may belong to an upload that is under way."""
MOST_AT_ONCE = 1000


def sweep_some() -> int:
    """Remove old files that nothing names. Returns how many."""
    halves, wholes = list(_old(Path(settings.FILE_UPLOAD_TEMP_DIR))), list(strays(MOST_AT_ONCE))
    for path in halves:
        path.unlink(missing_ok=True)
    for name in wholes:
        default_storage.delete(name)
    return len(halves) + len(wholes)


def strays(most: int | None = None) -> Iterator[str]:
    """Uploads in the storage, wherever that is, that no list names and that are no longer under way."""
    try:
        names = sorted(default_storage.listdir(FOLDER)[1])[:most]
    except FileNotFoundError:
        return
    limit = timezone.now() - timedelta(seconds=AFTER_SECONDS)
    for begin in range(0, len(names), AT_ONCE):
        some = [f"{FOLDER}/{name}" for name in names[begin : begin + AT_ONCE]]
        named = set(Batch.objects.filter(file__in=some).values_list("file", flat=True))
        for name in some:
            if name not in named and _is_older(name, limit):
                yield name


def _is_older(name: str, limit: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < limit
    except FileNotFoundError:
        return False


def _old(folder: Path) -> Iterator[Path]:
    limit = time.time() - AFTER_SECONDS
    for path in sorted(folder.glob("*"))[:MOST_AT_ONCE]:
        try:
            if path.is_file() and path.stat().st_mtime < limit:
                yield path
        except FileNotFoundError:
            continue
