"""Webhooks: made, changed, given a new secret, paused, removed; and what an owner does with single messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit import FetchError, Limits, WebFetch
from plaudit_site.accounts.models import User
from plaudit_site.api.hooks.events import NAMES, TEST
from plaudit_site.api.hooks.signatures import BOTH_FOR
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer

MOST = 20
MOST_SIGNS = 500
"""Of an address."""
State = WebhookMessage.State


class WebhookRefused(Exception):
    """This cannot be done; the text says why. `field` is what it is about, or empty."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class PressedTwice(Exception):
    """The same page made its webhook before."""


def door(seconds: float = 10.0) -> WebFetch:
    """The only way out to addresses that issuers name."""
    return WebFetch(Limits(seconds=seconds, bytes=64 * 1024), trusted=settings.WEBHOOK_HOSTS)


def make(issuer: Issuer, *, url: str, kinds: Iterable[str], by: User, press: str = "") -> Webhook:
    """It is told of what happens from now on. Raises WebhookRefused, PressedTwice."""
    _check_owner(issuer, by)
    webhook = Webhook(
        issuer=issuer,
        url=_url(url),
        kinds=_kinds(kinds),
        press=f"{issuer.public_id}:{press}"[:60] if press else None,
    )
    if Webhook.objects.filter(issuer=issuer).count() >= MOST:
        raise WebhookRefused(_("There are many webhooks already. Remove those that nobody reads."))
    try:
        with transaction.atomic():
            webhook.seen = AuditEvent.objects.aggregate(last=Max("chain_number"))["last"] or 0
            webhook.save()
            _record("webhook made", webhook, by)
    except IntegrityError:
        raise PressedTwice from None
    return webhook


def change(webhook: Webhook, *, url: str | None = None, kinds: Iterable[str] | None = None, by: User) -> None:
    """What is None stays. Raises WebhookRefused."""
    _check_owner(webhook.issuer, by)
    changes: dict[str, Any] = {}
    if url is not None and url.strip() != webhook.url:
        changes |= {"url": _url(url), "failures": 0, "failing_since": None, "told_at": None}
    if kinds is not None:
        changes["kinds"] = _kinds(kinds)
    if not changes:
        return
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(**changes)
        _record("webhook changed", webhook, by)
        _wake(webhook)
    webhook.refresh_from_db()


def new_secret(webhook: Webhook, *, by: User) -> None:
    """The one before signs too for a day, so that no message is refused while the receiver learns the new one."""
    _check_owner(webhook.issuer, by)
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(
            secret_number=F("secret_number") + 1, older_secret_until=timezone.now() + BOTH_FOR
        )
        _record("webhook secret made", webhook, by)
    webhook.refresh_from_db()


def pause(webhook: Webhook, *, by: User) -> bool:
    """What happens meanwhile waits. False when it is paused already."""
    _check_owner(webhook.issuer, by)
    with transaction.atomic():
        changed = Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=True).update(
            paused_at=timezone.now(), why_paused=Webhook.Why.BY_HAND
        )
        if changed:
            _record("webhook paused", webhook, by)
    return changed == 1


def resume(webhook: Webhook, *, by: User) -> bool:
    """What waited is sent now, in its order. False when it was not paused."""
    _check_owner(webhook.issuer, by)
    with transaction.atomic():
        changed = Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=False).update(
            paused_at=None, why_paused="", failures=0, failing_since=None, told_at=None
        )
        if changed:
            _record("webhook resumed", webhook, by)
            _wake(webhook)
    return changed == 1


def try_now(webhook: Webhook, *, by: User) -> None:
    """Not at the next time, but now."""
    _check_owner(webhook.issuer, by)
    webhook.messages.filter(state=State.WAITING).update(due_at=None)
    _wake(webhook)


def remove(webhook: Webhook, *, by: User) -> None:
    """With its messages: after this commit nothing is sent but what is under way."""
    _check_owner(webhook.issuer, by)
    with transaction.atomic():
        _record("webhook removed", webhook, by)
        _delete(webhook)


