"""Links that somebody gives to “Verify a badge” and that are no badge: what is told, and what to ask for (J42)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

import plaudit
from plaudit import Fetched, FetchError, MappedFetch
from plaudit.report import A_PAGE, A_PART, A_PICTURE, NOT_OPEN, NOT_READ, NOTHING_THERE, TAKEN_AWAY
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, keeping, limiting, revoking
from plaudit_site.awards.limiting import Wanted
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import own_addresses, verifying
from plaudit_site.backpack.models import Result
from plaudit_site.belongings import collecting, profiles
from tests.people import World
from tests.plaudit.samples import png
from tests.site.conftest import signed_in
from tests.site.public.test_verify import give

pytestmark = [pytest.mark.django_db, pytest.mark.journey("J42")]
LESS = Wanted(days=7, name_shown="none", hides_result=True)
UNKNOWN = "0" * 26


def at(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def kept(world: World, eve: User, visibility: str = Visibility.LINK) -> Award:
    award = world.award(result="93 of 100 points")
    claiming.accept(award, eve, visibility=visibility, trust_issuer=False)
    award.refresh_from_db()
    return award


def told_by_the_api(address: str) -> tuple[str, str]:
    told = Client().post("/api/v1/verify", data=address, content_type="text/plain").json()
    return told["state"], told["checks"][0]["code"]


def as_a_program_reads(path: str) -> plaudit.Report:
    """What the command finds at the live address: the page's bytes as they go out, read by the library alone."""
    answer = Client().get(path, headers={"accept": "application/vc"})

    def fetch(url: str, accept: str) -> Fetched:
        found = Client().get(url.removeprefix(settings.BASE_URL), headers={"accept": accept}, follow=True)
        if found.status_code != 200:
            raise FetchError(url, "no", status=found.status_code, body=found.content)
        return Fetched(url, 200, found["Content-Type"].partition(";")[0], found.content)

    assert answer.status_code in {200, 302, 404, 410}
    return plaudit.verify(at(path), fetch=fetch, at=timezone.now())


def checks_shown(page: str) -> int:
    return page.count('<details class="')


def verdict(page: str) -> str:
    found = re.search(r'<h2 id="verdict-1">(.*?)</h2>', page)
    assert found
    return found[1]


@pytest.mark.parametrize("visibility", [Visibility.ONLY_ME, Visibility.LINK])
def test_a_link_that_shows_less_is_told_as_that_by_page_api_and_program(
    world: World, eve: User, browser: Client, visibility: str
) -> None:
    award = kept(world, eve, visibility)
    link = limiting.make(award, eve, LESS)
    path = f"/s/{link.public_id}"
    page = give(browser, at(path))
    assert verdict(page) == "This link shows only a part of a badge"
    assert checks_shown(page) == 0, "nine grey lines"
    assert f'href="{at(path)}"' in page
    assert "See how the badge stands" in page
    assert "ask the holder for the whole badge" in page
    assert "We could not check everything" not in page
    for hidden in (award.public_id, award.version.title, award.issuer.name, "93 of 100"):
        assert hidden not in page
    assert told_by_the_api(at(path)) == ("nothing", A_PART)
    assert as_a_program_reads(path).checks[0].code == A_PART


def test_one_that_has_ended_and_one_that_never_was_are_told_the_same(
    world: World, eve: User, browser: Client
) -> None:
    award = kept(world, eve)
    link = limiting.make(award, eve, LESS)
    limiting.end(award, eve, link.public_id)
    for public_id in (link.public_id, UNKNOWN):
        page = give(browser, at(f"/s/{public_id}"))
        assert verdict(page) == "There is nothing at this address"
        assert "its holder switched it off" in page
        assert "Ask the holder for a new link" in page
        assert told_by_the_api(at(f"/s/{public_id}")) == ("unknown", NOTHING_THERE)
        assert as_a_program_reads(f"/s/{public_id}").checks[0].code == NOTHING_THERE
        assert checks_shown(page) == 1


def test_a_badge_that_its_holder_removed_is_told_as_that(world: World, eve: User, browser: Client) -> None:
    award = kept(world, eve)
    path = f"/c/{award.public_id}"
    keeping.remove(award, eve)
    for given in (path, f"/i/{award.issuer.slug}{path}", f"/embed/{award.public_id}"):
        page = give(browser, at(given))
        assert verdict(page) == "The holder has removed this badge"
        assert "still has the file of the badge" in page
        assert award.version.title not in page
        assert told_by_the_api(at(given)) == ("unknown", TAKEN_AWAY)
        assert as_a_program_reads(given).checks[0].code == TAKEN_AWAY


