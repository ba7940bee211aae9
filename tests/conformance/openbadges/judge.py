"""The judgement of 1EdTech's core for Open Badges 2.0 on each badge, offline; run with the Python of this .venv.

    python judge.py FILE|URL... [--map URL=FILE]... [--recipient EMAIL]

A file holds JSON, a compact JWS or a picture. One line of JSON for each; exits 0 if all are accepted, 1 if one is not.
"""

import argparse
import io
import json
import mimetypes
import sys
from pathlib import Path

import requests
from openbadges.verifier import verify
from openbadges.verifier.openbadges_context import OPENBADGES_CONTEXT_V2_DICT, OPENBADGES_CONTEXT_V2_URI
from openbadges_bakery import unbake

OFFLINE = {"use_cache": False, "cache_backend": None}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--map", action="append", default=[])
    parser.add_argument("--recipient")
    options = parser.parse_args()
    answer_from(dict(item.rsplit("=", 1) for item in options.map))
    refused = False
    for name in options.inputs:
        verdict = {"file": name, **judge(name, options.recipient)}
        refused = refused or not verdict["verified"]
        print(json.dumps(verdict))
    return int(refused)


def answer_from(files: dict[str, str]) -> None:
    """Whatever the core asks the network for is answered from these files; all else is not there."""

    def request(session: requests.Session, method: str, url: str, **more: object) -> requests.Response:
        answer = requests.Response()
        answer.url, answer.status_code = url, 404
        answer.headers["Content-Type"] = "application/ld+json"
        answer._content = b""
        if url == OPENBADGES_CONTEXT_V2_URI:
            answer._content, answer.status_code = json.dumps(OPENBADGES_CONTEXT_V2_DICT).encode(), 200
        elif url in files:
            answer._content, answer.status_code = Path(files[url]).read_bytes(), 200
            kind = mimetypes.guess_type(files[url])[0] or ""
            answer.headers["Content-Type"] = kind if kind.startswith("image/") else "application/ld+json"
        return answer

    requests.Session.request = request


def _unbaked(picture: bytes) -> object:
    """The address in an SVG comes out of its bakery as bytes, which its verifier has taken for text since Python 3."""
    found = unbake(io.BytesIO(picture))
    return found.decode() if isinstance(found, bytes) else io.BytesIO(picture)


def judge(name: str, recipient: str | None) -> dict[str, object]:
    badge: object = name
    if not name.startswith(("http://", "https://")):
        data = Path(name).read_bytes()
        badge = _unbaked(data) if data[:1] in (b"\x89", b"<") else data.decode().strip()
    try:
        answer = verify(badge, recipient_profile={"email": recipient} if recipient else None, **OFFLINE)
    except Exception as error:  # noqa: BLE001 -- whatever it raises is its refusal
        return {"verified": False, "reason": f"{type(error).__name__}: {error}"}
    report = answer["report"]
    errors = [item["result"] for item in report["messages"] if item.get("messageLevel") == "ERROR"]
    return {"verified": report["valid"], "reason": "; ".join(map(str, errors))[:500] or None}


if __name__ == "__main__":
    sys.exit(main())
