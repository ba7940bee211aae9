"""Several addresses of one person: add by a mailed code, make primary, remove without losing a badge (J14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.models import MailedCode, User
from plaudit_site.audit.models import record
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award
from plaudit_site.backpack.models import Imported

ADD_CODE = "add address"


class LastAddress(Exception):
    """An account keeps at least one address to sign in with."""


class AlreadyYours(Exception):
    """This address is proven for this account."""


@dataclass(frozen=True)
class Owned:
    pk: int
    address: str
    primary: bool
    verified: bool
    # Those that were sent to it, from here and from elsewhere; and those that wait for a press.
    badges: int
    waiting: int


def owned(user: User) -> list[Owned]:
    rows = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "email")
    awards = _by(Award.objects.filter(earner=user, state=Award.State.ACCEPTED), "address")
    kept = _by(Imported.objects.filter(owner=user, removed_at__isnull=True), "awarded_to")
    waiting = _by(claiming.waiting_for(user), "address")
    return [
        Owned(
            row.pk,
            row.email,
            row.primary,
            row.verified,
            awards.get(row.email, 0) + kept.get(row.email, 0),
            waiting.get(row.email, 0),
        )
        for row in rows
    ]


def _by(rows: QuerySet[Any], address: str) -> dict[str, int]:
    """How many there are to each address."""
    return dict(rows.order_by().values_list(address).annotate(number=Count("pk")))


def begin_adding(user: User, address: str) -> MailedCode:
    """Mail a code to `address`. The same answer whether somebody else has it or not; they find out by the code.

    Raises AlreadyYours, codes.TooManyCodes.
    """
    owner = proving.owner_of(address)
    if owner is not None and owner.pk == user.pk:
        raise AlreadyYours
    return codes.send_code(ADD_CODE, address, user=user)


def finish_adding(user: User, handle: str, digits: str) -> str:
    """The code came back: the address is the user's, with the badges that were sent to it.

    Raises codes.CodeRefused, proving.AddressTaken (another account has proven it: the two can be merged).
    """
    # Not inside a transaction: a wrong try is counted even though it ends in an exception.
    code = codes.check_code(handle, digits, purpose=ADD_CODE, user=user)
    proving.prove(user, code.address, how="code")
    return code.address


def choose_primary(user: User, row: EmailAddress) -> None:
    """Account mail goes to `row`, proven by `user`, from now on; the address before hears of it."""
    before = user.email
    with transaction.atomic():
        proving.make_primary(user, row.email)
        if before != row.email:
            proving.tell(
                before, _("Mail about your account goes to %(address)s now.") % {"address": row.email}
            )


def remove(user: User, pk: int) -> Owned:
    """The address goes, accepted badges stay. Raises LastAddress; EmailAddress.DoesNotExist for another's."""
    with transaction.atomic():
        row = EmailAddress.objects.select_for_update().get(pk=pk, user=user)
        gone = Owned(row.pk, row.email, row.primary, row.verified, 0, 0)
        others = EmailAddress.objects.filter(user=user, verified=True).exclude(pk=pk)
        heir = others.order_by("pk").first()
        if heir is None:
            raise LastAddress
        row.delete()
        if gone.primary:
            proving.make_primary(user, heir.email)
        # Whoever came in through that mailbox is out; the view keeps the session of this very press.
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.refresh_from_db(fields=["session_epoch", "email"])
        for address in {gone.address, user.email}:
            proving.tell(address, _("%(address)s was taken out of your account.") % {"address": gone.address})
        record("address removed", actor=user.public_id, subject=f"user:{user.public_id}")
    return gone
