"""Names and addresses of many awards, corrected in the exported table and brought back (J46)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from plaudit_site.achievements.models import Achievement
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import (
    bulk_changing,
    claiming,
    correction_lists,
    erasing,
    exchanging,
    invitations,
    revoking,
)
from plaudit_site.awards.models import Award, BulkChange, Correction
from plaudit_site.examining import whole
from plaudit_site.ids import new_id
from plaudit_site.mail.models import Message
from tests.people import World, person, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(world: World) -> Client:
    return signed_in(world.ben)


@pytest.fixture
def waiting(world: World) -> list[Award]:
    """Three that were mailed to a domain with a slip in it."""
    awards = [world.award(f"p{n}@gmial.example") for n in range(3)]
    run_worker("issue", "mail")
    return awards


def table(client: Client, world: World, query: str = "") -> list[list[str]]:
    answer = client.get(f"/manage/{world.issuer.slug}/awards.csv{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined, arg-type]
    return list(csv.reader(io.StringIO(text)))


def bring(client: Client, world: World, rows: list[list[str]]) -> Any:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    file = SimpleUploadedFile("awards.csv", written.getvalue().encode())
    return client.post(f"/manage/{world.issuer.slug}/awards/correct-many", {"file": file})


@pytest.mark.journey("J46")
def test_the_exported_table_is_mended_and_brought_back(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    page = ben.get(f"/manage/{world.issuer.slug}/awards/correct-many?state=waiting&all=1").content.decode()
    assert f"/manage/{world.issuer.slug}/awards.csv?state=waiting" in page
    rows = table(ben, world, "?state=waiting")
    mended = [[cell.replace("gmial", "gmail") for cell in row] for row in rows]
    mended[3][1] = rows[3][1]  # this one is left as it was
    looked = bring(ben, world, mended)
    text = looked.content.decode()
    assert "2 awards are signed anew and mailed again" in text
    assert "1 line says what is here already" in text
    assert not Award.objects.filter(address__endswith="@gmail.example").exists()  # not before the press
    change = looked.context["change"]
    began = ben.post(f"/manage/{world.issuer.slug}/changes/{change.public_id}/begin", follow=True)
    assert "On its way" in began.content.decode()
    run_worker("change many awards", "issue", "mail")
    assert sorted(Award.objects.filter(issuer=world.issuer).values_list("address", flat=True)) == [
        "p0@gmail.example",
        "p1@gmail.example",
        "p2@gmial.example",
    ]
    mails = Message.objects.filter(kind="invitation").order_by("pk").values_list("about", flat=True)
    assert set(list(mails)[-2:]) == {waiting[0].pk, waiting[1].pk}
    assert not Correction.objects.exists()  # nobody's address is kept for longer
    done = ben.get(f"/manage/{world.issuer.slug}/changes/{change.public_id}").content.decode()
    assert "2 of 2 settled" in done
    assert "Corrected, and mailed again" in done


def test_a_second_press_and_another_members_press_change_nothing_more(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    rows = table(ben, world)
    change = bring(ben, world, [[*row[:1], row[1].replace("gmial", "gmail"), *row[2:]] for row in rows])
    press = f"/manage/{world.issuer.slug}/changes/{change.context['change'].public_id}/begin"
    for _again in range(2):
        assert ben.post(press).status_code == 302
    run_worker("change many awards", "issue", "mail")
    assert ben.post(press).status_code == 302
    run_worker("change many awards", "issue", "mail")
    assert Message.objects.filter(kind="invitation", about__in=[one.pk for one in waiting]).count() == 6
    olga = signed_in(person("Olga Other", "olga@other.example"))
    assert olga.post(press).status_code == 404


def test_what_cannot_be_corrected_is_told_line_by_line_and_stays(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    claiming.accept(waiting[0], person("Person A", waiting[0].address), visibility="link", trust_issuer=False)
    other = new_id()
    rows = [
        ["Name", "E-mail", "Award"],
        ["Person A", "new@gmail.example", waiting[0].public_id],  # accepted: signed for good
        ["Person B", "nobody", waiting[1].public_id],
        ["Person C", "c@gmial.com", waiting[2].public_id],
        ["Person C", "d@gmail.example", waiting[2].public_id],
        ["Nobody", "n@gmail.example", other],
        ["", "", waiting[1].public_id.upper()],
    ]
    looked = bring(ben, world, rows).context["looked"]
    assert [line for line, _words in looked.problems] == [2, 3, 5, 6, 7]
    told = dict(looked.problems)
    assert "take it back" in told[2]
    assert "line 4 already" in told[5]
    assert "no award" in told[6]
    assert "line 3 already" in told[7]
    assert looked.doubts == [(4, "Did you mean c@gmail.com?")]
    assert [(one.line, one.address) for one in looked.corrections] == [(4, "c@gmial.com")]


def test_a_press_in_an_old_tab_leads_to_what_is_under_way_or_says_that_it_is_gone(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    rows = [["Name", "E-mail", "Award"], ["", "new@x.example", waiting[0].public_id]]
    change = bring(ben, world, rows).context["change"]
    upload = f"/manage/{world.issuer.slug}/awards/correct-many"
    way, press = f"/manage/{world.issuer.slug}/changes/{change.public_id}", f"{change.public_id}/begin"
    assert "1 correction that you brought has not begun" in ben.get(upload).content.decode()
    ben.post(f"/manage/{world.issuer.slug}/changes/{press}")
    assert way in (text := ben.get(upload).content.decode())
    assert "Corrections are under way" in text
    again = ben.post(f"{way}/begin", follow=True)
    assert again.redirect_chain == [(way, 302)]
    assert "This was begun before" in again.content.decode()
    change.delete()
    gone = ben.post(f"{way}/begin", follow=True)
    assert gone.redirect_chain == [(upload, 302)]
    assert "not kept any more" in gone.content.decode()


CLASHES: dict[str, tuple[list[str], dict[int, str]]] = {
    "one that is not in the list has it": (["other@x.example", "", ""], {2: "Another award of this badge"}),
    "an exchange": (["p1@gmial.example", "p0@gmial.example", "new@x.example"], {}),
    "a chain in the order in which they are done": (["new@x.example", "p0@gmial.example", ""], {}),
    "a chain against it": (["p1@gmial.example", "new@x.example", ""], {}),
    "three in a ring": (["p1@gmial.example", "p2@gmial.example", "p0@gmial.example"], {}),
    "three in the other ring": (["p2@gmial.example", "p0@gmial.example", "p1@gmial.example"], {}),
    "a row whose last one stays": (
        ["p1@gmial.example", "p2@gmial.example", ""],
        {2: "the address of line 3, which stays", 3: "Another award of this badge"},
    ),
    "an exchange, and one who wants in as well": (
        ["p1@gmial.example", "p0@gmial.example", "p1@gmial.example"],
        {4: "Line 2 asks for this address, too"},
    ),
    "the same new one twice": (["new@x.example", "new@x.example", ""], {3: "Line 2 asks for this address, too"}),
}  # fmt: skip


@pytest.mark.parametrize(("addresses", "expected"), CLASHES.values(), ids=CLASHES)
def test_what_the_page_says_of_addresses_that_are_taken_is_what_comes_of_it(
    ben: Client, world: World, waiting: list[Award], addresses: list[str], expected: dict[int, str]
) -> None:
    world.award("other@x.example")
    rows = [["Name", "E-mail", "Award"]]
    rows += [["", new, one.public_id] for new, one in zip(addresses, waiting, strict=True)]
    looked = bring(ben, world, rows)
    told = dict(looked.context["looked"].problems)
    assert told.keys() == expected.keys()
    assert all(words in told[line] for line, words in expected.items())
    done = [line for line, new in enumerate(addresses, 2) if new and line not in expected]
    if not done:
        assert "change" not in looked.context
        return
    change = looked.context["change"]
    correction_lists.begin(change, by=world.ben)
    while bulk_changing.change_some("w"):
        pass
    change.refresh_from_db()
    assert (change.done, change.left_out) == (len(done), 0)
    for line in done:
        assert Award.objects.get(pk=waiting[line - 2].pk).address == addresses[line - 2]


def brought(client: Client, world: World, wanted: dict[Award, tuple[str, str]]) -> BulkChange:
    """A list that gives each of these awards this name and address, looked at, and begun."""
    rows = [["Name", "E-mail", "Award"], *([name, to, one.public_id] for one, (name, to) in wanted.items())]
    change: BulkChange = bring(client, world, rows).context["change"]
    correction_lists.begin(change, by=world.ben)
    return change


def worked_off(change: BulkChange) -> tuple[int, int]:
    while bulk_changing.change_some("w"):
        pass
    change.refresh_from_db()
    return change.done, change.left_out


@pytest.mark.journey("J46")
@pytest.mark.parametrize("repeat", ["once", "renew", "again"])
def test_two_who_exchange_their_addresses_get_each_their_own_mail(
    ben: Client, world: World, repeat: str
) -> None:
    """Also where a later award takes the place of an earlier one: neither is the other's."""
    badge = world.badge_like("Exchanged")
    Achievement.objects.filter(pk=badge.pk).update(repeat=repeat)
    badge.refresh_from_db()
    days = [timezone.now() - timedelta(days=2), timezone.now() - timedelta(days=1)]
    zoe, yan = (
        world.award(f"{name}@x.example", badge=badge, awarded_at=day)
        for name, day in zip(("yan", "zoe"), days, strict=True)
    )
    before = [invitations.claim_url(one) for one in (zoe, yan)]
    change = brought(ben, world, {zoe: ("Zoë", "zoe@x.example"), yan: ("Yan", "yan@x.example")})
    assert worked_off(change) == (2, 0)
    run_worker()
    for award, name in ((zoe, "zoe"), (yan, "yan")):
        award.refresh_from_db()
        assert (award.address, award.state, award.invitation_number) == (f"{name}@x.example", "waiting", 2)
        assert (award.once_key is None) == (repeat == "again")
        mail = Message.objects.filter(about=award.pk, kind="invitation").latest("pk")
        assert mail.state == "sent"
        assert bytes(mail.raw or b"").count(f"{name}@x.example".encode())
        noted = AuditEvent.objects.filter(kind="corrected", subject=f"award:{award.public_id}")
        assert [one.details["number"] for one in noted] == [2]
    assert all(invitations.find(url.rpartition("/")[2]) is None for url in before), "the old links are dead"
    assert not Correction.objects.exists()
    assert whole.examine(settle_seconds=0).findings == []


