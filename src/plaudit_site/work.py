"""The list of jobs and the loop that runs them: the embedded worker, and whatever engine calls the same list.

Each job claims rows, works, finishes, and may run twice without harm. A job returns how much it did;
the loop sleeps only when nothing was left to do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections, connections

from plaudit_site import leases
from plaudit_site.audit import chaining
from plaudit_site.awards import batching, issuing, staging, statuslists
from plaudit_site.issuers import founding
from plaudit_site.mail import bouncing, delivering
from plaudit_site.mail.models import Lane

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.4
AFTER_AN_ERROR_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """`run(worker)` does some and returns how much; `every` is the least pause between two rounds, in seconds."""

    name: str
    run: Callable[[str], int]
    every: float = 0.0


def _bounces() -> int:
    if not settings.BOUNCE_MAILDIR:
        return 0
    return sum(bouncing.process(Path(settings.BOUNCE_MAILDIR)).values())


JOBS: tuple[Job, ...] = (
    Job("codes", lambda worker: delivering.deliver_some(worker, lanes=(Lane.CODES,))),
    Job("read spreadsheets", staging.read_some),
    Job("award spreadsheets", batching.award_some),
    Job("undo spreadsheets", batching.undo_some),
    Job("issue", issuing.issue_some),
    Job("status lists", lambda _worker: statuslists.sign_some(), every=1.0),
    Job("mail", lambda worker: delivering.deliver_some(worker)),
    Job("bounces", lambda _worker: _bounces(), every=60.0),
    Job("audit chain", lambda _worker: chaining.chain_some(), every=1.0),
)


def run_once(worker: str) -> int:
    """One round of every job, whatever their pauses. For tests and for engines that poke."""
    return sum(job.run(worker) for job in JOBS)


def run_until_idle(worker: str, most_rounds: int = 100) -> None:
    """Rounds until one does nothing (demo data, tests)."""
    for _round in range(most_rounds):
        if run_once(worker) == 0:
            return


def run_forever(stop: threading.Event) -> None:
    """The embedded worker: until `stop` is set. A job that fails is recorded and tried again."""
    founding.first_start()
    worker = leases.worker_name()
    log.info("worker %s started", worker)
    # Codes have a thread of their own: a mail server that hangs, or a bulk award, does not hold them up.
    codes = threading.Thread(target=_rounds, args=(stop, f"{worker}-codes", JOBS[:1]), name="codes")
    codes.start()
    try:
        _rounds(stop, worker, JOBS[1:])
    finally:
        stop.set()
        codes.join()
    log.info("worker %s stopped", worker)


def _rounds(stop: threading.Event, worker: str, jobs: tuple[Job, ...]) -> None:
    last: dict[str, float] = {}
    while not stop.is_set():
        close_old_connections()
        done = 0
        for job in jobs:
            if stop.is_set():
                break
            if time.monotonic() - last.get(job.name, -1e9) < job.every:
                continue
            last[job.name] = time.monotonic()
            try:
                done += job.run(worker)
            except Exception:
                log.exception("job %s failed", job.name)
                stop.wait(AFTER_AN_ERROR_SECONDS)
        if done == 0:
            stop.wait(IDLE_SECONDS)
    connections.close_all()
