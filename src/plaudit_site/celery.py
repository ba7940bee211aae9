"""The jobs brought to Celery's workers, where an operator has Celery: `celery -A plaudit_site.celery worker --beat`.

A message is a poke without ids: “run that job”. What there is to do stands in the rows, under their leases, as for the
embedded worker. So a lost message costs one beat, one delivered twice nothing, and results are nobody's business.
"""

from __future__ import annotations

import os
import time

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plaudit_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from plaudit_site import leases, work  # noqa: E402

EXPIRES_SECONDS = 30
"""A poke that waited longer is dropped: others came since."""
LEAST_PAUSE_SECONDS = 1.0
ROUNDS_SECONDS = 3.0
"""As long as one poke keeps a process at a job that has something to do."""
QUEUE, CODES_QUEUE = "plaudit", "plaudit-codes"
"""A worker takes both; one that is started with `--queues plaudit-codes` is there for codes alone."""

app = Celery("plaudit", broker=settings.CELERY_BROKER_URL, set_as_current=False)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    task_default_queue=QUEUE,
    task_queues={name: {"exchange": name, "routing_key": name} for name in (QUEUE, CODES_QUEUE)},
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    beat_schedule={
        job.name: {
            "task": "plaudit.run",
            "args": (job.name,),
            "schedule": max(job.every, LEAST_PAUSE_SECONDS),
            "options": {
                "expires": EXPIRES_SECONDS,
                "queue": CODES_QUEUE if job.name in work.CODES else QUEUE,
            },
        }
        for job in work.JOBS
    },
)
_jobs = {job.name: job for job in work.JOBS}
_watch = work.Watch()


def run(name: str) -> None:
    """Rounds of one job until it finds nothing to do, or its time is up."""
    job, until = _jobs[name], time.monotonic() + ROUNDS_SECONDS
    worker = leases.worker_name()
    close_old_connections()
    if not _watch.lets_work():
        return
    while job.run(worker) and not job.every and time.monotonic() < until:
        pass


app.task(run, name="plaudit.run")
