"""Nothing is in progress without anybody who is at it (I3), and no mail has a double (I4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from plaudit_site import readiness
from plaudit_site.awards.models import Award, Batch, BulkChange, Slice
from plaudit_site.examining.findings import Finding, Look, Scope, in_chunks
from plaudit_site.leases import LONGEST, Leased
from plaudit_site.mail.models import Message, State

_ABOUT_AWARDS = ("invitation", "auto_accepted", "reminder")
_UNFINISHED = [State.QUEUED, State.SENDING, State.DEFERRED]
_CLOCK = "set the clocks by NTP, then end its lease in the console, or wait until it has run out"


def _looking(model: type[Leased], name: str, counted: str, stuck: Q) -> Look:
    """Rows of `model` that are held too long, or (`stuck`) unfinished while nobody will take them up."""

    def look(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
        limit = timezone.now() + LONGEST
        rows: Any = model._default_manager
        if counted:
            scope.counted(counted, rows.count() if only is None else 0)
        for some in in_chunks(rows.filter(lease_until__gt=limit), only):
            for row in some:
                text = f"{row.lease_holder} holds it until {row.lease_until:%Y-%m-%d %H:%M} UTC"
                yield Finding("I3", row.pk, f"{name} {row.pk}", text, _CLOCK)
        for some in in_chunks(rows.filter(stuck), only):
            for row in some:
                text = "it is unfinished, and no worker will take it up"
                yield Finding("I3", row.pk, f"{name} {row.pk}", text, "make it due in the console")

    return look


mails = _looking(Message, "mail", "mails", Q(state__in=_UNFINISHED, due_at__isnull=True))
awards = _looking(Award, "award row", "", Q(state=Award.State.QUEUED, due_at__isnull=True))
lists = _looking(
    Batch,
    "list row",
    "",
    Q(state__in=[Batch.State.READING, Batch.State.STARTED, Batch.State.UNDOING], due_at=None),
)
slices = _looking(
    Slice, "slice", "", Q(batch__state=Batch.State.STARTED, done_at__isnull=True, due_at__isnull=True)
)
changes = _looking(BulkChange, "change of many", "", Q(state=BulkChange.State.WORKING, due_at__isnull=True))


def subjects(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Mails about awards that there are not."""
    del scope
    rows = Message.objects.filter(kind__in=_ABOUT_AWARDS).only("pk", "kind", "subject_id", "about")
    for some in in_chunks(rows, only):
        ids = {message.subject_id for message in some}
        there = dict(Award.objects.filter(public_id__in=ids).values_list("public_id", "pk"))
        for message in some:
            if message.subject_id in there and message.about != there[message.subject_id]:
                text = f"this {message.kind} is not found among the mails about award {message.subject_id}"
                mend = "compare with a backup: somebody changed the row by hand"
                yield Finding("I3", message.pk, f"mail {message.pk}", text, mend)
            if message.subject_id not in there:
                text = f"this {message.kind} is about award {message.subject_id}, which is not there"
                mend = "compare with a backup: an award is never deleted"
                yield Finding("I3", message.pk, f"mail {message.pk}", text, mend)


def once(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """No two rows would tell the same (I4). The database refuses a second one, as long as its indexes are whole."""
    del scope
    keyed = Message.objects.filter(once_key__isnull=False).order_by()
    for whose, rows in (
        ("about", keyed.filter(about__isnull=False)),
        ("subject_id", keyed.filter(about__isnull=True)),
    ):
        groups = rows.values(whose, "once_key").annotate(number=Count("pk"), last=Max("pk"))
        found = groups.filter(number__gt=1) if only is None else groups.filter(number__gt=1, last__in=only)
        for group in found.order_by("last"):
            text = f"{group['number']} mails are queued once each as “{group['once_key']}” about the same"
            mend = "delete all but the first, and let the database make its indexes anew (REINDEX)"
            yield Finding("I4", group["last"], f"mail {group['last']}", text, mend)


def contents(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Where the bytes of a mail are kept, they are those of its row: its Message-ID is that of no other (I4)."""
    del scope
    for some in in_chunks(Message.objects.filter(raw__isnull=False).only("pk", "message_id", "raw"), only):
        for message in some:
            head = bytes(message.raw or b"").partition(b"\r\n\r\n")[0]
            if f"Message-ID: {message.message_id}".encode() not in head.split(b"\r\n"):
                text = f"what left under {message.message_id} names another Message-ID"
                mend = "compare with a backup: somebody changed the row by hand"
                yield Finding("I4", message.pk, f"mail {message.pk}", text, mend)


def standing(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Whether a worker started here would do anything."""
    del scope, only
    for what, why in (("clock", readiness.why_clock()), ("layout of the database", readiness.why_schema())):
        if why:
            problem, _semicolon, mend = why.partition("; ")
            yield Finding("I3", 0, what, problem, mend)


ALL: tuple[tuple[str, Callable[[Scope, Sequence[int] | None], Iterator[Finding]]], ...] = (
    ("clock and layout", standing),
    ("mails", mails),
    ("awards in progress", awards),
    ("lists in progress", lists),
    ("slices in progress", slices),
    ("changes in progress", changes),
    ("subjects of mails", subjects),
    ("mails that are due once", once),
    ("mails that are kept", contents),
)
