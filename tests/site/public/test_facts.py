"""What a certificate says is worked out once for all who look, and never after one of its rows changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import set_urlconf
from django.utils import timezone, translation

from plaudit_site.accounts.models import User
from plaudit_site.awards import revoking
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.issuers.models import CertificateDesign, Issuer
from plaudit_site.public import certificates, checking, facts
from plaudit_site.public.by_rows import ByRows
from tests.people import World
from tests.site.conftest import signed_in
from tests.site.public.test_fast import add_link, page_of

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def kept(most: int = 100) -> ByRows[str, str]:
    return ByRows(most)


def test_what_was_made_is_found_for_its_rows_and_its_time_alone() -> None:
    made = kept()
    made.keep("a", [1, 2], "said", 10, since=NOON, until=NOON + MINUTE)
    assert made.find("a", (1, 2), NOON) == "said"
    for rows, now in (((1, 3), NOON), ((1, 2), NOON + MINUTE), ((1, 2), NOON - MINUTE), ((1, 2, None), NOON)):
        assert made.find("a", rows, now) is None
    assert made.find("b", (1, 2), NOON) is None
    made.forget()
    assert made.find("a", (1, 2), NOON) is None


def test_what_was_made_first_makes_room() -> None:
    made = kept(100)
    for number in range(50):
        made.keep(str(number), (), "said", 40, since=NOON, until=NOON + MINUTE)
    assert (len(made), made.size) == (2, 80)
    made.keep("49", (), "another", 60, since=NOON, until=NOON + MINUTE)
    assert (len(made), made.size) == (2, 100), "the older one gave its place back"
    made.keep(
        "49", ("four", b"four", memoryview(b"four"), None, 4), "another", 60, since=NOON, until=NOON + MINUTE
    )
    assert (len(made), made.size) == (1, 72), "rows take room too, and the oldest has none any more"
    made.keep("large", (), "too large", 101, since=NOON, until=NOON + MINUTE)
    assert (len(made), made.size) == (0, 0)


def known(award: Award, addresses: str = settings.ROOT_URLCONF) -> bool:
    """As a request finds it: Django says for each which list of addresses it is answered from."""
    asked = facts.Asked.at(award.issuer.slug, award.public_id)
    assert asked is not None
    set_urlconf(addresses)
    try:
        return asked.known(timezone.now()) is not None
    finally:
        set_urlconf(None)


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[Award]:
    """Each time it was not known."""
    found: list[Award] = []
    page = certificates.page

    def and_note(award: Award, *more: Any) -> certificates.Page:
        found.append(award)
        return page(award, *more)

    monkeypatch.setattr(certificates, "page", and_note)
    return found


@pytest.mark.django_db
def test_all_who_look_share_it_and_each_language_has_its_own(
    award: Award, eve: User, sam: User, worked_out: list[Award], django_assert_num_queries: Any
) -> None:
    """D24: of whose it is, nothing is shared."""
    strangers = [Client().get(page_of(award)) for _time in range(2)]
    assert len(worked_out) == 1
    stranger, owner = strangers[1].content.decode(), signed_in(eve).get(page_of(award)).content.decode()
    other = signed_in(sam).get(page_of(award)).content.decode()
    assert len(worked_out) == 1
    assert "This is how others see your badge" in owner
    for page in (stranger, other):
        assert "This is how others see your badge" not in page
    assert known(award)
    with translation.override("de"):
        assert not known(award)
    assert not known(award, "plaudit_site.public.host_urls")
    with django_assert_num_queries(0):  # of Django's; the rows are asked for by visible.PAGE
        Client().get(page_of(award))
    assert strangers[0].headers["Link"] == strangers[1].headers["Link"]
    assert strangers[0].headers["X-Robots-Tag"] == strangers[1].headers["X-Robots-Tag"] == "noindex"


@pytest.mark.django_db
@pytest.mark.journey("J37")
def test_what_changes_is_said_at_once_to_whoever_is_signed_in(award: Award, eve: User, world: World) -> None:
    eves = signed_in(eve)
    for _time in range(2):
        assert "This badge is authentic" in eves.get(page_of(award)).content.decode()
    Issuer.objects.filter(pk=award.issuer_id).update(name="Guild of Leaders")
    assert "Guild of Leaders" in eves.get(page_of(award)).content.decode()
    revoking.revoke(award, reason="Copied work", by=world.ada)
    said = eves.get(page_of(award)).content.decode()
    assert "authentic" not in said.replace("Certificate of Authenticity", "").lower()
    assert "Copied work" in said


@pytest.mark.django_db
def test_who_hides_it_hides_it_from_all_others_at_once(award: Award, eve: User, sam: User) -> None:
    for _time in range(2):
        assert signed_in(sam).get(page_of(award)).status_code == 200
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
    assert signed_in(sam).get(page_of(award)).status_code == 404
    own = signed_in(eve).get(page_of(award))
    assert "Only you can see this page." in own.content.decode()
    assert own.headers["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_checking_again_checks_and_what_was_found_is_told_from_then_on(
    award: Award, worked_out: list[Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    browser.get(page_of(award))
    later = timezone.now() + timedelta(seconds=20)
    monkeypatch.setattr(timezone, "now", lambda: later)
    moment = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert moment not in browser.get(page_of(award)).content.decode()
    assert moment in browser.get(page_of(award), {"fresh": "1"}).content.decode()
    assert len(worked_out) == 2
    assert moment in browser.get(page_of(award)).content.decode()
    assert len(worked_out) == 2


@pytest.mark.django_db
def test_what_one_asked_is_in_nobody_elses_page(award: Award) -> None:
    """J41, D24: the address that somebody compares stands in the answer to that one question."""
    browser = Client()
    browser.get(page_of(award))
    asked = browser.post(f"{page_of(award)}/is-it", {"address": "someone@else.example"})
    assert "someone@else.example" in asked.content.decode()
    assert "someone@else.example" not in browser.get(page_of(award)).content.decode()


@pytest.mark.django_db
def test_what_changes_while_it_is_worked_out_is_not_kept(
    award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checking.check

    def and_meanwhile(*arguments: Any, **more: Any) -> Any:
        found = check(*arguments, **more)
        Issuer.objects.filter(pk=award.issuer_id).update(name="Guild of Leaders")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(checking, "check", and_meanwhile)
        Client().get(page_of(award))
    Issuer.objects.filter(pk=award.issuer_id).update(name=award.issuer.name)  # the rows are those of before
    assert not known(award)
    add_link(award)
    assert "https://l.example/s" in Client().get(page_of(award)).content.decode()


@pytest.mark.django_db
def test_the_picture_of_a_signature_takes_its_room(award: Award) -> None:
    """It stands in the rows, too, and each certificate has bytes of its own."""
    Client().get(page_of(award))
    before = facts._kept.size
    drawing = b"\x89PNG" * 5000
    CertificateDesign.objects.create(issuer=award.issuer, signatory="Ada", signature=drawing)
    Client().get(page_of(award))
    assert len(facts._kept) == 1
    assert 2 * len(drawing) <= facts._kept.size - before < 2 * len(drawing) + 1000


@pytest.mark.django_db
def test_what_is_said_of_a_badge_that_does_not_hold_is_worked_out_each_time(
    award: Award, world: World, worked_out: list[Award]
) -> None:
    revoking.revoke(award, reason="Copied work", by=world.ada)
    for _time in range(3):
        assert Client().get(page_of(award)).status_code == 200
    assert len(worked_out) == 3
