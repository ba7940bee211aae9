"""An issuer that was suspended may award again: what waited for that goes on at once."""

from __future__ import annotations

from django.utils import timezone

from plaudit_site.awards import issuing
from plaudit_site.awards.models import Award, Batch
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import reasons
from plaudit_site.mail.models import Message, State


def go_on(issuer: Issuer) -> None:
    """Inside the caller's transaction. What a worker holds just now comes back by itself, within two hours."""
    now = timezone.now()
    begun = Batch.objects.filter(issuer=issuer, state=Batch.State.STARTED, begins_at__lte=now)
    begun.update(due_at=now, problem="")
    awards = Award.objects.filter(issuer=issuer)
    unsigned = awards.filter(state=Award.State.QUEUED, problem=issuing.SUSPENDED, lease_until__isnull=True)
    unsigned.update(due_at=now, problem="")
    Message.objects.filter(
        state__in=[State.QUEUED, State.DEFERRED],
        due_at__gt=now,
        code=reasons.NOT_NOW,
        lease_until__isnull=True,
        about__in=awards.values("pk"),
    ).update(due_at=now)
