"""The claim page and what hangs on it. GET and HEAD change nothing; one press does it all (J6–J13)."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.forms import CodeForm
from plaudit_site.accounts.guards import anyone, is_fresh, mark_fresh
from plaudit_site.accounts.models import User
from plaudit_site.accounts.views import wrong_code
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import cards, claiming, counting, invitations, keeping
from plaudit_site.awards.claiming import Invitation, Opening
from plaudit_site.awards.forms import AcceptForm, ReportForm
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import how_to_claim_url
from plaudit_site.mail import queueing

BACKEND = "django.contrib.auth.backends.ModelBackend"
CLAIM_CODE = "claim"
ADD_CODE = "add address"
SHOWN = {
    Opening.NEW_ACCOUNT,
    Opening.MINE,
    Opening.ADD_ADDRESS,
    Opening.SIGN_IN,
    Opening.DECLINED,
}


def visitor(request: HttpRequest) -> User | AnonymousUser:
    return request.user


def unknown(request: HttpRequest) -> HttpResponse:
    """One page for forged, spent, foreign and withdrawn links."""
    return render(request, "awards/claim_unknown.html", status=404)


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, token: str) -> HttpResponse:
    invitation = claiming.open_invitation(token, visitor(request))
    award = invitation.award
    if invitation.opening is Opening.MINE_ALREADY and award is not None:
        return redirect("manage", award.public_id)
    if award is None or invitation.opening not in SHOWN:
        return unknown(request)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if invitation.opening in {Opening.MINE, Opening.DECLINED} and isinstance(request.user, User):
            return accepted(request, award, request.user, form)
        if invitation.opening is Opening.NEW_ACCOUNT or (
            invitation.opening is Opening.DECLINED and not request.user.is_authenticated
        ):
            return _press_of_a_stranger(request, token, award, form)
    return claim_page(request, token, invitation, form)


@anyone
@never_cache
@require_POST
def claim_opened(request: HttpRequest, token: str) -> HttpResponse:
    """The page tells that somebody looks at it. The same answer for every link: nothing is learnt here."""
    agent, purpose = (request.headers.get(name, "") for name in ("User-Agent", "Sec-Purpose"))
    if not counting.is_program(agent, purpose):
        claiming.note_opened(token)
    return HttpResponse(status=204)


def claim_page(
    request: HttpRequest,
    token: str,
    invitation: Invitation,
    form: AcceptForm | None = None,
    *,
    state: str = "",
    code_form: CodeForm | None = None,
) -> HttpResponse:
    award = cast(Award, invitation.award)
    here = reverse("claim", args=[token])
    opening = invitation.opening
    if opening is Opening.DECLINED:
        opening = Opening.MINE if request.user.is_authenticated else Opening.NEW_ACCOUNT
    sign_in = f"{reverse('account_login')}?{urlencode({'next': here})}"
    others = 0
    if isinstance(request.user, User):
        others = claiming.waiting_for(request.user).filter(issuer=award.issuer).exclude(pk=award.pk).count()
    elif opening is Opening.NEW_ACCOUNT:
        others = claiming.others_waiting(award).count()
    context: dict[str, Any] = {
        "award": cards.claim(award),
        "state": state or str(opening),
        "form": form or AcceptForm(),
        "code_form": code_form or CodeForm(),
        "declined": award.state == Award.State.DECLINED,
        "others_waiting": others,
        "claim_url": here,
        "opened_url": reverse("claim_opened", args=[token]),
        "decline_url": reverse("claim_decline", args=[token]),
        "code_url": reverse("claim_code", args=[token]),
        "address_url": reverse("claim_address", args=[token]),
        "sign_in_url": sign_in,
        "links": {
            "see_it_first": reverse("claim_see", args=[token]),
            "use_existing": sign_in,
            "how_to_claim": how_to_claim_url(award.issuer),
            "addresses_help": reverse("addresses_help"),
            "report": reverse("claim_report", args=[token]),
        },
        "terms_url": reverse("terms"),
        "privacy_url": reverse("privacy"),
        "focused": True,
    }
    return render(request, "awards/claim.html", context)


def accepted(request: HttpRequest, award: Award, earner: User, form: AcceptForm) -> HttpResponse:
    """The press of somebody signed in, here or on the acceptance page."""
    if not form.is_valid():
        return unknown(request)
    try:
        others = claiming.accept(
            award,
            earner,
            visibility=form.cleaned_data["visibility"],
            trust_issuer=form.cleaned_data["trust_issuer"],
        )
    except claiming.CodeNeeded:
        return _mail_claim_code(request, invitations.token(award), award, form.cleaned_data)
    except claiming.NotYours:
        return unknown(request)
    return to_earned(request, award, others)


def to_earned(request: HttpRequest, award: Award, others: int) -> HttpResponse:
    if others:
        messages.success(
            request,
            _("%(number)s more from %(issuer)s arrived too.")
            % {"number": others, "issuer": award.issuer.name},
        )
    return redirect(f"{reverse('earned')}?{urlencode({'new': award.public_id})}")


def _press_of_a_stranger(request: HttpRequest, token: str, award: Award, form: AcceptForm) -> HttpResponse:
    if award.version.achievement.claim_needs_code:
        return _mail_claim_code(request, token, award, form.cleaned_data)
    return _make_account(request, award, form.cleaned_data)


def _make_account(
    request: HttpRequest, award: Award, wish: dict[str, Any], how: str = "invitation"
) -> HttpResponse:
    """Account, proven address, acceptance; then signed in. The welcome badge is signed before the next page."""
    try:
        user = claiming.accept_with_new_account(
            award,
            visibility=wish["visibility"],
            trust_issuer=wish["trust_issuer"],
            language=get_language() or "en",
            how=how,
        )
    except (claiming.NotYours, claiming.CodeNeeded, proving.AddressTaken):
        return unknown(request)
    login(request, user, backend=BACKEND)
    mark_fresh(request)
    others = Award.objects.filter(earner=user, accepted_by_trust=True, is_welcome=False).count()
    return to_earned(request, award, others)


def _mail_claim_code(request: HttpRequest, token: str, award: Award, wish: dict[str, Any]) -> HttpResponse:
    """A badge that matters a lot: the mailbox must answer once more (J12). Signed in or not."""
    invitation = claiming.open_invitation(token, visitor(request))
    if invitation.award is None:
        return unknown(request)
    try:
        code = codes.send_code(CLAIM_CODE, award.address, user=None, about=award.public_id)
    except codes.TooManyCodes:
        messages.error(request, _("We have mailed many codes to this address already. Try again in an hour."))
        return claim_page(request, token, invitation)
    request.session["claim_code"] = {
        "handle": code.handle,
        "visibility": wish["visibility"],
        "trust_issuer": wish["trust_issuer"],
    }
    return claim_page(request, token, invitation, state="code_needed")


@anyone
@never_cache
@require_POST
def claim_code(request: HttpRequest, token: str) -> HttpResponse:
    invitation = claiming.open_invitation(token, visitor(request))
    wish = request.session.get("claim_code") or {}
    award = invitation.award
    claimable = {Opening.NEW_ACCOUNT, Opening.MINE, Opening.DECLINED}
    if award is None or not wish or invitation.opening not in claimable:
        return unknown(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            code = codes.check_code(wish["handle"], form.cleaned_data["code"], purpose=CLAIM_CODE, user=None)
        except codes.CodeRefused as refusal:
            form.add_error("code", wrong_code(refusal))
        else:
            if (code.about, code.address) != (award.public_id, award.address):
                return unknown(request)
            del request.session["claim_code"]
            if isinstance(request.user, User):
                proving.prove(request.user, award.address, how=proving.BY_CODE)
                award.refresh_from_db()
                if award.earner_id == request.user.pk:  # trust given before brought it in with the proof
                    return to_earned(request, award, 0)
                return accepted(request, award, request.user, AcceptForm(wish))
            return _make_account(request, award, wish, how=proving.BY_CODE)
    return claim_page(request, token, invitation, state="code_needed", code_form=form)


@anyone
@never_cache
@require_POST
def claim_address(request: HttpRequest, token: str) -> HttpResponse:
    """Signed in with another address: a code mailed to the awarded one, now, adds it (DECISIONS 23).

    The link alone proves it to a new account only: it may have been forwarded. The press that brings the code back says
    too how the badge is to be saved, so it is the last one.
    """
    invitation = claiming.open_invitation(token, visitor(request))
    award, user = invitation.award, request.user
    if award is None or invitation.opening is not Opening.ADD_ADDRESS or not isinstance(user, User):
        return unknown(request)
    if not is_fresh(request):
        # Another address is another way into the account: first, is it still its owner? (DECISIONS 24)
        return redirect(f"{reverse('confirm')}?{urlencode({'next': reverse('claim', args=[token])})}")
    is_press = "code" in request.POST
    form, accept_form = (
        CodeForm(request.POST if is_press else None),
        AcceptForm(request.POST if is_press else None),
    )
    if not is_press:
        try:
            code = codes.send_code(ADD_CODE, award.address, user=user)
        except codes.TooManyCodes:
            messages.error(
                request, _("We have mailed many codes to this address already. Try again in an hour.")
            )
            return claim_page(request, token, invitation)
        request.session["add_code"] = code.handle
    elif form.is_valid() and accept_form.is_valid():
        try:
            code = codes.check_code(
                request.session.get("add_code", ""), form.cleaned_data["code"], purpose=ADD_CODE, user=user
            )
            if code.address != award.address:
                raise codes.CodeRefused
            proving.prove(user, award.address, how="code")
        except codes.CodeRefused as refusal:
            form.add_error("code", wrong_code(refusal))
        except proving.AddressTaken:
            return unknown(request)
        else:
            request.session.pop("add_code", None)
            award.refresh_from_db()
            if award.earner_id == user.pk:  # trust given before brought it in with the proof
                return to_earned(request, award, 0)
            return accepted(request, award, user, accept_form)
    return claim_page(request, token, invitation, accept_form, state="address_code", code_form=form)


@anyone
@never_cache
@require_POST
def claim_decline(request: HttpRequest, token: str) -> HttpResponse:
    """Decline, or undo it: the link's holder may do both as long as nobody has accepted."""
    invitation = claiming.open_invitation(token, visitor(request))
    if invitation.award is None or invitation.opening not in SHOWN:
        return unknown(request)
    actor = request.user.public_id if isinstance(request.user, User) else "link"
    if "undo" in request.POST:
        claiming.undo_decline(invitation.award, actor=actor)
    else:
        claiming.decline(invitation.award, actor=actor)
    return redirect("claim", token)