def test_of_an_exchange_both_stay_when_one_has_accepted_meanwhile(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    first, second, _third = waiting
    change = brought(ben, world, {first: ("A", second.address), second: ("B", first.address)})
    claiming.accept(second, person("Person B", second.address), visibility="link", trust_issuer=False)
    assert worked_off(change) == (0, 2)
    for award in (first, second):
        there = Award.objects.get(pk=award.pk)
        assert (there.address, there.name, there.once_key) == (award.address, award.name, award.once_key)
    told = dict(change.corrections.values_list("line", "problem"))
    assert told[2] == "This person already has this badge."
    assert "accepted meanwhile" in told[3]


def test_an_exchange_is_done_wholly_or_not_at_all(
    ben: Client, world: World, waiting: list[Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that ends in between leaves both where they were, and the next one does both."""
    first, second, _third = waiting
    change = brought(ben, world, {first: ("A", second.address), second: ("B", first.address)})
    correct, done = revoking.correct, []

    def ends_in_between(award: Award, **more: Any) -> None:
        correct(award, **more)
        done.append(award.pk)
        if len(done) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(revoking, "correct", ends_in_between)
        with pytest.raises(KeyboardInterrupt):
            bulk_changing.change_some("w")
    assert len(done) == 2, "the second was corrected, too"
    assert [Award.objects.get(pk=one.pk).address for one in (first, second)] == [
        first.address,
        second.address,
    ]
    assert change.corrections.count() == 2
    BulkChange.objects.update(lease_until=timezone.now())
    assert worked_off(change) == (2, 0)
    assert [Award.objects.get(pk=one.pk).address for one in (first, second)] == [
        second.address,
        first.address,
    ]


def test_more_than_go_together_are_told_before(
    ben: Client, world: World, waiting: list[Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanging, "MOST_TOGETHER", 2)
    ring = [one.address for one in waiting[1:] + waiting[:1]]
    rows = [["Name", "E-mail", "Award"]]
    rows += [["", to, one.public_id] for one, to in zip(waiting, ring, strict=True)]
    looked = bring(ben, world, rows).context["looked"]
    assert looked.corrections == []
    assert all(
        "one of more than 2 lines" in words or "stays as it is" in words for _l, words in looked.problems
    )
    assert "one of more than 2 lines" in looked.problems[0][1]


def test_addresses_that_are_taken_are_asked_for_in_one_question(
    ben: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    version = world.badge.current
    awards = Award.objects.bulk_create(
        Award(issuer=world.issuer, version=version, address=f"q{n}@x.example", name="Q", state="waiting")
        for n in range(60)
    )
    lines = [f"Q,new{n}@x.example,{one.public_id}\n" for n, one in enumerate(awards)]
    file = io.BytesIO(("Name,E-mail,Award\n" + "".join(lines)).encode())
    with django_assert_max_num_queries(2):
        looked = correction_lists.look(world.issuer, file)
    assert len(looked.corrections) == 60


def test_awards_of_another_issuer_are_none_of_ours(ben: Client, world: World) -> None:
    theirs = world.award("x@people.example")
    Award.objects.filter(pk=theirs.pk).update(issuer=founded(world))
    rows = [["Name", "E-mail", "Award"], ["X", "mine@people.example", theirs.public_id]]
    page = bring(ben, world, rows)
    assert "change" not in page.context
    assert "no award" in page.content.decode()
    theirs.refresh_from_db()
    assert theirs.address == "x@people.example"


def founded(world: World) -> Any:
    from plaudit_site.issuers import founding

    return founding.found(
        person("Olga Other", "olga@other.example"),
        name="Another College",
        url="https://another.example/",
        email="olga@other.example",
        standing="approved",
    )


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("A" * 201, "", "200"),
        ("A\x00B", "", "Null characters"),
        ("Gr\ufffd\ufffde", "", "\ufffd"),
        ("", "a" * 250 + "@people.example", "254"),
    ],
)
def test_a_cell_that_no_award_can_hold_is_told_and_changes_nothing(
    ben: Client, world: World, waiting: list[Award], name: str, address: str, said: str
) -> None:
    """D20: on every database."""
    rows = [["Name", "E-mail", "Award"], [name, address, waiting[0].public_id]]
    looked = bring(ben, world, rows).context["looked"]
    assert looked.corrections == []
    [(line, words)] = looked.problems
    assert line == 2
    assert said in words


def test_what_is_no_identifier_is_asked_of_no_database(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    rows = [["Name", "E-mail", "Award"], ["A", "a@people.example", waiting[0].public_id]]
    rows += [["B", "b@people.example", one] for one in ("\x00", "", "", "9" * 5_000)]
    looked = bring(ben, world, rows).context["looked"]
    assert [line for line, words in looked.problems if "no award" in words] == [3, 4, 5, 6]
    assert len(looked.corrections) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name,E-mail\nA,a@b.example\n", "no column “Award”"),
        ("Award,Badge\n,x\n", "nothing to correct"),
        ("", "empty"),
    ],
)
def test_a_table_that_is_none_is_refused_with_what_to_do(
    ben: Client, world: World, text: str, said: str
) -> None:
    file = SimpleUploadedFile("awards.csv", text.encode())
    page = ben.post(f"/manage/{world.issuer.slug}/awards/correct-many", {"file": file}).content.decode()
    assert said in page
    assert not BulkChange.objects.exists()


def test_what_became_impossible_since_is_left_out_and_told(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    rows = [["Name", "E-mail", "Award"]]
    rows += [[one.name, one.address.replace("gmial", "gmail"), one.public_id] for one in waiting]
    change = bring(ben, world, rows).context["change"]
    claiming.accept(waiting[0], person("Person A", waiting[0].address), visibility="link", trust_issuer=False)
    correction_lists.begin(change, by=world.ben)
    assert bulk_changing.change_some("w")
    while bulk_changing.change_some("w"):
        pass
    change.refresh_from_db()
    assert (change.state, change.done, change.left_out) == ("done", 2, 1)
    left = change.corrections.get()
    assert (left.line, left.name, left.address) == (2, "", "")
    page = ben.get(f"/manage/{world.issuer.slug}/changes/{change.public_id}").content.decode()
    assert "Line 2: It was accepted meanwhile" in page


def test_a_list_that_nobody_pressed_and_an_erased_persons_line_are_forgotten(
    ben: Client, world: World, waiting: list[Award]
) -> None:
    rows = [["Name", "E-mail", "Award"]]
    rows += [[one.name, one.address.replace("gmial", "gmail"), one.public_id] for one in waiting]
    change = bring(ben, world, rows).context["change"]
    erasing.erase([waiting[0].public_id])
    assert change.corrections.count() == 2
    assert bulk_changing.forget_some() == 0
    BulkChange.objects.update(made_at=timezone.now() - timedelta(days=2))
    assert bulk_changing.forget_some()
    assert not BulkChange.objects.exists()
    assert not Correction.objects.exists()
