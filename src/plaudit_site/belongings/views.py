"""Settings of a person: name, addresses, trusted issuers; the undo of a claim that was not theirs."""

from __future__ import annotations

from functools import wraps
from typing import cast

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.forms import AddressForm, CodeForm, NameForm
from plaudit_site.accounts.guards import View, anyone, fresh, is_fresh, signed_in
from plaudit_site.accounts.models import User
from plaudit_site.accounts.views import wrong_code
from plaudit_site.awards import cards, claiming
from plaudit_site.awards.models import Award, TrustedIssuer, ViewCount, Visibility
from plaudit_site.backpack import importing
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import addresses as job
from plaudit_site.belongings import merging_views
from plaudit_site.issuers.models import Issuer


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    user = me(request)
    form = NameForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        User.objects.filter(pk=user.pk).update(name=" ".join(form.cleaned_data["name"].split()))
        messages.success(request, _("Saved."))
        return redirect("account_settings")
    return render(
        request,
        "belongings/settings.html",
        {
            "form": form,
            "trusted": TrustedIssuer.objects.filter(user=user).count(),
            "site_counts": settings.COUNT_VIEWS,
        },
    )


@signed_in
@require_POST
def set_counting(request: HttpRequest) -> HttpResponse:
    """Whether views of one's badges are counted from now on; switching it off forgets what was counted."""
    wanted = request.POST.get("count") == "on"
    User.objects.filter(pk=me(request).pk).update(counts_views=wanted)
    if not wanted:
        ViewCount.objects.filter(award__earner=me(request)).delete()
    messages.success(request, _("Saved."))
    return redirect("account_settings")


@signed_in
@require_http_methods(["GET", "HEAD"])
def addresses(request: HttpRequest) -> HttpResponse:
    """With `?code` the code for an address is asked for: opened again, after a look at the mail, it still is."""
    if "code" in request.GET and (adding := request.session.get("adding")):
        return addresses_page(request, adding=adding["address"])
    typed = request.session.pop("typed_address", "")
    return addresses_page(request, AddressForm(initial={"address": typed}))


