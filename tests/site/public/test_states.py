"""Each state of a certificate on page, frame and card: its words, its colour, what it offers (J38)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image

from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards import claiming, downloads, limiting, revoking, statuslists, suspending
from plaudit_site.awards.limiting import Wanted
from plaudit_site.awards.models import Award, Credential, StatusList, Suspension, Visibility
from plaudit_site.belongings import profiles
from plaudit_site.belongings.models import Profile
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import Issuer
from plaudit_site.public import certificates, checking, files, papers, typesetting
from plaudit_site.public.checking import State
from plaudit_site.public.looks import LOOKS
from plaudit_site.showing.words import day_text
from tests.people import World, run_worker
from tests.site.conftest import signed_in
from tests.site.public.test_certificates import heading, page_of, title, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def kept(world: World, eve: User, **more: object) -> Award:
    award = world.award(**more)  # type: ignore[arg-type]
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    return award


def expiring(world: World, eve: User) -> Award:
    return kept(world, eve, expires_at=timezone.now() + timedelta(days=30))


def expired(world: World, eve: User) -> Award:
    now = timezone.now()
    return kept(world, eve, awarded_at=now - timedelta(days=400), expires_at=now - timedelta(days=3))


def revoked(world: World, eve: User) -> Award:
    award = kept(world, eve)
    revoking.revoke(award, reason="Issued in error", by=world.ada)
    return award


def replaced(world: World, eve: User) -> Award:
    badge = world.badge_like("First Aid", repeat=Achievement.Repeat.RENEW)
    award = kept(world, eve, badge=badge, awarded_at=timezone.now() - timedelta(days=300))
    kept(world, eve, badge=badge)
    return award


def suspended(world: World, eve: User) -> Award:
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    award = kept(world, eve)
    suspending.suspend(award, reason="The fee is open", by=world.ada)
    return award


def invalid(world: World, eve: User) -> Award:
    award = kept(world, eve)
    keys.mark_compromised(keys.current_key(world.issuer), by="test")
    return award


def unknown(world: World, eve: User) -> Award:
    award = kept(world, eve)
    StatusList.objects.filter(issuer=world.issuer).update(content=b"{}", signed_generation=99)
    return award


def unvouched(world: World, eve: User) -> Award:
    award = kept(world, eve)
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.SUSPENDED)
    return award


def on_paper(award: Award, browser: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is handed to the program that sets the page, when somebody asks for it."""
    handed = []
    compile_it = typesetting.typst.compile

    def compiled(*given: Any, **named: Any) -> Any:
        handed.append(json.loads(named["sys_inputs"]["said"]))
        return compile_it(*given, **named)

    monkeypatch.setattr(typesetting.typst, "compile", compiled)
    assert browser.get(f"/c/{award.public_id}.pdf").content.startswith(b"%PDF-")
    said: dict[str, Any] = handed[0]
    return said


@pytest.mark.parametrize("how", [kept, revoked, invalid, unknown])
def test_manage_offers_what_is_there_and_says_authentic_where_it_is(
    world: World, eve: User, how: Any
) -> None:
    award = how(world, eve)
    page = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    offered = set(re.findall(rf"/c/{award.public_id}\.([a-z0-9.]+)\?download", page))
    there = {
        ending
        for ending in downloads.ENDINGS
        if Client().get(f"/c/{award.public_id}.{ending}").status_code == 200
    }
    assert offered & downloads.ENDINGS.keys() == there
    assert ("</svg>Authentic</span>" in page) is (how is kept)


GENUINE, NO_LONGER = "Certificate of Authenticity", "Certificate, no longer valid"
# state -> (how it comes about, heading, colour, what the verdict says)
CASES: dict[State, tuple[Callable[[World, User], Award], str, str, str]] = {
    State.AUTHENTIC: (kept, GENUINE, "ok", "This badge is authentic"),
    State.EXPIRING: (expiring, GENUINE, "ok", "for 30 days more"),
    State.EXPIRED: (expired, "Certificate, expired", "warn", "This badge was genuine until"),
    State.REVOKED: (revoked, NO_LONGER, "bad", "Reason given: Issued in error"),
    State.REPLACED: (replaced, NO_LONGER, "warn", "See the later one"),
    State.SUSPENDED: (suspended, NO_LONGER, "bad", "Reason given: The fee is open"),
    State.INVALID: (invalid, "This file can’t be trusted", "bad", "This file can’t be trusted"),
    State.UNKNOWN: (unknown, "Certificate, not fully checked", "grey", "We could not check everything"),
    State.UNVOUCHED: (unvouched, "Certificate, issuer not approved", "warn", "nobody vouches for the issuer"),
}


