"""Idempotency-Key: one effect, the same answer, told differences; nothing half (SECURITY C2, F3)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone

from plaudit_site import work
from plaudit_site.api import repeating
from plaudit_site.api.models import KeptAnswer
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import welcoming
from plaudit_site.awards.models import Award, Batch
from plaudit_site.issuers import founding
from tests.people import EVE, World
from tests.site.api.conftest import Program, problem, program

KEY = "5f0c8b1e-9d35-4a1b-8f6e-0c2d7a94e611"
CSV = "text/csv"


def person(world: World, **more: Any) -> dict[str, Any]:
    return {"badge": world.badge.public_id, "name": "Eve Earner", "address": EVE, **more}


def several(world: World) -> None:
    """A badge that everybody can earn several times, so that the key alone stands in the way."""
    world.badge.repeat = "again"
    world.badge.save()


def awards(world: World) -> int:
    return Award.objects.filter(issuer=world.issuer).count()


# One after the other


@pytest.mark.django_db
def test_the_same_request_again_has_one_effect_and_the_same_answer(ada: Program, world: World) -> None:
    several(world)
    first = ada.with_key(KEY, "/awards", person(world))
    again = ada.with_key(KEY, "/awards", dict(reversed(person(world).items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert awards(world) == 1
    assert AuditEvent.objects.filter(kind="by program").count() == 1
    assert ada.with_key(KEY + "2", "/awards", person(world)).status_code == 201
    assert ada.post("/awards", person(world)).status_code == 201
    assert awards(world) == 3


@pytest.mark.django_db
def test_every_call_that_changes_something_takes_a_key(ada: Program, world: World) -> None:
    award = world.award()
    path = f"/awards/{award.public_id}/revoke"
    first = ada.with_key(KEY, path, {"reason": "By mistake"})
    again = ada.with_key(KEY, path, {"reason": "By mistake"})
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    problem(ada.with_key("other", path, {"reason": "By mistake"}), "not-possible")
    # Another award is another endpoint: the same key is free there.
    second = world.award()
    assert "Idempotent-Replayed" not in ada.with_key(
        KEY, f"/awards/{second.public_id}/revoke", {"reason": "By mistake"}
    )


@pytest.mark.django_db
def test_another_request_with_the_key_is_told_what_differs_and_nothing_of_the_values(
    ada: Program, world: World
) -> None:
    ada.with_key(KEY, "/awards", person(world, note="a secret line"))
    answer = ada.with_key(KEY, "/awards", person(world, name="Adam", language="en"))
    told = problem(answer, "key-used-before")
    assert {fault["pointer"]: fault["detail"] for fault in told["errors"]} == {
        "/name": "is another value than in the first request",
        "/note": "was in the first request",
        "/language": "was not in the first request",
    }
    for value in ("secret", "Eve Earner", EVE):
        assert value not in answer.content.decode()
    assert awards(world) == 1


@pytest.mark.django_db
def test_what_is_kept_of_a_request_says_nothing_of_its_values(ada: Program, world: World) -> None:
    ada.with_key(KEY, "/awards", person(world))
    kept = KeptAnswer.objects.get()
    assert EVE not in json.dumps(kept.members)
    assert len({*kept.members.values()}) == 3


@pytest.mark.django_db
def test_a_refused_request_keeps_nothing_and_can_be_mended(ada: Program, world: World) -> None:
    problem(ada.with_key(KEY, "/awards", person(world, address="eve")), "not-valid")
    world.award(sign=False)
    problem(ada.with_key(KEY, "/awards", person(world)), "awarded-before")
    assert not KeptAnswer.objects.exists()
    assert ada.with_key(KEY, "/awards", person(world, address="other@example.org")).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(ada: Program, world: World, key: str) -> None:
    told = problem(ada.with_key(key, "/awards", person(world)), "not-valid")
    assert told["errors"][0]["parameter"] == "Idempotency-Key"
    assert awards(world) == 0


@pytest.mark.django_db
def test_keys_of_issuers_do_not_meet(ada: Program, world: World) -> None:
    several(world)
    mine = world.ada
    issuer = founding.found(
        mine, name="Second School", url="https://s.example", email="s@s.example", standing="approved"
    )
    second = program(issuer, mine)
    ada.with_key(KEY, "/awards", person(world))
    told = problem(second.with_key(KEY, "/awards", person(world)), "not-valid")
    assert told["errors"][0]["pointer"] == "/badge"


@pytest.mark.django_db
def test_after_a_day_the_key_is_free_and_the_worker_erases_what_was_kept(ada: Program, world: World) -> None:
    several(world)
    ada.with_key(KEY, "/awards", person(world))
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert repeating.erase_old("w") == 0
    assert ada.with_key(KEY, "/awards", person(world))["Idempotent-Replayed"] == "true"
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert "Idempotent-Replayed" not in ada.with_key(KEY, "/awards", person(world, name="Other"))
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert work.run_once("w") > 0
    assert not KeptAnswer.objects.exists()


# Lists


def a_list(world: World) -> str:
    return f"/batches?badge={world.badge.public_id}"


@pytest.mark.django_db
def test_the_same_list_again_is_the_same_list_however_the_form_is_cut(ada: Program, world: World) -> None:
    file = b"name,email\nAda Example,ada@example.org\n"
    first = ada.with_key(KEY, a_list(world), file, content_type=CSV)
    again = ada.with_key(KEY, a_list(world), file, content_type=CSV)
    assert first.status_code == 201
    assert again.content == first.content
    assert Batch.objects.filter(issuer=world.issuer).count() == 1
    longer = file + b"Ben,ben@example.org\n"
    told = problem(ada.with_key(KEY, a_list(world), longer, content_type=CSV), "key-used-before")
    assert [fault["pointer"] for fault in told["errors"]] == ["/file"]


@pytest.mark.django_db
def test_of_rows_the_one_that_differs_is_named(ada: Program, world: World) -> None:
    rows = [{"name": "Ada", "address": "ada@example.org"}, {"name": "Ben", "address": "ben@example.org"}]
    assert ada.with_key(KEY, "/batches", {"rows": rows}).status_code == 201
    rows[1]["address"] = "ben@example.com"
    told = problem(ada.with_key(KEY, "/batches", {"rows": rows}), "key-used-before")
    assert [fault["pointer"] for fault in told["errors"]] == ["/rows/1/address"]


@pytest.mark.django_db
def test_a_list_whose_answer_a_crash_swallowed_is_found_again(
    ada: Program, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3: after the list is stored, before its answer is."""
    file = b"name,email\nAda Example,ada@example.org\n"

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(repeating, "_note", killed)
    with pytest.raises(Killed):
        ada.with_key(KEY, a_list(world), file, content_type=CSV)
    monkeypatch.undo()
    stored = Batch.objects.get(issuer=world.issuer)
    late = ada.with_key(KEY, a_list(world), file, content_type=CSV)
    problem(late, "still-worked-on")
    assert late["Retry-After"] == "2"
    KeptAnswer.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    found = json.loads(ada.with_key(KEY, a_list(world), file, content_type=CSV).content)
    assert found["id"] == stored.public_id
    assert Batch.objects.filter(issuer=world.issuer).count() == 1
    assert ada.with_key(KEY, a_list(world), file, content_type=CSV)["Idempotent-Replayed"] == "true"


