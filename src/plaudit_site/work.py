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
from itertools import chain, repeat
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, connections

from plaudit_site import lasting, leases, readiness
from plaudit_site.api import repeating
from plaudit_site.api.hooks import gathering, sending
from plaudit_site.audit import chaining, journal
from plaudit_site.awards import (
    batching,
    bulk_changing,
    forgetting,
    issuing,
    lapsing,
    slicing,
    staging,
    statuslists,
    sweeping,
)
from plaudit_site.backpack import importing, keeping, owning
from plaudit_site.belongings import exports
from plaudit_site.issuers import domain_proving, founding
from plaudit_site.mail import bouncing, delivering
from plaudit_site.mail.models import Lane
from plaudit_site.public import exporting

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.4
QUIET_SECONDS = 2.0
"""So long nobody looks for work where the database says that nothing was written; what has its time may be so late."""
AFTER_AN_ERROR_SECONDS = 2.0
LAYOUT_EVERY = 10.0
"""Seconds between two looks at the database's layout; at the clock it is looked before each job."""


@dataclass(frozen=True)
class Job:
    """`run(worker)` does some and returns how much; `every` is the least pause between two rounds, in seconds."""

    name: str
    run: Callable[[str], int]
    every: float = 0.0


def _bounces() -> int:
    if not settings.BOUNCE_MAILDIR:
        return 0
    counted = bouncing.process(Path(settings.BOUNCE_MAILDIR))
    return counted.total() - counted["early"]  # those wait; nothing was done about them


JOBS: tuple[Job, ...] = (
    Job("codes", lambda worker: delivering.deliver_some(worker, lanes=(Lane.CODES,))),
    Job("read spreadsheets", staging.read_some),
    Job("award spreadsheets", slicing.award_some),
    Job("undo spreadsheets", batching.undo_some),
    Job("change many awards", bulk_changing.change_some),
    Job("issue", issuing.issue_some),
    Job("status lists", lambda _worker: statuslists.sign_some(), every=1.0),
    Job("mail", lambda worker: delivering.deliver_some(worker)),
    Job("imports", importing.take_in_some),
    Job("exports", exporting.export_some),
    Job("forget exports", lambda _worker: exports.forget_some(), every=600.0),
    Job("check imported", lambda _worker: owning.check_some(), every=60.0),
    Job("forget results", lambda _worker: keeping.forget_some(), every=600.0),
    Job("forget imports", lambda _worker: importing.forget_some() + owning.forget_some(), every=600.0),
    Job(
        "forget spreadsheets",
        lambda _worker: forgetting.forget_some() + bulk_changing.forget_some(),
        every=600.0,
    ),
    Job("forget unclaimed", lambda _worker: lapsing.lapse_some(), every=3600.0),
    Job("domains", domain_proving.check_some, every=5.0),
    Job("bounces", lambda _worker: _bounces(), every=60.0),
    Job("stray files", lambda _worker: sweeping.sweep_some(), every=600.0),
    Job("kept answers", repeating.erase_old, every=60.0),
    Job("audit chain", lambda _worker: chaining.chain_some(), every=1.0),
    Job("journal", lambda _worker: journal.follow_some(), every=1.0),
    Job("gather for webhooks", lambda _worker: gathering.gather_some(), every=1.0),
    Job("webhooks", sending.send_some),
    Job("drop webhook messages", lambda _worker: gathering.drop_some(), every=60.0),
    Job("forget webhook messages", lambda _worker: gathering.forget_some(), every=600.0),
)


CODES = frozenset({"codes"})
"""Somebody waits for them: a lane of their own in every engine (docs/adr/0061)."""
ASIDE = frozenset({"imports", "check imported", "exports"})
"""They wait for strangers' servers, or work minutes for one person: beside the others, which go on meanwhile."""
WEBHOOKS = frozenset({"webhooks"})
"""Each try may wait for twenty seconds: beside those too."""
MAIL = frozenset({"mail"})
"""A server may take minutes for its word on a mail: awards are made and signed meanwhile."""
STOPPED_WITHIN = 10.0
"""Seconds that a worker which is told to stop waits for that word; then the mail may have left, and says so (F7)."""


def run_once(worker: str) -> int:
    """One round of every job, whatever their pauses. For tests and for engines that poke."""
    return sum(job.run(worker) for job in JOBS)


