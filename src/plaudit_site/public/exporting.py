"""Fills the archives that people ask for: every badge in every form, the record of all, an index that needs no network.

A worker leases the export, writes into a file beside the uploads, notes after each badge how far it is, and puts the
whole into the storage at the end: what a killed worker left behind is swept, and another one begins anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

import plaudit
from plaudit import clr, recipient
from plaudit.documents import ISSUED
from plaudit.proofs import data_integrity
from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import downloads
from plaudit_site.awards.credentials import profile, stamp
from plaudit_site.awards.models import Award
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import exports
from plaudit_site.belongings.models import Export
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import Issuer, Site
from plaudit_site.public import files, people
from plaudit_site.public.looks import Look
from plaudit_site.showing.slugs import slug_of

log = logging.getLogger(__name__)

_STYLE: Final = (Path(__file__).parents[1] / "static" / "css" / "pages" / "export.css").read_text(
    encoding="utf-8"
)
SECONDS: Final = 120
MOST_TRIES: Final = 3
FORMS: Final = (downloads.JSON, downloads.PNG, downloads.PDF)
RECORD_BYTES: Final = 700_000
"""Of the badges in one record: with its own words it stays below the 1 MiB that checkers read."""
RECORD_PARTS: Final = 200
"""A checker reads 5,000 objects of one document."""


class Lost(Exception):
    """Another worker has it, or its owner took it away."""


@dataclass
class Listed:
    """A line of the index."""

    title: str
    issuer: str
    awarded: Any
    address: str
    state: str
    """In a word or two, of the day on which the archive was made; a file cannot change its mind."""
    look: Look
    files: list[tuple[str, str]] = field(default_factory=list)
    picture: str = ""


def export_some(worker: str) -> int:
    """One archive, if somebody waits for one. Returns how many were made or given up."""
    waiting = Export.objects.filter(state=Export.State.MAKING)
    for export in leases.claim(waiting, worker=worker, now=timezone.now(), most=1, seconds=SECONDS):
        if export.attempts > MOST_TRIES:
            leases.finish(export, state=Export.State.FAILED, due_at=None)
            return 1
        try:
            _make(export)
        except Lost:
            log.info("export %s was taken away", export.public_id)
        return 1
    return 0


def _make(export: Export) -> None:
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".zip") as place:
        with (
            zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive,
            translation.override(export.user.language),
        ):
            _fill(archive, export)
        place.flush()
        size = place.tell()
        place.seek(0)
        sha256 = hashlib.file_digest(place, "sha256").hexdigest()
        place.seek(0)
        name = default_storage.save(f"{exports.FOLDER}/{secrets.token_hex(16)}.zip", File(place))
    now = timezone.now()
    with transaction.atomic():
        ready = {"state": Export.State.READY, "due_at": None, "file": name, "size": size, "sha256": sha256}
        if not leases.finish(export, **ready, ends_at=now + exports.KEPT, done=export.whole):
            default_storage.delete(name)
            raise Lost
        record("exported", actor=export.user.public_id, subject=f"user:{export.user.public_id}")


def _fill(archive: zipfile.ZipFile, export: Export) -> None:
    user = export.user
    listed: list[Listed] = []
    signed: list[bytes] = []
    for award in exports.awards_of(user):
        listed.append(_award(archive, award))
        if award.credential is not None:
            signed.append(bytes(award.credential.content))
        _note(export, len(listed))
    for imported in exports.imports_of(user):
        listed.append(_imported(archive, imported))
        if imported.form == Imported.Form.JSON and b'"proof"' in bytes(imported.content):
            signed.append(bytes(imported.content))
        _note(export, len(listed))
    records = list(_records(user, signed))
    for name, content in records:
        archive.writestr(name, content)
    account = json.dumps(exports.account_of(user), ensure_ascii=False, indent=2)
    archive.writestr("account.json", account)
    page = {
        "person": user,
        "listed": listed,
        "records": [name for name, _content in records],
        "site_name": settings.SITE_NAME,
        "base_url": settings.BASE_URL,
        "at": timezone.now(),
    }
    archive.writestr("style.css", _STYLE)
    archive.writestr("index.html", render_to_string("public/export_index.html", page))


def _note(export: Export, done: int) -> None:
    """How far it is, and that we still have it."""
    held = Export.objects.filter(
        pk=export.pk, lease_holder=export.lease_holder, attempts=export.attempts, state=Export.State.MAKING
    )
    until = timezone.now() + timedelta(seconds=SECONDS)
    if held.update(done=done, whole=max(done, export.whole), lease_until=until) != 1:
        raise Lost


def _folder(title: str, public_id: str) -> str:
    """A name made here: never anybody's path (D11)."""
    return f"{slug_of(title, 60, without='badge')}-{public_id[:6]}"


