"""From the audit chain to each webhook's row of messages: what happened to its issuer, in its order, numbered.

The chain has the order of commits and no gaps, so a webhook needs to remember one number: how far it has looked.
That number and the messages are written in one transaction, under the webhook's lock: however many workers look, and
wherever one of them dies, each happening is one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from plaudit_site.achievements.models import Achievement
from plaudit_site.api.hooks import making
from plaudit_site.api.hooks.events import Happening, happenings
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards.models import Award, Batch
from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer
from plaudit_site.storing import store

EVENTS_AT_ONCE = 500
MESSAGES_AT_ONCE = 1000
"""A slice of a list is one event of hundreds of awards: fewer events are looked at where they tell of many."""
WAITS_AT_MOST = timedelta(days=7)
LOG_IS_KEPT = timedelta(days=30)
AT_ONCE = 1000


def gather_some() -> int:
    """Look at what is new in the chain, once for each webhook. Returns how many events were looked at."""
    last = AuditEvent.objects.aggregate(last=Max("chain_number"))["last"] or 0
    behind = Webhook.objects.filter(seen__lt=last).order_by("pk").values_list("pk", flat=True)
    return sum(_gather(pk) for pk in list(behind))


def _gather(pk: int) -> int:
    with transaction.atomic():
        webhook = (
            Webhook.objects.select_for_update(of=("self",)).select_related("issuer").filter(pk=pk).first()
        )
        if webhook is None:
            return 0
        chained = AuditEvent.objects.filter(chain_number__gt=webhook.seen).order_by("chain_number")
        events = list(chained[:EVENTS_AT_ONCE])
        while len(events) > 1 and len(happenings(events)) > MESSAGES_AT_ONCE:
            events = events[: len(events) // 2]
        if not events:
            return 0
        told = [one for one in happenings(events) if _wants(webhook, one)]
        mine = _of(webhook.issuer, told)
        _store(webhook, [one for one in told if one.subject in mine])
        Webhook.objects.filter(pk=pk).update(seen=events[-1].chain_number)
    return len(events)


def _wants(webhook: Webhook, happening: Happening) -> bool:
    return not webhook.kinds or happening.kind.name in webhook.kinds


def _of(issuer: Issuer, told: Iterable[Happening]) -> set[str]:
    """The subjects among them that are this issuer's."""
    ids: dict[str, set[str]] = {}
    for one in told:
        ids.setdefault(one.kind.about, set()).add(one.id)
    rows = {
        "award": Award.objects.filter(issuer=issuer),
        "batch": Batch.objects.filter(issuer=issuer),
        "badge": Achievement.objects.filter(issuer=issuer),
    }
    return {
        f"{about}:{public_id}"
        for about, some in ids.items()
        for public_id in rows[about].filter(public_id__in=some).values_list("public_id", flat=True)
    }


def _store(webhook: Webhook, told: Sequence[Happening]) -> None:
    if not told:
        return
    first = making.next_numbers(webhook, len(told))
    columns = {
        "public_id": [new_id() for _ in told],
        "webhook_id": webhook.pk,
        "number": range(first, first + len(told)),
        "kind": [one.kind.name for one in told],
        "about": [one.subject for one in told],
        "at": [one.event.at for one in told],
    }
    store(WebhookMessage, columns, len(told))
    if webhook.due_at is None or not webhook.failures:
        # One whose receiver is away has its time already.
        Webhook.objects.filter(pk=webhook.pk).update(due_at=timezone.now())


def drop_some() -> int:
    """What has waited for a week is dropped, and the history says so. Returns how many."""
    before = timezone.now() - WAITS_AT_MOST
    old = WebhookMessage.objects.filter(state=WebhookMessage.State.WAITING, waits_since__lt=before)
    keys = list(old.order_by("waits_since").values_list("pk", flat=True)[:AT_ONCE])
    if not keys:
        return 0
    with transaction.atomic():
        dropped = list(
            old.filter(pk__in=keys).select_for_update(of=("self",)).select_related("webhook__issuer")
        )
        now, done = timezone.now(), WebhookMessage.State.DROPPED
        WebhookMessage.objects.filter(pk__in=[one.pk for one in dropped]).update(
            state=done, ended_at=now, due_at=None
        )
        numbers: dict[Webhook, list[int]] = {}
        for one in dropped:
            numbers.setdefault(one.webhook, []).append(one.number)
        for webhook, mine in numbers.items():
            record(
                "webhook messages dropped",
                actor="worker",
                subject=f"webhook:{webhook.public_id}",
                issuer=webhook.issuer.public_id,
                count=len(mine),
                first=min(mine),
                last=max(mine),
            )
    return len(dropped)


def forget_some() -> int:
    """The log is kept for a month."""
    old = WebhookMessage.objects.filter(ended_at__lt=timezone.now() - LOG_IS_KEPT).order_by("ended_at")
    keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
    if not keys:
        return 0
    return WebhookMessage.objects.filter(pk__in=keys).exclude(state=WebhookMessage.State.WAITING).delete()[0]
