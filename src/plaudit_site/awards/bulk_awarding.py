"""One slice of a list: its rows judged and signed where no transaction is open, then stored in one short one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from plaudit.errors import PlauditError
from plaudit_site import leases, storing
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import claiming, issuing, statuslists
from plaudit_site.awards.awarding import hold, months_later, once_key
from plaudit_site.awards.comparing import Coming, there_by_now
from plaudit_site.awards.credentials import Given, Place
from plaudit_site.awards.models import Award, Batch, BatchRow, Credential, Slice
from plaudit_site.awards.signing import Press
from plaudit_site.awards.statuslists import Block
from plaudit_site.ids import new_id
from plaudit_site.issuers import registering
from plaudit_site.issuers.keys import KeyNotOpened, current_key, signer, still_vouches
from plaudit_site.issuers.models import Issuer, SigningKey

log = logging.getLogger(__name__)

HOLD_SECONDS = 60
AWARDED_TOGETHER = "batch awarded"
_ROW = (
    "line",
    "achievement_id",
    "address",
    "name",
    "awarded_at",
    "expires_at",
    "evidence_url",
    "note",
    "language",
    "result",
    "own_id",
    "by_id",
)


class Row(NamedTuple):
    """What of a BatchRow an award is made from."""

    line: int
    achievement_id: int | None
    address: str
    name: str
    awarded_at: datetime | None
    expires_at: datetime | None
    evidence_url: str
    note: str
    language: str
    result: str
    own_id: str
    by_id: bool


@dataclass
class Made:
    """A row's award before it is stored; `content` is empty where it could not be signed like the others."""

    row: Row
    badge: Achievement
    given: Given
    content: bytes
    sha256: str
    index: int
    held_index: int | None
    once: str | None
    person: int | None
    pk: int = 0


@dataclass
class Work:
    """A slice in one worker's hands, and what has become of its rows so far.

    `block` are its places among the revoked, `held` those among the suspended, where its issuer may suspend.
    """

    piece: Slice
    batch: Batch
    block: Block | None
    most: int
    at: datetime
    held: Block | None = None
    rows: list[Row] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    there: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_line: int = 0
    is_whole: bool = True


def ready(piece: Slice) -> Any:
    return BatchRow.objects.filter(
        batch=piece.batch_id, line__gte=piece.first, line__lte=piece.last, state=BatchRow.State.READY
    )


def award(work: Work) -> int:
    return award_together([work])


def award_together(works: Sequence[Work]) -> int:
    """Some slices of one list, each in a transaction of its own; all are signed before the first is stored."""
    return store_together(works, sign_together(works))


def sign_together(works: Sequence[Work]) -> SigningKey | None:
    """Make what is to be stored of some slices of one list. Returns the key that has signed it, if there is one."""
    for work in works:
        work.rows = [Row(*row) for row in ready(work.piece).order_by("line").values_list(*_ROW)[: work.most]]
    return _sign([work for work in works if work.rows])


def store_together(works: Sequence[Work], key: SigningKey | None) -> int:
    """Store each in a transaction of its own. Returns how many rows were dealt with.

    What SQLite keeps of the file in memory is void as soon as another process has written: between transactions that
    follow on each other at once, none has.
    """
    return sum(_finish(work, key) for work in works)


def _sign(works: Sequence[Work]) -> SigningKey | None:
    """Make what is to be stored of each. Returns the key that has signed it; None where there is none."""
    if not works:
        return None
    issuer = works[0].batch.issuer
    try:
        key = current_key(issuer)
        press = Press(
            issuer, signer(key, issuer.signing_identifier), many=any(len(work.rows) > 1 for work in works)
        )
    except (KeyNotOpened, SigningKey.DoesNotExist):
        # Nothing unsigned is ever sent: the list waits until the operator has put the key back.
        log.exception("issuer %s cannot sign", issuer.public_id)
        return None
    badges = _badges({row.achievement_id for work in works for row in work.rows if row.achievement_id})
    for work in works:
        _make(work, press, badges)
    return key


def _finish(work: Work, key: SigningKey | None) -> int:
    """Returns how many rows were dealt with."""
    now = timezone.now()
    if not work.rows:
        leases.finish(work.piece, due_at=None, done_at=now)
    elif key is None:
        leases.finish(work.piece, due_at=leases.backoff(work.piece.attempts, now))
        return 0
    else:
        _store(work, key)
    return max(1, len(work.rows))


