"""How this issuer's mails are worded: its own subject and text for each, in any language, and the mail as it looks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plaudit_site.achievements import saying
from plaudit_site.awards import expiring, mails, wording
from plaudit_site.awards.console_forms import NoticesForm, WordsForm
from plaudit_site.awards.console_views import me
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console
from plaudit_site.mail import own_wording


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    kind, language = request.GET.get("kind", ""), request.GET.get("language", "")
    kind = kind if kind in wording.KINDS else "invitation"
    language = language if language in saying.CODES else ""
    here = _address(issuer, kind, language)
    if request.method == "POST" and "notices" in request.POST:
        notices = NoticesForm(request.POST)
        if notices.is_valid():
            expiring.choose(issuer, sent=notices.cleaned_data["are_sent"], by=me(request))
            messages.success(request, _("Saved."))
        return redirect(here)
    scope = mails.scope_of(issuer)
    if request.method == "POST" and "reset" in request.POST:
        wording.word(issuer, kind, language, subject="", text="", by=me(request))
        messages.success(request, _("These mails go out as they did before you worded them."))
        return redirect(here)
    own = own_wording.exactly(scope, kind, language)
    form = WordsForm(language, request.POST or None, initial={"subject": own[0], "text": own[1]})
    shown = own if any(own) else own_wording.of(scope, kind, language)
    if request.method == "POST":
        if form.is_valid():
            subject, text = form.cleaned_data["subject"], form.cleaned_data["text"]
            if "preview" not in request.POST:
                wording.word(issuer, kind, language, subject=subject, text=text, by=me(request))
                messages.success(request, _("Saved. Mails go out in these words from now on."))
                return redirect(here)
            shown = (subject, text)
        else:
            shown = ("", "")
    more = {
        "form": form,
        "is_wrong": form.is_bound and not form.is_valid(),
        "is_preview": "preview" in request.POST,
        "is_own": any(own),
        "when": wording.KINDS[kind][1],
        "language": language,
        "kind": kind,
        "letter": wording.preview(issuer, kind, language, shown),
        "notices_form": NoticesForm(initial={"are_sent": expiring.are_sent(issuer)}),
        **_choices(issuer, kind, own_wording.worded(scope)),
    }
    return render(request, "awarding/wording.html", {**console(request, issuer, "wording"), **more})


def _address(issuer: Issuer, kind: str, language: str = "") -> str:
    asked = {"kind": kind if kind != "invitation" else "", "language": language}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("issuer_wording", args=[issuer.slug]) + (f"?{query}" if query else "")


def _choices(issuer: Issuer, kind: str, worded: dict[str, list[str]]) -> dict[str, Any]:
    """Every kind of mail, and every language, with those marked that have words of the issuer's own."""
    return {
        "kinds": [
            {
                "words": words,
                "url": _address(issuer, name),
                "is_here": name == kind,
                "number": len(worded.get(name, [])),
            }
            for name, (words, _when) in wording.KINDS.items()
        ],
        "languages": [(code, name, code in worded.get(kind, [])) for code, name in saying.languages()],
        "in_other_words": [
            (name, _address(issuer, kind, code))
            for code, name in saying.languages()
            if code in worded.get(kind, [])
        ],
    }
