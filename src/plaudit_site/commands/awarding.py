"""plaudit-site award: a list awarded from the terminal, by the same jobs as the page.

Exit codes: 0 everybody awarded and every mail handed over, or the list waits for its day; 1 the file, the issuer,
the badge or the day is no good;
3 done, but some lines or mails need attention; 4 not started (said no, or --dry-run found nothing ready);
5 nothing moves, since no worker runs; 130 interrupted (awarding goes on).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.urls import reverse

from plaudit_site import leases
from plaudit_site.accounts.models import User
from plaudit_site.achievements.models import Achievement
from plaudit_site.api import describing
from plaudit_site.api.checking import FORMATS
from plaudit_site.awards import batching, importing, previewing, staging
from plaudit_site.awards.awarding import AwardRefused, NotThen, check_moment
from plaudit_site.awards.heading_words import plain
from plaudit_site.awards.models import Batch, BatchRow
from plaudit_site.awards.progress import Progress
from plaudit_site.awards.spreadsheets import FileRefused
from plaudit_site.commands import interrupting
from plaudit_site.commands.asking import NotFound, agrees, issuer_of, person_of
from plaudit_site.commands.telling import Teller
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import noting
from plaudit_site.serving import say

DONE, REFUSED, ATTENTION, NOT_STARTED, NOBODY_WORKS, INTERRUPTED = 0, 1, 3, 4, 5, 130
SHOWN_PROBLEMS = 20
PART = 1 << 20
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""So long nothing may move before we say that no worker seems to run."""

Work = Callable[[str], int]


def run(options: argparse.Namespace, work: Work) -> int:
    """One of: award a file, stop a list, undo a list. `work` does one round of the site's jobs."""
    try:
        if options.stop or options.undo:
            return _take_back(options)
        return _award(options, work if options.work else None)
    except NotThen as refusal:
        say(f"plaudit-site: --send-at {options.send_at}: {refusal}")
    except (NotFound, AwardRefused, FileRefused) as refusal:
        say(f"plaudit-site: {refusal}")
    except staging.BatchChanged:
        say("plaudit-site: the list is not in a state in which that can be done")
    return REFUSED


def _award(options: argparse.Namespace, work: Work | None) -> int:
    issuer = issuer_of(options.issuer)
    by = person_of(issuer, options.acting, "award")
    send_at = _send_at(options)
    with _opened(options.file) as file:
        name = "list.csv" if options.file == "-" else Path(options.file).name
        batch = staging.upload(issuer, file, name=name, badge=_badge(issuer, options.badge), by=by)
    try:
        batch = _read(batch, options, by)
        _preview(batch)
        ready = batch.rows.filter(state=BatchRow.State.READY).count()
        if options.dry_run or not ready or not _is_wanted(options, ready):
            staging.discard(batch, by=by)
            say("Nothing was awarded, and nothing of the list was kept.")
            return DONE if options.dry_run and ready else NOT_STARTED
        batching.start(batch, by=by, send_at=send_at)
    except KeyboardInterrupt:
        staging.discard(batch, by=by)
        say("\nNothing was awarded, and nothing of the list was kept.")
        return INTERRUPTED
    except (NotFound, AwardRefused, FileRefused):
        # What is wrong with the command is mended and the list given again: addresses do not stay meanwhile.
        staging.discard(batch, by=by)
        raise
    return _watch(batch, work) if send_at is None else _waits(batch)


def _send_at(options: argparse.Namespace) -> datetime | None:
    """The moment that was named, by the rules of the API. Raises NotFound, NotThen."""
    if not options.send_at:
        return None
    if options.work:
        raise NotFound("--send-at leaves the work to the site when the day comes: leave out --work")
    wrong = FORMATS["date-time"](options.send_at)
    if wrong:
        what, mend = wrong
        raise NotFound(f"--send-at {options.send_at}: {what}. {mend}")
    at = datetime.fromisoformat(options.send_at)
    check_moment(at)
    return at


def _waits(batch: Batch) -> int:
    batch.refresh_from_db()
    at = describing.moment(batch.begins_at)
    say(
        f"It begins on {at}, when a worker of the site runs. Nobody hears of it until then.\n{_how_to(batch)}"
    )
    return DONE


