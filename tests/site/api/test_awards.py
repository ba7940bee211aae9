"""Single awards by program: made, found, looked at, corrected, taken back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, suspending
from plaudit_site.awards.models import Award, Batch
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer, Person
from plaudit_site.mail.models import Message, State
from tests import people
from tests.people import EVE, World, run_worker
from tests.site.api.conftest import Program, problem, program

pytestmark = pytest.mark.django_db


def person(world: World, **more: Any) -> dict[str, Any]:
    return {"badge": world.badge.public_id, "name": "Eve Earner", "address": EVE, **more}


@pytest.fixture
def olga(world: World) -> Program:
    """The program of another issuer."""
    other = people.person("Olga Other", "olga@other.example")
    issuer = founding.found(
        other, name="Other School", url="https://o.example", email="o@o.example", standing="approved"
    )
    return program(issuer, other)


@pytest.mark.journey("J2", "J46")
def test_an_award_is_made_signed_mailed_and_told_step_by_step(ada: Program, world: World) -> None:
    answer = ada.post("/awards", person(world, note="Well done!", date="2026-01-31", expires="2036-01-31"))
    assert answer.status_code == 201
    made = json.loads(answer.content)
    assert answer["Location"].endswith(f"/api/v1/awards/{made['id']}")
    assert (made["state"], made["words"], made["credential"], made["mail"]) == (
        "queued",
        "Being prepared",
        None,
        None,
    )
    assert (made["awarded_at"], made["expires_at"]) == ("2026-01-31T00:00:00Z", "2036-01-31T23:59:59Z")
    run_worker()
    now = json.loads(ada.get(f"/awards/{made['id']}").content)
    assert now["state"] == "waiting"
    assert now["mail"] == {"kind": "invitation", "state": "sent", "words": "Mail sent", "code": None}
    assert [step["words"] for step in now["life"]] == [
        "Awarded",
        "Signed",
        "Mail waits to be sent",
        "Mail sent",
    ]
    assert now["credential"].endswith(f"/c/{made['id']}.json")
    assert Message.objects.filter(subject_id=made["id"], kind="invitation").count() == 1


def test_a_mail_that_came_back_says_why(ada: Program, world: World) -> None:
    award = world.award()
    Message.objects.filter(subject_id=award.public_id).update(state=State.BOUNCED, code="5.1.1")
    told = json.loads(ada.get(f"/awards/{award.public_id}").content)
    assert told["mail"]["code"] == "5.1.1"
    assert "there is no such mailbox" in told["mail"]["words"]
    listed = json.loads(ada.get("/awards").content)["awards"]
    assert listed[0]["mail"] == told["mail"]
    assert listed[0]["words"] == "Could not be delivered"


WRONG: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing": ({"badge": None, "name": None, "address": None}, {"/badge": "missing"}),
    "nobody": ({"name": None, "address": None}, {"/name": "missing", "/address": "missing"}),
    "an unknown member": ({"issuer": "x"}, {"/issuer": "not known"}),
    "members that only we may set": (
        {"state": "accepted", "earner": 1, "is_welcome": True, "verified": True},
        {"/state": "not known", "/earner": "not known", "/is_welcome": "not known", "/verified": "not known"},
    ),
    "a name with a slash": ({"a/b~c": 1}, {"/a~1b~0c": "not known"}),
    "no address": ({"address": "eve"}, {"/address": "complete e-mail address"}),
    "letters before the @": ({"address": "jörg@example.org"}, {"/address": "letters before the @"}),
    "letters that fold": ({"address": "EVE@ſite.example\u0000"}, {"/address": "NUL"}),
    "no letters in the name": ({"name": "\u200b\u202e"}, {"/name": ""}),
    "a number": ({"name": 5}, {"/name": "not a text"}),
    "true": ({"note": True}, {"/note": "not a text"}),
    "a date that is none": ({"date": "2026-02-30"}, {"/date": "not a date"}),
    "a date of ours": ({"date": "31.01.2026"}, {"/date": "not a date"}),
    "a year that was cut short": ({"date": "0026-04-14"}, {"/date": "before the year 1900"}),
    "an end before our time": ({"expires": "0999-01-01"}, {"/expires": "before the year 1900"}),
    "the future": ({"date": "2199-01-01"}, {"/date": "in the future"}),
    "an end before the beginning": ({"date": "2026-01-02", "expires": "2026-01-01"}, {"/expires": "not later"}),
    "no link": ({"evidence": "javascript:alert(1)"}, {"/evidence": "not a web address"}),
    "too long": ({"note": "x" * 1001}, {"/note": "longer than 1000"}),
    "a badge that is no id": ({"badge": "Certified"}, {"/badge": "right form"}),
    "a badge that is none": ({"badge": "0" * 26}, {"/badge": "none of your"}),
}  # fmt: skip


@pytest.mark.parametrize(("more", "places"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_place_and_what_to_do(
    ada: Program, world: World, more: dict[str, Any], places: dict[str, str]
) -> None:
    """B10 (mass assignment), D16."""
    body = {name: value for name, value in person(world, **more).items() if value is not None}
    told = problem(ada.post("/awards", body), "not-valid")
    found = {fault["pointer"]: fault for fault in told["errors"]}
    for pointer, words in places.items():
        assert words in found[pointer]["detail"]
        assert found[pointer]["mend"].rstrip(".").lower() not in {
            "",
            found[pointer]["detail"].rstrip(".").lower(),
        }
    assert not Award.objects.filter(issuer=world.issuer).exists()


def test_the_same_person_twice_is_told_the_earlier_award(ada: Program, world: World) -> None:
    first = json.loads(ada.post("/awards", person(world)).content)
    told = problem(ada.post("/awards", person(world, name="Eve E.")), "awarded-before")
    assert told["award"] == first["id"]


def test_the_daily_limit_and_the_standing_of_an_issuer_hold_for_programs_too(
    ada: Program, world: World, settings: Any
) -> None:
    """J48."""
    settings.NEW_ISSUER_DAILY_MAILS = 1
    assert ada.post("/awards", person(world)).status_code == 201
    assert (
        "a day" in problem(ada.post("/awards", person(world, address="b@example.org")), "refused")["detail"]
    )
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.PENDING)
    assert (
        "approved"
        in problem(ada.post("/awards", person(world, address="c@example.org")), "refused")["detail"]
    )
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.SUSPENDED)
    assert (
        "suspended"
        in problem(ada.post("/awards", person(world, address="d@example.org")), "refused")["detail"]
    )


def test_a_draft_is_not_awarded(ada: Program, world: World) -> None:
    world.badge.state = "archived"
    world.badge.save()
    problem(ada.post("/awards", person(world)), "not-valid")


def test_badges_are_listed_by_title(ada: Program, world: World) -> None:
    second = world.badge_like("Agile Leader")
    listed = json.loads(ada.get("/badges").content)["badges"]
    assert [badge["title"] for badge in listed] == ["Agile Leader", "Certified Product Manager"]
    assert listed[0]["id"] == second.public_id


def test_awards_come_in_pages_and_every_one_once(ada: Program, world: World) -> None:
    made = [world.award(f"p{n}@example.org", sign=False).public_id for n in range(7)]
    seen: list[str] = []
    path: str | None = "/awards?limit=3"
    pages = 0
    while path:
        page = json.loads(ada.get(path).content)
        seen += [award["id"] for award in page["awards"]]
        path = page["next"] and page["next"].partition("/api/v1")[2]
        pages += 1
        world.award(f"new{pages}@example.org", sign=False)  # what is new stands before, and moves nothing
    assert seen == list(reversed(made))
    assert pages == 3


def test_awards_are_found_by_badge_state_address_list_and_moment(
    ada: Program, world: World, eve: User
) -> None:
    other = world.badge_like("Agile Leader")
    accepted, revoked = world.award(), world.award(badge=other)
    claiming.accept(accepted, eve, visibility="link", trust_issuer=False)
    ada.post(f"/awards/{revoked.public_id}/revoke", {"reason": "By mistake"})
    old = world.award("old@example.org", sign=False)
    Award.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=9))
    batch = Batch.objects.create(issuer=world.issuer, file_name="a.csv", sha256="0" * 64)
    Award.objects.filter(pk=old.pk).update(batch=batch, batch_line=2)

    def found(query: str) -> set[str]:
        return {award["id"] for award in json.loads(ada.get(f"/awards?{query}").content)["awards"]}

    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"badge={other.public_id}") == {revoked.public_id}
    assert found("state=accepted") == {accepted.public_id}
    assert found("state=revoked") == {revoked.public_id}
    assert found("state=waiting") == set()
    assert found(f"address={EVE.upper()}") == {accepted.public_id, revoked.public_id}
    assert found(f"batch={batch.public_id}") == {old.public_id}
    assert found(f"since={since}") == {accepted.public_id, revoked.public_id}
    assert found(f"since={since}&state=accepted") == {accepted.public_id}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("stat=waiting", "stat"), ("state=happy", "state"), ("limit=0", "limit"), ("limit=201", "limit"),
        ("limit=x", "limit"), ("limit=1&limit=2", "limit"), ("since=yesterday", "since"), ("since=2026-01-01", "since"),
        ("since=2026-01-01T25:00:00Z", "since"), ("since=0000-01-01T00:00:00Z", "since"), ("address=nobody", "address"),
        ("cursor=" + "0" * 26, "cursor"), ("cursor=1", "cursor"), ("badge=1%27--", "badge"),
        ("since=9999-12-31T23:59:59-23:59", "since"),
    ],
)  # fmt: skip
def test_a_query_that_is_not_valid_names_the_parameter(ada: Program, query: str, parameter: str) -> None:
    told = problem(ada.get(f"/awards?{query}"), "not-valid")
    assert told["errors"][0]["parameter"] == parameter


@pytest.mark.journey("J11", "J46")
def test_correct_resend_withdraw_and_revoke_do_as_the_console_does(
    ada: Program, world: World, eve: User
) -> None:
    award = world.award("eve@exmaple.org")
    path = f"/awards/{award.public_id}"
    corrected = json.loads(ada.post(f"{path}/correct", {"address": EVE}).content)
    assert (corrected["address"], corrected["name"], corrected["state"]) == (EVE, "Eve Earner", "queued")
    run_worker()
    assert ada.post(f"{path}/resend").status_code == 200
    assert json.loads(ada.post(f"{path}/withdraw", {}).content)["state"] == "withdrawn"
    problem(ada.post(f"{path}/resend"), "not-possible")
    second = world.award()
    claiming.accept(second, eve, visibility="link", trust_issuer=False)
    problem(ada.post(f"/awards/{second.public_id}/withdraw"), "not-possible")
    problem(ada.post(f"/awards/{second.public_id}/correct", {"name": "Eva"}), "not-possible")
    problem(ada.post(f"/awards/{second.public_id}/revoke", {}), "not-valid")
    gone = json.loads(ada.post(f"/awards/{second.public_id}/revoke", {"reason": "By mistake"}).content)
    assert gone["state"] == "revoked"
    assert gone["life"][-1]["words"] == "Revoked: By mistake"
    problem(ada.post(f"/awards/{second.public_id}/revoke", {"reason": "Again"}), "not-possible")


@pytest.mark.journey("J11")
def test_an_award_is_suspended_found_and_reinstated(ada: Program, world: World, eve: User) -> None:
    before = world.award(badge=world.badge_like("Agile Leader"))
    claiming.accept(before, eve, visibility="link", trust_issuer=False)
    told = problem(ada.post(f"/awards/{before.public_id}/suspend", {"reason": "Open fee"}), "not-possible")
    assert "Revoke it instead" in told["detail"]
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    path = f"/awards/{award.public_id}"

    def found(state: str) -> set[str]:
        return {one["id"] for one in json.loads(ada.get(f"/awards?state={state}").content)["awards"]}

    problem(ada.post(f"{path}/reinstate"), "not-possible")
    problem(ada.post(f"{path}/suspend", {}), "not-valid")
    held = json.loads(ada.post(f"{path}/suspend", {"reason": "Open fee"}).content)
    assert (held["state"], held["life"][-1]["words"]) == ("suspended", "Suspended: Open fee")
    problem(ada.post(f"{path}/suspend", {"reason": "Again"}), "not-possible")
    assert (found("suspended"), found("accepted")) == ({award.public_id}, {before.public_id})
    assert json.loads(ada.post(f"{path}/reinstate").content)["state"] == "accepted"
    assert (found("suspended"), found("accepted")) == (set(), {award.public_id, before.public_id})
    ada.post(f"{path}/suspend", {"reason": "Open fee"})
    assert json.loads(ada.post(f"{path}/revoke", {"reason": "Cheated"}).content)["state"] == "revoked"
    assert (found("suspended"), found("revoked")) == (set(), {award.public_id})


@pytest.mark.parametrize(
    ("body", "pointer"), [({}, ""), ({"address": "x"}, "/address"), ({"name": "--"}, "/name")]
)
def test_a_correction_needs_something_that_is_right(
    ada: Program, world: World, body: dict[str, str], pointer: str
) -> None:
    award = world.award(sign=False)
    told = problem(ada.post(f"/awards/{award.public_id}/correct", body), "not-valid")
    assert [fault["pointer"] for fault in told["errors"]] == [pointer]


def test_another_issuers_awards_are_not_there(olga: Program, ada: Program, world: World) -> None:
    """B8: the very answer of what never was."""
    award = world.award(sign=False)
    for path, body in (
        ("", None),
        ("/revoke", {"reason": "x"}),
        ("/suspend", {"reason": "x"}),
        ("/reinstate", {}),
        ("/withdraw", {}),
        ("/resend", {}),
        ("/correct", {"name": "X"}),
    ):
        answers = []
        for public_id in (award.public_id, "0" * 26):
            path_of = f"/awards/{public_id}{path}"
            told = problem(olga.get(path_of) if body is None else olga.post(path_of, body), "not-found")
            told.pop("instance")
            answers.append(told)
        assert answers[0] == answers[1]
    assert json.loads(olga.get("/awards").content)["awards"] == []
    assert json.loads(olga.get(f"/awards?badge={world.badge.public_id}").content)["awards"] == []
    problem(olga.get(f"/awards?cursor={award.public_id}"), "not-valid")
    problem(olga.post("/awards", person(world)), "not-valid")
    award.refresh_from_db()
    assert (award.state, award.name) == ("queued", "Eve Earner")
    assert Award.objects.filter(issuer=world.issuer).count() == 1


@pytest.mark.journey("J47")
def test_an_award_by_id_and_on_a_later_day(ada: Program, world: World) -> None:
    known, _ = Person.objects.get_or_create(
        issuer=world.issuer, key="m-7", defaults={"own_id": "M-7", "name": "Eve Earner", "address": EVE}
    )
    at = timezone.now() + timedelta(days=2)
    body = {"badge": world.badge.public_id, "own_id": "M-7", "send_at": at.isoformat()}
    answer = ada.post("/awards", body)
    assert answer.status_code == 201, answer.content
    award = Award.objects.get(public_id=json.loads(answer.content)["id"])
    assert (award.person, award.address, award.name, award.due_at) == (known, EVE, "Eve Earner", at)
    run_worker()
    award.refresh_from_db()
    assert award.state == Award.State.QUEUED
    told = problem(ada.post("/awards", {**body, "own_id": "M-8"}), "not-valid")
    assert told["errors"][0]["pointer"] == "/own_id"
    told = problem(ada.post("/awards", {**body, "send_at": "2020-01-01T00:00:00Z"}), "not-valid")
    assert told["errors"][0]["pointer"] == "/send_at"
