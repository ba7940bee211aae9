"""The picture on the page of a check: what the issuer signed, never what it was put into (DECISIONS 18, A27)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

import plaudit
from plaudit import MappedFetch
from plaudit.encoding import multibase_encode
from plaudit.fetch import Budget, Limits
from plaudit_site.awards import claiming
from plaudit_site.awards.credentials import digest_sri
from plaudit_site.awards.models import Visibility
from plaudit_site.backpack import own_addresses, picturing, verifying
from tests.people import World
from tests.plaudit import samples

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ADDRESS = "https://guild.example/b/soldering/v1.png"
ATTENDANCE, PHD = (200, 30, 30), (20, 60, 200)
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script>
<rect width="9" height="9" fill="#c81e1e"/></svg>"""


def png(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 80), colour).save(out, "PNG")
    return out.getvalue()


SEEN, CLAIMED = png(ATTENDANCE), png(PHD)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    known = dict(samples.web())
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(known))
    return known


def related(picture: bytes = SEEN, **changes: Any) -> dict[str, Any]:
    return {"relatedResource": [{"id": ADDRESS, "digestSRI": digest_sri(picture), **changes}]}


def signed(image: str = "", **changes: Any) -> bytes:
    content = samples.credential(**changes)
    if image:
        content["credentialSubject"]["achievement"]["image"] = {"id": image, "type": "Image"}
    return plaudit.issue(content, samples.GUILD, samples.AT)


def page_of(client: Client, file: bytes, name: str = "phd.png") -> str:
    answer = client.post("/verify/", {"file": SimpleUploadedFile(name, file)})
    return client.get(answer["Location"]).content.decode()


def colour_shown(page: str) -> tuple[int, ...] | None:
    found = re.findall(r'<img class="signed" src="data:image/png;base64,([^"]+)"', page)
    assert len(found) <= 1
    if not found:
        return None
    with Image.open(io.BytesIO(base64.b64decode(found[0]))) as picture:
        pixel = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


def data(kind: str, body: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(body).decode()}"


MULTIHASH = multibase_encode(b"\x12\x20" + hashlib.sha256(SEEN).digest())
LONGER = "sha512-" + base64.b64encode(hashlib.sha512(SEEN).digest()).decode()
# The signed credential, and what stands at the picture's address; then whether “Attendance” is shown.
BAKED: dict[str, tuple[dict[str, Any], bytes | None, bool]] = {
    "its digest is signed": (related(), SEEN, True),
    "by its multihash": (related(digestSRI="", digestMultibase=MULTIHASH), SEEN, True),
    "by both and a longer one": (related(digestSRI=LONGER, digestMultibase=MULTIHASH), SEEN, True),
    "inside the signed text": ({"image": data("png", SEEN)}, None, True),
    "a drawing inside it": ({"image": data("svg+xml", DRAWING)}, None, True),
    "a drawing whose digest is signed": (related(DRAWING), DRAWING, True),
    "no digest": ({}, SEEN, False),
    "swapped at its address": (related(), CLAIMED, False),
    "one digest of two is another": (related(CLAIMED, digestMultibase=MULTIHASH), SEEN, False),
    "a digest of something else": (related(CLAIMED, id="https://guild.example/phd.png"), SEEN, False),
    "not there": (related(), None, False),
    "no picture": (related(b"GIF89a"), b"GIF89a", False),
    "inside it and damaged": ({"image": data("png", SEEN[:100])}, None, False),
    "a drawing that loads something": (
        {"image": data("svg+xml", DRAWING.replace(b"<rect", b'<image href="https://evil.example/x"/><rect'))}, None,
        False,
    ),
}  # fmt: skip


@pytest.mark.journey("J42")
@pytest.mark.parametrize(("said", "there", "is_shown"), BAKED.values(), ids=BAKED)
def test_attendance_in_the_picture_of_a_phd(
    client: Client, web: dict[str, bytes], said: dict[str, Any], there: bytes | None, is_shown: bool
) -> None:
    web.pop(ADDRESS, None)
    if there is not None:
        web[ADDRESS] = there
    page = page_of(client, plaudit.bake(CLAIMED, signed(**said).decode()))
    assert "do not know its issuer" in page
    assert colour_shown(page) == (ATTENDANCE if is_shown else None)
    assert ("picture of this file is not shown" in page) is not is_shown
    assert ADDRESS not in page, "no browser is sent there"


def test_the_given_file_itself_is_shown_when_its_digest_is_signed_and_nothing_is_asked(
    client: Client, web: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noting(url: str) -> bytes | None:
        asked.append(url)
        return web.get(url)

    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(noting))
    assert colour_shown(page_of(client, plaudit.bake(SEEN, signed(**related()).decode()))) == ATTENDANCE
    assert ADDRESS not in asked


def test_of_what_is_not_to_be_trusted_no_picture_is_shown(client: Client, web: dict[str, bytes]) -> None:
    web[ADDRESS] = SEEN
    altered = signed(**related()).replace(b"Soldering", b"Doctorate")
    page = page_of(client, plaudit.bake(CLAIMED, altered.decode()))
    assert 'class="verdict bad"' in page
    assert colour_shown(page) is None


def test_a_revoked_badge_is_told_with_what_was_signed_struck_through(
    client: Client, web: dict[str, bytes]
) -> None:
    """ADR 0063: only what nobody vouches for shows nothing."""
    web[ADDRESS] = SEEN
    web[samples.LIST] = samples.status_list(4711)
    page = page_of(client, signed(**related()), "badge.json")
    assert "This badge was revoked" in page
    assert '<article class="box said void">' in page
    assert colour_shown(page) == ATTENDANCE


def test_our_own_badge_has_its_own_picture_without_a_look_at_the_network(
    client: Client, world: World
) -> None:
    award = world.award()
    claiming.accept_with_new_account(award, visibility=Visibility.LINK, trust_issuer=False)
    page = page_of(client, client.get(f"/c/{award.public_id}.json").content, "badge.json")
    assert "This badge is authentic" in page
    shown = colour_shown(page)
    with Image.open(io.BytesIO(bytes(award.version.picture_png))) as ours:
        middle = ours.convert("RGB").resize((240, 240)).getpixel((120, 120))
    assert isinstance(middle, tuple)
    assert shown is not None
    assert all(abs(one - other) < 12 for one, other in zip(shown, middle, strict=True))


def test_when_all_places_are_taken_a_drawing_is_left_out_and_the_verdict_is_told(
    client: Client, web: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    none_free = threading.BoundedSemaphore(1)
    none_free.acquire()
    said = signed(data("svg+xml", DRAWING)).decode()
    monkeypatch.setattr(own_addresses, "read", web.get)
    monkeypatch.setattr(verifying, "_places", none_free)
    page = page_of(client, said.encode(), "badge.json")
    assert "do not know its issuer" in page
    assert colour_shown(page) is None


@pytest.mark.parametrize(
    "said", [signed(**related()), signed(data("png", SEEN))], ids=["elsewhere", "inside"]
)
def test_the_picture_has_what_is_left_of_the_time(said: bytes) -> None:
    """With the control beside it."""
    for seconds, is_shown in ((10, True), (0, False)):
        fetch = Budget(MappedFetch({ADDRESS: SEEN}), Limits(seconds=seconds))
        drawn = picturing.signed_picture(json.loads(said), b"", fetch, lambda: None)
        assert bool(drawn) is is_shown
