"""Corrections that are only possible together: two people who exchange their addresses, or many in a ring or a row.

A badge that is given once is given once to an address, which the database holds true at every moment. One that takes
over the address of another therefore moves in the same transaction as that one, and as whoever is in that one's way, so
that nobody ever sees one of them without an address or two with the same. Either all of them move, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.accounts.models import User
from plaudit_site.awards import revoking
from plaudit_site.awards.awarding import AlreadyAwarded, once_key, refuse_older
from plaudit_site.awards.models import Award, BulkChange, Correction

MOST_TOGETHER = 200
"""They are corrected in one transaction, some hundredths of a second each, within one lease."""

Wants = Mapping[int, str | None]


class TooMany(Exception):
    """More have to move together than one transaction takes."""


def together(first: int, wants: Wants, holder_of: Callable[[str], int | None]) -> list[int]:
    """`first`, whoever has what it wants, whoever has what that one wants …; [] where somebody in the way stays.

    `wants` holds those who can move. Raises TooMany.
    """
    found = [first]
    while (key := wants[found[-1]]) is not None and (holder := holder_of(key)) not in {None, first}:
        if holder not in wants or holder in found:
            return []
        if len(found) == MOST_TOGETHER:
            raise TooMany
        found.append(holder)
    return found


def correct(change: BulkChange, asked: Correction, *, by: User) -> int:
    """Correct the award of `asked`, with all that have to move with it. How many they were; their lines are gone.

    Inside a transaction. Raises AlreadyAwarded when somebody in the way stays, and what revoking.correct does.
    """
    try:
        _correct([asked], by=by)
    except AlreadyAwarded:
        group = _group(change, asked)
        if len(group) == 1:
            raise
        _correct(group, by=by)
        return len(group)
    return 1


def _correct(group: Sequence[Correction], *, by: User) -> None:
    with transaction.atomic():
        if len(group) > 1:
            _make_room([one.award for one in group])
        for one in group:
            revoking.correct(one.award, address=one.address, name=one.name, by=by)
        Correction.objects.filter(pk__in=[one.pk for one in group]).delete()


def _group(change: BulkChange, asked: Correction) -> list[Correction]:
    """Only itself, where somebody is in the way who stays."""
    group, waiting = [asked], change.corrections.filter(problem="")
    while (other := _in_the_way(group[-1])) not in {None, asked.award_id}:
        one = waiting.filter(award=other).select_related("award__issuer").first()
        if one is None or one in group or len(group) == MOST_TOGETHER:
            return [asked]
        group.append(one)
    return group


def _in_the_way(asked: Correction) -> int | None:
    """The award that has what this one shall get."""
    row = Award.objects.select_related("version__achievement").get(pk=asked.award_id)
    achievement = row.version.achievement
    if asked.address != row.address:
        try:
            refuse_older(row, achievement, asked.address)
        except AlreadyAwarded as refusal:
            return refusal.earlier.pk
    key = once_key(achievement, asked.address, row.awarded_at)
    holders = Award.objects.filter(once_key=key).exclude(pk=row.pk) if key else Award.objects.none()
    return holders.values_list("pk", flat=True).first()


def _make_room(awards: Sequence[Award]) -> None:
    """Nobody has an address, until each gets another: before this transaction is over, which nobody sees into."""
    keys = [award.pk for award in awards]
    locked = Award.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    states = locked.values_list("state", flat=True)
    if not set(states) <= revoking.CAN_BE_CORRECTED:
        return  # the one that was accepted meanwhile stays, and says so
    Award.objects.filter(pk__in=keys).update(once_key=None, address="")


REFUSED = (revoking.NotPossible, AlreadyAwarded, AddressRefused)
"""Of one correction: the next one may well be possible."""
