"""The earner's pages: Earned, Waiting, Hidden, Manage, and the forms on them."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import cards, claiming, keeping, sharing
from plaudit_site.awards.claim_views import accepted
from plaudit_site.awards.forms import AcceptForm, ReportForm, VisibilityForm
from plaudit_site.awards.models import Award, Collection, CollectionItem, Visibility
from plaudit_site.issuers.models import Issuer


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


def my_award(request: HttpRequest, public_id: str) -> Award:
    """An accepted or removed award of the visitor; anything else is a 404."""
    award = (
        Award.objects.with_badge()
        .filter(
            public_id=public_id, earner=me(request), state__in=[Award.State.ACCEPTED, Award.State.REMOVED]
        )
        .first()
    )
    if award is None:
        raise Http404
    return award


def my_invitation(request: HttpRequest, public_id: str) -> Award:
    """An award that waits for the visitor, or that they declined."""
    award = (
        Award.objects.with_badge()
        .filter(
            public_id=public_id,
            address__in=claiming.proven_addresses(me(request)),
            state__in=[Award.State.WAITING, Award.State.DECLINED],
            credential__isnull=False,
            revocation__isnull=True,
        )
        .first()
    )
    if award is None:
        raise Http404
    return award


@signed_in
@require_http_methods(["GET", "HEAD"])
def earned(request: HttpRequest) -> HttpResponse:
    user = me(request)
    wish = cards.Wish(
        text=request.GET.get("q", "").strip()[:100],
        issuer=request.GET.get("issuer", "")[:26],
        visibility=request.GET.get("visibility", ""),
        expired=request.GET.get("expired", ""),
        sort=request.GET.get("sort", "newest"),
    )
    trusted = cards.trusted_issuers(user)
    page = Paginator(cards.earned(user, wish), cards.PER_PAGE).get_page(request.GET.get("page"))
    pending = claiming.waiting_for(user).order_by("-awarded_at")
    query = {k: str(v) for k, v in request.GET.items() if k not in {"page", "new"} and v}
    return render(
        request,
        "awards/earned.html",
        {
            "tabs": cards.tabs(user, "earned"),
            "cards": [cards.card(award, trusted) for award in page],
            "page": page,
            "more_url": f"?{urlencode({**query, 'page': str(page.next_page_number())})}"
            if page.has_next()
            else "",
            "waiting": [cards.waiting(award) for award in pending[:2]],
            "waiting_more": max(0, pending.count() - 2),
            "issuers": Issuer.objects.filter(awards__earner=user, awards__state=Award.State.ACCEPTED)
            .annotate(number=Count("awards"))
            .order_by("name"),
            "wish": wish,
            "visibilities": Visibility.choices,
            "share": _share_panel(user, request.GET.get("new", "")),
            "addresses": claiming.proven_addresses(user),
            "passkey_offer": _offers_passkey(user),
        },
    )


def _share_panel(user: User, public_id: str) -> dict[str, Any] | None:
    """The share panel of a badge just accepted (J20)."""
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


def share_context(award: Award) -> dict[str, Any]:
    return {
        "share": sharing.channels(award),
        "link": sharing.certificate_url(award),
        "qr_svg_url": f"{sharing.permanent_url(award)}/qr.svg",
        "linkedin_fields": [(label, value) for _name, label, value in sharing.linkedin_fields(award)],
    }


@signed_in
@require_http_methods(["GET", "HEAD"])
def waiting(request: HttpRequest) -> HttpResponse:
    user = me(request)
    declined = Award.objects.filter(
        address__in=claiming.proven_addresses(user), state=Award.State.DECLINED, revocation__isnull=True
    ).with_badge()
    return render(
        request,
        "awards/waiting.html",
        {
            "tabs": cards.tabs(user, "waiting"),
            "waiting": [cards.waiting(a) for a in claiming.waiting_for(user).order_by("-awarded_at")],
            "declined": [cards.waiting(a) for a in declined.order_by("-declined_at")],
            "addresses": claiming.proven_addresses(user),
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD"])
def hidden(request: HttpRequest) -> HttpResponse:
    user = me(request)
    trusted = cards.trusted_issuers(user)
    removed = Award.objects.filter(
        earner=user, state=Award.State.REMOVED, removed_at__gt=timezone.now() - keeping.UNDO_REMOVE
    )
    return render(
        request,
        "awards/hidden.html",
        {
            "tabs": cards.tabs(user, "hidden"),
            "cards": [cards.card(a, trusted) for a in cards.earned(user, cards.Wish(), hidden=True)],
            "removed": [cards.card(a, trusted) for a in removed.with_badge().order_by("-removed_at")],
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """The acceptance form of J20 for somebody signed in; the Waiting tab's button leads here."""
    award = my_invitation(request, public_id)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return accepted(request, award, me(request), form)
    others = claiming.waiting_for(me(request)).filter(issuer=award.issuer).exclude(pk=award.pk).count()
    return render(
        request,
        "awards/accept.html",
        {
            "award": cards.claim(award),
            "form": form,
            "state": "signed_in",
            "others_waiting": others,
            "already_trusted": claiming.trusts(me(request), award.issuer),
            "claim_url": request.path,
            "decline_url": reverse("decline", args=[award.public_id]),
            "declined": award.state == Award.State.DECLINED,
            "links": {"how_to_claim": sharing.how_to_claim_url(award.issuer)},
            "terms_url": reverse("terms"),
            "privacy_url": reverse("privacy"),
        },
    )


