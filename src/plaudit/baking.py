"""Baking: a credential inside a PNG or SVG picture, and out again (Open Badges 3.0, appendix on baked badges).

PNG: one uncompressed iTXt chunk with the keyword `openbadgecredential` (PNG, third edition, section 11.3.3.4).
SVG: one `openbadges:credential` element directly inside `svg`. Every other chunk and element stays as it is.
A picture that holds two credentials of a kind is ambiguous, and refused: nobody could say which one is meant.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from plaudit.errors import AmbiguousError, TooLargeError, UnreadableError
from plaudit.reading import MAX_JSON_BYTES, parse_json_object

if TYPE_CHECKING:
    from lxml import etree

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
KEYWORD: Final = b"openbadgecredential"
KEYWORD_2: Final = b"openbadges"
SVG: Final = "http://www.w3.org/2000/svg"
NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
NAMESPACE_2: Final = "http://openbadges.org"


class _Version(NamedTuple):
    """How a version of the standard writes a badge into a picture."""

    keyword: bytes
    namespace: str
    element: str


_VERSIONS: Final = {
    3: _Version(KEYWORD, NAMESPACE, "credential"),
    2: _Version(KEYWORD_2, NAMESPACE_2, "assertion"),
}

MAX_PICTURE_BYTES: Final = 10 * 1024 * 1024
"""A badge picture is some hundred kilobytes."""
MAX_CREDENTIAL_BYTES: Final = MAX_JSON_BYTES
"""What is read out of a picture, also after unpacking: a kilobyte of zlib can hold a megabyte."""
MAX_CHUNKS: Final = 20_000
"""A PNG of 10 MiB in chunks of half a kilobyte."""
MAX_REMEMBERED: Final = 4
"""Pictures taken apart lately: workers bake one badge after the other."""
MAX_REMEMBERED_BYTES: Final = 1024 * 1024
"""A larger picture is taken apart each time."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Baked:
    """What a picture holds: an Open Badges 3.0 credential, an Open Badges 2.0 assertion, both or neither."""

    credential: str | None = None
    assertion: str | None = None


def is_png(picture: bytes) -> bool:
    """Whether the bytes begin like a PNG."""
    return picture[:8] == PNG_SIGNATURE


def is_svg(picture: bytes) -> bool:
    """Whether the bytes begin like XML that could be an SVG (with or without a byte order mark)."""
    return picture[:512].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def bake(picture: bytes, credential: bytes | str, *, version: int = 3) -> bytes:
    """The picture with the credential in it; one that was there before is replaced.

    `credential` is UTF-8 JSON, or a compact JWS. With `version=2` it is an assertion of Open Badges 2.0, and goes
    where its readers look. Raises UnreadableError when the picture is neither PNG nor SVG or is broken, or the
    credential is not text, and ValueError for another version.
    """
    if version not in _VERSIONS:
        raise ValueError(f"badges of version {version} are not baked")
    kind = _VERSIONS[version]
    try:
        text = credential.decode("utf-8") if isinstance(credential, bytes) else credential
    except UnicodeDecodeError:
        raise UnreadableError("the credential is not UTF-8 text") from None
    if not text.strip() or "\0" in text:
        raise UnreadableError("there is no credential to bake")
    _refuse_size(picture)
    if is_png(picture):
        return _bake_png(picture, text, kind)
    if is_svg(picture):
        return _bake_svg(picture, text, kind)
    raise UnreadableError("the picture is neither PNG nor SVG")


def unbake(picture: bytes) -> str:
    """The Open Badges 3.0 credential a picture holds, as text.

    Raises UnreadableError when there is none or the picture is broken, AmbiguousError when there are several.
    """
    found = read_picture(picture).credential
    if found is None:
        raise UnreadableError("there is no Open Badges 3.0 credential in the picture")
    return found


