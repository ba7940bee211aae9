"""The demo's data, made through the real jobs alone: what they refuse, the demo does not show."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from plaudit_site import leases, work
from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.achievements import pictures, publishing
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import awarding, claiming, revoking
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.demo import content
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Group, Issuer, IssuerLink

FACTS = "demo.json"
LIBRARY = "Harbour Street Library"
CLUB = "Quayside Coding Club"

MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240"><rect width="240" height="240" rx="48"
fill="{colour}"/><path d="{path}" fill="none" stroke="#fff" stroke-width="20" stroke-linecap="round"
stroke-linejoin="round"/></svg>"""


def load() -> None:
    """Make the demo's data if it is not there, and the file that tells who can sign in."""
    if not Issuer.objects.filter(name=content.NAME).exists():
        with transaction.atomic():  # all or nothing: an interrupted first start begins again
            _make()
    path = Path(settings.DATA_DIR, FACTS)
    if not path.exists():
        _write(path, _facts())


def _make() -> None:
    people = {person.role: _account(person) for person in content.PEOPLE}
    User.objects.filter(pk=people["operator"].pk).update(is_staff=True, is_superuser=True)
    northfold, badges = _northfold(people)
    _awards_of_eve(northfold, badges, people)
    _awards_of_others(badges, people)
    _library(people)
    founding.found(
        people["viewer"],
        name=CLUB,
        url=page_url("club"),
        email="hello@quayside.example",
        description="Children of the harbour learn to program. The club waits for this site's operator to approve it.",
        standing=Issuer.Standing.PENDING,
    )
    _work()


def _account(person: content.Person) -> User:
    user = proving.new_account(person.address, name=person.name)
    for address in (person.address, *person.more_addresses):
        proving.prove(user, address, how="demo")
    return user


def _northfold(people: dict[str, User]) -> tuple[Issuer, dict[str, Achievement]]:
    owner = people["owner"]
    issuer = founding.found(
        owner,
        name=content.NAME,
        short_name=content.SHORT_NAME,
        url=page_url("about"),
        email="certificates@northfold.example",
        description=content.DESCRIPTION,
    )
    founding.approve(issuer, by=people["operator"].public_id)
    founding.change_slug(issuer, content.SHORT_NAME, by=owner.public_id)
    issuer.logo = pictures.rasterise(MARK.format(colour="#24457f", path="M72 180V60L168 180V60"), 240)
    issuer.save(update_fields=["logo"])
    for group, links in content.LINKS.items():
        for position, (label, page) in enumerate(links):
            IssuerLink.objects.create(
                issuer=issuer, group=Group(group), label=label, url=page_url(page), position=position
            )
    for role in ("editor", "awarder", "viewer"):
        access.set_role(issuer, people[role], role, by=owner.public_id)
    issuer.refresh_from_db()
    return issuer, {badge.slug: _badge(issuer, badge, people["editor"]) for badge in content.BADGES}


def _badge(issuer: Issuer, badge: content.Badge, editor: User) -> Achievement:
    achievement = publishing.make(
        issuer,
        publishing.Content(
            title=badge.title,
            description=badge.description,
            criteria=badge.criteria,
            design={"shape": badge.shape, "palette": badge.palette, "symbol": badge.symbol},
            skills=badge.skills,
            valid_months=badge.valid_months,
            names_in_clear=badge.names_in_clear,
            links=tuple((label, page_url(page)) for label, page in badge.work),
        ),
        by=editor.public_id,
    )
    publishing.publish(achievement, by=editor.public_id)
    return achievement


def _awards_of_eve(northfold: Issuer, badges: dict[str, Achievement], people: dict[str, User]) -> None:
    """One award in every state there is."""
    eve, ben = people["earner"], people["awarder"]

    def award(slug: str, days: int, **more: Any) -> Award:
        more.setdefault("address", eve.email)
        return awarding.award(badges[slug], name=eve.name, by=ben, awarded_at=days_ago(days), **more)

    shown = award("certified-product-manager", 64, evidence_url=page_url("portfolio"))
    linked = award("product-discovery", 40)
    private = award("roadmaps-and-priorities", 33)
    expired = award("product-analytics", 430, expires_at=days_ago(65))
    revoked = award("pricing-and-business-models", 90)
    declined = award("accessible-products", 20)
    award("senior-product-leader", 1, address="eve.marchetti@work.example")  # this one waits
    _work()
    for row, visibility in (
        (expired, Visibility.LINK),
        (revoked, Visibility.LINK),
        (shown, Visibility.PUBLIC),
        (linked, Visibility.LINK),
        (private, Visibility.ONLY_ME),
    ):
        row.refresh_from_db()
        claiming.accept(row, eve, visibility=visibility, trust_issuer=False)
    declined.refresh_from_db()
    claiming.decline(declined, actor=eve.public_id)
    revoked.refresh_from_db()
    revoking.revoke(
        revoked, reason="The recommendation that was handed in was not the candidate's own.", by=ben
    )
    assert northfold.pk == shown.issuer_id


