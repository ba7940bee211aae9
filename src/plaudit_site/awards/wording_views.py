"""How this issuer's invitations are worded: its own subject and text, with a preview of the whole mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plaudit_site.awards import expiring, mails
from plaudit_site.awards.console_forms import NoticesForm, WordsForm
from plaudit_site.awards.console_views import me
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console
from plaudit_site.mail import own_wording


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    if request.method == "POST" and "notices" in request.POST:
        notices = NoticesForm(request.POST)
        if notices.is_valid():
            expiring.choose(issuer, sent=notices.cleaned_data["are_sent"], by=me(request))
            messages.success(request, _("Saved."))
        return redirect("issuer_wording", issuer.slug)
    subject, text = own_wording.of(mails.scope_of(issuer), "invitation")
    form = WordsForm(request.POST or None, initial={"subject": subject, "text": text})
    if request.method == "POST":
        if form.is_valid():
            subject, text = form.cleaned_data["subject"], form.cleaned_data["text"]
            if "preview" not in request.POST:
                mails.word(issuer, subject=subject, text=text, by=me(request))
                messages.success(request, _("Saved. Invitations go out in these words from now on."))
                return redirect("issuer_wording", issuer.slug)
        else:
            subject, text = "", ""
    shown_subject, letter = mails.preview(issuer, subject, text)
    return render(
        request,
        "awarding/wording.html",
        {
            **console(request, issuer, "wording"),
            "form": form,
            "notices_form": NoticesForm(initial={"are_sent": expiring.are_sent(issuer)}),
            "subject": shown_subject,
            "letter": letter,
            "is_wrong": form.is_bound and not form.is_valid(),
            "is_preview": "preview" in request.POST,
        },
    )
