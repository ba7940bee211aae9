"""The issuer's register of people: look, add, change, remove, bring a list, take it away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.addresses import AddressRefused
from plaudit_site.awards import readdressing, register_lists
from plaudit_site.awards.console_views import me
from plaudit_site.awards.importing import COLUMNS
from plaudit_site.awards.spreadsheets import FileRefused, csv_line
from plaudit_site.issuers import registering
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer, Person
from plaudit_site.issuers.views import console

PER_PAGE = 50


class PersonForm(forms.Form):
    own_id = forms.CharField(
        label=gettext_lazy("Your id for this person"),
        max_length=registering.LONGEST_ID,
        help_text=gettext_lazy("A member, student or staff number: it stays when the address changes."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    address = forms.CharField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class ListForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("List"),
        help_text=gettext_lazy("CSV or XLSX with the columns id, name and e-mail address, in any order."),
    )


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (kept := _kept(request, issuer, form)):
        if not kept.is_new:
            messages.info(request, _("This id was in the register already: the entry was changed."))
        return redirect("register", issuer.slug)
    page = Paginator(registering.find(issuer, text), PER_PAGE).get_page(request.GET.get("page"))
    more = {"page": page, "people": list(page), "text": text, "form": form, "list_form": ListForm()}
    return render(request, "awarding/register.html", {**console(request, issuer, "register"), **more})


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, issuer: Issuer, pk: int) -> HttpResponse:
    found = _person(issuer, pk)
    initial = {"own_id": found.own_id, "name": found.name, "address": found.address}
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if registering.key_of(form.cleaned_data["own_id"]) != found.key:
            form.add_error("own_id", _("The id stays. For another id remove this entry and add a new one."))
        elif _kept(request, issuer, form):
            return redirect("register", issuer.slug)
    waiting = readdressing.waiting_for(found).count()
    more = {"person": found, "form": form, "waiting": waiting}
    return render(request, "awarding/register_person.html", {**console(request, issuer, "register"), **more})


@member("award")
@require_POST
def person_remove(request: HttpRequest, issuer: Issuer, pk: int) -> HttpResponse:
    registering.remove(_person(issuer, pk), by=me(request))
    messages.success(request, _("Removed from the register. Badges that were awarded stay as they are."))
    return redirect("register", issuer.slug)


@member("award")
@require_http_methods(["POST"])
def register_list(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """A whole list; the page after it says what became of each line that was no person."""
    form, brought = ListForm(request.POST, request.FILES), None
    if form.is_valid():
        try:
            brought = register_lists.bring(
                issuer, cast(BinaryIO, form.cleaned_data["file"].file), by=me(request)
            )
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
    more = {"form": form, "brought": brought}
    return render(request, "awarding/register_list.html", {**console(request, issuer, "register"), **more})


@member("award")
@require_http_methods(["GET", "HEAD"])
def register_export(_request: HttpRequest, issuer: Issuer) -> HttpResponseBase:
    """All of it as CSV, which can be changed and brought again."""
    answer = StreamingHttpResponse(_csv(issuer), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{issuer.slug}-register.csv"'
    return answer


def _csv(issuer: Issuer) -> Iterator[str]:
    yield "\ufeff" + csv_line([str(COLUMNS[name]) for name in ("own_id", "name", "address")])
    people = registering.find(issuer).values_list("own_id", "name", "address")
    yield from (csv_line(list(cells)) for cells in people.iterator(chunk_size=1_000))


def _kept(request: HttpRequest, issuer: Issuer, form: forms.Form) -> readdressing.Kept | None:
    """What the form asks for, done and said; None with the reason on the form."""
    try:
        kept = readdressing.keep(issuer, by=me(request), **form.cleaned_data)
    except AddressRefused as refusal:
        form.add_error("address", str(refusal))
        return None
    except registering.RegisterRefused as refusal:
        form.add_error(None, str(refusal))
        return None
    _say(request, kept)
    return kept


def _say(request: HttpRequest, kept: readdressing.Kept) -> None:
    number = len(kept.corrected)
    said: Any = _("Saved.")
    if number:
        said = ngettext(
            "Saved. %(number)s badge that waited goes to the new address now; the link to the old one is dead.",
            "Saved. %(number)s badges that waited go to the new address now; the links to the old one are dead.",
            number,
        ) % {"number": number}
    messages.success(request, said)
    for award, why in kept.left:
        messages.warning(request, f"{award.version.title}: {why}")


def _person(issuer: Issuer, pk: int) -> Person:
    found = Person.objects.filter(issuer=issuer, pk=pk).first()
    if found is None:
        raise Http404
    return found
