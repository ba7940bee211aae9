"""An issuer's awards as a list: what is looked for, in which order, page by page, however many there are.

A page goes on behind the last award of the one before (no counting of what was skipped), and nothing is counted
beyond a bound. By default the order is the one in which awards were made, which every index has.

SQLite is helped to choose: it keeps no statistics here, takes whatever index begins with the issuer for one of ten
rows, and would sort a million awards to show fifty.

How many there are in each state is counted in one look at up to COUNTED awards. Of more, those that do not wait are
found by an index that holds them alone; of states that no index knows it is said how many there are at least.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from django.db import connection
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards import resending
from plaudit_site.awards.life import CAN_EXPIRE, SOON
from plaudit_site.awards.models import ODD_STATES, Award, AwardQuerySet, Revocation, Suspension
from plaudit_site.issuers.models import Issuer

PER_PAGE = 50
COUNTED = 10_000
LAST_SIGN = "\U0010ffff"
# What a row shows, and no picture of its badge.
COLUMNS = (
    "public_id", "name", "address", "awarded_at", "expires_at", "state", "visibility", "opened_at", "accepted_at",
    "due_at", "attempts", "problem", "version__title", "revocation__at", "suspension__at",
)  # fmt: skip
# What to sort by -> its words, the column beside the key, whether downwards.
ORDERS: dict[str, tuple[str | Promise, str, bool]] = {
    "new": (_("Newest first"), "", True),
    "old": (_("Oldest first"), "", False),
    "name": (_("By name"), "name", False),
    "date": (_("By date awarded"), "awarded_at", True),
}
STATES: dict[str, str | Promise] = {
    "scheduled": _("waiting for its day"),
    "queued": _("being prepared"),
    "waiting": _("waiting to be accepted"),
    "opened": _("claim page opened"),
    "accepted": _("accepted"),
    "shared": _("accepted and shared"),
    "declined": _("declined"),
    "expired": _("expired"),
    "suspended": _("suspended"),
    "revoked": _("revoked"),
    "replaced": _("renewed by a later one"),
    "withdrawn": _("withdrawn"),
    "removed": _("removed by the earner"),
    "failed": _("could not be signed"),
    "erased": _("withdrawn at the holder’s request"),
}
# Those that a table of their own knows.
_IN_TABLES = frozenset({"suspended", "revoked", "replaced"})


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

    def unread_days(self, given: Mapping[str, str]) -> list[str]:
        """What was asked as a day and is none."""
        days = {name: given.get(name, "").strip()[:40] for name in ("since", "until")}
        return [text for name, text in days.items() if text and not getattr(self, name)]

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
    if wanted.ids:
        return Award.objects.filter(issuer=issuer, public_id__in=wanted.ids)
    rows = _of_batch(issuer, wanted) if wanted.batch else _of_issuer(issuer, wanted)
    if wanted.text:
        # Addresses by their beginning, which has an index; names anywhere.
        by_address = _begins_with(wanted.text.lower())
        rows = rows.filter(by_address if "@" in wanted.text else by_address | Q(name__holds=wanted.text))
    if wanted.badge:
        versions = issuer.achievements.filter(public_id=wanted.badge).values_list("versions__pk", flat=True)
        rows = rows.filter(version_id__in=[pk for pk in versions if pk is not None])
    if wanted.since:
        rows = rows.filter(awarded_at__gte=_begin(wanted.since))
    if wanted.until:
        rows = rows.filter(awarded_at__lt=_begin(wanted.until) + datetime.timedelta(days=1))
    if wanted.state:
        rows = _in_state(rows, wanted.state, in_batch=bool(wanted.batch))
    return resending.by_delivery(rows, wanted.delivery) if wanted.delivery else rows


def _begins_with(text: str) -> Q:
    """SQLite takes an index for what lies between two texts, and none for a pattern."""
    if connection.vendor != "sqlite":
        return Q(address__startswith=text)
    return Q(address__gte=text, address__lt=f"{text}{LAST_SIGN}")


def _begin(day: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.UTC)


def _of_issuer(issuer: Issuer, wanted: Wanted) -> AwardQuerySet:
    rows = Award.objects.filter(issuer=issuer)
    is_sorted = bool(ORDERS[wanted.order][1])
    is_odd = _stored(wanted.state) in ODD_STATES
    if connection.vendor != "sqlite" or not counted(rows)[1]:
        return rows
    if is_odd and is_sorted:
        few = rows.filter(state=_stored(wanted.state), state__one_of=ODD_STATES).order_by()
        keys = list(few.values_list("pk", flat=True)[: COUNTED + 1])
        return rows if len(keys) > COUNTED else _by_key(issuer).filter(pk__among=keys)
    has_index = is_odd or (is_sorted and wanted.state not in _IN_TABLES and not wanted.text)
    return rows if has_index else _by_key(issuer)


def _by_key(issuer: Issuer) -> AwardQuerySet:
    """By their keys, where fifty of this issuer's many are soon found; no index is sought for a sum."""
    return Award.objects.alias(of=F("issuer_id") + 0).filter(of=issuer.pk)


def in_plain_state(issuer: Issuer, state: str) -> AwardQuerySet:
    """As programs tell states: the row's own, or that it was revoked or is suspended; with "" all.

    They are to be shown in the order in which they were made.
    """
    rows = _of_issuer(issuer, Wanted(state=state))
    if state in _IN_TABLES:
        return (
            rows.filter(_of(state))
            if state == "suspended"
            else rows.filter(pk__in=Revocation.objects.values("award"))
        )
    if not state:
        return rows
    rows = rows.filter(state=state, revocation__isnull=True, suspension__isnull=True)
    return rows.filter(state__one_of=ODD_STATES) if state in ODD_STATES else rows


