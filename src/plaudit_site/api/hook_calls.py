"""Calls about webhooks: see, make, change, remove; their messages, and what is done with single ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.http import urlencode

from plaudit_site.api import describing
from plaudit_site.api.calls import Call
from plaudit_site.api.hooks import making, signatures
from plaudit_site.api.hooks.making import WebhookRefused
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.api.problem import Fault, Problem, not_found
from plaudit_site.api.repeating import Answer

PER_PAGE = 50


def find(call: Call) -> Answer:
    """Every webhook of the issuer."""
    rows = Webhook.objects.filter(issuer=call.issuer)
    return Answer(200, {"webhooks": [_shown(row) for row in rows]})


def make(call: Call) -> Answer:
    """It is told of what happens from now on."""
    given = call.body
    webhook = _tried(
        lambda: making.make(call.issuer, url=given["url"], kinds=given.get("events", ()), by=call.by)
    )
    where = f"{settings.BASE_URL}/api/v1/webhooks/{webhook.public_id}"
    headers = (("Location", where),)
    return Answer(201, _shown(webhook), headers=headers, subject=f"webhook:{webhook.public_id}")


def look(call: Call) -> Answer:
    return Answer(200, _shown(_webhook(call)))


def secret(call: Call) -> Answer:
    """What its receiver checks signatures with. Only here: an answer to a POST would be kept for a day."""
    return Answer(200, {"secret": signatures.secret(_webhook(call))})


def change(call: Call) -> Answer:
    """What is left out stays."""
    given = call.body

    def act(webhook: Webhook) -> None:
        making.change(webhook, url=given.get("url"), kinds=given.get("events"), by=call.by)
        if "paused" in given:
            (making.pause if given["paused"] else making.resume)(webhook, by=call.by)

    return _changed(call, act)


def new_secret(call: Call) -> Answer:
    return _changed(call, lambda webhook: making.new_secret(webhook, by=call.by))


def try_now(call: Call) -> Answer:
    return _changed(call, lambda webhook: making.try_now(webhook, by=call.by))


def test(call: Call) -> Answer:
    """A message that says nothing."""
    return _changed(call, lambda webhook: making.test(webhook, by=call.by))


def remove(call: Call) -> Answer:
    """With its messages."""
    webhook = _webhook(call)
    shown = _shown(webhook)
    _tried(lambda: making.remove(webhook, by=call.by))
    return Answer(200, shown, subject=f"webhook:{shown['id']}")


def messages(call: Call) -> Answer:
    """Newest first."""
    webhook = _webhook(call)
    limit = call.query.get("limit", PER_PAGE)
    rows = webhook.messages.order_by("-number")
    if "state" in call.query:
        rows = rows.filter(state=call.query["state"])
    if "before" in call.query:
        rows = rows.filter(number__lt=call.query["before"])
    page = list(rows[: limit + 1])
    following = None
    if len(page) > limit:
        query = urlencode({**call.query, "before": page[limit - 1].number})
        following = f"{settings.BASE_URL}/api/v1/webhooks/{webhook.public_id}/messages?{query}"
    return Answer(200, {"messages": [_message_shown(row) for row in page[:limit]], "next": following})


def send_again(call: Call) -> Answer:
    """The same message once more."""
    return _message_changed(call, lambda message: making.send_again(message, by=call.by))


def skip(call: Call) -> Answer:
    """Never send it."""
    return _message_changed(call, lambda message: making.skip(message, by=call.by))


def _shown(row: Webhook) -> dict[str, Any]:
    waiting = row.messages.filter(state=WebhookMessage.State.WAITING).count()
    return {
        "id": row.public_id,
        "url": row.url,
        "events": row.kinds,
        "state": "paused" if row.paused_at else "failing" if row.failing_since else "working",
        "words": str(row.get_why_paused_display()) if row.paused_at else "",
        "waiting": waiting,
        "made_at": describing.moment(row.made_at),
        "delivered_at": describing.moment(row.delivered_at),
        "failing_since": describing.moment(row.failing_since),
        "next_try_at": describing.moment(row.due_at) if waiting and not row.paused_at else None,
        "older_secret_until": describing.moment(row.older_secret_until),
        "page": describing.page("webhook", row.issuer.slug, row.public_id),
    }


def _message_shown(row: WebhookMessage) -> dict[str, Any]:
    about, _colon, public_id = row.about.partition(":")
    return {
        "id": row.public_id,
        "webhook_id": signatures.message_id(row),
        "sequence": row.number,
        "type": row.kind,
        "about": {"kind": about, "id": public_id},
        "timestamp": describing.moment(row.at),
        "state": str(row.state),
        "attempts": row.attempts,
        "tried_at": describing.moment(row.tried_at),
        "status": row.status,
        "problem": row.problem,
        "milliseconds": row.milliseconds,
    }


def _webhook(call: Call) -> Webhook:
    rows = Webhook.objects.filter(public_id=call.ids["id"], issuer=call.issuer)
    webhook = rows.select_related("issuer").first()
    if webhook is None:
        raise not_found()
    return webhook


def _changed(call: Call, act: Callable[[Webhook], object]) -> Answer:
    webhook = _webhook(call)
    _tried(lambda: act(webhook))
    webhook.refresh_from_db()
    return Answer(200, _shown(webhook), subject=f"webhook:{webhook.public_id}")


def _message_changed(call: Call, act: Callable[[WebhookMessage], bool]) -> Answer:
    rows = WebhookMessage.objects.filter(public_id=call.ids["id"], webhook__issuer=call.issuer)
    message = rows.select_related("webhook__issuer").first()
    if message is None:
        raise not_found()
    if not _tried(lambda: act(message)):
        raise Problem("not-possible", f"This message is “{message.state}”.")
    message.refresh_from_db()
    subject = f"webhook:{message.webhook.public_id}"
    return Answer(200, _message_shown(message), subject=subject)


def _tried(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except WebhookRefused as refusal:
        if not refusal.field:
            raise Problem("refused", str(refusal)) from None
        fault = Fault(str(refusal), "See “API” on this site for what is taken.", f"/{refusal.field}")
        raise Problem("not-valid", "Nothing was changed: see “errors”.", [fault]) from None