@pytest.mark.django_db
def test_a_list_that_is_refused_frees_its_key(ada: Program, world: World) -> None:
    problem(ada.with_key(KEY, "/batches", b"\x89PNG\r\n\x1a\n", content_type=CSV), "file-refused")
    assert (
        ada.with_key(KEY, "/batches", b"name,email\nA,a@example.org\n", content_type=CSV).status_code == 201
    )


# A crash between


@pytest.mark.django_db(transaction=True)
def test_whatever_breaks_before_the_commit_leaves_neither_award_nor_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2, F3: effect, event and answer stand or fall together."""
    ada = program(world.issuer, world.ada)
    several(world)
    ada.client.raise_request_exception = False
    for place in ("_note", "_digest"):
        with monkeypatch.context() as patch:
            patch.setattr(repeating, place, breaks)
            assert ada.with_key(KEY, "/awards", person(world)).status_code == 500
    assert awards(world) == 0
    assert not KeptAnswer.objects.exists()
    assert not AuditEvent.objects.filter(kind="by program").exists()
    assert ada.with_key(KEY, "/awards", person(world)).status_code == 201


def breaks(*_: object) -> None:
    raise RuntimeError("broken")


# At the same moment


def at_once(*presses: Callable[[], Any]) -> list[Any]:
    """All begin at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(len(presses))
    given: list[Any] = [None] * len(presses)

    def run(number: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            given[number] = presses[number]()
        except Exception as error:  # noqa: BLE001 - every one is looked at
            given[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(presses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


class TestSideBySide:
    """On PostgreSQL they truly run side by side; test_running.py does the same on SQLite with real processes."""

    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

    @pytest.fixture
    def site(self, db: None) -> Any:
        cache.clear()
        started = founding.first_start()
        welcoming.ensure_badge()
        return started

    def test_fifty_at_once_with_one_key_make_one_award(self, world: World) -> None:
        """C2."""
        ada = program(world.issuer, world.ada)
        several(world)
        body = person(world)
        answers = at_once(*[lambda: Program(ada.token).with_key(KEY, "/awards", body)] * 50)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
        assert awards(world) == 1
        assert AuditEvent.objects.filter(kind="by program").count() == 1

    def test_twenty_uploads_at_once_with_one_key_make_one_list(self, world: World) -> None:
        ada = program(world.issuer, world.ada)
        file = b"name,email\n" + b"".join(b"P,p%d@example.org\n" % n for n in range(300))
        answers = at_once(
            *[lambda: Program(ada.token).with_key(KEY, a_list(world), file, content_type=CSV)] * 20
        )
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert Batch.objects.filter(issuer=world.issuer).count() == 1
        for late in (answer for answer in answers if answer.status_code == 409):
            problem(late, "still-worked-on")
        assert ada.with_key(KEY, a_list(world), file, content_type=CSV)["Idempotent-Replayed"] == "true"

    def test_a_twin_does_not_wait_for_ever(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = program(world.issuer, world.ada)
        monkeypatch.setattr(repeating, "TWIN_WAITS", "100ms")
        began, may_end = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                KeptAnswer.objects.create(
                    issuer=world.issuer, endpoint="POST /api/v1/awards", key=KEY, digest="x"
                )
                began.set()
                may_end.wait(20)
            connections.close_all()

        thread = threading.Thread(target=slow)
        thread.start()
        assert began.wait(20)
        late = ada.with_key(KEY, "/awards", person(world))
        may_end.set()
        thread.join()
        problem(late, "still-worked-on")
        assert late["Retry-After"] == "2"
        assert awards(world) == 0
