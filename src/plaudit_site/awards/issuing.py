"""Pending award to signed credential to queued mail.

Claimed rows are the record of intent: lease and status indices are committed before anything is
signed. Building and signing happen outside any transaction. Then one short transaction, fenced by
the lease, stores the bytes together with all that follows from them: state, mail, audit event.
A worker killed anywhere leaves the row claimable again, and at most an index that nobody uses.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, Max, OuterRef, Subquery
from django.utils import timezone

from plaudit.errors import PlauditError
from plaudit_site import leases
from plaudit_site.achievements.models import Version
from plaudit_site.audit.models import record_many
from plaudit_site.awards import claiming, statuslists
from plaudit_site.awards.credentials import Given, Place
from plaudit_site.awards.models import Award, AwardQuerySet, Credential
from plaudit_site.awards.signing import Press
from plaudit_site.issuers.keys import KeyNotOpened, current_key, signer, still_vouches
from plaudit_site.issuers.models import Issuer, SigningKey

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""On SQLite every other writer waits for the transaction that stores them."""
TRIES = 5
WAIT_FOR_A_WORKER = 3.0
WHILE_SUSPENDED = timedelta(hours=1)
SUSPENDED = "issuer suspended"


def issue_some(worker: str, *, most: int = MOST_AT_ONCE) -> int:
    """Sign up to `most` awards that are due. Returns how many were signed."""
    return _issue(Award.objects.filter(state=Award.State.QUEUED), worker, most)


def issue_now(award: Award) -> bool:
    """Sign this one at once, in the caller's process, by the same road. Returns whether it is signed.

    A worker may have taken the row a moment before: then its signature, some milliseconds away, is waited for.
    """
    mine = Award.objects.filter(state=Award.State.QUEUED, pk=award.pk)
    if _issue(mine, leases.worker_name(), 1) == 1:
        return True
    until = time.monotonic() + WAIT_FOR_A_WORKER
    while mine.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return not mine.exists()


def _issue(queued: AwardQuerySet, worker: str, most: int) -> int:
    held = leases.claim(queued, worker=worker, now=timezone.now(), most=most)
    done = 0
    for issuer_id, group in groupby(sorted(held, key=lambda a: a.issuer_id), key=lambda a: a.issuer_id):
        done += _issue_for(Issuer.objects.get(pk=issuer_id), list(group))
    return done


def _issue_for(issuer: Issuer, awards: list[Award]) -> int:
    if issuer.standing == Issuer.Standing.SUSPENDED:
        # Awarded just before: it waits until the operator has decided.
        for award in awards:
            due_at, attempts = timezone.now() + WHILE_SUSPENDED, F("attempts") - 1
            leases.finish(award, due_at=due_at, attempts=attempts, problem=SUSPENDED)
        return 0
    try:
        key = current_key(issuer)
        press = Press(issuer, signer(key, issuer.signing_identifier), many=len(awards) > 1)
    except (KeyNotOpened, SigningKey.DoesNotExist):
        # Nothing unsigned is ever sent: the awards wait until the operator has put the key back.
        log.exception("issuer %s cannot sign", issuer.public_id)
        for award in awards:
            leases.finish(
                award, due_at=leases.backoff(award.attempts, timezone.now()), problem="key not opened"
            )
        return 0
    with transaction.atomic():
        status_list, indices = statuslists.reserve(issuer, len(awards))
        held = statuslists.reserve(issuer, len(awards), "suspension") if issuer.may_suspend else None
    versions = (
        Version.objects.defer("picture_png", "picture_svg")
        .select_related("achievement")
        .in_bulk({award.version_id for award in awards})
    )
    signed = []
    for number, (award, index) in enumerate(zip(awards, indices, strict=True)):
        award.issuer, award.version = issuer, versions[award.version_id]
        now = timezone.now().replace(microsecond=0)
        try:
            places = [Place(statuslists.list_url(status_list), index)]
            if held is not None:
                places.append(Place(statuslists.list_url(held[0]), held[1][number]))
            content = sign(press, award, places, now)
        except PlauditError as problem:
            _put_off(award, problem)
        else:
            signed.append(
                Credential(
                    award=award,
                    content=content,
                    sha256=hashlib.sha256(content).hexdigest(),
                    key=key,
                    status_list=status_list,
                    status_index=index,
                    suspension_list=held[0] if held is not None else None,
                    suspension_index=held[1][number] if held is not None else None,
                    signed_at=now,
                )
            )
    return _store(signed, key) if signed else 0


