"""What `plaudit-site fsck` finds: nothing in a sound site, and each kind of damage by its name."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from plaudit_site.__main__ import parser
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Version
from plaudit_site.api.models import KeptAnswer
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards import batching, claiming, keeping, revoking, staging
from plaudit_site.awards.bulk_awarding import AWARDED_TOGETHER
from plaudit_site.awards.models import (
    Award,
    Batch,
    BatchRow,
    Credential,
    Revocation,
    Slice,
    StatusEntry,
    StatusList,
)
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings.models import Export
from plaudit_site.commands import fsck
from plaudit_site.examining import whole
from plaudit_site.examining.findings import Finding
from plaudit_site.examining.histories import Histories
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import SigningKey
from plaudit_site.mail.models import Message
from tests import people
from tests.people import EVE, World

pytestmark = pytest.mark.django_db


def examined(**more: bool) -> list[Finding]:
    return whole.examine(settle_seconds=0, **more).findings


def found() -> set[tuple[str, str]]:
    return {(one.promise, one.what) for one in examined()}


def listed(world: World, rows: int = 3) -> Batch:
    """A list that was awarded."""
    lines = "".join(f"Person {n},person{n}@example.org\n" for n in range(rows))
    file = io.BytesIO(f"name,email\n{lines}".encode())
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    people.run_worker()
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE
    return batch


@pytest.fixture
def lived(world: World) -> World:
    """A site on which everything was done once."""
    eve = people.person("Eve Earner", people.EVE)
    listed(world)
    accepted = world.award(people.EVE)
    claiming.accept(accepted, eve, visibility="link", trust_issuer=True)
    again = world.award(people.EVE, badge=world.badge_like("Another"))
    assert again.state == "accepted"
    keeping.remove(again, eve)
    revoking.revoke(accepted, reason="error", by=world.ben)
    revoking.withdraw(world.award("withdrawn@example.org"), by=world.ben)
    revoking.withdraw(world.award("early@example.org", sign=False), by=world.ben)
    corrected = world.award("tpyo@example.org")
    revoking.correct(corrected, address="typo@example.org", name="Typo", by=world.ben)
    declined = world.award("declined@example.org")
    claiming.decline(declined, actor="link")
    revoking.send_again(world.award("again@example.org"), by=world.ben)
    keys.rotate(world.issuer, by="test")
    world.award("rotated@example.org")
    keys.mark_compromised(keys.current_key(world.issuer), by="test")
    world.award("compromised@example.org")
    listed_again = listed(world.__class__(world.ada, world.ben, world.issuer, world.badge_like("Third")), 2)
    batching.undo(listed_again, reason="error", by=world.ben)
    people.run_worker()
    return world


def test_whatever_was_done_a_site_is_sound(lived: World) -> None:
    result = whole.examine(settle_seconds=0)
    assert result.findings == []
    assert result.counted["awards"] == Award.objects.count() >= 14
    assert result.counted["credentials"] == Credential.objects.count()
    assert result.counted["events"] == AuditEvent.objects.count()


def test_an_unfinished_site_is_sound_too(world: World) -> None:
    world.award(sign=False)
    assert examined() == []


@pytest.mark.parametrize("wrong", [timedelta(days=1), timedelta(hours=-1)], ids=["ahead", "behind"])
def test_what_was_signed_while_the_clock_was_wrong_is_sound_when_it_is_right(
    world: World, monkeypatch: pytest.MonkeyPatch, wrong: timedelta
) -> None:
    """F11: where there is one clock, nobody can tell that it is wrong; what was written then is no damage."""
    right = timezone.now
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: right() + wrong)
        world.award("wrong@example.org")
        if connection.vendor == "sqlite":  # elsewhere the database knows better, and no list is begun
            listed(world)
    world.award("right@example.org")
    people.run_worker()
    assert examined() == []


# Each kind of damage, and the object that it is named by


def flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def a_byte(award: Award) -> str:
    credential = Credential.objects.get(pk=award.credential_id)
    Credential.objects.filter(pk=credential.pk).update(content=flip(bytes(credential.content), 300))
    return f"award {award.public_id}"


def bytes_and_digest(award: Award) -> str:
    """By somebody who knows how rows hang together, but has no key."""
    import hashlib

    credential = Credential.objects.get(pk=award.credential_id)
    content = bytes(credential.content).replace(b"Certified Product Manager", b"Certified Project Manager")
    digest = hashlib.sha256(content).hexdigest()
    Credential.objects.filter(pk=credential.pk).update(content=content, sha256=digest)
    return f"award {award.public_id}"


def no_json(award: Award) -> str:
    Credential.objects.filter(pk=award.credential_id).update(content=b"\x00")
    return f"award {award.public_id}"


def another_index(award: Award) -> str:
    Credential.objects.filter(pk=award.credential_id).update(status_index=77)
    return f"award {award.public_id}"


def no_credential(award: Award) -> str:
    Award.objects.filter(pk=award.pk).update(credential=None)
    return f"award {award.public_id}"


def nobody_signs(award: Award) -> str:
    Award.objects.filter(pk=award.pk).update(credential=None, state="queued", due_at=None)
    return f"award {award.public_id}"


def no_mail(award: Award) -> str:
    Message.objects.filter(subject_id=award.public_id).delete()
    return f"award {award.public_id}"


def no_reminder(award: Award) -> str:
    Message.objects.filter(subject_id=award.public_id, kind="reminder").delete()
    return f"award {award.public_id}"


def two_mails(award: Award) -> str:
    about = {"subject_id": award.public_id, "about": award.pk}
    Message.objects.create(kind="auto_accepted", message_id="<2>", once_key="auto_accepted:1", **about)
    Message.objects.update(due_at=timezone.now())
    return f"award {award.public_id}"


def revoked_without_a_bit(award: Award) -> str:
    Revocation.objects.create(award=award, reason="error")
    return f"award {award.public_id}"


def a_bit_without_a_revocation(award: Award) -> str:
    credential = Credential.objects.get(pk=award.credential_id)
    StatusEntry.objects.create(status_list_id=credential.status_list_id, index=credential.status_index)
    return f"award {award.public_id}"


def no_event(award: Award) -> str:
    AuditEvent.objects.filter(subject=f"award:{award.public_id}", kind="signed").delete()
    return f"award {award.public_id}"


def a_changed_event(award: Award) -> str:
    event = AuditEvent.objects.filter(subject=f"award:{award.public_id}").order_by("pk")[0]
    AuditEvent.objects.filter(pk=event.pk).update(actor="somebody else")
    return f"audit event {event.pk}"


def a_forgotten_event(award: Award) -> str:
    del award
    AuditEvent.objects.create(kind="a", actor="b", subject="c", at=timezone.now() - timedelta(minutes=10))
    return "audit chain"


def another_picture(award: Award) -> str:
    picture = Version.objects.get(pk=award.version_id).picture_png
    Version.objects.filter(pk=award.version_id).update(picture_png=flip(bytes(picture), 500))
    return f"badge version {award.version_id}"


def a_bit_cleared_in_the_signed_list(award: Award) -> str:
    credential = Credential.objects.get(pk=award.credential_id)
    StatusEntry.objects.create(
        status_list_id=credential.status_list_id, index=4, at=timezone.now() - timedelta(minutes=2)
    )
    return f"status list {credential.status_list.public_id}"


def a_row_of_the_list_lost(award: Award) -> str:
    revoked = Credential.objects.get(award__address="revoked@example.org")
    assert revoked.award_id != award.pk
    StatusEntry.objects.filter(status_list=revoked.status_list_id, index=revoked.status_index).delete()
    return f"status list {revoked.status_list.public_id}"


def a_changed_signed_list(award: Award) -> str:
    status_list = Credential.objects.get(pk=award.credential_id).status_list
    content = bytes(status_list.content).replace(b'validFrom":"20', b'validFrom":"19')
    assert content != bytes(status_list.content)
    StatusList.objects.filter(pk=status_list.pk).update(content=content)
    return f"status list {status_list.public_id}"


def a_mail_that_hangs(award: Award) -> str:
    message = Message.objects.filter(subject_id=award.public_id).order_by("pk")[0]
    Message.objects.filter(pk=message.pk).update(state="sending", due_at=None)
    return f"mail {message.pk}"


def a_lease_of_a_wrong_clock(award: Award) -> str:
    message = Message.objects.filter(subject_id=award.public_id).order_by("pk")[0]
    until = timezone.now() + timedelta(days=1)
    Message.objects.filter(pk=message.pk).update(lease_holder="w", lease_until=until)
    return f"mail {message.pk}"


def a_mail_about_nothing(award: Award) -> str:
    del award
    message = Message.objects.create(kind="invitation", subject_id="gone", message_id="<1>")
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
    return f"mail {message.pk}"


def a_mail_not_found_by_its_award(award: Award) -> str:
    Message.objects.filter(subject_id=award.public_id).update(about=award.pk + 1000)
    return f"mail {Message.objects.get(about=award.pk + 1000, kind='invitation').pk}"


def a_key_of_another_file(award: Award) -> str:
    key = SigningKey.objects.get(issuer=award.issuer, kind="p256", retired_at=None)
    SigningKey.objects.filter(pk=key.pk).update(private_encrypted=flip(bytes(key.private_encrypted), 20))
    return f"key {key.method}"


def a_second_mail(award: Award) -> str:
    """In a database that has lost an index."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX mail_once_about_one_of_many")
    first = Message.objects.get(about=award.pk, once_key="invitation:1")
    twin = Message.objects.create(
        kind="revoked",
        subject_id="gone",
        about=award.pk,
        once_key=first.once_key,
        message_id="<1>",
        state="sent",
    )
    return f"mail {twin.pk}"


