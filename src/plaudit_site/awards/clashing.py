"""Which lines of a list of corrections give an address that another award of the same badge has.

Asked before anybody presses, in the order in which the worker will go through them: by the awards' age, each together
with those who have to move at once with it (exchanging.py), after what those before it have freed and taken. What is
awarded between this and the press, the worker finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from django.utils.translation import gettext as _

from plaudit_site.awards import exchanging
from plaudit_site.awards.awarding import once_key
from plaudit_site.awards.models import Award

AT_ONCE = 500

Asked = tuple[Award, str, int]
"""An award, the address that it shall have, and the line that says so."""


def taken(asked: Sequence[Asked]) -> dict[int, str]:
    """By line, why it cannot be done and what to do."""
    in_order = sorted(asked, key=lambda one: one[0].pk)
    wanted = {
        award.pk: once_key(award.version.achievement, address, award.awarded_at)
        for award, address, _line in in_order
    }
    holders = _holders([key for key in wanted.values() if key])
    lines = {award.pk: line for award, _address, line in in_order}
    has = {award.pk: award.once_key for award, _address, _line in in_order}
    waiting = dict(wanted)
    found: dict[int, str] = {}
    for award, _address, line in in_order:
        if award.pk not in waiting:  # it moved together with an earlier one
            continue
        try:
            group = exchanging.together(award.pk, waiting, holders.get)
        except exchanging.TooMany:
            found[line] = _too_many()
            group = []
        if not group:
            found.setdefault(line, _why_not(holders, lines, wanted, wanted[award.pk]))
            del waiting[award.pk]
        for one in group:
            if (old := has[one]) and holders.get(old, one) == one:
                holders[old] = None
        for one in group:
            if key := waiting.pop(one):
                holders[key] = one
    return found


def _why_not(
    holders: dict[str, int | None], lines: dict[int, int], wanted: dict[int, str | None], key: str | None
) -> str:
    """Somebody has what is wanted, and stays."""
    holder = holders.get(key) if key else None
    if holder is None or holder not in lines:
        return _of_another()
    return _twice(lines[holder]) if wanted[holder] == key else _stays(lines[holder])


def _holders(keys: list[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for some in _pieces(keys):
        there = Award.objects.filter(once_key__among=some).values_list("once_key", "pk")
        found |= {key: pk for key, pk in there if key}
    return found


def _pieces(keys: list[str]) -> Iterator[set[str]]:
    rest = iter(keys)
    while some := set(islice(rest, AT_ONCE)):
        yield some


def _of_another() -> str:
    return _(
        "Another award of this badge has this address already. Take back the one that is too many, or write another "
        "address."
    )


def _twice(line: int) -> str:
    return _("Line %(line)s asks for this address, too, and one person gets this badge once.") % {
        "line": line
    }


def _stays(line: int) -> str:
    return _(
        "This is the address of line %(line)s, which stays as it is. Correct that line, too, or first."
    ) % {"line": line}


def _too_many() -> str:
    return _(
        "This is one of more than %(number)s lines of which each takes over the address of another. Do it in steps: "
        "first those at whose end an address becomes free, each time in a list of its own."
    ) % {"number": exchanging.MOST_TOGETHER}
