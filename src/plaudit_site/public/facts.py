"""All that the page of a certificate says to whoever may see it; nothing in it is of who looks.

Who is signed in, or chose a language, gets a page of their own (public/fast.py keeps those of strangers). What it says
is worked out anew when one of its rows changed, and each minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.urls import get_urlconf
from django.utils.translation import get_language

from plaudit_site.awards import downloads, sharing
from plaudit_site.awards.models import Award
from plaudit_site.belongings import profiles
from plaudit_site.public import certificates, checking, files, papers, people, visible
from plaudit_site.public.by_rows import ByRows, length
from plaudit_site.public.checking import State, Verdict

KEPT_STATES: Final = checking.GOOD | {State.EXPIRED, State.UNVOUCHED}
MOST_KEPT: Final = 16 * 1024 * 1024  # bytes in each process: about a thousand certificates
AROUND: Final = 8192  # bytes that they take besides the longest texts
_ALL_BUT_JSON: Final = frozenset(downloads.ENDINGS) - {downloads.JSON.ending}


class Facts(NamedTuple):
    """What its template is given, and its headers. `until`: when it must be worked out anew; None for at once."""

    shown: dict[str, Any]
    may_be_found: bool
    links: str
    until: datetime | None


def of(award: Award, verdict: Verdict, *, by_anyone: bool, rows: Sequence[Any] | None = None) -> Facts:
    """`by_anyone`: others than its earner see it, too. `rows`: what visible.PAGE said just now."""
    page = certificates.page(award, verdict)
    found = by_anyone and (profiles.may_be_found(award) if rows is None else visible.may_be_found(rows))
    missing = files.not_offered(verdict)
    may_stay = verdict.state in KEPT_STATES
    issuer = award.issuer
    shown = {
        "may_be_found": found,
        "about": people.described_certificate(page, award, with_person=found)
        if may_stay and page.badge_title
        else "",
        "page": vars(page),  # a template asks a mapping first, and an object only after that failed
        "award": {"public_id": award.public_id, "expires_at": award.expires_at},
        "issuer": {"name": issuer.name, "slug": issuer.slug, "logo": bool(issuer.logo)},
        "state": page.state,
        "has_paper": page.state in papers.SHOWN,
        "downloads": downloads.offered(missing if page.is_trusted else _ALL_BUT_JSON),
        "older": downloads.older(award, but=missing),
        "files": sharing.permanent_url(award),
        "oembed": f"{settings.BASE_URL}/oembed?{urlencode({'url': sharing.certificate_url(award)})}",
        "command": certificates.command(award, is_trusted=page.is_trusted),
    }
    until = checking.good_until(award, verdict) if may_stay and by_anyone else None
    return Facts(shown, found, files.links(award), until)


_kept: ByRows[tuple[str | None, ...], Facts] = ByRows(MOST_KEPT)


def _key(public_id: str) -> tuple[str | None, ...]:
    """What the page says depends on its language, and its links on the list of addresses (showing/once.py)."""
    return public_id, get_language(), get_urlconf()


class Asked(NamedTuple):
    """A certificate that everybody with the link may see, by the rows it is made of."""

    public_id: str
    rows: Sequence[Any]

    @classmethod
    def at(cls, slug: str, public_id: str, rows: Sequence[Any] | None = None) -> Asked | None:
        """None for any other, and at any other address: whatever is seldom asked for is worked out each time.

        `rows`: where they were asked for just now.
        """
        rows = visible.PAGE.ask(public_id) if rows is None else rows
        return cls(public_id, rows) if rows is not None and visible.is_plain(rows, slug) else None

    def known(self, now: datetime) -> Facts | None:
        return _kept.find(_key(self.public_id), self.rows, now)

    def keep(self, facts: Facts, since: datetime) -> None:
        """Unless something changed while they were worked out."""
        if facts.until is None or visible.PAGE.ask(self.public_id) != self.rows:
            return
        page = facts.shown["page"]
        drawn = page["design"].signature if page["design"] else b""
        size = AROUND + length((*page.values(), facts.shown["about"], drawn))
        _kept.keep(_key(self.public_id), self.rows, facts, size, since=since, until=facts.until)
