"""A list awarded by the real worker process, killed (SIGKILL) at seeded moments; prints what came of it.

Called by test_batch_kills.py with the settings in the environment: ROWS KILLS SEED PATIENCE (seconds). Where
mail leaves by SMTP, all of it does before the end.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import django

django.setup()

from django.db import close_old_connections, connection  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402

import plaudit  # noqa: E402
from plaudit_site import preparing, work  # noqa: E402
from plaudit_site.audit.models import AuditEvent  # noqa: E402
from plaudit_site.awards import own_documents  # noqa: E402
from plaudit_site.awards.models import Award, Batch, Credential, Slice  # noqa: E402
from plaudit_site.examining import whole  # noqa: E402
from plaudit_site.mail.models import Message, State  # noqa: E402
from tests import people  # noqa: E402
from tests.faults.kill_everywhere import batch_of  # noqa: E402


def expire() -> None:
    """As an hour later: what the dead worker held is free."""
    for model in (Award, Message, Batch, Slice):
        model._default_manager.filter(lease_until__isnull=False).update(lease_until="2020-01-01T00:00Z")


def unsigned(batch: Batch) -> int:
    return batch.rows.filter(state="ready").count() + batch.awards.filter(state="queued").count()


def main(rows: int, kills: int, seed: int, patience: int) -> None:
    preparing.prepare(migrate=True)
    world = people.make_world()
    batch = batch_of(world, "scale", rows)
    chance = random.Random(seed)
    killed, until = 0, time.monotonic() + patience
    while unsigned(batch) and time.monotonic() < until:
        connection.close()
        worker = subprocess.Popen([sys.executable, "-m", "plaudit_site", "work"])
        left = rows * (kills - killed) // (kills + 1) if killed < kills else 0
        while unsigned(batch) > left and time.monotonic() < until and worker.poll() is None:
            time.sleep(0.01)
            close_old_connections()
        time.sleep(chance.random() * 0.2 if left else 0)
        killed += bool(left)
        worker.kill()
        worker.wait()
        expire()
    mailed = mail_all(until) if os.environ["EMAIL_URL"].startswith("smtp:") else {}
    settle()
    print(json.dumps({"killed": killed} | mailed | what_came_of(batch)))


def mail_all(until: float) -> dict[str, object]:
    """A worker that nobody kills sends what is left; which mails may have left twice, by the rows."""
    left = Message.objects.filter(kind="invitation", state__in=[State.QUEUED, State.SENDING, State.DEFERRED])
    connection.close()
    worker = subprocess.Popen([sys.executable, "-m", "plaudit_site", "work"])
    while left.exists() and time.monotonic() < until:
        left.filter(state=State.DEFERRED, lease_holder="").update(due_at=timezone.now())
        time.sleep(0.2)
        close_old_connections()
    worker.terminate()
    worker.wait()
    twice = Message.objects.filter(possibly_twice=True).values_list("message_id", flat=True)
    return {"possibly twice": list(twice)}


def settle() -> None:
    """What a living worker does within a second or two: lists signed, the history chained."""
    batch_jobs = {"award spreadsheets", "status lists", "audit chain"}
    for job in work.JOBS:
        while job.name in batch_jobs and job.run("settling"):
            continue


def what_came_of(batch: Batch) -> dict[str, object]:
    """The list's awards and all that hangs on them, counted."""
    awards = Award.objects.filter(batch=batch)
    ids = set(awards.values_list("public_id", flat=True))
    mails = Message.objects.filter(subject_id__in=awards.values("public_id"))
    events = AuditEvent.objects.filter(kind="batch awarded", subject=f"batch:{batch.public_id}")
    signed = [one for (details,) in events.values_list("details") for one in details["signed"]]
    wrong = []
    for credential in Credential.objects.filter(award__batch=batch).order_by("?")[:25]:
        report = plaudit.verify(
            bytes(credential.content),
            fetch=own_documents.fetch(),
            # Now, or when it begins: one signed under a clock that was behind names a time before its key and list.
            at=max(credential.signed_at, timezone.now()),
            recipient=credential.award.address,
        )
        if report.exit_code:
            wrong.append(credential.award.public_id)
    indices = list(Credential.objects.values_list("status_list_id", "status_index"))
    return {
        "awards": awards.count(),
        "addresses": awards.values("address").distinct().count(),
        "waiting": awards.filter(state="waiting", credential__isnull=False).count(),
        "credentials": Credential.objects.filter(award__batch=batch).count(),
        "signed": len(signed) if set(signed) == ids else -1,
        "mails": dict(mails.values_list("kind").annotate(n=Count("pk")).order_by("kind")),
        "invited": mails.filter(kind="invitation", state="sent").count(),
        "indices_unique": len(indices) == len(set(indices)),
        "rows": dict(batch.rows.values_list("state").annotate(n=Count("pk")).order_by("state")),
        "wrong": wrong,
        "fsck": [f"{one.promise} {one.what}: {one.problem}" for one in whole.examine().findings],
    }


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
