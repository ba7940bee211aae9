"""A checked spreadsheet is started, awarded row by row in short transactions, watched, stopped, undone.

Exactly once: an award is unique by batch and line, so whoever tries a line again (a second worker, a restart after
a crash) finds it made. Signing is issuing.py's work, as for any other award.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import revoking, staging
from plaudit_site.awards.awarding import AwardRefused, left_today, months_later, once_key
from plaudit_site.awards.claiming import proven_addresses
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.awards.staging import BatchChanged
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Message, State

SECONDS_A_ROUND = 1.0
"""Then other jobs have their turn: a code never waits behind a hundred thousand rows."""
HOLD_SECONDS = 60
LATER = timedelta(minutes=15)
UNDONE_AT_ONCE = 50
# Mails that have left, or may have: whoever has one may have opened it.
_LEFT = (State.SENT, State.SENDING, State.BOUNCED)
_GONE = (Award.State.WITHDRAWN, Award.State.FAILED)


def start(batch: Batch, *, by: User) -> None:
    """Award every ready row, after the time in which it can be called off. Twice is once.

    Raises AwardRefused, BatchChanged.
    """
    staging.check(batch.issuer, by)
    begins = timezone.now() + timedelta(seconds=settings.CANCEL_SECONDS)
    with transaction.atomic():
        current = Batch.objects.select_for_update().get(pk=batch.pk)
        if current.state == Batch.State.STARTED:
            return
        if current.state not in {Batch.State.CHECKED, Batch.State.STOPPED}:
            raise BatchChanged
        if not current.rows.filter(state=BatchRow.State.READY).exists():
            raise AwardRefused(_("No row is ready to be awarded. Correct one, or upload another list."))
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.STARTED,
            started_by=by,
            started_at=timezone.now(),
            begins_at=begins,
            due_at=begins,
            attempts=0,
            problem="",
        )
        record("batch started", actor=by.public_id, subject=f"batch:{batch.public_id}")


def stop(batch: Batch, *, by: User) -> bool:
    """Call it off: wholly before it has begun (True), else what is left of it (False).

    Raises AwardRefused, BatchChanged.
    """
    if not may(by, "award", batch.issuer):
        raise AwardRefused(_("You are not allowed to award for this issuer."))
    with transaction.atomic():
        current = Batch.objects.select_for_update().get(pk=batch.pk)
        if current.state != Batch.State.STARTED:
            raise BatchChanged
        untouched = not current.awards.exists()
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.CHECKED if untouched else Batch.State.STOPPED,
            due_at=None,
            lease_holder="",
            lease_until=None,
        )
        record("batch stopped", actor=by.public_id, subject=f"batch:{batch.public_id}")
    return untouched


def award_some(worker: str) -> int:
    """Turn ready rows of one started batch into awards, for about a second. Returns how many."""
    held = leases.claim(
        Batch.objects.filter(state=Batch.State.STARTED),
        worker=worker,
        now=timezone.now(),
        most=1,
        seconds=HOLD_SECONDS,
    )
    return sum(_award(batch) for batch in held)


def at_once() -> int:
    """Rows of one transaction: on SQLite every other writer waits for it."""
    return 200 if connection.vendor == "sqlite" else 500


def _award(batch: Batch) -> int:
    done, until = 0, time.monotonic() + SECONDS_A_ROUND
    while True:
        waits = _must_wait(batch)
        if waits is not None:
            return done
        left = left_today(batch.issuer)
        most = at_once() if left is None else min(left, at_once())
        rows = list(batch.rows.filter(state=BatchRow.State.READY).order_by("line")[:most])
        if not rows:
            if leases.finish(batch, state=Batch.State.DONE, ended_at=timezone.now(), due_at=None, problem=""):
                staging.forget_file(batch)
            return done or 1  # there may be another batch to begin
        if not _award_rows(batch, rows):
            return done
        done += len(rows)
        if time.monotonic() > until:
            leases.finish(batch, due_at=timezone.now(), problem="")
            return done


def _must_wait(batch: Batch) -> str | None:
    """Why nothing of this batch may be awarded now, noted on it; None when it may."""
    issuer = Issuer.objects.get(pk=batch.issuer_id)
    batch.issuer = issuer
    if batch.started_by is None or not may(batch.started_by, "award", issuer):
        problem = _("Stopped: who started it may no longer award for this issuer.")
        leases.finish(batch, state=Batch.State.STOPPED, problem=problem, due_at=None)
        return problem
    if issuer.standing == Issuer.Standing.SUSPENDED:
        problem = _("Waiting: this issuer is suspended.")
    elif left_today(issuer) == 0 and batch.rows.filter(state=BatchRow.State.READY).exists():
        problem = _("Waiting: a new issuer can award %(number)s times a day. It goes on by itself.") % {
            "number": settings.NEW_ISSUER_DAILY_MAILS
        }
    else:
        return None
    leases.finish(batch, problem=problem, due_at=timezone.now() + LATER)
    return problem


def _award_rows(batch: Batch, rows: list[BatchRow]) -> bool:
    """One short transaction: the awards, the rows' states, the event. False when the lease was lost."""
    badges = Achievement.objects.select_related("current").in_bulk(
        {row.achievement_id for row in rows if row.achievement_id}
    )
    pending = batch.issuer.standing == Issuer.Standing.PENDING
    assert batch.started_by is not None
    own = set(proven_addresses(batch.started_by)) if pending else set()
    now = timezone.now()
    awards, refused = [], {}
    for row in rows:
        award = _made(batch, row, badges.get(row.achievement_id or 0), now)
        if isinstance(award, str):
            refused[row.line] = award
        elif pending and row.address not in own:
            refused[row.line] = "not yet"
        else:
            awards.append(award)
    with transaction.atomic():
        if not leases.renew(batch, seconds=HOLD_SECONDS):
            return False
        Award.objects.bulk_create(awards, ignore_conflicts=True)
        lines = [award.batch_line or 0 for award in awards]
        found = Award.objects.filter(batch=batch, batch_line__in=lines)
        made = {line or 0 for line in found.values_list("batch_line", flat=True)}
        for line in lines:
            if line not in made:
                refused[line] = "awarded before"
        batch.rows.filter(line__in=made).update(state=BatchRow.State.AWARDED)
        for line, code in refused.items():
            batch.rows.filter(line=line).update(state=BatchRow.State.REFUSED, problems=[{"code": code}])
        record(
            "batch awarded",
            actor=batch.started_by.public_id,
            subject=f"batch:{batch.public_id}",
            first_line=rows[0].line,
            last_line=rows[-1].line,
            awards=len(made),
        )
    return True


