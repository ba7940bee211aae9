"""Status lists: indices are reserved in blocks, entries are rows, one job signs what changed."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

import plaudit
from plaudit import status
from plaudit_site.awards.models import Credential, StatusEntry, StatusList
from plaudit_site.issuers.keys import current_key, signer
from plaudit_site.issuers.models import Issuer

log = logging.getLogger(__name__)

FULL_AT = StatusList.SIZE * 3 // 4
SIGN_AGAIN_AFTER = timedelta(days=7)


def list_url(status_list: StatusList) -> str:
    return f"{settings.BASE_URL}/status/{status_list.public_id}"


def reserve(issuer: Issuer, count: int) -> tuple[StatusList, list[int]]:
    """`count` fresh indices of the issuer's open list. Reserved once, never given again, even if unused.

    Call it inside a transaction. At 75 % a new list is begun (DECISIONS 22).
    """
    open_lists = StatusList.objects.filter(issuer=issuer, purpose="revocation", reserved__lte=FULL_AT - count)
    current = open_lists.select_for_update().order_by("-pk").first() or StatusList.objects.create(
        issuer=issuer
    )
    StatusList.objects.filter(pk=current.pk).update(reserved=F("reserved") + count)
    first = current.reserved
    key = bytes(current.permutation_key)
    return current, [status.permute(first + n, key, StatusList.SIZE) for n in range(count)]


def set_bit(credential: Credential) -> None:
    """Set the credential's bit, for ever. Inside the caller's transaction; the worker signs soon after."""
    _row, made = StatusEntry.objects.get_or_create(
        status_list_id=credential.status_list_id, index=credential.status_index
    )
    if made:
        StatusList.objects.filter(pk=credential.status_list_id).update(generation=F("generation") + 1)


def sign_some() -> int:
    """Sign the lists that changed, were never signed, were signed a week ago, or by a key that is out."""
    stale = timezone.now() - SIGN_AGAIN_AFTER
    due = StatusList.objects.filter(
        Q(signed_generation__lt=F("generation"))
        | Q(signed_at__isnull=True)
        | Q(signed_at__lt=stale)
        | Q(key__compromised_at__isnull=False)
    )
    signed = 0
    for status_list in due.select_related("issuer").order_by("pk")[:100]:
        signed += sign(status_list)
    return signed


def sign(status_list: StatusList) -> bool:
    """Sign the list as its rows are now. A change while signing leaves it due again; an older state never wins."""
    generation = StatusList.objects.values_list("generation", flat=True).get(pk=status_list.pk)
    set_indices = list(StatusEntry.objects.filter(status_list=status_list).values_list("index", flat=True))
    now = timezone.now().replace(microsecond=0)
    document = status.status_list_credential(
        list_url(status_list),
        status_list.issuer.identifier,
        status_list.purpose,
        status.StatusBits.of(set_indices, StatusList.SIZE),
        now,
    )
    key = current_key(status_list.issuer)
    content = plaudit.issue(document, signer(key), now)
    with transaction.atomic():
        return (
            StatusList.objects.filter(pk=status_list.pk, signed_generation__lte=generation).update(
                content=content, signed_generation=generation, signed_at=now, key=key
            )
            == 1
        )
