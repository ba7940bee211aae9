"""A list by program before its start: its day, one line with its mail, lines corrected, left out, fetched as a file."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import batching, emptying, forgetting, leaving_out, mails, staging
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.mail.models import Message
from tests.people import World, run_worker
from tests.site.api.conftest import Program, problem, program
from tests.site.api.test_awards import olga  # noqa: F401 - a fixture
from tests.site.api.test_batches import rows, uploaded
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def seen(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)  # type: ignore[no-any-return]


def states(batch: str) -> dict[int, str]:
    return dict(Batch.objects.get(public_id=batch).rows.values_list("line", "state"))


def check_tally(batch: str) -> None:
    """What the page adds up is what is there."""
    stored = Batch.objects.get(public_id=batch)
    counted = {state: stored.rows.filter(state=state).count() for state in BatchRow.State.values}
    assert {**dict.fromkeys(BatchRow.State.values, 0), **stored.tally} == counted


# Its day


@pytest.mark.journey("J45")
def test_a_list_is_started_for_its_day_and_begins_then(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org")
    at = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    said = at.astimezone(UTC) + timedelta(hours=5, minutes=30)
    started = seen(ada.post(f"/batches/{batch}/start", {"send_at": f"{said:%Y-%m-%dT%H:%M:%S}+05:30"}))
    assert (started["state"], started["begins_at"]) == ("started", f"{at:%Y-%m-%dT%H:%M:%SZ}")
    run_worker()
    assert not Award.objects.filter(issuer=world.issuer).exists()
    again = {"send_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    assert seen(ada.post(f"/batches/{batch}/start", again))["begins_at"] == started["begins_at"], (
        "twice is once"
    )
    later = {"send_at": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    problem(ada.post(f"/batches/{batch}/start", later), "not-possible")
    assert seen(ada.post(f"/batches/{batch}/stop"))["state"] == "checked"
    assert seen(ada.post(f"/batches/{batch}/start", later))["state"] == "started"
    now = timezone.now()
    Batch.objects.filter(public_id=batch).update(begins_at=now, due_at=now)
    run_worker()
    assert Award.objects.get(issuer=world.issuer).state == "waiting"


NO_DAYS = {
    "over": (lambda: timezone.now() - timedelta(seconds=5), "That time is over"),
    "too far": (lambda: timezone.now() + timedelta(days=400), "more than a year ahead"),
    "without a zone": (lambda: "2027-01-31T09:00:00", "is not a moment"),
    "a day alone": (lambda: "2027-01-31", "is not a moment"),
    "no such day": (lambda: "2027-02-30T09:00:00Z", "is not a moment"),
    "a number": (lambda: 1801386000, "is not a text"),
    "nothing": (lambda: "", "is not a moment"),
    "before the first year": (lambda: "0001-01-01T00:00:00+14:00", "is not a moment"),
}


@pytest.mark.parametrize(("at", "said"), NO_DAYS.values(), ids=NO_DAYS)
def test_another_moment_is_refused_by_its_name(ada: Program, world: World, at: Any, said: str) -> None:
    batch = uploaded(ada, world, "a@example.org")
    moment = at()
    value = moment.isoformat() if isinstance(moment, datetime) else moment
    for path, body in (
        (f"/batches/{batch}/start", {"send_at": value}),
        (
            "/awards",
            {
                "badge": world.badge.public_id,
                "name": "Eve",
                "address": "eve@example.org",
                "send_at": value,
            },
        ),
    ):
        (fault,) = problem(ada.post(path, body), "not-valid")["errors"]
        assert fault["pointer"] == "/send_at"
        assert said in fault["detail"]
        assert fault["mend"]
    assert Batch.objects.get(public_id=batch).state == "checked"
    assert not Award.objects.filter(issuer=world.issuer).exists()


# One line


@pytest.mark.journey("J45")
def test_a_line_is_seen_with_the_very_mail_and_badge_that_come_of_it(
    ada: Program, world: World, settings: Any
) -> None:
    settings.CANCEL_SECONDS = 0
    row = {"name": "Eve Earner", "address": "eve@example.org", "note": "Well <done>!", "date": "2026-01-31"}
    made = json.loads(ada.post("/batches", {"rows": [row], "badge": world.badge.public_id}).content)
    shown = seen(ada.get(f"/batches/{made['id']}/rows/2"))
    assert shown["cells"]["name"] == "Eve Earner"
    assert shown["cells"]["date"] == "2026-01-31"
    assert shown["title"] == world.badge.current.title  # type: ignore[union-attr]
    assert shown["picture"].endswith(".png")
    mail = shown["mail"]
    assert (mail["to"], mail["sender_name"] != "") == ("eve@example.org", True)
    assert "Well <done>!" in mail["text"]
    assert "Well &lt;done&gt;!" in mail["html"]
    page = signed_in(world.ada).get(shown["page"].partition("8000")[2]).content.decode()
    assert mail["subject"] in page
    ada.post(f"/batches/{made['id']}/start")
    run_worker()
    award = Award.objects.get(issuer=world.issuer)
    sent = mails.shown_before(award)
    assert (mail["subject"], mail["text"], mail["html"]) == (sent.subject, sent.text, sent.html)
    after = seen(ada.get(f"/batches/{made['id']}/rows/2"))
    assert (after["state"], after["award"]) == ("awarded", award.public_id)


def test_a_line_with_a_problem_has_no_mail_and_no_line_is_a_problem(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "nowhere")
    shown = seen(ada.get(f"/batches/{batch}/rows/2"))
    assert (shown["state"], shown["mail"], shown["cells"]["address"]) == ("bad", None, "nowhere")
    for line in ("1", "3", str(2**31), str(2**70), "9" * 5000, "-2", "x"):
        answer = ada.client.get(
            f"/api/v1/batches/{batch}/rows/{line}", headers={"Authorization": f"Bearer {ada.token}"}
        )
        problem(answer, "not-found")


# Corrected


@pytest.mark.journey("J45")
def test_a_line_is_corrected_in_its_place_and_judged_anew(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org", "nowhere", "eve@gmial.com", "b@example")
    here = f"/batches/{batch}/rows"
    still = seen(ada.post(f"{here}/3/correct", {"address": "still nowhere"}))
    assert (still["state"], still["problems"][0]["column"]) == ("bad", "address")
    right = seen(ada.post(f"{here}/3/correct", {"address": "now@example.org", "name": "Somebody"}))
    assert (right["state"], right["problems"], right["mail"]["to"]) == ("ready", [], "now@example.org")
    assert seen(ada.post(f"{here}/4/correct", {"as_it_is": True}))["address"] == "eve@gmial.com"
    twin = seen(ada.post(f"{here}/5/correct", {"address": "A@example.org"}))
    assert (twin["state"], "line 2" in twin["problems"][0]["words"]) == ("twice", True)
    assert states(batch) == {2: "ready", 3: "ready", 4: "ready", 5: "twice"}
    check_tally(batch)
    told = problem(ada.post(f"{here}/3/correct", {"name": "Another"}), "not-possible")
    assert "line" in told["detail"]
    problem(ada.post(f"{here}/3/correct", {}), "not-valid")
    problem(ada.post(f"{here}/3/correct", {"e_mail": "x"}), "not-valid")
    problem(ada.post(f"{here}/9/correct", {"name": "x"}), "not-found")


def test_after_the_start_no_line_is_corrected_or_left_out(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org", "nowhere")
    assert ada.post(f"/batches/{batch}/start").status_code == 200
    for path, body in (
        ("/rows/3/correct", {"address": "b@example.org"}),
        ("/rows/2/leave-out", None),
        ("/leave-out-bad", None),
        ("/discard", None),
    ):
        problem(ada.post(f"/batches/{batch}{path}", body), "not-possible")
    assert states(batch) == {2: "ready", 3: "bad"}


# Left out


@pytest.mark.journey("J45")
def test_a_line_that_is_left_out_is_not_awarded_and_its_twin_takes_its_place(
    ada: Program, world: World, settings: Any
) -> None:
    settings.CANCEL_SECONDS = 0
    batch = uploaded(ada, world, "a@example.org", "b@example.org", *["a@example.org"] * 2, "nowhere")
    assert states(batch) == {2: "ready", 3: "ready", 4: "twice", 5: "twice", 6: "bad"}
    for _twice in range(2):
        assert seen(ada.post(f"/batches/{batch}/rows/2/leave-out"))["state"] == "left"
    assert states(batch) == {2: "left", 3: "ready", 4: "ready", 5: "twice", 6: "bad"}
    assert "line 4" in seen(ada.get(f"/batches/{batch}/rows/5"))["problems"][0]["words"]
    left = seen(ada.post(f"/batches/{batch}/rows/3/leave-out"))["mail"]
    assert (left["to"], left["goes_out"]) == ("b@example.org", False)
    assert seen(ada.get(f"/batches/{batch}/rows/4"))["mail"]["goes_out"] is True
    assert seen(ada.post(f"/batches/{batch}/rows/6/leave-out"))["mail"] is None, "nobody knows to whom"
    check_tally(batch)
    ada.post(f"/batches/{batch}/start")
    run_worker()
    award = Award.objects.get(issuer=world.issuer)
    assert (award.address, award.batch_line) == ("a@example.org", 4)
    done = seen(ada.get(f"/batches/{batch}"))
    assert {name: n for name, n in done["rows"].items() if n} == {"awarded": 1, "twice": 1, "left": 3}
    assert Message.objects.filter(kind="invitation").count() == 1


def test_all_that_need_attention_are_left_out_together(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org", "nowhere", "neither", "a@example.org")
    shown = seen(ada.post(f"/batches/{batch}/leave-out-bad"))
    assert {name: n for name, n in shown["rows"].items() if n} == {"ready": 1, "twice": 1, "left": 2}
    assert shown["problems"] == []
    check_tally(batch)
    event = AuditEvent.objects.get(kind="rows left out")
    assert (event.subject, event.details) == (f"batch:{batch}", {"number": 2}), "ids and numbers alone"


def test_a_list_is_discarded_with_its_file(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org")
    file = Batch.objects.get(public_id=batch).file
    assert seen(ada.post(f"/batches/{batch}/discard"))["state"] == "checked"
    assert not Batch.objects.filter(public_id=batch).exists()
    assert not default_storage.exists(file)
    problem(ada.get(f"/batches/{batch}"), "not-found")


def test_all_rows_that_need_attention_are_left_out_in_pieces(
    ada: Program, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nobody waits long for the database; what is more than a request has time for, when it is asked again."""
    monkeypatch.setattr(leaving_out, "AT_ONCE", 2)
    batch = uploaded(ada, world, "a@example.org", *[f"nowhere {n}" for n in range(5)])
    monkeypatch.setattr(leaving_out, "MOST_SECONDS", -1.0)
    assert seen(ada.post(f"/batches/{batch}/leave-out-bad"))["rows"]["bad"] == 3
    check_tally(batch)
    here = f"/manage/{world.issuer.slug}/batches/{batch}"
    page = signed_in(world.ada).post(f"{here}/leave-out-bad", follow=True)
    assert "Press once more" in page.content.decode()
    page = signed_in(world.ada).post(f"{here}/leave-out-bad", follow=True)
    assert "Nothing needs attention any more" in page.content.decode()
    assert seen(ada.post(f"/batches/{batch}/leave-out-bad"))["rows"]["left"] == 5
    check_tally(batch)
    events = AuditEvent.objects.filter(kind="rows left out").order_by("pk")
    assert [event.details["number"] for event in events] == [2, 2, 1]


