"""What strangers ask for most, through Django and through the thin path: the same tests, the same answers."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from plaudit_site import bridge
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import AchievementLink, Version
from plaudit_site.awards import claiming, counting, keeping, revoking, sharing, statuslists
from plaudit_site.awards.models import Award, Credential, StatusEntry, Suspension, ViewCount, Visibility
from plaudit_site.belongings.models import Profile
from plaudit_site.issuers import founding, keys
from plaudit_site.issuers.models import CertificateDesign, Domain, Issuer, IssuerLink
from plaudit_site.public import checking, fast, usual, visible
from tests.people import World, run_worker
from tests.site.conftest import signed_in
from tests.site.public.doors import Answer, Door, connections_stay_open

pytestmark = pytest.mark.django_db
UNKNOWN = "0" * 26


@pytest.fixture(autouse=True)
def _nothing_is_written_later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Views are noted for some seconds, and their thread would outlive the test's database."""
    monkeypatch.setattr(counting.threading, "Timer", lambda *_about: threading.Thread(target=int))
    yield
    counting._noted.clear()
    counting._timer = None


@pytest.fixture(params=["django", "thin", "told"])
def door(request: pytest.FixtureRequest, world: World) -> Door:
    return Door(request.param)


def page_of(award: Award) -> str:
    return f"/i/{award.issuer.slug}/c/{award.public_id}"


def list_of(award: Award) -> str:
    assert award.credential
    return f"/status/{award.credential.status_list.public_id}"


# What is answered


def test_the_file_is_what_was_signed(door: Door, award: Award) -> None:
    assert award.credential
    answer = door.answers_alone(f"/c/{award.public_id}.json")
    assert (answer.status, answer.body) == (200, bytes(award.credential.content))
    assert answer.headers["content-type"] == "application/vc+ld+json"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_the_status_list_is_what_was_signed(door: Door, award: Award) -> None:
    answer = door.answers_alone(list_of(award))
    assert (answer.status, answer.headers["cache-control"]) == (200, "public, max-age=300, no-transform")
    assert json.loads(answer.body)["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]


def test_the_page_is_the_certificate(door: Door, award: Award) -> None:
    answer = door.answers_alone(page_of(award))
    assert answer.status == 200
    assert "This badge is authentic" in answer.text
    assert "private" in answer.headers["cache-control"]
    assert "Cookie" in answer.headers["vary"]
    assert "set-cookie" not in answer.headers


def test_what_is_known_already_is_not_sent_again(door: Door, award: Award) -> None:
    for path in (f"/c/{award.public_id}.json", list_of(award)):
        tag = door.ask(path).headers["etag"]
        for given in (tag, f"W/{tag}"):
            same = door.answers_alone(path, if_none_match=given)
            assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
        for given in ('"' + "0" * 32 + '"', '"x"', "nonsense"):
            assert door.ask(path, if_none_match=given).status == 200
        assert door.ask(path, if_none_match=f'"x", {tag}').status == 304
        assert door.ask(path, if_none_match="*").status == 304


ACCEPTS = [
    None, "", "*/*", "text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json",
    "application/vc", "application/ld+json;q=0.5, application/vc+ld+json", "text/html;q=0.1, application/json",
    "image/png", "application/vc+jwt", "application/pdf, application/json", "application/json;q=nan",
    "application/json" + "," * 400,
]  # fmt: skip


# What is answered is told from the words; that the rows are found, a few of them tell of each database.
TOLD_OF_A_DATABASE = {None, "text/html", "application/json", "image/png"}


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param(one, marks=() if one in TOLD_OF_A_DATABASE else pytest.mark.any_database)
        for one in ACCEPTS
    ],
    ids=[str(one)[:30] for one in ACCEPTS],
)
def test_both_doors_answer_alike(world: World, award: Award, accept: str | None) -> None:
    """Status, every header and the bytes, whatever is asked for and however often."""
    django, thin = Door("django"), Door("thin")
    tag = django.ask(f"/c/{award.public_id}.json").headers["etag"]
    headers = {} if accept is None else {"accept": accept}
    for path in (
        f"/c/{award.public_id}",
        f"/c/{award.public_id}.json",
        f"/c/{award.public_id}.json?download",
        f"/c/{UNKNOWN}.json",
        list_of(award),
        f"/status/{UNKNOWN}",
        page_of(award),
        f"{page_of(award)}?fresh=1",
        f"/i/nobody/c/{award.public_id}",
        f"/i/{award.issuer.slug}/c/{UNKNOWN}",
    ):
        known: tuple[dict[str, str], ...] = (
            {"if_none_match": tag},
            {"if_match": '"x"'},
            {"x_forwarded_proto": "https"},
        )
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            for more in ({}, *known) if method in {"GET", "HEAD"} else ({},):
                expected = django.ask(path, method, **headers, **more)
                for _time in range(2):
                    found = thin.ask(path, method, **headers, **more)
                    assert found.without_its_number() == expected.without_its_number(), (path, method, more)
                    assert len(found.headers["x-request-id"]) == 12
                    if expected.status == 200:
                        assert without_moments(found) == without_moments(expected)


