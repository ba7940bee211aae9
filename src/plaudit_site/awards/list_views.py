"""The issuer's awards as a list: look for some, export them, change many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import award_export, bulk_changing, correction_lists, life, listing, resending
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.batch_forms import CorrectedForm, ReasonForm
from plaudit_site.awards.models import Batch, BulkChange
from plaudit_site.awards.spreadsheets import FileRefused
from plaudit_site.ids import LENGTH, new_id
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console


def wanted_by(request: HttpRequest) -> listing.Wanted:
    ids = () if request.GET.get("all") else request.GET.getlist("id")
    return listing.Wanted.read(request.GET, ids)


@member("see")
@require_http_methods(["GET", "HEAD"])
def awards(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    wanted = wanted_by(request)
    page = listing.page(issuer, wanted, request.GET.get("after", "")[:LENGTH])
    mails = resending.deliveries(page.awards)
    query = wanted.query()
    numbers = _numbers(issuer, wanted, page, is_first=not request.GET.get("after"))
    whole = _whole(issuer, wanted, numbers) if page.awards else listing.Number(0)
    undelivered = wanted.delivery == "undelivered" and resending.undelivered(issuer).count()
    more: dict[str, Any] = {
        "rows": [
            {
                "award": award,
                "step": life.of_listed(award, mails.get(award.public_id)),
                "why": life.trouble(award, mails.get(award.public_id)),
            }
            for award in page.awards
        ],
        "wanted": wanted,
        "unread_days": wanted.unread_days(request.GET),
        "query": query,
        "number": whole.number,
        "is_more": whole.is_more,
        "undelivered": undelivered or 0,
        "more_url": f"?{urlencode({**query, 'after': page.after})}" if page.after else "",
        "first_url": f"?{urlencode(query)}" if request.GET.get("after") else "",
        "export_url": f"{reverse('awards_export', args=[issuer.slug])}?{urlencode(query)}",
        "states": _states(wanted, numbers) if page.awards or wanted.narrows else [],
        "all_states_url": _state_url(query, ""),
        "deliveries": [(name, words) for name, (words, _states) in resending.DELIVERY.items()],
        "orders": [(name, words) for name, (words, _column, _down) in listing.ORDERS.items()],
        "badges": issuer.achievements.filter(current__isnull=False)
        .select_related("current")
        .order_by("current__title"),
        "lists": _lists(issuer, wanted.batch),
        "can_award": issuer.achievements.filter(state=Achievement.State.PUBLISHED).exists(),
        "working": issuer.bulk_changes.filter(state=BulkChange.State.WORKING).order_by("-pk").first(),
    }
    return render(request, "awarding/awards.html", {**console(request, issuer, "awards"), **more})


def _numbers(
    issuer: Issuer, wanted: listing.Wanted, page: listing.Page, *, is_first: bool
) -> dict[str, listing.Number]:
    if not page.awards and not wanted.narrows:
        return {}
    is_all = is_first and not page.after and not wanted.state and not wanted.ids
    return listing.numbers(issuer, wanted, [award.pk for award in page.awards] if is_all else None)


def _whole(issuer: Issuer, wanted: listing.Wanted, numbers: dict[str, listing.Number]) -> listing.Number:
    """How many there are of what is looked for, if they were not counted with those in each state."""
    if wanted.state or wanted.ids:
        return listing.Number(*listing.counted(listing.found(issuer, replace(wanted, order="new"))))
    return numbers[""]


def _states(wanted: listing.Wanted, numbers: dict[str, listing.Number]) -> list[dict[str, Any]]:
    """To choose from: those that somebody is in, or all where that was not counted; and the one that is chosen."""
    return [
        {"name": name, "words": words, "many": many, "url": _state_url(wanted.query(), name)}
        for name, words in listing.STATES.items()
        if (many := numbers.get(name)) is None or many.number or many.is_more or name == wanted.state
    ]


def _state_url(query: dict[str, str], state: str) -> str:
    kept = {name: value for name, value in {**query, "state": state}.items() if value}
    return f"?{urlencode(kept)}"


def _lists(issuer: Issuer, wanted: str) -> list[Batch]:
    """The latest ones to choose from, and the one that is chosen, however old it is."""
    begun = issuer.batches.filter(started_at__isnull=False)
    latest = list(begun.order_by("-made_at")[:50])
    if wanted and all(one.public_id != wanted for one in latest):
        latest += begun.filter(public_id=wanted)
    return latest


@member("see")
@require_http_methods(["GET", "HEAD"])
def export(request: HttpRequest, issuer: Issuer) -> HttpResponseBase:
    """All awards that the list would show, in the order in which they were made."""
    answer = StreamingHttpResponse(
        award_export.lines(issuer, wanted_by(request)), content_type="text/csv; charset=utf-8"
    )
    name = f"awards-{timezone.now():%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def send_many_again(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    return _many(request, issuer, BulkChange.Kind.SEND_AGAIN)


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def take_many_back(request: HttpRequest, issuer: Issuer) -> HttpResponseBase:
    if not _is_chosen(request):  # said before anybody has to prove who they are
        return _choose_first(request, issuer)
    return _take_many_back(request, issuer.slug)


@member("award", freshly=True)
def _take_many_back(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    return _many(request, issuer, BulkChange.Kind.TAKE_BACK)


def _is_chosen(request: HttpRequest) -> bool:
    return bool(wanted_by(request).ids or request.GET.get("all"))


def _choose_first(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    messages.warning(request, _("Choose awards first: mark those that you mean, or all of them."))
    return redirect(f"{reverse('awards', args=[issuer.slug])}?{urlencode(wanted_by(request).query())}")


def _many(request: HttpRequest, issuer: Issuer, kind: str) -> HttpResponse:
    """What would happen to how many; nothing happens before the press on this page."""
    wanted = wanted_by(request)
    if not _is_chosen(request):
        return _choose_first(request, issuer)
    takes_back = kind == BulkChange.Kind.TAKE_BACK
    form = ReasonForm(request.POST or None) if takes_back else None
    if request.method == "POST" and (form is None or form.is_valid()):
        press = request.POST.get("press", "")
        try:
            change = bulk_changing.start(
                issuer,
                kind,
                wanted,
                reason=form.cleaned_data["reason"] if form else "",
                by=cast(User, request.user),
                last=request.POST.get("last", "")[:LENGTH],
                press=press if len(press) == LENGTH and press.isalnum() else new_id(),
            )
        except AwardRefused as refusal:
            messages.error(request, str(refusal))
        else:
            return redirect("awards_change", issuer.slug, change.public_id)
    more = {
        "kind": kind,
        "forecast": bulk_changing.forecast(issuer, kind, wanted),
        "form": form,
        "press": new_id(),
        "last": listing.found(issuer, wanted).order_by("-pk").values_list("public_id", flat=True).first(),
        "back_url": f"{reverse('awards', args=[issuer.slug])}?{urlencode(wanted.query())}",
        "sample": listing.page(issuer, wanted).awards[:5],
    }
    return render(request, "awarding/many.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def correct_many(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The table of those that were chosen, and the way back in; then what would change. Nothing has changed yet."""
    wanted = wanted_by(request)
    asked = [*wanted.query().items(), *(("id", one) for one in wanted.ids)]
    form, more = CorrectedForm(request.POST or None, request.FILES or None), dict[str, Any]()
    if request.method == "POST" and form.is_valid():
        try:
            looked = correction_lists.look(issuer, cast(BinaryIO, form.cleaned_data["file"].file))
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            more["looked"] = looked
            if looked.corrections:
                more["change"] = correction_lists.keep(issuer, looked, by=cast(User, request.user))
    more |= {
        "form": form,
        "is_chosen": bool(wanted.ids),
        "narrows": wanted.narrows,
        "earlier": _earlier_corrections(issuer, cast(User, request.user)) if "looked" not in more else None,
        "table_url": f"{reverse('awards_export', args=[issuer.slug])}?{urlencode(asked)}",
        "back_url": f"{reverse('awards', args=[issuer.slug])}?{urlencode(wanted.query())}",
    }
    return render(request, "awarding/correct_many.html", {**console(request, issuer, "awards"), **more})