def test_a_private_badge_and_none_are_told_the_same(world: World, eve: User, browser: Client) -> None:
    private = kept(world, eve, Visibility.ONLY_ME)
    for public_id in (private.public_id, UNKNOWN):
        page = give(browser, at(f"/c/{public_id}"))
        assert verdict(page) == "There is nothing at this address"
        assert "its holder keeps it private, or the address was not copied whole" in page
        assert told_by_the_api(at(f"/c/{public_id}")) == ("unknown", NOTHING_THERE)


def profile_of(world: World, eve: User) -> str:
    profiles.take_name(eve, "eve")
    signed_in(eve).post("/account/profile", {"is_on": "on", "name": "eve"})
    profile = profiles.profile_of(eve)
    profile.is_on = True
    profile.save()
    return "/@eve"


def empty_collection(world: World, eve: User) -> str:
    made = collecting.make(eve, "Mine")
    collecting.describe(made, name="Mine", text="", visibility=Visibility.LINK)
    return f"/collection/{made.public_id}"


PAGES: dict[str, tuple[Callable[[World, User], str], str, bool]] = {
    "a person's": (profile_of, "This is the page of a person", True),
    "its card": (lambda world, eve: f"{profile_of(world, eve)}/card.png", "This is the page of a person", True),
    "a collection": (empty_collection, "This is a collection of badges", True),
    "an issuer's": (lambda world, eve: f"/i/{world.issuer.slug}/", "This is the badge site of an issuer", True),
    "a badge's": (
        lambda world, eve: f"/i/{world.issuer.slug}/b/{world.badge.public_id}/",
        "This page says what a badge requires",
        True,
    ),
    "the front": (lambda world, eve: "/", "This is a page of Plaudit", False),
    "the front without a stroke": (lambda world, eve: "", "This is a page of Plaudit", False),
    "one's own": (lambda world, eve: "/badges", "This page is for whoever is signed in", False),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_ours_is_named_and_leads_on(name: str, world: World, eve: User, browser: Client) -> None:
    make, heading, leads = PAGES[name]
    kept(world, eve)
    path = make(world, eve)
    page = give(browser, at(path))
    assert verdict(page) == heading
    assert checks_shown(page) == 0
    assert ("Open the page" in page) is leads
    if leads:
        found = re.search(r'<a class="btn primary" href="([^"]+)">Open the page', page)
        assert found
        assert browser.get(found[1].removeprefix(settings.BASE_URL)).status_code == 200
    assert told_by_the_api(at(path)) == ("nothing", A_PAGE)
    if not path.endswith(".png"):
        assert as_a_program_reads(path or "/").checks[0].code == A_PAGE


@pytest.mark.parametrize(
    "path", ["/@nobody-of-that-name", f"/collection/{UNKNOWN}", "/i/nobody/", "/no/such/page"]
)
def test_a_page_that_is_not_there_is_not_told_as_one(path: str, world: World, browser: Client) -> None:
    assert verdict(give(browser, at(path))) == "There is nothing at this address"
    assert told_by_the_api(at(path)) == ("unknown", NOTHING_THERE)


def test_a_private_collection_is_as_none(world: World, eve: User, browser: Client) -> None:
    made = collecting.make(eve, "Mine")
    collecting.describe(made, name="Mine", text="", visibility=Visibility.ONLY_ME)
    pages = [give(browser, at(f"/collection/{one}")) for one in (made.public_id, UNKNOWN)]
    assert [verdict(page) for page in pages] == ["There is nothing at this address"] * 2


@pytest.mark.any_database
@pytest.mark.parametrize("path", [f"{one}A-secret-of-one-mail" for one in own_addresses.OUT_OF_MAILS])
def test_a_link_out_of_a_mail_is_not_kept(path: str, world: World, browser: Client) -> None:
    """Whoever sees the result could do with it what its receiver may."""
    page = give(browser, at(path))
    assert verdict(page) == "This link comes out of a mail"
    assert "A-secret" not in page
    assert "Check again" not in page
    kept = Result.objects.latest("pk")
    assert "A-secret" not in f"{kept.address}{kept.report}"


def test_every_address_with_a_secret_in_it_is_known_as_one() -> None:
    """Whoever adds a link with a secret has it kept with no result."""
    patterns = [(one, "") for one in get_resolver().url_patterns]
    with_secret = set()
    while patterns:
        pattern, before = patterns.pop()
        path = f"{before}{pattern.pattern}"
        patterns += [(one, path) for one in getattr(pattern, "url_patterns", ())]
        if re.search(r"<str:(?:secret|token)>", path):
            with_secret.add(f"/{path.partition('<')[0]}")
    assert with_secret
    assert with_secret <= set(own_addresses.OUT_OF_MAILS)


def test_what_stands_for_a_badge_in_other_pages_is_the_badge(
    world: World, eve: User, browser: Client
) -> None:
    """The frame, the code that makes it, the picture beside a link, a collection: for the page and for programs."""
    award = kept(world, eve)
    made = collecting.make(eve, "Mine")
    collecting.describe(made, name="Mine", text="", visibility=Visibility.LINK)
    collecting.put(award, eve, [made.public_id])
    code = f'<iframe src="{at(f"/embed/{award.public_id}")}" title="x" width="360"></iframe>'
    link = f'<a href="{at(f"/c/{award.public_id}")}?via=sig"><img src="{at("/b/x.png")}"></a>'
    card = at(f"/c/{award.public_id}/card-000000000000.png")
    for given in (at(f"/embed/{award.public_id}"), code, link, card):
        assert verdict(give(browser, given)) == "This badge is authentic", given
    assert as_a_program_reads(f"/embed/{award.public_id}").verified
    record = as_a_program_reads(f"/collection/{made.public_id}")
    assert record.verified
    assert [inner.outcome for inner in record.inner] == ["passed"]


STRANGERS: dict[str, tuple[Any, str, str, str, str]] = {
    "nothing": (404, "There is nothing at this address", "not copied whole", "unknown", NOTHING_THERE),
    "gone": (410, "What was at this address has been removed", "file of the badge", "unknown", TAKEN_AWAY),
    "closed": (403, "This address is not open to everybody", "show the badge to everybody", "unknown", NOT_OPEN),
    "broken": (500, "This address could not be read", "try again later", "unknown", NOT_READ),
    "a page": (b"<h1>x</h1>", "This is a page without a badge", "share or download", "nothing", A_PAGE),
    "a picture": (
        png(), "This is a picture without a badge", "the address that it holds", "nothing", A_PICTURE,
    ),
    "a part": (
        b'<head><meta name="open-badge" content="part">',
        "This link shows only a part of a badge",
        "by the word of elsewhere.example alone",
        "nothing",
        A_PART,
    ),
}  # fmt: skip


@pytest.mark.any_database
@pytest.mark.parametrize("name", STRANGERS)
def test_what_other_sites_answer_is_said_in_plain_words(
    name: str, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, heading, advice, state, code = STRANGERS[name]
    address = "https://elsewhere.example/badge"

    def web(url: str, accept: str) -> Fetched:
        if isinstance(answer, int):
            raise FetchError(url, f"answered with status {answer}", status=answer)
        return Fetched(url, 200, "image/png" if code == A_PICTURE else "text/html", answer)

    monkeypatch.setattr(verifying, "WebFetch", lambda: web)
    page = give(browser, address)
    assert verdict(page) == heading
    assert advice in page
    assert f'href="{address}"' not in page, "nobody is sent to a stranger's page by us"
    assert "We could not check everything" not in page
    assert checks_shown(page) <= 1
    assert told_by_the_api(address) == (state, code)


def test_an_address_without_tls_is_told_why_it_is_not_read(browser: Client) -> None:
    page = give(browser, "http://elsewhere.example/badge")
    assert verdict(page) == "This address could not be read"
    assert "Only addresses that begin with https are read" in page


def test_the_address_of_a_revoked_older_form_says_revoked(world: World, eve: User, browser: Client) -> None:
    award = kept(world, eve)
    revoking.revoke(award, reason="A mistake", by=world.ada)
    page = give(browser, at(f"/c/{award.public_id}.ob2.json"))
    assert verdict(page) == "This badge was revoked"
    assert told_by_the_api(at(f"/c/{award.public_id}.ob2.json"))[0] == "revoked"


def test_a_map_answers_as_before(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch({}))
    assert verdict(give(browser, "https://elsewhere.example/badge")) == "This address could not be read"
