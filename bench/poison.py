"""Poison: documents made to cost time; how long the worst takes, and what a verification beside it notices."""

import contextlib
import statistics
import threading
import time

import measuring
from badges import AT, DAY, GUILD, badge, fetchable

import plaudit
from plaudit import canonical
from plaudit.errors import ComplexityError
from tests.plaudit.samples import poison

chosen = measuring.options(__doc__)
web = plaudit.MappedFetch(fetchable())
good = plaudit.issue(badge(), GUILD, AT - DAY)


def deep() -> dict[str, object]:
    document: dict[str, object] = badge()
    inner: dict[str, object] = {"id": "https://guild.example/b/0", "type": ["Achievement"], "name": "n"}
    for number in range(18):
        inner = {"id": f"urn:x:{number}", "type": ["Profile"], "parentOrg": inner}
    return document | {"credentialSubject": inner}


def wide() -> dict[str, object]:
    return badge() | {"evidence": [{"type": ["Evidence"], "name": str(number)} for number in range(4_000)]}


def new_shape() -> dict[str, object]:
    return badge() | {f"https://x.example/{time.monotonic_ns()}": "v"}


KINDS = {
    "a clique of nameless objects": poison,
    "400 twins": lambda: badge() | {"evidence": [{"type": ["Evidence"], "name": "same"} for _ in range(400)]},
    "4,000 objects": wide,
    "nested objects": deep,
    "a shape never met": new_shape,
}


def seconds(make: object) -> float:
    figures = []
    for _ in range(chosen.rounds):
        document = make()  # type: ignore[operator]
        begin = time.perf_counter()
        with contextlib.suppress(ComplexityError, plaudit.PlauditError):
            canonical.rdfc(document)
        figures.append(time.perf_counter() - begin)
    return max(figures)


def beside() -> tuple[float, float]:
    """How long a good verification takes, alone and while another thread is being poisoned."""

    def timed() -> float:
        begin = time.perf_counter()
        assert plaudit.verify(good, fetch=web, at=AT).verified
        return time.perf_counter() - begin

    alone = statistics.median(timed() for _ in range(200))
    stop = threading.Event()

    def drink() -> None:
        while not stop.is_set():
            seconds(poison)

    thread = threading.Thread(target=drink)
    thread.start()
    time.sleep(0.2)
    during = statistics.median(timed() for _ in range(200))
    stop.set()
    thread.join()
    return alone, during


lines = [
    measuring.Line(
        f"poison: {name}", "s, the worst", seconds(make), limit=2.0, goal="≤ 2 s", more_is_better=False
    )
    for name, make in KINDS.items()
]
alone, during = beside()
lines.append(
    measuring.Line("a good badge, beside poison", "ms", during * 1000, {"alone": alone * 1000}, goal="no effect",
                   more_is_better=False)
)  # fmt: skip
measuring.show(lines, chosen)
