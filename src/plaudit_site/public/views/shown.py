"""A badge from elsewhere, as its earner shows it here: what was found out about it, and what was signed.

It is no certificate of ours: the page says that it was issued elsewhere, and green is only what this site vouches for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements import shapes
from plaudit_site.awards import claiming
from plaudit_site.awards.sharing import Sight
from plaudit_site.backpack import cards, owning, verifying
from plaudit_site.backpack.models import Imported
from plaudit_site.backpack.verifying import State
from plaudit_site.backpack.views import as_it_came
from plaudit_site.public import codes, lines, results
from plaudit_site.public.lines import Line
from plaudit_site.public.views import answers
from plaudit_site.public.views.certificates import Gone, gone


def seen(request: HttpRequest, public_id: str) -> tuple[Imported, Sight]:
    """For somebody who may see it; Http404 for private and unknown alike, Gone for a removed one."""
    found, sight = owning.look_up(public_id, request.user)
    if sight is Sight.GONE:
        raise Gone
    if found is None:
        raise Http404
    return found, sight


@anyone
@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        imported, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    response = render(
        request,
        "public/shown.html",
        {
            "imported": imported,
            "badge": _badge(imported),
            "picture_url": cards.public_picture_url(imported),
            "address": cards.shown_url(imported),
            "engraving": shapes.guilloche(imported.sha256, 60, 196, 20),
            "owner": imported.owner_id == request.user.pk,
            "only_owner": sight is Sight.OWNER,
            "has_file": not imported.tells_address,
            "busy": "busy" in request.GET,
        },
    )
    response["X-Robots-Tag"] = "noindex"
    if sight is Sight.OWNER:
        response["Cache-Control"] = answers.PRIVATE
    else:
        patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _badge(imported: Imported) -> results.Badge:
    """What was found out, and that whoever shows it here has proven an address it was awarded to."""
    badge = _with_last_good(results.badge(owning.report_now(imported, timezone.now())), imported)
    if badge.shown is None or imported.awarded_to not in claiming.proven_addresses(imported.owner):
        return badge
    proven = Line("recipient", "passed", _("Awarded to an address that its holder has proven here"), "", "")
    return replace(badge, lines=[proven if line.id == "recipient" else line for line in badge.lines])


def _with_last_good(badge: results.Badge, imported: Imported) -> results.Badge:
    """Its issuer cannot be asked: when it last could, and said that the badge holds."""
    then = imported.report.get(owning.LAST_GOOD)
    if not then:
        return badge
    said = lines.last_good(datetime.fromisoformat(then), timezone.now())
    changed = [
        one._replace(title=f"{one.title}. {said}") if one.id == "status" else one for one in badge.lines
    ]
    reason = f"{badge.reason}. {said}." if badge.state == State.UNKNOWN else badge.reason
    return replace(badge, lines=changed, reason=reason)


@anyone
@csrf_exempt  # it changes nothing of anybody's, and so the page needs no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def check_again(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Whoever looks at it may have its issuer asked once more; so many times in a while."""
    if request.method != "POST":
        return redirect("shown", public_id)
    try:
        imported, _seen = seen(request, public_id)
    except Gone:
        return gone(request)
    if not verifying.may_check(get_adapter().get_client_ip(request)):
        return render(request, "429.html", status=429)
    try:
        owning.check_again(imported, timezone.now())
    except verifying.Busy:
        return redirect(f"/shown/{public_id}?busy=1")
    return redirect("shown", public_id)


@anyone
@require_safe
def file(request: HttpRequest, public_id: str) -> HttpResponse:
    """The bytes as they came, for whoever wants to check them elsewhere; not where they name an address in clear."""
    try:
        imported, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if imported.tells_address:
        raise Http404
    response = as_it_came(imported)
    response["Cache-Control"] = answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE
    return response


@anyone
@require_safe
def picture(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        imported, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if not imported.picture or not imported.picture_is_signed:
        raise Http404
    return _kept(request, bytes(imported.picture), "image/png", sight)


@anyone
@require_safe
def qr(request: HttpRequest, public_id: str, ending: str = "svg") -> HttpResponse:
    try:
        imported, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    return _kept(request, codes.qr(cards.shown_url(imported), ending), codes.MEDIA_TYPES[ending], sight)


def _kept(request: HttpRequest, content: bytes, media_type: str, sight: Sight) -> HttpResponse:
    keep = answers.REVALIDATE if sight is Sight.ANYONE else answers.PRIVATE
    return answers.document(request, content, media_type, keep=keep, everywhere=False)
