"""The outbox forgets somebody: what was or was to be sent to them, and the keys of their addresses.

That an address wants no more mail, or does not exist, stays known by its hash: else mail would begin again.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from plaudit_site.mail.models import Message, ProvenAddress
from plaudit_site.mail.queueing import address_hash


def about(keys: Collection[int]) -> None:
    Message.objects.filter(about__in=keys).delete()


def to(addresses: Collection[str]) -> None:
    """By the address while a mail waits, by its hash when it has left."""
    hashes = [address_hash(address) for address in addresses]
    named = Q(recipient_hash__in=hashes)
    for address in addresses:
        named |= Q(context__address=address)
    Message.objects.filter(named).delete()
    ProvenAddress.objects.filter(address_hash__in=hashes).delete()
