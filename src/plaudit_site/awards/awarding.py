"""The issuer's press: who may be awarded what, written as one row. The worker signs."""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.addresses import address_form
from plaudit_site.accounts.models import User
from plaudit_site.accounts.proving import owner_of
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards.models import Award, Batch
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer, Person
from plaudit_site.mail.models import Message
from plaudit_site.showing.words import visible

TRUSTED_AFTER = timedelta(days=30)
FARTHEST = timedelta(days=366)


class AwardRefused(Exception):
    """This award may not be made; the text says why and what to do."""


class NotThen(AwardRefused):
    """Nothing can be sent at that moment; the text says why and what to do."""


class AlreadyAwarded(AwardRefused):
    """The badge is given once, and this address has it."""

    def __init__(self, earlier: Award) -> None:
        super().__init__(_("This person already has this badge."))
        self.earlier = earlier


def check_moment(at: datetime) -> None:
    """What somebody chose to send at: it lies ahead, by no more than a year. Raises NotThen."""
    if at <= timezone.now():
        raise NotThen(_("That time is over. Leave it empty to send at once."))
    refuse_too_far(at)


def refuse_too_far(at: datetime) -> None:
    """Raises NotThen."""
    if at > timezone.now() + FARTHEST:
        raise NotThen(_("That is more than a year ahead: choose an earlier day."))


def award(
    achievement: Achievement,
    *,
    address: str,
    name: str,
    by: User,
    evidence_url: str = "",
    note: str = "",
    language: str = "en",
    awarded_at: datetime | None = None,
    expires_at: datetime | None = None,
    request_key: str = "",
    result: str = "",
    send_at: datetime | None = None,
    person: Person | None = None,
) -> Award:
    """One award row, to be signed by the worker. The same `request_key` again gives the same row.

    With `send_at` in the future it is signed, dated (unless it has a date) and mailed then; until then it can be
    withdrawn, and nobody hears of it. A `person` of the register is whom the award follows to another address.

    Raises AwardRefused (with the reason), AlreadyAwarded, AddressRefused.
    """
    form = address_form(address)
    version = achievement.current
    if version is None or achievement.state != Achievement.State.PUBLISHED:
        raise AwardRefused(_("Publish this badge first; a draft can’t be awarded."))
    issuer = achievement.issuer
    if not issuer.is_site:
        check_standing(issuer, by, form)
    later = send_at if send_at is not None and send_at > timezone.now() else None
    at = (awarded_at or later or timezone.now()).replace(microsecond=0)
    if expires_at is None and version.valid_months:
        expires_at = months_later(at, version.valid_months)
    if expires_at is not None and expires_at <= at:
        raise AwardRefused(_("It would end before it begins: check the dates."))
    key = f"award:{request_key}" if request_key else None
    if later is not None:
        refuse_too_far(later)
    row = Award(
        issuer=issuer,
        version=version,
        address=form,
        name=visible(name),
        awarded_at=at,
        expires_at=expires_at,
        evidence_url=evidence_url,
        note=note.strip(),
        language=language,
        awarded_by=by,
        request_key=key,
        once_key=once_key(achievement, form, at),
        due_at=later or timezone.now(),
        result=visible(result),
        person=person,
    )
    try:
        with transaction.atomic():
            if not _pressed_before(row):
                refuse_older(row, achievement, form)
            row.save()
            record(
                "awarded",
                actor=by.public_id,
                subject=f"award:{row.public_id}",
                issuer=issuer.public_id,
                badge=achievement.public_id,
            )
    except IntegrityError:
        return _the_earlier(row)
    return row


def _the_earlier(row: Award) -> Award:
    """The database refused a second row: the same press again, or the same person again."""
    if row.request_key:
        same = Award.objects.filter(request_key=row.request_key).first()
        if same is not None:
            return same
    earlier = Award.objects.filter(once_key=row.once_key).first() if row.once_key else None
    if earlier is None:
        raise AwardRefused(_("The award could not be stored. Try again."))
    raise AlreadyAwarded(earlier)


def once_key(achievement: Achievement, address: str, at: datetime) -> str | None:
    """Unique for badge and address under “once”, and the day too under “renew”; revoking or withdrawing frees it."""
    if achievement.repeat == Achievement.Repeat.AGAIN:
        return None
    renews = achievement.repeat == Achievement.Repeat.RENEW
    whose = f"{address}\n{at.astimezone(UTC).date().isoformat()}" if renews else address
    return f"{achievement.public_id}:{hashlib.sha256(whose.encode()).hexdigest()}"


