"""Bytes of pictures: our own SVG to PNG, and what people upload to a PNG of ours.

An upload is hostile until it has been taken apart and written anew: its header is read before anything
is unpacked, every failure of the reader is one PictureError, and only the chunks that draw are kept.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import typst
from django.utils.translation import gettext as _
from PIL import Image, ImageEnhance

SIDE = 600  # of the pictures we keep
MOST_BYTES = 2 * 1024 * 1024
MOST_SIDE = 4096
MOST_PIXELS = 12_000_000
MOST_CHUNKS = 2_000
LEAST_SIDE = 64
DRAWING_SECONDS = 15.0  # by the clock; of processor time the child has five
EFFORT = 9  # of 9: a picture is written once and read for years
SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = (b"IHDR", b"IDAT", b"IEND")

PAGE = b"""#set page(width: 1000pt, height: 1000pt * eval(sys.inputs.ratio), margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)
"""


class PictureError(ValueError):
    """The picture cannot be used; str(error) is a sentence for the one who sent it."""


def rasterise(svg: str, side: int) -> bytes:
    """Our own SVG (never an uploaded one) as a PNG of `side` by `side` pixels."""
    return written(_drawn(svg, side, side), (side, side))


def preview(svg: str, width: int, height: int) -> bytes:
    """Our own SVG as a PNG of 256 colours: for previews, where size counts more than shades."""
    out = BytesIO()
    colours = _drawn(svg, width, height).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    colours.save(out, "PNG", optimize=True)
    return out.getvalue()


def pale(png: bytes, *, grey: bool) -> bytes:
    """A picture of ours as what no longer holds (`grey`) or is past: as our style sheets show them."""
    with Image.open(BytesIO(png)) as read:
        picture = read.convert("RGBA")
    seen = picture.getchannel("A").point(lambda value: value * (5 if grey else 7) // 10)
    colours = ImageEnhance.Color(picture.convert("RGB")).enhance(0 if grey else 0.5).convert("RGBA")
    colours.putalpha(seen)
    out = BytesIO()
    colours.save(out, "PNG", optimize=True)
    return out.getvalue()


def _drawn(svg: str, width: int, height: int) -> Image.Image:
    png = typst.compile(
        PAGE,
        format="png",
        ppi=width * 72 / 1000,
        ignore_system_fonts=True,
        sys_inputs={"svg": svg, "ratio": f"{height}/{width}"},
    )
    if not isinstance(png, bytes):
        raise TypeError("one page was asked for")
    with Image.open(BytesIO(png)) as picture:
        picture.load()
        drawn = picture.convert("RGBA")
    return drawn if drawn.size == (width, height) else drawn.resize((width, height), Image.Resampling.LANCZOS)


def rasterise_upload(svg: str, side: int, seconds: float = DRAWING_SECONDS) -> bytes:
    """A cleaned upload (svg_cleaning.py) as a PNG: drawn in a child that the kernel stops. PictureError when it is."""
    script = Path(__file__).with_name("_drawing_child.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script)],
            input=f"{side}\n{svg}".encode(),
            capture_output=True,
            timeout=min(seconds, DRAWING_SECONDS),
            check=False,
            env={"RAYON_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as late:
        raise PictureError(
            _("The drawing takes too long to be drawn. Simplify it, or upload it as PNG.")
        ) from late
    if done.returncode != 0 or not done.stdout.startswith(SIGNATURE):
        raise PictureError(_("The drawing could not be drawn. Simplify it, or upload it as PNG."))
    return written(opened(done.stdout), (side, side))


def reencode_upload(data: bytes, side: int = SIDE) -> bytes:
    """An uploaded PNG as a square PNG of ours. PictureError for everything that is not a plain PNG."""
    width, height = header(data)
    if width > MOST_SIDE or height > MOST_SIDE or width * height > MOST_PIXELS:
        raise PictureError(
            _("The picture is too large: %(most)d pixels a side at most.") % {"most": MOST_SIDE}
        )
    if min(width, height) < LEAST_SIDE:
        raise PictureError(
            _("The picture is too small: %(least)d pixels a side at least.") % {"least": LEAST_SIDE}
        )
    chunks(data)
    picture = opened(data)
    if picture.size != (width, height):
        raise PictureError(_("The picture is damaged. Save it again as PNG and try once more."))
    return written(squared(picture), (side, side))


def header(data: bytes) -> tuple[int, int]:
    """Width and height as the file claims them, before anything is unpacked."""
    if len(data) > MOST_BYTES:
        raise PictureError(_("The file is too large: 2 MB at most."))
    if not data.startswith(SIGNATURE):
        raise PictureError(_("This is not a PNG picture. Save it as PNG and try once more."))
    if len(data) < 33 or data[8:16] != b"\x00\x00\x00\x0dIHDR":
        raise PictureError(_("The picture is damaged. Save it again as PNG and try once more."))
    width, height = struct.unpack(">II", data[16:24])
    if not width or not height:
        raise PictureError(_("The picture is damaged. Save it again as PNG and try once more."))
    return int(width), int(height)


def chunks(data: bytes) -> list[bytes]:
    """The kinds of chunks in the file. Refuses moving pictures, broken frames and endless ones."""
    found: list[bytes] = []
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind = data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if at + 12 + length > len(data) or len(found) >= MOST_CHUNKS:
            break
        if struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] != zlib.crc32(kind + body):
            break
        if kind in (b"acTL", b"fcTL", b"fdAT"):
            raise PictureError(_("Moving pictures cannot be badges. Choose a still one."))
        found.append(kind)
        if kind == b"IEND":
            return found
        at += 12 + length
    raise PictureError(_("The picture is damaged. Save it again as PNG and try once more."))


def opened(data: bytes) -> Image.Image:
    """The pixels. Pillow answers hostile files with errors of many classes: all are caught here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = Image.open(BytesIO(only_drawing_chunks(data)), formats=["PNG"])
            picture.load()
            return picture.convert("RGBA")
    except Exception as error:
        raise PictureError(_("The picture is damaged. Save it again as PNG and try once more.")) from error


