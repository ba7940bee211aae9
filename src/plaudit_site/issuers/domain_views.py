"""The issuer's console: the web address, and what proves that it is the issuer's (J43)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import throttling
from plaudit_site.issuers import domain_names, domain_proving, own_hosts, own_identifiers
from plaudit_site.issuers.forms import DomainForm, HostForm
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Domain, Issuer
from plaudit_site.issuers.views import console, me

CHECKS = 6  # of one issuer in a minute
CHECKS_SECONDS = 60


@member("own")
@require_http_methods(["GET", "HEAD", "POST"])
def domain(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """What must stand where, and whether it does."""
    current = Domain.objects.filter(issuer=issuer).first()
    form = DomainForm(request.POST or None, initial={"name": current.name if current else _suggested(issuer)})
    if request.method == "POST" and form.is_valid():
        domain_proving.claim(issuer, form.cleaned_data["name"], by=me(request).public_id)
        messages.success(request, _("Now put the record or the file in its place, then press “Check now”."))
        return redirect("issuer_domain", issuer.slug)
    status = 400 if request.method == "POST" else 200
    return render(
        request,
        "issuers/domain.html",
        {**console(request, issuer, "domain"), "form": form, **_told(current)},
        status=status,
    )


def _suggested(issuer: Issuer) -> str:
    try:
        return domain_names.domain_form(issuer.url)
    except domain_names.DomainRefused:
        return ""


def _told(current: Domain | None, host_form: HostForm | None = None) -> dict[str, Any]:
    if current is None:
        return {"domain": None}
    return {
        "host_form": host_form
        or HostForm(domain=current, initial={"host": current.host or f"badges.{current.name}"}),
        "site_host": settings.SITE_HOST.partition(":")[0],
        "own_identifier": own_identifiers.identifier_at(current.host or "", current.issuer.public_id),
        "is_host_live": bool(current.host) and current.issuer.host == current.host,
        "domain": current,
        "record_name": domain_proving.record_name(current.name),
        "record_text": domain_proving.record_text(current.issuer),
        "file_url": domain_proving.file_url(current.name),
        "lost_at": current.failing_since + domain_proving.LOST_AFTER if current.failing_since else None,
    }


@member("own")
@require_POST
def check(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    current = Domain.objects.filter(issuer=issuer).first()
    if current is None:
        return redirect("issuer_domain", issuer.slug)
    if throttling.too_often(f"domain-check:{issuer.pk}", most=CHECKS, seconds=CHECKS_SECONDS):
        messages.error(
            request, _("That was often. Wait a minute: name servers are slow to forget what they knew.")
        )
        return redirect("issuer_domain", issuer.slug)
    looked = domain_proving.check_now(current, visitor=f"check-{me(request).public_id}")
    current.refresh_from_db()
    if not looked:
        messages.warning(request, _("Somebody is looking at this moment. Try again in a few seconds."))
    elif current.is_proven:
        messages.success(
            request, _("Found: you control %(name)s. Your pages say so.") % {"name": current.name}
        )
    else:
        messages.warning(
            request, _("Not found yet. New DNS records can take an hour until everybody sees them.")
        )
    return redirect("issuer_domain", issuer.slug)


@member("own", freshly=True)
@require_POST
def host(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The badge site under the issuer's own name, or back to this site's."""
    current = Domain.objects.filter(issuer=issuer, proven_at__isnull=False).first()
    if current is None:
        messages.error(request, _("Prove the web address first."))
        return redirect("issuer_domain", issuer.slug)
    if "leave" in request.POST:
        own_hosts.leave(current, by=me(request).public_id)
        messages.success(request, _("Your badge site is at this site’s address again."))
        return redirect("issuer_domain", issuer.slug)
    form = HostForm(request.POST, domain=current)
    if form.is_valid():
        try:
            own_hosts.choose(current, form.cleaned_data["host"], by=me(request).public_id)
        except own_hosts.HostTaken:
            form.add_error("host", _("Another issuer of this site has this name."))
        else:
            messages.success(request, _("Now set the DNS record, then press “Check now”."))
            return redirect("issuer_domain", issuer.slug)
    name_form = DomainForm(initial={"name": current.name})
    context = {**console(request, issuer, "domain"), "form": name_form, **_told(current, form)}
    return render(request, "issuers/domain.html", context, status=400)


@member("own", freshly=True)
@require_POST
def signing(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """New badges name the issuer by its own address, or by this site's again."""
    by = me(request).public_id
    if "site" in request.POST:
        own_identifiers.end(issuer, by=by)
        messages.success(request, _("New badges name this site’s address for you again."))
    elif request.POST.get("understood") != "yes":
        messages.error(request, _("Tick that you have read what this depends on. Nothing was changed."))
    else:
        try:
            own_identifiers.begin(issuer, by=by)
        except own_identifiers.NotProven:
            messages.error(
                request, _("Your badge site is not in use under your own name. That has to come first.")
            )
        else:
            messages.success(request, _("From now on your badges are signed under your own name."))
    return redirect("issuer_domain", issuer.slug)


@member("own", freshly=True)
@require_POST
def remove(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    if domain_proving.give_up(issuer, by=me(request).public_id):
        messages.success(request, _("Your pages no longer name a web address as proven."))
    return redirect("issuer_domain", issuer.slug)
