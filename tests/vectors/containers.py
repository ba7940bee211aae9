"""Cases about what a badge travels in: PNG and SVG pictures, whole and damaged."""

import zlib

from plaudit import bake
from tests.plaudit.samples import SVG, png, signed
from tests.vectors.base import Case

PARSE = {"parse": "failed"}
IHDR_END = 33
NAMESPACE = b"https://purl.imsglobal.org/ob/v3p0"


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def itxt(
    text: bytes, keyword: bytes = b"openbadgecredential", *, packed: bool = False, method: int = 0
) -> bytes:
    body = zlib.compress(text) if packed else text
    return chunk(b"iTXt", keyword + b"\0" + bytes([packed, method]) + b"\0\0" + body)


def picture(*chunks: bytes, base: bytes | None = None) -> bytes:
    """A small PNG with these chunks behind its header."""
    base = base or png()
    return base[:IHDR_END] + b"".join(chunks) + base[IHDR_END:]


def svg(inside: bytes, root: bytes = b"") -> bytes:
    return SVG.replace(b'viewBox="0 0 9 9"', b'viewBox="0 0 9 9"' + root).replace(
        b"  <circle", inside + b"<circle"
    )


def element(text: bytes, attributes: bytes = b"") -> bytes:
    return (
        b'<openbadges:credential xmlns:openbadges="' + NAMESPACE + b'"' + attributes + b">" + text
        + b"</openbadges:credential>"
    )  # fmt: skip


def cdata(text: bytes) -> bytes:
    return b"<![CDATA[" + text + b"]]>"


