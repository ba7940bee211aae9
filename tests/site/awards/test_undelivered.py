"""The awards list, its rows, an award's page, the CSV and the API say the same of a mail that did not arrive (J46)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.api import describing
from plaudit_site.api.hooks.events import happenings
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import (
    award_export,
    batching,
    claiming,
    issuing,
    listing,
    resending,
    revoking,
    staging,
)
from plaudit_site.awards.listing import Wanted
from plaudit_site.awards.models import Award, Batch
from plaudit_site.awards.progress import Progress
from plaudit_site.mail import bouncing, noting, reasons
from plaudit_site.mail.models import Message, State
from plaudit_site.mail.queueing import refuse
from plaudit_site.mail.transports import Outcome
from tests.people import World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db

UNWANTED = "this person wants no mail from you"


@dataclass(frozen=True)
class Told:
    """What each place says of one award."""

    found: set[str]
    row: str
    page: str
    cells: dict[str, str]
    mail: dict[str, str | None]


def told(world: World, award: Award) -> Told:
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}/awards"
    found = {
        name
        for name in resending.DELIVERY
        if f"{path}/{award.public_id}" in client.get(path, {"delivery": name}).content.decode()
    }
    listed = client.get(path).content.decode()
    row = next(one for one in listed.split("<li>") if f"{path}/{award.public_id}" in one)
    page = client.get(f"{path}/{award.public_id}").content.decode()
    lines = "".join(award_export.lines(world.issuer, Wanted(ids=(award.public_id,)))).lstrip("\ufeff")
    [cells] = csv.DictReader(io.StringIO(lines))
    mail = describing.award(describing.with_mail(Award.objects.filter(pk=award.pk)).get())["mail"]
    return Told(found, row.partition("</li>")[0], page, cells, mail)


def reminder(award: Award) -> Message:
    return Message.objects.get(about=award.pk, kind="reminder")


def on_its_day(award: Award, kind: str) -> None:
    """The mail of this kind is due now."""
    assert Message.objects.filter(about=award.pk, kind=kind).update(due_at=timezone.now())
    run_worker()


def bounced(message: Message, code: str) -> None:
    Message.objects.filter(pk=message.pk).update(
        state=State.BOUNCED, code=code, handed_at=timezone.now(), bounced_at=timezone.now(), due_at=None
    )


@pytest.mark.journey("J46")
def test_a_reminder_that_waits_for_its_day_changes_nothing(world: World) -> None:
    award = world.award()
    assert reminder(award).state == State.QUEUED
    shown = told(world, award)
    assert (shown.found, shown.cells["Mail"], shown.cells["Why"]) == ({"sent"}, "mail sent", "")


@pytest.mark.journey("J46")
def test_a_reminder_that_came_back_is_told_as_the_first_mail_is(world: World) -> None:
    award = world.award()
    bounced(reminder(award), "5.1.1")
    shown = told(world, award)
    why = "Reminder: there is no such mailbox (5.1.1)"
    assert shown.found == {"undelivered"}
    assert shown.cells["State"] == "Could not be delivered"
    assert (shown.cells["Mail"], shown.cells["Why"]) == ("mail could not be delivered", why)
    assert "Could not be delivered" in shown.row
    assert f"<small>{why}</small>" in shown.row
    assert why in shown.page
    assert "Reminder could not be delivered: there is no such mailbox (5.1.1)" in shown.page
    assert "is not asked again until its owner" in shown.page
    assert (shown.mail["state"], shown.mail["code"]) == ("bounced", "5.1.1")
    assert resending.undelivered(world.issuer).get() == award


def test_what_was_sent_after_a_reminder_that_came_back_is_the_latest(world: World) -> None:
    """J46: a reminder has its row before the mail that is sent again, whichever leaves first."""
    award = world.award()
    revoking.send_again(award, by=world.ben)
    run_worker()
    bounced(reminder(award), "5.2.2")
    shown = told(world, award)
    assert shown.found == {"undelivered"}
    assert "It is not tried again by itself" in shown.page
    assert "is not asked again until its owner" not in shown.page, "a full mailbox may be mailed"
    revoking.send_again(award, by=world.ben)
    run_worker()
    assert told(world, award).found == {"sent"}


def test_who_unsubscribed_after_the_first_mail_is_told_by_the_reminder_that_was_not_sent(
    world: World,
) -> None:
    award = world.award()
    refuse(award.address, "all")
    on_its_day(award, "reminder")
    assert (reminder(award).state, reminder(award).code) == (State.DROPPED, reasons.UNWANTED)
    shown = told(world, award)
    assert shown.found == {"dropped"}
    assert shown.cells["State"] == "No mail: this person wants none from you"
    assert (shown.cells["Mail"], shown.cells["Why"]) == (
        "mail not sent",
        "It waits for them here; tell them yourself",
    )
    assert "It waits for them here; tell them yourself" in shown.row
    assert f"<span>Reminder not sent: {UNWANTED}</span>" in shown.page
    assert f"/i/{world.issuer.slug}/how-to-claim/" in shown.page
    assert shown.mail["words"] == f"Not sent: {UNWANTED}"


@pytest.mark.journey("J46")
def test_a_notice_of_the_end_that_was_not_wanted_or_came_back_is_told(world: World, eve: User) -> None:
    ends = timezone.now() + timedelta(days=20)
    badges = (world.badge, world.badge_like("Second"))
    awards = [world.award(badge=badge, expires_at=ends) for badge in badges]
    for award in awards:
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
    lost, unwanted = awards
    on_its_day(lost, "expiry")
    bounced(Message.objects.get(about=lost.pk, kind="expiry"), "5.2.1")
    refuse(unwanted.address, f"issuer:{world.issuer.public_id}")
    on_its_day(unwanted, "expiry")
    for award, found, why in (
        (unwanted, "dropped", f"Mail before its end not sent: {UNWANTED}"),
        (lost, "undelivered", "Mail before its end could not be delivered: the mailbox is closed (5.2.1)"),
    ):
        shown = told(world, award)
        assert shown.found == {found}
        assert shown.cells["State"] == "Accepted and shared"
        assert shown.cells["Why"] == why
        assert why in shown.row
        assert shown.page.count(why) == 2, "where it stands, and in what happened"


@pytest.mark.journey("J46")
def test_a_mail_that_was_not_needed_any_more_says_so(world: World, eve: User) -> None:
    award = world.award(sign=False)
    issuing.issue_some("worker")
    award.refresh_from_db()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    run_worker()
    shown = told(world, award)
    assert shown.found == {"dropped"}
    assert "No mail was sent: none was needed any more" in shown.row
    assert shown.cells["Why"] == "No mail was sent: none was needed any more"
    assert "<span>Mail not sent: it was not needed any more</span>" in shown.page
    assert shown.mail["words"] == "Not sent: it was not needed any more"


def test_a_mail_that_came_back_says_so_beside_an_award_that_was_accepted_all_the_same(
    world: World, eve: User
) -> None:
    award = world.award()
    bounced(Message.objects.get(about=award.pk, kind="invitation"), "5.2.2")
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    shown = told(world, award)
    assert shown.found == {"undelivered"}
    assert "Mail could not be delivered: the mailbox is full (5.2.2)" in shown.row
    assert resending.undelivered(world.issuer).count() == 0, "there is nobody to send it to again"


def comes_back(message: Message, code: str) -> None:
    """Its server took it and sends it back."""
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT, handed_at=timezone.now(), due_at=None, lease_until=None
    )
    assert bouncing.note(bouncing.Bounce(message.pk, final=True, code=code)) == "bounced"


def a_list(world: World, *names: str) -> Batch:
    rows = "".join(f"{name},{name}@example.org\n" for name in names)
    file = io.BytesIO(f"name,email\n{rows}".encode())
    batch = staging.upload(world.issuer, file, name="l.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker()
    batch.refresh_from_db()
    return batch


@pytest.mark.journey("J46")
def test_a_list_says_as_many_undelivered_as_its_link_shows(world: World) -> None:
    batch = a_list(world, "first", "second", "third")
    wanted = Wanted(batch=batch.public_id, delivery="undelivered")
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}"

    def said() -> int:
        found = listing.found(world.issuer, wanted).count()
        assert Progress(batch).undelivered == describing.batch(batch)["mails"]["undelivered"] == found
        page = client.get(f"{path}/batches/{batch.public_id}").content.decode()
        link = f'<a href="{path}/awards?batch={batch.public_id}&amp;delivery=undelivered">{found}</a>'
        assert (link in page) == bool(found)
        return found

    assert said() == 0
    first, second, _third = batch.awards.order_by("batch_line").with_badge()  # type: ignore[attr-defined]
    comes_back(reminder(first), "5.1.1")
    assert said() == 1
    comes_back(Message.objects.get(about=second.pk, kind="invitation"), "5.2.2")
    assert said() == 2
    revoking.send_again(second, by=world.ben)
    run_worker()
    assert said() == 1, "what is sent again is undelivered no more"
    assert Progress(batch).is_over


def test_where_each_award_would_have_to_be_asked_a_list_says_its_own_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is on its way its page asks every two seconds; and a site may have very many such mails."""
    batch = a_list(world, "first", "second")
    first, second = batch.awards.order_by("batch_line").with_badge()  # type: ignore[attr-defined]
    comes_back(reminder(first), "5.1.1")
    assert Progress(batch).undelivered == 1
    with monkeypatch.context() as many:
        many.setattr(resending, "FEW", 0)
        assert Progress(batch).undelivered == 0, "of the mails that bring the awards"
        comes_back(Message.objects.get(about=second.pk, kind="invitation"), "5.2.2")
        assert Progress(batch).undelivered == 1
    assert Progress(batch).undelivered == 2
    with monkeypatch.context() as on_its_way:
        on_its_way.setattr(Progress, "is_over", False)
        assert Progress(batch).undelivered == 1