def sign(press: Press, award: Award, places: Sequence[Place], at: datetime) -> bytes:
    """The signed bytes. Raises PlauditError."""
    given = Given(
        award.public_id,
        award.address,
        award.name,
        award.awarded_at,
        award.expires_at,
        award.evidence_url,
        award.result,
        award.language,
    )
    return press.sign(award.version, given, places, at)


def _put_off(award: Award, problem: PlauditError) -> None:
    log.warning("award %s cannot be signed: %s", award.public_id, problem)
    gone = award.attempts >= TRIES
    leases.finish(
        award,
        state=Award.State.FAILED if gone else Award.State.QUEUED,
        due_at=None if gone else leases.backoff(award.attempts, timezone.now()),
        problem=str(problem)[:300],
    )


def _store(signed: list[Credential], key: SigningKey) -> int:
    """One short transaction for all: bytes, states, mails, events. Rows that somebody else has by now are left out."""
    awards = {credential.award_id: credential.award for credential in signed}
    with transaction.atomic():
        still = (
            Award.objects.select_for_update().filter(pk__in=awards, lease_until__isnull=False).order_by("pk")
        )
        held = {
            pk
            for pk, *lease in still.values_list("pk", "lease_holder", "attempts", "state")
            if lease == [awards[pk].lease_holder, awards[pk].attempts, Award.State.QUEUED]
        }
        if not held:
            return 0
        if not still_vouches(key):
            # To be signed with the one that took its place.
            Award.objects.filter(pk__in=held).update(due_at=timezone.now(), lease_holder="", lease_until=None)
            return 0
        numbers = dict(
            Credential.objects.filter(award_id__in=held)
            .order_by()
            .values_list("award_id")
            .annotate(last=Max("number"))
        )
        for credential in signed:
            credential.number = numbers.get(credential.award_id, 0) + 1
        Credential.objects.bulk_create([one for one in signed if one.award_id in held])
        latest = Credential.objects.filter(award=OuterRef("pk")).order_by("-number").values("pk")[:1]
        Award.objects.filter(pk__in=held).update(
            state=Award.State.WAITING,
            credential=Subquery(latest),
            due_at=None,
            problem="",
            lease_holder="",
            lease_until=None,
        )
        _tell_all([awards[pk] for pk in sorted(held)])
        record_many(
            "signed",
            actor="worker",
            subjects=[f"award:{awards[pk].public_id}" for pk in sorted(held)],
            key=key.method,
        )
    return len(held)


def _tell_all(awards: list[Award]) -> None:
    """The few that need a look of their own get it; all others are invited together."""
    trusting = claiming.of_trusting({award.address for award in awards}, awards[0].issuer)
    invited = []
    for award in awards:
        # A corrected one was invited before. A line of a list counts its mails.
        is_plain = award.invitation_number == 1 and award.batch_id is None and not award.is_welcome
        if is_plain and award.address not in trusting:
            invited.append(award)
        else:
            award.refresh_from_db()
            tell(award)
    claiming.invite_many(
        [award.pk for award in invited],
        [award.public_id for award in invited],
        [award.language for award in invited],
    )


def tell(award: Award) -> None:
    """What the earner hears first: the invitation, or that a trusted issuer's badge has arrived (J2, J24)."""
    if award.is_welcome:
        claiming.keep_welcome(award)
        return
    if claiming.auto_accept(award):
        claiming.queue_auto_accepted(award)
    else:
        claiming.queue_invitation(award)
