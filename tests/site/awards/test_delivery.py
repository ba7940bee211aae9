"""What the issuer sees of the mail that brings an award: its state in plain words, filters, sending again (J46)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from plaudit_site import leases, work
from plaudit_site.accounts.models import User
from plaudit_site.api import describing
from plaudit_site.awards import (
    award_export,
    batching,
    bulk_changing,
    claiming,
    erasing,
    issuing,
    previewing,
    revoking,
    staging,
)
from plaudit_site.awards.listing import Wanted
from plaudit_site.awards.models import Award, Batch, Slice
from plaudit_site.awards.progress import Progress
from plaudit_site.examining import whole
from plaudit_site.issuers import founding
from plaudit_site.mail import delivering, transports
from plaudit_site.mail.models import Lane, Message, State, Suppression
from plaudit_site.mail.queueing import Later, address_hash, queue_absent, refuse
from tests.people import World, make_badge, person, run_worker
from tests.site.conftest import signed_in
from tests.site.mail.sink import running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "_gone_until", 0.0)


def page(user: User, path: str) -> str:
    answer = signed_in(user).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def award_page(world: World, award: Award) -> str:
    return page(world.ben, f"/manage/{world.issuer.slug}/awards/{award.public_id}")


def awards_page(world: World, query: str = "") -> str:
    return page(world.ben, f"/manage/{world.issuer.slug}/awards{query}")


def listed(world: World, *addresses: str) -> Batch:
    """A list whose awards are signed; none of their mails has left."""
    rows = "".join(f"Eve,{address}\n" for address in addresses)
    file = io.BytesIO(f"name,email\n{rows}".encode())
    batch = staging.upload(world.issuer, file, name="l.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now())
    run_worker(*(job.name for job in work.JOBS if "mail" not in job.name and job.name != "codes"))
    assert batch.awards.count() == len(addresses)
    return batch


def brought(award: Award) -> Message:
    return Message.objects.filter(subject_id=award.public_id, kind="invitation").latest("pk")


@pytest.mark.journey("J46")
def test_an_award_says_what_became_of_its_mail_and_why(world: World, settings: Any) -> None:
    cases = {
        "nobody@one.example": ("there is no such mailbox (5.1.1)", "Could not be delivered"),
        "full@one.example": ("the mailbox is full (5.2.2)", "Could not be delivered"),
        "policy@one.example": ("refuses our mail; ask the people who run this site (5.7.1)", "Could not be"),
        "grey@one.example": ("asks us to wait", "Not taken yet"),
        "good@one.example": ("Mail sent", "Waiting to be accepted"),
    }
    with running() as (sink, settings.MAIL_TRANSPORT):
        awards = {address: world.award(address) for address in cases}
    assert sink.recipients == ["good@one.example"]
    for address, (why, chip) in cases.items():
        shown = award_page(world, awards[address])
        assert why in shown, address
        assert chip in shown, address
        assert "secret.internal" not in shown, "what the server wrote is for the operator alone"
    deferred = brought(awards["grey@one.example"])
    assert deferred.due_at is not None
    assert "Next try" in award_page(world, awards["grey@one.example"])
    assert f"{deferred.due_at:%H:%M} UTC" in award_page(world, awards["grey@one.example"])


@pytest.mark.journey("J46")
def test_the_life_goes_on_to_bounced_expired_and_revoked(world: World) -> None:
    award = world.award()
    Message.objects.filter(pk=brought(award).pk).update(
        state=State.BOUNCED, code="5.2.1", bounced_at=timezone.now()
    )
    Award.objects.filter(pk=award.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    shown = award_page(world, award)
    order = [shown.index(f"<span>{words}") for words in ("Awarded", "Signed", "Mail waits", "Mail sent")]
    assert order == sorted(order)
    assert "Could not be delivered: the mailbox is closed (5.2.1)" in shown
    assert "<span>Expired" in shown


def test_awards_are_found_by_what_became_of_their_mail_and_all_are_sent_again(
    world: World, settings: Any
) -> None:
    with running() as (sink, settings.MAIL_TRANSPORT):
        awards = {name: world.award(f"{name}@one.example") for name in ("full1", "full2", "grey", "good")}
        client = signed_in(world.ben)
        for query, found in {
            "undelivered": {"full1", "full2"},
            "deferred": {"grey"},
            "sent": {"good"},
            "queued": set(),
            "nonsense": set(awards),
        }.items():
            shown = awards_page(world, f"?delivery={query}")
            assert {name for name in awards if f"{name}@one.example" in shown} == found, query
        assert "Send all of them again" in awards_page(world, "?delivery=undelivered")
        again = f"/manage/{world.issuer.slug}/awards/send-again"
        answer = client.post(again, follow=True).content.decode()
        assert "2 mails go out again." in answer
        answer = client.post(again, follow=True).content.decode()
        assert "There is nothing to send again." in answer
        assert brought(awards["full1"]).state == State.QUEUED
        assert client.get(again).status_code == 405
        # A mail that is still tried goes now; there is no second one.
        client.post(f"/manage/{world.issuer.slug}/awards/{awards['grey'].public_id}/send-again")
        assert Message.objects.filter(subject_id=awards["grey"].public_id, kind="invitation").count() == 1
        sink.greylists = False
        run_worker()
        assert brought(awards["grey"]).state == State.SENT


def test_awards_whose_mail_was_not_sent_are_found(world: World) -> None:
    """J46: by the filter that the others are found by."""
    refuse("unwanted@example.org", f"issuer:{world.issuer.public_id}")
    for address in ("unwanted@example.org", "wanted@example.org"):
        world.award(address)
    shown = awards_page(world, "?delivery=dropped")
    assert ("unwanted@example.org" in shown, ">wanted@example.org" in shown) == (True, False)
    assert "Mail not sent" in shown


def test_sending_again_says_before_whom_no_mail_reaches(world: World, settings: Any) -> None:
    """J46: what is announced is what happens, one by one and all together."""
    refuse("unwanted@one.example", f"issuer:{world.issuer.public_id}")
    with running() as (_sink, settings.MAIL_TRANSPORT):
        gone, *_others = (world.award(f"{name}@one.example") for name in ("nobody1", "unwanted", "good"))
        client = signed_in(world.ben)
        shown = client.get(f"/manage/{world.issuer.slug}/awards/send-many?all=1").content.decode()
        assert "1 person gets the invitation once more" in shown
        assert "2 people take no mail" in shown
        change = bulk_changing.start(
            world.issuer, "send_again", Wanted(), reason="", by=world.ben, press="0" * 26
        )
        run_worker()
        change.refresh_from_db()
        assert (change.done, change.left_out) == (1, 2)
        again = f"/manage/{world.issuer.slug}/awards/{gone.public_id}/send-again"
        answer = client.post(again, follow=True).content.decode()
        assert "No mail goes to this address: there is no such mailbox (5.1.1)" in answer
        all_again = f"/manage/{world.issuer.slug}/awards/send-again"
        answer = client.post(all_again, follow=True).content.decode()
        assert "1 is left. No mail goes to these addresses. Correct them." in answer


def test_a_list_says_before_whom_no_mail_of_its_issuer_reaches(world: World, settings: Any) -> None:
    """J46; SECURITY: of an address that came back to another issuer a list says nothing."""
    olga = person("Olga", "olga@other.example")
    other = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    theirs = World(olga, olga, other, make_badge(other, "Other Badge"))
    second = world.badge_like("Second")
    with running() as (_sink, settings.MAIL_TRANSPORT):
        world.award("nobody1@one.example")
        text = b"name,email\nNo,nobody1@one.example\nYes,yes@one.example\n"
        said = [
            previewing.warnings(
                staging.upload(whose.issuer, io.BytesIO(text), name="l.csv", badge=badge, by=whose.ben)
            )
            for whose, badge in ((world, second), (theirs, theirs.badge))
        ]
    assert ["1 person of this list takes no mail" in " ".join(one) for one in said] == [True, False]


def test_another_issuers_mails_are_not_sent_again(world: World) -> None:
    award = world.award()
    Message.objects.filter(pk=brought(award).pk).update(state=State.BOUNCED, code="5.2.2")
    olga = person("Olga", "olga@other.example")
    other = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    signed_in(olga).post(f"/manage/{other.slug}/awards/send-again")
    assert brought(award).state == State.BOUNCED


def test_whether_an_address_is_known_here_reads_the_same_for_another_issuer(
    world: World, settings: Any
) -> None:
    """SECURITY: an award to an address on the list looks as if its mail had just come back, no more and no less."""
    olga = person("Olga", "olga@other.example")
    other = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    badge = make_badge(other, "Other Badge")
    theirs = World(olga, olga, other, badge)
    with running() as (sink, settings.MAIL_TRANSPORT):
        fresh = theirs.award("nobody2@one.example")
        world.award("nobody1@one.example")
        known = theirs.award("nobody1@one.example")
    assert brought(known).handed_at is None, "it was not even tried"
    pages = [award_page(theirs, award) for award in (fresh, known)]
    for shown in pages:
        assert "Could not be delivered: there is no such mailbox (5.1.1)" in shown
        assert "is not asked again until its owner" in shown
    words = [[part.partition("<")[0] for part in shown.split("<span>")[1:]] for shown in pages]
    assert words[0] == words[1]
    assert sink.recipients == []


@pytest.mark.parametrize("from_all", [False, True], ids=["from this issuer", "from everybody"])
def test_who_wants_no_mail_is_said_so_in_the_same_words_whomever_they_refused(
    world: World, *, from_all: bool
) -> None:
    """SECURITY: that somebody wants no mail from anybody is not this issuer's business."""
    words = "No mail: this person wants none from you"
    refuse("eve@example.org", "all" if from_all else f"issuer:{world.issuer.public_id}")
    award = world.award()
    assert brought(award).state == State.DROPPED
    shown = award_page(world, award)
    assert f'<span class="chip warn">{words}</span>' in shown
    assert f'<li class="warn"><span>{words}</span>' in shown
    assert words in awards_page(world)
    assert words in "".join(award_export.lines(world.issuer, Wanted()))
    told = describing.award(describing.with_mail(Award.objects.filter(pk=award.pk)).get())
    assert told["words"] == words
    assert told["mail"] == {
        "kind": "invitation",
        "state": "dropped",
        "words": "Not sent: this person wants no mail from you",
        "code": None,
    }


