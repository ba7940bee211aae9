"""deploy/ without an engine: what its files name is there, and what only a real start had shown stays so."""

import json
import re
from pathlib import Path

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
