"""What the certificate page shows: who may see it, what was signed, the links around it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from plaudit_site.achievements import shapes
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.achievements.models import Achievement, AchievementLink
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.ids import grouped
from plaudit_site.issuers.models import Group, Issuer
from plaudit_site.public import checking, lines
from plaudit_site.public.checking import State, Verdict
from plaudit_site.showing.words import day_text


class Sight(StrEnum):
    """How a visitor sees an award: not at all, removed, as its owner alone, or as anyone."""

    NOTHING = "nothing"
    GONE = "gone"
    OWNER = "owner"
    ANYONE = "anyone"


def look_up(public_id: str, visitor: object) -> tuple[Award | None, Sight]:
    """An award by its id, as far as this visitor may know of it. Private and unknown are the same (J38)."""
    award = Award.objects.with_badge().filter(public_id=public_id, credential__isnull=False).first()
    if award is None:
        return None, Sight.NOTHING
    shown = award.visibility != Visibility.ONLY_ME
    if award.state == Award.State.ACCEPTED:
        if shown:
            return award, Sight.ANYONE
        if award.earner_id is not None and award.earner_id == getattr(visitor, "pk", None):
            return award, Sight.OWNER
    if award.state == Award.State.REMOVED and shown:
        return None, Sight.GONE
    return None, Sight.NOTHING


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    away: bool = False


@dataclass(frozen=True)
class LinkGroup:
    heading: str
    icon: str
    links: tuple[Link, ...]


def groups(issuer: Issuer, achievement: Achievement) -> list[LinkGroup]:
    """The three groups of J35, each with what the site knows by itself and what the issuer added."""
    own: dict[str, list[Link]] = {Group.BADGES: [], Group.WORK: [], Group.ISSUER: []}
    for link in issuer.links.all():
        own[link.group].append(Link(link.label, link.url, away=True))
    site = [
        Link(
            _("The badge site of %(issuer)s") % {"issuer": issuer.name},
            reverse("issuer_site", args=[issuer.slug]),
        ),
        Link(_("How to claim your badge"), reverse("how_to_claim", args=[issuer.slug])),
        Link(_("How to check a badge"), reverse("how_to_check", args=[issuer.slug])),
    ]
    badge = reverse("badge_page", args=[issuer.slug, achievement.public_id])
    work = [Link(_("What this badge requires"), badge)]
    if achievement.current and achievement.current.criteria_url:
        work.append(Link(_("The full requirements"), achievement.current.criteria_url, away=True))
    added = AchievementLink.objects.filter(achievement=achievement)
    work += [Link(link.label, link.url, away=True) for link in added]
    about = [Link(issuer.name, issuer.url, away=True)] if issuer.url else []
    return [
        LinkGroup(
            _("About %(issuer)s Open Badges") % {"issuer": issuer.name},
            "book-open",
            (*site, *own[Group.BADGES]),
        ),
        LinkGroup(_("The work required"), "list-checks", (*work, *own[Group.WORK])),
        LinkGroup(_("About %(issuer)s") % {"issuer": issuer.name}, "landmark", (*about, *own[Group.ISSUER])),
    ]


@dataclass(frozen=True)
class Page:
    """All that the template of the certificate needs. Words of the badge are those that were signed."""

    state: str
    title: str
    heading: str
    head_title: str
    summary: str
    badge_title: str
    holder: str
    description: str
    criteria: str
    skills: tuple[str, ...]
    evidence: str
    picture_url: str
    picture_alt: str
    engraving: str
    verdict_words: str
    verdict_reason: str
    lines: list[lines.Line]
    groups: list[LinkGroup]
    address: str
    permanent: str
    card_url: str
    card_note: str
    display_id: str
    checked_at: datetime


def heading(state: State) -> str:
    return {
        State.AUTHENTIC: _("Certificate of Authenticity"),
        State.EXPIRED: _("Certificate, expired"),
        State.REVOKED: _("Certificate, no longer valid"),
        State.INVALID: _("This file can’t be trusted"),
        State.UNKNOWN: _("Certificate, not fully checked"),
        State.UNVOUCHED: _("Certificate, issuer not approved"),
    }[state]


def page(award: Award, verdict: Verdict) -> Page:
    state, document = verdict.state, verdict.document
    achievement = _achievement(document)
    title = str(achievement.get("name", "")) if state is not State.INVALID else ""
    holder = checking.holder_name(verdict, award.name) if state is not State.INVALID else ""
    words, reason = verdict_words(award, verdict)
    shown = heading(state)
    about = ", ".join(part for part in (title, holder) if part)
    signed_picture = checking.picture_is_signed(verdict, bytes(award.version.picture_png))
    narrative = achievement.get("criteria", {}).get("narrative", "") if achievement else ""
    return Page(
        state=str(state),
        title=shown,
        heading=shown,
        head_title=f"{shown}: {about}" if about else shown,
        summary=_("Awarded %(day)s by %(issuer)s.")
        % {"day": day_text(award.awarded_at), "issuer": award.issuer.name},
        badge_title=title,
        holder=holder,
        description=str(achievement.get("description", "")),
        criteria=criteria_html(str(narrative)) if narrative else "",
        skills=tuple(str(tag) for tag in achievement.get("tag", [])),
        evidence=award.evidence_url if state is not State.INVALID else "",
        picture_url=sharing.picture_url(award.version) if signed_picture and title else "",
        picture_alt=_("Badge: %(title)s") % {"title": title},
        engraving=shapes.guilloche(verdict_seed(award), 60, 196, 20),
        verdict_words=words,
        verdict_reason=reason,
        lines=lines.lines(verdict, award),
        groups=groups(award.issuer, award.version.achievement),
        address=sharing.certificate_url(award),
        permanent=sharing.permanent_url(award),
        card_url=f"{sharing.permanent_url(award)}/card-{card_version(award, verdict)}.png",
        card_note=_("Awarded %(day)s · Check it at %(host)s")
        % {"day": day_text(award.awarded_at), "host": settings.SITE_HOST},
        display_id=grouped(award.public_id),
        checked_at=verdict.at,
    )


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
    if state is State.UNVOUCHED:
        return _("The file is genuine, but nobody vouches for the issuer"), _(
            "The issuer chose its name itself. Ask it, or the people who run this site."
        )
    if state is State.EXPIRED:
        day = day_text(award.expires_at)
        return _("This badge was genuine until %(day)s") % {"day": day}, _("Since then it is out of date.")
    if state is State.REVOKED:
        revocation = getattr(award, "revocation", None)
        if revocation is None:
            return _("This badge was revoked"), _("The issuer took it back.")
        reason = _("The issuer revoked it on %(day)s. Reason given: %(reason)s") % {
            "day": day_text(revocation.at),
            "reason": revocation.reason,
        }
        return _("This badge was revoked"), reason
    if state is State.INVALID:
        failed = [one.sentence for one in verdict.report.failed if one.id in checking.FILE_CHECKS]
        return _("This file can’t be trusted"), " ".join(failed[:1])
    open_questions = [one.sentence for one in (*verdict.report.unknown, *verdict.report.failed)]
    return _("We could not check everything"), " ".join(open_questions[:1])


def file_name(award: Award, ending: str) -> str:
    """A name made here, from the title's letters and digits: never anybody's path (D11)."""
    return f"{slugify(award.version.title)[:60].strip('-') or 'badge'}-{award.public_id[:6]}.{ending}"


def command(award: Award) -> str:
    """How to check a downloaded file without this site."""
    plain = f"plaudit verify {file_name(award, 'json')}"
    if settings.SECURE:
        return plain
    # A site on localhost answers over http, and to this machine alone: the command must be told so.
    return f"{plain} --allow-localhost {settings.SITE_HOST}"


def find_issuer(slug: str) -> tuple[Issuer | None, bool]:
    """An issuer by a slug it has or had; True when it is the one of now."""
    issuer = Issuer.objects.filter(Q(slug=slug) | Q(slugs__slug=slug)).distinct().first()
    return issuer, issuer is not None and issuer.slug == slug


def _achievement(document: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = document.get("credentialSubject")
    found = subject.get("achievement") if isinstance(subject, Mapping) else None
    return found if isinstance(found, Mapping) else {}
