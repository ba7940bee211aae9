"""The gate: every proof this house has, run in order, closed by pytest's own summary line.

    python scripts/gate.py quick | full | browser | judges | fuzz | faults

The linters run first, then the site's tests on PostgreSQL, and last one pytest session over everything. What
ran before it stands in that session as one test per part (tests/test_gate.py), so that the last line printed
counts it, and the exit code knows it. A part this machine cannot run prints one line beginning "SKIPPED: ".
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pwd
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
BIN = ROOT / ".venv" / "bin"
PR_SET_PDEATHSIG = 1

# part -> (the commands it needs, each with its Debian package; what is not proven without them)
MACHINE: dict[str, tuple[dict[str, str], str]] = {
    "browser": (
        {"chromium-headless-shell": "chromium-headless-shell", "node": "nodejs", "npm": "npm"},
        "that the pages work, fit a narrow screen and pass axe in a real browser",
    ),
    "postgresql": (
        {"initdb": "postgresql"},
        "that the site holds on PostgreSQL (SQLite is proven)",
    ),
    "clock": (
        {"faketime": "faketime"},
        "that jumping clocks harm nothing",
    ),
    "redis": (
        {"redis-server": "redis-server"},
        "that Celery's workers award a list",
    ),
    "judges": (
        {"node": "nodejs", "npm": "npm"},
        "that the foreign judges written in JavaScript accept what we sign",
    ),
}

# What does as well: the same engine with a window around it, which each page of a test would open and draw.
ALSO = {"chromium-headless-shell": "chromium"}

# What tests/fuzz/guided.py can read.
READERS = (
    "json", "pictures", "containers", "jws", "derived proofs", "status lists", "base64url", "multibase", "identifiers",
    "dates", "badges",
)  # fmt: skip

# Site tests that start processes with a database of their own: the same on every database.
NO_DATABASE = ("test_operations.py", "test_serving.py", "test_settings.py", "api/test_running.py")

# Of the faults, those that the database has a part in; the engines have PostgreSQL of their own, and run there alone.
ON_POSTGRESQL = "site and faults on PostgreSQL"
ENGINES = "tests/faults/test_engines.py"
TROUBLE = "tests/faults/test_lists_in_trouble.py"
DISK = "tests/faults/test_disk_and_backup.py"
WEBHOOKS = "tests/faults/test_webhooks.py"
STRANGERS = "tests/faults/test_strangers.py"
AT_ONCE = "tests/faults/test_at_once.py"
PUT_BACK = "tests/faults/test_put_back.py"
WHILE_AWARDING = "tests/faults/test_while_awarding.py"
RACES = "tests/site/attacks/test_races.py"  # of the site's tests; they have a long form, too
KILLED_ON_POSTGRESQL = (
    "tests/faults/test_batch_kills.py", "tests/faults/test_kills.py", ENGINES, TROUBLE, DISK, AT_ONCE, PUT_BACK,
    WHILE_AWARDING,
)  # fmt: skip
# Strangers' servers: the gate tries them on SQLite alone, the long form on both.
WHATEVER_THE_DATABASE = (WEBHOOKS, STRANGERS)

LONG = "long"
"""What the fault tests read in PLAUDIT_FAULTS."""

SLOWEST = ("--durations=15", "--durations-min=5")
"""What to look at when the gate takes too long."""

TWO = ("-n", "2", "--dist", "loadfile")
# Tests of faults wait for processes more than they work, and those of the site only work: with a third file at hand,
# and the faults first, two processors have something to do until the end.
THREE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")

LINTERS: tuple[tuple[str, list[str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("types", [str(BIN / "mypy")]),
    ("direction", [str(BIN / "lint-imports")]),
    (
        "migrations",
        [PYTHON, "-m", "plaudit_site", "manage", "makemigrations", "--check", "--dry-run"],
    ),
)


@dataclass(frozen=True)
class Part:
    """What became of one part: `passed`, `failed` or `skipped`."""

    name: str
    outcome: str
    words: str
    seconds: float


class Gate:
    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.parts: list[Part] = []
        self.environment = {
            **os.environ,
            "PLAUDIT_DATA_DIR": str(scratch / "data"),
            "PLAUDIT_MADE_ONCE": str(scratch / "made-once"),
        }
        (scratch / "made-once").mkdir()
        self.environment.pop("DATABASE_URL", None)
        # Each of the hundreds of processes that the tests start would compile everything anew.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, name: str, command: list[str], **more: str) -> bool:
        print(f"== {name}", flush=True)
        started, spent = time.monotonic(), processor_seconds()
        code = subprocess.run(command, cwd=ROOT, env={**self.environment, **more}, check=False).returncode
        good = code == 0
        words = "" if good else f"`{' '.join(command)}` ended with {code}; its words are above"
        took = time.monotonic() - started
        self.parts.append(Part(name, "passed" if good else "failed", words, took))
        print(f"   {took:.0f} s, {(processor_seconds() - spent) / took:.1f} processors busy", flush=True)
        if not good:
            print(f"FAILED: {name}", flush=True)
        return good

    def skip(self, name: str, unproven: str) -> None:
        print(f"SKIPPED: {name}: not proven here: {unproven}", flush=True)
        self.parts.append(Part(name, "skipped", f"not proven here: {unproven}", 0.0))

    def linters(self) -> None:
        for name, command in LINTERS:
            self.run(name, command)

    def pytest(self, *arguments: str, **more: str) -> int:
        record = self.scratch / "gate.json"
        record.write_text(json.dumps([asdict(part) for part in self.parts]))
        print("== tests", flush=True)
        return subprocess.run(
            [PYTHON, "-m", "pytest", *SLOWEST, *arguments],
            cwd=ROOT,
            env={**self.environment, "PLAUDIT_GATE": str(record), **more},
            check=False,
        ).returncode


def processor_seconds() -> float:
    """Of all that ran here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def found(command: str) -> str | None:
    """Where a command is; PostgreSQL's own are not on Debian's PATH."""
    if on_path := shutil.which(command):
        return on_path
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{command}"))
    return str(places[-1]) if places else None


