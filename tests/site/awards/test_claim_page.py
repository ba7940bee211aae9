"""The claim page over HTTP: reading changes nothing, one press does it all, dead links look alike."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import serializers
from django.test import Client

from plaudit_site.accounts.models import MailedCode, User
from plaudit_site.achievements.models import Version
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import claiming, invitations, life, listing, revoking
from plaudit_site.awards.models import Award, TrustedIssuer
from plaudit_site.mail.models import Message
from plaudit_site.mail.renderers import render
from tests.people import EVE, World, run_worker
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db


def claim_path(award: Award) -> str:
    award.refresh_from_db()
    return f"/claim/{invitations.token(award)}"


def everything_stored() -> str:
    """All rows but sessions, which a page with a form needs for its protection."""
    models = [
        m for m in apps.get_models() if m._meta.label not in {"sessions.Session", "contenttypes.ContentType"}
    ]
    return "".join(serializers.serialize("json", m._default_manager.order_by("pk")) for m in models)


def press(client: Client, path: str, **more: str) -> Any:
    """As a browser does: the form's own token, taken from the page, with protection switched on."""
    page = client.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token, page.content.decode()[:500]
    return client.post(path, {"csrfmiddlewaretoken": token[1], "visibility": "link", **more})


def confirmed(user: User) -> Client:
    """Signed in, and asked a moment ago whether it is still them."""
    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client


def code_in_mail(address: str) -> str:
    message = Message.objects.filter(kind="code", context__address=address).latest("pk")
    found = re.search(r"\b(\d{6})\b", render("code", message.subject_id, "en", message.context).text)
    assert found
    return found[1]


@pytest.mark.journey("J7")
def test_ten_gets_and_heads_change_nothing(world: World) -> None:
    award = world.award()
    before = everything_stored()
    client = Client()
    for _ in range(10):
        assert client.get(claim_path(award)).status_code == 200
        assert client.head(claim_path(award)).status_code == 200
        assert client.get(claim_path(award) + "/see").status_code == 200
    assert everything_stored() == before


def test_what_is_seen_first_is_set_as_on_the_certificate(world: World) -> None:
    Version.objects.update(criteria="- **Forty** hours\n- An examination")
    page = Client().get(claim_path(world.award()) + "/see").content.decode()
    assert "<li><strong>Forty</strong> hours</li>" in page
    assert "**" not in page


@pytest.mark.journey("J6", "J12", "J20")
def test_one_press_with_protection_on_makes_everything(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    award = world.award()
    client = Client(enforce_csrf_checks=True)
    with django_capture_on_commit_callbacks(execute=True):
        answer = press(client, claim_path(award), trust_issuer="on")
    assert answer.status_code == 302
    assert answer["Location"] == f"/badges?new={award.public_id}"
    award.refresh_from_db()
    assert (award.state, award.visibility) == ("accepted", "link")
    assert TrustedIssuer.objects.get().visibility == "link"
    earned = client.get("/badges")
    assert earned.status_code == 200
    # The welcome badge is there at once, without waiting for the worker.
    assert Award.objects.earned_by(award.earner).count() == 2


@pytest.mark.journey("J20")
def test_save_for_me_only_keeps_it_private(world: World) -> None:
    award = world.award()
    press(Client(), claim_path(award), visibility="only_me")
    award.refresh_from_db()
    assert award.visibility == "only_me"
    assert Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}").status_code == 404


def test_a_press_without_the_pages_token_is_refused(world: World) -> None:
    award = world.award()
    answer = Client(enforce_csrf_checks=True).post(claim_path(award), {"visibility": "link"})
    assert answer.status_code == 403
    award.refresh_from_db()
    assert award.state == "waiting"
    assert not User.objects.filter(email=EVE).exists()