def pngs() -> dict[str, tuple[str, bytes]]:
    good = signed()
    baked = bake(png(), good)
    return {
        "packed_pass": ("compressed, as some bakers do", picture(itxt(good, packed=True))),
        "language_pass": ("with a language and a translated keyword", picture(chunk(
            b"iTXt", b"openbadgecredential\0\0\0en\0badge\0" + good))),
        "last_pass": ("behind the pixels", png()[:-12] + itxt(good) + png()[-12:]),
        "text_chunk_pass": ("in a tEXt chunk, all its letters escaped", picture(chunk(
            b"tEXt", b"openbadgecredential\0" + good.decode().encode("ascii", "backslashreplace")
            if good.isascii() else b"openbadgecredential\0" + ascii_json(good)))),
        "trailing_bytes_pass": ("bytes behind the end of the picture", baked + b"\0\0appended"),
        "other_keyword_beside_pass": ("beside another text", picture(chunk(b"tEXt", b"Author\0Guild"), itxt(good))),
        "checksum_fail": ("a checksum is wrong", baked[:40] + bytes([baked[40] ^ 1]) + baked[41:]),
        "pixels_checksum_fail": (
            "the checksum of the pixels is wrong", baked[:-30] + bytes([baked[-30] ^ 1]) + baked[-29:]),
        "cut_short_fail": ("the second half is missing", baked[: len(baked) // 2]),
        "no_end_fail": ("the last chunk is missing", baked[:-12]),
        "signature_only_fail": ("eight bytes", baked[:8]),
        "no_header_fail": ("the header is missing", baked[:8] + baked[IHDR_END:]),
        "two_headers_fail": ("two headers", picture(baked[8:IHDR_END], itxt(good))),
        "length_huge_fail": (
            "a chunk of four gigabytes", baked[:IHDR_END] + b"\xff\xff\xff\xff" + baked[IHDR_END + 4 :]),
        "empty_fail": ("no badge in the picture", png()),
        "empty_text_fail": ("an empty text", picture(itxt(b""))),
        "not_json_fail": ("a text that is no badge", picture(itxt(b"Soldering"))),
        "packed_bomb_fail": ("100 MiB in a hundred kilobytes", picture(itxt(b" " * (100 << 20), packed=True))),
        "packed_damaged_fail": ("cannot be unpacked", picture(chunk(
            b"iTXt", b"openbadgecredential\0\1\0\0\0" + b"\x78\x9cnonsense"))),
        "packed_cut_fail": ("the compressed text is cut short", picture(chunk(
            b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(good)[:-20]))),
        "compression_flag_fail": ("a compression flag that does not exist", picture(chunk(
            b"iTXt", b"openbadgecredential\0\7\0\0\0" + good))),
        "compression_method_fail": ("a method that does not exist", picture(itxt(good, packed=True, method=5))),
        "no_separators_fail": ("nothing behind the keyword", picture(chunk(b"iTXt", b"openbadgecredential\0"))),
        "latin1_fail": ("no UTF-8", picture(itxt(good.replace("☃".encode(), b"\xe9")))),
        "two_forms_fail": ("one in a tEXt chunk and one in an iTXt chunk", picture(
            chunk(b"tEXt", b"openbadgecredential\0" + ascii_json(good)), itxt(good))),
        "same_twice_fail": ("the same badge twice", picture(itxt(good), itxt(good))),
        "packed_and_plain_fail": ("once compressed, once not", picture(itxt(good), itxt(good, packed=True))),
        "second_is_empty_fail": ("an empty second one", picture(itxt(good), itxt(b""))),
        "altered_fail": ("altered inside the picture", bake(png(), good.replace(b"apprentice", b"grandmaster"))),
        "keyword_case_fail": (
            "the keyword in capitals is another keyword", picture(itxt(good, b"OpenBadgeCredential"))),
    }  # fmt: skip


def ascii_json(data: bytes) -> bytes:
    import json

    return json.dumps(json.loads(data)).encode("ascii")


def svgs() -> dict[str, tuple[str, bytes]]:
    good = signed()
    return {
        "escaped_pass": ("escaped instead of CDATA", svg(element(good.replace(b"&", b"&amp;").replace(b"<", b"&lt;")))),
        "other_prefix_pass": ("under another prefix", svg(
            b'<ob:credential xmlns:ob="' + NAMESPACE + b'">' + cdata(good) + b"</ob:credential>")),
        "verify_beside_json_pass": ("an empty verify attribute", svg(element(cdata(good), b' verify=""'))),
        "doctype_pass": ("with the public document type of SVG 1.1", svg(element(cdata(good))).replace(
            b"<!-- <svg>", b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
            b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<!-- <svg>')),
        "byte_order_mark_pass": ("with a byte order mark", b"\xef\xbb\xbf" + bake(SVG, good)),
        "no_declaration_pass": ("without an XML declaration", bake(SVG.partition(b"\n")[2], good)),
        "empty_fail": ("no badge in the picture", SVG),
        "element_empty_fail": ("an empty element", svg(element(b""))),
        "other_namespace_fail": ("in another namespace", svg(element(cdata(good)).replace(NAMESPACE, b"urn:x"))),
        "no_namespace_fail": ("in no namespace", svg(b"<credential>" + cdata(good) + b"</credential>")),
        "not_well_formed_fail": ("not well-formed", bake(SVG, good).replace(b"</svg>", b"")),
        "entity_fail": ("an entity", svg(element(b"&badge;")).replace(
            b"<!-- <svg>", b'<!DOCTYPE svg [<!ENTITY badge "x">]>\n<!-- <svg>')),
        "entity_file_fail": ("an entity that names a file", svg(element(b"&badge;")).replace(
            b"<!-- <svg>", b'<!DOCTYPE svg [<!ENTITY badge SYSTEM "file:///etc/hostname">]>\n<!-- <svg>')),
        "entity_bomb_fail": ("entities that multiply", svg(element(b"&c;")).replace(
            b"<!-- <svg>", b'<!DOCTYPE svg [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
            b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n<!-- <svg>')),
        "elements_inside_fail": ("elements inside the badge", svg(element(b"<g/>" + cdata(good)))),
        "two_different_fail": ("two badges", svg(element(cdata(good)) + element(cdata(signed(name="Other"))))),
        "second_in_a_group_fail": ("a second one in a group", svg(
            element(cdata(good)) + b"<g>" + element(cdata(good)) + b"</g>")),
        "not_svg_fail": ("XML, but no picture", b"<?xml version='1.0'?>\n<badge>" + element(cdata(good)) + b"</badge>"),
        "utf16_fail": ("UTF-16", bake(SVG, good).decode().replace("UTF-8", "UTF-16").encode("utf-16")),
        "altered_fail": ("altered inside the picture", bake(SVG, good.replace(b"apprentice", b"grandmaster"))),
        "only_an_attribute_fail": ("an attribute that is no JWT", svg(element(b"", b' verify="hello"'))),
    }  # fmt: skip


def cases() -> dict[str, Case]:
    found = {}
    for suffix, table in (("png", pngs()), ("svg", svgs())):
        for name, (about, badge) in table.items():
            expect = {} if name.endswith("_pass") or name.startswith("altered") else PARSE
            if name == "packed_bomb_fail":
                expect = {"parse": "unknown"}  # nobody looked into it
            found[f"{suffix}_{name}"] = Case(about, badge, expect, suffix=suffix)
    return found
