"""The address that a mail service calls. Without one (PLAUDIT_MAIL_SERVICE) it is not there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from plaudit_site.mail import event_reading

MOST_BYTES = 1024 * 1024


@csrf_exempt
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """Password and signature are checked by anymail; a call that fails either is answered with 400."""
    if not settings.MAIL_SERVICE:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise SuspiciousOperation("too long for a mail service's events")
    service = _service()
    try:
        service.run_validators(request)
        found = list(service.parse_events(request))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SuspiciousOperation("not the events of a mail service") from error
    for event in found:
        event_reading.note(event)
    return HttpResponse()


events.who = "the mail service, by password and signature"  # type: ignore[attr-defined]


def _service() -> Any:
    """Anymail's view of that service, of which we use the checks and the reading."""
    # Only where the extra is installed and asked for.
    from anymail.webhooks.mailgun import MailgunTrackingWebhookView

    return MailgunTrackingWebhookView(
        webhook_secret=settings.MAIL_SERVICE_PASSWORD, webhook_signing_key=settings.MAIL_SERVICE_KEY
    )
