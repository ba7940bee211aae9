"""How a receiver knows that a message is ours, and new: Standard Webhooks 1.0.

`webhook-id`, `webhook-timestamp` and `webhook-signature` are headers. What is signed is `id.timestamp.body` by
HMAC-SHA256 with the webhook's secret, so a message cannot be altered, and one that was caught cannot be sent again
later: a receiver refuses a timestamp that is five minutes off. Each try has a timestamp of its own, and the same id.

The secret is derived from a key outside of the database, from the webhook and a number: whoever has a copy of the
database alone can sign nothing. A new secret is the next number; the one before signs beside it for a day.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from plaudit_site.api.models import Webhook, WebhookMessage

BOTH_FOR = timedelta(days=1)
PREFIX = "whsec_"


def secret(webhook: Webhook, *, back: int = 0) -> str:
    """As its receiver is given it; `back` 1: the one before."""
    key = _key(webhook.public_id, webhook.secret_number - back)
    return PREFIX + base64.b64encode(key).decode()


def message_id(message: WebhookMessage) -> str:
    """The same for each try, so that a receiver knows what it has already."""
    return f"msg_{message.public_id}"


def headers(webhook: Webhook, message: WebhookMessage, body: bytes, at: datetime) -> Mapping[str, str]:
    """The three headers of one try."""
    keys = [_key(webhook.public_id, webhook.secret_number)]
    if webhook.older_secret_until is not None and webhook.older_secret_until > at:
        keys.append(_key(webhook.public_id, webhook.secret_number - 1))
    name, moment = message_id(message), int(at.timestamp())
    return {
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(sign(key, name, moment, body) for key in keys),
    }


def sign(key: bytes, name: str, moment: int, body: bytes) -> str:
    """One signature, version 1."""
    mac = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def _key(public_id: str, number: int) -> bytes:
    key = settings.SECRETS.derive("webhooks")
    return hmac.new(key, f"{public_id}:{number}".encode(), hashlib.sha256).digest()
