"""A list is worked off in slices: by several workers, beside other lists, stopped and gone on with, counted truly."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plaudit.errors import IssueError
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import (
    batching,
    bulk_awarding,
    claiming,
    resending,
    revoking,
    signing,
    slicing,
    staging,
    suspending,
)
from plaudit_site.awards.bulk_awarding import Work
from plaudit_site.awards.models import Award, Batch, Credential, Slice, StatusEntry
from plaudit_site.awards.progress import Progress
from plaudit_site.examining import whole
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import Issuer, SigningKey
from plaudit_site.mail import bouncing
from plaudit_site.mail.models import UNDELIVERED, Message, State
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Two lines each, one at a time; and an issuer that is not new."""
    monkeypatch.setattr(slicing, "at_once", lambda: 2)
    monkeypatch.setattr(slicing, "slices_at_once", lambda: 1)
    Issuer.objects.filter(pk=world.issuer.pk).update(made_at=timezone.now() - timedelta(days=60))
    world.issuer.refresh_from_db()


def started(world: World, *names: str) -> Batch:
    rows = "".join(f"{name.title()} X,{name}@example.org\n" for name in names)
    file = io.BytesIO(f"name,email\n{rows}".encode())
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    begin(batch)
    return batch


def begin(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    batch.slices.filter(done_at__isnull=True).update(due_at=timezone.now())
    batch.refresh_from_db()


def awarded(batch: Batch) -> list[int]:
    return sorted(line or 0 for line in batch.awards.values_list("batch_line", flat=True))


def true(batch: Batch) -> None:
    """The page's numbers are what counting every row, award and mail gives."""
    batch.refresh_from_db()
    progress = Progress(batch)
    rows = Counter(batch.rows.values_list("state", flat=True))
    assert {state: n for state, n in progress.rows.items() if n} == dict(rows)
    states = Counter(batch.awards.values_list("state", flat=True))
    assert {state: n for state, n in progress.awards.items() if n} == dict(states)
    mails = Counter(
        Message.objects.filter(
            subject_id__in=batch.awards.values("public_id"), kind__in=["invitation", "auto_accepted"]
        ).values_list("state", flat=True)
    )
    assert progress.sent == mails[State.SENT]
    assert progress.unsent == mails[State.QUEUED] + mails[State.SENDING] + mails[State.DEFERRED]
    latest = resending.deliveries(batch.awards.all())
    assert progress.undelivered == sum(mail.state in UNDELIVERED for mail in latest.values())
    assert progress.failed == states["failed"] + progress.undelivered


@pytest.mark.journey("J45")
def test_two_workers_have_different_lines_of_one_list(world: World) -> None:
    batch = started(world, "a", "b", "c", "d", "e")
    (one,), (two,) = slicing._take("one"), slicing._take("two")
    bulk_awarding.award(two)
    assert awarded(batch) == [4, 5]
    bulk_awarding.award(one)
    assert awarded(batch) == [2, 3, 4, 5]
    slicing.award_some("one")
    assert awarded(batch) == [2, 3, 4, 5, 6]
    true(batch)
    assert Credential.objects.filter(award__batch=batch).values("status_index").distinct().count() == 5
    events = AuditEvent.objects.filter(kind="batch awarded", subject=f"batch:{batch.public_id}").order_by(
        "pk"
    )
    ids = dict(batch.awards.values_list("batch_line", "public_id"))
    assert [set(event.details["signed"]) for event in events] == [
        {ids[4], ids[5]},
        {ids[2], ids[3]},
        {ids[6]},
    ]
    assert {event.details["key"] for event in events} == {keys.current_key(world.issuer).method}


def test_slices_in_one_hand_are_signed_before_the_first_is_stored_each_in_its_own_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "slices_at_once", lambda: 3)
    steps: list[str] = []
    make, store = bulk_awarding._make, bulk_awarding._store

    def making(work: Work, *rest: Any) -> None:
        steps.append("signed")
        make(work, *rest)

    def storing(work: Work, key: SigningKey) -> None:
        steps.append("stored")
        store(work, key)

    monkeypatch.setattr(bulk_awarding, "_make", making)
    monkeypatch.setattr(bulk_awarding, "_store", storing)
    batch = started(world, "a", "b", "c", "d", "e")
    slicing.award_some("worker")
    assert steps == ["signed"] * 3 + ["stored"] * 3
    assert awarded(batch) == [2, 3, 4, 5, 6]
    true(batch)


