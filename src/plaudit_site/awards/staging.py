"""Before the start: an uploaded spreadsheet becomes staged rows that can be looked at and corrected. No award yet."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
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
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import emptying, importing
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.claiming import proven_addresses
from plaudit_site.awards.comparing import STAGED, clean, mark_twins, staged_row
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.importing import Known, Problem, Row, Rules, Table
from plaudit_site.awards.models import Batch, BatchRow, HeadingChoice
from plaudit_site.awards.spreadsheets import FileRefused, Layout
from plaudit_site.ids import new_id
from plaudit_site.issuers import registering
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer
from plaudit_site.storing import count_anew, store

AT_ONCE = 1_000
COUNTED_AT = {AT_ONCE * 5 * 4**step for step in range(6)}
READ_IN_REQUEST = 512 * 1024
"""A smaller file is read before the page answers; a larger one by the worker, and the page says so."""
HOLD_SECONDS = 120
DISCARD_SECONDS = 2.0
"""As long as a request that discards a list deletes its rows itself."""
MOST_TRIES = 24
SHOWN_CELL = 80


class BatchChanged(Exception):
    """The batch is not in the state that this needs; the page shows the one it is in."""


def most_bytes() -> int:
    return int(settings.IMPORT_MOST_MB) * 1024 * 1024


def upload(
    issuer: Issuer,
    file: BinaryIO,
    *,
    name: str,
    badge: Achievement | None,
    by: User,
    mapping: Mapping[int, str] | None = None,
    day_first: bool | None = None,
) -> Batch:
    """Keep the file and look at its beginning; a small one is read at once. Raises FileRefused, AwardRefused.

    Who knows what the columns are, or how dates are written, says so; else it is found out.
    """
    check(issuer, by)
    size, digest = _measure(file)
    if size > most_bytes():
        raise FileRefused(
            _("The file is larger than %(size)s MB. Divide the list, or ask the people who run this site.")
            % {"size": settings.IMPORT_MOST_MB}
        )
    table = importing.look(
        file, remembered=_remembered(issuer), most_bytes=most_bytes(), mapping=mapping, day_first=day_first
    )
    public_id, is_small = new_id(), size <= READ_IN_REQUEST
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
            **leases.due(here=is_small, seconds=HOLD_SECONDS),
        )
        record("batch uploaded", actor=by.public_id, subject=f"batch:{public_id}", issuer=issuer.public_id)
    if is_small:
        _read(batch)
        batch.refresh_from_db()
    return batch


def read_again(
    batch: Batch, *, mapping: Mapping[int, str], day_first: bool, badge: Achievement | None, by: User
) -> None:
    """Other columns, dates or badge: the whole file is read anew. Raises AwardRefused, BatchChanged."""
    check(batch.issuer, by)
    order, sample = _dates_anew(batch, mapping)
    try:
        is_small = default_storage.size(batch.file) <= READ_IN_REQUEST
    except FileNotFoundError:  # it went, or is on another machine: a worker says what came of it
        is_small = False
    with transaction.atomic():
        changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.CHECKED).update(
            state=Batch.State.READING,
            layout={**batch.layout, **sample},
            mapping={str(n): column for n, column in mapping.items() if column},
            day_first=day_first if order is None else order,
            badge=badge,
            **leases.due(here=is_small, seconds=HOLD_SECONDS),
        )
        if changed != 1:
            raise BatchChanged
        headings = batch.layout["headings"]
        for n, column in mapping.items():
            if batch.layout["heading_line"] and n < len(headings) and plain(headings[n]):
                HeadingChoice.objects.update_or_create(
                    issuer=batch.issuer, heading=plain(headings[n])[:200], defaults={"column": column}
                )
    if is_small:
        batch.refresh_from_db()
        _read(batch)


def _dates_anew(batch: Batch, mapping: Mapping[int, str]) -> tuple[bool | None, dict[str, Any]]:
    """Another column may hold the dates: their order, if it leaves no doubt, and what the page says about it."""
    if importing.date_columns(mapping) == importing.date_columns(_mapping(batch)):
        return None, {}
    try:
        with default_storage.open(batch.file) as file:
            order, sample = importing.order_of_dates(
                cast(BinaryIO, file), _table(batch), mapping, most_bytes=most_bytes()
            )
    except (FileNotFoundError, FileRefused):
        return None, {}  # the reading that follows says what is wrong with the file
    return order, {"open_dates": order is None, "date_sample": clean(sample[:40])}


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
                if staged in COUNTED_AT:
                    count_anew(BatchRow)
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
    return importing.rows(
        file,
        _table(batch),
        _mapping(batch),
        rules(batch),
        most_bytes=most_bytes(),
        register=partial(people, batch.issuer),
    )


def people(issuer: Issuer, own_ids: Iterable[str]) -> dict[str, Known]:
    """Whom these ids mean in the issuer's register."""
    found = registering.known(issuer, own_ids)
    return {key: Known(person.name, person.address) for key, person in found.items()}


def _mapping(batch: Batch) -> dict[int, str]:
    return {int(n): column for n, column in batch.mapping.items()}


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
            lines = list(batch.rows.order_by("line").values_list("line", flat=True)[: 4 * AT_ONCE])
            Batch.objects.filter(pk=batch.pk).update(tally={})
            if not lines:
                return True
            batch.rows.filter(line__lte=lines[-1]).delete()


