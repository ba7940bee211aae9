"""The console's pages about webhooks: where messages go, what became of each, and what an owner does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.models import User
from plaudit_site.api.forms import WebhookForm
from plaudit_site.api.hooks import making, signatures
from plaudit_site.api.hooks.events import KINDS, TEST
from plaudit_site.api.models import Webhook, WebhookMessage
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console, me

Act = tuple[Callable[..., object], Any]
SHOWN = 50
State = WebhookMessage.State


@member("own")
@require_http_methods(["GET", "HEAD"])
def webhooks(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    waiting = Count("messages", filter=Q(messages__state=State.WAITING))
    rows = Webhook.objects.filter(issuer=issuer).annotate(waiting=waiting)
    return render(request, "api/webhooks.html", {**console(request, issuer, "webhooks"), "rows": rows})


@member("own", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """What sends the issuer's awards somewhere else is asked for once more (DECISIONS 24)."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = making.make(
                issuer, url=given["url"], kinds=given["events"], by=me(request), press=given["press"]
            )
        except making.WebhookRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except making.PressedTwice:
            return redirect("webhooks", issuer.slug)
        else:
            messages.success(request, _("Made. Give your program its secret, then send it a test."))
            return redirect("webhook", issuer.slug, made.public_id)
    return render(request, "api/webhook_form.html", {**console(request, issuer, "webhooks"), "form": form})


@member("own", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    webhook = _webhook(issuer, public_id)
    form = WebhookForm(request.POST or None, webhook=webhook)
    if request.method == "POST" and form.is_valid():
        try:
            making.change(
                webhook, url=form.cleaned_data["url"], kinds=form.cleaned_data["events"], by=me(request)
            )
        except making.WebhookRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", issuer.slug, webhook.public_id)
    shown = {**console(request, issuer, "webhooks"), "form": form, "webhook": webhook}
    return render(request, "api/webhook_form.html", shown)


@member("own")
@require_http_methods(["GET", "HEAD"])
def webhook(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    found = _webhook(issuer, public_id)
    words = {kind.name: kind.words for kind in KINDS} | {TEST: _("a test, which says nothing")}
    rows = found.messages.order_by("-number")
    state = request.GET.get("state", "")
    if state in State.values:
        rows = rows.filter(state=state)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 10:
        rows = rows.filter(number__lt=int(before))
    page = list(rows[: SHOWN + 1])
    shown: dict[str, Any] = {
        "webhook": found,
        "waiting": found.messages.filter(state=State.WAITING).count(),
        "kinds": [(name, words[name]) for name in found.kinds],
        "rows": [
            {"message": row, "words": words.get(row.kind, ""), "id": signatures.message_id(row)}
            for row in page[:SHOWN]
        ],
        "older": page[SHOWN - 1].number if len(page) > SHOWN else None,
        "states": State.choices,
        "state": state,
        "has_messages": bool(page) or found.messages.exists(),
    }
    return render(request, "api/webhook.html", {**console(request, issuer, "webhooks"), **shown})


@member("own", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def secret(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """The secret, and the button that makes another one."""
    found = _webhook(issuer, public_id)
    if request.method == "POST":
        making.new_secret(found, by=me(request))
        messages.success(request, _("Made. For a day the one before signs too."))
        return redirect("webhook_secret", issuer.slug, public_id)
    shown = {"webhook": found, "secret": signatures.secret(found)}
    return render(request, "api/webhook_secret.html", {**console(request, issuer, "webhooks"), **shown})


ACTS: dict[str, Act] = {
    "test": (making.test, gettext_lazy("A test is on its way. Load this page again to see what came of it.")),
    "pause": (making.pause, gettext_lazy("Paused. What happens meanwhile waits for seven days.")),
    "resume": (making.resume, gettext_lazy("What waited is being sent.")),
    "try": (making.try_now, gettext_lazy("Being tried now. Load this page again to see what came of it.")),
}


@member("own")
@require_POST
def act(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """Test, pause, resume, try now."""
    found = _webhook(issuer, public_id)
    _do(request, ACTS, lambda chosen, by: chosen(found, by=by))
    return redirect("webhook", issuer.slug, public_id)


@member("own")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    found = _webhook(issuer, public_id)
    if request.method == "POST":
        making.remove(found, by=me(request))
        messages.success(request, _("Removed. Nothing more is sent there."))
        return redirect("webhooks", issuer.slug)
    shown = {**console(request, issuer, "webhooks"), "webhook": found}
    return render(request, "api/webhook_remove.html", shown)


ACTS_ON: dict[str, Act] = {
    "again": (making.send_again, gettext_lazy("It is sent again.")),
    "skip": (making.skip, gettext_lazy("Skipped.")),
}


@member("own")
@require_POST
def act_on(request: HttpRequest, issuer: Issuer, public_id: str, message_id: str) -> HttpResponse:
    """One message: send again, skip."""
    rows = WebhookMessage.objects.filter(webhook__issuer=issuer, webhook__public_id=public_id)
    message = get_object_or_404(rows.select_related("webhook__issuer"), public_id=message_id)
    _do(request, ACTS_ON, lambda chosen, by: chosen(message, by=by))
    return redirect("webhook", issuer.slug, public_id)


def _do(
    request: HttpRequest,
    acts: dict[str, Act],
    run: Callable[[Callable[..., object], User], object],
) -> None:
    """What the button said. One that changed nothing was pressed twice, and says nothing."""
    chosen = acts.get(request.POST.get("act", ""))
    if chosen is not None and run(chosen[0], me(request)) is not False:
        messages.success(request, chosen[1])


def _webhook(issuer: Issuer, public_id: str) -> Webhook:
    return get_object_or_404(Webhook.objects.select_related("issuer"), public_id=public_id, issuer=issuer)
