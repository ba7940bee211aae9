"""Presses at the same moment (SECURITY C1, C4, C5). On PostgreSQL they truly run side by side."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import (
    awarding,
    batching,
    bulk_awarding,
    claiming,
    invitations,
    revoking,
    slicing,
    staging,
    welcoming,
)
from plaudit_site.awards.models import Award, BatchRow, Revocation, StatusEntry
from plaudit_site.belongings import merging
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Message
from tests import people
from tests.people import EVE, World, run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
ROUNDS = 12 if os.environ.get("PLAUDIT_FAULTS") == "long" else 4


@pytest.fixture
def site(db: None) -> Any:
    """The tables are emptied after each of these tests, so each starts by itself."""
    cache.clear()
    started = founding.first_start()
    welcoming.ensure_badge()
    return started


def at_once(*presses: Callable[[], Any]) -> list[Any]:
    """What each press gave or raised; all begin at the same moment, each with a connection of its own."""
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


def test_twenty_presses_of_one_invitation_make_one_account(world: World) -> None:
    """C1: one account, one acceptance, one notice; nobody sees a fault of the server."""
    award = world.award()
    path = f"/claim/{invitations.token(award)}"
    answers = at_once(*[lambda: Client().post(path, {"visibility": "link"}).status_code] * 20)
    assert sorted(set(answers)) in ([200, 302, 404], [200, 302], [302, 404]), answers
    assert answers.count(302) == 1
    assert User.objects.filter(email=EVE).count() == 1
    assert EmailAddress.objects.filter(email=EVE).count() == 1
    assert Award.objects.filter(address=EVE, is_welcome=True).count() == 1
    assert Message.objects.filter(kind="claimed_notice").count() == 1


def test_twenty_presses_of_one_award_make_one_row_and_one_mail(world: World) -> None:
    """C1."""
    given = at_once(
        *[lambda: awarding.award(world.badge, address=EVE, name="Eve", by=world.ben, request_key="one").pk]
        * 20
    )
    assert len(set(given)) == 1, given
    run_worker()
    assert Award.objects.filter(address=EVE).count() == 1
    assert Message.objects.filter(kind="invitation").count() == 1


@pytest.mark.parametrize(("rule", "dates"), [("again", ("", "")), ("renew", ("-03-01", "-02-01"))])
def test_two_lists_stored_in_the_same_moment_know_each_other(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, rule: str, dates: tuple[str, str]
) -> None:
    """C3: both are signed before either is stored; the second to be stored leaves out what the first has given."""
    settings.CANCEL_SECONDS = 0
    badge = world.badge_like("Helper", repeat=rule)
    for date in dates:
        text = f"name,email,date\nEve,{EVE},2026{date or '-01-02'}\n".encode()
        batch = staging.upload(world.issuer, io.BytesIO(text), name="l.csv", badge=badge, by=world.ben)
        batching.start(batch, by=world.ben)
    Issuer.objects.update(made_at=timezone.now() - awarding.TRUSTED_AFTER * 2)
    both_are_signed, first_is_stored = threading.Barrier(2), threading.Event()
    sign, store = slicing.sign_together, bulk_awarding._store_awards

    def sign_with_the_other(works: Sequence[bulk_awarding.Work]) -> Any:
        key = sign(works)
        both_are_signed.wait(timeout=20)
        if works[0].batch == batch:
            assert first_is_stored.wait(timeout=20)
        return key

    def store_slowly(work: bulk_awarding.Work, key: Any) -> Any:
        """Its transaction stays open while the other list begins to be stored."""
        made = store(work, key)
        first_is_stored.set()
        time.sleep(0.5)
        return made

    monkeypatch.setattr(slicing, "sign_together", sign_with_the_other)
    monkeypatch.setattr(bulk_awarding, "_store_awards", store_slowly)
    monkeypatch.setattr(slicing, "SECONDS_A_ROUND", 0)
    assert sorted(at_once(*[lambda: slicing.award_some("one"), lambda: slicing.award_some("two")])) == [1, 1]
    rows = BatchRow.objects.values_list("state", flat=True)
    assert (sorted(rows), Award.objects.filter(version__achievement=badge).count()) == (
        ["awarded", "refused"],
        1,
    )


def test_two_accounts_proving_one_address_at_once(world: World) -> None:
    """B4, C5: it belongs to one of them, and the other is told so."""
    for number in range(ROUNDS):
        eve, sam = (
            people.person("Eve", f"eve{number}@a.example"),
            people.person("Sam", f"sam{number}@b.example"),
        )
        address = f"both{number}@example.org"
        given = at_once(
            *[lambda u=user, a=address: proving.prove(u, a, how="test").user_id for user in (eve, sam)]
        )
        assert sorted(type(one).__name__ for one in given) == ["AddressTaken", "int"], given
        assert EmailAddress.objects.filter(email=address, verified=True).count() == 1


@pytest.mark.parametrize("taken_back", ["withdrawn", "revoked", "corrected"])
def test_accepting_and_taking_back_at_once_end_in_one_of_two_ways(world: World, taken_back: str) -> None:
    """C4: never accepted without a credential, never withdrawn and accepted; the bit says what the rows say."""
    eve = people.person("Eve Earner", EVE)
    for number in range(ROUNDS):
        award = world.award(badge=world.badge_like(f"Badge {number}"))

        def take(award: Award = award) -> str:
            mine = Award.objects.get(pk=award.pk)
            if taken_back == "withdrawn":
                revoking.withdraw(mine, by=world.ben)
            elif taken_back == "revoked":
                revoking.revoke(mine, reason="Wrong", by=world.ben)
            else:
                revoking.correct(mine, address="b@example.org", name="B", by=world.ben)
            return "taken"

        def accept(award: Award = award) -> str:
            claiming.accept(Award.objects.get(pk=award.pk), eve, visibility="link", trust_issuer=False)
            return "accepted"

        accepted, taken = at_once(accept, take)
        now = Award.objects.get(pk=award.pk)
        assert isinstance(accepted, claiming.NotYours) or accepted == "accepted", accepted
        assert isinstance(taken, revoking.NotPossible) or taken == "taken", taken
        assert (now.state == "accepted") == (accepted == "accepted")
        if taken_back != "revoked":
            assert (accepted == "accepted") != (taken == "taken"), (accepted, taken)
        else:
            assert taken == "taken", "revoking wins in every order"
            assert Revocation.objects.filter(award=now).exists()
        credential = award.credential
        assert credential is not None
        bit = StatusEntry.objects.filter(
            status_list=credential.status_list, index=credential.status_index
        ).exists()
        assert bit == (taken == "taken")


def test_a_removed_badge_taken_back_twice_and_undone_at_once(world: World) -> None:
    """C4: the mailbox's undo against the thief's own presses."""
    for number in range(4):
        award = world.award(f"v{number}@example.org", badge=world.badge_like(f"Badge {number}"))
        thief = claiming.accept_with_new_account(award, visibility="link", trust_issuer=True)
        message = Message.objects.filter(kind="claimed_notice", subject_id=award.public_id).latest("pk")
        from plaudit_site.accounts import codes
        from plaudit_site.awards import keeping

        link = codes.find_link(claiming.UNDO_PURPOSE, str(message.context["undo"]))
        assert link is not None
        mine = Award.objects.get(pk=award.pk)
        at_once(
            lambda link=link: claiming.undo_claim(link),  # type: ignore[misc]
            lambda mine=mine, thief=thief: keeping.remove(mine, thief),  # type: ignore[misc]
            lambda mine=mine, thief=thief: keeping.take_back(mine, thief),  # type: ignore[misc]
        )
        now = Award.objects.get(pk=award.pk)
        assert (now.state, now.earner_id) == ("waiting", None)


def test_two_accounts_that_swallow_each_other_at_once_leave_one(world: World) -> None:
    """J17, C4: with everything of both in it; the slower press is told, and nothing is lost or doubled."""
    for number in range(ROUNDS):
        users = [people.person("Eve", f"e{number}{side}@a.example") for side in "ab"]
        awards = [world.award(user.email, badge=world.badge_like(f"B{number}")) for user in users]
        for award, user in zip(awards, users, strict=True):
            claiming.accept(award, user, visibility="link", trust_issuer=False)
        handles = [merging.begin(one, other.email) for one, other in (users, users[::-1])]
        digits = [
            str(Message.objects.filter(kind="code", context__address=user.email).latest("pk").context["code"])
            for user in users[::-1]
        ]
        given = at_once(
            *[
                lambda user=user, handle=handle.handle, code=code: merging.finish(user, handle, code)
                for user, handle, code in zip(users, handles, digits, strict=True)
            ]
        )
        assert sum(one is None for one in given) == 1, given
        left = User.objects.get(pk__in=[user.pk for user in users])
        assert set(Award.objects.filter(earner=left, is_welcome=False)) == set(awards)
        assert EmailAddress.objects.filter(user=left, verified=True).count() == 2


def test_a_badge_accepted_while_its_account_is_merged_is_not_lost(world: World) -> None:
    """J17, C4."""
    for number in range(ROUNDS):
        kept = people.person("Eve", f"kept{number}@a.example")
        gone = people.person("Eve", f"gone{number}@a.example")
        award = world.award(gone.email, badge=world.badge_like(f"B{number}"))
        code = merging.begin(kept, gone.email)
        digits = str(
            Message.objects.filter(kind="code", context__address=gone.email).latest("pk").context["code"]
        )
        at_once(
            lambda: merging.finish(kept, code.handle, digits),  # noqa: B023
            lambda: claiming.accept(award, gone, visibility="link", trust_issuer=False),  # noqa: B023
        )
        now = Award.objects.get(pk=award.pk)
        assert (now.state, now.earner_id) in {("accepted", kept.pk), ("waiting", None)}
        assert now.state == "accepted" or claiming.waiting_for(kept).filter(pk=now.pk).exists()
        assert not User.objects.filter(pk=gone.pk).exists()
