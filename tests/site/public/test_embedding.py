"""A badge in other people's pages: the frame, oEmbed, the codes to paste, and the paper (J30, J32, J36)."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from plaudit_site.awards import claiming, keeping, revoking, sharing
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.issuers import keys
from plaudit_site.public import certificates, checking, papers
from plaudit_site.public.files import drawing
from tests.people import World
from tests.site.conftest import signed_in
from tests.site.public.test_states import on_paper

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def award(world: World) -> Award:
    found = world.award()
    claiming.accept_with_new_account(found, visibility=Visibility.LINK, trust_issuer=False)
    found.refresh_from_db()
    return found


def inside(pdf: bytes) -> list[bytes]:
    """Every stream of a PDF, unpacked. A stream may end in what looks like the end of a line: not insisted on."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            found.append(part)
    return found


# The frame


@pytest.mark.journey("J30", "J36")
def test_only_the_frame_may_be_framed_and_it_leads_to_the_certificate(client: Client, award: Award) -> None:
    frame = client.get(f"/embed/{award.public_id}")
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "script-src 'none'" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert not frame.cookies
    page = frame.content.decode()
    assert "<script" not in page
    assert award.version.title in page
    assert "This badge is authentic" in page
    assert f'href="{sharing.certificate_url(award)}?via=web"' in page
    certificate = client.get(f"/i/{award.issuer.slug}/c/{award.public_id}")
    assert "frame-ancestors 'none'" in certificate["Content-Security-Policy"]
    assert certificate["X-Frame-Options"] == "DENY"


@pytest.mark.journey("J30", "J38")
def test_a_badge_that_became_private_leaves_a_small_frame_and_no_broken_one(
    client: Client, award: Award
) -> None:
    assert award.earner
    keeping.set_visibility(award, award.earner, Visibility.ONLY_ME)
    private = client.get(f"/embed/{award.public_id}?theme=dark")
    assert private.status_code == 404
    assert "frame-ancestors *" in private["Content-Security-Policy"]
    assert "X-Frame-Options" not in private
    assert not private.cookies
    assert "There is no badge to see here" in private.content.decode()
    assert "<form" not in private.content.decode()
    assert award.title not in private.content.decode()
    never = client.get(f"/embed/{'0' * 26}?theme=dark")
    assert (never.status_code, never.content) == (404, private.content)
    del never.headers["X-Request-Id"], private.headers["X-Request-Id"]
    assert dict(never.headers) == dict(private.headers)


def test_the_frame_shows_a_revocation_at_once_and_nothing_green(
    client: Client, world: World, award: Award
) -> None:
    revoking.revoke(award, reason="A mistake", by=world.ben)
    page = client.get(f"/embed/{award.public_id}").content.decode()
    assert "This badge was revoked" in page
    assert "authentic" not in page
    assert 'class="chip ok"' not in page


def test_private_and_unknown_are_the_same_in_frame_oembed_and_paper(client: Client, world: World) -> None:
    private = world.award()
    address = f"{settings.BASE_URL}/c/{{}}"
    for path in ("/embed/{}", f"/oembed?url={address}", "/c/{}.pdf"):
        codes = [client.get(path.format(one)).status_code for one in (private.public_id, "0" * 26)]
        assert codes == [404, 404], path


def test_what_was_removed_is_gone_in_frame_and_card(client: Client, award: Award) -> None:
    """A page that framed it shows why it is empty; what nobody could see before is no more told than it was."""
    assert award.earner
    keeping.remove(award, award.earner)
    frame = client.get(f"/embed/{award.public_id}?theme=dark")
    assert frame.status_code == 410
    assert "at the holder’s request" in frame.content.decode()
    assert award.title not in frame.content.decode()
    assert 'data-theme="dark"' in frame.content.decode()
    assert "X-Frame-Options" not in frame
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "no-store" in frame["Cache-Control"]
    assert client.get(f"/c/{award.public_id}/card-000000000000.png").status_code == 410
    Award.objects.filter(pk=award.pk).update(visibility="only_me")
    for path in (f"/embed/{award.public_id}", f"/c/{award.public_id}/card-000000000000.png"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "told"),
    [("?theme=dark", "dark"), ("?theme=light", "light"), ("", ""), ('?theme="><b>', ""), ("?theme=", "")],
)
def test_whoever_frames_it_may_want_it_light_or_dark(
    client: Client, award: Award, asked: str, told: str
) -> None:
    frame = client.get(f"/embed/{award.public_id}{asked}")
    opening = re.search(r"<html[^>]*>", frame.content.decode())
    assert opening
    assert re.findall(r' data-theme="([^"]*)"', opening[0]) == ([told] if told else [])
    assert not frame.cookies