@pytest.mark.journey("J46")
def test_each_mail_about_an_award_that_came_back_is_told_to_webhooks_with_which_it_was(
    world: World, eve: User
) -> None:
    ends = timezone.now() + timedelta(days=20)
    waiting, held = world.award("a@example.org"), world.award(badge=world.badge_like("Ends"), expires_at=ends)
    claiming.accept(held, eve, visibility="link", trust_issuer=False)
    mails = [
        (Message.objects.get(about=waiting.pk, kind="invitation"), "5.2.2"),
        (reminder(waiting), "5.1.1"),
        (Message.objects.get(about=held.pk, kind="expiry", once_key="expiry:7"), "5.2.1"),
    ]
    for message, code in mails:
        comes_back(message, code)
    told = [
        (one.subject, one.event.details["mail"], one.event.details["code"])
        for one in happenings(AuditEvent.objects.order_by("pk"))
        if one.kind.name == "award.undeliverable"
    ]
    about = {waiting.pk: waiting.public_id, held.pk: held.public_id}
    assert told == [(f"award:{about[mail.about or 0]}", mail.kind, code) for mail, code in mails]
    shown = describing.award(describing.with_mail(Award.objects.filter(pk=held.pk)).get())["mail"]
    assert (shown["kind"], shown["code"]) == ("expiry", "5.2.1")


