"""One job lays the chain: each event's hash covers the one before it, in the order of commit.

Writers never wait for each other: an event is chained here, at most a minute after its commit.
"""

from __future__ import annotations

import hashlib
import json

from django.db import connection, transaction

from plaudit_site.audit.models import AuditEvent

BATCH = 1000
START = "0" * 64


def digest(previous: str, event: AuditEvent) -> str:
    content = [
        previous,
        event.pk,
        event.at.isoformat(),
        event.kind,
        event.actor,
        event.subject,
        event.details,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def chain_some() -> int:
    """Chain up to BATCH events that have no place yet. Two workers at once: the loser's numbers are taken, it stops."""
    if not AuditEvent.objects.filter(chain_number__isnull=True).exists():
        return 0
    with transaction.atomic():
        last = AuditEvent.objects.filter(chain_number__isnull=False).order_by("-chain_number").first()
        number, previous = (last.chain_number or 0, last.chain_hash) if last else (0, START)
        events = list(AuditEvent.objects.filter(chain_number__isnull=True).order_by("pk")[:BATCH])
        for event in events:
            number += 1
            previous = digest(previous, event)
            event.chain_number, event.chain_hash = number, previous
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE audit_auditevent SET chain_number = %s, chain_hash = %s"
                " WHERE id = %s AND chain_number IS NULL",
                [(event.chain_number, event.chain_hash, event.pk) for event in events],
            )
    return len(events)


def first_broken() -> int | None:
    """The id of the first event whose hash is not what its content and predecessor say; None when whole."""
    previous = START
    expected = 1
    for event in AuditEvent.objects.filter(chain_number__isnull=False).order_by("chain_number").iterator():
        if event.chain_number != expected or event.chain_hash != digest(previous, event):
            return event.pk
        previous = event.chain_hash
        expected += 1
    return None
