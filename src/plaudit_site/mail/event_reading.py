"""What a mail service says became of our mails, by django-anymail: the same as a bounce says.

Whose event it is stands in our own Message-ID, or in the id beside it, which the service repeats (carriers.py); who
sent it was checked before, by the password in the address or the service's signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from plaudit_site.ids import LENGTH
from plaudit_site.mail import bouncing, carriers
from plaudit_site.mail.models import Message, Refusal

MOST_VALUES = 500
# Event types of anymail that mean: it will not arrive.
_FINAL = {"bounced", "rejected", "failed"}
# Where the service says nothing that has a code: its reason -> our code.
_CODES = {"invalid": "5.1.3", "spam": "5.7.1", "blocked": "5.7.1"}


def note(event: Any) -> str:
    """Write down one tracking event: "bounced", "known", "early", "delayed", "complained", "unknown" or "nothing"."""
    message = _message_of(event)
    if message is None:
        return "unknown"
    if event.event_type in _FINAL:
        return bouncing.note(_bounce(event, message))
    if event.event_type == "deferred":
        return bouncing.note(bouncing.Bounce(message.pk, final=False))
    if event.event_type == "complained" and message.recipient_hash:
        # Whoever calls our mail unwanted gets no invitation any more.
        Refusal.objects.get_or_create(address_hash=message.recipient_hash, scope="all")
        return "complained"
    return "nothing"


def _bounce(event: Any, message: Message) -> bouncing.Bounce:
    said = " ".join(str(part) for part in (event.mta_response, event.description) if part)
    code = bouncing.code_in(said) or _CODES.get(str(event.reject_reason), "5.0.0")
    return bouncing.Bounce(message.pk, final=True, code=code, text=bouncing.line(said))


def _message_of(event: Any) -> Message | None:
    ours = re.compile(rf"<?([0-9a-hjkmnp-tv-z]{{{LENGTH}}}@{re.escape(_host())})>?")
    found = {match[1] for value in _values(event) if (match := ours.fullmatch(value.strip()))}
    carried = event.metadata.get(carriers.NAME) if isinstance(event.metadata, dict) else None
    if isinstance(carried, str):
        found |= {match[1] for match in [ours.fullmatch(f"{carried}@{_host()}")] if match}
    if len(found) != 1:  # none of ours, or one that cannot be told from another
        return None
    return Message.objects.filter(message_id=f"<{found.pop()}>").first()


def _host() -> str:
    return str(settings.SITE_HOST.partition(":")[0])


def _values(event: Any) -> Iterator[str]:
    """The texts in the service's own event, and the id that anymail found in it."""
    open_ones: list[Any] = [event.message_id, event.esp_event]
    seen = 0
    while open_ones and seen < MOST_VALUES:
        seen += 1
        value = open_ones.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            open_ones += value.values()
        elif isinstance(value, list | tuple):
            open_ones += value
