"""The checks as a visitor reads them: a line each, with what was looked at and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit import Report
from plaudit_site.asking import NUMBER, Question, in_utc
from plaudit_site.awards.models import Award
from plaudit_site.issuers import domain_proving
from plaudit_site.issuers.models import Domain, Issuer
from plaudit_site.public.checking import State, Verdict
from plaudit_site.showing.once import words_once
from plaudit_site.showing.words import ago_text, day_text

FILE = ("parse", "terms", "model")


class Line(NamedTuple):
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


def lines(verdict: Verdict, award: Award, awarded_on: date) -> tuple[Line, ...]:
    """A file that cannot be trusted is asked nothing more: neither its dates nor who vouches for its issuer."""
    report = verdict.report
    of_the_file = _of_the_file(
        _outcome(report, "key"),
        _outcome(report, "proof"),
        tuple(_outcome(report, name) for name in FILE),
        award.issuer.name,
        _host_named(verdict.document),
    )
    if verdict.state is State.INVALID:
        return tuple(line for line in of_the_file if line.outcome != "passed")
    return (
        *of_the_file,
        _not_revoked(verdict, award),
        _in_date(*_outcome(report, "dates"), awarded_on, award.expires_at),
        _issuer(award.issuer, verdict.document),
    )


def _outcome(report: Report, name: str) -> tuple[str, str]:
    found = next(one for one in report.checks if one.id == name)
    detail = f"{found.id}: {found.detail}" if found.detail else ""
    return str(found.outcome), detail


@words_once
def _of_the_file(
    key: tuple[str, str], proof: tuple[str, str], file: tuple[tuple[str, str], ...], issuer: str, host: str
) -> tuple[Line, ...]:
    return _signed(*key, issuer, host), _unchanged(*proof), _whole(*file)


def _signed(outcome: str, detail: str, issuer: str, host: str) -> Line:
    title, looked = {
        "passed": (
            _("Signed by the issuer it names"),
            _("Key published by %(host)s") % {"host": host},
        ),
        "failed": (_("Not signed by the issuer it names"), _("The key is not one of the issuer’s")),
    }.get(outcome, (_("Who signed it could not be checked"), _("The issuer’s keys could not be read")))
    how = {
        "passed": _(
            "The signature was made with a key that the issuer “%(issuer)s” publishes. Nobody else has that key."
        )
        % {"issuer": issuer},
        "failed": _(
            "The issuer may have given that key up, and can award it anew with a good one: ask there."
        ),
    }.get(outcome, _later())
    return Line("key", outcome, title, looked, how, detail)


def _unchanged(outcome: str, detail: str) -> Line:
    title, looked = {
        "passed": (_("Unchanged since it was awarded"), _("Every word is covered by the signature")),
        "failed": (_("Changed after it was signed"), _("The signature does not fit the content")),
    }.get(outcome, (_("Changes could not be ruled out"), _("The signature could not be checked")))
    how = _("Changing one letter of the certificate file would break the signature.")
    return Line("proof", outcome, title, looked, how if outcome != "unknown" else _later(), detail)


def _whole(*found: tuple[str, str]) -> Line:
    """Reading, vocabulary and model in one line: the worst of the three."""
    order = ("failed", "unknown", "absent", "passed")
    outcome = min((one[0] for one in found), key=order.index)
    detail = "; ".join(one[1] for one in found if one[1])
    title, looked = {
        "passed": (_("A complete Open Badge"), _("Open Badges 3.0, as the standard asks")),
        "failed": (_("Not a sound Open Badge"), _("Something is missing or has no meaning")),
    }.get(outcome, (_("Not fully understood"), _("The file uses words not known here")))
    how = {
        "passed": _(
            "Every word in the file has a fixed meaning, and nothing that such a badge needs is missing."
        ),
        "failed": _("The issuer can award it anew: ask there."),
    }.get(outcome, _("A program that knows these words can say more."))
    return Line("file", outcome, title, looked, how, detail)


def _later() -> str:
    return _("Check it again later. If it stays so, ask the issuer.")


def _not_revoked(verdict: Verdict, award: Award) -> Line:
    outcome, detail = _outcome(verdict.report, "status")
    if outcome == "failed" and verdict.revoked:
        revocation = getattr(award, "revocation", None)
        looked = (
            _("On %(day)s") % {"day": day_text(revocation.at)}
            if revocation
            else _("By its list of revoked badges")
        )
        if revocation is not None and revocation.renewed_by_id:
            how = _("The signature is still the issuer’s; a later award took the place of this one.")
            set_to = said_of_entry(verdict.document, outcome)
            how, detail = (f"{set_to} {how}", "") if set_to else (how, detail)
            return Line("status", outcome, _("Renewed by a later one"), looked, how, detail)
        how = _("The signature is still the issuer’s; the issuer no longer stands behind the award.")
        set_to = said_of_entry(verdict.document, outcome)
        how, detail = (f"{set_to} {how}", "") if set_to else (how, detail)
        return Line("status", outcome, _("Revoked by the issuer"), looked, how, detail)
    suspension = getattr(award, "suspension", None)
    if outcome == "failed" and verdict.state is State.SUSPENDED:
        looked = (
            _("On %(day)s") % {"day": day_text(suspension.at)}
            if suspension
            else _("By its list of suspended badges")
        )
        how = _("The signature is still the issuer’s; the issuer does not stand behind the award at present.")
        set_to = said_of_entry(verdict.document, outcome, is_held=True)
        how, detail = (f"{set_to} {how}", "") if set_to else (how, detail)
        return Line("status", outcome, _("Suspended by the issuer"), looked, how, detail)
    if verdict.last_good is not None:
        return _not_read(detail, last_good(verdict.last_good, verdict.at))
    if not_set := said_of_entry(verdict.document, outcome):
        detail = ""
    return _by_list(outcome, detail, verdict.list_signed_at, not_set)


def not_believed() -> str:
    """Of a list that somebody else signed, or that is none, or of another purpose: it takes nothing back."""
    return _("Revocation could not be checked: the list that it names can’t be believed")


def said_of_entry(document: Mapping[str, Any], outcome: str, *, is_held: bool = False) -> str:
    """What stands at the badge's place in its list, in words; "" where its signed text names no place."""
    revocation, suspension = _entry(document, "revocation"), _entry(document, "suspension")
    if outcome == "passed" and (number := revocation or suspension):
        return _("The issuer has not set entry %(number)s of its status list.") % {"number": number}
    if outcome == "failed" and is_held and suspension:
        said = _("The issuer set entry %(number)s of its status list to “suspended”.")
        return said % {"number": suspension}
    if outcome == "failed" and not is_held and revocation:
        return _("The issuer set entry %(number)s of its status list to “revoked”.") % {"number": revocation}
    return ""


