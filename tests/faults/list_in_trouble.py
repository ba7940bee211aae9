"""A list awarded by the real worker while something goes wrong around it; prints what came of it.

Called by test_lists_in_trouble.py with the settings in the environment: ROWS TROUBLE.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import close_old_connections, connection  # noqa: E402
from django.db.migrations.recorder import MigrationRecorder  # noqa: E402
from django.utils import timezone  # noqa: E402

from plaudit_site import preparing  # noqa: E402
from plaudit_site.awards import batching, staging  # noqa: E402
from plaudit_site.awards.models import Batch, Credential, Slice  # noqa: E402
from plaudit_site.issuers import keys  # noqa: E402
from tests import people  # noqa: E402
from tests.faults.batch_through_workers import expire, settle, unsigned, what_came_of  # noqa: E402
from tests.faults.kill_everywhere import batch_of  # noqa: E402

PATIENCE = 60.0 + (int(sys.argv[1]) / 100 if sys.argv[1:] else 0.0)
"""For each step: a slow machine that has other things to do awards a hundred rows in a second."""
STARTED: list[subprocess.Popen[bytes]] = []
"""Ended with this process, however it ends: a worker that is left holds the pipe, and nobody hears what went wrong."""
LOG = Path(settings.DATA_DIR) / "worker.log"
CLOCK = Path(settings.DATA_DIR) / "clock"
MOST_MEMORY = 512 * 1024 * 1024
"""Of its own, of which libraries reserve a part without ever using it."""


def worker(**more: str) -> subprocess.Popen[bytes]:
    connection.close()
    started = subprocess.Popen(
        [sys.executable, "-m", "plaudit_site", "work"],
        env={**os.environ, **more},
        stderr=LOG.open("ab"),
        preexec_fn=limited if "LIMITED" in more else None,
    )
    STARTED.append(started)
    return started


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def until(good: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not good():
        assert time.monotonic() < end, f"{what}: {LOG.read_text()[-2000:]}"
        time.sleep(0.02)
        close_old_connections()


def left(batch: Batch, share: float) -> Callable[[], bool]:
    rows = batch.rows.count()
    return lambda: unsigned(batch) <= rows * (1 - share)


def stands_still(batch: Batch, seconds: float = 3.0) -> bool:
    before = unsigned(batch)
    time.sleep(seconds)
    return unsigned(batch) == before


def finish(batch: Batch, process: subprocess.Popen[bytes]) -> None:
    try:
        until(left(batch, 1.0), "the list came to its end")
    finally:
        process.kill()
        process.wait()


# Each returns what only this trouble has to tell.


def clock(batch: Batch) -> dict[str, object]:
    """A day ahead, an hour behind, a day behind, and right again; the worker's own clock alone (F11)."""
    CLOCK.write_text("+0")
    process = worker(
        LD_PRELOAD=os.environ["CLOCK_LIBRARY"],
        FAKETIME_TIMESTAMP_FILE=str(CLOCK),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    rests = []
    for share, jump in ((0.2, "+1d"), (0.4, "-1h"), (0.6, "-1d")):
        CLOCK.write_text("+0")
        until(left(batch, share), "it was at work")
        CLOCK.write_text(jump)
        if (
            connection.vendor == "sqlite"
        ):  # whose clock is the worker's: it goes on, or waits until something is due
            time.sleep(0.5)
            continue
        time.sleep(2.5)  # the round that may pass, and the pause after it
        rests.append(stands_still(batch))
    CLOCK.write_text("+0")
    finish(batch, process)
    return {"rests": rests}


def rotation(batch: Batch) -> dict[str, object]:
    """New keys in the middle of it (F12)."""
    process = worker()
    for share in (0.2, 0.5):
        until(left(batch, share), "it was at work")
        keys.rotate(batch.issuer, by="test")
    finish(batch, process)
    used = Credential.objects.filter(award__batch=batch).values("key").distinct().count()
    return {"keys": used}


def no_key(batch: Batch) -> dict[str, object]:
    """The key file is away when the worker starts again (F12)."""
    process = worker()
    until(left(batch, 0.2), "it was at work")
    process.kill()
    process.wait()
    expire()
    place = Path(settings.KEY_FILE)
    away = place.rename(place.with_suffix(".away"))
    without = worker()
    still = stands_still(batch, 5.0)
    without.kill()
    without.wait()
    away.rename(place)
    expire()
    Slice.objects.filter(batch=batch, done_at=None).update(due_at=timezone.now())  # sooner than it would try
    finish(batch, worker())
    return {"still": still, "said": "key" in LOG.read_text()}


def told_to_stop(batch: Batch) -> dict[str, object]:
    """SIGTERM, as an upgrade does, twice (F14)."""
    seconds, codes, held = [], [], []
    for number, share in enumerate((0.2, 0.5), start=1):
        process = worker()
        until(lambda count=number: LOG.read_text().count("started") == count, "it started")  # type: ignore[misc]
        until(left(batch, share), "it was at work")
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        codes.append(process.wait(60))
        seconds.append(time.monotonic() - begin)
        held.append(Slice.objects.filter(batch=batch, lease_until__isnull=False).count())
    finish(batch, worker())
    return {"codes": codes, "seconds": max(seconds), "held": held}


def layout(batch: Batch) -> dict[str, object]:
    """A newer version changes the database while this one still runs (F18)."""
    process = worker()
    until(left(batch, 0.2), "it was at work")
    process.kill()  # and its supervisor starts it again, as it is
    process.wait()
    expire()
    recorder = MigrationRecorder(connection)
    recorder.record_applied("awards", "9999_of_a_newer_version")
    process = worker()
    until(lambda: "does nothing" in LOG.read_text(), "it noticed")
    rests = stands_still(batch)
    recorder.record_unapplied("awards", "9999_of_a_newer_version")
    finish(batch, process)
    return {"rests": rests}


TROUBLES = {one.__name__: one for one in (clock, rotation, no_key, told_to_stop, layout)}


def little_memory(rows: int) -> None:
    """A large upload is read and awarded by a worker that may not take more than it needs (F13)."""
    world = people.make_world()
    source = Path(settings.DATA_DIR) / "large.csv"
    with source.open("w") as file:
        file.write("name,email,note\n")
        for number in range(rows):
            file.write(f"Person {number},person-{number}@example.org,{'Well done. ' * 8}\n")
    with source.open("rb") as data:
        batch = staging.upload(world.issuer, data, name="large.csv", badge=world.badge, by=world.ben)
    process = worker(LIMITED="1")
    states = Batch.objects.filter(pk=batch.pk).values_list("state", flat=True)
    try:
        until(lambda: states.get() == Batch.State.CHECKED, "it was read")
        batching.start(batch, by=world.ben)
        Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
        until(left(batch, 1.0), "it was awarded", PATIENCE + rows / 40)
        peak = Path(f"/proc/{process.pid}/status").read_text().partition("VmHWM:")[2].split()[0]
        alive = process.poll() is None
    finally:
        process.kill()
        process.wait()
    size = source.stat().st_size
    settle()
    print(json.dumps({"mib": int(peak) / 1024, "alive": alive, "bytes": size} | what_came_of(batch)))


def main(rows: int, trouble: str) -> None:
    preparing.prepare(migrate=True)
    if trouble == "little_memory":
        little_memory(rows)
        return
    world = people.make_world()
    batch = batch_of(world, "scale", rows)
    found = TROUBLES[trouble](batch)
    settle()
    print(json.dumps(found | what_came_of(batch)))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2])
    finally:
        for left_over in STARTED:
            left_over.kill()
