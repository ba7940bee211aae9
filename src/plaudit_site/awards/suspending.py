"""An award that does not hold for a while, and then does again (DECISIONS 7). The row counts at once."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import statuslists
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, Revocation, StatusList, Suspension
from plaudit_site.awards.revoking import NotPossible
from plaudit_site.awards.telling import queue_about
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Lane


def allow(issuer: Issuer, by: User, *, wanted: bool) -> None:
    """Whether awards that are made from now on can be suspended. Raises AwardRefused."""
    if not may(by, "own", issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
    with transaction.atomic():
        changed = Issuer.objects.filter(pk=issuer.pk, may_suspend=not wanted).update(may_suspend=wanted)
        if changed:
            kind = "suspension switched on" if wanted else "suspension switched off"
            record(kind, actor=by.public_id, subject=f"issuer:{issuer.public_id}")


def can(award: Award) -> bool:
    """Whether it was signed with a place in a list of suspended ones, and is out."""
    credential = award.credential
    held = credential is not None and credential.suspension_list_id is not None
    return held and award.state in {Award.State.ACCEPTED, Award.State.REMOVED}


def suspend(award: Award, *, reason: str, by: User) -> Suspension:
    """Raises AwardRefused, NotPossible."""
    _check(award, by)
    with transaction.atomic():
        locked = Award.objects.select_for_update().get(pk=award.pk)
        if not can(locked):
            raise NotPossible(
                _("This badge was signed without the possibility to suspend it. Revoke it instead.")
            )
        if (
            Revocation.objects.filter(award=locked).exists()
            or Suspension.objects.filter(award=locked).exists()
        ):
            raise NotPossible(_("This badge does not hold any more as it is."))
        made = Suspension.objects.create(award=locked, reason=" ".join(reason.split())[:300], by=by)
        places = _places(locked)
        for list_id, index in places:
            statuslists.set_place(list_id, index)
        _tell(locked, "suspended")
        _note("suspended", award, by, places)
    _sign(places)
    return made


def reinstate(award: Award, *, by: User) -> None:
    """It holds again, as if nothing had been. Raises AwardRefused, NotPossible."""
    _check(award, by)
    with transaction.atomic():
        locked = Award.objects.select_for_update().get(pk=award.pk)
        if not Suspension.objects.filter(award=locked).delete()[0]:
            raise NotPossible(_("This badge is not suspended."))
        places = _places(locked)
        for list_id, index in places:
            statuslists.clear_place(list_id, index)
        _tell(locked, "reinstated")
        _note("reinstated", award, by, places)
    _sign(places)


def _places(award: Award) -> list[tuple[int, int]]:
    found = award.credentials.filter(suspension_list__isnull=False)
    places = found.values_list("suspension_list_id", "suspension_index")
    return [(pk, index) for pk, index in places if pk is not None and index is not None]


def _sign(places: list[tuple[int, int]]) -> None:
    """At once: until the list says what the row says, a page could only say that it does not know."""
    for status_list in StatusList.objects.filter(pk__in={pk for pk, _index in places}).select_related(
        "issuer"
    ):
        statuslists.sign(status_list)


def _tell(award: Award, kind: str) -> None:
    if award.state == Award.State.ACCEPTED and not award.is_welcome:
        queue_about(award, kind, Lane.NOTICES)


def _note(kind: str, award: Award, by: User, places: list[tuple[int, int]]) -> None:
    """With all that it takes to do it again after a restore (reapplying.py)."""
    names = dict(StatusList.objects.filter(pk__in=[pk for pk, _i in places]).values_list("pk", "public_id"))
    record(
        kind,
        actor=by.public_id,
        subject=f"award:{award.public_id}",
        issuer=award.issuer.public_id,
        held=[[names[pk], index] for pk, index in places],
    )


def _check(award: Award, by: User) -> None:
    if not may(by, "award", award.issuer):
        raise AwardRefused(_("You are not allowed to do that for this issuer."))
