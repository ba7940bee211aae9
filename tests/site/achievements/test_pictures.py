"""achievements/pictures.py: hostile uploads end in PictureError, good ones in a plain PNG (D9, D10, D11)."""

import inspect
import io
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, PngImagePlugin

from plaudit_site.achievements import pictures
from plaudit_site.achievements.pictures import PictureError


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    return (
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)
    )


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(*parts: bytes) -> bytes:
    return pictures.SIGNATURE + b"".join(parts)


def drawn(width: int = 128, height: int = 128, mode: str = "RGB", **save: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 1 if mode in "1P" else None).save(out, "PNG", **save)
    return out.getvalue()


def with_chunk_before_end(data: bytes, extra: bytes) -> bytes:
    return data[:-12] + extra + data[-12:]


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    exif[0x010F] = "Secret Camera"
    return drawn(exif=exif)


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "eve@example.org")
    info.add_itxt("openbadgecredential", "{}", zip=True)
    return drawn(pnginfo=info)


def moving() -> bytes:
    frames = [Image.new("RGB", (64, 64), (i % 256, 0, 0)) for i in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def ten_thousand_frames() -> bytes:
    control = b"".join(chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(8)) for _ in range(10_000))
    return png(ihdr(64, 64), chunk(b"acTL", struct.pack(">II", 10_000, 0)), control, chunk(b"IEND", b""))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "60,000 pixels a side": lambda: png(
        ihdr(60_000, 60_000), chunk(b"IDAT", zlib.compress(b"")), chunk(b"IEND", b"")
    ),
    "one side too long": lambda: drawn(4097, 64),
    "too many pixels": lambda: png(ihdr(4096, 4096), chunk(b"IDAT", b""), chunk(b"IEND", b"")),
    "zero wide": lambda: png(ihdr(0, 64), chunk(b"IEND", b"")),
    "too small": lambda: drawn(20, 20),
    "a file of 2 MiB and one byte": lambda: drawn() + bytes(pictures.MOST_BYTES),
    "nothing": lambda: b"",
    "the signature alone": lambda: pictures.SIGNATURE,
    "JPEG": lambda: b"\xff\xd8\xff\xe0" + bytes(200),
    "GIF": lambda: b"GIF89a" + bytes(200),
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "HTML": lambda: b"<!doctype html><script>alert(1)</script>",
    "EPS (Pillow would start Ghostscript)": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(100),
    "no pixels": lambda: png(ihdr(64, 64), chunk(b"IEND", b"")),
    "pixels that are no zlib": lambda: png(ihdr(64, 64), chunk(b"IDAT", b"nonsense"), chunk(b"IEND", b"")),
    "too few pixels": lambda: png(
        ihdr(64, 64), chunk(b"IDAT", zlib.compress(b"\0" * 10)), chunk(b"IEND", b"")
    ),
    "no end": lambda: drawn()[:-12],
    "cut in the middle": lambda: drawn()[:90],
    "wrong checksum": lambda: png(ihdr(64, 64), chunk(b"IDAT", b"", crc=7), chunk(b"IEND", b"")),
    "a length beyond the file": lambda: png(ihdr(64, 64), b"\x7f\xff\xff\xffIDAT", bytes(64)),
    "unknown colour type": lambda: png(ihdr(64, 64, colour=5), chunk(b"IDAT", b""), chunk(b"IEND", b"")),
    "depth 3": lambda: png(ihdr(64, 64, depth=3), chunk(b"IDAT", b""), chunk(b"IEND", b"")),
    "moving": moving,
    "10,000 frames": ten_thousand_frames,
    "ten thousand empty chunks": lambda: png(ihdr(64, 64), chunk(b"IDAT", b"") * 10_000, chunk(b"IEND", b"")),
    "two headers": lambda: png(ihdr(64, 64), ihdr(128, 128), chunk(b"IDAT", b""), chunk(b"IEND", b"")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_a_sentence(name: str) -> None:
    with pytest.raises(PictureError) as caught:
        pictures.reencode_upload(HOSTILE[name]())
    assert str(caught.value).endswith(".")


def test_a_compressed_text_bomb_is_never_unpacked() -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_500_000_00)))
    clean = pictures.reencode_upload(with_chunk_before_end(drawn(), bomb))
    assert clean == pictures.reencode_upload(drawn())


