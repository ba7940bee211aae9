"""The earner's pages of one award: accept, Manage, and the forms on them."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import (
    cards,
    claiming,
    counting,
    downloads,
    keeping,
    limiting,
    renewing,
    sharing,
    signed_names,
)
from plaudit_site.awards.claim_views import accepted
from plaudit_site.awards.forms import AcceptForm, ReportForm, VisibilityForm
from plaudit_site.awards.models import Award, Collection, CollectionItem, Visibility


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
    award = claiming.invitation_for(me(request), public_id)
    if award is None:
        raise Http404
    return award


def share_context(award: Award) -> dict[str, Any]:
    holder = signed_names.of_award(award)
    return {
        "share": sharing.channels(award),
        "link": sharing.certificate_url(award),
        "qr_svg_url": f"{sharing.permanent_url(award)}/qr.svg",
        "qr_png_url": f"{sharing.permanent_url(award)}/qr.png",
        "linkedin_fields": [(label, value) for _name, label, value in sharing.linkedin_fields(award)],
        "share_text": sharing.sentence(award),
        "share_title": award.title,
        "share_picture": sharing.picture_url(award.version),
        "mastodon_link": sharing.mastodon_link(award),
        "mastodon_page": reverse("share_mastodon", args=[award.public_id]),
        "card_url": sharing.card_url(award),
        "card_alt": sharing.awarded_to(award, holder),
        "embed_code": sharing.embed_code(award, holder=holder),
        "signature_code": sharing.signature_code(award),
    }


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


@signed_in
@require_safe
def share_mastodon(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everybody's Mastodon is another server: ask which, then lead there by a link."""
    award = my_award(request, public_id)
    typed = request.GET.get("server", "")[:300]
    host = sharing.mastodon_host(typed)
    return render(
        request,
        "awards/mastodon.html",
        {
            "award": award,
            "typed": typed,
            "host": host,
            "url": sharing.mastodon_url(award, host) if host else "",
            "problem": bool(typed) and not host,
        },
    )


def manage_context(request: HttpRequest, award: Award) -> dict[str, Any]:
    user = me(request)
    revoked = getattr(award, "revocation", None)
    verdict, missing = downloads.judged(award)
    later = renewing.successor(award, seen_by=user)
    return {
        "verdict": verdict,
        "badge": cards.card(award, cards.trusted_issuers(user)),
        "award": award,
        "version": award.version,
        "said": award.said,
        "issuer": award.issuer,
        "criteria_html": criteria_html(award.said.criteria),
        "evidence": award.evidence_url,
        "sent_to": award.address,
        "accepted_on": award.accepted_at,
        "removed": award.state == Award.State.REMOVED,
        "revocation": revoked,
        "later_url": sharing.certificate_url(later) if later is not None else "",
        "suspension": getattr(award, "suspension", None),
        "visibility_form": VisibilityForm(initial={"visibility": award.visibility}),
        "visibility_url": reverse("set_visibility", args=[award.public_id]),
        "trust": claiming.trusts(user, award.issuer),
        "trust_url": reverse("set_trust", args=[award.public_id]),
        "shared": award.visibility != Visibility.ONLY_ME,
        **share_context(award),
        "files": sharing.permanent_url(award),
        "downloads": downloads.offered(missing),
        "older": downloads.older(award, but=missing),
        "limited": limiting.standing(award, timezone.now()).count(),
        "collections": _collections(award, user),
        "collections_url": reverse("put_in_collections", args=[award.public_id]),
        "hide_url": reverse("hide", args=[award.public_id]),
        "remove_url": reverse("remove", args=[award.public_id]),
        "take_back_url": reverse("take_back", args=[award.public_id]),
        "views": counting.of(award),
        "views_whole": sum(number for _channel, number in counting.of(award)),
        "views_counted": settings.COUNT_VIEWS and user.counts_views,
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
