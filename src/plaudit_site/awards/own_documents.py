"""Our own documents as a verifier reads them: from the database, never over the network."""

from __future__ import annotations

import json
import re

from django.conf import settings

from plaudit import MappedFetch
from plaudit_site.awards import statuslists
from plaudit_site.awards.models import StatusList
from plaudit_site.issuers import keys, own_identifiers
from plaudit_site.issuers.models import Issuer

_DID = re.compile(r"/issuers/([0-9a-z]{26})/did\.json")
_LIST = re.compile(r"/status/([0-9a-z]{26})")


def fetch() -> MappedFetch:
    """Our key documents and status lists, read from the database; every other address is refused."""
    return MappedFetch(read, localhost=None if settings.SECURE else settings.SITE_HOST)


def read(url: str) -> bytes | None:
    """What one of our addresses answers to a verifier; None for any other address."""
    if own := own_identifiers.at(url):
        return json.dumps(keys.document(own.issuer, own.identifier)).encode()
    if not url.startswith(f"{settings.BASE_URL}/"):
        return None
    path = url.removeprefix(settings.BASE_URL)
    if found := _DID.fullmatch(path):
        issuer = Issuer.objects.filter(public_id=found[1]).first()
        return json.dumps(keys.document(issuer)).encode() if issuer else None
    if found := _LIST.fullmatch(path):
        status_list = StatusList.objects.filter(public_id=found[1]).select_related("issuer").first()
        return list_content(status_list) if status_list else None
    return None


def list_content(status_list: StatusList) -> bytes:
    """The signed list; one that was never signed is signed now, since its first award is out already."""
    if not status_list.content:
        statuslists.sign(status_list)
        status_list.refresh_from_db()
    return bytes(status_list.content)
