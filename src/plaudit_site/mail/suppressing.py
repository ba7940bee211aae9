"""Addresses that nobody mails: those that came back for good, until their owner proves them anew."""

from __future__ import annotations

from plaudit_site.mail.models import Message, Suppression
from plaudit_site.mail.queueing import address_hash
from plaudit_site.mail.reasons import HARD


def code_for(hashed: str) -> str:
    """The code that an address, by its hash, came back with; "" for one that may be mailed."""
    return Suppression.objects.filter(address_hash=hashed).values_list("code", flat=True).first() or ""


def note(message: Message, code: str) -> bool:
    """Put the address of this message on the list if `code` says that it does not exist. Whether it is there now.

    The address is the one that our own row was handed over to, never one that a bounce names.
    """
    if code not in HARD or not message.recipient_hash:
        return False
    Suppression.objects.get_or_create(
        address_hash=message.recipient_hash,
        defaults={"domain": message.domain, "code": code, "message": message},
    )
    return True


def take_off(address: str) -> bool:
    """The address may be mailed again: its owner has proven it, or an operator knows better."""
    return Suppression.objects.filter(address_hash=address_hash(address)).delete()[0] > 0
