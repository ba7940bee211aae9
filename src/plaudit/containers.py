"""What badges travel in: JSON, compact JWS, PNG, SVG, PDF, or an address; opened, not yet believed.

| container    | holds                                                 | clause                                 |
|--------------|-------------------------------------------------------|----------------------------------------|
| JSON         | a credential, or an Open Badges 2.0 or 1.1 assertion  | RFC 8259, RFC 7493                     |
| JSON         | an enveloped credential: a data: URL with a JWT       | VCDM 2.0 section 4.13                  |
| JSON         | a presentation of one credential, not judged itself  | VCDM 2.0 section 4.13, VCDM 1.1 4.10   |
| compact JWS  | a VC-JWT, or a signed Open Badges 2.0 assertion       | RFC 7515 section 3.1; OB 3.0 section 8 |
| PNG          | iTXt `openbadgecredential`; iTXt or tEXt `openbadges` | OB 3.0 and OB 2.0, baked badges        |
| SVG          | `openbadges:credential`; `openbadges:assertion`       | the same                               |
| PDF          | a file attached to it, as our printed certificates do | ISO 19005-3 (PDF/A-3), section 6.8     |
| an address   | any of these, or a hosted assertion                   | OB 2.0, hosted verification            |
| a web page   | the first of these that it links to at its own host   | HTML, link type "alternate"            |

A page that shows a part of a badge on purpose says so: `<meta name="open-badge" content="part">`. There is no file
behind it, and whoever gave its address is told that and not that there is no badge.

A picture with one badge of each version holds two, and both are judged. Two of one version are ambiguous: nobody
could say which one is meant.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from plaudit import baking, papers
from plaudit.errors import (
    AmbiguousError,
    FetchError,
    PageError,
    PictureError,
    SeveralError,
    UnreadableError,
    UnsupportedError,
)
from plaudit.fetch import Fetch, Fetched
from plaudit.proofs import jose
from plaudit.reading import listed, parse_json_object

MAX_ADDRESS_CHARACTERS: Final = 4096
ANY_ACCEPT: Final = (
    "application/vc, application/vc+ld+json;q=0.9, application/ld+json;q=0.9, application/json;q=0.8,"
    " application/vc+jwt;q=0.8, image/png;q=0.7, image/svg+xml;q=0.7, text/plain;q=0.5"
)

MAX_PAGE_BYTES: Final = 256 * 1024
"""Of a page for people that are looked through: its head is at the beginning."""
PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
"""Media types of pages for people."""
_LINK: Final = re.compile(r"<link\s([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"(?<![a-zA-Z-])([a-zA-Z-]++)\s{0,8}=\s{0,8}(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
"""A name is taken whole or not at all: one of two thousand letters would be tried from each of them."""
_PART: Final = re.compile(r"<meta name=\"open-badge\" content=\"part\">", re.IGNORECASE)
_FILES: Final = frozenset({"application/vc", "application/vc+ld+json", "application/vc+jwt"})

_WEB_ADDRESS = re.compile(r"https?://[^\s\"<>\\^`{|}]+", re.IGNORECASE)
_PRESENTATIONS: Final = frozenset({"VerifiablePresentation", "EnvelopedVerifiablePresentation"})
_ENVELOPE: Final = "EnvelopedVerifiableCredential"
_DATA_URL = re.compile(r"data:application/(?:vc\+jwt|jwt)[,;](?:base64,)?([A-Za-z0-9_.-]+)")


@dataclass(frozen=True, slots=True)
class Opened:
    """One badge as it came out of its container: exactly one of `content`, `token` and `address` is there."""

    container: str
    """What it came in, in words for a report: "JSON", "a JWT", "a PNG picture", …"""
    content: Mapping[str, Any] | None = None
    """A JSON object."""
    token: str | None = None
    """A compact JWS, not yet taken apart."""
    address: str | None = None
    """Where a hosted assertion is said to be."""
    source: str | None = None
    """The address it was read from, if it was: assertions of Open Badges 1 had no other identity."""
    presentation: str = ""
    """What is to be said of the presentation around it; "" when there was none."""
    presented: int = 0
    """How many credentials that presentation holds."""


def open_input(document: bytes | str | Mapping[str, Any], fetch: Fetch) -> tuple[Opened, ...]:
    """Every badge in the input, at least one and at most two, the newer version first.

    `document` is what was given: JSON, a JWS, a picture, or an address, which is read through `fetch`.
    Raises UnreadableError (AmbiguousError among them) when there is nothing to judge, UnsupportedError for
    a kind that this version does not know, FetchError when the address cannot be read.
    """
    if isinstance(document, Mapping):
        return (_open_given(_as_json(document)),)
    data = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
    if len(data) <= MAX_ADDRESS_CHARACTERS and _WEB_ADDRESS.fullmatch(data.decode("latin-1").strip()):
        try:
            answer = _answer(data.decode("latin-1").strip(), fetch)
        except FetchError as error:
            if _is_withdrawn(error):
                return (Opened("JSON", address=error.url),)
            raise
        if answer.media_type in PAGES:
            answer = _behind_page(answer, fetch)
        return tuple(replace(opened, source=answer.url) for opened in open_bytes(answer.body))
    return open_bytes(data)


def _answer(address: str, fetch: Fetch) -> Fetched:
    """What an address answers to whoever wants a badge. Raises FetchError, also where memory holds another status."""
    answer = fetch(address, ANY_ACCEPT)
    if answer.status != 200:
        reason = f"answered with status {answer.status}"
        raise FetchError(address, reason, status=answer.status, body=answer.body)
    return answer


def _is_withdrawn(error: FetchError) -> bool:
    """Whether an address says in the words of Open Badges 2.0 that the assertion which stood there was withdrawn."""
    if error.status != 410:
        return False
    try:
        return parse_json_object(error.body).get("revoked") is True
    except UnreadableError:
        return False


def _behind_page(page: Fetched, fetch: Fetch) -> Fetched:
    """What the certificate's page names as its file: one step, at the same host. Raises UnreadableError, FetchError.

    A page may lead to any address of its own host, which answers for it anyway, and to no other: whoever gave the
    address of a page is told of a badge that this page's host shows.
    """
    text = page.body[:MAX_PAGE_BYTES].decode("utf-8", "replace")
    for address in _files_named(text):
        file = urljoin(page.url, address)
        if _WEB_ADDRESS.fullmatch(file) and urlsplit(file)[:2] == urlsplit(page.url)[:2]:
            answer = fetch(file, ANY_ACCEPT)
            if answer.media_type not in PAGES:
                return answer
            break
    if _PART.search(text):
        raise PageError("the page at this address shows only a part of a badge", is_part=True)
    raise PageError("the address answers with a page for people, not with a badge")


def _files_named(page: str) -> Iterator[str]:
    """The files of a badge that a page links to in its head. By patterns that no page makes slow, unlike a parser."""
    for link in _LINK.findall(page):
        said = {name.lower(): html.unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(link)}
        media_type = said.get("type", "").partition(";")[0].strip().lower()
        if media_type in _FILES and "alternate" in said.get("rel", "").lower().split():
            yield said.get("href", "").strip()


def open_bytes(data: bytes) -> tuple[Opened, ...]:
    """The same, for bytes that are no address."""
    if baking.is_png(data):
        return _of_picture(data, "a PNG picture")
    if baking.is_svg(data):
        return _of_picture(data, "an SVG picture")
    if papers.is_paper(data):
        return (_of_paper(data),)
    text = data.strip().decode("latin-1")  # bytes have the spaces of ASCII only, and a JWS no other letters
    if jose.looks_like_jws(text):
        return (Opened("a JWT", token=text),)
    if jose.looks_like_sd_jwt(text):
        raise UnsupportedError("a credential of which its holder shows a part (SD-JWT)")
    if picture := _picture_kind(data):
        raise UnreadableError(f"{picture} holds no badge: a badge travels in a PNG or an SVG picture")
    return (_open_given(parse_json_object(data)),)


def _as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as our parser would have read it: what is no JSON is refused, and nothing is shared."""
    try:
        return parse_json_object(json.dumps(document, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnreadableError(f"the mapping is not JSON: {error}") from None


def _open_given(content: Mapping[str, Any]) -> Opened:
    """A JSON object that was given as a whole: also a presentation, when there is one credential in it."""
    if "VerifiablePresentation" not in _types(content):
        return open_object(content, "JSON")
    inside = listed(content.get("verifiableCredential", []))
    if len(inside) > 1:
        raise SeveralError(len(inside))
    if not inside:
        raise UnsupportedError("a presentation without a credential in it")
    (found,) = inside
    container = "JSON, in a presentation"
    if isinstance(found, str) and jose.looks_like_jws(found):
        opened = Opened(container, token=found)
    elif isinstance(found, Mapping):
        opened = open_object(found, container)
    else:
        raise UnsupportedError("a presentation of something else than a credential")
    return replace(opened, presentation=_said_of_presentation(content), presented=1)


def _said_of_presentation(content: Mapping[str, Any]) -> str:
    if content.get("proof"):
        return (
            "Who presents the badge was not checked: the proof of the presentation around it was not judged."
        )
    return "Who presents the badge is not known: the presentation around it is not signed."


def _types(content: Mapping[str, Any]) -> list[Any]:
    return listed(content.get("type"))


def open_object(content: Mapping[str, Any], container: str) -> Opened:
    """A JSON object: itself, or the JWT in an envelope. UnsupportedError for other envelopes and presentations."""
    names = _types(content)
    if _ENVELOPE in names:
        found = _DATA_URL.fullmatch(str(content.get("id")))
        if found is None or not jose.looks_like_jws(found[1]):
            raise UnsupportedError("an enveloped credential that is no JWT")
        return Opened(f"{container}, as an envelope around a JWT", token=found[1])
    if any(name in names for name in _PRESENTATIONS):
        raise UnsupportedError("a presentation; give the credentials in it one by one")
    return Opened(container, content=content)


def _of_picture(picture: bytes, container: str) -> tuple[Opened, ...]:
    try:
        baked = baking.read_picture(picture)
    except AmbiguousError as error:
        raise AmbiguousError(str(error), container) from None
    texts = [text for text in (baked.credential, baked.assertion) if text is not None]
    if not texts:
        raise PictureError("there is no credential in the picture")
    return tuple(_of_text(text, container) for text in texts)


def _of_paper(paper: bytes) -> Opened:
    content = papers.attached(paper)
    if content is None:
        raise UnreadableError(
            "no badge is attached to the PDF file: open the code or the address that is printed on it, and give that"
            " address"
        )
    try:
        return _of_text(content.decode(), "a PDF file")
    except UnicodeDecodeError:
        raise UnreadableError("what is attached to the PDF file is not UTF-8") from None


def _of_text(text: str, container: str) -> Opened:
    stripped = text.strip()
    if jose.looks_like_jws(stripped):
        return Opened(container, token=stripped)
    if jose.looks_like_sd_jwt(stripped):
        raise UnsupportedError("a credential of which its holder shows a part (SD-JWT)")
    if len(stripped) <= MAX_ADDRESS_CHARACTERS and _WEB_ADDRESS.fullmatch(stripped):
        return Opened(container, address=stripped)
    return open_object(parse_json_object(text), container)


def _picture_kind(data: bytes) -> str:
    """What a file is that looks like a badge to a person, and carries none; "" when it is something else."""
    if data[:3] == b"\xff\xd8\xff":
        return "a JPEG picture"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WebP picture"
    return "a GIF picture" if data[:6] in (b"GIF87a", b"GIF89a") else ""
