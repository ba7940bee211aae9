"""Calls about awards: the same jobs as behind the console's buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Achievement
from plaudit_site.api import describing
from plaudit_site.api.calls import Call
from plaudit_site.api.problem import Fault, Problem, not_found
from plaudit_site.api.repeating import Answer
from plaudit_site.awards import awarding, importing, listing, revoking, staging, suspending
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.importing import Rules
from plaudit_site.awards.models import Award, AwardQuerySet
from plaudit_site.issuers import registering
from plaudit_site.issuers.models import Issuer, Person

PER_PAGE = 50
NOTHING_CHANGED = "Nothing was changed: see “errors”."


def make(call: Call) -> Answer:
    """Award one person."""
    badge = published(call.issuer, call.body["badge"])
    row = _judged(call, badge)
    person = _person(call, row)
    award = _tried(
        lambda: awarding.award(
            badge,
            address=row.address,
            name=row.name,
            by=call.by,
            evidence_url=call.body.get("evidence", ""),
            note=call.body.get("note", ""),
            result=row.result,
            language=row.language,
            awarded_at=row.awarded_at,
            expires_at=row.expires_at,
            send_at=send_at(call),
            person=person,
        )
    )
    return Answer(
        201,
        _shown(award),
        subject=f"award:{award.public_id}",
        headers=(("Location", f"{settings.BASE_URL}/api/v1/awards/{award.public_id}"),),
    )


def look(call: Call) -> Answer:
    """One award with its life."""
    return Answer(200, _shown(_award(call)))


def find(call: Call) -> Answer:
    """Awards, newest first, a page at a time."""
    query = dict(call.query)
    limit = query.pop("limit", PER_PAGE)
    found = _filtered(call, query)
    # Which awards first, and only then what is told of each: PostgreSQL would ask after the mail of every award.
    keys = list(found.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    page = list(describing.with_mail(Award.objects.filter(pk__in=keys)).order_by("-pk"))
    more = page[limit:]
    following = None
    if more:
        cursor = page[limit - 1].public_id
        following = f"{settings.BASE_URL}/api/v1/awards?" + urlencode({**call.query, "cursor": cursor})
    return Answer(200, {"awards": [describing.award(row) for row in page[:limit]], "next": following})


def revoke(call: Call) -> Answer:
    """No longer valid, for ever, with a public reason."""
    return _changed(call, lambda award: revoking.revoke(award, reason=call.body["reason"], by=call.by))


def suspend(call: Call) -> Answer:
    """Not valid for a while, with a public reason."""
    return _changed(call, lambda award: suspending.suspend(award, reason=call.body["reason"], by=call.by))


def reinstate(call: Call) -> Answer:
    """Valid again, as before."""
    return _changed(call, lambda award: suspending.reinstate(award, by=call.by))


def withdraw(call: Call) -> Answer:
    """Take back what nobody has accepted."""
    return _changed(call, lambda award: revoking.withdraw(award, by=call.by))


def resend(call: Call) -> Answer:
    """The invitation once more."""
    return _changed(call, lambda award: revoking.send_again(award, by=call.by))


def correct(call: Call) -> Answer:
    """Another name or address; the old link dies."""

    def act(award: Award) -> None:
        name, address = call.body.get("name", award.name), call.body.get("address", award.address)
        row = importing.judge(1, {"name": name, "address": address}, Rules({}, timezone.now()))
        _refuse(row, {"name", "address"})
        revoking.correct(award, address=address, name=name, by=call.by)

    return _changed(call, act)


def published(issuer: Issuer, public_id: str) -> Achievement:
    """The issuer's badge of that id, if it can be awarded. Raises Problem."""
    found = issuer.achievements.select_related("current").defer(
        "current__picture_png", "current__picture_svg"
    )
    badge = found.filter(public_id=public_id, state=Achievement.State.PUBLISHED).first()
    if badge is None:
        raise Problem(
            "not-valid",
            "The badge is none of yours that can be awarded.",
            [Fault("is none of your published badges", "Take an “id” from GET /badges.", "/badge")],
        )
    badge.issuer = issuer
    return badge


def _judged(call: Call, badge: Achievement) -> importing.Row:
    """What the members mean: judged as a line of a spreadsheet is, in the same words. Raises Problem."""
    body = call.body
    given = {
        name: body[name]
        for name in ("own_id", "name", "address", "date", "expires", "evidence", "result", "language")
        if name in body
    }
    rules = Rules(
        {plain(badge.public_id): badge.public_id},
        timezone.now().replace(microsecond=0),
        badge=badge.public_id,
        languages=frozenset(saying.CODES),
        results={badge.public_id: badge.current.results} if badge.current else {},
        people=staging.people(call.issuer, [body["own_id"]] if "own_id" in body else []),
    )
    row = importing.judge(1, given, rules)
    _refuse(row, set(given) | {"name", "address"})
    return row


