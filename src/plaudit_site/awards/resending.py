"""What became of the mail that brought each award, and sending again what came back."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plaudit_site.accounts.models import User
from plaudit_site.awards import revoking
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, AwardQuerySet
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import UNDELIVERED, Message, State

KINDS = ("invitation", "auto_accepted")
MOST_IN_ONE_PRESS = 200

# The issuer's words for it: what to filter by -> the states that it stands for.
DELIVERY: dict[str, tuple[str | Promise, tuple[State, ...]]] = {
    "queued": (_("mail waits to be sent"), (State.QUEUED, State.SENDING)),
    "sent": (_("mail sent"), (State.SENT,)),
    "deferred": (_("mail not taken yet"), (State.DEFERRED,)),
    "undelivered": (_("mail could not be delivered"), UNDELIVERED),
}


def with_delivery(rows: AwardQuerySet) -> AwardQuerySet:
    """Each award with `delivery`: the state of the latest mail that brought it; None before there is one."""
    latest = Message.objects.filter(subject_id=OuterRef("public_id"), kind__in=KINDS).order_by("-pk")
    return rows.annotate(delivery=Subquery(latest.values("state")[:1]))


def by_delivery(rows: AwardQuerySet, wanted: str) -> AwardQuerySet:
    """Only those whose latest mail is in that state."""
    _words, states = DELIVERY[wanted]
    ever = Message.objects.filter(kind__in=KINDS, state__in=states).values("subject_id")
    return with_delivery(rows.filter(public_id__in=ever)).filter(delivery__in=states)  # type: ignore[misc]


def undelivered(issuer: Issuer) -> AwardQuerySet:
    """Awards that wait, and whose mail came back or was given up."""
    waiting = Award.objects.filter(issuer=issuer, state=Award.State.WAITING, revocation__isnull=True)
    return by_delivery(waiting, "undelivered").order_by("pk")


def send_all_again(issuer: Issuer, *, by: User) -> tuple[int, int, str]:
    """Send again what could not be delivered. How many go out, how many are left, and why if it stopped.

    The same press twice sends once: what is queued again is undelivered no more.
    """
    sent, why = 0, ""
    for award in undelivered(issuer).with_badge()[:MOST_IN_ONE_PRESS]:
        try:
            revoking.send_again(award, by=by)
        except revoking.NotPossible as refusal:  # this one had its share today
            why = str(refusal)
        except AwardRefused as refusal:
            why = str(refusal)
            break
        else:
            sent += 1
    return sent, undelivered(issuer).count(), why


def delivery_of(award: Award) -> Any:
    """The state of the latest mail that brought this one."""
    rows = Message.objects.filter(subject_id=award.public_id, kind__in=KINDS)
    return rows.order_by("-pk").values_list("state", flat=True).first() or ""
