"""Only members, by role: for anybody else an issuer's console is not there (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponseBase

from plaudit_site.accounts.guards import View, fresh, signed_in
from plaudit_site.accounts.models import User
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer


def member(verb: str, *, freshly: bool = False) -> Callable[[View], View]:
    """The view gets the issuer of `slug` as its second argument, if the visitor may `verb` for it now."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            issuer = Issuer.objects.filter(slug=slug).first()
            if issuer is None or not may(cast(User, request.user), verb, issuer):
                raise Http404
            return view(request, issuer, *args, **kwargs)

        inner = fresh(guarded) if freshly else signed_in(guarded)
        inner.who = f"member who may {verb}"  # type: ignore[attr-defined]
        return inner

    return guard
