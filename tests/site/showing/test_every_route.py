"""No page is forgotten: each route that answers with one is among those that the browser looks at in all ways.

tests/browser/test_every_page*.py go through the lists of looking.py with axe, light and dark, wide and narrow. They are
written by hand; here every route of the site is asked by a stranger, an earner and an owner with one of everything.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from plaudit_site.accounts.models import User
from plaudit_site.awards.models import Award
from plaudit_site.backpack import verifying
from tests import people
from tests.browser import every_page
from tests.browser.looking import EARNER, OWNER, STRANGER
from tests.site.attacks.test_accounts import fresh
from tests.site.attacks.test_routes import OURS, filled

FILE = re.compile(r"\.(?:png|svg|pdf|json|jwt|xml|css|csv|xlsx|zip|txt|\(\?P<ending>\S*\))\$?$")
# Routes at which nobody looks there, and why.
NO_PAGE = {
    "i/<slug:slug>/c/<id:public_id>/is-it": "leads to the certificate, which a press of it changes",
    "c/<id:public_id>": "leads to the certificate; programs get the file",
    "shown/<id:public_id>/check": "leads back to the badge",
    "shown/<id:public_id>/file": "a file",
    "badges/imported/<id:public_id>/file": "a file",
    "b/<id:public_id>/v<int:number>/<slug:language>": "a document for programs",
    "oembed": "a document for programs",
    "hooks/mail": "mail services call it",
    "manage/<slug:slug>/": "the list of awards, as at its own address",
    "badges/<id:public_id>/accept": "looked at, by the link on the page of what waits",
    "account/merge": "looked at, after the code that opens it",
    "accounts/confirm-email/": "leads to the addresses or to sign-in",
    "accounts/password/set/": "leads on where there is a password; the form of the page that changes it",
    "accounts/login/code/confirm/": "after a code was mailed; test_statements.py signs in through it",
    "accounts/2fa/authenticate/": "asks for a passkey, as the page of sign-in does",
    "accounts/2fa/reauthenticate/": "leads to the page that confirms",
    "accounts/2fa/webauthn/reauthenticate/": "leads to the page that confirms",
    "accounts/2fa/webauthn/login/": "a document for the script of sign-in",
    "accounts/2fa/recovery-codes/": "of somebody with a passkey: tests/browser/test_passkeys.py",
    "accounts/2fa/recovery-codes/download/": "a file",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": "of somebody with a passkey: tests/browser/test_passkeys.py",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": "of somebody with a passkey: tests/browser/test_passkeys.py",
}


@pytest.mark.django_db
@pytest.mark.any_database
def test_every_page_is_looked_at(site: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "WebFetch", verifying.WebFetch)  # every_page exchanges it
    made = every_page.made()
    award = Award.objects.get(
        earner__email=every_page.EARNER, is_welcome=False, issuer__name="Harbour College"
    )
    world = people.World(
        *(User.objects.get(email=every_page.OWNER),) * 2, award.issuer, award.version.achievement
    )
    looked_at: dict[str, str] = {}
    for path in (*STRANGER, *EARNER, *OWNER, *made["stranger"], *made["earner"], *made["owner"]):
        own = path.partition("?")[0].replace("/northfold", f"/{award.issuer.slug}")
        try:
            looked_at[of(resolve(own).route)] = own
        except Resolver404:
            assert path in {"/mailbox/", "/no-such-page"}, f"{path} is no address of the site (any more)"
    visitors = [fresh(world.ada), fresh(User.objects.get(email=every_page.EARNER)), Client()]
    forgotten, without = [], set()
    for route in (one for one in OURS if of(one) not in looked_at):
        if route.startswith("api/v1/") or FILE.search(route):
            continue
        begun = max((one for one in looked_at if one and route.startswith(one)), key=len, default="")
        path = filled(route.replace(begun, looked_at[begun], 1) if begun else route, world, award).replace(
            "//", "/"
        )
        kinds = [kind_of(visitor, path) for visitor in visitors]
        if "page" in kinds and route not in NO_PAGE:
            forgotten.append(f"{route} ({path})")
        elif not set(kinds) & {"press", "document"}:
            without.add(route)
    assert not forgotten, "nobody looks at these: put them into a list of tests/browser/test_every_page.py"
    assert without - NO_PAGE.keys() == set(), "leads away or shows nothing here: say why in NO_PAGE"
    assert NO_PAGE.keys() <= set(OURS), NO_PAGE.keys() - set(OURS)


def of(route: str) -> str:
    """What Django calls it, and what stands in the tables, for routes within others that are regular expressions."""
    return route.replace("/^", "/")


def kind_of(visitor: Client, path: str) -> str:
    answer = visitor.get(path)
    if answer.status_code == 405:
        return "press"
    if answer.status_code != 200:
        return "nothing"
    return "page" if answer["Content-Type"].startswith("text/html") else "document"
