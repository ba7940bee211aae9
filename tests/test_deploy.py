"""deploy/ without an engine: what its files name is there, and what only a real start had shown stays so."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from plaudit_site.__main__ import parser

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yml").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
EXAMPLE = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "environment.example").read_text(), re.MULTILINE))
TEMPLATE, REST = COMPOSE.split("\nservices:\n")
SERVICES = dict(
    re.findall(r"^  ([a-z]+):\n((?:    .*\n|  #.*\n)+)", REST.split("\nvolumes:\n")[0], re.MULTILINE)
)


def test_every_setting_is_one() -> None:
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )
    said = set(re.findall(r"^    ([A-Z_]+):", TEMPLATE, re.MULTILINE))
    image = set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE.split("ENV ")[1].split("\nUSER")[0]))
    assert "BASE_URL" in said
    assert said | image - {"PATH", "PYTHONDONTWRITEBYTECODE"} <= documented
    assert EXAMPLE - {"DATABASE_PASSWORD", "STORAGE_PASSWORD"} <= documented


def test_every_variable_stands_in_the_example() -> None:
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)) <= EXAMPLE


def test_every_command_is_one() -> None:
    of_the_image = json.loads(DOCKERFILE.split("\nCMD ")[1])
    commands = [of_the_image, *re.findall(r"command: \[(plaudit-site.+)\]", REST)]
    assert len(commands) == 4
    for command in commands:
        arguments = command.split(", ") if isinstance(command, str) else command
        parser().parse_args(arguments[1:])


def test_the_image_owns_each_directory_that_a_volume_covers() -> None:
    made = re.search(r"install -d -o plaudit -g plaudit -m 0700 (.+)", DOCKERFILE)
    assert made
    mounted = set(re.findall(r"^    - [a-z]+:(/data/[a-z]+)$", TEMPLATE, re.MULTILINE))
    assert mounted == set(json.loads(DOCKERFILE.split("\nVOLUME ")[1].split("\n")[0]))
    assert mounted <= set(made[1].split())


def test_what_runs_comes_back_with_the_machine() -> None:
    assert "\n  restart: unless-stopped\n" in TEMPLATE
    for name, said in SERVICES.items():
        assert ("<<: *site" in said or "restart: unless-stopped" in said) or name == "bucket"
        assert "restart: " not in said or "restart: unless-stopped" in said or name in {"bucket", "prepare"}


def test_the_database_is_asked_where_the_site_asks_it() -> None:
    assert "pg_isready, -h, 127.0.0.1," in SERVICES["database"]


def test_nothing_is_fetched_for_the_image_without_a_hash() -> None:
    installs = re.findall(r"/bin/pip (?:install|wheel) (?:[^\n\\&]|\\\n)*", DOCKERFILE)
    assert len(installs) == 4
    for one in installs:
        assert "--require-hashes -r " in one or ("--no-index" in one and "--no-deps" in one), one
    built = [one for one in installs if " wheel " in one]
    assert len(built) == 1, "the package is built once"
    assert "--no-build-isolation" in built[0], "what builds it is not fetched apart"
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    said = (ROOT / "requirements" / "build.in").read_text().splitlines()
    assert [line for line in said if not line.startswith("#")] == wanted


class Site(BaseHTTPRequestHandler):
    """Answers who asks for it by its name."""

    def do_GET(self) -> None:
        is_asked = (self.path, self.headers["Host"]) == ("/health/live", "badges.example.org")
        self.send_response(200 if is_asked else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def is_healthy(directory: Path, **said: str) -> bool:
    """What the image's health check says in a container with these variables."""
    command = json.loads(DOCKERFILE.split("HEALTHCHECK")[1].split("CMD ")[1].split("\n")[0])
    assert command[0] == "plaudit-site"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAUDIT_", "DJANGO_"))}
    for name in ("BASE_URL", "HOST", "PORT", "DATABASE_URL", "EMAIL_URL"):
        kept.pop(name, None)
    environment = {**kept, "PLAUDIT_DATA_DIR": str(directory), **said}
    asked = [sys.executable, "-m", "plaudit_site", *command[1:]]
    return subprocess.run(asked, env=environment, check=False).returncode == 0


def test_the_health_check_asks_where_the_settings_say(tmp_path: Path, port: int) -> None:
    said = {"HOST": "0.0.0.0", "PORT": str(port)}
    assert is_healthy(tmp_path, BASE_URL="https://Badges.Example.org/", **said)
    (tmp_path / "address").write_text("https://badges.example.org\n")
    assert is_healthy(tmp_path, BASE_URL_FILE=str(tmp_path / "address"), **said), "it stands in a file"
    assert not is_healthy(tmp_path, BASE_URL="https://another.example.org", **said)
    assert not is_healthy(tmp_path, BASE_URL="https://badges.example.org", PORT="9")


def test_the_proxy_asks_where_the_site_listens() -> None:
    assert re.search(r"^    HOST: 0\.0\.0\.0\n    PORT: \"8000\"$", TEMPLATE, re.MULTILINE)
    assert "dynamic a web 8000" in (DEPLOY / "Caddyfile").read_text()