def _is_wanted(options: argparse.Namespace, ready: int) -> bool:
    when = f" on {options.send_at}" if options.send_at else ""
    return bool(options.yes) or agrees(f"Award {ready} people{when}?", input_is_taken=options.file == "-")


def _opened(path: str) -> BinaryIO:
    if path == "-":
        return _from_standard_input()
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from None


def _from_standard_input() -> BinaryIO:
    """On disk, however long it is: a list is never whole in memory. One byte too many is enough to refuse it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever asked for it
    left = staging.most_bytes() + 1
    while left > 0 and (part := sys.stdin.buffer.read(min(PART, left))):
        file.write(part)
        left -= len(part)
    file.seek(0)
    return cast(BinaryIO, file)


def _badge(issuer: Issuer, called: str) -> Achievement | None:
    """By id or title. Raises NotFound, with those that there are."""
    if not called:
        return None
    badges = staging.published(issuer)
    found = [
        badge
        for badge in badges
        if badge.public_id == called or (badge.current and plain(badge.current.title) == plain(called))
    ]
    if len(found) != 1:
        there = "; ".join(f"{badge.public_id} {badge}" for badge in badges)
        raise NotFound(
            f"--badge {called!r} is {len(found)} of the published badges; they are: {there or 'none'}"
        )
    return found[0]


def _read(batch: Batch, options: argparse.Namespace, by: User) -> Batch:
    """Until the whole file is read; here, or by a worker that was quicker."""
    _until_read(batch)
    mapping = {int(number): column for number, column in batch.mapping.items()}
    wanted = _mapping(batch, mapping, options.map or [])
    day_first = batch.day_first if options.day_first is None else options.day_first
    if wanted != mapping or day_first != batch.day_first:
        staging.read_again(batch, mapping=wanted, day_first=day_first, badge=batch.badge, by=by)
        _until_read(batch)
    return batch


def _until_read(batch: Batch) -> None:
    worker = leases.worker_name()
    while True:
        batch.refresh_from_db()
        if batch.state == Batch.State.REFUSED:
            raise FileRefused(batch.problem)
        if batch.state != Batch.State.READING:
            return
        if not staging.read_some(worker, only=batch):
            time.sleep(LOOK_SECONDS)


def _mapping(batch: Batch, mapping: Mapping[int, str], said: list[str]) -> dict[int, str]:
    """`--map address=Contact`, on top of what was found out. Raises NotFound."""
    found = dict(mapping)
    headings = [plain(heading) for heading in batch.layout["headings"]]
    for one in said:
        column, _sign, heading = one.partition("=")
        if column not in importing.COLUMNS:
            raise NotFound(f"--map {one}: columns are {', '.join(importing.COLUMNS)}")
        if plain(heading) not in headings:
            raise NotFound(f"--map {one}: the file's headings are {', '.join(batch.layout['headings'])}")
        found = {number: known for number, known in found.items() if known != column}
        found[headings.index(plain(heading))] = column
    return found


def _preview(batch: Batch) -> None:
    """Counts, columns, dates, and each problem by the file's line, in the words of the page."""
    counted = Progress(batch).rows
    columns = ", ".join(
        f"{one['heading']} = {one['column']}" for one in previewing.columns(batch) if one["column"]
    )
    say(f"{batch.file_name}: {sum(counted.values())} lines. Columns: {columns or 'none was recognised'}")
    if dates := previewing.dates(batch):
        say(f"  {dates['sample']} is read as {dates['now']}" + (" (--month-first?)" if dates["open"] else ""))
    say(f"  {counted['ready']} ready, {counted['bad']} need attention, {counted['twice']} are there already")
    if not sum(counted.values()):
        say("  No row stands below the headings: write a row for each person, and give the list again")
    lacking = previewing.lacks(batch)
    if lacking:
        say(f"  No column for {' and '.join(lacking)}: say which with --map")
    for warning in previewing.warnings(batch):
        say(f"  {warning}")
    bad = batch.rows.filter(state__in=[BatchRow.State.BAD, BatchRow.State.TWICE]).order_by("state", "line")
    for row in bad[:SHOWN_PROBLEMS]:
        for words in previewing.said(row):
            say(f"  line {row.line}: {words}")
    if bad.count() > SHOWN_PROBLEMS:
        say(f"  … and {bad.count() - SHOWN_PROBLEMS} more lines")


