"""The awards list: found by anything one would ask for, page by page, exported, changed many at once (J46)."""

from __future__ import annotations

import csv
import html
import io
import re
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.api import describing
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import award_export, bulk_changing, claiming, listing, revoking
from plaudit_site.awards.models import Award, Batch, BulkChange, Revocation, Suspension
from plaudit_site.issuers import access, founding
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Message, State
from tests.people import World, make_badge, person, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def made(world: World, number: int, **more: Any) -> list[Award]:
    """Awards that nobody has signed: rows for lists."""
    values: dict[str, Any] = {"state": Award.State.WAITING, "version": world.badge.current, **more}
    return Award.objects.bulk_create(
        Award(issuer=world.issuer, address=f"p{n:04}@list.example", name=f"Person {n:04}", **values)
        for n in range(number)
    )


def ask(client: Client, world: World, query: str = "", path: str = "awards") -> str:
    answer = client.get(f"/manage/{world.issuer.slug}/{path}{query}")
    assert answer.status_code == 200, answer
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined, arg-type]
    return str(answer.content.decode())


def shown(page: str) -> list[str]:
    """The addresses of the page, in its order."""
    return re.findall(r"<small><bdi>([^<]+@[^<]+)</bdi></small>", page)


@pytest.fixture
def ben(world: World) -> Client:
    return signed_in(world.ben)


@pytest.mark.parametrize("order", ["new", "old", "name", "date"])
def test_pages_go_on_where_the_last_one_ended_also_when_new_awards_arrive(
    world: World, ben: Client, order: str
) -> None:
    made(world, 120, awarded_at=timezone.now().replace(microsecond=0))
    seen: list[str] = []
    query = f"?order={order}"
    for number in range(5):
        page = ask(ben, world, query)
        seen += shown(page)
        more = re.search(r'rel="next" href="(\?[^"]+)"', page)
        if more is None:
            break
        query = more[1].replace("&amp;", "&")
        if number == 0:
            Award.objects.create(
                issuer=world.issuer,
                version=world.badge.current,
                address="z@list.example",
                name="Zz",
                state="waiting",
            )
    mine = [address for address in seen if address.startswith("p")]
    assert len(mine) == len(set(mine)) == 120
    assert mine == sorted(mine, reverse=order in {"new", "date"})


def test_a_page_asks_the_database_as_much_for_fifty_as_for_five(world: World, ben: Client) -> None:
    made(world, 5)
    ask(ben, world)  # what is asked now and then, and not for each page (hosts, say), is known now
    with CaptureQueriesContext(connection) as few:
        ask(ben, world)
    made(world, 100)
    with CaptureQueriesContext(connection) as many:
        ask(ben, world)
    assert len(many) <= len(few) + 1, (
        "of five all are on the page, and are not looked for again to be counted"
    )


@pytest.fixture
def mixed(world: World) -> dict[str, Award]:
    """One award in each state that an issuer would look for."""
    now = timezone.now()
    other = make_badge(world.issuer, "Another Badge")
    found = {name: world.award(f"{name}@mix.example") for name in ("waits", "bounced", "later", "gone")}
    found["other"] = world.award("other@mix.example", badge=other)
    claiming.accept_with_new_account(world.award("shared@mix.example"), visibility="link", trust_issuer=False)
    shared = Award.objects.filter(issuer=world.issuer)
    found["shared"] = shared.get(address="shared@mix.example")
    claiming.accept_with_new_account(
        world.award("ended@mix.example"), visibility="only_me", trust_issuer=False
    )
    found["ended"] = shared.get(address="ended@mix.example")
    Award.objects.filter(pk=found["ended"].pk).update(expires_at=now - timedelta(days=1))
    revoking.revoke(found["gone"], reason="error", by=world.ben)
    mails = Message.objects.filter(kind="invitation")
    mails.filter(subject_id=found["bounced"].public_id).update(state=State.BOUNCED, code="5.2.2")
    mails.filter(subject_id=found["later"].public_id).update(state=State.DEFERRED, code="4.7.1", due_at=now)
    Award.objects.filter(pk=found["waits"].pk).update(awarded_at=datetime(2020, 2, 29, 23, 59, tzinfo=UTC))
    return found


