"""Each award: one signature and one place in a list (I2), one mail (I3), the right bit (I6), its history (I8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from django.utils import timezone

from plaudit_site.awards.models import Award, Credential, Revocation, StatusEntry, Suspension
from plaudit_site.examining.findings import Finding, Scope, in_chunks
from plaudit_site.examining.histories import Histories
from plaudit_site.examining.signatures import MEND, Signatures
from plaudit_site.mail.models import Message, State

_SIGNED = frozenset({Award.State.WAITING, Award.State.ACCEPTED, Award.State.DECLINED, Award.State.REMOVED})
_TOLD = ("invitation", "auto_accepted")
_AHEAD = timedelta(minutes=5)
_ASK = "look at its history in the console; then sign it anew by correcting it, or withdraw it"
_CHAIN = "somebody changed rows by hand, or a backup was put together from two moments: compare with a backup"


@dataclass
class Around:
    """What hangs on some awards, read together."""

    credentials: dict[int, list[Credential]] = field(default_factory=lambda: defaultdict(list))
    bits: set[tuple[int, int]] = field(default_factory=set)
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    mails: dict[int, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def look(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Every award, with all that hangs on it."""
    signatures, histories = Signatures(), Histories()
    rows = Award.objects.select_related(None).order_by("pk")
    for awards in in_chunks(rows, only):
        around = _around(awards, histories)
        for award in awards:
            mine = around.credentials[award.pk]
            yield from chain(
                _signed(award, mine, signatures, scope),
                _listed(award, mine, around),
                _held(award, mine, around),
                _told(award, around),
                _remembered(award, mine, around),
            )
        scope.counted("awards", len(awards))


def _around(awards: Sequence[Award], histories: Histories) -> Around:
    found, keys = Around(), [award.pk for award in awards]
    for credential in Credential.objects.filter(award_id__in=keys).order_by("award_id", "number"):
        found.credentials[credential.award_id].append(credential)
    indices: dict[int, list[int]] = defaultdict(list)
    for credential in chain.from_iterable(found.credentials.values()):
        indices[credential.status_list_id].append(credential.status_index)
        if credential.suspension_list_id is not None and credential.suspension_index is not None:
            indices[credential.suspension_list_id].append(credential.suspension_index)
    for status_list, some in indices.items():
        entries = StatusEntry.objects.filter(status_list=status_list, index__in=some)
        found.bits |= {(status_list, index) for index in entries.values_list("index", flat=True)}
    found.revoked = set(Revocation.objects.filter(award_id__in=keys).values_list("award_id", flat=True))
    found.suspended = set(Suspension.objects.filter(award_id__in=keys).values_list("award_id", flat=True))
    mails = Message.objects.filter(about__in=keys, kind__in=[*_TOLD, "reminder"])
    for key, kind, once_key, state in mails.values_list("about", "kind", "once_key", "state"):
        found.mails[key or 0].append((kind, once_key or "", state))
    found.events = histories.of(awards)
    return found


def _signed(
    award: Award, mine: Sequence[Credential], signatures: Signatures, scope: Scope
) -> Iterator[Finding]:
    if award.state == Award.State.QUEUED and award.due_at is None:
        yield _of(award, "I2", "it waits for its signature, and nobody will sign it", _ASK)
    if award.state in _SIGNED and not mine:
        yield _of(award, "I2", f"it is {award.state}, and there is no credential", _ASK)
    if award.state in _SIGNED and mine and award.credential_id != mine[-1].pk:
        yield _of(award, "I2", "the credential that it shows is not its last one", _ASK)
    if [credential.number for credential in mine] != list(range(1, len(mine) + 1)):
        yield _of(award, "I2", "its credentials are not numbered 1, 2, 3, …: one is missing", MEND)
    for credential in (
        mine if award.state != Award.State.ERASED else ()
    ):  # their bytes are gone, and should be
        for problem in signatures.problems(award, credential, verify=scope.with_signatures):
            yield _of(award, "I2", f"credential {credential.number}: {problem}", MEND)
        if signatures.has_other_picture(award, credential):
            badge = f"badge version {award.version_id}"
            text = "its picture is not the one that was signed with its awards"
            yield Finding("I7", award.pk, badge, text, "put this row back from a backup that is sound")
    scope.counted("credentials", len(mine))


