"""No header that we did not set, no recipient but the one we meant: proven by parsing the bytes back."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaudit_site.mail.building import HeaderInjection, build, one_line
from plaudit_site.mail.renderers import Rendered

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS = [
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "list-id",
    "message-id",
    "mime-version",
    "reply-to",
    "subject",
    "to",
]

NASTY = [
    "Ada\r\nBcc: victim@example.org",
    "Ada\nBcc: victim@example.org",
    "Ada\rBcc: victim@example.org",
    "Ada\r\n\r\n<h1>Body</h1>",
    "Ada\u2028Bcc: victim@example.org",
    "Ada\u0085Bcc: x@example.org",
    "Ada\x0bBcc: x@example.org",
    "Ada\x00",
    "=?utf-8?q?=0D=0ABcc=3A_victim=40example=2Eorg?=",
    '"Ada" <victim@example.org>, x',
    "Ada (Bcc: victim@example.org)",
    "Ada; boundary=x",
    "\u202eevil\u202c",
    "a" * 5000,
    "Bcc: victim@example.org, " * 9,
    "x" * 70 + "\r\n Bcc: victim@example.org",
]


def rendered(**more: object) -> Rendered:
    values = {
        "subject": "You’ve been given credit",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "recipient": "eve@example.org",
        "sender_name": "Society via Plaudit",
        "reply_to": "badges@leaders.example",
        "headers": {"List-ID": "<x.localhost>"},
        **more,
    }
    return Rendered(**values)  # type: ignore[arg-type]


def made(**more: object) -> object:
    data = build(rendered(**more), message_id="<id@localhost>", sender_address="badges@localhost", at=AT)
    return message_from_bytes(data, policy=policy.default)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("place", ["subject", "sender_name"])
def test_a_nasty_name_stays_in_its_header(text: str, place: str) -> None:
    try:
        message = made(**{place: text})
    except HeaderInjection:
        return
    assert sorted(n.lower() for n in list(message)) == OURS  # type: ignore[attr-defined]
    assert [a.addr_spec for a in message["To"].addresses] == ["eve@example.org"]  # type: ignore[index]
    assert [a.addr_spec for a in message["From"].addresses] == ["badges@localhost"]  # type: ignore[index]


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_text_at_all_makes_another_header(subject: str, sender: str, body: str) -> None:
    try:
        message = made(subject=subject, sender_name=sender, text=body)
    except HeaderInjection:
        return
    assert sorted(n.lower() for n in list(message)) == OURS  # type: ignore[attr-defined]
    assert [a.addr_spec for a in message["To"].addresses] == ["eve@example.org"]  # type: ignore[index]


@pytest.mark.parametrize(
    "recipient",
    [
        "eve@example.org\r\nBcc: v@example.org",
        "eve@example.org, v@example.org",
        "a b@example.org",
        "e\x00@x.org",
    ],
)
def test_a_recipient_that_is_more_than_one_address_is_refused(recipient: str) -> None:
    with pytest.raises((HeaderInjection, ValueError)):
        made(recipient=recipient)


def test_the_name_arrives_as_it_was_written() -> None:
    message = made(sender_name="Größe & <Maß>, “Verein” via Plaudit", subject="100 % – ¡sí! 王")
    assert message["From"].addresses[0].display_name == "Größe & <Maß>, “Verein” via Plaudit"  # type: ignore[index]
    assert message["Subject"] == "100 % – ¡sí! 王"  # type: ignore[index]


def test_a_mail_has_a_text_part_first_and_an_html_part() -> None:
    parts = [p.get_content_type() for p in made().iter_parts()]  # type: ignore[attr-defined]
    assert parts == ["text/plain", "text/html"]


def test_control_and_direction_signs_leave_one_line() -> None:
    assert one_line("a\r\n b\u202e\u200bc\td") == "a b c d"


@pytest.mark.parametrize("length", range(60, 90))
def test_a_subject_that_just_fits_a_line_is_sent_too(length: int) -> None:
    """One of 70 to 76 signs was taken for another one, and its mail was never sent."""
    words = ("Society of Product Leaders no longer proves that it controls " + "leaders" * 9)[:length].strip()
    assert str(made(subject=words)["Subject"]).strip() == words  # type: ignore[index]