def a_kept_mail_of_another_row(award: Award) -> str:
    message = Message.objects.get(about=award.pk, kind="invitation")
    Message.objects.filter(pk=message.pk).update(message_id="<another@testserver>")
    return f"mail {message.pk}"


def an_answer_about_nothing(award: Award) -> str:
    kept = KeptAnswer.objects.create(
        issuer=award.issuer, endpoint="POST /api/v1/awards", key="a", status=201, body='{"id": "gone"}'
    )
    return f"kept answer {kept.pk}"


def an_event_of_an_award_that_is_gone(award: Award) -> str:
    return f"audit event {record('awarded', actor='a', subject=f'award:{award.pk}').pk}"


def an_event_of_a_list_that_is_gone(award: Award) -> str:
    ids = [award.public_id, "gone"]
    return f"audit event {record(AWARDED_TOGETHER, actor='a', subject='batch:gone', signed=ids).pk}"


DAMAGES: tuple[tuple[str, Callable[[Award], str]], ...] = (
    ("I2", a_byte),
    ("I2", bytes_and_digest),
    ("I2", no_json),
    ("I2", another_index),
    ("I2", no_credential),
    ("I2", nobody_signs),
    ("I2", a_key_of_another_file),
    ("I3", no_mail),
    ("I3", no_reminder),
    ("I3", two_mails),
    ("I3", a_mail_that_hangs),
    ("I3", a_lease_of_a_wrong_clock),
    ("I3", a_mail_about_nothing),
    ("I3", a_mail_not_found_by_its_award),
    ("I4", a_second_mail),
    ("I4", a_kept_mail_of_another_row),
    ("I5", an_answer_about_nothing),
    ("I5", an_event_of_an_award_that_is_gone),
    ("I5", an_event_of_a_list_that_is_gone),
    ("I6", revoked_without_a_bit),
    ("I6", a_bit_without_a_revocation),
    ("I6", a_bit_cleared_in_the_signed_list),
    ("I6", a_row_of_the_list_lost),
    ("I6", a_changed_signed_list),
    ("I7", another_picture),
    ("I8", no_event),
    ("I8", a_changed_event),
    ("I8", a_forgotten_event),
)


