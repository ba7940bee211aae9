"""What visitors and earners notice while a long list is awarded: pages and files, idle and beside it.

    python bench/beside.py --rows 20000 [--database postgresql://…] [--seconds 8] [--json]

`plaudit-site serve` as an operator runs it: two web processes and the embedded worker. One reader asks for a page after
the other, on one connection, as people do; first while nothing else happens, then while the worker awards the list. A
new database is made beside the one that is named, and dropped in the end; without --database it is SQLite.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measuring
from measuring import HERE, Line

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=20_000)
parser.add_argument("--database", default="", help="a DATABASE_URL of PostgreSQL; SQLite when left out")
parser.add_argument("--seconds", type=float, default=8, help="of each measurement; default: 8")
parser.add_argument("--json", action="store_true", help="one object a line")
parser.add_argument("--step", default="", help=argparse.SUPPRESS)
PAUSE = 0.005  # between two questions: a reader, not a flood


def prepare() -> None:
    """A site with a certificate to look at, and an earner who is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from plaudit_site import preparing
    from plaudit_site.awards import claiming
    from plaudit_site.awards.models import Visibility
    from tests import people

    if preparing.prepare(migrate=True):
        raise SystemExit(1)
    world = people.make_world()
    award = world.award()
    eve = people.person("Eve Earner", people.EVE)
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    session = SessionStore()
    session[SESSION_KEY] = str(eve.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = eve.get_session_auth_hash()
    session.save()
    place = f"/i/{world.issuer.slug}/c/{award.public_id}"
    print(
        json.dumps(
            {
                "page": place,
                "file": f"/c/{award.public_id}.json",
                "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
            }
        )
    )


def begin(rows: int) -> None:
    """A list of so many people, to be awarded now."""
    from datetime import timedelta

    from django.utils import timezone

    from plaudit_site.awards import batching, staging
    from plaudit_site.awards.models import Batch
    from plaudit_site.issuers.models import Issuer
    from tests import people

    world = people.find_world()
    assert world is not None
    Issuer.objects.update(made_at=timezone.now() - timedelta(days=60))
    world.issuer.refresh_from_db()
    text = "name,email\n" + "".join(f"Person {n},person-{n}@school{n % 50}.example\n" for n in range(rows))
    file = io.BytesIO(text.encode())
    batch = staging.upload(world.issuer, file, name="list.csv", badge=world.badge, by=world.ben)
    while batch.state == Batch.State.READING:
        time.sleep(0.2)  # the site's own worker reads it
        batch.refresh_from_db()
    batching.start(batch, by=world.ben)
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now(), begins_at=timezone.now())
    print(json.dumps({"batch": batch.pk}))


def awarded() -> int:
    from plaudit_site.awards.models import Award

    return Award.objects.filter(batch__isnull=False).count()


def ask(port: int, path: str, cookie: str, seconds: float) -> float:
    """The time in milliseconds that nineteen of twenty answers came within."""
    connection, times = http.client.HTTPConnection("localhost", port, timeout=30), []
    until = time.perf_counter() + seconds
    headers = {"Cookie": cookie} if cookie else {}
    while time.perf_counter() < until:
        asked = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - asked)
        assert answer.status == 200, (path, answer.status)
        time.sleep(PAUSE)
    connection.close()
    return statistics.quantiles(times, n=20)[-1] * 1000


def step(name: str, environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, __file__, "--step", name, "--rows", str(chosen.rows)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def wait(port: int) -> None:
    for _try in range(300):
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=5)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("the site did not start")


def main(folder: Path, database: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
        "PYTHONPATH": f"{HERE.parent / 'src'}{os.pathsep}{HERE.parent}",
        "PLAUDIT_DATA_DIR": str(folder),
        "PLAUDIT_LOG_LEVEL": "ERROR",
        "EMAIL_URL": "mailbox:",
        "PORT": str(port),
        **({"DATABASE_URL": database} if database else {}),
    }
    told = step("prepare", environment)
    cookie = str(told["cookie"])
    questions = {
        "certificate page": (str(told["page"]), ""),
        "credential JSON": (str(told["file"]), ""),
        "Earned, signed in": ("/badges", cookie),
    }
    site = subprocess.Popen([sys.executable, "-m", "plaudit_site", "serve"], env=environment)
    try:
        wait(port)
        for path, named in questions.values():
            ask(port, path, named, 1)
        idle = {what: ask(port, *question, chosen.seconds) for what, question in questions.items()}
        step("begin", environment)
        share = chosen.seconds / len(questions)
        beside = {what: ask(port, *question, share) for what, question in questions.items()}
        done = step("count", environment)["awarded"]
    finally:
        site.send_signal(signal.SIGTERM)
        site.wait(60)
    where = "PostgreSQL" if database else "SQLite"
    lines = [
        Line(
            f"{what}: 95 % of answers within, beside a list ({where})", "ms", beside[what],
            {"idle": idle[what]}, goal="≤ max(2 × idle, 100 ms)", more_is_better=False,
        )
        for what in questions
    ]  # fmt: skip
    lines.append(Line(f"… rows awarded meanwhile ({where})", "rows", float(str(done))))
    measuring.show(lines, chosen)


chosen = parser.parse_args()
if chosen.step:
    import django

    django.setup()
    if chosen.step == "prepare":
        prepare()
    elif chosen.step == "begin":
        begin(chosen.rows)
    else:
        print(json.dumps({"awarded": awarded()}))
else:
    with (
        tempfile.TemporaryDirectory(prefix="plaudit-beside-") as name,
        measuring.a_database(chosen.database) as made,
    ):
        measuring.begin_with_tables(Path(name))
        main(Path(name), made)
