"""“Verify a badge”: anybody's, in whatever it came (J42). Reading a page changes nothing; a check is a POST."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.backpack import examples, keeping, unpacking, verifying, words
from plaudit_site.public import results
from plaudit_site.public.views import answers
from plaudit_site.showing.context import FROZEN

MOST_BODY = unpacking.MOST_ARCHIVE + 64 * 1024


@anyone
@csrf_exempt  # it changes nothing of anybody's, and so the page needs no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form, and the press that leads to a result."""
    if FROZEN in request.META:
        return render(request, "public/verify_in_copy.html")
    if request.method != "POST":
        return _form(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY:
        return _form(request, problem=_too_large(), status=413)
    file = request.FILES.get("file")
    text = request.POST.get("text", "").strip()
    if "example" in request.POST:
        return _try(request, request.POST["example"])
    if file is None and not text:
        return _form(
            request, problem=_("Choose a file, or paste an address or the text of a badge."), status=400
        )
    content = file.read() if file is not None else b""
    is_archive = unpacking.is_archive(content)
    given = content if file is not None else text.encode("utf-8", "surrogatepass")
    if len(given) > (unpacking.MOST_ARCHIVE if is_archive else verifying.MOST_BYTES):
        return _form(request, text=text, problem=_too_large(), status=413)
    if not verifying.may_check(
        get_adapter().get_client_ip(request), counts=verifying.AN_ARCHIVE_COUNTS if is_archive else 1
    ):
        return render(request, "429.html", status=429)
    if is_archive:
        return _archive(request, content, text)
    try:
        result = keeping.check(content if file is not None else text, timezone.now())
    except verifying.Busy:
        busy = _("Others are checking badges at this moment. Try again in a few seconds.")
        response = _form(request, text=text, problem=busy, status=503)
        response["Retry-After"] = str(verifying.SECONDS)
        return response
    return redirect("verify_result", result.public_id)


def _try(request: HttpRequest, kind: str) -> HttpResponse:
    """One of the site's own, as if somebody had chosen its file."""
    content = {str(one): content for one, content in examples.offered().items()}.get(kind)
    if content is None:
        return _form(request, problem=_("There is no such example."), status=400)
    if not verifying.may_check(get_adapter().get_client_ip(request)):
        return render(request, "429.html", status=429)
    return redirect("verify_result", keeping.check(content, timezone.now()).public_id)


def _archive(request: HttpRequest, content: bytes, text: str) -> HttpResponse:
    """Every badge in it by itself, within the bounds of the backpack's archives."""
    try:
        pieces = unpacking.pieces("", content)
    except unpacking.NoArchive:
        return _form(request, text=text, problem=words.archive_refused(), status=400)
    if not pieces:
        return _form(request, text=text, problem=_("There is no file in this archive."), status=400)
    return redirect("verify_result", keeping.check_archive(pieces, timezone.now()).public_id)


def _form(request: HttpRequest, *, text: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    response = render(
        request,
        "public/verify.html",
        {
            "text": text or request.GET.get("address", "")[:2000],
            "problem": problem,
            "most_mb": 5,
            "archive_mb": 20,
            "examples": [(str(kind), _of_example(kind)) for kind in examples.offered()],
        },
        status=status,
    )
    response["Cache-Control"] = "no-cache"
    return response


def _of_example(kind: examples.Example) -> str:
    return {
        examples.Example.GOOD: _("One that is good"),
        examples.Example.REVOKED: _("One that was revoked"),
        examples.Example.CHANGED: _("One that somebody changed"),
    }[kind]


def _too_large() -> str:
    return _(
        "That is more than 5 MB, or 20 MB for an archive. A badge is smaller: choose the picture or file that you were "
        "given."
    )


@anyone
@require_safe
def result(request: HttpRequest, public_id: str) -> HttpResponse:
    """What came of a check; its address can be shown to others for a day."""
    found = keeping.find(public_id)
    if found is None:
        raise Http404
    response = render(
        request,
        "public/verify_result.html",
        {
            "result": found,
            "page": results.page(found),
            "link": f"{settings.BASE_URL}{reverse('verify_result', args=[found.public_id])}",
        },
    )
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = answers.PRIVATE
    return response
