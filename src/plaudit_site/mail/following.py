"""What follows when a mail has left, or never will: higher rooms register here in their AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from plaudit_site.mail.models import Message, State


@dataclass(frozen=True)
class Fate:
    """What became of a mail: the state it was in, and the one that was just written down."""

    message: Message
    was: State
    state: State


Follow = Callable[[Sequence[Fate]], None]
_follows: dict[str, Follow] = {}
_ENDS = frozenset({State.SENT, State.BOUNCED, State.FAILED, State.DROPPED})


def after(kind: str, follow: Follow) -> None:
    """`follow(fates)` is called in the transaction that notes them: sent, bounced, failed or dropped."""
    if _follows.get(kind, follow) is not follow:
        raise ValueError(f"two followers of mails of kind {kind!r}")
    _follows[kind] = follow


def drop(rows: QuerySet[Message], why: str) -> int:
    """Those of `rows` that wait and that no worker holds need not be sent any more. In the caller's transaction."""
    waiting = rows.filter(state__in=[State.QUEUED, State.DEFERRED], lease_until__isnull=True)
    messages = list(waiting.select_for_update().order_by("pk"))
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=State.DROPPED, error=why, code="", due_at=None, context={}
    )
    noted(Fate(message, State(message.state), State.DROPPED) for message in messages)
    return len(messages)


def noted(fates: Iterable[Fate]) -> None:
    """Call what follows on these states, which were just written down. Inside that transaction."""
    by_kind: dict[str, list[Fate]] = {}
    for fate in fates:
        if fate.state in _ENDS and fate.message.kind in _follows:
            by_kind.setdefault(fate.message.kind, []).append(fate)
    for kind, same in by_kind.items():
        _follows[kind](same)
