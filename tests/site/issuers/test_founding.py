"""How issuers come to be: identifiers for ever, slugs never twice, names that are not somebody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from plaudit_site.accounts.models import User
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Issuer, IssuerSlug, Role, Site
from tests.people import World

pytestmark = pytest.mark.django_db


def made(owner: User, name: str, **more: Any) -> Issuer:
    return founding.found(owner, name=name, url="https://x.example", email="x@x.example", **more)


def test_the_first_start_makes_the_sites_own_issuer_once(site: Site) -> None:
    again = founding.first_start()
    assert again.issuer == site.issuer
    assert Issuer.objects.filter(is_site=True).count() == 1
    assert site.issuer is not None
    assert site.issuer.standing == "approved"


def test_another_address_or_key_file_refuses_to_start(site: Site, settings: Any) -> None:
    settings.BASE_URL = "https://moved.example"
    with pytest.raises(ImproperlyConfigured, match="BASE_URL=http://localhost:8000"):
        founding.first_start()
    settings.BASE_URL = "http://localhost:8000"
    Site.objects.update(key_fingerprint="of another file")
    with pytest.raises(ImproperlyConfigured, match="PLAUDIT_KEY_FILE"):
        founding.first_start()


def test_an_identifier_is_a_did_web_of_this_host_and_never_changes(world: World) -> None:
    before = world.issuer.identifier
    assert before == f"did:web:localhost%3A8000:issuers:{world.issuer.public_id}"
    founding.change_slug(world.issuer, "another-name", by="ada")
    world.issuer.refresh_from_db()
    assert world.issuer.identifier == before


def test_a_slug_is_never_given_again(world: World, sam: User) -> None:
    old = world.issuer.slug
    founding.change_slug(world.issuer, "new-home", by="ada")
    assert IssuerSlug.objects.get(slug=old).issuer == world.issuer
    assert made(sam, "Society of Product Leaders").slug not in {old, "new-home"}
    other = made(sam, "Other School")
    with pytest.raises(ValueError, match=old):
        founding.change_slug(other, old, by="sam")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Abendschule Größenwahn & Söhne", "abendschule-grossenwahn-sohne"),
        ("Høgskolen på Læsø", "hogskolen-pa-laeso"),
        ("Łódź Đakovo Œuvre", "lodz-dakovo-oeuvre"),
        ("東京", "issuer"),
        ("a" * 49 + " school", "a" * 49),
    ],
)
def test_a_slug_loses_no_letter_and_ends_with_one(sam: User, name: str, slug: str) -> None:
    assert made(sam, name).slug == slug


@pytest.mark.journey("J48")
@pytest.mark.parametrize(
    "name",
    [
        "Society of Product Leaders",
        "SOCIETY OF PRODUCT LEADERS",
        "Society of Product Leaders\u200b",
        "Ѕociety of Product Leaders",
        "S0ciety of Product Leaders",
        "Society  of Product-Leaders",
        "Society of Product Ｌeaders",
    ],
)
def test_a_name_that_looks_like_another_is_flagged(world: World, sam: User, name: str) -> None:
    assert made(sam, name).look_alike_of == "Society of Product Leaders"


def test_an_honest_name_is_not_flagged(world: World, sam: User) -> None:
    assert made(sam, "Society of Product Followers").look_alike_of == ""


@pytest.mark.parametrize("name", ["\u200b\u200b", "   ", "\u202e", "---"])
def test_a_name_nobody_can_see_is_refused(site: Site, sam: User, name: str) -> None:
    with pytest.raises(founding.NameRefused):
        made(sam, name)


@pytest.mark.journey("J48")
@pytest.mark.parametrize(("mode", "standing"), [("approval", "pending"), ("open", "approved")])
def test_the_operators_mode_decides_the_standing(
    site: Site, sam: User, settings: Any, mode: str, standing: str
) -> None:
    settings.ISSUERS_MODE = mode
    assert made(sam, "New School").standing == standing


@pytest.mark.journey("J48")
def test_a_closed_site_takes_issuers_from_its_operator_only(
    site: Site, sam: User, ozz: User, settings: Any
) -> None:
    settings.ISSUERS_MODE = "closed"
    with pytest.raises(founding.IssuersClosed):
        made(sam, "New School")
    assert made(ozz, "New School").pk


@pytest.mark.journey("J43")
def test_roles_allow_what_they_say_and_an_owner_always_stays(world: World, sam: User) -> None:
    verbs = {"see", "award", "edit", "own"}
    for role, allowed in access.MAY.items():
        access.set_role(world.issuer, sam, role, by="ada")
        assert {v for v in verbs if access.may(sam, v, world.issuer)} == set(allowed)
    access.remove(world.issuer, sam, by="ada")
    assert not access.may(sam, "see", world.issuer)
    with pytest.raises(access.LastOwner):
        access.remove(world.issuer, world.ada, by="ada")
    with pytest.raises(access.LastOwner):
        access.set_role(world.issuer, world.ada, Role.VIEWER, by="ada")
