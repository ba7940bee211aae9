"""The issuer's own words: three places, plain text, no header, and ours when anything is amiss."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.db import connection

from plaudit_site.awards import awarding
from plaudit_site.awards.models import Award
from plaudit_site.mail import own_wording
from plaudit_site.mail.models import Message, OwnWords
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db

SUBJECT = "{{ name }}, you earned {{badge}}"
TEXT = "Dear {{ name }},\n\n{{ issuer }} is proud of you.\nWell done.\n\n100 % & more"


def path(world: World) -> str:
    return f"/manage/{world.issuer.slug}/wording"


def sent(award: Award) -> EmailMessage:
    row = Message.objects.get(kind="invitation", subject_id=award.public_id, state="sent")
    assert row.raw is not None
    return message_from_bytes(bytes(row.raw), policy=policy.default)  # type: ignore[return-value]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.journey("J4")
def test_invitations_go_out_in_the_issuers_words_and_keep_their_button(world: World) -> None:
    client = signed_in(world.ada)
    answer = client.post(path(world), {"subject": SUBJECT, "text": TEXT, "preview": "1"})
    shown = answer.content.decode()
    assert "Amara Okafor, you earned Certified Product Manager" in shown
    assert "is proud of you.\nWell done.\n\n100 % &amp; more" in shown
    assert not OwnWords.objects.exists(), "a preview stores nothing"
    assert client.post(path(world), {"subject": SUBJECT, "text": TEXT}).status_code == 302
    mail = sent(world.award())
    assert mail["Subject"] == "Eve Earner, you earned Certified Product Manager"
    text, html = part(mail, "plain"), part(mail, "html")
    assert (
        "Dear Eve Earner,\n\nSociety of Product Leaders is proud of you.\nWell done.\n\n100 % & more" in text
    )
    assert "is proud of you.<br>Well done.</p>" in html
    assert "100 % &amp; more" in html
    for kept in ("Save and Share", "Certified Product Manager", "No more mail from this issuer", EVE):
        assert kept in html
        assert kept in text
    assert client.post(path(world), {"subject": "", "text": ""}).status_code == 302
    assert not OwnWords.objects.exists()
    assert "You\u2019ve been given credit" in client.get(path(world)).content.decode()


REFUSED = [
    "{{7*7}}",
    "{{ name.__class__ }}",
    "{{ address }}",
    "{{ name|safe }}",
    "{% load x %}",
    "{# x #}",
    "{0.__class__}",
    "{{ name }} }}",
    "{{{ name }}}",
    "{{ {{ name }} }}",
    "{{\nname }}",
    "<b>x</b>",
    "< script>",
    "</p>",
    "<!-- x",
    "a\x00b",
    "\u202eevil",
    "a\u2028b",
]


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_else_than_the_three_places_means_anything(text: str, world: World) -> None:
    """SECURITY D19."""
    with pytest.raises(own_wording.WordsRefused):
        own_wording.checked(text)
    with pytest.raises(own_wording.WordsRefused):
        own_wording.checked(text, subject=True)
    answer = signed_in(world.ada).post(path(world), {"subject": "", "text": text})
    assert answer.status_code == 200
    assert not OwnWords.objects.exists()
    if "\0" in text and connection.vendor == "postgresql":
        return  # its texts cannot hold one
    OwnWords.objects.create(scope=f"issuer:{world.issuer.public_id}", kind="invitation", text=text)
    assert "congratulations" in part(sent(world.award()), "plain"), "stored all the same: ours are used"


@pytest.mark.parametrize(
    "subject", ["a\nBcc: v@example.org", "a\r\nBcc: v@example.org", "a\rb", "a\x0bb", "a\u2029b", "x" * 121]
)
def test_a_subject_is_one_line(subject: str, world: World) -> None:
    """SECURITY D3."""
    with pytest.raises(own_wording.WordsRefused):
        own_wording.checked(subject, subject=True)


def test_what_fills_a_place_is_not_looked_at_again(world: World) -> None:
    own_wording.save(f"issuer:{world.issuer.public_id}", "invitation", subject=SUBJECT, text=TEXT)
    name = "{{ issuer }} <b>x</b>"
    award = awarding.award(world.badge, address=EVE, name=name, by=world.ben)
    run_worker()
    mail = sent(award)
    assert mail["Subject"] == f"{name}, you earned Certified Product Manager"
    assert name in part(mail, "plain")
    assert "<b>x</b>" not in part(mail, "html")
    values = {"name": "Eve\r\nBcc: v@example.org", "badge": "\u2028", "issuer": ""}
    assert own_wording.filled((SUBJECT, ""), values)[0] == "Eve Bcc: v@example.org, you earned"


def test_words_are_their_issuers_alone(world: World) -> None:
    from plaudit_site.issuers import founding
    from tests.people import make_badge, person

    own_wording.save(f"issuer:{world.issuer.public_id}", "invitation", subject=SUBJECT, text=TEXT)
    olga = person("Olga", "olga@other.example")
    other = founding.found(
        olga, name="Other", url="https://o.example", email="o@o.example", standing="approved"
    )
    badge = make_badge(other, "Other Badge")
    award = awarding.award(badge, address=EVE, name="Eve", by=olga)
    run_worker()
    assert sent(award)["Subject"] == "You\u2019ve been given credit"
    assert signed_in(world.ben).get(path(world)).status_code == 404, "an awarder does not edit"
