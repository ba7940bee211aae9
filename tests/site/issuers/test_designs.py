"""How an issuer's certificates look: colours that can be read, sentences that are text, signatures as pictures."""

from __future__ import annotations

import base64
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from plaudit_site.awards import revoking
from plaudit_site.awards.models import Award
from plaudit_site.issuers import designing_certificates as designs
from plaudit_site.issuers.designing_certificates import DesignRefused
from plaudit_site.issuers.logos import reencode
from plaudit_site.issuers.models import CertificateDesign
from tests.people import World
from tests.site.conftest import signed_in
from tests.site.public.test_certificates import page_of, words
from tests.site.public.test_embedding import inside

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def hand() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (300, 90), (20, 30, 40, 255)).save(out, "PNG")
    return out.getvalue()


def designed(world: World, **more: object) -> CertificateDesign:
    design = CertificateDesign(issuer=world.issuer, **more)
    designs.save(design, by="test")
    return CertificateDesign.objects.get(issuer=world.issuer)


@pytest.mark.parametrize(
    ("colour", "is_good"),
    [
        ("#234fa3", True),
        ("#767676", True),
        ("#777777", False),
        ("#ffffff", False),
        ("#ff0000", False),
        ("#C00000", True),
    ],
)
def test_a_colour_too_pale_to_be_read_is_refused(world: World, colour: str, is_good: bool) -> None:
    """4.5 to 1 on white: #767676 is the palest grey that has it."""
    if is_good:
        assert designed(world, colour=colour).colour == colour.lower()
    else:
        with pytest.raises(DesignRefused, match="too pale"):
            designed(world, colour=colour)


@pytest.mark.parametrize(
    "colour", ["red", "#fff", "#12345g", "#123456;}body{display:none}", "url(//x)", "", "#123456\n"]
)
def test_what_is_no_colour_never_gets_into_a_style_sheet(world: World, colour: str) -> None:
    if colour.strip() == "#123456":
        assert "\n" not in designs.style(colour)
        return
    for use in (lambda: designed(world, colour=colour), lambda: designs.style(colour)):
        with pytest.raises(DesignRefused):
            use()


@pytest.mark.parametrize(
    "wording",
    [
        "{0}",
        "{holder.__class__}",
        "{secret}",
        "a { b",
        "{{holder}}",
        "{holder!r}",
        "{name}",
        "{{ name|safe }}",
    ],
)
def test_placeholders_of_other_kinds_are_refused(world: World, wording: str) -> None:
    """D19."""
    with pytest.raises(DesignRefused, match="braces"):
        designed(world, wording=wording)


def test_what_is_filled_in_is_not_looked_through_again() -> None:
    values = {"name": "{{ badge }} {badge}", "badge": "B", "issuer": "I", "date": "D"}
    assert designs.filled("{{ name }} and {{badge}}", values) == "{{ badge }} {badge} and B"
    assert designs.filled("{holder} of {issuer}, {date}", values) == "{{ badge }} {badge} of I, D", (
        "as it was"
    )


@pytest.mark.parametrize("layout", CertificateDesign.Layout.values)
def test_page_and_paper_wear_it(world: World, award: Award, browser: Client, layout: str) -> None:
    designed(
        world,
        layout=layout,
        colour="#7a1f2b",
        wording="{holder} completed {badge} with <b>{issuer}</b>.",
        signatory="Dr. Ada <i>Owner</i>",
        signatory_role="Head of examinations",
        signature=hand(),
    )
    html = browser.get(page_of(award)).content.decode()
    assert f"layout-{layout}" in html
    assert "Eve Earner completed Certified Product Manager with &lt;b&gt;" in html
    assert "Dr. Ada &lt;i&gt;Owner&lt;/i&gt;" in html
    style = re.search(r'href="(/i/[^"]+/certificate-[0-9a-f]{12}\.css)"', html)
    assert style
    sheet = browser.get(style[1])
    assert sheet["Content-Type"] == "text/css"
    assert sheet.content.decode().count("--own:#7a1f2b") == 2
    assert "immutable" in sheet["Cache-Control"]
    picture = re.search(r'src="(/i/[^"]+/signature-[0-9a-f]{12}\.png)"', html)
    assert picture
    assert browser.get(picture[1]).content == hand()
    paper = browser.get(f"/c/{award.public_id}.pdf")
    assert paper.status_code == 200
    assert paper.content.startswith(b"%PDF-")
    assert b"pdfaid:part>3" in b"".join([paper.content, *inside(paper.content)])
    assert len(re.findall(rb"/Type\s*/Page\b", paper.content)) == 1


def test_without_a_design_nothing_is_there(award: Award, browser: Client) -> None:
    html = browser.get(page_of(award)).content.decode()
    assert "layout-" not in html
    assert "/certificate-" not in html


def test_what_holds_no_longer_wears_nobodys_signature(world: World, award: Award, browser: Client) -> None:
    designed(world, layout="framed", wording="{holder} is great", signatory="Dr. Ada", signature=hand())
    revoking.revoke(award, reason="x", by=world.ada)
    html = browser.get(page_of(award)).content.decode()
    for trace in ("layout-framed", "is great", "Dr. Ada", "signature-"):
        assert trace not in html
    assert browser.get(f"/c/{award.public_id}.pdf").status_code == 200


@pytest.mark.parametrize("place", ["{{ name }}", "{holder}"])
def test_a_hidden_name_is_not_in_the_sentence(
    place: str, world: World, award: Award, browser: Client
) -> None:
    designed(world, wording=f"{place} did it")
    Award.objects.filter(pk=award.pk).update(name="Somebody Else")
    html = browser.get(page_of(award)).content.decode()
    assert "did it" not in html
    assert "Somebody Else" not in html


