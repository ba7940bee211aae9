"""Kept mails as their readers would see them."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from plaudit_site.mail.models import Message

PREVIEW = 140
SHOWN = 200  # a demo's mailbox, not an archive


@dataclass(frozen=True)
class Mail:
    """One sent mail, taken apart."""

    number: int
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    kind: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def beginning(self) -> str:
        """The first words after the heading, as a list of mails shows them."""
        words = " ".join(self.text.split()).removeprefix(self.subject).strip()
        return words if len(words) <= PREVIEW else f"{words[:PREVIEW].rsplit(' ', 1)[0]} …"

    @property
    def recipient(self) -> str:
        return self.header("To")

    @property
    def sender(self) -> str:
        return self.header("From")


def newest(recipient: str = "") -> list[tuple[Message, Mail]]:
    """The newest mails that left, all or those to one recipient."""
    found = []
    for row in Message.objects.filter(raw__isnull=False).order_by("-sent_at", "-pk").iterator():
        mail = taken_apart(row)
        if not recipient or recipient.strip().lower() in mail.recipient.lower():
            found.append((row, mail))
        if len(found) == SHOWN:
            break
    return found


def taken_apart(row: Message) -> Mail:
    message = message_from_bytes(bytes(row.raw or b""), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(
        number=row.pk,
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        kind=row.kind,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
