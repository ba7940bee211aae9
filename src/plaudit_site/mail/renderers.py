"""Who turns a queued row into words: higher rooms register here in their AppConfig.ready()."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rendered:
    """One mail in words. `sender_name` stands before the site's own address; `headers` adds List-* lines."""

    subject: str
    text: str
    html: str
    recipient: str
    sender_name: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Pointless(Exception):
    """There is nothing to send any more (withdrawn, already accepted, refused): the row is dropped, not failed."""


class Unwanted(Pointless):
    """Whoever it is for wants no mail from its sender."""


class NotNow(Exception):
    """It may not be sent at present, and perhaps soon: the row waits, and has lost no try."""


class Unrenderable(Exception):
    """A renderer failed; the log says how. One such mail must not hold up the others."""


@dataclass(frozen=True)
class Wanted:
    """What a row says of the mail that it stands for."""

    subject_id: str
    language: str
    context: Mapping[str, Any]
    once_key: str = ""


Renderer = Callable[[str, str, Mapping[str, Any]], Rendered]
# The same for many at once: one answer for each, in order; what stands in the way of one is its answer.
RendererOfMany = Callable[[Sequence[Wanted]], Sequence[Rendered | Pointless | NotNow]]
_renderers: dict[str, Renderer] = {}
_of_many: dict[str, RendererOfMany] = {}


def register(kind: str, renderer: Renderer, of_many: RendererOfMany | None = None) -> None:
    """`of_many` is asked for what is sent: it knows the row's key, and asks the database once. `renderer` says the same
    of what is only shown."""
    if _renderers.get(kind, renderer) is not renderer:
        raise ValueError(f"two renderers for mails of kind {kind!r}")
    _renderers[kind] = renderer
    if of_many is not None:
        _of_many[kind] = of_many


def kinds() -> set[str]:
    return set(_renderers)


def render(kind: str, subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    return _renderers[kind](subject_id, language, context)


def render_many(
    kind: str, wanted: Sequence[Wanted]
) -> Sequence[Rendered | Pointless | NotNow | Unrenderable]:
    """One answer for each, in order. Never raises for one of them."""
    if kind in _of_many:
        try:
            return _of_many[kind](wanted)
        except Exception:
            log.exception("mails of kind %s could not be made together", kind)
    return [_tried(kind, one) for one in wanted]


def _tried(kind: str, one: Wanted) -> Rendered | Pointless | NotNow | Unrenderable:
    try:
        if kind in _of_many:
            return _of_many[kind]([one])[0]
        return render(kind, one.subject_id, one.language, one.context)
    except (Pointless, NotNow) as reason:
        return reason
    except Exception as error:
        log.exception("a mail of kind %s could not be made", kind)
        return Unrenderable(type(error).__name__)
