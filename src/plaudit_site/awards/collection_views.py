"""The tab Collections: list, one collection, and putting a badge into some."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.awards import cards, collecting
from plaudit_site.awards.models import Award, Collection

SHOWN_IN_LIST = 4


class CollectionForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the collection"), max_length=80)


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collections(request: HttpRequest) -> HttpResponse:
    user = me(request)
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = collecting.make(user, form.cleaned_data["name"])
        except collecting.TooMany:
            form.add_error("name", _("You have very many collections already. Delete one first."))
        else:
            return redirect("collection", made.public_id)
    trusted: set[int] = set()
    rows = []
    for collection in Collection.objects.filter(owner=user):
        shown = collecting.awards_in(collection)
        rows.append(
            {
                "collection": collection,
                "number": shown.count(),
                "cards": [cards.card(award, trusted) for award in shown[:SHOWN_IN_LIST]],
            }
        )
    return render(
        request,
        "awards/collections.html",
        {"tabs": cards.tabs(user, "collections"), "rows": rows, "form": form},
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: HttpRequest, public_id: str) -> HttpResponse:
    """One collection; POST renames it, moves a badge, or deletes the collection (never the badges)."""
    user = me(request)
    found = get_object_or_404(Collection, public_id=public_id, owner=user)
    form = CollectionForm(request.POST if "name" in request.POST else None, initial={"name": found.name})
    if request.method == "POST":
        if "delete" in request.POST:
            found.delete()
            messages.success(request, _("Deleted. The badges are where they were."))
            return redirect("collections")
        if "award" in request.POST:
            award = get_object_or_404(Award, public_id=request.POST["award"].replace("\0", ""), earner=user)
            collecting.move(found, award, -1 if request.POST.get("move") == "up" else 1)
            return redirect("collection", public_id)
        if form.is_valid():
            Collection.objects.filter(pk=found.pk).update(name=" ".join(form.cleaned_data["name"].split()))
            messages.success(request, _("Saved."))
            return redirect("collection", public_id)
    trusted = cards.trusted_issuers(user)
    return render(
        request,
        "awards/collection.html",
        {
            "tabs": cards.tabs(user, "collections"),
            "collection": found,
            "cards": [cards.card(award, trusted) for award in collecting.awards_in(found)],
            "form": form,
        },
    )


@signed_in
@require_POST
def put(request: HttpRequest, public_id: str) -> HttpResponse:
    """From Manage: the ticked collections, and perhaps a new one."""
    user = me(request)
    award = get_object_or_404(Award, public_id=public_id, earner=user, state=Award.State.ACCEPTED)
    # PostgreSQL refuses a NUL even in a question.
    chosen = [one for one in request.POST.getlist("collection") if "\0" not in one]
    name = request.POST.get("new", "").strip()
    if name:
        try:
            chosen.append(collecting.make(user, name).public_id)
        except collecting.TooMany:
            messages.error(request, _("You have very many collections already. Delete one first."))
    collecting.put(award, user, chosen)
    messages.success(request, _("Saved."))
    return redirect("manage", public_id)