def without_moments(answer: Answer) -> bytes:
    """A page says to the second when it was checked."""
    return re.sub(rb"<time datetime=.*?</time>", b"", answer.body)


def test_a_page_is_packed_for_those_who_can_unpack_it(door: Door, award: Award) -> None:
    plain = door.answers_alone(page_of(award))
    packed = door.answers_alone(page_of(award), accept_encoding="gzip, deflate, br")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]
    assert len(packed.body) == int(packed.headers["content-length"]) < len(plain.body) / 2
    shown = re.compile(rb"<time datetime=.*?</time>")
    assert shown.sub(b"", gzip.decompress(packed.body)) == shown.sub(b"", plain.body)


def test_links_in_the_headers_are_each_awards_own(world: World, award: Award, eve: User) -> None:
    """A kind of answer is learned from one award and given for another, of another issuer."""
    other = world.award(badge=world.badge_like("Another badge"))
    claiming.accept(other, eve, visibility=Visibility.LINK, trust_issuer=False)
    thin, django = Door("thin"), Door("django")
    for accept in ("application/json", "application/vc"):
        for one in (award, other):
            found = thin.ask(f"/c/{one.public_id}", accept=accept)
            assert (
                found.without_its_number()
                == django.ask(f"/c/{one.public_id}", accept=accept).without_its_number()
            )
            assert one.public_id in found.headers["link"]
        founding.change_slug(other.issuer, f"renamed-for-{accept[-2:]}", by="test")
        for one in (award, other):
            found = thin.ask(f"/c/{one.public_id}", accept=accept)
            assert f"/i/renamed-for-{accept[-2:]}/c/{one.public_id}" in found.headers["link"]


def test_each_answer_has_a_number_of_its_own(door: Door, award: Award) -> None:
    numbers = {door.ask(f"/c/{award.public_id}.json").headers["x-request-id"] for _ in range(5)}
    assert len(numbers) == 5


# Who may see it


def hide(award: Award) -> None:
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)


def remove(award: Award) -> None:
    assert award.earner
    keeping.remove(award, award.earner)


UNSEEN: dict[str, tuple[Callable[[Award], Any], int]] = {
    "kept to its earner": (hide, 404),
    "removed by its earner": (remove, 410),
    "not accepted": (lambda award: Award.objects.filter(pk=award.pk).update(state="waiting"), 404),
    "withdrawn": (lambda award: Award.objects.filter(pk=award.pk).update(state="withdrawn"), 404),
}


@pytest.mark.journey("J38")
@pytest.mark.parametrize("change", UNSEEN)
def test_what_is_not_for_everybody_is_gone_at_once(door: Door, award: Award, change: str) -> None:
    """DECISIONS 30: visibility is read at each request; E3: no side door."""
    paths = (f"/c/{award.public_id}", f"/c/{award.public_id}.json", page_of(award))
    assert [door.answers_alone(path, accept="application/json").status for path in paths] == [200] * 3
    tag = door.ask(paths[1]).headers["etag"]
    does, status = UNSEEN[change]
    does(award)
    for path in paths:
        answer = door.ask(path, accept="application/json", if_none_match=tag)
        assert (answer.status, answer.headers["cache-control"]) == (status, "private, no-store"), path
        assert "etag" not in answer.headers
        assert b"Eve Earner" not in answer.body


