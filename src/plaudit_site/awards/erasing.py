"""An award whose holder asked to be forgotten: a shell without anybody in it (SECURITY E4).

What stays: its id and badge, so that its address says what became of it and is never used again; its place in the
status list, so that no other award gets it and a revocation still counts. The file that its holder kept still verifies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q

from plaudit_site.awards import reminding
from plaudit_site.awards.models import (
    AbuseReport,
    Award,
    Batch,
    BatchRow,
    CollectionItem,
    Correction,
    Credential,
    LimitedLink,
    Revocation,
    Suspension,
    ViewCount,
)
from plaudit_site.mail import forgetting as mail_forgetting
from plaudit_site.mail.following import Fate
from plaudit_site.mail.models import UNFINISHED, Message, State

AT_ONCE = 200
_NOBODY: dict[str, Any] = {
    "state": Award.State.ERASED,
    "earner": None,
    "address": "",
    "name": "",
    "note": "",
    "evidence_url": "",
    "result": "",
    "problem": "",
    "request_key": None,
    "once_key": None,
    "due_at": None,
    "lease_holder": "",
    "lease_until": None,
    "opened_at": None,
    "accepted_at": None,
    "declined_at": None,
    "removed_at": None,
    "shared_at": None,
}
_ENDED = (Batch.State.DONE, Batch.State.UNDONE, Batch.State.STOPPED)


def erase(public_ids: Sequence[str]) -> int:
    """Make shells of these awards, in the caller's transaction. Returns how many were none yet."""
    done = 0
    for begin in range(0, len(public_ids), AT_ONCE):
        some = list(public_ids[begin : begin + AT_ONCE])
        awards = Award.objects.filter(public_id__in=some).exclude(state=Award.State.ERASED)
        keys = list(awards.values_list("pk", flat=True))
        # The hash of the address goes with its salt: whoever has an address can no longer try it against a copy here.
        Credential.objects.filter(award__in=keys).update(content=b"", sha256="")
        Revocation.objects.filter(award__in=keys).update(reason="")
        AbuseReport.objects.filter(award__in=keys).delete()
        CollectionItem.objects.filter(award__in=keys).delete()
        ViewCount.objects.filter(award__in=keys).delete()
        LimitedLink.objects.filter(award__in=keys).delete()
        Correction.objects.filter(award__in=keys).delete()
        Suspension.objects.filter(award__in=keys).update(reason="")
        _forget_samples(Batch.objects.filter(awards__in=keys).distinct())
        for award in Award.objects.filter(pk__in=keys, batch__isnull=False).only("batch_id", "batch_line"):
            _forget_lines(BatchRow.objects.filter(batch=award.batch_id, line=award.batch_line or 0))
        _count_as_dropped(keys)
        mail_forgetting.about(keys)
        done += Award.objects.filter(pk__in=keys).update(**_NOBODY)
    return done


def _count_as_dropped(keys: Collection[int]) -> None:
    """A list waits for its mails: those that are deleted on their way never leave, and its page says so."""
    unfinished = Message.objects.filter(about__in=keys, state__in=UNFINISHED).order_by("pk")
    reminding.count_mails(
        [
            Fate(message, State(message.state), State.DROPPED)
            for message in unfinished.filter(kind__in=reminding.BRINGS).select_for_update()
        ]
    )


def forget_addresses(addresses: Collection[str]) -> None:
    """Lines of lists that have ended. One that nobody has started yet is its issuer's own."""
    Correction.objects.filter(address__in=addresses, change__ended_at__isnull=False).delete()
    rows = BatchRow.objects.filter(address__in=addresses, batch__state__in=_ENDED)
    _forget_samples(Batch.objects.filter(pk__in=list(rows.values_list("batch", flat=True).distinct())))
    _forget_lines(rows)


def _forget_samples(batches: Any) -> None:
    """The first lines of a list, which its page shows while columns are chosen."""
    for batch in batches.filter(state__in=_ENDED):
        layout = {**batch.layout, "first": [], "date_sample": ""}
        Batch.objects.filter(pk=batch.pk).update(layout=layout)


def _forget_lines(rows: Any) -> None:
    rows.update(
        given={}, problems=[], address="", name="", own_id="", note="", evidence_url="", result="", key=""
    )


def of(user: object, addresses: Collection[str]) -> list[str]:
    """Public ids of all awards to this person: accepted by the account, or sent to one of its proven addresses."""
    mine = Q(earner=user) | Q(address__in=addresses)
    return list(Award.objects.filter(mine).order_by("pk").values_list("public_id", flat=True))
