"""Who may visit: every view carries one of these decorators, and a house rule reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponseBase]
FRESH_SECONDS = 15 * 60


def anyone(view: View) -> View:
    """Strangers too: the view itself decides what they see."""
    view.who = "anyone"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    guarded = never_cache(login_required(view))
    guarded.who = "signed in"  # type: ignore[attr-defined]
    return guarded


def fresh(view: View) -> View:
    """Signed in, and the person proved a moment ago that it is still them (DECISIONS 24)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_fresh(request):
            back = (
                request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "")
            )
            return HttpResponseRedirect(f"/account/confirm?next={quote(_own_path(request, back))}")
        return view(request, *args, **kwargs)

    inner = never_cache(login_required(guarded))
    inner.who = "signed in, confirmed a moment ago"  # type: ignore[attr-defined]
    return inner


def _own_path(request: HttpRequest, back: str) -> str:
    """The path of an address of ours; the badges page for any other."""
    own = f"{request.scheme}://{request.get_host()}"
    path = back.removeprefix(own)
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/badges"


def mark_fresh(request: HttpRequest) -> None:
    request.session["fresh_at"] = int(time.time())


def is_fresh(request: HttpRequest) -> bool:
    at = request.session.get("fresh_at", 0)
    return isinstance(at, int) and 0 <= time.time() - at <= FRESH_SECONDS
