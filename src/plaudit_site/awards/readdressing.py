"""Somebody in the register has another address: what waits for them is corrected and sent again (J47)."""

from __future__ import annotations

from dataclasses import dataclass, field

from plaudit_site.accounts.models import User
from plaudit_site.awards import revoking
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, AwardQuerySet
from plaudit_site.issuers import registering
from plaudit_site.issuers.models import Issuer, Person


@dataclass
class Kept:
    """What became of somebody's entry in the register, and of the badges that waited."""

    person: Person
    is_new: bool = False
    has_moved: bool = False
    corrected: list[Award] = field(default_factory=list)
    # Those that stay where they are, and why.
    left: list[tuple[Award, str]] = field(default_factory=list)


def waiting_for(person: Person) -> AwardQuerySet:
    """Badges that this person was awarded by their id, and has neither accepted nor declined."""
    waiting = Award.objects.filter(
        person=person,
        state__in=[Award.State.QUEUED, Award.State.WAITING],
        revocation__isnull=True,
        earner__isnull=True,
    )
    return waiting.select_related("version", "issuer").order_by("pk")


def keep(issuer: Issuer, *, own_id: str, name: str, address: str, by: User) -> Kept:
    """Put somebody into the register, or change who is there; a new address takes along what waits.

    Each badge is corrected in a transaction of its own, and the same call again corrects what was left over. Raises
    RegisterRefused, AddressRefused.
    """
    person, before = registering.put(issuer, own_id=own_id, name=name, address=address, by=by)
    kept = Kept(person, is_new=not before, has_moved=bool(before) and before != person.address)
    for award in waiting_for(person).exclude(address=person.address):
        try:
            revoking.correct(award, address=person.address, name=award.name, by=by)
        except (AwardRefused, revoking.NotPossible) as refusal:
            kept.left.append((award, str(refusal)))
        else:
            kept.corrected.append(award)
    return kept
