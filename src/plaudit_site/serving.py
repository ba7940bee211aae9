"""The process tree of one site: a supervisor, the web server and the embedded worker.

The supervisor starts both as children in process groups of their own, starts a crashed one again (after a
growing pause), and on SIGTERM, SIGINT or SIGHUP stops both: SIGTERM, ten seconds, SIGKILL. Should the
supervisor itself be killed, its children notice (docs/adr/0003) and end; nothing is left behind on the port.
"""

import ctypes
import errno
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import FrameType
from typing import Any

GRACE_SECONDS = 10.0  # from SIGTERM to SIGKILL: longer than any request or job step should take
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # before the first, second, … restart in a row
STEADY_SECONDS = 60.0  # a child that lived this long begins again at the first pause
WATCH_SECONDS = 1.0  # how often a child looks whether its parent still lives
ALIVE_SECONDS = 4.0  # less than a container's engine waits (deploy/Dockerfile)
WRONG_SETTING = 78  # EX_CONFIG of sysexits.h: starting again cannot help
PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    """The port cannot be had; the text says why and what to do."""


@dataclass
class Child:
    """One process that the supervisor keeps alive."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    again_at: float = 0.0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Supervisor:
    """Keeps the children alive until it is told to stop."""

    def __init__(self, commands: dict[str, Sequence[str]], *, grace: float = GRACE_SECONDS) -> None:
        self.children = [Child(name, command) for name, command in commands.items()]
        self.grace = grace
        self.told_to_stop = False
        self.code = 0

    def run(self, once_started: Callable[[], None] | None = None) -> int:
        """Start everything, wait, stop everything. Answers the code to exit with."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_asked)
        try:
            for child in self.children:
                self._start(child)
            if once_started:
                threading.Thread(target=once_started, daemon=True).start()
            while not self.told_to_stop:
                for child in self.children:
                    self._look_after(child)
                time.sleep(0.1)
        finally:
            self._stop_all()
        return self.code

    def _stop_asked(self, _number: int, _frame: FrameType | None) -> None:
        self.told_to_stop = True

    def _start(self, child: Child) -> None:
        # A group of its own: Ctrl-C at a terminal reaches the supervisor alone, which stops them in order.
        child.process = subprocess.Popen(child.command, process_group=0)
        child.started = time.monotonic()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.again_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        self._end_group(child)
        child.process = None
        if code == WRONG_SETTING:
            self.code, self.told_to_stop = code, True
            return
        child.crashes = 0 if now - child.started > STEADY_SECONDS else child.crashes + 1
        pause = PAUSES[min(child.crashes, len(PAUSES)) - 1] if child.crashes else PAUSES[0]
        child.again_at = now + pause
        say(f"plaudit-site: {child.name} ended with {code}; starting it again in {pause:g} s")

    def _end_group(self, child: Child) -> None:
        """What a crashed child left behind would keep the port."""
        if child.process is not None:
            _signal_group(child.process.pid, signal.SIGKILL)

    def _stop_all(self) -> None:
        living = [child for child in self.children if child.process and child.process.poll() is None]
        for child in living:
            assert child.process
            child.process.terminate()
        until = time.monotonic() + self.grace
        for child in living:
            assert child.process
            try:
                child.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"plaudit-site: {child.name} did not stop within {self.grace:g} s; ending it")
            self._end_group(child)
            child.process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return


def die_with(parent: int) -> None:
    """Ends this process when `parent`, which must be the process that started it, is gone.

    Linux sends the signal itself; elsewhere, and as a second string, a thread looks. A parent that died
    before this call is noticed here.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def check_port(host: str, port: int) -> None:
    """Raises PortTaken, with words for a person, where the web server could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As every server does, so that a port whose last connections linger counts as free. Without
        # SO_REUSEPORT, which the web server uses and which would share a neighbour's port in silence.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(_port_words(host, port, error)) from error


def is_alive(host: str, port: int, name: str) -> bool:
    """Whether what listens there answers as a site of this name does (health.py)."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    asked = HTTPConnection(here, port, timeout=ALIVE_SECONDS)
    try:
        asked.request("GET", "/health/live", headers={"Host": name})
        return asked.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()


def _port_words(host: str, port: int, error: OSError) -> str:
    other = port + 1 if port < 65535 else port - 1
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use by another program. Stop that one, or choose another port: "
            f"PORT={other} make demo (or PORT={other} plaudit-site serve)"
        )
    if error.errno == errno.EACCES:
        return f"port {port} is for root alone. Choose one above 1023 (PORT=8000) and put a proxy in front"
    return f"cannot listen on HOST={host!r}, PORT={port}: {error.strerror or error}"


def commands(python: str, workers: int = 1) -> dict[str, Sequence[str]]:
    """What the supervisor starts; each child is told who its parent is."""
    parent = str(os.getpid())
    worker = (python, "-m", "plaudit_site", "work", "--parent", parent)
    names = ["worker", *(f"worker {number}" for number in range(2, workers + 1))][:workers]
    web = (python, "-m", "plaudit_site", "web", "--parent", parent)
    return {"web": web, **dict.fromkeys(names, worker)}


def serve_web(host: str, port: int, *, workers: int, log_level: str) -> None:
    """The web server: granian in ASGI mode, in this process and its workers (docs/adr/0049)."""
    import multiprocessing

    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    # Fresh interpreters: a fork of a process with threads may inherit a lock that nobody will open.
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "plaudit_site.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=workers,
        loop=Loops.auto,
        backlog=1024,
        backpressure=1024,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=int(GRACE_SECONDS) - 2,
        log_level=LogLevels(log_level.lower() if log_level != "INFO" else "warning"),
    ).serve(target_loader=partial(_load_application, os.getpid()), wrap_loader=False)


def _load_application(parent: int) -> Any:
    die_with(parent)
    from plaudit_site import lasting
    from plaudit_site.asgi import application

    importlib.import_module("plaudit_site.urls")  # now, and not at the first request
    lasting.stays()
    return application
