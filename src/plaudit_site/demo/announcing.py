"""What `plaudit-site demo` prints when the site answers: addresses, accounts, where to begin."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

PATIENCE = 60.0


def announce(directory: Path, base_url: str, host: str, port: int) -> None:
    """Wait until the web server listens, then tell everything once."""
    if not _listens(host, port):
        return
    facts = json.loads((directory / "demo.json").read_text(encoding="utf-8"))
    print(words(facts, base_url), flush=True)


def _listens(host: str, port: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def words(facts: dict[str, Any], base_url: str) -> str:
    """The announcement, at most 100 characters wide."""
    certificate = next(iter(facts["certificates"].values()), "")
    invited = facts["invited"]
    accounts = facts["accounts"]
    width = max(len(account["address"]) for account in accounts)
    return "\n".join(
        [
            "",
            f"  Plaudit runs at  {base_url}/",
            "",
            f"  Begin here: {base_url}/mailbox/?to={invited['address']}",
            f"    {invited['name']} was awarded two badges and has no account yet. Open the first mail and press",
            "    “Save and Share”; then tick “Trust Issuer” and see what happens to the second.",
            "",
            f"  Every mail sent        {base_url}/mailbox/",
            f"  An issuer's badge site {facts['issuer']['url']}",
            f"  A certificate          {certificate}",
            f"  How to check a badge   {facts['how_to_check']}",
            f"  Operator's console     {base_url}/operator/",
            "",
            f"  Accounts (sign in at {base_url}/accounts/login/, “Use a password”: {accounts[0]['password']})",
            *(
                f"    {account['role']:<9} {account['address']:<{width}}  {account['name']}, {account['what']}"
                for account in accounts
            ),
            "",
            "  Ctrl-C stops it; `make demo` goes on with the same data, `make demo-reset` starts anew.",
            "",
        ]
    )
