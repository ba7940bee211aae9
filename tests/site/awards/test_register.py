"""The register of people (J47): awards by id, and a new address that takes along what waits."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts import proving
from plaudit_site.awards import awarding, batching, claiming, readdressing, register_lists, staging
from plaudit_site.awards.models import Award, Batch, BatchRow, Visibility
from plaudit_site.awards.spreadsheets import FileRefused
from plaudit_site.issuers import founding, registering
from plaudit_site.issuers.models import Person
from plaudit_site.mail.models import Message
from tests import people
from tests.people import EVE, EVE_AT_WORK, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world: World) -> Client:
    return signed_in(world.ben)


@pytest.fixture
def eve(world: World) -> Person:
    return keep(world, "M-7").person


def keep(world: World, own_id: str, address: str = EVE, name: str = "Eve Earner") -> readdressing.Kept:
    return readdressing.keep(world.issuer, own_id=own_id, name=name, address=address, by=world.ben)


def url(world: World, more: str = "") -> str:
    return f"/manage/{world.issuer.slug}/register{more}"


def award_by_id(client: Client, world: World, own_id: str, **more: str) -> Any:
    page = client.get(f"/manage/{world.issuer.slug}/awards/new")
    press = page.context["form"].initial["press"]
    form = {"badge": world.badge.public_id, "name": "", "address": own_id, "press": press, **more}
    return client.post(f"/manage/{world.issuer.slug}/awards/new", form)


def listed(world: World, text: str) -> Batch:
    file = io.BytesIO(text.encode())
    return staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)


def awarded(world: World, batch: Batch) -> None:
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker()


@pytest.mark.journey("J47")
def test_an_award_by_id_follows_its_person_to_a_new_address(
    client: Client, world: World, eve: Person
) -> None:
    answer = award_by_id(client, world, " m-7 ")
    assert answer.status_code == 302, answer.content.decode()[:3000]
    run_worker()
    award = Award.objects.get(person=eve)
    assert (award.address, award.name, award.state) == (EVE, "Eve Earner", Award.State.WAITING)
    page = client.get(url(world, f"/{eve.pk}")).content.decode()
    assert "1 badge waits to be accepted" in page
    form = {"own_id": "M-7", "name": "Eve Earner", "address": EVE_AT_WORK}
    answer = client.post(url(world, f"/{eve.pk}"), form, follow=True)
    assert "1 badge that waited goes to the new address now" in answer.content.decode()
    run_worker()
    award.refresh_from_db()
    assert (award.address, award.state, award.invitation_number) == (EVE_AT_WORK, Award.State.WAITING, 2)
    assert Message.objects.filter(subject_id=award.public_id, kind="invitation", state="sent").count() == 2


def test_what_was_accepted_declined_or_awarded_by_address_stays(world: World, eve: Person) -> None:
    accepted = awarding.award(world.badge, address=EVE, name="Eve", by=world.ben, person=eve)
    by_address = awarding.award(world.badge_like("Other"), address=EVE, name="Eve", by=world.ben)
    run_worker()
    accepted.refresh_from_db()
    earner = people.person("Eve", EVE)
    claiming.accept(accepted, earner, visibility=Visibility.LINK, trust_issuer=False)
    assert keep(world, "M-7", EVE_AT_WORK).corrected == []
    for award in (accepted, by_address):
        award.refresh_from_db()
        assert award.address == EVE


def test_a_badge_that_the_new_address_has_is_left_and_said(client: Client, world: World, eve: Person) -> None:
    awarding.award(world.badge, address=EVE, name="Eve", by=world.ben, person=eve)
    awarding.award(world.badge, address=EVE_AT_WORK, name="Eve", by=world.ben)
    run_worker()
    form = {"own_id": "M-7", "name": "Eve Earner", "address": EVE_AT_WORK}
    page = client.post(url(world, f"/{eve.pk}"), form, follow=True).content.decode()
    assert "This person already has this badge." in page
    assert Person.objects.get(pk=eve.pk).address == EVE_AT_WORK


def test_a_list_by_id_alone_goes_to_the_address_of_the_moment(world: World, eve: Person) -> None:
    batch = listed(world, "id\nM-7\nnobody\n")
    batch.refresh_from_db()
    ready, bad = BatchRow.objects.filter(batch=batch).order_by("line")
    assert (ready.state, ready.address, ready.name, ready.by_id) == ("ready", EVE, "Eve Earner", True)
    assert [problem["code"] for problem in bad.problems] == ["nobody known"]
    keep(world, "M-7", EVE_AT_WORK)
    awarded(world, batch)
    award = Award.objects.get(batch=batch)
    assert (award.address, award.name, award.person_id) == (EVE_AT_WORK, "Eve Earner", eve.pk)


def test_who_is_taken_off_the_register_meanwhile_is_not_awarded(world: World, eve: Person) -> None:
    batch = listed(world, "id\nM-7\n")
    registering.remove(eve, by=world.ben)
    awarded(world, batch)
    row = BatchRow.objects.get(batch=batch)
    assert (row.state, row.problems) == ("refused", [{"code": "nobody known"}])
    assert not Award.objects.filter(batch=batch).exists()


def test_another_address_than_the_registers_is_asked_about(world: World, eve: Person) -> None:
    batch = listed(world, f"id,name,email\nM-7,Eve,{EVE_AT_WORK}\nM-7,Eve,{EVE}\n")
    odd, same = BatchRow.objects.filter(batch=batch).order_by("line")
    assert [(p["code"], p["suggestion"]) for p in odd.problems] == [("the register has another", EVE)]
    assert same.state == "ready"
    row = staging.correct(batch, odd.line, {"address": EVE_AT_WORK}, by=world.ben, as_it_is=True)
    assert (row.state, row.address, row.by_id) == ("ready", EVE_AT_WORK, False)
    awarded(world, batch)
    whose = dict(Award.objects.filter(batch=batch).values_list("address", "person_id"))
    assert whose == {EVE: eve.pk, EVE_AT_WORK: None}


def test_an_unknown_id_is_added_and_the_row_corrected(world: World) -> None:
    batch = listed(world, "id,name,email\nM-8,,\n")
    keep(world, "M-8")
    row = staging.correct(batch, 2, {}, by=world.ben)
    assert (row.state, row.address, row.name, row.by_id) == ("ready", EVE, "Eve Earner", True)


def test_another_issuers_register_is_not_asked(world: World, eve: Person) -> None:
    olga = people.person("Olga Other", "olga@other.example")
    other = founding.found(
        olga, name="Other School", url="https://o.example", email="o@o.example", standing="approved"
    )
    assert registering.known(other, ["M-7"]) == {}
    assert signed_in(olga).get(f"/manage/{other.slug}/register/{eve.pk}").status_code == 404
    assert signed_in(olga).post(f"/manage/{other.slug}/register/{eve.pk}/remove").status_code == 404
    assert Person.objects.filter(pk=eve.pk).exists()


def test_an_id_that_nobody_has_is_said_on_the_form(client: Client, world: World, eve: Person) -> None:
    page = award_by_id(client, world, "M-77").content.decode()
    assert "nobody in your register has this id" in page
    page = award_by_id(client, world, "new@example.org").content.decode()
    assert "Type the name as it should stand on the certificate." in page
    assert not Award.objects.filter(issuer=world.issuer).exists()


def test_a_list_is_brought_and_the_same_again_changes_nothing(
    client: Client, world: World, eve: Person
) -> None:
    awarding.award(world.badge, address=EVE, name="Eve", by=world.ben, person=eve)
    run_worker()
    text = (
        f"E-Mail;Matrikelnummer;Name\n{EVE_AT_WORK};M-7;Eve Earner\nada@example.org;8;Ada\n"
        "nonsense;9;Ben\n;10;Carl\ncarl@example.org;;Carl\ncarl@example.org;a@b;Carl\n"
    )
    page = client.post(url(world, "/list"), {"file": SimpleUploadedFile("people.csv", text.encode())})
    brought = page.context["brought"]
    assert (brought.new, brought.changed, brought.corrected) == (1, 1, 1)
    assert [line for line, _words in brought.problems] == [4, 5, 6, 7]
    again = register_lists.bring(world.issuer, io.BytesIO(text.encode()), by=world.ben)
    assert (again.new, again.changed, again.same, again.corrected) == (0, 0, 2, 0)
    back = b"".join(client.get(url(world, ".csv")).streaming_content)  # type: ignore[attr-defined]
    once_more = register_lists.bring(world.issuer, io.BytesIO(back), by=world.ben)
    assert (once_more.new, once_more.changed, once_more.same) == (0, 0, 2)


def test_a_list_with_first_and_last_names_is_brought_whole(world: World) -> None:
    text = "Matrikelnummer;Name;Vorname;E-Mail\n8;Lovelace;Ada;ada@example.org\n9;Nevis;;ben@example.org\n"
    brought = register_lists.bring(world.issuer, io.BytesIO(text.encode()), by=world.ben)
    assert (brought.new, [line for line, _words in brought.problems]) == (1, [3])
    assert "“Nevis” is half of a name" in brought.problems[0][1]
    assert Person.objects.get(issuer=world.issuer).name == "Ada Lovelace"
    assert register_lists.bring(world.issuer, io.BytesIO(text.encode()), by=world.ben).same == 1
    with pytest.raises(FileRefused, match="not found: First name"):
        register_lists.bring(
            world.issuer, io.BytesIO(b"id,Last name,email\n1,A,a@example.org\n"), by=world.ben
        )


def test_the_registers_name_goes_before_half_a_name(world: World, eve: Person) -> None:
    batch = listed(world, f"id,Last name\n{eve.own_id},Earner\n")
    assert (batch.rows.get().name, batch.rows.get().state) == ("Eve Earner", "ready")


def test_the_register_as_csv_holds_no_formula(client: Client, world: World) -> None:
    keep(world, "=1+1", name="+Eve")
    text = b"".join(client.get(url(world, ".csv")).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=1+1" in text
    assert "'+Eve" in text
    brought = register_lists.bring(world.issuer, io.BytesIO(text.encode()), by=world.ben)
    assert (brought.new, brought.changed, brought.same) == (0, 0, 1)


def test_a_list_without_its_columns_or_too_long_is_refused_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileRefused, match="Your own number"):
        register_lists.bring(world.issuer, io.BytesIO(b"name,email\nAda,ada@example.org\n"), by=world.ben)
    monkeypatch.setattr(register_lists, "MOST_ROWS", 1)
    rows = b"id,name,email\n1,Ada,ada@example.org\n2,Ben,ben@example.org\n"
    with pytest.raises(FileRefused, match="more than 1 rows"):
        register_lists.bring(world.issuer, io.BytesIO(rows), by=world.ben)
    assert not Person.objects.filter(issuer=world.issuer).exists()


def test_search_empty_states_and_a_person_removed(client: Client, world: World) -> None:
    assert "Nobody in the register yet" in client.get(url(world)).content.decode()
    client.post(url(world), {"own_id": "M-7", "name": "Eve Earner", "address": EVE})
    person = Person.objects.get(issuer=world.issuer)
    for text in ("eve", "M-7", "earner"):
        assert EVE in client.get(url(world), {"q": text}).content.decode()
    assert "Nobody found" in client.get(url(world), {"q": "zoë"}).content.decode()
    answer = client.post(url(world, f"/{person.pk}/remove"), follow=True)
    assert "Removed from the register" in answer.content.decode()
    assert not Person.objects.exists()


def test_who_may_not_award_changes_nothing(world: World, eve: Person) -> None:
    sam = people.person("Sam", "sam@example.org")
    with pytest.raises(registering.RegisterRefused):
        readdressing.keep(world.issuer, own_id="M-7", name="Eve", address=EVE_AT_WORK, by=sam)
    with pytest.raises(registering.RegisterRefused):
        registering.remove(eve, by=sam)
    assert proving.owner_of(EVE_AT_WORK) is None
    assert Person.objects.get(pk=eve.pk).address == EVE
