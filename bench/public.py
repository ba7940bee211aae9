"""What strangers and programs ask for most, over HTTP: files, status lists, 304s, certificate pages, checks.

    python bench/public.py --awards 1000 [--database postgresql://…] [--processes 2] [--rounds 3] [--seconds 4]

Figures are per second of the server's processor time, all its threads together: other programs on the machine matter
less then. What the clock said stands beside it. One web process of granian (or as many as `--processes` says, of the
site and of the limit alike) is asked by wrk (apt-get install wrk) over eight connections from the same machine, at
addresses drawn from all there are. The limit is asked the same, by the same server in the same run:

- of files, lists and 304s, the first answer again and again;
- of files on SQLite also a program that does nothing but ask for the bytes, by one prepared statement;
- of a kept page, a bare Django view that gives these bytes;
- of a rendered page, a bare Django view that renders them: the same template with all that it shows ready in memory,
  no database, no middleware, no kept parts.

A kept page is a stranger's; a rendered one is of somebody who has a cookie of ours: what it says is known while its
rows are the same (ADR 0066). “Check again” is both made and verified anew, as whoever comes first in a minute finds it.

Where a machine's pace changes from minute to minute, ask each question `--rounds` times, the limit and ours in turn:
the middle one is told, and by the clock the slowest and the quickest.

A new database is made beside the one that is named, and dropped in the end; without --database it is SQLite in a
directory that is removed. Awards beyond the first two hundred are rows like theirs with copies of their files: they
make the tables as large as asked. PostgreSQL tidies up after them, as it would by itself some minutes later.
`--browser` also opens a page as a phone on slow 4G does (Chromium).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measuring
from measuring import HERE, Line

SIGNED = 200
CONNECTIONS = 8
PARTS_OF = 10_000
CHECKS = 20  # of one visitor, who may make thirty in ten minutes
THREADS = "4"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--awards", type=int, default=1000)
parser.add_argument("--database", default="", help="a DATABASE_URL of PostgreSQL; SQLite when left out")
parser.add_argument("--seconds", type=float, default=4, help="of each question; default: 4")
parser.add_argument("--rounds", type=int, default=1, help="how often each question is asked; default: 1")
parser.add_argument("--processes", type=int, default=1, help="web processes that answer; default: 1")
parser.add_argument("--browser", action="store_true", help="also: how soon a phone on slow 4G shows the page")
parser.add_argument("--json", action="store_true", help="one object a line")
parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)

# The constant answers: status, headers and bytes of ours in an ASGI callable, and the page's bytes from a Django view
# with nothing around it, in threads as Django is best served.
CONSTANT = """
import json, os
from pathlib import Path
body = Path(os.environ["BENCH_BODY"]).read_bytes()
status, headers = json.loads(os.environ["BENCH_HEAD"])
start = {"type": "http.response.start", "status": status, "headers": [(n.encode(), v.encode()) for n, v in headers]}
async def application(scope, receive, send):
    await send(start)
    await send({"type": "http.response.body", "body": body})
"""
BARE_VIEW = """
import os
from pathlib import Path
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template import Context, Engine
from django.http import HttpResponse
from django.urls import re_path
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")
page = Engine().from_string("{{ page|safe }}")
body = Path(os.environ["BENCH_BODY"]).read_text()
urlpatterns = [re_path("", lambda request: HttpResponse(page.render(Context({"page": body}))))]
application = get_wsgi_application()
"""
ASKING = """
import json, os, sqlite3
_status, headers = json.loads(os.environ["BENCH_HEAD"])
varying = ("etag", "content-length", "link", "content-location")
headers = [(n.encode(), v.encode()) for n, v in headers if n.lower() not in varying]
database = sqlite3.connect(os.path.join(os.environ["PLAUDIT_DATA_DIR"], "plaudit.sqlite3"), isolation_level=None)
database.execute("PRAGMA cache_size=-32768")
question = (
    "SELECT content FROM awards_credential c JOIN awards_award a ON a.credential_id = c.id"
    " WHERE a.public_id = ? AND a.state = 'accepted' AND a.visibility IN ('link', 'public')"
)
async def application(scope, receive, send):
    ((body,),) = database.execute(question, (scope["path"][3:29],)).fetchall()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
