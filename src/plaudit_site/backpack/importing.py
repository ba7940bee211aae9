"""Badges from elsewhere come in (J42): each is verified, matched with its earner's addresses, kept as it came.

A press makes an `Import` with an item for each file; one item is dealt with at once, many by the worker. A badge for
an address that the account has not proven waits a week, and comes in by itself when the address is proven.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from plaudit import baking, papers
from plaudit.fetch import Fetched
from plaudit.report import A_PAGE, A_PART, NOTHING_THERE, TAKEN_AWAY, TOO_LARGE
from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards.claiming import invitation_for, proven_addresses
from plaudit_site.awards.keeping import UNDO_REMOVE
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import permanent_url
from plaudit_site.backpack import (
    contents,
    keeping,
    own_addresses,
    owning,
    picturing,
    recognising,
    verifying,
)
from plaudit_site.backpack.models import Import, Imported, ImportItem
from plaudit_site.backpack.unpacking import Piece
from plaudit_site.backpack.verifying import State

MOST_KEPT: Final = 2_000
"""Imported badges of one account."""
MOST_A_DAY: Final = 600
"""Files that one account has checked in a day: three full archives."""
WAITS: Final = timedelta(days=7)
AT_ONCE: Final = 5
MOST_TRIES: Final = 3
"""Of one file: a check that ends a worker each time is not begun without end."""
_Item = ImportItem.State
# Good enough to be kept: its content is what its issuer signed.
_KEPT = frozenset({State.AUTHENTIC, State.GENUINE, State.EXPIRED, State.EARLY, State.UNKNOWN})


class TooMany(Exception):
    """This account has had as many files checked today as one may."""


def begin(owner: User, pieces: list[Piece]) -> Import:
    """Write down what is to be brought in. Raises TooMany."""
    now = timezone.now()
    day = ImportItem.objects.filter(import_run__owner=owner, import_run__made_at__gt=now - timedelta(days=1))
    if day.count() + len(pieces) > MOST_A_DAY:
        raise TooMany
    with transaction.atomic():
        run = Import.objects.create(owner=owner, made_at=now, ends_at=now + WAITS)
        for number, piece in enumerate(pieces):
            ImportItem.objects.create(
                import_run=run,
                number=number,
                name=piece.name,
                content=piece.content,
                address=piece.address,
                state=_Item.REFUSED if piece.reason else _Item.QUEUED,
                reason=piece.reason,
                due_at=None if piece.reason else now,
            )
    return run


def take_in_now(run: Import) -> None:
    """The few that a person waits for; what cannot be checked at this moment is left to the worker."""
    waiting = ImportItem.objects.filter(import_run=run, state=_Item.QUEUED)
    for item in leases.claim(waiting, worker=leases.worker_name(), now=timezone.now(), most=AT_ONCE):
        _take_in(item)


def take_in_some(worker: str) -> int:
    """A worker's share of what waits. Returns how many it dealt with."""
    waiting = ImportItem.objects.filter(state=_Item.QUEUED)
    items = leases.claim(waiting, worker=worker, now=timezone.now(), most=AT_ONCE, seconds=300)
    return sum(_take_in(item) for item in items)


def _take_in(item: ImportItem) -> bool:
    """Network and pictures first, then one short write. False when other checks are in the way: later."""
    if item.attempts > MOST_TRIES:
        return _settle(item, _Item.REFUSED, reason="unread")
    owner = item.import_run.owner
    now = timezone.now()
    content = bytes(item.content)
    if not item.address and _has(owner, content):
        return _settle(item, _Item.THERE)
    if item.address and (mine := own(owner, item.address)):
        return _settle(item, _Item.THERE, **mine)
    answered: list[Fetched] = []
    try:
        report = verifying.verify(item.address or content, now, answered if item.address else None)
    except verifying.Busy:
        leases.finish(item, due_at=now + timedelta(seconds=verifying.SECONDS), attempts=0)
        return False
    content = answered[0].body if item.address and answered else content
    if mine := own(owner, _named(report)):
        return _settle(item, _Item.THERE, **mine)
    reason = _refusal(report, content)
    if reason:
        return _settle(item, _Item.REFUSED, reason=reason)
    if _has(owner, content):
        return _settle(item, _Item.THERE)
    found = _read(content, report)
    awarded_to = recognising.matching(report["credential"], proven_addresses(owner))
    if not awarded_to:
        return _wait_for_address(item, content, found, report)
    return _keep(item, owner, awarded_to, found, report)


def _named(report: Mapping[str, Any]) -> str:
    """The badge that a file says it is; of one that can't be trusted nothing is believed."""
    credential = report["credential"]
    if verifying.state_of(report) is State.INVALID or not isinstance(credential, Mapping):
        return ""
    return str(credential.get("id") or "")


def own(owner: User, address: str) -> dict[str, str]:
    """Where this person has it already, when it is an award of this site to them, in whatever state it is."""
    public_id = own_addresses.award_named(address)
    award = Award.objects.filter(public_id=public_id, earner=owner).first()
    if award is None or award.state not in {Award.State.ACCEPTED, Award.State.REMOVED}:
        return _waits(owner, public_id)
    if award.state == Award.State.REMOVED:
        taken_back = award.removed_at is not None and award.removed_at > timezone.now() - UNDO_REMOVE
        return {"reason": "removed", "title": award.title} if taken_back else {}
    return {"reason": "hidden" if award.hidden else "earned", "title": award.title}


