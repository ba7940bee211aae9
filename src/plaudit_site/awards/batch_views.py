"""Awarding by spreadsheet: upload, look, correct, start, watch, undo. One page shows a batch in each of its states."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import (
    batching,
    emptying,
    forecasting,
    forgetting,
    importing,
    leaving_out,
    previewing,
    remaining,
    staging,
)
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.batch_forms import ReasonForm, StartForm, UploadForm
from plaudit_site.awards.console_views import me
from plaudit_site.awards.models import Batch, BatchRow, Revocation
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.spreadsheets import WORKBOOK, FileRefused, csv_line, workbook
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console

PER_PAGE = 50
OF_ROWS = "of-rows"
_SHOWN = {"bad", "twice", "ready", "awarded", "refused", "left"}


class _Gone(Http404):
    """A list that was discarded or forgotten; or there never was one."""


def _or_lists(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A press in a tab that stayed open after the list went leads to the lists, with a sentence."""

    @wraps(view)
    def guarded(request: HttpRequest, issuer: Issuer, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, issuer, *args, **kwargs)
        except _Gone:
            messages.warning(
                request, _("That list is gone: it was discarded or forgotten. Nothing was done just now.")
            )
            return redirect("batches", issuer.slug)

    return guarded


@member("see")
@require_http_methods(["GET", "HEAD"])
def batches(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    there = Batch.objects.filter(issuer=issuer).exclude(emptying.GONE).order_by("-made_at")
    page = Paginator(there, PER_PAGE).get_page(request.GET.get("page"))
    can_award = issuer.achievements.filter(state=Achievement.State.PUBLISHED).exists()
    more = {"page": page, "batches": list(page), "can_award": can_award}
    return render(request, "awarding/batches.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    form = UploadForm(issuer, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, name = form.as_file()
        try:
            batch = staging.upload(issuer, file, name=name, badge=form.cleaned_data["badge"], by=me(request))
        except FileRefused as refusal:
            form.add_error(form.list_field, str(refusal))
        except AwardRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("batch", issuer.slug, batch.public_id)
    more = {
        "form": form,
        "most_rows": settings.IMPORT_MOST_ROWS,
        "most_mb": settings.IMPORT_MOST_MB,
        "columns": importing.COLUMNS.values(),
        "can_award": bool(staging.published(issuer)),
    }
    return render(request, "awarding/batch_new.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_http_methods(["GET", "HEAD"])
def batch_sample(_request: HttpRequest, issuer: Issuer, kind: str = "csv") -> HttpResponse:
    """A list to begin with."""
    badge = next((one.current.title for one in staging.published(issuer) if one.current), "")
    today = timezone.now().date().isoformat()
    lines = [
        [_("Name"), _("E-mail"), _("Badge"), _("Date"), _("Valid until"), _("Evidence"), _("Note"), _("Result")],
        ["Ada Example", "ada@example.org", badge, today, "", "https://example.org/work/ada", _("Well done!"), "87 %"],
        ["Ben Example", "ben@example.org", badge, today, "", "", "", ""],
    ]  # fmt: skip
    if kind == "xlsx":
        answer = HttpResponse(workbook(lines), content_type=WORKBOOK)
    else:
        # The mark in front makes every spreadsheet program read it as UTF-8.
        answer = HttpResponse("\ufeff" + "".join(map(csv_line, lines)), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="awards.{kind}"'
    return answer


@member("see")
@require_http_methods(["GET", "HEAD"])
def batch(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    return _page(request, issuer, _batch(issuer, public_id))


def _page(
    request: HttpRequest, issuer: Issuer, batch: Batch, start_form: StartForm | None = None
) -> HttpResponse:
    progress = Progress(batch)
    counts = progress.rows
    show = request.GET.get("show", "")
    if show not in _SHOWN:
        show = next((name for name in ("bad", "refused", "ready", "awarded") if counts[name]), "twice")
    listed = batch.rows.filter(state=show).select_related("achievement__current").order_by("line")
    pages = Paginator(listed, PER_PAGE)
    pages.count = counts[show]  # the list keeps count itself: this page is asked for every few seconds
    page = pages.get_page(request.GET.get("page"))
    awards = {
        award.batch_line: award for award in batch.awards.filter(batch_line__in=[row.line for row in page])
    }
    if batch.state != Batch.State.CHECKED and not batch.rows.exists():
        show = ""
    more: dict[str, Any] = {
        "batch": batch,
        "progress": progress,
        "counts": counts,
        "show": show,
        "page": page,
        "rows": [
            {"row": row, "said": previewing.said(row), "cells": previewing.cells_to_correct(row)}
            | {"award": awards.get(row.line)}
            | {name: row.given.get(name) or getattr(row, name) for name in ("name", "address")}
            for row in page
        ],
        "columns": previewing.columns(batch),
        "column_names": importing.COLUMNS.items(),
        "lacks": previewing.lacks(batch),
        "warnings": previewing.warnings(batch),
        "dates": previewing.dates(batch),
        "badges": staging.published(issuer),
        "same_file": Batch.objects.filter(issuer=issuer, sha256=batch.sha256, started_at__isnull=False)
        .exclude(pk=batch.pk)
        .first(),
        "form": start_form or StartForm(),
        "forecast": batch.state == Batch.State.CHECKED
        and not previewing.takes_days(batch)
        and forecasting.forecast(counts["ready"]),
        "forgets_at": forgetting.forgets_at(batch),
        "cancel_seconds": settings.CANCEL_SECONDS,
        "tabs": [(name, label, counts[name]) for name, label in BatchRow.State.choices if counts[name]],
    }
    return render(request, "awarding/batch.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_POST
@_or_lists
def batch_columns(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """Other columns, order of dates or badge."""
    batch = _batch(issuer, public_id)
    mapping: dict[int, str] = {}
    for n in range(len(batch.layout.get("headings", []))):
        column = request.POST.get(f"column-{n}", "")
        mapping[n] = column if column in importing.COLUMNS and column not in mapping.values() else ""
    badge = issuer.achievements.filter(public_id=request.POST.get("badge", "")[:26]).first()
    day_first = request.POST.get("dates", "day") == "day"
    _tried(
        request,
        lambda: staging.read_again(batch, mapping=mapping, day_first=day_first, badge=badge, by=me(request)),
    )
    return redirect("batch", issuer.slug, public_id)


@member("award")
@require_http_methods(["GET", "HEAD"])
def batch_row(request: HttpRequest, issuer: Issuer, public_id: str, line: int) -> HttpResponse:
    """One row, with the very mail and badge that would come of it."""
    batch = _batch(issuer, public_id)
    row = get_object_or_404(batch.rows.select_related("achievement__current"), line=line)
    more = {
        "batch": batch,
        "row": row,
        "said": previewing.said(row),
        "cells": previewing.every_cell(row),
        "mail": previewing.mail(batch, row),
        "is_missing": previewing.is_missing(row),
        "award": batch.awards.filter(batch_line=line).first(),
    }
    return render(request, "awarding/batch_row.html", {**console(request, issuer, "awards"), **more})


@member("award")
@require_POST
@_or_lists
def batch_correct(request: HttpRequest, issuer: Issuer, public_id: str, line: int) -> HttpResponse:
    batch = _batch(issuer, public_id)
    get_object_or_404(batch.rows, line=line)
    given = {name: request.POST[name] for name in importing.COLUMNS if name in request.POST}
    as_it_is = "as_it_is" in request.POST
    if as_it_is:
        given.pop("address", None)  # the field shows what was proposed

    place = OF_ROWS

    def correct() -> None:
        nonlocal place
        row = staging.correct(batch, line, given, by=me(request), as_it_is=as_it_is)
        if row.state == BatchRow.State.READY:
            messages.success(request, _("Line %(line)s is ready now.") % {"line": line})
        else:
            place = f"line-{line}"
            messages.warning(
                request, _("Line %(line)s still needs attention: %(said)s")
                % {"line": line, "said": " ".join(previewing.said(row))}
            )  # fmt: skip

    _tried(request, correct)
    return _back(issuer, public_id, place)


def _back(issuer: Issuer, public_id: str, place: str) -> HttpResponse:
    """To where the reader was in the list: its top is far from the row that was looked at."""
    return redirect(f"{reverse('batch', args=[issuer.slug, public_id])}#{place}")


@member("award")
@require_http_methods(["GET", "HEAD"])
def batch_rest(_request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponseBase:
    """The rows that were not awarded, alone, as CSV: to be corrected and uploaded again."""
    lines = remaining.lines(_batch(issuer, public_id))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{remaining.FILE_NAME}"'
    return answer


@member("award")
@require_POST
@_or_lists
def batch_leave_out(request: HttpRequest, issuer: Issuer, public_id: str, line: int) -> HttpResponse:
    batch = _batch(issuer, public_id)
    get_object_or_404(batch.rows, line=line)
    if _tried(request, lambda: leaving_out.leave_out(batch, line, by=me(request))):
        messages.success(request, _("Line %(line)s is left out.") % {"line": line})
    return _back(issuer, public_id, OF_ROWS)


@member("award")
@require_POST
@_or_lists
def batch_leave_out_bad(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    batch = _batch(issuer, public_id)
    if _tried(request, lambda: leaving_out.leave_out_bad(batch, by=me(request))):
        if batch.rows.filter(state=BatchRow.State.BAD).exists():
            messages.warning(
                request, _("Many rows are left out, but not all that need attention yet. Press once more.")
            )
        else:
            messages.success(request, _("Nothing needs attention any more: those rows are left out."))
    return redirect("batch", issuer.slug, public_id)


@member("award")
@require_POST
@_or_lists
def batch_start(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    batch, form = _batch(issuer, public_id), StartForm(request.POST)
    if not form.is_valid():
        return _page(request, issuer, batch, start_form=form)
    send_at = form.cleaned_data["send_at"]
    _tried(request, lambda: batching.start(batch, by=me(request), send_at=send_at))
    return redirect("batch", issuer.slug, public_id)


@member("award")
@require_POST
@_or_lists
def batch_stop(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    def stop() -> None:
        if batching.stop(_batch(issuer, public_id), by=me(request)):
            messages.success(request, _("Called off. Nothing was awarded and no mail has left."))
        else:
            messages.success(request, _("Stopped. What was awarded so far stays; the rest waits."))

    _tried(request, stop)
    return redirect("batch", issuer.slug, public_id)


@member("award")
@require_POST
@_or_lists
def batch_discard(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    batch = _batch(issuer, public_id)
    if _tried(request, lambda: staging.discard(batch, by=me(request))):
        messages.success(request, _("The list is gone. Nothing was awarded."))
        return redirect("batches", issuer.slug)
    return redirect("batch", issuer.slug, public_id)


@member("award", freshly=True)
@require_http_methods(["GET", "HEAD", "POST"])
def batch_undo(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """Taking back hundreds of badges is asked for once more, with a reason that everybody can read."""
    batch = _batch(issuer, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _tried(request, lambda: batching.undo(batch, reason=form.cleaned_data["reason"], by=me(request)))
        return redirect("batch", issuer.slug, public_id)
    more = {
        "batch": batch,
        "form": form,
        "progress": Progress(batch),
        "renewed": Revocation.objects.filter(renewed_by__batch=batch).count(),
    }
    return render(request, "awarding/batch_undo.html", {**console(request, issuer, "awards"), **more})


def _tried(request: HttpRequest, act: Any) -> bool:
    try:
        act()
    except AwardRefused as refusal:
        messages.error(request, str(refusal))
    except staging.BatchChanged:
        messages.warning(request, _("That is no longer possible: see below how this list stands now."))
    else:
        return True
    return False


def _batch(issuer: Issuer, public_id: str) -> Batch:
    there = Batch.objects.exclude(emptying.GONE).select_related("badge__current", "issuer")
    batch = there.filter(public_id=public_id, issuer=issuer).first()
    if batch is not None:
        return batch
    theirs = Batch.objects.filter(public_id=public_id).exclude(issuer=issuer).exists()
    raise Http404 if theirs else _Gone