def read_picture(picture: bytes) -> Baked:
    """Everything a picture holds, of both versions; raises as `unbake` does, but not for an empty one."""
    _refuse_size(picture)
    if is_png(picture):
        return _read_png(picture)
    if is_svg(picture):
        return _read_svg(picture)
    raise UnreadableError("the picture is neither PNG nor SVG")


def png_without_credential(picture: bytes) -> bytes:
    """A PNG as it was before it was baked: what a digest is of. Raises UnreadableError for what is no sound PNG."""
    _refuse_size(picture)
    return b"".join(_png_parts(picture, _VERSIONS[3]))


def _refuse_size(picture: bytes) -> None:
    if len(picture) > MAX_PICTURE_BYTES:
        raise TooLargeError(f"the picture is larger than {MAX_PICTURE_BYTES} bytes")


def _once(found: list[_Found], what: str) -> _Found | None:
    if len(found) > 1:
        raise AmbiguousError(f"the picture holds {len(found)} {what}; it must hold one")
    return found[0] if found else None


_lately: list[tuple[bytes, _Version, Any]] = []


def _remembered(picture: bytes, take_apart: Callable[[bytes, _Version], _Found], version: _Version) -> _Found:
    """What `take_apart` says of a picture. A badge's picture is baked thousands of times: the last few are known.

    They are known by identity, which is sure for bytes and needs no look at them.
    """
    for known, known_version, parts in _lately:
        if known is picture and known_version is version:
            return cast("_Found", parts)
    found = take_apart(picture, version)
    if type(picture) is bytes and len(picture) <= MAX_REMEMBERED_BYTES:
        # A list in one assignment: another thread sees the old one or the new one, both of them right.
        _lately[:] = [(picture, version, found), *_lately[: MAX_REMEMBERED - 1]]
    return found


# PNG


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int
    picture: memoryview

    @property
    def data(self) -> memoryview:
        return self.picture[self.start + 8 : self.end - 4]


_TEXTS: Final = frozenset({b"iTXt", b"tEXt", b"zTXt"})
_HEAD = struct.Struct(">I4s")
_CHECKSUM = struct.Struct(">I")


def _chunks(picture: bytes, *, check: bool) -> Iterator[_Chunk]:
    """Walk the chunks without copying; with `check`, every checksum must be right."""
    view = memoryview(picture)
    size, position, count = len(view), len(PNG_SIGNATURE), 0
    while position < size:
        if size - position < 12:
            raise UnreadableError("the PNG is cut short")
        length, kind = _HEAD.unpack_from(view, position)
        end = position + 12 + length
        if end > size:
            raise UnreadableError("the PNG is cut short")
        if check and zlib.crc32(view[position + 4 : end - 4]) != _CHECKSUM.unpack_from(view, end - 4)[0]:
            raise UnreadableError(f"the PNG is damaged: a {kind!r} chunk has a wrong checksum")
        count += 1
        if (count == 1) != (kind == b"IHDR") or count > MAX_CHUNKS:
            raise UnreadableError("the PNG is not in order")
        yield _Chunk(kind, position, end, view)
        if kind == b"IEND":
            return
        position = end
    raise UnreadableError("the PNG is cut short")


def _keyword(chunk: _Chunk) -> bytes | None:
    """The keyword of a text chunk, None for other chunks."""
    if chunk.kind not in _TEXTS:
        return None
    return bytes(chunk.data[:80]).partition(b"\0")[0]


def _bake_png(picture: bytes, text: str, version: _Version) -> bytes:
    body = b"iTXt" + version.keyword + b"\0\0\0\0\0" + text.encode("utf-8")
    baked = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    parts = _remembered(picture, _png_parts, version)
    return b"".join([parts[0], baked, *parts[1:]])


