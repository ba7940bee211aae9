"""What nobody ever claims is erased after the operator's period, and its issuer is told a month before (J49).

An award becomes a shell as at its holder's request (erasing.py): the invitation, if somebody still has it, leads to
nothing, and the file that was signed and that nobody ever had is gone. What its issuer has withdrawn goes without a
word: there is nothing left to do about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from plaudit_site.audit.models import record_many
from plaudit_site.awards import erasing
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import UNDELIVERED, Lane, Message, State
from plaudit_site.mail.queueing import queue

TOLD_BEFORE = timedelta(days=30)
STILL_TOLD = timedelta(days=25)
"""So long ago at least a notice has left before what it was about goes."""
OUT_OF_REACH = timedelta(days=90)
"""An issuer whose mail comes back, or wants none, for so long cannot be told; people are forgotten all the same."""
KIND = "lapsing"
AT_ONCE = 100
_STILL_THERE = (Award.State.WAITING, Award.State.DECLINED, Award.State.FAILED)
MOST_ISSUERS = 200


def unclaimed(before: datetime) -> Any:
    """Awards of before then that nobody has ever accepted, and that their issuer can still do something about."""
    return _never_accepted(before).filter(state__in=_STILL_THERE)


def _never_accepted(before: datetime) -> Any:
    return Award.objects.filter(
        earner__isnull=True,
        accepted_at__isnull=True,
        is_welcome=False,
        made_at__lt=before,
    )


def what_waits(issuer: Issuer) -> str:
    """The state that some of what the issuer is told of are in; "" when there is nothing more to tell."""
    soon = unclaimed(timezone.now() - timedelta(days=settings.FORGET_UNCLAIMED_DAYS) + TOLD_BEFORE)
    there = set(soon.filter(issuer=issuer).values_list("state", flat=True).distinct())
    return next((state.value for state in _STILL_THERE if state in there), "")


def lapse_some() -> int:
    """Tell issuers, and erase what they were told of. Returns how many awards were erased."""
    if not settings.FORGET_UNCLAIMED_DAYS:
        return 0
    now, period = timezone.now(), timedelta(days=settings.FORGET_UNCLAIMED_DAYS)
    done = _erase(_never_accepted(now - period).filter(state=Award.State.WITHDRAWN))
    soon = unclaimed(now - period + TOLD_BEFORE)
    counted = soon.values("issuer").annotate(number=Count("pk")).order_by("issuer")[:MOST_ISSUERS]
    for found in counted:
        _tell(Issuer.objects.get(pk=found["issuer"]), found["number"], now)
    for issuer_pk, public_id in soon.values_list("issuer", "issuer__public_id").order_by("issuer").distinct():
        told = _told(public_id, now)
        if told is not None:
            # What the notice was about, and no more: it may have become older since.
            done += _erase(unclaimed(min(now, told + TOLD_BEFORE) - period).filter(issuer=issuer_pk))
        if done >= AT_ONCE:
            break
    return done


def _tell(issuer: Issuer, number: int, now: datetime) -> None:
    """Once a month, as long as there is something to tell."""
    context = {"number": number, "address": issuer.email, "on": (now + TOLD_BEFORE).date().isoformat()}
    once_key = f"{KIND}:{issuer.public_id}:{now:%Y-%m}"
    queue(KIND, issuer.public_id, lane=Lane.NOTICES, once_key=once_key, context=context)


def _told(public_id: str, now: datetime) -> datetime | None:
    """When the notice was made by which the issuer was told last, of those that left long enough ago."""
    left = Q(state=State.SENT, sent_at__lte=now - STILL_TOLD)
    came_back = Q(state__in=UNDELIVERED, created_at__lte=now - OUT_OF_REACH)
    notices = Message.objects.filter(left | came_back, kind=KIND, subject_id=public_id)
    return notices.order_by("-created_at").values_list("created_at", flat=True).first()


def _erase(rows: Any) -> int:
    with transaction.atomic():
        awards = list(rows.order_by("pk").select_for_update(of=("self",))[:AT_ONCE])
        if not awards:
            return 0
        ids = [award.public_id for award in awards]
        record_many("lapsed", actor="worker", subjects=[f"award:{one}" for one in ids])
        return erasing.erase(ids)
