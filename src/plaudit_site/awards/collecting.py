"""Collections: what an earner keeps together, in the earner's order."""

from __future__ import annotations

from collections.abc import Collection as Some

from django.db import transaction
from django.db.models import Max

from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award, AwardQuerySet, Collection, CollectionItem
from plaudit_site.showing.words import visible

MOST = 200


class TooMany(Exception):
    """Nobody needs more than 200 collections."""


def make(owner: User, name: str) -> Collection:
    """A collection of that name; the one that is there already if there is one. Raises TooMany."""
    tidy = visible(name)[:80]
    with transaction.atomic():
        existing = Collection.objects.filter(owner=owner, name=tidy).first()
        if existing is not None:
            return existing
        if Collection.objects.filter(owner=owner).count() >= MOST:
            raise TooMany
        return Collection.objects.create(owner=owner, name=tidy)


def put(award: Award, owner: User, chosen: Some[str]) -> None:
    """`award`, earned by `owner`, is in exactly the `chosen` collections of theirs (public ids) from now on."""
    with transaction.atomic():
        CollectionItem.objects.filter(award=award, collection__owner=owner).exclude(
            collection__public_id__in=chosen
        ).delete()
        for collection in Collection.objects.filter(owner=owner, public_id__in=chosen):
            last = collection.items.aggregate(last=Max("position"))["last"]
            CollectionItem.objects.get_or_create(
                collection=collection, award=award, defaults={"position": (last or 0) + 1}
            )


def move(collection: Collection, award: Award, by: int) -> None:
    """One place up (-1) or down (+1)."""
    with transaction.atomic():
        items = list(collection.items.select_for_update())
        at = next((n for n, item in enumerate(items) if item.award_id == award.pk), None)
        if at is None or not 0 <= at + by < len(items):
            return
        items[at], items[at + by] = items[at + by], items[at]
        for position, item in enumerate(items):
            CollectionItem.objects.filter(pk=item.pk).update(position=position)


def awards_in(collection: Collection) -> AwardQuerySet:
    """What stands in it now: removed badges are not shown, and come back when they are taken back."""
    return (
        Award.objects.filter(
            collectionitem__collection=collection, earner=collection.owner, state=Award.State.ACCEPTED
        )
        .with_badge()
        .order_by("collectionitem__position", "collectionitem__pk")
    )
