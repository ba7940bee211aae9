"""An erased account leaves nobody behind: in no table, no file, no mail; and a restored backup does not bring it back.

SECURITY E4, E5.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch
from plaudit_site import restoring
from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.models import MailedCode, User
from plaudit_site.audit import chaining, journal
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import batching, claiming, limiting, own_documents, revoking, staging
from plaudit_site.awards import keeping as award_keeping
from plaudit_site.awards.models import Award, Batch, BatchRow, Credential
from plaudit_site.backpack import keeping
from plaudit_site.backpack.models import Result
from plaudit_site.backpack.unpacking import Piece
from plaudit_site.belongings import collecting, erasing, exports, profiles
from plaudit_site.belongings.models import Export, Profile, ProfileName
from plaudit_site.examining import whole
from plaudit_site.issuers import access
from plaudit_site.issuers.models import Person, Role
from plaudit_site.mail.models import Message, Refusal
from plaudit_site.mail.queueing import refuse
from tests import people
from tests.people import World, run_worker
from tests.plaudit import samples
from tests.site.attacks.test_pages import doors
from tests.site.backpack.test_importing import elsewhere, give, signed
from tests.site.belongings.test_addresses import newest_code
from tests.site.conftest import signed_in
from tests.vectors.records import record as in_a_record

pytestmark = pytest.mark.django_db
assert elsewhere
NAME = "Zerlina Quittenbaum"
AT_HOME, AT_WORK, WAITS = "zerlina@quitten.example", "zq@arbeit.example", "zerlina@verein.example"
NEEDLES = ("zerlina", "quitten", "arbeit.example", "verein.example")


@pytest.fixture
def zerlina(world: World, elsewhere: dict[str, Any]) -> User:
    """Somebody who left traces in every room there is."""
    user = people.person(NAME, AT_HOME)
    for address in (AT_WORK, WAITS, samples.EMAIL):
        proving.prove(user, address, how="code")
    clear = world.badge_like("In clear", names_in_clear=True)
    for badge, address in ((world.badge, AT_HOME), (clear, AT_WORK), (world.badge_like("Waits"), WAITS)):
        award = world.award(address, badge=badge, note=f"Well done, {NAME}!", sign=False)
        Award.objects.filter(pk=award.pk).update(name=NAME)
        run_worker()
        award.refresh_from_db()
        if address == WAITS:
            claiming.decline(award, actor="test")
        else:
            claiming.accept(award, user, visibility="link", trust_issuer=False)
            limiting.make(award, user, limiting.Wanted(days=7, note=f"for {NAME}'s mother"))
    made = collecting.make(user, f"{NAME}'s")
    collecting.put(Award.objects.get(address=AT_HOME, is_welcome=False), user, [made.public_id])
    claiming.trust(user, world.issuer, visibility="public")
    profiles.take_name(user, "zerlina-q")
    Profile.objects.create(user=user, is_on=True, line=f"I am {NAME}", links=["https://quitten.example/"])
    Person.objects.create(issuer=world.issuer, own_id="7", key="7", name=NAME, address=AT_HOME)
    give(signed_in(user), signed())
    give(signed_in(user), b"{}", name="zerlina.json")
    exports.ask(user)
    client = signed_in(user)
    client.post("/account/addresses/add", {"address": "zerlina@noch-eine.example"})
    session = client.session
    session["adding"] = {"address": AT_WORK, "fresh_at": int(time.time())}
    session.save()
    award_keeping.report(Award.objects.get(address=AT_WORK), f"{NAME} is wrong")
    list_of(world)
    run_worker()
    return user


def list_of(world: World) -> Batch:
    """A list that was awarded, with Zerlina in it."""
    from io import BytesIO

    file = BytesIO(f"name,email\n{NAME},{AT_HOME}\nTom Other,tom@other.example\n".encode())
    badge = world.badge_like("By list")
    batch = staging.upload(world.issuer, file, name="list.csv", badge=badge, by=world.ben)
    run_worker()
    batch.refresh_from_db()
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(begins_at=timezone.now(), due_at=timezone.now())
    run_worker()
    batch.refresh_from_db()
    return batch


def tables() -> dict[str, str]:
    """Every row of every table as text: what a dump of the database holds."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = "\n".join(
                " ".join(
                    bytes(value).decode("utf-8", "replace")
                    if isinstance(value, bytes | memoryview)
                    else str(value)
                    for value in row
                )
                for row in cursor.fetchall()
            ).lower()
    return found


