"""Terms and privacy page have versions, and what somebody agreed to is known (J49)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from plaudit_site.accounts import agreeing, proving
from plaudit_site.accounts.models import Agreement, Policy
from plaudit_site.audit.models import AuditEvent
from tests import people
from tests.people import World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
TEXT = "Be kind.\n\n- Twice.\n\n<script>alert(1)</script> [x](javascript:alert(1))"


@pytest.fixture(autouse=True)
def _looked_up_anew() -> Any:
    agreeing.look_anew()
    yield
    agreeing.look_anew()


def publish(kind: str, text: str = TEXT) -> Policy:
    made = agreeing.publish(kind, text, by="test")
    agreeing.look_anew()  # what the commit does
    return made


@pytest.mark.journey("J49")
def test_a_new_version_is_shown_asked_about_once_and_the_older_ones_stay(
    client: Client, world: World
) -> None:
    page = client.get("/terms/").content.decode()
    assert "Version 1, since" in page
    assert "What you may expect" in page
    ada = signed_in(world.ada)
    assert "Our terms have changed" not in ada.get("/issuers").content.decode()
    publish("terms")
    page = client.get("/terms/").content.decode()
    assert "Version 2, since" in page
    assert "<li>Twice.</li>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "What you may expect" not in page
    older = client.get("/terms/1").content.decode()
    assert "This is an older version." in older
    assert "What you may expect" in older
    assert client.get("/terms/3").status_code == client.get("/privacy/2").status_code == 404
    assert "Our terms have changed" in ada.get("/issuers").content.decode()
    answer = ada.post("/account/agree", {"next": "/issuers"})
    assert answer["Location"] == "/issuers"
    assert "Our terms have changed" not in ada.get("/issuers").content.decode()
    assert Agreement.objects.filter(user=world.ada, kind="terms", number=2).exists()
    publish("privacy")
    assert "Our privacy page has changed" in ada.get("/issuers").content.decode()


def test_a_new_account_agrees_to_what_is_in_force(world: World) -> None:
    publish("terms")
    user = people.person("Zoë", "zoe@example.org")
    assert set(Agreement.objects.filter(user=user).values_list("kind", "number")) == {
        ("terms", 2),
        ("privacy", 1),
    }
    assert agreeing.owed(user) == []


def test_signing_up_agrees_too(client: Client) -> None:
    publish("terms")
    client.post("/accounts/signup/", {"email": "new@example.org"})
    user = proving.User.objects.get(email="new@example.org")
    assert Agreement.objects.filter(user=user, kind="terms", number=2).exists()


def test_the_claim_page_says_what_is_agreed_to_in_one_line(client: Client, world: World) -> None:
    from plaudit_site.awards.invitations import claim_url

    award = world.award("nobody@example.org")
    page = client.get(claim_url(award)).content.decode()
    assert 'By saving you agree to the <a href="/terms/">terms</a>' in page


def test_strangers_are_asked_nothing(client: Client) -> None:
    publish("terms")
    assert "have changed" not in client.get("/help/").content.decode()
    assert client.post("/account/agree").status_code == 302
    assert not Agreement.objects.filter(number=2).exists()


def test_an_operator_adds_a_version_and_changes_none(admin_client: Client) -> None:
    answer = admin_client.post("/operator/accounts/policy/add/", {"kind": "terms", "text": TEXT})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    made = Policy.objects.get()
    assert (made.number, made.text) == (2, TEXT)
    assert AuditEvent.objects.filter(kind="policy published").count() == 1
    page = admin_client.post(f"/operator/accounts/policy/{made.pk}/change/", {"kind": "terms", "text": "x"})
    assert page.status_code == 403
    assert (
        admin_client.post(f"/operator/accounts/policy/{made.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    made.refresh_from_db()
    assert made.text == TEXT


def test_one_number_is_given_once() -> None:
    publish("terms")
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(kind="terms", number=2, text="another")
