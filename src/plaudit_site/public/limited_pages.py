"""What a page that shows less is made of. It is built up from what may be seen, never cut down from the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from plaudit_site.awards import limiting
from plaudit_site.awards.models import Award, LimitedLink
from plaudit_site.public import certificates, lines
from plaudit_site.public.checking import State, Verdict
from plaudit_site.public.link_groups import Link, LinkGroup
from plaudit_site.public.looks import Look


@dataclass(frozen=True)
class Page:
    state: str
    look: Look
    heading: str
    badge_title: str
    holder: str
    result: str
    evidence: str
    description: str
    criteria: str
    skills: tuple[str, ...]
    frameworks: tuple[Link, ...]
    picture_url: str
    picture_alt: str
    verdict_words: str
    verdict_reason: str
    lines: list[lines.Line]
    groups: tuple[LinkGroup, ...]
    hidden: tuple[str, ...]
    awarded_at: datetime
    end: str
    """As of the whole page's frame: which day is named."""
    revoked_on: date | None
    suspended_on: date | None
    ends_at: datetime | None
    until: datetime
    checked_at: datetime


def page(link: LimitedLink, award: Award, verdict: Verdict) -> Page:
    whole = certificates.page(award, _placeless(verdict))
    readable = verdict.state is not State.INVALID
    return Page(
        state=whole.state,
        look=whole.look,
        heading=whole.heading,
        badge_title=whole.badge_title,
        holder=limiting.shown_name(whole.holder, link.name_shown),
        result="" if link.hides_result else whole.result,
        evidence="" if link.hides_evidence else whole.evidence,
        description=whole.description,
        criteria=whole.criteria,
        # Of the badge, not of its holder: as on the page that shows all.
        skills=whole.skills,
        frameworks=whole.frameworks,
        picture_url=whole.picture_url,
        picture_alt=whole.picture_alt,
        verdict_words=whole.verdict_words,
        verdict_reason=whole.verdict_reason,
        lines=[line._replace(detail="") for line in whole.lines],
        groups=whole.groups,
        hidden=_hidden(link, award) if readable else (),
        awarded_at=award.awarded_at,
        end=whole.frame.end,
        revoked_on=whole.revoked_on,
        suspended_on=whole.suspended_on,
        ends_at=award.expires_at,
        until=link.expires_at,
        checked_at=whole.checked_at,
    )


def _placeless(verdict: Verdict) -> Verdict:
    """Lines name the place in the status list, and their details the key: with them the file could be looked for."""
    signed = {name: value for name, value in verdict.document.items() if name != "credentialStatus"}
    return replace(verdict, report=replace(verdict.report, credential=signed))


def _hidden(link: LimitedLink, award: Award) -> tuple[str, ...]:
    """What was left out, in words that do not say what it is."""
    found = []
    if link.name_shown == LimitedLink.NameShown.NONE:
        found.append(_("the holder’s name"))
    elif limiting.shown_name(award.name, link.name_shown) != award.name:
        found.append(_("a part of the holder’s name"))
    if link.hides_result:
        found.append(_("the result"))
    if link.hides_evidence:
        found.append(_("the evidence"))
    return tuple(found)