@pytest.mark.parametrize(("promise", "damage"), DAMAGES, ids=lambda value: getattr(value, "__name__", value))
def test_each_damage_is_named(world: World, promise: str, damage: Callable[[Award], str]) -> None:
    revoking.revoke(world.award("revoked@example.org"), reason="error", by=world.ben)
    award = world.award()
    people.run_worker()
    assert examined() == []
    what = damage(award)
    findings = examined()
    assert (promise, what) in {(one.promise, one.what) for one in findings}
    assert all(one.problem and one.mend for one in findings)


def a_lost_award(batch: Batch) -> None:
    award = batch.awards.get(batch_line=3)
    Message.objects.filter(subject_id=award.public_id).delete()
    Award.objects.filter(pk=award.pk).update(credential=None)
    Credential.objects.filter(award=award).delete()
    award.delete()


def a_row_that_says_no(batch: Batch) -> None:
    batch.rows.filter(line=3).update(state=BatchRow.State.LEFT)


def a_line_never_looked_at(batch: Batch) -> None:
    BatchRow.objects.create(batch=batch, line=9, state="ready", address="nine@example.org")


def a_wrong_number(batch: Batch) -> None:
    Slice.objects.filter(batch=batch).update(awarded=7)


@pytest.mark.parametrize(
    "damage",
    [a_lost_award, a_row_that_says_no, a_line_never_looked_at, a_wrong_number],
    ids=lambda d: d.__name__,
)
def test_a_list_and_its_awards_are_compared_line_by_line(
    world: World, damage: Callable[[Batch], None]
) -> None:
    batch = listed(world)
    assert examined() == []
    damage(batch)
    assert ("I1", f"list {batch.public_id}") in found()


