"""The mail “You’ve been given credit”, as its reader gets it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from plaudit_site.awards import invitations
from plaudit_site.mail.models import Message
from tests.people import EVE, World

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def sent(kind: str, public_id: str) -> EmailMessage:
    row = Message.objects.get(kind=kind, subject_id=public_id, state="sent")
    assert row.raw is not None
    return message_from_bytes(bytes(row.raw), policy=policy.default)  # type: ignore[return-value]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.journey("J3", "J4")
def test_sender_and_subject(world: World) -> None:
    mail = sent("invitation", world.award().public_id)
    sender = mail["From"].addresses[0]
    assert sender.display_name == "Society of Product Leaders via Plaudit"
    assert sender.addr_spec == "badges@localhost"
    assert str(mail["Reply-To"]) == "badges@leaders.example"
    assert mail["Subject"] == "You\u2019ve been given credit"
    assert [a.addr_spec for a in mail["To"].addresses] == [EVE]


@pytest.mark.journey("J5")
def test_one_button_and_the_same_link_in_the_text(world: World) -> None:
    award = world.award(note="Congratulations on a strong examination.")
    mail = sent("invitation", award.public_id)
    html, text = part(mail, "html"), part(mail, "plain")
    link = invitations.claim_url(award)
    assert re.search(rf'<a[^>]*href="{re.escape(link)}"[^>]*>\s*Save and Share\s*</a>', html)
    assert html.count("Save and Share") == 1
    assert re.search(rf"^{re.escape(link)}\s*$", text, re.M), "the address stands on a line of its own"
    for words in (award.version.title, world.issuer.name, "Congratulations on a strong examination.", EVE):
        assert words in html
        assert words in text
    assert f"/b/{award.version.achievement.public_id}/v1.png" in html
    assert len(html.encode()) < 30_000


@pytest.mark.journey("J1", "J15")
def test_every_invitation_leads_to_how_to_claim_and_help_on_addresses(world: World) -> None:
    mail = sent("invitation", world.award().public_id)
    for kind in ("html", "plain"):
        assert f"/i/{world.issuer.slug}/how-to-claim/" in part(mail, kind)
        assert "/help/addresses" in part(mail, kind)


def test_nothing_in_the_mail_reports_back_and_unsubscribing_is_one_click(world: World) -> None:
    mail = sent("invitation", world.award().public_id)
    html = part(mail, "html")
    assert {
        re.sub(r"https?://([^/]+).*", r"\1", u) for u in re.findall(r'(?:src|href)="(http[^"]+)"', html)
    } == {"localhost:8000"}
    pictures = re.findall(r"<img[^>]*>", html)
    assert all("alt=" in picture and "width=" in picture for picture in pictures)
    assert re.fullmatch(r"<http://localhost:8000/u/[^\s<>]{26,}>", mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_names_are_text_in_html_and_never_links(world: World) -> None:
    from plaudit_site.awards import awarding
    from tests.people import run_worker

    award = awarding.award(
        world.badge,
        address=EVE,
        name='<a href="https://evil.example">Log in</a>',
        note="{{7*7}} <script>",
        by=world.ben,
    )
    run_worker()
    html = part(sent("invitation", award.public_id), "html")
    assert "<script" not in html
    assert 'href="https://evil.example"' not in html
    assert "{{7*7}}" in html


@pytest.mark.journey("J24")
def test_the_mail_about_an_accepted_badge_says_that_nothing_needs_doing(world: World) -> None:
    from plaudit_site.awards import claiming

    user = claiming.accept_with_new_account(world.award(), visibility="link", trust_issuer=True)
    second = world.award(badge=world.badge_like("Second Badge"))
    assert second.earner == user
    mail = sent("auto_accepted", second.public_id)
    text = part(mail, "plain")
    assert "need not do anything" in text
    assert f"/i/{world.issuer.slug}/c/{second.public_id}" in text
    assert "/claim/" not in text
