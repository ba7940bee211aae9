"""A judged row as it is staged, and whether its like is there already: in the file, or awarded before."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.utils import timezone

from plaudit_site.achievements.models import Achievement
from plaudit_site.awards.awarding import latest, once_key
from plaudit_site.awards.importing import Row
from plaudit_site.awards.models import Award, Batch, BatchRow

AGAIN = ":again:"
"""In the keys of rows whose badge one person may be given several times."""


@dataclass(slots=True)
class Staged:
    """What a BatchRow will hold, but for its batch."""

    line: int
    state: str
    given: dict[str, str]
    problems: list[dict[str, Any]]
    achievement_id: int | None
    address: str
    name: str
    own_id: str
    by_id: bool
    awarded_at: datetime | None
    expires_at: datetime | None
    evidence_url: str
    note: str
    language: str
    result: str
    key: str


STAGED = tuple(field.name for field in fields(Staged))


def staged_row(row: Row, badge: Achievement | None, now: datetime) -> Staged:
    given = row.given
    return Staged(
        line=row.line,
        state=BatchRow.State.BAD.value if row.problems else BatchRow.State.READY.value,
        given=clean(given) if row.problems else {},
        problems=clean([asdict(problem) for problem in row.problems]) if row.problems else [],
        achievement_id=badge.pk if badge else None,
        address=row.address,
        name=row.name.replace("\x00", ""),
        own_id=given.get("own_id", "").replace("\x00", "")[:100],
        by_id=row.by_id,
        awarded_at=row.awarded_at,
        expires_at=row.expires_at,
        evidence_url=given.get("evidence", "").replace("\x00", "")[:500],
        note=given.get("note", "").replace("\x00", "")[:1000],
        language=row.language[:12],
        result=row.result.replace("\x00", ""),
        key=_key(badge, row, now) if badge and row.address else "",
    )


def clean(value: Any) -> Any:
    """Without NUL, which no database takes."""
    if isinstance(value, str):
        return value.replace("\x00", "␀")
    if isinstance(value, dict):
        return {name: clean(item) for name, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def _key(badge: Achievement, row: Row, now: datetime) -> str:
    """Under “once” the badge and the address, under “renew” the day too; else the evidence as well."""
    once = once_key(badge, row.address, row.awarded_at or now)
    if once is not None:
        return once
    more = f"{row.address}\n{row.given.get('date', '')}\n{row.given.get('evidence', '')}"
    return f"{badge.public_id}{AGAIN}{hashlib.sha256(more.encode(errors='replace')).hexdigest()}"


def mark_twins(batch: Batch, rows: list[Staged]) -> None:
    """Rows that stand in the file before, or were awarded before, are left out and say why."""
    ready = [row for row in rows if row.state == BatchRow.State.READY]
    keys = {row.key for row in ready}
    # By batch and key alone: asked for a state or an order too, SQLite would go through all rows of the list.
    there = BatchRow.objects.filter(batch=batch, key__among=keys).values_list("line", "key", "state")
    itself = rows[0].line if len(rows) == 1 else 0  # a corrected row is there already
    lines = {
        key: line
        for line, key, state in sorted(there, reverse=True)
        if state == BatchRow.State.READY and line != itself
    }
    awarded = dict(
        Award.objects.filter(once_key__among={key for key in keys if AGAIN not in key}).values_list(
            "once_key", "public_id"
        )
    )
    again = _awarded_again(batch, [row for row in ready if row.awarded_at and AGAIN in row.key])
    renewed = _latest_of_renewed(batch, ready)
    for row in ready:
        earlier = awarded.get(row.key) or again.get((row.achievement_id, row.address, row.awarded_at))
        if earlier:
            row.state = BatchRow.State.TWICE.value
            row.problems = [{"code": "awarded before", "award": earlier}]
        elif row.key in lines:
            row.state = BatchRow.State.TWICE.value
            row.problems = [{"code": "in the file before", "line": lines[row.key]}]
        else:
            lines[row.key] = row.line
            _compare_dates(row, renewed.get((row.achievement_id or 0, row.address)))


def _latest_of_renewed(batch: Batch, rows: list[Staged]) -> dict[tuple[int, str], datetime]:
    wanted = {row.achievement_id for row in rows if row.achievement_id}
    renewed = Achievement.objects.filter(pk__in=wanted, repeat=Achievement.Repeat.RENEW)
    badges = set(renewed.values_list("pk", flat=True))
    addresses = {row.address for row in rows if row.achievement_id in badges}
    return latest(batch.issuer, addresses, badges) if badges else {}


def _compare_dates(row: Staged, there: datetime | None) -> None:
    """Under “renew” a row says which award it follows, or is left out because a later one is there."""
    if there is None:
        return
    is_older = (row.awarded_at or timezone.now()) <= there
    row.problems = [{"code": "a later one" if is_older else "renews", "at": there.isoformat()}]
    if is_older:
        row.state = BatchRow.State.TWICE.value


@dataclass(frozen=True)
class Coming:
    """What a row will be awarded as; without `has_date` its day is that of its award."""

    line: int
    badge: Achievement
    address: str
    at: datetime
    has_date: bool


def there_by_now(batch: Batch, rows: Sequence[Coming]) -> dict[int, dict[str, Any]]:
    """By line, what stands against it: asked again right before rows are stored.

    Under “once” the database refuses a second award. Under “renew” and “repeat” only the reading of the list had asked,
    and another list may have been awarded since. What the list itself has awarded was looked at then.
    """
    found: dict[int, dict[str, Any]] = {}
    renewing = [row for row in rows if row.badge.repeat == Achievement.Repeat.RENEW]
    if renewing:
        addresses, badges = {row.address for row in renewing}, {row.badge.pk for row in renewing}
        dates = latest(batch.issuer, addresses, badges, apart_from=batch)
        for row in renewing:
            there = dates.get((row.badge.pk, row.address))
            if there is not None and row.at <= there:
                found[row.line] = {"code": "a later one", "at": there.isoformat()}
    repeating = [row for row in rows if row.badge.repeat == Achievement.Repeat.AGAIN and row.has_date]
    days = {(row.address, row.at) for row in repeating}
    again = _standing(batch, days, apart_from=batch) if days else {}
    for row in repeating:
        if earlier := again.get((row.badge.pk, row.address, row.at)):
            found[row.line] = {"code": "awarded before", "award": earlier}
    return found


def _awarded_again(batch: Batch, rows: list[Staged]) -> dict[tuple[int | None, str, datetime | None], str]:
    """Awards that stand: the same badge to the same person on the same day."""
    return _standing(batch, {(row.address, row.awarded_at) for row in rows}) if rows else {}


def _standing(
    batch: Batch, days: Collection[tuple[str, datetime | None]], *, apart_from: Batch | None = None
) -> dict[tuple[int | None, str, datetime | None], str]:
    found = Award.objects.filter(
        issuer=batch.issuer,
        address__in={address for address, _at in days},
        awarded_at__in={at for _address, at in days},
        revocation__isnull=True,
    ).exclude(state=Award.State.WITHDRAWN)
    if apart_from is not None:
        found = found.exclude(batch=apart_from)
    return {
        (badge, address, at): public_id
        for badge, address, at, public_id in found.values_list(
            "version__achievement", "address", "awarded_at", "public_id"
        )
    }
