"""The address that a mail service calls. Without one (PLAUDIT_MAIL_SERVICE) it is not there."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from plaudit_site.mail import carriers, event_reading

MOST_BYTES = 1024 * 1024
AGAIN_SECONDS = 30
# The last is what anymail says of events about mails that came in.
NONSENSE = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError),
    ImproperlyConfigured,
)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def events(request: HttpRequest) -> HttpResponse:
    """Password or signature are checked by anymail; a call that fails what is wanted of it is answered with 400.

    One about a mail that is not noted as sent yet with 503: the services call again.
    """
    if not settings.MAIL_SERVICE:
        raise Http404
    if request.method != "POST":  # how some of them ask whether the address is there
        return HttpResponse()
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise SuspiciousOperation("too long for a mail service's events")
    service = carriers.reader()
    try:
        service.run_validators(request)
        found = list(service.parse_events(request))
    except NONSENSE as error:
        raise SuspiciousOperation("not the events of a mail service") from error
    noted = [event_reading.note(event) for event in found]
    if "early" in noted:  # quicker than our own note that the mail has left; what was noted stays so
        return HttpResponse(status=503, headers={"Retry-After": str(AGAIN_SECONDS)})
    return HttpResponse()


events.who = "the mail service, by password or signature"  # type: ignore[attr-defined]