def test_a_mail_that_had_nothing_left_to_say_is_not_called_unwanted(world: World) -> None:
    award = world.award(sign=False)
    issuing.issue_some("worker")
    revoking.withdraw(award, by=world.ben)
    run_worker()
    assert brought(award).state == State.DROPPED
    assert "wants none" not in award_page(world, award)


@pytest.mark.journey("J46")
def test_mails_of_an_issuer_that_is_suspended_wait_until_it_is_approved(world: World) -> None:
    """It happens in the middle of a list: nobody's invitation is lost, and no try of it."""
    batch = listed(world, "eve@example.org", "ann@example.org")
    award = batch.awards.get(address="eve@example.org")
    Award.objects.filter(pk=award.pk).update(expires_at=timezone.now() + timedelta(days=5))
    for kind, key in (("reminder", "reminder:1:3"), ("expiry", "expiry:7")):
        due = Later(award.public_id, award.pk, "en", key, timezone.now())
        queue_absent(kind, [due], lane=Lane.REMINDERS)
    unsigned = world.award("later@example.org", sign=False)
    founding.suspend(world.issuer, by="ozz")
    run_worker()
    waits = Message.objects.filter(about__in=world.issuer.awards.values("pk"))
    told = waits.exclude(kind="expiry")  # nobody has accepted: that one is about nothing
    assert set(told.values_list("state", "attempts", "lease_holder")) == {(State.QUEUED, 0, "")}
    assert told.count() == 3
    shown = page(world.ada, f"/manage/{world.issuer.slug}/batches/{batch.public_id}")
    assert "<dt>Mails not wanted" not in shown
    run_worker()
    assert told.filter(due_at__gt=timezone.now()).count() == 3, "nobody looks at them all the time"
    founding.approve(world.issuer, by="ozz")
    run_worker()
    assert [brought(one).state for one in (*batch.awards.all(), unsigned)] == [State.SENT] * 3
    assert Message.objects.get(kind="reminder", once_key="reminder:1:3", about=award.pk).state == State.SENT
    assert whole.examine(settle_seconds=0).findings == []


