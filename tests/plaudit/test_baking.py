"""Baking: the credential comes back byte for byte, the picture stays the same, two credentials are one too many."""

import io
import json
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from plaudit import baking
from plaudit.baking import MAX_CREDENTIAL_BYTES, MAX_PICTURE_BYTES, bake, read_picture, unbake
from plaudit.errors import AmbiguousError, UnreadableError
from tests.plaudit.samples import SVG, png

TEXT = '{"name":"Soldering “1” ]]> 锡焊 ☃"}'


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def with_chunk(data: bytes, *, kind: bytes = b"iTXt", picture: bytes | None = None) -> bytes:
    picture = picture or png()
    return picture[:33] + chunk(kind, data) + picture[33:]


def kinds(picture: bytes) -> list[bytes]:
    found, position = [], 8
    while position < len(picture):
        found.append(picture[position + 4 : position + 8])
        position += 12 + int.from_bytes(picture[position : position + 4])
    return found


def test_a_png_keeps_its_pixels_and_chunks() -> None:
    baked = bake(png(), TEXT)
    assert unbake(baked) == TEXT
    assert kinds(baked) == [b"IHDR", b"iTXt", b"IDAT", b"tEXt", b"IEND"]
    at = baked.index(b"iTXt")
    assert baked[:33] + baked[at + 8 + int.from_bytes(baked[at - 4 : at]) :] == png()
    before, after = (Image.open(io.BytesIO(data)).tobytes() for data in (png(), baked))
    assert before == after
    assert Image.open(io.BytesIO(baked)).text["openbadgecredential"] == TEXT


def test_baking_again_replaces() -> None:
    for picture in (png(), SVG):
        once = bake(picture, TEXT)
        assert unbake(bake(once, '{"b":1}')) == '{"b":1}'
        assert len(bake(once, TEXT)) <= len(once) + 60  # an SVG may be given an XML declaration of lxml's
    assert bake(bake(png(), TEXT), TEXT) == bake(png(), TEXT)


