"""An award that could not be signed is put back into the queue, once what was in its way is mended."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.awarding import AwardRefused, check_standing
from plaudit_site.awards.models import Award
from plaudit_site.awards.revoking import NotPossible
from plaudit_site.issuers.access import may


def try_again(award: Award, *, by: User) -> None:
    """Signed by the worker as if it were new, with as many tries. Raises AwardRefused, NotPossible."""
    if not may(by, "award", award.issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
    if not award.issuer.is_site:
        check_standing(award.issuer, by, award.address)
    with transaction.atomic():
        failed = Award.objects.filter(pk=award.pk, state=Award.State.FAILED, revocation__isnull=True)
        changed = failed.update(
            state=Award.State.QUEUED,
            attempts=0,
            due_at=timezone.now(),
            problem="",
            lease_holder="",
            lease_until=None,
        )
        if changed != 1:
            raise NotPossible(_("Only a badge that could not be signed can be tried again."))
        record("tried again", actor=by.public_id, subject=f"award:{award.public_id}")
