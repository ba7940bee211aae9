"""What a badge travels in is opened, never believed; two badges in one picture are two reports."""

import json
import time
import zlib
from typing import Any

import pytest

import plaudit
from plaudit import FetchError, MappedFetch, bake, offline
from plaudit.containers import ANY_ACCEPT, open_bytes, open_input
from plaudit.errors import AmbiguousError, UnreadableError, UnsupportedError
from plaudit.fetch import Fetched
from tests.plaudit.samples import AT, SVG, png, signed, web

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.AAAA"
ADDRESS = "https://guild.example/badge"


def older(text: str, picture: bytes) -> bytes:
    """The picture with an Open Badges 2.0 assertion in it."""
    body = b"iTXtopenbadges\0\0\0\0\0" + text.encode()
    return picture[:33] + (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4) + picture[33:]


def test_json_is_opened_from_every_form_of_text() -> None:
    for document in (signed(), signed().decode(), json.loads(signed())):
        (opened,) = open_input(document, offline)
        assert opened.content == json.loads(signed())
        assert opened.container == "JSON"


def test_a_mapping_is_held_to_what_json_can_say() -> None:
    for value in (float("nan"), object(), {1: 2, "1": 3}, "\ud800"):
        with pytest.raises(UnreadableError):
            open_input({"x": value}, offline)
    loop: dict[str, Any] = {}
    loop["x"] = loop
    with pytest.raises(UnreadableError):
        open_input(loop, offline)


def test_a_jwt_is_kept_whole() -> None:
    for data in (TOKEN, f" {TOKEN}\n".encode()):
        (opened,) = open_input(data, offline)
        assert (opened.token, opened.content, opened.container) == (TOKEN, None, "a JWT")


@pytest.mark.parametrize("odd", [b"\xa0", b"\x85", b"\xc2\xa0"])
def test_bytes_around_a_jwt_that_are_no_text_are_refused_and_nothing_else_happens(odd: bytes) -> None:
    """Some are spaces in one encoding and no text in another."""
    for data in (odd + TOKEN.encode(), TOKEN.encode() + odd):
        with pytest.raises(UnreadableError):
            open_input(data, offline)
        assert plaudit.verify(data, fetch=offline, at=AT).exit_code == 3


@pytest.mark.parametrize(
    "disclosed", ["", "WyJzIiwibmFtZSIsIngiXQ~", "WyJzIl0~eyJhbGciOiJFUzI1NiJ9.e30.AAAA"]
)
def test_an_sd_jwt_is_a_kind_that_is_not_known_here_and_not_nothing(disclosed: str) -> None:
    shown = f"{TOKEN}~{disclosed}"
    for data in (shown, shown.encode(), older(shown, png())):
        report = plaudit.verify(data, fetch=offline, at=AT)
        assert report.checks[0].outcome == "unknown"
        assert "SD-JWT" in report.checks[0].detail
    assert plaudit.verify(f"{TOKEN}~<b>", fetch=offline, at=AT).checks[0].outcome == "failed"


def test_an_envelope_around_a_jwt() -> None:
    envelope = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{TOKEN}"}
    (opened,) = open_input(envelope, offline)
    assert opened.token == TOKEN
    for identifier in (
        "data:application/vc+sd-jwt,x.y.z",
        "https://x.example/",
        None,
        "data:application/vc+jwt,x",
    ):
        with pytest.raises(UnsupportedError):
            open_input(envelope | {"id": identifier}, offline)


def test_a_presentation_of_none_several_or_something_else_is_not_opened() -> None:
    good = json.loads(signed())
    for inside, said in (
        ([], "without a credential"),
        ([good, good, good], "3 credentials; give them one by one"),
        ([None], "something else"),
        (["https://x.example/"], "something else"),
        ({"type": ["VerifiablePresentation"], "verifiableCredential": [good]}, "a presentation"),
        (
            {"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt,a.b.c"},
            "a presentation",
        ),
    ):
        with pytest.raises(UnsupportedError, match=said):
            open_input({"type": ["VerifiablePresentation"], "verifiableCredential": inside}, offline)
    with pytest.raises(UnsupportedError):
        open_input(
            {"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt,a.b.c"}, offline
        )


@pytest.mark.parametrize("text", [TOKEN, ADDRESS, '{"type": "Assertion"}'])
def test_an_older_badge_in_a_picture(text: str) -> None:
    (opened,) = open_bytes(older(text, png()))
    assert opened.container == "a PNG picture"
    assert (opened.token or opened.address or json.dumps(opened.content)) == text


def test_one_of_each_version_are_two_badges_the_newer_first() -> None:
    newer, old = open_bytes(older(ADDRESS, bake(png(), signed())))
    assert newer.content == json.loads(signed())
    assert old.address == ADDRESS
    both = bake(SVG, signed()).replace(
        b"<circle", b'<a:assertion xmlns:a="http://openbadges.org" verify="https://x.example/"/><circle'
    )
    assert [opened.address for opened in open_bytes(both)] == [None, "https://x.example/"]