def _earlier_corrections(issuer: Issuer, user: User) -> BulkChange | None:
    """Those that are under way, or that this person has looked at and not begun: also after a press in an old tab."""
    rows = issuer.bulk_changes.filter(kind=BulkChange.Kind.CORRECT).order_by("-pk")
    working = rows.filter(state=BulkChange.State.WORKING).first()
    return working or rows.filter(state=BulkChange.State.LOOKED_AT, made_by=user).first()


@member("award")
@require_POST
def change_begin(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    found = issuer.bulk_changes.select_related("issuer").filter(public_id=public_id).first()
    if found is None:
        if BulkChange.objects.filter(public_id=public_id).exists():
            raise Http404
        messages.warning(request, _("These corrections are not kept any more: bring the table once more."))
        return redirect("awards_correct_many", issuer.slug)
    try:
        if not correction_lists.begin(found, by=cast(User, request.user)):
            messages.info(request, _("This was begun before: below is how far it is."))
    except AwardRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("awards_change", issuer.slug, public_id)


@member("see")
@require_http_methods(["GET", "HEAD"])
def change(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """How far it is."""
    found = get_object_or_404(BulkChange, public_id=public_id, issuer=issuer)
    left = found.corrections.exclude(problem="").order_by("line")
    more = {
        "change": found,
        "settled": found.done + found.left_out,
        "left": list(left[: correction_lists.MOST_TOLD]),
    }
    return render(request, "awarding/change.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_POST
def change_stop(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    found = get_object_or_404(BulkChange.objects.select_related("issuer"), public_id=public_id, issuer=issuer)
    try:
        if bulk_changing.stop(found, by=cast(User, request.user)):
            messages.success(request, _("Stopped. What was done stays done; the rest is as it was."))
    except AwardRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("awards_change", issuer.slug, public_id)
