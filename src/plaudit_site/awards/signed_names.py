"""Whose name an award bears, by the file that was signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plaudit import recipient
from plaudit_site.awards.models import Award


def identities(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    subject = document.get("credentialSubject")
    listed = subject.get("identifier") if isinstance(subject, Mapping) else None
    listed = listed if isinstance(listed, list) else [listed]
    return [one for one in listed if isinstance(one, Mapping)]


def if_signed(document: Mapping[str, Any], stored: str) -> str:
    """The stored name, if it is the one that was signed; otherwise no name (ARCHITECTURE, Names)."""
    return stored if recipient.matches(identities(document), name=stored) else ""


def of_award(award: Award) -> str:
    """The name that its certificate shows, without looking at the signature anew: for its earner's own pages."""
    if award.credential is None:
        return ""
    try:
        document = json.loads(bytes(award.credential.content))
    except ValueError:
        return ""
    return if_signed(document, award.name) if isinstance(document, Mapping) else ""
