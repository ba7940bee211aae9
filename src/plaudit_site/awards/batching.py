"""A checked spreadsheet is started, stopped, undone. In between it is worked off in slices (slicing.py)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import emptying, revoking, staging
from plaudit_site.awards.awarding import AwardRefused, refuse_too_far
from plaudit_site.awards.models import Award, Batch, BatchRow, Slice
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.staging import BatchChanged
from plaudit_site.issuers.access import may
from plaudit_site.mail.models import Message, State

HOLD_SECONDS = 60
UNDONE_AT_ONCE = 50
LEFT_AT_ONCE = 2_000
# Mails that have left, or may have: whoever has one may have opened it.
_LEFT = (State.SENT, State.SENDING, State.BOUNCED)


def start(batch: Batch, *, by: User, send_at: datetime | None = None) -> None:
    """Award every ready row, after the time in which it can be called off, or at `send_at`. Twice is once.

    Raises AwardRefused, NotThen, BatchChanged; the last also when it has started for another day.
    """
    staging.check(batch.issuer, by)
    now = timezone.now()
    if send_at is not None:
        refuse_too_far(send_at)
    begins = _begins(now, send_at)
    with transaction.atomic():
        current = _locked(batch)
        if current.state == Batch.State.STARTED:
            if send_at is not None and current.begins_at != _begins(current.started_at or now, send_at):
                raise BatchChanged
            return
        if current.state not in {Batch.State.CHECKED, Batch.State.STOPPED} or current.forgotten_at:
            raise BatchChanged
        if not current.rows.filter(state=BatchRow.State.READY).exists():
            raise AwardRefused(_("No row is ready to be awarded. Correct one, or upload another list."))
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.STARTED,
            started_by=by,
            started_at=now,
            begins_at=begins,
            settled_before=Progress(current).settled,
            due_at=begins,
            attempts=0,
            problem="",
        )
        Slice.objects.filter(batch=batch, done_at__isnull=True).update(due_at=begins, attempts=0)
        record("batch started", actor=by.public_id, subject=f"batch:{batch.public_id}")


def _begins(now: datetime, send_at: datetime | None) -> datetime:
    """Never before the time is over in which it can be called off."""
    earliest = now + timedelta(seconds=settings.CANCEL_SECONDS)
    return earliest if send_at is None else max(earliest, send_at)


def _locked(batch: Batch) -> Batch:
    """The row as it is now. Whoever stores an award of the batch needs its key alone, and does not wait."""
    return Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def _hold_back(batch: Batch) -> None:
    """No slice is begun, and what a worker has in its hands is not stored."""
    Slice.objects.filter(batch=batch, done_at__isnull=True).update(
        due_at=None, lease_holder="", lease_until=None
    )


def stop(batch: Batch, *, by: User) -> bool:
    """Call it off: wholly before it has begun (True), else what is left of it (False).

    Raises AwardRefused, BatchChanged.
    """
    if not may(by, "award", batch.issuer):
        raise AwardRefused(_("You are not allowed to award for this issuer."))
    with transaction.atomic():
        if _locked(batch).state != Batch.State.STARTED:
            raise BatchChanged
        _hold_back(batch)
        looked_at = batch.slices.filter(Q(refused__gt=0) | Q(awarded__gt=0)).exists()
        untouched = not looked_at and not batch.awards.exists()
        if untouched:  # rows may be corrected again, and the slices laid anew
            batch.slices.all().delete()
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.CHECKED if untouched else Batch.State.STOPPED, due_at=None, problem=""
        )
        record("batch stopped", actor=by.public_id, subject=f"batch:{batch.public_id}")
    return untouched


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
        _hold_back(batch)
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


def _leave_rest(batch: Batch) -> bool:
    """The rows that are ready still are left out, in pieces. False when the lease was lost."""
    while True:
        with transaction.atomic():
            if not leases.renew(batch, seconds=HOLD_SECONDS):
                return False
            ready = batch.rows.filter(state=BatchRow.State.READY).order_by("line")
            lines = list(ready.values_list("line", flat=True)[:LEFT_AT_ONCE])
            if not lines:
                return True
            left = ready.filter(line__gte=lines[0], line__lte=lines[-1]).order_by()
            staging.move_in_tally(
                batch, {"ready": -len(lines), "left": left.update(state=BatchRow.State.LEFT)}
            )


def _undo(batch: Batch) -> int:
    if not _leave_rest(batch):
        return 0
    standing = (
        Award.objects.filter(batch=batch, revocation__isnull=True)
        .exclude(state=Award.State.WITHDRAWN)
        # Erased before anything was signed: there is nothing to take back.
        .exclude(state=Award.State.ERASED, credential=None)
        .select_related("issuer")
        .order_by("pk")
    )
    awards = list(standing[:UNDONE_AT_ONCE])
    if not awards:
        if leases.finish(batch, state=Batch.State.UNDONE, ended_at=timezone.now(), due_at=None, problem=""):
            emptying.forget_file(batch)
        return 1
    mails = Message.objects.filter(about__in=[award.pk for award in awards], kind="invitation")
    # A server that broke off after the text may have delivered it.
    left = Q(state__in=_LEFT) | Q(state=State.DEFERRED, possibly_twice=True)
    sent = set(mails.filter(left).values_list("about", flat=True))
    assert batch.started_by is not None
    done = 0
    for award in awards:
        accepted = award.state in {Award.State.ACCEPTED, Award.State.REMOVED, Award.State.ERASED}
        try:
            # One that could not be signed anew, after a correction, has nothing to revoke.
            if accepted or (award.pk in sent and award.state != Award.State.FAILED):
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
