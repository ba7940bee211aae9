"""What must not come undone when a backup is put back: taken back once more, as the journal's lines say."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from plaudit_site.accounts.models import User
from plaudit_site.audit import journal
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import record
from plaudit_site.awards import claiming, erasing, statuslists
from plaudit_site.awards.models import Award, Revocation, StatusList, Suspension
from plaudit_site.issuers.models import Issuer

_WAITS = (Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED, Award.State.FAILED)


def revoked(line: Line) -> bool:
    """The bit of whoever holds the file, and the row where the award is still there."""
    by = User.objects.filter(public_id=line.actor).first()
    # The issuer's own words were in the database alone: the journal holds no text.
    return _revoked(line, _("Revoked before this site was restored from a backup."), by=by)


def renewed(line: Line) -> bool:
    """The same; its page leads to the later award where that one is there, and accepted once more."""
    later = Award.objects.filter(public_id=line.details.get("by_award")).first()
    award = _award(line)
    with override(award.language if award else None):
        return _revoked(line, _("Renewed"), renewed_by=later)


def _revoked(line: Line, reason: str, **more: User | Award | None) -> bool:
    changed = _bits(line)
    award = _award(line)
    if award is None or Revocation.objects.filter(award=award).exists():
        return changed
    statuslists.set_bits_of(award)
    Revocation.objects.create(award=award, at=line.at, reason=reason, **more)
    Award.objects.filter(pk=award.pk).update(once_key=None)
    _note(line)
    return True


def withdrawn(line: Line) -> bool:
    """The invitation's link stays dead, also the one of an address that was corrected: the new one is lost."""
    changed = _bits(line)
    award = _award(line)
    if award is None or award.state not in _WAITS:
        return changed
    # Lines of what a renewal withdrew once had no number, and no bits: it was for good, whatever the number is.
    number = int(line.details.get("number", award.invitation_number + 1))
    if award.invitation_number >= number:
        return changed
    Award.objects.filter(pk=award.pk).update(
        state=Award.State.WITHDRAWN,
        invitation_number=number + 1,
        once_key=None,
        due_at=None,
        lease_holder="",
        lease_until=None,
    )
    statuslists.set_bits_of(award)
    record("withdrawn", actor=line.actor, subject=line.subject, **line.details)
    return True


def claim_undone(line: Line) -> bool:
    """Whoever claimed it without having the mailbox does not get it back."""
    award, number = _award(line), int(line.details.get("number", 0))
    if award is None or award.invitation_number >= number:
        return False
    Award.objects.filter(pk=award.pk).update(invitation_number=number)
    if award.earner is not None:
        claiming.give_back(award.earner, award.address)
    _note(line)
    return True


def removed(line: Line) -> bool:
    changed = Award.objects.filter(public_id=line.about, state=Award.State.ACCEPTED).update(
        state=Award.State.REMOVED, removed_at=line.at
    )
    return _noted(line, changed)


def removal_undone(line: Line) -> bool:
    changed = Award.objects.filter(public_id=line.about, state=Award.State.REMOVED).update(
        state=Award.State.ACCEPTED, removed_at=None
    )
    return _noted(line, changed)


def lapsed(line: Line) -> bool:
    """Nobody claimed it in all that time: who it was for stays forgotten. Its bits stay as they are."""
    if not erasing.erase([line.about]):
        return False
    _note(line)
    return True


def suspended(line: Line) -> bool:
    """Suspended again where the award is still there; a list that was begun later is begun anew with its place."""
    changed = _held(line, is_set=True)
    award = _award(line)
    if award is None or Suspension.objects.filter(award=award).exists():
        return changed
    by = User.objects.filter(public_id=line.actor).first()
    reason = _("Suspended before this site was restored from a backup.")
    Suspension.objects.create(award=award, at=line.at, reason=reason, by=by)
    _note(line)
    return True


def reinstated(line: Line) -> bool:
    changed = _held(line, is_set=False)
    gone, _rows = Suspension.objects.filter(award__public_id=line.about).delete()
    if gone:
        _note(line)
    return changed or bool(gone)


def _award(line: Line) -> Award | None:
    return Award.objects.select_related("earner").filter(public_id=line.about).first()


def _bits(line: Line) -> bool:
    """Set, also for awards that are unknown here, and in lists that were begun after the backup."""
    changed = False
    for public_id, index in line.details.get("bits", []):
        status_list = StatusList.objects.filter(public_id=public_id).only("pk").first()
        if status_list is None:
            issuer = Issuer.objects.filter(public_id=line.details.get("issuer")).first()
            if issuer is None:
                continue
            status_list = StatusList.objects.create(
                public_id=public_id, issuer=issuer, reserved=StatusList.SIZE
            )
        changed |= statuslists.set_place(status_list.pk, index)
    return changed


def _held(line: Line, *, is_set: bool) -> bool:
    changed = False
    for public_id, index in line.details.get("held", []):
        issuer = Issuer.objects.filter(public_id=line.details.get("issuer")).first()
        if issuer is None:
            continue
        status_list, _made = StatusList.objects.get_or_create(
            public_id=public_id,
            defaults={"issuer": issuer, "purpose": "suspension", "reserved": StatusList.SIZE},
        )
        change = statuslists.set_place if is_set else statuslists.clear_place
        changed |= change(status_list.pk, index)
    return changed


def _noted(line: Line, changed: int) -> bool:
    if changed:
        _note(line)
    return changed == 1


def _note(line: Line) -> None:
    """In the restored history too: who did it then."""
    record(line.kind, actor=line.actor, subject=line.subject, **line.details)


def register_all() -> None:
    journal.keep("revoked", revoked)
    journal.keep("renewed", renewed)
    journal.keep("suspended", suspended)
    journal.keep("reinstated", reinstated)
    journal.keep("withdrawn", withdrawn)
    journal.keep("corrected", withdrawn)
    journal.keep("claim undone", claim_undone)
    journal.keep("removed", removed)
    journal.keep("removal undone", removal_undone)
    journal.keep("lapsed", lapsed)