def _listed(award: Award, mine: Sequence[Credential], around: Around) -> Iterator[Finding]:
    for credential in mine:
        is_out = award.pk in around.revoked or award.state == Award.State.WITHDRAWN
        wanted = is_out or credential.pk != award.credential_id
        is_set = (credential.status_list_id, credential.status_index) in around.bits
        if wanted and not is_set:
            text = f"credential {credential.number} was taken back, but its bit in the status list is not set"
            yield _of(award, "I6", text, "put the row back from a backup, or revoke the award once more")
        # One that was withdrawn, and erased after that, is erased: its bit stays, and says nothing of anybody.
        if is_set and not wanted and award.state != Award.State.ERASED:
            text = (
                f"credential {credential.number} counts as good here, but its bit in the status list is set"
            )
            yield _of(award, "I6", text, "a bit is never cleared: revoke the award and award it again")


def _held(award: Award, mine: Sequence[Credential], around: Around) -> Iterator[Finding]:
    """The second place, of those that can be suspended."""
    for credential in mine:
        if credential.suspension_list_id is None:
            continue
        is_set = (credential.suspension_list_id, credential.suspension_index) in around.bits
        if is_set != (award.pk in around.suspended):
            said = (
                "is suspended in the list, but not here"
                if is_set
                else "is suspended here, but not in the list"
            )
            mend = "reinstate it, or suspend it, once more in the console"
            yield _of(award, "I6", f"credential {credential.number} {said}", mend)


def _told(award: Award, around: Around) -> Iterator[Finding]:
    """One mail for each invitation; resent ones have no key, reminders follow on a mail that has left."""
    mails = around.mails[award.pk]
    first = [mail for mail in mails if mail[0] in _TOLD and mail[1]]
    number = f":{award.invitation_number}"
    mine = [mail for mail in first if mail[1].endswith(number)]
    was_undone = bool(around.events[award.public_id]["claim undone"])
    if award.state in _SIGNED and not award.is_welcome and not (first if was_undone else mine):
        yield _of(award, "I3", "no mail about it was ever queued", "send it again from the awards list")
    if len(mine) > 1:
        yield _of(award, "I3", "two mails about it were queued", "nothing: its earner has heard of it twice")
    has_left = any(kind == "invitation" and state == State.SENT for kind, _key, state in mails)
    if has_left and not any(kind == "reminder" for kind, _key, _state in mails):
        yield _of(award, "I3", "its mail has left, but no reminder was queued", "remind its earner by hand")


def _remembered(award: Award, mine: Sequence[Credential], around: Around) -> Iterator[Finding]:
    events = around.events[award.public_id]
    revoked = events["revoked"] + events["renewed"]
    counted = (
        ("signed", len(mine), events["signed"]),
        ("revoked", int(award.pk in around.revoked), revoked),
    )
    for kind, number, told in counted:
        if told != number:
            yield _of(award, "I8", f"{number} times {kind}, but its history has {told} such events", _CHAIN)
    if award.state == Award.State.WITHDRAWN and not events["withdrawn"]:
        yield _of(award, "I8", "it is withdrawn, but its history does not say so", _CHAIN)
    if (
        award.state == Award.State.ACCEPTED
        and award.accepted_at
        and award.accepted_at > timezone.now() + _AHEAD
    ):
        yield _of(award, "I8", "it was accepted in the future: a clock was wrong", "set the clocks by NTP")


def _of(award: Award, promise: str, problem: str, mend: str) -> Finding:
    return Finding(promise, award.pk, f"award {award.public_id}", problem, mend)
