"""Mailed six-digit codes and mailed links: made, checked, used up. Stored hashed; the raw value is in the mail only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from plaudit_site.accounts.models import MailedCode, MailedLink, User
from plaudit_site.ids import encode
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

CODE_LIVES = timedelta(minutes=15)
TRIES = 5
CODES_PER_HOUR = 6


class CodeRefused(Exception):
    """Wrong, too old, used, or tried too often. `tries_left` is 0 when a new code is needed."""

    def __init__(self, tries_left: int = 0) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class TooManyCodes(Exception):
    """This address was sent enough codes for now."""


def send_code(
    purpose: str,
    address: str,
    *,
    user: User | None,
    about: str = "",
    words: Mapping[str, str] | None = None,
) -> MailedCode:
    """Queue a mail with a fresh code; `words` go into the mail beside it. Raises TooManyCodes."""
    since = timezone.now() - timedelta(hours=1)
    if MailedCode.objects.filter(address=address, made_at__gt=since).count() >= CODES_PER_HOUR:
        raise TooManyCodes
    digits = f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic():
        code = MailedCode(purpose=purpose, user=user, address=address, about=about)
        code.secret_hash = _code_hash(code.handle, digits)
        code.save()
        queue(
            "code",
            code.handle,
            lane=Lane.CODES,
            language=user.language if user else "en",
            context={**(words or {}), "code": digits, "address": address, "purpose": purpose},
        )
    return code


def check_code(handle: str, digits: str, *, purpose: str, user: User | None) -> MailedCode:
    """The code row, now used up. A wrong try is counted before it is answered. Raises CodeRefused."""
    now = timezone.now()
    live = MailedCode.objects.filter(
        handle=handle, purpose=purpose, user=user, used_at__isnull=True, made_at__gt=now - CODE_LIVES
    )
    if live.filter(tries__lt=TRIES).update(tries=F("tries") + 1) != 1:
        raise CodeRefused
    code = live.first()
    if code is None:  # used up at this very moment, by another press
        raise CodeRefused
    cleaned = "".join(c for c in digits if c in "0123456789")
    if not hmac.compare_digest(code.secret_hash, _code_hash(handle, cleaned)):
        raise CodeRefused(TRIES - code.tries)
    if live.update(used_at=now) != 1:
        raise CodeRefused
    return code


def _code_hash(handle: str, digits: str) -> str:
    key = settings.SECRETS.derive("mailed codes")
    return hmac.new(key, f"{handle}:{digits}".encode(), hashlib.sha256).hexdigest()


def make_link(purpose: str, about: str, address: str, *, lives: timedelta) -> str:
    """A fresh secret for a mailed link. Only its hash is stored."""
    secret = encode(secrets.token_bytes(16))
    MailedLink.objects.create(
        purpose=purpose,
        about=about,
        address=address,
        secret_hash=_link_hash(purpose, secret),
        expires_at=timezone.now() + lives,
    )
    return secret


def find_link(purpose: str, secret: str) -> MailedLink | None:
    """The living link of that secret and purpose."""
    return MailedLink.objects.filter(
        purpose=purpose,
        secret_hash=_link_hash(purpose, secret),
        used_at__isnull=True,
        expires_at__gt=timezone.now(),
    ).first()


def use_link(link: MailedLink) -> bool:
    """Use it up; False when somebody was quicker."""
    return MailedLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=timezone.now()) == 1


def _link_hash(purpose: str, secret: str) -> str:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).hexdigest()
