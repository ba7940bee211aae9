"""The checks as a visitor reads them: a line each, with what was looked at and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit import Report
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
from plaudit_site.public.checking import Verdict
from plaudit_site.showing.words import day_text

FILE = ("parse", "terms", "model")


@dataclass(frozen=True)
class Line:
    """`outcome` is passed, failed, unknown or absent; only passed is ever green."""

    id: str
    outcome: str
    title: str
    looked_at: str
    how: str
    detail: str = ""

    @property
    def said(self) -> str:
        """The outcome as a word, for those who do not see the colour."""
        return {
            "passed": _("passed"),
            "failed": _("failed"),
            "unknown": _("could not be checked"),
            "absent": _("not part of the result"),
        }[self.outcome]


def lines(verdict: Verdict, award: Award) -> list[Line]:
    report = verdict.report
    return [
        _signed(report, award.issuer),
        _unchanged(report),
        _whole(report),
        _not_revoked(verdict, award),
        _in_date(report, award),
        _issuer(award.issuer),
    ]


def _outcome(report: Report, name: str) -> tuple[str, str]:
    found = next(one for one in report.checks if one.id == name)
    detail = f"{found.id}: {found.detail}" if found.detail else ""
    return str(found.outcome), detail


def _signed(report: Report, issuer: Issuer) -> Line:
    outcome, detail = _outcome(report, "key")
    title, looked = {
        "passed": (
            _("Signed by the issuer it names"),
            _("Key published by %(host)s") % {"host": settings.SITE_HOST},
        ),
        "failed": (_("Not signed by the issuer it names"), _("The key is not one of the issuer’s")),
    }.get(outcome, (_("Who signed it could not be checked"), _("The issuer’s keys could not be read")))
    how = _(
        "The signature was made with a key that the issuer “%(issuer)s” publishes. Nobody else has that key."
    ) % {"issuer": issuer.name}
    return Line("key", outcome, title, looked, how if outcome == "passed" else "", detail)


def _unchanged(report: Report) -> Line:
    outcome, detail = _outcome(report, "proof")
    title, looked = {
        "passed": (_("Unchanged since it was awarded"), _("Every word is covered by the signature")),
        "failed": (_("Changed after it was signed"), _("The signature does not fit the content")),
    }.get(outcome, (_("Changes could not be ruled out"), _("The signature could not be checked")))
    how = _("Changing one letter of the certificate file would break the signature.")
    return Line("proof", outcome, title, looked, how, detail)


def _whole(report: Report) -> Line:
    """Reading, vocabulary and model in one line: the worst of the three."""
    found = [_outcome(report, name) for name in FILE]
    order = ("failed", "unknown", "absent", "passed")
    outcome = min((one[0] for one in found), key=order.index)
    detail = "; ".join(one[1] for one in found if one[1])
    title, looked = {
        "passed": (_("A complete Open Badge"), _("Open Badges 3.0, as the standard asks")),
        "failed": (_("Not a sound Open Badge"), _("Something is missing or has no meaning")),
    }.get(outcome, (_("Not fully understood"), _("The file uses words not known here")))
    how = _("Every word in the file has a fixed meaning, and nothing that such a badge needs is missing.")
    return Line("file", outcome, title, looked, how if outcome == "passed" else "", detail)


def _not_revoked(verdict: Verdict, award: Award) -> Line:
    outcome, detail = _outcome(verdict.report, "status")
    if outcome == "failed" and verdict.revoked:
        revocation = getattr(award, "revocation", None)
        looked = (
            _("On %(day)s") % {"day": day_text(revocation.at)}
            if revocation
            else _("By its list of revoked badges")
        )
        how = _("The signature is still the issuer’s; the issuer no longer stands behind the award.")
        return Line("status", outcome, _("Revoked by the issuer"), looked, how, detail)
    if outcome == "passed":
        how = _("The issuer keeps a public list of revoked badges. This one is not on it.")
        return Line("status", outcome, _("Not revoked"), _read_at(verdict.list_signed_at), how, detail)
    return Line(
        "status",
        outcome,
        _("Revocation could not be checked"),
        _("The issuer’s list could not be read"),
        "",
        detail,
    )


def _read_at(signed_at: datetime | None) -> str:
    return _("The issuer’s list of %(day)s") % {"day": day_text(signed_at)} if signed_at else ""


def _in_date(report: Report, award: Award) -> Line:
    outcome, detail = _outcome(report, "dates")
    if award.expires_at:
        looked = _("%(begin)s to %(end)s") % {
            "begin": day_text(award.awarded_at),
            "end": day_text(award.expires_at),
        }
    else:
        looked = _("Since %(begin)s, without an end") % {"begin": day_text(award.awarded_at)}
    title = _("In date") if outcome == "passed" else _("Out of date")
    how = _("The dates stand in the signed file and are compared with the clock of this server.")
    return Line("dates", outcome, title, looked, how, detail)


def _issuer(issuer: Issuer) -> Line:
    """No domain of its own is proven here, so the site's word is named as the site's word; never green (J48)."""
    if issuer.is_site:
        how = _("This is the issuer of the site itself.")
        return Line("issuer", "absent", _("Who the issuer is"), settings.SITE_NAME, how)
    host = urlsplit(issuer.url).hostname or issuer.url
    if issuer.standing == Issuer.Standing.APPROVED:
        looked = _("%(site)s vouches for this issuer") % {"site": settings.SITE_NAME}
        how = _(
            "The people who run %(site)s approved it. That it runs %(host)s is its own word, not proven here."
        ) % {"site": settings.SITE_NAME, "host": host}
        return Line("issuer", "absent", _("Who the issuer is"), looked, how)
    if issuer.standing == Issuer.Standing.SUSPENDED:
        how = _("The people who run %(site)s suspended this issuer. Ask them why.") % {
            "site": settings.SITE_NAME
        }
        return Line("issuer", "unknown", _("This issuer was suspended"), settings.SITE_NAME, how)
    how = _("Nobody has looked yet whether the issuer is who it says it is.")
    return Line("issuer", "unknown", _("This issuer is not approved yet"), settings.SITE_NAME, how)
