"""Pages for what went wrong: one sentence, one thing to do, a number to name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

from plaudit_site.accounts.guards import anyone


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    response = render(request, f"{status}.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


@anyone
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _plain(request, 400)


@anyone
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, 403)


@anyone
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same page for what is private and for what never was (J38)."""
    del exception
    return _page(request, 404)


@anyone
def server_error(request: HttpRequest) -> HttpResponse:
    return _plain(request, 500)


@anyone
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or a press that came from another site."""
    return _page(request, 403, csrf=True, reason=reason)


def _plain(request: HttpRequest, status: int) -> HttpResponse:
    """Without context processors: nothing here may ask session or database."""
    words = {"request_id": getattr(request, "request_id", "")}
    return HttpResponse(get_template(f"{status}.html").render(words), status=status)