def _person(call: Call, row: importing.Row) -> Person | None:
    """Whom the award follows to another address: whoever the id means, unless another address was given."""
    own_id = call.body.get("own_id", "")
    person = registering.known(call.issuer, [own_id]).get(registering.key_of(own_id)) if own_id else None
    return person if person is not None and person.address == row.address else None


def send_at(call: Call) -> datetime | None:
    """The moment that the call names, if it does: one that lies ahead, and not too far. Raises Problem."""
    if "send_at" not in call.body:
        return None
    at = datetime.fromisoformat(call.body["send_at"])
    try:
        awarding.check_moment(at)
    except awarding.NotThen as refusal:
        raise _not_then(refusal) from None
    return at


def _not_then(refusal: awarding.NotThen) -> Problem:
    mend = "Take a moment within the next year, like 2027-01-31T09:00:00Z, or leave it out."
    return Problem("not-valid", NOTHING_CHANGED, [Fault(str(refusal), mend, "/send_at")])


def _refuse(row: importing.Row, members: set[str]) -> None:
    """Raises Problem when a member is wrong. A likely typing error is the caller's own business."""
    wrong = [problem for problem in row.problems if problem.column in members and not problem.likely]
    if wrong:
        faults = []
        for problem in wrong:
            said, _colon, mend = describing.cell_words(problem).partition(": ")
            mend = mend or "Write another value: “detail” says which ones are taken."
            faults.append(Fault(said, mend[:1].upper() + mend[1:], f"/{problem.column}"))
        raise Problem("not-valid", NOTHING_CHANGED, faults)


def _filtered(call: Call, query: dict[str, Any]) -> AwardQuerySet:
    state = query.get("state", "")
    rows = listing.in_plain_state(call.issuer, state)
    if "badge" in query:
        versions = call.issuer.achievements.filter(public_id=query["badge"]).values_list(
            "versions", flat=True
        )
        rows = rows.filter(version__in=[pk for pk in versions if pk is not None])
    if "batch" in query:
        rows = rows.filter(batch__public_id=query["batch"])
    if "address" in query:
        try:
            form = address_form(query["address"])
        except AddressRefused as refusal:
            fault = Fault(str(refusal), "Write the whole address.", parameter="address")
            raise Problem("not-valid", "The address can’t be looked for.", [fault]) from None
        # Asked apart: SQLite would go through all awards of the issuer, since that index has the order.
        rows = rows.filter(pk__in=Award.objects.filter(address=form).values("pk"))
    if "since" in query:
        rows = rows.filter(made_at__gte=parse_datetime(query["since"]))
    if "cursor" in query:
        last = Award.objects.filter(issuer=call.issuer, public_id=query["cursor"]).first()
        if last is None:
            fault = Fault("is none of ours", "Follow “next” as it is.", parameter="cursor")
            raise Problem("not-valid", "This page does not exist.", [fault])
        rows = rows.filter(Q(pk__lt=last.pk))
    return rows


def _award(call: Call) -> Award:
    award = (
        Award.objects.select_related("issuer").filter(public_id=call.ids["id"], issuer=call.issuer).first()
    )
    if award is None:
        raise not_found()
    return award


def _changed(call: Call, act: Callable[[Award], object]) -> Answer:
    award = _award(call)
    _tried(lambda: act(award))
    return Answer(200, _shown(award), subject=f"award:{award.public_id}")


def _shown(award: Award) -> dict[str, Any]:
    return describing.award_with_life(describing.with_mail(Award.objects.filter(pk=award.pk)).get())


def _tried(act: Callable[[], Any]) -> Any:
    """What the job gives, or its refusal as a problem."""
    try:
        return act()
    except awarding.AlreadyAwarded as refusal:
        raise Problem("awarded-before", str(refusal), more={"award": refusal.earlier.public_id}) from None
    except awarding.AwardRefused as refusal:
        raise Problem("refused", str(refusal)) from None
    except revoking.NotPossible as refusal:
        raise Problem("not-possible", str(refusal)) from None
    except AddressRefused as refusal:
        fault = Fault(str(refusal), "Write it like name@example.org.", "/address")
        raise Problem("not-valid", str(refusal), [fault]) from None