def _awards_of_others(badges: dict[str, Achievement], people: dict[str, User]) -> None:
    ben = people["awarder"]
    for name, address, slug, days in content.OTHERS:
        awarding.award(badges[slug], address=address, name=name, by=ben, awarded_at=days_ago(days))
    for slug in ("certified-product-manager", "product-discovery"):
        awarding.award(badges[slug], address=content.INVITED.address, name=content.INVITED.name, by=ben)


def _library(people: dict[str, User]) -> None:
    """A second issuer, which Eve trusts: its second badge arrives by itself."""
    owner, eve = people["editor"], people["earner"]
    library = founding.found(
        owner,
        name=LIBRARY,
        short_name="Harbour Street",
        url=page_url("library"),
        email="mentors@harbour-street.example",
        description="A public library whose readers teach each other.",
        standing=Issuer.Standing.APPROVED,
    )
    library.logo = pictures.rasterise(
        MARK.format(colour="#1f5c47", path="M64 64H176V176H64ZM120 64V176"), 240
    )
    library.save(update_fields=["logo"])
    IssuerLink.objects.create(
        issuer=library, group=Group.WORK, label="What mentors do", url=page_url("mentors"), position=0
    )
    first, second = (
        publishing.make(
            library,
            publishing.Content(
                title=title,
                description=f"{title} at {LIBRARY}.",
                criteria=f"Read aloud or teach at {LIBRARY} on at least {evenings} evenings.",
                design={"shape": shape, "palette": "moss", "symbol": "book-open"},
                skills=("mentoring",),
            ),
            by=owner.public_id,
        )
        for title, evenings, shape in (
            ("Reading Mentor", 6, "shield"),
            ("Senior Reading Mentor", 30, "rosette"),
        )
    )
    for achievement in (first, second):
        publishing.publish(achievement, by=owner.public_id)
    row = awarding.award(first, address=eve.email, name=eve.name, by=owner, awarded_at=days_ago(15))
    _work()
    row.refresh_from_db()
    claiming.accept(row, eve, visibility=Visibility.LINK, trust_issuer=True)
    awarding.award(second, address=eve.email, name=eve.name, by=owner, awarded_at=days_ago(2))


def _work() -> None:
    work.run_until_idle(leases.worker_name())


def _facts() -> dict[str, Any]:
    """Who can sign in and where to look, as a person or a test would want to know it."""
    from plaudit_site.awards import invitations, sharing

    password = secrets.token_urlsafe(9)
    User.objects.filter(email__in=[person.address for person in content.PEOPLE]).update(
        password=make_password(password)
    )
    accounts = []
    for person in content.PEOPLE:
        accounts.append(
            {
                "role": person.role,
                "name": person.name,
                "address": person.address,
                "password": password,
                "what": person.what,
            }
        )
    northfold = Issuer.objects.get(name=content.NAME)
    awards = {
        award.version.title: award
        for award in Award.objects.select_related("version__achievement", "issuer")
        .filter(earner__email="eve@people.example", issuer=northfold)
        .order_by("-pk")
    }
    waiting = Award.objects.filter(address=content.INVITED.address).order_by("pk")
    return {
        "accounts": accounts,
        "invited": {
            "name": content.INVITED.name,
            "address": content.INVITED.address,
            "claims": [invitations.claim_url(award) for award in waiting],
        },
        "issuer": {"slug": northfold.slug, "url": sharing.badge_site_url(northfold)},
        "how_to_check": f"{settings.BASE_URL}{reverse('how_to_check_any')}",
        # The one that is shown first (announcing.py) holds, and anybody may see it.
        "certificates": {
            title: sharing.certificate_url(award)
            for title, award in sorted(awards.items(), key=_what_is_wrong)
        },
    }


def _what_is_wrong(named: tuple[str, Award]) -> tuple[bool, bool, bool]:
    award = named[1]
    return hasattr(award, "revocation"), award.visibility == Visibility.ONLY_ME, award.expires_at is not None


def _write(path: Path, facts: dict[str, Any]) -> None:
    """Readable by its owner alone: it holds passwords, if only of a demo."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2, ensure_ascii=False)
    draft.replace(path)


def page_url(page: str) -> str:
    """A page of the imaginary web sites, served by this demo so that no link leads nowhere."""
    return f"{settings.BASE_URL}/demo/pages/{page}"


def days_ago(days: int) -> datetime:
    return (timezone.now() - timedelta(days=days)).replace(microsecond=0)
