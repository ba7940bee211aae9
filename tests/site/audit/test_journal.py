"""The journal beside the database, and starting with an older database than it (DECISIONS 33)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from plaudit_site import restoring
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.api import tokens
from plaudit_site.api.models import Token
from plaudit_site.audit import chaining, journal
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards import claiming, keeping, lapsing, revoking
from plaudit_site.awards.models import Award, Credential, Revocation, StatusEntry, StatusList
from plaudit_site.examining import whole
from plaudit_site.issuers import access, founding, keys
from plaudit_site.issuers.models import Issuer, Site
from plaudit_site.mail.models import Message
from tests import people
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings: Any, tmp_path: Path, site: Site) -> Path:
    """A journal that has followed all that is there."""
    settings.JOURNAL_DIR = tmp_path / "journal"
    restoring.at_start()
    return tmp_path / "journal"


def texts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "kept.jsonl").read_text().splitlines()]


def chained() -> None:
    while chaining.chain_some():
        pass


def test_a_revocation_is_written_right_after_its_commit(
    world: World, kept: Path, django_capture_on_commit_callbacks: Any
) -> None:
    award = world.award()
    with django_capture_on_commit_callbacks(execute=True):
        revoking.revoke(award, reason="a private reason", by=world.ben)
        assert not texts(kept) or texts(kept)[-1]["kind"] != "revoked"
    line = texts(kept)[-1]
    place = Credential.objects.get(award=award)
    assert (line["kind"], line["subject"]) == ("revoked", f"award:{award.public_id}")
    assert line["details"]["bits"] == [[place.status_list.public_id, place.status_index]]
    text = (kept / "kept.jsonl").read_text()
    for secret in ("private reason", people.EVE, "Eve Earner"):
        assert secret not in text
    assert (kept / "kept.jsonl").stat().st_mode & 0o077 == 0


def test_what_a_crash_left_out_is_added_once(world: World, kept: Path) -> None:
    revoking.revoke(world.award(), reason="error", by=world.ben)  # its commit's callbacks never run in a test
    assert "revoked" not in {line["kind"] for line in texts(kept)}
    restoring.at_start()
    restoring.at_start()
    assert [line["kind"] for line in texts(kept)].count("revoked") == 1


def test_a_line_written_before_its_event_is_chained_is_not_written_twice(world: World, kept: Path) -> None:
    first = record("removed", actor="a", subject="award:1")
    second = record("removed", actor="a", subject="award:2")
    journal.write(second)
    journal.write(first)
    record("something else", actor="a", subject="b")
    for _ in range(2):
        AuditEvent.objects.exclude(pk=second.pk).filter(chain_number=None).update(at=timezone.now())
        chained()
        while journal.follow_some():
            pass
    assert sorted(line["subject"] for line in texts(kept) if line["kind"] == "removed") == [
        "award:1",
        "award:2",
    ]
    head = journal.head()
    assert head is not None
    assert head.length == (kept / "kept.jsonl").stat().st_size


def test_a_line_that_a_crash_cut_off_is_passed_over_and_written_again(world: World, kept: Path) -> None:
    event = record("removed", actor="a", subject="award:1")
    with (kept / "kept.jsonl").open("ab") as file:
        file.write(journal._text(event)[:20])
    chained()
    journal.follow_some()
    assert [line.subject for line in journal.lines() if line.kind == "removed"] == ["award:1"]


def test_without_a_journal_of_its_own_a_machine_writes_none(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.JOURNAL_DIR = tmp_path / "none"
    journal.write(record("removed", actor="a", subject="award:1"))
    assert journal.follow_some() == 0
    assert not (tmp_path / "none").exists()


def test_a_full_disk_does_not_undo_a_revocation(
    world: World, kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plaudit_site.audit.journal.os.write", full)
    journal.write(record("removed", actor="a", subject="award:1"))
    assert "No space left" in caplog.text


# Refusing to start


def test_a_start_without_the_journal_is_refused_until_the_loss_is_accepted(world: World, kept: Path) -> None:
    world.award()
    for name in ("kept.jsonl", "head.json"):
        (kept / name).unlink()
    with pytest.raises(ImproperlyConfigured, match="holds no journal, but this site kept one"):
        restoring.at_start()
    restoring.at_start(accept_loss=True)
    assert AuditEvent.objects.filter(kind="journal lost").count() == 1
    assert not StatusList.objects.filter(reserved__lt=StatusList.SIZE).exists()
    restoring.at_start()


def test_the_journal_of_another_site_is_refused(world: World, kept: Path) -> None:
    (kept / "head.json").write_text(json.dumps({"site": "another"}))
    with pytest.raises(ImproperlyConfigured, match="another site"):
        restoring.at_start()


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[]"])
def test_a_head_that_cannot_be_read_is_refused(world: World, kept: Path, text: str) -> None:
    (kept / "head.json").write_text(text)
    with pytest.raises(ImproperlyConfigured, match=r"head\.json cannot be read"):
        restoring.at_start()


# An older database. A savepoint is the backup: everything after it is lost, but for the journal.


@pytest.fixture
def restored(kept: Path, world: World) -> Iterator[Any]:
    """Call it with what happens after the backup; when it returns, the backup has been put back and started."""
    from django.db import transaction

    def run(happens: Any) -> None:
        point = transaction.savepoint()
        happens()
        chained()
        while journal.follow_some():
            pass
        transaction.savepoint_rollback(point)
        restoring.at_start()
        people.run_worker()
        assert whole.examine(settle_seconds=0).findings == []
        before = AuditEvent.objects.count()
        restoring.at_start()
        assert AuditEvent.objects.count() == before, "a second start has nothing to do again"

    return run


def is_set(place: Credential) -> bool:
    return StatusEntry.objects.filter(
        status_list__public_id=place.status_list.public_id, index=place.status_index
    ).exists()


def test_a_restored_backup_un_revokes_nothing(world: World, restored: Any) -> None:
    award = world.award()
    after: list[Credential] = []

    def happens() -> None:
        revoking.revoke(award, reason="error", by=world.ben)
        unknown = world.award("unknown@example.org")
        revoking.revoke(unknown, reason="error", by=world.ben)
        after.extend(Credential.objects.select_related("status_list").filter(award=unknown))
        StatusList.objects.create(issuer=world.issuer)  # and in a list that the backup does not know
        StatusList.objects.filter(pk=after[0].status_list_id).update(reserved=StatusList.SIZE)
        new = world.award("newer@example.org")
        revoking.revoke(new, reason="error", by=world.ben)
        after.extend(Credential.objects.select_related("status_list").filter(award=new))

    restored(happens)
    assert Revocation.objects.get(award=award).by == world.ben
    assert is_set(award.credential)  # type: ignore[arg-type]
    assert after[0].status_list_id != after[1].status_list_id
    assert all(is_set(place) for place in after), "also of awards that are unknown here"
    assert not Award.objects.filter(address="unknown@example.org").exists()


def test_places_handed_out_after_the_backup_are_not_handed_out_again(world: World, restored: Any) -> None:
    world.award()
    lost: list[tuple[int, int]] = []

    def happens() -> None:
        for number in range(5):
            award = world.award(f"lost{number}@example.org")
            lost.append((award.credential.status_list_id, award.credential.status_index))  # type: ignore[union-attr]

    restored(happens)
    for number in range(5):
        world.award(f"new{number}@example.org")
    there = set(Credential.objects.values_list("status_list_id", "status_index"))
    assert there.isdisjoint(lost)


def test_withdrawn_and_corrected_invitations_stay_dead(world: World, restored: Any) -> None:
    withdrawn, corrected = world.award("withdrawn@example.org"), world.award("tpyo@example.org")
    unsigned = world.award("early@example.org", sign=False)
    people.run_worker()

    def happens() -> None:
        revoking.withdraw(withdrawn, by=world.ben)
        revoking.withdraw(unsigned, by=world.ben)
        revoking.correct(corrected, address="typo@example.org", name="Typo", by=world.ben)
        people.run_worker()

    restored(happens)
    for award in (withdrawn, corrected, unsigned):
        award.refresh_from_db()
        assert award.state == Award.State.WITHDRAWN
        assert award.invitation_number > 1


def renews(world: World, badge: Achievement, eve: User, days_ago: int = 0) -> Award:
    """Another award of the badge to that address, which is accepted."""
    award = world.award(eve.email, badge=badge, awarded_at=timezone.now() - timedelta(days=days_ago))
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    return award


def test_what_was_renewed_stays_revoked_and_an_invitation_that_it_withdrew_stays_dead(
    world: World, restored: Any
) -> None:
    """F10, I6: also in the file of an award that the backup does not know."""
    badge = world.badge_like("First Aid", repeat=Achievement.Repeat.RENEW)
    long_ago = timezone.now() - timedelta(days=400)
    eve = people.person("Eve Earner", people.EVE)
    mia, may = (people.person(name, f"{name.lower()}@example.org") for name in ("Mia", "May"))
    first = world.award(badge=badge, awarded_at=long_ago)
    claiming.accept(first, eve, visibility="link", trust_issuer=False)
    waits = world.award(mia.email, badge=badge, awarded_at=long_ago)
    there = world.award(may.email, badge=badge, awarded_at=long_ago)
    claiming.accept(there, may, visibility="link", trust_issuer=False)
    later = world.award(may.email, badge=badge)
    lost: list[Credential] = []

    def happens() -> None:
        lost.append(renews(world, badge, eve, days_ago=9).credential)  # type: ignore[arg-type]
        renews(world, badge, eve)  # it renews one that the backup does not know
        renews(world, badge, mia)
        claiming.accept(later, may, visibility="link", trust_issuer=False)
        assert whole.examine(settle_seconds=0).findings == [], "fsck knows what “renewed” is"

    restored(happens)
    assert Revocation.objects.get(award=first).reason == "Renewed"
    assert Revocation.objects.get(award=there).renewed_by == later
    waits.refresh_from_db()
    assert (waits.state, waits.invitation_number) == (Award.State.WITHDRAWN, 3)
    places = [first.credential, waits.credential, there.credential, *lost]
    assert all(place is not None and is_set(place) for place in places)


def test_who_was_forgotten_stays_so_and_what_was_withdrawn_before_stays_taken_back(
    world: World, restored: Any
) -> None:
    """J49, F10: retention had erased them after the backup was made."""
    award, waits = world.award(), world.award("waits@example.org")
    Award.objects.update(made_at=timezone.now() - timedelta(days=800))

    def happens() -> None:
        revoking.withdraw(award, by=world.ben)
        lapsing.lapse_some()
        ago = timezone.now() - timedelta(days=40)
        Message.objects.filter(kind="lapsing").update(state="sent", created_at=ago, sent_at=ago)
        lapsing.lapse_some()
        assert set(Award.objects.filter(pk__in=[award.pk, waits.pk]).values_list("state", flat=True)) == {
            "erased"
        }

    restored(happens)
    for one in (award, waits):
        one.refresh_from_db()
        assert (one.state, one.address, one.name) == (Award.State.ERASED, "", "")
    assert award.credential is not None
    assert is_set(award.credential)
    assert waits.credential is not None
    assert not is_set(waits.credential)


def test_a_line_of_before_that_names_no_number_withdraws_too(world: World, restored: Any) -> None:
    """Until 2026 what a renewal withdrew was written down without its number and its place in the list."""
    award = world.award()

    def happens() -> None:
        record("withdrawn", actor="renewal", subject=f"award:{award.public_id}")

    restored(happens)
    award.refresh_from_db()
    assert award.state == Award.State.WITHDRAWN
    assert award.credential is not None
    assert is_set(award.credential)


def test_what_an_earner_removed_stays_removed_and_what_was_taken_back_stays(
    world: World, restored: Any
) -> None:
    eve = people.person("Eve Earner", people.EVE)
    gone, back = world.award(), world.award(badge=world.badge_like("Another"))
    for award in (gone, back):
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
        award.refresh_from_db()

    def happens() -> None:
        keeping.remove(gone, eve)
        keeping.remove(back, eve)
        keeping.take_back(back, eve)

    restored(happens)
    gone.refresh_from_db()
    back.refresh_from_db()
    assert (gone.state, back.state) == ("removed", "accepted")


def test_keys_tokens_people_and_suspensions_stay_as_they_were_decided(world: World, restored: Any) -> None:
    token, _secret = tokens.make(world.issuer, name="payroll", scopes=["award"], days=30, by=world.ada)
    stolen, lost = keys.current_key(world.issuer), []

    def happens() -> None:
        tokens.revoke(token, by=world.ada)
        access.remove(world.issuer, world.ben, by=world.ada.public_id)
        keys.mark_compromised(stolen, by="ada")
        lost.append(keys.current_key(world.issuer).method)
        keys.rotate(world.issuer, by="ada")
        lost.append(keys.current_key(world.issuer).method)
        founding.suspend(world.issuer, by="ozz")

    restored(happens)
    stolen.refresh_from_db()
    world.issuer.refresh_from_db()
    assert Token.objects.get(pk=token.pk).revoked_at is not None
    assert not access.may(world.ben, "see", world.issuer)
    assert stolen.compromised_at is not None
    assert world.issuer.standing == Issuer.Standing.SUSPENDED
    published = {method["id"] for method in keys.document(world.issuer)["verificationMethod"]}
    assert stolen.method not in published
    assert published >= set(lost), "what the lost keys signed still verifies"
    assert keys.current_key(world.issuer).method not in lost
    assert keys.fits(keys.current_key(world.issuer))


def test_a_worker_that_finds_an_older_database_does_not_move_the_journal(
    world: World, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (kept / "head.json").write_text(
        json.dumps({"site": Site.objects.get().journal, "chained": 1, "hash": "f" * 64, "length": 0})
    )
    record("removed", actor="a", subject="award:1")
    chained()
    assert journal.follow_some() == 0
    assert "older than its journal" in caplog.text


def test_fsck_says_what_the_journal_knows_and_the_database_does_not(world: World, kept: Path) -> None:
    """I5: a commit that was lost, and a backup that was put back."""

    def said() -> list[str]:
        return [f"{one.promise} {one.what}" for one in whole.examine(settle_seconds=0).findings]

    record("something else", actor="a", subject="b")
    restoring.at_start()
    assert said() == []
    gone = record("removed", actor="a", subject="award:1")
    journal.write(gone)
    assert said() == []
    AuditEvent.objects.filter(pk=gone.pk).delete()
    assert said() == [f"I5 line {gone.pk} of the journal"]
    AuditEvent.objects.filter(chain_number__isnull=False).latest("chain_number").delete()
    assert said() == ["I5 journal"]
    restoring.at_start()
    assert said() == [], "it was done again as far as it can be, and that is on record"
    (kept / "kept.jsonl").unlink()
    assert said() == ["I5 journal"]
