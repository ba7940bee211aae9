"""The site's own badge of welcome: one per account, for ever, a real credential of the site's own issuer (J26)."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.achievements import publishing
from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import record
from plaudit_site.awards import issuing
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Site

TITLE = "Welcome"


def ensure_badge() -> Achievement:
    """The welcome badge, made and published at the first start."""
    site = Site.objects.select_related("issuer").get(pk=1)
    if site.issuer is None:
        raise RuntimeError("the site's own issuer is made before its badge")
    existing = Achievement.objects.filter(public_id=site.welcome_achievement).first()
    if existing is not None:
        return existing
    with transaction.atomic():
        achievement = publishing.make(
            site.issuer,
            publishing.Content(
                title=TITLE,
                description=f"Given to everybody who has an account at {settings.SITE_NAME}.",
                criteria=(
                    f"Make an account at {settings.SITE_NAME} with an e-mail address that is yours.\n\n"
                    "The address is confirmed by a link or a code that was mailed to it."
                ),
                design={"shape": "circle", "palette": "ink", "symbol": "handshake", "title": TITLE},
            ),
            by="site",
        )
        publishing.publish(achievement, by="site")
        Site.objects.filter(pk=1).update(welcome_achievement=achievement.public_id)
    return achievement


def give(user: User, address: str) -> Award | None:
    """The welcome award of `user`, to be signed next; None if the account had its one before."""
    site = Site.objects.select_related("issuer").filter(pk=1).first()
    if site is None or not site.welcome_achievement:
        return None
    achievement = Achievement.objects.select_related("current", "issuer").get(
        public_id=site.welcome_achievement
    )
    if achievement.current is None:
        raise RuntimeError("the welcome badge has a version from the start")
    award, made = Award.objects.get_or_create(
        once_key=f"welcome:{user.public_id}",
        defaults={
            "issuer": achievement.issuer,
            "version": achievement.current,
            "address": address,
            "name": user.name or address.partition("@")[0],
            "awarded_at": timezone.now().replace(microsecond=0),
            "due_at": timezone.now(),
            "is_welcome": True,
        },
    )
    if not made:
        return None
    record("welcomed", actor="site", subject=f"award:{award.public_id}", user=user.public_id)
    return award


def give_quietly(user: User, address: str) -> None:
    """The form that `after_address_proved` calls; signed before the next page, so that no shelf begins empty."""
    award = give(user, address)
    if award is not None:
        transaction.on_commit(lambda: issuing.issue_now(award), robust=True)
