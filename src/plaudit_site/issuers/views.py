"""The issuer's console: the organisation, its links, its people, its keys."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts import codes
from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.guards import anyone, signed_in
from plaudit_site.accounts.models import User
from plaudit_site.accounts.proving import owner_of
from plaudit_site.audit.models import record
from plaudit_site.issuers import access, founding, keys, members
from plaudit_site.issuers.forms import InviteForm, IssuerForm, LinkForm, RoleForm
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Group, Issuer, IssuerLink, Membership, Role, SigningKey


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


def console(request: HttpRequest, issuer: Issuer, current: str) -> dict[str, object]:
    """What every page of the console shows around itself."""
    verbs = access.MAY.get(access.role_of(me(request), issuer), frozenset())
    places = [
        ("awards", _("Awards"), reverse("awards", args=[issuer.slug]), "see"),
        ("badges", _("Badges"), reverse("badges", args=[issuer.slug]), "see"),
        ("register", _("Register"), reverse("register", args=[issuer.slug]), "award"),
        ("links", _("Links"), reverse("issuer_links", args=[issuer.slug]), "edit"),
        ("wording", _("Wording"), reverse("issuer_wording", args=[issuer.slug]), "edit"),
        ("people", _("People"), reverse("issuer_people", args=[issuer.slug]), "own"),
        ("settings", _("Organisation"), reverse("issuer_settings", args=[issuer.slug]), "edit"),
        ("domain", _("Web address"), reverse("issuer_domain", args=[issuer.slug]), "own"),
        ("keys", _("Keys"), reverse("issuer_keys", args=[issuer.slug]), "own"),
        ("api", _("API"), reverse("issuer_tokens", args=[issuer.slug]), "own"),
        ("webhooks", _("Webhooks"), reverse("webhooks", args=[issuer.slug]), "own"),
    ]
    return {
        "issuer": issuer,
        "verbs": verbs,
        "places": [
            {"name": name, "label": label, "url": url, "current": name == current}
            for name, label, url, verb in places
            if verb in verbs
        ],
    }


@signed_in
@require_http_methods(["GET", "HEAD"])
def issuers(request: HttpRequest) -> HttpResponse:
    mine = Membership.objects.filter(user=me(request)).select_related("issuer").order_by("issuer__name")
    return render(request, "issuers/issuers.html", {"memberships": mine})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = IssuerForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            issuer = founding.found(
                me(request), **{name: form.cleaned_data[name] for name in IssuerForm.Meta.fields}
            )
        except founding.IssuersClosed:
            form.add_error(None, _("This site takes no new issuers. Ask the people who run it."))
        else:
            if form.logo:
                Issuer.objects.filter(pk=issuer.pk).update(logo=form.logo)
            messages.success(request, _("Your issuer is made. Next: design a badge."))
            return redirect("badges", issuer.slug)
    return render(request, "issuers/new.html", {"form": form})


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    name_before = issuer.name
    form = IssuerForm(request.POST or None, request.FILES or None, instance=issuer)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            changed = form.save(commit=False)
            changed.look_alike_of = form.looks_like
            if form.logo:
                changed.logo = form.logo
            changed.save(update_fields=[*IssuerForm.Meta.fields, "look_alike_of", "logo"])
            record("issuer edited", actor=me(request).public_id, subject=f"issuer:{issuer.public_id}")
            asks_again = founding.renamed(changed, name_before, by=me(request))
        messages.success(request, _("Saved."))
        if asks_again:
            messages.warning(
                request, _("The name is another one now, so the people who run this site look at it again.")
            )
        return redirect("issuer_settings", issuer.slug)
    return render(request, "issuers/settings.html", {**console(request, issuer, "settings"), "form": form})


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The three groups of links of the certificate page (J35)."""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = form.save(commit=False)
        link.issuer, link.position = issuer, issuer.links.filter(group=link.group).count()
        link.save()
        messages.success(request, _("The link is on your pages now."))
        return redirect("issuer_links", issuer.slug)
    headings = {
        Group.BADGES: _("About %(issuer)s Open Badges") % {"issuer": issuer.name},
        Group.WORK: _("The work required"),
        Group.ISSUER: _("About %(issuer)s") % {"issuer": issuer.name},
    }
    groups = [
        {"heading": heading, "links": issuer.links.filter(group=group), "name": group}
        for group, heading in headings.items()
    ]
    return render(
        request, "issuers/links.html", {**console(request, issuer, "links"), "form": form, "groups": groups}
    )


