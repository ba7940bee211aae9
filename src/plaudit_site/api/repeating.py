"""Idempotency-Key: a request that is sent again has one effect, and gets the first one's answer.

What is kept is a row that is unique by issuer, endpoint and key. `once` writes it in the very transaction of the
effect: a crash leaves both or neither, and a twin waits at the unique row. A refused request has had no effect and
keeps nothing, so it may be mended and sent again with the same key.

An upload is long, and SQLite lets one transaction write at a time, so `once_apart` notes first that it is being
worked on, and the answer afterwards. Should a crash come between, `find` finds what was made.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from plaudit_site.api.checking import escaped
from plaudit_site.api.models import KeptAnswer
from plaudit_site.api.problem import Fault, Problem
from plaudit_site.issuers.models import Issuer

KEPT = timedelta(hours=24)
HOLD = timedelta(minutes=5)
"""An upload that takes longer than that is taken for dead, and its twin may begin."""
TWIN_WAITS = "5s"
LOCK_NOT_AVAILABLE = "55P03"
AGAIN_SECONDS = 2
ERASED_AT_ONCE = 500
MOST_MEMBERS = 100
"""Differences are told for so many members; of a larger body the outer ones alone."""


@dataclass(frozen=True)
class Answer:
    """What a program gets: `body`, or `lines` of a file. `subject` is what was made or changed, for the history."""

    status: int
    body: dict[str, Any]
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    lines: Iterator[str] | None = None


@dataclass(frozen=True)
class Request:
    """What makes two requests the same: who, where, under which key, with which content."""

    issuer: Issuer
    endpoint: str
    key: str
    content: Any

    @property
    def digest(self) -> str:
        return _digest(self.content)

    def members(self) -> dict[str, str]:
        found = _members(self.content, deep=True)
        return found if len(found) <= MOST_MEMBERS else _members(self.content, deep=False)


def once(request: Request, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer, and whether it is the first one's again. Whatever `act` raises leaves nothing behind."""
    with transaction.atomic():
        with _patience():
            kept = _take(request, held=False)
        if kept.status is not None:
            return _again(kept, request), True
        answer = act()
        _note(kept, answer)
        return answer, False


def once_apart(
    request: Request, act: Callable[[], Answer], find: Callable[[KeptAnswer], Answer | None]
) -> tuple[Answer, bool]:
    """The same for what takes long: not in one transaction, but noted before and after."""
    with transaction.atomic():
        kept = _take(request, held=True)
    if kept.status is not None:
        return _again(kept, request), True
    try:
        answer = find(kept) or act()
    except Exception:
        KeptAnswer.objects.filter(pk=kept.pk, held_until=kept.held_until).delete()
        raise
    _note(kept, answer)
    return answer, False


def erase_old(_worker: str) -> int:
    """What was kept for a day goes. Returns how much."""
    old = KeptAnswer.objects.filter(made_at__lte=timezone.now() - KEPT).order_by("made_at")
    keys = list(old.values_list("pk", flat=True)[:ERASED_AT_ONCE])
    return KeptAnswer.objects.filter(pk__in=keys).delete()[0] if keys else 0


@contextmanager
def _patience() -> Iterator[None]:
    """On PostgreSQL a twin waits at the unique row, but not for ever. (On SQLite it waits for its turn to write.)"""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{TWIN_WAITS}'")
        try:
            yield
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            raise _still_worked_on() from None
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _take(request: Request, *, held: bool) -> KeptAnswer:
    """The row of this key: a new one, or the one of the first request. Raises Problem."""
    now = timezone.now()
    until = now + HOLD if held else None
    same = KeptAnswer.objects.filter(issuer=request.issuer, endpoint=request.endpoint, key=request.key)
    same.filter(made_at__lte=now - KEPT).delete()
    fresh = KeptAnswer(
        issuer=request.issuer,
        endpoint=request.endpoint,
        key=request.key,
        digest=request.digest,
        members=request.members(),
        held_until=until,
    )
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError:
        kept = same.first()
        if kept is None:  # the first one was refused just now
            raise _still_worked_on() from None
        return _of_the_first(kept, request, until)
    return fresh


def _of_the_first(kept: KeptAnswer, request: Request, until: Any) -> KeptAnswer:
    if not hmac.compare_digest(kept.digest, request.digest):
        raise _another_request(kept, request)
    if kept.status is None:
        dead = Q(held_until__isnull=True) | Q(held_until__lt=timezone.now())
        if KeptAnswer.objects.filter(dead, pk=kept.pk, status__isnull=True).update(held_until=until) != 1:
            raise _still_worked_on()
        kept.held_until = until
    return kept


def _note(kept: KeptAnswer, answer: Answer) -> None:
    still = KeptAnswer.objects.filter(pk=kept.pk, status__isnull=True, held_until=kept.held_until)
    still.update(status=answer.status, body=json.dumps(answer.body), held_until=None)


def _again(kept: KeptAnswer, request: Request) -> Answer:
    if not hmac.compare_digest(kept.digest, request.digest):
        raise _another_request(kept, request)
    assert kept.status is not None
    return Answer(kept.status, json.loads(kept.body))


def _another_request(kept: KeptAnswer, request: Request) -> Problem:
    """Says which members differ, and nothing of what stood in them."""
    ours, theirs = request.members(), dict(kept.members)
    places = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    faults = [
        Fault(_difference(name in ours, name in theirs), "Send what you sent first, or take a new key.", name)
        for name in places[:20]
    ]
    return Problem(
        "key-used-before",
        "A request with this Idempotency-Key was answered within the last 24 hours, and it was another one.",
        faults,
    )


def _difference(is_here: bool, was_there: bool) -> str:
    if is_here and was_there:
        return "is another value than in the first request"
    return "was not in the first request" if is_here else "was in the first request"


def _still_worked_on() -> Problem:
    return Problem(
        "still-worked-on",
        "The first request with this Idempotency-Key is not answered yet.",
        headers={"Retry-After": str(AGAIN_SECONDS)},
    )


def forget_addresses(addresses: Collection[str]) -> None:
    """Somebody is erased: no answer that names one of their addresses is kept, not even for its day."""
    for address in addresses:
        KeptAnswer.objects.filter(body__icontains=address).delete()


def _members(value: Any, *, deep: bool, pointer: str = "") -> dict[str, str]:
    """A digest for each member by its JSON pointer; under a key, so that nobody guesses addresses from them."""
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(escaped(name), item) for name, item in value.items()]
    elif isinstance(value, list) and len(value) <= MOST_MEMBERS:
        inner = [(str(number), item) for number, item in enumerate(value)]
    if not inner or (pointer and not deep):
        return {pointer: _digest(value)}
    found: dict[str, str] = {}
    for step, item in inner:
        found |= _members(item, deep=deep, pointer=f"{pointer}/{step}")
    return found


def _digest(value: Any) -> str:
    written = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(settings.SECRETS.derive("kept answers"), written, hashlib.sha256).hexdigest()