GOOD: dict[str, Callable[[], bytes]] = {
    "colour": drawn,
    "grey": lambda: drawn(mode="L"),
    "grey and alpha": lambda: drawn(mode="LA"),
    "colour and alpha": lambda: drawn(mode="RGBA"),
    "palette": lambda: drawn(mode="P"),
    "black and white": lambda: drawn(mode="1"),
    "sixteen bits": lambda: drawn(mode="I;16"),
    "wide": lambda: drawn(640, 100),
    "tall": lambda: drawn(100, 640),
    "as large as allowed": lambda: drawn(4096, 2900),
    "place and camera in EXIF": with_exif,
    "text": with_text,
    "a page behind the picture": lambda: drawn() + b"<html><script>alert(1)</script></html>",
    "an archive behind the picture": lambda: drawn() + b"PK\x03\x04" + bytes(40) + b"PK\x05\x06" + bytes(18),
    "an unknown chunk": lambda: with_chunk_before_end(drawn(), chunk(b"prVt", b"<script>")),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_becomes_a_plain_square_png(name: str) -> None:
    data = GOOD[name]()
    clean = pictures.reencode_upload(data)
    assert clean == pictures.reencode_upload(data)
    assert set(pictures.chunks(clean)) == {b"IHDR", b"IDAT", b"IEND"}
    assert clean.endswith(chunk(b"IEND", b""))
    for secret in (b"Secret Camera", b"eve@", b"script", b"PK\x03\x04", b"openbadge"):
        assert secret not in clean
    with Image.open(io.BytesIO(clean)) as picture:
        assert (picture.size, picture.mode) == ((pictures.SIDE, pictures.SIDE), "RGBA")
        assert not picture.info


def test_a_wide_picture_is_padded_with_nothing() -> None:
    with Image.open(io.BytesIO(pictures.reencode_upload(drawn(600, 100)))) as picture:
        assert picture.getpixel((300, 5)) == (0, 0, 0, 0)
        assert picture.getpixel((300, 300))[3] == 255  # type: ignore[index]


@given(st.binary(max_size=300), st.integers(0, 260))
@settings(max_examples=150, deadline=None)
def test_any_change_of_a_file_is_a_picture_or_a_picture_error(noise: bytes, at: int) -> None:
    base = drawn(64, 64)
    data = base[:at] + noise + base[at + len(noise) :]
    try:
        clean = pictures.reencode_upload(data)
    except PictureError:
        return
    assert set(pictures.chunks(clean)) == {b"IHDR", b"IDAT", b"IEND"}


def test_no_function_takes_a_file_name() -> None:
    """D11: names of files come from nobody but us, so nothing here knows any."""
    for _name, function in inspect.getmembers(pictures, inspect.isfunction):
        assert not {"name", "path", "filename"} & set(inspect.signature(function).parameters)


def test_rasterising_is_deterministic_and_keeps_transparency() -> None:
    circle = '<circle cx="5" cy="5" r="2" fill="#f00"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{circle}</svg>'
    once = pictures.rasterise(svg, 200)
    assert once == pictures.rasterise(svg, 200)
    with Image.open(io.BytesIO(once)) as picture:
        assert picture.size == (200, 200)
        assert picture.getpixel((0, 0)) == (0, 0, 0, 0)
        assert picture.getpixel((100, 100)) == (255, 0, 0, 255)


def test_a_preview_is_an_oblong_of_few_colours() -> None:
    circle = '<circle cx="5" cy="2.5" r="2" fill="#f00"/>'
    ground = '<path d="M0 0h10v5H0z" fill="#fff"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5">{ground}{circle}</svg>'
    once = pictures.preview(svg, 200, 100)
    assert once == pictures.preview(svg, 200, 100)
    with Image.open(io.BytesIO(once)) as picture:
        assert (picture.size, picture.mode) == ((200, 100), "P")
        assert picture.convert("RGB").getpixel((100, 50)) == (255, 0, 0)


def scene(kind: str) -> Image.Image:
    """Thin lines as badges have them; and shades, where each pixel is much like its neighbours."""
    if kind == "shades":
        shade = Image.linear_gradient("L").resize((300, 300))
        return Image.merge("RGBA", (shade, shade.rotate(90), shade.rotate(180), shade.point(lambda _: 255)))
    picture = Image.new("RGBA", (300, 300), (20, 40, 80, 255))
    draw = ImageDraw.Draw(picture)
    for turn in range(40):
        draw.ellipse((turn * 3, turn * 5 % 90, 180 + turn * 3, 200 + turn * 2), outline=(60, 90, 140, 255))
    return picture


@pytest.mark.parametrize(("kind", "plainer"), [("lines", True), ("shades", False)])
def test_of_two_ways_to_write_the_same_pixels_the_shorter_is_taken(
    kind: str, plainer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "EFFORT", 9)  # as in service
    picture, out = scene(kind), io.BytesIO()
    picture.save(out, "PNG", compress_level=9)
    data = pictures.written(picture, picture.size)
    assert (len(data) < len(out.getvalue())) is plainer
    assert len(data) <= len(out.getvalue())
    with Image.open(io.BytesIO(data), formats=["PNG"]) as read:
        read.load()
        assert read.mode == "RGBA"
        assert read.tobytes() == picture.tobytes()