def test_every_state_has_its_case_and_only_what_passed_is_green() -> None:
    assert set(CASES) == set(State) == set(LOOKS)
    assert {state for state, look in LOOKS.items() if look.tone == "ok"} == {State.AUTHENTIC, State.EXPIRING}


@pytest.mark.journey("J38")
@pytest.mark.parametrize("state", list(CASES), ids=str)
def test_page_frame_and_card_say_the_state(state: State, world: World, eve: User, browser: Client) -> None:
    make, expected, tone, said = CASES[state]
    award = make(world, eve)
    html = browser.get(page_of(award)).content.decode()
    assert heading(html) == expected
    assert title(html).startswith(expected)
    assert f'class="verdict {tone}" role="status"' in html
    assert said in words(html)
    assert "What this cannot tell you" in words(html)
    assert "Check again" in words(html)
    good = tone == "ok"
    assert ("authentic" in (words(html) + title(html)).lower()) is good
    frame = browser.get(f"/embed/{award.public_id}").content.decode()
    assert ("authentic" in words(frame).lower()) is good
    assert f'class="chip {"neutral" if tone == "grey" else tone}"' in frame
    card = re.search(r'<meta property="og:image" content="([^"]+)">', html)
    assert card
    assert browser.get(card[1].removeprefix(settings.BASE_URL)).status_code == 200


