"""A PostgreSQL of a test's own that can be crashed and started again."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import gate
from tests.faults.test_kills import free_port


@dataclass
class Server:
    folder: Path
    program: str
    user: str | None
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.folder}",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.program, "-D", str(self.folder / "db")),
                    *(part for option in options for part in ("-c", option)),
                ],
                user=self.user,
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=gate.die_with_us,
            )
        assert gate.wait_for(self.address, self.process), (self.folder / "log").read_text()[-2000:]

    def start_if_it_ended(self) -> None:
        """Without room for its log it ends; while it recovers by itself, it is left alone."""
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
            self.start()

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: no farewell, and recovery at the next start."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


@contextlib.contextmanager
def server(place: Path | None = None) -> Iterator[Server]:
    initdb = gate.found("initdb")
    if initdb is None:
        pytest.skip("no PostgreSQL here: that its restart harms nothing is not proven")
    program = gate.found("postgres") or str(Path(initdb).parent / "postgres")
    folder, user = Path(tempfile.mkdtemp(prefix="plaudit-server-", dir=place)), gate.unprivileged()
    if user:
        shutil.chown(folder, user)
    made = Server(folder, program, user, free_port())
    try:
        gate.new_cluster(initdb, folder, user)
        made.start()
        yield made
    finally:
        if made.process:
            gate.shut_down(made.process)
        shutil.rmtree(folder, ignore_errors=True)
