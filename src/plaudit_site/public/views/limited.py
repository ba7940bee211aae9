"""The page behind a link that shows less. Nothing on it, in it or beside it says what was left out."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.awards import limiting
from plaudit_site.public import checking, limited_pages
from plaudit_site.public.views import answers


@anyone
@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Unknown, switched off, run out, removed: the same 404."""
    now = timezone.now()
    found = limiting.find(public_id, now)
    if found is None:
        raise Http404
    link, award = found
    verdict = checking.check(award, now, fresh="fresh" in request.GET)
    response = render(
        request,
        "public/limited.html",
        {"page": limited_pages.page(link, award, verdict), "issuer": award.issuer},
    )
    response["X-Robots-Tag"] = "noindex, noarchive"
    response["Cache-Control"] = answers.PRIVATE
    return response
