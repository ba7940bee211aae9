"""What follows on the mails about an award (J2, J46).

A reminder has its time, a list's numbers move, and what did not arrive is an event of the award.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from plaudit_site.audit.models import record
from plaudit_site.awards.models import Award, Slice
from plaudit_site.mail import following
from plaudit_site.mail.following import Fate
from plaudit_site.mail.models import Lane, State
from plaudit_site.mail.queueing import Later, queue_absent

FIRST, SECOND = timedelta(days=3), timedelta(days=10)
BRINGS = ("invitation", "auto_accepted")
"""Mails that a list waits for: each brings an award."""
_COUNTED = {
    State.SENT: "sent",
    State.BOUNCED: "undelivered",
    State.FAILED: "undelivered",
    State.DROPPED: "dropped",
}


def after_invitations(fates: Sequence[Fate]) -> None:
    after_mails(fates)
    now = timezone.now()
    _remind({_about(fate): now + FIRST for fate in fates if fate.state is State.SENT}, FIRST)


def after_reminders(fates: Sequence[Fate]) -> None:
    """The second follows on the first; counted from the day of the invitation, when the first was queued.

    Where that one was held up, the second is not sent right behind it.
    """
    tell_lost(fates)
    soonest = timezone.now() + FIRST
    firsts = [
        fate
        for fate in fates
        if fate.state is State.SENT and (fate.message.once_key or "").endswith(f":{FIRST.days}")
    ]
    _remind({_about(one): max(one.message.created_at + SECOND, soonest) for one in firsts}, SECOND)


def after_mails(fates: Sequence[Fate]) -> None:
    count_mails(fates)
    tell_lost(fates)


def tell_lost(fates: Sequence[Fate]) -> None:
    """What could not be delivered is an event of its award, with which mail it was and why."""
    lost = {State.BOUNCED, State.FAILED}
    told = [fate for fate in fates if fate.state in lost and fate.was not in lost]
    ids = dict(Award.objects.filter(pk__in=map(_about, told)).values_list("pk", "public_id")) if told else {}
    for fate in sorted(told, key=_about):
        if public_id := ids.get(_about(fate)):
            mail = fate.message
            subject = f"award:{public_id}"
            record("undeliverable", actor="worker", subject=subject, code=mail.code, mail=mail.kind)


def count_mails(fates: Sequence[Fate]) -> None:
    """The slices of the lists that these awards came from know what became of their mails."""
    slices = _slices([_about(fate) for fate in fates])
    steps: dict[int, Counter[str]] = {}
    for fate in fates:
        mine = slices.get(_about(fate))
        if mine is None:
            continue
        counted = steps.setdefault(mine, Counter())
        counted[_COUNTED[fate.state]] += 1
        if fate.was in _COUNTED:
            counted[_COUNTED[fate.was]] -= 1
    for mine, step in sorted(steps.items()):
        Slice.objects.filter(pk=mine).update(**{name: F(name) + number for name, number in step.items()})


def count_queued(award: Award) -> None:
    """One mail more that brings this award: see `count_mails`."""
    for mine in _slices([award.pk]).values():
        Slice.objects.filter(pk=mine).update(mails=F("mails") + 1)


def _about(fate: Fate) -> int:
    """The award's key; none for a mail that was queued by hand."""
    return fate.message.about or 0


def _slices(awards: Sequence[int]) -> dict[int, int]:
    """The slice that each of these awards is counted in, if it came from a list."""
    under = Slice.objects.filter(batch=OuterRef("batch"), first__lte=OuterRef("batch_line")).order_by(
        "-first"
    )
    found = (
        Award.objects.filter(pk__in=awards, batch__isnull=False)
        .annotate(mine=Subquery(under.values("pk")[:1]))
        .values_list("pk", "mine")
    )
    return {award: mine for award, mine in found if mine is not None}


def _remind(wanted: Mapping[int, datetime], days: timedelta) -> None:
    """At most two, which drop themselves when there is nothing left to remind of."""
    if not wanted:
        return
    awards = Award.objects.filter(pk__in=wanted).order_by("pk")
    told = awards.values_list("pk", "public_id", "language", "invitation_number")
    queue_absent(
        "reminder",
        [
            Later(public_id, pk, language, f"reminder:{number}:{days.days}", wanted[pk])
            for pk, public_id, language, number in told
        ],
        lane=Lane.REMINDERS,
    )


def register_all() -> None:
    following.after("invitation", after_invitations)
    following.after("auto_accepted", after_mails)
    following.after("reminder", after_reminders)
    following.after("expiry", tell_lost)
