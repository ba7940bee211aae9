"""The tabs of what a person earned: Earned, Waiting, Hidden (J25)."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.awards import cards, claiming, keeping
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.awards.views import share_context
from plaudit_site.backpack import cards as imported_cards
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import shelf
from plaudit_site.issuers.models import Issuer


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD"])
def earned(request: HttpRequest) -> HttpResponse:
    user = me(request)
    wish = cards.Wish(
        text=request.GET.get("q", "").strip()[:100],
        issuer=request.GET.get("issuer", "")[:26],
        visibility=request.GET.get("visibility", ""),
        expired=request.GET.get("expired", ""),
        imported=request.GET.get("imported", ""),
        sort=request.GET.get("sort", "newest"),
    )
    page = shelf.page(user, wish, request.GET.get("page"))
    addresses = claiming.proven_addresses(user)
    pending = claiming.waiting_at(addresses).order_by("-awarded_at")
    numbers = shelf.numbers(user, addresses)
    query = {k: str(v) for k, v in request.GET.items() if k not in {"page", "new"} and v}
    return render(
        request,
        "awards/earned.html",
        {
            "tabs": shelf.tabs(user, "earned", numbers),
            "cards": shelf.shown(user, list(page)),
            "page": page,
            "more_url": f"?{urlencode({**query, 'page': str(page.next_page_number())})}"
            if page.has_next()
            else "",
            "waiting": [cards.waiting(award) for award in pending[:2]] if numbers.waiting else [],
            "waiting_more": max(0, numbers.waiting - 2),
            "issuers": Issuer.objects.filter(awards__earner=user, awards__state=Award.State.ACCEPTED)
            .annotate(number=Count("awards"))
            .order_by("name"),
            "wish": wish,
            "visibilities": Visibility.choices,
            "has_imported": numbers.imported > 0,
            "share": _share_panel(user, request.GET.get("new", "")),
            "addresses": addresses,
            "passkey_offer": _offers_passkey(user),
        },
    )


def _share_panel(user: User, public_id: str) -> dict[str, Any] | None:
    """The share panel of a badge just accepted (J20)."""
    if not public_id:
        return None
    award = (
        Award.objects.with_badge()
        .filter(public_id=public_id, earner=user, state=Award.State.ACCEPTED)
        .first()
    )
    if award is None:
        return None
    return {
        "badge": cards.card(award, cards.trusted_issuers(user)),
        "shared": award.visibility != Visibility.ONLY_ME,
        **share_context(award),
    }


def _offers_passkey(user: User) -> bool:
    if user.passkey_offer_closed or user.has_usable_password():
        return False
    return not Authenticator.objects.filter(user=user).exists()


@signed_in
@require_http_methods(["GET", "HEAD"])
def waiting(request: HttpRequest) -> HttpResponse:
    user = me(request)
    addresses = claiming.proven_addresses(user)
    declined = Award.objects.filter(
        address__in=addresses, state=Award.State.DECLINED, revocation__isnull=True
    ).with_badge()
    return render(
        request,
        "awards/waiting.html",
        {
            "tabs": shelf.tabs(user, "waiting", shelf.numbers(user, addresses)),
            "waiting": [cards.waiting(a) for a in claiming.waiting_at(addresses).order_by("-awarded_at")],
            "declined": [cards.waiting(a) for a in declined.order_by("-declined_at")],
            "addresses": addresses,
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD"])
def hidden(request: HttpRequest) -> HttpResponse:
    user = me(request)
    trusted = cards.trusted_issuers(user)
    since = timezone.now() - keeping.UNDO_REMOVE
    removed = Award.objects.filter(earner=user, state=Award.State.REMOVED, removed_at__gt=since)
    removed_imports = Imported.objects.filter(owner=user, removed_at__gt=since).order_by("-removed_at")
    return render(
        request,
        "awards/hidden.html",
        {
            "tabs": shelf.tabs(user, "hidden"),
            "cards": shelf.shown(user, shelf.places(user, cards.Wish(), hidden=True)),
            "removed": [cards.card(a, trusted) for a in removed.with_badge().order_by("-removed_at")],
            "removed_imports": [imported_cards.card(one) for one in removed_imports],
        },
    )
