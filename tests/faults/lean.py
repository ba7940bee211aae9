"""A site with five people and three badges, made within seconds and served by its real processes.

python -m tests.faults.lean     with the site's settings in the environment; prints what a test needs of it
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.browser import harness
from tests.browser.harness import LiveSite
from tests.faults.sites import Place, Running, wrong

PASSWORD = "praise-you-can-audit"


@dataclass(frozen=True)
class Lean:
    """Such a site; `ben` awards for its issuer, and so does `ada`. The third badge is renewed when awarded again."""

    place: Place
    environment: dict[str, str]
    ben: Running
    ada: Running
    badges: tuple[str, str, str]
    slug: str

    @property
    def url(self) -> str:
        return self.ben.site.url

    def wrong(self) -> list[dict[str, str]]:
        return wrong(self.environment)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[LiveSite]:
        """`plaudit-site serve`, until it is left; what it said before is still in its log."""
        with (self.place.data / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "plaudit_site", "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        site = LiveSite(self.url, self.place.data, process, self.environment)
        try:
            harness.wait_until_it_answers(site)
            yield site
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def made(data: Path, database_url: str, **more: str) -> Lean:
    """A new one, of which nothing runs yet."""
    place = Place(data, harness.free_port(), database_url)
    harness.begin_with_static(data) if database_url else harness.begin_with_tables(data)
    data.mkdir(exist_ok=True)
    environment = place.environment | {"PLAUDIT_DEMO": "0", "PLAUDIT_ISSUERS": "open"} | more
    done = _run("tests.faults.lean", environment)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    site = LiveSite(f"http://localhost:{place.port}", data, cast(Any, None), environment)
    ben, ada = (Running(site, token) for token in told["tokens"])
    return Lean(place, environment, ben, ada, tuple(told["badges"]), told["slug"])


def _run(module: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module],
        env={**environment, "DJANGO_SETTINGS_MODULE": "plaudit_site.settings"},
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def prepare() -> dict[str, Any]:
    from plaudit_site import preparing
    from plaudit_site.achievements.models import Achievement
    from plaudit_site.api import tokens
    from plaudit_site.api.models import Scope
    from plaudit_site.issuers import access
    from plaudit_site.issuers.models import Role
    from tests import people

    preparing.prepare(migrate=True)
    world = people.make_world()
    access.set_role(world.issuer, world.ben, Role.OWNER, by=world.ada.public_id)  # or no token acts for him
    world.ben.set_password(PASSWORD)
    world.ben.save()
    first_aid = world.badge_like("First Aid", repeat=Achievement.Repeat.RENEW)
    badges = [world.badge, world.badge_like("Another"), first_aid]
    scopes = [Scope.READ, Scope.AWARD, Scope.REVOKE]
    return {
        "tokens": [
            tokens.make(world.issuer, name="Faults", scopes=scopes, days=None, by=who)[1]
            for who in (world.ben, world.ada)
        ],
        "badges": [badge.public_id for badge in badges],
        "slug": world.issuer.slug,
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare()))
