"""What a webhook is told of: our names for it, and the audit events that each comes from.

Nothing that happens calls a webhook: the audit chain is read afterwards, in its order (gathering.py). So nothing waits
for a receiver, and what was rolled back is never told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from plaudit_site.awards.bulk_awarding import AWARDED_TOGETHER

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from plaudit_site.audit.models import AuditEvent


@dataclass(frozen=True)
class Kind:
    """`words` for people; `told` are the kinds of audit event that it comes from, about one `about`."""

    name: str
    words: str | Promise
    about: str
    told: tuple[str, ...]


KINDS: tuple[Kind, ...] = (
    Kind("award.issued", _("signed and on its way; again after a correction"), "award", ("signed",)),
    Kind("award.opened", _("somebody looks at its claim page"), "award", ("claim page opened",)),
    Kind("award.accepted", _("accepted, by hand or by trust"), "award", ("accepted",)),
    Kind("award.declined", _("declined"), "award", ("declined",)),
    Kind(
        "award.reopened",
        _("a decision was undone: it waits again"),
        "award",
        ("decline undone", "claim undone"),
    ),
    Kind("award.undeliverable", _("a mail about it could not be delivered"), "award", ("undeliverable",)),
    Kind("award.corrected", _("name or address corrected"), "award", ("corrected",)),
    Kind("award.resent", _("invitation sent again"), "award", ("sent again",)),
    Kind("award.withdrawn", _("taken back before it was accepted"), "award", ("withdrawn",)),
    Kind("award.revoked", _("revoked"), "award", ("revoked",)),
    Kind("award.renewed", _("a later one took its place"), "award", ("renewed",)),
    Kind("award.suspended", _("suspended"), "award", ("suspended",)),
    Kind("award.reinstated", _("valid again"), "award", ("reinstated",)),
    Kind("award.removed", _("removed by its earner"), "award", ("removed",)),
    Kind("award.restored", _("brought back by its earner"), "award", ("removal undone",)),
    Kind("award.lapsed", _("never accepted, and forgotten"), "award", ("lapsed",)),
    Kind("batch.started", _("a list is being awarded"), "batch", ("batch started",)),
    Kind("batch.done", _("every line of a list was dealt with"), "batch", ("batch done",)),
    Kind("batch.stopped", _("a list was called off or stopped"), "batch", ("batch stopped",)),
    Kind("batch.undone", _("a list is being taken back"), "batch", ("batch undone",)),
    Kind("badge.published", _("a badge or its new version was published"), "badge", ("badge published",)),
    Kind("badge.archived", _("a badge was archived"), "badge", ("badge archived",)),
)
NAMES = tuple(kind.name for kind in KINDS)
TEST = "test"
"""Sent by hand alone, to try a receiver out."""

_by_event = {told: kind for kind in KINDS for told in kind.told}


@dataclass(frozen=True)
class Happening:
    """Something that a webhook may be told of: `subject` is like `award:ID`."""

    kind: Kind
    subject: str
    event: AuditEvent

    @property
    def id(self) -> str:
        return self.subject.partition(":")[2]


def happenings(events: Iterable[AuditEvent]) -> list[Happening]:
    """In their order. A slice of a list is one event, and as many happenings as it signed awards."""
    found = []
    for event in events:
        if event.kind == AWARDED_TOGETHER:
            issued = _by_event["signed"]
            found += [Happening(issued, f"award:{one}", event) for one in event.details.get("signed", ())]
            continue
        kind = _by_event.get(event.kind)
        if kind is not None and event.subject.startswith(f"{kind.about}:"):
            found.append(Happening(kind, event.subject, event))
    return found