def event_of(batch: Batch) -> AuditEvent:
    return AuditEvent.objects.get(subject=f"batch:{batch.public_id}", kind="batch awarded")


def told_of_none(batch: Batch, first: Award) -> None:
    del first
    event_of(batch).delete()


def told_of_all_but_one(batch: Batch, first: Award) -> None:
    event = event_of(batch)
    event.details["signed"].remove(first.public_id)
    AuditEvent.objects.filter(pk=event.pk).update(details=event.details)


def told_twice(batch: Batch, first: Award) -> None:
    event = event_of(batch)
    details = {**event.details, "signed": [first.public_id]}
    AuditEvent.objects.create(kind=event.kind, actor="x", subject=event.subject, details=details)


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [(told_of_none, 3), (told_of_all_but_one, 1), (told_twice, 1)],
    ids=["of none", "of all but one", "twice"],
)
def test_the_history_of_a_list_tells_of_each_award(
    world: World, damage: Callable[[Batch, Award], None], wrong: int
) -> None:
    batch = listed(world)
    awards = list(batch.awards.order_by("pk"))
    damage(batch, awards[0])
    named = {("I8", f"award {award.public_id}") for award in awards[:wrong]}
    assert {one for one in found() if one[1] != "audit chain" and "event" not in one[1]} == named


def test_a_list_whose_awards_have_events_of_their_own_is_sound_too(world: World) -> None:
    """As they were written before one event told of many."""
    batch = listed(world)
    event = event_of(batch)
    ids = event.details.pop("signed")
    AuditEvent.objects.filter(pk=event.pk).update(details=event.details)
    for public_id in ids:
        AuditEvent.objects.create(kind="signed", actor="worker", subject=f"award:{public_id}")
    assert not [one for one in found() if one[1].startswith("award ")]


def test_an_event_that_came_after_others_were_read_is_read_too(world: World) -> None:
    batch = listed(world)
    event, histories = event_of(batch), Histories()
    ids, awards = event.details["signed"], list(batch.awards.select_related(None))
    AuditEvent.objects.filter(pk=event.pk).delete()
    assert not any(counter["signed"] for counter in histories.of(awards).values())
    event.save(force_insert=True)
    assert {one: counter["signed"] for one, counter in histories.of(awards).items()} == dict.fromkeys(ids, 1)


