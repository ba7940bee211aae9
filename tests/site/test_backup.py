"""What a backup of PostgreSQL is; SQLite's stands with the commands, in test_operations.py."""

import shutil
from pathlib import Path

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
