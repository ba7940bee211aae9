"""An uploaded SVG is taken apart and written anew: only shapes and colours come through (SECURITY D6, D7, D8).

What does something, loads something or names somebody is left out. What would change the picture if it were left out
is refused by name, with what to do about it: a drawing that looks otherwise than its maker's would be a worse answer.
Nothing is drawn, here or in a browser, before it went through this.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from lxml import etree

from plaudit_site.achievements.pictures import PictureError

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
MOST_BYTES = 512 * 1024
MOST_ELEMENTS = 5_000
MOST_ATTRIBUTES = 200
"""Of one element: they are gone through one by one, each from the first."""
MOST_DEPTH = 40
MOST_REFERENCES = 100
"""To clips and masks, each of which is drawn again for each of them."""

SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
GROUPS = frozenset({"g", "defs"})
GRADIENTS = frozenset({"linearGradient", "radialGradient"})
CUTTERS = frozenset({"clipPath", "mask"})
KEPT = SHAPES | GROUPS | GRADIENTS | CUTTERS | {"svg", "stop"}
# Without them a picture looks the same.
DROPPED = frozenset({"script", "metadata", "title", "desc", "view", "cursor", "set", "discard", "mpath"})
_MOVING = frozenset({"animate", "animateTransform", "animateMotion", "animateColor"})

_LENGTHS = [
    "x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2", "fx", "fy", "fr", "offset",
    "stroke-width", "stroke-dashoffset", "stroke-miterlimit", "opacity", "fill-opacity", "stroke-opacity",
    "stop-opacity",
]  # fmt: skip
_WORDS = [
    "fill-rule", "clip-rule", "stroke-linecap", "stroke-linejoin", "display", "visibility", "spreadMethod",
    "gradientUnits", "clipPathUnits", "maskUnits", "maskContentUnits", "mask-type", "paint-order", "vector-effect",
    "shape-rendering", "color-interpolation",
]  # fmt: skip
_COLOURS = ["fill", "stroke", "stop-color", "color"]
_LISTS = ["d", "points", "transform", "gradientTransform", "stroke-dasharray"]
_REFERENCES = ["fill", "stroke", "clip-path", "mask"]

_LENGTH = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?:px|pt|mm|cm|in|%)?")
_WORD = re.compile(r"[A-Za-z][A-Za-z -]{0,39}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}|[A-Za-z]{3,24}|(?:rgb|rgba|hsl|hsla)\([\d.,%/\s+-]{1,60}\)")
_LIST = re.compile(r"[\w\s.,()+-]*", re.ASCII)
_LOCAL = re.compile(r"""url\(\s*(['"]?)#([\w.-]{1,80})\1\s*\)""", re.ASCII)
_ID = re.compile(r"[\w.-]{1,80}", re.ASCII)
_NUMBERS = re.compile(r"[\s,]+")


def is_svg(data: bytes) -> bool:
    """Whether an upload is meant to be an SVG rather than a PNG."""
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def clean(data: bytes) -> str:
    """The drawing alone, as SVG text with a square view. Cleaning it again changes nothing. Raises PictureError."""
    root = _read(data)
    cleaner = _Cleaner(_references(root))
    made = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG, "xlink": XLINK})
    made.set("viewBox", " ".join(_number(value) for value in _square(root)))
    cleaner.attributes(root, made, inside=None)
    for child in root:
        cleaner.element(child, made, depth=1, inside=None)
    if not any(True for _one in made.iter(*(f"{{{SVG}}}{name}" for name in SHAPES))):
        raise PictureError(_("There is nothing to see in this drawing."))
    return str(etree.tostring(made, encoding="unicode"))


def _read(data: bytes) -> etree._Element:
    if len(data) > MOST_BYTES:
        raise PictureError(_("The drawing is too large: 512 kB at most. Simplify it, or upload it as PNG."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PictureError(_("The drawing is not written in UTF-8. Save it anew as SVG.")) from error
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise PictureError(
            _("The drawing declares a document type. Take out the line that begins with <!DOCTYPE.")
        )
    declared = re.match(r"""\s*<\?xml[^>]*encoding=["']([^"']+)""", text)
    if declared and declared[1].lower() not in {"utf-8", "ascii", "us-ascii"}:
        raise PictureError(_("The drawing is not written in UTF-8. Save it anew as SVG."))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PictureError(_("This is no sound SVG drawing. Save it anew as SVG.")) from error
    if root.tag != f"{{{SVG}}}svg" or root.getroottree().docinfo.internalDTD is not None:
        raise PictureError(_("This is no sound SVG drawing. Save it anew as SVG."))
    if sum(1 for _one in root.iter()) > MOST_ELEMENTS or any(
        len(one.attrib) > MOST_ATTRIBUTES for one in root.iter()
    ):
        raise PictureError(_("The drawing has too many parts. Simplify it, or upload it as PNG."))
    return root


def _square(root: etree._Element) -> tuple[float, float, float, float]:
    """The view as a square around the drawing's middle."""
    box = [_finite(part) for part in _NUMBERS.split(root.get("viewBox", "").strip())]
    if len(box) != 4:
        box = [
            0.0,
            0.0,
            *(_finite(re.sub(r"(px|pt)$", "", root.get(name, ""))) for name in ("width", "height")),
        ]
    x, y, width, height = (0.0 if value is None else value for value in box)
    if None in box or not all(0.001 <= side <= 1e6 for side in (width, height)) or max(abs(x), abs(y)) > 1e6:
        raise PictureError(_("The drawing does not say how large it is. Give it a viewBox."))
    side = max(width, height)
    return x - (side - width) / 2, y - (side - height) / 2, side, side


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number(value: float) -> str:
    return f"{value:.6g}"


def _references(element: etree._Element) -> dict[str, str]:
    """Ids that something may refer to, and what kind of element has them; the first one of twins."""
    found: dict[str, str] = {}
    for child in element:
        name = _name(child)
        if not name or name in DROPPED:
            continue
        if name in GRADIENTS | CUTTERS and _ID.fullmatch(child.get("id", "")):
            found.setdefault(child.get("id", ""), name)
        found = {**_references(child), **found}
    return found


def _name(element: etree._Element) -> str:
    """The local name of an SVG element; "" for anything of another language."""
    tag = element.tag
    if not isinstance(tag, str) or not tag.startswith(f"{{{SVG}}}"):
        return ""
    return tag.removeprefix(f"{{{SVG}}}")


@dataclass
class _Cleaner:
    known: dict[str, str]
    used: int = 0
    given: set[str] = field(default_factory=set)

    def element(
        self, source: etree._Element, parent: etree._Element, *, depth: int, inside: str | None
    ) -> None:
        name = _name(source)
        if not name or name in DROPPED:
            return
        name = "g" if name == "a" else name  # where it leads is left out, what it holds is not
        if depth > MOST_DEPTH:
            raise PictureError(_("The drawing is nested too deeply. Simplify it, or upload it as PNG."))
        if name not in KEPT or name == "svg":
            raise _refused(name)
        if inside and name in CUTTERS:
            raise _refused(f"{name} in {inside}")
        made = etree.SubElement(parent, f"{{{SVG}}}{name}")
        inside = name if name in CUTTERS else inside
        self.attributes(source, made, inside=inside)
        for child in source:
            self.element(child, made, depth=depth + 1, inside=inside)

    def attributes(self, source: etree._Element, made: etree._Element, *, inside: str | None) -> None:
        name = _name(source)
        given = {str(key): str(value) for key, value in source.attrib.items()}
        given |= dict(_declarations(given.pop("style", "")))
        for key in sorted(given):
            if name == "svg" and key in {"x", "y", "width", "height", "viewBox"}:
                continue
            value = self.value(key, given[key].strip(), inside)
            if value:
                made.set(key, value)
        if name in GRADIENTS | CUTTERS:
            self.identify(source, made)
        if name in GRADIENTS:
            self.inherit(source, made)

    def value(self, key: str, text: str, inside: str | None) -> str:
        """The text of an attribute if it is one that only draws; "" for any other."""
        if key in _REFERENCES and (local := _LOCAL.match(text)):
            return self.reference(key, local[2], inside)
        patterns = {_LENGTH: _LENGTHS, _WORD: _WORDS, _COLOUR: _COLOURS, _LIST: _LISTS}
        for pattern, keys in patterns.items():
            if key in keys and pattern.fullmatch(text):
                return text
        return "none" if key in {"clip-path", "mask"} and text == "none" else ""

    def reference(self, key: str, target: str, inside: str | None) -> str:
        kind = self.known.get(target)
        wanted = {"clip-path": {"clipPath"}, "mask": {"mask"}}.get(key, GRADIENTS)
        if kind not in wanted:
            return "none" if key in _COLOURS else ""
        if key not in _COLOURS:
            # One that is cut by others that are cut by others is drawn a hundred thousand times by a kilobyte.
            if inside:
                raise _refused(f"{key} in {inside}")
            self.used += 1
            if self.used > MOST_REFERENCES:
                raise PictureError(_("The drawing has too many clips and masks. Upload it as PNG."))
        return f"url(#{target})"

    def identify(self, source: etree._Element, made: etree._Element) -> None:
        own = source.get("id", "")
        if own in self.known and own not in self.given:
            self.given.add(own)
            made.set("id", own)

    def inherit(self, source: etree._Element, made: etree._Element) -> None:
        """A gradient may take its stops from another one: from one before it, so that none goes in a circle."""
        target = (source.get("href") or source.get(f"{{{XLINK}}}href") or "").removeprefix("#")
        if target in self.given and self.known.get(target) in GRADIENTS and target != source.get("id"):
            made.set(f"{{{XLINK}}}href", f"#{target}")
        elif target in self.known:
            raise PictureError(
                _("A gradient refers to a later one. Save the drawing as “plain SVG” or “optimised SVG”.")
            )


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    """A style attribute as attributes: drawing programs write one or the other."""
    for declaration in style.split(";"):
        key, _colon, value = declaration.partition(":")
        if value:
            yield key.strip(), value.strip()


def _refused(name: str) -> PictureError:
    advice = {
        "text": _("Convert its letters into paths: here nobody has your font."),
        "style": _("Save it with “presentation attributes” instead of a style sheet."),
        "use": _("Save it as “plain SVG” or “optimised SVG”, without symbols."),
        "symbol": _("Save it as “plain SVG” or “optimised SVG”, without symbols."),
        "image": _("It holds a photograph: upload the whole as PNG."),
    }.get(name, _("Upload it as PNG instead."))
    what = _("moving parts") if name in _MOVING else name
    return PictureError(
        _("This drawing has something that a badge can’t: %(what)s. ") % {"what": what} + advice
    )
