"""Badges that name a refresh service."""

import json
from typing import Any

from plaudit.documents import OPEN_BADGES_EXTENSIONS
from plaudit.proofs import data_integrity
from tests.plaudit.samples import AT, DAY, GUILD, METHOD, credential

REFRESH = "https://guild.example/refresh/1"


def refreshable(signer: Any = GUILD, **changes: Any) -> bytes:
    """A signed badge whose issuer may have a newer form of it."""
    document = credential(refreshService={"id": REFRESH, "type": "1EdTechCredentialRefresh"}, **changes)
    document["@context"].append(OPEN_BADGES_EXTENSIONS)
    method = METHOD if signer is GUILD else signer.verification_method
    proof = data_integrity.sign(document, signer.key, verification_method=method, created=AT - DAY)
    return json.dumps(document | {"proof": [proof]}, ensure_ascii=False).encode()
