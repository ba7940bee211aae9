"""Open Badges you can check: issue, bake, verify.

>>> from datetime import UTC, datetime
>>> import plaudit
>>> now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
>>> signer = plaudit.Signer.from_did_key(plaudit.PrivateKey.generate())
>>> badge = plaudit.AchievementCredential(
...     id="urn:uuid:4a1c1b6e-8a53-4c0e-a7a0-3d2f6f9c1f11",
...     name="Soldering",
...     issuer=plaudit.Profile(id=signer.controller, name="Makers' Guild"),
...     valid_from="2026-11-22T12:00:00Z",
...     credential_subject=plaudit.AchievementSubject(
...         id="urn:uuid:0b0f5f6e-5d1e-4df0-8a63-7c6e1d8b9a55",
...         achievement=plaudit.Achievement(
...             id="https://makers.example/b/soldering",
...             name="Soldering",
...             description="Joins wires that stay joined.",
...             criteria=plaudit.Criteria(narrative="Solder ten joints."),
...         ),
...     ),
... )
>>> signed = plaudit.issue(badge, signer, now)
>>> picture = plaudit.bake(b'<svg xmlns="http://www.w3.org/2000/svg"/>', signed)
>>> plaudit.verify(picture, fetch=plaudit.offline, at=now).verified
True

Nothing here asks for the time, and nothing touches the network but the `fetch` that the caller passes.
"""

from plaudit.baking import bake, unbake
from plaudit.did import Method, Signer, controller_document, did_key, did_web
from plaudit.errors import (
    AmbiguousError,
    FetchError,
    IssueError,
    KeyFormatError,
    PlauditError,
    UnreadableError,
)
from plaudit.fetch import Fetch, Fetched, Limits, Line, MappedFetch, Posted, WebFetch, offline
from plaudit.issue import Template, issue, issue_jwt
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.model import (
    Achievement,
    AchievementCredential,
    AchievementSubject,
    Address,
    Alignment,
    Criteria,
    EndorsementCredential,
    EndorsementSubject,
    Evidence,
    GeoCoordinates,
    IdentifierEntry,
    IdentityObject,
    Image,
    Profile,
    Related,
    Result,
    ResultDescription,
    RubricCriterionLevel,
)
from plaudit.report import Check, Outcome, Report
from plaudit.verify import verify

__all__ = [
    "Achievement",
    "AchievementCredential",
    "AchievementSubject",
    "Address",
    "Alignment",
    "AmbiguousError",
    "Check",
    "Criteria",
    "EndorsementCredential",
    "EndorsementSubject",
    "Evidence",
    "Fetch",
    "FetchError",
    "Fetched",
    "GeoCoordinates",
    "IdentifierEntry",
    "IdentityObject",
    "Image",
    "IssueError",
    "KeyFormatError",
    "KeyType",
    "Limits",
    "Line",
    "MappedFetch",
    "Method",
    "Outcome",
    "PlauditError",
    "Posted",
    "PrivateKey",
    "Profile",
    "PublicKey",
    "Related",
    "Report",
    "Result",
    "ResultDescription",
    "RubricCriterionLevel",
    "Signer",
    "Template",
    "UnreadableError",
    "WebFetch",
    "bake",
    "controller_document",
    "did_key",
    "did_web",
    "issue",
    "issue_jwt",
    "offline",
    "unbake",
    "verify",
]