@pytest.mark.journey("J43")
def test_what_a_key_has_signed_that_was_given_up_meanwhile_is_signed_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(world, "a", "b")
    key, store = keys.current_key(world.issuer), bulk_awarding._store

    def storing(work: Work, key: SigningKey) -> None:
        if not SigningKey.objects.filter(compromised_at__isnull=False).exists():
            keys.mark_compromised(key, by="ben")
        store(work, key)

    monkeypatch.setattr(bulk_awarding, "_store", storing)
    (work,) = slicing._take("worker")
    bulk_awarding.award(work)
    assert awarded(batch) == []
    slicing.award_some("worker")
    assert awarded(batch) == [2, 3]
    true(batch)
    assert not Credential.objects.filter(award__batch=batch, key=key).exists()


def test_a_slice_that_is_lost_meanwhile_takes_no_other_with_it(world: World) -> None:
    batch = started(world, "a", "b", "c", "d")
    works = [*slicing._take("worker"), *slicing._take("worker")]
    Slice.objects.filter(pk=works[0].piece.pk).update(lease_holder="another")
    bulk_awarding.award_together(works)
    assert awarded(batch) == [4, 5]


def test_a_short_list_does_not_wait_for_a_long_one(world: World) -> None:
    started(world, *(f"long{n}" for n in range(9)))
    bulk_awarding.award(slicing._take("worker")[0])
    short = started(world, "quick")
    for _turn in range(2):
        for work in slicing._take("worker"):
            bulk_awarding.award(work)
    assert awarded(short) == [2]


def test_stopped_while_a_worker_signs_nothing_of_it_is_stored_and_later_it_goes_on(world: World) -> None:
    batch = started(world, "a", "b", "c")
    (work,) = slicing._take("worker")
    bulk_awarding.award(work)
    (work,) = slicing._take("worker")
    assert not batching.stop(batch, by=world.ben)
    bulk_awarding.award(work)
    assert awarded(batch) == [2, 3]
    run_worker()
    assert awarded(batch) == [2, 3]
    batching.start(batch, by=world.ben)
    begin(batch)
    run_worker()
    assert awarded(batch) == [2, 3, 4]
    true(batch)


def some_awarded_until_stopped(world: World, batch: Batch) -> None:
    """One slice, its mails, and no more."""
    (work,) = slicing._take("worker")
    bulk_awarding.award(work)
    assert not batching.stop(batch, by=world.ben)
    run_worker()


def speed(batch: Batch, *, seconds: int) -> Progress:
    """As the page shows it so long after the list began."""
    Batch.objects.filter(pk=batch.pk).update(begins_at=timezone.now() - timedelta(seconds=seconds))
    batch.refresh_from_db()
    return Progress(batch)


def test_a_lists_speed_is_counted_from_when_it_began_or_was_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "at_once", lambda: 24)
    batch = started(world, *(f"n{n}" for n in range(60)))
    assert (speed(batch, seconds=12).rate, Progress(batch).seconds_left) == (0.0, None)
    some_awarded_until_stopped(world, batch)
    first = speed(batch, seconds=12)
    assert (first.settled, first.rate) == (24, pytest.approx(2, rel=0.1))
    assert first.seconds_left == pytest.approx(18, abs=2)

    batching.start(batch, by=world.ben)
    begin(batch)
    assert (speed(batch, seconds=3).rate, Progress(batch).seconds_left) == (0.0, None)
    some_awarded_until_stopped(world, batch)
    again = speed(batch, seconds=24)
    assert (again.settled, again.rate) == (48, pytest.approx(1, rel=0.1)), (
        "what was settled before is not counted"
    )
    assert again.seconds_left == pytest.approx(12, abs=2)


def test_the_page_of_a_list_on_its_way_says_how_quick_it_is_and_how_long_it_still_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "at_once", lambda: 24)
    batch = started(world, *(f"n{n}" for n in range(60)))
    (work,) = slicing._take("worker")
    bulk_awarding.award(work)
    run_worker("mail")
    ben, now = signed_in(world.ben), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    for seconds, words in (
        (12, "2 a second · about 18 seconds left"),
        (48, "30 a minute · about 1 minute left"),
    ):
        speed(batch, seconds=seconds)
        page = ben.get(f"/manage/{world.issuer.slug}/batches/{batch.public_id}").content.decode()
        assert f"24 of 60 settled · {words}" in page