@pytest.mark.parametrize("state", Award.State.values)
@pytest.mark.parametrize("visibility", Visibility.values)
def test_the_thin_path_sees_what_a_stranger_sees(award: Award, state: str, visibility: str) -> None:
    """Its statement and sharing.look_up are two ways to ask one question."""
    Award.objects.filter(pk=award.pk).update(state=state, visibility=visibility)
    _award, sight = sharing.look_up(award.public_id, None)
    assert (visible.FILE.ask(award.public_id) is not None) == (sight is sharing.Sight.ANYONE)
    assert (visible.PAGE.ask(award.public_id) is not None) == (sight is sharing.Sight.ANYONE)


def test_an_award_that_is_not_signed_yet_is_unknown(world: World, door: Door) -> None:
    award = world.award(badge=world.badge_like("Another"), sign=False)
    assert door.ask(f"/c/{award.public_id}.json").status == 404
    assert door.ask(page_of(award)).status == 404


def test_its_earner_sees_the_page_as_its_earner(door: Door, award: Award, eve: User) -> None:
    """A cookie leads to Django, and nothing of what it shows is kept for others."""
    door.answers_alone(page_of(award))
    cookie = f"plaudit_session={signed_in(eve).session.session_key}"
    mine = door.ask(page_of(award), cookie=cookie)
    assert "This is how others see your badge" in mine.text
    assert "This is how others see your badge" not in door.ask(page_of(award)).text
    hide(award)
    assert (
        door.ask(f"/c/{award.public_id}.json", cookie=cookie).headers["cache-control"] == "private, no-store"
    )
    assert door.ask(f"/c/{award.public_id}.json").status == 404


# What changes shows at once


def revoke(award: Award) -> None:
    assert award.awarded_by
    revoking.revoke(award, reason="Copied the answers", by=award.awarded_by)


def add_link(award: Award) -> None:
    IssuerLink.objects.create(issuer=award.issuer, group="work", label="Syllabus", url="https://l.example/s")


def add_link_of_badge(award: Award) -> None:
    AchievementLink.objects.create(
        achievement=award.version.achievement, label="Reading list", url="https://l.example/r"
    )


def new_requirements(award: Award) -> None:
    version = award.version
    later = Version.objects.create(
        achievement=version.achievement,
        number=version.number + 1,
        title=version.title,
        description=version.description,
        criteria=version.criteria,
        criteria_url="https://leaders.example/new-requirements",
        picture_png=version.picture_png,
    )
    version.achievement.current = later
    version.achievement.save()


def issuers(**values: Any) -> Callable[[Award], Any]:
    return lambda award: Issuer.objects.filter(pk=award.issuer_id).update(**values)


CHANGES: dict[str, tuple[Callable[[Award], Any], str]] = {
    "revoked": (revoke, "Copied the answers"),
    "its bit alone is set": (
        lambda award: StatusEntry.objects.create(
            status_list=award.credential.status_list,
            index=award.credential.status_index,  # type: ignore[union-attr]
        ),
        "no longer valid",
    ),
    "the issuer has another name": (issuers(name="Guild of Leaders"), "Guild of Leaders"),
    "another web address": (issuers(url="https://guild.example"), "https://guild.example"),
    "a logo": (issuers(logo=b"\x89PNG"), "/logo.png"),
    "the issuer is suspended": (issuers(standing="suspended"), "suspended this issuer"),
    "a key is compromised": (
        lambda award: keys.mark_compromised(award.credential.key, by="test"),  # type: ignore[union-attr]
        "This file can’t be trusted",
    ),
    "a link is added": (add_link, "https://l.example/s"),
    "a link of the badge is added": (add_link_of_badge, "https://l.example/r"),
    "the badge has a new version": (new_requirements, "https://leaders.example/new-requirements"),
    "suspended": (
        lambda award: Suspension.objects.create(award=award, reason="Being looked into"),
        "Being looked into",
    ),
    "the certificates have a design": (
        lambda award: CertificateDesign.objects.create(
            issuer=award.issuer, wording="With honour, to {holder}"
        ),
        "With honour, to Eve Earner",
    ),
    "its web address is proven": (
        lambda award: Domain.objects.create(
            issuer=award.issuer, name="leaders.example", state="proven", how="dns", found_at=timezone.now()
        ),
        "Controls leaders.example",
    ),
    "evidence is added": (
        lambda award: Award.objects.filter(pk=award.pk).update(evidence_url="https://eve.example/work"),
        "https://eve.example/work",
    ),
}


