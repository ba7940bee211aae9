"""The bytes of each form of an award: as signed, baked, as a token, on paper, in older words."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from django.utils import timezone

import plaudit
from plaudit import Outcome
from plaudit_site.achievements import pictures
from plaudit_site.awards import downloads, hosting, jwt_signing, sharing
from plaudit_site.awards.models import Award
from plaudit_site.public import certificates, checking, papers
from plaudit_site.public.checking import Verdict
from plaudit_site.public.looks import Look


class NotOffered(Exception):
    """This award cannot be had in this form now."""


class Withdrawn(Exception):
    """A hosted assertion that holds no longer; `document` says so in the words of Open Badges 2.0."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["id"])
        self.document = document


def content(award: Award, ending: str, at: datetime, *, paper: str = "a4") -> bytes:
    """Raises NotOffered, Withdrawn. What was signed goes out as it is; what is made of it anew is checked before."""
    if award.credential is None:
        raise NotOffered
    form = downloads.ENDINGS[ending]
    signed = bytes(award.credential.content)
    if form is downloads.JSON:
        return signed
    if form in {downloads.PNG, downloads.SVG}:
        return plaudit.bake(_picture(award, form), signed)
    verdict = checking.check(award, at)
    if form is downloads.JWT:
        return _token(award, verdict)
    if form.is_older:
        return _older(award, verdict, form)
    page = certificates.page(award, verdict)
    if page.state not in papers.SHOWN:
        raise NotOffered
    return papers.draw(award, page, printed(award, page.look), paper)


def links(award: Award) -> str:
    """Every form of it, and its page, as RFC 8288 links: a program that has one finds all."""
    base = sharing.permanent_url(award)
    found = [f'<{sharing.certificate_url(award)}>; rel="canonical"; type="text/html"']
    found += [
        f'<{base}.{form.ending}>; rel="alternate"; type="{form.media_type}"'
        for form in (*downloads.FORMS, *downloads.older_forms(award))
    ]
    return ", ".join(found)


def not_offered(verdict: Verdict) -> frozenset[str]:
    """Endings that an award in this state does not have."""
    found = set()
    if verdict.state not in papers.SHOWN:
        found.add(downloads.PDF.ending)
    if not is_sound(verdict):
        found.add(downloads.JWT.ending)
    if verdict.state in checking.NOT_NOW or not is_sound(verdict):
        found |= downloads.NO_OLDER
    return frozenset(found)


def judged(award: Award) -> tuple[str, frozenset[str]]:
    """For pages of its earner: in what state it is, and which endings it does not have."""
    if award.credential is None:
        return "", frozenset(downloads.ENDINGS)
    verdict = checking.check(award, timezone.now())
    return str(verdict.state), not_offered(verdict)


def is_sound(verdict: Verdict) -> bool:
    """Whether the stored file is what its issuer signed. Nothing new is made or signed from any other (ADR 0038)."""
    outcomes = {one.id: one.outcome for one in verdict.report.checks}
    return all(outcomes[name] is Outcome.PASSED for name in checking.FILE_CHECKS)


def _token(award: Award, verdict: Verdict) -> bytes:
    if award.credential is None or not is_sound(verdict):
        raise NotOffered
    try:
        return jwt_signing.token(award.credential).encode()
    except jwt_signing.NotSigned as error:
        raise NotOffered from error


def _older(award: Award, verdict: Verdict, form: downloads.Form) -> bytes:
    if not is_sound(verdict) or not downloads.older(award):
        raise NotOffered
    if verdict.state in checking.NOT_NOW:
        raise Withdrawn(hosting.withdrawn(award))
    text = json.dumps(hosting.assertion(award, verdict.document), ensure_ascii=False, separators=(",", ":"))
    if form is downloads.OLDER_JSON:
        return text.encode()
    return plaudit.bake(_picture(award, form), text, version=2)


def _picture(award: Award, form: downloads.Form) -> bytes:
    return bytes(award.version.picture_png) if form.media_type == "image/png" else drawing(award)


def drawing(award: Award) -> bytes:
    """The badge as SVG: the drawing, or the uploaded pixels inside one."""
    if award.version.picture_svg:
        return award.version.picture_svg.encode()
    return _pixels(award)


def printed(award: Award, look: Look) -> bytes:
    """The same for what is drawn in this very process: our own drawing, or pixels, but never an uploaded drawing.

    What holds no longer is as grey on paper as on its page.
    """
    if look.sheet:
        return _around(pictures.pale(bytes(award.version.picture_png), grey=look.sheet == "void"))
    return drawing(award) if award.version.design else _pixels(award)


def _pixels(award: Award) -> bytes:
    return _around(bytes(award.version.picture_png))


def _around(png: bytes) -> bytes:
    pixels = base64.b64encode(png).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' viewBox="0 0 600 600"><image width="600" height="600"'
        f' xlink:href="data:image/png;base64,{pixels}"/></svg>'
    ).encode()