def traces() -> list[str]:
    found = [table for table, text in tables().items() if any(needle in text for needle in NEEDLES)]
    media = Path(site_settings.MEDIA_ROOT)
    for path in media.rglob("*") if media.is_dir() else ():
        if path.is_file() and any(needle.encode() in path.read_bytes().lower() for needle in NEEDLES):
            found.append(str(path))
    return found


def press(user: User) -> Any:
    client = signed_in(user)
    client.post("/account/erase")
    return client.post("/account/erase", {"code": newest_code(user.email)})


def kept_results(award: Award, eves: Award) -> dict[str, Result]:
    """Results of a day in which one badge is, by what it is in."""
    now = timezone.now()
    path = f"/c/{award.public_id}"
    own, older, record_of_it = (
        Client().get(one).content for one in (f"{path}.json", f"{path}.ob2.json", f"{path}.json")
    )
    other = Client().get(f"/c/{eves.public_id}.json").content
    both = plaudit.bake(plaudit.bake(samples.png(), own), older.decode(), version=2)
    found = {
        "itself": keeping.check(own, now),
        "its older form": keeping.check(older, now),
        "both in one picture": keeping.check(both, now),
        "an archive": keeping.check_archive([Piece("one.json", other), Piece("two.json", record_of_it)], now),
        "a record": keeping.check(in_a_record(json.loads(other), json.loads(own)), now),
        "its address": keeping.check(f"{site_settings.BASE_URL}{path}", now),
        "the one from elsewhere": keeping.check(signed(), now),
        "somebody else's": keeping.check(other, now),
    }
    assert found["both in one picture"].report["beside"] is not None
    assert found["a record"].report["credential"] is not None
    return found


@pytest.mark.any_database
def test_no_result_of_a_check_keeps_an_erased_badge_in_any_form(
    world: World, zerlina: User, eve: User
) -> None:
    """E4: what others checked is kept for a day, and it is somebody's badge all the same."""
    eves = world.award(badge=world.badge_like("Eve's own"))
    claiming.accept(eves, eve, visibility="link", trust_issuer=False)
    eves.refresh_from_db()
    found = kept_results(Award.objects.get(address=AT_WORK), eves)
    press(zerlina)
    left = {name for name, result in found.items() if Result.objects.filter(pk=result.pk).exists()}
    assert left == {"somebody else's"}


def test_nobody_is_left_in_any_table_or_file(world: World, zerlina: User) -> None:
    """E4: what the control finds in a dozen places is in none of them after it."""
    before = traces()
    for table in ("accounts_user", "awards_award", "awards_credential", "mail_message", "backpack_importitem",
                  "belongings_profile", "issuers_person", "awards_batchrow", "awards_abusereport"):  # fmt: skip
        assert table in before, (table, before)
    archive = Path(site_settings.MEDIA_ROOT) / Export.objects.get().file
    assert archive.is_file()
    answer = press(zerlina)
    assert "Your account is erased" in answer.content.decode()
    run_worker()
    assert traces() == []
    assert not archive.exists()
    assert not User.objects.filter(pk=zerlina.pk).exists()
    connection.check_constraints()


