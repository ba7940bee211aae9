"""“Erase your account”: what happens, a mailed code, one press."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plaudit_site.accounts import codes
from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.forms import CodeForm
from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.accounts.views import wrong_code
from plaudit_site.belongings import erasing, exports


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """GET explains; the first POST mails the code, the second takes it. The code is the confirmation (B21)."""
    user = me(request)
    form = CodeForm(request.POST if "code" in request.POST else None)
    handle = str(request.session.get("erasing", ""))
    try:
        if request.method == "POST" and "code" not in request.POST:
            handle = request.session["erasing"] = erasing.begin(user).handle
        elif request.method == "POST" and form.is_valid():
            erasing.finish(user, handle, form.cleaned_data["code"])
            logout(request)
            return render(request, "belongings/erased.html", {"focused": True})
    except codes.CodeRefused as refusal:
        form.add_error("code", wrong_code(refusal))
    except codes.TooManyCodes:
        messages.error(request, _("We have mailed you many codes already. Try again in an hour."))
    except erasing.OnlyOwner:
        pass  # the page names them
    return render(
        request,
        "belongings/erase.html",
        {
            "form": form,
            "sent": bool(handle),
            "masked_address": masked(user.email),
            "badges": exports.count(user),
            "owned": erasing.owned_alone(user),
        },
    )
