"""Starting beside a journal: a database that is older than it was put back from a backup, and is brought up to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from plaudit_site.audit import chaining, journal
from plaudit_site.audit.journal import Head
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards import statuslists
from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Site
from plaudit_site.serving import say

AT_ONCE = 100


def at_start(*, accept_loss: bool = False) -> None:
    """The journal is there, is this site's, and nothing that it holds is undone here. Writes down what it lacks.

    Raises ImproperlyConfigured, saying what to do, when it is gone or another site's.
    """
    site = Site.objects.get(pk=1)
    head = _head()
    if head is None:
        head = _begin(site, accept_loss=accept_loss)
    elif head.site != (site.journal or head.site):
        raise ImproperlyConfigured(
            f"PLAUDIT_JOURNAL_DIR={settings.JOURNAL_DIR} holds the journal of another site. "
            "Put back the one that belongs to this database."
        )
    Site.objects.filter(pk=1).update(journal=head.site)
    if not journal.is_of_this_database(head):
        _bring_up(head)
    while chaining.chain_some():
        pass
    while journal.follow_some():
        pass


def _head() -> Head | None:
    try:
        return journal.head()
    except ValueError as error:
        raise ImproperlyConfigured(
            f"PLAUDIT_JOURNAL_DIR={settings.JOURNAL_DIR}: head.json cannot be read ({error}). Put back the directory, "
            "or remove that file and start once with --accept-loss."
        ) from error


def _begin(site: Site, *, accept_loss: bool) -> Head:
    if site.journal and not accept_loss:
        raise ImproperlyConfigured(
            f"PLAUDIT_JOURNAL_DIR={settings.JOURNAL_DIR} holds no journal, but this site kept one. Without it a "
            "restored backup would make revoked badges valid again. Put it back. If it is lost for good: "
            "`plaudit-site serve --accept-loss`, once, and then revoke again what is missing."
        )
    if site.journal:
        with transaction.atomic():
            statuslists.close_all()
            record("journal lost", actor="operator", subject="site:1")
    return journal.begin(new_id())


def _bring_up(head: Head) -> None:
    """Do again what the lines say, then go on from this database's own chain. May be interrupted, and begun again."""
    say("plaudit-site: this database is older than its journal: doing again what it says …")
    done, lines = 0, journal.lines()
    while some := list(islice(lines, AT_ONCE)):
        with transaction.atomic():
            done += sum(journal.do_again(line) for line in journal.lost(some))
    with transaction.atomic():
        # Places that were handed out after the backup are in files that people hold.
        statuslists.close_all()
        record("backup restored", actor="journal", subject="site:1", done_again=done, chained=head.chained)
    while chaining.chain_some():
        pass
    last = AuditEvent.objects.filter(chain_number__isnull=False).latest("chain_number")
    journal.set_head(replace(head, chained=last.chain_number or 0, hash=last.chain_hash))
    say(f"plaudit-site: {done} times something was revoked, withdrawn or removed again")