@signed_in
@require_POST
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_invitation(request, public_id)
    if claiming.decline(award, actor=me(request).public_id):
        messages.success(request, _("Declined. You can undo it below."))
    return redirect("waiting")


@signed_in
@require_POST
def undo_decline(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_invitation(request, public_id)
    claiming.undo_decline(award, actor=me(request).public_id)
    return redirect("waiting")


@signed_in
@require_http_methods(["GET", "HEAD"])
def manage(request: HttpRequest, public_id: str) -> HttpResponse:
    """Manage as a page; with ?part=1 the same part alone, for the dialog."""
    award = my_award(request, public_id)
    template = "awards/_manage.html" if request.GET.get("part") else "awards/manage.html"
    return render(request, template, manage_context(request, award))


def manage_context(request: HttpRequest, award: Award) -> dict[str, Any]:
    user = me(request)
    files = sharing.permanent_url(award)
    return {
        "badge": cards.card(award, cards.trusted_issuers(user)),
        "award": award,
        "version": award.version,
        "issuer": award.issuer,
        "criteria_html": criteria_html(award.version.criteria),
        "evidence": award.evidence_url,
        "sent_to": award.address,
        "accepted_on": award.accepted_at,
        "removed": award.state == Award.State.REMOVED,
        "revocation": getattr(award, "revocation", None),
        "visibility_form": VisibilityForm(initial={"visibility": award.visibility}),
        "visibility_url": reverse("set_visibility", args=[award.public_id]),
        "trust": claiming.trusts(user, award.issuer),
        "trust_url": reverse("set_trust", args=[award.public_id]),
        "shared": award.visibility != Visibility.ONLY_ME,
        **share_context(award),
        "downloads": [
            {"label": _("Badge picture with proof"), "kind": "PNG", "url": f"{files}.png?download=1"},
            {"label": _("Badge drawing with proof"), "kind": "SVG", "url": f"{files}.svg?download=1"},
            {"label": _("Certificate file"), "kind": "JSON", "url": f"{files}.json?download=1"},
        ],
        "collections": _collections(award, user),
        "collections_url": reverse("put_in_collections", args=[award.public_id]),
        "hide_url": reverse("hide", args=[award.public_id]),
        "remove_url": reverse("remove", args=[award.public_id]),
        "take_back_url": reverse("take_back", args=[award.public_id]),
        "report_url": reverse("report", args=[award.public_id]),
    }


def _collections(award: Award, user: User) -> list[dict[str, Any]]:
    inside = set(CollectionItem.objects.filter(award=award).values_list("collection_id", flat=True))
    return [
        {"id": c.public_id, "name": c.name, "inside": c.pk in inside}
        for c in Collection.objects.filter(owner=user)
    ]


@signed_in
@require_POST
def set_visibility(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_award(request, public_id)
    form = VisibilityForm(request.POST)
    if form.is_valid():
        keeping.set_visibility(award, me(request), form.cleaned_data["visibility"])
        messages.success(request, _("Saved."))
    return redirect("manage", public_id)


@signed_in
@require_POST
def set_trust(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_award(request, public_id)
    if request.POST.get("trust") == "on":
        arrived = claiming.trust(me(request), award.issuer, visibility=award.visibility)
        messages.success(
            request, _("You trust this issuer now.") if not arrived else _("Saved; more badges arrived.")
        )
    else:
        claiming.distrust(me(request), award.issuer)
        messages.success(request, _("From now on this issuer’s badges wait for you to accept them."))
    return redirect("manage", public_id)


@signed_in
@require_POST
def hide(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_award(request, public_id)
    hiding = not award.hidden
    keeping.set_hidden(award, me(request), hiding)
    messages.success(request, _("Hidden from Earned.") if hiding else _("Back on Earned."))
    return redirect("hidden" if hiding else "earned")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks once, naming the badge; 30 days to take it back."""
    award = my_award(request, public_id)
    if request.method == "POST":
        keeping.remove(award, me(request))
        messages.success(request, _("Removed. For 30 days you can take it back, on the tab Hidden."))
        return redirect("hidden")
    return render(
        request,
        "awards/remove.html",
        {
            "badge": cards.card(award, set()),
            "manage_url": reverse("manage", args=[public_id]),
        },
    )


@signed_in
@require_POST
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        keeping.take_back(my_award(request, public_id), me(request))
    except claiming.NotYours as gone:
        raise Http404 from gone
    messages.success(request, _("It is back."))
    return redirect("manage", public_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_award(request, public_id)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        keeping.report(award, form.cleaned_data["text"])
        messages.success(request, _("Thank you. The people who run this site will look at it."))
        return redirect("manage", public_id)
    back = reverse("manage", args=[public_id])
    return render(
        request, "awards/report.html", {"award": cards.claim(award), "form": form, "back_url": back}
    )
