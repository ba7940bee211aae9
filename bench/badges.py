"""The badges that are measured: of one kind, for many people, in a web that is all in memory."""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from copy import deepcopy
from pathlib import Path
from typing import Any

from plaudit import documents, recipient
from plaudit.did import Signer
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, ISSUER_DOCUMENT, LIST, METHOD, credential, web

HOLES = (
    "/id",
    "/credentialSubject/id",
    "/credentialSubject/identifier/0/identityHash",
    "/credentialSubject/identifier/0/salt",
    "/credentialSubject/identifier/1/identityHash",
    "/credentialSubject/identifier/1/salt",
    "/validFrom",
    "/awardedDate",
    "/credentialStatus/id",
    "/credentialStatus/statusListIndex",
)
__all__ = [
    "AT",
    "DAY",
    "GUILD",
    "HOLES",
    "METHOD",
    "Signer",
    "badge",
    "drawing",
    "fetchable",
    "job",
    "picture",
    "row",
]


def row(number: int) -> dict[str, str]:
    """What differs from person to person."""
    mail = recipient.identity_object(
        "emailAddress", f"person{number}@mail.example", f"salt-of-mail-{number:08}"
    )
    name = recipient.identity_object("name", f"Person {number}", f"salt-of-name-{number:08}")
    values = (
        f"urn:uuid:{uuid.UUID(int=number, version=4)}",
        f"urn:uuid:{uuid.UUID(int=10**20 + number, version=4)}",
        mail["identityHash"], mail["salt"], name["identityHash"], name["salt"],
        f"2026-11-01T09:{number // 60 % 60:02}:{number % 60:02}Z",
        f"2026-10-31T09:{number // 60 % 60:02}:{number % 60:02}Z",
        f"{LIST}#{100 + number}", str(100 + number),
    )  # fmt: skip
    return dict(zip(HOLES, values, strict=True))


def badge(number: int = 0) -> dict[str, Any]:
    """The whole credential of one person."""
    document = credential()
    # 1EdTech's schema wants a time with the date, which the text of the standard does not.
    document["credentialSubject"]["activityStartDate"] = "2026-09-01T00:00:00Z"
    for pointer, text in row(number).items():
        *path, last = pointer[1:].split("/")
        place: Any = document
        for part in path:
            place = place[int(part) if isinstance(place, list) else part]
        place[last] = text
    return deepcopy(document)


def fetchable() -> dict[str, bytes]:
    return web()


def job(
    folder: Path, signed: list[dict[str, Any]], plain: list[dict[str, Any]], count: int
) -> dict[str, Any]:
    """What the peers get: the same badges, the same key, the same web and contexts."""
    texts = {url: data.decode() for url, data in web().items()}
    texts |= {url: json.dumps({"@context": documents.load_context(url)}) for url in documents.PINNED}
    texts[ISSUER] = texts[ISSUER_DOCUMENT]
    files = {}
    for url, text in texts.items():
        file = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
        file.write_text(text)
        files[url] = str(file)
    return {
        "secret": GUILD.key.multibase(), "public": GUILD.key.public().multibase(), "pem": GUILD.key.pem().decode(),
        "method": METHOD, "documents": [badge(number) for number in range(count)], "signed": signed, "plain": plain,
        "web": files, "now": AT.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip


def picture(size: int = 390_000) -> bytes:
    """A PNG of noise in chunks of 8 KiB, as programs write them; it need not be decodable."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    noise = b"".join(hashlib.sha256(number.to_bytes(4)).digest() for number in range(size // 32))
    body = [chunk(b"IDAT", noise[start : start + 8192]) for start in range(0, len(noise), 8192)]
    head = chunk(b"IHDR", (360).to_bytes(4) * 2 + b"\x08\x02\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(body) + chunk(b"IEND", b"")


def drawing(shapes: int = 400) -> bytes:
    """An SVG of some 50 kB, as drawing programs write them."""
    paths = "\n".join(
        f'  <path id="p{n}" d="M {n} {n * 7 % 360} C {n * 3 % 360} 10 20 {n * 5 % 360} 30 40 Z" '
        f'style="fill:#{n * 40503 % 0xFFFFFF:06x};stroke-width:{n % 7}"/>'
        for n in range(shapes)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360">\n{paths}\n</svg>\n'.encode()
