"""What a check says of one of our own badges: as its certificate says it, day and reason included (J42)."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.issuers.models import Issuer
from plaudit_site.showing.words import day_text
from tests.people import World, run_worker
from tests.site.public import test_states as states
from tests.site.public.test_certificates import page_of, words
from tests.site.public.test_verify import content, give

pytestmark = [pytest.mark.django_db, pytest.mark.journey("J42")]


def shown_as(page: str) -> str:
    found = re.search(r'<section class="verdict (\w+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("how", "tone"), [(states.revoked, "bad"), (states.replaced, "warn"), (states.suspended, "bad")]
)
def test_what_was_taken_back_is_told_as_on_its_certificate(
    how: states.Any, tone: str, world: World, eve: User, browser: Client
) -> None:
    award = how(world, eve)
    run_worker("status lists")
    certificate = words(browser.get(page_of(award)).content.decode())
    page = give(browser, content(award))
    assert shown_as(page) == tone
    verdict = re.search(r'<h2 id="verdict-1">(.*?)</h2><p dir="auto">(.*?)</p>', page)
    assert verdict
    for said in verdict.groups():
        assert html.unescape(said) in certificate
    assert day_text(timezone.now()) in verdict[2]
    assert ('<article class="box said void">' in page) is (tone == "bad")
    assert "“revoked”" in page or how is states.suspended


def test_of_a_private_one_neither_day_nor_reason_is_told(world: World, eve: User, browser: Client) -> None:
    """Whoever has its file learns what the list says, and nothing of what only its page would say."""
    award = states.revoked(world, eve)
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
    run_worker("status lists")
    page = give(browser, content(award))
    assert "Its issuer has taken it back." in page
    assert "Issued in error" not in page


def test_of_what_cannot_be_trusted_no_day_is_shown_and_no_check_of_what_it_says(
    world: World, eve: User, browser: Client
) -> None:
    award = states.kept(world, eve)
    page = give(browser, content(award).replace(b"Certified", b"Qualified"))
    assert shown_as(page) == "bad"
    assert "Changed after it was signed" in page
    for hidden in ("In date", "since 20", "Not revoked", "Whether it was revoked", "Whose badge it is"):
        assert hidden not in page, hidden


def test_an_issuer_whom_nobody_vouches_for_has_no_certificate_of_authenticity(
    world: World, eve: User, browser: Client
) -> None:
    award = states.kept(world, eve)
    assert "Its Certificate of Authenticity" in give(browser, content(award))
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.SUSPENDED)
    page = give(browser, content(award))
    assert "Its page, with all that was checked" in page
    assert "Its Certificate of Authenticity" not in page


@pytest.mark.parametrize("how", [states.kept, states.expired, states.unknown, states.revoked, states.invalid])
def test_every_check_says_in_words_what_was_looked_at(
    how: states.Any, world: World, eve: User, browser: Client
) -> None:
    page = give(browser, content(how(world, eve)))
    whys = re.findall(r'<div class="why">(.*?)</div>', page, re.DOTALL)
    assert len(whys) >= 5
    assert "There is nothing more to say" not in page
    for why in whys:
        assert re.match(r"\s*<p>[A-Z]", why), why