@pytest.mark.journey("J32", "J38")
@pytest.mark.parametrize("state", [state for state in CASES if state in papers.SHOWN], ids=str)
def test_the_paper_says_the_same_as_the_page(
    state: State, world: World, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = CASES[state][0](world, eve)
    shown = words(browser.get(page_of(award)).content.decode())
    printed = on_paper(award, browser, monkeypatch)
    sheet = " ".join(printed[name] for name in ("certify", "holder", "earned", "badge", "by"))
    assert sheet in shown
    assert ("This is to certify that" in sheet) is (state not in checking.NOT_NOW)
    assert printed["heading"] in shown
    for fact in printed["facts"]:
        assert f" {fact['name']} " in shown
    look = LOOKS[state]
    assert (printed["tone"], printed["sheet"]) == (look.tone, look.sheet)
    if state not in checking.GOOD:
        assert f"{printed['verdict']} {printed['reason']}" in shown


@pytest.mark.journey("J32", "J38")
def test_the_paper_names_the_result(
    world: World, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = kept(world, eve, result="Distinction, 87 %")
    assert {"name": "Result", "value": "Distinction, 87 %"} in on_paper(award, browser, monkeypatch)["facts"]


@pytest.mark.journey("J38")
@pytest.mark.parametrize("how", [revoked, suspended], ids=["revoked", "suspended"])
def test_what_holds_no_longer_is_grey_on_paper_in_a_frame_and_where_it_is_verified(
    how: Any, world: World, eve: User, browser: Client
) -> None:
    award = how(world, eve)
    run_worker("status lists")
    printed = files.printed(award, LOOKS[State.REVOKED])
    pixels = re.search(rb"base64,([^\"]+)", printed)
    assert pixels
    with Image.open(BytesIO(base64.b64decode(pixels[1]))) as picture:
        red, green, blue, _seen = picture.convert("RGBA").split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()
    assert '<article class="sheet void"' in browser.get(page_of(award)).content.decode()
    assert '<main class="void">' in browser.get(f"/embed/{award.public_id}").content.decode()
    checked = browser.post("/verify/", {"text": f"{settings.BASE_URL}/c/{award.public_id}"}, follow=True)
    verified = checked.content.decode()
    assert '<article class="box said void">' in verified
    assert "Its page, with all that was checked" in verified
    assert "Certificate of Authenticity" not in verified.split("<main")[1].split("</main")[0]


def test_the_card_is_another_one_in_every_state(world: World, eve: User, browser: Client) -> None:
    """Other sites keep pictures by their address: a new state must have a new one."""
    found = set()
    award = kept(world, eve, expires_at=timezone.now() + timedelta(days=400))
    for days in (400, 30, -1):
        at = timezone.now() + timedelta(days=400 - days)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda at=at: at)
            statuslists.sign(award.credential.status_list)  # type: ignore[union-attr]
            found.add(re.findall(r"card-\w+", browser.get(page_of(award)).content.decode())[0])
    assert len(found) == 3


def test_one_that_ends_tomorrow_says_so_in_the_singular(world: World, eve: User, browser: Client) -> None:
    award = kept(world, eve, expires_at=timezone.now() + timedelta(days=1))
    assert "for 1 day more" in words(browser.get(page_of(award)).content.decode())


def test_the_later_one_is_offered_only_if_it_may_be_seen(world: World, eve: User, browser: Client) -> None:
    award = replaced(world, eve)
    later = Award.objects.get(pk=award.revocation.renewed_by_id)
    assert f"/c/{later.public_id}" in browser.get(page_of(award)).content.decode()
    Award.objects.filter(pk=later.pk).update(visibility=Visibility.ONLY_ME)
    html = browser.get(page_of(award)).content.decode()
    assert later.public_id not in html
    assert "See the later one" not in html


# The grey state: what was known before (J37, SECURITY A17)


@pytest.mark.journey("J37", "J38")
def test_what_cannot_be_checked_says_how_old_its_last_good_answer_is(
    world: World, eve: User, browser: Client
) -> None:
    """Read here three hours ago; the list that was read then is gone."""
    award = kept(world, eve)
    now = timezone.now()
    StatusList.objects.filter(issuer=world.issuer).update(signed_at=now - timedelta(days=9))
    assert checking.check(award, now).state is State.AUTHENTIC
    StatusList.objects.filter(issuer=world.issuer).update(content=b"{}", signed_generation=99)
    page = certificates.page(award, checking.check(award, now + timedelta(hours=3)))
    assert "The last good answer was 3 hours ago." in page.verdict_reason
    line = next(one for one in page.lines if one.id == "status")
    assert (line.outcome, line.looked_at) == ("unknown", "The last good answer was 3 hours ago")
    html = browser.get(page_of(award)).content.decode()
    assert 'class="verdict grey" role="status"' in html
    assert words(html).count("The last good answer was 1 minute ago") == 2, "in the verdict, and on the line"
    assert "authentic" not in (words(html) + title(html)).lower()


def test_a_list_that_has_become_too_old_is_the_last_good_answer_itself(world: World, eve: User) -> None:
    award = kept(world, eve)
    assert award.credential
    signed_at = StatusList.objects.get(pk=award.credential.status_list_id).signed_at
    assert signed_at is not None
    checking._answers.__init__()  # type: ignore[misc] # another process, which never read it
    later = checking.check(award, signed_at + timedelta(days=40))
    assert (later.state, later.last_good) == (State.UNKNOWN, signed_at)


def test_nothing_is_said_of_an_answer_that_nobody_had(world: World, eve: User, browser: Client) -> None:
    """Neither of a list that is older than the award, nor of one that said “revoked”."""
    award = kept(world, eve)
    assert award.credential
    checking._answers.__init__()  # type: ignore[misc]
    lists = StatusList.objects.filter(issuer=world.issuer)
    lists.update(signed_at=award.credential.signed_at - timedelta(seconds=1), signed_generation=98)
    late = award.credential.signed_at + timedelta(days=40)
    assert checking.check(award, late).last_good is None
    lists.update(content=b"{}", signed_generation=99, signed_at=timezone.now())
    html = browser.get(page_of(award)).content.decode()
    assert "The last good answer" not in words(html)
    assert '<details class="unknown"' in html
    assert '<details class="failed"' not in html, "what could not be checked is not red (UX 15)"


# What cannot be trusted, and what was suspended


@pytest.mark.journey("J38")
@pytest.mark.parametrize("is_changed", [False, True], ids=["by a key given up", "by a change"])
def test_of_what_cannot_be_trusted_nothing_is_told_and_what_to_do_is(
    is_changed: bool, world: World, eve: User, browser: Client
) -> None:
    """Page, part, frame and profile: no day, no title in a file's name, nobody who vouches, nothing green (UX 2.12)."""
    begin, end = timezone.now() - timedelta(days=200), timezone.now() + timedelta(days=700)
    award = kept(world, eve, awarded_at=begin, expires_at=end)
    if is_changed:
        content = bytes(award.credential.content).replace(b"Certified", b"Qualified")  # type: ignore[union-attr]
        Credential.objects.filter(award=award).update(content=content)
    else:
        keys.mark_compromised(keys.current_key(world.issuer), by="test")
    link = limiting.make(award, eve, Wanted(days=7))
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.PUBLIC)
    profiles.take_name(eve, "eve")
    Profile.objects.update_or_create(user=eve, defaults={"is_on": True, "may_be_found": True})
    pages = {
        path: browser.get(path).content.decode()
        for path in (page_of(award), f"/s/{link.public_id}", f"/embed/{award.public_id}", "/@eve")
    }
    stem = certificates.file_name(award, "json").removesuffix(f"-{award.public_id[:6]}.json")
    for path, html in pages.items():
        told = html.split('<div class="groups">')[0]
        assert certificates.heading(State.INVALID) in told or "can’t be trusted" in told, path
        for hidden in (
            day_text(begin),
            day_text(end),
            begin.date().isoformat(),
            end.date().isoformat(),
            stem,
        ):
            assert hidden not in told.replace(f"/i/{world.issuer.slug}/", ""), (path, hidden)
        for word in ("vouch", "There is nothing more to say", "Every file on this page"):
            assert word not in told, (path, word)
    for path in (page_of(award), f"/s/{link.public_id}"):
        assert f"ask {world.issuer.name} for a new one" in words(pages[path]), path
        assert '<details class="passed"' not in pages[path], path
        assert '<details class="failed" open' in pages[path], path
    name = browser.get(f"/c/{award.public_id}.json?download=1")["Content-Disposition"]
    assert name == f'attachment; filename="badge-{award.public_id[:6]}.json"'
    assert f"plaudit verify badge-{award.public_id[:6]}.json" in pages[page_of(award)]
    assert f"/c/{award.public_id}.png" not in pages[page_of(award)]


