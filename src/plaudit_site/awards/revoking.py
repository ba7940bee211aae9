"""Taking back: revoke what is out, withdraw what waits, correct an address. The row shows at once, the list follows."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.addresses import address_form
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import reaching, reminding, statuslists
from plaudit_site.awards.awarding import (
    AlreadyAwarded,
    AwardRefused,
    check_standing,
    once_key,
    refuse_older,
)
from plaudit_site.awards.models import Award, Revocation
from plaudit_site.awards.telling import queue_about
from plaudit_site.issuers.access import may
from plaudit_site.mail import following
from plaudit_site.mail.models import Lane, Message, State
from plaudit_site.showing.words import visible

MOST_A_DAY = 5
# One that could not be signed too: what stands for “once” is free again.
_CAN_BE_WITHDRAWN = (Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED, Award.State.FAILED)
CAN_BE_CORRECTED = frozenset({Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED})


class NotPossible(Exception):
    """The award is in a state in which that makes no sense; the text says which."""


def revoke(award: Award, *, reason: str, by: User) -> Revocation:
    """The badge is no longer valid, for ever; its page says so from this commit on, and the earner is told.

    Raises AwardRefused (not allowed), NotPossible (not signed yet, or revoked before).
    """
    _check(award, by)
    with transaction.atomic():
        locked = Award.objects.select_for_update().get(pk=award.pk)
        if locked.credential is None:
            raise NotPossible(_("This badge is still being prepared. Try again in a moment."))
        if Revocation.objects.filter(award=locked).exists():
            raise NotPossible(_("This badge was revoked before."))
        revocation = Revocation.objects.create(award=locked, reason=" ".join(reason.split())[:300], by=by)
        bits = statuslists.set_bits_of(locked)
        Award.objects.filter(pk=locked.pk).update(once_key=None)
        if locked.state == Award.State.ACCEPTED and not locked.is_welcome:
            queue_about(locked, "revoked", Lane.NOTICES, once_key="revoked")
        _note("revoked", award, by, bits)
    return revocation


def withdraw(award: Award, *, by: User) -> None:
    """Take back what nobody has accepted: the invitation's link dies. Raises AwardRefused, NotPossible."""
    _check(award, by)
    with transaction.atomic():
        locked = Award.objects.select_for_update().get(pk=award.pk)
        if locked.state not in _CAN_BE_WITHDRAWN:
            raise NotPossible(_("It was accepted meanwhile. Revoke it instead, with a reason."))
        Award.objects.filter(pk=locked.pk).update(
            state=Award.State.WITHDRAWN,
            invitation_number=locked.invitation_number + 1,
            once_key=None,
            due_at=None,
            problem="",
            lease_holder="",
            lease_until=None,
        )
        bits = statuslists.set_bits_of(locked)
        _note("withdrawn", award, by, bits, number=locked.invitation_number + 1)


def correct(award: Award, *, address: str, name: str, by: User) -> None:
    """Another address or name while it waits: signed anew with a new status index, sent again, the old link dies.

    Its day stays, as does all else that was awarded.

    Raises AwardRefused, AlreadyAwarded, AddressRefused, NotPossible.
    """
    form = address_form(address)
    _check(award, by)
    if not award.issuer.is_site:
        check_standing(award.issuer, by, form)
    with transaction.atomic():
        locked = Award.objects.select_for_update().select_related("version__achievement").get(pk=award.pk)
        if locked.state not in CAN_BE_CORRECTED:
            raise NotPossible(_("It was accepted meanwhile, so the address can’t be changed any more."))
        if Revocation.objects.filter(award=locked).exists():
            raise NotPossible(_("This badge was revoked before."))
        now = timezone.now()
        if form != locked.address:
            refuse_older(locked, locked.version.achievement, form)
        key = once_key(locked.version.achievement, form, locked.awarded_at)
        taken = Award.objects.filter(once_key=key).exclude(pk=locked.pk).first() if key else None
        if taken is not None:
            raise AlreadyAwarded(taken)
        bits = statuslists.set_bits_of(locked)
        Award.objects.filter(pk=locked.pk).update(
            address=form,
            name=visible(name),
            once_key=key,
            state=Award.State.QUEUED,
            credential=None,
            opened_at=None,
            declined_at=None,
            invitation_number=locked.invitation_number + 1,
            # One that is to be sent later still is.
            due_at=max(locked.due_at or now, now) if locked.state == Award.State.QUEUED else now,
            attempts=0,
            lease_holder="",
            lease_until=None,
        )
        # They would go to the new address, and be followed by the one that is queued when it is signed anew.
        earlier = Message.objects.filter(about=locked.pk, kind__in=["invitation", "reminder"])
        following.drop(earlier, "it was corrected before this mail left")
        _note("corrected", award, by, bits, number=locked.invitation_number + 1)


def send_again(award: Award, *, by: User) -> None:
    """The same link once more; a mail that still waits goes now instead. Raises AwardRefused, NotPossible."""
    _check(award, by)
    if not award.issuer.is_site:
        check_standing(award.issuer, by, award.address)
    if award.state != Award.State.WAITING:
        raise NotPossible(_("Only a badge that waits to be accepted can be sent again."))
    if why := reaching.why_not(award):
        raise NotPossible(why)
    lately = Message.objects.filter(
        about=award.pk, kind="invitation", created_at__gt=timezone.now() - timedelta(days=1)
    )
    if lately.count() >= MOST_A_DAY:
        raise NotPossible(_("It was sent several times today. Go on tomorrow."))
    with transaction.atomic():
        still = Message.objects.filter(about=award.pk, kind="invitation", lease_until__isnull=True)
        if not still.filter(state__in=[State.QUEUED, State.DEFERRED]).update(due_at=timezone.now()):
            number = {"number": award.invitation_number}
            queue_about(award, "invitation", Lane.INVITATIONS, context=number)
            reminding.count_queued(award)
        record("sent again", actor=by.public_id, subject=f"award:{award.public_id}")


def _note(kind: str, award: Award, by: User, bits: list[list[str | int]], **more: int) -> None:
    """With all that it takes to do it again after a restore (reapplying.py)."""
    subject = f"award:{award.public_id}"
    record(kind, actor=by.public_id, subject=subject, issuer=award.issuer.public_id, bits=bits, **more)


def _check(award: Award, by: User) -> None:
    if not may(by, "award", award.issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
