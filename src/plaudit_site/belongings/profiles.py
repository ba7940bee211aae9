"""The public profile: its name, what is on it, in which order, and who may find it (J31)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.models import Award, Collection, Visibility
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings.models import Profile, ProfileName

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9]|[_-](?=[a-z0-9])){2,29}")
MOST_NAMES: Final = 5
"""Names that one account may use up: each is nobody else's for ever."""
MOST_LINKS: Final = 5
# What could be taken for the site itself, for its pages, or for somebody in charge.
RESERVED: Final = frozenset(
    """
    about account accounts admin administrator anonymous api app apps award awards badge badges billing blog
    certificate certificates claim collection collections contact credential credentials demo docs earned embed
    error everyone example favicon feed forum help home hooks imported index info invite issue issuer issuers
    jobs join key keys legal login logout mail mailbox manage me moderator new news nobody none null oembed
    official operator owner plaudit privacy profile profiles public register robots root search security
    settings share shown sign-in sign-out sign-up signin signout signup site sitemap staff static status support
    system team terms test undefined user users verified verify webmaster welcome well-known www you
    """.split()  # noqa: SIM905 - a list of words is read best as one
)


class NameRefused(ValueError):
    """Not a name for an address, reserved, or somebody's."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Listed:
    """A badge on a profile: an award or an import, whose id is the same in both worlds."""

    public_id: str
    award: Award | None = None
    imported: Imported | None = None


def profile_of(user: User) -> Profile:
    """The profile, off at first."""
    return Profile.objects.get_or_create(user=user)[0]


def name_of(user: User) -> str:
    return ProfileName.objects.filter(user=user, is_current=True).values_list("name", flat=True).first() or ""


def is_on(user: User) -> bool:
    return Profile.objects.filter(user=user, is_on=True).exists()


def url_of(name: str) -> str:
    return f"{settings.BASE_URL}/@{name}"


def take_name(user: User, wanted: str) -> str:
    """The name is the user's from now on; the one before leads to it. Raises NameRefused."""
    name = wanted.strip().lower().removeprefix("@")
    if not NAME.fullmatch(name) or len(name) > 30:
        raise NameRefused("form")
    if name in RESERVED or name.replace("-", "").replace("_", "") in RESERVED:
        raise NameRefused("reserved")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        mine = ProfileName.objects.filter(user=user)
        if mine.filter(name=name, is_current=True).exists():
            return name
        had = mine.filter(name=name).exists()
        if not had and mine.count() >= MOST_NAMES:
            raise NameRefused("many")
        mine.update(is_current=False)
        if had:
            mine.filter(name=name).update(is_current=True)
        else:
            if ProfileName.objects.filter(name=_retired(name)).exists():
                raise NameRefused("taken")
            try:
                with transaction.atomic():
                    ProfileName.objects.create(name=name, user=user)
            except IntegrityError as error:
                raise NameRefused("taken") from error
        record("profile named", actor=user.public_id, subject=f"user:{user.public_id}")
    return name


def find(name: str) -> tuple[Profile | None, str]:
    """A profile that is switched on, by a name that is or was its own, and its name of now; None for all others."""
    row = ProfileName.objects.filter(name=name.lower()).select_related("user__profile").first()
    if row is None or row.user is None or not row.user.is_active:
        return None, ""
    profile = getattr(row.user, "profile", None)
    if profile is None or not profile.is_on:
        return None, ""
    return profile, row.name if row.is_current else name_of(row.user)


def listed(profile: Profile) -> list[Listed]:
    """Its public badges: new ones first, then in the order that was set."""
    awards = Award.objects.filter(
        earner=profile.user_id, state=Award.State.ACCEPTED, visibility=Visibility.PUBLIC
    ).with_badge()
    imports = Imported.objects.filter(
        owner=profile.user_id, removed_at__isnull=True, visibility=Visibility.PUBLIC
    ).defer("content")
    found = [(one.awarded_at, Listed(one.public_id, award=one)) for one in awards]
    found += [(one.awarded_at, Listed(one.public_id, imported=one)) for one in imports]
    rank = {public_id: number for number, public_id in enumerate(profile.order, start=1)}
    found.sort(key=lambda pair: (rank.get(pair[1].public_id, 0), -pair[0].timestamp()))
    return [one for _at, one in found]