def _entry(document: Mapping[str, Any], purpose: str) -> str:
    entries = document.get("credentialStatus")
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, Mapping) and entry.get("statusPurpose") == purpose:
            number = str(entry.get("statusListIndex"))
            return number if re.fullmatch(r"[0-9]{1,12}", number, re.ASCII) else ""
    return ""


def only_its_issuer() -> str:
    return _("Only a list that its issuer signed can take a badge back.")


def last_good(then: datetime, now: datetime) -> str:
    """What is known while nobody can be asked: it is said with its age, and never as if it were of now."""
    return _("The last good answer was %(ago)s ago") % {"ago": ago_text(then, now)}


def _not_read(detail: str, said: str) -> Line:
    how = _("At that time it was not revoked. Whether that still holds could not be found out now.")
    return Line("status", "unknown", _("Revocation could not be checked"), said, how, detail)


@words_once
def _by_list(outcome: str, detail: str, signed_at: datetime | None, not_set: str) -> Line:
    if outcome == "passed":
        how = _("The issuer keeps a public list of revoked badges. This one is not on it.")
        how = f"{how} {not_set}".strip()
        looked = _("The issuer’s list of %(day)s") % {"day": day_text(signed_at)} if signed_at else ""
        return Line("status", outcome, _("Not revoked"), looked, how, detail)
    # A list that is not the issuer's says nothing, and so nothing was checked: that is not a “revoked”.
    title = _("Revocation could not be checked")
    if outcome == "failed":
        how = f"{not_believed()}. {only_its_issuer()}"
        return Line("status", "unknown", title, _("The list it names can’t be believed"), how, detail)
    return Line("status", "unknown", title, _("The issuer’s list could not be read"), _later(), detail)


@words_once
def _in_date(outcome: str, detail: str, begin: date, end: datetime | None) -> Line:
    if end:
        looked = _("%(begin)s to %(end)s") % {"begin": day_text(begin), "end": day_text(end)}
    else:
        looked = _("Since %(begin)s, without an end") % {"begin": day_text(begin)}
    title = _("In date") if outcome == "passed" else _("Out of date")
    how = _("The dates stand in the signed file and are compared with the clock of this server.")
    return Line(
        "dates", outcome, title, looked, how, detail if outcome == "unknown" else ""
    )  # or it is said already


