"""An award that could not be signed: tried again when its fault is mended, or withdrawn, and never a dead end."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from plaudit.errors import PlauditError
from plaudit_site.accounts.models import User
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import (
    awarding,
    batching,
    bulk_changing,
    issuing,
    life,
    listing,
    reapplying,
    revoking,
    staging,
)
from plaudit_site.awards import trying_again as job
from plaudit_site.awards.models import Award, Batch, BulkChange
from plaudit_site.issuers import founding
from plaudit_site.mail.models import Message, State
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


class Fault:
    """While it lasts nothing can be signed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lasts, sign = True, issuing.sign

        def signing(*given: object) -> bytes:
            if self.lasts:
                raise PlauditError("the picture is gone")
            return sign(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(issuing, "sign", signing)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    return Fault(monkeypatch)


def failed(award: Award) -> Award:
    """All its tries were in vain."""
    for _ in range(issuing.TRIES):
        Award.objects.filter(pk=award.pk).update(due_at=timezone.now())
        run_worker()
    award.refresh_from_db()
    assert (award.state, award.problem) == (Award.State.FAILED, "the picture is gone")
    return award


def test_what_could_not_be_signed_is_tried_again_from_its_page_and_mailed(world: World, fault: Fault) -> None:
    award = failed(world.award(sign=False))
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}/awards/{award.public_id}"
    shown = client.get(path).content.decode()
    assert "the picture is gone" in shown
    assert f'action="{path}/try-again"' in shown
    assert f'action="{path}/withdraw"' in shown
    fault.lasts = False
    assert "It is tried again now" in client.post(f"{path}/try-again", follow=True).content.decode()
    award.refresh_from_db()
    assert (award.state, award.attempts, award.problem) == (Award.State.QUEUED, 0, "")
    told = AuditEvent.objects.get(subject=f"award:{award.public_id}", kind="tried again")
    assert told.actor == world.ben.public_id
    run_worker()
    award.refresh_from_db()
    assert award.state == Award.State.WAITING
    assert Message.objects.get(about=award.pk, kind="invitation").state == State.SENT
    assert "try-again" not in client.get(path).content.decode()


def test_it_has_all_its_tries_once_more(world: World, fault: Fault) -> None:
    award = failed(world.award(sign=False))
    job.try_again(award, by=world.ben)
    run_worker()
    award.refresh_from_db()
    assert (award.state, award.attempts) == (Award.State.QUEUED, 1)
    assert failed(award).state == Award.State.FAILED


def test_what_is_tried_again_by_itself_says_so_in_plain_words(world: World, fault: Fault) -> None:
    award = world.award(sign=False)
    run_worker()
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}/awards"
    page = client.get(f"{path}/{award.public_id}").content.decode()
    assert "It could not be signed yet, and is tried again by itself. Next try " in page
    assert "the picture is gone" not in page
    for shown in (page, client.get(path).content.decode()):
        assert "Not signed yet, tried again" in shown


def test_what_could_not_be_signed_on_its_day_no_longer_waits_for_it(world: World, fault: Fault) -> None:
    """Its next try lies ahead, and a correction counts its tries anew."""
    award = world.award(sign=False, send_at=timezone.now() + timedelta(days=1))
    Award.objects.filter(pk=award.pk).update(due_at=timezone.now())
    run_worker()
    award.refresh_from_db()
    revoking.correct(award, address="eve@other.example", name="Eve", by=world.ben)
    client, path = signed_in(world.ben), f"/manage/{world.issuer.slug}/awards"
    assert award.public_id not in client.get(f"{path}?state=scheduled").content.decode()
    assert "Not signed yet, tried again" in client.get(f"{path}?state=queued").content.decode()


def test_what_waits_for_the_approval_of_its_issuer_says_so(world: World) -> None:
    award = world.award(sign=False)
    founding.suspend(world.issuer, by="ozz")
    run_worker()
    award.refresh_from_db()
    assert award.problem == issuing.SUSPENDED
    assert life.now(award).words == "Waits while you are suspended"
    assert "It is signed and sent when this issuer is approved again" in [s.words for s in life.steps(award)]


def test_nothing_else_can_be_tried_again_and_by_nobody_who_may_not_award(
    world: World, sam: User, fault: Fault
) -> None:
    award = failed(world.award(sign=False))
    with pytest.raises(awarding.AwardRefused):
        job.try_again(award, by=sam)
    founding.suspend(world.issuer, by="ozz")
    with pytest.raises(awarding.AwardRefused, match="suspended"):
        job.try_again(Award.objects.get(pk=award.pk), by=world.ben)
    founding.approve(world.issuer, by="ozz")
    award = Award.objects.get(pk=award.pk)
    job.try_again(award, by=world.ben)
    with pytest.raises(revoking.NotPossible):
        job.try_again(award, by=world.ben)
    assert AuditEvent.objects.filter(kind="tried again").count() == 1


def test_withdrawn_it_no_longer_stands_in_the_way_of_the_same_badge(world: World, fault: Fault) -> None:
    award = failed(world.award(sign=False))
    fault.lasts = False
    with pytest.raises(awarding.AlreadyAwarded):
        world.award()
    path = f"/manage/{world.issuer.slug}/awards/{award.public_id}/withdraw"
    signed_in(world.ben).post(path)
    award.refresh_from_db()
    assert (award.state, award.once_key, award.problem) == (Award.State.WITHDRAWN, None, "")
    assert world.award().state == Award.State.WAITING


def test_many_that_are_taken_back_take_it_along(world: World, fault: Fault) -> None:
    award = failed(world.award(sign=False))
    wanted, back = listing.Wanted(state="failed"), BulkChange.Kind.TAKE_BACK
    forecast = bulk_changing.forecast(world.issuer, back, wanted)
    assert (forecast.withdrawn, forecast.left_out) == (1, 0)
    bulk_changing.start(world.issuer, back, wanted, reason="Wrong", by=world.ben, press="c" * 26)
    run_worker()
    award.refresh_from_db()
    assert award.state == Award.State.WITHDRAWN


def test_a_list_that_is_undone_withdraws_what_could_not_be_signed_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO(f"name,email\nEve,{EVE}\n".encode())
    batch = staging.upload(world.issuer, file, name="l.csv", badge=world.badge, by=world.ben)
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    run_worker()
    award = batch.awards.get()
    Fault(monkeypatch)
    revoking.correct(award, address="eve@other.example", name="Eve", by=world.ben)
    failed(award)
    batching.undo(batch, reason="Wrong list", by=world.ben)
    run_worker()
    award.refresh_from_db()
    batch.refresh_from_db()
    assert (batch.state, award.state, award.once_key) == (Batch.State.UNDONE, Award.State.WITHDRAWN, None)


def test_after_a_restore_it_is_withdrawn_once_more(world: World, fault: Fault) -> None:
    """The backup was taken when it had failed already; the journal knows that it was withdrawn since."""
    award = failed(world.award(sign=False))
    details = {"number": award.invitation_number + 1, "bits": []}
    line = Line(1, timezone.now(), "withdrawn", world.ben.public_id, f"award:{award.public_id}", details)
    assert reapplying.withdrawn(line)
    award.refresh_from_db()
    assert (award.state, award.once_key) == (Award.State.WITHDRAWN, None)
