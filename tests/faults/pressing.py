"""Somebody who awards without end through the API of a site whose database crashes; and what is there afterwards.

python -m tests.faults.pressing prepare ROWS | look     with the site's settings in the environment
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from typing import Any

PATIENCE = 60.0


class Pressing:
    """Awards one after the other, and remembers each answer."""

    def __init__(self, port: int, token: str, badge: str) -> None:
        self.port, self.token, self.badge = port, token, badge
        self.made: list[str] = []
        self.statuses: set[int] = set()
        self._stopped = False

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer; 0 when the connection was refused or cut."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if answer.status == 201 else None
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while self.call("GET", "/health/ready")[0] != 200:
            assert time.monotonic() < end, "the site did not start"
            time.sleep(0.2)

    def go_on(self) -> None:
        number = 0
        while not self._stopped:
            number += 1
            body = {"badge": self.badge, "name": "Eve", "address": f"pressed-{number}@example.org"}
            status, answer = self.call("POST", "/api/v1/awards", body)
            self.statuses.add(status)
            if status == 201:
                self.made.append(answer["id"])
            else:
                time.sleep(0.1)

    def wait_for_more(self, number: int) -> None:
        """Until so many more were answered with 201."""
        end, wanted = time.monotonic() + PATIENCE, len(self.made) + number
        while len(self.made) < wanted:
            assert time.monotonic() < end, f"nothing was awarded any more: {sorted(self.statuses)}"
            time.sleep(0.05)

    def stop(self) -> None:
        self._stopped = True


def prepare(rows: int) -> dict[str, Any]:
    """A site with a list that is being awarded, and a token."""
    from plaudit_site import preparing
    from plaudit_site.api import tokens
    from plaudit_site.api.models import Scope
    from tests import people
    from tests.faults.kill_everywhere import batch_of

    preparing.prepare(migrate=True)
    world = people.make_world()
    batch_of(world, "list", rows)
    badge = world.badge_like("Pressed")
    scopes = [Scope.READ, Scope.AWARD]
    _row, secret = tokens.make(world.issuer, name="Pressing", scopes=scopes, days=None, by=world.ada)
    return {"token": secret, "badge": badge.public_id}


def look(made: list[str]) -> dict[str, Any]:
    """What of it is there, after the worker has done what was left."""
    from plaudit_site import work
    from plaudit_site.awards.models import Award, Batch
    from plaudit_site.examining import whole
    from tests.faults.batch_through_workers import expire

    expire()
    work.run_until_idle("looking")
    there = set(Award.objects.filter(credential__isnull=False).values_list("public_id", flat=True))
    return {
        "missing": sorted(set(made) - there),
        "list": Award.objects.filter(batch=Batch.objects.get(), state="waiting").count(),
        "fsck": [f"{one.promise} {one.what}: {one.problem}" for one in whole.examine().findings],
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare(int(sys.argv[2])) if sys.argv[1] == "prepare" else look(json.load(sys.stdin))))