def _png_parts(picture: bytes, version: _Version) -> tuple[memoryview, ...]:
    """The picture without an earlier credential, in two parts or more: the new one goes behind the first."""
    view = memoryview(picture)
    kept, end = 0, 8
    parts: list[memoryview] = []
    for chunk in _chunks(picture, check=True):
        end = chunk.end
        if chunk.kind == b"IHDR":
            parts.append(view[:end])
            kept = end
        elif _keyword(chunk) == version.keyword:
            parts.append(view[kept : chunk.start])
            kept = end
    # What some programs append behind the last chunk is no part of the picture, and is left behind.
    return (*parts, view[kept:end])


def _read_png(picture: bytes) -> Baked:
    """Chunks are counted before any is unpacked: two thousand that each hold 5 MiB fit into one picture."""
    found: dict[bytes, list[_Chunk]] = {KEYWORD: [], KEYWORD_2: []}
    for chunk in _chunks(picture, check=True):
        keyword = _keyword(chunk)
        if keyword in found:
            found[keyword].append(chunk)
    single = _once(found[KEYWORD], "credentials"), _once(found[KEYWORD_2], "older badges")
    return Baked(*(chunk and _text_of(chunk) for chunk in single))


def _text_of(chunk: _Chunk) -> str:
    _, _, rest = bytes(chunk.data).partition(b"\0")
    try:
        if chunk.kind == b"tEXt":
            return rest.decode("latin-1")
        if chunk.kind == b"zTXt":
            return _unpack(rest[1:]).decode("latin-1")
        compressed, method = rest[0], rest[1]
        _, language_end, after = rest[2:].partition(b"\0")
        _, keyword_end, content = after.partition(b"\0")
        if not language_end or not keyword_end or compressed not in (0, 1) or method != 0:
            raise UnreadableError("the PNG's text chunk is malformed")
        return (_unpack(content) if compressed else content).decode("utf-8")
    except (IndexError, UnicodeDecodeError):
        raise UnreadableError("the PNG's text chunk is malformed") from None


def _unpack(data: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, MAX_CREDENTIAL_BYTES + 1)
    except zlib.error:
        raise UnreadableError("the PNG's text chunk cannot be unpacked") from None
    if len(text) > MAX_CREDENTIAL_BYTES:
        raise TooLargeError("the PNG's text chunk unpacks to more than 5 MiB")
    if not unpacker.eof:
        raise UnreadableError("the PNG's text chunk is cut short")
    return text


# SVG

