"""Suspended and reinstated: only by issuers who switched it on before, in a list of its own (DECISIONS 7, J38)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch
from plaudit.fetch import Fetched
from plaudit_site.accounts.models import User
from plaudit_site.audit.journal import Line
from plaudit_site.awards import claiming, reapplying, revoking, suspending
from plaudit_site.awards.awarding import AwardRefused
from plaudit_site.awards.models import Award, StatusEntry, StatusList, Suspension, Visibility
from plaudit_site.awards.revoking import NotPossible
from plaudit_site.examining import whole
from plaudit_site.mail.models import Message
from plaudit_site.public.checking import State, check
from tests.people import World, run_worker
from tests.site.conftest import signed_in
from tests.site.public.test_certificates import heading, page_of, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def award(world: World, eve: User) -> Award:
    """Awarded while the switch was on."""
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    award = world.award()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    return Award.objects.with_badge().get(pk=award.pk)


def again(award: Award) -> Award:
    return Award.objects.with_badge().get(pk=award.pk)


def verified(award: Award, browser: Client) -> plaudit.Report:
    """As a checker elsewhere finds it, over our addresses alone."""

    def read(url: str) -> Fetched:
        answer = browser.get(url.removeprefix(settings.BASE_URL))
        return Fetched(url, answer.status_code, "", answer.content)

    content = browser.get(f"/c/{award.public_id}.json").content
    return plaudit.verify(content, fetch=MappedFetch(read, localhost=settings.SITE_HOST), at=timezone.now())


def test_it_has_two_places_in_two_lists(award: Award) -> None:
    assert award.credential
    document = json.loads(bytes(award.credential.content))
    first, second = document["credentialStatus"]
    assert (first["statusPurpose"], second["statusPurpose"]) == ("revocation", "suspension")
    assert first["statusListCredential"] != second["statusListCredential"]
    assert award.credential.suspension_list
    assert award.credential.suspension_list.purpose == "suspension"
    assert check(award, timezone.now()).state is State.AUTHENTIC


@pytest.mark.journey("J38")
def test_suspended_at_once_everywhere_and_back(world: World, award: Award, browser: Client) -> None:
    suspending.suspend(award, reason="The fee is open", by=world.ben)
    html = browser.get(page_of(award)).content.decode()
    assert heading(html) == "Certificate, no longer valid"
    assert "This badge is suspended" in words(html)
    assert "Reason given: The fee is open" in words(html)
    assert "authentic" not in words(html).lower()
    assert "Suspended by the issuer" in words(html)
    assert "ob2." not in html
    frame = browser.get(f"/embed/{award.public_id}").content.decode()
    assert "This badge is suspended" in frame
    assert [one.id for one in verified(award, browser).failed] == ["status"]
    gone = browser.get(f"/c/{award.public_id}.ob2.json")
    assert (gone.status_code, gone.json()["revocationReason"]) == (410, "The fee is open")

    suspending.reinstate(again(award), by=world.ben)
    html = browser.get(page_of(award)).content.decode()
    assert heading(html) == "Certificate of Authenticity"
    assert "This badge is authentic" in words(html)
    assert verified(award, browser).verified
    assert browser.get(f"/c/{award.public_id}.ob2.json").status_code == 200


def test_a_bit_without_a_row_suspends_too(world: World, award: Award) -> None:
    """A restored older database has no row; the list that was signed since then still says it."""
    suspending.suspend(award, reason="x", by=world.ben)
    Suspension.objects.all().delete()
    assert check(again(award), timezone.now(), fresh=True).state is State.SUSPENDED


def test_revoked_counts_more_than_suspended(world: World, award: Award) -> None:
    suspending.suspend(award, reason="x", by=world.ben)
    revoking.revoke(again(award), reason="y", by=world.ben)
    assert check(again(award), timezone.now()).state is State.REVOKED
    with pytest.raises(NotPossible):
        suspending.suspend(again(award), reason="z", by=world.ben)


def test_what_was_awarded_before_the_switch_can_never_be_suspended(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    suspending.allow(world.issuer, world.ada, wanted=True)
    assert not suspending.can(again(award))
    with pytest.raises(NotPossible, match="without the possibility"):
        suspending.suspend(again(award), reason="x", by=world.ben)
    page = signed_in(world.ben).get(f"/manage/{world.issuer.slug}/awards/{award.public_id}").content.decode()
    assert "Suspend this badge" not in page
    assert "Revoke this badge" in page


def test_switched_off_again_later_ones_have_one_place_and_earlier_ones_keep_theirs(
    world: World, award: Award
) -> None:
    suspending.allow(world.issuer, world.ada, wanted=False)
    world.badge.issuer.refresh_from_db()
    later = world.award("later@example.org")
    assert isinstance(json.loads(bytes(later.credential.content))["credentialStatus"], dict)  # type: ignore[union-attr]
    suspending.suspend(award, reason="x", by=world.ben)


def test_nobody_else_does_it(world: World, award: Award, sam: User) -> None:
    with pytest.raises(AwardRefused):
        suspending.suspend(award, reason="x", by=sam)
    with pytest.raises(AwardRefused):
        suspending.allow(world.issuer, world.ben, wanted=False)
    suspending.suspend(award, reason="x", by=world.ben)
    with pytest.raises(AwardRefused):
        suspending.reinstate(award, by=sam)
    with pytest.raises(NotPossible):
        suspending.suspend(again(award), reason="x", by=world.ben)
    suspending.reinstate(again(award), by=world.ben)
    with pytest.raises(NotPossible):
        suspending.reinstate(again(award), by=world.ben)


def test_the_earner_is_told_both_times_and_sees_it(world: World, award: Award, eve: User) -> None:
    suspending.suspend(award, reason="The fee is open", by=world.ben)
    run_worker()
    manage = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    assert "The fee is open" in manage
    assert "ob2." not in manage
    earned = signed_in(eve).get("/badges").content.decode()
    assert re.search(r'class="chip bad">.*?Suspended', earned)
    suspending.reinstate(again(award), by=world.ben)
    run_worker()
    sent = list(
        Message.objects.filter(subject_id=award.public_id, kind__in=["suspended", "reinstated"])
        .order_by("pk")
        .values_list("kind", "state")
    )
    assert sent == [("suspended", "sent"), ("reinstated", "sent")]


def test_a_mail_that_comes_too_late_is_not_sent(world: World, award: Award) -> None:
    suspending.suspend(award, reason="x", by=world.ben)
    suspending.reinstate(again(award), by=world.ben)
    run_worker()
    states = dict(Message.objects.filter(subject_id=award.public_id).values_list("kind", "state"))
    assert states["suspended"] == "dropped"
    assert states["reinstated"] == "sent"


@pytest.mark.journey("J46")
def test_from_the_console(world: World, eve: User, browser: Client) -> None:
    slug = world.issuer.slug
    ada, ben = signed_in(world.ada), signed_in(world.ben)
    assert f"/manage/{slug}/suspension" in ada.get(f"/manage/{slug}/organisation").content.decode()
    assert "Switched off" in ada.get(f"/manage/{slug}/suspension").content.decode()
    assert ada.post(f"/manage/{slug}/suspension", {"suspension": "on"}).status_code == 302
    assert "Switched on" in ada.get(f"/manage/{slug}/suspension").content.decode()
    world.badge.issuer.refresh_from_db()
    award = world.award()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    path = f"/manage/{slug}/awards/{award.public_id}"
    assert "Suspend this badge" in ben.get(path).content.decode()
    empty = ben.post(f"{path}/suspend", {"suspend-reason": ""})
    assert empty.status_code == 200
    assert 'class="errors"' in empty.content.decode()
    assert ben.post(f"{path}/suspend", {"suspend-reason": "The fee is open"}).status_code == 302
    page = ben.get(path).content.decode()
    assert "Suspended: The fee is open" in page
    assert "Reinstate this badge" in page
    assert ">Suspended<" in re.sub(r"\s+", "", ben.get(f"/manage/{slug}/awards").content.decode())
    assert ben.post(f"{path}/reinstate").status_code == 302
    assert "Suspend this badge" in ben.get(path).content.decode()


def test_a_list_of_such_an_issuer_has_both_places(world: World) -> None:
    """Lines of a list go the way of single awards then: each has its two places."""
    import io

    from plaudit_site.awards import batching, staging

    suspending.allow(world.issuer, world.ada, wanted=True)
    batch = staging.upload(
        world.issuer, io.BytesIO(b"name,email\nA,a@x.example\nB,b@x.example\n"), name="l.csv", badge=world.badge,
        by=world.ben,
    )  # fmt: skip
    run_worker()
    batch.refresh_from_db()
    batching.start(batch, by=world.ben)
    batch.__class__.objects.filter(pk=batch.pk).update(begins_at=timezone.now(), due_at=timezone.now())
    run_worker()
    awards = Award.objects.filter(batch=batch)
    assert awards.count() == 2
    for award in awards:
        assert award.state == Award.State.WAITING
        assert award.credential
        assert award.credential.suspension_index is not None


def told(award: Award) -> list[str]:
    findings = whole.examine(settle_seconds=0).findings
    return [one.problem for one in findings if one.what == f"award {award.public_id}" and one.promise == "I6"]


def test_fsck_holds_row_and_place_against_each_other(world: World, award: Award) -> None:
    assert told(award) == []
    suspending.suspend(award, reason="x", by=world.ben)
    assert told(award) == []
    row = Suspension.objects.get(award=award)
    Suspension.objects.all().delete()
    assert told(award) == ["credential 1 is suspended in the list, but not here"]
    row.save(force_insert=True)
    assert award.credential
    place = StatusEntry.objects.filter(
        status_list=award.credential.suspension_list, index=award.credential.suspension_index
    )
    place.delete()
    assert told(award) == ["credential 1 is suspended here, but not in the list"]


# After a restore


def line(kind: str, award: Award) -> Line:
    credential = award.credential
    assert credential is not None
    assert credential.suspension_list is not None
    held = [[credential.suspension_list.public_id, credential.suspension_index]]
    details = {"issuer": award.issuer.public_id, "held": held}
    return Line(1, timezone.now(), kind, "nobody", f"award:{award.public_id}", details)


def test_the_journal_does_both_again(award: Award) -> None:
    assert reapplying.suspended(line("suspended", award))
    assert check(again(award), timezone.now()).state is State.SUSPENDED
    assert not reapplying.suspended(line("suspended", award))
    assert reapplying.reinstated(line("reinstated", award))
    run_worker()
    assert check(again(award), timezone.now(), fresh=True).state is State.AUTHENTIC
    assert not reapplying.reinstated(line("reinstated", award))


def test_a_list_that_was_begun_after_the_backup_is_begun_with_its_place(award: Award) -> None:
    told = line("suspended", award)
    assert reapplying.suspended(replace(told, details={**told.details, "held": [["1" * 26, 7]]}))
    made = StatusList.objects.get(public_id="1" * 26)
    assert made.purpose == "suspension"
    assert StatusEntry.objects.filter(status_list=made, index=7).exists()