def _made(batch: Batch, row: BatchRow, badge: Achievement | None, now: datetime) -> Award | str:
    """The award of one row, not stored; or the code of what stands against it."""
    version = badge.current if badge else None
    if badge is None or version is None or badge.state != Achievement.State.PUBLISHED:
        return "not published"
    at = (row.awarded_at or now).replace(microsecond=0)
    expires = row.expires_at or (months_later(at, version.valid_months) if version.valid_months else None)
    if expires is not None and expires <= at:
        return "ends before it begins"
    return Award(
        issuer_id=batch.issuer_id,
        version=version,
        address=row.address,
        name=row.name,
        awarded_at=at,
        made_at=now,
        expires_at=expires,
        evidence_url=row.evidence_url,
        note=row.note.strip(),
        language=row.language,
        awarded_by_id=batch.started_by_id,
        once_key=once_key(badge, row.address),
        batch=batch,
        batch_line=row.line,
        due_at=now,
    )


# Undo


def undo(batch: Batch, *, reason: str, by: User) -> None:
    """Everything the batch did is taken back, by the worker. Raises AwardRefused, BatchChanged."""
    if not may(by, "award", batch.issuer):
        raise AwardRefused(_("You are not allowed to award for this issuer."))
    with transaction.atomic():
        changed = Batch.objects.filter(
            pk=batch.pk, state__in=[Batch.State.STARTED, Batch.State.STOPPED, Batch.State.DONE]
        ).update(
            state=Batch.State.UNDOING,
            undo_reason=" ".join(reason.split())[:300],
            started_by=by,
            due_at=timezone.now(),
            lease_holder="",
            lease_until=None,
            attempts=0,
            problem="",
        )
        if changed != 1:
            raise BatchChanged
        record("batch undone", actor=by.public_id, subject=f"batch:{batch.public_id}")


def undo_some(worker: str) -> int:
    """Take back some awards of one batch that is being undone. Returns how many."""
    held = leases.claim(
        Batch.objects.filter(state=Batch.State.UNDOING),
        worker=worker,
        now=timezone.now(),
        most=1,
        seconds=HOLD_SECONDS,
    )
    return sum(_undo(batch) for batch in held)


