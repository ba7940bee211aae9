"""Badges: made as drafts, published when whole, edited by versions. What was awarded never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.achievements import designing, pictures, svg_cleaning
from plaudit_site.achievements.models import Achievement, AchievementLink, Version
from plaudit_site.audit.models import record
from plaudit_site.issuers.models import Group, Issuer

PICTURE_SIDE = 600


class NotPublishable(Exception):
    """Something is missing; `reasons` says what, each with what to do."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Content:
    """What a version says. The picture is a design, or the bytes of an uploaded PNG or SVG."""

    title: str
    description: str
    criteria: str
    design: dict[str, Any] | None = None
    upload: bytes | None = None
    # An upload without the title in it gets it drawn in (J33).
    draw_title: bool = False
    picture_alt: str = ""
    criteria_url: str = ""
    skills: tuple[str, ...] = ()
    language: str = ""
    alignments: tuple[dict[str, str], ...] = ()
    results: dict[str, Any] = field(default_factory=dict)
    valid_months: int | None = None
    names_in_clear: bool = False
    links: tuple[tuple[str, str], ...] = field(default=())
    repeat: str = Achievement.Repeat.ONCE
    claim_needs_code: bool = False


def make(issuer: Issuer, content: Content, *, by: str) -> Achievement:
    """A draft with its first version. Raises PictureError, DesignError."""
    version = _version(content, issuer, None)
    with transaction.atomic():
        achievement = Achievement.objects.create(
            issuer=issuer, repeat=content.repeat, claim_needs_code=content.claim_needs_code
        )
        _store(achievement, version, content)
        record(
            "badge made",
            actor=by,
            subject=f"badge:{achievement.public_id}",
            issuer=issuer.public_id,
        )
    return achievement


def edit(achievement: Achievement, content: Content, *, by: str) -> Version:
    """The content as a new version (a draft that nobody was awarded keeps its number). Raises as `make`."""
    version = _version(content, achievement.issuer, achievement.current)
    with transaction.atomic():
        Achievement.objects.filter(pk=achievement.pk).update(
            repeat=content.repeat, claim_needs_code=content.claim_needs_code
        )
        _store(achievement, version, content)
        record(
            "badge edited",
            actor=by,
            subject=f"badge:{achievement.public_id}",
            version=version.number,
        )
    return version


def translate(achievement: Achievement, language: str, texts: dict[str, str] | None, *, by: str) -> Version:
    """The same badge with its texts in one more language, as a new version; without `texts` that language goes.

    What was awarded stays as it was.
    """
    with transaction.atomic():
        locked = Achievement.objects.select_for_update(of=("self",)).get(pk=achievement.pk)
        before = locked.current
        if before is None:
            raise NotPublishable([_("Write the badge itself first.")])
        version = Version.objects.get(pk=before.pk)
        others = {code: kept for code, kept in before.translations.items() if code != language}
        version.translations = others | ({language: texts} if texts else {})
        version.pk, version._state.adding = None, True
        version.made_at = timezone.now()
        _number(locked, version)
        record("badge translated", actor=by, subject=f"badge:{locked.public_id}", version=version.number)
    achievement.refresh_from_db()
    return version


def _version(content: Content, issuer: Issuer, before: Version | None) -> Version:
    """An unsaved version with its picture drawn: outside any transaction, drawing takes time."""
    version = Version(
        title=" ".join(content.title.split()),
        description=content.description.strip(),
        criteria=content.criteria.strip(),
        criteria_url=content.criteria_url,
        skills=list(content.skills),
        language=content.language,
        translations=dict(before.translations) if before else {},
        alignments=list(content.alignments),
        results=dict(content.results),
        valid_months=content.valid_months,
        names_in_clear=content.names_in_clear,
        picture_alt=content.picture_alt.strip(),
    )
    if content.upload is not None:
        _take_upload(version, content.upload, draw_title=content.draw_title)
    elif content.design is not None:
        words = {"issuer": issuer.short_name or issuer.name[:24], **content.design, "title": version.title}
        design = designing.Design(**words)
        version.design = content.design
        version.picture_svg = designing.draw(design)
        version.picture_png = pictures.rasterise(version.picture_svg, PICTURE_SIDE)
    elif before is not None:
        version.design = before.design
        version.picture_svg = before.picture_svg
        version.picture_png = bytes(before.picture_png)
    else:
        raise pictures.PictureError(_("Design a picture or upload one."))
    return version


def _take_upload(version: Version, upload: bytes, *, draw_title: bool) -> None:
    """A PNG written anew, or an SVG cleaned and drawn; with the title on it, it is pixels in any case."""
    if svg_cleaning.is_svg(upload):
        svg = svg_cleaning.clean(upload)
        version.picture_svg = "" if draw_title else svg
        png = pictures.rasterise_upload(svg, PICTURE_SIDE)
    else:
        png = pictures.reencode_upload(upload)
    version.picture_png = designing.draw_title_on(png, version.title) if draw_title else png


def _number(achievement: Achievement, version: Version) -> None:
    """Store it under the next number; a draft that nobody was awarded keeps its own."""
    current = achievement.current
    reuse = (
        current is not None and achievement.state == Achievement.State.DRAFT and not current.awards.exists()
    )
    if reuse and current is not None:
        version.pk, version.number = current.pk, current.number
        version.achievement = achievement
        version.save()
    else:
        last = achievement.versions.order_by("-number").first()
        version.number = last.number + 1 if last else 1
        version.achievement = achievement
        version.save()
    Achievement.objects.filter(pk=achievement.pk).update(current=version)


def _store(achievement: Achievement, version: Version, content: Content) -> None:
    _number(achievement, version)
    achievement.links.all().delete()
    AchievementLink.objects.bulk_create(
        AchievementLink(achievement=achievement, label=label, url=url, position=n)
        for n, (label, url) in enumerate(content.links)
    )
    achievement.refresh_from_db()


def what_is_missing(achievement: Achievement) -> list[str]:
    """Why this badge cannot be published yet; empty when it can."""
    issuer, version = achievement.issuer, achievement.current
    reasons = []
    if version is None or not version.criteria:
        reasons.append(_("Say what must be done to earn it."))
    if not _work_links(achievement):
        reasons.append(
            _(
                "The group “The work required” has no link. Give this badge a link, or add one to your issuer’s page."
            )
        )
    if not issuer.url and not issuer.links.filter(group=Group.ISSUER).exists():
        reasons.append(
            _("The group “About %(issuer)s” has no link. Add your web address in the settings.")
            % {"issuer": issuer.name}
        )
    return reasons


def _work_links(achievement: Achievement) -> bool:
    return (
        bool(achievement.current and achievement.current.criteria_url)
        or achievement.links.exists()
        or achievement.issuer.links.filter(group=Group.WORK).exists()
    )


def publish(achievement: Achievement, *, by: str) -> None:
    """From now on it can be awarded. Raises NotPublishable."""
    reasons = what_is_missing(achievement)
    if reasons:
        raise NotPublishable(reasons)
    with transaction.atomic():
        Achievement.objects.filter(pk=achievement.pk).update(state=Achievement.State.PUBLISHED)
        record("badge published", actor=by, subject=f"badge:{achievement.public_id}")
    achievement.refresh_from_db()


def archive(achievement: Achievement, *, by: str) -> None:
    """No further awards; what was awarded stays valid."""
    with transaction.atomic():
        Achievement.objects.filter(pk=achievement.pk).update(state=Achievement.State.ARCHIVED)
        record("badge archived", actor=by, subject=f"badge:{achievement.public_id}")
    achievement.refresh_from_db()
