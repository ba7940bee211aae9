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
from datetime import timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone

import plaudit
from plaudit.errors import PlauditError
from plaudit_site import leases
from plaudit_site.audit.models import record
from plaudit_site.awards import claiming, credentials, statuslists
from plaudit_site.awards.models import Award, AwardQuerySet, Credential, StatusList
from plaudit_site.issuers.keys import KeyNotOpened, current_key, signer
from plaudit_site.issuers.models import Issuer, SigningKey

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50
TRIES = 5
WAIT_FOR_A_WORKER = 3.0
WHILE_SUSPENDED = timedelta(hours=1)


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
            leases.finish(award, due_at=timezone.now() + WHILE_SUSPENDED, problem="issuer suspended")
        return 0
    try:
        key = current_key(issuer)
        hand = signer(key)
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
    done = 0
    for award, index in zip(awards, indices, strict=True):
        done += _issue_one(award, key, hand, status_list, index)
    return done


def _issue_one(
    award: Award,
    key: SigningKey,
    hand: plaudit.Signer,
    status_list: StatusList,
    index: int,
) -> bool:
    now = timezone.now().replace(microsecond=0)
    try:
        content = plaudit.issue(credentials.document(award, status_list, index), hand, now)
    except PlauditError as problem:
        log.warning("award %s cannot be signed: %s", award.public_id, problem)
        gone = award.attempts >= TRIES
        leases.finish(
            award,
            state=Award.State.FAILED if gone else Award.State.QUEUED,
            due_at=None if gone else leases.backoff(award.attempts, now),
            problem=str(problem)[:300],
        )
        return False
    with transaction.atomic():
        credential = Credential.objects.create(
            award=award,
            number=award.credentials.count() + 1,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            key=key,
            status_list=status_list,
            status_index=index,
            signed_at=now,
        )
        held = leases.finish(award, state=Award.State.WAITING, credential=credential, due_at=None, problem="")
        if not held:
            # Somebody else has this row now, or it was withdrawn meanwhile: leave no trace.
            transaction.set_rollback(True)
            return False
        award.refresh_from_db()
        tell(award)
        record("signed", actor="worker", subject=f"award:{award.public_id}", key=key.method)
    return True


def tell(award: Award) -> None:
    """What the earner hears first: the invitation, or that a trusted issuer's badge has arrived (J2, J24)."""
    if award.is_welcome:
        claiming.keep_welcome(award)
        return
    if claiming.auto_accept(award):
        claiming.queue_auto_accepted(award)
        return
    claiming.queue_invitation(award)
    claiming.queue_reminders(award)
