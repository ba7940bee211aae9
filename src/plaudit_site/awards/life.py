"""The life of an award in words, for its issuer (J46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.awards.issuing import SUSPENDED
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.mail import reasons
from plaudit_site.mail.models import UNDELIVERED, Message, State
from plaudit_site.showing.words import day_text

# Whether anybody has accepted it or not, it ends on its day.
CAN_EXPIRE = (Award.State.WAITING, Award.State.ACCEPTED)
# What is due within this time is not waited for.
SOON = timedelta(seconds=10)


@dataclass(frozen=True)
class Step:
    words: str
    at: datetime | None = None
    # "", "ok", "warn" or "bad": how it is marked beside its words.
    tone: str = ""


def goes_out_later(award: Award) -> bool:
    """It waits for the day on which it is to be sent; one that could not be signed then is tried again."""
    return (
        award.state == Award.State.QUEUED
        and award.due_at is not None
        and not award.attempts
        and not award.problem
        and award.due_at > timezone.now() + SOON
    )


def of_listed(award: Award, mail: Message | None) -> Step:
    """`now`, with the latest mail that brought it."""
    return now(award, mail.state, mail.code) if mail is not None else now(award)


def now(award: Award, delivery: str = "", code: str = "") -> Step:
    """Where the award stands, in one step. `delivery` and `code` are of the mail that brought it (resending.py)."""
    revocation = getattr(award, "revocation", None)
    if revocation is not None and revocation.renewed_by_id:
        return Step(_("Renewed by a later one"), revocation.at)
    if revocation is not None:
        return Step(_("Revoked"), revocation.at, "bad")
    suspension = getattr(award, "suspension", None)
    if suspension is not None:
        return Step(_("Suspended"), suspension.at, "bad")
    if goes_out_later(award):
        return Step(_("Waits for its day"), award.due_at)
    if award.state == Award.State.QUEUED and award.problem:
        return _not_signed_yet(award)
    if award.state in CAN_EXPIRE and award.expires_at and award.expires_at <= timezone.now():
        return Step(_("Expired"), award.expires_at, "warn")
    if award.state == Award.State.ACCEPTED:
        shared = award.visibility != Visibility.ONLY_ME
        return Step(_("Accepted and shared") if shared else _("Accepted"), award.accepted_at, "info")
    if award.state == Award.State.WAITING and (told := _while_it_waits(award, delivery, code)):
        return told
    words = {
        Award.State.QUEUED: (_("Being prepared"), ""),
        Award.State.WAITING: (_("Waiting to be accepted"), ""),
        Award.State.DECLINED: (_("Declined"), "warn"),
        Award.State.WITHDRAWN: (_("Withdrawn"), "warn"),
        Award.State.REMOVED: (_("Removed by its earner"), "warn"),
        Award.State.FAILED: (_("Could not be signed"), "bad"),
        Award.State.ERASED: (_("Erased at the holder’s request"), "warn"),
    }[Award.State(award.state)]
    return Step(words[0], None, words[1])


def _not_signed_yet(award: Award) -> Step:
    """In short, where it goes on by itself."""
    if award.problem == SUSPENDED:
        return Step(_("Waits while you are suspended"), None, "warn")
    return Step(_("Not signed yet, tried again"), None, "warn")


def _not_signed(award: Award) -> Step:
    """With when it is tried again. A machine's own words stand only where somebody has to mend something."""
    if award.state != Award.State.QUEUED:
        return Step(_("Could not be signed: %(why)s") % {"why": award.problem}, None, "bad")
    if award.problem == SUSPENDED:
        return Step(_("It is signed and sent when this issuer is approved again"), None, "warn")
    if award.due_at is None or award.due_at <= timezone.now():
        return Step(_("It could not be signed yet, and is tried again now"), None, "warn")
    when = f"{day_text(award.due_at)}, {award.due_at:%H:%M} UTC"
    words = _("It could not be signed yet, and is tried again by itself. Next try %(when)s") % {"when": when}
    return Step(words, None, "warn")


def _while_it_waits(award: Award, delivery: str, code: str) -> Step | None:
    """More than that it waits to be accepted, where there is more to say."""
    if delivery in UNDELIVERED:
        return Step(_("Could not be delivered"), None, "bad")
    if delivery == State.DEFERRED:
        return Step(_("Not taken yet, tried again"), None, "warn")
    if delivery == State.DROPPED and code == reasons.UNWANTED:
        return Step(_unwanted(), None, "warn")
    if award.opened_at:
        return Step(_("Opened, not accepted yet"), award.opened_at, "info")
    return None


def _unwanted() -> str:
    """The same for who wants no mail from this issuer and for who wants none from anybody: that is not told."""
    return _("No mail: this person wants none from you")


def trouble(award: Award, mail: Message | None) -> str:
    """Why the latest mail about an award has not arrived, beside where it stands; "" when nothing is wrong with it."""
    if mail is None:
        return ""
    stands = of_listed(award, mail) != now(award)  # where it stands is that very thing, and says so
    if mail.state == State.DROPPED:
        return _why_dropped(award, mail, stands=stands)
    if mail.state not in UNDELIVERED and mail.state != State.DEFERRED:
        return ""
    why = {"what": _called(mail), "why": reasons.shown(mail.code)}
    if award.state == Award.State.QUEUED:
        return _("Before it was corrected: %(why)s") % why
    if stands:
        return why["why"] if mail.kind == "invitation" else _("%(what)s: %(why)s") % why
    if mail.state == State.DEFERRED:
        return _("%(what)s not taken yet: %(why)s") % why
    return _("%(what)s could not be delivered: %(why)s") % why


