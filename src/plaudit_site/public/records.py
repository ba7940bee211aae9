"""A collection as a learner record (CLR 2.0): the badges as their issuers signed them, and who put them together.

The site signs that these badges belong to one account and were shown together; what each says is its own issuer's word.
Nobody is named by it: a hash of a mail address at a public link could be tried out against any address (E1).
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from plaudit import clr
from plaudit.documents import ISSUED
from plaudit_site.awards import sharing
from plaudit_site.awards.credentials import profile, stamp
from plaudit_site.awards.models import Collection
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import collecting
from plaudit_site.ids import IdConverter
from plaudit_site.issuers.models import Site
from plaudit_site.public import exporting, people
from plaudit_site.public.people import Shown

NAME: Final = "Badges put together by their holder"
"""The same for all: what a holder writes over a collection is not the word of the site that signs (ADR 0067)."""
_NAMES: Final = uuid.UUID("b5b1c0a6-6d1c-5c9b-8d3f-0d6a5a1f2c11")


def parts(badges: Sequence[Shown]) -> list[list[bytes]]:
    """The signed badges among them that a record can hold, in as many parts as checkers can read."""
    found: list[list[bytes]] = []
    for content in _signed_files(badges):
        is_full = not found or len(found[-1]) >= exporting.RECORD_PARTS
        if is_full or sum(map(len, found[-1])) + len(content) > exporting.RECORD_BYTES:
            found.append([])
        found[-1].append(content)
    return found


def at(url: str) -> bytes | None:
    """The record, or the part of it, at an address of this site; None for any other, and for a private one."""
    found = urlsplit(sharing.path_of(url) or "")
    named = re.fullmatch(rf"/collection/({IdConverter.regex})(?:\.json)?/?", found.path)
    if named is None:
        return None
    collection, _sight = collecting.look_up(named[1], AnonymousUser())
    number = parse_qs(found.query).get("part", ["1"])[0]
    if collection is None or not re.fullmatch("[1-9][0-9]{0,5}", number):
        return None
    some = parts(people.in_collection(collection))[int(number) - 1 :]
    return make(collection, some[0], timezone.now()) if some else None


def _signed_files(badges: Sequence[Shown]) -> Iterator[bytes]:
    imported = [
        one.imported.pk for one in badges if one.imported is not None and _is_for_others(one.imported)
    ]
    contents = dict(Imported.objects.filter(pk__in=imported).values_list("pk", "content"))
    for one in badges:
        if one.award is not None and one.award.credential is not None:
            yield bytes(one.award.credential.content)
        elif one.imported is not None and one.imported.pk in contents:
            content = bytes(contents[one.imported.pk])
            if b'"proof"' in content:
                yield content


def _is_for_others(imported: Imported) -> bool:
    return not imported.tells_address and imported.form == Imported.Form.JSON


def make(collection: Collection, some: Sequence[bytes], at: datetime) -> bytes:
    """One part as a signed record. The same content has the same identifier, whenever it is asked for."""
    site = Site.objects.select_related("issuer").get(pk=1)
    if site.issuer is None:
        raise RuntimeError("the site's own issuer is made at the first start")
    at = at.replace(microsecond=0)
    digest = hashlib.sha256(b"\n".join([collection.public_id.encode(), *some])).hexdigest()
    document: dict[str, Any] = {
        "@context": [ISSUED[0], clr.CONTEXT, ISSUED[1]],
        "id": uuid.uuid5(_NAMES, digest).urn,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": NAME,
        "issuer": profile(site.issuer),
        "validFrom": stamp(at),
        "credentialSubject": {
            "id": uuid.uuid5(_NAMES, collecting.url_of(collection)).urn,
            "type": ["ClrSubject"],
            "verifiableCredential": [json.loads(content) for content in some],
        },
    }
    return json.dumps(
        exporting.signed(document, site.issuer, at), ensure_ascii=False, separators=(",", ":")
    ).encode()
