"""Before a badge ends its earner is told, 30 and 7 days ahead, once each, unless the issuer wants no such mails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.models import Award, ExpiryNotices
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import Later, queue_absent

DAYS = (30, 7)


def queue_notices(awards: Iterable[Award]) -> None:
    """A mail for each of the days that lie ahead. It drops itself when it has become pointless (mails.py)."""
    now = timezone.now()
    wanted = [
        Later(award.public_id, award.pk, award.language, f"expiry:{days}", due_at)
        for award in awards
        if award.expires_at is not None
        for days in DAYS
        if (due_at := award.expires_at - timedelta(days=days)) > now
    ]
    if wanted:
        queue_absent("expiry", wanted, lane=Lane.REMINDERS)


def are_sent(issuer: Issuer) -> bool:
    return not ExpiryNotices.objects.filter(issuer=issuer, are_sent=False).exists()


def choose(issuer: Issuer, *, sent: bool, by: User) -> None:
    """Whether this issuer's earners are told; asked again when a mail's day has come."""
    with transaction.atomic():
        ExpiryNotices.objects.update_or_create(issuer=issuer, defaults={"are_sent": sent})
        record(
            "expiry notices chosen", actor=by.public_id, subject=f"issuer:{issuer.public_id}", are_sent=sent
        )
