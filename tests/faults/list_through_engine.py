"""A list awarded by two processes of an engine at once; prints what came of it and who had a part in it.

Called by test_engines.py with the settings in the environment: ROWS worker|celery.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import close_old_connections, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from plaudit_site import preparing  # noqa: E402
from plaudit_site.awards.models import Slice  # noqa: E402
from plaudit_site.issuers.models import Issuer  # noqa: E402
from plaudit_site.mail.models import Message  # noqa: E402
from tests import people  # noqa: E402
from tests.faults.batch_through_workers import settle, unsigned, what_came_of  # noqa: E402
from tests.faults.kill_everywhere import batch_of  # noqa: E402

PATIENCE = 240.0
CELERY = [sys.executable, "-m", "celery", "-A", "plaudit_site.celery", "--quiet"]
COMMANDS = {
    "worker": [[sys.executable, "-m", "plaudit_site", "work"]] * 2,
    "celery": [
        *(
            [*CELERY, "worker", "-P", "solo", "-n", f"{name}@localhost", "-l", "ERROR"]
            for name in ("one", "two")
        ),
        # Of two, an operator's mistake, each pokes for itself: it costs nothing but messages (F9).
        *([*CELERY, "beat", "-s", name, "-l", "ERROR"] for name in ("beat", "second-beat")),
    ],
}


def main(rows: int, engine: str) -> None:
    preparing.prepare(migrate=True)
    world = people.make_world()
    # A new issuer's awards of a day are counted, and therefore made one slice after the other.
    Issuer.objects.update(made_at=timezone.now() - timedelta(days=60))
    world.issuer.refresh_from_db()
    batch = batch_of(world, "scale", rows)
    connection.close()
    processes = [subprocess.Popen(command, stdout=sys.stderr) for command in COMMANDS[engine]]
    begin, holders = time.monotonic(), set()
    try:
        while (unsigned(batch) or len(holders) < 2) and time.monotonic() - begin < PATIENCE:
            for model in (Slice, Message):  # Celery may give one process the list, and the other its mails
                held = model.objects.filter(lease_until__isnull=False).values_list("lease_holder", flat=True)
                # A name ends in signs of chance; what stands before them is machine and process.
                holders |= {
                    name.removesuffix("-codes").removesuffix("-mail").rpartition("-")[0]
                    for name in held.distinct()
                }
            time.sleep(0.02)
            close_old_connections()
        seconds = time.monotonic() - begin
        alive = [process.poll() is None for process in processes]
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
    settle()
    found = {"seconds": seconds, "at work": len(holders), "alive": all(alive)}
    print(json.dumps(found | what_came_of(batch)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
