"""Calls about lists: upload, see the problems and mend them, start, watch, stop, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from plaudit_site.api import award_calls, describing
from plaudit_site.api.calls import Call
from plaudit_site.api.models import KeptAnswer
from plaudit_site.api.problem import Fault, Problem, not_found
from plaudit_site.api.repeating import Answer
from plaudit_site.awards import batching, emptying, importing, leaving_out, remaining, staging
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.models import Batch, BatchRow
from plaudit_site.awards.spreadsheets import FileRefused

PER_PAGE = 100
COLUMNS = tuple(importing.COLUMNS)


def make(call: Call) -> Answer:
    """Keep the list, read it, and tell what it holds. Nothing is awarded."""
    assert call.upload is not None
    upload = call.upload
    badge = award_calls.published(call.issuer, call.body["badge"]) if "badge" in call.body else None
    # The members of JSON rows say what they are; what the issuer once said about headings holds for files.
    knows = "rows" in call.body
    try:
        batch = _tried(
            lambda: staging.upload(
                call.issuer,
                upload.file,
                name=upload.name,
                badge=badge,
                by=call.by,
                mapping=dict(enumerate(COLUMNS)) if knows else None,
                day_first=True if knows else None,
            )
        )
    except FileRefused as refusal:
        raise Problem("file-refused", str(refusal)) from None
    return _made(batch)


def find_made(call: Call, kept: KeptAnswer) -> Answer | None:
    """The list of the very same file that was stored since the first request, if a crash swallowed its answer."""
    assert call.upload is not None
    stored = Batch.objects.exclude(emptying.GONE).filter(
        issuer=call.issuer, made_by=call.by, sha256=call.upload.sha256, made_at__gte=kept.made_at
    )
    batch = stored.order_by("pk").first()
    return _made(batch) if batch else None


def look(call: Call) -> Answer:
    """How the list stands."""
    return Answer(200, describing.batch(_batch(call)))


def rows(call: Call) -> Answer:
    """Its lines, by state."""
    batch, limit = _batch(call), call.query.get("limit", PER_PAGE)
    found = batch.rows.select_related("achievement").order_by("line")
    if "state" in call.query:
        found = found.filter(state=call.query["state"])
    page = list(found.filter(line__gt=call.query.get("after", -1))[: limit + 1])
    following = None
    if len(page) > limit:
        query = urlencode({**call.query, "after": page[limit - 1].line})
        following = f"{settings.BASE_URL}/api/v1/batches/{batch.public_id}/rows?{query}"
    return Answer(200, {"rows": describing.rows(batch, page[:limit]), "next": following})


def row(call: Call) -> Answer:
    """One line, with the very mail and badge that would come of it."""
    batch = _batch(call)
    return Answer(200, describing.row_in_full(batch, _row(call, batch)))


def correct(call: Call) -> Answer:
    """Other cells for a line that needs attention; it is judged anew."""
    given = {name: call.body[name] for name in importing.COLUMNS if name in call.body}
    as_it_is = call.body.get("as_it_is", False)
    return _row_changed(
        call, lambda batch, line: staging.correct(batch, line, given, by=call.by, as_it_is=as_it_is)
    )


def leave_out(call: Call) -> Answer:
    """This line is not awarded."""
    return _row_changed(call, lambda batch, line: leaving_out.leave_out(batch, line, by=call.by))


def leave_out_bad(call: Call) -> Answer:
    """No line that needs attention is left in the list; in a very long one, until its `rows.bad` is 0, call again."""
    return _changed(call, lambda batch: leaving_out.leave_out_bad(batch, by=call.by))


def rest(call: Call) -> Answer:
    """The lines that were not awarded, as a file to correct and upload again."""
    headers = (("Content-Disposition", f'attachment; filename="{remaining.FILE_NAME}"'),)
    return Answer(200, {}, headers=headers, lines=remaining.lines(_batch(call)))


def discard(call: Call) -> Answer:
    """Before it is started: the list goes, and nothing of the people in it stays."""
    batch = _batch(call)
    shown = describing.batch(batch)
    _tried(lambda: staging.discard(batch, by=call.by))
    return Answer(200, shown, subject=f"batch:{batch.public_id}")


def start(call: Call) -> Answer:
    """Award every ready row, after the time in which it can be called off, or on the day that is named."""
    at = award_calls.send_at(call)
    return _changed(call, lambda batch: batching.start(batch, by=call.by, send_at=at))


def stop(call: Call) -> Answer:
    """Call it off; what was awarded stays."""
    return _changed(call, lambda batch: batching.stop(batch, by=call.by))


def undo(call: Call) -> Answer:
    """Take back everything that it did."""
    return _changed(call, lambda batch: batching.undo(batch, reason=call.body["reason"], by=call.by))


def columns(call: Call) -> Answer:
    """Other columns, order of dates or badge: the file is read anew."""
    batch = _batch(call)
    mapping = _mapping(batch, call.body.get("columns", {}))
    day_first = call.body["date_order"] == "day-first" if "date_order" in call.body else batch.day_first
    badge = award_calls.published(call.issuer, call.body["badge"]) if "badge" in call.body else batch.badge
    return _changed(
        call,
        lambda batch: staging.read_again(
            batch, mapping=mapping, day_first=day_first, badge=badge, by=call.by
        ),
    )


def as_csv(rows: list[Mapping[str, Any]]) -> bytes:
    """A list that came as JSON, as the file that is read like any other."""
    lines = [",".join(COLUMNS) + "\r\n"]
    lines += [",".join(_quoted(row.get(name, "")) for name in COLUMNS) + "\r\n" for row in rows]
    return "".join(lines).encode()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _mapping(batch: Batch, wanted: Mapping[str, str]) -> dict[int, str]:
    """The columns as they are, but for those that are named. Raises Problem for a heading that is not there."""
    headings = [plain(heading) for heading in batch.layout.get("headings", [])]
    mapping = {int(n): column for n, column in batch.mapping.items() if column not in wanted}
    for column, heading in wanted.items():
        number = headings.index(plain(heading)) if plain(heading) in headings else None
        if number is None:
            fault = Fault(
                "is no heading of this file", "Take a “heading” of “columns”.", f"/columns/{column}"
            )
            raise Problem("not-valid", "The file was not read again.", [fault])
        mapping[number] = column
    return mapping


def _made(batch: Batch) -> Answer:
    return Answer(
        201,
        describing.batch(batch),
        subject=f"batch:{batch.public_id}",
        headers=(("Location", f"{settings.BASE_URL}/api/v1/batches/{batch.public_id}"),),
    )


def _batch(call: Call) -> Batch:
    rows = Batch.objects.exclude(emptying.GONE).select_related("issuer", "badge__current", "badge__issuer")
    batch = rows.filter(public_id=call.ids["id"], issuer=call.issuer).first()
    if batch is None:
        raise not_found()
    return batch


def _changed(call: Call, act: Callable[[Batch], object]) -> Answer:
    batch = _batch(call)
    _tried(lambda: act(batch))
    return Answer(200, describing.batch(_batch(call)), subject=f"batch:{batch.public_id}")


def _row(call: Call, batch: Batch) -> BatchRow:
    row = batch.rows.select_related("achievement__current").filter(line=call.ids["line"]).first()
    if row is None:
        raise not_found()
    return row


def _row_changed(call: Call, act: Callable[[Batch, int], object]) -> Answer:
    batch = _batch(call)
    line = _row(call, batch).line
    try:
        _tried(lambda: act(batch, line))
    except Problem as problem:
        if problem.kind == "not-possible":
            problem.detail = _("The line or its list is not in a state in which that can be done.")
        raise
    shown = describing.row_in_full(batch, _row(call, batch))
    return Answer(200, shown, subject=f"batch:{batch.public_id}")


def _tried(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except staging.BatchChanged:
        raise Problem("not-possible", _("The list is not in a state in which that can be done.")) from None
    except AwardRefused as refusal:
        raise Problem("refused", str(refusal)) from None
