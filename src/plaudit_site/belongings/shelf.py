"""Everything that one person earned, of this site and from elsewhere, as one list in one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.urls import reverse

from plaudit_site.accounts.models import User
from plaudit_site.awards import cards, claiming
from plaudit_site.awards.cards import Card, Wish
from plaudit_site.awards.models import Award, Collection
from plaudit_site.backpack import cards as imported_cards
from plaudit_site.backpack.models import Imported

PER_PAGE = 60
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """One badge in the list, before it is shown: what it is sorted by, and where its row is."""

    pk: int
    imported: bool
    awarded_at: datetime
    title: str
    issuer: str
    expires_at: datetime | None


def _newest(place: Place) -> tuple[Any, ...]:
    return (-place.awarded_at.timestamp(), -place.pk)


SORTS: dict[str, Callable[[Place], tuple[Any, ...]]] = {
    "newest": _newest,
    "title": lambda place: (place.title.casefold(), *_newest(place)),
    "issuer": lambda place: (place.issuer.casefold(), *_newest(place)),
    "expiring": lambda place: (place.expires_at or _NEVER, *_newest(place)),
}


def places(user: User, wish: Wish, *, hidden: bool = False) -> list[Place]:
    """All of one tab, narrowed and sorted as wished; narrow rows, so that a thousand are cheap."""
    found: list[Place] = []
    if wish.imported != "yes":
        own = cards.earned(user, wish, hidden=hidden)
        rows: Any = own.values_list("pk", "awarded_at", "version__title", "issuer__name", "expires_at")
        found += [Place(pk, False, *rest) for pk, *rest in rows]
    if wish.imported != "no":
        kept = imported_cards.kept(user, wish, hidden=hidden)
        rows = kept.values_list("pk", "awarded_at", "title", "issuer_name", "expires_at")
        found += [Place(pk, True, *rest) for pk, *rest in rows]
    return sorted(found, key=SORTS.get(wish.sort, _newest))


def page(user: User, wish: Wish, number: str | None) -> Page[Place]:
    return Paginator(places(user, wish), PER_PAGE).get_page(number)


def shown(user: User, chosen: Sequence[Place]) -> list[Card]:
    """The cards of these places, in their order."""
    trusted = cards.trusted_issuers(user)
    awards = Award.objects.with_badge().in_bulk([p.pk for p in chosen if not p.imported])
    imports = Imported.objects.defer("content", "report").in_bulk([p.pk for p in chosen if p.imported])
    found = []
    for place in chosen:
        if place.imported and place.pk in imports:
            found.append(imported_cards.card(imports[place.pk]))
        elif not place.imported and place.pk in awards:
            found.append(cards.card(awards[place.pk], trusted))
    return found


@dataclass(frozen=True)
class Numbers:
    """How many badges there are on each tab, and how many of all are from elsewhere."""

    earned: int
    waiting: int
    collections: int
    hidden: int
    imported: int


def numbers(user: User, addresses: Sequence[str]) -> Numbers:
    """`addresses` are those that `user` has proven."""
    both = {"all": Count("pk"), "hidden": Count("pk", filter=Q(hidden=True))}
    mine = Award.objects.filter(earner=user, state=Award.State.ACCEPTED).aggregate(**both)
    kept = Imported.objects.filter(owner=user, removed_at__isnull=True).aggregate(**both)
    hidden = mine["hidden"] + kept["hidden"]
    return Numbers(
        earned=mine["all"] + kept["all"] - hidden,
        waiting=claiming.waiting_at(addresses).count(),
        collections=Collection.objects.filter(owner=user).count(),
        hidden=hidden,
        imported=kept["all"],
    )


def tabs(user: User, current: str, known: Numbers | None = None) -> list[dict[str, object]]:
    """Earned · Waiting · Collections · Hidden, each an address of its own, with its number."""
    found = known or numbers(user, claiming.proven_addresses(user))
    return [
        {
            "name": name,
            "url": reverse(name),
            "count": count,
            "current": name == current,
            "new": name == "waiting" and count > 0,
        }
        for name in ("earned", "waiting", "collections", "hidden")
        for count in [getattr(found, name)]
    ]