def _undo(batch: Batch) -> int:
    batch.rows.filter(state=BatchRow.State.READY).update(state=BatchRow.State.LEFT)
    standing = (
        Award.objects.filter(batch=batch, revocation__isnull=True)
        .exclude(state__in=_GONE)
        .select_related("issuer")
        .order_by("pk")
    )
    awards = list(standing[:UNDONE_AT_ONCE])
    if not awards:
        if leases.finish(batch, state=Batch.State.UNDONE, ended_at=timezone.now(), due_at=None, problem=""):
            staging.forget_file(batch)
        return 1
    sent = set(
        Message.objects.filter(
            subject_id__in=[award.public_id for award in awards], kind="invitation", state__in=_LEFT
        ).values_list("subject_id", flat=True)
    )
    assert batch.started_by is not None
    done = 0
    for award in awards:
        accepted = award.state in {Award.State.ACCEPTED, Award.State.REMOVED}
        try:
            if accepted or award.public_id in sent:
                revoking.revoke(award, reason=batch.undo_reason, by=batch.started_by)
            else:
                revoking.withdraw(award, by=batch.started_by)
            done += 1
        except revoking.NotPossible:
            continue  # it changed under our hands: the next round sees what it is now
        except AwardRefused as refusal:
            leases.finish(batch, state=Batch.State.STOPPED, problem=str(refusal)[:300], due_at=None)
            return done
    leases.finish(batch, due_at=timezone.now() + timedelta(seconds=0 if done else 1))
    return done


# What the pages show


@dataclass(frozen=True)
class Progress:
    """Counted from the rows themselves, at this moment."""

    batch: Batch

    @cached_property
    def rows(self) -> dict[str, int]:
        found = self.batch.rows.order_by().values_list("state").annotate(n=Count("pk"))
        return dict.fromkeys(BatchRow.State.values, 0) | dict(found)

    @cached_property
    def awards(self) -> dict[str, int]:
        found = self.batch.awards.order_by().values_list("state").annotate(n=Count("pk"))
        return dict.fromkeys(Award.State.values, 0) | dict(found)

    @cached_property
    def mails(self) -> dict[str, int]:
        awards = self.batch.awards.values("public_id")
        found = (
            Message.objects.filter(subject_id__in=awards, kind__in=["invitation", "auto_accepted"])
            .order_by()
            .values_list("state")
            .annotate(n=Count("pk"))
        )
        return dict.fromkeys(State.values, 0) | dict(found)

    @property
    def listed(self) -> int:
        return sum(self.rows.values())

    @property
    def whole(self) -> int:
        """Everybody who is to be awarded."""
        return self.rows["ready"] + self.rows["awarded"]

    @property
    def signed(self) -> int:
        return sum(self.awards.values()) - self.awards["queued"] - self.awards["failed"]

    @property
    def sent(self) -> int:
        return self.mails["sent"]

    @property
    def unsent(self) -> int:
        """Mails that are still on their way out."""
        return self.mails["queued"] + self.mails["sending"] + self.mails["deferred"]

    @property
    def failed(self) -> int:
        return self.awards["failed"] + self.mails["failed"] + self.mails["bounced"]

    @property
    def settled(self) -> int:
        """Awards whose mail has left, or needs none."""
        return max(0, sum(self.awards.values()) - self.awards["queued"] - self.unsent)

    @property
    def taken_back(self) -> int:
        return self.batch.awards.filter(revocation__isnull=False).count() + self.awards["withdrawn"]

    @property
    def is_over(self) -> bool:
        """Nothing more happens by itself."""
        state = self.batch.state
        if state in {Batch.State.READING, Batch.State.STARTED, Batch.State.UNDOING}:
            return False
        return state in {Batch.State.CHECKED, Batch.State.REFUSED, Batch.State.UNDONE} or not (
            self.awards["queued"] or self.unsent
        )

    @cached_property
    def rate(self) -> float:
        """Mails settled a second since it began; 0 when it is too early to say."""
        begins = self.batch.begins_at
        seconds = (timezone.now() - begins).total_seconds() if begins else 0
        return self.settled / seconds if seconds > 2 and self.settled > 20 else 0.0

    @property
    def seconds_left(self) -> int | None:
        return round((self.whole - self.settled) / self.rate) if self.rate else None

    @property
    def can_be_called_off(self) -> int:
        """Seconds until the first award is made; 0 when that has begun."""
        begins = self.batch.begins_at
        if self.batch.state != Batch.State.STARTED or begins is None:
            return 0
        return max(0, int((begins - timezone.now()).total_seconds()))
