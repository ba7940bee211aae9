"""The issuer's own words: three places, plain text, no header, and ours when anything is amiss."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.html import escape

from plaudit_site.achievements.models import Version
from plaudit_site.awards import awarding, claiming, mails, revoking, suspending, telling
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import own_wording
from plaudit_site.mail.models import Lane, Message, OwnWords
from tests.people import EVE, World, make_badge, run_worker
from tests.site.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SUBJECT = "{{ name }}, you earned {{badge}}"
TEXT = "Dear {{ name }},\n\n{{ issuer }} is proud of you.\nWell done.\n\n100 % & more"


def path(world: World) -> str:
    return f"/manage/{world.issuer.slug}/wording"


def sent(award: Award, kind: str = "invitation") -> EmailMessage:
    row = Message.objects.filter(kind=kind, subject_id=award.public_id, state="sent").first()
    assert row is not None
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


# Every mail that goes out in an issuer's name, and how an award comes to it.
GOES_OUT = {
    "invitation": lambda world: world.award(),
    "reminder": lambda world: _reminded(world),
    "auto_accepted": lambda world: _trusted(world),
    "expiry": lambda world: _ending(world),
    "revoked": lambda world: _revoked(world),
    "suspended": lambda world: _suspended(world),
    "reinstated": lambda world: _reinstated(world),
}
KEPT = {
    "invitation": ["/claim/", "No more mail from this issuer"],
    "reminder": ["/claim/", "We remind you twice at most", "No more mail from this issuer"],
    "auto_accepted": ["You need not do anything", "Stop trusting this issuer"],
    "expiry": ["It is valid until", "No more mail from this issuer"],
    "revoked": ["A badge was revoked", "It is no longer valid", "Reason given:", "A mistake"],
    "suspended": ["A badge was suspended", "It does not hold at present", "Reason given:", "A mistake"],
    "reinstated": ["A badge holds again", "It holds again, and its page says so"],
}


def _accepted(world: World) -> Award:
    claiming.accept_with_new_account(world.award(), visibility="link", trust_issuer=False)
    return Award.objects.get(address=EVE, is_welcome=False)


def _reminded(world: World) -> Award:
    award = world.award()
    Message.objects.filter(kind="reminder").update(due_at=timezone.now())
    run_worker()
    return award


def _trusted(world: World) -> Award:
    claiming.accept_with_new_account(world.award(), visibility="link", trust_issuer=True)
    return world.award(badge=make_badge(world.issuer, "Certified Product Manager"))


def _ending(world: World) -> Award:
    award = _accepted(world)
    Award.objects.filter(pk=award.pk).update(expires_at=timezone.now() + timedelta(days=20))
    award.refresh_from_db()
    telling.queue_about(award, "expiry", Lane.REMINDERS)
    run_worker()
    return award


def _revoked(world: World) -> Award:
    award = _accepted(world)
    revoking.revoke(award, reason="A mistake", by=world.ben)
    run_worker()
    return award


def _suspended(world: World) -> Award:
    suspending.allow(world.issuer, world.ada, wanted=True)
    world.issuer.refresh_from_db()
    world.badge.issuer.refresh_from_db()
    award = _accepted(world)
    suspending.suspend(award, reason="A mistake", by=world.ben)
    run_worker()
    return award


def _reinstated(world: World) -> Award:
    award = _suspended(world)
    suspending.reinstate(award, by=world.ben)
    run_worker()
    return award


@pytest.mark.journey("J4")
@pytest.mark.parametrize("kind", GOES_OUT)
def test_each_mail_goes_out_in_the_issuers_words_and_keeps_its_facts(kind: str, world: World) -> None:
    client = signed_in(world.ada)
    where = f"{path(world)}?kind={kind}"
    shown = client.post(where, {"subject": SUBJECT, "text": TEXT, "preview": "1"}).content.decode()
    assert "Amara Okafor, you earned Certified Product Manager" in shown
    assert "is proud of you.\nWell done.\n\n100 % &amp; more" in shown
    for fact in KEPT[kind]:
        assert escape(fact) in shown or fact == "A mistake", "the preview is of the very mail"
    assert client.post(where, {"subject": SUBJECT, "text": TEXT}).status_code == 302
    assert [row.kind for row in OwnWords.objects.all()] == [kind]
    mail = sent(GOES_OUT[kind](world), kind)
    assert mail["Subject"] == "Eve Earner, you earned Certified Product Manager"
    text, html = part(mail, "plain"), part(mail, "html")
    assert (
        "Dear Eve Earner,\n\nSociety of Product Leaders is proud of you.\nWell done.\n\n100 % & more" in text
    )
    assert "is proud of you.<br>Well done.</p>" in html
    for fact in ["Certified Product Manager", EVE, *KEPT[kind]]:
        assert fact in text
        assert fact in html
    page = client.get(where).content.decode()
    assert "Back to our words" in page
    assert client.post(where, {"reset": "1", "subject": "x", "text": "y"}).status_code == 302
    assert not OwnWords.objects.exists()
    assert "Back to our words" not in client.get(where).content.decode()


@pytest.mark.parametrize("kind", GOES_OUT)
def test_no_mail_takes_a_header_or_a_tag_from_what_fills_its_places(kind: str, world: World) -> None:
    """SECURITY D3, D19."""
    name = "{{ issuer }} <b>x</b>"
    own_wording.save(f"issuer:{world.issuer.public_id}", kind, subject=SUBJECT, text=TEXT, language="en")
    Issuer.objects.filter(pk=world.issuer.pk).update(name="Guild\r\nBcc: v@example.org")
    Version.objects.update(title="T\r\nCc: v@example.org")
    world.issuer.refresh_from_db()
    for row in (world.badge, world.badge.current, world.badge.issuer):
        assert row is not None
        row.refresh_from_db()
    context = {
        **dict.fromkeys(("see_it_url", "undo_url", "claim_url", "reason"), "x"),
        **mails.common(Award(issuer=world.issuer, version=world.badge.current, name=name, address=EVE)),
        "ends_on": timezone.now(),
    }
    wording = own_wording.of(f"issuer:{world.issuer.public_id}", kind, "en")
    subject, text, html = mails.in_words(kind, "en", wording, context)
    assert subject == f"{name}, you earned T Cc: v@example.org"
    assert f"Dear {name}," in text
    assert "<b>x</b>" not in html


@pytest.mark.journey("J4")
def test_the_language_of_an_award_picks_the_words_and_falls_back(world: World) -> None:
    client = signed_in(world.ada)
    german = {"subject": "{{ name }}, ein Abzeichen", "text": "Hallo {{ name }}!"}
    assert client.post(f"{path(world)}?language=de", german).status_code == 302
    scope = f"issuer:{world.issuer.public_id}"

    def subject(language: str) -> str:
        address = f"{language or 'none'}@lang.example"
        award = awarding.award(world.badge, address=address, name="Eve", language=language, by=world.ben)
        run_worker()
        return str(sent(award)["Subject"])

    assert subject("de") == "Eve, ein Abzeichen"
    assert subject("fr") == "You\u2019ve been given credit", "ours, where there are none"
    client.post(path(world), {"subject": "For every other", "text": ""})
    assert own_wording.of(scope, "invitation", "de-at")[0] == german["subject"]
    assert own_wording.of(scope, "invitation", "fr") == ("For every other", "")
    assert own_wording.of(scope, "reminder", "de") == ("", "")
    page = client.get(f"{path(world)}?language=de").content.decode()
    assert 'lang="de"' in page
    assert "Hallo Amara Okafor!" in page
    assert "Take these words away" in page
    assert 'href="/manage/society-of-product-leaders/wording?language=de">' in page
    assert 'lang="de"' not in client.get(path(world)).content.decode(), "the general words are changed there"
    client.post(f"{path(world)}?language=de", {"reset": "1"})
    assert own_wording.of(scope, "invitation", "de")[0] == "For every other"


@pytest.mark.parametrize(
    "query", ["?kind=code", "?kind=../x&language=xx", "?language=de:fr", "?kind=lapsing"]
)
def test_mails_that_are_not_the_issuers_are_not_worded(query: str, world: World) -> None:
    """What makes no sense is as if it were not asked: codes and notices of the site are not to be reached."""
    client = signed_in(world.ada)
    assert client.post(path(world) + query, {"subject": "s", "text": "t"}).status_code == 302
    assert [row.kind for row in OwnWords.objects.all()] == ["invitation"]


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