@pytest.mark.journey("J37", "J38")
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_at_the_next_request(door: Door, award: Award, change: str) -> None:
    does, words = CHANGES[change]
    other = Door("thin")  # another process: it hears of nothing, and keeps pages of its own
    for one in (door, other):
        assert words not in one.answers_alone(page_of(award)).text
    does(award)
    for one in (door, other):
        assert words in one.ask(page_of(award)).text


@pytest.mark.journey("J37")
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_at_the_next_request_of_somebody_with_a_cookie(award: Award, change: str) -> None:
    """Their page is rendered by the thread that takes requests, of rows that were asked for ahead."""
    does, words = CHANGES[change]
    door, other = Door("told"), Door("told")
    for _time in range(2):
        for one in (door, other):
            assert words not in one.ask(page_of(award), cookie="django_language=en").text
    assert door.answered_ahead == 1
    does(award)
    for one in (door, other):
        assert words in one.ask(page_of(award), cookie="django_language=en").text


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "plaudit_session=abc; django_language=en"},
        {"cookie": "django_language=en", "authorization": "Bearer abc"},
        {"cookie": "django_language=en", "transfer_encoding": "chunked"},
        {"cookie": "django_language=en", "host": "badges.issuer.example"},
    ],
    ids=str,
)
def test_whoever_may_be_somebody_is_answered_by_a_thread(award: Award, headers: dict[str, str]) -> None:
    """D24: a session is looked for in the database, which the thread that takes requests cannot."""
    door = Door("told")
    for _time in range(3):
        door.ask(page_of(award), **headers)
    assert door.answered_ahead == 0


def test_people_are_counted_and_nobody_else(door: Door, award: Award) -> None:
    """E10: a kept page counts as one that was made."""
    counting.write()
    person = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    for _time in range(3):
        door.ask(page_of(award), user_agent=person)
    door.ask(f"{page_of(award)}?via=li", user_agent=person)
    door.ask(page_of(award), "HEAD", user_agent=person)
    door.ask(page_of(award), user_agent=person, sec_purpose="prefetch")
    door.ask(page_of(award), user_agent="Googlebot/2.1")
    door.ask(page_of(award))
    counting.write()
    assert dict(ViewCount.objects.filter(award=award).values_list("channel", "views")) == {"": 3, "li": 1}


def test_who_lets_it_be_found_lets_it_be_found_at_once(door: Door, award: Award) -> None:
    """UX 3.5: a profile that is switched on, or off, changes what search engines are told."""
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.PUBLIC)
    assert door.answers_alone(page_of(award)).headers["x-robots-tag"] == "noindex"
    profile = Profile.objects.create(user=award.earner, is_on=True, may_be_found=True)
    found = door.answers_alone(page_of(award))
    assert "x-robots-tag" not in found.headers
    assert '"Person"' in found.text
    Profile.objects.filter(pk=profile.pk).update(is_on=False)
    assert door.answers_alone(page_of(award)).headers["x-robots-tag"] == "noindex"


def test_a_link_that_is_removed_is_gone_and_one_that_is_put_back_is_there(door: Door, award: Award) -> None:
    add_link(award)
    assert "https://l.example/s" in door.answers_alone(page_of(award)).text
    IssuerLink.objects.filter(url="https://l.example/s").delete()
    assert "https://l.example/s" not in door.answers_alone(page_of(award)).text
    add_link(award)
    assert "https://l.example/s" in door.ask(page_of(award)).text


def test_another_slug_leads_to_the_page(door: Door, award: Award) -> None:
    before = page_of(award)
    door.answers_alone(before)
    founding.change_slug(award.issuer, "leaders-of-today", by="test")
    moved = door.ask(before)
    assert (moved.status, moved.headers["location"]) == (302, f"/i/leaders-of-today/c/{award.public_id}")
    assert door.answers_alone(moved.headers["location"]).status == 200


