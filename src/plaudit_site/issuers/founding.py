"""How an issuer comes to be, and how the site's own one does."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.ids import new_id
from plaudit_site.issuers.keys import make_keys
from plaudit_site.issuers.models import Group, Issuer, IssuerLink, IssuerSlug, Membership, Role, Site
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue
from plaudit_site.showing.slugs import slug_of

RESERVED_SLUGS = frozenset({"new", "admin", "api", "static", "help", "plaudit"})

# Signs that look like a Latin letter: enough to notice a name dressed up as another one.
LOOK_ALIKES = str.maketrans(
    {
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s", "ԁ": "d",
        "ɡ": "g", "ո": "n", "ι": "i", "ο": "o", "α": "a", "ν": "v", "ρ": "p", "τ": "t", "υ": "u", "κ": "k",
        "0": "o", "1": "l", "|": "l", "5": "s", "з": "3", "в": "b", "м": "m", "н": "h", "т": "t", "к": "k",
    }
)  # fmt: skip


class IssuersClosed(Exception):
    """This site makes no new issuers (PLAUDIT_ISSUERS=closed)."""


class NameRefused(ValueError):
    """No letter in it that anybody can see."""


@lru_cache(maxsize=4096)
def skeleton(name: str) -> str:
    """The name as the eye reads it: equal skeletons look alike."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(c for c in folded if unicodedata.category(c)[0] in "LN").translate(LOOK_ALIKES)
    return letters.replace("rn", "m").replace("i", "l").replace("vv", "w")


def identifier_for(public_id: str) -> str:
    """`did:web:{host}:issuers:{id}` (DECISIONS 1)."""
    return f"did:web:{quote(settings.SITE_HOST, safe='')}:issuers:{public_id}"


def found(
    owner: User | None,
    *,
    name: str,
    url: str,
    email: str,
    description: str = "",
    short_name: str = "",
    linkedin_id: str = "",
    standing: str | None = None,
    is_site: bool = False,
) -> Issuer:
    """A new issuer with keys, a slug of its own and `owner` as its owner.

    Raises IssuersClosed, NameRefused. Its standing follows PLAUDIT_ISSUERS unless given.
    """
    if standing is None:
        if settings.ISSUERS_MODE == "closed" and not (owner and owner.is_staff):
            raise IssuersClosed
        open_to_all = settings.ISSUERS_MODE == "open"
        standing = Issuer.Standing.APPROVED if open_to_all else Issuer.Standing.PENDING
    visible = skeleton(name)
    if not visible:
        raise NameRefused
    with transaction.atomic():
        public_id = new_id()
        issuer = Issuer(
            public_id=public_id,
            identifier=identifier_for(public_id),
            name=" ".join(name.split()),
            short_name=short_name,
            url=url,
            email=email,
            description=description,
            linkedin_id=linkedin_id,
            standing=standing,
            is_site=is_site,
            look_alike_of=look_alike(name),
        )
        issuer.slug = free_slug(name)
        issuer.save()
        IssuerSlug.objects.create(slug=issuer.slug, issuer=issuer)
        make_keys(issuer)
        if owner is not None:
            Membership.objects.create(issuer=issuer, user=owner, role=Role.OWNER)
        actor = owner.public_id if owner else "site"
        record("issuer made", actor=actor, subject=f"issuer:{public_id}", standing=str(standing))
    issuer.refresh_from_db()
    return issuer


def look_alike(name: str, *, apart_from: Issuer | None = None) -> str:
    """The name of an existing issuer that this one could be taken for; empty if none."""
    wanted = skeleton(name)
    others = Issuer.objects.exclude(pk=apart_from.pk) if apart_from else Issuer.objects.all()
    for other in others.values_list("name", flat=True).iterator():
        if skeleton(other) == wanted:
            return other[:120]
    return ""


def free_slug(name: str) -> str:
    """A slug no issuer has or ever had."""
    base = slug_of(name, 50, without="issuer")
    slug, number = base, 1
    while slug in RESERVED_SLUGS or IssuerSlug.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def change_slug(issuer: Issuer, wanted: str, *, by: str) -> None:
    """The new slug shows from now on; the old one redirects for ever. Raises ValueError when it was ever used."""
    slug = slug_of(wanted, 60)
    if not slug or slug in RESERVED_SLUGS:
        raise ValueError(wanted)
    with transaction.atomic():
        row, _made = IssuerSlug.objects.get_or_create(slug=slug, defaults={"issuer": issuer})
        if row.issuer_id != issuer.pk:
            raise ValueError(wanted)
        Issuer.objects.filter(pk=issuer.pk).update(slug=slug)
        record("slug changed", actor=by, subject=f"issuer:{issuer.public_id}")
    issuer.slug = slug