def test_dark_is_the_same_dark_whoever_wants_it() -> None:
    css = Path(str(finders.find("css/tokens.css"))).read_text()
    system = re.search(r"prefers-color-scheme: dark\) \{\s*(:root\S*) \{(.*?)\}", css, re.DOTALL)
    wanted = re.search(r':root:where\(\[data-theme="dark"\]\) \{(.*?)\}', css, re.DOTALL)
    assert system
    assert wanted
    assert system[1] == ':root:where(:not([data-theme="light"]))'
    assert [*wanted[1].split()] == ["color-scheme:", "dark;", *system[2].split()]


# oEmbed


def test_oembed_is_found_from_the_certificate_and_keeps_within_the_room(client: Client, award: Award) -> None:
    page = client.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()
    head = page.partition("</head>")[0]
    link = re.search(r'type="application/json\+oembed" href="([^"]+)"', head)
    assert link is not None
    asked = urlsplit(link[1].replace("&amp;", "&"))
    answer = client.get(f"{asked.path}?{asked.query}&maxwidth=240&maxheight=300")
    assert answer["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert (told["width"], told["height"]) == (240, 300)
    assert "thumbnail_url" not in told
    assert f'src="{settings.BASE_URL}/embed/{award.public_id}"' in told["html"]
    wide = client.get(f"{asked.path}?{asked.query}").json()
    assert {"thumbnail_url", "thumbnail_width", "thumbnail_height"} <= wide.keys()
    assert wide["title"].startswith("Certificate of Authenticity: ")


def test_oembed_names_nothing_of_a_file_that_cannot_be_trusted(client: Client, award: Award) -> None:
    """SECURITY A: the frame says nothing of what the file holds, so its title says nothing of it."""
    address = sharing.certificate_url(award)
    assert award.title in client.get("/oembed", {"url": address}).json()["html"], "the control"
    keys.mark_compromised(keys.current_key(award.issuer), by="test")
    told = client.get("/oembed", {"url": address}).content.decode()
    assert award.title not in told
    assert "can\\u2019t be trusted" in told


def test_oembed_as_xml_says_the_same(client: Client, award: Award) -> None:
    address = f"{settings.BASE_URL}/c/{award.public_id}"
    told = client.get("/oembed", {"url": address}).json()
    root = ElementTree.fromstring(client.get("/oembed", {"url": address, "format": "xml"}).content)
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in told.items()}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"format": "yaml"}, 501),
        ({"url": "https://evil.example/c/{id}"}, 404),
        ({"url": "http://localhost:8000.evil.example/c/{id}"}, 404),
        ({"url": "http://localhost:8000/i/x/"}, 404),
        ({"url": ""}, 404),
        ({"url": "http://[", "maxwidth": "x"}, 404),
    ],
)
def test_oembed_answers_for_our_own_pages_alone(
    client: Client, award: Award, query: dict[str, Any], status: int
) -> None:
    query = {name: value.replace("{id}", award.public_id) for name, value in query.items()}
    assert client.get("/oembed", query).status_code == status


def test_names_with_markup_stay_text_in_every_code_to_paste(client: Client, world: World) -> None:
    badge = world.badge_like('"><script>alert(1)</script> & Co')
    found = world.award(badge=badge)
    claiming.accept_with_new_account(found, visibility=Visibility.LINK, trust_issuer=False)
    found.refresh_from_db()
    told = client.get("/oembed", {"url": sharing.permanent_url(found)}).json()
    page = client.get(f"/embed/{found.public_id}").content.decode()
    for text in (told["html"], sharing.embed_code(found), sharing.signature_code(found), page):
        assert "<script" not in text
        assert "&lt;script&gt;" in text


# Paper


