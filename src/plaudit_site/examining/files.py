"""Files that rows name are there and whole, and no file is there that nothing names (I7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from django.core.files.storage import default_storage

from plaudit_site.awards import sweeping
from plaudit_site.awards.models import Batch
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import exports
from plaudit_site.belongings.models import Export
from plaudit_site.examining.findings import Finding, Scope, in_chunks
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import SigningKey


def uploads(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each spreadsheet that is still needed."""
    for batches in in_chunks(Batch.objects.exclude(file=""), only):
        for batch in batches:
            problem = _problem(batch)
            if problem:
                mend = "discard the list and upload it again; what was awarded from it stays"
                yield Finding("I7", batch.pk, f"list {batch.public_id}", problem, mend)
        scope.counted("uploads", len(batches))


def _problem(batch: Batch) -> str:
    try:
        return "" if _digest(batch.file) == batch.sha256 else f"its file {batch.file} was changed"
    except FileNotFoundError:
        return f"its file {batch.file} is gone"


def _digest(name: str) -> str:
    """The SHA-256 of a file in the storage, of which little is in memory at a time."""
    digest = hashlib.sha256()
    with default_storage.open(name) as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def imported(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each badge from elsewhere is still the file that came."""
    for some in in_chunks(Imported.objects.defer("picture", "report"), only):
        for row in some:
            if hashlib.sha256(bytes(row.content)).hexdigest() != row.sha256:
                mend = "put it back from a backup, or have its owner add the file again"
                yield Finding("I7", row.pk, f"imported {row.public_id}", "its file was changed", mend)
        scope.counted("badges from elsewhere", len(some))


def archives(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each archive that its owner may still fetch."""
    ready = Export.objects.filter(state=Export.State.READY).exclude(file="")
    for some in in_chunks(ready, only):
        for row in some:
            if problem := _problem_of_archive(row):
                yield Finding(
                    "I7", row.pk, f"export {row.public_id}", problem, "its owner asks for a new one"
                )
        scope.counted("archives", len(some))


def _problem_of_archive(row: Export) -> str:
    try:
        is_whole = default_storage.size(row.file) == row.size and row.sha256 in {"", _digest(row.file)}
    except FileNotFoundError:
        return f"its file {row.file} is gone"
    return "" if is_whole else f"its file {row.file} was changed"


def strays(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Uploads that no row names."""
    del only  # all of them are looked for again: there are no keys
    for name in (*sweeping.strays(), *exports.strays()):
        mend = "a running worker removes it within the hour; or delete it"
        yield Finding("I7", 0, f"file {name}", "no row names it", mend)
    scope.counted("names of files", Batch.objects.exclude(file="").count())


def signing_keys(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Each key that signs now is opened by the key file, and is the private half of what is published."""
    for some in in_chunks(SigningKey.objects.select_related("issuer").filter(retired_at__isnull=True), only):
        for key in some:
            try:
                fits = keys.fits(key)
            except keys.KeyNotOpened:
                fits = False
            if not fits:
                text = "the key file does not open it, or what it opens is another key"
                mend = "put back the key file, or rotate the issuer’s keys"
                yield Finding("I2", key.pk, f"key {key.method}", text, mend)
        scope.counted("signing keys", len(some))
