"""The links around a certificate and on a badge's page, in three groups (J35)."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from plaudit_site.achievements.models import Achievement, AchievementLink
from plaudit_site.asking import NUMBER, Question
from plaudit_site.issuers.models import Group, Issuer, IssuerLink
from plaudit_site.showing.once import once_a_language


class Link(NamedTuple):
    label: str
    url: str
    away: bool = False


class LinkGroup(NamedTuple):
    heading: str
    icon: str
    links: tuple[Link, ...]


_OF_ISSUER = Question(IssuerLink.objects.filter(issuer=NUMBER).values_list("group", "label", "url"), NUMBER)
_OF_BADGE = Question(AchievementLink.objects.filter(achievement=NUMBER).values_list("label", "url"), NUMBER)
_REQUIREMENTS = Question(
    Achievement.objects.filter(pk=NUMBER, current__isnull=False).values_list("current__criteria_url"), NUMBER
)


def groups(issuer: Issuer, achievement: Achievement) -> tuple[LinkGroup, ...]:
    """The three groups of J35, each with what the site knows by itself and what the issuer added."""
    return _groups(
        issuer.name,
        issuer.slug,
        issuer.url,
        achievement.public_id,
        tuple(map(tuple, _OF_ISSUER.ask_all(issuer.pk))),
        tuple(url for (url,) in _REQUIREMENTS.ask_all(achievement.pk) if url),
        tuple(map(tuple, _OF_BADGE.ask_all(achievement.pk))),
    )


@once_a_language
def _groups(
    issuer: str,
    slug: str,
    home: str,
    badge: str,
    of_issuer: tuple[tuple[str, str, str], ...],
    requirements: tuple[str, ...],
    of_badge: tuple[tuple[str, str], ...],
) -> tuple[LinkGroup, ...]:
    own: dict[str, list[Link]] = {Group.BADGES: [], Group.WORK: [], Group.ISSUER: []}
    for group, label, url in of_issuer:
        own[group].append(Link(label, url, away=True))
    site = [
        Link(_("The badge site of %(issuer)s") % {"issuer": issuer}, reverse("issuer_site", args=[slug])),
        Link(_("How to claim your badge"), reverse("how_to_claim", args=[slug])),
        Link(_("How to check a badge"), reverse("how_to_check", args=[slug])),
    ]
    work = [Link(_("What this badge requires"), reverse("badge_page", args=[slug, badge]))]
    work += [Link(_("The full requirements"), url, away=True) for url in requirements]
    work += [Link(label, url, away=True) for label, url in of_badge]
    about = [Link(issuer, home, away=True)] if home else []
    named = {"issuer": issuer}
    return (
        LinkGroup(_("About %(issuer)s Open Badges") % named, "book-open", (*site, *own[Group.BADGES])),
        LinkGroup(_("The work required"), "list-checks", (*work, *own[Group.WORK])),
        LinkGroup(_("About %(issuer)s") % named, "landmark", (*about, *own[Group.ISSUER])),
    )
