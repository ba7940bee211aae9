"""The links around a certificate and on a badge's page, in three groups (J35)."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import QuerySet, Value
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


_OF_BADGE, _REQUIRED = "badge", "required"  # beside the three groups of an issuer's links


def _around() -> QuerySet[Any, Any]:
    """Every link of a badge and of its issuer, in one question: (where it stands, its text, its address)."""
    badge = Achievement.objects.filter(pk=NUMBER).order_by()
    of_issuer = IssuerLink.objects.filter(issuer__in=badge.values("issuer"))
    of_badge = AchievementLink.objects.filter(achievement=NUMBER)
    required = badge.filter(current__isnull=False).exclude(current__criteria_url="")
    return (
        of_issuer.order_by()
        .values_list("group", "label", "url", "position", "pk")
        .union(
            of_badge.order_by().values_list(Value(_OF_BADGE), "label", "url", "position", "pk"),
            required.values_list(Value(_REQUIRED), Value(""), "current__criteria_url", Value(0), "pk"),
            all=True,
        )
        .order_by("position", "pk")
    )


_AROUND = Question(_around(), NUMBER)


def groups(issuer: Issuer, achievement: Achievement) -> tuple[LinkGroup, ...]:
    """The three groups of J35, each with what the site knows by itself and what the issuer added."""
    found = _AROUND.ask_all(achievement.pk)
    return _groups(
        issuer.name, issuer.slug, issuer.url, achievement.public_id, tuple(tuple(row[:3]) for row in found)
    )


@once_a_language
def _groups(
    issuer: str,
    slug: str,
    home: str,
    badge: str,
    around: tuple[tuple[str, str, str], ...],
) -> tuple[LinkGroup, ...]:
    places = (Group.BADGES, Group.WORK, Group.ISSUER, _OF_BADGE, _REQUIRED)
    own: dict[str, list[Link]] = {place: [] for place in places}
    for place, label, url in around:
        own[place].append(Link(label or _("The full requirements"), url, away=True))
    site = [
        Link(_("The badge site of %(issuer)s") % {"issuer": issuer}, reverse("issuer_site", args=[slug])),
        Link(_("How to claim your badge"), reverse("how_to_claim", args=[slug])),
        Link(_("How to check a badge"), reverse("how_to_check", args=[slug])),
    ]
    work = [Link(_("What this badge requires"), reverse("badge_page", args=[slug, badge]))]
    work += own[_REQUIRED] + own[_OF_BADGE]
    about = [Link(issuer, home, away=True)] if home else []
    named = {"issuer": issuer}
    return (
        LinkGroup(_("About %(issuer)s Open Badges") % named, "book-open", (*site, *own[Group.BADGES])),
        LinkGroup(_("The work required"), "list-checks", (*work, *own[Group.WORK])),
        LinkGroup(_("About %(issuer)s") % named, "landmark", (*about, *own[Group.ISSUER])),
    )
