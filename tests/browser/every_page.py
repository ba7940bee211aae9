"""Makes one of everything that has a page in the site of the environment, of people of its own; prints the addresses.

Called for test_every_page*.py, which look at each.
"""

from __future__ import annotations

import io
import json
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.utils import timezone  # noqa: E402

from plaudit import MappedFetch, issue  # noqa: E402
from plaudit_site.accounts import proving  # noqa: E402
from plaudit_site.accounts.models import User  # noqa: E402
from plaudit_site.api.hooks import making  # noqa: E402
from plaudit_site.api.hooks.events import NAMES  # noqa: E402
from plaudit_site.awards import (  # noqa: E402
    batching,
    bulk_changing,
    claiming,
    invitations,
    keeping,
    limiting,
    listing,
    staging,
)
from plaudit_site.awards.models import Award, Batch  # noqa: E402
from plaudit_site.backpack import importing, owning, verifying  # noqa: E402
from plaudit_site.backpack import keeping as results  # noqa: E402
from plaudit_site.backpack.models import Imported  # noqa: E402
from plaudit_site.backpack.unpacking import Piece  # noqa: E402
from plaudit_site.belongings import collecting, profiles  # noqa: E402
from plaudit_site.issuers import founding, registering  # noqa: E402
from plaudit_site.issuers.models import Domain, Issuer  # noqa: E402
from tests import people  # noqa: E402
from tests.plaudit import samples  # noqa: E402

PASSWORD = "every page of it"
EARNER, OWNER = "ines@harbour.example", "hana@harbour.example"
ALSO_INES = "ines@work.example"
PIA = "pia@harbour.example"
"""Somebody with nothing but an account, for test_passkeys.py."""
HOST = "badges.harbour.localhost"
LIST = (
    b"Name,E-mail\nAn Extraordinarily Long-Named Participant of the Course,long.named.participant@people.example\n"
    b"Bo,bo@people.example\n,nonsense\n"
)


def main() -> None:
    names = {
        "password": PASSWORD,
        "ines": EARNER,
        "also_ines": ALSO_INES,
        "hana": OWNER,
        "pia": PIA,
        "name_of_host": HOST,
    }
    print(json.dumps(made() | names))


def made() -> dict[str, list[str]]:
    """The addresses, by who asks for them; tests/site/showing/test_every_route.py compares them with the routes."""
    hana, ines = people.person("Hana Owner", OWNER), people.person("Ines Earner", EARNER)
    people.person("Ines Earner", ALSO_INES)
    pia = people.person("Pia Pilot", PIA)
    User.objects.filter(pk__in=[hana.pk, ines.pk, pia.pk]).update(password=make_password(PASSWORD))
    issuer = founding.found(
        hana, name="Harbour College", url="https://harbour.example/", email=OWNER, standing="approved"
    )
    world = people.World(hana, hana, issuer, people.make_badge(issuer, "Certified Harbour Pilot"))
    award = earned(world, ines)
    return {
        "stranger": [*of_the_earner(award, ines), *of_the_site(world, award)],
        "earner": kept(award, ines),
        "owner": run(world, award),
        "host": at_its_own_host(issuer, award),
    }


def earned(world: people.World, ines: User) -> Award:
    award = world.award(
        EARNER, note="A line for you", result="87 %", evidence_url="https://harbour.example/work"
    )
    claiming.accept(award, ines, visibility="link", trust_issuer=True)
    keeping.set_visibility(award, ines, "public")
    award.refresh_from_db()
    return award


def of_the_earner(award: Award, ines: User) -> list[str]:
    """What strangers see of her: profile, collection, a link that shows less, a badge from elsewhere."""
    profile = profiles.profile_of(ines)
    profile.is_on = True
    profile.save()
    name = profiles.take_name(ines, "ines-of-the-harbour")
    collection = collecting.make(ines, "For an application")
    collecting.choose(collection, [award.public_id])
    collecting.describe(collection, name=collection.name, text="What I learnt.", visibility="public")
    link = limiting.make(award, ines, limiting.Wanted(days=7, name_shown="first"))
    imported = brought_in(ines)
    return [
        f"/@{name}",
        f"/collection/{collection.public_id}",
        f"/s/{link.public_id}",
        f"/shown/{imported.public_id}",
        f"/embed/{award.public_id}",
        f"/embed/{award.public_id}?theme=dark",
    ]


def brought_in(ines: User) -> Imported:
    proving.prove(ines, samples.EMAIL, how="test")
    verifying.WebFetch = lambda: MappedFetch(dict(samples.web()))  # type: ignore[attr-defined]
    content = issue(samples.credential(), samples.GUILD, timezone.now() - timedelta(days=1))
    importing.take_in_now(importing.begin(ines, [Piece("badge.json", content)]))
    imported = Imported.objects.get(owner=ines)
    owning.set_visibility(imported, ines, "public")
    return imported


