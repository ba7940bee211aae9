"""A PDF is verified by the credential attached to it; what is hostile in a PDF costs little and proves nothing."""

import json
import zlib

import pytest

import plaudit
from plaudit import MappedFetch, papers
from plaudit.containers import open_bytes
from plaudit.errors import AmbiguousError, UnreadableError
from tests.plaudit.samples import AT, GUILD, credential, signed, web

FETCH = MappedFetch(web())
PACKED = b"/Filter /FlateDecode "


def paper(*attachments: bytes) -> bytes:
    """A PDF in so far as this module reads one: each attachment is the text of a whole stream with its dictionary."""
    return b"%PDF-1.7\n" + b"\n".join(attachments) + b"\n%%EOF\n"


def stream(content: bytes, extra: bytes = b"") -> bytes:
    length = str(len(content)).encode()
    head = b"1 0 obj\n<< /Type /EmbeddedFile " + extra + b"/Length " + length + b" >>\nstream\n"
    return head + content + b"\nendstream\nendobj"


def packed(content: bytes) -> bytes:
    return stream(zlib.compress(content), PACKED)


@pytest.mark.parametrize("attach", [stream, packed])
def test_the_badge_attached_to_a_paper_is_verified(attach: object) -> None:
    report = plaudit.verify(paper(attach(signed())), fetch=FETCH, at=AT)  # type: ignore[operator]
    assert report.verified, report.as_dict()
    assert report.container == "a PDF file"
    assert report.credential == json.loads(signed())


def test_a_token_attached_to_a_paper_is_verified() -> None:
    token = plaudit.issue_jwt(credential(), GUILD, AT).encode()
    assert plaudit.verify(paper(packed(token)), fetch=FETCH, at=AT).verified


def test_one_changed_letter_in_the_attachment_fails() -> None:
    forged = signed().replace(b"Soldering, first class", b"Soldering, third class")
    assert forged != signed()
    report = plaudit.verify(paper(packed(forged)), fetch=FETCH, at=AT)
    assert report.outcome_of("proof") == "failed"
    assert report.credential is None


@pytest.mark.parametrize(
    "given",
    [
        paper(),
        paper(stream(b'{"rows": []}')),
        paper(stream(b"a note for the reader")),
        paper(stream(b"no zlib", PACKED)),
        paper(packed(signed()).replace(b"endstream", b"end")),
        paper(packed(signed())[:400]),
        paper(packed(b" " * (papers.MOST_ATTACHED + 1) + signed())),
        paper(*[stream(b"x")] * papers.MOST_TRIED, packed(signed())),
        b"%PDF-1.7\n" + b"/Type /EmbeddedFile stream\n" * 100_000,
        b"%PDF-1.7\n/Type" + b" " * 1_000_000,
    ],
    ids=[
        "nothing",
        "other JSON",
        "a note",
        "no zlib",
        "no end",
        "cut off",
        "a bomb",
        "decoys",
        "marks",
        "blanks",
    ],
)
def test_a_paper_without_a_badge_says_what_to_do(given: bytes) -> None:
    with pytest.raises(UnreadableError, match="printed on it"):
        open_bytes(given)
    report = plaudit.verify(given, fetch=FETCH, at=AT)
    assert (report.exit_code, report.readable, report.verified) == (3, False, False)


def test_what_other_programs_attach_beside_it_is_passed_over() -> None:
    given = paper(stream(b'{"rows": []}'), stream(b"a,b,c"), packed(signed()))
    assert plaudit.verify(given, fetch=FETCH, at=AT).verified


def test_two_badges_on_one_paper_are_ambiguous_and_one_twice_is_one() -> None:
    other = plaudit.issue(credential(id="urn:uuid:0b0f5f6e-5d1e-4df0-8a63-7c6e1d8b9a56"), GUILD, AT)
    with pytest.raises(AmbiguousError):
        open_bytes(paper(packed(signed()), packed(other)))
    report = plaudit.verify(paper(packed(signed()), packed(other)), fetch=FETCH, at=AT)
    assert (report.exit_code, report.credential) == (1, None)
    assert plaudit.verify(paper(packed(signed()), stream(signed())), fetch=FETCH, at=AT).verified


def test_an_attachment_that_is_no_text_is_named_as_that() -> None:
    with pytest.raises(UnreadableError, match="not UTF-8"):
        open_bytes(paper(stream(b'{"@context": "\xff"}')))