def _make(work: Work, press: Press, badges: Mapping[int, Achievement]) -> None:
    """Judge and sign, where no transaction is open."""
    assert work.block is not None
    batch, rows = work.batch, work.rows
    pending = batch.issuer.standing == Issuer.Standing.PENDING
    own = set(claiming.proven_addresses(batch.started_by)) if pending and batch.started_by else set()
    people = registering.known(batch.issuer, [row.own_id for row in rows if row.own_id])
    list_address = statuslists.list_url(work.block.status_list)
    held_address = statuslists.list_url(work.held.status_list) if work.held is not None else ""
    held = work.held.indices() if work.held is not None else [None] * len(rows)
    signed_at = work.at.replace(microsecond=0)
    for row, index, held_index in zip(rows, work.block.indices(), held, strict=True):
        work.last_line = row.line
        person = people.get(registering.key_of(row.own_id)) if row.own_id else None
        if row.by_id:
            if person is None:
                work.refused[row.line] = "nobody known"
                continue
            row = row._replace(address=person.address)
        badge = badges.get(row.achievement_id or 0)
        given = _given(row, badge, work.at)
        if isinstance(given, str):
            work.refused[row.line] = given
            continue
        if pending and row.address not in own:
            work.refused[row.line] = "not yet"
            continue
        assert badge is not None
        assert badge.current is not None
        try:
            places = [Place(list_address, index)]
            if held_index is not None:
                places.append(Place(held_address, held_index))
            content = press.sign(badge.current, given, places, signed_at)
        except PlauditError as problem:
            log.warning("line %s of batch %s cannot be signed: %s", row.line, batch.public_id, problem)
            content = b""
        once = once_key(badge, row.address, given.awarded_at)
        means = person.pk if person is not None and person.address == row.address else None
        digest = hashlib.sha256(content).hexdigest()
        work.made.append(Made(row, badge, given, content, digest, index, held_index, once, means))


def _badges(wanted: Collection[int]) -> dict[int, Achievement]:
    badges = Achievement.objects.defer("current__picture_png", "current__picture_svg")
    found = badges.select_related("current").in_bulk(wanted)
    for badge in found.values():
        if badge.current is not None:
            badge.current.achievement = badge
    return found


def _given(row: Row, badge: Achievement | None, now: datetime) -> Given | str:
    """What the credential of a row will say; or the code of what stands against it."""
    version = badge.current if badge else None
    if badge is None or version is None or badge.state != Achievement.State.PUBLISHED:
        return "not published"
    at = (row.awarded_at or now).replace(microsecond=0)
    expires = row.expires_at or (months_later(at, version.valid_months) if version.valid_months else None)
    if expires is not None and expires <= at:
        return "ends before it begins"
    if row.result and saying.fault_of_result(version.results, row.result):
        return "result not taken"
    return Given(new_id(), row.address, row.name, at, expires, row.evidence_url, row.result, row.language)


# Stored in one short transaction


def _store(work: Work, key: SigningKey) -> None:
    """The awards and all that follows from them. Nothing when the lease or the key was lost."""
    batch = work.batch
    assert batch.started_by is not None
    with transaction.atomic():
        if not leases.renew(work.piece, seconds=HOLD_SECONDS):
            return
        if not still_vouches(key):
            leases.finish(work.piece, due_at=timezone.now())  # to be signed with the one that took its place
            return
        _leave_out(work)
        made = _store_awards(work, key) if work.made else []
        mails = _tell([one for one in made if one.content], batch)
        _note_rows(work)
        # One event for all: an award of a list has its signing in the history of the list (examining/histories.py).
        record(
            AWARDED_TOGETHER,
            actor=batch.started_by.public_id,
            subject=f"batch:{batch.public_id}",
            first_line=work.piece.first,
            last_line=work.last_line,
            awards=len(made),
            key=key.method,
            signed=[one.given.public_id for one in made if one.content],
        )
        now = timezone.now()
        leases.finish(
            work.piece,
            due_at=None if work.is_whole else now,
            done_at=now if work.is_whole else None,
            awarded=F("awarded") + len(made),
            refused=F("refused") + len(work.refused),
            mails=F("mails") + mails,
        )


