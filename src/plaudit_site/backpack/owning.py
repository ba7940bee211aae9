"""What an earner does with a badge from elsewhere: who sees it, hide it, remove it, check it again."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.keeping import UNDO_REMOVE
from plaudit_site.awards.models import Collection, CollectionItem, Visibility
from plaudit_site.awards.sharing import Sight
from plaudit_site.backpack import verifying
from plaudit_site.backpack.models import CollectedImport, Imported
from plaudit_site.backpack.verifying import State

CHECKED_ANEW: Final = timedelta(hours=24)
"""How old the last check of a badge that others can see may become."""
AT_ONCE: Final = 3
LAST_GOOD: Final = "last_good"
"""In a kept report: when its issuer last said that it is not revoked, while the issuer cannot be asked."""


class NotYours(Exception):
    """Not this person's to do that with, or not any more."""


def look_up(public_id: str, visitor: object) -> tuple[Imported | None, Sight]:
    """As far as this visitor may know of it: private and unknown are the same, as for awards (J38)."""
    found = Imported.objects.select_related("owner").filter(public_id=public_id).first()
    if found is None:
        return None, Sight.NOTHING
    shown = found.visibility != Visibility.ONLY_ME
    if found.removed_at is not None:
        return None, Sight.GONE if shown else Sight.NOTHING
    if shown:
        return found, Sight.ANYONE
    is_owner = found.owner_id == getattr(visitor, "pk", None)
    return (found, Sight.OWNER) if is_owner else (None, Sight.NOTHING)


def set_visibility(imported: Imported, owner: User, visibility: str) -> None:
    with transaction.atomic():
        _change(imported, owner, visibility=Visibility(visibility))
        record(
            "visibility set",
            actor=owner.public_id,
            subject=f"imported:{imported.public_id}",
            visibility=str(visibility),
        )


def set_hidden(imported: Imported, owner: User, hidden: bool) -> None:
    with transaction.atomic():
        _change(imported, owner, hidden=hidden)


def remove(imported: Imported, owner: User) -> None:
    """Its page answers 410; for 30 days it can be taken back, then the file is gone from here."""
    with transaction.atomic():
        _change(imported, owner, removed_at=timezone.now())
        record("import removed", actor=owner.public_id, subject=f"imported:{imported.public_id}")


def take_back(imported: Imported, owner: User) -> None:
    with transaction.atomic():
        since = timezone.now() - UNDO_REMOVE
        mine = Imported.objects.filter(pk=imported.pk, owner=owner, removed_at__gt=since)
        if mine.update(removed_at=None) != 1:
            raise NotYours
        record("import taken back", actor=owner.public_id, subject=f"imported:{imported.public_id}")


def put(imported: Imported, owner: User, chosen: Some[str]) -> None:
    """In exactly these collections of the owner's (public ids) from now on."""
    with transaction.atomic():
        mine = Collection.objects.filter(owner=owner)
        CollectedImport.objects.filter(imported=imported, collection__in=mine).exclude(
            collection__public_id__in=chosen
        ).delete()
        for collection in mine.filter(public_id__in=chosen):
            CollectedImport.objects.get_or_create(
                collection=collection, imported=imported, defaults={"position": last_position(collection) + 1}
            )


def last_position(collection: Collection) -> int:
    """Awards and badges from elsewhere stand in one order."""
    tops = [
        rows.aggregate(last=Max("position"))["last"] or 0
        for rows in (
            CollectionItem.objects.filter(collection=collection),
            CollectedImport.objects.filter(collection=collection),
        )
    ]
    return max(tops)


def _change(imported: Imported, owner: User, **values: object) -> None:
    mine = Imported.objects.filter(pk=imported.pk, owner=owner, removed_at__isnull=True)
    if mine.update(**values) != 1:
        raise NotYours
    imported.refresh_from_db(fields=list(values))


def hand_over(gone: User, kept: User) -> None:
    """Two accounts become one: a file that both had is there twice, each with its link, and is known once."""
    for imported in Imported.objects.filter(owner=gone).only("pk", "sha256"):
        key = once_key(kept, imported.sha256)
        is_known = Imported.objects.filter(once_key=key).exists()
        Imported.objects.filter(pk=imported.pk).update(owner=kept, once_key=None if is_known else key)


def once_key(owner: User, digest: str) -> str:
    return f"{owner.public_id}:{digest}"


def check_again(imported: Imported, now: datetime) -> Imported:
    """Ask its issuer once more. Raises verifying.Busy. The file never changes, only what is known of it."""
    content = bytes(imported.content)
    report = verifying.verify(_where_it_stood(imported) or content, now)
    if (good := _last_good(imported, report)) is not None:
        report[LAST_GOOD] = good
    values: dict[str, Any] = {"report": report, "state": str(verifying.state_of(report)), "checked_at": now}
    Imported.objects.filter(pk=imported.pk).update(**values)
    for name, value in values.items():
        setattr(imported, name, value)
    return imported


def _last_good(imported: Imported, report: dict[str, Any]) -> str | None:
    """When its issuer last said that it holds, if that cannot be asked now."""
    if status_of(report) != "unknown":
        return None
    if status_of(imported.report) == "passed":
        return imported.checked_at.isoformat()
    kept = imported.report.get(LAST_GOOD)
    return kept if isinstance(kept, str) else None


def report_now(imported: Imported, now: datetime) -> dict[str, Any]:
    """Its last report. A good one that has ended since says so: for that nobody has to be asked."""
    report: dict[str, Any] = {**imported.report, "beside": None}
    if imported.state not in {State.AUTHENTIC, State.GENUINE} or not has_ended(imported, now):
        return report
    checks = [
        one | {"outcome": "failed", "detail": ""} if one["id"] == "dates" else one for one in report["checks"]
    ]
    return report | {"verified": False, "at": now.isoformat(), "checks": checks}


def state_now(imported: Imported, now: datetime) -> str:
    is_good = imported.state in {State.AUTHENTIC, State.GENUINE}
    return str(State.EXPIRED) if is_good and has_ended(imported, now) else imported.state


def has_ended(imported: Imported, now: datetime) -> bool:
    return imported.expires_at is not None and imported.expires_at <= now


def status_of(report: Mapping[str, Any]) -> str:
    return next((str(check["outcome"]) for check in report["checks"] if check["id"] == "status"), "")


def _where_it_stood(imported: Imported) -> str:
    """Open Badges 1 and 2 without a signature are what their address says; a signed file is what it is."""
    is_hosted = "badge" in (imported.report.get("credential") or {})
    return imported.address if is_hosted and imported.form == Imported.Form.JSON else ""


def check_some() -> int:
    """Badges that others can see are asked after once a day. Returns how many were."""
    now = timezone.now()
    due = Imported.objects.filter(removed_at__isnull=True, checked_at__lt=now - CHECKED_ANEW)
    done = 0
    for imported in due.exclude(visibility=Visibility.ONLY_ME).order_by("checked_at", "pk")[:AT_ONCE]:
        try:
            check_again(imported, now)
        except verifying.Busy:
            break
        done += 1
    return done


def forget_some() -> int:
    """Removed ones whose 30 days are over are gone, file and all. Returns how many."""
    over = Imported.objects.filter(removed_at__lte=timezone.now() - UNDO_REMOVE)
    keys = list(over.order_by("pk").values_list("pk", flat=True)[:100])
    return Imported.objects.filter(pk__in=keys).delete()[0]