def _waits(owner: User, public_id: str) -> dict[str, str]:
    """It is for an address of theirs, and they have not accepted it: with its own address, to be found by again."""
    award = invitation_for(owner, public_id) if public_id else None
    if award is None:
        return {}
    reason = "declined" if award.state == Award.State.DECLINED else "waiting"
    return {"reason": reason, "title": award.title, "address": permanent_url(award)}


_AT_ITS_ADDRESS = {A_PAGE: "page", A_PART: "part", NOTHING_THERE: "missing", TAKEN_AWAY: "gone"}


def _refusal(report: Mapping[str, Any], content: bytes) -> str:
    """Why this does not come in; "" when it may."""
    state = verifying.state_of(report)
    if said := _AT_ITS_ADDRESS.get(report["checks"][0]["code"]):
        return said
    if state is State.NOTHING:
        looks = keeping.looks_like(content)
        return {"jpeg": "picture", "gif": "picture", "webp": "picture", "png": "bare", "pdf": "paper"}.get(
            looks, "nothing"
        )
    if state in {State.INVALID, State.REVOKED, State.SUSPENDED}:
        return str(state)
    if any(check["code"] == TOO_LARGE for check in report["checks"]):
        return "large"
    credential = report["credential"]
    if state not in _KEPT or not isinstance(credential, Mapping):
        return "unread"
    if str(credential.get("id") or "").startswith(f"{settings.BASE_URL}/"):
        return "ours"
    return "" if recognising.identities(credential) else "nobody"


@dataclass(frozen=True)
class Read:
    """What a file says that may be believed, for its row."""

    content: bytes
    form: str
    title: str
    issuer_name: str
    awarded_at: datetime
    expires_at: datetime | None
    picture: bytes
    picture_is_signed: bool


def _read(content: bytes, report: Mapping[str, Any]) -> Read:
    shown = contents.shown(report)
    drawn, is_signed = picturing.picture(report["credential"], content)
    return Read(
        content=content,
        form=form_of(content),
        title=(shown.title if shown else "")[:300],
        issuer_name=(shown.issuer if shown else "")[:300],
        awarded_at=_moment(shown.awarded if shown else "") or timezone.now(),
        expires_at=_moment(shown.until if shown else ""),
        picture=drawn,
        picture_is_signed=is_signed,
    )


def form_of(content: bytes) -> str:
    if papers.is_paper(content):
        return Imported.Form.PDF
    if baking.is_png(content):
        return Imported.Form.PNG
    if baking.is_svg(content):
        return Imported.Form.SVG
    return Imported.Form.JSON if content.lstrip()[:1] == b"{" else Imported.Form.JWT


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def _wait_for_address(item: ImportItem, content: bytes, found: Read, report: Mapping[str, Any]) -> bool:
    """Kept for a week; only the person who brought it sees it."""
    told = recognising.told_address(report["credential"])
    changes = {"content": content, "title": found.title, "asks_for": told, "report": report}
    return leases.finish(item, state=_Item.OTHER, due_at=None, **changes)


def _keep(item: ImportItem, owner: User, awarded_to: str, found: Read, report: Mapping[str, Any]) -> bool:
    if Imported.objects.filter(owner=owner).count() >= MOST_KEPT:
        return _settle(item, _Item.REFUSED, reason="full")
    digest = hashlib.sha256(found.content).hexdigest()
    try:
        with transaction.atomic():
            imported = Imported.objects.create(
                owner=owner,
                once_key=owning.once_key(owner, digest),
                sha256=digest,
                content=found.content,
                form=found.form,
                address=item.address,
                awarded_to=awarded_to,
                tells_address=bool(recognising.told_address(report["credential"])),
                report=report,
                state=str(verifying.state_of(report)),
                title=found.title,
                issuer_name=found.issuer_name,
                awarded_at=found.awarded_at,
                expires_at=found.expires_at,
                picture=found.picture,
                picture_is_signed=found.picture_is_signed,
            )
            record("imported", actor=owner.public_id, subject=f"imported:{imported.public_id}")
            _settle(item, _Item.IN, imported=imported, title=found.title)
    except IntegrityError:  # the same file in another press at the same moment
        return _settle(item, _Item.THERE)
    return True


def _settle(item: ImportItem, state: str, **changes: Any) -> bool:
    """Done with it: the file is no longer kept here."""
    return leases.finish(item, state=state, due_at=None, content=b"", report={}, **changes)


def _has(owner: User, content: bytes) -> bool:
    """The very same file; one that was removed counts until it is gone, and is taken back instead."""
    key = owning.once_key(owner, hashlib.sha256(content).hexdigest())
    return Imported.objects.filter(once_key=key).exists()


def take_in_waiting(owner: User, address: str) -> None:
    """After an address was proven: what was brought in before and is for this address is looked at again (J16)."""
    waiting = ImportItem.objects.filter(
        import_run__owner=owner, state=_Item.OTHER, import_run__ends_at__gt=timezone.now()
    )
    mine = [item.pk for item in waiting if recognising.matching(item.report["credential"], [address])]
    ImportItem.objects.filter(pk__in=mine, state=_Item.OTHER).update(
        state=_Item.QUEUED, due_at=timezone.now(), attempts=0
    )


def woken(owner: User) -> Import | None:
    """The last press of which something waits to be looked at."""
    queued = ImportItem.objects.filter(import_run__owner=owner, state=_Item.QUEUED).order_by("-import_run")
    item = queued.select_related("import_run").first()
    return item.import_run if item else None


def forget_some() -> int:
    """Presses whose week is over go, with what waited in them. Returns how many."""
    over = Import.objects.filter(ends_at__lte=timezone.now()).order_by("pk").values_list("pk", flat=True)
    return Import.objects.filter(pk__in=list(over[:100])).delete()[0]
