"""What is asked for all day finds an index, and those that hold only some rows are found too (SQLite says which)."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import listing, resending
from plaudit_site.awards.models import Award, BatchRow
from plaudit_site.ids import ALPHABET, new_id_in_order
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import TROUBLED, Lane, Message

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ASKED: dict[str, tuple[Any, str]] = {
    "mails that are due": (
        lambda: Message.objects.filter(leases.free(NOW), lane=Lane.CODES).order_by("due_at", "pk"),
        "mail_lane_due (lane=? AND due_at<?)",
    ),
    "mails to a domain in the last minute": (
        lambda: Message.objects.filter(domain__in=["a", "b"], handed_at__gt=NOW - timedelta(minutes=1)),
        "mail_domain_handed (domain=? AND handed_at>?)",
    ),
    "domains that a worker is at": (
        lambda: (
            Message.objects.filter(domain__gt="", state__one_of=("sending",), lease_until__gt=NOW)
            .order_by()
            .values_list("domain", flat=True)
        ),
        "mail_domain_sending (domain>?)",
    ),
    "mails about an award": (
        lambda: Message.objects.filter(about=1, kind__in=["invitation"]),
        "mail_once_about_one_of_many (about=?)",
    ),
    "a mail about one of many that may be there": (
        lambda: Message.objects.filter(subject_id="a", about=1, once_key="k"),
        "mail_once_about_one_of_many (about=? AND once_key=?)",
    ),
    "a mail that may be there": (
        lambda: Message.objects.filter(subject_id="a", about=None, once_key="k"),
        "mail_once_about (subject_id=? AND once_key=?)",
    ),
    "mails in trouble": (
        lambda: (
            Message.objects.filter(state__in=["bounced", "failed"], state__one_of=TROUBLED)
            .order_by()
            .values_list("about", flat=True)
        ),
        "COVERING INDEX mail_troubled (state=?)",
    ),
    "invitations that were not sent": (
        lambda: Message.objects.filter(resending.FOUND["dropped"][0]).order_by(),
        "mail_dropped (kind=?)",
    ),
    "reminders that somebody did not want": (
        lambda: Message.objects.filter(resending.FOUND["dropped"][1]).order_by(),
        "mail_dropped (kind=? AND code=?)",
    ),
    "invitations that wait to be sent": (
        lambda: Message.objects.filter(resending.FOUND["queued"][0]).order_by(),
        "mail_lane_due (lane=? AND due_at>?)",
    ),
    "reminders that are being sent": (
        lambda: Message.objects.filter(resending.FOUND["queued"][1]).order_by(),
        "mail_domain_sending (domain>?)",
    ),
    "awards to addresses that begin so": (
        lambda: Award.objects.filter(listing._begins_with("eve@")),
        "(address>? AND address<?)",
    ),
    "Earned": (
        lambda: Award.objects.earned_by(User(pk=1)),
        "awards_of_an_earner (earner_id=? AND state=?",
    ),
    "everything of an account": (
        lambda: Award.objects.filter(earner__in=[1, 2]),
        "awards_of_an_earner (earner_id=?)",
    ),
    "awards with one of many keys": (
        lambda: Award.objects.filter(once_key__among={"a", "b"}),
        "(once_key=?)",
    ),
    "awards that do not wait": (
        lambda: listing.found(Issuer(pk=1), listing.Wanted(state="failed")).order_by("-pk")[:51],
        "odd_ones_of_an_issuer (issuer_id=? AND state=?)",
    ),
    "rows of a list with one of many keys": (
        lambda: BatchRow.objects.filter(batch=1, key__among={"a", "b"}),
        "(batch_id=? AND key=?)",
    ),
    "events without a place in the chain": (
        lambda: AuditEvent.objects.filter(chain_number__isnull=True).order_by("pk"),
        "(chain_number=?)",
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_it_is_found_by_an_index(name: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads small tables whole")
    asked, index = ASKED[name]
    assert index in asked().explain()


def test_ids_in_order_come_in_the_order_of_time_and_are_never_the_same() -> None:
    made = [new_id_in_order() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    assert all(len(one) == 26 and set(one) <= set(ALPHABET) for one in made)
    times = [one[:10] for one in made]
    assert all(earlier <= later for earlier, later in itertools.pairwise(times))
