"""The judgement of openbadgeslib on each file, offline; run with the Python of this folder's .venv.

    python judge.py F.json|F.png|F.svg... [--map URL=FILE]...

It reads the bit of a status list, but cannot check the signature of one that is no JWT.
One line of JSON for each file; exits 0 if all are accepted, 1 if one is refused.
"""

import argparse
import json
import sys
from pathlib import Path

from openbadgeslib.ob3 import OB3LdpVerifier
from openbadgeslib.verify import verify_badge


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--map", action="append", default=[])
    options = parser.parse_args()
    answers = dict(item.rsplit("=", 1) for item in options.map)

    def download(url: str, *rest: object, **more: object) -> bytes:
        if url not in answers:
            raise OSError(f"not mapped: {url}")
        return Path(answers[url]).read_bytes()

    refused = False
    for name in options.files:
        verdict = {"file": name, **judge(Path(name), download)}
        refused = refused or not verdict["verified"]
        print(json.dumps(verdict))
    return int(refused)


def judge(path: Path, download: object) -> dict[str, object]:
    if path.suffix in (".png", ".svg"):
        result = verify_badge(
            path.read_bytes(),
            resolve_did=True,
            download=download,
            check_status=True,
            verify_status_list=False,
        )
        return {"verified": result.valid, "reason": result.reason}
    try:
        issuer = json.loads(path.read_bytes())["issuer"]
        verifier = OB3LdpVerifier.for_issuer_did(issuer["id"], download=download)
        verifier.verify(
            path.read_bytes(),
            check_status=True,
            download=download,
            verify_status_list=False,
        )
    except Exception as error:  # noqa: BLE001 -- whatever it raises is its refusal
        return {"verified": False, "reason": f"{type(error).__name__}: {error}"}
    return {"verified": True, "reason": None}


if __name__ == "__main__":
    sys.exit(main())