def test_a_revocation_is_in_the_list_as_soon_as_the_worker_signed_it(door: Door, award: Award) -> None:
    before = door.answers_alone(list_of(award))
    revoke(award)
    assert statuslists.sign_some() == 1
    after = door.answers_alone(list_of(award), if_none_match=before.headers["etag"])
    assert after.status == 200
    assert after.body != before.body


def test_revoked_is_said_on_page_frame_and_picture(door: Door, award: Award) -> None:
    """UX 14: all of them at once; the file itself stays what was signed, its list says so."""
    page, frame = door.answers_alone(page_of(award)).text, door.ask(f"/embed/{award.public_id}").text
    assert "This badge is authentic" in page
    assert "This badge is authentic" in frame
    card = page.partition('og:image" content="')[2].partition('"')[0].rpartition("/")[2]
    assert door.ask(f"/c/{award.public_id}/{card}").status == 200
    revoke(award)
    for path in (page_of(award), f"/embed/{award.public_id}"):
        assert "authentic" not in door.ask(path).text.lower()
    assert door.ask(f"/c/{award.public_id}/{card}").status == 302
    assert door.ask(f"/c/{award.public_id}.json").status == 200


def test_an_end_that_comes_is_said_in_its_second(
    door: Door, world: World, eve: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().replace(microsecond=0)
    award = world.award(badge=world.badge_like("Another"), expires_at=now + timedelta(seconds=30))
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    assert "This badge is authentic" in door.answers_alone(page_of(award)).text
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=29))
    assert "This badge is authentic" in door.ask(page_of(award)).text
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=31))
    assert "This badge was genuine until" in door.ask(page_of(award)).text


@pytest.mark.parametrize("later", [timedelta(seconds=61), timedelta(days=-1)], ids=["a minute", "set back"])
def test_a_verdict_is_reached_anew(
    door: Door, award: Award, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    """The page says when it was checked, and that is never more than a minute ago; a clock that is set back too."""
    Award.objects.filter(pk=award.pk).update(awarded_at=timezone.now() - timedelta(days=5))
    first = door.answers_alone(page_of(award)).text
    now = timezone.now() + later
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert now.strftime("%Y-%m-%dT%H:%M:%SZ") in door.ask(page_of(award)).text
    assert now.strftime("%Y-%m-%dT%H:%M:%SZ") not in first


def test_what_is_said_of_a_revoked_badge_is_never_kept(award: Award) -> None:
    revoke(award)
    thin = Door("thin")
    for _time in range(3):
        assert thin.ask(page_of(award)).status == 200
    assert len(thin.asked) == 3
    assert len(thin.application._pages) == 0  # type: ignore[attr-defined]


# Attacks


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8000"},
        {"host": "localhost:8000@evil.example"},
        {"host": ""},
    ],
    ids=str,
)
def test_an_unknown_host_gets_nothing(door: Door, award: Award, headers: dict[str, str]) -> None:
    """B17, DECISIONS 29."""
    for path in (f"/c/{award.public_id}.json", page_of(award)):
        door.answers_alone(path)
        assert door.ask(path, **headers).status == 400


def test_nothing_that_a_stranger_sent_stays_in_a_kept_page(award: Award) -> None:
    """D24: a cache is poisoned by the first who asks."""
    plain = Door("thin").answers_alone(page_of(award))
    poisoned = Door("thin")
    evil = {
        "x_forwarded_host": "evil.example",
        "x_forwarded_for": "evil.example",
        "x_original_url": "/evil",
        "forwarded": "host=evil.example",
        "accept_language": "xx-evil, de;q=0.5",
        "accept": "evil/evil",
        "user_agent": "evil",
        "referer": "https://evil.example/",
        "origin": "https://evil.example",
    }
    poisoned.ask(page_of(award), **evil)
    poisoned.ask(f"/c/{award.public_id}.json", **evil)
    after = poisoned.ask(page_of(award))
    assert after.without_its_number() == plain.without_its_number()
    assert "evil" not in after.text
    kept = poisoned.ask(f"/c/{award.public_id}.json")
    assert "evil" not in json.dumps(kept.headers)


