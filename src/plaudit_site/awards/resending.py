"""What became of the latest mail about each award, and sending again what came back.

The mails are those that bring an award, the reminders of one that waits, and what is sent before one ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.accounts.models import User
from plaudit_site.awards import reaching, revoking
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, AwardQuerySet
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import reasons
from plaudit_site.mail.models import TROUBLED, UNDELIVERED, Lane, Message, State

KINDS = ("invitation", "auto_accepted")
LATER = ("reminder", "expiry")
# What is sent later counts when it was tried, or was not wanted: until its day it says nothing, and that there was
# nothing left to remind of is as it should be.
_COUNT = (
    Q(kind__in=KINDS)
    | Q(kind__in=LATER, state__in=(State.SENDING, State.SENT, State.DEFERRED, *UNDELIVERED))
    | Q(kind__in=LATER, state=State.DROPPED, code=reasons.UNWANTED)
)
# A reminder has its row days before it is sent; one that was not handed over has no other time.
_WHEN = Coalesce("handed_at", "bounced_at", "created_at")
MOST_IN_ONE_PRESS = 200
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# The issuer's words for it: what to filter by -> the states that it stands for.
DELIVERY: dict[str, tuple[str | Promise, tuple[State, ...]]] = {
    "queued": (gettext_lazy("mail waits to be sent"), (State.QUEUED, State.SENDING)),
    "sent": (gettext_lazy("mail sent"), (State.SENT,)),
    "deferred": (gettext_lazy("mail not taken yet"), (State.DEFERRED,)),
    "undelivered": (gettext_lazy("mail could not be delivered"), UNDELIVERED),
    "dropped": (gettext_lazy("mail not sent"), (State.DROPPED,)),
}


def words(state: str) -> str | Promise:
    """What the state of a mail is called: as it is found by."""
    return next((name for name, states in DELIVERY.values() if state in states), "")


def latest() -> QuerySet[Message]:
    """The mails about the award of the statement around this one, the latest first."""
    return Message.objects.filter(_COUNT, about=OuterRef("pk")).order_by(_WHEN.desc(), "-pk")


# So many mails or fewer are looked up first; of more, each award is asked for its own.
FEW = 20_000
# Where the mails of a state are found, each by an index of its own; of “sent” there is none, for most are.
FOUND: dict[str, tuple[Q, ...]] = {
    "queued": (
        Q(lane=Lane.INVITATIONS, due_at__gte=LONG_AGO, state__in=(State.QUEUED, State.SENDING)),
        Q(state__one_of=(State.SENDING,), domain__gt="", kind__in=LATER),
    ),
    "deferred": (Q(state__one_of=TROUBLED, state=State.DEFERRED),),
    "undelivered": (Q(state__one_of=TROUBLED, state__in=UNDELIVERED),),
    "dropped": (
        Q(state__one_of=(State.DROPPED,), kind__in=KINDS),
        Q(state__one_of=(State.DROPPED,), kind__in=LATER, code=reasons.UNWANTED),
    ),
}


def by_delivery(rows: AwardQuerySet, wanted: str) -> AwardQuerySet:
    """Only those whose latest mail is in that state."""
    few = _few_about(wanted) if wanted in FOUND else None
    if few is not None:
        return rows.filter(pk__among=few)
    _words, states = DELIVERY[wanted]
    return rows.annotate(delivery=Subquery(latest().values("state")[:1])).filter(delivery__in=states)


def undelivered_among(rows: AwardQuerySet) -> int | None:
    """How many are found by that; None where the whole site has so many that each row would have to be asked for."""
    few = _few_about("undelivered")
    return None if few is None else rows.filter(pk__among=few).count()


def _few_about(wanted: str) -> list[int | None] | None:
    """The awards whose latest mail is in that state; None where there are more than a few such mails."""
    mails = [
        pk
        for place in FOUND[wanted]
        for pk in Message.objects.filter(place).order_by().values_list("pk", flat=True)[: FEW + 1]
    ]
    return _latest_of(mails) if len(mails) <= FEW else None


def _latest_of(keys: list[int]) -> list[int | None]:
    """The awards whose latest mail is one of these, which come by key: PostgreSQL cannot tell how few they are."""
    mails = Message.objects.filter(_COUNT, about__isnull=False).annotate(at=_WHEN)
    later = mails.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")), about=OuterRef("about")
    )
    return list(mails.filter(~Exists(later), pk__among=keys).order_by().values_list("about", flat=True))


def deliveries(awards: Iterable[Award]) -> dict[str, Message]:
    """The latest mail about each of them, by the award's id; nothing for one that has none yet."""
    ids = {award.pk: award.public_id for award in awards}
    mails = Message.objects.filter(_COUNT, about__in=ids).order_by(_WHEN, "pk")
    return {ids[mail.about]: mail for mail in mails.only("about", "kind", "state", "code") if mail.about}


def undelivered(issuer: Issuer) -> AwardQuerySet:
    """Awards that wait, and whose mail came back or was given up."""
    waiting = Award.objects.filter(issuer=issuer, state=Award.State.WAITING, revocation__isnull=True)
    return by_delivery(waiting, "undelivered").order_by("pk")


def send_all_again(issuer: Issuer, *, by: User) -> tuple[int, int, str]:
    """Send again what could not be delivered. How many go out, how many are left, and why if it stopped.

    The same press twice sends once: what is queued again is undelivered no more.
    """
    sent, why = 0, ""
    for award in _within_reach(issuer):
        try:
            revoking.send_again(award, by=by)
        except revoking.NotPossible as refusal:  # this one had its share today
            why = str(refusal)
        except AwardRefused as refusal:
            why = str(refusal)
            break
        else:
            sent += 1
    left = undelivered(issuer).count()
    if left and not why and sent < MOST_IN_ONE_PRESS:
        why = _("No mail goes to these addresses. Correct them.")
    return sent, left, why


def _within_reach(issuer: Issuer) -> Iterator[Award]:
    """Of what came back, what may arrive now; as many as one press takes."""
    found, after = 0, 0
    while found < MOST_IN_ONE_PRESS:
        some = list(undelivered(issuer).with_badge().filter(pk__gt=after)[:MOST_IN_ONE_PRESS])
        if not some:
            return
        after = some[-1].pk
        lost = set(reaching.beyond(issuer, [award.address for award in some]))
        able = [award for award in some if award.address not in lost][: MOST_IN_ONE_PRESS - found]
        found += len(able)
        yield from able


def delivery_of(award: Award) -> Message | None:
    """The latest mail about this one."""
    return deliveries([award]).get(award.public_id)