@member("edit")
@require_POST
def remove_link(request: HttpRequest, issuer: Issuer, pk: int) -> HttpResponse:
    get_object_or_404(IssuerLink, pk=pk, issuer=issuer).delete()
    messages.success(request, _("Removed."))
    return redirect("issuer_links", issuer.slug)


@member("own")
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            members.invite(issuer, form.cleaned_data["address"], form.cleaned_data["role"], by=me(request))
        except members.TooManyInvitations:
            form.add_error(None, _("You have invited many people today. Go on tomorrow."))
        else:
            messages.success(request, _("We have mailed an invitation to %(address)s.") % form.cleaned_data)
            return redirect("issuer_people", issuer.slug)
    rows = [
        {"member": m, "form": RoleForm(initial={"role": m.role}, auto_id=f"role{m.pk}_%s")}
        for m in issuer.memberships.select_related("user").order_by("since")
    ]
    return render(
        request, "issuers/people.html", {**console(request, issuer, "people"), "form": form, "rows": rows}
    )


@member("own")
@require_POST
def change_person(request: HttpRequest, issuer: Issuer, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=pk, issuer=issuer)
    try:
        if "remove" in request.POST:
            access.remove(issuer, membership.user, by=me(request).public_id)
        elif request.POST.get("role") in Role.values:
            access.set_role(issuer, membership.user, request.POST["role"], by=me(request).public_id)
    except access.LastOwner:
        messages.error(request, _("An issuer needs an owner. Make somebody else an owner first."))
    else:
        messages.success(request, _("Saved."))
    if not access.may(me(request), "own", issuer):
        return redirect("issuers")
    return redirect("issuer_people", issuer.slug)


@member("own")
@require_http_methods(["GET", "HEAD"])
def signing_keys(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    rows = issuer.keys.order_by("kind", "-number")
    return render(request, "issuers/keys.html", {**console(request, issuer, "keys"), "keys": rows})


@member("own", freshly=True)
@require_POST
def rotate_keys(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    keys.rotate(issuer, by=me(request).public_id)
    messages.success(request, _("New keys sign from now on. Badges awarded before stay valid."))
    return redirect("issuer_keys", issuer.slug)


@member("own", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def compromised_key(request: HttpRequest, issuer: Issuer, pk: int) -> HttpResponse:
    """Says what it does before it does it: everything that this key signed is no longer valid."""
    key = get_object_or_404(SigningKey, pk=pk, issuer=issuer, compromised_at__isnull=True)
    if request.method == "POST":
        keys.mark_compromised(key, by=me(request).public_id)
        messages.success(request, _("The key is out. What it signed no longer verifies."))
        return redirect("issuer_keys", issuer.slug)
    return render(request, "issuers/compromised.html", {**console(request, issuer, "keys"), "key": key})


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a member's invitation: asks for the invited address's sign-in, then for one press."""
    link = codes.find_link(members.PURPOSE, secret)
    found = members.read_invitation(link) if link else None
    if link is None or found is None:
        return render(request, "issuers/join_unknown.html", status=404)
    issuer, role = found
    owner = owner_of(link.address)
    mine = request.user.is_authenticated and owner is not None and owner.pk == request.user.pk
    if request.method == "POST" and mine:
        try:
            joined = members.accept(link, me(request))
        except access.LastOwner:
            messages.error(request, _("An issuer needs an owner. Make somebody else an owner first."))
            return redirect("issuers")
        if joined is None:
            raise Http404
        messages.success(request, _("You are in the team of %(issuer)s now.") % {"issuer": issuer.name})
        return redirect(
            "awards" if role != Role.VIEWER else "issuers", *([issuer.slug] if role != Role.VIEWER else [])
        )
    here = urlencode({"next": request.path})
    return render(
        request,
        "issuers/join.html",
        {
            "issuer": issuer,
            "role": dict(Role.choices)[role],
            "address": link.address if mine else masked(link.address),
            "mine": mine,
            "has_account": owner is not None,
            "sign_in_url": f"{reverse('account_login')}?{here}",
            "sign_up_url": f"{reverse('account_signup')}?{here}",
            "addresses_url": reverse("addresses"),
        },
    )
