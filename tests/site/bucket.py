"""As much of S3 as a file needs, on loopback: put, get, head, delete, list, and uploads in parts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Bucket:
    port: int
    files: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    unsigned: int = 0
    age: timedelta = timedelta(0)

    @property
    def changed(self) -> datetime:
        return datetime.now(UTC) - self.age


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: Any) -> None:
            return

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _what(self) -> tuple[str, dict[str, list[str]], bytes]:
            parts = urlsplit(self.path)
            if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=key/"):
                bucket.unsigned += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = unquote(parts.path).removeprefix("/badges").lstrip("/")
            return key, parse_qs(parts.query, keep_blank_values=True), body

        def do_PUT(self) -> None:
            key, query, body = self._what()
            if "partNumber" in query:
                bucket.parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
            else:
                bucket.files[key] = body
            self._answer(200, ETag='"x"')

        def do_POST(self) -> None:
            key, query, _body = self._what()
            if "uploads" in query:
                name = f"upload-{len(bucket.parts)}"
                bucket.parts[name] = {}
                xml = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            else:
                some = bucket.parts.pop(query["uploadId"][0])
                bucket.files[key] = b"".join(some[number] for number in sorted(some))
                xml = '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>'
            self._answer(200, xml.encode(), Content_Type="application/xml")

        def do_HEAD(self) -> None:
            self._send()

        def do_GET(self) -> None:
            self._send()

        def do_DELETE(self) -> None:
            key, _query, _body = self._what()
            bucket.files.pop(key, None)
            self._answer(204)

        def _send(self) -> None:
            key, query, _body = self._what()
            if "list-type" in query or "prefix" in query:
                self._list(query.get("prefix", [""])[0])
                return
            content = bucket.files.get(key)
            if content is None:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", Content_Type="application/xml")
                return
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            sent = content[int(part[1]) : int(part[2]) + 1 if part[2] else None] if part else content
            more = (
                {"Content_Range": f"bytes {part[1]}-{int(part[1]) + len(sent) - 1}/{len(content)}"}
                if part
                else {}
            )
            self._answer(
                206 if part else 200,
                sent,
                Content_Length=str(len(sent)),
                Last_Modified=format_datetime(bucket.changed, usegmt=True),
                ETag='"x"',
                **more,
            )

        def _list(self, prefix: str) -> None:
            at = bucket.changed.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            found = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{at}</LastModified><Size>1</Size></Contents>"
                for key in sorted(bucket.files)
                if key.startswith(prefix)
            )
            xml = f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
            self._answer(200, xml.encode(), Content_Type="application/xml")

    return Handler


@contextmanager
def bucket() -> Iterator[Bucket]:
    made = Bucket(0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
