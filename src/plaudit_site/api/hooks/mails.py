"""The owners hear of a receiver that has taken nothing for a day, and of one that we ask no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from plaudit_site.api.models import Webhook
from plaudit_site.issuers.models import Issuer, Role
from plaudit_site.mail import renderers
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue
from plaudit_site.mail.renderers import Rendered
from plaudit_site.mail.wording import words

KIND = "webhook_trouble"


def tell(webhook: Webhook, since: datetime, *, why: str = "") -> None:
    """A mail to each owner, in the current transaction. `why` it was paused; empty: it is still tried."""
    owners = webhook.issuer.memberships.filter(role=Role.OWNER).select_related("user")
    for address in sorted({one.user.email for one in owners} - {""}):
        context = {
            "address": address,
            "webhook": webhook.public_id,
            "url": webhook.url,
            "since": since.isoformat(),
            "why": why,
        }
        queue(KIND, webhook.issuer.public_id, lane=Lane.NOTICES, context=context)


def trouble(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    issuer = Issuer.objects.get(public_id=subject_id)
    subject, text, html = words(
        KIND,
        language,
        {
            "issuer_name": issuer.name,
            "webhook_url": context["url"],
            "since": datetime.fromisoformat(context["since"]),
            "is_paused": bool(context["why"]),
            "is_gone": context["why"] == Webhook.Why.GONE,
            "console_url": f"{settings.BASE_URL}/manage/{issuer.slug}/webhooks/{context['webhook']}",
            "address": context["address"],
        },
    )
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def register_all() -> None:
    renderers.register(KIND, trouble)
