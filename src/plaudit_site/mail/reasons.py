"""Why a mail did not arrive, in the words of whoever awarded: enhanced status codes (RFC 3463) to sentences."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# The address itself is wrong or gone: these put it on the suppression list. A refusal for any other reason
# (full, too large, our server disliked, policy) says nothing about the address and never does.
HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
# Servers without enhanced codes say it in words.
NO_SUCH_USER = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox|address)|does ?n[o']t exist|"
    r"recipient unknown|unknown recipient|invalid recipient|no mailbox here|mailbox not found",
    re.IGNORECASE,
)

GONE = "server"
LATE = "late"
BROKEN = "broken"
NOT_NOW = "not now"
# Of one that was dropped. Whether it was this sender's mail or everybody's that was refused is nobody's business.
UNWANTED = "unwanted"

WORDS: dict[str, str | Promise] = {
    "5.1.0": _("the receiving server does not take this address"),
    "5.1.1": _("there is no such mailbox"),
    "5.1.2": _("the part after the @ does not take mail; it may be mistyped"),
    "5.1.3": _("this is not a valid address"),
    "5.1.6": _("the mailbox has moved and left no new address"),
    "5.1.10": _("the part after the @ takes no mail at all"),
    "5.2.1": _("the mailbox is closed"),
    "5.2.2": _("the mailbox is full"),
    "5.2.3": _("the mail is too large for this mailbox"),
    "5.3.4": _("the mail is too large for the receiving server"),
    "5.4.4": _("the part after the @ is unknown; it may be mistyped"),
    "5.4.6": _("the receiving servers send it round in a circle"),
    "5.4.7": _("the receiving server did not take it for days"),
    "5.6.7": _("our mail server cannot send to addresses with such letters"),
    "5.7.1": _("the receiving server refuses our mail; ask the people who run this site"),
    "4.2.0": _("the mailbox does not take it just now"),
    "4.2.1": _("the mailbox does not take it just now"),
    "4.2.2": _("the mailbox is full"),
    "4.4.1": _("the receiving server does not answer"),
    "4.4.2": _("the connection broke"),
    "4.7.1": _("the receiving server asks us to wait, as many do with a first mail"),
    GONE: _("our mail server could not be reached"),
    LATE: _("it could not be sent for three days"),
    UNWANTED: _("this person wants no mail from you"),
    NOT_NOW: _("the people who run this site have suspended the issuer"),
    BROKEN: _("the mail could not be made; ask the people who run this site"),
}
KINDS: dict[str, str | Promise] = {
    "5.1": _("the address is not taken"),
    "5.2": _("the mailbox does not take it"),
    "5.4": _("the receiving server was not found"),
    "5.7": _("the receiving server refuses our mail; ask the people who run this site"),
    "4": _("the receiving server asks us to try again later"),
    "5": _("the receiving server refused it for good"),
}


def code_of(reply: int, text: str) -> str:
    """The code that stands in a server's answer: the enhanced one, one read from its words, or the reply itself."""
    found = ENHANCED.search(text[:400])
    # An enhanced code of another class than the reply is nonsense; the reply decides.
    if found and found[1] == str(reply)[:1]:
        return ".".join(str(int(part)) for part in found.groups())
    if reply in {550, 551, 553} and NO_SUCH_USER.search(text[:400]):
        return "5.1.1"
    return str(reply)


def words(code: str) -> str:
    """One sentence without its end, for the issuer. Never what the server wrote: that may name others."""
    for known in (WORDS, KINDS):
        for key in (code, code.rpartition(".")[0], code[:1]):
            if key in known:
                return str(known[key])
    return str(KINDS["5"])


def shown(code: str) -> str:
    """The words with the code behind them, when it is one that means something elsewhere too."""
    return f"{words(code)} ({code})" if code[:1].isdigit() else words(code)
