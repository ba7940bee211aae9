"""A badge that its earner shows to nobody: every address it ever had. And names that would break out of a PDF."""

from __future__ import annotations

import re
import zlib

import pytest
from django.conf import settings
from django.test import Client

from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, downloads, keeping
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.belongings import collecting, profiles
from tests.people import World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def doors(award: Award) -> list[str]:
    """Everything at which something of an award can be had."""
    here, page = f"/c/{award.public_id}", f"/i/{award.issuer.slug}/c/{award.public_id}"
    card = re.search(r"/c/\w+/card-[0-9a-f]{12}\.png", Client().get(page).content.decode())
    assert card, "asked for while it is shown"
    return [
        page,
        here,
        *(f"{here}.{ending}" for ending in downloads.ENDINGS),
        f"{here}/qr.svg",
        f"{here}/qr.png",
        card[0],
        f"{here}/card-{'0' * 12}.png",
        f"/embed/{award.public_id}",
        f"/embed/{award.public_id}?theme=dark",
        f"/oembed?url={settings.BASE_URL}{page}",
        f"/oembed?url={settings.BASE_URL}{here}&format=xml",
    ]


ACCEPTS = ("text/html", "application/vc+ld+json", "application/vc+jwt", "image/png", "application/pdf", "*/*")


@pytest.mark.journey("J29", "J38")
def test_what_is_shown_to_nobody_has_no_side_door(award: Award, eve: User) -> None:
    """# SECURITY E3."""
    asked = doors(award)
    opened = [path for path in asked if Client().get(path).status_code in {200, 302}]
    assert opened == asked, "the control: each is a door"
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    for path in asked:
        for accept in ACCEPTS:
            answer = Client().get(path, headers={"accept": accept})
            assert answer.status_code == 404, (path, accept)
            assert "no-store" in answer["Cache-Control"], (path, accept, answer["Cache-Control"])
            assert award.name.encode() not in answer.content
            assert award.title.encode() not in answer.content
    for path in asked:
        if "oembed" not in path and "card-" not in path and "ob2" not in path and "embed" not in path:
            mine = signed_in(eve).get(path)
            assert mine.status_code in {200, 302}, path
            assert "no-store" in mine["Cache-Control"], path


@pytest.mark.journey("J19", "J38")
def test_what_was_removed_is_gone_at_every_door(award: Award, eve: User) -> None:
    asked = doors(award)
    keeping.remove(award, eve)
    for path in asked:
        answer = Client().get(path, headers={"accept": "*/*"})
        assert answer.status_code in {404, 410}, path
        assert "no-store" in answer["Cache-Control"], (path, answer["Cache-Control"])
    assert Client().get(asked[0]).status_code == 410


def test_no_map_feed_profile_or_collection_names_it(award: Award, eve: User) -> None:
    """# SECURITY E3."""
    made = collecting.make(eve, "All of it")
    collecting.put(award, eve, [made.public_id])
    collecting.describe(made, name=made.name, text="", visibility="public")
    profiles.take_name(eve, "eve")
    profile = profiles.profile_of(eve)
    profile.is_on = profile.may_be_found = True
    profile.save()
    keeping.set_visibility(award, eve, Visibility.PUBLIC)
    places = ["/@eve", f"/collection/{made.public_id}", f"/collection/{made.public_id}.json"]
    for path in places:
        assert award.public_id in Client().get(path).content.decode(), "the control"
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    index = Client().get("/sitemap.xml").content.decode()
    maps = [one.removeprefix(settings.BASE_URL) for one in re.findall(r"<loc>([^<]*)</loc>", index)]
    for path in (*places[:2], "/robots.txt", "/sitemap.xml", *maps, f"/i/{award.issuer.slug}/"):
        assert award.public_id not in Client().get(path).content.decode(), path
    assert Client().get(places[2]).status_code == 404, "nothing is left of it to be told"


# D28

NAMES = {
    "out of a string": "Eve )>>/JS(app.alert(1))/S/JavaScript<<(",
    "an action": "<</Type/Action/S/URI/URI(https://evil.example)>>",
    "code of the program that sets it": '#read("/etc/passwd") #link("https://evil.example")[x] $x$ @y <z> \\u{0}',
    "five thousand signs": "Eve " * 50,
    "Arabic": "\u062d\u0648\u0627\u0621 \u0627\u0644\u0645\u0643\u062a\u0633\u0628\u0629",
    "several scripts": "\u5f20\u4f1f \u05d7\u05d5\u05d4 \u0395\u03cd\u03b1 \U0001f9d1\u200d\U0001f393",
}


def streams(paper: bytes) -> bytes:
    """The PDF with everything that is packed in it unpacked beside it."""
    found = [paper]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", paper, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            found.append(packed)
    return b"\n".join(found)


def without_strings(objects: bytes) -> tuple[bytes, list[bytes]]:
    """The objects with `(n)` for the n-th string, as a reader takes them apart (ISO 32000-1, 7.3.4.2)."""
    kept, strings, at = bytearray(), [], 0
    while at < len(objects):
        if objects[at : at + 1] != b"(":
            kept += objects[at : at + 1]
            at += 1
            continue
        depth, begin, at = 1, at + 1, at + 1
        while depth:
            sign = objects[at : at + 1]
            at += 2 if sign == b"\\" else 1
            depth += (sign == b"(") - (sign == b")")
        kept += b"(%d)" % len(strings)
        strings.append(objects[begin : at - 1])
    return bytes(kept), strings


def test_strings_are_taken_out_as_a_reader_does() -> None:
    assert without_strings(rb"/A (x\)>>/JS(1)) /B (y)") == (b"/A (0) /B (1)", [rb"x\)>>/JS(1)", b"y"])
    assert b"/JS" in without_strings(b"/A (x)>>/JS(1)")[0], "the control: so it would be found"


@pytest.mark.any_database
@pytest.mark.journey("J32")
@pytest.mark.parametrize("how", NAMES)
def test_a_name_in_a_pdf_is_text_and_nothing_else(world: World, eve: User, how: str) -> None:
    """# SECURITY D28: no action, no script, no link but to this site and to what its issuer named."""
    name = NAMES[how]
    world.badge.current.names_in_clear = True  # type: ignore[union-attr]
    award = world.award(badge=world.badge_like("Another"), sign=False)
    Award.objects.filter(pk=award.pk).update(name=name[:200])
    run_worker()
    award.refresh_from_db()
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    made = collecting.make(eve, name[:80])
    collecting.put(award, eve, [made.public_id])
    collecting.describe(made, name=name[:80], text=(name * 20)[:1000], visibility="link")
    eve.name = name[:150]
    eve.save()
    for path in (f"/c/{award.public_id}.pdf", f"/collection/{made.public_id}.pdf"):
        answer = Client().get(path)
        assert answer.status_code == 200, path
        assert answer.content.startswith(b"%PDF-")
        # Its objects alone: what is attached to it is the signed file, as it is.
        bare = re.sub(rb"stream\r?\n.*?\r?\nendstream", b"", answer.content, flags=re.DOTALL)
        objects, strings = without_strings(bare)
        assert not re.search(
            rb"/(?:JS|JavaScript|Launch|OpenAction|AA|SubmitForm|GoToR|RichMedia)\b", objects
        ), path
        addresses = [strings[int(number)] for number in re.findall(rb"/URI\s*\((\d+)\)", objects)]
        assert addresses, "the control: its own address is a link"
        assert all(one.startswith(settings.BASE_URL.encode()) for one in addresses), addresses
        assert b"root:x:0" not in streams(answer.content)
        assert b"/FontFile" in streams(answer.content), "fonts are embedded"