def test_the_file_of_a_list_is_compared_and_strays_are_named(
    world: World, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path  # type: ignore[attr-defined]
    file = io.BytesIO(b"name,email\nEve,eve@example.org\n")
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    path = tmp_path / "media" / batch.file
    assert examined() == []
    path.write_bytes(b"name,email\nSam,sam@example.org\n")
    assert found() == {("I7", f"list {batch.public_id}")}
    path.unlink()
    assert found() == {("I7", f"list {batch.public_id}")}
    stray = tmp_path / "media" / "imports" / "stray"
    stray.write_bytes(b"half an upload")
    Batch.objects.filter(pk=batch.pk).update(file="")
    assert found() == set(), "it may be on its way"
    import os

    os.utime(stray, (1, 1))
    assert found() == {("I7", "file imports/stray")}


def test_a_badge_from_elsewhere_and_an_archive_are_compared(
    world: World, eve: User, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path  # type: ignore[attr-defined]
    content = b'{"name": "Soldering"}'
    row = Imported.objects.create(
        owner=eve, sha256=hashlib.sha256(content).hexdigest(), content=content, form=Imported.Form.JSON,
        awarded_to=EVE, report={}, state="green", title="Soldering", issuer_name="Guild", awarded_at=timezone.now(),
    )  # fmt: skip
    archive = tmp_path / "media" / "exports" / "one.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"archive")
    export = Export.objects.create(
        user=eve,
        state=Export.State.READY,
        file="exports/one.zip",
        size=7,
        ends_at=timezone.now() + timedelta(days=1),
    )
    assert examined() == []
    Imported.objects.filter(pk=row.pk).update(content=content + b" ")
    archive.write_bytes(b"archive, but longer")
    assert found() == {("I7", f"imported {row.public_id}"), ("I7", f"export {export.public_id}")}
    Export.objects.filter(pk=export.pk).update(sha256=hashlib.sha256(b"archive").hexdigest())
    Imported.objects.filter(pk=row.pk).update(content=content)
    archive.write_bytes(b"archive")
    assert examined() == []
    archive.write_bytes(b"archivE")
    assert found() == {("I7", f"export {export.public_id}")}, "as long as it was"
    archive.unlink()
    assert ("I7", f"export {export.public_id}") in found()


def test_what_is_wrong_for_a_moment_only_is_not_called_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = world.award()
    Message.objects.filter(subject_id=award.public_id).update(state="sending", due_at=None)

    def meanwhile(_seconds: float) -> None:
        Message.objects.filter(subject_id=award.public_id).update(state="sent")

    monkeypatch.setattr("plaudit_site.examining.whole.time.sleep", meanwhile)
    assert examined() == []


def test_quick_compares_digests_and_rows_but_no_signatures(world: World) -> None:
    award = world.award()
    bytes_and_digest(award)
    assert examined(with_signatures=False) == []
    a_byte(award)
    assert len(examined(with_signatures=False)) == 1


def test_it_changes_nothing(lived: World) -> None:
    statements: list[str] = []

    def watching(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql.split()[0])
        return execute(sql, *rest)

    with connection.execute_wrapper(watching):
        examined()
    assert set(statements) == {"SELECT"}


# The command


def ran(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = fsck.run(parser().parse_args(["fsck", *options]))
    return code, capsys.readouterr().out


def test_the_command_says_what_it_looked_at(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plaudit_site.examining.whole.time.sleep", lambda _seconds: None)
    award = world.award()
    code, words = ran(capsys)
    assert code == 0
    assert words.startswith("All is sound: ")
    assert f"{Award.objects.count()} awards" in words
    what = a_byte(award)
    code, words = ran(capsys)
    assert code == 1
    assert f"I2 {what}: credential 1: its bytes are not those that were stored" in words
    assert "To mend it: " in words
    code, words = ran(capsys, "--json", "--quick")
    read = json.loads(words)
    assert (code, read["sound"], read["findings"][0]["object"]) == (1, False, what)


def test_a_command_that_is_set_up_as_another_site_says_so_and_looks_at_nothing(
    world: World, settings: Any
) -> None:
    settings.BASE_URL = "https://elsewhere.example"
    with pytest.raises(ImproperlyConfigured, match="was made as http://localhost:8000"):
        fsck.run(parser().parse_args(["fsck"]))
