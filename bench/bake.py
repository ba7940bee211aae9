"""Baking and reading pictures: a PNG of 390 kB and an SVG of 50 kB."""

import tempfile
from pathlib import Path

import measuring
from badges import AT, GUILD, badge, drawing, picture

import plaudit

chosen = measuring.options(__doc__)
png, svg, text = picture(), drawing(), plaudit.issue(badge(), GUILD, AT)
baked_png, baked_svg = plaudit.bake(png, text), plaudit.bake(svg, text)
ours = {
    "bake PNG": measuring.rate(lambda _: plaudit.bake(png, text), chosen),
    "bake PNG, each a new picture": measuring.rate(
        lambda _: plaudit.bake(bytes(bytearray(png)), text), chosen
    ),
    "read PNG": measuring.rate(lambda _: plaudit.unbake(baked_png), chosen),
    "bake SVG": measuring.rate(lambda _: plaudit.bake(svg, text), chosen),
    "bake SVG, each a new picture": measuring.rate(
        lambda _: plaudit.bake(bytes(bytearray(svg)), text), chosen
    ),
    "read SVG": measuring.rate(lambda _: plaudit.unbake(baked_svg), chosen),
}
copy = measuring.rate(lambda _: b"".join((png[:33], text, memoryview(png)[33:])), chosen)
goals = {
    "bake PNG": "≥ 30 ×",
    "read PNG": "≥ 1 ×, every CRC checked",
    "bake SVG": "≥ 100 ×",
    "read SVG": "≥ 10 ×",
}
peers: dict[str, dict[str, float]] = {}
with tempfile.TemporaryDirectory() as folder:
    files = {"png": png, "svg": svg, "credential": text}
    for name, data in files.items():
        (Path(folder) / name).write_bytes(data)
    task = {name: str(Path(folder) / name) for name in files} | {"works": list(goals)}
    for answer in measuring.ask(measuring.PEER_PYTHON, task, chosen):
        work, _, peer = answer["work"].partition("/")
        peers.setdefault(work, {})[peer] = answer["cpu"]

# Who reads a picture without looking at one checksum does other work.
unchecked = peers.get("read PNG", {}).pop("openbadges_bakery", 0)
goals["read PNG"] += f" (openbadges_bakery, which checks none: {unchecked:,.0f})"
measuring.show(
    [
        measuring.Line(work, "1/cpu-s", figure, peers.get(work.partition(",")[0], {}),
                       copy if work == "bake PNG" else None, goals.get(work, ""))
        for work, figure in ours.items()
    ],
    chosen,
)  # fmt: skip
