"""The rule “renew”: an accepted award takes the place of the earlier one of the same badge and address.

Until it is accepted the earlier one stays as it is: nobody loses a badge that is shown somewhere because a new one
waits in a mailbox. From then on the earlier one is revoked for good, and its page leads to the new one.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import statuslists
from plaudit_site.awards.models import Award, Revocation, Visibility

_TAKEN = (Award.State.ACCEPTED, Award.State.REMOVED)
_WAITS = (Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED)


def take_place(award: Award) -> None:
    """What `award`, which was accepted in this transaction, renews is revoked or withdrawn."""
    badge = award.version.achievement
    if badge.repeat != Achievement.Repeat.RENEW:
        return
    earlier = Award.objects.filter(
        issuer=award.issuer_id,
        address=award.address,
        version__achievement=badge,
        awarded_at__lt=award.awarded_at,
        revocation__isnull=True,
    ).exclude(pk=award.pk)
    keys = earlier.filter(state__in=_TAKEN, earner=award.earner_id) | earlier.filter(state__in=_WAITS)
    for pk in sorted(keys.values_list("pk", flat=True)):
        locked = Award.objects.select_for_update().get(pk=pk)
        if locked.state in _TAKEN:
            _revoke(locked, award)
        elif locked.state in _WAITS:
            _withdraw(locked)


def _revoke(earlier: Award, award: Award) -> None:
    with override(earlier.language):
        reason = _("Renewed")
    _revocation, made = Revocation.objects.get_or_create(
        award=earlier, defaults={"at": timezone.now(), "reason": reason, "renewed_by": award}
    )
    if not made:
        return
    bits = statuslists.set_bits_of(earlier)
    Award.objects.filter(pk=earlier.pk).update(once_key=None)
    _note("renewed", "issuer", earlier, bits, by_award=award.public_id)


def _withdraw(earlier: Award) -> None:
    """An invitation that nobody followed: its link dies."""
    number = earlier.invitation_number + 1
    Award.objects.filter(pk=earlier.pk).update(
        state=Award.State.WITHDRAWN,
        invitation_number=number,
        once_key=None,
        due_at=None,
        lease_holder="",
        lease_until=None,
    )
    _note("withdrawn", "renewal", earlier, statuslists.set_bits_of(earlier), number=number)


def _note(kind: str, actor: str, award: Award, bits: list[list[str | int]], **more: str | int) -> None:
    """With all that it takes to do it again after a restore (reapplying.py)."""
    subject = f"award:{award.public_id}"
    record(kind, actor=actor, subject=subject, issuer=award.issuer.public_id, bits=bits, **more)


def successor(award: Award, *, seen_by: User | None = None) -> Award | None:
    """The award that took this one's place, when anybody with its link may see it, or it is `seen_by`'s own."""
    revocation = getattr(award, "revocation", None)
    if revocation is None or revocation.renewed_by_id is None:
        return None
    later = Award.objects.filter(pk=revocation.renewed_by_id, state=Award.State.ACCEPTED)
    seen = later.filter(~Q(visibility=Visibility.ONLY_ME) | Q(earner__isnull=False, earner=seen_by))
    return seen.select_related("issuer").first()
