"""From pending award to signed credential: what is signed, what follows, and who wins when two try."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

import plaudit
from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import issuing, own_documents, statuslists
from plaudit_site.awards.models import Award, Credential, StatusList
from plaudit_site.issuers import access, keys
from plaudit_site.issuers.models import SigningKey
from plaudit_site.mail.models import Message, State
from tests import people
from tests.people import EVE, World, run_worker

pytestmark = pytest.mark.django_db


def document(award: Award) -> dict[str, object]:
    assert award.credential is not None
    return dict(json.loads(bytes(award.credential.content)))


@pytest.mark.journey("J2")
def test_one_award_is_signed_once_and_mailed_once(world: World) -> None:
    award = world.award()
    run_worker()
    assert award.state == Award.State.WAITING
    assert Credential.objects.filter(award=award).count() == 1
    sent = Message.objects.filter(subject_id=award.public_id, kind="invitation")
    assert [m.state for m in sent] == [State.SENT]
    assert AuditEvent.objects.filter(subject=f"award:{award.public_id}", kind="signed").count() == 1


def test_what_was_signed_verifies_by_the_librarys_own_checks(world: World) -> None:
    award = world.award()
    assert award.credential is not None
    report = plaudit.verify(
        bytes(award.credential.content), fetch=own_documents.fetch(), at=timezone.now(), recipient=EVE
    )
    assert report.exit_code == 0, [c for c in report.checks if c.outcome != "passed"]
    assert report.outcome_of("recipient") == "passed"


def test_the_credential_holds_no_readable_address_or_name(world: World) -> None:
    text = json.dumps(document(world.award()))
    assert EVE not in text
    assert "Eve" not in text


def test_two_awards_to_one_person_share_no_identifier_and_no_salt(world: World) -> None:
    first, second = world.award(), world.award(badge=world.badge_like("Another One"))
    one, two = (document(a)["credentialSubject"] for a in (first, second))
    assert one["id"] != two["id"]  # type: ignore[index]
    salts = [i["salt"] for d in (one, two) for i in d["identifier"]]  # type: ignore[index]
    assert len(set(salts)) == 4


def test_a_badge_for_diplomas_carries_the_name_readably(world: World) -> None:
    badge = world.badge_like("Diploma", names_in_clear=True)
    subject = document(world.award(badge=badge))["credentialSubject"]
    names = [i for i in subject["identifier"] if i["identityType"] == "name"]  # type: ignore[index]
    assert names[0]["identityHash"] == "Eve Earner"
    assert names[0]["hashed"] is False


@pytest.mark.parametrize("year", [1, 26, 999])
def test_a_year_is_signed_with_four_digits(world: World, year: int) -> None:
    award = world.award(awarded_at=datetime(year, 4, 14, tzinfo=UTC))
    assert award.state == Award.State.WAITING
    assert document(award)["validFrom"] == f"{year:04}-04-14T00:00:00Z"


def test_the_picture_is_bound_by_its_digest(world: World) -> None:
    award = world.award()
    related = document(award)["relatedResource"]
    picture = bytes(award.version.picture_png)
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha256(picture).digest()).decode()
    assert related == [  # type: ignore[comparison-overlap]
        {
            "id": document(award)["credentialSubject"]["achievement"]["image"]["id"],  # type: ignore[index]
            "mediaType": "image/png",
            "digestSRI": f"sha256-{digest}",
        }
    ]


def test_status_indices_are_never_given_twice_and_show_no_order(world: World) -> None:
    given: list[int] = []
    for _ in range(20):
        status_list, indices = statuslists.reserve(world.issuer, 50)
        given += indices
    assert len(set(given)) == 1000
    assert sorted(given) != given
    assert max(given) > StatusList.SIZE // 2
    assert StatusList.objects.get(pk=status_list.pk).reserved == 1000


def test_a_full_list_is_followed_by_a_new_one(world: World) -> None:
    first, _ = statuslists.reserve(world.issuer, 1)
    StatusList.objects.filter(pk=first.pk).update(reserved=statuslists.FULL_AT)
    second, _ = statuslists.reserve(world.issuer, 1)
    assert second.pk != first.pk


def test_a_row_held_by_another_worker_is_left_alone(world: World) -> None:
    award = world.award(sign=False)
    held = leases.claim(Award.objects.all(), worker="other", now=timezone.now(), most=10)
    assert [a.pk for a in held] == [award.pk]
    assert issuing.issue_some("me") == 0
    later = timezone.now() + timedelta(minutes=5)
    again = leases.claim(Award.objects.all(), worker="me", now=later, most=10)
    assert [a.pk for a in again] == [award.pk]


def test_a_worker_that_lost_its_lease_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    award = world.award(sign=False)
    sign = issuing.sign

    def slow(*args: object, **kwargs: object) -> bytes:
        Award.objects.filter(pk=award.pk).update(lease_holder="quicker", attempts=9)
        return sign(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing, "sign", slow)
    assert issuing.issue_some("me") == 0
    award.refresh_from_db()
    assert award.state == Award.State.QUEUED
    assert not Credential.objects.filter(award=award).exists()
    assert not Message.objects.filter(subject_id=award.public_id).exists()


@pytest.mark.journey("J43")
def test_what_a_key_has_signed_that_was_given_up_meanwhile_is_signed_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = world.award(sign=False)
    key, sign = keys.current_key(world.issuer), issuing.sign

    def signing(*arguments: Any) -> bytes:
        content = sign(*arguments)
        if not SigningKey.objects.filter(compromised_at__isnull=False).exists():
            keys.mark_compromised(key, by="ben")
        return content

    monkeypatch.setattr(issuing, "sign", signing)
    issuing.issue_some("worker")
    assert not Credential.objects.filter(award=award).exists()
    issuing.issue_some("worker")
    award.refresh_from_db()
    assert award.state == Award.State.WAITING
    assert award.credential is not None
    assert award.credential.key == keys.current_key(world.issuer) != key


def test_a_key_that_got_the_number_of_another_signs_by_itself(world: World) -> None:
    """A rotation that was rolled back: what the older key had prepared is of no use to the newer of the same name."""
    for _time in range(2):
        with transaction.atomic():
            keys.rotate(world.issuer, by="test")
            awards = [world.award(f"{n}@example.org", sign=False) for n in range(3)]
            run_worker("issue")
            for award in awards:
                award.refresh_from_db()
                assert award.credential
                assert award.credential.key.number == 2
                report = plaudit.verify(
                    bytes(award.credential.content), fetch=own_documents.fetch(), at=timezone.now()
                )
                assert report.verified, report.failed
            transaction.set_rollback(True)


def test_nothing_unsigned_goes_out_when_the_key_does_not_open(world: World) -> None:
    award = world.award(sign=False)
    SigningKey.objects.filter(issuer=world.issuer).update(private_encrypted=b"\x00" * 80)
    assert issuing.issue_some("me") == 0
    award.refresh_from_db()
    assert award.state == Award.State.QUEUED
    assert award.due_at is not None
    assert not Message.objects.filter(subject_id=award.public_id).exists()


@pytest.mark.journey("J21", "J24")
def test_a_trusted_issuers_award_is_accepted_with_its_signing_and_told_so(world: World, eve: User) -> None:
    from plaudit_site.awards import claiming

    first = world.award()
    claiming.accept(first, eve, visibility="link", trust_issuer=True)
    second = world.award(badge=world.badge_like("Second Badge"))
    assert (second.state, second.earner, second.visibility) == ("accepted", eve, "link")
    kinds = list(Message.objects.filter(subject_id=second.public_id).values_list("kind", flat=True))
    assert kinds == ["auto_accepted"]


@pytest.mark.journey("J48")
def test_what_was_awarded_just_before_a_suspension_is_neither_signed_nor_mailed(world: World) -> None:
    from plaudit_site.issuers import founding

    signed, unsigned = world.award("one@example.org"), world.award("two@example.org", sign=False)
    founding.suspend(world.issuer, by="ozz")
    Message.objects.filter(kind="reminder", subject_id=signed.public_id).update(due_at=timezone.now())
    run_worker()
    unsigned.refresh_from_db()
    assert (unsigned.state, unsigned.problem) == (Award.State.QUEUED, "issuer suspended")
    reminders = Message.objects.filter(kind="reminder", subject_id=signed.public_id)
    assert {(m.state, m.sent_at) for m in reminders} == {(State.QUEUED, None)}
    founding.approve(world.issuer, by="ozz")
    Award.objects.filter(pk=unsigned.pk).update(due_at=timezone.now())
    run_worker()
    unsigned.refresh_from_db()
    assert unsigned.state == Award.State.WAITING


def test_the_press_waits_for_a_worker_that_took_the_row_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the gate: the worker had the welcome badge in its hands, and the next page came without it."""
    award = world.award(sign=False)
    leases.claim(Award.objects.all(), worker="the worker", now=timezone.now(), most=1)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            Award.objects.filter(pk=award.pk).update(state=Award.State.WAITING)

    monkeypatch.setattr(issuing.time, "sleep", nap)
    assert issuing.issue_now(award)
    assert len(naps) == 3


