"""plaudit-site token: a token for a program, printed once."""

from __future__ import annotations

import argparse
import sys

from plaudit_site.api import tokens
from plaudit_site.commands.asking import NotFound, issuer_of, person_of
from plaudit_site.serving import say


def run(options: argparse.Namespace) -> int:
    """The token alone on standard output, what it is on standard error."""
    try:
        issuer = issuer_of(options.issuer)
        by = person_of(issuer, options.acting, "own")
        token, secret = tokens.make(
            issuer,
            name=options.name,
            scopes=options.scope or ["read", "award"],
            days=options.days or None,
            by=by,
        )
    except (NotFound, tokens.TokenRefused) as refusal:
        say(f"plaudit-site: {refusal}")
        return 1
    until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
    say(f"{issuer.name}: {token.name}, may {', '.join(token.scopes)}, {until}. It is shown this once:")
    sys.stdout.write(f"{secret}\n")
    return 0
