"""How each state of a certificate looks: its colour, sign and ribbon, the same on page, paper, card and frame."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plaudit_site.public.checking import State


@dataclass(frozen=True, eq=False)
class Look:
    """`tone` is ok, warn, bad or grey; only what passed every check is ok, and only ok is green."""

    tone: str
    icon: str
    ribbon: str | Promise = ""
    sheet: str = ""
    """"void" for what holds no longer, "dim" for what is doubtful or past."""


LOOKS = {
    State.AUTHENTIC: Look("ok", "badge-check"),
    State.EXPIRING: Look("ok", "badge-check"),
    State.UNVOUCHED: Look("warn", "triangle-alert"),
    State.EXPIRED: Look("warn", "calendar-x", _("Expired"), "dim"),
    State.REPLACED: Look("warn", "replace", _("Renewed"), "dim"),
    State.REVOKED: Look("bad", "octagon-x", _("Revoked"), "void"),
    State.SUSPENDED: Look("bad", "ban", _("Suspended"), "void"),
    State.INVALID: Look("bad", "octagon-x", "", "void"),
    State.UNKNOWN: Look("grey", "circle-question-mark", "", "dim"),
}
