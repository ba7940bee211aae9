"""Pages that belong to nobody in particular: the first one, help, terms."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone

TERMS_VERSION = "2026-11"


@anyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("earned")
    return render(request, "public/home.html")


def standing(template: str) -> Callable[..., HttpResponseBase]:
    """A page whose words are all in its template."""

    @anyone
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template, {"terms_version": TERMS_VERSION})

    return page
