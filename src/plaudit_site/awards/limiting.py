"""Links that show less of an award, for a while: made, found, ended by its earner (ADR 0040)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.claiming import NotYours
from plaudit_site.awards.models import Award, LimitedLink
from plaudit_site.showing.words import visible

MOST = 50
DAYS = (7, 30, 90, 365)


class TooMany(Exception):
    """Nobody needs more than 50 that hold at the same time for one award."""


@dataclass(frozen=True)
class Wanted:
    days: int
    name_shown: str = LimitedLink.NameShown.WHOLE
    hides_result: bool = False
    hides_evidence: bool = False
    note: str = ""


def make(award: Award, earner: User, wanted: Wanted) -> LimitedLink:
    """Raises NotYours, TooMany."""
    now = timezone.now()
    with transaction.atomic():
        mine = Award.objects.select_for_update().filter(
            pk=award.pk, earner=earner, state=Award.State.ACCEPTED
        )
        if not mine.exists():
            raise NotYours
        if standing(award, now).count() >= MOST:
            raise TooMany
        link = LimitedLink.objects.create(
            award=award,
            note=visible(wanted.note)[:80],
            name_shown=LimitedLink.NameShown(wanted.name_shown),
            hides_result=wanted.hides_result,
            hides_evidence=wanted.hides_evidence,
            made_at=now,
            expires_at=now + timedelta(days=wanted.days),
        )
        record("limited link made", actor=earner.public_id, subject=f"award:{award.public_id}")
    return link


def end(award: Award, earner: User, public_id: str) -> bool:
    """From this commit on the link answers as one that never was; False when it did so before."""
    with transaction.atomic():
        changed = LimitedLink.objects.filter(
            public_id=public_id, award=award, award__earner=earner, ended_at__isnull=True
        ).update(ended_at=timezone.now())
        if changed:
            record("limited link ended", actor=earner.public_id, subject=f"award:{award.public_id}")
    return changed == 1


def standing(award: Award, now: datetime) -> QuerySet[LimitedLink]:
    """The links of an award that hold now. One that was made for an earner before this one does not."""
    return LimitedLink.objects.filter(
        award=award,
        award__state=Award.State.ACCEPTED,
        award__accepted_at__lte=F("made_at"),
        ended_at__isnull=True,
        expires_at__gt=now,
    )


def find(public_id: str, now: datetime) -> tuple[LimitedLink, Award] | None:
    """What a stranger with this link may see; None for unknown, ended, run out and removed alike."""
    link = LimitedLink.objects.filter(public_id=public_id).first()
    if link is None or not standing(link.award, now).filter(pk=link.pk).exists():
        return None
    award = Award.objects.with_badge().filter(pk=link.award_id, credential__isnull=False).first()
    return None if award is None else (link, award)


def shown_name(name: str, how: str) -> str:
    """What of a name is shown. Where the family name is, no program knows: the earner sees it before."""
    if how == LimitedLink.NameShown.NONE:
        return ""
    return name if how == LimitedLink.NameShown.WHOLE else name.split(" ")[0]
