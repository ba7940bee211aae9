"""From a spreadsheet to sent mails, through the pages; what is left out, called off and undone."""

from __future__ import annotations

import csv
import html
import io
import re
import time
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from plaudit_site import leases, work
from plaudit_site.__main__ import parser
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import (
    batching,
    bulk_awarding,
    claiming,
    erasing,
    forecasting,
    mails,
    previewing,
    revoking,
    signing,
    slicing,
    spreadsheets,
    staging,
    wording,
)
from plaudit_site.awards.models import Award, Batch, BatchRow, Credential, Slice
from plaudit_site.awards.progress import Progress
from plaudit_site.commands import awarding
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import noting
from plaudit_site.mail.models import Message, State
from tests.people import World, person, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db

NASTY = (
    "Bemerkung;E-Mail-Adresse;Matrikelnummer;Teilnehmer;Datum\r\n"
    '"Sehr gut,\r\nZoë";zoe@example.org;1;Zoë Müller;03.04.2026\r\n'
    ";ada@example.org;2;Ada Lovelace;\r\n"
    "\r\n"
    ";nonsense;3;Ben;\r\n"
    ";carl@gmial.com;4;Carl;\r\n"
    ";ADA@example.org;5;Ada Lovelace;\r\n"
).encode("cp1252")


@pytest.fixture
def ben(world: World) -> Client:
    return signed_in(world.ben)


def url(world: World, more: str = "") -> str:
    return f"/manage/{world.issuer.slug}/batches{more}"


def upload(
    client: Client, world: World, data: bytes = NASTY, *, name: str = "list.csv", badge: str = ""
) -> Batch:
    file = SimpleUploadedFile(name, data)
    answer = client.post(url(world, "/new"), {"file": file, "badge": badge or world.badge.public_id})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Batch.objects.get(public_id=answer["Location"].rpartition("/")[2])


def begin(batch: Batch) -> None:
    """The time in which it could be called off is over."""
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker()
    batch.refresh_from_db()


def page(client: Client, world: World, batch: Batch, query: str = "") -> str:
    return client.get(url(world, f"/{batch.public_id}{query}")).content.decode()


def lines(batch: Batch, state: str) -> list[int]:
    return list(batch.rows.filter(state=state).order_by("line").values_list("line", flat=True))


