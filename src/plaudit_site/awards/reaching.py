"""Whom a mail would not reach: an address that came back for good, and who wants no mail from an issuer.

What is said here is asked again when a mail's turn comes (awards/mails.py, mail/delivering.py); it is for those who are
about to send many, and want to know before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import Q
from django.utils.translation import gettext as _

from plaudit_site.awards.mails import scope_of
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import reasons, suppressing
from plaudit_site.mail.models import UNDELIVERED, Message, State
from plaudit_site.mail.queueing import address_hash, refusals, refuses

MOST = 10_000
"""So many addresses are looked at for a forecast, which somebody waits for."""
AT_ONCE = 1_000


def why_not(award: Award) -> str:
    """Why a mail about this award would not arrive, in words; "" where nothing is known against it."""
    if code := suppressing.code_for(address_hash(award.address)):
        return _("No mail goes to this address: %(reason)s Correct it.") % {"reason": reasons.shown(code)}
    if refuses(award.address, scope_of(award.issuer)):
        return _("This person wants no mail from you.")
    return ""


def beyond(issuer: Issuer, addresses: Iterable[str]) -> Iterator[str]:
    """Those of the addresses that no mail of this issuer would reach, as often as they are given."""
    scopes, given = {scope_of(issuer), "all"}, iter(addresses)
    while some := list(islice(given, AT_ONCE)):
        came_back = suppressing.codes_for(address_hash(address) for address in some)
        refused = {address for address, scope in refusals(some) if scope in scopes}
        for address in some:
            if address in refused or address_hash(address) in came_back:
                yield address


def number_beyond(issuer: Issuer, addresses: Iterable[str], *, only_known: bool = False) -> int | None:
    """How many of them; None for more than MOST, which are not looked at.

    `only_known`: of addresses that were not awarded yet only what this issuer has seen already. That an address is here
    at all is no business of whoever puts it into a list (SECURITY B).
    """
    some = list(islice(addresses, MOST + 1))
    if len(some) > MOST:
        return None
    lost = list(beyond(issuer, some))
    known = _seen_by(issuer, set(lost)) if only_known else set(lost)
    return sum(1 for address in lost if address in known)


def _seen_by(issuer: Issuer, addresses: set[str]) -> set[str]:
    """Those whose mail from this issuer has come back, or was not wanted: its pages say so."""
    awards = dict(Award.objects.filter(issuer=issuer, address__in=addresses).values_list("pk", "address"))
    told = Message.objects.filter(about__in=awards).filter(
        Q(state__in=UNDELIVERED) | Q(state=State.DROPPED, code=reasons.UNWANTED)
    )
    return {awards[about] for about in told.values_list("about", flat=True) if about is not None}
