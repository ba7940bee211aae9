"""The Certificate of Authenticity over HTTP: who sees it, what it says in each state, what programs get."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image

import plaudit
from plaudit import MappedFetch
from plaudit.status import StatusBits
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, keeping, own_documents, revoking, sharing
from plaudit_site.awards.models import Award, Credential, StatusList, Visibility
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import Issuer, IssuerLink, IssuerSlug
from plaudit_site.public import checking, facts
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
UNKNOWN_ID = "0" * 26
FILES = ("", ".json", ".png", ".svg", "/qr.svg", "/qr.png")


def page_of(award: Award) -> str:
    return f"/i/{award.issuer.slug}/c/{award.public_id}"


def read(client: Client, award: Award, **query: str) -> str:
    response = client.get(page_of(award), query)
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    """What a reader sees."""
    body = re.sub(r"(?s)<(script|style).*?</\1>", " ", html[html.index("<body") :])
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def heading(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert found
    return found.group(1).strip()


def title(html: str) -> str:
    found = re.search(r"<title>(.*?)</title>", html)
    assert found
    return found.group(1)


def outcomes(html: str) -> list[str]:
    return re.findall(r'<details class="(passed|failed|unknown|absent)"', html)


# J34 to J37: the page of a good award


@pytest.mark.journey("J34", "J37")
def test_a_stranger_understands_that_it_is_authentic(award: Award, browser: Client) -> None:
    html = read(browser, award)
    assert title(html).startswith("Certificate of Authenticity: Certified Product Manager, Eve Earner")
    assert heading(html) == "Certificate of Authenticity"
    seen = words(html)
    for said in (
        "This badge is authentic",
        "Eve Earner",
        "Certified Product Manager",
        "Society of Product Leaders",
        "Signed by the issuer it names",
        "Unchanged since it was awarded",
        "Not revoked",
        "In date",
        "vouches for this issuer",
        "What this cannot tell you",
        "plaudit verify certified-product-manager-",
    ):
        assert said in seen, said
    assert outcomes(html) == ["passed"] * 5 + ["absent"]
    assert EVE not in html


@pytest.mark.journey("J35")
def test_three_groups_of_links_each_with_a_link(award: Award, browser: Client) -> None:
    IssuerLink.objects.create(
        issuer=award.issuer, group="work", label="Syllabus", url="https://leaders.example/s"
    )
    html = read(browser, award)
    groups = re.findall(r'<section class="group">.*?<h2[^>]*>(.*?)</h2>(.*?)</section>', html, re.DOTALL)
    assert [name for name, _links in groups] == [
        "About Society of Product Leaders Open Badges",
        "The work required",
        "About Society of Product Leaders",
    ]
    hrefs = [re.findall(r'href="([^"]+)"', links) for _name, links in groups]
    assert all(hrefs)
    assert "https://leaders.example/s" in hrefs[1]
    for href in (href for group in hrefs for href in group if href.startswith("/")):
        assert browser.get(href).status_code == 200, href


def test_the_head_carries_what_previews_need(award: Award, browser: Client) -> None:
    html = read(browser, award)
    address = f"{settings.BASE_URL}{page_of(award)}"
    assert f'<link rel="canonical" href="{address}">' in html
    assert f'<meta property="og:url" content="{address}">' in html
    assert '<meta name="robots" content="noindex">' in html
    assert '<meta property="og:locale" content="en_GB">' in html
    image = re.search(r'<meta property="og:image" content="([^"]+)">', html)
    assert image
    card = browser.get(image.group(1).removeprefix(settings.BASE_URL))
    assert (card.status_code, card["Content-Type"]) == (200, "image/png")
    assert int.from_bytes(card.content[16:20], "big") == 1200
    assert int.from_bytes(card.content[20:24], "big") == 630
    assert len(card.content) < 200_000


def test_what_was_earned_is_told_to_programs_too_without_whose_it_is(
    award: Award, world: World, browser: Client
) -> None:
    """UX 12: noindex keeps the page out of search engines; whoever is given its link may read it in any form."""

    def told() -> list[dict[str, Any]]:
        found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', read(browser, award))
        assert not [one for one in found if "<" in one]
        return [json.loads(one) for one in found]

    (data,) = told()
    assert data["@type"] == "EducationalOccupationalCredential"
    assert (data["name"], data["identifier"]) == (award.title, award.public_id)
    assert data["url"] == f"{settings.BASE_URL}{page_of(award)}"
    assert data["recognizedBy"]["name"] == world.issuer.name
    assert not [value for value in data.values() if value in ("", [], None)]
    assert award.name not in json.dumps(data)
    revoking.revoke(award, reason="A mistake", by=world.ben)
    assert told() == [], "these words cannot say that it holds no longer"


def test_the_page_fits_its_budget_and_breaks_no_policy(award: Award, browser: Client) -> None:
    response = browser.get(page_of(award))
    html = response.content.decode()
    assert len(response.content) < 60_000
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html)
    assert response["X-Robots-Tag"] == "noindex"
    assert "private" in response["Cache-Control"]
    assert not response.cookies


def test_check_again_shows_a_newer_moment(
    award: Award, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = re.compile(r'id="verdict-words">.*?datetime="([^"]+)"', re.DOTALL)
    first = moments.search(read(browser, award))
    later = timezone.now() + timedelta(seconds=20)
    monkeypatch.setattr(timezone, "now", lambda: later)
    kept = moments.search(read(browser, award))
    fresh = moments.search(read(browser, award, fresh="1"))
    assert first
    assert kept
    assert fresh
    assert first.group(1) == kept.group(1) < fresh.group(1)


def test_a_name_that_was_not_signed_is_not_shown(award: Award, browser: Client) -> None:
    Award.objects.filter(pk=award.pk).update(name="Somebody Else")
    assert "Somebody Else" not in read(browser, award)


def test_a_picture_that_was_not_signed_is_not_shown(award: Award, browser: Client) -> None:
    """Nor the same with one other byte, after the right one was seen; and the right one is shown again."""
    version, signed = award.version, bytes(award.version.picture_png)
    for picture, shown in (
        (signed, True),
        (signed + b"changed", False),
        (signed[:-1] + bytes([signed[-1] ^ 1]), False),
        (signed[:-1], False),
        (b"", False),
        (signed, True),
    ):
        version.picture_png = picture
        version.save()
        facts._kept.forget()  # a minute later: no version that was published ever changes
        assert ('<img class="badge"' in read(browser, award)) is shown
        assert ("v1.png" in read(browser, award)) is shown


# J38: the other states


def not_authentic(html: str) -> None:
    """“No other word with ‘authentic’ on the page.”"""
    assert "authentic" not in words(html).lower()
    assert "authentic" not in title(html).lower()
    assert 'class="verdict ok"' not in html


@pytest.mark.journey("J38")
def test_a_revoked_one_says_so_at_once(world: World, award: Award, browser: Client) -> None:
    before = read(browser, award)
    revoking.revoke(award, reason="Issued in error", by=world.ada)
    html = read(browser, award)  # before any worker signed the list anew
    not_authentic(html)
    assert heading(html) == "Certificate, no longer valid"
    assert title(html).startswith("Certificate, no longer valid")
    assert "Reason given: Issued in error" in words(html)
    assert outcomes(html).count("failed") == 1
    cards = [re.search(r"card-\w+", text) for text in (before, html)]
    assert cards[0]
    assert cards[1]
    assert cards[0].group() != cards[1].group()


def test_a_bit_without_a_row_revokes_too(world: World, award: Award, browser: Client) -> None:
    """A restored older database has no row; the list that was signed since then still says it."""
    revoking.revoke(award, reason="Issued in error", by=world.ada)
    run_worker()
    award.revocation.delete()
    assert award.credential
    award.credential.status_list.entries.all().delete()
    html = read(browser, award, fresh="1")
    not_authentic(html)
    assert heading(html) == "Certificate, no longer valid"


@pytest.mark.journey("J38")
def test_an_expired_one_was_genuine(world: World, eve: User, browser: Client) -> None:
    now = timezone.now()
    award = world.award(
        badge=world.badge_like("Another"),
        awarded_at=now - timedelta(days=400),
        expires_at=now - timedelta(days=30),
    )
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    html = read(browser, award)
    not_authentic(html)
    assert heading(html) == "Certificate, expired"
    assert "This badge was genuine until" in words(html)
    assert outcomes(html).count("failed") == 1


def test_an_expired_one_whose_list_cannot_be_read_was_not_called_genuine(
    world: World, eve: User, browser: Client
) -> None:
    now = timezone.now()
    award = world.award(
        badge=world.badge_like("Another"),
        awarded_at=now - timedelta(days=400),
        expires_at=now - timedelta(days=30),
    )
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    StatusList.objects.filter(issuer=world.issuer).update(content=b"{}", signed_generation=99)
    html = read(browser, award)
    assert heading(html) == "Certificate, not fully checked"
    assert "genuine" not in words(html)


def test_it_expires_between_two_requests(
    world: World, eve: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().replace(microsecond=0)
    award = world.award(
        badge=world.badge_like("Another"),
        awarded_at=now - timedelta(days=4),
        expires_at=now + timedelta(seconds=30),
    )
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    assert heading(read(browser, award)) == "Certificate of Authenticity"
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=31))
    assert heading(read(browser, award)) == "Certificate, expired"


@pytest.mark.journey("J38")
@pytest.mark.parametrize("also_the_digest", [False, True])
def test_a_changed_file_shows_nothing_of_itself(award: Award, browser: Client, also_the_digest: bool) -> None:
    assert award.credential
    content = json.loads(bytes(award.credential.content))
    content["credentialSubject"]["achievement"]["name"] = "Doctor of Everything"
    data = json.dumps(content).encode()
    import hashlib

    Credential.objects.filter(pk=award.credential.pk).update(
        content=data, **({"sha256": hashlib.sha256(data).hexdigest()} if also_the_digest else {})
    )
    html = read(browser, award)
    not_authentic(html)
    assert heading(html) == "This file can’t be trusted"
    for hidden in ("Doctor of Everything", "Eve Earner"):
        assert hidden not in html
    assert "failed" in outcomes(html)


def test_a_key_that_left_the_document_no_longer_vouches(award: Award, browser: Client) -> None:
    keys.mark_compromised(keys.current_key(award.issuer), by="test")
    html = read(browser, award)
    not_authentic(html)
    assert heading(html) == "This file can’t be trusted"


def test_rotated_keys_keep_vouching(award: Award, browser: Client) -> None:
    keys.rotate(award.issuer, by="test")
    assert heading(read(browser, award)) == "Certificate of Authenticity"


@pytest.mark.parametrize("content", [b"{}", b"not json"])
def test_an_unreadable_list_is_never_shown_as_passed(award: Award, browser: Client, content: bytes) -> None:
    assert award.credential
    StatusList.objects.filter(pk=award.credential.status_list_id).update(
        content=content, signed_generation=99
    )
    html = read(browser, award)
    not_authentic(html)
    assert heading(html) == "Certificate, not fully checked"
    assert "was revoked" not in words(html)
    assert "Not revoked" not in words(html)
    assert ("the list that it names can’t be believed." in words(html)) is (content == b"{}")
    assert outcomes(html).count("passed") == 4


def test_the_place_in_the_list_is_told_in_a_sentence(award: Award, browser: Client, world: World) -> None:
    assert award.credential
    entry = award.credential.status_index
    html = read(browser, award)
    assert f"The issuer has not set entry {entry} of its status list." in words(html)
    revoking.revoke(award, reason="Issued in error", by=world.ada)
    html = read(browser, award)
    assert f"The issuer set entry {entry} of its status list to “revoked”." in words(html)
    run_worker("status lists")
    assert not re.search(r"\bbit \d+ is", words(read(browser, award)))


def test_a_bit_that_somebody_else_set_takes_nothing_back(award: Award, browser: Client) -> None:
    """B4: what stands in the database is believed no more than what stands anywhere else."""
    credential = award.credential
    assert credential
    row = StatusList.objects.get(pk=credential.status_list_id)
    document = json.loads(bytes(row.content))
    bits = StatusBits.of([credential.status_index], StatusList.SIZE)
    document["credentialSubject"]["encodedList"] = bits.encode()
    StatusList.objects.filter(pk=row.pk).update(content=json.dumps(document).encode(), signed_generation=99)
    html = read(browser, award)
    assert heading(html) == "Certificate, not fully checked"
    assert "was revoked" not in words(html)
    assert "the list that it names can’t be believed." in words(html)


@pytest.mark.journey("J48")
@pytest.mark.parametrize("standing", ["pending", "suspended"])
def test_an_issuer_that_nobody_vouches_for_is_never_green(
    award: Award, browser: Client, standing: str
) -> None:
    Issuer.objects.filter(pk=award.issuer_id).update(standing=standing)
    html = read(browser, award)
    not_authentic(html)
    assert 'class="verdict warn"' in html
    assert "nobody vouches for the issuer" in words(html)
    assert "an issuer that calls itself" in words(html)
    assert outcomes(html) == ["passed"] * 5 + ["unknown"]


# Who sees it


def same_but_for_what_differs(one: bytes, other: bytes, *ids: str) -> bool:
    texts = []
    for content in (one, other):
        text = re.sub(r'<span class="mono">\w+</span>', "", content.decode())
        for public_id in ids:
            text = text.replace(public_id, "ID")
        texts.append(text)
    return texts[0] == texts[1]


@pytest.mark.journey("J38")
@pytest.mark.parametrize("ending", FILES)
def test_private_and_unknown_are_the_same_404(award: Award, eve: User, browser: Client, ending: str) -> None:
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    private = browser.get(f"/c/{award.public_id}{ending}")
    unknown = browser.get(f"/c/{UNKNOWN_ID}{ending}")
    assert private.status_code == unknown.status_code == 404
    assert same_but_for_what_differs(private.content, unknown.content, award.public_id, UNKNOWN_ID)
    assert "Is this your badge?" in private.content.decode()
    for response in (private, unknown):
        for header in ("X-Request-Id", "Content-Length"):
            response.headers.pop(header, None)
    assert dict(private.headers) == dict(unknown.headers)


def test_a_private_page_is_the_same_404(award: Award, eve: User, browser: Client) -> None:
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    private, unknown = browser.get(page_of(award)), browser.get(f"/i/{award.issuer.slug}/c/{UNKNOWN_ID}")
    assert private.status_code == unknown.status_code == 404
    assert same_but_for_what_differs(private.content, unknown.content, award.public_id, UNKNOWN_ID)
    asked = browser.post(f"{page_of(award)}/is-it", {"address": EVE})
    assert asked.status_code == 404


def test_its_earner_sees_a_private_one_and_sam_does_not(award: Award, eve: User, sam: User) -> None:
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    mine = signed_in(eve).get(page_of(award))
    assert mine.status_code == 200
    assert "Only you can see this page." in mine.content.decode()
    assert "og:image" not in mine.content.decode()
    file = signed_in(eve).get(f"/c/{award.public_id}.json")
    assert file["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in file
    assert signed_in(sam).get(page_of(award)).status_code == 404


def test_one_that_waits_is_seen_by_nobody(world: World, browser: Client) -> None:
    award = world.award(badge=world.badge_like("Another"))
    for address in (page_of(award), f"/c/{award.public_id}.json", f"/c/{award.public_id}"):
        assert browser.get(address).status_code == 404


def test_a_removed_one_is_gone_unless_it_was_private(award: Award, eve: User, browser: Client) -> None:
    keeping.remove(award, eve)
    assert browser.get(page_of(award)).status_code == 410
    assert browser.get(f"/c/{award.public_id}.json").status_code == 410
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
    assert browser.get(page_of(award)).status_code == 404


@pytest.mark.journey("J39")
def test_a_share_link_needs_no_session(award: Award, eve: User, browser: Client) -> None:
    eve.is_active = False
    eve.save()
    assert browser.get(page_of(award)).status_code == 200


# The permanent address and the files


@pytest.mark.journey("J34", "J36")
def test_the_permanent_address_leads_browsers_and_answers_programs(award: Award, browser: Client) -> None:
    address = f"/c/{award.public_id}"
    led = browser.get(address, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (led.status_code, led["Location"]) == (302, page_of(award))
    assert "Accept" in led["Vary"]
    for asked, given in {
        "*/*": "application/vc+ld+json",
        "": "application/vc+ld+json",
        "application/vc": "application/vc",
        "application/vc+ld+json": "application/vc+ld+json",
        "application/ld+json": "application/ld+json",
        "application/json": "application/json",
    }.items():
        answer = browser.get(address, headers={"accept": asked} if asked else {})
        assert (answer.status_code, answer["Content-Type"]) == (200, given), asked
        assert award.credential
        assert answer.content == bytes(award.credential.content)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["X-Robots-Tag"] == "noindex"


def test_a_slug_of_before_leads_to_the_page_of_now(award: Award, browser: Client) -> None:
    IssuerSlug.objects.create(slug="older-name", issuer=award.issuer)
    answer = browser.get(f"/i/older-name/c/{award.public_id}")
    assert (answer.status_code, answer["Location"]) == (302, page_of(award))


@pytest.mark.journey("J32")
@pytest.mark.parametrize("ending", ["json", "png", "svg"])
def test_each_download_verifies_without_us(award: Award, browser: Client, ending: str) -> None:
    answer = browser.get(f"/c/{award.public_id}.{ending}?download=1")
    assert answer.status_code == 200
    name = f"certified-product-manager-{award.public_id[:6]}.{ending}"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'

    def over_http(url: str) -> bytes:
        return browser.get(url.removeprefix(settings.BASE_URL)).content

    report = plaudit.verify(
        answer.content,
        fetch=MappedFetch(over_http, localhost=settings.SITE_HOST),
        at=timezone.now(),
        recipient=EVE,
    )
    assert report.verified, report.failed + report.unknown


def test_an_upload_can_be_had_as_svg_too(award: Award, browser: Client) -> None:
    award.version.picture_svg = ""
    award.version.save()
    answer = browser.get(f"/c/{award.public_id}.svg")
    assert answer.status_code == 200
    assert plaudit.unbake(answer.content)


def test_pictures_may_do_nothing(award: Award, browser: Client) -> None:
    for ending in (".svg", ".png", "/qr.svg"):
        answer = browser.get(f"/c/{award.public_id}{ending}")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "script-src" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_known_file_is_not_sent_twice(award: Award, browser: Client) -> None:
    first = browser.get(f"/c/{award.public_id}.json")
    second = browser.get(f"/c/{award.public_id}.json", headers={"if-none-match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    assert second["Access-Control-Allow-Origin"] == "*"


def test_a_title_that_is_a_path_makes_no_path(world: World, eve: User, browser: Client) -> None:
    badge = world.badge_like("../../x.svg 100 %")
    award = world.award(badge=badge)
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    answer = browser.get(f"/c/{award.public_id}.png?download=1")
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.png"', answer["Content-Disposition"])


def test_the_qr_code_is_dark_on_white(award: Award, browser: Client) -> None:
    answer = browser.get(f"/c/{award.public_id}/qr.svg")
    assert answer.status_code == 200
    assert b"#ffffff" in answer.content or b"#fff" in answer.content


def test_the_qr_code_is_a_picture_too_with_the_same_squares(award: Award, browser: Client) -> None:
    answer = browser.get(f"/c/{award.public_id}/qr.png")
    assert answer["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content)).convert("L")
    address = sharing.via(sharing.permanent_url(award), "qr")
    wanted = [[bool(square) for square in row] for row in segno.make(address, error="m", micro=False).matrix]
    side = picture.width / (len(wanted) + 4)  # two empty ones all around
    middle = [int((n + 2.5) * side) for n in range(len(wanted))]
    assert [[picture.getpixel((x, y)) < 128 for x in middle] for y in middle] == wanted  # type: ignore[operator]
    assert picture.width >= 300


@pytest.mark.parametrize("what", ["status", "badge"])
def test_with_an_ending_it_is_the_document_for_browsers_too(award: Award, browser: Client, what: str) -> None:
    """DECISIONS 28: other forms by suffix, whoever asks."""
    credential = award.credential
    assert credential is not None
    assert credential.status_list is not None
    version = award.version
    path = (
        f"/status/{credential.status_list.public_id}"
        if what == "status"
        else f"/b/{version.achievement.public_id}/v{version.number}"
    )
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = browser.get(f"{path}.json", headers=html)
    assert answer.status_code == 200
    assert "json" in answer["Content-Type"]
    assert json.loads(answer.content) == json.loads(
        browser.get(path, headers={"Accept": "application/ld+json"}).content
    )
    assert browser.get(f"{path.replace(path.split('/')[2], UNKNOWN_ID)}.json").status_code == 404


def test_an_older_card_leads_to_the_one_of_now(award: Award, browser: Client) -> None:
    answer = browser.get(f"/c/{award.public_id}/card-000000000000.png")
    assert answer.status_code == 302
    assert browser.get(answer["Location"]).status_code == 200
    assert browser.get(f"/c/{UNKNOWN_ID}/card-000000000000.png").status_code == 404


# J41


@pytest.mark.journey("J41")
def test_is_it_really_this_person(award: Award, browser: Client) -> None:
    ask = f"{page_of(award)}/is-it"
    assert "Yes. This badge was awarded to" in words(
        browser.post(ask, {"address": f" {EVE.upper()} "}).content.decode()
    )
    assert "No. This badge was not awarded to" in words(
        browser.post(ask, {"address": "sam@elsewhere.example"}).content.decode()
    )
    assert browser.post(ask, {"address": "eve"}).status_code == 400
    assert browser.get(ask)["Location"] == page_of(award)


@pytest.mark.journey("J41")
def test_guessing_addresses_is_slowed_down(award: Award, browser: Client) -> None:
    ask = f"{page_of(award)}/is-it"
    statuses = [browser.post(ask, {"address": f"a{n}@example.org"}).status_code for n in range(12)]
    assert statuses == [200] * 10 + [429] * 2


@pytest.mark.journey("J41")
def test_another_address_of_the_same_network_guesses_no_more(award: Award, browser: Client) -> None:
    """Whoever has one IPv6 address has 2^64 of them; the next network is somebody else."""
    ask = f"{page_of(award)}/is-it"
    asked = [
        browser.post(
            ask, {"address": f"a{n}@example.org"}, REMOTE_ADDR=f"2001:db8:1:1::{n + 1:x}"
        ).status_code
        for n in range(12)
    ]
    assert asked == [200] * 10 + [429] * 2
    other = browser.post(ask, {"address": "a@example.org"}, REMOTE_ADDR="2001:db8:1:2::1")
    assert other.status_code == 200


def test_an_address_typed_with_markup_stays_text(award: Award, browser: Client) -> None:
    html = browser.post(f"{page_of(award)}/is-it", {"address": '"><script>@x.example'}).content.decode()
    assert "<script>@" not in html


# The verdict itself


def test_a_verdict_is_kept_for_a_minute_at_most(award: Award) -> None:
    now = timezone.now()
    first = checking.check(award, now)
    assert checking.check(award, now + timedelta(seconds=59)).at == first.at
    assert checking.check(award, now + timedelta(seconds=61)).at > first.at
    assert checking.check(award, now - timedelta(seconds=1)).at < first.at
    assert checking.check(award, now, fresh=True).state is checking.State.AUTHENTIC


def test_other_addresses_are_refused() -> None:
    fetch = own_documents.fetch()
    for url in (
        "https://example.org/did.json",
        f"{settings.BASE_URL}/issuers/{UNKNOWN_ID}/did.json",
        "file:///etc",
    ):
        with pytest.raises(plaudit.FetchError):
            fetch(url, "*/*")