def _issuer(issuer: Issuer, signed: Mapping[str, Any]) -> Line:
    """Its web address where it was seen to control it; else the site's word, named as that and never green (J48)."""
    domain = domain_of(issuer)
    if domain is not None and not issuer.is_site and issuer.standing != Issuer.Standing.SUSPENDED:
        line = _controls(issuer, domain)
    else:
        line = _vouched(issuer.is_site, issuer.standing, issuer.url, settings.SITE_NAME)
    gone = _left_behind(issuer, signed)
    return line._replace(how=f"{line.how} {gone}") if gone else line


def _host_named(signed: Mapping[str, Any]) -> str:
    """Where the key is to be found that the badge names; of nothing that can be read, this site."""
    named = signed.get("issuer")
    identifier = named.get("id") if isinstance(named, Mapping) else named
    if not isinstance(identifier, str) or not identifier.startswith("did:web:"):
        return str(settings.SITE_HOST)
    return unquote(identifier.removeprefix("did:web:").partition(":")[0])


def _left_behind(issuer: Issuer, signed: Mapping[str, Any]) -> str:
    """What to say of a badge that names an address which its issuer no longer shows to be its own (DECISIONS 5)."""
    host = _host_named(signed)
    if host in {settings.SITE_HOST, issuer.host}:
        return ""
    return _(
        "It is signed under %(host)s, which the issuer no longer uses: whether other programs still find its key "
        "there is not known here."
    ) % {"host": host}


_DOMAIN = Question(
    Domain.objects.filter(issuer=NUMBER)
    .exclude(state=Domain.State.WAITING)
    .values_list("name", "state", "how", "found_at"),
    NUMBER,
)


def domain_of(issuer: Issuer) -> Domain | None:
    """What the pages have to say of its web address; nothing of one that was never proven."""
    known = issuer._state.fields_cache
    if "domain" in known:  # read with it
        domain: Domain | None = known["domain"]
        return domain if domain is not None and domain.state != Domain.State.WAITING else None
    found = _DOMAIN.ask(issuer.pk)
    if found is None:
        return None
    name, state, how, found_at = found
    return Domain(issuer=issuer, name=name, state=state, how=how, found_at=in_utc(found_at))


def _controls(issuer: Issuer, domain: Domain) -> Line:
    day = {"day": day_text(domain.found_at)}
    if domain.is_proven:
        how = f"{controls_how(domain)} {_also_vouched(issuer)}"
        return Line("issuer", "passed", controls(domain), _("Checked on %(day)s") % day, how)
    how = _("What named the issuer there is not found any more.") + f" {_also_vouched(issuer)}"
    return Line("issuer", "unknown", controls(domain), _("Last seen on %(day)s") % day, how)


def controls(domain: Domain) -> str:
    """“Controls example.org”, or what has become of it."""
    said = {
        Domain.State.PROVEN: _("Controls %(name)s"),
        Domain.State.FAILING: _("Controlled %(name)s until lately"),
        Domain.State.LOST: _("No longer shows that it controls %(name)s"),
    }
    return said[Domain.State(domain.state)] % {"name": domain.name}


def _also_vouched(issuer: Issuer) -> str:
    if issuer.standing == Issuer.Standing.APPROVED:
        return _("The people who run %(site)s vouch for the issuer’s name.") % {"site": settings.SITE_NAME}
    return _("Nobody of %(site)s has looked yet who it is.") % {"site": settings.SITE_NAME}


def controls_how(domain: Domain) -> str:
    """How anybody can look for themselves."""
    if domain.how == Domain.How.DNS:
        where = domain_proving.record_name(domain.name)
        return _("The DNS record %(where)s names this issuer’s identifier.") % {"where": where}
    return _("The file %(where)s names this issuer’s identifier.") % {
        "where": domain_proving.file_url(domain.name)
    }


@words_once
def _vouched(is_site: bool, standing: str, url: str, site: str) -> Line:
    if is_site:
        how = _("This is the issuer of the site itself.")
        return Line("issuer", "absent", _("Who the issuer is"), site, how)
    host = urlsplit(url).hostname or url
    if standing == Issuer.Standing.APPROVED:
        looked = _("%(site)s vouches for this issuer") % {"site": site}
        how = _(
            "The people who run %(site)s approved it. That it runs %(host)s is its own word, not proven here."
        ) % {"site": site, "host": host}
        return Line("issuer", "absent", _("Who the issuer is"), looked, how)
    if standing == Issuer.Standing.SUSPENDED:
        how = _("The people who run %(site)s suspended this issuer. Ask them why.") % {"site": site}
        return Line("issuer", "unknown", _("%(site)s suspended this issuer") % {"site": site}, "", how)
    how = _("Nobody has looked yet whether the issuer is who it says it is.")
    return Line("issuer", "unknown", _("This issuer is not approved yet"), site, how)