@anyone
@never_cache
@require_http_methods(["GET", "HEAD"])
def claim_see(request: HttpRequest, token: str) -> HttpResponse:
    """What it is about, before deciding: the badge, what it took, who awards it."""
    invitation = claiming.open_invitation(token, visitor(request))
    award = invitation.award
    if award is None or invitation.opening not in SHOWN:
        return unknown(request)
    return render(
        request,
        "awards/see_it_first.html",
        {
            "award": cards.claim(award),
            "version": award.version,
            "said": award.said,
            "criteria_html": criteria_html(award.said.criteria),
            "issuer": award.issuer,
            "name": award.name,
            "expires_on": award.expires_at,
            "claim_url": reverse("claim", args=[token]),
            "focused": True,
        },
    )


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim_report(request: HttpRequest, token: str) -> HttpResponse:
    invitation = claiming.open_invitation(token, visitor(request))
    award = invitation.award
    if award is None or invitation.opening not in SHOWN:
        return unknown(request)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        keeping.report(award, form.cleaned_data["text"])
        messages.success(request, _("Thank you. The people who run this site will look at it."))
        return redirect("claim", token)
    return render(
        request,
        "awards/report.html",
        {
            "award": cards.claim(award),
            "form": form,
            "back_url": reverse("claim", args=[token]),
            "focused": True,
        },
    )


@anyone
@never_cache
@csrf_exempt  # mail programs post this without ever having seen a page (RFC 8058); the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    found = invitations.read_unsubscribe(token)
    if found is None:
        return unknown(request)
    award, scope = found
    if request.method == "POST":
        queueing.refuse(award.address, f"issuer:{award.issuer.public_id}" if scope == "issuer" else "all")
    return render(
        request,
        "awards/unsubscribe.html",
        {
            "issuer_name": award.issuer.name if scope == "issuer" else settings.SITE_NAME,
            "all": scope == "all",
            "done": request.method == "POST",
            "focused": True,
        },
    )