@pytest.mark.journey("J32")
def test_the_paper_carries_the_very_credential_and_is_the_same_each_time(
    client: Client, award: Award
) -> None:
    first = client.get(f"/c/{award.public_id}.pdf")
    assert first["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert award.credential is not None
    assert bytes(award.credential.content) in inside(first.content)
    assert b"pdfaid" in b"".join(inside(first.content))
    assert client.get(f"/c/{award.public_id}.pdf").content == first.content
    letter = client.get(f"/c/{award.public_id}.pdf?paper=letter&download=1")
    assert letter.content != first.content
    assert letter["Content-Disposition"].endswith('.pdf"')
    page = client.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()
    assert f"/c/{award.public_id}.pdf" in page


@pytest.mark.parametrize(
    "name", ["王小明", "שלום", "اسم", "😀 Party", "#strong[x]", "$x$ *b* _i_ \\", "A" * 180]
)
def test_no_name_breaks_the_paper(award: Award, name: str) -> None:
    page = certificates.page(award, checking.check(award, timezone.now()))
    pdf = papers.draw(award, replace(page, holder=name), drawing(award))
    assert pdf.startswith(b"%PDF-")
    assert re.findall(rb"/Count (\d+)", b"".join([pdf, *inside(pdf)])).count(b"1") >= 1
    assert award.credential is not None
    assert bytes(award.credential.content) in inside(pdf)


def test_a_revoked_paper_says_so(
    client: Client, world: World, award: Award, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = client.get(f"/c/{award.public_id}.pdf").content
    revoking.revoke(award, reason="A mistake", by=world.ben)
    said = on_paper(award, client, monkeypatch)
    assert (said["certify"], said["earned"]) == ("It was once awarded to", "as the badge")
    assert said["verdict"] == "This badge was revoked"
    after = client.get(f"/c/{award.public_id}.pdf")
    assert after.status_code == 200
    assert after.content != before


# The panel


@pytest.mark.journey("J30")
def test_every_channel_is_there_with_its_exact_address(award: Award) -> None:
    url = sharing.certificate_url(award)
    links = {channel.name: channel.url for channel in sharing.channels(award)}
    assert list(links) == [
        "linkedin-profile", "linkedin-post", "facebook", "x", "bluesky", "mastodon", "threads",
        "whatsapp", "email",
    ]  # fmt: skip
    text = sharing.sentence(award)
    places = {name: urlsplit(link)._replace(query="").geturl() for name, link in links.items()}
    assert places == {
        "linkedin-profile": "https://www.linkedin.com/profile/add",
        "linkedin-post": "https://www.linkedin.com/sharing/share-offsite/",
        "facebook": "https://www.facebook.com/sharer/sharer.php",
        "x": "https://x.com/intent/post",
        "bluesky": "https://bsky.app/intent/compose",
        "mastodon": f"/badges/{award.public_id}/mastodon",
        "threads": "https://www.threads.net/intent/post",
        "whatsapp": "https://wa.me/",
        "email": "mailto:",
    }
    assert parse_qs(urlsplit(links["facebook"]).query) == {"u": [f"{url}?via=fb"]}
    assert parse_qs(urlsplit(links["linkedin-post"]).query) == {"url": [f"{url}?via=li"]}
    mailed = f"subject={quote(award.title, safe='')}&body={quote(text, safe='')}"
    address = quote(f"{url}?via=mail", safe="")
    assert links["email"] == f"mailto:?{mailed}%0D%0A%0D%0A{address}%0D%0A"
    assert parse_qs(urlsplit(links["bluesky"]).query) == {"text": [f"{text} {url}?via=bs"]}
    assert parse_qs(urlsplit(links["whatsapp"]).query) == {"text": [f"{text} {url}?via=wa"]}
    assert parse_qs(urlsplit(links["threads"]).query) == {"url": [f"{url}?via=th"], "text": [text]}
    assert parse_qs(urlsplit(links["x"]).query) == {"text": [text], "url": [f"{url}?via=x"]}
    for channel in sharing.channels(award):
        assert not channel.pattern or "{text}" in channel.pattern


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("mastodon.social", "mastodon.social"),
        (" https://Mastodon.Social/@eve ", "mastodon.social"),
        ("eve@chaos.social", "chaos.social"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", ""),
        ("javascript:alert(1)", ""),
        ("a.example/\r\nx", "a.example"),
        ("evil.example?x=", ""),
        ("", ""),
    ],
)
def test_the_mastodon_server_is_a_host_and_nothing_else(typed: str, host: str) -> None:
    assert sharing.mastodon_host(typed) == host


def test_mastodon_is_asked_for_and_linked_to(world: World, award: Award) -> None:
    assert award.earner is not None
    client = signed_in(award.earner)
    asked = client.get(f"/badges/{award.public_id}/mastodon").content.decode()
    assert "On which one are you?" in asked
    led = client.get(f"/badges/{award.public_id}/mastodon?server=eve@chaos.social").content.decode()
    link = re.search(r'href="(https://chaos\.social/share\?text=[^"]+)"', led)
    assert link is not None
    assert sharing.certificate_url(award) in parse_qs(urlsplit(link[1]).query)["text"][0]
    wrong = client.get(f"/badges/{award.public_id}/mastodon?server=nowhere").content.decode()
    assert 'aria-invalid="true"' in wrong
    assert 'value="nowhere"' in wrong
    assert Client().get(f"/badges/{award.public_id}/mastodon").status_code == 302


def test_the_panel_has_codes_to_paste(world: World, award: Award) -> None:
    assert award.earner is not None
    page = signed_in(award.earner).get(f"/badges/{award.public_id}/manage").content.decode()
    assert "&lt;iframe src=" in page
    assert "&lt;img src=" in page
    assert "What you say with it" in page


@pytest.mark.parametrize(("asked", "size"), [("", (841.89, 595.28)), ("?paper=letter", (792.0, 612.0))])
def test_the_paper_is_one_tagged_page_of_its_size(
    client: Client, award: Award, asked: str, size: tuple[float, float]
) -> None:
    """A screen reader reads it in order (ISO 14289-1); a printer need not shrink it."""
    content = client.get(f"/c/{award.public_id}.pdf{asked}").content
    whole = b"".join([content, *inside(content)])
    assert b"/StructTreeRoot" in whole
    assert re.search(rb"/Marked\s+true", whole)
    assert len(re.findall(rb"/Type\s*/Page\b", whole)) == 1
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", whole)
    assert [tuple(round(float(side)) for side in box) for box in boxes] == [tuple(map(round, size))]
