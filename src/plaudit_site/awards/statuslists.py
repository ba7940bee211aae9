"""Status lists: indices are reserved in blocks, entries are rows, one job signs what changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

import plaudit
from plaudit import status
from plaudit_site.awards.models import Award, Credential, StatusEntry, StatusList
from plaudit_site.issuers.keys import KeyNotOpened, current_key, signer
from plaudit_site.issuers.models import Issuer, SigningKey

log = logging.getLogger(__name__)

FULL_AT = StatusList.SIZE * 3 // 4
SIGN_AGAIN_AFTER = timedelta(days=7)
CLOCKS_DIFFER = timedelta(minutes=1)
STUCK_FOR = timedelta(seconds=30)
_stuck: dict[int, datetime] = {}
"""Issuers whose key does not open, and until when this process does not try again."""


def issuer_of(status_list: StatusList) -> str:
    """The identifier that the list, and every credential in it, names as its issuer."""
    return status_list.signed_as or status_list.issuer.identifier


def list_url(status_list: StatusList) -> str:
    return f"{settings.BASE_URL}/status/{status_list.public_id}"


@dataclass(frozen=True)
class Block:
    """Indices of a list that nobody else gets."""

    status_list: StatusList
    first: int
    count: int

    def part(self, begin: int, count: int) -> Block:
        return Block(self.status_list, self.first + begin, count)

    def indices(self) -> list[int]:
        """Worked out where no transaction is open: it takes a while for a thousand."""
        key = bytes(self.status_list.permutation_key)
        return [status.permute(self.first + n, key, StatusList.SIZE) for n in range(self.count)]


def reserve(issuer: Issuer, count: int, purpose: str = "revocation") -> tuple[StatusList, list[int]]:
    """`count` fresh indices of the issuer's open list, as `reserve_block` gives them."""
    block = reserve_block(issuer, count, purpose)
    return block.status_list, block.indices()


def reserve_block(issuer: Issuer, count: int, purpose: str = "revocation") -> Block:
    """`count` fresh indices of the issuer's open list. Reserved once, never given again, even if unused.

    Call it inside a transaction. At 75 % a new list is begun (DECISIONS 22).
    """
    open_lists = StatusList.objects.filter(
        issuer=issuer, purpose=purpose, signed_as=issuer.signs_as, reserved__lte=FULL_AT - count
    )
    # Rows that point at the list are stored meanwhile: they need its key alone.
    current = open_lists.select_for_update(no_key=True).order_by("-pk").first() or StatusList.objects.create(
        issuer=issuer, purpose=purpose, signed_as=issuer.signs_as
    )
    StatusList.objects.filter(pk=current.pk).update(reserved=F("reserved") + count)
    return Block(current, current.reserved, count)


def set_bit(credential: Credential) -> None:
    """Set the credential's bit, for ever. Inside the caller's transaction; the worker signs soon after."""
    set_place(credential.status_list_id, credential.status_index)


def set_place(status_list_id: int, index: int) -> bool:
    """The same for a place in a list, whoever stands there; False when it was set before."""
    _row, made = StatusEntry.objects.get_or_create(status_list_id=status_list_id, index=index)
    if made:
        StatusList.objects.filter(pk=status_list_id).update(generation=F("generation") + 1)
    return made


def clear_place(status_list_id: int, index: int) -> bool:
    """A suspension ends; False when there was none. What was revoked stays so: its lists are not touched."""
    gone, _rows = StatusEntry.objects.filter(
        status_list_id=status_list_id, status_list__purpose="suspension", index=index
    ).delete()
    if gone:
        StatusList.objects.filter(pk=status_list_id).update(generation=F("generation") + 1)
    return bool(gone)


def set_bits_of(award: Award) -> list[list[str | int]]:
    """Every credential of the award is taken back; returns their places, as the journal keeps them."""
    credentials = list(award.credentials.select_related("status_list").defer("content"))
    for credential in credentials:
        set_bit(credential)
    return [[credential.status_list.public_id, credential.status_index] for credential in credentials]


def close_all() -> None:
    """No place of the lists that there are is handed out any more: the next award begins new ones."""
    StatusList.objects.update(reserved=StatusList.SIZE)


def sign_some() -> int:
    """Sign the lists that changed, were never signed, were signed a week ago, by a key that is out, or tomorrow."""
    now = timezone.now()
    due = StatusList.objects.filter(
        Q(signed_generation__lt=F("generation"))
        | Q(signed_at__isnull=True)
        | Q(signed_at__lt=now - SIGN_AGAIN_AFTER)
        | Q(signed_at__gt=now + CLOCKS_DIFFER)  # by a clock that was wrong: checkers wait for that day
        | Q(key__compromised_at__isnull=False)
    )
    signed = 0
    stuck = [issuer for issuer, until in _stuck.items() if now < until]
    for status_list in due.exclude(issuer__in=stuck).select_related("issuer").order_by("pk")[:100]:
        if _stuck.get(status_list.issuer_id, now) > now:
            continue
        try:
            signed += sign(status_list)
        except (KeyNotOpened, SigningKey.DoesNotExist):
            # Its own lists wait until the operator has put the key back; nobody else's do.
            log.exception("issuer %s cannot sign its status lists", status_list.issuer.public_id)
            _stuck[status_list.issuer_id] = now + STUCK_FOR
    return signed


def sign(status_list: StatusList) -> bool:
    """Sign the list as its rows are now. A change while signing leaves it due again; an older state never wins."""
    generation = StatusList.objects.values_list("generation", flat=True).get(pk=status_list.pk)
    now = timezone.now().replace(microsecond=0)
    document = _document(status_list, now)
    key = current_key(status_list.issuer)
    content = plaudit.issue(document, signer(key, issuer_of(status_list)), now)
    with transaction.atomic():
        return (
            StatusList.objects.filter(pk=status_list.pk, signed_generation__lte=generation).update(
                content=content, signed_generation=generation, signed_at=now, key=key
            )
            == 1
        )


def frozen(status_list: StatusList, at: datetime) -> bytes:
    """The list as it stands, signed for the last time: without an end, and saying of which day it is."""
    at = at.replace(microsecond=0)
    document = _document(status_list, at)
    del document["validUntil"]
    document["description"] = (
        f"The last state of this list, frozen on {at:%Y-%m-%d}. What was revoked later is not in it."
    )
    return plaudit.issue(document, signer(current_key(status_list.issuer), issuer_of(status_list)), at)


def _document(status_list: StatusList, at: datetime) -> dict[str, Any]:
    set_indices = list(StatusEntry.objects.filter(status_list=status_list).values_list("index", flat=True))
    return status.status_list_credential(
        list_url(status_list),
        issuer_of(status_list),
        status_list.purpose,
        status.StatusBits.of(set_indices, StatusList.SIZE),
        at,
    )
