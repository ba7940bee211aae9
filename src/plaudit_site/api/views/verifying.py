"""POST /api/v1/verify: anybody's badge, without a token; the report that page and command give too (J42)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from plaudit_site.api.problem import Problem
from plaudit_site.api.verification import ARCHIVE, KINDS_OF_BODY
from plaudit_site.api.views import rest
from plaudit_site.backpack import looking_alike, unpacking, verifying


@rest.by_token
def verify(request: HttpRequest) -> HttpResponse:
    """The body is the badge: its file, its text, or (as text/plain) its address."""
    try:
        given = _given(request)
        now = timezone.now()
        if isinstance(given, list):
            return _said({"at": now.isoformat().replace("+00:00", "Z"), **_of_all(given, now)})
        return _said(_with_verdict(verifying.verify(given, now)))
    except verifying.Busy:
        busy = "Others are checking badges at this moment."
        return rest.said(request, Problem("busy", busy, headers={"Retry-After": str(verifying.SECONDS)}))
    except Problem as problem:
        return rest.said(request, problem)


def _said(content: dict[str, Any]) -> HttpResponse:
    answer = rest.answered(200, content)
    answer["Cache-Control"] = "no-store"
    return answer


def _with_verdict(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": str(verifying.state_of(report)),
        "look_alike": looking_alike.look_alike(report),
        **report,
    }


def _of_all(pieces: list[unpacking.Piece], now: datetime) -> dict[str, Any]:
    """Each file of an archive by itself; the worst badge is what the archive is."""
    judged = verifying.verify_all(pieces, now)
    return {
        "state": str(verifying.worst_of(judged)),
        "files": [
            {"name": one.name, "report": one.report and _with_verdict(one.report), "reason": one.reason}
            for one in judged
        ],
    }


def _given(request: HttpRequest) -> bytes | str | list[unpacking.Piece]:
    """Raises Problem."""
    if request.method != "POST":
        raise rest.other_method(["POST"])
    kind = request.content_type or ""
    if kind not in KINDS_OF_BODY:
        raise Problem("wrong-type", f"The body is the badge itself: one of {', '.join(KINDS_OF_BODY)}.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise Problem("length-needed", "Send Content-Length.")
    is_archive = kind == ARCHIVE
    may_be_archive = is_archive or kind == "application/octet-stream"
    if int(length) > (unpacking.MOST_ARCHIVE if may_be_archive else verifying.MOST_BYTES):
        raise Problem("too-large", "A badge of up to 5 MB is taken, or an archive of up to 20 MB.")
    _count(request, verifying.AN_ARCHIVE_COUNTS if is_archive else 1)
    data = request.read(int(length))
    # As on the page: a ZIP is one by what it begins with, whatever it was sent as.
    if not is_archive and unpacking.is_archive(data):
        is_archive = True
        _count(request, verifying.AN_ARCHIVE_COUNTS - 1)
    if not is_archive and len(data) > verifying.MOST_BYTES:
        raise Problem("too-large", "A badge of up to 5 MB is taken, or an archive of up to 20 MB.")
    if is_archive:
        try:
            return unpacking.pieces("", data) if unpacking.is_archive(data) else []
        except unpacking.NoArchive:
            raise Problem("unreadable", "The archive is damaged. Make it anew as a plain ZIP.") from None
    if kind == "text/plain":
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Problem("unreadable", "A text is sent in UTF-8.") from None
    return data


def _count(request: HttpRequest, counts: int) -> None:
    """Raises Problem."""
    if not verifying.may_check(get_adapter().get_client_ip(request), counts=counts):
        wait = {"Retry-After": str(verifying.CHECKS_SECONDS)}
        raise Problem(
            "too-often", f"{verifying.CHECKS} checks in ten minutes are made for you.", headers=wait
        )