def _award(archive: zipfile.ZipFile, award: Award) -> Listed:
    folder = f"badges/{_folder(award.title, award.public_id)}"
    now = people.of_award(award, timezone.now())
    line = Listed(now.title, now.issuer_name, now.awarded_on, now.url, now.words, now.look)
    for form in FORMS:
        try:
            content = files.content(award, form.ending, timezone.now())
        except files.NotOffered:
            continue
        name = f"{folder}/badge.{form.ending}"
        archive.writestr(name, content)
        line.files.append((form.kind, name))
        if form is downloads.PNG and now.state != "invalid":
            line.picture = name
    return line


def _imported(archive: zipfile.ZipFile, imported: Imported) -> Listed:
    """Byte for byte as it came; beside it the picture that its earner sees here, drawn anew."""
    folder = _folder(imported.title, imported.public_id)
    name = f"imported/{folder}.{imported.form}"
    archive.writestr(name, bytes(imported.content))
    now = people.of_import(imported)
    kind = imported.form.upper()
    line = Listed(now.title, now.issuer_name, now.awarded_on, "", now.words, now.look, [(kind, name)])
    if imported.picture and now.state != "invalid":
        line.picture = f"pictures/{folder}.png"
        archive.writestr(line.picture, bytes(imported.picture))
    return line


def _records(user: User, signed: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Learner records (CLR 2.0) of all of them; several where one would be too large to be read."""
    some: list[bytes] = []
    number = 1
    for content in [*signed, None]:
        is_full = content is None or len(some) >= RECORD_PARTS
        is_full = is_full or sum(map(len, some)) + len(content or b"") > RECORD_BYTES
        if is_full and some:
            name = "record.json" if number == 1 else f"record-{number}.json"
            yield name, _record(user, some)
            some, number = [], number + 1
        if content is not None:
            some.append(content)


def _record(user: User, some: list[bytes]) -> bytes:
    """Signed by the site's own issuer, which says that these belong to one person; each part by its own issuer."""
    site = Site.objects.select_related("issuer").get(pk=1)
    at = timezone.now().replace(microsecond=0)
    issuer = site.issuer
    if issuer is None:
        raise RuntimeError("the site's own issuer is made at the first start")
    salt = secrets.token_hex(16)
    document: dict[str, Any] = {
        "@context": [ISSUED[0], clr.CONTEXT, ISSUED[1]],
        "id": f"urn:uuid:{_uuid()}",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": _("Everything that was earned"),
        "issuer": profile(issuer),
        "validFrom": stamp(at),
        "credentialSubject": {
            "id": f"urn:uuid:{_uuid()}",
            "type": ["ClrSubject"],
            "identifier": [recipient.identity_object("emailAddress", user.email, salt)],
            "verifiableCredential": [json.loads(content) for content in some],
        },
    }
    return json.dumps(signed(document, issuer, at), ensure_ascii=False, separators=(",", ":")).encode()


def signed(document: dict[str, Any], issuer: Issuer, at: datetime) -> dict[str, Any]:
    """Over its text, not its statements: a record of hundreds of badges is signed, and checked, in a moment."""
    signer = keys.signer(keys.current_key(issuer), issuer.signing_identifier)
    try:
        proof = data_integrity.sign(
            document,
            signer.key,
            verification_method=signer.verification_method,
            created=at,
            cryptosuite="eddsa-jcs-2022",
        )
    except plaudit.PlauditError as error:
        # A badge from elsewhere can hold what no record can be signed around: this one is then plain.
        log.info("a record was not signed: %s", error)
        return document
    return document | {"proof": [proof]}


def _uuid() -> str:
    text = secrets.token_hex(16)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
