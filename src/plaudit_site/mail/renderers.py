"""Who turns a queued row into words: higher rooms register here in their AppConfig.ready()."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


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


Renderer = Callable[[str, str, Mapping[str, Any]], Rendered]
_renderers: dict[str, Renderer] = {}


def register(kind: str, renderer: Renderer) -> None:
    if _renderers.get(kind, renderer) is not renderer:
        raise ValueError(f"two renderers for mails of kind {kind!r}")
    _renderers[kind] = renderer


def kinds() -> set[str]:
    return set(_renderers)


def render(kind: str, subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    return _renderers[kind](subject_id, language, context)