def test_called_off_before_it_began_leaves_no_slice_and_can_be_corrected(world: World) -> None:
    batch = started(world, "a", "b", "c")
    slicing._take("worker")
    assert batching.stop(batch, by=world.ben)
    assert not batch.slices.exists()
    true(batch)


def test_called_off_when_rows_were_refused_already_says_so_and_goes_on_later(world: World) -> None:
    """What was looked at is not to be looked at again: the list is stopped, not as if it had never begun."""
    batch = started(world, "a", "b")
    Slice.objects.filter(batch=batch).delete()
    slicing._take("worker")
    Slice.objects.filter(batch=batch).update(refused=1)
    assert not batching.stop(batch, by=world.ben)
    batch.refresh_from_db()
    assert batch.state == Batch.State.STOPPED
    assert batch.slices.exists()


def test_on_sqlite_nobody_waits_for_more_than_two_hundred_rows() -> None:
    assert slicing.at_once() <= (200 if connection.vendor == "sqlite" else 1000)


@pytest.mark.journey("J21", "J24", "J45")
def test_who_trusts_the_issuer_gets_a_lists_badge_at_once_and_the_others_are_invited(
    world: World, eve: User
) -> None:
    claiming.trust(eve, world.issuer, visibility="link")
    batch = started(world, "a", EVE.partition("@")[0])
    slicing.award_some("worker")
    kinds = dict(
        Message.objects.filter(subject_id__in=batch.awards.values("public_id")).values_list(
            "subject_id", "kind"
        )
    )
    told = {award.address: (award.state, kinds[award.public_id]) for award in batch.awards.all()}
    assert told == {"a@example.org": ("waiting", "invitation"), EVE: ("accepted", "auto_accepted")}
    true(batch)
    run_worker()
    true(batch)


@pytest.mark.journey("J46")
def test_the_numbers_stay_true_whatever_becomes_of_the_mails(world: World) -> None:
    batch = started(world, "a", "b", "c", "d")
    slicing.award_some("worker")
    true(batch)
    run_worker()
    true(batch)
    first, second, third, fourth = batch.awards.order_by("batch_line").with_badge()  # type: ignore[attr-defined]
    back = Message.objects.get(subject_id=first.public_id, kind="invitation")
    Message.objects.filter(pk=back.pk).update(handed_at=timezone.now())
    assert bouncing.note(bouncing.Bounce(back.pk, final=True, code="5.1.1")) == "bounced"
    true(batch)
    assert Progress(batch).undelivered == 1
    revoking.send_again(second, by=world.ben)
    true(batch)
    revoking.correct(third, address="new@example.org", name="New", by=world.ben)
    true(batch)
    revoking.withdraw(fourth, by=world.ben)
    run_worker()
    true(batch)
    batching.undo(batch, reason="The wrong list.", by=world.ben)
    true(batch)
    run_worker()
    true(batch)


def test_an_undone_list_leaves_its_rest_out_and_counts_it(world: World) -> None:
    batch = started(world, "a", "b", "c")
    bulk_awarding.award(slicing._take("worker")[0])
    batching.undo(batch, reason="Too early.", by=world.ben)
    run_worker()
    true(batch)
    assert Progress(batch).rows["left"] == 1