_ENTITIES = re.compile(rb"<!\s*(?:DOCTYPE[^<>\[]*[<\[]|ENTITY)", re.IGNORECASE)
"""A document type with declarations of its own; one that only names the public DTD of SVG 1.1 is let pass, and never
loaded. Looking ends at the next "<", or it would begin anew for each of a million document types."""
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[\]>\"']|\"[^\"]*\"|'[^']*')*>)*",
    re.DOTALL,
)
_START_TAG = re.compile(rb"<[^\s/>!?\"']+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _svg_root(picture: bytes) -> etree._Element:
    from lxml import etree  # 56 ms, and only needed for SVG pictures

    if b"\0" in picture[:64]:
        raise UnreadableError("an SVG must be UTF-8 here")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_blank_text=False,
        strip_cdata=False,
    )
    if _ENTITIES.search(picture):
        raise UnreadableError("an SVG that declares entities is not read")
    try:
        root = etree.fromstring(picture, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(f"the picture is not well-formed XML: {error}") from None
    if root.tag != f"{{{SVG}}}svg":
        raise UnreadableError("the XML is not an SVG picture")
    if any(True for _ in root.iter(etree.Entity)):
        raise UnreadableError("an SVG that uses entities is not read")
    return root


class _SvgParts(NamedTuple):
    before: bytes
    on_root: str
    on_element: str
    after: bytes


def _bake_svg(picture: bytes, text: str, version: _Version) -> bytes:
    """Put the element in by hand, right behind the start tag of the root, so that every other byte stays."""
    parts = _remembered(picture, _svg_parts, version)
    baked = f"{parts.on_root}>{_svg_element(text, parts.on_element, version.element)}"
    return b"".join((parts.before, baked.encode(), parts.after))


def _svg_parts(picture: bytes, version: _Version) -> _SvgParts:
    """What stands before and behind the place of the element, and where its prefix has to be declared."""
    from lxml import etree

    root = _svg_root(picture)
    old = list(root.iter(f"{{{version.namespace}}}{version.element}"))
    for element in old:
        _remove(element)
    if old or (root.getroottree().docinfo.encoding or "UTF-8").upper() not in ("UTF-8", "ASCII", "US-ASCII"):
        picture = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    end = _root_tag_end(picture)
    declaration = f' xmlns:openbadges="{version.namespace}"'
    on_root = "" if "openbadges" in root.nsmap else declaration
    on_element = declaration if root.nsmap.get("openbadges", version.namespace) != version.namespace else ""
    if picture[end - 1 : end] == b"/":
        name = picture[picture.rindex(b"<", 0, end) + 1 : end - 1].split(None, 1)[0]
        return _SvgParts(picture[: end - 1], on_root, on_element, b"</" + name + b">" + picture[end + 1 :])
    return _SvgParts(picture[:end], on_root, on_element, picture[end + 1 :])


def _svg_element(text: str, declaration: str, name: str) -> str:
    if not text.lstrip().startswith("{"):
        if re.fullmatch(r"[A-Za-z0-9._-]+", text.strip()) is None:
            raise UnreadableError("the credential is neither a JSON object nor a compact JWS")
        return f'<openbadges:{name}{declaration} verify="{text.strip()}"></openbadges:{name}>'
    if not text.isprintable() and _NOT_XML.search(text):
        raise UnreadableError("the credential holds a control character, which XML cannot carry")
    # "]]>" can only stand inside a JSON string, where ">" may just as well be written as an escape.
    guarded = text.replace("]]>", "]]\\u003e")
    verify = "" if name == "credential" else _address_of(text)
    return f"<openbadges:{name}{declaration}{verify}><![CDATA[{guarded}]]></openbadges:{name}>"


def _address_of(assertion: str) -> str:
    """The attribute by which version 2.0 says where a hosted assertion stands."""
    try:
        address = parse_json_object(assertion).get("id")
    except UnreadableError:
        return ""
    plain = isinstance(address, str) and re.fullmatch(r"https?://[!#%'-;=?-Z_a-z~]+", address)
    return f' verify="{address}"' if plain else ""


def _root_tag_end(picture: bytes) -> int:
    """Where the ">" of the root's start tag is; the picture is known to be well-formed."""
    position = _PROLOG.match(picture).end()  # type: ignore[union-attr]  # it matches the empty string
    found = _START_TAG.match(picture, position)
    if found is None:
        raise UnreadableError("the SVG does not begin with its root element")
    return found.end() - 1


def _remove(element: Any) -> None:
    parent, previous = element.getparent(), element.getprevious()
    if element.tail:
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _read_svg(picture: bytes) -> Baked:
    root = _svg_root(picture)
    credentials = [_content(element) for element in root.iter(f"{{{NAMESPACE}}}credential")]
    assertions = [_content(element) for element in root.iter(f"{{{NAMESPACE_2}}}assertion")]
    return Baked(_once(credentials, "credentials"), _once(assertions, "older badges"))


def _content(element: Any) -> str:
    if len(element):
        raise UnreadableError("the credential in the SVG has elements inside")
    inside, verify = (element.text or "").strip(), element.get("verify", "").strip()
    if inside and verify not in ("", inside) and element.tag == f"{{{NAMESPACE}}}credential":
        raise AmbiguousError("the credential in the SVG is there twice, as text and as a JWS")
    if len(inside or verify) > MAX_CREDENTIAL_BYTES:
        raise TooLargeError("the credential in the SVG is longer than 5 MiB")
    return str(inside or verify)
