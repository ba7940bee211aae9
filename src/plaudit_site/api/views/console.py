"""The tokens of an issuer: made and shown once, listed, revoked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.api import tokens as making
from plaudit_site.api.forms import TokenForm
from plaudit_site.api.models import Scope, Token
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console, me

SHOWN = 100


@member("own")
@require_http_methods(["GET", "HEAD"])
def tokens(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    labels = dict(Scope.choices)
    rows = [
        {
            "token": token,
            "scopes": [labels[scope] for scope in token.scopes],
            "is_living": token.revoked_at is None and not token.is_over,
        }
        for token in Token.objects.filter(issuer=issuer).select_related("made_by")[:SHOWN]
    ]
    return render(request, "api/tokens.html", {**console(request, issuer, "api"), "rows": rows})


@member("own", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def token_new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """What opens the issuer's awards is asked for once more (DECISIONS 24); the token stands in this answer alone."""
    form = TokenForm(request.POST or None)
    around = console(request, issuer, "api")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            token, secret = making.make(
                issuer,
                name=given["name"],
                scopes=given["scopes"],
                days=given["days"] or None,
                by=me(request),
                press=given["press"],
            )
        except making.TokenRefused as refusal:
            form.add_error(None, str(refusal))
        except making.PressedTwice:
            messages.warning(
                request, _("This token was made already, and is shown only once. Make another one.")
            )
            return redirect("issuer_tokens", issuer.slug)
        else:
            shown = {"token": token, "secret": secret, "base_url": settings.BASE_URL}
            return render(request, "api/token_made.html", {**around, **shown})
    return render(request, "api/token_new.html", {**around, "form": form})


@member("own")
@require_POST
def token_revoke(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """Without asking again: to shut is never dangerous."""
    token = get_object_or_404(Token, public_id=public_id, issuer=issuer)
    if making.revoke(token, by=me(request)):
        messages.success(request, _("Revoked. It opens nothing any more."))
    return redirect("issuer_tokens", issuer.slug)
