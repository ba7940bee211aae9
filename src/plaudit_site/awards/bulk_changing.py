"""Many awards at one press: send again, take back, or correct by a list (correction_lists.py).

A worker does it, and the page tells how far it is. Each award is changed in one transaction with the note that it is
done, under the lease: whoever goes on after a crash begins behind it, so that nobody is mailed twice and nobody is
left out.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import exchanging, listing, reaching, revoking
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, BulkChange, Correction
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer

SECONDS_A_ROUND = 1.0
HOLD_SECONDS = 60
AT_ONCE = 50
KEPT = timedelta(days=1)
"""A list of corrections that was looked at and never pressed."""

_WAITS = (Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED, Award.State.FAILED)
_TAKEN = (Award.State.ACCEPTED, Award.State.REMOVED, Award.State.ERASED)


class LeaseLost(Exception):
    """Another worker goes on with it; what this one was about to do is rolled back."""


@dataclass(frozen=True)
class Forecast:
    """What would happen to how many."""

    whole: int
    mailed: int
    withdrawn: int
    revoked: int
    left_out: int
    # Of those that would be mailed, whom no mail reaches; None where they are too many to look at each.
    beyond: int | None = 0

    @property
    def changed(self) -> int:
        return self.whole - self.left_out - (self.beyond or 0)


def forecast(issuer: Issuer, kind: str, wanted: listing.Wanted) -> Forecast:
    """Counted now, in full; what changes until the worker comes to it is judged again then."""
    rows = listing.found(issuer, wanted).order_by().values_list("state")
    by_state: Mapping[str, tuple[int, int]] = {
        state: (standing, revoked)
        for state, standing, revoked in rows.annotate(
            standing=Count("pk", filter=Q(revocation__isnull=True)),
            revoked=Count("pk", filter=Q(revocation__isnull=False)),
        )
    }
    standing = Counter({state: numbers[0] for state, numbers in by_state.items()})
    whole = sum(map(sum, by_state.values()))
    again = kind == BulkChange.Kind.SEND_AGAIN
    mailed, beyond = 0, None
    if again:
        waiting = listing.found(issuer, wanted).filter(state=Award.State.WAITING, revocation__isnull=True)
        beyond = reaching.number_beyond(
            issuer, waiting.order_by().values_list("address", flat=True).iterator()
        )
        mailed = standing[Award.State.WAITING] - (beyond or 0)
    withdrawn = 0 if again else sum(standing[state] for state in _WAITS)
    revoked = 0 if again else sum(standing[state] for state in _TAKEN)
    left_out = whole - mailed - withdrawn - revoked - (beyond or 0)
    return Forecast(whole, mailed, withdrawn, revoked, left_out, beyond if again else 0)


def start(
    issuer: Issuer, kind: str, wanted: listing.Wanted, *, reason: str, by: User, press: str, last: str = ""
) -> BulkChange:
    """Leave it to the worker. The same `press` again is the same change. Raises AwardRefused.

    `last` is the newest award that there was when it was asked what would happen: later ones are left alone.
    """
    if not may(by, "award", issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
    earlier = BulkChange.objects.filter(public_id=press, issuer=issuer).first()
    if earlier is not None:
        return earlier
    rows = listing.found(issuer, wanted)
    if last:
        rows = rows.filter(pk__lte=Award.objects.filter(issuer=issuer, public_id=last).values("pk")[:1])
    up_to = rows.order_by("-pk").values_list("pk", flat=True).first()
    if up_to is None:
        raise AwardRefused(_("There is no such award any more."))
    with transaction.atomic():
        change, made = BulkChange.objects.get_or_create(
            public_id=press,
            defaults={
                "issuer": issuer,
                "made_by": by,
                "kind": kind,
                "reason": " ".join(reason.split())[:300],
                "wanted": asdict(wanted),
                "up_to": up_to,
                "whole": rows.count(),
                "due_at": timezone.now(),
            },
        )
        if made:
            record("many changed", actor=by.public_id, subject=f"bulk:{press}", issuer=issuer.public_id)
    return change


def stop(change: BulkChange, *, by: User) -> bool:
    """Leave the rest as it is. False when it was over before. Raises AwardRefused."""
    if not may(by, "award", change.issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
    with transaction.atomic():
        working = BulkChange.objects.filter(pk=change.pk, state=BulkChange.State.WORKING)
        stopped = working.update(
            state=BulkChange.State.STOPPED,
            ended_at=timezone.now(),
            due_at=None,
            lease_holder="",
            lease_until=None,
        )
        if stopped:
            record("many stopped", actor=by.public_id, subject=f"bulk:{change.public_id}")
    return bool(stopped)


def change_some(worker: str) -> int:
    """Some of one press, for about a second. Returns how many awards were dealt with."""
    held = leases.claim(
        BulkChange.objects.filter(state=BulkChange.State.WORKING),
        worker=worker,
        now=timezone.now(),
        most=1,
        seconds=HOLD_SECONDS,
    )
    return sum(_change(change) for change in held)


def _change(change: BulkChange) -> int:
    if change.made_by is None or not may(change.made_by, "award", change.issuer):
        _end(
            change,
            BulkChange.State.STOPPED,
            _("Stopped: who started it may no longer award for this issuer."),
        )
        return 1
    done, until = 0, time.monotonic() + SECONDS_A_ROUND
    if change.kind == BulkChange.Kind.CORRECT:
        found = Award.objects.filter(pk__in=change.corrections.values("award"))
    else:
        found = listing.found(change.issuer, listing.Wanted.stored(change.wanted))
    while time.monotonic() < until:
        rows = found.filter(pk__gt=change.after, pk__lte=change.up_to)
        awards = list(rows.select_related("issuer").order_by("pk")[:AT_ONCE])
        if not awards:
            _end(change, BulkChange.State.DONE)
            return done or 1
        for award in awards:
            try:
                _change_one(change, award)
            except LeaseLost:
                return done
            except AwardRefused as refusal:  # it would refuse the next one, too
                _end(change, BulkChange.State.STOPPED, str(refusal)[:300])
                return done or 1
            change.after = award.pk
            done += 1
    leases.finish(change, due_at=timezone.now())
    return done


def _change_one(change: BulkChange, award: Award) -> None:
    """The award's change and the note of it, together or not at all. Raises LeaseLost, AwardRefused."""
    assert change.made_by is not None
    with transaction.atomic():
        counted = {"done": 1}
        try:
            if change.kind == BulkChange.Kind.SEND_AGAIN:
                revoking.send_again(award, by=change.made_by)
            elif change.kind == BulkChange.Kind.CORRECT:
                counted = _correct(change, award, by=change.made_by)
            elif award.state in _TAKEN:
                revoking.revoke(award, reason=change.reason, by=change.made_by)
            else:
                revoking.withdraw(award, by=change.made_by)
        except revoking.NotPossible:
            counted = {"left_out": 1}
        held = BulkChange.objects.filter(
            pk=change.pk,
            lease_holder=change.lease_holder,
            attempts=change.attempts,
            lease_until__isnull=False,
        )
        until = timezone.now() + timedelta(seconds=HOLD_SECONDS)
        columns = {column: F(column) + number for column, number in counted.items()}
        if held.update(**columns, after=award.pk, lease_until=until) != 1:
            raise LeaseLost


def _correct(change: BulkChange, award: Award, *, by: User) -> dict[str, int]:
    """How many more count in which column. Raises AwardRefused."""
    asked = change.corrections.select_related("award__issuer").filter(award=award).first()
    if asked is None:  # it moved together with an earlier one
        return {}
    try:
        return {"done": exchanging.correct(change, asked, by=by)}
    except exchanging.REFUSED as why:
        asked.name, asked.address, asked.problem = "", "", str(why)[:300]
        asked.save(update_fields=["name", "address", "problem"])
        return {"left_out": 1}


def _end(change: BulkChange, state: BulkChange.State, problem: str = "") -> None:
    leases.finish(change, state=state, problem=problem, ended_at=timezone.now(), due_at=None)


def forget_some() -> int:
    """Lists that nobody pressed, and the names and addresses of those that ended. Returns how many."""
    old = BulkChange.objects.filter(state=BulkChange.State.LOOKED_AT, made_at__lt=timezone.now() - KEPT)
    ended = Correction.objects.filter(
        change__state__in=[BulkChange.State.DONE, BulkChange.State.STOPPED],
        change__ended_at__lt=timezone.now() - timedelta(days=settings.FORGET_LISTS_DAYS),
    )
    return old.delete()[0] + ended.delete()[0]
