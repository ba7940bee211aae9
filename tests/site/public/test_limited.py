"""Links that show less: what they show, what no side door gives away, when they end (J30, J31)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, keeping, limiting, revoking
from plaudit_site.awards.limiting import Wanted
from plaudit_site.awards.models import Award, LimitedLink, Visibility
from plaudit_site.issuers import keys
from tests.people import EVE, World
from tests.site.conftest import signed_in
from tests.site.public import test_states as states

pytestmark = pytest.mark.django_db
RESULT, EVIDENCE = "93 of 100 points", "https://eve.example/secret-portfolio"
LESS = Wanted(days=7, name_shown="first", hides_result=True, hides_evidence=True, note="For the bank")


@pytest.fixture
def award(world: World, eve: User) -> Award:
    """Private: the link alone shows anything of it."""
    award = world.award(result=RESULT, evidence_url=EVIDENCE)
    claiming.accept(award, eve, visibility=Visibility.ONLY_ME, trust_issuer=False)
    award.refresh_from_db()
    return award


def read(browser: Client, link: LimitedLink, status: int = 200) -> str:
    answer = browser.get(f"/s/{link.public_id}")
    assert answer.status_code == status
    return answer.content.decode()


def secrets_of(award: Award) -> dict[str, str]:
    assert award.credential
    return {
        "result": RESULT,
        "evidence": "secret-portfolio",
        "family name": "Earner",
        "address": EVE,
        "the award's id": award.public_id,
        "its id as people read it": award.public_id.upper()[:5],
        "the file's hash": award.credential.sha256[:16],
        "its place in the list": f"bit {award.credential.status_index}",
        "its place, as people are told it": f"entry {award.credential.status_index}",
        "the note": "For the bank",
    }


@pytest.mark.journey("J30")
def test_it_shows_the_rest_with_its_checks_and_says_that_something_is_left_out(
    award: Award, eve: User, browser: Client
) -> None:
    html = read(browser, limiting.make(award, eve, LESS))
    for said in (
        "Certificate of Authenticity",
        "This badge is authentic",
        "Eve",
        award.version.title,
        "Left out: a part of the holder’s name, the result, the evidence.",
        "There is no file to check without this site",
        "Not revoked",
    ):
        assert said in html, said


def test_nothing_of_what_is_left_out_is_anywhere_in_the_page(
    award: Award, eve: User, browser: Client
) -> None:
    html = read(browser, limiting.make(award, eve, LESS))
    # The number of a place may stand in a date by chance; as a number of its own it does not.
    found = [
        name for name, text in secrets_of(award).items() if re.search(rf"(?<![\w.]){re.escape(text)}", html)
    ]
    assert found == []


@pytest.mark.journey("J30", "J38")
@pytest.mark.parametrize("how", [states.expired, states.suspended, states.replaced, states.revoked])
def test_its_facts_say_what_the_certificate_says(world: World, eve: User, browser: Client, how: Any) -> None:
    """Of what was taken back no end that lies ahead is named."""
    award = how(world, eve)
    if how is not states.expired:
        Award.objects.filter(pk=award.pk).update(expires_at=timezone.now() + timedelta(days=700))
    award.refresh_from_db()
    html = read(browser, limiting.make(award, eve, LESS))
    whole = browser.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()
    facts = [
        re.findall(r"<dt>(Valid until|Expired|Revoked|Renewed)</dt><dd>(.*?)</dd>", one, re.DOTALL)
        for one in (html, whole)
    ]
    assert len(facts[0]) == 1
    assert facts[0][0][0] == facts[1][0][0]
    assert [re.sub("<[^>]*>", "", day) for _name, day in facts[0]] == [
        re.sub("<[^>]*>", "", day) for _name, day in facts[1]
    ]
    assert ("Valid until" in html) is (how is states.suspended)
    if how is not states.expired:
        assert "and later " in html


def test_the_control_shows_what_is_not_left_out(award: Award, eve: User, browser: Client) -> None:
    html = read(browser, limiting.make(award, eve, Wanted(days=7)))
    assert RESULT in html
    assert EVIDENCE in html
    assert "Eve Earner" in html
    assert "Left out" not in html


@pytest.mark.parametrize(
    ("wanted", "hidden"),
    [
        (Wanted(days=7, hides_result=True), ["result"]),
        (Wanted(days=7, hides_evidence=True), ["evidence"]),
        (Wanted(days=7, name_shown="first"), ["family name"]),
        (Wanted(days=7, name_shown="none"), ["family name"]),
    ],
)
def test_each_thing_is_left_out_by_itself(
    award: Award, eve: User, browser: Client, wanted: Wanted, hidden: list[str]
) -> None:
    html = read(browser, limiting.make(award, eve, wanted))
    shown = {name for name in ("result", "evidence", "family name") if secrets_of(award)[name] in html}
    assert shown == {"result", "evidence", "family name"} - set(hidden)


def test_no_side_door_opens(award: Award, eve: User, browser: Client) -> None:
    """Card, frame, oEmbed, files, QR, other media types: of the link's id and of the award's."""
    link = limiting.make(award, eve, LESS)
    for public_id in (link.public_id, award.public_id):
        for path in (
            f"/c/{public_id}",
            f"/c/{public_id}/qr.svg",
            f"/c/{public_id}/card-000000000000.png",
            f"/embed/{public_id}",
            f"/i/{award.issuer.slug}/c/{public_id}",
            *(
                f"/c/{public_id}.{ending}"
                for ending in ("json", "jwt", "png", "svg", "pdf", "ob2.json", "ob2.png")
            ),
            *(f"/s/{public_id}.{ending}" for ending in ("json", "jwt", "png", "svg", "pdf")),
            f"/s/{public_id}/card-000000000000.png",
            f"/s/{public_id}/qr.svg",
        ):
            assert browser.get(path).status_code == 404, path
    for url in (f"{settings.BASE_URL}/s/{link.public_id}", f"{settings.BASE_URL}/embed/{link.public_id}"):
        assert browser.get("/oembed", {"url": url}).status_code == 404
    html = read(browser, link)
    for accept in ("application/json", "application/vc+ld+json", "image/png", "application/pdf", "*/*"):
        answer = browser.get(f"/s/{link.public_id}", headers={"accept": accept})
        assert answer["Content-Type"].startswith("text/html")
        assert RESULT not in answer.content.decode()
        assert "Link" not in answer
    assert "oembed" not in html
    assert "og:image" not in html
    assert "alternate" not in html
    # Its own links lead to the issuer and its badges, never to this award.
    assert not re.findall(r'href="[^"]*/c/', html)


def test_it_is_kept_and_found_by_nobody(award: Award, eve: User, browser: Client) -> None:
    link = limiting.make(award, eve, LESS)
    answer = browser.get(f"/s/{link.public_id}")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, noarchive"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies


def same_404(browser: Client, link: LimitedLink) -> None:
    unknown = "0" * 26
    pages = []
    for public_id in (link.public_id, unknown):
        answer = browser.get(f"/s/{public_id}")
        assert answer.status_code == 404
        text = re.sub(r'<span class="mono">\w+</span>', "", answer.content.decode())
        pages.append(text.replace(public_id, "ID"))
    assert pages[0] == pages[1]


def test_off_run_out_and_removed_are_as_unknown(
    award: Award, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = limiting.make(award, eve, LESS)
    read(browser, link)
    with monkeypatch.context() as patch:
        later = timezone.now() + timedelta(days=7, seconds=1)
        patch.setattr(timezone, "now", lambda: later)
        same_404(browser, link)
    read(browser, link)
    keeping.remove(award, eve)
    same_404(browser, link)
    keeping.take_back(award, eve)
    read(browser, link)
    assert limiting.end(award, eve, link.public_id)
    same_404(browser, link)
    assert not limiting.end(award, eve, link.public_id)


def test_a_link_of_an_earner_before_dies_with_the_claim(award: Award, eve: User, browser: Client) -> None:
    """A claim that was undone and made anew by another account (J12) does not bring the old links back."""
    link = limiting.make(award, eve, LESS)
    Award.objects.filter(pk=award.pk).update(accepted_at=timezone.now() + timedelta(seconds=1))
    same_404(browser, link)


def test_nobody_else_makes_or_ends_one(award: Award, eve: User, sam: User, browser: Client) -> None:
    link = limiting.make(award, eve, LESS)
    with pytest.raises(claiming.NotYours):
        limiting.make(award, sam, LESS)
    assert not limiting.end(award, sam, link.public_id)
    theirs = signed_in(sam)
    assert theirs.get(f"/badges/{award.public_id}/limited").status_code == 404
    assert theirs.post(f"/badges/{award.public_id}/limited/end", {"link": link.public_id}).status_code == 404
    assert browser.get(f"/badges/{award.public_id}/limited").status_code == 302
    read(browser, link)


def test_a_revoked_one_says_so_there_too(world: World, award: Award, eve: User, browser: Client) -> None:
    link = limiting.make(award, eve, LESS)
    revoking.revoke(award, reason="A mistake", by=world.ben)
    html = read(browser, link)
    assert "Certificate, no longer valid" in html
    assert "A mistake" in html
    assert "authentic" not in html.lower()
    assert RESULT not in html


def test_what_nobody_vouches_for_shows_nothing(award: Award, eve: User, browser: Client) -> None:
    link = limiting.make(award, eve, Wanted(days=7))
    keys.mark_compromised(keys.current_key(award.issuer), by="test")
    html = read(browser, link)
    assert "This file can’t be trusted" in html
    for hidden in (RESULT, EVIDENCE, "Eve Earner", award.version.title):
        assert hidden not in html


@pytest.mark.journey("J29", "J30")
def test_its_earner_makes_copies_and_ends_it_from_manage(award: Award, eve: User, browser: Client) -> None:
    mine = signed_in(eve)
    path = f"/badges/{award.public_id}/limited"
    assert f'href="{path}"' in mine.get(f"/badges/{award.public_id}/manage").content.decode()
    empty = mine.get(path).content.decode()
    assert "No such link yet" in empty
    assert "Eve Earner" in empty
    wrong = mine.post(path, {"name_shown": "all", "days": "5000"})
    assert wrong.status_code == 200
    assert wrong.content.decode().count('class="errors"') == 2
    assert not award.limited_links.exists()
    sent = {"note": "For the bank", "name_shown": "first", "hides_result": "on", "days": "30"}
    assert mine.post(path, sent).status_code == 302
    link = award.limited_links.get()
    assert (link.hides_result, link.hides_evidence, link.name_shown) == (True, False, "first")
    page = mine.get(path).content.decode()
    assert f'value="{settings.BASE_URL}/s/{link.public_id}"' in page
    assert "For the bank" in page
    assert "1 link" in mine.get(f"/badges/{award.public_id}/manage").content.decode()
    assert EVIDENCE in read(browser, link)
    assert mine.post(f"{path}/end", {"link": link.public_id}).status_code == 302
    same_404(browser, link)
    assert "No such link yet" in mine.get(path).content.decode()


def test_what_is_not_there_need_not_be_left_out(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    page = signed_in(eve).get(f"/badges/{award.public_id}/limited").content.decode()
    assert "hides_result" not in page
    assert "hides_evidence" not in page
    assert "everything can be seen" in page


def test_there_is_an_end_to_how_many(award: Award, eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "MOST", 2)
    for _ in range(2):
        limiting.make(award, eve, LESS)
    with pytest.raises(limiting.TooMany):
        limiting.make(award, eve, LESS)
    assert (
        "very many links"
        in signed_in(eve)
        .post(f"/badges/{award.public_id}/limited", {"name_shown": "whole", "days": "7"})
        .content.decode()
    )


def test_skills_and_frameworks_of_the_badge_are_on_it(world: World, eve: User, browser: Client) -> None:
    """They had been missing without a word; they are of the badge, and say nothing of its holder."""
    framework = {"targetName": "Product planning", "targetUrl": "https://skills.example/plan"}
    badge = world.badge_like("Framed", skills=("Roadmaps",), alignments=(framework,))
    award = world.award(badge=badge)
    claiming.accept(award, eve, visibility=Visibility.ONLY_ME, trust_issuer=False)
    html = read(browser, limiting.make(award, eve, LESS))
    assert "Roadmaps" in html
    assert "Product planning" in html
    assert 'href="https://skills.example/plan"' in html
