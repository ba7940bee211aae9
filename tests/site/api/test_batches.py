"""Lists by program: uploaded in each form, problems told, started, stopped, undone."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile

from plaudit_site.awards.models import Award, Batch
from plaudit_site.mail.models import Message
from tests.people import World, run_worker
from tests.site.api.conftest import Program, problem
from tests.site.api.test_awards import olga  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NASTY = (
    "Teilnehmer;E-Mail;Datum;Bemerkung\r\n"
    'Größe Ångström;a@example.org;31.01.2026;"zwei\r\nZeilen"\r\n'
    "Nobody;nowhere;31.01.2026;\r\n"
    "Slip;slip@gmial.com;31.01.2026;\r\n"
    "Größe Ångström;a@example.org;31.01.2026;\r\n"
).encode("cp1252")


@pytest.fixture(autouse=True)
def no_wait(settings: Any) -> None:
    settings.CANCEL_SECONDS = 0


def rows(*addresses: str) -> dict[str, Any]:
    return {"rows": [{"name": f"Person {n}", "address": address} for n, address in enumerate(addresses)]}


def uploaded(ada: Program, world: World, *addresses: str) -> str:
    answer = ada.post("/batches", {**rows(*addresses), "badge": world.badge.public_id})
    assert answer.status_code == 201, answer.content
    return str(json.loads(answer.content)["id"])


@pytest.mark.journey("J45")
def test_rows_as_json_are_previewed_started_awarded_and_undone(ada: Program, world: World) -> None:
    body = {
        **rows("a@example.org", "nowhere", "b@example.org", "a@example.org"),
        "badge": world.badge.public_id,
    }
    answer = ada.post("/batches", body)
    assert answer.status_code == 201
    batch = json.loads(answer.content)
    assert batch["state"] == "checked"
    assert {name: n for name, n in batch["rows"].items() if n} == {"ready": 2, "bad": 1, "twice": 1}
    (bad,) = batch["problems"]
    assert bad["line"] == 3
    assert bad["problems"][0]["column"] == "address"
    assert "nowhere" in bad["problems"][0]["words"]
    twice = json.loads(ada.get(f"/batches/{batch['id']}/rows?state=twice").content)["rows"]
    assert [row["line"] for row in twice] == [5]
    assert not Award.objects.filter(issuer=world.issuer).exists()
    started = json.loads(ada.post(f"/batches/{batch['id']}/start").content)
    assert started["state"] == "started"
    assert not started["is_over"]
    run_worker()
    done = json.loads(ada.get(f"/batches/{batch['id']}").content)
    assert (done["state"], done["is_over"], done["awards"]["waiting"], done["mails"]["sent"]) == (
        "done",
        True,
        2,
        2,
    )
    awarded = json.loads(ada.get(f"/batches/{batch['id']}/rows?state=awarded").content)["rows"]
    assert {row["award"] for row in awarded} == set(
        Award.objects.filter(issuer=world.issuer).values_list("public_id", flat=True)
    )
    problem(ada.post(f"/batches/{batch['id']}/stop"), "not-possible")
    assert ada.post(f"/batches/{batch['id']}/undo", {"reason": "Wrong list"}).status_code == 200
    run_worker()
    assert json.loads(ada.get(f"/batches/{batch['id']}").content)["state"] == "undone"


def test_every_member_of_a_row_arrives_whatever_the_issuer_said_about_such_headings(
    ada: Program, world: World
) -> None:
    row = {
        "name": 'Eve, "the" Earner', "address": "eve@example.org", "own_id": "7", "badge": world.badge.public_id,
        "date": "2026-03-04", "expires": "2036-05-06", "evidence": "https://example.org/w", "note": "; =1+1",
        "language": "en",
    }  # fmt: skip
    for heading in ("recipientname", "awardedon", "name"):
        world.issuer.heading_choices.create(heading=heading, column="")
    answer = json.loads(ada.post("/batches", {"rows": [row]}).content)
    assert answer["rows"]["ready"] == 1, answer
    stored = Batch.objects.get(public_id=answer["id"]).rows.get()
    assert (stored.name, stored.own_id, stored.note) == (row["name"], "7", "; =1+1")
    assert stored.awarded_at
    assert stored.awarded_at.date().isoformat() == "2026-03-04"
    assert stored.expires_at
    assert stored.expires_at.date().isoformat() == "2036-05-06"
    assert stored.evidence_url == row["evidence"]


def test_rows_and_columns_take_first_and_last_names(ada: Program, world: World) -> None:
    people = [
        {"given_name": "Ada", "family_name": "Lovelace", "address": "ada@example.org"},
        {"family_name": "Nevis", "address": "ben@example.org"},
    ]
    made = json.loads(ada.post("/batches", {"badge": world.badge.public_id, "rows": people}).content)
    assert (made["rows"]["ready"], made["rows"]["bad"], made["lacks"], made["warnings"]) == (1, 1, [], [])
    (wrong,) = made["problems"]
    assert (wrong["line"], wrong["name"], wrong["problems"][0]["column"]) == (3, "Nevis", "name")
    here = f"/batches/{made['id']}/rows"
    assert json.loads(ada.get(f"{here}/2").content)["name"] == "Ada Lovelace"
    mended = json.loads(ada.post(f"{here}/3/correct", {"given_name": "Ben"}).content)
    assert (mended["state"], mended["name"], mended["mail"]["to"]) == (
        "ready",
        "Ben Nevis",
        "ben@example.org",
    )
    file = b"Called,House,Mail\nAda,Lovelace,ada@example.org\n"
    made = json.loads(ada.post(f"/batches?badge={world.badge.public_id}", file, content_type=CSV).content)
    assert made["lacks"] == ["Name"]
    told = {"columns": {"given_name": "Called", "family_name": "House"}}
    again = json.loads(ada.post(f"/batches/{made['id']}/columns", told).content)
    assert (again["lacks"], again["rows"]["ready"]) == ([], 1)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Name", "E-mail"])
    sheet.append(["Ada Example", "ada@example.org"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_the_body_or_part_of_a_form(ada: Program, world: World) -> None:
    raw = ada.post(f"/batches?badge={world.badge.public_id}&name=May.xlsx", workbook(), content_type=XLSX)
    assert raw.status_code == 201, raw.content
    assert json.loads(raw.content)["file"] == "May.xlsx"
    form = ada.form("/batches", file=SimpleUploadedFile("June.xlsx", workbook()), badge=world.badge.public_id)
    assert form.status_code == 201, form.content
    for answer in (raw, form):
        assert json.loads(answer.content)["rows"]["ready"] == 1


def test_a_nasty_file_is_told_line_by_line(ada: Program, world: World) -> None:
    answer = ada.post(f"/batches?badge={world.badge.public_id}", NASTY, content_type=CSV)
    batch = json.loads(answer.content)
    assert {name: n for name, n in batch["rows"].items() if n} == {"ready": 1, "bad": 2, "twice": 1}
    bad = {row["line"]: row for row in batch["problems"]}
    assert set(bad) == {4, 5}
    assert bad[5]["problems"][0]["suggestion"] == "slip@gmail.com"
    assert [column["column"] for column in batch["columns"]] == ["name", "address", "date", "note"]


def test_columns_and_order_of_dates_can_be_said(ada: Program, world: World) -> None:
    file = b"Whom,Where to,Date\nAda Example,ada@example.org,3/4/2026\n"
    batch = json.loads(ada.post(f"/batches?badge={world.badge.public_id}", file, content_type=CSV).content)
    assert batch["lacks"] == ["Name", "E-mail address"]
    told = {"columns": {"name": "Whom", "address": "where to", "date": "Date"}, "date_order": "month-first"}
    read = json.loads(ada.post(f"/batches/{batch['id']}/columns", told).content)
    assert read["rows"]["ready"] == 1
    assert (read["dates"]["order"], read["dates"]["read_as"]) == ("month-first", "4 March 2026")
    wrong = problem(
        ada.post(f"/batches/{batch['id']}/columns", {"columns": {"note": "Weather"}}), "not-valid"
    )
    assert wrong["errors"][0]["pointer"] == "/columns/note"
    problem(ada.post(f"/batches/{batch['id']}/columns", {"columns": {"earner": "Whom"}}), "not-valid")


def test_lines_come_in_pages(ada: Program, world: World) -> None:
    batch = uploaded(ada, world, *[f"p{n}@example.org" for n in range(5)])
    lines, path = [], f"/batches/{batch}/rows?limit=2"
    while path:
        page = json.loads(ada.get(path).content)
        lines += [row["line"] for row in page["rows"]]
        path = page["next"] and page["next"].partition("/api/v1")[2]
    assert lines == [2, 3, 4, 5, 6]


def test_a_started_list_can_be_called_off(ada: Program, world: World, settings: Any) -> None:
    settings.CANCEL_SECONDS = 60
    batch = uploaded(ada, world, "a@example.org")
    assert ada.post(f"/batches/{batch}/start").status_code == 200
    assert ada.post(f"/batches/{batch}/start").status_code == 200, "twice is once"
    assert json.loads(ada.post(f"/batches/{batch}/stop").content)["state"] == "checked"
    run_worker()
    assert not Award.objects.filter(issuer=world.issuer).exists()


REFUSED = {
    "an empty file": (b"\r\n", CSV, "file-refused"),
    "nothing": (b"", "", "wrong-type"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"0" * 99, CSV, "file-refused"),
    "a broken workbook": (b"PK\x03\x04" + b"0" * 99, XLSX, "file-refused"),
    "a page": (b"<html>", "text/html", "wrong-type"),
    "a form without its file": (b"--x--\r\n", "multipart/form-data; boundary=x", "not-valid"),
    "a form without boundary": (b"--x--\r\n", "multipart/form-data", "unreadable"),
    "JSON without rows": (b"{}", "application/json", "not-valid"),
    "no rows": (b'{"rows": []}', "application/json", "not-valid"),
    "a row of something else": (b'{"rows": [["a"]]}', "application/json", "not-valid"),
    "a row with unknown members": (b'{"rows": [{"e_mail": "x"}]}', "application/json", "not-valid"),
    "a row over two lines": (b'{"rows": [{"note": "a\\nb"}]}', "application/json", "not-valid"),
    "not JSON": (b"name,address", "application/json", "unreadable"),
}


def kept_files() -> set[str]:
    kept = Path(site_settings.MEDIA_ROOT, "imports")
    return {one.name for one in kept.iterdir()} if kept.exists() else set()


@pytest.mark.parametrize(("body", "kind", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_list_is_refused_and_leaves_nothing(
    ada: Program, world: World, body: bytes, kind: str, expected: str
) -> None:
    """D5, D16."""
    before = kept_files()
    problem(ada.post("/batches", body, content_type=kind), expected)
    assert not Batch.objects.filter(issuer=world.issuer).exists()
    assert kept_files() == before


def test_a_file_that_says_it_is_too_large_is_not_read(ada: Program, settings: Any) -> None:
    """Before anything is read: the length alone decides."""
    settings.IMPORT_MOST_MB = 1
    told = problem(ada.post("/batches", b"x" * (1024 * 1024 + 1), content_type=CSV), "too-large")
    assert "1 MB" in told["detail"]


def test_another_issuers_lists_are_not_there(ada: Program, world: World, olga: Program) -> None:  # noqa: F811
    """B8."""
    batch = uploaded(ada, world, "a@example.org")
    for path, body in (
        ("", None), ("/rows", None), ("/start", {}), ("/stop", {}), ("/undo", {"reason": "x"}),
        ("/columns", {"date_order": "day-first"}),
    ):  # fmt: skip
        address = f"/batches/{batch}{path}"
        problem(olga.get(address) if body is None else olga.post(address, body), "not-found")
    assert Batch.objects.get().state == "checked"
    problem(
        olga.post(
            f"/batches?badge={world.badge.public_id}", b"name,email\nA,a@b.example\n", content_type=CSV
        ),
        "not-valid",
    )
    assert not Message.objects.filter(kind="invitation").exists()
