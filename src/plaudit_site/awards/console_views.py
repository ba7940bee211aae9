"""One award of an issuer: made, its life seen, corrected, sent again, withdrawn, revoked."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding, life, resending, revoking, suspending, trying_again
from plaudit_site.awards.console_forms import AwardForm, CorrectForm, RevokeForm, SuspendForm
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import certificate_url, how_to_claim_url, picture_url
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console
from plaudit_site.mail import reasons


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The first of two pages; the second is the award itself."""
    more = "more" in request.GET
    form = AwardForm(issuer, request.POST or None, initial={"badge": request.GET.get("badge")}, more=more)
    earlier = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            award = awarding.award(
                data["badge"],
                address=data["address"],
                name=data["name"],
                note=data["note"],
                result=data.get("result", ""),
                language=data.get("language") or "en",
                send_at=data.get("send_at"),
                person=form.person,
                by=me(request),
                request_key=f"{issuer.public_id}:{data['press']}",
            )
        except awarding.AlreadyAwarded as refusal:
            earlier = refusal.earlier
            form.add_error("address", str(refusal))
        except awarding.AwardRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            later = life.goes_out_later(award)
            words = _("Noted. It is awarded and sent on the day.") if later else None
            messages.success(request, words or _("Awarded. The mail goes out now."))
            return redirect("award", issuer.slug, award.public_id)
    return render(
        request,
        "awarding/new.html",
        {
            **console(request, issuer, "awards"),
            "form": form,
            "earlier": earlier,
            "can_award": issuer.achievements.filter(state=Achievement.State.PUBLISHED).exists(),
        },
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
    suspend: SuspendForm | None = None,
) -> HttpResponse:
    mail = resending.delivery_of(award)
    revocation = getattr(award, "revocation", None)
    waits = award.state in {Award.State.QUEUED, Award.State.WAITING, Award.State.DECLINED}
    return render(
        request,
        "awarding/award.html",
        {
            **console(request, issuer, "awards"),
            "award": award,
            "steps": life.steps(award),
            "step": life.of_listed(award, mail),
            "trouble": life.trouble(award, mail),
            "advice": life.advice(award, mail) if revocation is None else "",
            "is_unwanted": mail is not None and mail.code == reasons.UNWANTED,
            "how_to_claim_url": how_to_claim_url(issuer),
            "waits": waits,
            "is_later": life.goes_out_later(award),
            "picture_url": picture_url(award.version),
            "certificate_url": certificate_url(award),
            "revocation": revocation,
            "correct_form": correct or CorrectForm(initial={"name": award.name, "address": award.address}),
            "revoke_form": revoke or RevokeForm(),
            "suspension": getattr(award, "suspension", None),
            "can_suspend": suspending.can(award),
            "suspend_form": suspend or SuspendForm(prefix="suspend"),
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
            later = life.goes_out_later(_award(issuer, public_id))
            words = _("Corrected. It is sent on its day.") if later else None
            messages.success(
                request, words or _("Corrected. A new invitation goes out; the old link is dead.")
            )
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
        messages.success(request, _("Withdrawn. A link that was mailed is dead."))
    return redirect("award", issuer.slug, public_id)


@member("award")
@require_POST
def try_again(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    try:
        trying_again.try_again(_award(issuer, public_id), by=me(request))
    except (revoking.NotPossible, awarding.AwardRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is tried again now. The mail follows when it is signed."))
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


@member("award")
@require_POST
def suspend(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    award = _award(issuer, public_id)
    form = SuspendForm(request.POST, prefix="suspend")
    if form.is_valid():
        try:
            suspending.suspend(award, reason=form.cleaned_data["reason"], by=me(request))
        except (revoking.NotPossible, awarding.AwardRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Suspended. The certificate page says so from now on."))
            return redirect("award", issuer.slug, public_id)
    return award_page(request, issuer, award, suspend=form)


@member("award")
@require_POST
def reinstate(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    try:
        suspending.reinstate(_award(issuer, public_id), by=me(request))
    except (revoking.NotPossible, awarding.AwardRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Reinstated. It holds again, and its earner is told."))
    return redirect("award", issuer.slug, public_id)


@member("own")
@require_http_methods(["GET", "HEAD", "POST"])
def suspension(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The switch: whether awards that are made from now on can be suspended."""
    if request.method == "POST":
        wanted = request.POST.get("suspension") == "on"
        suspending.allow(issuer, me(request), wanted=wanted)
        messages.success(request, _("Saved. It counts for what is awarded from now on."))
        return redirect("issuer_suspension", issuer.slug)
    return render(request, "awarding/suspension.html", console(request, issuer, "settings"))


def _award(issuer: Issuer, public_id: str) -> Award:
    return get_object_or_404(Award.objects.with_badge(), public_id=public_id, issuer=issuer)
