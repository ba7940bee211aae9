"""What a check says of one of our own badges: as its certificate says it, day and reason included (J42)."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import FetchError, MappedFetch
from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import verifying
from plaudit_site.issuers.models import Issuer
from plaudit_site.showing.words import day_text
from tests.people import World, run_worker
from tests.plaudit import samples
from tests.site.public import test_states as states
from tests.site.public.test_certificates import page_of, words
from tests.site.public.test_verify import content, give

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.journey("J42")]


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
    assert ("Renewed by a later one" in page) is (how is states.replaced)
    assert ("Revoked by its issuer" in page) is (how is states.revoked)


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


def signed(issuer: Any = None, **changes: Any) -> bytes:
    document = samples.credential(**changes)
    if issuer is not None:
        document["issuer"] = issuer
    return plaudit.issue(document, samples.GUILD, timezone.now() - timedelta(days=1))


def alone() -> bytes:
    """A badge whose issuer is a key, and nothing else."""
    key = plaudit.PrivateKey.generate()
    signer = plaudit.Signer.from_did_key(key)
    document = samples.credential(
        issuer={"id": signer.controller, "type": ["Profile"], "name": "Nobody at all"}
    )
    del document["credentialStatus"]
    return plaudit.issue(document, signer, timezone.now() - timedelta(days=1))


def unreachable(url: str, accept: str) -> Any:
    raise FetchError(url, "could not be reached (gaierror: [Errno -3] Temporary failure in name resolution)")


BADGE_CLASS = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://guild.example/2/b/1",
    "name": "A badge",
    "description": "What it is",
    "image": "https://guild.example/2/b/1.png",
    "criteria": {"narrative": "Do it"},
    "issuer": {
        "type": "Issuer",
        "id": "https://guild.example/2/i",
        "name": "Guild",
        "url": "https://guild.example/",
        "email": "a@guild.example",
    },
}
KINDS: dict[str, tuple[Any, Any, str, str]] = {
    "its issuer cannot be reached": (
        signed,
        unreachable,
        "The key of its issuer could not be read",
        "Try again later",
    ),
    "nobody signed it": (
        lambda: b'{"name": "x", "version": "1.0"}',
        None,
        "Nobody has signed it, so nothing of what it says is shown here.",
        "Choose the picture or file that the holder was given",
    ),
    "it is no award": (
        lambda: json.dumps(BADGE_CLASS).encode(),
        None,
        "It says what a badge or an issuer is, and awards nothing to anybody.",
        "Give the badge that somebody was awarded",
    ),
    "words that nobody knows": (
        lambda: json.dumps(
            json.loads(signed()) | {"@context": [*samples.credential()["@context"], "https://x.example/c"]}
        ).encode(),
        None,
        "It uses words that are not known here.",
        "try another checker of Open Badges",
    ),
    "a key alone": (alone, None, "no web address stands behind that", "Its key"),
    "no name": (
        lambda: signed(samples.ISSUER),
        None,
        "Nothing was changed since its issuer signed it, who gives no name.",
        "its key is published at guild.example",
    ),
    "not yet": (
        lambda: signed(validFrom="2090-01-01T00:00:00Z", validUntil="2091-01-01T00:00:00Z"),
        None,
        "It begins on 1 Jan 2090.",
        "Not valid yet",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_cause_is_said_in_words_and_what_to_do(
    name: str, site: object, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, web, reason, more = KINDS[name]
    monkeypatch.setattr(verifying, "WebFetch", lambda: web or MappedFetch(samples.web()))
    page = html.unescape(give(browser, make()))
    visible = re.sub(r'<p class="mono".*?</p>', "", page.split("<main")[1].split("</main")[0])
    assert reason in visible
    assert more in visible
    is_shown = '<article class="box said' in visible
    assert ("What this cannot tell you" in visible) is is_shown
    assert ("In date" in visible) is (is_shown and name != "not yet"), "no day of what nobody vouches for"
    for machine in ("gaierror", "Errno", "/@context", "validFrom", "did.json", "Out of date"):
        assert machine not in visible, machine
