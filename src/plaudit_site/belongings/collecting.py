"""Collections: what an earner keeps together, of this site and from elsewhere, in the earner's order (J31)."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction

from plaudit_site.accounts.models import User
from plaudit_site.awards import cards
from plaudit_site.awards.cards import Card
from plaudit_site.awards.models import Award, Collection, CollectionItem, Visibility
from plaudit_site.awards.sharing import Sight
from plaudit_site.backpack import cards as imported_cards
from plaudit_site.backpack import owning
from plaudit_site.backpack.models import CollectedImport, Imported
from plaudit_site.showing.words import visible

MOST = 200


class TooMany(Exception):
    """Nobody needs more than 200 collections."""


@dataclass(frozen=True)
class Entry:
    """A badge at its place: the row that holds the place, and the badge's own key and public id."""

    row: type[models.Model]
    row_pk: int
    pk: int
    public_id: str
    position: int


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
            CollectionItem.objects.get_or_create(
                collection=collection,
                award=award,
                defaults={"position": owning.last_position(collection) + 1},
            )


def choose(collection: Collection, chosen: Some[str]) -> None:
    """Exactly these badges of its owner (public ids) are in it; those that were keep their places."""
    owner = collection.owner
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        awards = Award.objects.filter(earner=owner, state=Award.State.ACCEPTED, public_id__in=chosen)
        imports = Imported.objects.filter(owner=owner, removed_at__isnull=True, public_id__in=chosen)
        collection.items.filter(award__state=Award.State.ACCEPTED).exclude(award__in=awards).delete()
        kept = CollectedImport.objects.filter(collection=collection, imported__removed_at__isnull=True)
        kept.exclude(imported__in=imports).delete()
        place = owning.last_position(collection)
        for award in awards.order_by("-awarded_at", "-pk"):
            _item, made = CollectionItem.objects.get_or_create(
                collection=collection, award=award, defaults={"position": place + 1}
            )
            place += made
        for imported in imports.order_by("-awarded_at", "-pk"):
            _row, made = CollectedImport.objects.get_or_create(
                collection=collection, imported=imported, defaults={"position": place + 1}
            )
            place += made


def describe(collection: Collection, *, name: str, text: str, visibility: str) -> None:
    """Its words, and who may see its page."""
    Collection.objects.filter(pk=collection.pk).update(
        name=" ".join(visible(name).split())[:80],
        text="\n".join(visible(line) for line in text.splitlines())[:1000],
        visibility=Visibility(visibility),
    )


def url_of(collection: Collection) -> str:
    return f"{settings.BASE_URL}/collection/{collection.public_id}"


def look_up(public_id: str, visitor: object) -> tuple[Collection | None, Sight]:
    """As far as this visitor may know of it; private and unknown are the same (J38)."""
    found = Collection.objects.select_related("owner").filter(public_id=public_id).first()
    if found is None or not found.owner.is_active:
        return None, Sight.NOTHING
    if found.visibility != Visibility.ONLY_ME:
        return found, Sight.ANYONE
    is_owner = found.owner_id == getattr(visitor, "pk", None)
    return (found, Sight.OWNER) if is_owner else (None, Sight.NOTHING)


def entries(collection: Collection) -> list[Entry]:
    """What stands in it now, in order: removed badges are not there, and come back when they are taken back."""
    awards = CollectionItem.objects.filter(
        collection=collection, award__earner=collection.owner_id, award__state=Award.State.ACCEPTED
    ).values_list("pk", "award_id", "award__public_id", "position")
    imports = CollectedImport.objects.filter(
        collection=collection,
        imported__owner=collection.owner_id,
        imported__removed_at__isnull=True,
    ).values_list("pk", "imported_id", "imported__public_id", "position")
    found = [Entry(CollectionItem, *one) for one in awards] + [
        Entry(CollectedImport, *one) for one in imports
    ]
    return sorted(found, key=lambda entry: (entry.position, entry.row is CollectedImport, entry.row_pk))


def move(collection: Collection, public_id: str, by: int) -> None:
    """One place up (-1) or down (+1)."""
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        order = entries(collection)
        at = next((n for n, entry in enumerate(order) if entry.public_id == public_id), None)
        if at is None or not 0 <= at + by < len(order):
            return
        order[at], order[at + by] = order[at + by], order[at]
        _number(order)


def arrange(collection: Collection, wanted: Sequence[str]) -> None:
    """In this order of public ids; those that are not named keep theirs, behind."""
    rank = {public_id: number for number, public_id in enumerate(wanted)}
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        _number(sorted(entries(collection), key=lambda entry: rank.get(entry.public_id, len(rank))))


def _number(order: Iterable[Entry]) -> None:
    for position, entry in enumerate(order, start=1):
        entry.row._base_manager.filter(pk=entry.row_pk).exclude(position=position).update(position=position)


def shown(chosen: Sequence[Entry], trusted: set[int] | None = None) -> list[Card]:
    """The cards of these entries, in their order."""
    awards = Award.objects.with_badge().in_bulk([e.pk for e in chosen if e.row is CollectionItem])
    imports = Imported.objects.defer("content", "report").in_bulk(
        [e.pk for e in chosen if e.row is CollectedImport]
    )
    found: list[Any] = []
    for entry in chosen:
        if entry.row is CollectionItem:
            found.append(cards.card(awards[entry.pk], trusted or set()))
        else:
            found.append(imported_cards.card(imports[entry.pk]))
    return found