def test_enter_saves_what_was_typed_and_the_reader_stays_at_the_row(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    row = page(ben, world, batch).partition('id="line-7"')[2]
    buttons = re.findall(r"<button([^>]*)>([^<]*)", row.partition("</form>")[0])
    assert [(attributes.strip(), label) for attributes, label in buttons] == [
        ('class="btn sm"', "Save"),
        ('class="btn quiet sm" name="as_it_is" value="1"', "Leave “carl@gmial.com”"),
    ]
    here = url(world, f"/{batch.public_id}")
    answer = ben.post(f"{here}/lines/6/correct", {"address": "still nonsense"})
    assert answer["Location"] == f"{here}#line-6"
    assert 'id="line-6"' in page(ben, world, batch)
    answer = ben.post(f"{here}/lines/6/correct", {"address": "ben@example.org"})
    assert answer["Location"] == f"{here}#of-rows"
    assert ben.post(f"{here}/lines/7/leave-out")["Location"] == f"{here}#of-rows"
    assert 'id="of-rows"' in page(ben, world, batch)


@pytest.mark.journey("J45")
def test_a_nasty_list_goes_from_upload_to_sent_without_a_manual(world: World, ben: Client) -> None:
    assert "Upload a list" in ben.get(url(world)).content.decode()
    batch = upload(ben, world)
    text = page(ben, world, batch)
    assert "2 rows ready, 2 need attention" in " ".join(text.split())
    assert "1 row is there already" in text
    assert "Line 6" in text
    assert "nonsense" in text
    assert (lines(batch, "ready"), lines(batch, "bad"), lines(batch, "twice")) == ([2, 4], [6, 7], [8])
    assert Award.objects.filter(batch__isnull=False).count() == 0

    client = f"/{batch.public_id}"
    ben.post(url(world, f"{client}/lines/6/correct"), {"address": "ben@example.org"})
    ben.post(url(world, f"{client}/lines/7/correct"), {"address": "carl@gmail.com", "as_it_is": "1"})
    assert lines(batch, "ready") == [2, 4, 6, 7]
    assert batch.rows.get(line=7).address == "carl@gmial.com"

    ben.post(url(world, f"{client}/start"))
    assert "Begins in" in page(ben, world, batch)
    run_worker()
    assert Award.objects.filter(batch__isnull=False).count() == 0, (
        "the time in which it can be called off is not over"
    )
    begin(batch)
    assert batch.state == Batch.State.DONE
    awards = {a.batch_line: a for a in batch.awards.all()}
    assert sorted(awards) == [2, 4, 6, 7]
    assert {a.state for a in awards.values()} == {"waiting"}
    assert awards[2].name == "Zoë Müller"
    assert awards[2].note == "Sehr gut,\r\nZoë"
    assert awards[2].awarded_at.date().isoformat() == "2026-04-03"
    assert Message.objects.filter(kind="invitation", state=State.SENT).count() == 4
    text = page(ben, world, batch)
    assert "4 of 4 settled" in text
    assert "Done" in text
    assert batch.file == "", "the upload is not kept"


@pytest.mark.journey("J45")
def test_the_same_list_again_awards_nobody_new(world: World, ben: Client) -> None:
    first = upload(ben, world)
    ben.post(url(world, f"/{first.public_id}/start"))
    begin(first)
    second = upload(ben, world)
    assert lines(second, "ready") == []
    assert lines(second, "twice") == [2, 4, 8]
    assert "This very file was awarded before" in page(ben, world, second)
    assert "Was awarded this badge before" in page(ben, world, second, "?show=twice")
    ben.post(url(world, f"/{second.public_id}/start"))
    second.refresh_from_db()
    assert second.state == Batch.State.CHECKED


def test_a_second_press_and_a_second_list_at_once_award_nobody_twice(world: World, ben: Client) -> None:
    one, two = upload(ben, world), upload(ben, world)
    for batch in (one, one, two):
        ben.post(url(world, f"/{batch.public_id}/start"))
    begin(one)
    begin(two)
    assert Award.objects.filter(version__achievement=world.badge).count() == 2
    assert lines(two, "refused") == [2, 4]
    assert "Was awarded this badge before" in page(ben, world, two, "?show=refused")


def without_tokens(text: str) -> str:
    """The links of a row's mail lead nowhere before there is an award."""
    return re.sub(r"/(claim|u)/[0-9a-z…-]+", r"/\1/…", text).replace("\r\n", "\n").strip()


@pytest.mark.journey("J45")
@pytest.mark.parametrize("is_worded", [False, True], ids=["in our words", "in the issuer's own words"])
def test_the_very_mail_of_a_row_is_shown_before_and_sent_after(
    world: World, ben: Client, *, is_worded: bool
) -> None:
    if is_worded:
        own = {"subject": "{{ name }}: {{ badge }}", "text": "Dear {{ name }},\n\n{{ issuer }} & all of us."}
        wording.word(world.issuer, "invitation", "", **own, by=world.ada)
    batch = upload(ben, world)
    page_of_row = ben.get(url(world, f"/{batch.public_id}/lines/2")).content.decode()
    shown = previewing.mail(batch, batch.rows.get(line=2))
    assert shown is not None
    before = shown["rendered"]
    for part in (before.subject, before.text, before.sender_name):
        assert escape(part) in page_of_row
    assert "Sehr gut" in before.text
    assert ("Society of Product Leaders & all of us." in before.text) == is_worded
    assert (before.subject == "Zoë Müller: Certified Product Manager") == is_worded

    ben.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    raw = Message.objects.get(about=batch.awards.get(batch_line=2).pk, kind="invitation").raw
    assert raw is not None
    after = message_from_bytes(bytes(raw), policy=policy.default)
    assert after["Subject"] == before.subject
    assert before.sender_name in after["From"]
    for kind, text in (("plain", before.text), ("html", before.html)):
        body = after.get_body((kind,))  # type: ignore[attr-defined]
        assert without_tokens(body.get_content()) == without_tokens(text), kind


def test_a_row_that_needs_attention_has_no_mail_yet(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    text = ben.get(url(world, f"/{batch.public_id}/lines/6")).content.decode()
    assert "not a complete e-mail address" in text
    assert "No mail" in text
    assert "Its mail is shown here once these are right: <b>E-mail address</b>." in text


@pytest.mark.journey("J45")
def test_the_mail_of_a_row_that_is_not_awarded_is_shown_and_said_not_to_go_out(
    world: World, ben: Client
) -> None:
    batch = upload(ben, world)

    def seen(line: int) -> str:
        return html.unescape(ben.get(url(world, f"/{batch.public_id}/lines/{line}")).content.decode())

    shown = previewing.mail(batch, batch.rows.get(line=8))
    assert shown is not None
    assert (shown["rendered"].recipient, shown["goes_out"]) == ("ada@example.org", False)
    assert "This mail is not sent: the badge is there already" in (twice := seen(8))
    assert shown["rendered"].text in twice
    assert "This mail is not sent" not in seen(2)
    ben.post(url(world, f"/{batch.public_id}/lines/2/leave-out"))
    assert "This mail is not sent: the row is left out." in (left := seen(2))
    assert "Sehr gut" in left
    ben.post(url(world, f"/{batch.public_id}/leave-out-bad"))
    assert "No mail" in seen(6), "a row that was wrong still is"


def test_called_off_in_time_nothing_was_awarded(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    ben.post(url(world, f"/{batch.public_id}/start"))
    answer = ben.post(url(world, f"/{batch.public_id}/stop"), follow=True).content.decode()
    assert "Nothing was awarded and no mail has left" in answer
    begin(batch)
    assert (batch.state, Award.objects.filter(batch__isnull=False).count()) == (Batch.State.CHECKED, 0)


@pytest.mark.journey("J45", "J49")
def test_undoing_a_list_ends_though_somebody_was_erased_before_anything_was_signed(world: World) -> None:
    client = signed_in(world.ben)
    batch = upload(client, world, b"name,email\nAda,ada@example.org\nBob,bob@example.org\n")
    client.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    erased, _other = batch.awards.order_by("batch_line")
    Award.objects.filter(pk=erased.pk).update(state=Award.State.QUEUED, credential=None)
    erasing.erase([erased.public_id])
    batching.undo(batch, reason="The wrong list.", by=world.ben)
    for _round in range(10):
        batching.undo_some("worker")
        Batch.objects.filter(pk=batch.pk, due_at__isnull=False).update(due_at=timezone.now())
    batch.refresh_from_db()
    assert batch.state == Batch.State.UNDONE


@pytest.mark.journey("J45")
def test_a_list_is_undone_pending_ones_withdrawn_sent_ones_revoked(world: World, eve: User) -> None:
    client = signed_in(world.ben)
    data = b"name,email\n" + b"".join(
        b"%b,%b@example.org\n" % (n, n) for n in (b"eve", b"ada", b"bob", b"may")
    )
    batch = upload(client, world, data)
    client.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    accepted, sent, unsent, maybe = batch.awards.order_by("batch_line")
    # The server broke off after the text: nobody knows whether it arrived (F7).
    Message.objects.filter(subject_id=maybe.public_id, kind="invitation").update(
        state=State.DEFERRED, possibly_twice=True, due_at=timezone.now() + timedelta(hours=1)
    )
    claiming.accept(accepted, eve, visibility="link", trust_issuer=False)
    Message.objects.filter(subject_id=unsent.public_id, kind="invitation").update(
        state=State.QUEUED, due_at=None
    )
    batching.undo(batch, reason="The wrong list.", by=world.ben)
    run_worker()
    batch.refresh_from_db()
    assert batch.state == Batch.State.UNDONE
    for award in (accepted, sent, maybe):
        award.refresh_from_db()
        assert award.revocation.reason == "The wrong list."
    unsent.refresh_from_db()
    assert unsent.state == Award.State.WITHDRAWN
    told = Message.objects.filter(kind="revoked").values_list("subject_id", flat=True)
    assert list(told) == [accepted.public_id]
    assert "4 awards were taken back" in page(client, world, batch)


def test_what_was_taken_back_before_is_not_counted_as_taken_back_by_the_undo(world: World) -> None:
    """J45, J46: in numbers that are true, before the press and after."""
    client = signed_in(world.ben)
    batch = upload(client, world, b"name,email\nA,a@x.example\nB,b@x.example\nC,c@x.example\n")
    client.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    first, second, _third = batch.awards.order_by("batch_line")
    assert "Taken back" not in page(client, world, batch)
    revoking.withdraw(first, by=world.ben)
    revoking.revoke(second, reason="Not passed.", by=world.ben)
    assert "<dt>Taken back</dt><dd>2</dd>" in page(client, world, batch)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    asked = client.get(url(world, f"/{batch.public_id}/undo")).content.decode()
    assert "1 award is taken back, for ever. 2 were taken back before and stay as they are." in asked


@pytest.mark.journey("J45", "J48")
def test_another_issuers_list_is_not_there(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    olga = person("Olga Other", "olga@other.example")
    other = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    client = signed_in(olga)
    for more in ("", "/lines/2", "/rest.csv"):
        assert client.get(f"/manage/{other.slug}/batches/{batch.public_id}{more}").status_code == 404
    for more in ("/start", "/stop", "/discard", "/columns", "/lines/6/correct"):
        assert client.post(f"/manage/{other.slug}/batches/{batch.public_id}{more}").status_code == 404
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED


def test_bad_rows_alone_come_down_as_text_and_go_up_again(world: World, ben: Client) -> None:
    data = (
        b"name,email,note,id,result\n"
        b'=cmd|\' /C calc\'!A0,nonsense,"@x ""q""",00-7,87 %\n'
        b"Ada,ada@example.org,,,\n"
    )
    batch = upload(ben, world, data)
    answer = ben.get(url(world, f"/{batch.public_id}/rest.csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert row[0].startswith("'=cmd")
    assert row[head.index("A line from you")].startswith("'@x")
    assert row[head.index("Line")] == "2"
    again = upload(ben, world, text.replace("nonsense", "ben@example.org").encode())
    assert lines(again, "ready") == [2]
    row = again.rows.get()
    assert (row.note, row.own_id, row.result) == ('@x "q"', "00-7", "87 %")
    assert row.name == "=cmd|' /C calc'!A0"


def test_columns_that_were_not_recognised_are_chosen_once_and_remembered(world: World, ben: Client) -> None:
    data = b"who,where to\nAda,ada@example.org\n"
    batch = upload(ben, world, data)
    assert "No column was recognised for" in page(ben, world, batch)
    ben.post(
        url(world, f"/{batch.public_id}/columns"),
        {"column-0": "name", "column-1": "address", "badge": world.badge.public_id},
    )
    assert lines(batch, "ready") == [2]
    assert lines(upload(ben, world, data), "ready") == [2]


@pytest.mark.journey("J45")
def test_a_name_in_two_columns_is_awarded_and_mailed_whole(world: World, ben: Client) -> None:
    data = "Nom;Prénom;Courriel\nMüller;Zoë;zoe@example.org\nMagaly;;magaly@example.org\n".encode()
    batch = upload(ben, world, data)
    text = page(ben, world, batch, "?show=bad")
    assert "Name: “Magaly” is half of a name" in html.unescape(text)
    assert 'name="name" value="Magaly"' in text, "one press says that it is right as it is"
    rest = b"".join(ben.get(url(world, f"/{batch.public_id}/rest.csv")).streaming_content)  # type: ignore[arg-type]
    head, row = csv.reader(io.StringIO(rest.decode("utf-8-sig"), newline=""))
    assert dict(zip(head, row, strict=True))["Last name"] == "Magaly"
    filled = rest.replace(b'"","","Magaly"', '"","Inès","Magaly"'.encode())
    assert upload(ben, world, filled).rows.get().name == "Inès Magaly"
    ben.post(url(world, f"/{batch.public_id}/lines/3/correct"), {"name": "Magaly"})
    assert lines(batch, "ready") == [2, 3]
    batching.start(batch, by=world.ben)
    begin(batch)
    run_worker()
    awards = Award.objects.filter(batch=batch).select_related("credential").order_by("batch_line")
    assert [award.name for award in awards] == ["Zoë Müller", "Magaly"]
    assert "Zoë Müller" in mails.shown_before(awards[0]).text


def test_a_row_is_corrected_by_the_half_that_was_missing(world: World, ben: Client) -> None:
    batch = upload(ben, world, b"First name,Last name,Email\nAda,,ada@example.org\n")
    form = ben.get(url(world, f"/{batch.public_id}/lines/2")).content.decode()
    assert 'name="given_name" value="Ada"' in form
    ben.post(url(world, f"/{batch.public_id}/lines/2/correct"), {"family_name": "Lovelace", "name": ""})
    assert batch.rows.get().name == "Ada Lovelace"


def test_columns_with_halves_of_names_are_chosen_once_and_remembered(world: World, ben: Client) -> None:
    data = b"Called,House,Mail\nAda,Lovelace,ada@example.org\n"
    batch = upload(ben, world, data)
    told = {"column-0": "given_name", "column-1": "family_name", "column-2": "address"}
    ben.post(url(world, f"/{batch.public_id}/columns"), {**told, "badge": world.badge.public_id})
    assert batch.rows.get().name == "Ada Lovelace"
    assert upload(ben, world, data).rows.get().name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ("First name,Email", "No column was recognised for: <b>Last name</b>"),
        ("Nachname,Email", "No column was recognised for: <b>First name</b>"),
        ("Whom,Email", "No column was recognised for: <b>Name</b>"),
    ],
)
def test_a_list_with_half_names_alone_says_what_it_lacks(
    world: World, ben: Client, heads: str, said: str
) -> None:
    batch = upload(ben, world, f"{heads}\nAda,ada@example.org\n".encode())
    assert said in page(ben, world, batch)
    assert lines(batch, "ready") == []


def test_half_a_name_that_is_left_out_by_choice_is_said(world: World, ben: Client) -> None:
    batch = upload(ben, world, "Nom;Prénom;Courriel\nMüller;Zoë;zoe@example.org\n".encode())
    assert "is not used" not in page(ben, world, batch)
    told = {"column-0": "name", "column-2": "address", "badge": world.badge.public_id}
    for more in ({"column-1": ""}, {"column-1": "given_name"}):
        ben.post(url(world, f"/{batch.public_id}/columns"), {**told, **more})
        assert "“Prénom” is not used: each name is what stands under “Nom” alone." in page(ben, world, batch)
    # What was chosen is remembered, and said again; also when the first row would not show it.
    again = upload(ben, world, "Nom;Prénom;Courriel\nMagaly;;m@example.org\n".encode())
    ben.post(url(world, f"/{again.public_id}/columns"), {**told, "column-1": ""})
    assert "“Prénom” is not used" in page(ben, world, again)
    whole = upload(ben, world, "Nom;Prénom;Courriel\nZoë Müller;Zoë;zoe@example.org\n".encode())
    assert "is not used" not in page(ben, world, whole)


def test_dates_that_can_be_read_two_ways_are_proposed_in_words(world: World, ben: Client) -> None:
    batch = upload(ben, world, b"name,email,date\nAda,ada@example.org,03/04/2026\n")
    text = page(ben, world, batch)
    assert "3 April 2026" in text
    assert "4 March 2026" in text
    ben.post(
        url(world, f"/{batch.public_id}/columns"),
        {"column-0": "name", "column-1": "address", "column-2": "date", "dates": "month"}
        | {"badge": world.badge.public_id},
    )
    row = batch.rows.get()
    assert row.awarded_at is not None
    assert row.awarded_at.date().isoformat() == "2026-03-04"


def test_the_sample_is_a_list_that_is_ready_at_once(world: World, ben: Client) -> None:
    sample = ben.get(url(world, "/sample.csv"))
    assert "attachment" in sample["Content-Disposition"]
    assert lines(upload(ben, world, sample.content), "ready") == [2, 3]
    book = ben.get(url(world, "/sample.xlsx"))
    assert "awards.xlsx" in book["Content-Disposition"]
    again = upload(ben, world, book.content, name="awards.xlsx")
    assert lines(again, "ready") == [2, 3]
    assert [row.result for row in again.rows.order_by("line")] == ["87 %", ""]


def test_a_badge_whose_title_looks_like_a_formula_is_text_in_the_sample(world: World, ben: Client) -> None:
    world.badge_like("=HYPERLINK(1)")
    Achievement.objects.exclude(current__title="=HYPERLINK(1)").update(state="archived")
    book = openpyxl.load_workbook(io.BytesIO(ben.get(url(world, "/sample.xlsx")).content))
    assert book.active is not None
    assert [book.active["C2"].value, book.active["C2"].data_type] == ["=HYPERLINK(1)", "s"]


def test_before_an_undo_it_is_said_how_many_have_a_mail_and_how_many_accepted(
    world: World, eve: User
) -> None:
    ada = signed_in(world.ada)
    batch = upload(ada, world, b"name,email\nEve,eve@example.org\nAnn,ann@example.org\n")
    batching.start(batch, by=world.ada)
    begin(batch)
    claiming.accept(batch.awards.get(batch_line=2), eve, visibility="link", trust_issuer=False)
    session = ada.session
    session["fresh_at"] = int(time.time())
    session.save()
    text = ada.get(url(world, f"/{batch.public_id}/undo")).content.decode()
    assert "2 mails have left." in text
    assert "1 person has accepted." in text


def test_what_is_no_list_is_said_so_beside_the_field(world: World, ben: Client) -> None:
    for data in (b"", b"\x89PNG\r\n\x1a\n0000", b"PK\x03\x04 nonsense"):
        answer = ben.post(url(world, "/new"), {"file": SimpleUploadedFile("x.csv", data)})
        assert answer.status_code == 200
        assert "errors" in answer.content.decode()
    assert not Batch.objects.exists()


def test_a_problem_names_the_column_as_the_file_does(world: World, ben: Client) -> None:
    text = html.unescape(page(ben, world, upload(ben, world)))
    assert "“E-Mail-Adresse” (column B): “nonsense” is not a complete e-mail address" in text
    ours = b"Name;E-mail address;Date\nAda;;2026-02-31\n"
    text = html.unescape(page(ben, world, upload(ben, world, ours)))
    assert "E-mail address (column B) is missing: fill it in." in text
    assert "Date (column C): “2026-02-31” is not a date" in text
    bare = b"Ada,ada@example.org\nBen,ben@example\n"
    text = html.unescape(page(ben, world, upload(ben, world, bare)))
    assert "E-mail address (column B): “ben@example” is not" in text
    nameless = page(ben, world, upload(ben, world, b"E-mail\nada@example.org\n"))
    assert "Name is missing" in html.unescape(nameless), "no column of the file is the name's"


def test_a_second_column_of_the_same_is_told_on_the_page_and_by_the_command(
    world: World, ben: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = b"Name;Email;Phone;E-Mail-Adresse\nAda;ada@example.org;1;ada@home.example\n"
    said = "“E-Mail-Adresse” (column D) is not used: “E-mail address” is taken from “Email” (column B)."
    assert said in html.unescape(page(ben, world, upload(ben, world, data)))
    file = tmp_path / "list.csv"
    file.write_bytes(data)
    command = [
        "award",
        str(file),
        "--issuer",
        world.issuer.slug,
        "--badge",
        world.badge.public_id,
        "--dry-run",
    ]
    assert awarding.run(parser().parse_args(command), lambda _worker: 0) == awarding.DONE
    assert said in (told := capsys.readouterr().err)
    assert "Phone" not in told, "a column that is none of ours is not worth a word"


def test_headings_alone_say_what_to_do_on_the_page_and_by_the_command(
    world: World, ben: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "No row stands below the headings" in page(ben, world, upload(ben, world, b"Name,E-mail\n"))
    file = tmp_path / "list.csv"
    file.write_text("Name,E-mail\n")
    command = ["award", str(file), "--issuer", world.issuer.slug, "--dry-run"]
    assert awarding.run(parser().parse_args(command), lambda _worker: 0) == awarding.NOT_STARTED
    assert "No row stands below the headings" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", ["/start", "/stop", "/discard", "/columns", "/leave-out-bad", "/lines/2/correct"]
)
def test_a_press_in_an_old_tab_leads_from_a_discarded_list_to_the_lists(
    world: World, ben: Client, more: str
) -> None:
    batch = upload(ben, world)
    ben.post(url(world, f"/{batch.public_id}/discard"))
    ben.get(url(world))
    answer = ben.post(url(world, f"/{batch.public_id}{more}"), follow=True)
    assert answer.redirect_chain == [(url(world), 302)]
    assert "That list is gone" in answer.content.decode()


def test_columns_are_lettered_as_in_spreadsheets() -> None:
    assert [spreadsheets.column_letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


PASTED = {
    "from a spreadsheet": "Name\tE-mail\tDate\r\nZoë Müller\tzoe@example.org\t2026-11-02\r\n",
    "with commas": "Name,E-mail,Date\nZoë Müller,zoe@example.org,2026-11-02",
    "with a line break in a cell": 'Name\tE-mail\tDate\tNote\nZoë Müller\tzoe@example.org\t2026-11-02\t"So\ngood"\n',
    "without headings": "Zoë Müller\tzoe@example.org\n",
}


@pytest.mark.journey("J45")
@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_pasted_rows_are_read_as_a_file_is(world: World, ben: Client, text: str) -> None:
    answer = ben.post(url(world, "/new"), {"pasted": text, "badge": world.badge.public_id})
    assert answer.status_code == 302
    batch = Batch.objects.get()
    assert [(row.name, row.address, row.state) for row in batch.rows.all()] == [
        ("Zoë Müller", "zoe@example.org", "ready")
    ]
    assert batch.file_name.startswith("Pasted on ")
    ben.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    assert Message.objects.filter(kind="invitation", state=State.SENT).count() == 1


def test_pasted_text_that_is_no_list_stays_to_be_mended(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(**data: Any) -> str:
        answer = ben.post(url(world, "/new"), {"badge": world.badge.public_id, **data})
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    open_quote = 'Name,E-mail\n"Ada <b>,ada@example.org\n' + "x\n" * 70
    page = told(pasted=open_quote)
    assert "The quotation mark in line 2 is never closed" in page
    assert '"Ada <b>,ada@example.org' in page
    assert "Choose a file, or paste the rows below." in told(pasted="  \n ")
    both = told(pasted="Name,E-mail\nAda,a@b.example", file=SimpleUploadedFile("x.csv", NASTY))
    assert "There is a file and pasted text too" in both
    assert "Ada,a@b.example" in both
    monkeypatch.setattr("plaudit_site.awards.batch_forms.MOST_PASTED", 30)
    assert "This is too much to paste" in told(pasted="Name,E-mail\nAda,ada@example.org")
    assert not Batch.objects.exists()


@pytest.mark.journey("J45")
def test_before_it_starts_it_is_said_how_long_it_will_take(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasting, "ENOUGH", 2)
    first = upload(ben, world)
    assert "It takes about 1 second, if the mail server takes two mails a second" in page(ben, world, first)
    assert forecasting.forecast(1_000_000).seconds == 500_000
    ben.post(url(world, f"/{first.public_id}/start"))
    begin(first)
    began = timezone.now() - timedelta(hours=1)
    Batch.objects.filter(pk=first.pk).update(begins_at=began, ended_at=began + timedelta(seconds=1))
    last = Award.objects.filter(batch=first).latest("batch_line")
    Message.objects.filter(about=last.pk).update(sent_at=began + timedelta(seconds=200))
    assert forecasting.forecast(50) == forecasting.Forecast(5000, is_measured=True), "until the last mail"
    second = upload(ben, world, b"Name,E-mail\nCleo,cleo@example.org\n")
    assert "It takes about 2 minutes, as lists went here lately" in page(ben, world, second)


def test_more_rows_or_bytes_than_the_operator_allows_are_refused(
    world: World, ben: Client, settings: object
) -> None:
    settings.IMPORT_MOST_ROWS = 1  # type: ignore[attr-defined]
    batch = upload(ben, world)
    assert batch.state == Batch.State.REFUSED
    assert "more than 1 rows" in page(ben, world, batch)
    settings.IMPORT_MOST_MB = 0  # type: ignore[attr-defined]
    answer = ben.post(url(world, "/new"), {"file": SimpleUploadedFile("x.csv", NASTY)})
    assert "larger than 0 MB" in answer.content.decode()


def test_who_lost_the_right_meanwhile_awards_nobody(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    ben.post(url(world, f"/{batch.public_id}/start"))
    access.remove(world.issuer, world.ben, by="test")
    begin(batch)
    assert (batch.state, Award.objects.filter(batch__isnull=False).count()) == (Batch.State.STOPPED, 0)


@pytest.mark.journey("J48")
def test_an_issuer_that_waits_for_approval_awards_by_list_to_its_own_addresses_only(world: World) -> None:
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.PENDING)
    client = signed_in(world.ben)
    batch = upload(client, world, b"name,email\nBen,ben@leaders.example\nAda,ada@example.org\n")
    assert (lines(batch, "ready"), lines(batch, "bad")) == ([2], [3])


def test_a_new_issuers_daily_number_holds_for_lists_too(world: World, ben: Client, settings: object) -> None:
    settings.NEW_ISSUER_DAILY_MAILS = 3  # type: ignore[attr-defined]
    data = "name,email\n" + "".join(f"P{n} x,p{n}@example.org\n" for n in range(8))
    batch = upload(ben, world, data.encode())
    shown = page(ben, world, batch)
    assert "A new issuer can award 3 times a day" in shown
    assert "the last in about 2 days" in shown
    assert "It takes about" not in shown
    ben.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    assert batch.awards.count() == 3
    shown = page(ben, world, batch)
    assert "3 times a day" in shown
    assert "5 follow on the next days" in shown
    assert (" a second" in shown, " left<" in shown) == (False, False), "its pace says nothing"
    assert batch.state == Batch.State.STARTED


def test_a_worker_that_lost_its_slice_makes_no_award(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    batching.start(batch, by=world.ben)
    Batch.objects.update(due_at=timezone.now())
    (slow,) = slicing._take("slow")
    later = timezone.now() + timedelta(minutes=5)
    (quick,) = leases.claim(Slice.objects.all(), worker="quick", now=later, most=1, seconds=600)
    bulk_awarding.award(slow)
    assert Award.objects.filter(batch__isnull=False).count() == 0
    assert Slice.objects.get().lease_holder == quick.lease_holder


def test_many_are_signed_by_a_template_and_verify_like_any_other(world: World, ben: Client) -> None:
    import plaudit
    from plaudit_site.awards import own_documents

    link = "https://e.example/ü?a=1&b"
    data = "name,email,valid until,evidence\n" + "".join(
        f'"N{n} O\'Neil ""Ü"" 😀",p{n}@example.org,{"2030-01-01" if n % 2 else ""},{link if n % 3 else ""}\n'
        for n in range(24)
    )
    batch = upload(ben, world, data.encode())
    ben.post(url(world, f"/{batch.public_id}/start"))
    begin(batch)
    credentials = Credential.objects.filter(award__batch=batch)
    assert credentials.count() == 24
    assert signing._templates
    for credential in credentials:
        award = credential.award
        report = plaudit.verify(
            bytes(credential.content),
            fetch=own_documents.fetch(),
            at=timezone.now(),
            recipient=award.address,
        )
        assert report.exit_code == 0, [c for c in report.checks if c.outcome != "passed"]
        assert award.public_id.encode() in bytes(credential.content)


def test_a_list_thrown_away_leaves_nobody_behind(world: World, ben: Client) -> None:
    batch = upload(ben, world)
    assert default_storage.exists(batch.file)
    ben.post(url(world, f"/{batch.public_id}/discard"))
    assert not Batch.objects.exists()
    assert not BatchRow.objects.exists()
    assert not default_storage.exists(batch.file)


def test_the_command_joins_first_and_last_names_and_says_when_half_is_left_out(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Called,House,E-mail\nAda,Lovelace,ada@example.org\n")
    command = ["award", str(file), "--issuer", world.issuer.slug, "--badge", world.badge.public_id]
    dry = parser().parse_args(
        [*command, "--dry-run", "--map", "given_name=Called", "--map", "family_name=House"]
    )
    assert awarding.run(dry, lambda _worker: 0) == awarding.DONE
    assert "Called = given_name, House = family_name" in (said := capsys.readouterr().err)
    assert "1 ready, 0 need attention" in said
    file.write_text("Nom;Prénom;E-mail\nLovelace;Ada;ada@example.org\n")
    assert awarding.run(parser().parse_args([*command, "--dry-run", "--map", "name=Nom"]), lambda _: 0) == 0
    assert "“Prénom” is not used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--map", "weather=Name"], "columns are name, given_name"),
        (["--map", "name=Nobody"], "the file's headings are Name, E-mail"),
        (["--send-at", "2999-01-31T09:00:00Z"], "more than a year ahead"),
        ([], "has more than 1 rows"),
    ],
    ids=["no such column", "no such heading", "no such day", "refused while it is read"],
)
def test_what_the_command_refuses_leaves_nobody_behind(
    world: World,
    options: list[str],
    words: str,
    settings: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not options:
        settings.IMPORT_MOST_ROWS = 1
    folder = default_storage.path("imports")
    before = set(Path(folder).glob("*")) if Path(folder).exists() else set()
    file = tmp_path / "list.csv"
    file.write_text("Name,E-mail\nAnn,ann@example.org\nCy,cy@example.org\n")
    command = ["award", str(file), "--issuer", world.issuer.slug, "--badge", world.badge.public_id]
    told = parser().parse_args([*command, "--yes", *options])
    assert awarding.run(told, lambda _worker: 0) == awarding.REFUSED
    assert words in capsys.readouterr().err
    assert not Batch.objects.exists()
    assert not BatchRow.objects.exists()
    assert {path for path in Path(folder).glob("*") if path.is_file()} == before


def test_a_large_list_is_read_by_the_worker_and_the_page_says_so(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "READ_IN_REQUEST", 10)
    batch = upload(ben, world)
    assert "The list is being read" in page(ben, world, batch)
    run_worker()
    assert lines(batch, "ready") == [2, 4]


def test_no_worker_takes_a_small_list_from_the_request_that_reads_it(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who uploads a list by a program, and starts it with the next call, is told now and then that it cannot."""
    found: list[int] = []

    def between(name: str) -> None:
        """A worker looks for work whenever this is called, once the row says that there is some."""
        real = getattr(staging, name)
        monkeypatch.setattr(
            staging, name, lambda *a, **k: (found.append(staging.read_some("a worker")), real(*a, **k))[1]
        )

    between("record")
    batch = upload(ben, world)
    assert (found, batch.state) == ([0], Batch.State.CHECKED)
    between("plain")
    told = {"column-0": "name", "column-1": "address", "badge": world.badge.public_id}
    ben.post(url(world, f"/{batch.public_id}/columns"), told)
    batch.refresh_from_db()
    assert set(found) == {0}
    assert len(found) > 1
    assert (batch.state, batch.lease_holder) == (Batch.State.CHECKED, "")


def test_dates_in_a_column_that_is_named_later_are_looked_at_too(world: World, ben: Client) -> None:
    batch = upload(ben, world, b"Name,E-mail,Whenever\r\nAnn,ann@example.org,04/13/2026\r\n")
    assert batch.layout["date_sample"] == ""
    told = {"column-0": "name", "column-1": "address", "column-2": "date", "dates": "day"}
    ben.post(url(world, f"/{batch.public_id}/columns"), {**told, "badge": world.badge.public_id})
    text = page(ben, world, batch)
    assert "04/13/2026" in text
    assert "13 April 2026" in text
    assert lines(batch, "ready") == [2]


def test_who_knows_the_columns_says_so_and_nothing_is_guessed(world: World) -> None:
    file = io.BytesIO(b"this@that,E-mail\r\nann@example.org,Ann\r\n")
    known = {0: "address", 1: "name"}
    batch = staging.upload(
        world.issuer, file, name="x", badge=world.badge, by=world.ben, mapping=known, day_first=False
    )
    row = batch.rows.get()
    assert (row.address, row.name, row.state, batch.day_first) == ("ann@example.org", "Ann", "ready", False)


@pytest.mark.journey("J45")
@pytest.mark.parametrize("repeat", ["once", "again"])
def test_somebody_who_stands_there_twice_is_awarded_as_often_as_the_badge_may_be(
    world: World, settings: object, repeat: str
) -> None:
    """On two days; the very same row once more is a slip, whatever the badge's rule."""
    settings.CANCEL_SECONDS = 0  # type: ignore[attr-defined]
    badge = world.badge_like("Volunteer", repeat=repeat)
    file = "name,email,date\n" + "Ann,ann@example.org,2026-01-02\nAnn,ANN@example.org,2026-03-04\n" * 2
    batch = staging.upload(
        world.issuer, io.BytesIO(file.encode()), name="x.csv", badge=badge, by=world.ben, day_first=True
    )
    twins = [] if repeat == "again" else [3]
    assert lines(batch, "ready") == ([2, 3] if repeat == "again" else [2])
    assert lines(batch, "twice") == [*twins, 4, 5]
    said = {row.line: previewing.said(row) for row in batch.rows.filter(state="twice")}
    first = {line: 2 if repeat == "once" or line == 4 else 3 for line in said}
    assert said == {line: [f"Stands in line {first[line]} too; once is enough."] for line in said}
    batching.start(batch, by=world.ben)
    run_worker()
    days = [
        award.awarded_at.date().isoformat()
        for award in Award.objects.filter(batch=batch).order_by("batch_line")
    ]
    assert days == (["2026-01-02", "2026-03-04"] if repeat == "again" else ["2026-01-02"])
    assert Message.objects.filter(kind="invitation", state=State.SENT).count() == len(days)


def test_the_command_waits_for_mails_that_a_killed_worker_holds(world: World, ben: Client) -> None:
    """With nobody at work it gives up after a minute; where mails alone are left they may be held for five more."""
    batch = upload(ben, world)
    ben.post(url(world, f"/{batch.public_id}/start"))
    batch.refresh_from_db()
    assert awarding._patience(Progress(batch)) == awarding.PATIENCE_SECONDS
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker(*(job.name for job in work.JOBS if "mail" not in job.name))
    assert Progress(batch).unsent
    assert awarding._patience(Progress(batch)) > noting.LEASE_SECONDS


def test_the_page_of_an_award_says_all_that_was_given_with_it(world: World, ben: Client) -> None:
    """The line in the mail, the evidence, and the list that it came from."""
    batch = upload(
        ben,
        world,
        b"Name,E-mail,Evidence,Note\r\nAnn,ann@example.org,https://work.example/ann,Well <done>\r\n",
    )
    ben.post(url(world, f"/{batch.public_id}/start"))
    batch.refresh_from_db()
    begin(batch)
    run_worker()
    (award,) = batch.awards.all()
    text = ben.get(f"/manage/{world.issuer.slug}/awards/{award.public_id}").content.decode()
    assert "Well &lt;done&gt;" in text
    assert 'href="https://work.example/ann"' in text
    assert f'href="{url(world, f"/{batch.public_id}")}"' in text
    assert batch.file_name in text
    alone = world.award("zoe@example.org")
    text = ben.get(f"/manage/{world.issuer.slug}/awards/{alone.public_id}").content.decode()
    assert "Line in the mail" not in text
    assert "Evidence" not in text