def refuse_older(row: Award, achievement: Achievement, address: str) -> None:
    """Under “renew” a later award takes the place of an earlier one, never the other way round. Or AlreadyAwarded."""
    if achievement.repeat != Achievement.Repeat.RENEW:
        return
    hold({achievement.pk})
    there = latest(row.issuer, {address}, {achievement.pk}).get((achievement.pk, address))
    if there is not None and there >= row.awarded_at:
        standing = Award.objects.filter(
            issuer=row.issuer, address=address, version__achievement=achievement, awarded_at=there
        )
        raise AlreadyAwarded(standing.latest("pk"))


def hold(badges: Collection[int]) -> None:
    """Until this transaction ends nobody else asks what was awarded of them by rules that no key of the database holds.

    SQLite has one writer at a time anyway. Nothing that only names a badge waits for this.
    """
    held = Achievement.objects.select_for_update(no_key=True).filter(pk__in=badges).order_by("pk")
    list(held.values_list("pk", flat=True))


def _pressed_before(row: Award) -> bool:
    return row.request_key is not None and Award.objects.filter(request_key=row.request_key).exists()


def latest(
    issuer: Issuer, addresses: Collection[str], badges: Collection[int], *, apart_from: Batch | None = None
) -> dict[tuple[int, str], datetime]:
    """The date of the last award that stands, by badge and address; `apart_from` those of a list."""
    found = Award.objects.filter(
        issuer=issuer, address__in=addresses, version__achievement__in=badges, revocation__isnull=True
    ).exclude(state__in=[Award.State.WITHDRAWN, Award.State.DECLINED, Award.State.FAILED])
    if apart_from is not None:
        found = found.exclude(batch=apart_from)
    dated = found.order_by().values_list("version__achievement", "address").annotate(last=Max("awarded_at"))
    return {(badge, address): last for badge, address, last in dated}


def check_standing(issuer: Issuer, by: User, address: str) -> None:
    """Nobody poses as somebody (J48). Raises AwardRefused."""
    if not may(by, "award", issuer):
        raise AwardRefused(_("You are not allowed to award for this issuer."))
    if issuer.standing == Issuer.Standing.SUSPENDED:
        raise AwardRefused(_("This issuer is suspended. Ask the people who run this site."))
    if issuer.standing == Issuer.Standing.PENDING and not _is_own(by, address):
        raise AwardRefused(
            _(
                "Until this issuer is approved it can award only to your own confirmed addresses, to try things out."
            )
        )
    left = left_today(issuer)
    if left is not None and left <= 0:
        raise AwardRefused(
            _(
                "A new issuer can award %(number)s times a day. Go on tomorrow, or ask the operator of this site."
            )
            % {"number": settings.NEW_ISSUER_DAILY_MAILS}
        )


def is_new(issuer: Issuer) -> bool:
    """Whether it is counted what this issuer awards in a day."""
    return not issuer.is_site and timezone.now() - issuer.made_at < TRUSTED_AFTER


def left_today(issuer: Issuer) -> int | None:
    """How many more a new issuer may award today; None when it is not new."""
    if not is_new(issuer):
        return None
    since = timezone.now() - timedelta(days=1)
    most = settings.NEW_ISSUER_DAILY_MAILS
    # Counted no further than it matters, and mails only while there is something left.
    made = Award.objects.filter(issuer=issuer, made_at__gt=since)[:most].count()
    return max(0, most - max(made, _mailed(issuer, since))) if made < most else 0


def _mailed(issuer: Issuer, since: datetime) -> int:
    """Invitations that went out or soon will: corrected and repeated ones count as much as first ones."""
    awards = Award.objects.filter(issuer=issuer)
    queued = awards.filter(state=Award.State.QUEUED, made_at__lte=since).count()
    mails = Message.objects.filter(about__in=awards.values("pk"), kind="invitation", created_at__gt=since)
    return queued + mails.count()


def _is_own(user: User, address: str) -> bool:
    owner = owner_of(address)
    return owner is not None and owner.pk == user.pk


def months_later(at: datetime, months: int) -> datetime:
    """The same day `months` later, or the last day of that month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
