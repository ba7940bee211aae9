"""“Add from elsewhere” (UX 2.9): the form, what came in and what did not, and Manage of what did."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.awards.forms import VisibilityForm
from plaudit_site.awards.keeping import UNDO_REMOVE
from plaudit_site.awards.models import Collection, Visibility
from plaudit_site.backpack import (
    cards,
    contents,
    importing,
    own_addresses,
    owning,
    unpacking,
    verifying,
    words,
)
from plaudit_site.backpack.models import CollectedImport, Import, Imported, ImportItem
from plaudit_site.showing.slugs import slug_of

MOST_BODY = unpacking.MOST_ARCHIVE + 512 * 1024
MOST_WAITED_FOR = 3  # more than that is the worker's
MEDIA = {
    Imported.Form.PNG: "image/png",
    Imported.Form.SVG: "image/svg+xml",
    Imported.Form.JSON: "application/json",
    Imported.Form.JWT: "application/jwt",
    Imported.Form.PDF: "application/pdf",
}


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The form; what is posted is written down first and then looked at."""
    if request.method != "POST":
        return _form(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY:
        return _form(request, problem=words.too_much(), status=413)
    text = request.POST.get("text", "").strip()
    try:
        pieces = _pieces(request.FILES.getlist("file"), text)
    except unpacking.NoArchive:
        return _form(request, text=text, problem=words.archive_refused(), status=400)
    if not pieces:
        return _form(request, text=text, problem=words.nothing_given(), status=400)
    try:
        run = importing.begin(me(request), pieces)
    except importing.TooMany:
        return _form(request, text=text, problem=words.too_many(), status=429)
    if len(pieces) <= MOST_WAITED_FOR:
        importing.take_in_now(run)
    return redirect("import_run", run.public_id)


def _pieces(files: list[Any], text: str) -> list[unpacking.Piece]:
    found = []
    for file in files:
        found += unpacking.pieces(file.name or "", file.read())
    return found + ([unpacking.piece_of_text(text)] if text else [])


def _form(request: HttpRequest, *, text: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    return render(request, "backpack/add.html", {"text": text, "problem": problem}, status=status)


def _here_already(item: ImportItem, owner: User) -> dict[str, Any]:
    """What is here already, and the way to it as it is by now: what waited may have been accepted since."""
    reason = item.reason
    if reason in {"waiting", "declined"}:
        reason = importing.own(owner, item.address).get("reason", "")
    ways = {
        "earned": (reverse("earned"), _("To Earned")),
        "hidden": (reverse("hidden"), _("To Hidden")),
        "removed": (reverse("hidden"), _("To Hidden")),
        "declined": (reverse("waiting"), _("To Waiting")),
    }
    if reason == "waiting":
        ways[reason] = (reverse("accept", args=[own_addresses.award_named(item.address)]), _("Accept it"))
    url, way = ways.get(reason, ("", ""))
    return {"item": item, "where": words.already(reason), "url": url, "way": way}


@signed_in
@require_safe
def run(request: HttpRequest, public_id: str) -> HttpResponse:
    """What came in and what did not, and why; goes on by itself while some are being checked."""
    found = get_object_or_404(Import, public_id=public_id, owner=me(request), ends_at__gt=timezone.now())
    items = list(found.items.select_related("imported").defer("content", "report").order_by("number"))
    return render(
        request,
        "backpack/run.html",
        {
            "run": found,
            "whole": len(items),
            "done": sum(item.state != ImportItem.State.QUEUED for item in items),
            "came_in": [
                cards.card(item.imported)
                for item in items
                if item.state == ImportItem.State.IN and item.imported
            ],
            "there": [
                _here_already(item, me(request)) for item in items if item.state == ImportItem.State.THERE
            ],
            "others": [item for item in items if item.state == ImportItem.State.OTHER],
            "refused": [
                (item, words.reason(item.reason)) for item in items if item.state == ImportItem.State.REFUSED
            ],
            "queued": sum(item.state == ImportItem.State.QUEUED for item in items),
        },
    )


def mine(request: HttpRequest, public_id: str) -> Imported:
    """An imported badge of the visitor; anything else is a 404."""
    found = Imported.objects.filter(public_id=public_id, owner=me(request)).first()
    if found is None or (found.removed_at and found.removed_at < timezone.now() - UNDO_REMOVE):
        raise Http404
    return found


@signed_in
@require_safe
def manage(request: HttpRequest, public_id: str) -> HttpResponse:
    """Manage as a page; with ?part=1 the same part alone, for the dialog."""
    imported = mine(request, public_id)
    template = "backpack/_manage.html" if request.GET.get("part") else "backpack/manage.html"
    inside = CollectedImport.objects.filter(imported=imported).values_list("collection_id", flat=True)
    context: dict[str, Any] = {
        "badge": cards.card(imported),
        "imported": imported,
        "state": owning.state_now(imported, timezone.now()),
        "removed": imported.removed_at is not None,
        "shared": imported.visibility != Visibility.ONLY_ME,
        "link": cards.shown_url(imported),
        "shown": contents.shown(imported.report),
        "visibility_form": VisibilityForm(initial={"visibility": imported.visibility}),
        "collections": [
            {"id": one.public_id, "name": one.name, "inside": one.pk in set(inside)}
            for one in Collection.objects.filter(owner=me(request))
        ],
    }
    return render(request, template, context)


@signed_in
@require_POST
def set_visibility(request: HttpRequest, public_id: str) -> HttpResponse:
    form = VisibilityForm(request.POST)
    if form.is_valid():
        owning.set_visibility(_there(request, public_id), me(request), form.cleaned_data["visibility"])
        messages.success(request, _("Saved."))
    return redirect("imported_manage", public_id)


def _there(request: HttpRequest, public_id: str) -> Imported:
    found = mine(request, public_id)
    if found.removed_at is not None:
        raise Http404
    return found


@signed_in
@require_POST
def hide(request: HttpRequest, public_id: str) -> HttpResponse:
    imported = _there(request, public_id)
    hiding = not imported.hidden
    owning.set_hidden(imported, me(request), hiding)
    messages.success(request, _("Hidden from Earned.") if hiding else _("Back on Earned."))
    return redirect("hidden" if hiding else "earned")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks once, naming the badge; 30 days to take it back."""
    imported = _there(request, public_id)
    if request.method == "POST":
        owning.remove(imported, me(request))
        messages.success(request, _("Removed. For 30 days you can take it back, on the tab Hidden."))
        return redirect("hidden")
    manage_url = reverse("imported_manage", args=[public_id])
    return render(request, "backpack/remove.html", {"badge": cards.card(imported), "manage_url": manage_url})


@signed_in
@require_POST
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        owning.take_back(mine(request, public_id), me(request))
    except owning.NotYours as gone:
        raise Http404 from gone
    messages.success(request, _("It is back."))
    return redirect("imported_manage", public_id)


@signed_in
@require_POST
def check_again(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        owning.check_again(_there(request, public_id), timezone.now())
    except verifying.Busy:
        messages.error(request, _("Others are checking badges at this moment. Try again in a few seconds."))
    else:
        messages.success(request, _("Checked."))
    return redirect("imported_manage", public_id)


@signed_in
@require_safe
def picture(request: HttpRequest, public_id: str) -> HttpResponse:
    imported = mine(request, public_id)
    if not imported.picture:
        raise Http404
    response = HttpResponse(bytes(imported.picture), content_type="image/png")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@signed_in
@require_safe
def file(request: HttpRequest, public_id: str) -> HttpResponse:
    """Exactly the bytes that came; never shown inside a page of ours."""
    return as_it_came(mine(request, public_id))


def as_it_came(imported: Imported) -> HttpResponse:
    response = HttpResponse(bytes(imported.content), content_type=MEDIA[Imported.Form(imported.form)])
    name = f"{slug_of(imported.title, 60, without='badge')}-{imported.public_id[:6]}.{imported.form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Robots-Tag"] = "noindex"
    return response
