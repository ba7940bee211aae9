"""Open Badges 2.0: verifying a hosted badge and a signed one, each with badge class and issuer at their addresses."""

import json
import tempfile
from pathlib import Path

import measuring
from badges import AT, picture

import plaudit
from tests.plaudit.guild2 import ADDRESS, BADGE_2, hosted_web, signed_web, token

chosen = measuring.options(__doc__)
webs = {
    "hosted": {url: json.dumps(document).encode() for url, document in hosted_web().items()},
    "signed": {url: json.dumps(document).encode() for url, document in signed_web().items()},
}
badges = {"hosted": ADDRESS, "signed": token()}


def check(kind: str) -> None:
    assert plaudit.verify(badges[kind], fetch=fetches[kind], at=AT).verified


fetches = {kind: plaudit.MappedFetch(web) for kind, web in webs.items()}
ours = {kind: measuring.rate(lambda _, kind=kind: check(kind), chosen) for kind in badges}
peers: dict[str, dict[str, float]] = {kind: {} for kind in badges}
for kind, badge in badges.items():
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, (url, data) in enumerate((webs[kind] | {str(BADGE_2.image): picture()}).items()):
            files[url] = str(Path(folder) / str(number))
            Path(files[url]).write_bytes(data)
        for answer in measuring.ask(measuring.PEER_OB2, {"inputs": {kind: badge}, "web": files}, chosen):
            peers[kind]["openbadges"] = answer["cpu"]

measuring.show(
    [
        measuring.Line(f"verify Open Badges 2.0, {kind}", "1/cpu-s", figure, peers[kind], goal="≥ 30 ×")
        for kind, figure in ours.items()
    ],
    chosen,
)  # fmt: skip
