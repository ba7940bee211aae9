"""Subject, text and HTML of a mail, from `templates/mail/<kind>/`.

Thousands of mails of one list differ in a name and some links. `filled` renders the templates once with marks in
those places and fills them for each person, as the template engine would have: escaped in HTML, as it is in text.
That a template does nothing else with these values is tried once for each form of mail (a template that does is
rendered anew for each person), and proven by a test over nasty names.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape

log = logging.getLogger(__name__)

MOST_FORMS = 200
# Nobody can write a mark into a name or a title: it is drawn anew in each process.
_secret = secrets.token_hex(8)
_PROBE = "A & <b>\"B\"</b> 'C' %s {{ d }}"
_LINE_ENDS = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

Context = Mapping[str, Any]


def words(kind: str, language: str, context: Context) -> tuple[str, str, str]:
    """All three parts in `language`; the subject is one line."""
    with translation.override(language):
        full = {
            "site_name": settings.SITE_NAME,
            "base_url": settings.BASE_URL,
            "help_addresses_url": f"{settings.BASE_URL}/help/addresses",
            **context,
        }
        subject = " ".join(render_to_string(f"mail/{kind}/subject.txt", full).split())
        text = render_to_string(f"mail/{kind}/body.txt", full)
        html = render_to_string(f"mail/{kind}/body.html", full | {"subject": subject})
    return subject, text, html


@dataclass(frozen=True)
class Form:
    """One text, cut at its marks: what stands between, and whose place is where."""

    between: tuple[str, ...]
    places: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        parts = [self.between[0]]
        for place, after in zip(self.places, self.between[1:], strict=True):
            parts += (values[place], after)
        return "".join(parts)


Forms = tuple[Form, Form, Form]
_forms: OrderedDict[Hashable, Forms | None] = OrderedDict()
_lock = Lock()


def filled(
    kind: str, language: str, context_of: Callable[[Mapping[str, str]], Context], own: Mapping[str, str]
) -> tuple[str, str, str]:
    """`words(kind, language, context_of(own))`, quickly. `own` is what differs from mail to mail."""
    if not all(_is_plain(value) for value in own.values()):
        return words(kind, language, context_of(own))
    marked = context_of({name: _mark(name) for name in own})
    key = (kind, language, settings.SITE_NAME, settings.BASE_URL, _key(marked))
    with _lock:
        known = key in _forms
        forms = _forms.get(key)
        if known:
            _forms.move_to_end(key)
    if not known:
        forms = _made(kind, language, context_of, own)
        with _lock:
            _forms[key] = forms
            while len(_forms) > MOST_FORMS:
                _forms.popitem(last=False)
    return _fill(forms, own) if forms else words(kind, language, context_of(own))


def _is_plain(value: str) -> bool:
    """One line with something on it: what a filter for lines or blanks would leave alone."""
    return bool(value) and value == value.strip() and not _LINE_ENDS.search(value)


def _mark(name: str) -> str:
    return f"mark{_secret}{name}mark"


def _key(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted((name, _key(part)) for name, part in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_key(part) for part in value)
    return value if isinstance(value, Hashable) else repr(value)


def _made(
    kind: str, language: str, context_of: Callable[[Mapping[str, str]], Context], own: Mapping[str, str]
) -> Forms | None:
    """The three forms; None when filling them is not the same as rendering."""
    marks = words(kind, language, context_of({name: _mark(name) for name in own}))
    forms = (_cut(marks[0], own), _cut(marks[1], own), _cut(marks[2], own))
    for values in (own, dict.fromkeys(own, _PROBE)):
        if _fill(forms, values) != words(kind, language, context_of(values)):
            log.warning(
                "mail %s (%s) is rendered for each person: its template changes a value", kind, language
            )
            return None
    return forms


def _cut(text: str, own: Mapping[str, str]) -> Form:
    found = re.split("(" + "|".join(map(re.escape, map(_mark, own))) + ")", text)
    names = {_mark(name): name for name in own}
    return Form(tuple(found[::2]), tuple(names[mark] for mark in found[1::2]))


def _fill(forms: Forms, own: Mapping[str, str]) -> tuple[str, str, str]:
    subject, text, html = forms
    escaped = {name: str(escape(value)) for name, value in own.items()}
    return " ".join(subject.fill(own).split()), text.fill(own), html.fill(escaped)