def _leave_out(work: Work) -> None:
    """Rows whose award was made since the list was read, by whichever list or press came first."""
    coming = [
        Coming(one.row.line, one.badge, one.row.address, one.given.awarded_at, one.row.awarded_at is not None)
        for one in work.made
        if one.badge.repeat != Achievement.Repeat.ONCE
    ]
    if not coming:
        return
    hold({row.badge.pk for row in coming})
    work.there = there_by_now(work.batch, coming)
    work.refused |= {line: problem["code"] for line, problem in work.there.items()}
    work.made = [one for one in work.made if one.row.line not in work.there]


def _store_awards(work: Work, key: SigningKey) -> list[Made]:
    """Those whose line, and whose person under the rule “once”, have no award yet; the others are refused."""
    made, now = work.made, timezone.now()
    assert work.block is not None
    keys = storing.reserve_keys(Award, len(made))
    credentials = storing.reserve_keys(Credential, len(made))
    stored = storing.store_unless_there(
        Award, _award_columns(work, keys, credentials, now), len(made), in_order_of="once_key"
    )
    for one, pk in zip(made, keys, strict=True):
        one.pk = pk
        if pk not in stored:
            work.refused[one.row.line] = "awarded before"
    signed = [
        (one, credential)
        for one, credential in zip(made, credentials, strict=True)
        if one.content and one.pk in stored
    ]
    columns = {
        "id": [credential for _one, credential in signed],
        "award_id": [one.pk for one, _credential in signed],
        "number": 1,
        "content": [one.content for one, _credential in signed],
        "sha256": [one.sha256 for one, _credential in signed],
        "key_id": key.pk,
        "status_list_id": work.block.status_list.pk,
        "status_index": [one.index for one, _credential in signed],
        "suspension_list_id": work.held.status_list.pk if work.held is not None else None,
        "suspension_index": [one.held_index for one, _credential in signed],
        "signed_at": work.at.replace(microsecond=0),
    }
    storing.store(Credential, columns, len(signed))
    return [one for one in made if one.pk in stored]


def _award_columns(
    work: Work, keys: Sequence[int], credentials: Sequence[int], now: datetime
) -> dict[str, Any]:
    made = work.made
    return {
        "id": keys,
        "public_id": [one.given.public_id for one in made],
        "issuer_id": work.batch.issuer_id,
        "version_id": [one.badge.current_id for one in made],
        "address": [one.row.address for one in made],
        "name": [one.row.name for one in made],
        "awarded_at": [one.given.awarded_at for one in made],
        "made_at": now,
        "expires_at": [one.given.expires_at for one in made],
        "evidence_url": [one.row.evidence_url for one in made],
        "note": [one.row.note.strip() for one in made],
        "language": [one.row.language for one in made],
        "result": [one.row.result for one in made],
        "person_id": [one.person for one in made],
        "awarded_by_id": work.batch.started_by_id,
        "once_key": [one.once for one in made],
        "batch_id": work.batch.pk,
        "batch_line": [one.row.line for one in made],
        # What could not be signed like the others is tried alone, as a single award is.
        "state": [Award.State.WAITING.value if one.content else Award.State.QUEUED.value for one in made],
        "due_at": [None if one.content else now for one in made],
        "credential_id": [
            credential if one.content else None for one, credential in zip(made, credentials, strict=True)
        ],
    }


def _tell(made: list[Made], batch: Batch) -> int:
    """The few whose address trusts this issuer get their look; all others are invited together."""
    trusting = claiming.of_trusting({one.row.address for one in made}, batch.issuer)
    invited = [one for one in made if one.row.address not in trusting]
    claiming.invite_many(
        [one.pk for one in invited],
        [one.given.public_id for one in invited],
        [one.row.language for one in invited],
    )
    if trusting:
        apart = [one.pk for one in made if one.row.address in trusting]
        for award in Award.objects.with_badge().filter(pk__in=apart):
            issuing.tell(award)
    return len(invited)


def _note_rows(work: Work) -> None:
    for line, code in work.refused.items():
        problem = work.there.get(line, {"code": code})
        ready(work.piece).filter(line=line).update(state=BatchRow.State.REFUSED, problems=[problem])
    ready(work.piece).filter(line__lte=work.last_line).update(state=BatchRow.State.AWARDED)
