"""An account is erased by its owner (SECURITY E4, E5): nobody is left in the database, the outbox or the files.

Rows that are others' too lose the person and stay: awards as shells, events of the history by ids, the history's chain
whole. The journal notes who is gone, so that a restored backup forgets them again. Rooms above this one hang what they
hold into `also`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts import codes
from plaudit_site.accounts.models import MailedCode, MailedLink, User
from plaudit_site.audit import journal
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import record
from plaudit_site.awards import erasing as awards_erasing
from plaudit_site.backpack import keeping
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import exports, profiles
from plaudit_site.belongings.models import Export
from plaudit_site.issuers.models import Membership, Person, Role
from plaudit_site.mail import forgetting

PURPOSE = "erase account"
KIND = "account erased"
Also = Callable[[Collection[str]], None]
also: list[Also] = []
"""Called inside the transaction with the addresses that are to be forgotten."""


class OnlyOwner(Exception):
    """Organisations would be left without an owner: they are handed over first."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def owned_alone(user: User) -> list[str]:
    """Organisations that nobody else owns."""
    owned = Membership.objects.filter(user=user, role=Role.OWNER).select_related("issuer")
    others = Membership.objects.filter(role=Role.OWNER).exclude(user=user).values("issuer")
    return sorted(one.issuer.name for one in owned.exclude(issuer__in=others))


def begin(user: User) -> MailedCode:
    """Mail the code that erases. Raises OnlyOwner, codes.TooManyCodes."""
    if names := owned_alone(user):
        raise OnlyOwner(names)
    return codes.send_code(PURPOSE, user.email, user=user)


def finish(user: User, handle: str, digits: str) -> None:
    """The code came back: everything goes. Raises codes.CodeRefused, OnlyOwner."""
    codes.check_code(handle, digits, purpose=PURPOSE, user=user)
    if names := owned_alone(user):
        raise OnlyOwner(names)
    erase(user)


def erase(user: User, more_awards: Collection[str] = ()) -> None:
    """In one transaction; files and old sessions right after it. Whoever is erased already stays so."""
    archives = list(Export.objects.filter(user=user).exclude(file=""))
    with transaction.atomic():
        there = User.objects.select_for_update().filter(pk=user.pk).first()
        if there is None:
            return
        user, pk, public_id = there, there.pk, there.public_id
        proven = EmailAddress.objects.filter(user=user, verified=True)
        addresses = list(proven.values_list("email", flat=True))
        former = list(user.former_accounts.values_list("public_id", flat=True))
        awards = sorted({*awards_erasing.of(user, addresses), *more_awards})
        awards_erasing.erase(awards)
        awards_erasing.forget_addresses(addresses)
        _forget(addresses)
        keeping.forget_about(awards, _elsewhere(user))
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(User), object_id=str(pk)
        ).delete()
        profiles.retire_names(user)
        record(KIND, actor=public_id, subject=f"user:{public_id}", former=former, awards=awards)
        user.delete()
    for archive in archives:
        exports.drop_file(archive.file)
    _end_sessions(pk)


def _elsewhere(user: User) -> set[str]:
    """What the badges from elsewhere that they keep here are called, and where they were read."""
    rows = Imported.objects.filter(owner=user).values_list("report__credential__id", "address")
    return {one for row in rows for one in row if isinstance(one, str) and one}


def _forget(addresses: Collection[str]) -> None:
    forgetting.to(addresses)
    MailedCode.objects.filter(address__in=addresses).delete()
    MailedLink.objects.filter(address__in=addresses).delete()
    Person.objects.filter(address__in=addresses).delete()
    for forget in also:
        forget(addresses)


def _end_sessions(user_pk: int) -> None:
    """They open nothing any more, but may hold an address that was being added."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user_pk):
            session.delete()


def again(line: Line) -> bool:
    """A backup of before was put back: whoever was erased since is erased again, under any name they had."""
    names = [line.about, *line.details.get("former", [])]
    awards = [str(one) for one in line.details.get("awards", [])]
    found: list[Any] = list(User.objects.filter(public_id__in=names))
    for user in found:
        erase(user, awards)
    if not found:
        with transaction.atomic():
            return awards_erasing.erase(awards) > 0
    return True


def register_all() -> None:
    journal.keep(KIND, again)
