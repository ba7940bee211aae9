"""Starting: `import plaudit`, `plaudit verify FILE`, and the memory of a process that issues."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import measuring
from badges import AT, DAY, HOLES, badge, job, row

import plaudit
from plaudit.did import Signer

chosen = measuring.options(__doc__)
environment = {**os.environ, "PYTHONPATH": str(measuring.HERE.parent / "src")}


def started(*arguments: str) -> float:
    """Seconds of processor time, which is all the time there is when nothing else runs."""
    figures = []
    for _ in range(max(5, chosen.rounds)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(figures)


ISSUING = """
import json, resource, sys
from datetime import datetime
import plaudit
task = json.load(open(sys.argv[1]))
signer = plaudit.Signer(plaudit.PrivateKey.from_multibase(task["secret"]), task["method"])
at = datetime.fromisoformat(task["now"].replace("Z", "+00:00"))
template = plaudit.Template(task["documents"][0], signer, task["holes"])
for _ in range(20):
    for row in task["rows"]:
        template.issue(row, at)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
key = plaudit.PrivateKey.generate()
signer = Signer.from_did_key(key)
document = {name: value for name, value in badge().items() if name != "credentialStatus"}
document["issuer"] = {**document["issuer"], "id": signer.controller}
peers: dict[str, float] = {}
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "badge.json"
    file.write_bytes(plaudit.issue(document, signer, AT - DAY))
    verify = started("-m", "plaudit", "verify", str(file), "--at", AT.isoformat().replace("+00:00", "Z"))
    task = job(Path(folder), [], [], 50) | {
        "works": ["issue"],
        "holes": HOLES,
        "rows": [row(n) for n in range(500)],
    }
    (Path(folder) / "job.json").write_text(json.dumps(task))
    command = [sys.executable, "-c", ISSUING, str(Path(folder) / "job.json")]
    memory = float(
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    )
    for answer in measuring.ask(measuring.PEER_NODE, task, chosen):
        peers["@digitalbazaar/vc"] = answer["memory"]

measuring.show(
    [
        measuring.Line("import plaudit", "cpu-s", started("-c", "import plaudit"), limit=started("-c", "pass"),
                       goal="≤ 0.15 s", more_is_better=False),
        measuring.Line("plaudit verify FILE", "cpu-s", verify, limit=started("-c", "pass"), goal="≤ 0.35 s",
                       more_is_better=False),
        measuring.Line("memory of an issuing process", "MiB", memory, peers, goal="≤ 1/3 of @digitalbazaar/vc",
                       more_is_better=False),
    ],
    chosen,
)  # fmt: skip