def test_a_press_from_another_site_is_refused(world: World) -> None:
    award = world.award()
    client = Client(enforce_csrf_checks=True)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(claim_path(award)).content.decode()
    )
    assert token
    form = {"csrfmiddlewaretoken": token[1], "visibility": "link"}
    assert client.post(claim_path(award), form, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.journey("J6", "J8")
def test_the_page_says_what_happens_and_offers_the_ways_out(world: World) -> None:
    page = Client().get(claim_path(world.award())).content.decode()
    assert EVE not in page
    assert "•••@example.org" in page
    for words in ("Save and Share", "Save for me only", "Trust Issuer", "Decline", "See it first"):
        assert words in page
    assert "Use my existing account" in page
    assert "How to claim" in page
    assert "Report" in page
    assert not re.search(r'name="trust_issuer"[^>]*checked', page)
    assert "makes an account" in page


@pytest.mark.journey("J15")
def test_help_on_addresses_is_one_click_away(world: World) -> None:
    assert "/help/addresses" in Client().get(claim_path(world.award())).content.decode()
    assert Client().get("/help/addresses").status_code == 200
    assert "/help/addresses" in Client().get("/accounts/login/").content.decode()
    award = world.award(badge=world.badge_like("Another"))
    assert "/help/addresses" in render("invitation", award.public_id, "en", {}).text


def test_forged_spent_foreign_and_withdrawn_links_give_the_same_page(
    world: World, sam: User, eve: User
) -> None:
    spent, withdrawn = world.award("a@example.org"), world.award("b@example.org")
    foreign = world.award(badge=world.badge_like("For Eve"))
    press(Client(), claim_path(spent))
    dead = claim_path(withdrawn)
    revoking.withdraw(withdrawn, by=world.ben)
    forged = claim_path(foreign)[:-1] + ("0" if claim_path(foreign)[-1] != "0" else "1")

    def page(client: Client, path: str) -> tuple[int, str]:
        answer = client.get(path)
        return answer.status_code, re.sub(
            r'(nonce|value)="[^"]*"|/claim/[^"]*|[0-9a-f]{12}', "", answer.content.decode()
        )

    stranger = {page(Client(), path) for path in (claim_path(spent), dead, forged, "/claim/x")}
    assert len(stranger) == 1
    assert stranger.pop()[0] == 404
    assert page(signed_in(sam), claim_path(foreign)) == page(signed_in(sam), "/claim/x")


@pytest.mark.journey("J9")
def test_the_link_signs_nobody_in_to_an_account_that_exists(world: World, eve: User) -> None:
    award = world.award()
    client = Client()
    page = client.get(claim_path(award))
    assert "Sign in" in page.content.decode()
    client.post(claim_path(award), {"visibility": "link"})
    award.refresh_from_db()
    assert award.state == "waiting"
    assert "_auth_user_id" not in client.session


@pytest.mark.journey("J13", "J16")
def test_another_account_adds_the_address_by_a_code_mailed_now(world: World, sam: User) -> None:
    award = world.award()
    client = confirmed(sam)
    page = client.get(claim_path(award)).content.decode()
    assert "•••@example.org" in page
    client.post(claim_path(award), {"visibility": "link"})
    award.refresh_from_db()
    assert award.state == "waiting", "the link alone gives nothing to another account"
    client.post(claim_path(award) + "/address")
    code = code_in_mail(EVE)
    wrong = {
        "code": "000000" if code != "000000" else "111111",
        "visibility": "only_me",
        "trust_issuer": "on",
    }
    page = client.post(claim_path(award) + "/address", wrong).content.decode()
    assert "4 more times" in page
    for left in ("3 more times", "2 more times", "once more"):
        assert f"You can try {left}." in client.post(claim_path(award) + "/address", wrong).content.decode()
    assert re.search(r'name="trust_issuer"[^>]* checked', page), "what was ticked stays so"
    client.post(claim_path(award) + "/address", {"code": code})
    assert not EmailAddress.objects.filter(user=sam, email=EVE).exists(), "how to save it was not said"
    answer = client.post(claim_path(award) + "/address", wrong | {"code": code})
    assert answer["Location"].startswith("/badges?")
    assert EmailAddress.objects.filter(user=sam, email=EVE, verified=True).exists()
    award.refresh_from_db()
    assert (award.earner, award.state, award.visibility) == (sam, "accepted", "only_me")
    assert TrustedIssuer.objects.filter(user=sam, issuer=award.issuer).exists()


def test_five_wrong_codes_end_it(world: World, sam: User) -> None:
    award = world.award()
    client = confirmed(sam)
    client.post(claim_path(award) + "/address")
    code = code_in_mail(EVE)
    wrong = {"code": "999999" if code != "999999" else "888888", "visibility": "link"}
    for _ in range(5):
        client.post(claim_path(award) + "/address", wrong)
    client.post(claim_path(award) + "/address", wrong | {"code": code})
    assert not EmailAddress.objects.filter(user=sam, email=EVE, verified=True).exists()
    assert MailedCode.objects.get(user=sam).used_at is None


@pytest.mark.journey("J12")
def test_a_badge_that_matters_a_lot_asks_for_a_mailed_code(world: World) -> None:
    award = world.award(badge=world.badge_like("High Stakes", claim_needs_code=True))
    client = Client()
    page = press(client, claim_path(award), trust_issuer="on").content.decode()
    assert "six digits" in page
    assert not User.objects.filter(email=EVE).exists()
    answer = client.post(claim_path(award) + "/code", {"code": code_in_mail(EVE)})
    assert answer.status_code == 302
    award.refresh_from_db()
    assert award.state == "accepted"
    assert TrustedIssuer.objects.exists(), "the wish of the first press is kept"


@pytest.mark.journey("J8", "J20")
def test_declining_by_the_link_can_be_undone(world: World) -> None:
    award = world.award()
    client = Client()
    client.post(claim_path(award) + "/decline")
    award.refresh_from_db()
    assert award.state == "declined"
    assert "Undo" in client.get(claim_path(award)).content.decode()
    client.post(claim_path(award) + "/decline", {"undo": "1"})
    award.refresh_from_db()
    assert award.state == "waiting"


@pytest.mark.journey("J8")
def test_abuse_is_reported_from_the_claim_page(world: World) -> None:
    award = world.award()
    Client().post(claim_path(award) + "/report", {"text": "I never did that course."})
    assert award.reports.get().text == "I never did that course."


@pytest.mark.journey("J12")
def test_not_you_takes_it_back_with_one_press_and_not_by_reading(world: World) -> None:
    award = world.award()
    thief = Client()
    press(thief, claim_path(award))
    notice = Message.objects.get(kind="claimed_notice")
    text = render("claimed_notice", notice.subject_id, "en", notice.context).text
    found = re.search(r"http://localhost:8000(/account/undo/\w+)", text)
    assert found
    owner = Client()
    owner.get(found[1])
    award.refresh_from_db()
    assert award.state == "accepted"
    assert "It is yours again" in owner.post(found[1]).content.decode()
    award.refresh_from_db()
    assert (award.state, award.earner) == ("waiting", None)
    assert thief.get("/badges").status_code == 302, "the thief's session is over"
    assert owner.post(found[1]).status_code == 404


def test_one_click_unsubscribe_works_without_a_page_and_reading_does_nothing(world: World) -> None:
    award = world.award()
    headers = dict(render("invitation", award.public_id, "en", {}).headers)
    path = headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    client = Client(enforce_csrf_checks=True)
    client.get(path)
    second = world.award(badge=world.badge_like("Second"))
    assert Message.objects.get(subject_id=second.public_id, kind="invitation").state == "sent"
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    third = world.award(badge=world.badge_like("Third"))
    assert Message.objects.get(subject_id=third.public_id, kind="invitation").state == "dropped"
    assert Client().get(claim_path(third)).status_code == 200, "the badge itself stays claimable"
    run_worker()


def test_no_token_and_no_address_leaves_by_referrer(world: World) -> None:
    page = Client().get(claim_path(world.award()))
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.journey("J12")
def test_a_forwarded_link_to_an_ordinary_badge_does_not_win_one_that_matters(world: World) -> None:
    """An account made by a link alone has proven to hold the link; the other badge asks the mailbox."""
    ordinary, precious = world.award(), world.award(badge=world.badge_like("Precious", claim_needs_code=True))
    thief = Client()
    press(thief, claim_path(ordinary), trust_issuer="on")
    precious.refresh_from_db()
    assert precious.state == "waiting", "trust does not bring it in either"
    thief.post(f"/badges/{precious.public_id}/accept", {"visibility": "link"})
    precious.refresh_from_db()
    assert precious.state == "waiting"
    code = code_in_mail(EVE)
    later = world.award(badge=world.badge_like("Later and Precious", claim_needs_code=True))
    assert later.state == "waiting"
    answer = thief.post(claim_path(precious) + "/code", {"code": code})
    assert answer.status_code == 302
    precious.refresh_from_db()
    assert precious.state == "accepted", "the control: with the code from the mailbox it works"
    assert world.award(badge=world.badge_like("Third", claim_needs_code=True)).state == "accepted"


def opened(client: Client, award: Award, **more: str) -> Any:
    """What the page's script sends, with the token that stands in the page."""
    path = claim_path(award)
    page = client.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token
    assert f'data-opened="{path}/opened"' in page.content.decode()
    headers = {"X-CSRFToken": token[1], "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", **more}
    return client.post(f"{path}/opened", headers=headers)


@pytest.mark.journey("J7", "J46")
def test_that_the_page_was_opened_is_noted_once_and_for_people_alone(world: World) -> None:
    award = world.award("new@example.org")
    client = Client(enforce_csrf_checks=True)
    assert opened(client, award, **{"User-Agent": "SafeLinks scanner bot/1.0"}).status_code == 204
    assert opened(client, award, **{"Sec-Purpose": "prefetch"}).status_code == 204
    assert client.post(f"{claim_path(award)}/opened").status_code == 403
    award.refresh_from_db()
    assert award.opened_at is None  # seen by programs, and by a page of somebody else's
    assert opened(client, award).status_code == 204
    award.refresh_from_db()
    first = award.opened_at
    assert first is not None
    opened(client, award)
    award.refresh_from_db()
    assert award.opened_at == first
    assert (
        AuditEvent.objects.filter(kind="claim page opened", subject=f"award:{award.public_id}").count() == 1
    )
    assert [step.words for step in life.steps(award)][-1] == "Claim page opened"
    assert life.now(award).words == "Opened, not accepted yet"
    [found] = listing.found(world.issuer, listing.Wanted(state="opened"))
    assert found == award


def test_a_dead_link_notes_nothing_and_a_correction_begins_anew(world: World) -> None:
    award = world.award("typo@example.org")
    client = Client(enforce_csrf_checks=True)
    old = claim_path(award)
    opened(client, award)
    revoking.correct(award, address="right@example.org", name="Eve", by=world.ben)
    run_worker()
    award.refresh_from_db()
    assert award.opened_at is None
    assert not claiming.note_opened(old.removeprefix("/claim/"))
    assert not claiming.note_opened("x" * 53)
    assert claiming.note_opened(claim_path(award).removeprefix("/claim/"))
    revoking.withdraw(award, by=world.ben)
    assert not claiming.note_opened(claim_path(award).removeprefix("/claim/"))
