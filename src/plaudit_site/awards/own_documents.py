"""Our own documents as a verifier reads them: from the database, never over the network."""

from __future__ import annotations

import json
import re

from django.conf import settings

from plaudit import MappedFetch
from plaudit_site.asking import PLACE, Question
from plaudit_site.awards import statuslists
from plaudit_site.awards.models import StatusList
from plaudit_site.issuers import keys, own_identifiers

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
        return keys.document_of(found[1])
    if found := _LIST.fullmatch(path):
        return _list(found[1])
    return None


_SIGNED = Question(StatusList.objects.filter(public_id=PLACE).values_list("content"))


def _list(public_id: str) -> bytes | None:
    found = _SIGNED.ask(public_id)
    if found is None:
        return None
    return bytes(found[0]) if found[0] else list_content(StatusList.objects.get(public_id=public_id))


def list_content(status_list: StatusList) -> bytes:
    """The signed list; one that was never signed is signed now, since its first award is out already."""
    if not status_list.content:
        statuslists.sign(status_list)
        status_list.refresh_from_db()
    return bytes(status_list.content)
