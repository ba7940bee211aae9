"""What somebody does with a badge that is another one's, or with what its issuer changed since (SECURITY A22, A24)."""

from __future__ import annotations

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit_site.accounts.models import User
from plaudit_site.achievements import publishing
from plaudit_site.awards import claiming, own_documents, sharing
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack.models import Imported
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def award(world: World, eve: User) -> Award:
    found = world.award(badge=world.badge_like("Copied", names_in_clear=True))
    claiming.accept(found, eve, visibility=Visibility.LINK, trust_issuer=False)
    found.refresh_from_db()
    return found


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.content.decode())


def test_a_badge_that_another_person_shows_as_theirs_says_whose_it_is(
    award: Award, sam: User, browser: Client
) -> None:
    """A22: Sam puts Eve's badge into a page and into an account of Sam's; each way it goes on saying “Eve”."""
    frame = page(browser, f"/embed/{award.public_id}")
    assert "Eve Earner" in frame
    assert "Sam Stranger" not in frame
    path = sharing.certificate_url(award)
    assert "Eve Earner" in page(browser, path)
    for address, word in (
        (sam.email, "No. This badge was not awarded to"),
        (EVE, "Yes. This badge was awarded"),
    ):
        told = browser.post(f"{path}/is-it", {"address": address})
        assert word in html.unescape(told.content.decode())
    assert award.credential is not None
    theirs = signed_in(sam)
    for given in (
        {"file": SimpleUploadedFile("mine.json", bytes(award.credential.content))},
        {"text": sharing.permanent_url(award)},
    ):
        theirs.post("/badges/add", given, follow=True)
        run_worker("imports")
    assert not Imported.objects.filter(owner=sam).exists()


def test_what_was_awarded_stays_as_it_was_when_its_badge_is_edited(
    award: Award, world: World, browser: Client
) -> None:
    """A24: the page says what was signed on that day, and the file verifies; the next award says the new."""
    assert award.credential is not None
    path, file = sharing.certificate_url(award), bytes(award.credential.content)
    before = page(browser, path)
    assert "Forty hours of study" in before
    version = award.version
    content = publishing.Content(
        title="A doctorate",
        description="Knows everything.",
        criteria="- Nothing at all",
        criteria_url=version.criteria_url,
        design=version.design,
        names_in_clear=True,
    )
    publishing.edit(version.achievement, content, by="test")
    run_worker()
    after = page(browser, f"{path}?fresh=1")
    assert "Forty hours of study" in after
    assert "Copied" in after
    assert "doctorate" not in after
    assert "Nothing at all" not in after
    award.refresh_from_db()
    assert award.credential is not None
    assert bytes(award.credential.content) == file
    assert plaudit.verify(file, fetch=own_documents.fetch(), at=timezone.now()).verified
    version.achievement.refresh_from_db()
    later = world.award("later@x.example", badge=version.achievement)
    assert later.credential is not None
    assert b"A doctorate" in bytes(later.credential.content)
