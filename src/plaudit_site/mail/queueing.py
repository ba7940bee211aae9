"""Put a mail into the outbox, inside the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from plaudit_site.ids import new_id
from plaudit_site.mail.models import Lane, Message, Refusal


def queue(
    kind: str,
    subject_id: str,
    *,
    lane: Lane,
    language: str = "en",
    once_key: str | None = None,
    context: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Message | None:
    """One outbox row, to be rendered when it is sent. The same `once_key` again queues nothing (None)."""
    host = settings.SITE_HOST.split(":")[0]
    values: dict[str, Any] = {
        "kind": kind,
        "subject_id": subject_id,
        "language": language,
        "lane": lane,
        "message_id": f"<{new_id()}@{host}>",
        "context": dict(context or {}),
        "due_at": due_at or timezone.now(),
    }
    if once_key is None:
        return Message.objects.create(**values)
    message, made = Message.objects.get_or_create(once_key=once_key, defaults=values)
    return message if made else None


def queue_many(messages: Sequence[Message]) -> None:
    """Outbox rows by the hundred; whose `once_key` is there already queues nothing. Made with `message`."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def message(
    kind: str, subject_id: str, *, lane: Lane, language: str, once_key: str, due_at: datetime
) -> Message:
    """A row for `queue_many`, not stored yet."""
    host = settings.SITE_HOST.split(":")[0]
    return Message(
        kind=kind,
        subject_id=subject_id,
        language=language,
        lane=lane,
        once_key=once_key,
        message_id=f"<{new_id()}@{host}>",
        due_at=due_at,
    )


def address_hash(address: str) -> str:
    """Refusals are kept by hash, so that the list itself is no list of addresses."""
    return hashlib.sha256(b"plaudit refusal\x00" + address.strip().lower().encode()).hexdigest()


def refuses(address: str, *scopes: str) -> bool:
    return Refusal.objects.filter(address_hash=address_hash(address), scope__in=[*scopes, "all"]).exists()


def refuse(address: str, scope: str) -> None:
    Refusal.objects.get_or_create(address_hash=address_hash(address), scope=scope)