RENDERING_VIEW = """
import os
import django
django.setup()
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import Context
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import re_path
from plaudit_site.showing.templatetags.keeping import Kept
from plaudit_site.urls import urlpatterns as of_the_site

def plainly(kept, context):
    with context.push(**{name: value.resolve(context) for name, value in kept.names.items()}):
        return kept.nodelist.render(context)

Kept.render = plainly
setup_test_environment()
asked = {"cookie": "django_language=en", "host": os.environ["BENCH_HOST"]}
said = Client().get(os.environ["BENCH_PATH"], headers=asked)
teardown_test_environment()
page, shown = said.templates[0], said.context[0].flatten()
urlpatterns = [re_path("", lambda request: HttpResponse(page.render(Context(shown)))), *of_the_site]
settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
application = get_wsgi_application()
"""
SERVE = """
import sys
from granian import Granian
from granian.constants import Interfaces, Loops
if __name__ == "__main__":
    Granian(sys.argv[1] + ":application", address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces(sys.argv[3]),
            workers=int(sys.argv[4]), blocking_threads=int(sys.argv[5]), loop=Loops.auto, websockets=False,
            log_level="warning").serve()
"""
ASK = """
local lines = {}
for line in io.lines(os.getenv("BENCH_PATHS")) do lines[#lines + 1] = line end
math.randomseed(7)
request = function()
  local path, tag = lines[math.random(#lines)]:match("^(%S+) ?(.*)$")
  local headers = {}
  if os.getenv("BENCH_COOKIE") == "1" then headers["Cookie"] = "django_language=en" end
  if tag ~= "" then headers["If-None-Match"] = tag end
  if os.getenv("BENCH_ACCEPT") ~= "" then headers["Accept"] = os.getenv("BENCH_ACCEPT") end
  return wrk.format("GET", path, headers)
end
local strange = 0
response = function(status) if status ~= tonumber(os.getenv("BENCH_STATUS")) then strange = strange + 1 end end
done = function(summary) io.write(string.format("errors %d\\n", summary.errors.status)) end
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(count: int) -> None:
    """Run beside the site: `count` accepted awards, of which the first are really signed; prints where they are."""
    import django

    django.setup()
    from django.db import connection, transaction

    from plaudit_site import preparing, storing
    from plaudit_site.awards.models import Award, Credential, StatusList
    from plaudit_site.ids import new_id
    from tests import people

    if preparing.prepare(migrate=True):
        raise SystemExit(1)
    world = people.make_world()
    eve = people.person("Eve Earner", people.EVE)
    for number in range(min(SIGNED, count)):
        world.award(f"person{number}@example.org", sign=False)
    people.run_worker()
    with transaction.atomic():
        Award.objects.filter(issuer=world.issuer).update(state="accepted", earner=eve, visibility="link")
    one = Award.objects.filter(issuer=world.issuer).select_related("credential").first()
    assert one is not None
    assert one.credential is not None
    content = bytes(one.credential.content)
    for begin in range(SIGNED, count, PARTS_OF):
        here = min(PARTS_OF, count - begin)
        ids = [new_id() for _ in range(here)]
        if begin % 100_000 < PARTS_OF:
            status_list = StatusList.objects.create(issuer=world.issuer, reserved=StatusList.SIZE)
        with transaction.atomic():
            awards, credentials = storing.reserve_keys(Award, here), storing.reserve_keys(Credential, here)
            columns: dict[str, Any] = {
                "id": list(awards), "public_id": ids, "issuer_id": world.issuer.pk, "version_id": one.version_id,
                "address": "filler@example.org", "name": "Filler", "state": "accepted", "visibility": "link",
                "earner_id": eve.pk, "credential_id": list(credentials),
            }  # fmt: skip
            storing.store(Award, columns, here)
            columns = {
                "id": list(credentials), "award_id": list(awards), "sha256": one.credential.sha256,
                "content": [content.replace(one.public_id.encode(), name.encode()) for name in ids],
                "key_id": one.credential.key_id, "status_list_id": status_list.pk,
                "status_index": [begin % 100_000 + n for n in range(here)], "signed_at": one.credential.signed_at,
            }  # fmt: skip
            storing.store(Credential, columns, here)
    people.run_worker()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    data = Path(os.environ["PLAUDIT_DATA_DIR"])
    every = Award.objects.filter(issuer=world.issuer).order_by("pk")
    with (data / "all").open("w") as file:
        file.writelines(f"/c/{name}.json\n" for name in every.values_list("public_id", flat=True).iterator())
    signed = list(every.select_related("credential__status_list", "issuer")[:SIGNED])
    lines = {
        "negotiated": [f"/c/{one.public_id}" for one in signed],
        "known": [
            f'/c/{one.public_id}.json "{one.credential.sha256[:32]}"' for one in signed if one.credential
        ],
        "pages": [f"/i/{one.issuer.slug}/c/{one.public_id}" for one in signed],
        "again": [f"/i/{one.issuer.slug}/c/{one.public_id}?fresh=1" for one in signed],
        "lists": [f"/status/{one.credential.status_list.public_id}" for one in signed if one.credential],
    }
    for name, paths in lines.items():
        (data / name).write_text("\n".join(paths) + "\n")


def processor_seconds(group: int) -> float:
    """What the processes of a group have used so far."""
    spent = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(facts[2]) == group:
            spent += int(facts[11]) + int(facts[12])
    return spent / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str], path: str) -> Iterator[int]:
    """A server in a process group of its own, from its first answer on."""
    import http.client

    process = subprocess.Popen(command, env=environment, process_group=0, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                asked.request("GET", path, headers={"Host": f"localhost:{port}"})
                asked.getresponse().read()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass
class Asked:
    """Requests in a second by the clock, the 99th of a hundred in ms, requests in a second of the server's time."""

    a_second: float
    late: float
    a_second_of_processor: float

    @classmethod
    def middle(cls, of: Sequence[Asked]) -> Asked:
        """Of each of the three."""
        return cls(
            *(
                statistics.median(getattr(one, name) for one in of)
                for name in ("a_second", "late", "a_second_of_processor")
            )
        )


