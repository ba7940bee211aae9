"""An issuer's awards as CSV (RFC 4180, UTF-8 with its mark), line by line, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from plaudit_site.awards import life, listing, resending
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import certificate_url
from plaudit_site.awards.spreadsheets import csv_line
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Message

AT_ONCE = 500
# No more than is written: a badge's picture with each of a million rows would be felt.
COLUMNS = (
    "public_id", "name", "address", "awarded_at", "expires_at", "state", "visibility", "opened_at", "accepted_at",
    "shared_at", "declined_at", "batch_line", "note", "due_at", "attempts", "problem", "version__title", "issuer__slug",
    "batch__file_name", "revocation__at", "suspension__at", "revocation__reason",
)  # fmt: skip


def headings() -> list[str]:
    return [
        _("Name"), _("E-mail"), _("Badge"), _("Date"), _("Valid until"), _("State"), _("Mail"), _("Why"),
        _("Opened"), _("Accepted"), _("Shared"), _("Declined"), _("Revoked"), _("Reason"), _("List"), _("Line"),
        _("Note"), _("Certificate"), _("Award"),
    ]  # fmt: skip


def lines(issuer: Issuer, wanted: listing.Wanted) -> Iterator[str]:
    """The headings, then a line for each award, oldest first. Holds no more than a few hundred at a time."""
    yield "\ufeff" + csv_line(headings())
    after = 0
    while True:
        rows = listing.found(issuer, wanted).filter(pk__gt=after)
        awards = list(
            rows.select_related("version", "revocation", "suspension", "batch", "issuer")
            .only(*COLUMNS)
            .order_by("pk")[:AT_ONCE]
        )
        if not awards:
            return
        mails = resending.deliveries(awards)
        yield "".join(csv_line(_cells(award, mails.get(award.public_id))) for award in awards)
        after = awards[-1].pk


def _cells(award: Award, mail: Message | None) -> list[str]:
    revocation = getattr(award, "revocation", None)
    return [
        award.name,
        award.address,
        award.version.title,
        _day(award.awarded_at),
        _day(award.expires_at),
        life.of_listed(award, mail).words,
        str(resending.words(mail.state)) if mail else "",
        life.trouble(award, mail),
        _moment(award.opened_at),
        _moment(award.accepted_at),
        _moment(award.shared_at),
        _moment(award.declined_at),
        _moment(revocation.at if revocation else None),
        revocation.reason if revocation else "",
        award.batch.file_name if award.batch else "",
        str(award.batch_line or ""),
        award.note,
        certificate_url(award),
        award.public_id,
    ]


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).date().isoformat() if at else ""


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
