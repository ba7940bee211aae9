"""The secret link of an invitation: derived from the award, never stored (ARCHITECTURE).

`<award id>-<mac>`: the mac covers the award's id and the number of its invitation, so that a
correction or withdrawal, which raises the number, kills every older link.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings

from plaudit_site.awards.models import Award
from plaudit_site.ids import encode

_TOKEN = re.compile(r"([0-9a-hjkmnp-tv-z]{26})-([0-9a-hjkmnp-tv-z]{26})")


def token(award: Award) -> str:
    return f"{award.public_id}-{_mac(award.public_id, award.invitation_number)}"


def claim_url(award: Award) -> str:
    return f"{settings.BASE_URL}/claim/{token(award)}"


def find(claimed: str) -> Award | None:
    """The award that this token opens now; None for a forged, outdated or unknown one."""
    match = _TOKEN.fullmatch(claimed.strip().lower())
    if match is None:
        return None
    public_id, mac = match.groups()
    award = Award.objects.select_related("version__achievement", "issuer").filter(public_id=public_id).first()
    number = award.invitation_number if award else 0
    genuine = hmac.compare_digest(mac, _mac(public_id, number))
    return award if genuine and award is not None else None


def unsubscribe_token(award: Award, scope: str) -> str:
    """For List-Unsubscribe: says who and which sender, and cannot be made by anybody else."""
    key = settings.SECRETS.derive("unsubscribe")
    mac = hmac.new(key, f"{award.public_id}:{scope}".encode(), hashlib.sha256).digest()
    return f"{award.public_id}-{scope}-{encode(mac)}"


def read_unsubscribe(claimed: str) -> tuple[Award, str] | None:
    parts = claimed.split("-")
    if len(parts) != 3 or parts[1] not in {"issuer", "all"}:
        return None
    award = Award.objects.filter(public_id=parts[0]).select_related("issuer").first()
    if award is None or not hmac.compare_digest(
        unsubscribe_token(award, parts[1]).encode(), claimed.encode()
    ):
        return None
    return award, parts[1]


def _mac(public_id: str, number: int) -> str:
    key = settings.SECRETS.derive("claim links")
    return encode(hmac.new(key, f"{public_id}:{number}".encode(), hashlib.sha256).digest())