def _watch(batch: Batch, work: Work | None) -> int:
    """The truth about it until it is over, told from the rows."""
    teller, worker = Teller(sys.stderr), leases.worker_name()
    moved, still_since = "", time.monotonic()
    with interrupting.heard() as interrupt:
        while not interrupt.came:
            batch.refresh_from_db()
            progress = Progress(batch)
            if progress.is_over:
                teller.tell_last(progress)
                return _ended(progress)
            teller.tell(progress)
            if work is not None and work(worker):
                continue
            interrupt.sleep(LOOK_SECONDS)
            stands = f"{progress.can_be_called_off} {progress.awards} {progress.mails} {progress.rows}"
            if stands != moved:
                moved, still_since = stands, time.monotonic()
            elif time.monotonic() - still_since > _patience(progress):
                teller.end()
                return _nobody_works(batch, _patience(progress))
    teller.end()
    say(
        f"Awarding goes on{'' if work is None else ' as soon as a worker of the site runs'}.\n{_how_to(batch)}"
    )
    return INTERRUPTED


def _patience(progress: Progress) -> float:
    """A worker that was killed holds its mails for some minutes, and nothing but them may be left."""
    to_do = progress.rows["ready"] + progress.awards["queued"]
    return PATIENCE_SECONDS if to_do or not progress.unsent else PATIENCE_SECONDS + noting.LEASE_SECONDS


def _nobody_works(batch: Batch, seconds: float) -> int:
    why = (
        Progress(batch).problem
        or "No worker seems to run: start the site (plaudit-site serve, or plaudit-site work)."
    )
    say(f"Nothing has moved for {seconds:.0f} s. {why}\n{_how_to(batch)}")
    return NOBODY_WORKS


def _ended(progress: Progress) -> int:
    batch, rows, mails = progress.batch, progress.rows, progress.mails
    say(f"{batch.get_state_display()}: {rows['awarded']} awarded, {progress.sent} mails sent.")
    attention = {
        "lines not awarded": rows["bad"] + rows["refused"],
        "awards not signed": progress.awards["failed"],
        "mails not delivered": mails["undelivered"],
    }
    told = [f"{number} {what}" for what, number in attention.items() if number]
    if batch.state != Batch.State.DONE:
        told.append(batch.problem or "it was stopped")
    if told:
        say(f"Needs attention: {', '.join(told)}.\n{_page(batch)}")
    return ATTENTION if told else DONE


def _how_to(batch: Batch) -> str:
    command = f"plaudit-site award --issuer {batch.issuer.slug}"
    return (
        f"  watch: {_page(batch)}\n"
        f"  stop:  {command} --stop {batch.public_id}\n"
        f"  undo:  {command} --undo {batch.public_id} --reason '…'"
    )


def _page(batch: Batch) -> str:
    return settings.BASE_URL + reverse("batch", args=[batch.issuer.slug, batch.public_id])


def _take_back(options: argparse.Namespace) -> int:
    issuer = issuer_of(options.issuer)
    by = person_of(issuer, options.acting, "award")
    called = options.stop or options.undo
    batch = Batch.objects.filter(public_id=called.lower().replace("-", ""), issuer=issuer).first()
    if batch is None:
        raise NotFound(f"{issuer.slug} has no list {called}")
    if options.undo:
        if not (options.reason or "").strip():
            raise NotFound("--undo needs --reason: it is public, and those who accepted are told")
        batching.undo(batch, reason=options.reason, by=by)
        say(f"It is being undone by the worker.\n{_page(batch)}")
    elif batching.stop(batch, by=by):
        say("Called off. Nothing was awarded and no mail has left.")
    else:
        say("Stopped. What was awarded so far stays; the rest waits.")
    return DONE
