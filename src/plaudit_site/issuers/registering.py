"""An issuer's register of people (J47): its own id for each, their name, and the address that is theirs now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.addresses import address_form
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer, Person
from plaudit_site.showing.words import visible

LONGEST_ID = 100
AT_ONCE = 500


class RegisterRefused(Exception):
    """This may not be written into the register; the text says why and what to do."""


def key_of(own_id: str) -> str:
    """The id as it is compared: neither case nor space tells two people apart."""
    return " ".join(visible(own_id).split()).casefold()[:LONGEST_ID]


def known(issuer: Issuer, own_ids: Iterable[str]) -> dict[str, Person]:
    """Those of these ids that are in the register, by the form in which ids are compared."""
    keys = sorted({key for key in map(key_of, own_ids) if key})
    found: dict[str, Person] = {}
    for begin in range(0, len(keys), AT_ONCE):
        rows = Person.objects.filter(issuer=issuer, key__in=keys[begin : begin + AT_ONCE])
        found |= {person.key: person for person in rows}
    return found


def find(issuer: Issuer, text: str = "") -> Any:
    """People of the register by name; `text` narrows to a part of name, address or id."""
    people = Person.objects.filter(issuer=issuer).order_by("name", "pk")
    if text:
        people = people.filter(Q(name__holds=text) | Q(address__icontains=text) | Q(own_id__holds=text))
    return people


def checked(own_id: str, name: str, address: str) -> tuple[str, str, str]:
    """Id, name and address as they are kept. Raises RegisterRefused, AddressRefused."""
    own_id, name = " ".join(visible(own_id).split()), visible(name)
    if not key_of(own_id):
        raise RegisterRefused(_("An id is needed: the number or word by which you know this person."))
    if len(own_id) > LONGEST_ID:
        raise RegisterRefused(_("The id is longer than %(number)s signs.") % {"number": LONGEST_ID})
    if "@" in own_id:
        raise RegisterRefused(_("An id has no @, or it could be taken for an address."))
    if not any(letter.isalpha() for letter in name):
        raise RegisterRefused(_("A name needs letters that people can see."))
    return own_id, name[:200], address_form(address)


def put(issuer: Issuer, *, own_id: str, name: str, address: str, by: User) -> tuple[Person, str]:
    """Add somebody, or change who is there. Returns the person and the address before ("" for somebody new).

    What waits under the old address is corrected by `awards.readdressing`, which calls this.
    Raises RegisterRefused, AddressRefused.
    """
    if not may(by, "award", issuer):
        raise RegisterRefused(_("You are not allowed to change this register."))
    own_id, name, address = checked(own_id, name, address)
    with transaction.atomic():
        person, made = Person.objects.select_for_update().get_or_create(
            issuer=issuer,
            key=key_of(own_id),
            defaults={"own_id": own_id, "name": name, "address": address},
        )
        before = "" if made else person.address
        if not made and (person.own_id, person.name, person.address) != (own_id, name, address):
            person.own_id, person.name, person.address = own_id, name, address
            person.changed_at = timezone.now()
            person.save(update_fields=["own_id", "name", "address", "changed_at"])
        elif not made:
            return person, before
        _note("person added" if made else "person changed", person, by)
    return person, before


def remove(person: Person, *, by: User) -> None:
    """Off the register; awards stay as they are. Raises RegisterRefused."""
    if not may(by, "award", person.issuer):
        raise RegisterRefused(_("You are not allowed to change this register."))
    with transaction.atomic():
        if Person.objects.filter(pk=person.pk).delete()[0]:
            _note("person removed", person, by)


def _note(kind: str, person: Person, by: User) -> None:
    """By the row's number: names, addresses and an issuer's own ids are not for the audit (DECISIONS 26)."""
    record(kind, actor=by.public_id, subject=f"person:{person.pk}", issuer=person.issuer.public_id)
