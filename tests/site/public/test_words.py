"""Words of mails and of the pages for what went wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.mail.wording import words
from plaudit_site.showing.templatetags.showing import day, initials, moment, passkey_script
from plaudit_site.showing.words import day_text, with_territory
from tests.site.conftest import signed_in

CLAIM = "https://badges.example/claim/secret"
CONTEXT: dict[str, Any] = {
    "issuer_name": "Müller & Söhne\r\nBcc: victim@example.org",
    "badge_title": "Größe & <Maß> 100 %",
    "badge_picture_url": "https://badges.example/b/x/v1.png",
    "recipient_name": "Eve <script>",
    "awarded_on": timezone.now(),
    "note": "Well done <b>",
    "claim_url": CLAIM,
    "how_to_claim_url": "https://badges.example/i/x/how-to-claim/",
    "see_it_url": "https://badges.example/see",
    "undo_url": "https://badges.example/undo",
    "code": "123456",
    "purpose": "sign_in",
    "address": "eve@example.org",
    "unsubscribe_issuer_url": "https://badges.example/u/issuer",
    "unsubscribe_all_url": "https://badges.example/u/all",
    "reason": "Issued in error",
    "member_role": "Editor",
    "invited_by": "Ada",
    "notice_subject": "Password changed",
    "notice_text": "See https://badges.example/account",
}
# The address that must stand on a line of its own in the text part.
KINDS = {
    "invitation": CLAIM,
    "reminder": CLAIM,
    "auto_accepted": CONTEXT["see_it_url"],
    "claimed_notice": CONTEXT["undo_url"],
    "revoked": CONTEXT["see_it_url"],
    "code": "123456",
    "issuer_invite": CLAIM,
    "address_added_notice": None,
    "notice": None,
}


@pytest.mark.journey("J5")
@pytest.mark.parametrize("kind", KINDS)
def test_each_mail_has_subject_text_and_html(kind: str) -> None:
    subject, text, html = words(kind, "en", CONTEXT)
    assert subject
    assert "\n" not in subject
    assert "\r" not in subject
    assert "&amp;" not in subject + text
    assert len(html.encode()) < 30_000
    assert "<script>" not in html
    assert not re.search(r"<(link|script|iframe)", html)
    pictures = re.findall(r'<img[^>]+src="([^"]+)"', html)
    assert set(pictures) <= {CONTEXT["badge_picture_url"]}
    own_line = KINDS[kind]
    if own_line:
        assert own_line in [line.strip() for line in text.splitlines()]
        assert own_line in html
    assert "eve@example.org" in text or kind == "address_added_notice"


@pytest.mark.journey("J4", "J5")
def test_the_invitation_says_what_it_must() -> None:
    subject, text, html = words("invitation", "en", CONTEXT)
    assert subject == "You’ve been given credit"
    for part in (text, html):
        assert "Save and Share" in part
        assert CONTEXT["how_to_claim_url"] in part
        assert CONTEXT["unsubscribe_issuer_url"] in part
        assert CONTEXT["unsubscribe_all_url"] in part
        assert "because they awarded you a badge" in part
    assert len(re.findall(r'<a class="btn"', html)) == 1


@pytest.mark.journey("J24")
def test_the_mail_of_a_trusted_issuer_asks_for_nothing() -> None:
    _subject, text, html = words("auto_accepted", "en", CONTEXT)
    for part in (text, html):
        assert "You need not do anything" in part
        assert "Save and Share" not in part


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429])
@pytest.mark.django_db
def test_each_error_has_a_page_with_one_heading_and_a_way_on(status: int) -> None:
    html = render_to_string(f"{status}.html", {}, request=RequestFactory().get("/x"))
    assert html.count("<h1") == 1
    assert 'class="btn primary"' in html


def test_the_last_page_needs_nothing(settings: Any) -> None:
    """No database (this test has none), no session, no manifest."""
    html = get_template("500.html").render({"request_id": "abc"})
    assert "It is our mistake" in html
    assert "abc" in html


@pytest.mark.django_db
def test_the_page_for_nothing_asks_whether_it_is_your_badge(client: Client) -> None:
    html = client.get("/nowhere").content.decode()
    assert "Is this your badge?" in html
    assert "/accounts/login/?next=/nowhere" in html


def test_it_does_not_ask_those_who_are_signed_in(eve: User) -> None:
    html = signed_in(eve).get("/nowhere").content.decode()
    assert "There is no page at this address" in html
    assert "Is this your badge?" not in html
    assert '<a class="btn primary" href="/badges">' in html


def test_dates_are_words_and_machines_read_them() -> None:
    at = datetime(2026, 11, 14, 17, 42, 9, tzinfo=UTC)
    assert day_text(at) == "14 Nov 2026"
    assert day(at, "long") == '<time datetime="2026-11-14">14 November 2026</time>'
    assert moment(at) == '<time datetime="2026-11-14T17:42:09Z">14 Nov 2026, 17:42:09 UTC</time>'
    assert day_text(None) == day(None) == moment(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Amara Okafor", "AO"),
        ("eve@example.org", "E"),
        ("eve.earner@x.org", "EE"),
        ("", "?"),
        ("A B C", "AC"),
        ("—", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_data_of_passkeys_ends_no_script() -> None:
    assert "</script><b>" not in passkey_script("x", add="</script><b>")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "en_GB"),
        ("en-us", "en_US"),
        ("de", "de_DE"),
        ("pt-br", "pt_BR"),
        ("zh-hant", "zh_TW"),
        ("zh-hans", "zh_CN"),
        ("no such language", "en_GB"),
    ],
)
def test_previews_elsewhere_are_told_a_language_with_its_land(language: str, told: str) -> None:
    assert with_territory(language) == told
