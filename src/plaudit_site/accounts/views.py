"""“Is it still you?”: a mailed code before sensitive steps, for people who have no password (DECISIONS 24)."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import agreeing, codes
from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.forms import CodeForm
from plaudit_site.accounts.guards import mark_fresh, signed_in
from plaudit_site.accounts.models import User

PURPOSE = "confirm"


def own_next(request: HttpRequest, default: str = "/badges") -> str:
    """The `next` of a request when it is a path of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if safe else default


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """GET explains; the first POST mails a code, the second takes it and leads on."""
    user = cast(User, request.user)
    form = CodeForm(request.POST if "code" in request.POST else None)
    handle = request.session.get("confirm_code", "")
    if request.method == "POST" and "code" not in request.POST:
        try:
            code = codes.send_code(PURPOSE, user.email, user=user)
        except codes.TooManyCodes:
            messages.error(request, _("We have mailed you many codes already. Try again in an hour."))
        else:
            request.session["confirm_code"] = handle = code.handle
    elif request.method == "POST" and form.is_valid():
        try:
            codes.check_code(handle, form.cleaned_data["code"], purpose=PURPOSE, user=user)
        except codes.CodeRefused as refusal:
            form.add_error("code", wrong_code(refusal))
        else:
            mark_fresh(request)
            request.session.pop("confirm_code", None)
            return redirect(own_next(request))
    return render(
        request,
        "accounts/confirm.html",
        {"form": form, "sent": bool(handle), "masked_address": masked(user.email), "next": own_next(request)},
    )


def wrong_code(refusal: codes.CodeRefused) -> str:
    if left := refusal.tries_left:
        words = ngettext(
            "This is not the code. You can try once more.",
            "This is not the code. You can try %(number)s more times.",
            left,
        )
        return words % {"number": left}
    return _("This code does not work any more. Ask for a new one.")


@signed_in
@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """To the terms and the privacy page as they are now."""
    agreeing.agree(cast(User, request.user))
    return redirect(own_next(request))


@signed_in
@require_POST
def close_passkey_offer(request: HttpRequest) -> HttpResponse:
    User.objects.filter(pk=cast(User, request.user).pk).update(passkey_offer_closed=True)
    return redirect("/badges")