def arrange(profile: Profile, wanted: Sequence[str]) -> None:
    """In this order; what is not named, or is not its own, is left out of it."""
    own = [one.public_id for one in listed(profile)]
    named = [public_id for public_id in dict.fromkeys(wanted) if public_id in set(own)]
    rest = [public_id for public_id in own if public_id not in set(named)]
    Profile.objects.filter(pk=profile.pk).update(order=[*named, *rest])
    profile.refresh_from_db(fields=["order"])


def move(profile: Profile, public_id: str, by: int) -> None:
    """One place up (-1) or down (+1)."""
    order = [one.public_id for one in listed(profile)]
    if public_id not in order or not 0 <= order.index(public_id) + by < len(order):
        return
    at = order.index(public_id)
    order[at], order[at + by] = order[at + by], order[at]
    arrange(profile, order)


def collections(profile: Profile) -> list[Collection]:
    return list(Collection.objects.filter(owner=profile.user_id, visibility=Visibility.PUBLIC))


def may_be_found(award: Award) -> bool:
    """Whether search engines may list this award's certificate: it is on a profile that allows it."""
    if award.visibility != Visibility.PUBLIC or award.earner_id is None:
        return False
    return Profile.objects.filter(user=award.earner_id, is_on=True, may_be_found=True).exists()


def retire_names(user: User) -> None:
    """Their owner is erased: nobody reads the names any more, and nobody else can take them."""
    for row in ProfileName.objects.filter(user=user):
        values = {"name": _retired(row.name), "user": None, "is_current": False}
        ProfileName.objects.filter(pk=row.pk).update(**values)


def _retired(name: str) -> str:
    """A sign that no name has, and what cannot be read back."""
    return f"~{hashlib.sha256(name.encode()).hexdigest()[:29]}"


def hand_over(gone: User, kept: User) -> None:
    """Two accounts become one: their addresses all lead to the profile that stays (J17: no link is lost)."""
    leads = _merge_rows(gone, kept)
    if leads == gone and name_of(gone):
        ProfileName.objects.filter(user=kept).update(is_current=False)
    elif name_of(kept):
        ProfileName.objects.filter(user=gone).update(is_current=False)
    ProfileName.objects.filter(user=gone).update(user=kept)


def _merge_rows(gone: User, kept: User) -> User:
    """One profile for both, whose row is `kept`'s; returns the account by whose name it is called from now on.

    A row may be there because somebody looked at the page where it is switched on: that alone ends nothing.
    """
    theirs, mine = (Profile.objects.filter(user=user).first() for user in (gone, kept))
    if theirs is None:
        return kept
    if mine is None:
        Profile.objects.filter(pk=theirs.pk).update(user=kept)
        return gone if theirs.is_on else kept
    values: dict[str, Any] = {"order": [*mine.order, *theirs.order]}
    leads = kept
    if theirs.is_on and not mine.is_on:
        leads = gone
        values = {
            "is_on": True,
            "line": theirs.line,
            "links": theirs.links,
            "order": [*theirs.order, *mine.order],
        }
        values["may_be_found"] = theirs.may_be_found
    elif theirs.is_on:
        links = list(dict.fromkeys([*mine.links, *theirs.links]))[:MOST_LINKS]
        values |= {"line": mine.line or theirs.line, "links": links}
        values["may_be_found"] = mine.may_be_found and theirs.may_be_found
    Profile.objects.filter(pk=theirs.pk).delete()
    Profile.objects.filter(pk=mine.pk).update(**values)
    return leads