def test_a_key_that_does_not_open_holds_up_its_own_issuers_lists_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revocation of somebody else's badge must not wait for an operator."""
    monkeypatch.setattr(statuslists, "_stuck", {})
    first = world.award()
    other = people.founding.found(
        world.ada, name="Others", url="https://o.example", email="o@o.example", standing="approved"
    )
    access.set_role(other, world.ben, "awarder", by="test")
    second = world.award("o@example.org", badge=people.make_badge(other, "Theirs"))
    assert first.credential
    assert second.credential
    assert first.credential.status_list_id < second.credential.status_list_id
    key = keys.current_key(world.issuer)
    sealed = bytes(key.private_encrypted)
    SigningKey.objects.filter(pk=key.pk).update(private_encrypted=b"0" * len(sealed))
    for award in (first, second):
        statuslists.set_bit(award.credential)
    assert statuslists.sign_some() == 1
    assert not StatusList.objects.filter(
        pk=second.credential.status_list_id, signed_generation__lt=F("generation")
    ).exists()
    assert statuslists.sign_some() == 0, "it is not tried without a pause"
    SigningKey.objects.filter(pk=key.pk).update(private_encrypted=sealed)
    statuslists._stuck.clear()
    assert statuslists.sign_some() == 1


def test_a_list_is_signed_again_each_week_though_nothing_changed(world: World) -> None:
    """DECISIONS 22: a list says until when it may be believed, and is renewed long before."""
    world.award()
    statuslists.sign_some()
    [status_list] = StatusList.objects.filter(issuer=world.issuer)
    StatusList.objects.filter(pk=status_list.pk).update(
        signed_at=timezone.now() - timedelta(days=6, hours=23)
    )
    assert statuslists.sign_some() == 0
    StatusList.objects.filter(pk=status_list.pk).update(
        signed_at=timezone.now() - timedelta(days=7, minutes=1), content=b"of last week"
    )
    assert statuslists.sign_some() == 1
    status_list.refresh_from_db()
    assert timezone.now() - status_list.signed_at < timedelta(minutes=1)
    assert status_list.signed_generation == status_list.generation
    assert b"BitstringStatusListCredential" in bytes(status_list.content)


def test_a_list_that_was_signed_under_a_wrong_clock_is_signed_again(world: World) -> None:
    """F11: one dated tomorrow leaves every checker without an answer until then."""
    award = world.award()
    assert award.credential is not None
    statuslists.sign_some()
    assert statuslists.sign_some() == 0
    StatusList.objects.filter(issuer=world.issuer).update(signed_at=timezone.now() + timedelta(days=1))
    assert statuslists.sign_some() == 1
    assert statuslists.sign_some() == 0, "once"
    report = plaudit.verify(
        bytes(award.credential.content), fetch=own_documents.fetch(), at=timezone.now(), recipient=EVE
    )
    assert report.exit_code == 0
