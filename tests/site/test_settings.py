"""Every setting is documented, every documented setting exists, and nonsense is refused by name."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "plaudit_site" / "settings.py"
PAGE = (ROOT / "docs" / "settings.md").read_text()
DOCUMENTED = dict(re.findall(r"^\| `([A-Z_]+)` \|(?:.*)\| ([^|]+) \|$", PAGE, re.MULTILINE))

# Values that must be refused. A variable that takes any text has none, and says so here.
NONSENSE: dict[str, list[str]] = {
    "BASE_URL": [
        "badges.example.org",
        "http://badges.example.org",
        "https://127.0.0.1",
        "https://[::1]",
        "https://example.org/badges",
        "https://user@example.org",
        "ftp://example.org",
    ],
    "DATABASE_URL": ["mysql://localhost/plaudit", "plaudit.sqlite3"],
    "EMAIL_URL": ["localhost", "imap://localhost", "smtp://"],
    "PLAUDIT_COUNT_VIEWS": ["maybe"],
    "PLAUDIT_EXAMPLES": ["https://example.org/badge", "a-badge"],
    "CELERY_BROKER_URL": ["localhost:6379", "amqp://localhost"],
    "HOST": [],
    "PLAUDIT_BOUNCE_ADDRESS": [
        "bounces",
        "a-very-long-name-for-bounces@example.org",
        "b@example.org\nBcc: c@d.org",
    ],
    "PLAUDIT_BOUNCE_MAILDIR": [],
    "PLAUDIT_API_A_MINUTE": ["-1", "many"],
    "PLAUDIT_CANCEL_SECONDS": ["-1", "a minute"],
    "PLAUDIT_DATA_DIR": ["/dev/null/data", "/dev/null"],
    "PLAUDIT_DEBUG": ["maybe"],
    "PLAUDIT_DEMO": ["maybe", "2"],
    "PLAUDIT_FILES_KEY": [],
    "PLAUDIT_FILES_SECRET": [],
    "PLAUDIT_FILES_URL": [
        "https://bucket",
        "s3:///folder",
        "s3://bucket?endpoint=storage.example.org",
        "s3://bucket?password=x",
        "s3://bucket",
    ],
    "PLAUDIT_FORGET_UNCLAIMED_DAYS": ["-1", "two years"],
    "PLAUDIT_FORGET_LISTS_DAYS": ["-1", "a month"],
    "PLAUDIT_IMPORT_MOST_MB": ["lots", "1.5"],
    "PLAUDIT_IMPORT_MOST_ROWS": ["-5", "1e6"],
    "PLAUDIT_ISSUERS": ["everybody"],
    "PLAUDIT_JOURNAL_DIR": [],
    # The last one cannot be made, like one in a directory of somebody else's.
    "PLAUDIT_KEY_FILE": ["/dev/null", "/dev/null/key", "/proc/key"],
    "PLAUDIT_LOG_LEVEL": ["LOUD"],
    "PLAUDIT_MAIL_DOMAIN_AT_ONCE": ["-1", "few"],
    "PLAUDIT_MAIL_DOMAIN_A_MINUTE": ["-1", "many"],
    "PLAUDIT_MAIL_FROM": ["badges", "a@b@c", "a@example.org\nBcc: b@example.org"],
    "PLAUDIT_MAIL_SERVICE": ["sendmail", "Mailgun"],
    "PLAUDIT_MAIL_SERVICE_KEY": [],
    "PLAUDIT_MAIL_SERVICE_PASSWORD": ["short:one", "a-long-one-without-a-colon"],
    "PLAUDIT_NEW_ISSUER_DAILY_MAILS": ["-1", "many"],
    "PLAUDIT_SITE_NAME": [],
    "PLAUDIT_WEBHOOK_HOSTS": ["crm.internal", "https://crm.internal:8443", ":8443", "crm.internal:99999"],
    "PLAUDIT_WEB_THREADS": ["four"],
    "PLAUDIT_WEB_WORKERS": ["-1"],
    "PLAUDIT_WORKERS": ["-1", "two"],
    "PORT": ["0", "65536", "http", "８０"],
}


def read_calls() -> dict[str, ast.expr]:
    """What settings.py reads: name -> the expression of its default."""
    calls = [node for node in ast.walk(ast.parse(SOURCE.read_text())) if isinstance(node, ast.Call)]
    return {
        call.args[0].value: call.args[1]
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "read"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


READ = read_calls()


def test_every_variable_is_documented_and_no_other() -> None:
    assert sorted(DOCUMENTED) == sorted(READ)


def test_documented_defaults_are_the_real_ones() -> None:
    real = {name: default.value for name, default in READ.items() if isinstance(default, ast.Constant)}
    assert {name: f"`{value}`" if value else "*empty*" for name, value in real.items()} == {
        name: DOCUMENTED[name] for name in real
    }


def test_every_variable_has_its_nonsense() -> None:
    assert sorted(NONSENSE) == sorted(READ)


def load(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own, so that no other test sees them."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import plaudit_site.settings"],
        env={
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "PLAUDIT_DATA_DIR": str(tmp_path / "data"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


def test_the_defaults_load(tmp_path: Path) -> None:
    assert load(tmp_path).returncode == 0


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in NONSENSE for value in NONSENSE[name]])
def test_nonsense_is_refused_and_the_variable_named(tmp_path: Path, name: str, value: str) -> None:
    done = load(tmp_path, **{name: value})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert name in last


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("http\n")
    assert "PORT='http'" in load(tmp_path, PORT_FILE=str(file)).stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "PORT_FILE=" in load(tmp_path, PORT_FILE=str(tmp_path / "nowhere")).stderr


def test_settings_alone_read_the_environment() -> None:
    allowed = {
        "settings.py",  # the one place
        "wsgi.py",  # names the settings module
        "asgi.py",  # tells Django that its one connection is never used across an await
        "celery.py",  # names the settings module
        "__main__.py",  # names the settings module, and sets what `demo` means
        "backup.py",  # hands the environment on to pg_dump
    }
    reading = {
        path.name
        for path in (ROOT / "src").rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)|from os import environ", path.read_text())
    }
    assert reading <= allowed


def test_a_refused_address_does_not_show_its_password() -> None:
    from plaudit_site.settings import without_password

    assert without_password("postgres://ada:geheim@db/x") == "postgres://ada:…@db/x"
    assert "s3cret" not in without_password("smtp+tls://me:s3:c/ret@mail.example:99999")
    assert without_password("sqlite:///x.db") == "sqlite:///x.db"
