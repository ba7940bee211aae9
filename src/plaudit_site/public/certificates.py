"""What the certificate page shows: who may see it, what was signed, the links around it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plaudit.report import NOT_BELIEVED
from plaudit_site.achievements import shapes
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import renewing, sharing
from plaudit_site.awards.models import Award, Revocation
from plaudit_site.ids import grouped
from plaudit_site.issuers import designing_certificates as designs
from plaudit_site.issuers.models import Issuer
from plaudit_site.public import checking, lines, link_groups
from plaudit_site.public.checking import State, Verdict
from plaudit_site.public.link_groups import Link, LinkGroup
from plaudit_site.public.looks import LOOKS, Look
from plaudit_site.showing.once import words_once
from plaudit_site.showing.slugs import slug_of
from plaudit_site.showing.words import as_date, day_text

MOST_TITLES = 500


WORN = checking.GOOD | {State.EXPIRED, State.UNVOUCHED}
"""States in which a certificate looks as its issuer designed it."""


class Frame(NamedTuple):
    """What the sheet is made for, without what is said of one award: pages with the same share it (ADR 0045).

    `end` is the day that its facts name: renewed, revoked, ends, or none; `held`, that they name one of a suspension.
    """

    state: str
    look: Look
    design: designs.Look | None
    issuer: str
    slug: str
    picture: bool
    holder: bool
    wording: bool
    result: bool
    later: bool
    end: str
    held: bool = False

    @property
    def past(self) -> bool:
        return self.look.tone == "bad" or self.state == State.REPLACED


@dataclass(frozen=True)
class Page:
    """All that the template of the certificate needs. Words of the badge are those that were signed."""

    state: str
    look: Look
    frame: Frame
    design: designs.Look | None
    wording: str
    title: str
    heading: str
    head_title: str
    awarded_on: date
    revoked_on: date | None
    suspended_on: date | None
    summary: str
    in_short: str
    badge_title: str
    holder: str
    description: str
    criteria: str
    skills: tuple[str, ...]
    language: str
    frameworks: tuple[Link, ...]
    evidence: str
    result: str
    successor: str
    picture_url: str
    picture_alt: str
    engraving: str
    verdict_words: str
    verdict_reason: str
    lines: tuple[lines.Line, ...]
    groups: tuple[LinkGroup, ...]
    address: str
    permanent: str
    card_url: str
    display_id: str
    checked_at: datetime

    @property
    def is_trusted(self) -> bool:
        """Whether anything of the file may be shown, its title in the name of a download included."""
        return self.state != State.INVALID


@words_once
def heading(state: State) -> str:
    return {
        State.AUTHENTIC: _("Certificate of Authenticity"),
        State.EXPIRING: _("Certificate of Authenticity"),
        State.EXPIRED: _("Certificate, expired"),
        State.REVOKED: _("Certificate, no longer valid"),
        State.REPLACED: _("Certificate, no longer valid"),
        State.SUSPENDED: _("Certificate, no longer valid"),
        State.INVALID: _("This file can’t be trusted"),
        State.UNKNOWN: _("Certificate, not fully checked"),
        State.UNVOUCHED: _("Certificate, issuer not approved"),
    }[state]


def _frameworks(achievement: Mapping[str, Any]) -> tuple[Link, ...]:
    """What the signed file says it maps to."""
    found = []
    for one in achievement.get("alignment", []):
        words = [str(one[name]) for name in ("targetCode", "targetName", "targetFramework") if name in one]
        found.append(Link(" · ".join(words), str(one.get("targetUrl", "")), away=True))
    return tuple(found)


@words_once
def _summary(day: date, issuer: str) -> str:
    return _("Awarded %(day)s by %(issuer)s.") % {"day": day_text(day), "issuer": issuer}


def page(award: Award, verdict: Verdict) -> Page:
    state = verdict.state
    is_trusted = state is not State.INVALID
    document = verdict.document if is_trusted else {}  # of what nobody vouches for nothing is shown
    achievement = _achievement(document)
    title = str(achievement.get("name", ""))
    holder = checking.holder_name(verdict, award.name) if is_trusted else ""
    issuer, revocation = award.issuer, getattr(award, "revocation", None)
    suspension = getattr(award, "suspension", None) if state is State.SUSPENDED else None
    words, reason = verdict_words(award, verdict)
    # What holds no longer wears nobody's colours, and nobody's signature.
    design = designs.look_of(issuer) if state in WORN else None
    shown = heading(state)
    awarded_on = as_date(award.awarded_at)
    summary = _summary(awarded_on, issuer.name) if is_trusted else shown
    about = ", ".join(part for part in (title, holder) if part)
    signed_picture = checking.picture_is_signed(verdict, bytes(award.version.picture_png))
    narrative = achievement.get("criteria", {}).get("narrative", "") if achievement else ""
    picture = sharing.picture_url(award.version) if signed_picture and title else ""
    wording = _wording(award, design, title, holder)
    result = _result(document)
    successor = _successor(award) if state is State.REPLACED else ""
    frame = Frame(
        str(state),
        LOOKS[state],
        design,
        issuer.name,
        issuer.slug,
        picture=bool(picture),
        holder=bool(holder),
        wording=bool(wording),
        result=bool(result),
        later=bool(successor),
        end=_end(award, revocation),
        held=suspension is not None,
    )
    return Page(
        state=str(state),
        look=LOOKS[state],
        frame=frame,
        design=design,
        wording=wording,
        title=shown,
        heading=shown,
        head_title=f"{shown}: {about}" if about else shown,
        awarded_on=awarded_on,
        revoked_on=as_date(revocation.at) if revocation is not None else None,
        suspended_on=as_date(suspension.at) if suspension is not None else None,
        summary=summary,
        in_short=f"{summary} {words}." if title else shown,
        badge_title=title,
        holder=holder,
        description=str(achievement.get("description", "")),
        criteria=criteria_html(str(narrative)) if narrative else "",
        language=str(achievement.get("inLanguage", "")),
        frameworks=_frameworks(achievement),
        skills=tuple(str(tag) for tag in achievement.get("tag", [])),
        evidence=award.evidence_url if is_trusted else "",
        result=result,
        successor=successor,
        picture_url=picture,
        picture_alt=_("Badge: %(title)s") % {"title": title},
        engraving=SafeString(shapes.guilloche(verdict_seed(award), 60, 196, 20)),  # numbers of ours, and long
        verdict_words=words,
        verdict_reason=reason,
        lines=lines.lines(verdict, award, awarded_on),
        groups=link_groups.groups(issuer, award.version.achievement),
        address=sharing.certificate_url(award),
        permanent=sharing.permanent_url(award),
        card_url=f"{sharing.permanent_url(award)}/card-{card_version(award, verdict)}.png",
        display_id=grouped(award.public_id),
        checked_at=verdict.at,
    )


def _end(award: Award, revocation: Revocation | None) -> str:
    if revocation is not None:
        return "renewed" if revocation.renewed_by_id else "revoked"
    return "ends" if award.expires_at else ""


def _wording(award: Award, design: designs.Look | None, title: str, holder: str) -> str:
    if design is None or not design.wording or (not holder and designs.names_holder(design.wording)):
        return ""
    values = {
        "name": holder,
        "badge": title,
        "issuer": award.issuer.name,
        "date": day_text(award.awarded_at, "long"),
    }
    return designs.filled(design.wording, values)


def verdict_seed(award: Award) -> str:
    """The hash of the signed file: each certificate has an engraving of its own."""
    return award.credential.sha256 if award.credential else award.public_id


def card_version(award: Award, verdict: Verdict) -> str:
    """Changes with the file and with its state, so that previews made elsewhere are fetched anew."""
    mark = f"{verdict_seed(award)}:{verdict.state}:{award.issuer.name}"
    return hashlib.sha256(mark.encode()).hexdigest()[:12]


def verdict_words(award: Award, verdict: Verdict) -> tuple[str, str]:
    """The one sentence, and the reason under it."""
    state = verdict.state
    if state is State.AUTHENTIC:
        return _("This badge is authentic"), _("Every check passed.")
    if state is State.EXPIRING:
        return _("This badge is authentic"), _ends_soon(award, verdict)
    if state is State.UNVOUCHED:
        return _("The file is genuine, but nobody vouches for the issuer"), _(
            "The issuer chose its name itself. Ask it, or the people who run this site."
        )
    if state is State.EXPIRED:
        day = day_text(award.expires_at)
        return _("This badge was genuine until %(day)s") % {"day": day}, _("Since then it is out of date.")
    if state in checking.NO_LONGER:
        return taken_back(award)
    if state is State.SUSPENDED:
        return _("This badge is suspended"), held(award)
    if state is State.INVALID:
        return _("This file can’t be trusted"), _(
            "It was changed after it was signed, or signed with a key that its issuer has given up. Do not rely on it: "
            "ask %(issuer)s for a new one."
        ) % {"issuer": award.issuer.name}
    open_ones = (*verdict.report.unknown, *verdict.report.failed)
    said = [f"{lines.not_believed()}." if one.code == NOT_BELIEVED else one.sentence for one in open_ones[:1]]
    if verdict.last_good is not None:
        said.append(f"{lines.last_good(verdict.last_good, verdict.at)}.")
    return _("We could not check everything"), " ".join(said)


def _ends_soon(award: Award, verdict: Verdict) -> str:
    ends = award.expires_at or verdict.at
    days = max(0, (as_date(ends) - as_date(verdict.at)).days)
    return ngettext(
        "Every check passed. It is valid until %(day)s, for %(days)s day more.",
        "Every check passed. It is valid until %(day)s, for %(days)s days more.",
        days,
    ) % {"day": day_text(ends), "days": days}


def taken_back(award: Award) -> tuple[str, str]:
    """Of one that was revoked, or renewed: the sentence, and the day with the reason."""
    revocation = getattr(award, "revocation", None)
    if revocation is None:
        return _("This badge was revoked"), _("The issuer took it back.")
    day = {"day": day_text(revocation.at)}
    if revocation.renewed_by_id:
        return _("This badge was renewed"), _(
            "Since %(day)s a later one stands in its place; this one is no longer valid."
        ) % day
    reason = _("The issuer revoked it on %(day)s. Reason given: %(reason)s")
    return _("This badge was revoked"), reason % {**day, "reason": revocation.reason}


def held(award: Award) -> str:
    """Of one that is suspended: the day, and the reason."""
    suspension = getattr(award, "suspension", None)
    if suspension is None:
        return _("The issuer says that it does not hold at present.")
    return _("The issuer suspended it on %(day)s, and may reinstate it. Reason given: %(reason)s") % {
        "day": day_text(suspension.at),
        "reason": suspension.reason,
    }


def file_name(award: Award, ending: str, *, is_trusted: bool = True) -> str:
    """A name made here, from the title's letters and digits: never anybody's path (D11).

    Of what cannot be trusted it says no title.
    """
    return f"{_plain(award.title if is_trusted else '')}-{award.public_id[:6]}.{ending}"


@lru_cache(MOST_TITLES)
def _plain(title: str) -> str:
    return slug_of(title, 60, without="badge")


def command(award: Award, *, is_trusted: bool = True) -> str:
    """How to check a downloaded file without this site."""
    plain = f"plaudit verify {file_name(award, 'json', is_trusted=is_trusted)}"
    if settings.SECURE:
        return plain
    # A site on localhost answers over http, and to this machine alone: the command must be told so.
    return f"{plain} --allow-localhost {settings.SITE_HOST}"


def find_issuer(slug: str) -> tuple[Issuer | None, bool]:
    """An issuer by a slug it has or had; True when it is the one of now."""
    issuer = Issuer.objects.filter(Q(slug=slug) | Q(slugs__slug=slug)).distinct().first()
    return issuer, issuer is not None and issuer.slug == slug


def _successor(award: Award) -> str:
    later = renewing.successor(award)
    return sharing.certificate_url(later) if later is not None else ""


def _result(document: Mapping[str, Any]) -> str:
    """What was reached, as it was signed."""
    subject = document.get("credentialSubject")
    results = subject.get("result") if isinstance(subject, Mapping) else None
    found = [one.get("value") for one in results or () if isinstance(one, Mapping)]
    return ", ".join(value for value in found if isinstance(value, str))


def _achievement(document: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = document.get("credentialSubject")
    found = subject.get("achievement") if isinstance(subject, Mapping) else None
    return found if isinstance(found, Mapping) else {}
