"""The life of an award in words, for its issuer (J46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.awards.models import Award, Visibility
from plaudit_site.mail.models import Message, State


@dataclass(frozen=True)
class Step:
    words: str
    at: datetime | None = None
    # "", "ok", "warn" or "bad": how it is marked beside its words.
    tone: str = ""


def now(award: Award) -> Step:
    """Where the award stands, in one step."""
    revocation = getattr(award, "revocation", None)
    if revocation is not None:
        return Step(_("Revoked"), revocation.at, "bad")
    if award.state == Award.State.ACCEPTED:
        if award.expires_at and award.expires_at <= timezone.now():
            return Step(_("Expired"), award.expires_at, "warn")
        shared = award.visibility != Visibility.ONLY_ME
        return Step(_("Accepted and shared") if shared else _("Accepted"), award.accepted_at, "info")
    words = {
        Award.State.QUEUED: (_("Being prepared"), ""),
        Award.State.WAITING: (_("Waiting to be accepted"), ""),
        Award.State.DECLINED: (_("Declined"), "warn"),
        Award.State.WITHDRAWN: (_("Withdrawn"), "warn"),
        Award.State.REMOVED: (_("Removed by its earner"), "warn"),
        Award.State.FAILED: (_("Could not be signed"), "bad"),
    }[Award.State(award.state)]
    return Step(words[0], None, words[1])


def steps(award: Award) -> list[Step]:
    """What happened so far, oldest first."""
    found = [Step(_("Awarded"), award.made_at)]
    for credential in award.credentials.order_by("number"):
        found.append(Step(_("Signed"), credential.signed_at))
    found += [_mail(message) for message in _mails(award)]
    if award.declined_at:
        found.append(Step(_("Declined"), award.declined_at, "warn"))
    if award.accepted_at:
        words = (
            _("Accepted by itself, because the earner trusts you")
            if award.accepted_by_trust
            else _("Accepted")
        )
        found.append(Step(words, award.accepted_at, "info"))
    if award.shared_at:
        found.append(Step(_("Shared: anyone with the link can see it"), award.shared_at, "info"))
    if award.removed_at:
        found.append(Step(_("Removed by its earner"), award.removed_at, "warn"))
    revocation = getattr(award, "revocation", None)
    if revocation is not None:
        reason = _("Revoked: %(reason)s") % {"reason": revocation.reason}
        found.append(Step(reason, revocation.at, "bad"))
    if award.problem:
        found.append(Step(award.problem, None, "bad"))
    far = timezone.now()
    return sorted(found, key=lambda step: step.at or far)


def _mails(award: Award) -> list[Message]:
    kinds = ["invitation", "reminder", "auto_accepted"]
    return list(
        Message.objects.filter(subject_id=award.public_id, kind__in=kinds)
        .exclude(state=State.DROPPED)
        .exclude(kind="reminder", state=State.QUEUED)
    )


def _mail(message: Message) -> Step:
    if message.state == State.SENT:
        return Step(_("Mail sent"), message.sent_at)
    if message.state == State.FAILED:
        return Step(
            _("Mail could not be delivered: %(why)s") % {"why": message.error}, message.created_at, "bad"
        )
    if message.state == State.DEFERRED:
        return Step(_("Mail is tried again: %(why)s") % {"why": message.error}, message.created_at, "warn")
    return Step(_("Mail waits to be sent"), message.created_at)