@pytest.mark.parametrize(
    "more",
    [
        {"authorization": "Bearer x"},
        {"if_match": '"x"'},
        {"x_forwarded_proto": "gopher"},
        *({"cookie": f'_ga="GS1.2;{name} = x'} for name in usual.OUR_COOKIES),
    ],
    ids=str,
)
def test_whatever_is_unusual_goes_to_django(award: Award, more: dict[str, str]) -> None:
    thin = Door("thin")
    for path in (f"/c/{award.public_id}.json", list_of(award), page_of(award)):
        thin.answers_alone(path)
        before = len(thin.asked)
        thin.ask(path, **more)
        thin.ask(f"{path}?x=1")
        thin.ask(path, "POST")
        assert len(thin.asked) == before + 3, path


def test_what_others_count_by_is_nothing_to_us(award: Award) -> None:
    """A site below the college's own is sent all that the college sets for its whole domain; it is no word to us."""
    thin, plain = Door("thin"), Door("django")
    for path in (f"/c/{award.public_id}.json", list_of(award), page_of(award)):
        ours = thin.answers_alone(path, cookie="_ga=GA1.1.5; theme=dark")
        assert ours.without_its_number() == thin.ask(path).without_its_number()
        assert ours.body == plain.ask(path, cookie="_ga=GA1.1.5; theme=dark").body


def test_the_cookies_of_ours_are_all_that_the_site_can_set() -> None:
    """Whoever names another one adds it there."""
    named = {getattr(settings, name) for name in dir(settings) if name.endswith("_COOKIE_NAME")}
    assert len(named) >= 3
    assert named <= set(usual.OUR_COOKIES)


def test_who_comes_by_a_shared_link_sees_the_kept_page_and_is_counted_by_its_channel(award: Award) -> None:
    thin, plain = Door("thin"), Door("django")
    thin.answers_alone(page_of(award))
    counting._noted.clear()
    for via, channel in (("li", "li"), ("qr", "qr"), ("zzzz", ""), ("", "")):
        before = len(thin.asked)
        by_link = thin.ask(f"{page_of(award)}?via={via}", user_agent="Mozilla/5.0")
        assert len(thin.asked) == before, via
        assert by_link.body == plain.ask(f"{page_of(award)}?via={via}").body
        assert counting._noted.pop((award.pk, channel)), via
        counting._noted.clear()
    for other in ("?via=LI", "?via=li&x=1", "?fresh=1", "?via=li%00"):
        before = len(thin.asked)
        thin.ask(page_of(award) + other)
        assert len(thin.asked) > before, other


