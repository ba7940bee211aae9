"""A request of a program, read into plain values: limits first, then type, then shape. Raises Problem."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from contextlib import suppress
from typing import IO, Any, BinaryIO, cast

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from plaudit.errors import PlauditError
from plaudit.reading import parse_json
from plaudit_site.api import batch_calls
from plaudit_site.api.calls import Operation, Upload
from plaudit_site.api.checking import faults
from plaudit_site.api.openapi import MULTIPART, SPREADSHEETS, query_of
from plaudit_site.api.problem import Fault, Problem
from plaudit_site.api.schemas import COMPONENTS
from plaudit_site.awards import staging

JSON = "application/json"
ENVELOPE = 64 * 1024
"""What a form around a file may add to its size."""
PART = 1 << 16
_KEY = re.compile(r"[!-~]{1,255}")
_ENDINGS = dict(zip(SPREADSHEETS, (".csv", ".xlsx"), strict=True))


def idempotency_key(request: HttpRequest) -> str:
    """The header, or nothing."""
    key = request.headers.get("Idempotency-Key", "")
    if "Idempotency-Key" in request.headers and not _KEY.fullmatch(key):
        fault = Fault(
            "is not 1 to 255 visible ASCII signs without space", "Take a UUID.", parameter="Idempotency-Key"
        )
        raise Problem("not-valid", "The Idempotency-Key can’t be used.", [fault])
    return key


def query(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """Its parameters, each at most once."""
    known = query_of(operation)
    found: dict[str, Any] = {}
    wrong: list[Fault] = []
    for name, values in request.GET.lists():
        shown = name[:80]
        if name not in known:
            mend = "Take it out; known are " + (", ".join(f"“{one}”" for one in known) or "none") + "."
            wrong.append(Fault("is not known here", mend, parameter=shown))
        elif len(values) > 1:
            wrong.append(Fault("stands there more than once", "Say it once.", parameter=shown))
        else:
            value: Any = values[0]
            if known[name]["type"] == "integer" and re.fullmatch(r"[0-9]{1,12}", value):
                value = int(value)
            told = list(faults(known[name], value))
            wrong += [Fault(fault.detail, fault.mend, parameter=shown) for fault in told]
            found[name] = value
    if wrong:
        raise Problem("not-valid", "The query is not valid: see “errors”.", wrong)
    return found


def body(
    request: HttpRequest, operation: Operation, asked: dict[str, Any]
) -> tuple[dict[str, Any], Upload | None]:
    """What the request brings: its members, and the spreadsheet of an upload."""
    if request.headers.get("Transfer-Encoding"):
        raise Problem("length-needed", "A body in chunks is not taken.")
    kind = (request.content_type or "").lower()
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if length < 0:
        raise Problem("length-needed", "Content-Length is no number.")
    if operation.takes_file and kind == MULTIPART:
        return _form(request, length)
    if operation.takes_file and kind in SPREADSHEETS:
        return _file(request, length, kind, asked)
    if kind != JSON and (length or kind or operation.takes_file):
        takes = [JSON, *((MULTIPART, *SPREADSHEETS) if operation.takes_file else ())]
        raise Problem("wrong-type", f"Content-Type must be {' or '.join(takes)}.")
    members = _json(request, operation, length)
    if not operation.takes_file:
        return members, None
    if asked:
        fault = Fault("goes with a file alone", "Say it in the body.", parameter=next(iter(asked)))
        raise Problem("not-valid", "The query is not valid: see “errors”.", [fault])
    return members, _upload(io.BytesIO(batch_calls.as_csv(members["rows"])), "rows.json")


def _json(request: HttpRequest, operation: Operation, length: int) -> dict[str, Any]:
    schema = COMPONENTS[operation.body]
    if length > operation.most_bytes:
        raise Problem("too-large", f"JSON may be {operation.most_bytes // 1024} KiB here.")
    try:
        data = request.read(length)
    except UnreadablePostError:
        raise Problem("unreadable", "The body broke off.") from None
    if len(data) < length:
        raise Problem("unreadable", "The body is shorter than Content-Length says.")
    try:
        value = parse_json(data) if data or schema["required"] else {}
    except PlauditError as error:
        raise Problem("unreadable", f"The body can’t be read: {error}.") from None
    _check(schema, value)
    return cast(dict[str, Any], value)


def _check(schema: Any, value: Any) -> None:
    wrong = list(faults(schema, value))
    if wrong:
        raise Problem("not-valid", "The body is not valid: see “errors”.", wrong[:50])


def _file(
    request: HttpRequest, length: int, kind: str, asked: dict[str, Any]
) -> tuple[dict[str, Any], Upload]:
    """The body is the spreadsheet; it goes to disk as it comes."""
    if length > staging.most_bytes():
        raise _too_large()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - rest.py closes it with the request
    try:
        _copy(request, file, length)
        name = asked.get("name") or f"upload{_ENDINGS[kind]}"
        return {name: text for name, text in asked.items() if name != "name"}, _upload(file, name)
    except BaseException:
        file.close()
        raise


def _copy(request: HttpRequest, file: IO[bytes], length: int) -> None:
    while length:
        try:
            part = request.read(min(PART, length))
        except UnreadablePostError:
            part = b""
        if not part:
            raise Problem("unreadable", "The body is shorter than Content-Length says.")
        file.write(part)
        length -= len(part)


def _form(request: HttpRequest, length: int) -> tuple[dict[str, Any], Upload]:
    if length > staging.most_bytes() + ENVELOPE:
        raise _too_large()
    try:
        fields, files = request.POST, request.FILES
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        raise Problem("unreadable", "The form can’t be read.") from None
    parts: list[tuple[str, list[Any]]] = [*fields.lists(), *files.lists()]
    twice = [name for name, values in parts if len(values) > 1]
    wrong = [Fault("stands there more than once", "Say it once.", f"/{name[:80]}") for name in twice]
    schema = COMPONENTS["FileRequest"]
    members: dict[str, Any] = {**fields.dict(), **dict.fromkeys(files, "")}
    if "file" in fields:
        wrong.append(Fault("is not a file", "Send it with a file name.", "/file"))
    wrong += faults(schema, members)
    if wrong:
        raise Problem("not-valid", "The form is not valid: see “errors”.", wrong[:50])
    upload: Any = files["file"]
    return fields.dict(), _upload(upload.file, upload.name or "upload")


def _upload(file: Any, name: str) -> Upload:
    digest = hashlib.sha256()
    file.seek(0)
    while part := file.read(1 << 20):
        digest.update(part)
    file.seek(0)
    return Upload(cast(BinaryIO, file), name, digest.hexdigest())


def close(upload: Upload | None) -> None:
    """What lay on disk for the time of the request goes."""
    if upload is not None:
        with suppress(OSError):
            upload.file.close()


def _too_large() -> Problem:
    return Problem("too-large", f"A spreadsheet may be {staging.most_bytes() // 1024 // 1024} MB here.")