after_approval: list[Callable[[Issuer], None]] = []
"""What follows when an issuer may award again, in that transaction. Higher rooms register in AppConfig.ready()."""


def approve(issuer: Issuer, *, by: str) -> bool:
    """The operator vouches for this issuer; False if it was not waiting or suspended."""
    with transaction.atomic():
        changed = (
            Issuer.objects.filter(pk=issuer.pk)
            .exclude(standing=Issuer.Standing.APPROVED)
            .update(standing=Issuer.Standing.APPROVED)
        )
        if changed:
            record("issuer approved", actor=by, subject=f"issuer:{issuer.public_id}")
            _tell_owners(issuer)
            for follow in after_approval:
                follow(issuer)
    return changed == 1


def _tell_owners(issuer: Issuer) -> None:
    """They have waited for it, and nothing else would tell them."""
    for one in issuer.memberships.filter(role=Role.OWNER).select_related("user"):
        queue("issuer_approved", issuer.public_id, lane=Lane.NOTICES, context={"address": one.user.email})


def renamed(issuer: Issuer, before: str, *, by: User) -> bool:
    """The operator vouched for a name (J48): under another one the issuer waits for approval again."""
    if settings.ISSUERS_MODE == "open" or by.is_staff or skeleton(issuer.name) == skeleton(before):
        return False
    changed = Issuer.objects.filter(pk=issuer.pk, standing=Issuer.Standing.APPROVED, is_site=False).update(
        standing=Issuer.Standing.PENDING
    )
    if changed:
        record("issuer renamed", actor=by.public_id, subject=f"issuer:{issuer.public_id}")
    return changed == 1


def suspend(issuer: Issuer, *, by: str) -> bool:
    with transaction.atomic():
        changed = (
            Issuer.objects.filter(pk=issuer.pk)
            .exclude(standing=Issuer.Standing.SUSPENDED)
            .update(standing=Issuer.Standing.SUSPENDED)
        )
        if changed:
            record("issuer suspended", actor=by, subject=f"issuer:{issuer.public_id}")
    return changed == 1


def first_start() -> Site:
    """What the first start fixes for ever: base address and key file. Later starts are held to it.

    Raises ImproperlyConfigured when the address or the key file is another one (DECISIONS 2, 33).
    """
    fingerprint = settings.SECRETS.fingerprint
    with transaction.atomic():
        site, _made = Site.objects.get_or_create(
            pk=1, defaults={"base_url": settings.BASE_URL, "key_fingerprint": fingerprint}
        )
        check_site(site)
        if site.issuer is None:
            site.issuer = _site_issuer()
            site.save(update_fields=["issuer"])
    return site


def check_site(site: Site) -> None:
    """Raises ImproperlyConfigured, saying what to do, when this process is not set up as the site was made."""
    if site.base_url != settings.BASE_URL:
        raise ImproperlyConfigured(
            f"BASE_URL={settings.BASE_URL!r}, but this site was made as {site.base_url}, and every badge it "
            f"awarded names that address. Start it with BASE_URL={site.base_url}, or use another database."
        )
    if site.key_fingerprint != settings.SECRETS.fingerprint:
        raise ImproperlyConfigured(
            f"PLAUDIT_KEY_FILE={settings.KEY_FILE} does not open the keys stored in the database. "
            "Put back the key file that belongs to this database."
        )


def _site_issuer() -> Issuer:
    name = settings.SITE_NAME
    issuer = found(
        None,
        name=name,
        url=settings.BASE_URL,
        email=settings.MAIL_FROM,
        description=f"{name} keeps badges and certificates, and gives each new member a badge of welcome.",
        short_name=name[:24],
        standing=Issuer.Standing.APPROVED,
        is_site=True,
    )
    IssuerLink.objects.create(
        issuer=issuer, group=Group.WORK, label="How an account is made", url=f"{settings.BASE_URL}/help"
    )
    return issuer
