"""POST /api/v1/verify: anybody's badge, without a token; the report that page and command give too (J42)."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from plaudit_site.api.problem import Problem
from plaudit_site.api.verification import KINDS_OF_BODY
from plaudit_site.api.views import rest
from plaudit_site.backpack import verifying


@rest.by_token
def verify(request: HttpRequest) -> HttpResponse:
    """The body is the badge: its file, its text, or (as text/plain) its address."""
    try:
        given = _given(request)
        report = verifying.verify(given, timezone.now())
    except verifying.Busy:
        busy = "Others are checking badges at this moment."
        return rest.said(request, Problem("busy", busy, headers={"Retry-After": str(verifying.SECONDS)}))
    except Problem as problem:
        return rest.said(request, problem)
    answer = rest.answered(200, {"state": str(verifying.state_of(report)), **report})
    answer["Cache-Control"] = "no-store"
    return answer


def _given(request: HttpRequest) -> bytes | str:
    """Raises Problem."""
    if request.method != "POST":
        raise rest.other_method(["POST"])
    kind = request.content_type or ""
    if kind not in KINDS_OF_BODY:
        raise Problem("wrong-type", f"The body is the badge itself: one of {', '.join(KINDS_OF_BODY)}.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise Problem("length-needed", "Send Content-Length.")
    if int(length) > verifying.MOST_BYTES:
        raise Problem("too-large", "A badge of up to 5 MB is taken.")
    if not verifying.may_check(get_adapter().get_client_ip(request)):
        wait = {"Retry-After": str(verifying.CHECKS_SECONDS)}
        raise Problem(
            "too-often", f"{verifying.CHECKS} checks in ten minutes are made for you.", headers=wait
        )
    data = request.read(int(length))
    if kind == "text/plain":
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Problem("unreadable", "A text is sent in UTF-8.") from None
    return data
