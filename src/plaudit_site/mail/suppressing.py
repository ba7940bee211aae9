"""Addresses that nobody mails: those that came back for good, until their owner proves them anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from plaudit_site.mail.models import Message, ProvenAddress, Suppression
from plaudit_site.mail.queueing import address_hash
from plaudit_site.mail.reasons import HARD

# Servers try for five days; a mail that we hand over late in its three days may come back after eight.
BOUNCES_COME_WITHIN = timedelta(days=30)


def code_for(hashed: str) -> str:
    """The code that an address, by its hash, came back with; "" for one that may be mailed."""
    return Suppression.objects.filter(address_hash=hashed).values_list("code", flat=True).first() or ""


def codes_for(hashes: Iterable[str]) -> dict[str, str]:
    """The same for many at once: hash -> code, of those alone that came back."""
    found = Suppression.objects.filter(address_hash__in=set(hashes))
    return dict(found.values_list("address_hash", "code"))


def note(message: Message, code: str) -> bool:
    """Put the address of this message on the list if `code` says that it does not exist. Whether it is there now.

    The address is the one that our own row was handed over to, never one that a bounce names. A bounce that comes
    late, after the address was proven anew, is about a mailbox that was not there then.
    """
    if code not in HARD or not message.recipient_hash:
        return False
    handed_at = message.handed_at or message.created_at
    if ProvenAddress.objects.filter(address_hash=message.recipient_hash, at__gt=handed_at).exists():
        return False
    Suppression.objects.get_or_create(
        address_hash=message.recipient_hash,
        defaults={"domain": message.domain, "code": code, "message": message},
    )
    return True


def prove(address: str) -> None:
    """Its owner has just received what was sent to this address: it may be mailed, whatever came back before."""
    now, hashed = timezone.now(), address_hash(address)
    ProvenAddress.objects.update_or_create(address_hash=hashed, defaults={"at": now})
    ProvenAddress.objects.filter(at__lt=now - BOUNCES_COME_WITHIN).delete()
    take_off(address)


def take_off(address: str) -> bool:
    """The address may be mailed again: an operator knows better."""
    return Suppression.objects.filter(address_hash=address_hash(address)).delete()[0] > 0
