"""What a call is made of once it has been read: who asks, for which ids, with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from plaudit_site.accounts.models import User
from plaudit_site.api.models import Scope, Token
from plaudit_site.api.repeating import Answer
from plaudit_site.issuers.models import Issuer


@dataclass(frozen=True)
class Upload:
    """A spreadsheet that came with a call; `sha256` of its bytes."""

    file: BinaryIO
    name: str
    sha256: str


@dataclass(frozen=True)
class Call:
    """One call of a program, checked for its shape. What it means is the job's to judge."""

    token: Token
    ids: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    upload: Upload | None = None

    @property
    def issuer(self) -> Issuer:
        return self.token.issuer

    @property
    def by(self) -> User:
        return self.token.made_by


@dataclass(frozen=True)
class Operation:
    """One method of one address: what it needs, takes and answers. The table of them is operations.py."""

    name: str
    method: str
    path: str
    scope: Scope
    summary: str
    run: Callable[[Call], Answer]
    answers: tuple[int, str]
    body: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    takes_file: bool = False
    gives_file: str = ""  # the type of what is answered, where it is not JSON
    problems: tuple[str, ...] = ()

    @property
    def most_bytes(self) -> int:
        """Of a JSON body."""
        return 1024 * 1024 if self.takes_file else 64 * 1024
