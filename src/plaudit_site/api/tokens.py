"""Tokens: made and shown once, found again by their hash, counted, revoked.

`plaudit_` + 43 signs (256 random bits) + 6 signs (CRC-32 of what stands before): secret scanners know it by its
beginning, and what is mistyped or made up is refused without asking the database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.api.models import Scope, Token
from plaudit_site.api.problem import is_of_a_full_disk
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import record
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer
from plaudit_site.showing.words import visible

PREFIX = "plaudit_"
DAYS = (30, 90, 365)
DEFAULT_DAYS = 90
MOST_LIVING = 50
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 43, 6

# What the maker of a token must be allowed, at the moment of each request.
VERBS = {Scope.READ: "see", Scope.AWARD: "award", Scope.REVOKE: "award", Scope.WEBHOOKS: "own"}


class TokenRefused(Exception):
    """This token cannot be made; the text says why."""


class PressedTwice(Exception):
    """The same page made its token before; its text was shown then."""


def make(
    issuer: Issuer, *, name: str, scopes: Iterable[str], days: int | None, by: User, press: str = ""
) -> tuple[Token, str]:
    """The row, and the token itself, which nobody can show again. `days` None: until it is revoked.

    Raises TokenRefused, PressedTwice.
    """
    if not may(by, "own", issuer):
        raise TokenRefused(_("Only an owner of this issuer makes tokens."))
    wanted = [scope for scope in Scope.values if scope in set(scopes)]
    if not wanted:
        raise TokenRefused(_("Choose what the token may do."))
    if not visible(name):
        raise TokenRefused(_("Give the token a name, such as the program that will use it."))
    if living(issuer).count() >= MOST_LIVING:
        raise TokenRefused(_("There are many tokens already. Revoke those that nobody uses."))
    secret = _new_secret()
    token = Token(
        issuer=issuer,
        made_by=by,
        name=visible(name)[:80],
        scopes=wanted,
        secret_hash=_hash(secret),
        ending=secret[-4:],
        press=f"{issuer.public_id}:{press}"[:60] if press else None,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    try:
        with transaction.atomic():
            token.save()
            record(
                "token made",
                actor=by.public_id,
                subject=f"token:{token.public_id}",
                issuer=issuer.public_id,
                scopes=wanted,
                days=days,
            )
    except IntegrityError:
        raise PressedTwice from None
    return token, secret


def revoke(token: Token, *, by: User) -> bool:
    """It opens nothing from this commit on; False when it was revoked before."""
    with transaction.atomic():
        changed = Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        if changed:
            record("token revoked", actor=by.public_id, subject=f"token:{token.public_id}")
    return changed == 1


def revoke_again(line: Line) -> bool:
    """After a restore: a backup does not bring it back."""
    changed = Token.objects.filter(public_id=line.about, revoked_at__isnull=True).update(revoked_at=line.at)
    if changed:
        record(line.kind, actor=line.actor, subject=line.subject)
    return changed == 1


def living(issuer: Issuer) -> QuerySet[Token]:
    """Tokens that are neither revoked nor over."""
    now = timezone.now()
    rows = Token.objects.filter(issuer=issuer, revoked_at__isnull=True)
    return rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def find(secret: str) -> Token | None:
    """The living token with that text, if its maker may still see the issuer. Nothing tells why there is none."""
    if not _is_well_formed(secret):
        return None
    digest = _hash(secret)
    rows = Token.objects.select_related("issuer", "made_by").defer("issuer__logo")
    token = rows.filter(secret_hash=digest).first()
    if token is None or not hmac.compare_digest(token.secret_hash, digest):
        return None
    if token.revoked_at is not None or token.is_over or not may(token.made_by, "see", token.issuer):
        return None
    return token


def allows(token: Token, scope: str) -> bool:
    """Whether the token has the scope, and its maker may still do what the scope says."""
    return scope in token.scopes and may(token.made_by, VERBS[Scope(scope)], token.issuer)


def count(token: Token) -> int:
    """Count one request. 0: go on; else the seconds after which to try again. A full disk stops nobody who reads."""
    try:
        return _count(token)
    except OperationalError as error:
        if is_of_a_full_disk(error):
            return 0
        raise


def _count(token: Token) -> int:
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    # Another process may be in the next minute already; further ahead is a clock that was put back.
    ahead = minute + timedelta(minutes=1)
    row = Token.objects.filter(pk=token.pk)
    within = row.filter(minute__gte=minute, minute__lte=ahead, used_this_minute__lt=settings.API_A_MINUTE)
    if within.update(used_this_minute=F("used_this_minute") + 1):
        return 0
    other = row.filter(Q(minute__isnull=True) | Q(minute__lt=minute) | Q(minute__gt=ahead))
    if other.update(minute=minute, used_this_minute=1, last_used_on=now.date()):
        return 0
    # Somebody else may have begun this minute between our two questions.
    return 0 if within.update(used_this_minute=F("used_this_minute") + 1) else 60 - now.second


def _new_secret() -> str:
    body = PREFIX + _written(int.from_bytes(secrets.token_bytes(32)), _SECRET)
    return body + _check(body)


def _is_well_formed(secret: str) -> bool:
    body, check = secret[:-_CHECK], secret[-_CHECK:]
    if len(secret) != len(PREFIX) + _SECRET + _CHECK or not secret.isascii():
        return False
    return secret.startswith(PREFIX) and hmac.compare_digest(check, _check(body))


def _check(body: str) -> str:
    return _written(zlib.crc32(body.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    signs = []
    for _place in range(length):
        number, rest = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[rest])
    return "".join(reversed(signs))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