def test_shells_stay_and_say_so_and_fsck_and_the_chain_are_whole(world: World, zerlina: User) -> None:
    taken_back = world.award(AT_HOME, badge=world.badge_like("Taken back"))
    Award.objects.filter(pk=taken_back.pk).update(
        state=Award.State.WAITING, earner=None
    )  # as if she trusted nobody
    revoking.withdraw(taken_back, by=world.ben)
    """E4: the id is not used again, its place in the list is kept, the page says what happened."""
    shared = Award.objects.get(address=AT_HOME, version__title=world.badge.current.title)  # type: ignore[union-attr]
    waiting = Award.objects.get(address=WAITS, is_welcome=False)
    place = Credential.objects.values_list("status_list_id", "status_index").get(award=shared)
    press(zerlina)
    run_worker()
    shell = Award.objects.get(pk=shared.pk)
    assert (shell.state, shell.earner, shell.address, shell.name) == ("erased", None, "", "")
    assert Credential.objects.values_list("status_list_id", "status_index").get(award=shell) == place
    for name, path in doors(shared).items():
        if name == "question":
            continue
        answer = Client().get(path)
        assert answer.status_code == 410, name
        assert "at the holder’s request" in answer.content.decode()
    for name, path in doors(waiting).items():
        if name == "question":
            continue
        assert Client().get(path).status_code == 404, "it was nobody's to see before either"
    page = signed_in(world.ben).get(f"/manage/{world.issuer.slug}/awards/{shared.public_id}")
    assert page.status_code == 200
    assert "Erased at the holder’s request" in page.content.decode()
    assert signed_in(world.ben).get(f"/manage/{world.issuer.slug}/awards").status_code == 200
    chaining.chain_some()
    assert chaining.first_broken() is None
    assert whole.examine(settle_seconds=0).findings == []


@pytest.mark.any_database
def test_the_file_that_the_holder_kept_still_verifies_until_it_is_revoked(
    world: World, zerlina: User
) -> None:
    award = Award.objects.get(address=AT_HOME, version__title=world.badge.current.title)  # type: ignore[union-attr]
    kept = Client().get(f"/c/{award.public_id}.json").content
    press(zerlina)
    run_worker()
    own = MappedFetch(lambda url: own_documents.read(url), localhost=site_settings.SITE_HOST)
    assert plaudit.verify(kept, fetch=own, at=timezone.now()).verified
    page = Client().post("/verify/", {"text": kept.decode()}, follow=True).content.decode()
    assert "This badge is authentic" in page
    revoking.revoke(Award.objects.get(pk=award.pk), reason="It was a mistake", by=world.ben)
    run_worker()
    report = plaudit.verify(kept, fetch=own, at=timezone.now())
    assert [check.id for check in report.failed] == ["status"]
    assert not Message.objects.filter(kind="revoked").exists(), "there is nobody to tell"


def test_a_list_with_an_erased_person_can_still_be_undone(world: World, zerlina: User) -> None:
    batch = Batch.objects.get()
    press(zerlina)
    batching.undo(batch, reason="Wrong list", by=world.ben)
    run_worker()
    batch.refresh_from_db()
    assert batch.state == "undone"
    assert BatchRow.objects.get(batch=batch, line=3).name == "Tom Other", "the others are as they were"


@pytest.mark.any_database
def test_the_code_is_needed_and_is_good_for_that_alone(world: World, zerlina: User) -> None:
    """B21, B22: a stolen session erases nobody."""
    thief = signed_in(zerlina)
    page = thief.get("/account/erase").content.decode()
    assert "cannot be undone" in page
    thief.post("/account/erase", {"code": "123456"})
    other = codes.send_code("confirm", zerlina.email, user=zerlina)
    session = thief.session
    session["erasing"] = other.handle
    session.save()
    thief.post("/account/erase", {"code": newest_code(zerlina.email)})
    thief.post("/account/erase")
    code = newest_code(zerlina.email)
    for _ in range(5):
        thief.post("/account/erase", {"code": "000000" if code != "000000" else "111111"})
    thief.post("/account/erase", {"code": code})
    assert User.objects.filter(pk=zerlina.pk).exists()
    assert MailedCode.objects.filter(purpose=erasing.PURPOSE).exists()
    assert Client().get("/account/erase").status_code == 302


