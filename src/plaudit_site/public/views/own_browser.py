"""“Check it in your own browser”: a page that computes by itself. The site gives it scripts and vocabularies alone."""

from __future__ import annotations

import json
from functools import cache

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from plaudit import documents, schema
from plaudit_site.accounts.guards import anyone
from plaudit_site.ids import LENGTH
from plaudit_site.public import browser_words
from plaudit_site.public.views import answers

JSONLD = "js/vendor/jsonld-9.0.0.min.js"
PARTS = (
    JSONLD,
    *(
        f"js/check/{name}.js"
        for name in ("reading", "keys", "words", "model", "proofs", "status", "verifying", "showing")
    ),
)
"""In this order: each uses what those before it brought. A saved check carries them too."""
ICONS = (
    "badge-check",
    "calendar-x",
    "circle-check",
    "circle-question-mark",
    "circle-x",
    "history",
    "info",
    "octagon-x",
)


@anyone
@require_safe
@csp_update({"connect-src": ["https:"]})  # issuers may be anywhere (DECISIONS 27)
def own_browser(request: HttpRequest) -> HttpResponse:
    """The same for everybody; which badge it is about stands behind the #, and so is never sent."""
    response = render(
        request,
        "public/own_browser.html",
        {"parts": PARTS, "icons": ICONS, "words": browser_words.words(), "parts_at": _parts_at()},
    )
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _parts_at() -> str:
    """Where the addresses of pages that show less begin."""
    some = "0" * LENGTH
    return reverse("limited", args=[some]).removesuffix(some)


@anyone
@require_safe
def known(request: HttpRequest) -> HttpResponse:
    """The pinned vocabularies and the data model, as the library has them."""
    return answers.document(request, _known(), "application/json", everywhere=False)


@cache
def _known() -> bytes:
    contexts = {url: {"@context": documents.load_context(url)} for url in documents.PINNED}
    return json.dumps({"contexts": contexts, "schema": schema.json_schema()}).encode()
