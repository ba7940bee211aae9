"""A badge inside other people's pages: the frame, and the answer that tells programs how to make one (oEmbed 1.0)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from xml.etree import ElementTree

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import Sight
from plaudit_site.public import certificates, checking
from plaudit_site.public.views import answers
from plaudit_site.showing.context import FROZEN

ABOUT = re.compile(r"/(?:i/[^/]+/)?(?:c|embed)/([0-9a-hjkmnp-tv-z]{26})/?")
THUMBNAIL = 600
THEMES = {"light", "dark"}  # without one, what the reader’s system wants
FRAMED = {
    "script-src": ["'none'"],
    "connect-src": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["*"],
}


@anyone
@require_safe
@xframe_options_exempt
@csp_replace(FRAMED)  # type: ignore[arg-type]
def embed(request: HttpRequest, public_id: str) -> HttpResponse:
    """The only page that others may frame: no cookie is read or set, no script runs, the badge is checked as always."""
    award, sight = sharing.look_up(public_id, AnonymousUser())
    if sight is Sight.GONE:
        return _nothing(request, "public/embed_gone.html", 410)
    if award is None:  # private or never there: the same bytes, in a frame that is not broken
        return _nothing(request, "public/embed_nothing.html", 404)
    page = certificates.page(award, checking.check(award, timezone.now()))
    address = page.address if FROZEN in request.META else sharing.via(page.address, "web")
    shown = {"page": page, "award": award, "address": address, "theme": _theme(request)}
    response = render(request, "public/embed.html", shown)
    response["X-Robots-Tag"] = "noindex"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_cache_control(response, public=True, no_cache=True)
    return response


def _nothing(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """Where somebody’s page still has a frame, and there is nothing to be shown in it."""
    response = render(request, template, {"theme": _theme(request)}, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = answers.PRIVATE
    return response


def _theme(request: HttpRequest) -> str:
    asked = request.GET.get("theme", "")
    return asked if asked in THEMES else ""


@anyone
@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """How to embed one of our badges. 404 for what is not ours or not for everybody, 501 for other formats."""
    form = request.GET.get("format", "json")
    if form not in {"json", "xml"}:
        return _open(HttpResponse("Only json and xml are offered.", status=501, content_type="text/plain"))
    award = _asked_for(request.GET.get("url", ""))
    if award is None:
        nothing = _open(HttpResponse("There is nothing to embed.", status=404, content_type="text/plain"))
        nothing["Cache-Control"] = answers.PRIVATE
        return nothing
    told = _told(award, _most(request, "maxwidth"), _most(request, "maxheight"))
    if form == "json":
        return _open(JsonResponse(told))
    root = ElementTree.Element("oembed")
    for name, value in told.items():
        ElementTree.SubElement(root, name).text = str(value)
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return _open(HttpResponse(text, content_type="text/xml; charset=utf-8"))


def _told(award: Award, most_width: int | None, most_height: int | None) -> dict[str, str | int]:
    page = certificates.page(award, checking.check(award, timezone.now()))
    width = min(sharing.EMBED_WIDTH, most_width or sharing.EMBED_WIDTH)
    height = min(sharing.EMBED_HEIGHT, most_height or sharing.EMBED_HEIGHT)
    title = "" if page.badge_title else page.head_title
    told: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": settings.SITE_NAME,
        "provider_url": settings.BASE_URL,
        "title": page.head_title,
        "author_name": award.issuer.name,
        "author_url": sharing.badge_site_url(award.issuer),
        "cache_age": 3600,
        "width": width,
        "height": height,
        "html": sharing.embed_code(award, width=width, height=height, holder=page.holder, title=title),
    }
    # The standard wants the three together, and none of them larger than what was asked for.
    if page.picture_url and min(most_width or THUMBNAIL, most_height or THUMBNAIL) >= THUMBNAIL:
        told |= {
            "thumbnail_url": page.picture_url,
            "thumbnail_width": THUMBNAIL,
            "thumbnail_height": THUMBNAIL,
        }
    return told


def _asked_for(url: str) -> Award | None:
    try:
        path = sharing.path_of(url[:2000])
    except ValueError:
        return None
    found = ABOUT.fullmatch(urlsplit(path).path) if path else None
    return _shown(found[1]) if found else None


def _shown(public_id: str) -> Award | None:
    """An award that everybody with the link may see, whoever asks."""
    award, _sight = sharing.look_up(public_id, AnonymousUser())
    return award


def _most(request: HttpRequest, name: str) -> int | None:
    """A limit in pixels; what is no number is none."""
    text = request.GET.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _open(response: HttpResponse) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, public=True, no_cache=True)  # it says whose it is, until nobody may know
    return response
