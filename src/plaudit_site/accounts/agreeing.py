"""Terms and privacy page have versions (J49): which is in force, who has agreed to which, and how a new one comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts.models import Agreement, Policy, User
from plaudit_site.audit.models import record

KIND = Policy.Kind
OWN_SINCE = datetime(2026, 11, 1, tzinfo=UTC)
"""Since when the site's own text, version 1, is as it is."""
LOOK_AGAIN_SECONDS = 30.0
"""A new version is asked about by every process within this time."""


@dataclass(frozen=True)
class InForce:
    """A version: its number, since when it holds, and its text; without one it is the site's own."""

    kind: str
    number: int
    since: datetime
    text: str = ""


_looked: dict[str, tuple[float, InForce]] = {}


def in_force(kind: str) -> InForce:
    """The version that holds now, as of half a minute ago at most."""
    at, known = _looked.get(kind, (0.0, None))
    if known is None or time.monotonic() - at > LOOK_AGAIN_SECONDS:
        latest = Policy.objects.filter(kind=kind).order_by("-number").first()
        known = _as_it_was(latest) if latest else InForce(kind, 1, OWN_SINCE)
        _looked[kind] = time.monotonic(), known
    return known


def look_anew() -> None:
    """Forget what was looked up, in this process."""
    _looked.clear()


def version(kind: str, number: int) -> InForce | None:
    """A version by its number; None when there is none."""
    if number == 1:
        return InForce(kind, 1, OWN_SINCE)
    found = Policy.objects.filter(kind=kind, number=number).first()
    return _as_it_was(found) if found else None


def versions(kind: str) -> list[InForce]:
    """All versions, newest first."""
    rows = Policy.objects.filter(kind=kind).order_by("-number")
    return [*map(_as_it_was, rows), InForce(kind, 1, OWN_SINCE)]


def publish(kind: str, text: str, *, by: str) -> Policy:
    """A new version, in force from now on. Who has an account is asked to agree at the next visit."""
    with transaction.atomic():
        last = Policy.objects.select_for_update().filter(kind=KIND(kind)).order_by("-number").first()
        made = Policy.objects.create(kind=kind, number=(last.number if last else 1) + 1, text=text.strip())
        record("policy published", actor=by, subject=f"policy:{kind}", number=made.number)
        transaction.on_commit(look_anew)
    return made


def agree(user: User) -> None:
    """To the versions in force. Inside the caller's transaction, or its own."""
    rows = [Agreement(user=user, kind=kind, number=in_force(kind).number) for kind in KIND.values]
    Agreement.objects.bulk_create(rows, ignore_conflicts=True)


def owed(user: User) -> list[InForce]:
    """Versions in force that this account has not agreed to yet; none of those that were always there."""
    newer = [found for kind in KIND.values if (found := in_force(kind)).number > 1]
    if not newer:
        return []
    agreed = set(Agreement.objects.filter(user=user).values_list("kind", "number"))
    return [one for one in newer if (one.kind, one.number) not in agreed and one.since < timezone.now()]


def _as_it_was(row: Policy) -> InForce:
    return InForce(row.kind, row.number, row.since, row.text)
