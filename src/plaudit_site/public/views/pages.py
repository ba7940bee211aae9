"""Pages that belong to nobody in particular: the first one, help, terms."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from plaudit_site.accounts import agreeing
from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.issuers.models import Issuer
from plaudit_site.showing.context import FROZEN

LONGEST_POLICY = 60_000


@anyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("earned")
    issuers = Issuer.objects.order_by("name") if FROZEN in request.META else ()
    return render(request, "public/home.html", {"issuers": issuers})


def standing(template: str, in_copy: str = "") -> Callable[..., HttpResponseBase]:
    """A page whose words are all in its template; a static copy may have other words in its place."""

    @anyone
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, in_copy if in_copy and FROZEN in request.META else template)

    return page


def policy(kind: str) -> Callable[..., HttpResponseBase]:
    """Terms or privacy page: the version in force, or an older one by its number."""

    @anyone
    @require_safe
    def page(request: HttpRequest, number: int | None = None) -> HttpResponse:
        now = agreeing.in_force(kind)
        shown = now if number is None else agreeing.version(kind, number)
        if shown is None:
            raise Http404
        more = {
            "policy": shown,
            "is_older": shown.number != now.number,
            "versions": agreeing.versions(kind),
            "html": criteria_html(shown.text, most=LONGEST_POLICY) if shown.text else "",
        }
        return render(request, f"public/{kind}.html", more)

    return page
