"""Identifiers under a host of the issuer's own: a step taken on purpose, that depends on that host (ADR 0055)."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from plaudit_site.audit.models import record
from plaudit_site.issuers.models import Domain, Issuer, OwnIdentifier, Role
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

_ADDRESS = re.compile(r"https://([^/]+)/own/([0-9a-z]{26})/did\.json")


class NotProven(Exception):
    """No host of the issuer's own is in use and proven."""


def identifier_at(host: str, public_id: str) -> str:
    """`did:web:{host}:own:{id}`, whose document is https://{host}/own/{id}/did.json (did:web, 3.2)."""
    return f"did:web:{quote(host, safe='')}:own:{public_id}"


def begin(issuer: Issuer, *, by: str) -> str:
    """New awards name the identifier under the issuer's own host from now on. Raises NotProven."""
    with transaction.atomic():
        now = Issuer.objects.select_for_update().get(pk=issuer.pk)
        is_proven = Domain.objects.filter(issuer=issuer, state=Domain.State.PROVEN, host=now.host).exists()
        if not now.host or not is_proven:
            raise NotProven
        identifier = remember(now, now.host)
        if now.signs_as != identifier:
            Issuer.objects.filter(pk=issuer.pk).update(signs_as=identifier)
            record("own identifier", actor=by, subject=f"issuer:{issuer.public_id}", host=now.host)
    return identifier


def remember(issuer: Issuer, host: str) -> str:
    """The identifier, from now on answered at that host for as long as it leads here."""
    identifier = identifier_at(host, issuer.public_id)
    _row, made = OwnIdentifier.objects.get_or_create(
        identifier=identifier, defaults={"issuer": issuer, "host": host}
    )
    if made:
        Issuer.objects.filter(pk=issuer.pk).update(key_generation=F("key_generation") + 1)
    return identifier


def end(issuer: Issuer, *, by: str) -> bool:
    """New awards name this site's identifier again; those that were signed stay as they are."""
    with transaction.atomic():
        ended = Issuer.objects.filter(pk=issuer.pk).exclude(signs_as="").update(signs_as="")
        if ended:
            record("own identifier ended", actor=by, subject=f"issuer:{issuer.public_id}")
    return bool(ended)


def host_changed(issuer_id: int) -> None:
    """Its pages are at another host, or at none of its own: no award names one any more that does not lead here.

    Called in the transaction that changes it. The owners hear of it: nobody may have pressed anything.
    """
    issuer = Issuer.objects.filter(pk=issuer_id).exclude(signs_as="").first()
    if issuer is None or issuer.signs_as == identifier_at(issuer.host, issuer.public_id):
        return
    end(issuer, by="site")
    owners = issuer.memberships.filter(role=Role.OWNER).select_related("user")
    for address in sorted({issuer.email, *(one.user.email for one in owners)} - {""}):
        queue(
            "own_identifier_ended",
            issuer.public_id,
            lane=Lane.NOTICES,
            context={
                "address": address,
                "name": issuer.signs_as.removeprefix("did:web:").partition(":")[0],
                "since": timezone.now().isoformat(),
            },
        )


def of_host(host: str, public_id: str) -> OwnIdentifier | None:
    """What was signed under that host for that issuer; None when nothing was."""
    rows = OwnIdentifier.objects.filter(identifier=identifier_at(host, public_id))
    return rows.select_related("issuer").first()


def is_named(host: str) -> bool:
    """Whether badges were signed under that host: its documents are answered wherever its domain belongs by now."""
    return OwnIdentifier.objects.filter(host=host).exists()


def at(url: str) -> OwnIdentifier | None:
    """The one whose did document stands at an address."""
    found = _ADDRESS.fullmatch(url)
    return of_host(found[1], found[2]) if found else None


def whose(identifier: str) -> Issuer | None:
    """The issuer of this site that an identifier stands for, whichever of its own it is."""
    found = Issuer.objects.filter(identifier=identifier).first()
    if found is None:
        own = OwnIdentifier.objects.filter(identifier=identifier).select_related("issuer").first()
        found = own.issuer if own else None
    return found
