"""“Take everything with you” (E9): asked for after a mailed code, made by a worker, downloaded by its owner alone."""

from __future__ import annotations

from typing import cast

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from plaudit_site.accounts.guards import fresh
from plaudit_site.accounts.models import User
from plaudit_site.belongings import exports
from plaudit_site.belongings.models import Export


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@fresh
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """What will be in it; the press asks for it, and the same page shows how far it is."""
    if request.method == "POST":
        exports.ask(me(request))
        return redirect("export")
    found = exports.current(me(request))
    return render(
        request,
        "belongings/export.html",
        {"export": found, "badges": exports.count(me(request)), "size": found.size if found else 0},
    )


@fresh
@require_safe
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    found = get_object_or_404(
        Export, public_id=public_id, user=me(request), state=Export.State.READY, ends_at__gt=timezone.now()
    )
    try:
        file = default_storage.open(found.file)
    except FileNotFoundError as gone:
        raise Http404 from gone
    day = found.made_at.date().isoformat()
    response = FileResponse(
        file, as_attachment=True, filename=f"badges-{day}.zip", content_type="application/zip"
    )
    response["Cache-Control"] = "private, no-store"
    return response
