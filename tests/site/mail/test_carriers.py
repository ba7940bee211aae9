"""Each mail service's own call, signed or with its password as that service does it; and forged ones, which do nothing.

The shapes are those of the services' documents, as anymail's tests have them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from plaudit_site import settings as given
from plaudit_site.ids import new_id
from plaudit_site.mail import carriers
from plaudit_site.mail.building import build
from plaudit_site.mail.models import Message
from plaudit_site.mail.renderers import Rendered
from tests.site.mail.test_bouncing import sent

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PASSWORD = "caller:a long password here"
KEY = "the-key-of-the-service"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PUBLIC = (
    RSA.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
    .replace("-----BEGIN PUBLIC KEY-----", "")
    .replace("-----END PUBLIC KEY-----", "")
    .strip()
)
SAID = "550 5.1.1 no such user"
OTHER = "somebody-else@victim.example"


@dataclass
class Request:
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def told(event: Any) -> Request:
    return Request(json.dumps(event).encode())


def brevo(number: str, _key: str) -> Request:
    return told(
        {
            "event": "hard_bounce",
            "email": OTHER,
            "id": 1,
            "ts_epoch": 1533144024000,
            "message-id": "<201803062010.27287306012@smtp-relay.mailin.fr>",
            "X-Mailin-custom": json.dumps({"plaudit": number}),
            "reason": SAID,
        }
    )


def mailjet(number: str, _key: str) -> Request:
    event = {
        "event": "bounce",
        "time": 1430812195,
        "MessageID": 13792286917004336,
        "email": OTHER,
        "hard_bounce": True,
    }
    more = {"error_related_to": "recipient", "error": "user unknown", "smtp_reply": SAID}
    return told([event | more | {"Payload": json.dumps({"plaudit": number})}])


def mailtrap(number: str, key: str) -> Request:
    event = {
        "event": "bounce",
        "timestamp": 1498093527,
        "message_id": "1df37d17",
        "event_id": "bede7236",
        "email": OTHER,
    }
    request = told({"events": [event | {"response": SAID, "custom_variables": {"plaudit": number}}]})
    request.headers["Mailtrap-Signature"] = hmac.new(key.encode(), request.body, hashlib.sha256).hexdigest()
    return request


def mandrill(number: str, key: str) -> Request:
    message = {"_id": "abcdef", "email": OTHER, "diag": f"smtp;{SAID}", "metadata": {"plaudit": number}}
    events = json.dumps([{"event": "hard_bounce", "ts": 1461095246, "_id": "abcdef", "msg": message}])
    signed = f"{carriers.address()}mandrill_events{events}".encode()
    signature = base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha1).digest()).decode()
    return Request(
        urlencode({"mandrill_events": events}).encode(),
        "application/x-www-form-urlencoded",
        {"X-Mandrill-Signature": signature},
    )


def postal(number: str, key: str) -> Request:
    message = {
        "id": 233843,
        "token": "McC2tuqg7mhx",
        "to": OTHER,
        "from": "x@y.example",
        "direction": "outgoing",
    }
    payload = {
        "message": message | {"message_id": f"{number}@localhost"},
        "status": "HardFail",
        "output": SAID,
    }
    request = told(
        {"event": "MessageDeliveryFailed", "timestamp": 1606753101.961181, "payload": payload, "uuid": "0fcc"}
    )
    private = RSA if key == RSA_PUBLIC else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = private.sign(request.body, padding.PKCS1v15(), hashes.SHA1())
    request.headers["X-Postal-Signature"] = base64.b64encode(signature).decode()
    return request


def postmark(number: str, _key: str) -> Request:
    return told(
        {
            "RecordType": "Bounce",
            "ID": 901542550,
            "Type": "HardBounce",
            "TypeCode": 1,
            "MessageID": "2706ee8a-737c-4285-b032-ccd317af53ed",
            "Email": OTHER,
            "BouncedAt": "2016-04-27T16:28:50.3963933-04:00",
            "Details": f"smtp;{SAID}",
            "Metadata": {"plaudit": number},
        }
    )


def sparkpost(number: str, _key: str) -> Request:
    event = {
        "type": "bounce",
        "timestamp": "1454442600",
        "bounce_class": "10",
        "raw_reason": SAID,
        "rcpt_to": OTHER,
    }
    return told(
        [
            {
                "msys": {
                    "message_event": event | {"transmission_id": "65832150", "rcpt_meta": {"plaudit": number}}
                }
            }
        ]
    )


def unisender(number: str, key: str) -> Request:
    data = {
        "job_id": "1sn15Z-0007Le-GtVN",
        "email": OTHER,
        "status": "hard_bounced",
        "event_time": "2015-11-30 15:09:42",
        "metadata": {"plaudit": number},
        "delivery_info": {"delivery_status": "err_user_unknown", "destination_response": SAID},
    }
    events = [{"event_name": "transactional_email_status", "event_data": data}]
    body = json.dumps({"auth": key, "events_by_user": [{"user_id": 1, "events": events}]}).encode()
    return Request(body.replace(key.encode(), hashlib.md5(body).hexdigest().encode()))


def mailgun(number: str, key: str) -> Request:
    at, token = str(int(datetime.now(UTC).timestamp())), new_id()
    signature = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    data = {
        "event": "failed",
        "id": "pVqXGJWhTzysS9GpwF2hlQ",
        "timestamp": 1521472262.908181,
        "severity": "permanent",
        "reason": "bounce",
        "recipient": OTHER,
        "delivery-status": {"code": 550, "message": SAID},
        "message": {"headers": {"to": OTHER, "message-id": f"{number}@localhost"}},
        "user-variables": {},
        "tags": [],
    }
    return told({"signature": {"timestamp": at, "token": token, "signature": signature}, "event-data": data})


CALLS: dict[str, Callable[[str, str], Request]] = {
    "brevo": brevo,
    "mailgun": mailgun,
    "mailjet": mailjet,
    "mailtrap": mailtrap,
    "mandrill": mandrill,
    "postal": postal,
    "postmark": postmark,
    "sparkpost": sparkpost,
    "unisender-go": unisender,
}
SIGNING = [name for name, service in carriers.SERVICES.items() if service.key]


def key_of(name: str) -> str:
    return RSA_PUBLIC if name == "postal" else KEY if name in SIGNING else ""


@pytest.fixture
def service(request: pytest.FixtureRequest, settings: Any) -> str:
    """The operator has named it, with its secrets."""
    name = str(request.param)
    settings.MAIL_SERVICE, settings.MAIL_SERVICE_PASSWORD, settings.MAIL_SERVICE_KEY = (
        name,
        PASSWORD,
        key_of(name),
    )
    return name


def send(request: Request, password: str | None = PASSWORD) -> int:
    headers = dict(request.headers)
    if password is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(password.encode()).decode()}"
    client = Client(enforce_csrf_checks=True)
    return client.post("/hooks/mail", request.body, content_type=request.kind, headers=headers).status_code


def number_of(message: Message) -> str:
    return message.message_id.strip("<>").partition("@")[0]


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.code


@pytest.mark.parametrize("service", CALLS, indirect=True)
def test_what_a_service_says_did_not_arrive_is_a_bounce_of_our_own_mail(service: str) -> None:
    message, other = sent(), sent("other@example.org")
    for _twice in range(2):
        assert send(CALLS[service](number_of(message), key_of(service))) == 200
    assert state(message) == ("bounced", "5.1.1")
    assert state(other) == ("sent", "")


@pytest.mark.parametrize("service", CALLS, indirect=True)
def test_nobody_but_the_service_changes_anything(service: str) -> None:
    """The password of another, none, and where calls are signed another key, no signature, or another body."""
    message = sent()
    good = CALLS[service](number_of(message), key_of(service))
    assert send(good, None) == send(good, "caller:a long password her") == 400
    if service in SIGNING:
        assert send(CALLS[service](number_of(message), "guessed")) == 400
        altered = Request(good.body.replace(b"abcdef", b"abcdee").replace(b"example", b"exampl3"), good.kind)
        if service not in {"mailgun", "unisender-go"}:  # they sign within the body: mailgun a token alone
            assert send(altered) == 400
            altered.headers = good.headers
            assert send(altered) == 400
        if service == "unisender-go":
            assert send(altered) == 400
    assert state(message) == ("sent", "")
    assert send(CALLS[service](new_id(), key_of(service))) == 200, (
        "a mail of somebody else's is nothing to us"
    )
    assert state(message) == ("sent", "")


NONSENSE = (b"", b"{}", b"[]", b"[{}]", b"null", b'"x"', b"{", b'{"Metadata": "x"}', b"\xff", b"[" * 5000)


@pytest.mark.parametrize("service", [name for name in CALLS if name not in SIGNING], indirect=True)
@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_makes_nothing_stumble(service: str, body: bytes) -> None:
    assert send(Request(body)) in {200, 400}


@pytest.mark.parametrize("service", ["postmark"], indirect=True)
def test_an_event_that_names_two_mails_or_an_incoming_one_is_none(service: str) -> None:
    message, other = sent(), sent("other@example.org")
    both = json.loads(postmark(number_of(message), "").body) | {"Description": other.message_id}
    assert send(told(both)) == 200
    for metadata in (
        "x",
        ["plaudit"],
        {"plaudit": ["x"]},
        None,
    ):
        assert send(told(both | {"Metadata": metadata, "Description": ""})) in {200, 400}
    assert send(told({"From": "x@y.example", "MessageID": "1", "FromFull": {}})) == 400
    assert state(message) == state(other) == ("sent", "")


@pytest.mark.parametrize("service", CALLS, indirect=True)
def test_a_service_can_ask_whether_the_address_is_there(service: str) -> None:
    assert Client().head("/hooks/mail").status_code == Client().get("/hooks/mail").status_code == 200


def test_without_a_service_there_is_no_address() -> None:
    assert Client().head("/hooks/mail").status_code == Client().get("/hooks/mail").status_code == 404


# On the way out

CARRIED = {
    "brevo": ("X-Mailin-custom", '{"plaudit": "ID"}'),
    "mailgun": None,
    "mailjet": ("X-MJ-EventPayload", '{"plaudit": "ID"}'),
    "mailtrap": ("X-MT-Custom-Variables", '{"plaudit": "ID"}'),
    "mandrill": ("X-MC-Metadata", '{"plaudit": "ID"}'),
    "postal": None,
    "postmark": ("X-PM-Metadata-plaudit", "ID"),
    "sparkpost": ("X-MSYS-API", '{"metadata": {"plaudit": "ID"}}'),
    "unisender-go": ("X-UNIONE", '{"metadata": {"plaudit": "ID"}}'),
}


@pytest.mark.parametrize("service", CARRIED, indirect=True)
def test_a_mail_carries_what_its_service_repeats(service: str) -> None:
    number = new_id()
    rendered = Rendered("Hello", "text", "<p>text</p>", "eve@example.org", "Plaudit")
    data = build(
        rendered, message_id=f"<{number}@localhost>", sender_address="a@example.org", at=datetime.now(UTC)
    )
    mail, wanted = message_from_bytes(data), CARRIED[service]
    found = {name: value for name, value in mail.items() if name.startswith("X-")}
    assert found == ({wanted[0]: wanted[1].replace("ID", number)} if wanted else {})


# Settings


def test_the_settings_know_every_service_and_what_it_needs() -> None:
    assert given.MAIL_SERVICES.keys() == carriers.SERVICES.keys() == CALLS.keys() == CARRIED.keys()
    for name, (needs_password, signs) in given.MAIL_SERVICES.items():
        assert signs == (name in SIGNING)
        assert needs_password or signs, "nobody else may say what became of our mails"
        given.check_mail_service(name, PASSWORD, key_of(name))
        if needs_password:
            with pytest.raises(ImproperlyConfigured, match="PASSWORD"):
                given.check_mail_service(name, "", key_of(name))
        with pytest.raises(ImproperlyConfigured, match="PLAUDIT_MAIL_SERVICE_KEY"):
            given.check_mail_service(name, PASSWORD, "" if signs else KEY)
