"""What an earner does with a badge that is theirs: who sees it, hide it, remove it, report it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.claiming import NotYours
from plaudit_site.awards.models import AbuseReport, Award, Visibility

UNDO_REMOVE = timedelta(days=30)


def set_visibility(award: Award, earner: User, visibility: str) -> None:
    """Read at each request, so a page made private is gone at once."""
    now = timezone.now()
    with transaction.atomic():
        _change(award, earner, visibility=Visibility(visibility))
        if visibility != Visibility.ONLY_ME:
            Award.objects.filter(pk=award.pk, shared_at__isnull=True).update(shared_at=now)
        record(
            "visibility set",
            actor=earner.public_id,
            subject=f"award:{award.public_id}",
            visibility=str(visibility),
        )
    award.refresh_from_db()


def set_hidden(award: Award, earner: User, hidden: bool) -> None:
    """Off the Earned grid; who else sees it stays as it is (J29)."""
    with transaction.atomic():
        _change(award, earner, hidden=hidden)
    award.refresh_from_db()


def remove(award: Award, earner: User) -> None:
    """The earner wants it gone: its page answers 410; for 30 days it can be taken back."""
    with transaction.atomic():
        changed = Award.objects.filter(pk=award.pk, earner=earner, state=Award.State.ACCEPTED).update(
            state=Award.State.REMOVED, removed_at=timezone.now()
        )
        if changed != 1:
            raise NotYours
        record("removed", actor=earner.public_id, subject=f"award:{award.public_id}")
    award.refresh_from_db()


def take_back(award: Award, earner: User) -> None:
    with transaction.atomic():
        changed = Award.objects.filter(
            pk=award.pk,
            earner=earner,
            state=Award.State.REMOVED,
            removed_at__gt=timezone.now() - UNDO_REMOVE,
        ).update(state=Award.State.ACCEPTED, removed_at=None)
        if changed != 1:
            raise NotYours
        record("removal undone", actor=earner.public_id, subject=f"award:{award.public_id}")
    award.refresh_from_db()


def report(award: Award, text: str) -> AbuseReport:
    """Tell the operator that something is wrong with this award; nothing else changes."""
    return AbuseReport.objects.create(award=award, text=text.strip()[:2000])


def _change(award: Award, earner: User, **values: object) -> None:
    changed = Award.objects.filter(pk=award.pk, earner=earner, state=Award.State.ACCEPTED).update(**values)
    if changed != 1:
        raise NotYours