def of_the_site(world: people.World, award: Award) -> list[str]:
    site = f"/i/{world.issuer.slug}/"
    assert award.credential
    verified = results.check(bytes(award.credential.content).decode(), timezone.now())
    refused = results.check("no badge", timezone.now())
    waiting = world.award("somebody@people.example")
    claim = invitations.claim_url(waiting).removeprefix(settings.BASE_URL)
    leave = invitations.unsubscribe_token(waiting, "issuer")
    return [
        site,
        f"{site}b/{world.badge.public_id}/",
        f"{site}how-to-claim/",
        f"{site}how-to-check/",
        f"{site}c/{award.public_id}",
        f"/verify/{verified.public_id}",
        f"/verify/{refused.public_id}",
        claim,
        f"{claim}/see",
        f"{claim}/report",
        f"/u/{leave}",
    ]


def kept(award: Award, ines: User) -> list[str]:
    """Her own pages."""
    collection = collecting.make(ines, "For an application")
    imported = Imported.objects.get(owner=ines)
    address = ines.emailaddress_set.get(email=samples.EMAIL)  # type: ignore[attr-defined]
    mine = f"/badges/{award.public_id}"
    return [
        "/badges",
        f"/badges?new={award.public_id}",
        f"{mine}/manage",
        f"{mine}/limited",
        f"{mine}/mastodon",
        f"{mine}/remove",
        f"{mine}/report",
        "/badges/collections",
        f"/badges/collections/{collection.public_id}",
        f"/badges/imported/{imported.public_id}/manage",
        f"/badges/imported/{imported.public_id}/remove",
        f"/badges/add/{imported_run(ines)}",
        "/account/profile",
        "/account/export",
        "/account/erase",
        f"/account/addresses/{address.pk}/remove",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
    ]


def imported_run(ines: User) -> str:
    run = importing.begin(ines, [Piece("picture.png", b"\x89PNG no badge"), Piece("text", b"nothing")])
    importing.take_in_now(run)
    return str(run.public_id)


def run(world: people.World, award: Award) -> list[str]:
    """What the issuer's owner has: lists, the register, changes of many, webhooks, tokens."""
    issuer, hana = world.issuer, world.ada
    looked_at = staging.upload(issuer, io.BytesIO(LIST), name="list.csv", badge=world.badge, by=hana)
    done = staging.upload(
        issuer,
        io.BytesIO(b"Name,E-mail\nCy,cy@people.example\n"),
        name="done.csv",
        badge=world.badge,
        by=hana,
    )
    batching.start(done, by=hana)
    Batch.objects.filter(pk=done.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    people.run_worker()
    person, _said = registering.put(issuer, own_id="1", name="Cy", address="cy@people.example", by=hana)
    wanted = listing.Wanted(batch=done.public_id)
    change = bulk_changing.start(issuer, "send_again", wanted, reason="", by=hana, press="0" * 26)
    webhook = making.make(issuer, url="https://harbour.example/hook", kinds=NAMES, by=hana)
    making.test(webhook, by=hana)
    making.pause(webhook, by=hana)
    key = issuer.keys.order_by("pk").first()
    assert key is not None
    badge, batch = f"badges/{world.badge.public_id}", f"batches/{looked_at.public_id}"
    hook = f"webhooks/{webhook.public_id}"
    pages = [
        f"awards?batch={done.public_id}", "awards?state=waiting", f"awards/{award.public_id}",
        "awards/send-many?all=1", "awards/take-back?all=1", "awards/correct-many?all=1",
        f"changes/{change.public_id}", "batches", "batches/new", batch,
        f"{batch}/lines/2", f"{batch}/lines/4", f"batches/{done.public_id}",
        f"batches/{done.public_id}/undo", "wording", "wording?kind=revoked&language=de", "register",
        f"register/{person.pk}", badge, f"{badge}/edit", f"{badge}/translate?in=de",
        "certificate", "domain", f"keys/{key.pk}/compromised", "api/new", "webhooks", "webhooks/new", hook,
        f"{hook}?state=skipped", f"{hook}/edit", f"{hook}/secret", f"{hook}/remove",
    ]  # fmt: skip
    return [f"/manage/{issuer.slug}/{page}" for page in pages]


def at_its_own_host(issuer: Issuer, award: Award) -> list[str]:
    """An issuer of a host of its own: its badge site and a certificate of it, asked for there."""
    now = timezone.now()
    own = {"host": HOST, "host_seen_at": now, "found_at": now, "proven_at": now, "checked_at": now}
    Domain.objects.update_or_create(
        issuer=issuer, defaults={"name": "harbour.localhost", "state": "proven", "how": "dns", **own}
    )
    public = award.version.achievement.public_id
    return [
        "/",
        f"/c/{award.public_id}",
        f"/i/{issuer.slug}/b/{public}/",
        f"/i/{issuer.slug}/how-to-claim/",
        f"/i/{issuer.slug}/how-to-check/",
        f"/embed/{award.public_id}",
        "/no-such-page",
    ]


if __name__ == "__main__":
    main()
