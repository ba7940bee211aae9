"""achievements/designing.py: the picture of a badge."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from plaudit_site.achievements import designing, lettering, pictures, shapes
from plaudit_site.achievements.designing import PALETTES, SHAPES, SYMBOLS, Design, DesignError

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüßéèñøÅžłąŁšČ0123456789 .,:&<>\"'–’()%+"
titles = st.text(LETTERS, min_size=1, max_size=80).filter(lambda text: text.strip())
designs = st.builds(
    Design,
    title=titles,
    issuer=st.text(max_size=24),
    shape=st.sampled_from(sorted(SHAPES)),
    palette=st.sampled_from(sorted(PALETTES)),
    symbol=st.sampled_from(sorted(SYMBOLS)),
)


def points(path: str, scale: float) -> Iterator[tuple[float, float]]:
    """Absolute points (ends and control points) of the path data that lettering.outline writes."""
    x = y = 0.0
    for step, numbers in re.findall(r"([MlqcT])([^A-Za-z]*)", path):
        values = [float(n) for n in re.findall(r"[+-]?\d+(?:\.\d+)?", numbers)]
        for i in range(0, len(values), 2):
            px, py = (values[i], values[i + 1]) if step == "M" else (x + values[i], y + values[i + 1])
            yield px * scale, py * scale
        x, y = (px, py)


@given(designs)
@settings(max_examples=60, deadline=None)
def test_the_title_never_leaves_the_shape(design: Design) -> None:
    svg = designing.draw(design)
    root = etree.fromstring(svg.encode())
    letters = root.findall("{*}path[@transform]")
    assert letters
    for path in letters:
        for x, y in points(path.get("d", ""), 0.1):
            assert abs(x - 200) <= shapes.half_width(design.shape, y, 0.84) - 3, (design, x, y)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "title", ["A", "Aa Bb", "Certified Product Marketing Manager", "Aaa Bbb Ccc Ddd", "Å É Ç g"]
)
def test_the_symbol_and_each_line_keep_clear_of_the_rim(shape: str, title: str) -> None:
    size, lines, (top, side, baselines, _issuer_at) = designing.arranged(title, shape, True)
    assert shapes.half_width(shape, top + 4) >= side * 0.42
    for line, baseline in zip(lines, baselines, strict=True):
        half = lettering.width(line, size) / 2
        for y in (baseline - size * 0.75, baseline + size * 0.24):
            assert half <= shapes.half_width(shape, y) - shapes.MARGIN + 0.01, line


@given(designs)
@settings(max_examples=40, deadline=None)
def test_the_same_design_gives_the_same_bytes_and_stays_small(design: Design) -> None:
    assert designing.draw(design) == designing.draw(design)
    assert len(designing.draw(design)) <= 40_000


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "title",
    ["Mentor", "Certified Product Manager", "Certified Product Marketing Manager", "Größe & <Maß> 100 %"],
)
def test_usual_titles_stay_within_25_kb(shape: str, title: str) -> None:
    assert len(designing.draw(Design(title, "APLEAD", shape))) <= 25_000


@pytest.mark.parametrize(
    "title",
    ["Donaudampfschifffahrtsgesellschaftskapitänsausbildung", "W" * 80, "i" * 80, "a " * 40, "Сертификация"],
)
def test_long_words_are_divided_and_other_alphabets_drawn(title: str) -> None:
    for shape in SHAPES:
        etree.fromstring(designing.draw(Design(title, "X", shape)).encode())


def test_what_cannot_be_written_is_named() -> None:
    with pytest.raises(DesignError, match="証 明"):
        designing.draw(Design("証明 A"))
    with pytest.raises(DesignError, match=r"U\+202E"):
        designing.draw(Design("abc\u202edef"))
    with pytest.raises(DesignError, match="80"):
        designing.draw(Design("x" * 81))
    with pytest.raises(DesignError):
        designing.draw(Design("  "))


def test_decomposed_letters_are_composed_first() -> None:
    assert designing.draw(Design("Caf\u0065\u0301")) == designing.draw(Design("Café"))


def test_a_short_name_that_cannot_be_written_is_left_out() -> None:
    assert designing.draw(Design("Mentor", "証")).count('transform="scale(.1)" fill') == 1


@pytest.mark.parametrize("field", ["shape", "palette", "symbol"])
def test_an_unknown_part_is_refused(field: str) -> None:
    with pytest.raises(DesignError):
        designing.draw(Design(**{"title": "A", field: "../../x"}))


def test_the_svg_holds_nothing_but_shapes() -> None:
    allowed = {"svg", "defs", "linearGradient", "stop", "clipPath", "path", "g", "circle", "rect", "line"}
    for symbol in SYMBOLS:
        root = etree.fromstring(designing.draw(Design('"><script>', "A&B", symbol=symbol)).encode())
        assert {etree.QName(node).localname for node in root.iter()} <= allowed | {"ellipse", "polyline"}
        assert not [
            name for node in root.iter() for name in node.attrib if name.startswith("on") or "href" in name
        ]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", PALETTES)
def test_the_title_has_contrast(name: str) -> None:
    for ground in (PALETTES[name].deep, PALETTES[name].mid):
        assert 1.05 / (luminance(ground) + 0.05) >= 4.5
        assert (luminance(PALETTES[name].accent) + 0.05) / (luminance(ground) + 0.05) >= 3


def test_it_is_described_in_words() -> None:
    assert (
        designing.describe(Design("Certified Product Manager", symbol="compass"))
        == "Badge: Certified Product Manager, a dark blue hexagon with a compass"
    )


@pytest.mark.parametrize(
    "title", ["Mentor", "A rather long title that needs several lines to be readable at all"]
)
def test_the_title_is_drawn_on_an_upload(title: str) -> None:
    plain = pictures.rasterise(designing.draw(Design("X")), 300)
    once = designing.draw_title_on(plain, title)
    assert once == designing.draw_title_on(plain, title)
    assert once != pictures.reencode_upload(plain)
    assert set(pictures.chunks(once)) == {b"IHDR", b"IDAT", b"IEND"}


def test_outline_and_width_refuse_the_same_characters() -> None:
    with pytest.raises(lettering.MissingCharacters):
        lettering.width("証", 10)
    with pytest.raises(lettering.MissingCharacters):
        lettering.outline("証", 0, 0, 10)