def only_drawing_chunks(data: bytes) -> bytes:
    """The same file without text, time, place and profiles: only the pixels are ever unpacked."""
    kept, at = [SIGNATURE], len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if kind in (*KEPT, b"PLTE", b"tRNS"):
            kept.append(data[at : at + 12 + length])
        if kind == b"IEND":
            break
        at += 12 + length
    return b"".join(kept)


def squared(picture: Image.Image) -> Image.Image:
    side = max(picture.size)
    square = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def lay_band(png: bytes, band: bytes, share: float) -> bytes:
    """`png` with the upper `share` of `band` laid over its lower part."""
    with (
        Image.open(BytesIO(png), formats=["PNG"]) as below,
        Image.open(BytesIO(band), formats=["PNG"]) as above,
    ):
        picture = squared(below.convert("RGBA")).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        strip = above.convert("RGBA").crop((0, 0, SIDE, round(SIDE * share)))
        picture.alpha_composite(strip, (0, SIDE - strip.height - SIDE // 20))
        return written(picture, (SIDE, SIDE))


def written(picture: Image.Image, size: tuple[int, int]) -> bytes:
    """A PNG with IHDR, IDAT and IEND alone."""
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    plain = Image.frombytes("RGBA", picture.size, picture.convert("RGBA").tobytes())
    out = BytesIO()
    plain.save(out, "PNG", optimize=False, compress_level=EFFORT)
    data = min(out.getvalue(), _unfiltered(plain), key=len)
    if set(chunks(data)) != set(KEPT):
        raise PictureError(_("The picture could not be written."))
    return data


def _unfiltered(picture: Image.Image) -> bytes:
    """A PNG whose lines stand as they are: of a drawing often a third smaller than what Pillow's filters make of it."""
    width, height = picture.size
    pixels = picture.tobytes()
    lines = b"".join(b"\0" + pixels[at : at + 4 * width] for at in range(0, len(pixels), 4 * width))
    # Eight bits each of red, green, blue and alpha.
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, EFFORT)), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return SIGNATURE + b"".join(framed)