def test_what_the_server_refuses_at_once_is_an_event_with_its_reason(world: World) -> None:
    """The event told the reason of the try before, or none."""
    award = world.award(sign=False)
    run_worker("issue")
    (message,) = leases.claim(
        Message.objects.filter(about=award.pk), worker="w", now=timezone.now(), most=1, seconds=60
    )
    noting.note_all([(message, Outcome(State.BOUNCED, "550 5.1.1 no", "5.1.1"))], timezone.now())
    event = AuditEvent.objects.get(kind="undeliverable", subject=f"award:{award.public_id}")
    assert (event.details["mail"], event.details["code"]) == ("invitation", "5.1.1")


@pytest.mark.parametrize("delivery", resending.DELIVERY)
def test_awards_are_found_by_their_mails_as_by_asking_each(
    world: World, monkeypatch: pytest.MonkeyPatch, delivery: str
) -> None:
    """Few mails are looked for by their index, of many each award is asked: both find the same."""
    awards = [world.award(f"{n}@example.org") for n in range(9)]
    bounced(reminder(awards[0]), "5.1.1")
    bounced(Message.objects.get(about=awards[1].pk, kind="invitation"), "5.2.2")
    bounced(reminder(awards[2]), "5.2.2")
    revoking.send_again(awards[2], by=world.ben)
    Message.objects.filter(about=awards[3].pk, kind="reminder").update(
        state=State.SENDING, domain="x.example"
    )
    Message.objects.filter(about=awards[4].pk, kind="reminder").update(state=State.DEFERRED)
    for award, code in ((awards[5], reasons.UNWANTED), (awards[6], "")):
        Message.objects.filter(about=award.pk, kind="reminder").update(state=State.DROPPED, code=code)
    Message.objects.filter(about=awards[7].pk, kind="invitation").update(state=State.DROPPED)
    rows = Award.objects.filter(issuer=world.issuer)
    quickly = set(resending.by_delivery(rows, delivery).values_list("pk", flat=True))
    monkeypatch.setattr(resending, "FEW", -1)
    assert set(resending.by_delivery(rows, delivery).values_list("pk", flat=True)) == quickly
    latest = resending.deliveries(rows)
    states = resending.DELIVERY[delivery][1]
    assert quickly == {award.pk for award in awards if latest[award.public_id].state in states}
    assert quickly