def run_until_idle(worker: str, most_rounds: int = 100) -> None:
    """Rounds until every job in turn has found nothing (demo data, tests)."""
    idle = 0
    for job in chain.from_iterable(repeat(JOBS, most_rounds)):
        idle = 0 if job.run(worker) else idle + 1
        if idle == len(JOBS):
            return


def run_forever(stop: threading.Event) -> None:
    """The embedded worker: until `stop` is set. A job that fails is recorded and tried again."""
    founding.first_start()
    lasting.stays()
    worker = leases.worker_name()
    log.info("worker %s started", worker)
    # Codes have a thread of their own: a mail server that hangs, or a bulk award, does not hold them up.
    beside = {
        "codes": tuple(job for job in JOBS if job.name in CODES),
        "aside": tuple(job for job in JOBS if job.name in ASIDE),
        "webhooks": tuple(job for job in JOBS if job.name in WEBHOOKS),
        "mail": tuple(job for job in JOBS if job.name in MAIL),
    }
    threads = [
        threading.Thread(
            target=_rounds, args=(stop, f"{worker}-{name}", jobs), name=name, daemon=name in MAIL
        )
        for name, jobs in beside.items()
    ]
    for thread in threads:
        thread.start()
    try:
        _rounds(stop, worker, tuple(job for job in JOBS if job.name not in CODES | ASIDE | WEBHOOKS | MAIL))
    finally:
        stop.set()
        for thread in threads:
            thread.join(STOPPED_WITHIN if thread.daemon else None)
    log.info("worker %s stopped", worker)


class Watch:
    """Says whether a job may begin, and why not: once in the log, until it changes."""

    def __init__(self) -> None:
        self.why = ""
        self._layout = ""
        self._looked = -1e9

    def lets_work(self) -> bool:
        if time.monotonic() - self._looked >= LAYOUT_EVERY:
            self._layout, self._looked = readiness.why_schema(), time.monotonic()
        why = self._layout or readiness.why_clock()
        if why != self.why:
            log.error("this worker does nothing: %s", why) if why else log.info("this worker goes on")
        self.why = why
        return not why


class Quiet:
    """Whether anything was written since a round that found nothing: a worker without work costs next to nothing.

    SQLite tells each connection by one number whether another one has written. Elsewhere it is never quiet.
    """

    def __init__(self) -> None:
        self._version: int | None = None
        self._begun = -1e9
        self._found_nothing = False

    def lasts(self) -> bool:
        """Asked before a round; no when one is to be made."""
        version, before = self._now(), self._version
        is_quiet = self._found_nothing and version is not None and version == before
        if is_quiet and time.monotonic() - self._begun < QUIET_SECONDS:
            return True
        self._version, self._begun = version, time.monotonic()
        return False

    def note(self, *, found_nothing: bool) -> None:
        """After a round. It found something, too, when a job was left out that will have its turn soon."""
        self._found_nothing = found_nothing

    def _now(self) -> int | None:
        if connection.vendor != "sqlite":
            return None
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA data_version")
                return int(cursor.fetchone()[0])
        except DatabaseError:  # a round will say what is wrong
            return None


def _rounds(stop: threading.Event, worker: str, jobs: tuple[Job, ...]) -> None:
    last: dict[str, float] = {}
    watch, quiet = Watch(), Quiet()
    while not stop.is_set():
        close_old_connections()
        if quiet.lasts():
            stop.wait(IDLE_SECONDS)
            continue
        done, soon = 0, False
        for job in jobs:
            if stop.is_set():
                break
            if time.monotonic() - last.get(job.name, -1e9) < job.every:
                soon = soon or job.every < QUIET_SECONDS
                continue
            last[job.name] = time.monotonic()
            try:
                if not watch.lets_work():
                    soon = True
                    stop.wait(AFTER_AN_ERROR_SECONDS)
                    break
                done += job.run(worker)
            except Exception:
                log.exception("job %s failed", job.name)
                soon = True
                stop.wait(AFTER_AN_ERROR_SECONDS)
        quiet.note(found_nothing=done == 0 and not soon)
        if done == 0:
            stop.wait(IDLE_SECONDS)
    connections.close_all()
