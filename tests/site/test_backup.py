"""What a backup of PostgreSQL is; SQLite's stands with the commands, in test_operations.py."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from plaudit_site import backup


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_backup_of_postgresql_is_a_dump(tmp_path: Path) -> None:
    if not shutil.which("pg_dump"):
        with pytest.raises(backup.BackupFailed, match="postgresql-client"):
            backup._dump_postgresql(connection.settings_dict, tmp_path / "dump")
        return
    dump = backup._dump_postgresql(connection.settings_dict, tmp_path / "dump")
    assert dump.read_bytes().startswith(b"PGDMP")


def test_a_file_that_goes_while_it_is_copied_is_passed_over(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in ("a/goes.csv", "a/stays.csv", "stays.png"):
        (settings.MEDIA_ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.MEDIA_ROOT / name).write_text(name)
    copy2 = shutil.copy2

    def copied(source: str, target: str) -> object:
        (settings.MEDIA_ROOT / "a" / "goes.csv").unlink(missing_ok=True)
        return copy2(source, target)

    monkeypatch.setattr(backup.shutil, "copy2", copied)
    monkeypatch.setattr(backup, "_copy_database", lambda directory: directory / "a database")
    said: list[str] = []
    assert backup.write(tmp_path / "copy", said.append) == 0, said
    copies = (tmp_path / "copy" / "media").rglob("*")
    assert sorted(path.name for path in copies if path.is_file()) == ["stays.csv", "stays.png"]
    assert any("(2 files)" in line for line in said)


def test_a_file_that_cannot_be_read_still_ends_the_backup(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "a.png").write_text("a")

    def copied(_source: str, _target: str) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copy2", copied)
    monkeypatch.setattr(backup, "_copy_database", lambda directory: directory / "a database")
    assert backup.write(tmp_path / "copy", lambda _line: None) == 1
