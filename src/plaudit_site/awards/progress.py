"""How far a batch has come, as the pages show it: added up from counts that move with what they count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.awards import resending
from plaudit_site.awards.awarding import left_today
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.issuers.models import Issuer

LONG = 600
_COUNTED = ("awarded", "refused", "mails", "sent", "undelivered", "dropped")


def suspended() -> str:
    """Why the list of a suspended issuer waits, in words."""
    return _("Waiting: this issuer is suspended.")


@dataclass(frozen=True)
class Progress:
    """Asked for every two seconds while a list is awarded: no question here looks at each row, award or mail."""

    batch: Batch

    @cached_property
    def _sums(self) -> dict[str, int]:
        found = self.batch.slices.aggregate(**{name: Sum(name, default=0) for name in _COUNTED})
        return {name: int(number) for name, number in found.items()}

    @cached_property
    def rows(self) -> dict[str, int]:
        counts: dict[str, int] = dict.fromkeys(BatchRow.State.values, 0) | self.batch.tally
        awarded, refused = self._sums["awarded"], self._sums["refused"]
        counts["ready"] -= awarded + refused
        counts["awarded"] += awarded
        counts["refused"] += refused
        return counts

    @cached_property
    def awards(self) -> dict[str, int]:
        """By state; those that wait, which are most, are what is left of all."""
        odd = self.batch.awards.exclude(state=Award.State.WAITING).order_by()
        counts = dict.fromkeys(Award.State.values, 0) | dict(odd.values_list("state").annotate(n=Count("pk")))
        counts["waiting"] = max(0, self.rows["awarded"] - sum(counts.values()))
        return counts

    @property
    def listed(self) -> int:
        return sum(self.rows.values())

    @property
    def whole(self) -> int:
        """Everybody who is to be awarded."""
        return self.rows["ready"] + self.rows["awarded"]

    @property
    def signed(self) -> int:
        return sum(self.awards.values()) - self.awards["queued"] - self.awards["failed"]

    @property
    def mails(self) -> dict[str, int]:
        """Of the mails that bring the awards how many wait, were sent and were dropped; and `undelivered`."""
        return {
            "waiting": self.unsent,
            "sent": self.sent,
            "undelivered": self.undelivered,
            "dropped": self._sums["dropped"],
        }

    @property
    def sent(self) -> int:
        return self._sums["sent"]

    @property
    def unsent(self) -> int:
        """Mails that are still on their way out."""
        sums = self._sums
        return sums["mails"] - sums["sent"] - sums["undelivered"] - sums["dropped"]

    @cached_property
    def undelivered(self) -> int:
        """Awards whose latest mail could not be delivered, whichever it was: as many as are found by that.

        While the list is on its way, and on a site with very many such mails, those of the mails that bring awards.
        """
        exact = resending.undelivered_among(self.batch.awards.all()) if self.is_over else None
        return self._sums["undelivered"] if exact is None else exact

    @property
    def failed(self) -> int:
        return self.awards["failed"] + self.undelivered

    @property
    def settled(self) -> int:
        """Awards whose mail has left, or needs none."""
        return max(0, sum(self.awards.values()) - self.awards["queued"] - self.unsent)

    @cached_property
    def taken_back(self) -> int:
        return self.batch.awards.filter(revocation__isnull=False).count() + self.awards["withdrawn"]

    @property
    def standing(self) -> int:
        """Awards that nobody has taken back yet."""
        return max(0, self.rows["awarded"] - self.taken_back)

    @property
    def is_over(self) -> bool:
        """Nothing more happens by itself."""
        state = self.batch.state
        if state in {Batch.State.READING, Batch.State.STARTED, Batch.State.UNDOING}:
            return False
        return state in {Batch.State.CHECKED, Batch.State.REFUSED, Batch.State.UNDONE} or not (
            self.awards["queued"] or self.unsent
        )

    @cached_property
    def rate(self) -> float:
        """Awards settled a second since it began, or was gone on with; 0 when it is too early to say."""
        begins = self.batch.begins_at
        seconds = (timezone.now() - begins).total_seconds() if begins else 0
        settled = self.settled - self.batch.settled_before
        return settled / seconds if seconds > 2 and settled > 20 else 0.0

    @property
    def a_minute(self) -> int:
        return max(1, round(self.rate * 60))

    @property
    def taken(self) -> int:
        """Awards that somebody has accepted."""
        return self.awards["accepted"] + self.awards["removed"]

    @property
    def problem(self) -> str:
        """Why nothing more is awarded just now, or was; in words."""
        if self._is_suspended and self.batch.state == Batch.State.STARTED:
            return suspended()
        return self.batch.problem

    @cached_property
    def _is_suspended(self) -> bool:
        return self.batch.issuer.standing == Issuer.Standing.SUSPENDED

    @property
    def goes_on(self) -> bool:
        """Whether it moves at its pace: not where it waits for somebody, or for another day."""
        return not (self.is_over or self.problem)

    @cached_property
    def for_other_days(self) -> int:
        """How many may not be awarded today, since their issuer is new."""
        if self.batch.state != Batch.State.STARTED:
            return 0
        left = left_today(self.batch.issuer)
        return 0 if left is None else max(0, self.rows["ready"] - left)

    @property
    def seconds_left(self) -> int | None:
        """None where it is too early to say, and where the pace does not say it."""
        if not self.rate or self.problem or self.for_other_days:
            return None
        return round((self.whole - self.settled) / self.rate)

    @property
    def begins_later(self) -> bool:
        """It has its day, and nothing is to be seen until then."""
        begins = self.batch.begins_at
        return self.can_be_called_off > LONG and begins is not None

    @property
    def moves(self) -> bool:
        """Whether somebody who looks on sees something happen."""
        return not self.is_over and not self.begins_later

    @property
    def can_be_called_off(self) -> int:
        """Seconds until the first award is made; 0 when that has begun."""
        begins = self.batch.begins_at
        if self.batch.state != Batch.State.STARTED or begins is None:
            return 0
        return max(0, int((begins - timezone.now()).total_seconds()))