def remove_again(line: Line) -> bool:
    """After a restore: a backup does not bring it back."""
    webhook = Webhook.objects.filter(public_id=line.about).first()
    if webhook is None:
        return False
    _delete(webhook)
    record(line.kind, actor=line.actor, subject=line.subject, **line.details)
    return True


def test(webhook: Webhook, *, by: User) -> WebhookMessage:
    """A message that says nothing, to try the receiver out. It waits in its row like any other."""
    _check_owner(webhook.issuer, by)
    now = timezone.now()
    with transaction.atomic():
        number = next_numbers(webhook, 1)
        message = WebhookMessage.objects.create(
            webhook=webhook, number=number, kind=TEST, about=f"webhook:{webhook.public_id}", at=now
        )
        _wake(webhook)
    return message


def send_again(message: WebhookMessage, *, by: User) -> bool:
    """The same message with the same id once more, in the place of its number. False when it is waiting already."""
    _check_owner(message.webhook.issuer, by)
    with transaction.atomic():
        over = WebhookMessage.objects.filter(pk=message.pk).exclude(state=State.WAITING)
        changed = over.update(
            state=State.WAITING,
            waits_since=timezone.now(),
            due_at=None,
            ended_at=None,
            attempts=0,
            problem="",
            status=None,
        )
        if changed:
            _wake(message.webhook)
    return changed == 1


def skip(message: WebhookMessage, *, by: User) -> bool:
    """It is not sent, and holds nothing up any more. False when it was over already."""
    _check_owner(message.webhook.issuer, by)
    with transaction.atomic():
        waiting = WebhookMessage.objects.filter(pk=message.pk, state=State.WAITING)
        changed = waiting.update(state=State.SKIPPED, ended_at=timezone.now(), due_at=None)
        if changed:
            _record("webhook message skipped", message.webhook, by, number=message.number)
            _wake(message.webhook)
    return changed == 1


def next_numbers(webhook: Webhook, count: int) -> int:
    """The first of `count` numbers, which nobody else gets: the row is locked until the transaction ends."""
    Webhook.objects.filter(pk=webhook.pk).update(last_number=F("last_number") + count)
    return Webhook.objects.values_list("last_number", flat=True).get(pk=webhook.pk) - count + 1


def _wake(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(due_at=timezone.now())


def _delete(webhook: Webhook) -> None:
    """Whoever gathers for it holds its lock, and adds nothing after this one has it."""
    Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
    WebhookMessage.objects.filter(webhook=webhook).delete()
    Webhook.objects.filter(pk=webhook.pk).delete()


def _check_owner(issuer: Issuer, by: User) -> None:
    if not may(by, "own", issuer):
        raise WebhookRefused(_("Only an owner of this issuer sets up webhooks."))


def _url(text: str) -> str:
    url = text.strip()
    if len(url) > MOST_SIGNS:
        raise WebhookRefused(_("The address is too long."), "url")
    if "#" in url:
        raise WebhookRefused(_("Leave out what follows the #: it is never sent."), "url")
    try:
        door().check(url)
    except FetchError:
        words = _(
            "Write the whole address, like https://example.org/hooks: it begins with https:// and has no port."
        )
        raise WebhookRefused(words, "url") from None
    return url


def _kinds(kinds: Iterable[str]) -> list[str]:
    wanted = set(kinds)
    if unknown := sorted(wanted - set(NAMES)):
        raise WebhookRefused(_("There is no event “%(name)s”.") % {"name": unknown[0][:40]}, "events")
    return [name for name in NAMES if name in wanted]


def _record(kind: str, webhook: Webhook, by: User, **more: Any) -> None:
    subject, issuer = f"webhook:{webhook.public_id}", webhook.issuer.public_id
    record(kind, actor=by.public_id, subject=subject, issuer=issuer, **more)
