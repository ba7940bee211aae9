"""Pages for what went wrong: one sentence, one thing to do, a number to name."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

from plaudit_site.accounts.guards import anyone
from plaudit_site.api.problem import Problem, is_of_a_full_disk, no_room
from plaudit_site.api.problem import not_found as nothing_there
from plaudit_site.api.views.rest import is_for_programs, said


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    response = render(request, f"{status}.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


@anyone
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_large = isinstance(exception, RequestDataTooBig)
    if is_for_programs(request):
        problem = Problem("unreadable", "The request can’t be read.")
        return said(request, Problem("too-large", "The body is too large.") if too_large else problem)
    return _page(request, 413) if too_large else _plain(request, 400)


@anyone
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, 403)


@anyone
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same page for what is private and for what never was (J38)."""
    del exception
    if is_for_programs(request):
        return said(request, nothing_there())
    return _page(request, 404)


@anyone
def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is at hand: a full disk and a database that is away are nobody's mistake."""
    problem = _problem_of(sys.exc_info()[1])
    response = said(request, problem) if is_for_programs(request) else _plain(request, problem.status)
    if problem is not _OURS:
        response["Retry-After"] = "5" if problem is _BUSY else "3600"
        response["Cache-Control"] = "private, no-store"
    return response


_BUSY = Problem("busy", "The database does not answer; nothing of this request was done.")
_OURS = Problem("our-fault", "Something broke here; nothing of this request was done.")


def _problem_of(error: BaseException | None) -> Problem:
    if is_of_a_full_disk(error):
        return no_room()
    return _BUSY if isinstance(error, OperationalError | InterfaceError) else _OURS


@anyone
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or a press that came from another site."""
    return _page(request, 403, csrf=True, reason=reason)


def _plain(request: HttpRequest, status: int) -> HttpResponse:
    """Without context processors: nothing here may ask session or database."""
    words = {"request_id": getattr(request, "request_id", "")}
    return HttpResponse(get_template(f"{status}.html").render(words), status=status)
