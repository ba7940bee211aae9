"""Run one job again and again, each time killed (SIGKILL) one step later, until it survives.

A step is: after an SQL statement or COPY, before a commit, after a commit, after the mail server's 250.
Called by test_kills.py with the settings in the environment; prints what is in the database at the end.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from plaudit_site import leases, preparing, storing, work  # noqa: E402
from plaudit_site.audit.models import AuditEvent  # noqa: E402
from plaudit_site.awards import batching, claiming, issuing, revoking, slicing, staging  # noqa: E402
from plaudit_site.awards.models import Award, Batch, Credential, Slice, StatusEntry, StatusList  # noqa: E402
from plaudit_site.examining.whole import examine  # noqa: E402
from plaudit_site.mail import delivering, transports  # noqa: E402
from plaudit_site.mail.models import Lane, Message  # noqa: E402
from tests import people  # noqa: E402

MOST_STEPS = 200


class Killer:
    """Counts steps and kills this very process at the chosen one."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        commit = connection._commit  # type: ignore[attr-defined]

        def committing() -> Any:
            self.step()
            result = commit()
            self.step()
            return result

        connection._commit = committing  # type: ignore[attr-defined]

        def executing(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            result = execute(sql, params, many, context)
            self.step()
            return result

        connection.execute_wrappers.append(executing)
        hand_over = transports.Smtp.hand_over_all

        def handing_over(way: transports.Smtp, *args: Any) -> Iterator[transports.Outcome]:
            for outcome in hand_over(way, *args):
                self.step()
                yield outcome

        transports.Smtp.hand_over_all = handing_over  # type: ignore[method-assign]
        copy_in = storing.copy_in

        def copying_in(*args: Any) -> None:  # COPY goes past Django
            copy_in(*args)
            self.step()

        storing.copy_in = copying_in


def killed_at_every_step(prepare: Callable[[int], Any], job: Callable[[Any], object]) -> int:
    """For 1, 2, 3, …: prepare, then run the job in a child that dies at that step. Returns the number of deaths."""
    for at in range(1, MOST_STEPS):
        prepared = prepare(at)
        connection.close()
        child = os.fork()
        if child == 0:
            connection.ensure_connection()
            Killer(at).arm()
            job(prepared)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            if os.WEXITSTATUS(status):
                raise SystemExit(f"the job failed by itself at step {at}")
            return at - 1
    raise SystemExit(f"the job has more than {MOST_STEPS} steps")


def restart() -> None:
    """As after a crash, an hour later: every lease has run out, the worker does what is left."""
    for model in (Award, Message, Batch, Slice):
        model._default_manager.filter(lease_until__isnull=False).update(
            lease_until=timezone.now() - leases.timedelta(hours=1)
        )
    Batch.objects.filter(state=Batch.State.STARTED).update(due_at=timezone.now())
    Message.objects.filter(kind__in=["invitation", "claimed_notice"], due_at__isnull=False).update(
        due_at=timezone.now()
    )
    work.run_until_idle("after the crash")


def kill_issuing(world: people.World) -> int:
    return killed_at_every_step(
        lambda at: world.award(f"issue{at}@example.org", sign=False),
        lambda _award: issuing.issue_some(f"worker {os.getpid()}"),
    )


def kill_mailing(world: people.World) -> int:
    def prepared(at: int) -> Award:
        award = world.award(f"mail{at}@example.org", sign=False)
        issuing.issue_now(award)
        return award

    return killed_at_every_step(
        prepared, lambda _award: delivering.deliver_some(f"worker {os.getpid()}", lanes=(Lane.INVITATIONS,))
    )


def kill_mailing_many(world: people.World) -> int:
    """A group of three: noted together, so up to three have left when it dies, and what is known of them counts."""

    def prepared(at: int) -> None:
        for number in range(3):
            issuing.issue_now(world.award(f"many{at}-{number}@example.org", sign=False))

    return killed_at_every_step(
        prepared, lambda _nothing: delivering.deliver_some(f"worker-{os.getpid()}", lanes=(Lane.INVITATIONS,))
    )


def kill_claiming(world: people.World) -> int:
    return killed_at_every_step(
        lambda at: world.award(f"claim{at}@example.org"),
        lambda award: claiming.accept_with_new_account(award, visibility="link", trust_issuer=True),
    )


def kill_revoking(world: people.World) -> int:
    return killed_at_every_step(
        lambda at: world.award(f"revoke{at}@example.org"),
        lambda award: revoking.revoke(award, reason="error", by=world.ben),
    )


def batch_of(world: people.World, name: str, rows: int) -> Batch:
    """A list that is ready to be awarded now."""
    people_in_it = "".join(f"Person {n} of {name},{name}-{n}@example.org\n" for n in range(rows))
    file = io.BytesIO(f"name,email\n{people_in_it}".encode())
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    while batch.state == Batch.State.READING:
        staging.read_some("reader")
        batch.refresh_from_db()
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    return batch


def kill_awarding(world: people.World) -> int:
    """Three rows judged, signed by a template and stored together; what earlier deaths left waits for the restart."""

    def prepared(at: int) -> None:
        batch = batch_of(world, f"batch{at}", 3)
        Batch.objects.exclude(pk=batch.pk).update(due_at=timezone.now() + slicing.LATER)

    return killed_at_every_step(prepared, lambda _nothing: slicing.award_some(f"worker {os.getpid()}"))


def kill_signing(world: people.World) -> int:
    """Three single awards of one badge at once: signed by a template, stored together."""

    def prepared(at: int) -> None:
        for n in range(3):
            world.award(f"sign{at}-{n}@example.org", sign=False)

    return killed_at_every_step(prepared, lambda _nothing: issuing.issue_some(f"worker {os.getpid()}"))


def signings(award: Award) -> int:
    """How often the history says that it was signed: in an event of its own, or in one of its list."""
    own = AuditEvent.objects.filter(subject=f"award:{award.public_id}", kind="signed").count()
    if award.batch is None:
        return own
    events = AuditEvent.objects.filter(subject=f"batch:{award.batch.public_id}", kind="batch awarded")
    return own + sum(event.details["signed"].count(award.public_id) for event in events)


def whole(award: Award) -> list[str]:
    """What is wrong with one award, in words."""
    wrong = []
    credentials = list(award.credentials.all())
    if award.state not in {"waiting", "accepted"} or award.credential is None:
        wrong.append(f"state {award.state}")
    if len(credentials) != 1:
        wrong.append(f"{len(credentials)} credentials")
    invitations = Message.objects.filter(subject_id=award.public_id, kind__in=["invitation", "auto_accepted"])
    if invitations.count() != 1:
        wrong.append(f"{invitations.count()} invitations")
    if signings(award) != 1:
        wrong.append("not one event of signing")
    accepted = AuditEvent.objects.filter(subject=f"award:{award.public_id}", kind="accepted").count()
    if accepted != (award.state == "accepted") or bool(award.earner_id) != (award.state == "accepted"):
        wrong.append("half accepted")
    revoked = claiming.is_revoked(award)
    bits = StatusEntry.objects.filter(
        status_list__credentials__award=award, index__in=[c.status_index for c in credentials]
    ).count()
    if bits != revoked:
        wrong.append(f"revoked {revoked}, but {bits} bits")
    return wrong


JOBS = {
    "awarding": kill_awarding,
    "signing": kill_signing,
    "issuing": kill_issuing,
    "mailing": kill_mailing,
    "mailing many": kill_mailing_many,
    "claiming": kill_claiming,
    "revoking": kill_revoking,
}


def main(names: list[str]) -> None:
    preparing.prepare(migrate=True)
    world = people.make_world()
    deaths = {name: JOBS[name](world) for name in names}
    restart()
    awards = Award.objects.filter(issuer=world.issuer)
    wrong = {award.address: problems for award in awards if (problems := whole(award))}
    states = Counter(Message.objects.filter(kind="invitation").values_list("state", flat=True))
    indices = list(Credential.objects.values_list("status_list_id", "status_index"))
    print(
        json.dumps(
            {
                "deaths": deaths,
                "awards": awards.count(),
                "wrong": wrong,
                "invitations": states,
                "message_ids": dict(
                    Message.objects.filter(kind="invitation").values_list("message_id", "subject_id")
                ),
                "possibly_twice": list(
                    Message.objects.filter(possibly_twice=True).values_list("message_id", flat=True)
                ),
                "indices_unique": len(indices) == len(set(indices)),
                "lists_behind": StatusList.objects.filter(
                    signed_generation__lt=django.db.models.F("generation")
                ).count(),
                "fsck": [f"{one.promise} {one.what}: {one.problem}" for one in examine().findings],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
