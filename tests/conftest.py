"""What holds for every test: parts that are asked for by flag, no network, the journey's marker."""

import gc
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

PARTS = ("browser", "conformance", "faults")

# The parts of the gate are tests only inside the gate.
collect_ignore = [] if "PLAUDIT_GATE" in os.environ else ["test_gate.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    for part in PARTS:
        parser.addoption(f"--{part}", action="store_true", help=f"run the {part} tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What was not asked for, or says nothing here, is not collected, rather than skipped: a skip means something."""
    left_out = [part for part in PARTS if not config.getoption(f"--{part}")]
    on_postgresql = os.environ.get("DATABASE_URL", "").startswith("postgres")
    if not on_postgresql:
        left_out.append("postgresql")
    kept, dropped = [], []
    for item in items:
        is_left_out = any(item.get_closest_marker(part) for part in left_out)
        # The gate asks the site's tests a second time, on PostgreSQL: those that ask no database say nothing new.
        is_left_out |= on_postgresql and not _asks_a_database(item)
        is_left_out |= on_postgresql and item.get_closest_marker("any_database") is not None
        (dropped if is_left_out else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    # Who waits for processes begins, beside those who work. pytest-django puts whoever has no database of its own last.
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("faults") is None)


def _asks_a_database(item: pytest.Item) -> bool:
    """Its own process does, or processes that it starts."""
    if any(item.get_closest_marker(mark) for mark in ("django_db", *PARTS)):
        return True
    return not {"db", "transactional_db"}.isdisjoint(getattr(item, "fixturenames", ()))


class NetworkUsed(AssertionError):
    """A test tried to reach another machine."""


def pytest_collection_finish() -> None:
    """What is there now stays: looking through all of it for garbage, again and again, was a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """No test leaves this machine: no name but localhost is resolved, nothing but loopback connected."""
    patch = pytest.MonkeyPatch()
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in (None, "", "localhost", "127.0.0.1", "::1", b"localhost"):
            raise NetworkUsed(f"a test looked up {host!r}")
        return resolve(host, *rest, **more)

    def loopback_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "localhost",
            "127.0.0.1",
            "::1",
        ):
            raise NetworkUsed(f"a test connected to {address!r}")
        connect(self, address)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    patch.setattr(socket.socket, "connect", loopback_only)
    yield
    patch.undo()