def test_of_a_very_long_list_that_is_discarded_the_rest_goes_by_the_worker(
    ada: Program, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "AT_ONCE", 2)
    monkeypatch.setattr(staging, "DISCARD_SECONDS", -1.0)
    batch = uploaded(ada, world, *[f"a{n}@example.org" for n in range(5)])
    file = Batch.objects.get(public_id=batch).file
    with CaptureQueriesContext(connection) as asked:
        assert ada.post(f"/batches/{batch}/discard").status_code == 200
    assert len([one for one in asked if one["sql"].startswith('DELETE FROM "awards_batchrow"')]) == 1
    assert BatchRow.objects.count() == 3
    assert not default_storage.exists(file)
    browser, here = signed_in(world.ada), f"/manage/{world.issuer.slug}/batches"
    for path in ("", "/start", "/discard", "/leave-out-bad"):
        call = ada.post if path else ada.get
        problem(call(f"/batches/{batch}{path}"), "not-found")
    assert browser.get(f"{here}/{batch}").status_code == 404
    assert batch not in browser.get(here).content.decode()
    with pytest.raises(staging.BatchChanged):
        batching.start(Batch.objects.get(public_id=batch), by=world.ada)
    with pytest.raises(staging.BatchChanged):
        staging.discard(Batch.objects.get(public_id=batch), by=world.ada)
    assert forgetting.forget_some() == 1
    assert not Batch.objects.exists()
    assert not BatchRow.objects.exists()
    assert forgetting.forget_some() == 0


