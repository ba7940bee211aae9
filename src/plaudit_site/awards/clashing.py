"""Which lines of a list of corrections give an address that another award of the same badge has.

Asked before anybody presses, in the order in which the worker will go through them: by the awards' age, each with what
those before it have freed and taken. What is awarded between this and the press, the worker finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from django.utils.translation import gettext as _

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
    found: dict[int, str] = {}
    for award, _address, line in in_order:
        key = wanted[award.pk]
        holder = holders.get(key) if key else None
        if holder is not None and holder != award.pk:
            found[line] = _why_not(lines.get(holder), wanted.get(holder), award.once_key, key)
            continue
        if award.once_key and holders.get(award.once_key, award.pk) == award.pk:
            holders[award.once_key] = None
        if key:
            holders[key] = award.pk
    return found


def _why_not(line: int | None, holder_wants: str | None, has: str | None, wants: str | None) -> str:
    """`line` is the holder’s, where it stands in the list as well."""
    if line is None:
        return _of_another()
    if holder_wants == wants:
        return _twice(line)
    return _exchanged(line) if holder_wants == has else _still_there(line)


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


def _exchanged(line: int) -> str:
    return _(
        "This line and line %(line)s exchange their addresses, which one list can’t do. Where nothing else differs, "
        "like a result, a link or a line from you, exchange the two names instead. Else withdraw one of the two, "
        "correct the other, and award the first anew."
    ) % {"line": line}


def _still_there(line: int) -> str:
    return _(
        "This is the address of line %(line)s until that is corrected, which comes after this. Correct that line "
        "first, and this one in a list of its own when it is done."
    ) % {"line": line}
