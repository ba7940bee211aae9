"""How bytes go out: media types, tags, who may keep them, who may read them from another site."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from plaudit_site.awards import downloads
from plaudit_site.awards.models import Award
from plaudit_site.public import files

CREDENTIAL = ("application/vc+ld+json", "application/vc", "application/ld+json", "application/json")
KEYS = ("application/did+json", "application/did+ld+json", "application/json")
LINKED = ("application/ld+json", "application/json")
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
# No "no-transform" slips in: a picture that is compressed anew loses its proof.
REVALIDATE = "public, no-cache, no-transform"
PRIVATE = "private, no-store"
# In the environ of a request that public/fast.py made: a list, into which a view puts until when its page holds.
MAY_KEEP = "plaudit.may_keep"
# And the rows that it has asked for (visible.PAGE).
ROWS = "plaudit.rows"
# The same, where the page is made at once or not at all: nothing more may be asked (asgi.py). NOT_AT_ONCE says so.
AT_ONCE = "plaudit.at_once"
NOT_AT_ONCE = 204  # no view of ours gives it for a page, and Django does not log it as an error


def chosen(request: HttpRequest, offered: Sequence[str]) -> str:
    """The media type asked for among those offered; the first one when nothing in particular was (DECISIONS 28)."""
    return request.get_preferred_type(list(offered)) or offered[0]


def wants_page(request: HttpRequest, offered: Sequence[str]) -> bool:
    """A browser says text/html; programs say something else, or anything."""
    return request.get_preferred_type([*offered, "text/html"]) == "text/html"


TOKEN = ("application/vc+jwt", "application/jwt")


def wanted_form(request: HttpRequest) -> str | None:
    """The ending of the form that a program asks for by media type; None for a browser, which wants the page.

    Open Badges 2.0 is not negotiated: its documents have identities, which are addresses, of their own.
    """
    types = dict.fromkeys(CREDENTIAL, downloads.JSON.ending)
    types |= dict.fromkeys(TOKEN, downloads.JWT.ending)
    types |= {form.media_type: form.ending for form in (downloads.PNG, downloads.SVG, downloads.PDF)}
    asked = request.get_preferred_type([*types, "text/html"])
    return None if asked == "text/html" else types.get(asked or "", downloads.JSON.ending)


def linked(response: HttpResponse, award: Award) -> HttpResponse:
    response["Link"] = files.links(award)
    return response


def withdrawn(document: Mapping[str, Any]) -> HttpResponse:
    """A hosted assertion of Open Badges 2.0 that holds no longer."""
    response = JsonResponse(document, status=410, content_type=downloads.OLDER_JSON.media_type)
    response["Cache-Control"] = REVALIDATE
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def document(
    request: HttpRequest,
    content: bytes,
    media_type: str,
    *,
    keep: str = REVALIDATE,
    everywhere: bool = True,
    name: str = "",
) -> HttpResponse:
    """Bytes as they are, with an ETag. `everywhere`: readable from pages of other sites (DECISIONS 27)."""
    response = HttpResponse(content, content_type=media_type)
    response["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response["Cache-Control"] = keep
    response["X-Robots-Tag"] = "noindex"
    response["X-Content-Type-Options"] = "nosniff"
    if media_type.startswith("image/"):
        response["Content-Security-Policy"] = PICTURE_POLICY
    if name and "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    if everywhere:
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept"])
    if keep == PRIVATE:
        return response
    conditional = get_conditional_response(request, etag=response["ETag"], response=response)
    return response if conditional is None else _with_headers(conditional, response)


def may_keep(request: HttpRequest, until: datetime) -> None:
    """The page may be kept so long, if no row changes that it shows; for those who ask without a name alone."""
    asked = request.META.get(MAY_KEEP)
    if isinstance(asked, list):
        asked.append(until)


def _with_headers(conditional: object, full: HttpResponse) -> HttpResponse:
    """A 304 carries the same headers that decide how long and where the kept bytes may be used."""
    if not isinstance(conditional, HttpResponse) or conditional is full:
        return full
    for header in ("Cache-Control", "Access-Control-Allow-Origin", "X-Robots-Tag", "Vary"):
        if header in full:
            conditional[header] = full[header]
    return conditional
