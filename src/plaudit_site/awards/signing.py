"""From what a credential says to signed bytes: by a template where many are alike.

A template gives the bytes that signing one gives. What is not a hole is part of the template's own key, so nothing
of one badge, version, issuer or signer can get into another's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import plaudit
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Version
from plaudit_site.awards import credentials
from plaudit_site.awards.credentials import Given, Place
from plaudit_site.issuers.models import Issuer

MOST_TEMPLATES = 200

_templates: dict[str, plaudit.Template] = {}


@dataclass
class Form:
    """The credentials of one version in one hand that have the same members."""

    hand: plaudit.Signer
    skeleton: dict[str, Any]
    template: plaudit.Template | None = None

    def sign(self, texts: dict[str, str], at: datetime, *, many: bool) -> bytes:
        if self.template is None:
            self.template = self._template(texts, many)
        if self.template is None:
            return plaudit.issue(self._filled(texts), self.hand, at)
        return self.template.issue(texts, at)

    def _template(self, texts: dict[str, str], many: bool) -> plaudit.Template | None:
        # The key itself, not its name alone: a number that was rolled back, or restored, is given to another key.
        hand = [self.hand.verification_method, self.hand.key.public().multibase()]
        fixed = json.dumps([hand, list(texts), self.skeleton], separators=(",", ":"))
        if fixed not in _templates and many:
            if len(_templates) >= MOST_TEMPLATES:
                _templates.clear()
            _templates[fixed] = plaudit.Template(self._filled(texts), self.hand, texts)
        return _templates.get(fixed)

    def _filled(self, texts: dict[str, str]) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(json.dumps(self.skeleton))
        for pointer, text in texts.items():
            *path, last = pointer[1:].split("/")
            place: Any = document
            for part in path:
                place = place[int(part)] if isinstance(place, list) else place[part]
            place[last] = text
        return document


@dataclass
class Press:
    """One issuer's hand at work: what it has signed once, it signs again quickly. For one chunk of awards."""

    issuer: Issuer
    hand: plaudit.Signer
    many: bool
    _forms: dict[tuple[int, bool, bool, bool, bool, str], Form] = field(default_factory=dict)

    def sign(self, version: Version, given: Given, places: Sequence[Place], at: datetime) -> bytes:
        """The signed bytes. Raises PlauditError."""
        which = (
            version.pk,
            given.expires_at is not None,
            bool(given.evidence_url),
            bool(given.result),
            len(places) > 1,
            saying.said(version, given.language).language,
        )
        form = self._forms.get(which)
        if form is None:
            skeleton = credentials.skeleton(
                self.issuer,
                version,
                ends=which[1],
                has_evidence=which[2],
                has_result=which[3],
                can_suspend=which[4],
                language=which[5],
            )
            form = self._forms[which] = Form(self.hand, skeleton)
        texts = credentials.texts(given, places, name_in_clear=version.names_in_clear)
        return form.sign(texts, at, many=self.many)