def test_an_organisation_is_not_left_without_an_owner(world: World, ozz: User) -> None:
    client = signed_in(world.ada)
    page = client.get("/account/erase").content.decode()
    assert world.issuer.name in page
    client.post("/account/erase")
    assert not MailedCode.objects.filter(purpose=erasing.PURPOSE).exists()
    access.set_role(world.issuer, ozz, Role.OWNER, by="test")
    press(world.ada)
    assert not User.objects.filter(pk=world.ada.pk).exists()
    assert access.role_of(ozz, world.issuer) == Role.OWNER


@pytest.mark.any_database
def test_what_others_and_the_mailbox_said_stays(world: World, zerlina: User, sam: User) -> None:
    """Other people's things are as they were; an address that wanted no mail gets none later either."""
    award = world.award(sam.email)
    claiming.accept(award, sam, visibility="link", trust_issuer=True)
    refuse(AT_HOME, "all")
    press(zerlina)
    award.refresh_from_db()
    assert (award.state, award.name, award.earner) == ("accepted", "Eve Earner", sam)
    assert Client().get(f"/c/{award.public_id}.json").status_code == 200
    assert Refusal.objects.exists()


@pytest.mark.any_database
def test_her_name_in_an_address_is_nobody_elses(world: World, zerlina: User, sam: User) -> None:
    press(zerlina)
    assert Client().get("/@zerlina-q").status_code == 404
    with pytest.raises(profiles.NameRefused):
        profiles.take_name(sam, "zerlina-q")
    assert not ProfileName.objects.filter(name__icontains="zerlina").exists()


def test_she_can_come_back_as_a_new_person(world: World, zerlina: User) -> None:
    press(zerlina)
    run_worker()
    again = people.person(NAME, AT_HOME)
    run_worker()
    assert Award.objects.earned_by(again).count() == 1, "the welcome badge of the new account"
    award = world.award(AT_HOME)
    claiming.accept(award, again, visibility="link", trust_issuer=False)
    assert Client().get(f"/c/{award.public_id}.json").status_code == 200


# A restored backup


@pytest.fixture
def kept(settings: Any, tmp_path: Path, site: object) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    restoring.at_start()
    return tmp_path / "journal"


def test_a_backup_of_before_does_not_bring_her_back(world: World, kept: Path) -> None:
    """E5: the journal names ids alone; the next start beside it erases again, former accounts too."""
    user, old = people.person(NAME, AT_HOME), people.person(NAME, AT_WORK)
    award = world.award(AT_HOME)
    claiming.accept(award, user, visibility="link", trust_issuer=False)
    run_worker()
    while chaining.chain_some():
        pass
    line = journal.Line(
        id=10**9,
        at=timezone.now(),
        kind=erasing.KIND,
        actor=user.public_id,
        subject=f"user:{user.public_id}",
        details={"former": [old.public_id], "awards": [award.public_id]},
    )
    assert journal.do_again(line)
    run_worker()
    assert not User.objects.filter(pk__in=[user.pk, old.pk]).exists()
    assert Award.objects.get(pk=award.pk).state == "erased"
    assert AuditEvent.objects.filter(kind=erasing.KIND).count() == 2
    assert not journal.do_again(line), "once is enough"


def test_the_journal_keeps_the_erasure_and_names_nobody(
    world: World, kept: Path, django_capture_on_commit_callbacks: Any
) -> None:
    user = people.person(NAME, AT_HOME)
    award = world.award(AT_HOME)
    claiming.accept(award, user, visibility="link", trust_issuer=False)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(user)
    text = (kept / "kept.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    (line,) = [line for line in lines if line["kind"] == erasing.KIND]
    assert line["subject"] == f"user:{user.public_id}"
    assert award.public_id in line["details"]["awards"]
    assert not re.search("zerlina|quitten", text.lower())