def _why_dropped(award: Award, mail: Message, *, stands: bool) -> str:
    if mail.code == reasons.UNWANTED:
        if stands:
            return _("It waits for them here; tell them yourself")
        return _("%(what)s not sent: %(why)s") % {"what": _called(mail), "why": reasons.words(mail.code)}
    if award.state == Award.State.QUEUED:
        return _("The mail before it was corrected was not sent; another follows")
    if award.state == Award.State.WAITING:
        return _("No mail was sent")
    return _("No mail was sent: none was needed any more")


def advice(award: Award, mail: Message | None) -> str:
    """What its issuer can do about a mail that has not arrived, while the award waits; "" when there is nothing."""
    if mail is None or award.state != Award.State.WAITING:
        return ""
    if mail.state in UNDELIVERED and mail.code in reasons.HARD:
        return _(
            "An address that takes no mail is not asked again until its owner has confirmed it here. Correct it, or "
            "give the person their badge in another way."
        )
    if mail.state in UNDELIVERED:
        return _("It is not tried again by itself. Send it again later, or correct the address.")
    if mail.state == State.DROPPED and mail.code == reasons.UNWANTED:
        return _(
            "The badge waits for this person all the same. Tell them yourself how to get it with this address:"
        )
    if mail.state == State.DROPPED:
        return _("Nobody has been told of it. Send the mail again.")
    return ""


def _called(mail: Message) -> str:
    return {"reminder": _("Reminder"), "expiry": _("Mail before its end")}.get(mail.kind, _("Mail"))


def steps(award: Award) -> list[Step]:
    """What happened so far, oldest first."""
    found = [Step(_("Noted") if goes_out_later(award) else _("Awarded"), award.made_at)]
    for nth, credential in enumerate(award.credentials.order_by("number")):
        found.append(Step(_("Signed anew") if nth else _("Signed"), credential.signed_at))
    for message in _mails(award):
        found += _mail(message)
    if award.opened_at:
        found.append(Step(_("Claim page opened"), award.opened_at, "info"))
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
    if award.state == Award.State.WITHDRAWN:
        found.append(Step(_("Withdrawn"), None, "warn"))
    if award.removed_at:
        found.append(Step(_("Removed by its earner"), award.removed_at, "warn"))
    if award.expires_at and award.expires_at <= timezone.now():
        found.append(Step(_("Expired"), award.expires_at, "warn"))
    revocation = getattr(award, "revocation", None)
    if goes_out_later(award):
        found.append(Step(_("Is awarded and sent then"), award.due_at))
    if revocation is not None and revocation.renewed_by_id:
        found.append(Step(_("Renewed: a later one was accepted"), revocation.at))
    elif revocation is not None:
        reason = _("Revoked: %(reason)s") % {"reason": revocation.reason}
        found.append(Step(reason, revocation.at, "bad"))
    suspension = getattr(award, "suspension", None)
    if suspension is not None:
        reason = _("Suspended: %(reason)s") % {"reason": suspension.reason}
        found.append(Step(reason, suspension.at, "bad"))
    if award.problem:
        found.append(_not_signed(award))
    far = timezone.now()
    # Signing notes whole seconds: what happened in the same second stays in the order of the list.
    return sorted(found, key=lambda step: (step.at or far).replace(microsecond=0))


def _mails(award: Award) -> list[Message]:
    """All but reminders and the like that wait for their day, or were not needed when it came."""
    later = Q(kind__in=("reminder", "expiry"))
    about = Message.objects.filter(about=award.pk)
    return list(
        about.filter(later | Q(kind__in=("invitation", "auto_accepted")))
        .exclude(later, state=State.QUEUED)
        .exclude(later, ~Q(code=reasons.UNWANTED), state=State.DROPPED)
    )


def _mail(message: Message) -> list[Step]:
    """What became of one mail. Mail that is not sent because the address came back to somebody else reads the same
    as mail that just came back: whether an address is known here is nobody's business."""
    is_later = message.kind in {"reminder", "expiry"}
    told = {"what": _called(message), "why": reasons.shown(message.code)}
    if (
        message.state == State.DROPPED and is_later
    ):  # its row was made long before that day, which nothing tells
        return [Step(_("%(what)s not sent: %(why)s") % told, None, "warn")]
    if message.state == State.DROPPED and message.code == reasons.UNWANTED:
        return [Step(_unwanted(), message.created_at, "warn")]
    if message.state == State.DROPPED:
        return [Step(_("Mail not sent: it was not needed any more"), message.created_at)]
    queued = [] if is_later else [Step(_("Mail waits to be sent"), message.created_at)]
    sent = [Step(_("%(what)s sent") % told, message.sent_at)] if message.sent_at else []
    if message.state in UNDELIVERED:
        words = (
            _("%(what)s could not be delivered: %(why)s")
            if is_later
            else _("Could not be delivered: %(why)s")
        )
        words %= told
        return [
            *queued,
            *sent,
            Step(words, message.bounced_at or message.handed_at or message.created_at, "bad"),
        ]
    if message.state == State.DEFERRED:
        when = f"{day_text(message.due_at)}, {message.due_at:%H:%M} UTC" if message.due_at else ""
        words = _("Not taken yet: %(why)s. Next try %(when)s")
        if is_later:
            words = _("%(what)s not taken yet: %(why)s. Next try %(when)s")
        words %= {**told, "when": when}
        return [*queued, Step(words, message.handed_at or message.created_at, "warn")]
    if message.state == State.SENDING:
        return [*queued, Step(_("%(what)s is being sent") % told, message.handed_at)]
    return [*queued, *sent]
