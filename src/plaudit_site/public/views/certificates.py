"""The Certificate of Authenticity, its permanent address, and the files behind it."""

from __future__ import annotations

import base64
from io import BytesIO

import segno
from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

import plaudit
from plaudit_site.accounts.guards import anyone
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award
from plaudit_site.public import cards, certificates, checking
from plaudit_site.public.certificates import Sight
from plaudit_site.public.checking import State
from plaudit_site.public.views import answers

ASKS = 10  # of J41, for each visitor and certificate in ten minutes
ASKS_SECONDS = 600


class Gone(Exception):
    """Its earner took it away."""


def seen(request: HttpRequest, public_id: str) -> tuple[Award, Sight]:
    """The award, for somebody who may see it; Http404 for private and unknown alike, Gone for a removed one."""
    award, sight = certificates.look_up(public_id, request.user)
    if sight is Sight.GONE:
        raise Gone
    if award is None:
        raise Http404
    return award, sight


def gone(request: HttpRequest) -> HttpResponse:
    response = render(request, "410.html", status=410)
    response["Cache-Control"] = answers.PRIVATE
    return response


@anyone
@require_safe
def certificate(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """The page. An older slug of the issuer, or another issuer's, leads to the right one."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if slug != award.issuer.slug:
        return redirect("certificate", award.issuer.slug, public_id, permanent=False)
    return _page(request, award, sight)


def _page(
    request: HttpRequest, award: Award, sight: Sight, *, asked: str = "", answer: str = "", status: int = 200
) -> HttpResponse:
    verdict = checking.check(award, timezone.now(), fresh="fresh" in request.GET)
    page = certificates.page(award, verdict)
    response = render(
        request,
        "public/certificate.html",
        {
            "page": page,
            "award": award,
            "issuer": award.issuer,
            "owner": award.earner_id is not None and award.earner_id == request.user.pk,
            "only_owner": sight is Sight.OWNER,
            "state": page.state,
            "files": sharing.permanent_url(award),
            "command": certificates.command(award),
            "asked": asked,
            "answer": answer,
            "revocation": getattr(award, "revocation", None),
        },
        status=status,
    )
    response["X-Robots-Tag"] = "noindex"
    if sight is Sight.OWNER:
        response["Cache-Control"] = answers.PRIVATE
    else:
        patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


@anyone
@csrf_exempt  # it changes nothing, and so the page needs no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def is_it(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """J41: “is it really this person?” Yes or no against the signed hash; the address is not kept."""
    if request.method != "POST":
        return redirect("certificate", slug, public_id)
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    key = f"is-it:{public_id}:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, ASKS_SECONDS)
    if cache.incr(key) > ASKS:
        return render(request, "429.html", status=429)
    asked = request.POST.get("address", "").strip()[:254]
    verdict = checking.check(award, timezone.now())
    if "@" not in asked:
        return _page(request, award, sight, asked=asked, answer="unreadable", status=400)
    found = checking.belongs_to(verdict, asked)
    return _page(request, award, sight, asked=asked, answer="yes" if found else "no")


@anyone
@require_safe
def permanent(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/c/<id>`: leads a browser to the page and gives a program the signed document (J34)."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    if answers.wants_page(request, answers.CREDENTIAL):
        response: HttpResponse = redirect("certificate", award.issuer.slug, public_id)
        response["Cache-Control"] = "no-cache" if sight is Sight.ANYONE else answers.PRIVATE
        patch_vary_headers(response, ["Accept", "Cookie"])
        return response
    return _file(request, award, sight, "json")


@anyone
@require_safe
def file(request: HttpRequest, public_id: str, ending: str) -> HttpResponse:
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    return _file(request, award, sight, ending)


def _file(request: HttpRequest, award: Award, sight: Sight, ending: str) -> HttpResponse:
    if award.credential is None:
        raise Http404
    content = bytes(award.credential.content)
    if ending == "json":
        media_type = answers.chosen(request, answers.CREDENTIAL)
    elif ending == "png":
        media_type, content = "image/png", plaudit.bake(bytes(award.version.picture_png), content)
    else:
        media_type, content = "image/svg+xml", plaudit.bake(drawing(award), content)
    public = sight is Sight.ANYONE
    return answers.document(
        request,
        content,
        media_type,
        keep=answers.REVALIDATE if public else answers.PRIVATE,
        everywhere=public,
        name=certificates.file_name(award, ending),
    )


def drawing(award: Award) -> bytes:
    """The badge as SVG: the drawing, or the uploaded pixels inside one."""
    if award.version.picture_svg:
        return award.version.picture_svg.encode()
    pixels = base64.b64encode(bytes(award.version.picture_png)).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' viewBox="0 0 600 600"><image width="600" height="600"'
        f' xlink:href="data:image/png;base64,{pixels}"/></svg>'
    ).encode()


@anyone
@require_safe
def qr(request: HttpRequest, public_id: str) -> HttpResponse:
    """The permanent address as a QR code, always dark on white."""
    try:
        award, sight = seen(request, public_id)
    except Gone:
        return gone(request)
    code = segno.make(sharing.permanent_url(award), error="m", micro=False)
    svg = BytesIO()
    code.save(svg, kind="svg", scale=4, border=2, dark="#1b2430", light="#ffffff", xmldecl=False)
    public = sight is Sight.ANYONE
    return answers.document(
        request,
        svg.getvalue(),
        "image/svg+xml",
        keep=answers.REVALIDATE if public else answers.PRIVATE,
        everywhere=False,
    )


@anyone
@require_safe
def card(request: HttpRequest, public_id: str, version: str) -> HttpResponse:
    """The preview picture, at an address that changes when the certificate's state does."""
    award, sight = certificates.look_up(public_id, request.user)
    if award is None or sight is not Sight.ANYONE:
        raise Http404
    verdict = checking.check(award, timezone.now())
    current = certificates.card_version(award, verdict)
    if version != current:
        response: HttpResponse = redirect("card", public_id, current)
        response["Cache-Control"] = "no-cache"
        return response
    page = certificates.page(award, verdict)
    faded = verdict.state is not State.AUTHENTIC
    content = cards.draw(
        title=page.badge_title or page.heading,
        holder=page.holder,
        issuer=award.issuer.name if page.badge_title else "",
        note=page.verdict_words if faded else page.card_note,
        seed=certificates.verdict_seed(award),
        picture=bytes(award.version.picture_png) if page.picture_url else b"",
        svg=award.version.picture_svg if page.picture_url else "",
        faded=faded,
    )
    return answers.document(request, content, "image/png")
