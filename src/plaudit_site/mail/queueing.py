"""Put a mail into the outbox, inside the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from plaudit_site.ids import new_id_in_order
from plaudit_site.mail.models import Lane, Message, Refusal
from plaudit_site.storing import store


def queue(
    kind: str,
    subject_id: str,
    *,
    lane: Lane,
    about: int | None = None,
    language: str = "en",
    once_key: str | None = None,
    context: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Message | None:
    """One outbox row, to be rendered when it is sent. The same subject and `once_key` again queue nothing (None).

    `about` is the key of what it is about, where others look for its mails by that.
    """
    values: dict[str, Any] = {
        "kind": kind,
        "language": language,
        "lane": lane,
        "message_id": _message_ids(1)[0],
        "context": dict(context or {}),
        "due_at": due_at or timezone.now(),
    }
    if once_key is None:
        return Message.objects.create(subject_id=subject_id, about=about, **values)
    message, made = Message.objects.get_or_create(
        subject_id=subject_id, about=about, once_key=once_key, defaults=values
    )
    return message if made else None


def queue_many(
    kind: str,
    subject_ids: list[str],
    *,
    about: list[int],
    lane: Lane,
    languages: list[str],
    once_key: str,
) -> None:
    """An outbox row for each subject, due now. None has one with this `once_key` already: else IntegrityError."""
    now = timezone.now()
    store(
        Message,
        {
            "kind": kind,
            "subject_id": subject_ids,
            "about": about,
            "language": languages,
            "lane": lane,
            "once_key": once_key,
            "message_id": _message_ids(len(subject_ids)),
            "due_at": now,
            "created_at": now,
        },
        len(subject_ids),
    )


@dataclass(frozen=True)
class Later:
    """A mail that has its time: about what, in which language, once for which key, when."""

    subject_id: str
    about: int
    language: str
    once_key: str
    due_at: datetime


def queue_absent(kind: str, wanted: Sequence[Later], *, lane: Lane) -> None:
    """An outbox row for each, but for those that have one with their `once_key` already."""
    message_ids = _message_ids(len(wanted))
    Message.objects.bulk_create(
        [
            Message(
                kind=kind,
                subject_id=one.subject_id,
                about=one.about,
                language=one.language,
                lane=lane,
                once_key=one.once_key,
                message_id=message_id,
                due_at=one.due_at,
            )
            for one, message_id in zip(wanted, message_ids, strict=True)
        ],
        ignore_conflicts=True,
    )


def _message_ids(count: int) -> list[str]:
    """In the order of time, which each mail's own date tells anyway."""
    host = settings.SITE_HOST.split(":")[0]
    return [f"<{new_id_in_order()}@{host}>" for _ in range(count)]


def address_hash(address: str) -> str:
    """Refusals are kept by hash, so that the list itself is no list of addresses."""
    return hashlib.sha256(b"plaudit refusal\x00" + address.strip().lower().encode()).hexdigest()


def refuses(address: str, *scopes: str) -> bool:
    return Refusal.objects.filter(address_hash=address_hash(address), scope__in=[*scopes, "all"]).exists()


def refusals(addresses: Iterable[str]) -> set[tuple[str, str]]:
    """(address, scope) of every refusal of these addresses: what `refuses` says, for many at once."""
    by_hash = {address_hash(address): address for address in addresses}
    found = Refusal.objects.filter(address_hash__in=by_hash).values_list("address_hash", "scope")
    return {(by_hash[hashed], scope) for hashed, scope in found}


def refuse(address: str, scope: str) -> None:
    Refusal.objects.get_or_create(address_hash=address_hash(address), scope=scope)