def have(part: str) -> bool:
    """Whether the machine has what a part needs, after installing it where that is allowed."""
    packages = missing(part)
    if packages:
        install(packages)
    return not packages or not missing(part)


def install(packages: Sequence[str]) -> None:
    """An older Debian has no package of the same name."""
    for some in dict.fromkeys([(*packages,), tuple(ALSO.get(package, package) for package in packages)]):
        if subprocess.run(["sh", "scripts/apt.sh", *some], cwd=ROOT, check=False).returncode == 0:
            return


def missing(part: str) -> list[str]:
    """The packages to install, and no other: who has a Node.js from elsewhere cannot have Debian's npm beside it."""
    packages = [
        package
        for command, package in MACHINE[part][0].items()
        if not found(command) and not (command in ALSO and found(ALSO[command]))
    ]
    if part == "browser" and not playwright_starts():
        packages.append("libatomic1")  # Playwright's own node, which its wheel brings, is linked against it
    return packages


def playwright_starts() -> bool:
    asked = subprocess.run([PYTHON, "-m", "playwright", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def install_browser_parts(gate: Gate) -> bool:
    if not have("browser"):
        gate.skip("browser", MACHINE["browser"][1])
        return False
    folder = ROOT / "tests" / "browser"
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".made-from"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return True
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(command, cwd=folder, check=False).returncode != 0:
        gate.skip("axe", "that the pages pass axe: npm could not fetch axe-core")
        return False
    stamp.write_text(lock.read_text())
    return True


def install_judges(gate: Gate) -> Callable[[], None]:
    """Begins with it, which takes a while of the network's time; what is returned waits for its end."""
    if not have("judges"):
        gate.skip("judges", MACHINE["judges"][1])
    script = ROOT / "tests" / "conformance" / "install.sh"
    installing = subprocess.Popen(["sh", str(script)], cwd=ROOT)

    def ready() -> None:
        if installing.wait() != 0:
            gate.skip("judges", "that every foreign judge accepts what we sign: one could not be installed")

    return ready


def have_all() -> None:
    """What is missing of every part, asked for at once: each time apt is asked costs some seconds."""
    packages = dict.fromkeys(package for part in MACHINE for package in missing(part))
    if packages:
        install(list(packages))


def database_that_answers() -> str | None:
    """The address of a PostgreSQL at 127.0.0.1:5432 that trusts us and has a database `test`."""
    import psycopg

    for user in dict.fromkeys([os.environ.get("PGUSER", "postgres"), "postgres", "root", "test"]):
        address = f"postgresql://{user}@127.0.0.1:5432/test"
        with contextlib.suppress(psycopg.Error), psycopg.connect(address, connect_timeout=2) as connection:
            row = connection.execute(
                "select rolcreatedb from pg_roles where rolname = current_user"
            ).fetchone()
            if row and row[0]:
                return address
    return None


def die_with_us() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@contextlib.contextmanager
def database_of_our_own() -> Iterator[str | None]:
    """A PostgreSQL in a folder of its own, as an unprivileged user, stopped at the end."""
    if not have("postgresql"):
        yield None
        return
    initdb, server = found("initdb"), found("postgres")
    assert initdb
    server = server or str(Path(initdb).parent / "postgres")
    user = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="plaudit-pg-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process: subprocess.Popen[bytes] | None = None
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    try:
        new_cluster(initdb, folder, user)
        options = [
            f"port={port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={folder}",
            "fsync=off",
        ]
        process = subprocess.Popen(
            [server, "-D", str(folder / "db"), *(part for option in options for part in ("-c", option))],
            user=user,
            stderr=(folder / "log").open("wb"),
            preexec_fn=die_with_us if sys.platform == "linux" else None,
            **quiet,  # type: ignore[call-overload]
        )
        yield wait_for(f"postgresql://postgres@127.0.0.1:{port}/postgres", process)
    except subprocess.CalledProcessError as error:
        print(f"PostgreSQL could not be set up: {error}", flush=True)
        yield None
    finally:
        if process:
            shut_down(process)
        shutil.rmtree(folder, ignore_errors=True)


def new_cluster(initdb: str, folder: Path, user: str | None) -> None:
    """`folder`/db: a database cluster that nobody is asked a password for, as `user`, who owns the folder."""
    command = [initdb, "-D", str(folder / "db"), "-N"]
    command += ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
    subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)


def shut_down(process: subprocess.Popen[bytes]) -> None:
    """PostgreSQL's "fast shutdown"; by force when it takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def unprivileged() -> str | None:
    """initdb refuses root: the user to become, or none where we are unprivileged already."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def wait_for(address: str, process: subprocess.Popen[bytes]) -> str | None:
    import psycopg

    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(psycopg.Error), psycopg.connect(address, connect_timeout=2):
            return address
        time.sleep(0.2)
    print("PostgreSQL did not start", flush=True)
    return None


@contextlib.contextmanager
def databases_on_postgresql(gate: Gate) -> Iterator[str | None]:
    """The address for tests that make databases of their own beside it; None, and said so, where there is no server."""
    with contextlib.ExitStack() as stack:
        address = database_that_answers() or stack.enter_context(database_of_our_own())
        if address is None:
            gate.skip("postgresql", MACHINE["postgresql"][1])
            yield None
            return
        # A name of this run's own: two gates may ask one server at the same time.
        name = f"gate_{secrets.token_hex(4)}"
        stack.callback(drop_databases, address, name)
        empty = f"test_{name}_empty"
        if make_empty_database(gate, address, empty):
            gate.environment["PLAUDIT_EMPTY_DATABASE"] = empty
            stack.callback(gate.environment.pop, "PLAUDIT_EMPTY_DATABASE")
        yield f"{address.rpartition('/')[0]}/{name}"


def create_database(address: str, name: str) -> None:
    import psycopg
    import psycopg.sql

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


def make_empty_database(gate: Gate, address: str, name: str) -> bool:
    """As the migrations make it from nothing: what every test's database is a copy of."""
    create_database(address, name)
    command = [PYTHON, "-m", "plaudit_site", "manage", "migrate", "--verbosity", "0"]
    return gate.run("migrate on PostgreSQL", command, DATABASE_URL=f"{address.rpartition('/')[0]}/{name}")


def site_tests_on_postgresql(gate: Gate) -> None:
    if not (ROOT / "tests" / "site").is_dir():
        return
    with databases_on_postgresql(gate) as address:
        if address is None:
            return
        for part in ("redis", "clock"):
            if not have(part):
                gate.skip(part, MACHINE[part][1])
        command = [PYTHON, "-m", "pytest", *SLOWEST, "-q", *THREE, "--migrations", "--faults"]
        command += [*KILLED_ON_POSTGRESQL, "tests/site"]
        command += [f"--ignore=tests/site/{name}" for name in NO_DATABASE]
        gate.run(ON_POSTGRESQL, command, DATABASE_URL=address)


def drop_databases(address: str, name: str) -> None:
    """What an interrupted test session left on the server."""
    import psycopg
    import psycopg.sql

    with contextlib.suppress(psycopg.Error), psycopg.connect(address, autocommit=True) as connection:
        pattern = f"test_{name}%"
        for (left,) in connection.execute("select datname from pg_database where datname like %s", [pattern]):
            connection.execute(
                psycopg.sql.SQL("drop database {} with (force)").format(psycopg.sql.Identifier(left))
            )


def full(gate: Gate) -> int:
    flags = ["--faults", "--conformance"]
    have_all()
    judges_are_ready = install_judges(gate)
    with_browser = install_browser_parts(gate)
    gate.linters()
    site_tests_on_postgresql(gate)
    if with_browser:
        # A session of its own: Playwright keeps an event loop in its process, and Django refuses to work beside one.
        command = [
            PYTHON,
            "-m",
            "pytest",
            *SLOWEST,
            "-q",
            *TWO,
            "--browser",
            "tests/browser",
        ]
        gate.run("browser", command)
    if any(part.name == ON_POSTGRESQL for part in gate.parts):
        flags.append(f"--ignore={ENGINES}")
    judges_are_ready()
    return gate.pytest(*THREE, *flags)


def quick(gate: Gate) -> int:
    gate.linters()
    return gate.pytest("-q", *TWO)


def browser(gate: Gate) -> int:
    return gate.pytest("--browser", "-m", "browser", "tests/browser") if install_browser_parts(gate) else 1


def judges(gate: Gate) -> int:
    install_judges(gate)()
    return int(any(part.outcome != "passed" for part in gate.parts))


def fuzz(gate: Gate) -> int:
    """Mutants by the number, then each reader for a while under atheris, where that can be installed."""
    cases = os.environ.get("FUZZ_CASES", "100000")
    failed = gate.pytest("-q", "-n", "2", "tests/fuzz", FUZZ_CASES=cases)
    folder = ROOT / ".make" / "fuzz"
    lock = ["--require-hashes", "-r", str(ROOT / "requirements" / "fuzz.txt")]
    install = [PYTHON, "-m", "pip", "install", "--quiet", "--target", str(folder), "--upgrade", *lock]
    if subprocess.run(install, check=False).returncode != 0:
        gate.skip(
            "atheris", "that no bytes found by coverage raise anything but our errors (no atheris here)"
        )
        return failed
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(folder)])
    for reader in READERS:
        command = [
            PYTHON,
            str(ROOT / "tests" / "fuzz" / "guided.py"),
            reader,
            os.environ.get("FUZZ_SECONDS", "20"),
        ]
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run(command, cwd=work, env=os.environ | {"PYTHONPATH": path}, check=False)
        print(f"== {reader}: {'found something' if done.returncode else 'nothing found'}", flush=True)
        failed = failed or done.returncode
    return failed


def faults(gate: Gate) -> int:
    """The long form: on SQLite, then what the database has a part in on PostgreSQL."""
    failed = gate.pytest(*TWO, "--faults", "-m", "faults", "tests", PLAUDIT_FAULTS=LONG)
    for part in ("redis", "clock"):
        if not have(part):
            gate.skip(part, MACHINE[part][1])
    with databases_on_postgresql(gate) as address:
        if address is not None:
            everything = [*KILLED_ON_POSTGRESQL, *WHATEVER_THE_DATABASE, RACES]
            command = [PYTHON, "-m", "pytest", *SLOWEST, "-q", *TWO, "--faults", *everything]
            gate.run("faults on PostgreSQL", command, DATABASE_URL=address, PLAUDIT_FAULTS=LONG)
    return failed


MODES = {"full": full, "quick": quick, "browser": browser, "judges": judges, "fuzz": fuzz, "faults": faults}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in MODES:
        print(__doc__)
        return 2
    # A gate that is told to stop still stops its database: SystemExit runs the `finally` above.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="plaudit-gate-") as scratch:
        gate = Gate(Path(scratch))
        code = MODES[arguments[0]](gate)
    return code or int(any(part.outcome == "failed" for part in gate.parts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
