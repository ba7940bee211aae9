"""What nobody ever claims is erased after the operator's period, and its issuer is told a month before (J49).

An award becomes a shell as at its holder's request (erasing.py): the invitation, if somebody still has it, leads to
nothing, and the file that was signed and that nobody ever had is gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from plaudit_site.audit.models import record_many
from plaudit_site.awards import erasing
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Lane, Message
from plaudit_site.mail.queueing import queue

TOLD_BEFORE = timedelta(days=30)
STILL_TOLD = timedelta(days=25)
"""A notice is so old at least before what it was about goes."""
KIND = "lapsing"
AT_ONCE = 100
MOST_ISSUERS = 200


def unclaimed(before: datetime) -> Any:
    """Awards made before that moment that nobody has ever accepted, and that still wait."""
    return Award.objects.filter(
        state__in=[Award.State.WAITING, Award.State.DECLINED],
        earner__isnull=True,
        accepted_at__isnull=True,
        is_welcome=False,
        made_at__lt=before,
    )


def lapse_some() -> int:
    """Tell issuers, and erase what they were told of. Returns how many awards were erased."""
    if not settings.FORGET_UNCLAIMED_DAYS:
        return 0
    now, period = timezone.now(), timedelta(days=settings.FORGET_UNCLAIMED_DAYS)
    soon = unclaimed(now - period + TOLD_BEFORE)
    counted = soon.values("issuer").annotate(number=Count("pk")).order_by("issuer")[:MOST_ISSUERS]
    for found in counted:
        _tell(Issuer.objects.get(pk=found["issuer"]), found["number"], now)
    done = 0
    for issuer_pk, public_id in soon.values_list("issuer", "issuer__public_id").order_by("issuer").distinct():
        told = _told(public_id, now)
        if told is not None:
            # What the notice was about, and no more: it may have become older since.
            done += _erase(issuer_pk, min(now, told + TOLD_BEFORE) - period)
        if done >= AT_ONCE:
            break
    return done


def _tell(issuer: Issuer, number: int, now: datetime) -> None:
    """Once a month, as long as there is something to tell."""
    context = {"number": number, "address": issuer.email, "on": (now + TOLD_BEFORE).date().isoformat()}
    once_key = f"{KIND}:{issuer.public_id}:{now:%Y-%m}"
    queue(KIND, issuer.public_id, lane=Lane.NOTICES, once_key=once_key, context=context)


def _told(public_id: str, now: datetime) -> datetime | None:
    """When the issuer was told last, of those times that are long enough ago."""
    notices = Message.objects.filter(kind=KIND, subject_id=public_id, created_at__lte=now - STILL_TOLD)
    return notices.order_by("-created_at").values_list("created_at", flat=True).first()


def _erase(issuer_pk: int, before: datetime) -> int:
    with transaction.atomic():
        rows = unclaimed(before).filter(issuer=issuer_pk).order_by("pk")
        awards = list(rows.select_for_update(of=("self",))[:AT_ONCE])
        ids = [award.public_id for award in awards]
        record_many("lapsed", actor="worker", subjects=[f"award:{one}" for one in ids])
        return erasing.erase(ids)
