"""Collections: an earner's own, in the earner's order; deleting one deletes no badge."""

from __future__ import annotations

import re

import pytest

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award, Collection
from plaudit_site.belongings import collecting
from tests.people import World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def earned(world: World, eve: User, title: str) -> Award:
    award = world.award(badge=world.badge_like(title))
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    return award


@pytest.mark.journey("J25", "J29")
def test_a_collection_is_made_on_its_tab_and_filled_in_manage(world: World, eve: User) -> None:
    award = earned(world, eve, "Pricing")
    client = signed_in(eve)
    assert "No collection yet" in client.get("/badges/collections").content.decode()
    client.post("/badges/collections", {"name": "  For my   application "})
    made = Collection.objects.get(owner=eve)
    assert made.name == "For my application"
    client.post(f"/badges/{award.public_id}/collections", {"collection": [made.public_id], "new": "Second"})
    assert award.version.title in client.get(f"/badges/collections/{made.public_id}").content.decode()
    assert {c.name for c in Collection.objects.filter(items__award=award)} == {"For my application", "Second"}
    client.post(f"/badges/{award.public_id}/collections", {})
    assert not Collection.objects.filter(items__award=award).exists()


def test_the_order_is_the_earners(world: World, eve: User) -> None:
    made = collecting.make(eve, "Mine")
    awards = [earned(world, eve, title) for title in ("One", "Two", "Three")]
    for award in awards:
        collecting.put(award, eve, [made.public_id])
    client = signed_in(eve)
    order = [award.public_id for award in awards]
    client.post(f"/badges/collections/{made.public_id}", {"order": order, "up": order[2]})
    client.post(f"/badges/collections/{made.public_id}", {"order": [order[0]], "up": order[0]})
    assert [card.title for card in collecting.shown(collecting.entries(made))] == ["One", "Three", "Two"]


def test_of_very_many_badges_order_and_choice_are_kept(world: World, eve: User) -> None:
    """With a field for each badge the three hundredth made the form unreadable, and the order was lost."""
    made = collecting.make(eve, "Mine")
    awards = [earned(world, eve, title) for title in ("One", "Two", "Three")]
    client, here = signed_in(eve), f"/badges/collections/{made.public_id}"
    others = [f"{number:026}" for number in range(5_000)]
    ids = [award.public_id for award in awards]
    assert client.post(here, {"badges": "1", "badge": [*others, *ids]}).status_code == 302
    assert len(collecting.entries(made)) == 3
    page = client.get(here).content.decode()
    fields = re.findall(r'name="order" value="([^"]*)"', page)
    assert [field.split() for field in fields] == [[entry.public_id for entry in collecting.entries(made)]]
    wanted = [ids[2], ids[0], ids[1]]
    assert client.post(here, {"order": " ".join([*others, *wanted])}).status_code == 302
    assert [entry.public_id for entry in collecting.entries(made)] == wanted
    assert client.post(here, {"order": " ".join(wanted), "up": wanted[1]}).status_code == 302
    assert [entry.public_id for entry in collecting.entries(made)] == [ids[0], ids[2], ids[1]]


def test_deleting_a_collection_keeps_its_badges(world: World, eve: User) -> None:
    award, made = earned(world, eve, "One"), collecting.make(eve, "Mine")
    collecting.put(award, eve, [made.public_id])
    signed_in(eve).post(f"/badges/collections/{made.public_id}", {"delete": "1"})
    assert not Collection.objects.exists()
    assert award in Award.objects.earned_by(eve)


def test_nobody_sees_or_fills_somebody_elses(world: World, eve: User, sam: User) -> None:
    award, made = earned(world, eve, "One"), collecting.make(eve, "Mine")
    client = signed_in(sam)
    assert client.get(f"/badges/collections/{made.public_id}").status_code == 404
    assert client.post(f"/badges/collections/{made.public_id}", {"delete": "1"}).status_code == 404
    assert (
        client.post(f"/badges/{award.public_id}/collections", {"collection": [made.public_id]}).status_code
        == 404
    )
    collecting.put(award, sam, [made.public_id])
    assert not made.items.exists()