def test_one_that_cannot_be_signed_like_the_others_is_tried_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = signing.Press.sign

    def sign_most(press: signing.Press, version: object, given: signing.Given, *rest: object) -> bytes:
        if given.address == "b@example.org":
            raise IssueError("/name", "is odd")
        return sign(press, version, given, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(signing.Press, "sign", sign_most)
    batch = started(world, "a", "b")
    slicing.award_some("worker")
    assert dict(batch.awards.values_list("batch_line", "state")) == {2: "waiting", 3: "queued"}
    true(batch)
    monkeypatch.undo()
    run_worker()
    assert dict(batch.awards.values_list("batch_line", "state")) == {2: "waiting", 3: "waiting"}
    true(batch)


@pytest.mark.journey("J48")
def test_a_new_issuers_slices_are_made_one_after_the_other(world: World, settings: object) -> None:
    settings.NEW_ISSUER_DAILY_MAILS = 3  # type: ignore[attr-defined]
    Issuer.objects.filter(pk=world.issuer.pk).update(made_at=timezone.now())
    batch = started(world, "a", "b", "c", "d", "e")
    (work,) = slicing._take("one")
    assert slicing._take("two") == []
    bulk_awarding.award(work)
    begin(batch)
    run_worker()
    assert awarded(batch) == [2, 3, 4]
    true(batch)


@pytest.mark.journey("J48")
def test_a_new_issuer_with_enough_left_takes_several_slices_and_never_more_than_it_may(
    world: World, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To count for each slice what was awarded so far would take the longer, the more there is."""
    settings.NEW_ISSUER_DAILY_MAILS = 7  # type: ignore[attr-defined]
    monkeypatch.setattr(slicing, "at_once", lambda: 2)
    monkeypatch.setattr(slicing, "slices_at_once", lambda: 2)
    Issuer.objects.filter(pk=world.issuer.pk).update(made_at=timezone.now())
    batch = started(world, *"abcdefghij")
    taken = []
    while works := slicing._take("one"):
        assert slicing._take("two") == []
        taken.append([work.most for work in works])
        bulk_awarding.award_together(works)
        begin(batch)
    assert taken == [[2, 2], [2], [1]]
    run_worker()
    assert awarded(batch) == [2, 3, 4, 5, 6, 7, 8]
    true(batch)


def test_a_badge_withdrawn_from_use_meanwhile_is_not_awarded(world: World) -> None:
    batch = started(world, "a")
    Award.objects.filter(batch=batch).delete()
    world.badge.__class__.objects.filter(pk=world.badge.pk).update(state="draft")
    run_worker()
    assert awarded(batch) == []
    assert batch.rows.get().problems == [{"code": "not published"}]
    true(batch)


@pytest.mark.journey("J2")
def test_a_reminder_is_queued_when_the_invitation_has_left_and_not_before(world: World) -> None:
    batch = started(world, "a")
    slicing.award_some("worker")
    assert list(Message.objects.filter(kind="reminder")) == []
    run_worker()
    (reminder,) = Message.objects.filter(kind="reminder")
    assert reminder.subject_id == batch.awards.get().public_id


def test_the_page_of_a_long_list_asks_few_questions_and_none_of_each_row(world: World) -> None:
    batch = started(world, "a", "b", "c", "d")
    run_worker()
    batch.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        progress = Progress(batch)
        assert (progress.settled, progress.whole, progress.is_over) == (4, 4, True)
    assert len(asked) == 2
    assert all("mail_message" not in query["sql"] for query in asked)
    assert all("awards_batchrow" not in query["sql"] for query in asked)


def test_an_unfinished_slice_is_another_workers_after_a_minute(world: World) -> None:
    batch = started(world, "a", "b")
    slicing._take("dead")
    assert slicing._take("living") == []
    Slice.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    begin(batch)
    slicing.award_some("living")
    assert awarded(batch) == [2, 3]


def test_who_may_suspend_has_two_places_for_each_line(world: World, eve: User) -> None:
    """Signed with the others of its slice, and as a single award is."""
    suspending.allow(world.issuer, world.ada, wanted=True)
    batch = started(world, *"abcd", EVE.partition("@")[0])
    asked_alone = batch.awards.filter(state=Award.State.QUEUED)
    while slicing.award_some("worker"):
        assert not asked_alone.exists()
    true(batch)
    stored = Credential.objects.filter(award__batch=batch).select_related("status_list", "suspension_list")
    assert len(stored) == 5
    for credential in stored:
        assert credential.suspension_list is not None
        entries = json.loads(bytes(credential.content))["credentialStatus"]
        assert [(one["statusPurpose"], one["statusListIndex"]) for one in entries] == [
            ("revocation", str(credential.status_index)),
            ("suspension", str(credential.suspension_index)),
        ]
        assert credential.suspension_list.public_id in entries[1]["statusListCredential"]
        assert credential.suspension_list.purpose == "suspension"
    assert len({credential.suspension_index for credential in stored}) == 5
    assert whole.examine(settle_seconds=0).findings == []

    one = Award.objects.with_badge().get(batch=batch, address=EVE)
    claiming.accept(one, eve, visibility="link", trust_issuer=False)
    suspending.suspend(one, reason="being looked into", by=world.ada)
    assert StatusEntry.objects.filter(status_list__purpose="suspension").count() == 1
