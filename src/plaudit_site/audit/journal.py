"""What a restored backup must not undo, kept outside of every backup (DECISIONS 33).

Two files in PLAUDIT_JOURNAL_DIR. `kept.jsonl` has a line for each event of a kind that some room wants kept: ids and
numbers, never names, addresses or free text; lines are only ever added. `head.json` says whose journal this is and how
far it has followed the audit chain. A line is written right after the commit of its event; what a crash prevented is
added by the worker, or the next start, from the chain. A database whose chain is another one at the head was put back
from a backup: the next start does again what the lines say (restoring.py).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from plaudit_site.audit.chaining import START
from plaudit_site.audit.models import AuditEvent, journaled

log = logging.getLogger(__name__)

AT_ONCE = 1000


@dataclass(frozen=True)
class Line:
    """An event that stays."""

    id: int
    at: datetime
    kind: str
    actor: str
    subject: str
    details: Mapping[str, Any]

    @property
    def about(self) -> str:
        """The id of what it is about, without its kind."""
        return self.subject.partition(":")[2]


@dataclass(frozen=True)
class Head:
    """Whose journal it is, how far it has followed the chain, and how many bytes of lines that took."""

    site: str
    chained: int = 0
    hash: str = START
    length: int = 0


Again = Callable[[Line], bool]
_again: dict[str, Again] = {}


def keep(kind: str, again: Again) -> None:
    """Events of this kind stay; `again(line)` does it once more, and says whether there was anything to do."""
    if _again.get(kind, again) is not again:
        raise ValueError(f"two rooms do {kind!r} again")
    _again[kind] = again
    journaled[kind] = write


def do_again(line: Line) -> bool:
    """What the line says, done in the current transaction unless it is so already."""
    return kind(line) if (kind := _again.get(line.kind)) else False


def folder() -> Path:
    return Path(settings.JOURNAL_DIR)


def write(event: AuditEvent) -> None:
    """Called after the commit. A machine that holds no journal writes none: another one follows the chain."""
    try:
        with _lines(os.O_RDWR) as file:
            _append(file, [event])
    except FileNotFoundError:
        return
    except OSError as error:
        log.error("the journal waits, and is written by the worker: %s", error)


def begin(site: str) -> Head:
    """A new journal, of this site."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lines(os.O_RDWR | os.O_CREAT) as file:
        head = Head(site, length=os.fstat(file).st_size)
    set_head(head)
    return head


def head() -> Head | None:
    """None where there is no journal. Raises ValueError when what is there cannot be read."""
    try:
        return Head(**json.loads((folder() / "head.json").read_text()))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError(str(error)) from error


def set_head(new: Head) -> None:
    """Whole or not at all, and on the disk before anything else is done."""
    place = folder() / "head.json"
    beside = place.with_suffix(".new")
    with beside.open("w") as file:
        file.write(json.dumps(asdict(new)))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)
    _sync(folder())


def is_of_this_database(at: Head) -> bool:
    """Whether the chain still holds what the journal followed it to; if not, a backup was put back."""
    if at.chained == 0:
        return True
    return AuditEvent.objects.filter(chain_number=at.chained, chain_hash=at.hash).exists()


def follow_some() -> int:
    """Follow the chain for up to AT_ONCE events, adding lines that a crash left out. Returns how many events."""
    if not (folder() / "head.json").exists():
        return 0
    with _lines(os.O_RDWR) as file:
        now = head()
        if now is None:
            return 0
        chained = AuditEvent.objects.filter(chain_number__gt=now.chained).order_by("chain_number")
        events = list(chained[:AT_ONCE])
        if not events:
            return 0
        if not is_of_this_database(now):
            log.error("this database is older than its journal: stop the site, and start it with `serve`")
            return 0
        last = events[-1]
        length = _take_in(file, now, [event for event in events if event.kind in _again])
        set_head(replace(now, chained=last.chain_number or 0, hash=last.chain_hash, length=length))
    return len(events)


def lines(begin_at: int = 0) -> Iterator[Line]:
    """Every line, oldest first. One that was cut off by a crash is passed over: it was written again."""
    for _place, line in _read(begin_at):
        if line is not None:
            yield line


def lost(lines: Sequence[Line]) -> list[Line]:
    """Those whose events this database does not hold; another event may have the number by now."""
    there = AuditEvent.objects.filter(pk__in=[line.id for line in lines])
    known = {(event.pk, event.kind, event.subject, event.at) for event in there}
    return [line for line in lines if (line.id, line.kind, line.subject, line.at) not in known]


def _take_in(file: int, now: Head, events: list[AuditEvent]) -> int:
    """Add what is missing; returns up to which byte every line is one of an event that the chain holds."""
    places = {line.id: place for place, line in reversed(list(_read(now.length))) if line is not None}
    _append(file, [event for event in events if event.pk not in places])
    later = AuditEvent.objects.filter(pk__in=places, chain_number__isnull=True)
    still_open = [places[pk] for pk in later.values_list("pk", flat=True)]
    return min(still_open, default=os.fstat(file).st_size)


def _read(begin_at: int) -> Iterator[tuple[int, Line | None]]:
    with (folder() / "kept.jsonl").open("rb") as file:
        file.seek(begin_at)
        place = begin_at
        for text in file:
            yield place, _line(text)
            place += len(text)


def _line(text: bytes) -> Line | None:
    try:
        content = json.loads(text)
        return Line(**{**content, "at": datetime.fromisoformat(content["at"])})
    except (ValueError, TypeError, KeyError):
        return None


def _append(file: int, events: list[AuditEvent]) -> None:
    """All of them, and on the disk. A line that was cut off before is ended first."""
    if not events:
        return
    size = os.fstat(file).st_size
    cut_off = size and os.pread(file, 1, size - 1) != b"\n"
    text = b"\n" * bool(cut_off) + b"".join(_text(event) for event in events)
    while text:
        text = text[os.write(file, text) :]
    os.fsync(file)


def _text(event: AuditEvent) -> bytes:
    content = {
        "id": event.pk,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "actor": event.actor,
        "subject": event.subject,
        "details": event.details,
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


@contextmanager
def _lines(flags: int) -> Iterator[int]:
    """The file of lines, for one process at a time."""
    file = os.open(folder() / "kept.jsonl", flags | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
