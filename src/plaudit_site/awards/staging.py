"""Before the start: an uploaded spreadsheet becomes staged rows that can be looked at and corrected. No award yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import importing
from plaudit_site.awards.awarding import AwardRefused, once_key
from plaudit_site.awards.claiming import proven_addresses
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.importing import Problem, Row, Rules, Table
from plaudit_site.awards.models import Award, Batch, BatchRow, HeadingChoice
from plaudit_site.awards.spreadsheets import FileRefused, Layout
from plaudit_site.ids import new_id
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer

AT_ONCE = 500
READ_IN_REQUEST = 512 * 1024
"""A smaller file is read before the page answers; a larger one by the worker, and the page says so."""
HOLD_SECONDS = 120
MOST_TRIES = 24
SHOWN_CELL = 80


class BatchChanged(Exception):
    """The batch is not in the state that this needs; the page shows the one it is in."""


def most_bytes() -> int:
    return int(settings.IMPORT_MOST_MB) * 1024 * 1024


def upload(issuer: Issuer, file: BinaryIO, *, name: str, badge: Achievement | None, by: User) -> Batch:
    """Keep the file and look at its beginning; a small one is read at once. Raises FileRefused, AwardRefused."""
    check(issuer, by)
    size, digest = _measure(file)
    if size > most_bytes():
        raise FileRefused(
            _("The file is larger than %(size)s MB. Divide the list, or ask the people who run this site.")
            % {"size": settings.IMPORT_MOST_MB}
        )
    table = importing.look(file, remembered=_remembered(issuer), most_bytes=most_bytes())
    public_id = new_id()
    file.seek(0)
    kept = default_storage.save(f"imports/{public_id}", File(file))
    with transaction.atomic():
        batch = Batch.objects.create(
            public_id=public_id,
            issuer=issuer,
            made_by=by,
            file_name=name[:200],
            file=kept,
            sha256=digest,
            layout=_kept(table),
            mapping={str(n): column for n, column in table.mapping.items()},
            day_first=table.day_first if table.day_first is not None else True,
            badge=badge,
            due_at=timezone.now(),
        )
        record("batch uploaded", actor=by.public_id, subject=f"batch:{public_id}", issuer=issuer.public_id)
    if size <= READ_IN_REQUEST:
        read_some(leases.worker_name(), only=batch)
        batch.refresh_from_db()
    return batch


def read_again(
    batch: Batch, *, mapping: Mapping[int, str], day_first: bool, badge: Achievement | None, by: User
) -> None:
    """Other columns, dates or badge: the whole file is read anew. Raises AwardRefused, BatchChanged."""
    check(batch.issuer, by)
    with transaction.atomic():
        changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.CHECKED).update(
            state=Batch.State.READING,
            mapping={str(n): column for n, column in mapping.items() if column},
            day_first=day_first,
            badge=badge,
            due_at=timezone.now(),
            attempts=0,
        )
        if changed != 1:
            raise BatchChanged
        headings = batch.layout["headings"]
        for n, column in mapping.items():
            if batch.layout["heading_line"] and n < len(headings) and plain(headings[n]):
                HeadingChoice.objects.update_or_create(
                    issuer=batch.issuer, heading=plain(headings[n])[:200], defaults={"column": column}
                )
    if default_storage.size(batch.file) <= READ_IN_REQUEST:
        read_some(leases.worker_name(), only=batch)


def read_some(worker: str, *, only: Batch | None = None) -> int:
    """Read one file that waits to be read, from its beginning. Returns how many rows were staged."""
    waiting = Batch.objects.filter(state=Batch.State.READING)
    if only is not None:
        waiting = waiting.filter(pk=only.pk)
    held = leases.claim(waiting, worker=worker, now=timezone.now(), most=1, seconds=HOLD_SECONDS)
    return sum(_read(batch) for batch in held)


def _read(batch: Batch) -> int:
    staged = 0
    try:
        if not _forget_rows(batch):
            return 0
        with default_storage.open(batch.file) as file:
            for chunk in _chunks(_rows(batch, cast(BinaryIO, file))):
                staged += len(chunk)
                if staged > settings.IMPORT_MOST_ROWS:
                    raise FileRefused(
                        _("The list has more than %(number)s rows. Divide it.")
                        % {"number": settings.IMPORT_MOST_ROWS}
                    )
                if not _stage(batch, chunk):
                    return staged
    except FileRefused as refusal:
        leases.finish(batch, state=Batch.State.REFUSED, problem=str(refusal)[:300], due_at=None)
        return staged
    except FileNotFoundError:
        # Perhaps it lies on another machine, whose worker has its turn then.
        if batch.attempts < MOST_TRIES:
            leases.finish(batch, due_at=timezone.now() + timedelta(seconds=5))
            return staged
        gone = _("The uploaded file is gone. Upload it again.")
        leases.finish(batch, state=Batch.State.REFUSED, problem=gone, due_at=None)
        return staged
    leases.finish(batch, state=Batch.State.CHECKED, problem="", due_at=None)
    return staged


def _rows(batch: Batch, file: BinaryIO) -> Iterator[Row]:
    mapping = {int(n): column for n, column in batch.mapping.items()}
    return importing.rows(file, _table(batch), mapping, rules(batch), most_bytes=most_bytes())


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while chunk := list(islice(source, AT_ONCE)):
        yield chunk


def _forget_rows(batch: Batch) -> bool:
    """What an earlier reading has staged goes, in pieces: nobody waits long for the database."""
    while True:
        with transaction.atomic():
            if not leases.renew(batch, seconds=HOLD_SECONDS):
                return False
            keys = list(batch.rows.order_by("line").values_list("pk", flat=True)[: 4 * AT_ONCE])
            if not keys:
                return True
            BatchRow.objects.filter(pk__in=keys).delete()


def _stage(batch: Batch, rows: list[Row]) -> bool:
    badges = Achievement.objects.in_bulk({row.badge for row in rows if row.badge}, field_name="public_id")
    if batch.issuer.standing == Issuer.Standing.PENDING and batch.made_by is not None:
        own = set(proven_addresses(batch.made_by))
        for row in rows:
            if row.address and row.address not in own:
                row.problems.append(Problem("address", "not yet", row.address))
    staged = [_staged(batch, row, badges.get(row.badge)) for row in rows]
    with transaction.atomic():
        if not leases.renew(batch, seconds=HOLD_SECONDS):
            return False
        mark_twins(batch, staged)
        BatchRow.objects.bulk_create(staged, batch_size=AT_ONCE)
    return True


def _staged(batch: Batch, row: Row, badge: Achievement | None) -> BatchRow:
    given = row.given
    return BatchRow(
        batch=batch,
        line=row.line,
        state=BatchRow.State.BAD if row.problems else BatchRow.State.READY,
        given=_clean(given) if row.problems else {},
        problems=_clean([asdict(problem) for problem in row.problems]),
        achievement=badge,
        address=row.address,
        name=row.name.replace("\x00", ""),
        own_id=given.get("own_id", "").replace("\x00", "")[:100],
        awarded_at=row.awarded_at,
        expires_at=row.expires_at,
        evidence_url=given.get("evidence", "").replace("\x00", "")[:500],
        note=given.get("note", "").replace("\x00", "")[:1000],
        language=row.language[:12],
        key=_key(badge, row) if badge and row.address else "",
    )


def _clean(value: Any) -> Any:
    """Without NUL, which no database takes."""
    if isinstance(value, str):
        return value.replace("\x00", "␀")
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _key(badge: Achievement, row: Row) -> str:
    """Under the rule “once” the badge and the address; else the day too, and the evidence."""
    once = once_key(badge, row.address)
    if once is not None:
        return once
    more = f"{row.address}\n{row.given.get('date', '')}\n{row.given.get('evidence', '')}"
    return f"{badge.public_id}:again:{hashlib.sha256(more.encode(errors='replace')).hexdigest()}"


def mark_twins(batch: Batch, rows: list[BatchRow]) -> None:
    """Rows that stand in the file before, or were awarded before, are left out and say why."""
    ready = [row for row in rows if row.state == BatchRow.State.READY]
    keys = {row.key for row in ready}
    lines = dict(
        BatchRow.objects.filter(batch=batch, key__in=keys, state=BatchRow.State.READY)
        .exclude(pk__in=[row.pk for row in ready if row.pk])
        .order_by("-line")
        .values_list("key", "line")
    )
    awarded = dict(Award.objects.filter(once_key__in=keys).values_list("once_key", "public_id"))
    dated = [row for row in ready if row.awarded_at and ":again:" in row.key]
    again: dict[tuple[int | None, str, datetime | None], str] = {
        (badge, address, at): public_id
        for badge, address, at, public_id in Award.objects.filter(
            issuer=batch.issuer,
            address__in={row.address for row in dated},
            awarded_at__in={row.awarded_at for row in dated},
            revocation__isnull=True,
        )
        .exclude(state=Award.State.WITHDRAWN)
        .values_list("version__achievement", "address", "awarded_at", "public_id")
    }
    for row in ready:
        earlier = awarded.get(row.key) or again.get((row.achievement_id, row.address, row.awarded_at))
        if earlier:
            row.state, row.problems = BatchRow.State.TWICE, [{"code": "awarded before", "award": earlier}]
        elif row.key in lines:
            row.state = BatchRow.State.TWICE
            row.problems = [{"code": "in the file before", "line": lines[row.key]}]
        else:
            lines[row.key] = row.line


def rules(batch: Batch) -> Rules:
    """What rows of this batch are judged by, as of now."""
    badges: dict[str, str] = {}
    double: set[str] = set()
    for badge in published(batch.issuer):
        for called in {plain(badge.current.title), plain(badge.public_id)} if badge.current else set():
            if called in badges:
                double.add(called)
            badges[called] = badge.public_id
    return Rules(
        badges={called: badge for called, badge in badges.items() if called not in double},
        now=timezone.now().replace(microsecond=0),
        badge=batch.badge.public_id if batch.badge else "",
        day_first=batch.day_first,
        languages=frozenset(code for code, _name in settings.LANGUAGES),
    )


def published(issuer: Issuer) -> list[Achievement]:
    rows = issuer.achievements.filter(state=Achievement.State.PUBLISHED).select_related("current", "issuer")
    return list(rows.order_by("current__title"))


def correct(
    batch: Batch, line: int, given: Mapping[str, str], *, by: User, as_it_is: bool = False
) -> BatchRow:
    """Other cells for one row; `as_it_is`: what looked like a typing error is none.

    Raises AwardRefused, BatchChanged.
    """
    check(batch.issuer, by)
    with transaction.atomic():
        # The batch first: a start waits for this correction, or this one finds it started.
        current = Batch.objects.select_for_update().filter(pk=batch.pk, state=Batch.State.CHECKED).first()
        if current is None:
            raise BatchChanged
        row = BatchRow.objects.select_for_update().get(batch=current, line=line)
        if row.state != BatchRow.State.BAD:
            raise BatchChanged
        cells = {**row.given, **{name: text.strip() for name, text in given.items()}}
        cells = {name: text[: importing.KEPT_CELL] for name, text in cells.items() if text}
        typed = {cells.get("address", "").lower()} if as_it_is else set()
        judged = importing.judge(line, cells, rules(current), frozenset(typed))
        if current.issuer.standing == Issuer.Standing.PENDING and judged.address not in proven_addresses(by):
            judged.problems.append(Problem("address", "not yet", judged.address))
        badge = Achievement.objects.filter(public_id=judged.badge).first() if judged.badge else None
        new = _staged(current, judged, badge)
        new.pk = row.pk
        mark_twins(current, [new])
        new.save(force_update=True)
    return new


def discard(batch: Batch, *, by: User) -> None:
    """Nothing was awarded: file and rows go, nothing of the people in them stays. Raises AwardRefused, BatchChanged."""
    check(batch.issuer, by)
    with transaction.atomic():
        waiting = Batch.objects.select_for_update().filter(
            pk=batch.pk, state__in=[Batch.State.CHECKED, Batch.State.REFUSED, Batch.State.READING]
        )
        if not waiting.exists() or batch.awards.exists():
            raise BatchChanged
        BatchRow.objects.filter(batch=batch).delete()
        Batch.objects.filter(pk=batch.pk).delete()
        record("batch discarded", actor=by.public_id, subject=f"batch:{batch.public_id}")
    default_storage.delete(batch.file)


def forget_file(batch: Batch) -> None:
    """The rows hold what is needed; the upload, with the addresses of everybody in it, goes."""
    if batch.file:
        default_storage.delete(batch.file)
        Batch.objects.filter(pk=batch.pk).update(file="")


def check(issuer: Issuer, by: User) -> None:
    if not may(by, "award", issuer):
        raise AwardRefused(_("You are not allowed to award for this issuer."))
    if issuer.standing == Issuer.Standing.SUSPENDED:
        raise AwardRefused(_("This issuer is suspended. Ask the people who run this site."))


def _measure(file: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while part := file.read(1 << 20):
        digest.update(part)
        size += len(part)
    return size, digest.hexdigest()


def _remembered(issuer: Issuer) -> dict[str, str]:
    return dict(HeadingChoice.objects.filter(issuer=issuer).values_list("heading", "column"))


def _kept(table: Table) -> dict[str, Any]:
    """The table as the batch's row keeps it."""
    return {
        "kind": table.how.kind,
        "encoding": table.how.encoding,
        "delimiter": table.how.delimiter,
        "headings": _clean([heading.strip()[:SHOWN_CELL] for heading in table.headings]),
        "heading_line": table.heading_line,
        "first": _clean([cell.strip()[:SHOWN_CELL] for cell in table.first]),
        "open_dates": table.day_first is None,
        "date_sample": _clean(table.date_sample[:40]),
    }


def _table(batch: Batch) -> Table:
    kept = batch.layout
    return Table(
        Layout(kept["kind"], kept["encoding"], kept["delimiter"]),
        kept["headings"],
        kept["heading_line"],
        kept["first"],
        {},
        batch.day_first,
        kept["date_sample"],
    )
