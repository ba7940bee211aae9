"""How often a shared certificate was opened, by the channel its link was shared on (SECURITY E10).

A number for each award and channel, and nothing else: no address, no time, no cookie, no third party. Programs, HEAD
and its owner are not counted. A view costs its page nothing but a note in memory; the notes of some seconds are written
together. What a killed process had not written yet is lost: these are counts, not accounts.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from typing import Final

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from plaudit_site.awards.models import Award, ViewCount

log = logging.getLogger(__name__)

DIRECT: Final = ""
CHANNELS: Final = frozenset({"li", "fb", "x", "bs", "ma", "th", "wa", "mail", "sig", "qr", "web"})
SECONDS: Final = 5.0
MOST_NOTED: Final = 10_000
"""Awards and channels that wait to be written; beyond that views are not counted, rather than memory filled."""
_PROGRAMS: Final = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|embedly|curl|wget|python|java/|go-http|okhttp|libwww|headless"
    r"|monitor|scan|check|fetch|whatsapp|telegram|slack|discord|mastodon|http client",
    re.IGNORECASE,
)

_noted: Counter[tuple[int, str]] = Counter()
_lock = threading.Lock()
_timer: threading.Timer | None = None


def is_program(agent: str, purpose: str = "") -> bool:
    """What says of itself that it is no person, or only looks ahead."""
    return not agent or _PROGRAMS.search(agent) is not None or "prefetch" in purpose


def note(award: int, via: str) -> None:
    """One more view by somebody."""
    global _timer
    if not settings.COUNT_VIEWS:
        return
    key = (award, via if via in CHANNELS else DIRECT)
    with _lock:
        if key in _noted or len(_noted) < MOST_NOTED:
            _noted[key] += 1
        if _timer is None:
            _timer = threading.Timer(SECONDS, _write_in_its_thread)
            _timer.daemon = True
            _timer.start()


def _write_in_its_thread() -> None:
    try:
        write()
    finally:
        connection.close()


def write() -> int:
    """All notes in one short transaction, but of earners who do not want it. Returns how many views were written."""
    global _timer
    with _lock:
        notes, _timer = dict(_noted), None
        _noted.clear()
    if not notes:
        return 0
    wanted = Award.objects.filter(pk__in={pk for pk, _via in notes}, earner__counts_views=True)
    wanting = set(wanted.values_list("pk", flat=True))
    try:
        with transaction.atomic():
            for (pk, via), number in sorted(notes.items()):
                if pk in wanting:
                    _add(pk, via, number)
    except DatabaseError:
        log.exception("%d views were not counted", sum(notes.values()))
        return 0
    return sum(number for (pk, _via), number in notes.items() if pk in wanting)


def _add(award: int, via: str, number: int) -> None:
    same = ViewCount.objects.filter(award_id=award, channel=via)
    if same.update(views=F("views") + number) == 0:
        try:
            with transaction.atomic():
                ViewCount.objects.create(award_id=award, channel=via, views=number)
        except IntegrityError:  # another process was quicker
            same.update(views=F("views") + number)


def of(award: Award) -> list[tuple[str, int]]:
    """Channel in words, views; most first."""
    rows = ViewCount.objects.filter(award=award).order_by("-views", "channel")
    names = {
        "li": "LinkedIn",
        "fb": "Facebook",
        "x": "X",
        "bs": "Bluesky",
        "th": "Threads",
        "ma": "Mastodon",
        "wa": "WhatsApp",
    }
    names |= {"mail": _("E-mail"), "sig": _("E-mail signature"), "qr": _("QR code"), "web": _("Web page")}
    names[DIRECT] = _("the link itself")
    return [(names.get(row.channel, row.channel), row.views) for row in rows]