def test_a_list_that_is_discarded_while_it_is_read_is_read_no_further(
    ada: Program, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "READ_IN_REQUEST", 0)
    monkeypatch.setattr(staging, "AT_ONCE", 2)
    monkeypatch.setattr(staging, "DISCARD_SECONDS", -1.0)
    batch = Batch.objects.get(public_id=uploaded(ada, world, *[f"a{n}@example.org" for n in range(9)]))
    stage = staging._stage

    def discarded_after_the_first(reading: Batch, rows: list[Any]) -> bool:
        went_on = stage(reading, rows)
        if batch.rows.count() == 2:
            staging.discard(batch, by=world.ada)
        return went_on

    monkeypatch.setattr(staging, "_stage", discarded_after_the_first)
    assert staging.read_some("worker") == 4, "of the second piece nothing is stored"
    assert forgetting.forget_some() == 1
    assert not Batch.objects.exists()
    assert not BatchRow.objects.exists()


# As a file


def test_lines_that_need_attention_are_fetched_as_the_file_of_the_page(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org", "nowhere", '=1+1"')
    answer = ada.get(f"/batches/{batch}/not-awarded.csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == 'attachment; filename="not-awarded.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["E-mail address"] for row in found] == ["nowhere", "'=1+1\""], "no cell is a formula"
    assert [row["Line"] for row in found] == ["3", "4"]
    assert all(row["Problem"] for row in found)
    here = f"/manage/{world.issuer.slug}/batches/{batch}/rest.csv"
    page = signed_in(world.ada).get(here)
    assert b"".join(page.streaming_content).decode("utf-8-sig") == text  # type: ignore[attr-defined]


# Who may


def test_who_only_sees_neither_corrects_nor_reads_mails(ada: Program, world: World, olga: Program) -> None:  # noqa: F811
    """B8: as on the pages, where a line's page is for those who award."""
    batch = uploaded(ada, world, "nowhere")
    reader = program(world.issuer, world.ada, "read", "revoke")
    for method, path, body in (
        ("GET", "/rows/2", None), ("GET", "/not-awarded.csv", None), ("POST", "/discard", {}),
        ("POST", "/rows/2/correct", {"name": "x"}), ("POST", "/rows/2/leave-out", {}), ("POST", "/leave-out-bad", {}),
    ):  # fmt: skip
        told = problem(reader.call(method, f"/batches/{batch}{path}", body), "not-allowed")
        assert "award" in told["detail"]
        problem(olga.call(method, f"/batches/{batch}{path}", body), "not-found")
    assert states(batch) == {2: "bad"}


def test_a_line_that_is_left_out_twice_with_one_key_has_one_effect(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, "a@example.org", "a@example.org")
    first = ada.with_key("k", f"/batches/{batch}/rows/2/leave-out")
    again = ada.with_key("k", f"/batches/{batch}/rows/2/leave-out")
    assert (again["Idempotent-Replayed"], again.content) == ("true", first.content)
    assert AuditEvent.objects.filter(kind="row left out").count() == 1


# The page


@pytest.mark.journey("J45")
def test_rows_are_left_out_on_the_page_too(world: World) -> None:
    ben = signed_in(world.ben)
    body = b"name,email\nAnn,ann@example.org\nBad,nowhere\nWorse,neither\nAnn,ann@example.org\n"
    here = f"/manage/{world.issuer.slug}/batches"
    from django.core.files.uploadedfile import SimpleUploadedFile

    told = {"file": SimpleUploadedFile("l.csv", body), "badge": world.badge.public_id}
    page = ben.post(f"{here}/new", told)["Location"]
    text = ben.get(page).content.decode()
    assert "Leave all of these out" in text
    assert f"{page}/lines/3/leave-out" in text
    assert "Line 2 is left out." in ben.post(f"{page}/lines/2/leave-out", follow=True).content.decode()
    assert "left out." in ben.post(f"{page}/leave-out-bad", follow=True).content.decode()
    batch = page.rpartition("/")[2]
    assert states(batch) == {2: "left", 3: "left", 4: "left", 5: "ready"}
    check_tally(batch)
    assert ben.post(f"{page}/lines/99/leave-out").status_code == 404
    ben.post(f"{page}/start")
    text = ben.post(f"{page}/lines/5/leave-out", follow=True).content.decode()
    assert "no longer possible" in text
    assert states(batch)[5] == "ready"
    assert Client().post(f"{page}/leave-out-bad").status_code == 302
    assert "Leave out" not in ben.get(f"{page}?show=ready").content.decode()


def test_a_list_that_is_too_far_off_says_so_at_its_field(world: World, ada: Program) -> None:
    batch = uploaded(ada, world, "a@example.org")
    at = (timezone.now() + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M")
    here = f"/manage/{world.issuer.slug}/batches/{batch}/start"
    text = signed_in(world.ben).post(here, {"send_at": at}).content.decode()
    assert "more than a year ahead" in text
    assert at in text, "what was typed is there still"


def test_rows_of_a_badge_that_repeats_are_twins_only_on_the_same_day(ada: Program, world: World) -> None:
    """Their keys differ from those of the rule “once”: a twin is let in all the same."""
    badge = world.badge_like("Again", repeat="again")
    body = {**rows("a@example.org", "a@example.org"), "badge": badge.public_id}
    batch = json.loads(ada.post("/batches", body).content)["id"]
    assert states(batch) == {2: "ready", 3: "twice"}
    seen(ada.post(f"/batches/{batch}/rows/2/leave-out"))
    assert states(batch) == {2: "left", 3: "ready"}
