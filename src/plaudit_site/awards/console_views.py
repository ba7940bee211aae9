"""The issuer's awards: award one person, see each award's life, correct, send again, withdraw, revoke."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding, life, resending, revoking
from plaudit_site.awards.console_forms import AwardForm, CorrectForm, RevokeForm
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import certificate_url, picture_url
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console
from plaudit_site.mail.models import State

PER_PAGE = 50


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@member("see")
@require_http_methods(["GET", "HEAD"])
def awards(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    state = request.GET.get("state", "")
    rows = Award.objects.filter(issuer=issuer).with_badge().order_by("-awarded_at", "-pk")
    if text:
        rows = rows.filter(
            Q(name__icontains=text) | Q(address__icontains=text.lower()) | Q(version__title__icontains=text)
        )
    if state == "revoked":
        rows = rows.filter(revocation__isnull=False)
    elif state in Award.State.values:
        rows = rows.filter(state=state, revocation__isnull=True)
    delivery = request.GET.get("delivery", "")
    rows = (
        resending.by_delivery(rows, delivery)
        if delivery in resending.DELIVERY
        else resending.with_delivery(rows)
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = {k: str(v) for k, v in request.GET.items() if k != "page" and v}
    states = [*Award.State.choices, ("revoked", _("revoked"))]
    return render(
        request,
        "awarding/awards.html",
        {
            **console(request, issuer, "awards"),
            "rows": [{"award": award, "step": life.now(award, award.delivery)} for award in page],  # type: ignore[attr-defined]
            "delivery": delivery,
            "deliveries": [(name, words) for name, (words, _states) in resending.DELIVERY.items()],
            "undelivered": resending.undelivered(issuer).count() if delivery == "undelivered" else 0,
            "page": page,
            "more_url": f"?{urlencode({**query, 'page': str(page.next_page_number())})}"
            if page.has_next()
            else "",
            "q": text,
            "state": state,
            "states": states,
            "can_award": issuer.achievements.filter(state=Achievement.State.PUBLISHED).exists(),
        },
    )


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The first of two pages; the second is the award itself."""
    form = AwardForm(issuer, request.POST or None, initial={"badge": request.GET.get("badge")})
    earlier = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            award = awarding.award(
                data["badge"],
                address=data["address"],
                name=data["name"],
                note=data["note"],
                by=me(request),
                request_key=f"{issuer.public_id}:{data['press']}",
            )
        except awarding.AlreadyAwarded as refusal:
            earlier = refusal.earlier
            form.add_error("address", str(refusal))
        except awarding.AwardRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Awarded. The mail goes out now."))
            return redirect("award", issuer.slug, award.public_id)
    return render(
        request, "awarding/new.html", {**console(request, issuer, "awards"), "form": form, "earlier": earlier}
    )


@member("see")
@require_http_methods(["GET", "HEAD"])
def award(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    return award_page(request, issuer, _award(issuer, public_id))


def award_page(
    request: HttpRequest,
    issuer: Issuer,
    award: Award,
    correct: CorrectForm | None = None,
    revoke: RevokeForm | None = None,
) -> HttpResponse:
    delivery = resending.delivery_of(award)
    waits = award.state in {Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED}
    return render(
        request,
        "awarding/award.html",
        {
            **console(request, issuer, "awards"),
            "award": award,
            "steps": life.steps(award),
            "step": life.now(award, delivery),
            "came_back": waits and delivery == State.BOUNCED,
            "waits": waits,
            "picture_url": picture_url(award.version),
            "certificate_url": certificate_url(award),
            "revocation": getattr(award, "revocation", None),
            "correct_form": correct or CorrectForm(initial={"name": award.name, "address": award.address}),
            "revoke_form": revoke or RevokeForm(),
        },
    )


@member("award")
@require_POST
def send_again(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    try:
        revoking.send_again(_award(issuer, public_id), by=me(request))
    except (revoking.NotPossible, awarding.AwardRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation goes out once more."))
    return redirect("award", issuer.slug, public_id)


@member("award")
@require_POST
def send_all_again(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """Every mail of this issuer that could not be delivered, some hundred at one press."""
    sent, left, why = resending.send_all_again(issuer, by=me(request))
    if sent:
        messages.success(
            request,
            ngettext("%(number)s mail goes out again.", "%(number)s mails go out again.", sent)
            % {"number": sent},
        )
    if left:
        words = ngettext("%(number)s is left.", "%(number)s are left.", left) % {"number": left}
        messages.warning(request, f"{words} {why}".strip())
    elif not sent:
        messages.info(request, _("There is nothing to send again."))
    return redirect(f"{reverse('awards', args=[issuer.slug])}?delivery=undelivered")


@member("award")
@require_POST
def correct(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    award = _award(issuer, public_id)
    form = CorrectForm(request.POST)
    if form.is_valid():
        try:
            revoking.correct(award, **form.cleaned_data, by=me(request))
        except (revoking.NotPossible, awarding.AwardRefused, AddressRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Corrected. A new invitation goes out; the old link is dead."))
            return redirect("award", issuer.slug, public_id)
    return award_page(request, issuer, award, correct=form)


@member("award")
@require_POST
def withdraw(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    try:
        revoking.withdraw(_award(issuer, public_id), by=me(request))
    except (revoking.NotPossible, awarding.AwardRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Withdrawn. The link in the mail is dead."))
    return redirect("award", issuer.slug, public_id)


@member("award")
@require_POST
def revoke(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    award = _award(issuer, public_id)
    form = RevokeForm(request.POST)
    if form.is_valid():
        try:
            revoking.revoke(award, reason=form.cleaned_data["reason"], by=me(request))
        except (revoking.NotPossible, awarding.AwardRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Revoked. The certificate page says so from now on."))
            return redirect("award", issuer.slug, public_id)
    return award_page(request, issuer, award, revoke=form)


def _award(issuer: Issuer, public_id: str) -> Award:
    return get_object_or_404(Award.objects.with_badge(), public_id=public_id, issuer=issuer)
