"""How bytes go out: media types, tags, who may keep them, who may read them from another site."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

CREDENTIAL = ("application/vc+ld+json", "application/vc", "application/ld+json", "application/json")
KEYS = ("application/did+json", "application/did+ld+json", "application/json")
LINKED = ("application/ld+json", "application/json")
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
# No "no-transform" slips in: a picture that is compressed anew loses its proof.
REVALIDATE = "public, no-cache, no-transform"
PRIVATE = "private, no-store"


def chosen(request: HttpRequest, offered: Sequence[str]) -> str:
    """The media type asked for among those offered; the first one when nothing in particular was (DECISIONS 28)."""
    return request.get_preferred_type(list(offered)) or offered[0]


def wants_page(request: HttpRequest, offered: Sequence[str]) -> bool:
    """A browser says text/html; programs say something else, or anything."""
    return request.get_preferred_type([*offered, "text/html"]) == "text/html"


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


def _with_headers(conditional: object, full: HttpResponse) -> HttpResponse:
    """A 304 carries the same headers that decide how long and where the kept bytes may be used."""
    if not isinstance(conditional, HttpResponse) or conditional is full:
        return full
    for header in ("Cache-Control", "Access-Control-Allow-Origin", "X-Robots-Tag", "Vary"):
        if header in full:
            conditional[header] = full[header]
    return conditional
