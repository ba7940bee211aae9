"""What mail services call us with, in the shapes of their own documents and of anymail's tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client

from plaudit_site.ids import new_id
from plaudit_site.mail.models import Message, Refusal, State, Suppression
from plaudit_site.mail.queueing import address_hash
from tests.site.mail.test_bouncing import sent

pytestmark = pytest.mark.django_db
KEY, PASSWORD = "mailgun-signing-key", "caller:a long password here"


@pytest.fixture
def mailgun(settings: Any) -> None:
    settings.MAIL_SERVICE, settings.MAIL_SERVICE_PASSWORD, settings.MAIL_SERVICE_KEY = (
        "mailgun",
        PASSWORD,
        KEY,
    )


def call(body: Any, password: str = PASSWORD, client: Client | None = None) -> int:
    return answer_to(body, password, client).status_code


def answer_to(body: Any, password: str = PASSWORD, client: Client | None = None) -> Any:
    secret = base64.b64encode(password.encode()).decode()
    return (client or Client(enforce_csrf_checks=True)).post(
        "/hooks/mail",
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Basic {secret}",
    )


def failed(message_id: str, *, event: str = "failed", key: str = KEY, **more: Any) -> dict[str, Any]:
    """Mailgun's permanent failure (anymail tests/test_mailgun_webhooks.py)."""
    at, token = str(int(time.time())), new_id()
    signed = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": at, "token": token, "signature": signed},
        "event-data": {
            "event": event,
            "id": "pVqXGJWhTzysS9GpwF2hlQ",
            "timestamp": 1521472262.908181,
            "severity": "permanent",
            "reason": "bounce",
            "recipient": "somebody-else@victim.example",
            "delivery-status": {
                "attempt-no": 1,
                "code": 550,
                "description": "",
                "message": "550 5.1.1 The email account that you tried to reach does not exist.",
            },
            "message": {
                "headers": {"to": "x@y.example", "message-id": message_id.strip("<>"), "subject": "s"}
            },
            "user-variables": {},
            "tags": [],
            "flags": {"is-authenticated": True},
            **more,
        },
    }


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.code


def test_a_permanent_failure_at_mailgun_is_a_bounce_of_our_own_recipient(mailgun: None) -> None:
    message, other = sent(), sent("other@example.org")
    for _twice in range(2):
        assert call(failed(message.message_id)) == 200
    assert state(message) == ("bounced", "5.1.1")
    assert state(other) == ("sent", "")
    assert list(Suppression.objects.values_list("address_hash", flat=True)) == [
        address_hash("eve@example.org")
    ]


def test_what_mailgun_still_tries_changes_nothing_and_a_complaint_ends_invitations(mailgun: None) -> None:
    message = sent()
    assert call(failed(message.message_id, severity="temporary")) == 200
    assert state(message) == ("sent", "")
    assert call(failed(message.message_id, event="complained")) == 200
    assert state(message) == ("sent", "")
    assert Refusal.objects.get().address_hash == address_hash("eve@example.org")


@pytest.mark.parametrize(
    "attack",
    [
        "no password",
        "other password",
        "other key",
        "no json",
        "no events",
        "list",
        "unknown",
        "two of ours",
        "subject",
    ],
)
def test_nobody_but_the_service_changes_anything(attack: str, mailgun: None) -> None:
    message, other = sent(), sent("other@example.org")
    good = failed(message.message_id)
    answers = {
        "no password": lambda: call(good, password=":"),
        "other password": lambda: call(good, password="caller:a long password her"),
        "other key": lambda: call(failed(message.message_id, key="guessed")),
        "no json": lambda: call("{"),
        "no events": lambda: call({"signature": good["signature"]}),
        "list": lambda: call([good]),
        "unknown": lambda: call(failed(f"<{new_id()}@localhost>")),
        "two of ours": lambda: call(failed(message.message_id, more=[other.message_id])),
        "subject": lambda: call(failed("<x@y>", more=f"Re: {message.message_id}")),
    }
    assert answers[attack]() == (200 if attack in {"unknown", "two of ours", "subject"} else 400)
    assert state(message) == state(other) == ("sent", "")


def test_without_a_service_there_is_nothing_to_call() -> None:
    message = sent()
    assert call(failed(message.message_id)) == 404
    assert state(message) == ("sent", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("mailgun", "", KEY), "PLAUDIT_MAIL_SERVICE_PASSWORD"),
        (("mailgun", PASSWORD, ""), "PLAUDIT_MAIL_SERVICE_KEY"),
    ],
)
def test_a_service_without_its_secrets_does_not_start(given: tuple[str, str, str], said: str) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from plaudit_site.settings import check_mail_service

    check_mail_service("", "", "")
    check_mail_service("mailgun", PASSWORD, KEY)
    with pytest.raises(ImproperlyConfigured, match=said):
        check_mail_service(*given)


@pytest.mark.usefixtures("mailgun")
def test_a_call_that_is_quicker_than_our_own_note_is_asked_to_come_again() -> None:
    message = sent(state=State.SENDING)
    answer = answer_to(failed(message.message_id))
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    Message.objects.update(state=State.SENT)
    assert call(failed(message.message_id)) == 200
    message.refresh_from_db()
    assert message.state == State.BOUNCED
