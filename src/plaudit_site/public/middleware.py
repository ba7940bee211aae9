"""The gate: which host is asked, and what it may answer; and who has asked for too much in vain."""

from __future__ import annotations

import re
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from plaudit_site.accounts import throttling
from plaudit_site.issuers import own_hosts, own_identifiers


class HostGate:
    """Before everything else: who is asked (DECISIONS 29).

    The site's own host has all addresses. A host that an issuer has proven has that issuer's public ones alone, and
    neither reads nor sets a cookie. Any other gets nothing, so that no link and no mail can be made to name it (B17).
    """

    ASK = "/hosts/ask"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == self.ASK:  # a proxy on this machine asks, by whatever name it has for us
            return self._may_have_a_certificate(request)
        host = _host_of(request.META.get("HTTP_HOST", request.META["SERVER_NAME"]))
        if host in settings.OWN_HOSTS:
            return self.get_response(request)
        issuer = own_hosts.issuer_at(host) if host else None
        if issuer is None and host and _OWN.fullmatch(request.path_info):
            named = own_identifiers.of_host(host, request.path_info.split("/")[2])
            issuer = named.issuer if named else None
        if issuer is None:
            raise SuspiciousOperation("a host that is not ours")
        request.META.pop("HTTP_COOKIE", None)
        request.META.pop("HTTP_AUTHORIZATION", None)
        request.urlconf = "plaudit_site.public.host_urls"
        request.host_issuer, request.host_name = issuer, host  # type: ignore[attr-defined]
        response = self.get_response(request)
        if isinstance(response, HttpResponseBase):
            response.cookies.clear()
        return response

    def _may_have_a_certificate(self, request: HttpRequest) -> HttpResponse:
        """Caddy asks before it fetches a certificate for a name that somebody connected with (deploy/Caddyfile)."""
        host = _host_of(request.GET.get("domain", ""))
        known = host in settings.OWN_HOSTS or (
            bool(host) and (own_hosts.issuer_at(host) is not None or own_identifiers.is_named(host))
        )
        words = "yes\n" if known else "no\n"
        answer = HttpResponse(words, status=200 if known else 404, content_type="text/plain; charset=utf-8")
        answer["Cache-Control"] = "no-store"
        return answer


class SlowsGuessing:
    """Whoever tries one unguessable address after another is told to wait (ADR 0064). Only misses are counted.

    The innermost of all: it sees which route was meant, and what its view said. The API is left out: it answers
    nobody without a token, and counts what each token asks.
    """

    SECRET_PARTS = frozenset({"public_id", "id", "message_id", "token", "secret"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.misses = throttling.Misses()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 404 and self._is_secret(request):
            self.misses.note(self._who(request))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        del view, args, kwargs
        if self.misses.is_idle() or not self._is_secret(request):
            return None
        wait = self.misses.wait(self._who(request))
        if not wait:
            return None
        # Hit or miss, the answer is the same: who guesses learns nothing from it.
        response = render(request, "429.html", status=429)
        response["Retry-After"] = str(wait)
        response["Cache-Control"] = "private, no-store"
        return response

    def _is_secret(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        if match is None or match.route.startswith("api/"):
            return False
        return not self.SECRET_PARTS.isdisjoint(match.kwargs)

    @staticmethod
    def _who(request: HttpRequest) -> str:
        return throttling.network_of(get_adapter().get_client_ip(request))


# What was signed is answered under every name that leads here, whoever has proven it by now (DECISIONS 5).
_OWN = re.compile(r"/own/[0-9a-z]{26}/did\.json")
_HOST = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::[0-9]{1,5})?")


def _host_of(header: str) -> str:
    """The name in a Host header, without the port; "" for what is none."""
    found = _HOST.fullmatch(header.lower()) if len(header) <= 260 else None
    return found[1] if found else ""
