"""The tab Collections: list, one collection with its order, and putting a badge into some."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.awards import cards
from plaudit_site.awards.cards import Wish
from plaudit_site.awards.models import Award, Collection, Visibility
from plaudit_site.backpack import owning
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import collecting, shelf
from plaudit_site.belongings.forms import CollectionForm, CollectionPageForm
from plaudit_site.belongings.profile_views import named_order, order_rows

SHOWN_IN_LIST = 4


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
    rows = []
    for collection in Collection.objects.filter(owner=user):
        inside = collecting.entries(collection)
        shown = collecting.shown(inside[:SHOWN_IN_LIST])
        rows.append({"collection": collection, "number": len(inside), "cards": shown})
    return render(
        request,
        "awards/collections.html",
        {"tabs": shelf.tabs(user, "collections"), "rows": rows, "form": form},
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: HttpRequest, public_id: str) -> HttpResponse:
    """One collection; POST saves its words, its badges or its order, or deletes it (never the badges)."""
    user = me(request)
    found = get_object_or_404(Collection, public_id=public_id, owner=user)
    initial = {"name": found.name, "text": found.text, "visibility": found.visibility}
    form = CollectionPageForm(request.POST if "name" in request.POST else None, initial=initial)
    if request.method == "POST":
        if "delete" in request.POST:
            found.delete()
            messages.success(request, _("Deleted. The badges are where they were."))
            return redirect("collections")
        if _changed(request, found, form):
            return redirect("collection", public_id)
    entries = collecting.entries(found)
    shown = collecting.shown(entries, cards.trusted_issuers(user))
    return render(
        request,
        "awards/collection.html",
        {
            "tabs": shelf.tabs(user, "collections"),
            "collection": found,
            "cards": shown,
            "entries": order_rows([(card.id, card.title) for card in shown]),
            "private": sum(card.visibility == Visibility.ONLY_ME for card in shown),
            "choices": _choices(user, {entry.public_id for entry in entries}),
            "url": collecting.url_of(found),
            "form": form,
        },
    )


def _changed(request: HttpRequest, found: Collection, form: CollectionPageForm) -> bool:
    if "badges" in request.POST:
        collecting.choose(found, [one for one in request.POST.getlist("badge") if "\0" not in one])
        messages.success(request, _("Saved."))
        return True
    if "order" in request.POST:
        collecting.arrange(found, named_order(request))
        for button, by in (("up", -1), ("down", 1)):
            if moved := request.POST.get(button, ""):
                collecting.move(found, moved, by)
        return True
    if not form.is_valid():
        return False
    given = form.cleaned_data
    collecting.describe(found, name=given["name"], text=given["text"], visibility=given["visibility"])
    messages.success(request, _("Saved."))
    return True


def _choices(user: User, inside: set[str]) -> list[dict[str, object]]:
    """Every badge of theirs, hidden ones too, ticked where it is in the collection."""
    everything = shelf.places(user, Wish(sort="title")) + shelf.places(user, Wish(sort="title"), hidden=True)
    return [{"card": card, "inside": card.id in inside} for card in shelf.shown(user, everything)]


@signed_in
@require_POST
def put(request: HttpRequest, public_id: str) -> HttpResponse:
    """From Manage: the ticked collections, and perhaps a new one."""
    award = get_object_or_404(Award, public_id=public_id, earner=me(request), state=Award.State.ACCEPTED)
    collecting.put(award, me(request), _chosen(request))
    messages.success(request, _("Saved."))
    return redirect("manage", public_id)


@signed_in
@require_POST
def put_imported(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same for a badge from elsewhere."""
    imported = get_object_or_404(Imported, public_id=public_id, owner=me(request), removed_at__isnull=True)
    owning.put(imported, me(request), _chosen(request))
    messages.success(request, _("Saved."))
    return redirect("imported_manage", public_id)


def _chosen(request: HttpRequest) -> list[str]:
    # PostgreSQL refuses a NUL even in a question.
    chosen = [one for one in request.POST.getlist("collection") if "\0" not in one]
    name = request.POST.get("new", "").strip()
    if name:
        try:
            chosen.append(collecting.make(me(request), name).public_id)
        except collecting.TooMany:
            messages.error(request, _("You have very many collections already. Delete one first."))
    return chosen
