"""Sensitive pages of the account library need a fresh session and are kept by nobody, as our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from plaudit_site.accounts.guards import fresh

SENSITIVE = frozenset(
    {
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "account_change_password",
        "account_set_password",
    }
)


class FreshForSensitive:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith("/accounts/") and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"  # addresses, passkeys, recovery codes
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.url_name not in SENSITIVE:
            return None
        return fresh(view)(request, *args, **kwargs)
