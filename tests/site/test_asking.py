"""Statements that are written once give what the ORM gives that writes them anew."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, DataError, connection, transaction
from django.db.models import Model, Value

from plaudit_site import prepared
from plaudit_site.accounts.models import User
from plaudit_site.asking import PLACE, Question, Whole
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import CertificateDesign, Domain
from plaudit_site.mail.models import TROUBLED, Message
from plaudit_site.public.checking import State
from tests.people import World
from tests.site.public.test_states import CASES

pytestmark = pytest.mark.django_db


def whole(one: Model, way: str = "") -> dict[str, Any]:
    """Every column of it, and of all that was read with it, by the way that leads there from it."""
    found: dict[str, Any] = {way: (type(one), one.pk, one._state.adding, one._state.db)}
    for name, value in one.__dict__.items():
        if name != "_state":  # drivers wrap bytes each in a way of its own
            found[f"{way}.{name}"] = bytes(value) if isinstance(value, memoryview) else value
    for name, other in one._state.fields_cache.items():
        here = f"{way}/{name}"
        if other is None or here.count("/") > 3:
            found[here] = other
        else:
            found |= whole(other, here)
    return found


@pytest.mark.parametrize("state", list(CASES), ids=str)
def test_an_award_is_the_same_in_every_column(
    state: State, world: World, eve: User, django_assert_num_queries: Any
) -> None:
    award = CASES[state][0](world, eve)
    if state is State.AUTHENTIC:
        CertificateDesign.objects.create(issuer=world.issuer)
        Domain.objects.create(issuer=world.issuer, name="leaders.example", state="proven", how="dns")
    expected = whole(
        Award.objects.with_badge().select_related("issuer__domain").get(public_id=award.public_id)
    )
    assert {"/credential", "/issuer", "/issuer/certificate_design", "/version/achievement"} < set(expected)
    with django_assert_num_queries(0):  # Django is not asked to write any, and what was read is all there
        found, _sight = sharing.look_up(award.public_id, eve)
        assert found is not None
        assert whole(found) == expected


def test_nothing_is_found_where_nothing_is() -> None:
    assert sharing.look_up("0" * 26, None) == (None, sharing.Sight.NOTHING)


def test_it_can_be_saved_as_any_other(world: World, eve: User) -> None:
    award = CASES[State.AUTHENTIC][0](world, eve)
    found, _sight = sharing.look_up(award.public_id, eve)
    assert found is not None
    before = Award.objects.count()
    found.name = "Eve Renamed"
    found.save()
    assert Award.objects.get(pk=award.pk).name == "Eve Renamed"
    assert Award.objects.count() == before


def test_it_sees_what_its_own_transaction_wrote(world: World, eve: User) -> None:
    award = CASES[State.AUTHENTIC][0](world, eve)
    names = Whole(Award.objects.filter(public_id=PLACE))
    with transaction.atomic():
        Award.objects.filter(pk=award.pk).update(name="Within")
        found = names.first(award.public_id)
        assert found is not None
        assert found.name == "Within"
        transaction.set_rollback(True)
    found = names.first(award.public_id)
    assert found is not None
    assert found.name == award.name
    assert connection.is_usable()


def test_among_many_is_what_in_finds_and_one_value_of_the_statement(world: World) -> None:
    awards = [world.award(badge=world.badge_like(f"Badge {n}"), sign=False) for n in range(3)]
    strange = {f"{n}'\"\\%s" for n in range(2000)}
    for rows, wanted in (
        ("once_key", {awards[0].once_key, awards[2].once_key}),
        ("pk", {awards[0].pk, awards[2].pk, -1}),
        ("once_key", set()),
    ):
        found = Award.objects.filter(**{f"{rows}__among": wanted})
        assert set(found) == set(Award.objects.filter(**{f"{rows}__in": wanted}))
        assert len(found.query.sql_with_params()[1]) == 1
    assert not Award.objects.filter(once_key__among=strange).exists()
    Award.objects.filter(pk=awards[1].pk).update(once_key=next(iter(strange)))
    assert [one.pk for one in Award.objects.filter(once_key__among=strange)] == [awards[1].pk]


def test_words_of_ours_are_found_as_with_in_and_nothing_else_is_written_into_a_statement(
    world: World,
) -> None:
    for address in ("a@example.org", "b@example.org", "c@example.org"):
        world.award(address)
    first, second, _third = Message.objects.filter(kind="invitation").order_by("pk")
    Message.objects.filter(pk=first.pk).update(state="deferred")
    Message.objects.filter(pk=second.pk).update(state="bounced")
    found = Message.objects.filter(state__one_of=TROUBLED).order_by("pk")
    assert list(found) == list(Message.objects.filter(state__in=TROUBLED).order_by("pk")) == [first, second]
    for words in (["x') OR 1=1 --"], ["a b"], ["%s"], []):
        with pytest.raises(ValueError, match="no words of ours"):
            Message.objects.filter(state__one_of=words)


@pytest.mark.postgresql
def test_postgresql_compiles_no_statement() -> None:
    """It took up to a second for a page of a long list."""
    another = connection.copy()
    try:
        with another.cursor() as cursor:
            cursor.execute("SHOW jit")
            assert cursor.fetchone() == ("off",)
    finally:
        another.close()


def plans() -> dict[str, str]:
    """What this connection's server keeps the plan of, and under what name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, name FROM pg_prepared_statements")
        return dict(cursor.fetchall())


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Question:
    monkeypatch.setattr(prepared, "_keeps_plans", True)
    return Question(Award.objects.filter(public_id=PLACE).values_list("name"))