def _stage(batch: Batch, rows: list[Row]) -> bool:
    badges = Achievement.objects.in_bulk({row.badge for row in rows if row.badge}, field_name="public_id")
    if batch.issuer.standing == Issuer.Standing.PENDING and batch.made_by is not None:
        own = set(proven_addresses(batch.made_by))
        for row in rows:
            if row.address and row.address not in own:
                row.problems.append(Problem("address", "not yet", row.address))
    now = timezone.now()
    staged = [staged_row(row, badges.get(row.badge), now) for row in rows]
    mark_twins(batch, staged)
    columns = {name: [getattr(row, name) for row in staged] for name in STAGED}
    with transaction.atomic():
        if not leases.renew(batch, seconds=HOLD_SECONDS):
            return False
        store(BatchRow, {"batch_id": batch.pk, **columns}, len(staged))
        move_in_tally(batch, Counter(row.state for row in staged))
    return True


def move_in_tally(batch: Batch, steps: Mapping[str, int]) -> None:
    """Count rows that came into a state, or left it. Inside the transaction that moves them, which holds the batch."""
    tally = Batch.objects.values_list("tally", flat=True).get(pk=batch.pk)
    counts = {state: tally.get(state, 0) + steps.get(state, 0) for state in {*tally, *steps}}
    Batch.objects.filter(pk=batch.pk).update(tally={str(state): number for state, number in counts.items()})


def rules(batch: Batch) -> Rules:
    """What rows of this batch are judged by, as of now."""
    badges: dict[str, str] = {}
    double: set[str] = set()
    results: dict[str, Any] = {}
    for badge in published(batch.issuer):
        if badge.current and badge.current.results:
            results[badge.public_id] = badge.current.results
        for called in {plain(badge.current.title), plain(badge.public_id)} if badge.current else set():
            if called in badges:
                double.add(called)
            badges[called] = badge.public_id
    return Rules(
        badges={called: badge for called, badge in badges.items() if called not in double},
        now=timezone.now().replace(microsecond=0),
        badge=batch.badge.public_id if batch.badge else "",
        day_first=batch.day_first,
        languages=frozenset(saying.CODES),
        results=results,
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
        waiting = Batch.objects.select_for_update(no_key=True)
        current = waiting.filter(pk=batch.pk, state=Batch.State.CHECKED).first()
        if current is None:
            raise BatchChanged
        row = BatchRow.objects.select_for_update().get(batch=current, line=line)
        if row.state != BatchRow.State.BAD:
            raise BatchChanged
        cells = {**row.given, **{name: text.strip() for name, text in given.items()}}
        cells = {name: text[: importing.KEPT_CELL] for name, text in cells.items() if text}
        typed = {cells.get("address", "").lower()} if as_it_is else set()
        known = people(current.issuer, [cells.get("own_id", "")])
        judged = importing.judge(line, cells, replace(rules(current), people=known), frozenset(typed))
        if current.issuer.standing == Issuer.Standing.PENDING and judged.address not in proven_addresses(by):
            judged.problems.append(Problem("address", "not yet", judged.address))
        badge = Achievement.objects.filter(public_id=judged.badge).first() if judged.badge else None
        staged = staged_row(judged, badge, timezone.now())
        mark_twins(current, [staged])
        new = BatchRow(pk=row.pk, batch=current, **{name: getattr(staged, name) for name in STAGED})
        new.save(force_update=True)
        if new.state != row.state:
            move_in_tally(current, {str(row.state): -1, str(new.state): 1})
    return new


def discard(batch: Batch, *, by: User) -> None:
    """Nothing was awarded: file and rows go, nothing of the people in them stays. Raises AwardRefused, BatchChanged.

    The list is nowhere from its first commit on. What is left of a very long one goes by the worker (forgetting.py).
    """
    check(batch.issuer, by)
    with transaction.atomic():
        waiting = Batch.objects.exclude(emptying.GONE).select_for_update(no_key=True)
        current = waiting.filter(pk=batch.pk, state__in=emptying.BEFORE_THE_START).first()
        if current is None or current.awards.exists():
            raise BatchChanged
        # Without a lease, so that who reads it stages nothing more.
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.REFUSED,
            forgotten_at=timezone.now(),
            file="",
            layout={**current.layout, "first": [], "date_sample": ""},
            due_at=None,
            lease_holder="",
            lease_until=None,
        )
        record("batch discarded", actor=by.public_id, subject=f"batch:{batch.public_id}")
    if current.file:
        default_storage.delete(current.file)
    until = time.monotonic() + DISCARD_SECONDS
    while emptying.forget_rows(current):
        if time.monotonic() > until:
            return
    Batch.objects.filter(pk=batch.pk).delete()


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
        "headings": clean([heading.strip()[:SHOWN_CELL] for heading in table.headings]),
        "heading_line": table.heading_line,
        "first": clean([cell.strip()[:SHOWN_CELL] for cell in table.first]),
        "open_dates": table.day_first is None,
        "date_sample": clean(table.date_sample[:40]),
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