def by_the_clock(asked: Sequence[Asked]) -> str:
    found = sorted(one.a_second for one in asked)
    said = f"{statistics.median(found):,.0f}/s"
    return said if len(found) == 1 else f"{said} ({found[0]:,.0f} to {found[-1]:,.0f})"


class Bench:
    def __init__(self, options: argparse.Namespace, data: Path, environment: dict[str, str]) -> None:
        self.options, self.data, self.environment = options, data, environment
        self.port = int(environment["PORT"])
        for name, text in {
            "ask.lua": ASK,
            "constant.py": CONSTANT,
            "asking.py": ASKING,
            "bare.py": BARE_VIEW,
            "rendering.py": RENDERING_VIEW,
            "serve.py": SERVE,
        }.items():
            (data / name).write_text(text)

    def ask(
        self,
        paths: str,
        server: int,
        *,
        port: int = 0,
        status: int = 200,
        accept: str = "",
        cookie: bool = False,
    ) -> Asked:
        environment = {
            **os.environ, "BENCH_PATHS": str(self.data / paths), "BENCH_STATUS": str(status), "BENCH_ACCEPT": accept,
            "BENCH_COOKIE": str(int(cookie)),
        }  # fmt: skip
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", "-s", str(self.data / "ask.lua")]
        command += [f"-d{max(1, round(self.options.seconds))}s", f"http://localhost:{port or self.port}/"]
        for _round in range(2):  # the first one warms up
            before = processor_seconds(server)
            said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        spent = processor_seconds(server) - before
        number = re.search(r"(\d+) requests in", said)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        if "errors 0" not in said or not number or not rate or not late:
            raise SystemExit(f"{paths}: {said}")
        milliseconds = float(late[1]) * {"us": 0.001, "ms": 1, "s": 1000}[late[2]]
        return Asked(float(rate[1]), milliseconds, int(number[1]) / spent)

    def limit(self, paths: str, *, of: str = "constant", **asked: Any) -> float:
        """The same questions, all of which one of the programs above answers with what the site says to the first."""
        status, headers, body = self.first(paths, **asked)
        (self.data / "body").write_bytes(body)
        port = free_port()
        path = (self.data / paths).read_text().split("\n", 1)[0].partition(" ")[0]
        more = {"BENCH_BODY": str(self.data / "body"), "BENCH_HEAD": json.dumps([status, headers])}
        more |= {"BENCH_PATH": path, "BENCH_HOST": f"localhost:{self.port}"}
        more["PYTHONPATH"] = f"{self.data}:{self.environment['PYTHONPATH']}"
        interface, threads = ("asginl", "1") if of in ("constant", "asking") else ("wsgi", THREADS)
        command = [sys.executable, str(self.data / "serve.py"), of, str(port), interface]
        command += [str(self.options.processes), threads]
        with serving(command, port, {**self.environment, **more}, path) as server:
            if of == "rendering":
                self.check_the_same(body, path, port)
            return self.ask(paths, server, port=port, **asked).a_second_of_processor

    def check_the_same(self, ours: bytes, path: str, port: int) -> None:
        """But for the moment of its check, and what is new each time in its forms."""
        import http.client

        asked = http.client.HTTPConnection("localhost", port, timeout=30)
        asked.request("GET", path)
        changing = rb'[0-9:]{8}(Z| UTC)|name="csrfmiddlewaretoken" value="[^"]*"'
        pages = [re.sub(changing, b"", page) for page in (ours, asked.getresponse().read())]
        if pages[0] != pages[1]:
            lines = zip(*(page.splitlines() for page in pages), strict=False)
            other = next((pair for pair in lines if pair[0] != pair[1]), "more lines")
            raise SystemExit(f"{path}: the limit renders another page: {other}")

    def first(
        self, paths: str, *, status: int = 200, accept: str = "", cookie: bool = False
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        import http.client

        path, _space, tag = (self.data / paths).read_text().split("\n", 1)[0].partition(" ")
        more = {"Accept": accept, "If-None-Match": tag, "Cookie": "django_language=en" if cookie else ""}
        asked = http.client.HTTPConnection("localhost", self.port, timeout=30)
        asked.request("GET", path, headers={name: value for name, value in more.items() if value})
        answer = asked.getresponse()
        body = answer.read()
        if answer.status != status:
            raise SystemExit(f"{path}: {answer.status}")
        return status, [(name, value) for name, value in answer.getheaders() if name.lower() != "date"], body

    def lines(self, server: int) -> Iterator[Line]:
        peak = "≥ 15,000 on SQLite, ≥ 2,500 on PostgreSQL; ≥ 50 % of a constant answer"
        kind = f"{'PostgreSQL' if self.options.database else 'SQLite'}, {self.options.awards:,} awards"
        if self.options.processes > 1:
            kind += f", {self.options.processes} web processes"

        def line(work: str, paths: str, goal: str, *, of: str = "constant", **asked: Any) -> Line:
            limits, ours = [], []
            for _round in range(self.options.rounds):
                limits.append(self.limit(paths, of=of, **asked))
                ours.append(self.ask(paths, server, **asked))
            middle = Asked.middle(ours)
            words = f"{work} ({kind}; by the clock {by_the_clock(ours)}, p99 {middle.late:.1f} ms)"
            return Line(
                words, "req/cpu-s", middle.a_second_of_processor, limit=statistics.median(limits), goal=goal
            )

        yield line("credential JSON", "all", peak)
        if not self.options.database:
            yield line("the same, of a program that only asks", "all", "", of="asking")
        yield line("the same, negotiated", "negotiated", peak, accept="application/vc")
        yield line("the same, 304", "known", peak, status=304)
        yield line("status list", "lists", peak)
        page = "≥ 80 % of a bare view; p99 < 50 ms"
        yield line("certificate page, kept", "pages", f"≥ 1,500; {page}", of="bare")
        yield line("certificate page, rendered", "pages", f"≥ 700; {page}", of="rendering", cookie=True)
        asked = [self.ask("again", server) for _round in range(self.options.rounds)]
        again = Asked.middle(asked)
        clock = f"by the clock {by_the_clock(asked)}, p99 {again.late:.1f} ms"
        yield Line(
            f"certificate page, “Check again” ({kind}; {clock})", "req/cpu-s", again.a_second_of_processor
        )
        yield self.checks_of_a_file()
        if self.options.browser:
            yield from self.in_a_browser()

    def checks_of_a_file(self) -> Line:
        """“Verify a badge”, from the press to the page that it leads to; nothing is read from another server."""
        import http.client

        asked = http.client.HTTPConnection("localhost", self.port, timeout=30)
        badge = self.first("all")[2].decode()
        given = urllib.parse.urlencode({"text": badge}).encode()
        seconds = []
        for _check in range(CHECKS):
            begin = time.monotonic()
            asked.request("POST", "/verify/", given, {"Content-Type": "application/x-www-form-urlencoded"})
            pressed = asked.getresponse()
            pressed.read()
            asked.request("GET", pressed.headers["Location"])
            if b'class="verdict ' not in asked.getresponse().read():
                raise SystemExit("/verify/: there is no verdict")
            seconds.append(time.monotonic() - begin)
        words = f"a check by page, nothing remote, the slowest of {CHECKS}"
        return Line(words, "s", max(seconds), goal="≤ 2 s", more_is_better=False)

    def in_a_browser(self) -> Iterator[Line]:
        """390 wide, 1.6 Mbit/s, 150 ms: what browsers call slow 4G."""
        from playwright.sync_api import sync_playwright

        from tests.browser import harness

        path = (self.data / "pages").read_text().split("\n", 1)[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=harness.chromium(), args=harness.CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True)
            network = page.context.new_cdp_session(page)
            network.send("Network.enable")
            speed = 1.6 * 1024 * 1024 / 8
            conditions = {
                "offline": False,
                "latency": 150,
                "downloadThroughput": speed,
                "uploadThroughput": speed,
            }
            network.send("Network.emulateNetworkConditions", conditions)
            page.goto(f"http://localhost:{self.port}{path}", wait_until="load")
            found = page.evaluate(harness.PAINTED)
            browser.close()
        yield Line(
            "certificate page, largest picture or text on slow 4G",
            "s",
            found["largest"] / 1000,
            goal="≤ 1.5 s",
            more_is_better=False,
        )
        yield Line(
            "… how much moves while it loads", "CLS", found["moved"], goal="< 0.05", more_is_better=False
        )


def main() -> None:
    options = parser.parse_args()
    if options.fill:
        fill(options.awards)
        return
    with (
        tempfile.TemporaryDirectory(prefix="plaudit-public-") as folder,
        measuring.a_database(options.database) as database,
    ):
        port = free_port()
        environment = {
            **os.environ, "PYTHONPATH": f"{HERE.parent / 'src'}:{HERE.parent}", "PORT": str(port),
            "EMAIL_URL": "mailbox:",
            "DJANGO_SETTINGS_MODULE": "plaudit_site.settings", "PLAUDIT_DATA_DIR": folder, "PLAUDIT_LOG_LEVEL": "ERROR",
            "PLAUDIT_WEB_WORKERS": str(options.processes), "PLAUDIT_WEB_THREADS": THREADS, "BASE_URL": f"http://localhost:{port}",
            "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "10000000",
            **({"DATABASE_URL": database} if database else {}),
        }  # fmt: skip
        command = [sys.executable, __file__, "--fill", "--awards", str(options.awards)]
        subprocess.run(command, env=environment, check=True)
        bench = Bench(options, Path(folder), environment)
        web = [sys.executable, "-m", "plaudit_site", "web"]
        with serving(web, port, environment, "/health/live") as group:
            measuring.show(list(bench.lines(group)), options)


if __name__ == "__main__":
    main()