@pytest.mark.postgresql
def test_postgresql_plans_a_question_once(world: World, names: Question) -> None:
    award, before = world.award(sign=False), set(plans())
    for _time in range(3):
        assert names.ask(award.public_id) == (award.name,)
    (only,) = set(plans()) - before
    assert '"awards_award"."public_id" = $1' in only
    for _time in range(9):
        assert Award.objects.filter(public_id=award.public_id).exists()
    assert set(plans()) - before == {only}, "and nothing that Django writes anew each time"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_no_two_connections_give_what_they_prepare_the_same_name(names: Question) -> None:
    """Else, behind a pooler, one would be answered what the other asked: the badge's text for its name."""
    names.ask("x")
    before = set(plans().values())
    connection.close()
    names.ask("x")
    after = set(plans().values())
    assert before
    assert after
    assert not before & after
    assert all(len(name) > 32 for name in before | after), "nobody else's by chance"


@pytest.mark.postgresql
def test_what_no_text_of_the_database_can_hold_is_an_error_and_not_cut_off(
    world: World, names: Question
) -> None:
    award = world.award(sign=False)
    with pytest.raises(DataError):
        names.ask(f"{award.public_id}\x00more")
    assert names.ask(award.public_id) == (award.name,)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_that_loses_what_was_prepared_it_is_asked_as_any_other(
    world: World, names: Question, caplog: pytest.LogCaptureFixture
) -> None:
    award = world.award(sign=False)
    assert names.ask(award.public_id) == (award.name,)
    another_connection()
    assert names.ask(award.public_id) == (award.name,), "whoever asked notices nothing"
    assert "a pooler loses what was prepared" in caplog.text
    another_connection()
    assert names.ask(award.public_id) == (award.name,)
    assert not plans()


def another_connection() -> None:
    """What psycopg believes to be prepared is not there."""
    connection.connection.pgconn.exec_(b"DEALLOCATE ALL")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_it_fails_once_and_never_again(world: World, names: Question) -> None:
    award = world.award(sign=False)
    names.ask(award.public_id)
    another_connection()
    with pytest.raises(DatabaseError), transaction.atomic():
        assert Award.objects.exists()  # the transaction begins
        names.ask(award.public_id)
    with transaction.atomic():
        assert Award.objects.exists()
        assert names.ask(award.public_id) == (award.name,)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_column_that_an_upgrade_gives_another_type_is_read_on(world: World, names: Question) -> None:
    award = world.award(sign=False)
    names.ask(award.public_id)
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE awards_award ALTER COLUMN name TYPE text")
        assert names.ask(award.public_id) == (award.name,)
        assert prepared._keeps_plans
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE awards_award ALTER COLUMN name TYPE varchar(200)")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_after_a_server_that_started_anew_the_same_question_is_answered(
    world: World, names: Question
) -> None:
    """Who had a connection open would be told that something went wrong, though nothing is wrong any more."""
    award = world.award(sign=False)
    names.ask(award.public_id)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    finally:
        other.close()
    assert names.ask(award.public_id) == (award.name,)


@pytest.mark.postgresql
@pytest.mark.parametrize("name", ["a'b", "%s", "100 %", "a\\b", "$1", 'a"b', "\x1f"])
def test_words_of_ours_are_written_into_a_question_as_they_are(world: World, name: str) -> None:
    """Each value but the one that is asked about."""
    award = world.award(sign=False)
    Award.objects.filter(pk=award.pk).update(name=name)
    one = Question(Award.objects.filter(public_id=PLACE, name=name).values_list("name", Value(name)))
    for _time in range(2):
        assert one.ask(award.public_id) == (name, name)
    assert Question(Award.objects.filter(public_id=PLACE, name="b")).ask(award.public_id) is None
