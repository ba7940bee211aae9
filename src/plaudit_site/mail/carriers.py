"""The mail services that tell by a web call what became of a mail, as django-anymail reads them.

Whose event it is stands in our own Message-ID. Services that give our mails another one carry an id of ours beside it,
in a header that each of them has for that and repeats with each event.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

PATH = "/hooks/mail"
NAME = "plaudit"
"""Of our id among what a service carries along."""


@dataclass(frozen=True)
class Service:
    """`key` is what anymail calls the key that it signs with; `around` the member of JSON that our id goes in."""

    module: str
    view: str
    key: str = ""
    header: str = ""
    around: str = ""
    is_json: bool = True


SERVICES: dict[str, Service] = {
    "brevo": Service("brevo", "BrevoTrackingWebhookView", header="X-Mailin-custom"),
    "mailgun": Service("mailgun", "MailgunTrackingWebhookView", key="webhook_signing_key"),
    "mailjet": Service("mailjet", "MailjetTrackingWebhookView", header="X-MJ-EventPayload"),
    "mailtrap": Service(
        "mailtrap", "MailtrapTrackingWebhookView", key="tracking_secret", header="X-MT-Custom-Variables"
    ),
    "mandrill": Service("mandrill", "MandrillCombinedWebhookView", key="webhook_key", header="X-MC-Metadata"),
    "postal": Service("postal", "PostalTrackingWebhookView", key="webhook_key"),
    "postmark": Service(
        "postmark", "PostmarkTrackingWebhookView", header=f"X-PM-Metadata-{NAME}", is_json=False
    ),
    "sparkpost": Service("sparkpost", "SparkPostTrackingWebhookView", header="X-MSYS-API", around="metadata"),
    "unisender-go": Service(
        "unisender_go", "UnisenderGoTrackingWebhookView", key="api_key", header="X-UNIONE", around="metadata"
    ),
}


def reader() -> Any:
    """Anymail's view of the service that the operator named, of which we use the checks and the reading."""
    service = SERVICES[settings.MAIL_SERVICE]
    # Only where the extra is installed and asked for.
    module = importlib.import_module(f"anymail.webhooks.{service.module}")
    given = {"webhook_secret": settings.MAIL_SERVICE_PASSWORD or None}
    if service.key:
        given[service.key] = settings.MAIL_SERVICE_KEY
    if settings.MAIL_SERVICE == "mandrill":  # it signs its address too, as it was told to it
        given["webhook_url"] = address()
    return getattr(module, service.view)(**given)


def address() -> str:
    """What the service is told to call."""
    parts = urlsplit(settings.BASE_URL)
    password = f"{settings.MAIL_SERVICE_PASSWORD}@" if settings.MAIL_SERVICE_PASSWORD else ""
    return f"{parts.scheme}://{password}{parts.netloc}{PATH}"


def carried(message_id: str) -> Mapping[str, str]:
    """The header that the service repeats; none where it repeats our Message-ID, or where there is no service."""
    service = SERVICES.get(settings.MAIL_SERVICE)
    if service is None or not service.header:
        return {}
    ours: Any = message_id.strip("<>").partition("@")[0]
    if service.is_json:
        ours = {NAME: ours}
        ours = json.dumps({service.around: ours} if service.around else ours)
    return {service.header: ours}