def test_an_older_version_is_not_there_any_more(world: World, award: Award, browser: Client) -> None:
    designed(world, colour="#7a1f2b")
    before = re.search(
        r"/i/[^\"]+/certificate-[0-9a-f]{12}\.css", browser.get(page_of(award)).content.decode()
    )
    assert before
    designed(world, colour="#1f2b7a")
    assert browser.get(before[0]).status_code == 404
    assert (
        browser.get(before[0].replace("certificate-", "signature-").replace(".css", ".png")).status_code
        == 404
    )


@pytest.mark.journey("J37")
def test_from_the_console_with_a_preview_that_saves_nothing(
    world: World, award: Award, browser: Client
) -> None:
    ada, path = signed_in(world.ada), f"/manage/{world.issuer.slug}/certificate"
    assert f'href="{path}"' in ada.get(f"/manage/{world.issuer.slug}/organisation").content.decode()
    sent = {
        "layout": "framed",
        "colour": "#7a1f2b",
        "wording": "{{ name }}, {{ badge }}",
        "signatory": "Dr. Ada",
        "signatory_role": "Head",
    }
    shown = ada.post(path, {**sent, "preview": "1"}).content.decode()
    assert "Robin Sample, Certified Example" in shown
    assert "layout-framed" in shown
    style = re.search(r'href="(/manage/[^"]+certificate\.css\?colour=[^"]+)"', shown)
    assert style
    assert "#7a1f2b" in ada.get(style[1]).content.decode()
    assert not CertificateDesign.objects.exists()
    pale = ada.post(path, {**sent, "colour": "#ffff00"})
    assert pale.status_code == 200
    assert "too pale" in pale.content.decode()
    assert "Dr. Ada" in pale.content.decode()
    with_hand = {**sent, "signature_file": SimpleUploadedFile("hand.png", hand(), "image/png")}
    assert ada.post(path, with_hand).status_code == 302
    saved = CertificateDesign.objects.get()
    assert saved.signature
    assert "Dr. Ada" in words(browser.get(page_of(award)).content.decode())
    assert ada.post(path, {**sent, "without_signature": "on"}).status_code == 302
    assert not CertificateDesign.objects.get().signature
    wrong = ada.post(path, {**sent, "signature_file": SimpleUploadedFile("x.png", b"<svg/>", "image/png")})
    assert "not a PNG or JPEG" in wrong.content.decode()
    nameless = ada.post(
        path, {**with_hand, "signatory": "", "signature_file": SimpleUploadedFile("h.png", hand())}
    )
    assert "say whose it is" in nameless.content.decode()
    assert signed_in(world.ben).get(path).status_code == 404


DRAWN = re.compile(r'<img src="([^"]+)" alt="" height="64">')
CHOSEN = re.compile(r'name="chosen_signature" value="([^"]+)"')


def chosen_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("hand.png", hand(), "image/png")


@pytest.mark.journey("J37")
def test_a_chosen_picture_is_shown_and_kept_until_it_is_saved(world: World) -> None:
    """“Show it” had shown the old one and lost the new one, and “Save” after it saved none and said nothing."""
    ada, path = signed_in(world.ada), f"/manage/{world.issuer.slug}/certificate"
    sent = {"colour": "#7a1f2b", "wording": "", "signatory": "Dr. Ada", "signatory_role": ""}
    sent["layout"] = CertificateDesign.Layout.values[0]
    shown = ada.post(path, {**sent, "preview": "1", "signature_file": chosen_file()}).content.decode()
    picture, kept = DRAWN.search(shown), CHOSEN.search(shown)
    assert picture
    assert kept
    assert picture[1] == f"data:image/png;base64,{kept[1]}"
    assert "is kept here" in shown
    assert not CertificateDesign.objects.exists()
    # A mistake in another field, and no name, lose nothing of it either.
    for mistake in ({"colour": "#ffff00"}, {"signatory": ""}):
        wrong = ada.post(path, {**sent, **mistake, "chosen_signature": kept[1]}).content.decode()
        assert 'aria-invalid="true"' in wrong
        assert CHOSEN.search(wrong)
        assert DRAWN.search(wrong)
    assert ada.post(path, {**sent, "chosen_signature": kept[1]}).status_code == 302
    assert bytes(CertificateDesign.objects.get().signature or b"") == reencode(hand())
    # A later file counts, and so does the wish for none.
    without = {**sent, "chosen_signature": kept[1], "without_signature": "on"}
    assert not DRAWN.search(ada.post(path, {**without, "preview": "1"}).content.decode())
    assert ada.post(path, without).status_code == 302
    assert not CertificateDesign.objects.get().signature


def test_a_picture_that_comes_back_with_the_form_is_looked_at_again(world: World) -> None:
    ada, path = signed_in(world.ada), f"/manage/{world.issuer.slug}/certificate"
    sent = {"layout": CertificateDesign.Layout.values[0], "colour": "#7a1f2b", "signatory": "Dr. Ada"}
    larger = io.BytesIO()
    Image.new("RGB", (900, 900), (1, 2, 3)).save(larger, "JPEG")
    for given in (b"<svg onload=alert(1)>", b"", b"GIF89a"):
        text = base64.b64encode(given).decode() or "%%%"
        shown = ada.post(path, {**sent, "preview": "1", "chosen_signature": text})
        assert shown.status_code == 200
        assert not CHOSEN.search(shown.content.decode())
    text = base64.b64encode(larger.getvalue()).decode()
    assert ada.post(path, {**sent, "chosen_signature": text}).status_code == 302
    with Image.open(io.BytesIO(bytes(CertificateDesign.objects.get().signature or b""))) as found:
        assert found.format == "PNG"
        assert max(found.size) <= 400