def test_a_database_that_is_away_is_djangos_to_tell(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    thin = Door("thin")
    thin.answers_alone(page_of(award))

    ask, asked = visible.PAGE.ask, []

    def away(about: object) -> Any:
        asked.append(about)
        if len(asked) == 1:
            raise OperationalError("no such server")
        return ask(about)

    monkeypatch.setattr(visible.PAGE, "ask", away)
    assert thin.ask(page_of(award)).status == 200
    assert thin.asked[-1] == page_of(award)


def test_a_page_that_changes_while_it_is_made_is_not_kept(
    award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the rows and the page: the page of another moment must not stand for these rows."""
    thin = Door("thin")
    check = checking.check

    def and_meanwhile(*arguments: Any, **more: Any) -> Any:
        add_link(award)
        return check(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(checking, "check", and_meanwhile)
        assert "https://l.example/s" in thin.ask(page_of(award)).text
    assert len(thin.application._pages) == 0  # type: ignore[attr-defined]
    run_worker()


def test_a_cookie_is_never_kept(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a page of strangers ever set one, it is asked for each time."""
    thin = Door("thin")
    assert isinstance(thin.application, fast.Fast)
    inner = thin.application._django

    def with_cookie(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: Any, *rest: Any) -> Any:
            return start_response(status, [*headers, ("Set-Cookie", "a=b")], *rest)

        return inner(environ, start)

    monkeypatch.setattr(thin.application, "_django", with_cookie)
    for path in (page_of(award), f"/c/{award.public_id}.json"):
        for _time in range(2):
            before = len(thin.asked)
            answer: Answer = thin.ask(path)
            assert answer.headers["set-cookie"] == "a=b"
            assert len(thin.asked) > before


def unlike() -> Iterator[dict[str, str]]:
    good = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/i/acme/c/{'0' * 26}", "QUERY_STRING": ""}
    yield good | {"QUERY_STRING": "preview=1"}
    yield good | {"REQUEST_METHOD": "POST"}
    yield good | {"CONTENT_LENGTH": "5"}
    yield good | {"HTTP_TRANSFER_ENCODING": "chunked"}
    yield good | {"HTTP_AUTHORIZATION": "Bearer x"}
    yield good | {"HTTP_COOKIE": f"a=b; {settings.SESSION_COOKIE_NAME}=x"}
    for path in ("/", "/verify", f"/c/{'0' * 26}.json", f"/i/acme/c/{'0' * 26}/", "/c/../verify", "//c/"):
        yield good | {"PATH_INFO": path}


def test_pages_without_body_or_account_are_made_at_once() -> None:
    page = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/i/acme/c/{'0' * 26}", "QUERY_STRING": ""}
    for more in ({}, {"REQUEST_METHOD": "HEAD", "HTTP_COOKIE": "a=b"}, {"QUERY_STRING": "via=li"}):
        assert usual.is_quick_page(page | more), more
    for asked in unlike():
        assert not usual.is_quick_page(asked), asked


def test_known_is_what_one_question_answers(award: Award) -> None:
    """It never asks Django, which may write; what it says is what the whole says."""
    thin = Door("thin")
    assert isinstance(thin.application, fast.Fast)
    for path in (page_of(award), f"/c/{award.public_id}.json", list_of(award)):
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_HOST": settings.SITE_HOST,
        }
        assert thin.application.known(dict(environ)) is None, "nobody has asked for it yet"
        assert thin.asked == []
        whole = thin.ask(path)
        asked = len(thin.asked)
        known = thin.application.known(dict(environ))
        assert known is not None
        headers = {name: value for name, value in bridge.decoded(known.headers) if name != "x-request-id"}
        assert (int(known.status[:3]), headers, known.body) == (*whole.without_its_number(), whole.body)
        assert len(thin.asked) == asked
        thin.asked.clear()


class Counted:
    """A generation as somebody says it, and not the file of a database."""

    said = b"1"

    def now(self) -> bytes:
        return self.said


def test_a_page_for_somebody_with_a_cookie_takes_no_question_while_nothing_is_committed(
    award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADR 0051: what was seen holds until the next commit, by whomever."""
    thin, generation = Door("thin"), Counted()
    assert isinstance(thin.application, fast.Fast)
    thin.application.watch(generation)  # type: ignore[arg-type]
    environ = thin.environ_of(page_of(award), cookie="django_language=en")
    asked: list[str] = []
    ask = visible.PAGE.ask

    def and_count(about: str) -> Any:
        asked.append(about)
        return ask(about)

    monkeypatch.setattr(visible.PAGE, "ask", and_count)

    def known() -> str | None:
        assert isinstance(thin.application, fast.Fast)
        with connections_stay_open():
            answer = thin.application.known(dict(environ))
        return answer and answer.body.decode()

    assert known() is None, "nobody has asked for it yet"
    thin.ask(page_of(award), cookie="django_language=en")
    asked.clear()
    assert "This badge is authentic" in (known() or "")
    assert asked == [], "its rows were seen before"
    Award.objects.filter(pk=award.pk).update(visibility="only_me")
    generation.said = b"2"
    assert known() is None
    assert asked == [award.public_id]


def test_damaged_bytes_have_a_tag_of_their_own(door: Door, award: Award) -> None:
    """Who fetched them is given the good ones when they are mended, and not told to keep what he has."""
    path = f"/c/{award.public_id}.json"
    good = door.ask(path)
    stored = Credential.objects.filter(award=award)
    stored.update(content=good.body.replace(b"a", b"b", 1))
    damaged = door.ask(path)
    assert damaged.headers["etag"] != good.headers["etag"]
    stored.update(content=good.body)
    again = door.ask(path, if_none_match=damaged.headers["etag"])
    assert (again.status, again.body) == (200, good.body)
