"""Cases about what is signed inside a badge: endorsements, each as bad as a badge can be."""

import json
from typing import Any

from plaudit.did import Signer
from plaudit.documents import ISSUED
from plaudit.reading import format_date_time
from plaudit.status import status_entry
from tests.plaudit.samples import AT, DAY, GUILD, ISSUER, LIST, STRANGER, credential, key_of, status_list
from tests.vectors.base import ACHIEVEMENT, Case, Json, list_with, resigned

INSPECTOR = Signer.from_did_key(key_of("inspector"))
BADGE = credential()["credentialSubject"]["achievement"]["id"]
DEEPER = "urn:uuid:0c6c1d61-0d9c-4d1f-9a52-000000000009"
FAILED, UNKNOWN = {"inner": "failed"}, {"inner": "unknown"}


def endorsement(signer: Signer = INSPECTOR, **changes: Any) -> Json:
    """What an inspector says about the badge, signed."""
    document: Json = {
        "@context": [*ISSUED],
        "id": "urn:uuid:0c6c1d61-0d9c-4d1f-9a52-000000000001",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": signer.controller, "type": ["Profile"], "name": "Board of Inspectors"},
        "validFrom": "2026-10-01T00:00:00Z",
        "name": "Inspected",
        "credentialSubject": {
            "id": BADGE,
            "type": ["EndorsementSubject"],
            "endorsementComment": "Sound work.",
        },
    } | changes
    return json.loads(resigned(document, signer))  # type: ignore[no-any-return]


def endorsed(*items: Json, path: tuple[str, ...] = ACHIEVEMENT, **members: Any) -> bytes:
    """A badge with these endorsements of its achievement, signed by its issuer."""
    document = credential(**members)
    place: Any = document
    for step in path:
        place = place[step]
    place["endorsement"] = list(items)
    return resigned(document, GUILD)


def changed(**changes: Any) -> Json:
    return endorsement() | changes


def cases() -> dict[str, Case]:
    listed = endorsement(GUILD, credentialStatus=status_entry(LIST, "revocation", 99))
    return {
        "endorsed_achievement_pass": Case("somebody endorses the achievement", endorsed(endorsement())),
        "endorsed_issuer_pass": Case("somebody endorses the issuer", endorsed(endorsement(), path=("issuer",))),
        "endorsed_award_pass": Case("somebody endorses the award", endorsed(endorsement(), path=())),
        "endorsed_by_two_pass": Case("two endorsements", endorsed(endorsement(), endorsement(
            STRANGER, id="urn:uuid:0c6c1d61-0d9c-4d1f-9a52-000000000002"))),
        "endorsed_twice_over_pass": Case("an endorsement that is endorsed", endorsed(endorsement(issuer={
            "id": INSPECTOR.controller, "type": ["Profile"], "endorsement": [endorsement(STRANGER, id=DEEPER)]}))),
        "endorsement_not_revoked_pass": Case("an endorsement that could be revoked", endorsed(listed)),
        "endorsement_revoked_fail": Case("an endorsement that was revoked", endorsed(listed), FAILED,
                                         web=list_with(status_list(99))),
        "endorsement_altered_fail": Case(
            "altered before the badge was signed", endorsed(changed(name="Praised")), FAILED),
        "expired_endorsement_altered_fail": Case("out of date, and what is inside was altered before it was signed",
            endorsed(changed(name="Praised"), validUntil=format_date_time(AT - DAY)), {**FAILED, "dates": "failed"}),
        "endorsement_unsigned_fail": Case("nobody signed it", endorsed(
            {name: value for name, value in endorsement().items() if name != "proof"}), FAILED),
        "endorsement_of_another_key_fail": Case("not signed by whom it names", endorsed(json.loads(resigned(
            {name: value for name, value in endorsement().items() if name != "proof"}, STRANGER))), FAILED),
        "endorsement_expired_fail": Case("expired", endorsed(endorsement(
            validUntil=format_date_time(AT - DAY))), FAILED),
        "endorsement_not_yet_fail": Case("not valid yet", endorsed(endorsement(
            validFrom=format_date_time(AT + DAY))), FAILED),
        "endorsement_of_nothing_fail": Case("does not say what it endorses", endorsed(endorsement(
            credentialSubject={"type": ["EndorsementSubject"], "endorsementComment": "Sound."})), FAILED),
        "endorsement_of_another_badge_fail": Case("an endorsement of another badge, copied into this one", endorsed(
            endorsement(credentialSubject={"id": "https://guild.example/b/welding/v1", "type": ["EndorsementSubject"],
                                           "endorsementComment": "Sound work."})), FAILED),
        "endorsement_of_what_is_named_beside_it_fail": Case("of something this badge only mentions", endorsed(
            endorsement(credentialSubject={"id": "https://skills.example/joining", "type": ["EndorsementSubject"]})),
            FAILED),
        "endorsement_of_the_issuer_pass": Case("about the issuer, beside the achievement", endorsed(
            endorsement(credentialSubject={"id": ISSUER, "type": ["EndorsementSubject"]}))),
        "endorsement_without_date_fail": Case("does not say since when", endorsed(without_date()), FAILED),
        "endorsement_key_unreachable_fail": Case("its issuer does not answer", endorsed(endorsement(
            Signer(key_of("far"), "did:web:far.example#key-1"))), UNKNOWN),
        "endorsement_second_bad_fail": Case("one good, one altered", endorsed(
            endorsement(), endorsement(STRANGER, id=DEEPER) | {"name": "Praised"}), FAILED),
        "endorsement_inside_bad_fail": Case(
            "the endorsement's own endorsement is altered", endorsed(endorsement(issuer={
            "id": INSPECTOR.controller, "type": ["Profile"],
            "endorsement": [endorsement(STRANGER, id=DEEPER) | {"name": "Praised"}]})), FAILED),
        "endorsements_too_deep_fail": Case("endorsed three times over", endorsed(nested(3)), UNKNOWN),
        "endorsements_too_many_fail": Case("more than anybody reads", endorsed(*(
            endorsement(id=f"urn:uuid:0c6c1d61-0d9c-4d1f-9a52-{number:012}") for number in range(17))), UNKNOWN),
    }  # fmt: skip


def without_date() -> Json:
    document = {name: value for name, value in endorsement().items() if name not in ("proof", "validFrom")}
    return json.loads(resigned(document, INSPECTOR))  # type: ignore[no-any-return]


def nested(depth: int) -> Json:
    if depth == 1:
        return endorsement(STRANGER, id=DEEPER)
    profile = {"id": INSPECTOR.controller, "type": ["Profile"], "endorsement": [nested(depth - 1)]}
    return endorsement(issuer=profile, id=f"urn:uuid:0c6c1d61-0d9c-4d1f-9a52-{depth:012}")