def test_suspended_ones_are_found_and_not_among_those_that_hold(
    ben: Client, world: World, mixed: dict[str, Award]
) -> None:
    def found(state: str) -> list[dict[str, str]]:
        return rows_of(ask(ben, world, f"?state={state}", path="awards.csv"))

    assert len(found("accepted")) == 2
    Suspension.objects.create(award=mixed["shared"], reason="The fee is open")
    assert [row["E-mail"] for row in found("suspended")] == ["shared@mix.example"]
    assert [row["E-mail"] for row in found("accepted")] == ["ended@mix.example"]
    assert found("shared") == []


@pytest.mark.journey("J46")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=SHARED@mix", {"shared"}),
        ("q=mix.example", set()),
        ("q=Eve", {"waits", "bounced", "later", "gone", "other", "shared", "ended"}),
        ("state=waiting", {"waits", "bounced", "later", "other"}),
        ("state=accepted", {"shared", "ended"}),
        ("state=shared", {"shared"}),
        ("state=expired", {"ended"}),
        ("state=revoked", {"gone"}),
        ("state=nonsense&order=nonsense&since=nonsense&state=waiting", {"waits", "bounced", "later", "other"}),
        ("delivery=undelivered", {"bounced"}),
        ("delivery=deferred", {"later"}),
        ("delivery=sent&state=waiting", {"waits", "other"}),
        ("since=2020-02-29&until=2020-02-29", {"waits"}),
        ("until=2020-02-28", set()),
        ("q=%27%22)%3B--", set()),
        ("badge=%27&batch=%3B", set()),
    ],
)  # fmt: skip
def test_awards_are_found_by(
    query: str, names: set[str], world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    assert set(shown(ask(ben, world, f"?{query}"))) == {mixed[name].address for name in names}


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("ZOË", "Zoë Müller"),
        ("müLLER", "Zoë Müller"),
        ("zoë  müller", "ZOË MÜLLER"),
        ("ИВАНОВ", "Пётр Иванов"),
        ("παπα", "ΠΑΠΑΔΟΠΟΥΛΟΥ"),
        ("山田", "山田太郎"),
        ("O'B", "Ann O'Brien"),
        ("[a]*?^", "X [A]*?^-y"),
        ("[ä]*?^-%_", "X [Ä]*?^-%_y"),
        ("100%_", "100%_ sure"),
    ],
)
def test_a_name_is_found_in_any_case_of_any_script(world: World, asked: str, name: str) -> None:
    (award, other) = made(world, 2)
    Award.objects.filter(pk=award.pk).update(name=name)
    Award.objects.filter(pk=other.pk).update(name="Zoe Muller, [b]xyz 100 sure, a^")
    found = listing.found(world.issuer, listing.Wanted.read({"q": asked}))
    assert [one.pk for one in found] == [award.pk]


def test_a_day_that_there_is_not_is_told(world: World, ben: Client) -> None:
    made(world, 1)
    text = html.unescape(ask(ben, world, "?since=2026-02-30&until=2099-01-01"))
    assert "There is no day “2026-02-30”, so it was not looked for" in text
    assert "2099-01-01”" not in text
    assert "There is no day" not in ask(ben, world, "?since=&until=2099-01-01")


def test_take_back_with_nothing_chosen_says_so_before_it_asks_who_it_is(world: World, ben: Client) -> None:
    made(world, 1)
    session = ben.session
    session["fresh_at"] = 0
    session.save()
    path = f"/manage/{world.issuer.slug}/awards"
    answer = ben.get(f"{path}/take-back?state=waiting", follow=True)
    assert answer.redirect_chain == [(f"{path}?state=waiting", 302)]
    assert "Choose awards first" in answer.content.decode()
    assert ben.get(f"{path}/take-back?state=waiting&all=1")["Location"].startswith("/account/confirm")


