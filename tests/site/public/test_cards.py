"""The preview picture: whatever the words are, 1,200 by 630."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from plaudit_site.achievements import designing, pictures
from plaudit_site.public import cards


@pytest.mark.parametrize(
    ("title", "holder"),
    [
        ("Mentor", "Eve Earner"),
        ("W" * 80, "W" * 200),
        ("A title with many words that fills more than three lines of the card at its size", "E" * 40),
        ("証明書", "山田太郎"),
        ("", ""),
        ('"><script>alert(1)</script>', "<b>&"),
    ],
)
def test_a_card_is_drawn_whatever_the_words(title: str, holder: str) -> None:
    svg = designing.draw(designing.Design("Mentor"))
    words = {"title": title, "holder": holder, "issuer": "Society", "note": "Awarded", "seed": "x"}
    card = cards.draw(**words, picture=b"", svg=svg, tone="ok")
    with Image.open(io.BytesIO(card)) as picture:
        assert picture.size == (1200, 630)
        # Nothing runs over the end of the card: the last columns are paper.
        edge = picture.convert("RGB").crop((1170, 0, 1200, 630))
        assert len(edge.getcolors() or []) == 1


def test_a_card_of_an_uploaded_picture_shows_it() -> None:
    png = pictures.rasterise(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="red"/></svg>',
        600,
    )
    words = {"title": "A", "holder": "B", "issuer": "C", "note": "D", "seed": "x"}
    with Image.open(io.BytesIO(cards.draw(**words, picture=png, svg="", tone="ok"))) as picture:
        assert picture.convert("RGB").getpixel((274, 315)) == (255, 0, 0)


@pytest.mark.journey("J38")
@pytest.mark.parametrize(
    ("tone", "is_red", "is_amber"),
    [("ok", False, False), ("grey", False, False), ("warn", False, True), ("bad", True, False)],
)
def test_the_words_at_its_foot_have_the_colour_of_the_state(tone: str, is_red: bool, is_amber: bool) -> None:
    words = {"title": "", "holder": "", "issuer": "", "note": "We could not check everything", "seed": "x"}
    with Image.open(io.BytesIO(cards.draw(**words, picture=b"", svg="", tone=tone))) as picture:
        drawn = picture.convert("RGB").crop((cards.BESIDE, 0, 1200, 630))
        found = {colour for _number, colour in drawn.getcolors(1_000_000) or []}
    assert any(red > 120 and green < 60 for red, green, _blue in found) is is_red
    assert any(100 < red < 140 and green > 60 and blue < 20 for red, green, blue in found) is is_amber