def _of_batch(issuer: Issuer, wanted: Wanted) -> AwardQuerySet:
    """A list is its issuer's, and so are its awards."""
    batch = issuer.batches.filter(public_id=wanted.batch).values_list("pk", flat=True).first() or 0
    rows = Award.objects.filter(batch_id=batch)
    is_sorted = bool(ORDERS[wanted.order][1])
    has_index = not is_sorted and wanted.state not in _IN_TABLES
    if has_index or connection.vendor != "sqlite" or not counted(rows)[1]:
        return rows
    return _of_issuer(issuer, wanted).alias(in_batch=F("batch_id") + 0).filter(in_batch=batch)


def _in_state(rows: AwardQuerySet, state: str, *, in_batch: bool) -> AwardQuerySet:
    rows = rows.filter(_of(state))
    if _stored(state) not in ODD_STATES:
        return rows
    if connection.vendor != "sqlite":
        return rows
    # The index that holds the others alone is found where the statement says which those are.
    return rows.exclude(state=Award.State.WAITING) if in_batch else rows.filter(state__one_of=ODD_STATES)


def _stored(state: str) -> str:
    """As which state it stands in its row; "" for one that is told from other things."""
    return {"scheduled": "queued", "shared": "accepted", "opened": "waiting"}.get(
        state, state if state in Award.State.values else ""
    )


def _of(state: str, *, joined: bool = False) -> Q:
    """What is true of the awards in this state, as life.py tells it.

    Rows are sought by what there is or is not of them, of which PostgreSQL knows how often that is so. Of rows that are
    looked at anyway (`joined`) every state is told from one look at what hangs on them.
    """
    revoked, suspended = Revocation.objects.all(), Suspension.objects.all()
    if state in {"revoked", "replaced"}:
        if joined:
            return Q(revocation__isnull=False, revocation__renewed_by__isnull=state == "revoked")
        return Q(pk__in=revoked.filter(renewed_by__isnull=state == "revoked").values("award"))
    holds = Q(revocation__isnull=True) if joined else Q(~Exists(revoked.filter(award=OuterRef("pk"))))
    if state == "suspended":
        return holds & (Q(suspension__isnull=False) if joined else Q(pk__in=suspended.values("award")))
    holds &= Q(suspension__isnull=True) if joined else Q(~Exists(suspended.filter(award=OuterRef("pk"))))
    now = timezone.now()
    if state == "expired":
        return holds & Q(state__in=CAN_EXPIRE, expires_at__lte=now)
    holds &= Q(state=_stored(state))
    later = Q(due_at__gt=now + SOON, attempts=0, problem="")
    if state == "scheduled":
        return holds & later
    if state == "queued":
        return holds & ~later
    if state == "opened":
        return holds & Q(opened_at__isnull=False)
    if state == "shared":
        return holds & ~Q(visibility="only_me")
    return holds


def counted(rows: AwardQuerySet) -> tuple[int, bool]:
    """How many, up to a bound; and whether there are more."""
    number = rows.order_by()[: COUNTED + 1].count()
    return min(number, COUNTED), number > COUNTED


@dataclass(frozen=True)
class Number:
    """How many there are; with `is_more` at least so many."""

    number: int
    is_more: bool = False

    @property
    def says_nothing(self) -> bool:
        """None was seen among those that were looked at, which is not all of them."""
        return self.is_more and not self.number


def numbers(issuer: Issuer, wanted: Wanted, among: list[int] | None = None) -> dict[str, Number]:
    """How many of what is looked for are in each state, whichever state is looked for; under "" of all of them.

    `among` are the keys of all that is looked for, where they are known.
    Of more than COUNTED that are narrowed by more than a list, no other numbers: they would take as long as all.
    """
    anyway = replace(wanted, state="", ids=(), order="new")
    rows = found(issuer, anyway).order_by() if among is None else Award.objects.all()
    if wanted.delivery and among is None:
        # Which awards first, and only then their states: PostgreSQL takes them for few, and joins as if they were.
        among = list(rows.values_list("pk", flat=True)[: COUNTED + 1])
    if among is not None:
        rows = Award.objects.filter(pk__among=among)
    marks = {
        f"is_{name}": Case(When(_of(name, joined=True), then=1), output_field=IntegerField())
        for name in STATES
    }
    # The bound stands within, so that no more is looked at.
    looked_at = rows.annotate(**marks)[: COUNTED + 1]
    seen = looked_at.aggregate(all=Count("pk"), **{name: Count(f"is_{name}") for name in STATES})
    whole = {"": Number(min(seen["all"], COUNTED), seen["all"] > COUNTED)}
    if seen["all"] <= COUNTED:
        return whole | {name: Number(seen[name]) for name in STATES}
    if anyway.query().keys() - {"order", "batch"}:
        return whole
    return whole | {name: _number(issuer, replace(anyway, state=name), seen[name]) for name in STATES}


def _number(issuer: Issuer, wanted: Wanted, at_least: int) -> Number:
    """Of one of many states among very many awards."""
    if wanted.state in _IN_TABLES or wanted.state == "scheduled" or wanted.state in ODD_STATES:
        return Number(*counted(found(issuer, wanted)))
    return Number(at_least, is_more=True)


@dataclass(frozen=True)
class Page:
    awards: list[Award]
    # The last award of this page; "" when nothing follows.
    after: str


def page(issuer: Issuer, wanted: Wanted, after: str = "") -> Page:
    """The awards behind `after` (an award of this issuer), in the order that is wanted."""
    _words, column, downwards = ORDERS[wanted.order]
    if wanted.batch and not column:
        column = "batch_line"  # the order in which they were made, but for what several workers made at once
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