def test_two_of_one_version_are_ambiguous() -> None:
    with pytest.raises(AmbiguousError):
        open_bytes(older(ADDRESS, older(ADDRESS, png())))


def test_an_address_is_read_once_and_what_it_answers_is_opened() -> None:
    asked = []

    def fetch(url: str, accept: str) -> Fetched:
        asked.append((url, accept))
        return Fetched(url, 200, "image/png", bake(png(), signed()))

    (opened,) = open_input(f" {ADDRESS}\n", fetch)
    assert opened.container == "a PNG picture"
    assert asked == [(ADDRESS, ANY_ACCEPT)]


def test_an_answer_that_is_an_address_itself_is_not_followed() -> None:
    with pytest.raises(UnreadableError):
        open_input(ADDRESS, MappedFetch({ADDRESS: b"https://guild.example/other"}))


def test_a_page_for_people_is_named_as_one() -> None:
    page = Fetched(ADDRESS, 200, "text/html", b"<html></html>")
    with pytest.raises(UnreadableError, match="page for people"):
        open_input(ADDRESS, MappedFetch({ADDRESS: page}))


FILE = "https://guild.example/badges/1.json"
OTHER = "https://other.example/badges/1.json"
PAGES = {
    "as our own pages do": (f'<link rel="alternate" type="application/vc+ld+json" href="{FILE}">', True),
    "by its path, in other words": ("<LINK HREF='/badges/1.json' TYPE=application/vc REL='x Alternate'/>", True),
    "after a picture and a feed": (
        '<link rel="icon" href="/f.svg"><link rel="alternate" type="application/json+oembed" href="/o">'
        f'<link\nrel="alternate"\ntype="application/vc+ld+json; charset=utf-8"\nhref="{FILE}">',
        True,
    ),
    "at another host": (f'<link rel="alternate" type="application/vc+ld+json" href="{OTHER}">', False),
    "by another scheme": (
        '<link rel="alternate" type="application/vc" href="http://guild.example/badges/1.json">', False,
    ),
    "as something else": (f'<link rel="stylesheet" type="application/vc" href="{FILE}">', False),
    "itself": ('<link rel="alternate" type="application/vc" href="">', False),
    "far below": (" " * 300_000 + f'<link rel="alternate" type="application/vc" href="{FILE}">', False),
}  # fmt: skip


@pytest.mark.parametrize("named", PAGES)
def test_a_page_leads_to_the_file_that_it_names_at_its_own_host(named: str) -> None:
    head, follows = PAGES[named]
    page = f"<!doctype html><html><head>{head}</head>"
    web = {
        ADDRESS: Fetched(ADDRESS, 200, "text/html", page.encode()),
        FILE: Fetched(FILE, 200, "application/vc+ld+json", signed()),
        OTHER: Fetched(OTHER, 200, "application/vc+ld+json", signed()),
        FILE.replace("https", "http"): Fetched(FILE, 200, "application/vc+ld+json", signed()),
    }
    if not follows:
        with pytest.raises(UnreadableError, match="page for people"):
            open_input(ADDRESS, MappedFetch(web))
        return
    (opened,) = open_input(ADDRESS, MappedFetch(web))
    assert (opened.container, opened.source) == ("JSON", FILE)


def test_a_page_behind_a_page_is_not_looked_for() -> None:
    page = f'<link rel="alternate" type="application/vc" href="{FILE}">'.encode()
    web = {url: Fetched(url, 200, "text/html", page) for url in (ADDRESS, FILE)}
    with pytest.raises(UnreadableError, match="page for people"):
        open_input(ADDRESS, MappedFetch(web))


@pytest.mark.parametrize(
    "page",
    [
        "<link " * 40_000,
        "<link a=" * 30_000,
        "<link " + "a='" * 80_000,
        "<!--" * 60_000,
        f"<link {'a' * 1990}>" * 128,
    ],
)
def test_no_page_takes_long(page: str) -> None:
    """# SECURITY D18."""
    begin = time.process_time()
    with pytest.raises(UnreadableError):
        open_input(ADDRESS, MappedFetch({ADDRESS: Fetched(ADDRESS, 200, "text/html", page.encode())}))
    assert time.process_time() - begin < 1


def test_an_address_that_cannot_be_read() -> None:
    with pytest.raises(FetchError):
        open_input(ADDRESS, offline)
    report = plaudit.verify(ADDRESS, fetch=offline, at=AT)
    assert (report.exit_code, report.readable, report.checks[0].outcome) == (3, False, "unknown")


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"\xff\xd8\xff\xe0", "JPEG"), (b"RIFF\0\0\0\0WEBP", "WebP"), (b"GIF89a", "GIF"), (b"%PDF-1.4", "PDF")],
)
def test_a_bare_picture_is_named_as_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(UnreadableError, match=what):
        open_bytes(data)


def test_a_badge_at_an_address_is_verified() -> None:
    report = plaudit.verify(ADDRESS, fetch=MappedFetch(web() | {ADDRESS: signed()}), at=AT)
    assert report.verified
    assert (report.container, report.standard) == ("JSON", "Open Badges 3.0")
