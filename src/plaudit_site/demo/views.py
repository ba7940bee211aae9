"""The demo's mailbox, and the imaginary web sites that its badges link to."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.demo import content, reading
from plaudit_site.mail.models import Message


@anyone
@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every mail that left, newest first; `?to=` those of one reader."""
    to = request.GET.get("to", "")
    mails = reading.newest(to)
    readers = sorted({mail.recipient for _row, mail in reading.newest()})
    return render(request, "demo/mailbox.html", {"mails": mails, "to": to, "readers": readers})


@anyone
@never_cache
@require_safe
def mail(request: HttpRequest, number: int) -> HttpResponse:
    """One mail: its HTML part as a mail program shows it, its text part, its headers."""
    row = get_object_or_404(Message, pk=number, raw__isnull=False)
    return render(request, "demo/mail.html", {"row": row, "mail": reading.taken_apart(row)})


@anyone
@never_cache
@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest, number: int) -> HttpResponse:
    """The HTML part alone, for the frame: it runs nothing and loads nothing but this site's pictures."""
    row = get_object_or_404(Message, pk=number, raw__isnull=False)
    html = reading.taken_apart(row).html
    # Links leave the frame: a mail program opens them in the browser too.
    response = HttpResponse(html.replace("<head>", '<head><base target="_top">', 1))
    response["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {settings.BASE_URL} data:; style-src 'unsafe-inline'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
    )
    return response


@anyone
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """A page of an institute that does not exist: enough that no link of the demo leads nowhere."""
    title, text = content.PAGES.get(name, (content.label_of(name), ""))
    if not title and name not in OTHER_PAGES:
        raise Http404
    return render(request, "demo/page.html", {"title": title or OTHER_PAGES[name], "text": text})


OTHER_PAGES = {
    "library": "Harbour Street Library",
    "mentors": "What mentors do",
    "club": "Quayside Coding Club",
}
