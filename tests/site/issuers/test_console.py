"""The issuer's console over HTTP: make an issuer, its links, its people, a badge, and award one person."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award
from plaudit_site.issuers import access
from plaudit_site.issuers.models import Issuer, Membership, Role
from plaudit_site.mail.models import Message
from plaudit_site.mail.renderers import render
from tests import people
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def png(side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "navy").save(out, "PNG")
    return out.getvalue()


BADGE: dict[str, Any] = {
    "title": "Plain Language Writing",
    "description": "Writes so that people understand.",
    "criteria": "- Ten texts\n- A review",
    "repeat": "once",
    "picture": "design",
    "shape": "rosette",
    "palette": "gold",
    "symbol": "pen-line",
    "title_in_picture": "in",
}
ISSUER = {"name": "Harbour College", "url": "https://harbour.example", "email": "badges@harbour.example"}


@pytest.mark.journey("J43")
def test_somebody_makes_an_issuer_and_waits_for_approval(site: object, sam: User) -> None:
    client = signed_in(sam)
    logo = SimpleUploadedFile("logo.png", png(), "image/png")
    answer = client.post("/issuers/new", {**ISSUER, "linkedin_id": "12345", "logo_file": logo})
    issuer = Issuer.objects.get(name="Harbour College")
    assert answer["Location"] == f"/manage/{issuer.slug}/badges"
    assert (issuer.standing, issuer.linkedin_id) == ("pending", "12345")
    assert issuer.keys.count() == 2
    assert "waits for approval" in client.get(f"/manage/{issuer.slug}/badges").content.decode()
    assert Client().get(f"/i/{issuer.slug}/logo.png")["Content-Type"] == "image/png"


def test_who_wants_to_award_finds_the_way_to_an_issuer(site: object, sam: User, settings: Any) -> None:
    wanted = "/accounts/signup/?next=/issuers/new"
    assert wanted in Client().get("/").content.decode()
    assert 'href="/issuers/new"' in Client().get("/help/").content.decode()
    assert 'href="/issuers"' in signed_in(sam).get("/badges").content.decode()
    stranger = Client()
    stranger.post(wanted, {"email": "new@harbour.example"})
    code = Message.objects.get(kind="code", context__address="new@harbour.example").context["code"]
    assert stranger.post("/accounts/confirm-email/", {"code": code})["Location"] == "/issuers/new"

    settings.ISSUERS_MODE = "closed"
    for client, page in ((Client(), "/"), (Client(), "/help/"), (signed_in(sam), "/badges")):
        assert "/issuers" not in client.get(page).content.decode()


def test_before_a_badge_is_published_the_pages_say_what_is_next(site: object, sam: User) -> None:
    client = signed_in(sam)
    client.post("/issuers/new", ISSUER)
    console = f"/manage/{Issuer.objects.get(name='Harbour College').slug}"
    page = client.get(f"{console}/awards/new").content.decode()
    assert "First you need a published badge." in page
    assert 'name="address"' not in page

    client.post(f"{console}/badges/new", {**BADGE, "criteria": "- Ten **texts**"})
    public_id = Achievement.objects.get(issuer__name="Harbour College").public_id
    draft = client.get(f"{console}/badges/{public_id}").content.decode()
    assert "<li>Ten <strong>texts</strong></li>" in draft
    missing = draft.partition("Before you can publish it:")[2].partition("</div></div>")[0]
    assert f'href="{console}/badges/{public_id}/edit"' in missing
    assert f'href="{console}/links"' in missing
    publish = f'action="{console}/badges/{public_id}/publish"'
    assert publish not in draft

    link = {"group": "work", "label": "What it takes", "url": "https://harbour.example/work"}
    client.post(f"{console}/links", link)
    ready = client.get(f"{console}/badges/{public_id}").content.decode()
    assert "Before you can publish it:" not in ready
    assert publish in ready


def test_bad_input_is_named_and_nothing_typed_is_lost(site: object, sam: User) -> None:
    page = (
        signed_in(sam)
        .post("/issuers/new", {**ISSUER, "url": "harbour", "email": "nobody", "description": "We teach."})
        .content.decode()
    )
    assert "Harbour College" in page
    assert "We teach." in page
    assert page.count('class="errors"') == 2
    assert not Issuer.objects.filter(name="Harbour College").exists()


@pytest.mark.parametrize(
    "data", [b"", b"<svg onload=x>", b"GIF89a" + b"0" * 50, png()[:60]], ids=["empty", "svg", "gif", "cut"]
)
def test_a_logo_that_is_no_picture_is_refused(site: object, sam: User, data: bytes) -> None:
    logo = SimpleUploadedFile("logo.png", data, "image/png")
    assert signed_in(sam).post("/issuers/new", {**ISSUER, "logo_file": logo}).status_code == 200
    assert not Issuer.objects.filter(name="Harbour College").exists()


@pytest.mark.journey("J35")
def test_a_badge_is_not_published_while_a_group_of_links_would_be_empty(world: World) -> None:
    client = signed_in(world.ada)
    client.post(f"/manage/{world.issuer.slug}/badges/new", BADGE)
    badge = Achievement.objects.get(current__title="Plain Language Writing")
    path = f"/manage/{world.issuer.slug}/badges/{badge.public_id}"
    assert "The work required" in client.get(path).content.decode()
    page = client.post(f"{path}/publish", follow=True).content.decode()
    assert "has no link" in page
    badge.refresh_from_db()
    assert badge.state == "draft"
    client.post(f"{path}/edit", {**BADGE, "link_label": "Syllabus", "link_url": "https://harbour.example/s"})
    client.post(f"{path}/publish")
    badge.refresh_from_db()
    assert badge.state == "published"
    assert badge.current is not None
    assert badge.current.number == 1, "a draft that nobody was awarded keeps its number"


@pytest.mark.journey("J33")
@pytest.mark.parametrize("wish", ["in", "draw"])
def test_an_upload_is_kept_as_it_is_or_gets_the_title_drawn_in(world: World, wish: str) -> None:
    client = signed_in(world.ada)
    upload = SimpleUploadedFile("../../evil.png", png(), "image/png")
    client.post(
        f"/manage/{world.issuer.slug}/badges/new",
        {**BADGE, "picture": "upload", "title_in_picture": wish, "upload": upload},
    )
    version = Achievement.objects.get(current__title="Plain Language Writing").current
    assert version is not None
    assert version.picture_svg == ""
    colours = Image.open(io.BytesIO(bytes(version.picture_png))).convert("RGB").getcolors(100_000)
    assert colours is not None
    assert (len(colours) > 1) is (wish == "draw")


@pytest.mark.journey("J33")
def test_the_designer_shows_what_it_would_draw_before_saving(world: World) -> None:
    client = signed_in(world.ada)
    page = client.post(f"/manage/{world.issuer.slug}/badges/new", {**BADGE, "preview": "1"}).content.decode()
    assert "data:image/svg+xml," in page
    assert "Plain%20Language%20Writing" in page
    assert not Achievement.objects.filter(current__title="Plain Language Writing").exists()


@pytest.mark.journey("J44")
def test_editing_makes_a_version_and_what_was_awarded_stays(world: World) -> None:
    award = world.award()
    assert award.credential is not None
    before = bytes(award.credential.content)
    path = f"/manage/{world.issuer.slug}/badges/{world.badge.public_id}/edit"
    signed_in(world.ada).post(
        path, {**BADGE, "criteria_url": "https://leaders.example/r", "title": "Renamed Badge"}
    )
    award.refresh_from_db()
    world.badge.refresh_from_db()
    assert (award.version.number, award.version.title) == (1, "Certified Product Manager")
    assert world.badge.current is not None
    assert (world.badge.current.number, world.badge.current.title) == (2, "Renamed Badge")
    assert bytes(award.credential.content) == before


@pytest.mark.journey("J45")
def test_one_person_is_awarded_with_four_fields_on_two_pages(world: World) -> None:
    client = signed_in(world.ben)
    path = f"/manage/{world.issuer.slug}/awards/new"
    page = client.get(path).content.decode()
    main = page.split("<main")[1]
    fields = re.findall(r'<(?:input(?![^>]*type="hidden")|select|textarea)[^>]*name="(\w+)"', main)
    assert len(fields) <= 4, fields
    press = re.search(r'name="press" value="(\w+)"', main)
    assert press
    form = {
        "badge": world.badge.public_id,
        "name": "Eve Earner",
        "address": "Eve@Example.org",
        "press": press[1],
    }
    answer = client.post(path, form)
    award = Award.objects.get(address=EVE)
    assert answer["Location"] == f"/manage/{world.issuer.slug}/awards/{award.public_id}"
    again = client.post(path, form)
    assert again["Location"] == answer["Location"], "the same page sent twice awards once"
    run_worker()
    shown = client.get(answer["Location"]).content.decode()
    assert "Mail sent" in shown
    assert "Waiting to be accepted" in shown


@pytest.mark.journey("J45")
def test_a_second_award_of_the_same_badge_leads_to_the_first(world: World) -> None:
    first = world.award()
    client = signed_in(world.ben)
    form = {"badge": world.badge.public_id, "name": "Eve", "address": EVE, "press": "x" * 26}
    page = client.post(f"/manage/{world.issuer.slug}/awards/new", form).content.decode()
    assert "already has this badge" in page
    assert first.public_id in page


@pytest.mark.journey("J11")
def test_a_wrong_address_is_corrected_on_the_awards_page(world: World) -> None:
    award = world.award("eev@example.org")
    path = f"/manage/{world.issuer.slug}/awards/{award.public_id}"
    client = signed_in(world.ben)
    client.post(f"{path}/correct", {"name": "Eve Earner", "address": EVE})
    run_worker()
    award.refresh_from_db()
    assert (award.address, award.state) == (EVE, "waiting")
    wrong = client.post(f"{path}/correct", {"name": "Eve", "address": "no address"}).content.decode()
    assert "complete e-mail address" in wrong


def test_revoking_needs_a_reason_and_tells_the_earner(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    path = f"/manage/{world.issuer.slug}/awards/{award.public_id}"
    client = signed_in(world.ben)
    client.post(f"{path}/revoke", {"reason": ""})
    assert not claiming.is_revoked(Award.objects.get(pk=award.pk))
    client.post(f"{path}/revoke", {"reason": "Issued in error"})
    assert claiming.is_revoked(Award.objects.get(pk=award.pk))
    mail = Message.objects.get(kind="revoked", subject_id=award.public_id)
    assert "Issued in error" in render("revoked", mail.subject_id, "en", {}).text
    client.post(f"{path}/revoke", {"reason": "Twice"})
    assert Award.objects.get(pk=award.pk).revocation.reason == "Issued in error"


@pytest.mark.journey("J43")
def test_people_join_by_a_mailed_link_that_works_for_the_invited_address_alone(
    world: World, sam: User
) -> None:
    signed_in(world.ada).post(
        f"/manage/{world.issuer.slug}/people", {"address": "vera@leaders.example", "role": Role.EDITOR}
    )
    mail = Message.objects.get(kind="issuer_invite")
    text = render("issuer_invite", mail.subject_id, "en", mail.context).text
    found = re.search(r"http://localhost:8000(/issuers/join/\w+)", text)
    assert found
    outsider = signed_in(sam)
    assert outsider.get(found[1]).status_code == 200
    outsider.post(found[1])
    assert not Membership.objects.filter(user=sam).exists()
    vera = people.person("Vera", "vera@leaders.example")
    client = signed_in(vera)
    client.get(found[1])
    assert not Membership.objects.filter(user=vera).exists()
    client.post(found[1])
    assert access.role_of(vera, world.issuer) == Role.EDITOR
    assert client.post(found[1]).status_code == 404


def test_keys_are_rotated_only_after_a_fresh_proof(world: World) -> None:
    client = signed_in(world.ada)
    path = f"/manage/{world.issuer.slug}/keys/rotate"
    assert client.post(path)["Location"].startswith("/account/confirm")
    assert world.issuer.keys.count() == 2
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    client.post(path)
    assert world.issuer.keys.count() == 4
    assert world.issuer.keys.filter(retired_at__isnull=True).count() == 2


def test_the_operator_approves_in_the_console(world: World, ozz: User, sam: User) -> None:
    from plaudit_site.issuers import founding

    pending = founding.found(sam, name="New School", url="https://n.example", email="n@n.example")
    client = signed_in(ozz)
    assert client.get("/operator/issuers/issuer/").status_code == 200
    choice = {"action": "approve", "_selected_action": [pending.pk]}
    page = client.post("/operator/issuers/issuer/", choice, follow=True).content.decode()
    assert "their owners are told by mail: New School" in page
    pending.refresh_from_db()
    assert pending.standing == "approved"
    told = Message.objects.get(kind="issuer_approved")
    mail = render(told.kind, told.subject_id, "en", told.context)
    assert (mail.recipient, mail.subject) == (sam.email, "New School may award now")
    for part in (mail.text, mail.html):
        assert f"/manage/{pending.slug}/badges" in part

    page = client.post("/operator/issuers/issuer/", choice, follow=True).content.decode()
    assert "Nothing changed: it was so before." in page
    assert Message.objects.filter(kind="issuer_approved").count() == 1
    assert signed_in(sam).get("/operator/issuers/issuer/").status_code == 302
