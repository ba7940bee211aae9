"""Merging two accounts: what it means, a code mailed to the other one, one press (J17)."""

from __future__ import annotations

import time
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import codes
from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.forms import CodeForm
from plaudit_site.accounts.guards import FRESH_SECONDS, fresh
from plaudit_site.accounts.models import User
from plaudit_site.accounts.views import wrong_code
from plaudit_site.belongings import merging


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


def remember(request: HttpRequest, address: str) -> None:
    """A code mailed to `address` came back a moment ago, and it is another account's."""
    request.session["merging"] = {"address": address, "at": int(time.time())}


def _remembered(request: HttpRequest) -> str:
    """That address; "" when it is too long ago, or was never shown."""
    known = request.session.get("merging") or {}
    is_recent = 0 <= time.time() - known.get("at", 0) <= FRESH_SECONDS
    return str(known.get("address", "")) if is_recent else ""


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """GET says what will happen; the first POST mails the code, the second takes it and merges."""
    address = _remembered(request)
    if not address:
        messages.info(
            request, _("First add the address of the other account: a code shows that it is yours.")
        )
        return redirect("addresses")
    form = CodeForm(request.POST if "code" in request.POST else None)
    try:
        other = merging.other_account(me(request), address)
        if request.method == "POST" and "code" not in request.POST:
            _send(request, address)
        elif request.method == "POST" and form.is_valid():
            merging.finish(me(request), _handle(request), form.cleaned_data["code"])
            return _done(request)
    except codes.CodeRefused as refusal:
        form.add_error("code", wrong_code(refusal))
    except merging.BetterProtected:
        return _page(request, address, {"protected": True, "mine": merging.is_better_protected(me(request))})
    except merging.MergeRefused:
        return _page(request, address, {"refused": True})
    return _page(
        request,
        address,
        {"form": form, "sent": bool(_handle(request)), "other": merging.preview(me(request), other)},
    )


def _send(request: HttpRequest, address: str) -> None:
    try:
        code = merging.begin(me(request), address)
    except codes.TooManyCodes:
        messages.error(request, _("We have mailed many codes to this address. Try again in an hour."))
    else:
        request.session["merging"] = {**request.session["merging"], "handle": code.handle}


def _handle(request: HttpRequest) -> str:
    return str(request.session["merging"].get("handle", ""))


def _done(request: HttpRequest) -> HttpResponse:
    request.session.pop("merging", None)
    messages.success(request, _("The two accounts are one now. Everything is here."))
    return redirect("earned")


def _page(request: HttpRequest, address: str, more: dict[str, object]) -> HttpResponse:
    return render(
        request,
        "belongings/merge.html",
        {"address": address, "my_address": me(request).email, "masked_address": masked(address), **more},
    )


@fresh
@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """This account has a passkey: it agrees here to be merged from the other one's side."""
    address = _remembered(request)
    if not address:
        return redirect("addresses")
    try:
        merging.allow(me(request), address)
    except merging.MergeRefused:
        return redirect("addresses")
    return _page(request, address, {"protected": True, "mine": True, "allowed": True})