def keeping_what_was_typed(view: View) -> View:
    """Whoever is asked first whether it is still them finds the address in the form afterwards."""

    @wraps(view)
    def keeping(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and not is_fresh(request):
            request.session["typed_address"] = request.POST.get("address", "")[:254]
        return view(request)

    return keeping


def addresses_page(
    request: HttpRequest,
    form: AddressForm | None = None,
    code_form: CodeForm | None = None,
    adding: str = "",
    taken: bool = False,
) -> HttpResponse:
    rows = [
        {
            "address": own.address,
            "primary": own.primary,
            "verified": own.verified,
            "badges": own.badges,
            "waiting": own.waiting,
            "urls": {
                "primary": reverse("address_primary", args=[own.pk]),
                "remove": reverse("address_remove", args=[own.pk]),
            },
        }
        for own in job.owned(me(request))
    ]
    context = {
        "addresses": rows,
        "form": form or AddressForm(),
        "code_form": code_form or CodeForm(),
        "adding": adding,
        "taken": taken,
        "add_url": reverse("address_add"),
        "code_url": reverse("address_code"),
    }
    return render(request, "accounts/addresses.html", context)


@keeping_what_was_typed
@fresh
@require_POST
def address_add(request: HttpRequest) -> HttpResponse:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return addresses_page(request, form)
    address = form.cleaned_data["address"]
    try:
        code = job.begin_adding(me(request), address)
    except job.AlreadyYours:
        form.add_error("address", _("This address is yours already."))
        return addresses_page(request, form)
    except codes.TooManyCodes:
        form.add_error("address", _("We have mailed many codes to this address. Try again in an hour."))
        return addresses_page(request, form)
    request.session["adding"] = {"handle": code.handle, "address": address}
    return redirect(f"{reverse('addresses')}?code")


@signed_in
@require_POST
def address_code(request: HttpRequest) -> HttpResponse:
    adding = request.session.get("adding") or {}
    form = CodeForm(request.POST)
    if not adding or not form.is_valid():
        return addresses_page(request, code_form=form if adding else None, adding=adding.get("address", ""))
    try:
        address = job.finish_adding(me(request), adding["handle"], form.cleaned_data["code"])
    except codes.CodeRefused as refusal:
        form.add_error("code", wrong_code(refusal))
        return addresses_page(request, code_form=form, adding=adding["address"])
    except proving.AddressTaken:
        request.session.pop("adding", None)
        merging_views.remember(request, adding["address"])
        return addresses_page(request, taken=True)
    request.session.pop("adding", None)
    pending = claiming.waiting_for(me(request)).filter(address=address).count()
    messages.success(request, _("%(address)s is yours now.") % {"address": address})
    woken = importing.woken(me(request))
    if woken is not None:
        importing.take_in_now(woken)
        return redirect("import_run", woken.public_id)
    return redirect("waiting" if pending else "addresses")


@fresh
@require_POST
def address_primary(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(EmailAddress, pk=pk, user=me(request), verified=True)
    job.choose_primary(me(request), row)
    messages.success(request, _("Mail about your account goes to %(address)s now.") % {"address": row.email})
    return redirect("addresses")


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def address_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Names the badges that were sent there; they stay."""
    user = me(request)
    row = get_object_or_404(EmailAddress, pk=pk, user=user)
    if request.method == "POST":
        try:
            job.remove(user, pk)
        except job.LastAddress:
            messages.error(request, _("This is your only address. Add another one first."))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Removed. Your badges are still here."))
        return redirect("addresses")
    sent = Award.objects.filter(address=row.email, earner=user, state=Award.State.ACCEPTED).with_badge()
    imported = Imported.objects.filter(owner=user, awarded_to=row.email, removed_at__isnull=True)
    elsewhere = imported.order_by("-awarded_at", "pk").values_list("title", flat=True)
    return render(
        request,
        "belongings/address_remove.html",
        {"address": row.email, "badges": [*[a.version.title for a in sent], *elsewhere]},
    )


@signed_in
@require_http_methods(["GET", "HEAD"])
def trusted(request: HttpRequest) -> HttpResponse:
    """Trust given and withdrawn in the settings (J23)."""
    user = me(request)
    rows = TrustedIssuer.objects.filter(user=user).select_related("issuer").order_by("issuer__name")
    known = (
        Issuer.objects.filter(awards__earner=user, awards__state=Award.State.ACCEPTED, is_site=False)
        .exclude(pk__in=cards.trusted_issuers(user))
        .distinct()
        .order_by("name")
    )
    return render(
        request,
        "belongings/trusted.html",
        {"trusted": rows, "others": known, "visibilities": Visibility.choices},
    )


@signed_in
@require_POST
def set_trusted(request: HttpRequest, public_id: str) -> HttpResponse:
    user = me(request)
    issuer = Issuer.objects.filter(public_id=public_id, awards__earner=user).distinct().first()
    if issuer is None:
        raise Http404
    wanted = request.POST.get("visibility", "")
    if "stop" in request.POST:
        claiming.distrust(user, issuer)
        messages.success(
            request, _("Badges of %(issuer)s wait for you from now on.") % {"issuer": issuer.name}
        )
    elif wanted in Visibility.values:
        claiming.trust(user, issuer, visibility=wanted)
        messages.success(request, _("Saved."))
    return redirect("trusted")


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo_claim(request: HttpRequest, secret: str) -> HttpResponse:
    """“Not you?”: the mailbox's owner takes the badge back. GET explains, only the press acts (J12)."""
    link = codes.find_link(claiming.UNDO_PURPOSE, secret)
    if link is None:
        return render(request, "belongings/undo_unknown.html", status=404)
    done = request.method == "POST" and claiming.undo_claim(link)
    return render(request, "belongings/undo.html", {"done": done, "focused": True})
