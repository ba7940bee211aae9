"""python peer.py JOB.json: what openbadgeslib and openbadges_bakery do in a second, one line of JSON for each work."""

import io
import json
import logging
import resource
import statistics
import sys
import time
from pathlib import Path

from openbadgeslib.baking import bake_png, bake_svg, extract_png, extract_svg
from openbadgeslib.ob3 import OB3LdpVerifier, OB3Signer
from openbadgeslib.ob3.ldp import add_data_integrity_proof
from openbadges_bakery import bake, unbake

logging.disable()
job = json.loads(Path(sys.argv[1]).read_text())
web = {url: Path(file).read_bytes() for url, file in job.get("web", {}).items()}


def download(url, *rest, **more):
    return web[url]


def file_of(data):
    file = io.BytesIO(data)
    file.name = "badge"
    return file


works = {}
for algorithm, pem in job.get("pems", {}).items():
    signer = OB3Signer(pem, algorithm)
    works[f"sign {algorithm}/openbadgeslib"] = lambda n, signer=signer: signer.sign_payload(
        job["payloads"][n % len(job["payloads"])]
    )
if "documents" in job:
    works["issue/openbadgeslib"] = lambda n: add_data_integrity_proof(
        job["documents"][n % len(job["documents"])], job["pem"], job["method"]
    )
    issuer = job["signed"][0]["issuer"]["id"]
    verifier = OB3LdpVerifier.for_issuer_did(issuer, download=download)
    works["verify/openbadgeslib"] = lambda n: verifier.verify(
        job["signed"][n % len(job["signed"])], check_status=True, download=download, verify_status_list=False
    )
if "png" in job:
    png, svg = Path(job["png"]).read_bytes(), Path(job["svg"]).read_bytes()
    text = Path(job["credential"]).read_text()
    word = {"element": "openbadges:credential", "namespace": "https://purl.imsglobal.org/ob/v3p0"}
    keyword = {"keyword": b"openbadgecredential"}
    baked_png, baked_svg = bake_png(png, text, **keyword), bake_svg(svg, text, as_text=True, **word)
    theirs_png, theirs_svg = bake(file_of(png), text).read(), bake(file_of(svg), text).read()
    works |= {
        "bake PNG/openbadgeslib": lambda n: bake_png(png, text, **keyword),
        "read PNG/openbadgeslib": lambda n: extract_png(baked_png, **keyword),
        "bake SVG/openbadgeslib": lambda n: bake_svg(svg, text, as_text=True, **word),
        "read SVG/openbadgeslib": lambda n: extract_svg(
            baked_svg, element="openbadges:credential", text_fallback=True
        ),
        "bake PNG/openbadges_bakery": lambda n: bake(file_of(png), text).read(),
        "read PNG/openbadges_bakery": lambda n: unbake(file_of(theirs_png)),
        "bake SVG/openbadges_bakery": lambda n: bake(file_of(svg), text).read(),
        "read SVG/openbadges_bakery": lambda n: unbake(file_of(theirs_svg)),
    }

for name, run in works.items():
    if name.partition("/")[0] not in job["works"]:
        continue
    figures = []
    number = 0
    try:
        for round_number in range(job["rounds"] + 1):
            spent, begin, done = time.process_time(), time.perf_counter(), 0
            while time.perf_counter() - begin < job["seconds"]:
                run(number)
                number, done = number + 1, done + 1
            if round_number:
                figures.append((done / (time.perf_counter() - begin), done / (time.process_time() - spent)))
    except Exception as error:
        print(json.dumps({"work": name, "error": f"{type(error).__name__}: {error}"[:300]}))
        continue
    wall, cpu = (statistics.median(column) for column in zip(*figures, strict=True))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"work": name, "wall": wall, "cpu": cpu, "memory": memory}))
