"""The chain over what happened is whole (I8): nothing was changed, left out or put in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone

from plaudit_site.audit import chaining
from plaudit_site.audit.models import AuditEvent
from plaudit_site.examining.findings import ROWS_AT_ONCE, Finding, Scope

PATIENCE = timedelta(minutes=5)
_CHANGED = (
    "rows were changed by hand, or the disk was: compare this event and the ones around it with a backup"
)


def look(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """The chain from its beginning; the first event that breaks it is named, later ones all hang on it."""
    del only  # a link can be judged only after the one before it
    previous, number = chaining.START, 0
    while True:
        events = AuditEvent.objects.filter(chain_number__gt=number).order_by("chain_number")[:ROWS_AT_ONCE]
        for event in events:
            number += 1
            if event.chain_number != number:
                text = f"event {number} of the chain is missing"
                yield Finding("I8", 0, f"audit event {event.pk}", text, _CHANGED)
                return
            if event.chain_hash != chaining.digest(previous, event):
                text = f"number {number} of the chain is not what was written down ({event.kind}, {event.subject})"
                yield Finding("I8", 0, f"audit event {event.pk}", text, _CHANGED)
                return
            previous = event.chain_hash
        if not events:
            break
        scope.counted("events", len(events))
    late = AuditEvent.objects.filter(chain_number__isnull=True, at__lt=timezone.now() - PATIENCE)
    if waiting := late.count():
        text = f"{waiting} events have waited for their place for more than five minutes"
        yield Finding("I8", 0, "audit chain", text, "start a worker: it lays the chain")
