"""Badges of this site to try a check with: those that the operator names, and a changed copy of a good one.

Badges belong to people, so none is taken that its site does not name for this (PLAUDIT_EXAMPLES). In a demo all people
are invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from plaudit_site.awards import hosting, sharing
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.issuers.models import Issuer

MOST = 20


class Example(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    CHANGED = "changed"


def offered() -> dict[Example, bytes]:
    """What there is to try, of each kind the first one, as its signed bytes."""
    found: dict[Example, bytes] = {}
    for award in _named():
        assert award.credential is not None
        kind = Example.REVOKED if hosting.taken_back(award) else Example.GOOD
        found.setdefault(kind, bytes(award.credential.content))
    if Example.GOOD in found:
        found[Example.CHANGED] = _changed(found[Example.GOOD])
    return {kind: found[kind] for kind in Example if kind in found}


def _named() -> Iterator[Award]:
    """Those that everybody may see, of issuers whom the site vouches for."""
    for public_id in _in_a_demo() if settings.DEMO and not settings.EXAMPLES else settings.EXAMPLES:
        award = sharing.look_up(public_id, AnonymousUser())[0]
        if award is None or award.credential is None:
            continue
        is_vouched = award.issuer.is_site or award.issuer.standing == Issuer.Standing.APPROVED
        is_over = award.expires_at is not None and award.expires_at <= timezone.now()
        if is_vouched and (hosting.taken_back(award) or not is_over):
            yield award


def _in_a_demo() -> list[str]:
    shown = Award.objects.filter(state=Award.State.ACCEPTED).exclude(visibility=Visibility.ONLY_ME)
    return list(shown.order_by("expires_at", "pk").values_list("public_id", flat=True)[:MOST])


def _changed(signed: bytes) -> bytes:
    """As somebody would change it who wants a better one."""
    content = json.loads(signed)
    achievement = content["credentialSubject"]["achievement"]
    achievement["name"] = f"{achievement['name']}, with distinction"
    return json.dumps(content).encode()