def test_a_list_of_an_issuer_that_is_suspended_says_so_and_goes_on_when_it_is_approved(
    world: World, settings: Any
) -> None:
    """J47: at once, and not when it would have been looked at again; also one that waited for another day."""
    settings.CANCEL_SECONDS, settings.NEW_ISSUER_DAILY_MAILS = 0, 1
    text = b"name,email\nEve,eve@example.org\nAnn,ann@example.org\n"
    batch = staging.upload(world.issuer, io.BytesIO(text), name="l.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    run_worker()
    path = f"/manage/{world.issuer.slug}/batches/{batch.public_id}"
    assert "A new issuer can award" in page(world.ada, path) or "1 times a day" in page(world.ada, path)
    founding.suspend(world.issuer, by="ozz")
    assert "Waiting: this issuer is suspended." in page(world.ada, path)
    run_worker()
    settings.NEW_ISSUER_DAILY_MAILS = 100
    founding.approve(world.issuer, by="ozz")
    run_worker()
    batch.refresh_from_db()
    assert (batch.state, batch.awards.count()) == ("done", 2)


def test_what_is_called_off_does_not_say_why_it_waited(world: World, settings: Any) -> None:
    settings.CANCEL_SECONDS = 0
    text = b"name,email\nEve,eve@example.org\n"
    batch = staging.upload(world.issuer, io.BytesIO(text), name="l.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    founding.suspend(world.issuer, by="ozz")
    run_worker()
    batch.refresh_from_db()
    assert batch.problem
    batching.stop(batch, by=world.ben)
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("checked", "")


def test_two_notices_that_were_held_up_are_one(world: World, eve: User) -> None:
    """A badge that ends in five days: “in 30 days” and “in 7 days” are due in the same moment."""
    award = world.award(expires_at=timezone.now() + timedelta(days=40))
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    Award.objects.filter(pk=award.pk).update(expires_at=timezone.now() + timedelta(days=5))
    notices = Message.objects.filter(about=award.pk, kind="expiry").order_by("due_at")
    notices.update(due_at=timezone.now())
    founding.suspend(world.issuer, by="ozz")
    run_worker("mail")
    assert notices.get(once_key="expiry:7").state == State.QUEUED
    founding.approve(world.issuer, by="ozz")
    run_worker("mail")
    states = dict(notices.values_list("once_key", "state"))
    assert states == {"expiry:30": State.DROPPED, "expiry:7": State.SENT}


def test_a_second_reminder_does_not_come_right_behind_a_first_that_was_held_up(world: World) -> None:
    award = world.award()
    first = Message.objects.filter(about=award.pk, kind="reminder")
    first.update(due_at=timezone.now(), created_at=timezone.now() - timedelta(days=20))
    run_worker("mail")
    second = first.get(once_key="reminder:1:10")
    assert second.due_at is not None
    assert second.due_at > timezone.now() + timedelta(days=2)


# A correction before the mail has left


def correct(world: World, award: Award, address: str = "right@example.org") -> None:
    revoking.correct(Award.objects.get(pk=award.pk), address=address, name="Eve", by=world.ben)


@pytest.mark.journey("J2")
@pytest.mark.parametrize("state", [State.QUEUED, State.DEFERRED])
def test_who_is_corrected_before_the_mail_has_left_gets_exactly_one(world: World, state: State) -> None:
    batch = listed(world, "wrong@example.org")
    (award,) = batch.awards.all()
    Message.objects.filter(about=award.pk).update(state=state)
    correct(world, award)
    assert brought(award).state == State.DROPPED
    run_worker()
    sent = Message.objects.filter(about=award.pk, kind="invitation", state=State.SENT)
    assert list(sent.values_list("once_key", flat=True)) == ["invitation:2"]
    assert Message.objects.filter(about=award.pk, kind="reminder").count() == 1
    shown = page(world.ben, f"/manage/{world.issuer.slug}/batches/{batch.public_id}")
    assert "<dt>Mails sent</dt><dd>1</dd>" in shown
    assert Progress(Batch.objects.get(pk=batch.pk)).is_over
    assert whole.examine(settle_seconds=0).findings == []


@pytest.mark.journey("J2")
def test_reminders_of_a_mail_that_went_to_the_wrong_address_are_not_sent(world: World) -> None:
    award = world.award("wrong@example.org")
    correct(world, award)
    run_worker()
    reminders = Message.objects.filter(about=award.pk, kind="reminder")
    assert dict(reminders.values_list("once_key", "state")) == {
        "reminder:1:3": State.DROPPED,
        "reminder:2:3": State.QUEUED,
    }


@pytest.mark.parametrize("again", [False, True], ids=["the first", "sent again"])
def test_a_mail_that_a_worker_holds_while_it_is_corrected_drops_itself(world: World, *, again: bool) -> None:
    """J2: the worker has claimed the row, and the correction is signed before it makes the mail."""
    award = world.award(sign=False)
    issuing.issue_some("worker")
    if again:
        run_worker("mail")
        revoking.send_again(Award.objects.get(pk=award.pk), by=world.ben)
    held = leases.claim(
        Message.objects.filter(kind="invitation"), worker="w", now=timezone.now(), most=9, seconds=60
    )
    assert len(held) == 1
    correct(world, award)
    issuing.issue_some("worker")
    delivering.Round("w", transports.transport()).deliver(held)
    held[0].refresh_from_db()
    assert held[0].state == State.DROPPED
    run_worker()
    assert brought(award).state == State.SENT


@pytest.mark.journey("J46")
@pytest.mark.parametrize("is_held", [False, True], ids=["waits", "a worker holds it"])
def test_a_list_is_over_though_somebody_was_erased_before_their_mail_left(
    world: World, *, is_held: bool
) -> None:
    batch = listed(world, "eve@example.org", "ann@example.org")
    award = batch.awards.get(address="eve@example.org")
    if is_held:
        leases.claim(
            Message.objects.filter(about=award.pk), worker="w", now=timezone.now(), most=9, seconds=60
        )
    with transaction.atomic():
        erasing.erase([award.public_id])
    run_worker()
    progress = Progress(Batch.objects.get(pk=batch.pk))
    assert (progress.unsent, progress.is_over) == (0, True)
    assert progress.mails == {"waiting": 0, "sent": 1, "undelivered": 0, "dropped": 1}
    assert whole.examine(settle_seconds=0).findings == []
    Slice.objects.filter(batch=batch).update(dropped=0)
    (said,) = whole.examine(settle_seconds=0).findings
    assert "1 mails are on their way, and there are 0" in said.problem


def test_a_list_says_how_many_of_its_mails_were_left_out(world: World) -> None:
    file = io.BytesIO(b"name,email\nEve,eve@example.org\nAnn,ann@example.org\n")
    batch = staging.upload(world.issuer, file, name="l.csv", badge=world.badge, by=world.ben)
    refuse("eve@example.org", f"issuer:{world.issuer.public_id}")
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now())
    run_worker()
    shown = page(world.ben, f"/manage/{world.issuer.slug}/batches/{batch.public_id}")
    assert "<dt>Mails sent</dt><dd>1</dd>" in shown
    assert "<dt>Mails not wanted, or not needed any more</dt><dd>1</dd>" in shown


def test_the_operator_takes_an_address_off_the_list(world: World, ozz: User, sam: User) -> None:
    for address in ("eve@one.example", "other@two.example"):
        Suppression.objects.create(
            address_hash=address_hash(address), domain=address.partition("@")[2], code="5.1.1"
        )
    shown = page(ozz, "/operator/mail/suppression/?q=Eve@one.example")
    assert "one.example" in shown
    assert "two.example" not in shown.partition("result_list")[2]
    row = Suppression.objects.get(domain="one.example")
    signed_in(ozz).post("/operator/mail/suppression/", {"action": "take_off", "_selected_action": [row.pk]})
    assert list(Suppression.objects.values_list("domain", flat=True)) == ["two.example"]
    assert signed_in(sam).get("/operator/mail/suppression/").status_code == 302
    assert signed_in(world.ada).get("/operator/mail/message/").status_code == 302
    award = world.award()
    shown = page(ozz, f"/operator/mail/message/{brought(award).pk}/change/")
    assert "eve@example.org" not in shown
