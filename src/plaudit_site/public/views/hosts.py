"""Pages at an issuer's own host (host_urls.py), and the way there from the site's (J34)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award, StatusList
from plaudit_site.issuers.models import Issuer, IssuerSlug
from plaudit_site.public.views import issuers

# Names that the pages link to, and that live on the site's own host: with it, sign-in and accounts.
ON_THE_SITE = {
    "help": "help/",
    "addresses_help": "help/addresses",
    "own_browser": "verify/in-your-browser",
    "about_open_badges": "help/open-badges/",
    "how_to_check_any": "help/checking/",
    "terms": "terms/",
    "privacy": "privacy/",
    "accessibility": "accessibility/",
    "verify": "verify/",
    "account_login": "accounts/login/",
    "account_signup": "accounts/signup/",
}
OWNERS: dict[str, Callable[[str], Any]] = {
    "award": lambda thing: Award.objects.filter(public_id=thing).values_list("issuer_id", flat=True),
    "badge": lambda thing: Achievement.objects.filter(public_id=thing).values_list("issuer_id", flat=True),
    "list": lambda thing: StatusList.objects.filter(public_id=thing).values_list("issuer_id", flat=True),
    "issuer": lambda thing: Issuer.objects.filter(public_id=thing).values_list("pk", flat=True),
}


def host_issuer(request: HttpRequest) -> Issuer | None:
    """Whose host is asked; None at the site's own."""
    return getattr(request, "host_issuer", None)


def of_this_host(view: Callable[..., HttpResponseBase], kind: str = "") -> Callable[..., HttpResponseBase]:
    """What belongs to another issuer is not there, as what never was (J38)."""

    @wraps(view)
    def guarded(request: HttpRequest, **named: Any) -> HttpResponseBase:
        issuer = host_issuer(request)
        if issuer is None:
            raise Http404
        if "slug" in named and not IssuerSlug.objects.filter(issuer=issuer, slug=named["slug"]).exists():
            raise Http404
        if kind and issuer.pk not in OWNERS[kind](named["public_id"]):
            raise Http404
        return view(request, **named)

    return guarded


@anyone
@require_safe
def front(request: HttpRequest) -> HttpResponseBase:
    """The root of an issuer's host is its badge site."""
    issuer = host_issuer(request)
    if issuer is None:
        raise Http404
    return issuers.site(request, slug=issuer.slug)


@anyone
@require_safe
def badge_site(request: HttpRequest, slug: str) -> HttpResponse:
    """For good (ADR 0060): at this host, no slug of its issuer is ever where the badge site stands."""
    return _for_good("/")


@anyone
@require_safe
def to_permanent(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """At its own host a certificate stands at its permanent address, for good (ADR 0060).

    Only of what a stranger may see: that it is somewhere else would say that it is there (J38).
    """
    if sharing.look_up(public_id, request.user)[1] is sharing.Sight.NOTHING:
        raise Http404
    return _for_good(sharing.via(reverse("permanent", args=[public_id]), request.GET.get("via", "")))


def _for_good(path: str) -> HttpResponse:
    """To be asked again all the same: what is shown today may be hidden tomorrow, by its earner or its issuer."""
    response = redirect(path, permanent=True)
    response["Cache-Control"] = "no-cache"
    return response


@anyone
@require_safe
def mark(request: HttpRequest) -> HttpResponse:
    """By this the site sees that the host leads here, and to whom."""
    issuer = host_issuer(request)
    if issuer is None:
        raise Http404
    return HttpResponse(f"{issuer.identifier}\n", content_type="text/plain; charset=utf-8")


@anyone
@require_safe
def to_the_site(request: HttpRequest) -> HttpResponse:
    return redirect(f"{settings.BASE_URL}{request.get_full_path()}")
