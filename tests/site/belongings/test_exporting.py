"""Everything goes with its owner: in one archive, complete, verifiable without the site, for nobody else (E9)."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch, offline
from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, keeping, own_documents, revoking
from plaudit_site.awards.models import Award
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import exports
from plaudit_site.belongings.models import Export
from plaudit_site.public import exporting
from tests.people import EVE, World, run_worker
from tests.plaudit import samples
from tests.site.backpack.test_importing import elsewhere, give, png, signed
from tests.site.belongings.test_addresses import fresh
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
assert elsewhere


@pytest.fixture
def full(world: World, eve: User, elsewhere: dict[str, Any]) -> User:
    """Eve with a shared badge, a private one, a hidden one, and one from elsewhere."""
    for title in ("Shared", "Private", "Hidden"):
        award = world.award(badge=world.badge_like(title))
        claiming.accept(award, eve, visibility="link" if title == "Shared" else "only_me", trust_issuer=False)
        if title == "Hidden":
            keeping.set_hidden(award, eve, True)
    proving.prove(eve, samples.EMAIL, how="code")
    claiming.trust(eve, world.issuer, visibility="only_me")
    give(signed_in(eve), plaudit.bake(png(), signed()), name="a.png")
    give(signed_in(eve), signed(id="urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f99"))
    return eve


def archive_of(user: User) -> zipfile.ZipFile:
    client = fresh(user)
    client.post("/account/export")
    run_worker()
    found = re.search(r"/account/export/\w+\.zip", client.get("/account/export").content.decode())
    assert found
    answer = client.get(found[0])
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert Export.objects.get().sha256 == hashlib.sha256(content).hexdigest(), "what fsck compares it with"
    return zipfile.ZipFile(io.BytesIO(content))


def test_everything_is_in_it_and_verifies_without_the_site(full: User, elsewhere: dict[str, Any]) -> None:
    archive = archive_of(full)
    names = archive.namelist()
    assert archive.testzip() is None
    for title in ("shared", "private", "hidden", "welcome"):
        for ending in ("json", "png", "pdf"):
            assert [n for n in names if re.fullmatch(rf"badges/{title}-\w+/badge\.{ending}", n)], (
                title,
                ending,
            )
    for imported in Imported.objects.all():
        (name,) = [n for n in names if n.startswith("imported/") and imported.public_id[:6] in n]
        assert archive.read(name) == bytes(imported.content), "byte for byte"
    # What a checker would fetch from the issuers, and nothing of it from the pages of this site.
    own = MappedFetch(lambda url: own_documents.read(url), MappedFetch(elsewhere), settings.SITE_HOST)
    checked = 0
    for name in names:
        if name.endswith(("badge.json", "badge.png", "record.json")) or name.startswith("imported/"):
            report = plaudit.verify(archive.read(name), fetch=own, at=timezone.now())
            assert report.verified, (name, report.failed, report.unknown)
            checked += 1
    assert checked == 4 * 2 + 2 + 1


@pytest.mark.any_database
def test_the_record_holds_all_and_is_signed_by_the_site(full: User, elsewhere: dict[str, Any]) -> None:
    archive = archive_of(full)
    record = json.loads(archive.read("record.json"))
    assert "ClrCredential" in record["type"]
    assert "proof" in record
    inside = record["credentialSubject"]["verifiableCredential"]
    assert len(inside) == 5, "three, the welcome badge, and the one from elsewhere that is a file of 3.0"
    assert EVE not in json.dumps(record)
    offline_report = plaudit.verify(json.dumps(record).encode(), fetch=offline, at=timezone.now())
    assert offline_report.failed == (), "offline nothing fails, it is only not known"


@pytest.mark.any_database
def test_the_index_works_without_a_network_and_the_account_is_told(full: User) -> None:
    archive = archive_of(full)
    index = archive.read("index.html").decode()
    links = re.findall(r'(?:href|src)="([^"]*)"', index)
    assert links
    assert set(links) <= set(archive.namelist()), "every link is a file of the archive"
    assert "<script" not in index
    account = json.loads(archive.read("account.json"))
    assert {row["address"] for row in account["addresses"]} == {EVE, samples.EMAIL}
    assert account["trusted issuers"][0]["issuer"] == "Society of Product Leaders"
    assert {"accepted", "imported"} <= {event["what"] for event in account["history"]}


@pytest.mark.any_database
def test_the_index_says_what_each_badge_was_on_that_day(full: User, world: World) -> None:
    shared = Award.objects.get(earner=full, version__title="Shared")
    revoking.revoke(shared, reason="Issued in error", by=world.ada)
    Imported.objects.exclude(form="png").update(expires_at=timezone.now() - timedelta(days=1))
    Imported.objects.filter(form="png").update(state="invalid")
    archive = archive_of(full)
    index = archive.read("index.html").decode()
    rows = re.findall(
        r"<li(?: class=\"(\w+)\")?>((?:(?!<li).)*?<p class=\"state (\w+)\">([^<]+)</p>.*?)</li>",
        index,
        re.DOTALL,
    )
    told = {(words, tone, sheet) for sheet, _row, tone, words in rows}
    assert {("Revoked", "bad", "void"), ("Expired", "warn", "dim")} <= told
    assert ("Authentic", "ok", "") in told
    assert ("Can’t be trusted", "bad", "void") in told
    (broken,) = [row for _sheet, row, _tone, words in rows if words == "Can’t be trusted"]
    assert "<img" not in broken
    assert "A badge that can’t be trusted" in broken
    assert "as of that day" in index
    assert "CLR" not in index


@pytest.mark.any_database
def test_one_from_elsewhere_has_its_picture_in_the_index(full: User) -> None:
    kept = Imported.objects.exclude(form="png").get()
    Imported.objects.filter(pk=kept.pk).update(picture=png(), picture_is_signed=True)
    archive = archive_of(full)
    (name,) = [n for n in archive.namelist() if n.startswith("pictures/") and kept.public_id[:6] in n]
    assert f'<img src="{name}"' in archive.read("index.html").decode()
    assert archive.read(name) == png()


def test_it_needs_a_confirmed_session_and_is_nobody_elses(full: User, sam: User) -> None:
    """B21, E3."""
    for path in ("/account/export", "/account/export/" + "0" * 26 + ".zip"):
        assert signed_in(full).get(path)["Location"].startswith("/account/confirm")
    assert signed_in(full).post("/account/export")["Location"].startswith("/account/confirm")
    assert not Export.objects.exists()
    archive_of(full)
    export = Export.objects.get()
    path = f"/account/export/{export.public_id}.zip"
    assert fresh(sam).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert Client().get(f"/media/{export.file}").status_code == 404


def test_it_is_made_once_and_gone_after_a_day(full: User) -> None:
    archive_of(full)
    fresh(full).post("/account/export")
    export = Export.objects.get()
    place = Path(settings.MEDIA_ROOT) / export.file
    assert place.stat().st_size == export.size
    Export.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert fresh(full).get(f"/account/export/{export.public_id}.zip").status_code == 404
    run_worker()
    assert not Export.objects.exists()
    assert not place.exists()


def test_progress_is_shown_and_a_killed_worker_is_begun_anew(
    full: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh(full)
    client.post("/account/export")
    page = client.get("/account/export").content.decode()
    assert "0 of 6 badges packed" in page
    assert 'data-progress="going"' in page

    class Killed(BaseException):
        pass

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_imported", killed)
        with pytest.raises(Killed):
            exporting.export_some("w1")
    assert "4 of 6 badges packed" in client.get("/account/export").content.decode()
    assert exporting.export_some("w2") == 0, "another worker waits for the lease"
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert exporting.export_some("w2") == 1
    assert Export.objects.get().state == "ready"
    Export.objects.update(state="making", due_at=timezone.now(), attempts=9)
    run_worker()
    assert "could not be made" in client.get("/account/export").content.decode()


def test_one_that_was_taken_away_while_it_was_made_leaves_no_file(
    full: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.ask(full)
    drop = exporting._records

    def gone(*args: Any) -> Any:
        exports.drop(Export.objects.get(pk=export.pk))
        return drop(*args)

    monkeypatch.setattr(exporting, "_records", gone)
    before = set(Path(settings.MEDIA_ROOT).rglob("*"))
    exporting.export_some("w")
    assert {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()} <= before
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.zip")) == []


def test_many_badges_make_several_records_that_can_be_read(
    full: User, monkeypatch: pytest.MonkeyPatch, elsewhere: dict[str, Any]
) -> None:
    monkeypatch.setattr(exporting, "RECORD_PARTS", 2)
    names = archive_of(full).namelist()
    assert [name for name in names if name.startswith("record")] == [
        "record.json",
        "record-2.json",
        "record-3.json",
    ]


def test_an_archive_that_nobody_is_named_by_is_found_and_removed(site: object) -> None:
    """A worker was killed after storing it and before noting it."""
    import os

    place = Path(settings.MEDIA_ROOT) / "exports" / "stray.zip"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"PK")
    exports.forget_some()
    assert place.exists(), "it may be under way"
    os.utime(place, (0, 0))
    assert list(exports.strays()) == ["exports/stray.zip"]
    exports.forget_some()
    assert not place.exists()