@pytest.mark.parametrize("state", [State.UNKNOWN, State.INVALID, State.REVOKED, State.SUSPENDED], ids=str)
def test_a_page_that_shows_less_says_something_in_every_check(
    state: State, world: World, eve: User, browser: Client
) -> None:
    award = CASES[state][0](world, eve)
    html = browser.get(f"/s/{limiting.make(award, eve, Wanted(days=7)).public_id}").content.decode()
    assert "There is nothing more to say" not in html


@pytest.mark.journey("J38")
def test_a_suspension_names_its_day_on_page_part_and_paper(
    world: World, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.badge.issuer.refresh_from_db()
    award = kept(world, eve, expires_at=timezone.now() + timedelta(days=700))
    suspending.suspend(award, reason="The fee is open", by=world.ada)
    Suspension.objects.filter(award=award).update(at=timezone.now() - timedelta(days=12))
    day = day_text(timezone.now() - timedelta(days=12))
    long_day = day_text(timezone.now() - timedelta(days=12), "long")
    link = limiting.make(award, eve, Wanted(days=7))
    for path in (page_of(award), f"/s/{link.public_id}"):
        shown = words(browser.get(path).content.decode())
        assert f"Suspended since {long_day}" in shown, path
        assert "Valid until" in shown, path
    award = Award.objects.get(pk=award.pk)
    facts = [(one["name"], one["value"]) for one in on_paper(award, browser, monkeypatch)["facts"]]
    assert facts[1] == ("Suspended since", day)
    assert facts[2][0] == "Valid until"
    suspending.reinstate(award, by=world.ada)
    assert "Suspended since" not in words(browser.get(page_of(award)).content.decode())
