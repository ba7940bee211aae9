"""Cases about learner records (CLR 2.0): what they must have, and what is signed inside them."""

import json
from typing import Any

from plaudit.clr import CONTEXT
from plaudit.documents import ISSUED
from tests.plaudit.samples import ISSUER, STRANGER, credential, signed
from tests.vectors.base import Case, Json, dump, resigned
from tests.vectors.tokens import token

SUBJECT = "urn:uuid:9ad2b7d4-73a7-45c5-a0c9-61a5b8f2c3d4"
MODEL, INNER = {"model": "failed"}, {"inner": "failed"}


def record(*parts: Any, **changes: Any) -> bytes:
    """A transcript with these credentials in it, signed by the guild; None takes a member away."""
    document: Json = {
        "@context": [ISSUED[0], CONTEXT, ISSUED[1]],
        "id": "urn:uuid:5c1a8e0e-4f0e-4f27-93a5-8d3bb0a4c001",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Transcript",
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Makers’ Guild"},
        "validFrom": "2026-11-01T09:00:00Z",
        "credentialSubject": {"id": SUBJECT, "type": ["ClrSubject"], "verifiableCredential": list(parts)},
    }
    return resigned({name: value for name, value in (document | changes).items() if value is not None})


def good() -> Json:
    return json.loads(signed())  # type: ignore[no-any-return]


def of_stranger() -> Json:
    own = credential(issuer={"id": STRANGER.controller, "type": ["Profile"], "name": "Another school"})
    del own["credentialStatus"]
    return json.loads(resigned(own | {"id": "urn:uuid:5c1a8e0e-4f0e-4f27-93a5-8d3bb0a4c002"}, STRANGER))  # type: ignore[no-any-return]


def cases() -> dict[str, Case]:
    altered = json.loads(record(good()))
    altered["name"] = "Diploma"
    nothing = {"id": SUBJECT, "type": ["ClrSubject"], "verifiableCredential": []}
    nobody = {"type": ["ClrSubject"], "verifiableCredential": [good()]}
    return {
        "record_pass": Case("a record with one badge", record(good())),
        "record_of_two_issuers_pass": Case("badges of two issuers", record(good(), of_stranger())),
        "record_with_achievement_pass": Case("an achievement that the record itself vouches for", record(
            credentialSubject={"id": SUBJECT, "type": ["ClrSubject"], "verifiableCredential": [good()],
                               "achievement": [of_stranger()["credentialSubject"]["achievement"] | {
                                   "id": "https://guild.example/b/brazing/v1"}]})),
        "record_altered_fail": Case("the record was altered", dump(altered), {"proof": "failed"}),
        "record_without_parts_fail": Case("nothing in it", record(credentialSubject=nothing), MODEL),
        "record_of_nobody_fail": Case("nobody's record", record(credentialSubject=nobody), MODEL),
        "record_without_name_fail": Case("without a name", record(good(), name=None), MODEL),
        "record_contexts_in_another_order_fail": Case("the contexts in another order", record(
            good(), **{"@context": [ISSUED[0], ISSUED[1], CONTEXT]}), MODEL),
        "record_part_altered_fail": Case("a badge in it was altered", record(good() | {"name": "Welding"}), INNER),
        "record_second_part_altered_fail": Case("the second badge in it was altered", record(
            good(), of_stranger() | {"name": "Welding"}), INNER),
        "record_part_unsigned_fail": Case("a badge in it is not signed", record(credential()), INNER),
        "record_part_is_a_token_fail": Case("a JWT where the context wants an object", dump(
            json.loads(record(good())) | {"credentialSubject": {
                "id": SUBJECT, "type": ["ClrSubject"], "verifiableCredential": [token().decode()]}})),
    }  # fmt: skip
