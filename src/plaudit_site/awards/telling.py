"""A mail about an award, found by the award's key (ADR 0050)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plaudit_site.awards.models import Award
from plaudit_site.mail.models import Lane, Message
from plaudit_site.mail.queueing import queue


def queue_about(
    award: Award,
    kind: str,
    lane: Lane,
    *,
    once_key: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Message | None:
    """In the award's language, inside the caller's transaction. None where it has one with this `once_key`."""
    return queue(
        kind,
        award.public_id,
        about=award.pk,
        lane=lane,
        language=award.language,
        once_key=once_key,
        context=context,
    )
