"""About how long a list will take, said before it is started: as quickly as lists went here lately."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime

from plaudit_site.awards.models import Batch
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.resending import KINDS
from plaudit_site.mail.models import Message

LATELY = 5
ENOUGH = 50
"""Awards of a list whose time says something: a shorter one is over before it has come into step."""
CAREFUL = 2.0
"""Awards a second where nothing was measured yet: what a mail server takes that is in no hurry."""


@dataclass(frozen=True)
class Forecast:
    seconds: int
    # False: no list of some length was awarded on this site yet.
    is_measured: bool


def forecast(number: int) -> Forecast:
    """For so many awards, each signed and its mail sent; from the moment at which it begins."""
    rates = [rate for batch in _lately() if (rate := _rate(batch))][:LATELY]
    rate = statistics.median(rates) if rates else CAREFUL
    return Forecast(max(1, round(number / rate)), bool(rates))


def _lately() -> list[Batch]:
    done = Batch.objects.filter(state=Batch.State.DONE, begins_at__isnull=False, ended_at__isnull=False)
    return list(done.order_by("-ended_at")[: 4 * LATELY])


def _rate(batch: Batch) -> float:
    """Awards a second, from its beginning to the mail of its last award; 0 where that says nothing."""
    number = Progress(batch).rows["awarded"] - batch.settled_before
    if number < ENOUGH or batch.begins_at is None or batch.ended_at is None:
        return 0.0
    seconds = (max(batch.ended_at, _last_mail(batch) or batch.ended_at) - batch.begins_at).total_seconds()
    return number / seconds if seconds > 0 else 0.0


def _last_mail(batch: Batch) -> datetime | None:
    last = batch.awards.order_by("-batch_line").values_list("pk", flat=True).first()
    mails = Message.objects.filter(about=last, kind__in=KINDS, sent_at__isnull=False)
    return mails.order_by("pk").values_list("sent_at", flat=True).first() if last else None
