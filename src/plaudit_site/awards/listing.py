"""An issuer's awards as a list: what is looked for, in which order, page by page, however many there are.

A page goes on behind the last award of the one before (no counting of what was skipped), and nothing is counted
beyond a bound. By default the order is the one in which awards were made, which every index has.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards import resending
from plaudit_site.awards.life import CAN_EXPIRE
from plaudit_site.awards.models import Award, AwardQuerySet
from plaudit_site.issuers.models import Issuer

PER_PAGE = 50
COUNTED = 10_000
# What a row shows, and no picture of its badge.
COLUMNS = (
    "public_id", "name", "address", "awarded_at", "expires_at", "state", "visibility", "opened_at", "accepted_at",
    "version__title", "revocation__at", "suspension__at",
)  # fmt: skip
# What to sort by -> its words, the column beside the key, whether downwards.
ORDERS: dict[str, tuple[str | Promise, str, bool]] = {
    "new": (_("Newest first"), "", True),
    "old": (_("Oldest first"), "", False),
    "name": (_("By name"), "name", False),
    "date": (_("By date awarded"), "awarded_at", True),
}
STATES: dict[str, str | Promise] = {
    "queued": _("being prepared"),
    "waiting": _("waiting to be accepted"),
    "opened": _("claim page opened"),
    "accepted": _("accepted"),
    "shared": _("accepted and shared"),
    "declined": _("declined"),
    "expired": _("expired"),
    "suspended": _("suspended"),
    "revoked": _("revoked"),
    "withdrawn": _("withdrawn"),
    "removed": _("removed by the earner"),
    "failed": _("could not be signed"),
    "erased": _("withdrawn at the holder’s request"),
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for; anything that makes no sense is as if it were not asked."""

    text: str = ""
    badge: str = ""
    state: str = ""
    delivery: str = ""
    batch: str = ""
    since: str = ""
    until: str = ""
    order: str = "new"
    ids: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, given: Mapping[str, str], ids: Iterable[str] = ()) -> Wanted:
        state, delivery, order = (given.get(name, "") for name in ("state", "delivery", "order"))
        return cls(
            text=" ".join(given.get("q", "").replace("\x00", "").split())[:100],
            badge=given.get("badge", "").replace("\x00", "")[:26],
            state=state if state in STATES else "",
            delivery=delivery if delivery in resending.DELIVERY else "",
            batch=given.get("batch", "").replace("\x00", "")[:26],
            since=_day(given.get("since", "")),
            until=_day(given.get("until", "")),
            order=order if order in ORDERS else "new",
            ids=tuple(one[:26] for one in ids)[: PER_PAGE * 2],
        )

    @classmethod
    def stored(cls, kept: Mapping[str, object]) -> Wanted:
        """What `asdict` made of one."""
        wanted = dict(kept)
        wanted["ids"] = tuple(str(one) for one in kept.get("ids", ()))  # type: ignore[attr-defined]
        return cls(**wanted)  # type: ignore[arg-type]

    def query(self) -> dict[str, str]:
        """As it stands in an address; what was not asked is left out."""
        values = {**asdict(self), "q": self.text, "order": self.order if self.order != "new" else ""}
        return {name: str(value) for name, value in values.items() if value and name not in {"text", "ids"}}

    @property
    def narrows(self) -> bool:
        return bool(self.query().keys() - {"order"})


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def found(issuer: Issuer, wanted: Wanted) -> AwardQuerySet:
    """The awards, in no order."""
    rows = Award.objects.filter(issuer=issuer)
    if wanted.ids:
        return rows.filter(public_id__in=wanted.ids)
    if wanted.text:
        # Addresses by their beginning, which has an index; names anywhere.
        by_address = Q(address__startswith=wanted.text.lower())
        rows = rows.filter(by_address if "@" in wanted.text else by_address | Q(name__icontains=wanted.text))
    if wanted.badge:
        versions = issuer.achievements.filter(public_id=wanted.badge).values_list("versions__pk", flat=True)
        rows = rows.filter(version_id__in=[pk for pk in versions if pk is not None])
    if wanted.batch:
        batch = issuer.batches.filter(public_id=wanted.batch).values_list("pk", flat=True).first()
        rows = rows.filter(batch_id=batch or 0)
    if wanted.since:
        rows = rows.filter(awarded_at__gte=_begin(wanted.since))
    if wanted.until:
        rows = rows.filter(awarded_at__lt=_begin(wanted.until) + datetime.timedelta(days=1))
    if wanted.state:
        rows = _in_state(rows, wanted.state)
    return resending.by_delivery(rows, wanted.delivery) if wanted.delivery else rows


def _begin(day: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.UTC)


def _in_state(rows: AwardQuerySet, state: str) -> AwardQuerySet:
    if state == "revoked":
        return rows.filter(revocation__isnull=False)
    rows = rows.filter(revocation__isnull=True)
    if state == "suspended":
        return rows.filter(suspension__isnull=False)
    rows = rows.filter(suspension__isnull=True)
    if state == "opened":
        return rows.filter(state=Award.State.WAITING, opened_at__isnull=False)
    if state == "shared":
        return rows.filter(state=Award.State.ACCEPTED).exclude(visibility="only_me")
    if state == "expired":
        return rows.filter(state__in=CAN_EXPIRE, expires_at__lte=timezone.now())
    return rows.filter(state=state)


def counted(rows: AwardQuerySet) -> tuple[int, bool]:
    """How many, up to a bound; and whether there are more."""
    number = rows.order_by()[: COUNTED + 1].count()
    return min(number, COUNTED), number > COUNTED


@dataclass(frozen=True)
class Page:
    awards: list[Award]
    # The last award of this page; "" when nothing follows.
    after: str


def page(issuer: Issuer, wanted: Wanted, after: str = "") -> Page:
    """The awards behind `after` (an award of this issuer), in the order that is wanted."""
    _words, column, downwards = ORDERS[wanted.order]
    rows = found(issuer, wanted)
    last = Award.objects.filter(issuer=issuer, public_id=after).first() if after else None
    if last is not None:
        rows = _behind(rows, last, column, downwards)
    sign = "-" if downwards else ""
    order = [f"{sign}{column}", f"{sign}pk"] if column else [f"{sign}pk"]
    rows = rows.select_related("version", "revocation", "suspension").only(*COLUMNS)
    awards = list(rows.order_by(*order)[: PER_PAGE + 1])
    more = len(awards) > PER_PAGE
    awards = awards[:PER_PAGE]
    return Page(awards, awards[-1].public_id if more else "")


def _behind(rows: AwardQuerySet, last: Award, column: str, downwards: bool) -> AwardQuerySet:
    than = "lt" if downwards else "gt"
    if not column:
        return rows.filter(**{f"pk__{than}": last.pk})
    value = getattr(last, column)
    same = Q(**{column: value, f"pk__{than}": last.pk})
    return rows.filter(Q(**{f"{column}__{than}e": value}), Q(**{f"{column}__{than}": value}) | same)