@pytest.mark.parametrize("opened", [None, timezone.now()], ids=["unopened", "opened"])
def test_what_nobody_accepted_until_its_day_has_expired(
    world: World, ben: Client, opened: datetime | None
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    (award,) = made(world, 1, expires_at=yesterday, opened_at=opened)
    (other,) = made(world, 1, state=Award.State.DECLINED, expires_at=yesterday)
    assert shown(ask(ben, world, "?state=expired")) == [award.address]
    for page in (ask(ben, world, "?state=expired"), ask(ben, world, path=f"awards/{award.public_id}")):
        assert re.search(r'<span class="chip warn">\s*Expired', page)
    (row,) = rows_of(ask(ben, world, "?state=expired", path="awards.csv"))
    assert row["State"] == "Expired"
    told = describing.award(describing.with_mail(Award.objects.filter(pk=award.pk)).get())
    assert told["words"] == "Expired"
    assert "Declined" in ask(ben, world, path=f"awards/{other.public_id}")


def tabs(page: str) -> dict[str, str]:
    """What stands on the tabs of states, by the state that they lead to."""
    nav = page[page.index('aria-label="States"') :].partition("</nav>")[0]
    links = re.findall(r'<a href="\?([^"]*)"[^>]*>[^<]*(?:<span class="n">([^<]+)</span>)?</a>', nav)
    return {dict(parse_qsl(query.replace("&amp;", "&"))).get("state", ""): number for query, number in links}


@pytest.mark.journey("J46")
def test_each_state_says_how_many_are_in_it_of_what_is_looked_for(
    world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    there = {"waiting": "4", "accepted": "2", "shared": "1", "expired": "1", "revoked": "1"}
    for query in ("", "?state=waiting", "?after=" + mixed["other"].public_id):
        assert tabs(ask(ben, world, query)) == {"": "", **there}, query
    assert tabs(ask(ben, world, "?q=shared@mix")) == {"": "", "accepted": "1", "shared": "1"}
    nobody = ask(ben, world, "?q=shared@mix&state=failed")
    assert tabs(nobody) == {"": "", "accepted": "1", "shared": "1", "failed": "0"}
    assert 'href="?state=accepted&amp;q=shared%40mix"' in nobody
    assert "Nothing found" in nobody


def test_what_waits_for_its_day_and_what_was_renewed_are_states_of_their_own(
    world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    (later,) = made(world, 1, state="queued", due_at=timezone.now() + timedelta(days=1))
    (soon,) = made(world, 1, state="queued", due_at=timezone.now(), note="now")
    Award.objects.filter(pk=soon.pk).update(address="soon@list.example")
    Revocation.objects.create(award=mixed["shared"], reason="renewed", renewed_by=mixed["waits"])
    found = {
        state: shown(ask(ben, world, f"?state={state}"))
        for state in ("scheduled", "queued", "replaced", "revoked", "accepted")
    }
    assert found == {
        "scheduled": [later.address],
        "queued": ["soon@list.example"],
        "replaced": ["shared@mix.example"],
        "revoked": ["gone@mix.example"],
        "accepted": ["ended@mix.example"],
    }
    assert "Waits for its day" in ask(ben, world, "?state=scheduled")
    assert "Renewed by a later one" in ask(ben, world, "?state=replaced")


def test_of_very_many_those_that_wait_are_counted_as_far_as_is_quick_and_the_others_by_their_index(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED", 20)
    made(world, 60)
    made(world, 7, state="declined")
    made(world, 25, state="withdrawn")
    numbers = tabs(ask(ben, world))
    assert (numbers["declined"], numbers["withdrawn"]) == ("7", "20+")
    assert numbers["waiting"] == "" or 0 < int(numbers["waiting"].removesuffix("+")) <= 60
    assert "failed" not in numbers
    narrowed = tabs(ask(ben, world, "?q=person&since=2020-01-01"))
    assert set(narrowed) == {"", *listing.STATES}, "no numbers, but all states"
    assert set(narrowed.values()) == {""}


def test_all_numbers_are_two_questions_at_most(world: World) -> None:
    made(world, 50)
    with CaptureQueriesContext(connection) as asked:
        listing.numbers(world.issuer, listing.Wanted(state="failed", order="name"))
    assert len(asked) <= 2


@pytest.mark.parametrize("state", ["", "waiting", "failed", "scheduled", "suspended", "revoked", "shared"])
def test_very_many_are_not_sorted_to_show_fifty(
    world: World, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps statistics and chooses by them")
    monkeypatch.setattr(listing, "COUNTED", 10)
    made(world, 30)
    with CaptureQueriesContext(connection) as asked:
        listing.page(world.issuer, listing.Wanted(state=state))
    statement = asked.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        plan = "\n".join(str(row[3]) for row in cursor.fetchall())
    assert "ORDER BY" not in plan


@pytest.mark.parametrize("state", ["failed", "expired", "scheduled", "queued", "shared", "revoked", ""])
def test_of_very_many_the_same_are_found_in_the_same_order(
    world: World, ben: Client, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """However SQLite is helped to find them."""
    made(world, 8, state="failed")
    made(world, 8, expires_at=timezone.now())
    made(world, 8, state="queued")
    made(world, 8, state="queued", due_at=timezone.now() + timedelta(days=1))
    for award in made(world, 8):
        Revocation.objects.create(award=award, reason="Over.")
    queries = [
        f"?order={order}&state={state}{more}"
        for order in listing.ORDERS
        for more in ("", "&q=p00", "&q=p0001@")
    ]
    few = [shown(ask(ben, world, query)) for query in queries]
    monkeypatch.setattr(listing, "COUNTED", 5)
    assert [shown(ask(ben, world, query)) for query in queries] == few
    assert any(few) or state == "shared"


def test_what_stands_on_one_page_is_counted_without_looking_for_it_again(world: World, ben: Client) -> None:
    made(world, 7, state="failed")
    made(world, 3)
    page = ask(ben, world, "?q=p000")
    assert '<span class="grow" role="status">10 awards</span>' in page
    assert tabs(page)["failed"] == "7"
    assert '<span class="grow" role="status">7 awards</span>' in ask(ben, world, "?q=p000&state=failed")


def test_a_list_that_is_chosen_stays_so_however_old_it_is(world: World, ben: Client) -> None:
    old = Batch.objects.create(
        issuer=world.issuer, file_name="old.csv", sha256="0", state="done", started_at=timezone.now()
    )
    Batch.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=900))
    Batch.objects.bulk_create(
        Batch(issuer=world.issuer, file_name=f"{n}.csv", sha256="0", state="done", started_at=timezone.now())
        for n in range(60)
    )
    for line, award in enumerate(made(world, 60)):
        Award.objects.filter(pk=award.pk).update(batch=old, batch_line=line)
    page = ask(ben, world, f"?batch={old.public_id}")
    assert re.search(rf'<option value="{old.public_id}" selected>old\.csv', page)
    following = re.search(r'rel="next" href="(\?[^"]+)"', page)
    assert following is not None
    assert len(shown(ask(ben, world, following[1].replace("&amp;", "&")))) == 10
    export = re.search(r'href="/manage/[^/]+/(awards\.csv\?[^"]+)"', page)
    assert export is not None
    assert len(rows_of(ask(ben, world, path=export[1]))) == 60
    assert shown(ask(ben, world, f"?batch={Batch.objects.latest('pk').public_id}")) == []


def test_awards_are_found_by_badge_also_by_its_earlier_versions(
    world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    badge = mixed["other"].version.achievement
    assert shown(ask(ben, world, f"?badge={badge.public_id}")) == ["other@mix.example"]


def test_many_mails_of_a_state_are_looked_up_award_by_award(
    world: World, ben: Client, mixed: dict[str, Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plaudit_site.awards.resending.FEW", 0)
    assert shown(ask(ben, world, "?delivery=undelivered")) == ["bounced@mix.example"]


def test_the_row_says_why_its_mail_did_not_arrive(world: World, ben: Client, mixed: dict[str, Award]) -> None:
    page = ask(ben, world, "?delivery=undelivered")
    assert "Could not be delivered" in page
    assert "the mailbox is full (5.2.2)" in page


# Export


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.journey("J46")
def test_what_is_shown_is_exported_with_its_life_and_addresses(
    world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    by_address = {row["E-mail"]: row for row in rows_of(ask(ben, world, path="awards.csv"))}
    assert len(by_address) == len(mixed)
    bounced, shared, gone = (by_address[f"{name}@mix.example"] for name in ("bounced", "shared", "gone"))
    assert (bounced["State"], bounced["Why"]) == ("Could not be delivered", "the mailbox is full (5.2.2)")
    assert shared["Certificate"].endswith(f"/i/{world.issuer.slug}/c/{mixed['shared'].public_id}")
    assert shared["State"] == "Accepted and shared"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shared["Accepted"])
    assert (gone["State"], gone["Reason"]) == ("Revoked", "error")
    assert by_address["waits@mix.example"]["Date"] == "2020-02-29"
    only = rows_of(ask(ben, world, "?state=revoked", path="awards.csv"))
    assert [row["E-mail"] for row in only] == ["gone@mix.example"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\x00", "＝"])
def test_no_cell_of_the_export_is_a_formula(sign: str, world: World, ben: Client) -> None:
    """SECURITY D4."""
    name = f'{sign}HYPERLINK("https://evil.example","click")'
    if sign == "\x00" and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL stores no NUL")
    made(world, 1)
    Award.objects.update(name=name, note=f'{sign}1\r\nsecond line, "quoted"')
    (row,) = rows_of(ask(ben, world, path="awards.csv"))
    assert row["Name"] == f"'{name}"
    assert row["Note"].startswith(f"'{sign}1")
    assert row["Note"].endswith('second line, "quoted"')


@pytest.mark.any_database
def test_the_export_holds_a_few_hundred_awards_at_a_time(world: World) -> None:
    made(world, 3000, note="x" * 900)

    def peak(lines: Iterator[str]) -> int:
        tracemalloc.start()
        for _line in lines:
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    award_export_of = award_export.lines(world.issuer, listing.Wanted())
    whole = sum(len(line) for line in award_export.lines(world.issuer, listing.Wanted()))
    assert whole > 3_000_000
    assert peak(award_export_of) < 6_000_000


# Many at once


def confirmed(client: Client) -> Client:
    """As after the mailed code that asks whether it is still you."""
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


def many(client: Client, world: World, query: str, **data: str) -> Any:
    confirmed(client)
    path = f"/manage/{world.issuer.slug}/awards/{query}"
    return client.post(path, data, follow=True) if data else client.get(path, follow=True)


@pytest.mark.journey("J46")
def test_all_that_match_are_taken_back_after_a_page_that_says_what_will_happen(
    world: World, ben: Client, mixed: dict[str, Award]
) -> None:
    asked = many(ben, world, "take-back?all=1").content.decode()
    assert "Take back 6 awards" in asked
    assert "2 accepted badges are revoked, for ever." in asked
    assert "4 badges that nobody has accepted are withdrawn." in asked
    assert "1 award was taken back before" in asked
    assert Revocation.objects.count() == 1, "nothing has happened yet"
    sent = dict(re.findall(r'name="(press|last)" value="(\w+)"', asked))
    assert "This field is required" in many(ben, world, "take-back?all=1", **sent).content.decode()
    later = made(world, 1)[0]
    for _twice in range(2):
        answer = many(ben, world, "take-back?all=1", **sent, reason="Wrong list")
    assert "of 7 settled" in answer.content.decode()
    run_worker()
    change = BulkChange.objects.get()
    assert (change.state, change.whole, change.done + change.left_out) == ("done", 7, 7)
    assert set(Revocation.objects.values_list("reason", flat=True)) == {"error", "Wrong list"}
    later.refresh_from_db()
    assert later.state == "waiting", "it was made after the page had said what would happen"
    assert Message.objects.filter(kind="revoked").count() == 2, "who had accepted is told"
    page = ask(ben, world, path=f"changes/{change.public_id}")
    assert "7 of 7 settled" in page
    assert AuditEvent.objects.filter(kind="many changed").count() == 1


def test_awards_made_after_the_press_are_left_alone(world: World) -> None:
    made(world, 3)
    press = "0" * 26
    bulk_changing.start(world.issuer, "take_back", listing.Wanted(), reason="r", by=world.ben, press=press)
    late = made(world, 1, note="late")[0]
    while bulk_changing.change_some("w"):
        pass
    late.refresh_from_db()
    assert late.state == "waiting"
    assert Award.objects.filter(state="withdrawn").count() == 3


@pytest.mark.journey("J46")
def test_the_chosen_ones_are_sent_again(world: World, ben: Client, mixed: dict[str, Award]) -> None:
    ids = "&".join(f"id={mixed[name].public_id}" for name in ("waits", "bounced", "shared"))
    asked = many(ben, world, f"send-many?{ids}").content.decode()
    assert "Send 2 mails again" in asked
    assert "1 award does not wait to be accepted" in asked
    many(ben, world, f"send-many?{ids}", press="1" * 26)
    before = Message.objects.filter(kind="invitation").count()
    while bulk_changing.change_some("w"):
        pass
    assert Message.objects.filter(kind="invitation").count() == before + 2
    change = BulkChange.objects.get()
    assert (change.done, change.left_out, change.state) == (2, 1, "done")


def test_a_worker_that_lost_its_lease_changes_nothing_and_the_next_goes_on_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    awards = made(world, 5)
    change = bulk_changing.start(
        world.issuer, "take_back", listing.Wanted(), reason="r", by=world.ben, press="2" * 26
    )
    withdraw, calls = revoking.withdraw, []

    def stolen(award: Award, *, by: User) -> None:
        calls.append(award.pk)
        withdraw(award, by=by)
        if len(calls) == 3:
            BulkChange.objects.update(lease_holder="quicker")

    monkeypatch.setattr(revoking, "withdraw", stolen)
    assert bulk_changing.change_some("slow") == 2
    states = list(
        Award.objects.filter(pk__in=[a.pk for a in awards]).order_by("pk").values_list("state", flat=True)
    )
    assert states == ["withdrawn"] * 2 + ["waiting"] * 3, "the third was rolled back"
    BulkChange.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    while bulk_changing.change_some("next"):
        pass
    change.refresh_from_db()
    assert (change.done, change.left_out, change.state) == (5, 0, "done")


def test_it_stops_when_who_pressed_may_no_longer_award_and_when_somebody_stops_it(
    world: World, ben: Client
) -> None:
    made(world, 2)
    change = bulk_changing.start(
        world.issuer, "take_back", listing.Wanted(), reason="r", by=world.ben, press="3" * 26
    )
    access.remove(world.issuer, world.ben, by="test")
    bulk_changing.change_some("w")
    change.refresh_from_db()
    assert (change.state, change.done) == ("stopped", 0)
    assert "may no longer award" in change.problem
    second = bulk_changing.start(
        world.issuer, "take_back", listing.Wanted(), reason="r", by=world.ada, press="4" * 26
    )
    answer = signed_in(world.ada).post(
        f"/manage/{world.issuer.slug}/changes/{second.public_id}/stop", follow=True
    )
    assert "the rest is as it was" in answer.content.decode()
    assert bulk_changing.change_some("w") == 0
    assert set(Award.objects.filter(issuer=world.issuer).values_list("state", flat=True)) == {"waiting"}


def test_another_issuers_awards_are_neither_found_nor_exported_nor_changed(world: World) -> None:
    mine = made(world, 2)
    olga = person("Olga", "olga@other.example")
    other: Issuer = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    client = signed_in(olga)
    ids = "&".join(f"id={award.public_id}" for award in mine)
    for path in (
        f"awards?{ids}",
        "awards.csv",
        f"awards?batch={mine[0].public_id}",
        f"awards?badge={world.badge.public_id}",
    ):
        answer = client.get(f"/manage/{other.slug}/{path}")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined, arg-type]
        assert b"p0000@list.example" not in body
    confirmed(client).post(f"/manage/{other.slug}/awards/take-back?{ids}", {"reason": "x", "press": "5" * 26})
    assert not BulkChange.objects.exists()
    theirs = bulk_changing.start(
        world.issuer, "take_back", listing.Wanted(), reason="r", by=world.ben, press="6" * 26
    )
    assert client.get(f"/manage/{other.slug}/changes/{theirs.public_id}").status_code == 404
    # The press of another issuer's change is not taken over, either.
    with pytest.raises(Exception, match="no such award"):
        bulk_changing.start(other, "take_back", listing.Wanted(), reason="r", by=olga, press="6" * 26)


def test_a_viewer_sees_and_exports_but_changes_nothing(world: World) -> None:
    made(world, 1)
    vera = person("Vera", "vera@leaders.example")
    access.set_role(world.issuer, vera, "viewer", by="test")
    client = signed_in(vera)
    page = ask(client, world)
    assert "p0000@list.example" in page
    assert "Take back" not in page
    assert len(rows_of(ask(client, world, path="awards.csv"))) == 1
    assert client.get(f"/manage/{world.issuer.slug}/awards/send-many?all=1").status_code == 404
    confirmed(client)
    assert client.get(f"/manage/{world.issuer.slug}/awards/take-back?all=1").status_code == 404
