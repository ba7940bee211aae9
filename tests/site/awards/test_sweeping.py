"""What a killed process left behind goes; what is needed or under way stays."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from plaudit_site.awards import staging, sweeping
from tests.people import World


@pytest.mark.django_db
def test_old_files_that_no_list_names_are_removed(world: World, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "media", tmp_path / "uploads"
    (tmp_path / "uploads").mkdir()
    file = io.BytesIO(b"name,email\nEve,eve@example.org\n")
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    needed = tmp_path / "media" / batch.file
    stray, half, young = (
        needed.with_name("stray"),
        tmp_path / "uploads" / "a.upload",
        needed.with_name("young"),
    )
    for path in (stray, half, young):
        path.write_bytes(b"half a list")
    for path in (stray, half, needed):
        os.utime(path, (1, 1))
    assert sweeping.sweep_some() == 2
    assert [path.exists() for path in (needed, young, stray, half)] == [True, True, False, False]
    assert sweeping.sweep_some() == 0
