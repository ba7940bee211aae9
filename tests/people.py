"""Five people, so that every test has an outsider at hand.

Ada owns the issuer, Ben awards for it, Eve earns (with two addresses), Sam is a stranger, Ozz runs the site.
"""

from __future__ import annotations

from dataclasses import dataclass

from plaudit_site import work
from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.achievements import publishing
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding
from plaudit_site.awards.models import Award
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Issuer, Role

EVE = "eve@example.org"
EVE_AT_WORK = "eve@work.example"
NAME = "Society of Product Leaders"


def person(name: str, address: str, *, operator: bool = False) -> User:
    """An account with one proven address."""
    user = proving.new_account(address, name=name)
    proving.prove(user, address, how="test")
    if operator:
        user.is_staff = user.is_superuser = True
        user.save()
    return user


@dataclass
class World:
    """An issuer with people, a published badge, and hands to award with."""

    ada: User
    ben: User
    issuer: Issuer
    badge: Achievement

    def badge_like(self, title: str, **more: object) -> Achievement:
        return make_badge(self.issuer, title, **more)

    def award(
        self, address: str = EVE, *, badge: Achievement | None = None, sign: bool = True, **more: object
    ) -> Award:
        """Awarded by Ben; signed and mailed by the worker unless told otherwise."""
        award = awarding.award(badge or self.badge, address=address, name="Eve Earner", by=self.ben, **more)  # type: ignore[arg-type]
        if sign:
            for job in work.JOBS:  # of one award nothing is left for a second round
                if job.name in ("issue", "status lists", "mail"):
                    job.run("test-worker")
        award.refresh_from_db()
        return award


def run_worker(*names: str) -> None:
    """Until every job, or every one of the named, has nothing left to do."""
    if not names:
        work.run_until_idle("test-worker")
    while sum(job.run("test-worker") for job in work.JOBS if job.name in names):
        pass


def make_badge(issuer: Issuer, title: str, **more: object) -> Achievement:
    content = publishing.Content(
        title=title,
        description="Can lead a product through its whole life.",
        criteria="- Forty hours of study\n- An examination",
        criteria_url="https://leaders.example/requirements",
        design={"shape": "hexagon", "palette": "ink", "symbol": "compass"},
        **more,  # type: ignore[arg-type]
    )
    achievement = publishing.make(issuer, content, by="test")
    publishing.publish(achievement, by="test")
    return achievement


def find_world() -> World | None:
    """The world that was made before the first test, if it is still there."""
    issuer = Issuer.objects.filter(name=NAME).order_by("pk").first()
    if issuer is None:
        return None
    badge = issuer.achievements.select_related("current", "issuer").order_by("pk").first()
    assert badge is not None
    ada, ben = (User.objects.get(email=address) for address in ("ada@leaders.example", "ben@leaders.example"))
    return World(ada, ben, issuer, badge)


def make_world() -> World:
    ada, ben = person("Ada Owner", "ada@leaders.example"), person("Ben Awarder", "ben@leaders.example")
    issuer = founding.found(
        ada,
        name=NAME,
        short_name="SPL",
        url="https://leaders.example",
        email="badges@leaders.example",
        standing=Issuer.Standing.APPROVED,
    )
    access.set_role(issuer, ben, Role.AWARDER, by=ada.public_id)
    badge = make_badge(issuer, "Certified Product Manager")
    run_worker()
    return World(ada, ben, issuer, badge)
