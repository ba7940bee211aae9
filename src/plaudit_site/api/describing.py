"""Our rows in the words of the API (schemas.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Subquery
from django.urls import reverse

from plaudit.reading import format_date_time
from plaudit_site.achievements.models import Achievement
from plaudit_site.api.models import Token
from plaudit_site.awards import importing, life, previewing, resending
from plaudit_site.awards.importing import Problem as CellProblem
from plaudit_site.awards.models import Award, AwardQuerySet, Batch, BatchRow
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.sharing import badge_site_url, certificate_url, permanent_url, picture_url
from plaudit_site.mail import reasons
from plaudit_site.mail.models import UNDELIVERED, State
from plaudit_site.mail.renderers import Rendered

SHOWN_PROBLEMS = 20
MAIL_WORDS = {
    State.QUEUED: "Mail waits to be sent",
    State.SENDING: "Mail is being sent",
    State.SENT: "Mail sent",
    State.DEFERRED: "Not taken yet, tried again",
    State.BOUNCED: "Could not be delivered",
    State.FAILED: "Could not be delivered",
    State.DROPPED: "Not sent: it was not needed any more",
}

UNWANTED = "Not sent: this person wants no mail from you"


def moment(at: datetime | None) -> str | None:
    return format_date_time(at) if at else None


HEAVY = (
    "issuer__logo",
    "version__picture_png",
    "version__picture_svg",
    "version__design",
    "version__criteria",
)
"""Columns of many kilobytes that no answer shows: a page of 200 awards would read megabytes of pictures."""


def with_mail(rows: AwardQuerySet) -> AwardQuerySet:
    """Each award with kind, state and code of the latest mail about it."""
    latest = resending.latest()
    return (
        rows.select_related("version__achievement", "issuer", "batch", "revocation", "suspension")
        .defer(*HEAVY)
        .annotate(
            delivery=Subquery(latest.values("state")[:1]),
            delivery_code=Subquery(latest.values("code")[:1]),
            delivery_kind=Subquery(latest.values("kind")[:1]),
        )
    )


def award(row: Award) -> dict[str, Any]:
    """As in a list; `row` comes from `with_mail`."""
    delivery, code = row.delivery or "", row.delivery_code or ""  # type: ignore[attr-defined]
    achievement = row.version.achievement
    return {
        "id": row.public_id,
        "badge": {"id": achievement.public_id, "title": row.version.title, "version": row.version.number},
        "name": row.name,
        "address": row.address,
        "state": _state(row),
        "words": str(life.now(row, delivery, code).words),
        "mail": _mail(row.delivery_kind, delivery, code),  # type: ignore[attr-defined]
        "made_at": moment(row.made_at),
        "awarded_at": moment(row.awarded_at),
        "expires_at": moment(row.expires_at),
        "opened_at": moment(row.opened_at),
        "evidence": row.evidence_url or None,
        "note": row.note,
        "result": row.result,
        "language": row.language,
        "batch": row.batch.public_id if row.batch else None,
        "line": row.batch_line,
        "certificate": certificate_url(row),
        "credential": f"{permanent_url(row)}.json" if row.credential_id else None,
        "page": page("award", row.issuer.slug, row.public_id),
    }


def _state(row: Award) -> str:
    """What was taken back is told before who has it."""
    if getattr(row, "revocation", None) is not None:
        return "revoked"
    return "suspended" if getattr(row, "suspension", None) is not None else str(row.state)


def award_with_life(row: Award) -> dict[str, Any]:
    """With every step so far."""
    steps = [{"at": moment(step.at), "words": str(step.words), "tone": step.tone} for step in life.steps(row)]
    return {**award(row), "problem": row.problem, "life": steps}


def _mail(kind: str, state: str, code: str) -> dict[str, Any] | None:
    if not state:
        return None
    unwanted = state == State.DROPPED and code == reasons.UNWANTED
    words = UNWANTED if unwanted else MAIL_WORDS[State(state)]
    told = state in {*UNDELIVERED, State.DEFERRED}
    return {
        "kind": kind,
        "state": state,
        "words": f"{words}: {reasons.shown(code)}" if told else words,
        "code": code if told and code[:1].isdigit() else None,
    }


def badge(row: Achievement) -> dict[str, Any]:
    assert row.current is not None
    return {
        "id": row.public_id,
        "title": row.current.title,
        "version": row.current.number,
        "repeat": row.repeat,
        "picture": picture_url(row.current),
        "page": f"{badge_site_url(row.issuer)}b/{row.public_id}/",
    }


def token(row: Token) -> dict[str, Any]:
    return {
        "name": row.name,
        "issuer": {"id": row.issuer.public_id, "slug": row.issuer.slug, "name": row.issuer.name},
        "scopes": row.scopes,
        "expires_at": moment(row.expires_at),
        "requests_a_minute": settings.API_A_MINUTE,
    }


def batch(row: Batch) -> dict[str, Any]:
    """Counted from the rows themselves, at this moment."""
    progress = Progress(row)
    bad = row.rows.filter(state=BatchRow.State.BAD).select_related("achievement").order_by("line")
    return {
        "id": row.public_id,
        "state": str(row.state),
        "words": str(row.get_state_display()),
        "problem": progress.problem,
        "file": row.file_name,
        "badge": row.badge.public_id if row.badge else None,
        "made_at": moment(row.made_at),
        "started_at": moment(row.started_at),
        "begins_at": moment(row.begins_at),
        "ended_at": moment(row.ended_at),
        "is_over": progress.is_over,
        "rows": _plain(progress.rows),
        "awards": _plain(progress.awards),
        "mails": _plain(progress.mails),
        "rate": round(progress.rate, 2),
        "seconds_left": progress.seconds_left,
        "columns": [_column(column) for column in previewing.columns(row)],
        "lacks": previewing.lacks(row),
        "warnings": previewing.warnings(row),
        "dates": _dates(row),
        "problems": rows(row, bad[:SHOWN_PROBLEMS]),
        "page": page("batch", row.issuer.slug, row.public_id),
    }


def rows(batch: Batch, found: Iterable[BatchRow]) -> list[dict[str, Any]]:
    """Lines with what is wrong in them, in words, and the award that was made of each."""
    lines = list(found)
    made = dict(
        batch.awards.filter(batch_line__in=[row.line for row in lines]).values_list("batch_line", "public_id")
    )
    return [_row(row, made) for row in lines]


def row_in_full(batch: Batch, row: BatchRow) -> dict[str, Any]:
    """One line with every cell, and the very mail and badge that would come of it; null while it has problems."""
    (shown,) = rows(batch, [row])
    mail = previewing.mail(batch, row)
    version = row.achievement.current if row.achievement else None
    return {
        **shown,
        "cells": {cell["name"]: cell["text"] for cell in previewing.every_cell(row)},
        "mail": mail and {**_mail_before(mail["rendered"]), "goes_out": mail["goes_out"]},
        "title": version.title if version else None,
        "picture": picture_url(version) if version else None,
        "page": page("batch_row", batch.issuer.slug, batch.public_id, row.line),
    }


def _mail_before(mail: Rendered) -> dict[str, str]:
    return {
        "sender_name": mail.sender_name,
        "to": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
    }


def _row(row: BatchRow, made: Mapping[int | None, str]) -> dict[str, Any]:
    return {
        "line": row.line,
        "state": str(row.state),
        "name": row.given.get("name") or row.name,
        "address": row.given.get("address") or row.address,
        "badge": row.achievement.public_id if row.achievement else None,
        "problems": [
            _told(problem, words) for problem, words in zip(row.problems, previewing.said(row), strict=True)
        ],
        "award": made.get(row.line),
    }


def _told(problem: Mapping[str, Any], words: str) -> dict[str, Any]:
    return {
        "column": problem.get("column") or None,
        "value": problem.get("value", ""),
        "words": words,
        "suggestion": problem.get("suggestion") or None,
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    return {"heading": column["heading"], "sample": column["sample"], "column": column["column"] or None}


def _dates(row: Batch) -> dict[str, Any] | None:
    dates = previewing.dates(row)
    if dates is None:
        return None
    order = "day-first" if row.day_first else "month-first"
    return {"sample": dates["sample"], "read_as": dates["now"], "order": order, "sure": not dates["open"]}


def _plain(counted: Mapping[Any, int]) -> dict[str, int]:
    return {str(name): number for name, number in counted.items()}


def cell_words(problem: CellProblem) -> str:
    """What is wrong in one cell, without the name of its column."""
    return importing.words(problem)


def page(name: str, *parts: str | int) -> str:
    """The console's page of the same thing, for people."""
    return settings.BASE_URL + reverse(name, args=list(parts))