def test_an_svg_keeps_every_byte_but_the_new_ones() -> None:
    baked = bake(SVG, TEXT)
    assert unbake(baked) == TEXT.replace("]]>", "]]\\u003e")
    start, end = baked.index(b"<openbadges:credential>"), baked.index(b"</openbadges:credential>")
    rest = baked[:start] + baked[end + len(b"</openbadges:credential>") :]
    assert rest.replace(b' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"', b"") == SVG
    root = etree.fromstring(baked)
    assert root[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"
    assert root.nsmap["openbadges"] == "https://purl.imsglobal.org/ob/v3p0"


SVGS = {
    "with the document type of SVG 1.1": b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>',
    "closed at once": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "with a prefix": b'<s:svg xmlns:s="http://www.w3.org/2000/svg" a=">" b=\'"/>\' ><s:g/></s:svg>',
    "with a byte order mark": b'\xef\xbb\xbf<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "in Latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?><svg xmlns="http://www.w3.org/2000/svg"><desc>é</desc></svg>'.encode("latin-1"),
    "with an older badge": b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">'
    b'<openbadges:assertion verify="x"/></svg>',
    "with the namespace declared": b'<svg xmlns="http://www.w3.org/2000/svg" '
    b'xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"/>',
    "with another prefix for ours": b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="https://purl.imsglobal.org/ob/v3p0">'
    b'<o:credential verify="a.b.c"/></svg>',
    "with comments and instructions": b"<?xml-stylesheet href='x>y'?><!-- <svg> --><svg xmlns='http://www.w3.org/2000/svg'><g/></svg>",
}  # fmt: skip


@pytest.mark.parametrize("picture", SVGS.values(), ids=SVGS)
def test_svgs_of_many_shapes(picture: bytes) -> None:
    baked = bake(picture, TEXT)
    assert unbake(baked) == TEXT.replace("]]>", "]]\\u003e")
    assert unbake(bake(baked, '{"b":1}')) == '{"b":1}'


def test_a_compact_jws_goes_into_the_attribute() -> None:
    assert unbake(bake(SVG, "a-b.c_d.e")) == "a-b.c_d.e"
    assert unbake(bake(png(), "a-b.c_d.e")) == "a-b.c_d.e"
    with pytest.raises(UnreadableError):
        bake(SVG, '"><script/>')


BEGIN = b"openbadgecredential\0"
GOOD_CHUNKS = {
    "uncompressed": BEGIN + b"\0\0\0\0" + TEXT.encode(),
    "compressed": BEGIN + b"\1\0\0\0" + zlib.compress(TEXT.encode()),
    "with a language and a translated keyword": BEGIN + b"\0\0en\0Badge\0" + TEXT.encode(),
}
BAD_CHUNKS = {
    "no end of the language": BEGIN + b"\0\0en",
    "cut off": BEGIN + b"\0",
    "an unknown compression": BEGIN + b"\2\0\0\0x",
    "an unknown method": BEGIN + b"\1\1\0\0" + zlib.compress(b"{}"),
    "not zlib": BEGIN + b"\1\0\0\0{}",
    "zlib cut short": BEGIN + b"\1\0\0\0" + zlib.compress(TEXT.encode())[:-6],
    "a bomb": BEGIN + b"\1\0\0\0" + zlib.compress(b" " * (MAX_CREDENTIAL_BYTES + 1)),
    "not UTF-8": BEGIN + b"\0\0\0\0\xff",
}


@pytest.mark.parametrize("data", GOOD_CHUNKS.values(), ids=GOOD_CHUNKS)
def test_every_legal_text_chunk_is_read(data: bytes) -> None:
    assert unbake(with_chunk(data)) == TEXT


@pytest.mark.parametrize("data", BAD_CHUNKS.values(), ids=BAD_CHUNKS)
def test_a_broken_text_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        unbake(with_chunk(data))


def test_two_credentials_are_ambiguous() -> None:
    one = with_chunk(GOOD_CHUNKS["uncompressed"])
    for second in GOOD_CHUNKS.values():
        with pytest.raises(AmbiguousError):
            unbake(with_chunk(second, picture=one))
    baked = bake(SVG, TEXT)
    element = baked[baked.index(b"<openbadges") : baked.index(b"</openbadges:credential>") + 24]
    with pytest.raises(AmbiguousError):
        unbake(baked.replace(b"<circle", element + b"<circle"))
    deeper = baked.replace(b"</svg>", b"<g>" + element + b"</g></svg>")
    with pytest.raises(AmbiguousError):
        unbake(deeper)


@pytest.mark.parametrize("keyword", [b"openbadgecredential", b"openbadges"])
def test_many_packed_credentials_are_counted_and_none_is_unpacked(keyword: bytes) -> None:
    """# SECURITY D9, A20: two thousand of five kilobytes fit into a picture, and would take ten gigabytes."""
    packed = keyword + b"\0\1\0\0\0" + zlib.compress(b" " * MAX_CREDENTIAL_BYTES, 9)
    picture = png()[:33] + chunk(b"iTXt", packed) * 40 + png()[33:]
    tracemalloc.start()
    with pytest.raises(AmbiguousError, match="holds 40"):
        read_picture(picture)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MAX_CREDENTIAL_BYTES


def test_a_drawing_of_nothing_but_document_types_is_refused_at_once() -> None:
    """# SECURITY D7, D18."""
    begin = time.process_time()
    for letters in (b"<!DOCTYPE", b"<!DOCTYPE ", b"<!  doctype"):
        with pytest.raises(UnreadableError):
            read_picture(letters * 50_000)
    assert time.process_time() - begin < 1


def test_a_credential_written_out_beside_another_as_a_jws_is_ambiguous() -> None:
    """# SECURITY A20: of version 3; in version 2 the attribute is the address of what stands inside."""
    baked = bake(SVG, TEXT)
    with pytest.raises(AmbiguousError):
        unbake(baked.replace(b"<openbadges:credential", b'<openbadges:credential verify="e30.e30.AA"'))
    assert unbake(baked.replace(b"<openbadges:credential", b'<openbadges:credential verify=" "')) == unbake(
        baked
    )
    older = bake(SVG, '{"id":"https://old.example/1"}', version=2)
    assert b'verify="https://old.example/1"' in older
    assert read_picture(older).assertion == '{"id":"https://old.example/1"}'


def test_both_versions_are_told_apart() -> None:
    both = with_chunk(b"openbadges\0\0\0\0\0https://old.example/1", picture=bake(png(), TEXT))
    found = read_picture(both)
    assert (found.credential, found.assertion) == (TEXT, "https://old.example/1")
    legacy = with_chunk(b"openbadges\0https://old.example/1", kind=b"tEXt")
    assert read_picture(legacy).assertion == "https://old.example/1"
    assert read_picture(png()) == read_picture(SVG)


BAD_PICTURES = {
    "nothing": b"",
    "a JPEG": b"\xff\xd8\xff\xe0",
    "only the signature": png()[:8],
    "cut short": png()[:-4],
    "without IEND": png()[:-12],
    "a wrong checksum": png()[:-1] + b"\0",
    "chunks out of order": png()[:8] + png()[33:],
    "two heads": png()[:33] + png()[8:],
    "a length beyond the end": png()[:33] + b"\xff\xff\xff\xffiTXt",
    "XML of another kind": b"<html/>",
    "not well-formed": b'<svg xmlns="http://www.w3.org/2000/svg">',
    "an entity nobody declared": b'<!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    "an entity bomb": b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
    "a file": b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    "UTF-16": '<svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
    "too large": png() + b"\0" * MAX_PICTURE_BYTES,
}  # fmt: skip


@pytest.mark.parametrize("picture", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_broken_picture_is_refused_both_ways(picture: bytes) -> None:
    with pytest.raises(UnreadableError):
        bake(picture, TEXT)
    with pytest.raises(UnreadableError):
        unbake(picture)


@pytest.mark.parametrize("text", ["", "  ", "a\0b", b"\xff"])
def test_what_is_no_text_is_not_baked(text: bytes | str) -> None:
    with pytest.raises(UnreadableError):
        bake(png(), text)


@given(st.binary(max_size=300))
def test_no_bytes_do_worse_than_our_own_error(data: bytes) -> None:
    for picture in (png()[:33] + data, with_chunk(BEGIN + data), b"<svg" + data):
        try:
            unbake(picture)
        except UnreadableError:
            continue


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_words_come_back_from_both(words: str) -> None:
    text = json.dumps({"name": words}, ensure_ascii=False)
    assert json.loads(unbake(bake(png(), text))) == {"name": words}
    try:
        assert json.loads(unbake(bake(SVG, text))) == {"name": words}
    except UnreadableError:
        assert any(character in "\ufffe\uffff" for character in words)


def test_a_compressed_latin_text_chunk_is_read_as_others_write_it() -> None:
    packed = with_chunk(b"openbadgecredential\0\0" + zlib.compress(b'{"name":"x"}'), kind=b"zTXt")
    assert unbake(packed) == '{"name":"x"}'


def test_a_large_picture_is_not_kept_in_memory() -> None:

    large = bake(with_chunk(b"Comment\0" + bytes(baking.MAX_REMEMBERED_BYTES), kind=b"tEXt"), TEXT)
    assert unbake(large) == TEXT
    assert all(len(picture) <= baking.MAX_REMEMBERED_BYTES for picture, *_ in baking._lately)


@pytest.mark.parametrize("name", [b"&amp;", b"&lt;"])
def test_the_entities_of_xml_itself_are_no_entities(name: bytes) -> None:
    drawn = SVG.replace(b"<circle", b"<text>" + name + b"</text><circle")
    assert json.loads(unbake(bake(drawn, TEXT))) == json.loads(TEXT)


def test_an_undeclared_entity_is_refused() -> None:
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    drawn = doctype + SVG.partition(b"-->\n")[2].replace(b"<circle", b"<text>&badge;</text><circle")
    with pytest.raises(UnreadableError):
        read_picture(drawn)


def test_a_control_character_cannot_be_put_into_an_svg() -> None:
    with pytest.raises(UnreadableError, match="control character"):
        bake(SVG, '{"name":"\x01"}')


def test_a_credential_in_an_svg_has_its_limit_too() -> None:
    long = SVG.replace(b"<circle", b'<ob:credential xmlns:ob="https://purl.imsglobal.org/ob/v3p0">'
                       + b"x" * (MAX_CREDENTIAL_BYTES + 1) + b"</ob:credential><circle")  # fmt: skip
    with pytest.raises(UnreadableError, match="5 MiB"):
        read_picture(long)


def test_text_behind_a_badge_that_is_replaced_stays() -> None:
    baked = bake(SVG, TEXT)
    kept = baked.replace(b"</openbadges:credential>", b"</openbadges:credential>words", 1)
    again = bake(b"<!-- x -->" + kept.partition(b"?>")[2], "{}")
    assert unbake(again) == "{}"
    assert b"words" in again


ASSERTION = '{"type":"Assertion","id":"https://guild.example/2/a/1","note":"a]]>b"}'


@pytest.mark.parametrize("picture", [png(), SVG], ids=["png", "svg"])
def test_an_assertion_of_2_goes_where_its_readers_look(picture: bytes) -> None:
    both = bake(bake(picture, TEXT), ASSERTION, version=2)
    found = read_picture(both)
    assert found.assertion is not None
    assert found.credential is not None
    assert json.loads(found.assertion) == json.loads(ASSERTION)
    assert json.loads(found.credential) == json.loads(TEXT)
    again = read_picture(bake(both, '{"id":"x"}', version=2))
    assert (again.assertion, again.credential) == ('{"id":"x"}', found.credential)


def test_an_svg_of_2_says_where_the_assertion_stands() -> None:
    element = etree.fromstring(bake(SVG, ASSERTION, version=2))[0]
    assert element.tag == "{http://openbadges.org}assertion"
    assert element.get("verify") == "https://guild.example/2/a/1"
    sly = ASSERTION.replace("/2/a/1", '/\\"><script>')
    assert etree.fromstring(bake(SVG, sly, version=2))[0].get("verify") is None
    with pytest.raises(ValueError, match="version 4"):
        bake(SVG, ASSERTION, version=4)


def test_text_between_a_drawing_and_the_badge_that_is_replaced_stays() -> None:
    ours = b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0" verify="a.b.c"/>words</svg>'
    again = bake(SVG.replace(b"</svg>", ours), "{}")
    assert unbake(again) == "{}"
    assert b"words" in again


def test_a_root_that_the_xml_reader_sees_and_we_do_not_is_refused() -> None:
    with pytest.raises(UnreadableError, match="root element"):
        baking._root_tag_end(b"<!DOCTYPE svg [ ]><svg>")
    assert baking._root_tag_end(b"<!-- > --><svg a='>'>") == len(b"<!-- > --><svg a='>'>") - 1


def test_what_was_baked_in_comes_out_and_leaves_the_picture_that_was() -> None:
    assert baking.png_without_credential(bake(bake(png(), "one"), "two")) == png()
    assert baking.png_without_credential(png()) == png()
    for broken in (png()[:-3], png()[:40] + b"\0" + png()[41:], b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(UnreadableError):
            baking.png_without_credential(broken)
